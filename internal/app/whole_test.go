package app_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
)

const soon = 10 * time.Second

func TestKilledProcessesAreBackAndAdopted(t *testing.T) {
	a := apptest.Start(t, nil)
	a.Await(soon, "the relay", func() bool { return a.PID(apptest.Relay) != 0 })
	dashboardURL, gatewayURL := a.URL, a.GatewayURL
	gateway, relay := a.PID(apptest.Gateway), a.PID(apptest.Relay)

	a.Kill(apptest.Dashboard)
	if !a.Healthy(gatewayURL) || a.PID(apptest.Relay) != relay {
		t.Fatal("the gateway or the relay fell with the dashboard")
	}
	a.Serve()
	if a.PID(apptest.Gateway) != gateway || a.PID(apptest.Relay) != relay {
		t.Error("the new dashboard did not adopt what ran")
	}
	if a.URL != dashboardURL {
		t.Errorf("the new dashboard is at %s, the old one was at %s", a.URL, dashboardURL)
	}

	a.Kill(apptest.Gateway)
	a.Await(soon, "a new gateway at the old address", func() bool {
		pid := a.PID(apptest.Gateway)
		return pid != 0 && pid != gateway && a.Healthy(gatewayURL)
	})
	if a.PID(apptest.Relay) != relay {
		t.Error("the new gateway did not adopt the relay")
	}

	a.Kill(apptest.Relay)
	began := time.Now()
	a.Await(3*time.Second, "a new relay", func() bool { pid := a.PID(apptest.Relay); return pid != 0 && pid != relay })
	t.Logf("a relay again after %v", time.Since(began).Round(time.Millisecond))

	a.Stop()
	for _, role := range []apptest.Role{apptest.Dashboard, apptest.Gateway, apptest.Relay} {
		if pid := a.PID(role); pid != 0 {
			t.Errorf("the %s (process %d) still runs after an orderly stop", role, pid)
		}
	}
}

func TestFirstStartTellsThePasswordOnce(t *testing.T) {
	a := apptest.Start(t, map[string]string{"FLOWDECK_ADMIN_PASSWORD": ""})
	a.Await(10*time.Second, "the first start tells a password, and where to sign in", func() bool {
		return strings.Contains(a.Logs(), "password  ") && strings.Contains(a.Logs(), "Flowdeck is ready: "+a.URL)
	})
	_, rest, _ := strings.Cut(a.Logs(), "password  ")
	password, _, _ := strings.Cut(rest, "\n")
	if status := signIn(t, a, password); status != http.StatusCreated {
		t.Errorf("signing in with the password that was told: status %d", status)
	}
	if status := signIn(t, a, password+"x"); status != http.StatusUnauthorized {
		t.Errorf("signing in with another one: status %d", status)
	}
	a.Stop()
	a.Serve()
	if n := strings.Count(a.Logs(), password); n != 1 {
		t.Errorf("the password is written %d times", n)
	}
}

// signIn asks the gateway's IAM for a token.
func signIn(t *testing.T, a *apptest.App, password string) (status int) {
	t.Helper()
	body := `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"` + apptest.User +
		`","password":"` + password + `","domain":{"name":"` + apptest.Account + `"}}}},"scope":{"project":{"name":"` + apptest.Region + `"}}}}`
	res, err := http.Post(a.GatewayURL+"/v3/auth/tokens", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestUsersAndKeys(t *testing.T) {
	a := apptest.Start(t, nil)
	run := func(stdin string, args ...string) string {
		t.Helper()
		out, err := a.Run(stdin, args...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	run("a long enough password\n", "user", "add", "viewer")
	run("", "user", "policy", "viewer", "live:ott:listFlow")
	run("another long password\n", "user", "passwd", apptest.User)
	if out := run("", "user", "totp", "viewer"); !strings.HasPrefix(out, "otpauth://totp/") {
		t.Errorf("user totp:\n%s", out)
	}
	run("", "user", "disable", "viewer")
	if out := run("", "user", "list"); !strings.Contains(words(out), "viewer disabled asked live:ott:listFlow") {
		t.Errorf("user list:\n%s", out)
	}
	run("", "user", "disable", "viewer", "--enable")
	run("", "user", "totp", "viewer", "--off")
	if out := run("", "user", "list"); !strings.Contains(words(out), "viewer enabled -") {
		t.Errorf("user list:\n%s", out)
	}
	if status := signIn(t, a, "another long password"); status != http.StatusCreated {
		t.Errorf("the running gateway does not take the new password: status %d", status)
	}
	ak, sk := a.Key(apptest.User)
	list := run("", "key", "list")
	if !strings.Contains(list, ak) || strings.Contains(list, sk) {
		t.Errorf("key list must show the key and not its secret:\n%s", list)
	}
	run("", "key", "revoke", ak)
	if list := run("", "key", "list"); strings.Contains(list, ak) {
		t.Errorf("a revoked key is listed:\n%s", list)
	}
	if out := run("", "audit", "verify"); !strings.Contains(out, "OK ") {
		t.Errorf("audit verify while the dashboard runs:\n%s", out)
	}
	if out := run("", "audit", "export"); !strings.Contains(out, `"verb":"key_revoke"`) || strings.Contains(out, sk) {
		t.Errorf("audit export while the dashboard runs:\n%s", out)
	}
	if _, err := a.Run("", "user", "add", "nobody"); err == nil || !strings.Contains(err.Error(), "no password on standard input") {
		t.Errorf("a user without a password: %v", err)
	}
	if strings.Contains(a.Logs(), sk) || strings.Contains(a.Logs(), "another long password") {
		t.Error("a secret is in the log")
	}
}

// words gives the words of a table, one space apart.
func words(table string) string { return strings.Join(strings.Fields(table), " ") }

func TestOneDashboardADataFolder(t *testing.T) {
	a := apptest.Start(t, nil)
	if _, err := a.Run("", "serve"); err == nil || !strings.Contains(err.Error(), "already uses this data folder") {
		t.Errorf("a second dashboard: %v", err)
	}
	if _, err := a.Run("", "gateway"); err == nil || !strings.Contains(err.Error(), "already uses this data folder") {
		t.Errorf("a second gateway: %v", err)
	}
	if !a.Healthy(a.URL) || !a.Healthy(a.GatewayURL) {
		t.Error("the first ones suffered")
	}
}

func TestDoctor(t *testing.T) {
	a := apptest.Start(t, nil)
	out, err := a.Run("", "doctor")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"ok    libsrt", "ok    ffmpeg", "ok    channels", "ok    pictures        every 4s", "ok    database", "held by the running gateway", "the clocks agree"} {
		if !strings.Contains(out, want) {
			t.Errorf("doctor does not say %q:\n%s", want, out)
		}
	}
	if out, err := a.Run("", "doctor", "--alive"); err != nil {
		t.Errorf("doctor --alive: %v\n%s", err, out)
	}
	a.Stop()
	if out, err := a.Run("", "doctor", "--alive"); err == nil || !strings.Contains(out, "nothing runs") {
		t.Errorf("doctor --alive where nothing runs: %v\n%s", err, out)
	}
}
