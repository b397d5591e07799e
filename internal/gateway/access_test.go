package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/gateway/iam"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

// calls has one request of every route.
func calls(f *fixture, flowID string) [][3]string {
	return [][3]string{
		{"POST", "/v1/flows", `{}`},
		{"GET", "/v1/flows", ""},
		{"DELETE", "/v1/flows?flow_id=" + flowID, ""},
		{"GET", "/v1/flows/detail?flow_id=" + flowID, ""},
		{"PUT", "/v1/flows/start?flow_id=" + flowID, ""},
		{"PUT", "/v1/flows/stop?flow_id=" + flowID, ""},
		{"PUT", "/v1/flows/sources?source_name=camera&flow_id=" + flowID, `{"source":{"name":"a","protocol":"srt-listener"}}`},
		{"POST", "/v1/flows/outputs?flow_id=" + flowID, `[{"name":"a","protocol":"srt-listener"}]`},
		{"PUT", "/v1/flows/outputs?output_name=a&flow_id=" + flowID, `{}`},
		{"GET", "/v1/flows/outputs?output_name=a&flow_id=" + flowID, ""},
		{"DELETE", "/v1/flows/outputs?output_name=a&flow_id=" + flowID, ""},
		{"GET", "/ext/v1/capabilities", ""},
		{"GET", "/ext/v1/statistics", ""},
		{"GET", "/ext/v1/refused-callers?flow_id=" + flowID, ""},
		{"GET", "/ext/v1/events", ""},
	}
}

func TestEveryRouteAsksForPermission(t *testing.T) {
	f := newFixture(t, newFakeRelay())
	flow := f.create("studio-a")
	f.must(f.iam.AddUser(t.Context(), "nobody", password))
	f.must(f.iam.SetPolicy(t.Context(), "nobody", nil))
	nobody := f.signIn("nobody", password).Reveal()
	for _, call := range calls(f, flow.ID) {
		if reply := f.askAs("", call[0], call[1], call[2]); reply.status != 401 || reply.code != "APIG.0301" || !strings.Contains(reply.body, reply.header.Get("X-Request-Id")) {
			t.Errorf("%v without a token: %+v", call, reply)
		}
		if reply := f.askAs("guessed", call[0], call[1], call[2]); reply.status != 401 || reply.code != "APIG.0301" {
			t.Errorf("%v with a wrong token: %+v", call, reply)
		}
		if reply := f.askAs(nobody, call[0], call[1], call[2]); reply.status != 401 || reply.code != "LIVE.100011003" {
			t.Errorf("%v without a permission: %+v", call, reply)
		}
		foreign := strings.Replace(call[1], "/v1/", "/v1/ffffffffffffffffffffffffffffffff/", 1)
		if reply := f.ask(call[0], foreign, call[2]); reply.status != 401 && reply.status != 404 {
			t.Errorf("%v of another project: %+v", call, reply)
		}
	}
	if page, err := f.client.ListFlows(t.Context(), 10, 0); err != nil || page.Total != 1 || page.Flows[0].Status != medialive.Standby {
		t.Errorf("something came of it: %+v, %v", page, err)
	}
}

func TestListWithoutSourceChange(t *testing.T) {
	f := newFixture(t, newFakeRelay())
	flow := f.create("studio-a")
	f.must(f.iam.AddUser(t.Context(), "viewer", password))
	f.must(f.iam.SetPolicy(t.Context(), "viewer", []string{"live:ott:listFlow"}))
	viewer := f.clientAs(f.signIn("viewer", password))
	if _, err := viewer.ListFlows(t.Context(), 10, 0); err != nil {
		t.Errorf("list: %v", err)
	}
	_, err := viewer.UpdateSource(t.Context(), flow.ID, "camera", medialive.Source{Name: "camera", Protocol: medialive.Listener})
	if medialive.KindOf(err) != medialive.KindNotPermitted {
		t.Errorf("source change: %v", err)
	}
}

func TestAccessKeys(t *testing.T) {
	f := newFixture(t, newFakeRelay())
	ak, sk, err := f.iam.AddKey(t.Context(), iam.AdminName)
	f.must(err)
	for name, c := range map[string]struct {
		sk   string
		at   time.Duration
		want medialive.Kind
	}{
		"right":        {sk, 0, ""},
		"wrong secret": {sk + "x", 0, medialive.KindNotSignedIn},
		"too old":      {sk, -16 * time.Minute, medialive.KindNotSignedIn},
	} {
		client, err := medialive.New(medialive.Config{
			Endpoint: f.url, ProjectID: f.project,
			Auth: medialive.AKSK(ak, medialive.Secret(c.sk), func() time.Time { return time.Now().Add(c.at) }),
		})
		f.must(err)
		_, err = client.CreateFlow(t.Context(), medialive.NewFlow{Name: "studio-k", Region: region, Source: medialive.Source{Name: "camera", Protocol: medialive.Listener}})
		if c.want == "" && err != nil || c.want != "" && medialive.KindOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPathsAndMethods(t *testing.T) {
	f := newFixture(t, newFakeRelay())
	for _, path := range []string{"/", "/v1", "/v1/flows/", "/v1//flows", "/v1/../healthz", "/v2/" + f.project + "/flows", "/v1/flows/nothing", "/ext/v1/nothing", "/metrics"} {
		if reply := f.ask("GET", path, ""); reply.status != 404 || reply.code != "APIG.0101" || reply.header.Get("X-Request-Id") == "" {
			t.Errorf("%s: %+v", path, reply)
		}
	}
	for _, call := range [][2]string{{"PATCH", "/v1/flows"}, {"POST", "/v1/flows/start"}, {"DELETE", "/v1/flows/detail"}, {"POST", "/ext/v1/events"}} {
		if reply := f.ask(call[0], call[1], ""); reply.status != 405 || reply.code != "LIVE.100011011" || reply.header.Get("Allow") == "" {
			t.Errorf("%v: %+v", call, reply)
		}
	}
	if reply := f.askAs("", http.MethodGet, "/healthz", ""); reply.status != 200 || !strings.Contains(reply.body, `"status":"ok"`) {
		t.Errorf("healthz: %+v", reply)
	}
	f.must(f.store.Close())
	if reply := f.askAs("", http.MethodGet, "/healthz", ""); reply.status != 503 {
		t.Errorf("healthz without a database: %+v", reply)
	}
	if reply := f.ask(http.MethodGet, "/v1/flows", ""); reply.status != 500 || reply.code != "LIVE.100011005" {
		t.Errorf("list without a database: %+v", reply)
	}
}
