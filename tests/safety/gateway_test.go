package safety

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

// TestT5Gateway searches what the three processes of a whole installation leave
// behind: files, logs, what each was started with, and every page of the
// dashboard, for the secrets of real flows and users.
func TestT5Gateway(t *testing.T) {
	t.Parallel()
	c := newCage(t, "adminPassword", "userPassword", "sourcePassphrase", "outputPassphrase", "metricsKey")
	app := apptest.Start(t, map[string]string{"FLOWDECK_ADMIN_PASSWORD": c.secret("adminPassword"), "FLOWDECK_METRICS_KEY": c.secret("metricsKey")})
	ak, sk := app.Key(apptest.User)
	c.put("secretKey", sk)
	if _, err := app.Run(c.secret("userPassword")+"\n"+c.secret("userPassword")+"\n", "user", "add", "second"); err != nil {
		t.Fatal(err)
	}
	client, err := medialive.New(medialive.Config{
		Endpoint: app.GatewayURL, ProjectID: app.ProjectID, Auth: medialive.AKSK(ak, medialive.Secret(sk), time.Now),
	})
	must(t, err)
	made, err := client.CreateFlow(t.Context(), medialive.NewFlow{Name: "FEED-A", Region: apptest.Region, Source: medialive.Source{
		Name: "camera", Protocol: medialive.Listener, MinLatency: 120,
		Decryption: &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: medialive.Secret(c.secret("sourcePassphrase"))},
	}})
	must(t, err)
	_, err = client.CreateOutputs(t.Context(), made.ID, []medialive.Output{{
		Name: "OUT-1", Protocol: medialive.Caller, Destination: "127.0.0.1", Port: 40999, MinLatency: 120, Status: medialive.Enabled,
		Encryption: &medialive.Crypto{Algorithm: medialive.AES256, KeyType: medialive.SRTPassword, Passphrase: medialive.Secret(c.secret("outputPassphrase"))},
	}})
	must(t, err)
	_, err = client.StartFlow(t.Context(), made.ID)
	must(t, err)
	b := browserAt(t, app.URL)
	b.enter(url.Values{"account": {apptest.Account}, "username": {apptest.User}, "password": {c.secret("adminPassword")}, "region": {apptest.Region}})
	for _, value := range b.cookies {
		if len(value) >= 43 {
			c.put("session", value)
		}
	}
	answers := 0
	await(t, patience, "the flow on its page", func() bool { return b.get("/flows/"+made.ID).status == http.StatusOK })
	for _, r := range routes(t) {
		if r.stream() || r.method != http.MethodGet {
			continue
		}
		for _, htmx := range []string{"", "true"} {
			r2 := b.do(http.MethodGet, r.at(map[string]string{":id": made.ID, ":name": "OUT-1"}), nil, http.Header{"Hx-Request": {htmx}})
			c.answer("GET "+r.path, r2)
			answers++
		}
	}
	started := 0
	for _, role := range []apptest.Role{apptest.Dashboard, apptest.Gateway, apptest.Relay} {
		files := []string{"cmdline"}
		if role == apptest.Relay { // the others were given what they need by it
			files = append(files, "environ")
		}
		for _, name := range files {
			content, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", app.PID(role), name))
			must(t, err)
			c.look(fmt.Sprintf("%s of the %s", name, role), content)
			started++
		}
	}
	found := c.folder(app.Data, filepath.Join(app.Data, "secret.key"))
	app.Stop()
	c.folder(app.Data, filepath.Join(app.Data, "secret.key"))
	logs := app.Logs()
	c.look("the log", []byte(logs))
	evidence(t, "T5", fmt.Sprintf("%d canaries of a gateway with its relay: %d pages, %d files of the data folder, logs, what the processes were started with: hits", len(c.all), answers, found), c.found(), "0")
	if started != 4 || !strings.Contains(logs, "process=gateway") {
		t.Errorf("%d looks at processes, and a log of %d bytes", started, len(logs))
	}
}
