package handlers_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// open are the routes that answer without a session, as method and path. All
// others must ask for one; a route that is not in either list fails the test.
var open = []string{
	"GET /", "GET /login", "POST /login", "POST /logout", "POST /settings", "GET /static/*",
	"GET /healthz", "GET /readyz", "GET /metrics", "GET /wall/:key",
}

// onWalls are the routes that a display's cookie opens, and nothing else does.
var onWalls = []string{"GET /wall", "GET /wall/live", "GET /wall/picture/:key"}

// The routes that need a session, by the least role that may use them.
var (
	forViewers = []string{
		"GET /flows", "GET /flows/:id", "GET /flows/:id/row", "GET /flows/:id/command", "GET /flows/:id/outputs/:name/row",
		"GET /flows/:id/picture", "GET /flows/:id/history", "GET /flows/:id/history.csv", "GET /alarms", "GET /labels", "GET /settings",
		"GET /activity", "GET /activity.csv", "GET /activity.json", "GET /renew", "GET /live",
		"GET /settings/sessions", "POST /settings/sessions/others", "POST /settings/sessions/:id/end", "GET /step-up", "POST /step-up",
		"GET /channels", "GET /channels/:domain/:app/:id", "GET /channels/:domain/:app/:id/row", "GET /channels/:domain/:app/:id/command",
		"GET /channels/:domain/:app/:id/picture",
		"GET /displays", "GET /displays/:id", "GET /displays/:id/preview", "POST /displays/preview",
		"GET /channels/monitoring", "GET /channels/monitoring/charts", "GET /channels/monitoring.csv",
		"GET /channels/:domain/:app/:id/statistics", "GET /channels/:domain/:app/:id/statistics/charts", "GET /channels/:domain/:app/:id/statistics.csv",
		"GET /channels/:domain/:app/:id/play", "GET /channels/:domain/:app/:id/play/*",
	}
	forOperators = []string{
		"POST /flows/:id/start", "GET /flows/:id/stop", "POST /flows/:id/stop", "POST /flows/:id/hold", "POST /flows/:id/tally",
		"GET /flows/:id/outputs/:name/disable", "POST /flows/:id/outputs/:name/disable", "POST /flows/:id/outputs/:name/enable",
		"GET /flows/:id/protect", "POST /flows/:id/protect", "POST /flows/:id/release",
		"GET /flows/:id/ask", "POST /flows/:id/ask", "POST /flows/:id/ask/withdraw",
		"GET /flows/:id/notes/new", "POST /flows/:id/notes", "POST /flows/:id/notes/:note/delete",
		"GET /flows/:id/handover", "POST /flows/:id/handover",
		"POST /channels/:domain/:app/:id/start", "GET /channels/:domain/:app/:id/stop", "POST /channels/:domain/:app/:id/stop",
		"POST /channels/:domain/:app/:id/hold", "POST /channels/:domain/:app/:id/tally",
		"GET /channels/:domain/:app/:id/protect", "POST /channels/:domain/:app/:id/protect", "POST /channels/:domain/:app/:id/release",
		"GET /channels/:domain/:app/:id/ask", "POST /channels/:domain/:app/:id/ask", "POST /channels/:domain/:app/:id/ask/withdraw",
		"GET /channels/:domain/:app/:id/notes/new", "POST /channels/:domain/:app/:id/notes", "POST /channels/:domain/:app/:id/notes/:note/delete",
		"GET /channels/:domain/:app/:id/handover", "POST /channels/:domain/:app/:id/handover",
		"GET /alarms/:id", "POST /alarms/ack", "POST /alarms/shelve", "POST /alarms/unshelve",
	}
	forEngineers = []string{
		"GET /channels/:domain/:app/:id/band", "POST /channels/:domain/:app/:id/band",
		"GET /channels/:domain/:app/:id/good", "POST /channels/:domain/:app/:id/good", "POST /channels/:domain/:app/:id/good/restore",
		"GET /channels/new", "POST /channels/new", "GET /channels/import", "POST /channels/import",
		"GET /channels/:domain/:app/:id/clone", "GET /channels/:domain/:app/:id/json", "POST /channels/:domain/:app/:id/json", "POST /channels/:domain/:app/:id/json/effect", "GET /channels/:domain/:app/:id/export",
		"GET /channels/:domain/:app/:id/general", "POST /channels/:domain/:app/:id/general", "POST /channels/:domain/:app/:id/general/effect",
		"GET /channels/:domain/:app/:id/input", "POST /channels/:domain/:app/:id/input", "POST /channels/:domain/:app/:id/input/effect",
		"GET /channels/:domain/:app/:id/endpoints", "POST /channels/:domain/:app/:id/endpoints", "POST /channels/:domain/:app/:id/endpoints/effect",
		"GET /channels/:domain/:app/:id/record", "POST /channels/:domain/:app/:id/record", "POST /channels/:domain/:app/:id/record/effect",
		"GET /channels/:domain/:app/:id/encoders", "POST /channels/:domain/:app/:id/encoders", "POST /channels/:domain/:app/:id/encoders/effect",
		"GET /channels/:domain/:app/:id/delete", "POST /channels/:domain/:app/:id/delete",
		"GET /flows/new", "POST /flows", "GET /flows/:id/delete", "POST /flows/:id/delete",
		"GET /flows/:id/source", "POST /flows/:id/source", "POST /flows/:id/source/effect",
		"GET /flows/:id/outputs/new", "POST /flows/:id/outputs", "POST /flows/:id/outputs/new/effect",
		"GET /flows/:id/outputs/:name", "POST /flows/:id/outputs/:name", "POST /flows/:id/outputs/:name/effect",
		"GET /flows/:id/outputs/:name/delete", "POST /flows/:id/outputs/:name/delete",
		"GET /flows/:id/band", "POST /flows/:id/band", "GET /flows/:id/good", "POST /flows/:id/good", "POST /flows/:id/good/restore",
		"GET /flows/:id/outputs/:name/park", "POST /flows/:id/outputs/:name/park", "GET /flows/:id/parked/:name",
		"POST /flows/:id/parked/:name", "GET /flows/:id/parked/:name/drop", "POST /flows/:id/parked/:name/drop",
		"GET /labels/edit", "POST /labels", "POST /labels/delete",
	}
	forAdmins = []string{
		"POST /flows/:id/protect/force", "POST /channels/:domain/:app/:id/protect/force",
		"GET /displays/new", "POST /displays", "POST /displays/form", "GET /displays/:id/edit", "POST /displays/:id",
		"POST /displays/:id/pause", "POST /displays/:id/resume", "GET /displays/:id/link", "POST /displays/:id/link",
		"GET /displays/:id/revoke", "POST /displays/:id/revoke", "GET /displays/:id/delete", "POST /displays/:id/delete",
		"GET /settings/roles", "GET /settings/roles/new", "POST /settings/roles", "GET /settings/roles/:id",
		"POST /settings/roles/:id", "POST /settings/roles/:id/move", "POST /settings/roles/:id/delete",
		"GET /settings/webhooks/new", "POST /settings/webhooks", "GET /settings/webhooks/:id", "POST /settings/webhooks/:id",
		"POST /settings/webhooks/:id/test", "GET /settings/webhooks/:id/delete", "POST /settings/webhooks/:id/delete",
		"GET /settings/sessions/everybody", "POST /settings/sessions/everybody/:id/end",
		"GET /settings/sessions/everybody/end", "POST /settings/sessions/everybody/end",
	}
	// These take a session, whatever its present place answers.
	forSignedIn = []string{"GET /places/new", "POST /places", "POST /places/switch", "POST /places/leave"}
	guarded     = slices.Concat(forSignedIn, forViewers, forOperators, forEngineers, forAdmins)
)

func TestNoUnlistedRoute(t *testing.T) {
	h := newHouse(t, nil)
	listed := slices.Concat(open, onWalls, guarded)
	var served []string
	for _, r := range h.echo.Routes() {
		name := r.Method + " " + r.Path
		if r.Method == http.MethodHead {
			name = http.MethodGet + " " + r.Path
		}
		if !slices.Contains(listed, name) {
			t.Errorf("%s %s is served and not listed here", r.Method, r.Path)
		}
		served = append(served, name)
	}
	for _, name := range listed {
		if !slices.Contains(served, name) {
			t.Errorf("%s is listed and not served", name)
		}
	}
}

// concrete fills in a route's parameters.
func concrete(route string) (method, path string) {
	method, path, _ = strings.Cut(route, " ")
	path = strings.NewReplacer(":id", "flow-0001", ":name", "OUT-1", ":domain", "push.example.com", ":app", "live", "*", "js/live.js").Replace(path)
	if path == "/live" {
		path += "?view=list"
	}
	return method, path
}

func TestEveryGuardedRouteAsksForASession(t *testing.T) {
	h := newHouse(t, func(c *medialivetest.Cloud) { c.Add(flowOf("FEED-A", "ACTIVE", outputOf("OUT-1"))) })
	stranger := h.browser()
	forged := http.Header{"Cookie": {"flowdeck=" + strings.Repeat("A", 43)}}
	for _, route := range guarded {
		method, path := concrete(route)
		for name, header := range map[string]http.Header{"no cookie": nil, "made-up cookie": forged} {
			t.Run(route+" "+name, func(t *testing.T) {
				var values url.Values
				if method == http.MethodPost {
					values = form("name", "X")
				}
				r := stranger.do(method, path, values, header)
				if path == "/live?view=list" {
					if r.status != http.StatusUnauthorized {
						t.Errorf("the stream answers %d, want 401", r.status)
					}
					return
				}
				if to := r.header.Get("Location"); r.status != http.StatusSeeOther || !strings.HasPrefix(to, "/login") {
					t.Errorf("%d to %q, want the sign-in", r.status, to)
				}
				f := stranger.fragments().do(method, path, values, header)
				if to := f.header.Get("HX-Redirect"); f.status != http.StatusUnauthorized || !strings.HasPrefix(to, "/login") || f.body != "" {
					t.Errorf("a fragment: %d, HX-Redirect %q, %d bytes", f.status, to, len(f.body))
				}
			})
		}
	}
	if calls := h.cloud.Calls(""); len(calls) != 0 {
		t.Errorf("strangers caused %d upstream calls", len(calls))
	}
}

// Every unsafe route refuses what another site's page sends, and takes what its
// own page sends as far as the session goes.
func TestCrossOrigin(t *testing.T) {
	h, b, _ := oneFlow(t)
	before := len(h.cloud.Calls(""))
	for _, route := range slices.Concat(open, guarded) {
		method, path := concrete(route)
		if method != http.MethodPost {
			continue
		}
		for name, header := range map[string]http.Header{
			"cross-site":         {"Sec-Fetch-Site": {"cross-site"}},
			"same-site":          {"Sec-Fetch-Site": {"same-site"}},
			"other origin":       {"Origin": {"https://evil.example"}},
			"null origin":        {"Origin": {"null"}},
			"cross-site, origin": {"Sec-Fetch-Site": {"cross-site"}, "Origin": {h.url}},
		} {
			r := b.do(method, path, form("name", "X", "start", "1"), header)
			if r.status != http.StatusForbidden {
				t.Errorf("%s from %s: %d, want 403", route, name, r.status)
			}
		}
	}
	for _, call := range h.cloud.Calls("")[before:] {
		if !strings.HasPrefix(call.Op, "List") && !strings.HasPrefix(call.Op, "Show") {
			t.Errorf("a forged request caused %s", call.Op)
		}
	}
}

func TestEveryAnswerIsHardened(t *testing.T) {
	_, b, id := oneFlow(t)
	want := map[string]string{
		"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "same-origin",
	}
	for _, path := range []string{
		"/", "/login", "/flows", "/flows/" + id, "/flows/" + id + "/source", "/nowhere", "/flows/none", "/healthz", "/metrics", "/static/none.js",
		"/live?view=nonsense", "/flows/%2e%2e/x", "//evil.example", "/flows?limit=%zz",
	} {
		r := b.get(path)
		for name, value := range want {
			if got := r.header.Get(name); got != value {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		csp := r.header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'; style-src 'self';") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: CSP %q", path, csp)
		}
		if r.header.Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", path)
		}
		if path != "/metrics" && strings.Contains(r.body, "goroutine") || strings.Contains(r.body, ".go:") {
			t.Errorf("%s shows its inside", path)
		}
	}
}

func TestHealthAndMetrics(t *testing.T) {
	h := newHouse(t, nil)
	b := h.browser()
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		if r := b.get(path); r.status != http.StatusOK || r.body != want {
			t.Errorf("%s: %d %q", path, r.status, r.body)
		}
	}
	if r := b.get("/metrics"); r.status != http.StatusOK || !strings.Contains(r.body, "flowdeck_http_request_duration_seconds") {
		t.Errorf("metrics on loopback: %d", r.status)
	}
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"} {
		if r := b.do(http.MethodGet, "/metrics", nil, http.Header{header: {"127.0.0.1"}}); r.status != http.StatusNotFound {
			t.Errorf("metrics through a proxy that says so by %s: %d", header, r.status)
		}
	}
	if r := b.do(http.MethodGet, "/metrics", nil, http.Header{"Authorization": {"Bearer wrong"}}); r.status != http.StatusNotFound {
		t.Errorf("metrics with a wrong key: %d", r.status)
	}
	if r := b.do(http.MethodGet, "/metrics", nil, http.Header{"Authorization": {"Bearer metrics-key-of-the-test"}}); r.status != http.StatusOK {
		t.Errorf("metrics with the key: %d", r.status)
	}
}

func TestLargeBody(t *testing.T) {
	h, b, id := oneFlow(t)
	for _, path := range []string{"/login", "/flows", "/flows/" + id + "/source"} {
		r := b.post(path, form("name", strings.Repeat("x", 10<<20)))
		if r.status != http.StatusRequestEntityTooLarge {
			t.Errorf("10 MB to %s: %d", path, r.status)
		}
	}
	if r := b.do(http.MethodGet, "/flows", nil, http.Header{"Cookie": {"flowdeck=" + strings.Repeat("x", 16<<10)}}); r.status != http.StatusSeeOther {
		t.Errorf("a cookie of 16 KB: %d", r.status)
	}
	if strings.Contains(h.log.String(), "xxxx") {
		t.Error("the log has what was sent")
	}
}

// TestLargeBodyIsAnsweredToWhoSendsItAll sends as browsers do, who look for an
// answer when they are through.
func TestLargeBodyIsAnsweredToWhoSendsItAll(t *testing.T) {
	h := newHouse(t, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	const size = 10 << 20
	if _, err := fmt.Fprintf(conn, "POST /flows HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat("x", size)); err != nil {
		t.Fatalf("cut off while sending: %v", err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("answered %d", answer.StatusCode)
	}
}
