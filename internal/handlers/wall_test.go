package handlers_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/handlers"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
)

var projectOfHouse = display.Of{Endpoint: medialivetest.Endpoint, ProjectID: medialivetest.Project, Actor: "boss"}

// reads has the installation read the project by itself, until the test ends.
func (h *house) reads(t testing.TB) *monitor.Watcher {
	t.Helper()
	client, err := h.cloud.Client("the service's own")
	if err != nil {
		t.Fatal(err)
	}
	w := h.monitor.Watch(monitor.Key{Endpoint: medialivetest.Endpoint, ProjectID: medialivetest.Project}, client, time.Time{})
	_, leave := w.Subscribe()
	t.Cleanup(leave)
	eventually(t, "the project is read", func() bool { return w.Peek().Complete })
	return w
}

// display makes a display, and gives the key of its link.
func (h *house) display(change func(*display.Display)) (display.Display, string) {
	h.t.Helper()
	d := display.Display{
		Name: "MCR wall 1", Shows: display.Shows{Mode: display.All},
		Look: display.Look{Layout: 16, Tally: true, Language: "en", Theme: "dark", Scale: 100},
	}
	if change != nil {
		change(&d)
	}
	d, key, err := h.displays.Make(h.t.Context(), projectOfHouse, d)
	if err != nil {
		h.t.Fatal(err)
	}
	return d, key
}

// screen is a browser that opened a display's link.
func (h *house) screen(key string) *browser {
	h.t.Helper()
	b := h.browser()
	r := b.get("/wall/" + key)
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/wall" {
		h.t.Fatalf("the link: %d to %q", r.status, r.header.Get("Location"))
	}
	return b
}

// wall opens the stream of a screen.
func (b *browser) wall(query string) *stream {
	b.t.Helper()
	return b.streamAt("/wall/live" + query)
}

const inTheDark = "This display is not in use"

// isDark tells whether an answer is the calm page.
func isDark(r reply) bool {
	return r.status == http.StatusNotFound && strings.Contains(r.body, inTheDark) && r.asksAfter() == "30" && r.header.Get("Refresh") == "" &&
		!strings.Contains(r.body, "/login") && !strings.Contains(r.body, "<form") && !strings.Contains(r.body, "<a ")
}

// asksAfter is when a page that is not in use asks again: its script, and without
// scripts the browser, with the same seconds.
func (r reply) asksAfter() string {
	ask := r.doc().Find("[data-ask]").AttrOr("data-ask", "")
	if !strings.Contains(r.body, `<noscript><meta http-equiv="refresh" content="`+ask+`"></noscript>`) {
		return "not without scripts"
	}
	return ask
}

func TestWall(t *testing.T) {
	h := newHouse(t, func(c *medialivetest.Cloud) {
		c.Add(flowOf("FEED-A", medialive.Active, outputOf("OUT-1")))
		c.Add(flowOf("FEED-B", medialive.Standby))
	})
	h.reads(t)
	_, key := h.display(nil)
	b := h.screen(key)
	eventually(t, "both flows are on the wall", func() bool {
		return strings.Contains(b.get("/wall").body, "STANDBY")
	})
	r := b.get("/wall")
	for name, want := range map[string]string{"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	doc := r.doc()
	if n := doc.Find(`a, form, input, button, select, [title], iframe`).Length(); n != 0 {
		t.Errorf("%d things on a wall that could be used or hovered over", n)
	}
	for _, secret := range []string{passphrase, "203.0.113", "feed/a", "flow-0", medialivetest.Project, medialivetest.Endpoint, key} {
		if strings.Contains(r.body, secret) {
			t.Errorf("the wall has %q", secret)
		}
	}
	if !strings.Contains(r.body, "MCR wall 1") {
		t.Error("the wall does not say which it is")
	}
	s := b.wall("")
	first := s.await("all of it", func(e event) bool { return strings.Contains(e.data, "wall-head") })
	if strings.Contains(first.data, "203.0.113") || strings.Contains(first.data, "flow-0") {
		t.Error("the stream has addresses or ids")
	}
	s.await("a heartbeat", func(e event) bool { return e.name == "hb" })
	if strings.Contains(h.log.String(), key) {
		t.Error("the log has the key")
	}
}

// What is nobody's business, and what is somebody else's, look the same.
func TestDarkWalls(t *testing.T) {
	h := newHouse(t, func(c *medialivetest.Cloud) { c.Add(flowOf("FEED-A", medialive.Active)) })
	boss := h.signedIn("boss")
	fresh := func(change func(*display.Display)) (display.Display, string, *browser) {
		d, key := h.display(change)
		return d, key, h.screen(key)
	}
	d, key, b := fresh(nil)
	if r := b.get("/wall"); r.status != http.StatusOK {
		t.Fatalf("%d", r.status)
	}
	for name, path := range map[string]string{
		"short key": "/wall/abc", "another key": "/wall/" + strings.Repeat("A", 43), "padded": "/wall/" + key + "=",
		"twice": "/wall/" + key + key, "lower": "/wall/" + strings.ToLower(key), "escaped": "/wall/%2e%2e%2fwall",
	} {
		if r := h.browser().get(path); !isDark(r) || len(r.header.Values("Set-Cookie")) != 0 {
			t.Errorf("%s: %d, %v", name, r.status, r.header)
		}
	}
	if r := h.browser().get("/wall"); !isDark(r) {
		t.Errorf("without a cookie: %d", r.status)
	}
	if r := boss.get("/wall"); !isDark(r) {
		t.Errorf("who is signed in: %d", r.status)
	}
	if r := boss.get("/wall/live"); r.status != http.StatusNotFound {
		t.Errorf("the stream for who is signed in: %d", r.status)
	}
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodPut} {
		before, err := h.displays.Screens(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		r := h.browser().do(method, "/wall/"+key, nil, nil)
		if after, err := h.displays.Screens(t.Context(), d.ID); err != nil || len(after) != len(before) || r.status < 400 {
			t.Errorf("%s let a screen in: %d, %v", method, r.status, err)
		}
	}
	for name, do := range map[string]func() error{
		"paused": func() error { return h.displays.Pause(t.Context(), projectOfHouse, d.ID, true) },
		"gone":   func() error { return h.displays.Delete(t.Context(), projectOfHouse, d.ID) },
	} {
		d, key, b = fresh(nil)
		if err := do(); err != nil {
			t.Fatal(err)
		}
		if r := b.get("/wall"); !isDark(r) {
			t.Errorf("%s: %d", name, r.status)
		}
		if r := h.browser().get("/wall/" + key); !isDark(r) {
			t.Errorf("%s, its link: %d", name, r.status)
		}
	}
	_, _, b = fresh(func(d *display.Display) { d.ExpiresAt = h.now.Now().Add(time.Hour) })
	h.now.move(2 * time.Hour)
	if r := b.get("/wall"); !isDark(r) {
		t.Errorf("ended: %d", r.status)
	}
}

// A strict cookie is kept back from the redirect that follows another site's
// link: the page comes back at once instead of in half a minute.
func TestLinkFollowedFromAnotherSite(t *testing.T) {
	h := newHouse(t, nil)
	far := http.Header{"Sec-Fetch-Site": {"cross-site"}}
	if r := h.browser().do(http.MethodGet, "/wall", nil, far); r.asksAfter() != "1" {
		t.Errorf("comes back after %q s", r.asksAfter())
	}
	if r := h.browser().get("/wall"); r.asksAfter() != "30" {
		t.Errorf("comes back after %q s", r.asksAfter())
	}
}

func TestWallCookie(t *testing.T) {
	h := newHouse(t, nil)
	_, key := h.display(nil)
	for secure, want := range map[bool]string{false: "flowdeck_wall=", true: "__Host-flowdeck_wall="} {
		o := h.options
		o.Secure, o.Metrics = secure, nil
		e, err := handlers.New(o)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/wall/"+key, http.NoBody))
		cookie := w.Header().Get("Set-Cookie")
		for _, part := range []string{want, "Path=/;", "HttpOnly", "SameSite=Strict", "Max-Age=34560000"} {
			if !strings.Contains(cookie, part) {
				t.Errorf("secure %v: %q has no %s", secure, cookie, part)
			}
		}
		if strings.Contains(cookie, "Secure") != secure || strings.Contains(cookie, "Domain") {
			t.Errorf("secure %v: %q", secure, cookie)
		}
	}
}

// The address is the one that the trusted proxy tells, and no other.
func TestWallFromANetwork(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	_, key := h.display(func(d *display.Display) { d.CIDRs = []string{"198.51.100.0/24"} })
	ask := func(trusted []netip.Prefix, header http.Header) int {
		o := h.options
		o.TrustedProxies, o.Metrics = trusted, nil
		e, err := handlers.New(o)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "/wall/"+key, http.NoBody)
		r.RemoteAddr, r.Header = "192.0.2.1:1234", header
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		return w.Code
	}
	proxy := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	inside := http.Header{"X-Forwarded-For": {"198.51.100.7"}}
	for name, c := range map[string]struct {
		trusted []netip.Prefix
		header  http.Header
		want    int
	}{
		"by itself":                     {nil, http.Header{}, http.StatusNotFound},
		"a header of nobody trusted":    {nil, inside, http.StatusNotFound},
		"other headers":                 {nil, http.Header{"X-Real-Ip": {"198.51.100.7"}, "Forwarded": {"for=198.51.100.7"}}, http.StatusNotFound},
		"told by the proxy":             {proxy, inside, http.StatusSeeOther},
		"from elsewhere, by the proxy":  {proxy, http.Header{"X-Forwarded-For": {"198.51.100.7, 203.0.113.9"}}, http.StatusNotFound},
		"real ip of a forwarding proxy": {proxy, http.Header{"X-Real-Ip": {"198.51.100.7"}}, http.StatusNotFound},
	} {
		if got := ask(c.trusted, c.header); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

var versionOf = regexp.MustCompile(`data-version="([^"]+)"`)

// A display that is changed ends its streams; who comes back is told of another
// version, and loads the page again.
func TestChangedDisplay(t *testing.T) {
	h := newHouse(t, func(c *medialivetest.Cloud) { c.Add(flowOf("FEED-A", medialive.Active)) })
	h.reads(t)
	d, key := h.display(nil)
	b := h.screen(key)
	version := func(body string) string {
		found := versionOf.FindStringSubmatch(body)
		if found == nil {
			t.Fatalf("no version in\n%s", body)
		}
		return found[1]
	}
	before := version(b.get("/wall").body)
	s := b.wall("")
	s.await("the beginning", func(e event) bool { return e.name == "hb" })
	d.Name = "Gallery"
	if err := h.displays.Change(t.Context(), projectOfHouse, d); err != nil {
		t.Fatal(err)
	}
	if last := s.untilEnd(); last.name == "dark" {
		t.Error("the stream says that the display is not in use")
	}
	again := b.wall("").await("all of it", func(e event) bool { return strings.Contains(e.data, "wall-head") })
	if after := version(again.data); after == before {
		t.Errorf("the version stays %q", after)
	}
}

// The pages of a display are turned for all its screens at once, and one that
// asks for a page stays there.
func TestPagesOfAWall(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *medialivetest.Cloud) {
		for i := range 5 {
			c.Add(flowOf(fmt.Sprintf("FEED-%d", i), medialive.Standby))
		}
	})
	h.reads(t)
	_, key := h.display(func(d *display.Display) { d.Look.Layout, d.Look.Rotate = 4, 5 })
	b := h.screen(key)
	names := func(page string) string { return strings.Join(b.page(page).Find(".umd-name").Map(textOf), " ") }
	if one, two := names("/wall?page=1"), names("/wall?page=2"); one != "FEED-0 FEED-1 FEED-2 FEED-3" || two != "FEED-4" {
		t.Errorf("page 1 has %q, page 2 %q", one, two)
	}
	s := b.wall("")
	s.await("the page turns", func(e event) bool { return e.name == "" && strings.Contains(e.data, "Page 1 of 2") })
	s.await("the page turns", func(e event) bool { return e.name == "" && strings.Contains(e.data, "Page 2 of 2") })
	for _, odd := range []string{"0", "-1", "x", "99999999999999999999", "1e3"} {
		if r := b.get("/wall?page=" + url.QueryEscape(odd)); r.status != http.StatusOK {
			t.Errorf("page %q: %d", odd, r.status)
		}
	}
}

// Where the installation reads nothing, a wall says so instead of showing what
// somebody once saw.
func TestWallOfWhatNobodyReads(t *testing.T) {
	h := newHouse(t, func(c *medialivetest.Cloud) { c.Add(flowOf("FEED-A", medialive.Active)) })
	h.service.Store(&handlers.Service{})
	_, key := h.display(nil)
	b := h.screen(key)
	r := b.get("/wall")
	if strings.Contains(r.body, "FEED-A") || r.doc().Find(".tile-nothing").Text() == "" {
		t.Errorf("%s", r.body)
	}
	if calls := h.cloud.Calls(""); len(calls) != 0 {
		t.Errorf("the wall caused %d calls", len(calls))
	}
	boss := h.signedIn("boss")
	page := boss.page("/displays").Text()
	if !strings.Contains(page, "FLOWDECK_SERVICE") {
		t.Error("the list does not say what to set")
	}
	h.service.Store(&handlers.Service{Configured: true})
	if page := boss.page("/displays").Text(); !strings.Contains(page, "another project") {
		t.Error("the list does not say that the credential is of another project")
	}
}

// other is another dashboard over the same database.
func (h *house) other(t *testing.T) *browser {
	t.Helper()
	o := h.options
	o.Metrics = nil
	o.Monitor = monitor.New(monitor.Options{})
	o.Displays = display.New(display.Options{Store: h.store, Now: h.now.Now, Version: "v2"})
	e, err := handlers.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(e)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		o.Monitor.Close()
	})
	b := h.browser()
	b.base = server.URL
	return b
}

// TestT9Revoke: streams that are open end within 5 s of the revoking, here and on
// another dashboard, and nothing comes back.
func TestT9Revoke(t *testing.T) {
	t.Parallel()
	const screens, goal = 50, 5 * time.Second
	h := newHouse(t, func(c *medialivetest.Cloud) { c.Add(flowOf("FEED-A", medialive.Active)) })
	h.reads(t)
	replica := h.other(t)
	for _, way := range []struct {
		name string
		do   func(id string) error
	}{
		{"revoked", func(id string) error { return h.displays.Revoke(t.Context(), projectOfHouse, id) }},
		{"paused", func(id string) error { return h.displays.Pause(t.Context(), projectOfHouse, id, true) }},
		{"deleted", func(id string) error { return h.displays.Delete(t.Context(), projectOfHouse, id) }},
	} {
		d, key := h.display(nil)
		var all []*browser
		var streams []*stream
		for i := range screens {
			b := h.browser()
			if i%2 == 1 {
				b.base = replica.base
			}
			if r := b.get("/wall/" + key); r.status != http.StatusSeeOther {
				t.Fatalf("screen %d: %d", i, r.status)
			}
			all, streams = append(all, b), append(streams, b.wall(""))
		}
		for _, s := range streams {
			s.await("it shows", func(e event) bool { return e.name == "hb" })
		}
		began := time.Now()
		if err := way.do(d.ID); err != nil {
			t.Fatal(err)
		}
		dark, slowest := 0, time.Duration(0)
		for i, s := range streams {
			if last := s.untilEnd(); last.name == "dark" {
				dark++
			}
			slowest = max(slowest, time.Since(began))
			if r := all[i].get("/wall"); !isDark(r) {
				t.Errorf("%s: screen %d is answered %d", way.name, i, r.status)
			}
		}
		if dark != screens || slowest > goal {
			t.Errorf("%s: %d of %d screens told, the last after %v", way.name, dark, screens, slowest)
		}
		t.Logf("evidence: T9 | %s while %d screens show it, half of them by another dashboard | %d of %d dark, the last after %v | all, ≤ %v",
			way.name, screens, dark, screens, slowest.Round(10*time.Millisecond), goal)
	}
}

// TestT9Cookie: the cookie of a screen opens its wall, and no other route.
func TestT9Cookie(t *testing.T) {
	h := newHouse(t, func(c *medialivetest.Cloud) { c.Add(flowOf("FEED-A", medialive.Active, outputOf("OUT-1"))) })
	h.reads(t)
	_, key := h.display(nil)
	b := h.screen(key)
	tried, passed := 0, 0
	for _, route := range guarded {
		method, path := concrete(route)
		var values url.Values
		if method == http.MethodPost {
			values = form("name", "X")
		}
		for _, asking := range []*browser{b, b.fragments()} {
			r := asking.do(method, path, values, nil)
			tried++
			signIn := r.status == http.StatusSeeOther && strings.HasPrefix(r.header.Get("Location"), "/login")
			if !signIn && r.status != http.StatusUnauthorized || strings.Contains(r.body, "FEED-A") {
				passed++
				t.Errorf("%s: %d to %q", route, r.status, r.header.Get("Location"))
			}
		}
	}
	for _, path := range []string{"/", "/login"} {
		r, nobody := b.get(path), h.browser().get(path)
		if r.status != nobody.status || r.header.Get("Location") != nobody.header.Get("Location") {
			passed++
			t.Errorf("%s takes a screen for somebody", path)
		}
	}
	forged := b.http.Jar.Cookies(mustParse(t, h.url))
	if len(forged) != 1 {
		t.Fatalf("%d cookies", len(forged))
	}
	r := h.browser().do(http.MethodGet, "/flows", nil, http.Header{"Cookie": {"flowdeck=" + forged[0].Value}})
	if r.status != http.StatusSeeOther {
		passed++
		t.Errorf("its value as a session: %d", r.status)
	}
	if r := b.get("/wall"); r.status != http.StatusOK {
		t.Errorf("its own wall: %d", r.status)
	}
	t.Logf("evidence: T9 | cookie of a screen on every route but its wall, as page and fragment: let in | %d of %d | 0", passed, tried+3)
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestT9Guess: 100,000 random keys open nothing, from one address and from a
// thousand, and as links and as cookies.
func TestT9Guess(t *testing.T) {
	t.Parallel()
	const guesses = 100_000
	h := newHouse(t, nil)
	for range 20 {
		h.display(nil)
	}
	opened, limited := 0, 0
	guess := func(address, path, cookie string) int {
		r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
		r.RemoteAddr = address + ":1"
		if cookie != "" {
			r.Header.Set("Cookie", "flowdeck_wall="+cookie)
		}
		w := httptest.NewRecorder()
		h.echo.ServeHTTP(w, r)
		if w.Code < 400 || w.Header().Get("Set-Cookie") != "" {
			opened++
		}
		return w.Code
	}
	for i := range guesses {
		if i%100 == 0 { // one in a hundred is another's, of a thousand addresses
			address := fmt.Sprintf("198.51.%d.%d", i/100/250, i/100%250)
			guess(address, "/wall/"+randomKey(), "")
			guess(address, "/wall", randomKey())
			continue
		}
		if guess("192.0.2.1", "/wall/"+randomKey(), "") == http.StatusTooManyRequests {
			limited++
		}
	}
	if opened != 0 || limited < guesses*9/10 {
		t.Errorf("%d of %d opened a wall, %d were turned away unasked", opened, guesses, limited)
	}
	t.Logf("evidence: T9 | %d random keys against 20 displays, most from one address: walls opened; turned away by the throttle | %d; %d | 0; ≥ 90 %% |",
		guesses, opened, limited)
}

// randomKey is what a key looks like.
func randomKey() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	return base64.RawURLEncoding.EncodeToString(raw)
}

// TestT9Trail: what is done to displays is on the trail, and no key is.
func TestT9Trail(t *testing.T) {
	h := newHouse(t, nil)
	d, key := h.display(nil)
	h.screen(key)
	if err := h.displays.Revoke(t.Context(), projectOfHouse, d.ID); err != nil {
		t.Fatal(err)
	}
	events, err := h.store.Timeline(t.Context(), trail.Filter{Endpoint: medialivetest.Endpoint, Project: medialivetest.Project})
	if err != nil {
		t.Fatal(err)
	}
	var verbs []string
	for _, e := range events {
		verbs = append(verbs, e.Verb)
		if strings.Contains(fmt.Sprintf("%+v", e), key) {
			t.Errorf("the trail has the key: %+v", e)
		}
	}
	if want := []string{display.VerbRevoked, display.VerbOpened, display.VerbMade}; !slices.Equal(verbs, want) {
		t.Errorf("%v, want %v", verbs, want)
	}
	if strings.Contains(h.log.String(), key) {
		t.Error("the log has the key")
	}
}

// TestT9Upstream: 500 walls cause the same calls as one, and as none: where
// nobody reads, none at all. The flows are at rest, which are read once a minute
// but every few seconds while somebody looks: a wall does not. Channels have a
// clock of their own, which no wall turns faster either.
func TestT9Upstream(t *testing.T) {
	t.Parallel()
	const walls, reads, flows, rest, list, sweep = 500, 5, 6, time.Minute, "ListOttChannelInfo", 5 * time.Second
	h := newHouse(t, func(c *medialivetest.Cloud) {
		for i := range flows {
			c.Add(flowOf(fmt.Sprintf("FEED-%d", i), medialive.Standby, outputOf("OUT-1")))
		}
		c.AddChannel(pushChannel("one", medialive.ChannelOn))
	})
	_, key := h.display(func(d *display.Display) { d.Shows.Kind = display.OfBoth })
	one := h.screen(key)
	open := func(n int) {
		all := make([]*stream, n)
		for i := range all {
			all[i] = one.wall("")
		}
		for _, s := range all {
			s.await("it shows", func(e event) bool { return e.name == "hb" })
		}
	}
	open(1)
	unread := len(h.cloud.Calls(""))
	began := time.Now()
	h.reads(t)
	count := func(op string) int { return len(h.cloud.Calls(op)) }
	eventually(t, "all of each flow is read", func() bool { return count("ShowFlowDetail") >= flows && count("ShowOutputInfo") >= flows })
	ofFlows := func() int { return count("") - count(list) }
	// per list, since the watcher's pace is by the clock and the machine's is not
	measure := func() float64 {
		from := count("ListFlows")
		eventually(t, "a read", func() bool { return count("ListFlows") > from })
		first, before := count("ListFlows"), ofFlows()
		for n := first; n < first+reads; n++ {
			eventually(t, "the next read", func() bool { return count("ListFlows") > n })
		}
		return float64(ofFlows()-before) / float64(count("ListFlows")-first)
	}
	with1 := measure()
	open(walls - 1)
	with500 := measure()
	ratio := with500 / with1
	t.Logf("evidence: T9 | upstream calls that %d walls cause where nobody reads; for each read of the list with 1 wall and with %d | %d; %.2f and %.2f, ratio %.2f | 0; 1.00", walls, walls, unread, with1, with500, ratio)
	if n, most := count(list), 1+int(time.Since(began)/sweep); n == 0 || n > most {
		t.Errorf("%d reads of the channels in %s, want 1 to %d", n, time.Since(began), most)
	}
	turns := 1 + int(time.Since(began)/(rest-10*time.Second)) // in which each flow at rest is read once
	details := count("ShowFlowDetail") + count("ShowOutputInfo")
	if unread != 0 || details > 2*flows*turns {
		t.Errorf("%d calls where nobody reads; %d reads of flows at rest, want %d at most", unread, details, 2*flows*turns)
	}
	if turns == 1 && (ratio < 0.99 || ratio > 1.01) {
		t.Errorf("ratio %v", ratio)
	}
}

// textOf is the text of an element.
func textOf(_ int, s *goquery.Selection) string { return s.Text() }

// untilEnd reads a stream to its end, and gives its last event.
func (s *stream) untilEnd() event {
	s.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	var last event
	for {
		select {
		case e, open := <-s.events:
			if !open {
				return last
			}
			last = e
		case <-limit.C:
			s.t.Fatalf("the stream has not ended within %s", patience)
		}
	}
}
