package handlers_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/handlers"
	"github.com/flowdeck/flowdeck/internal/history"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/notify"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

const (
	password   = "test-password-1"
	passphrase = "orchard-lantern-7"
	patience   = 8 * time.Second // for what should be so soon
)

// house is the dashboard over a fake cloud, with all else real.
type house struct {
	t     *testing.T
	cloud *medialivetest.Cloud
	relay *relayOf // of a gatewayHouse
	echo  *echo.Echo
	url   string
	log   *logBuffer
	now   *clock
	store *store.Store

	monitor  *monitor.Monitor
	options  handlers.Options
	auth     auth.Options
	displays *display.Displays
	service  atomic.Pointer[handlers.Service] // how the installation reads the project
}

// clock is the time of a house: the machine's, moved on.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

type logBuffer struct {
	mu  sync.Mutex
	all strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

// newHouse makes a dashboard; prepare, if not nil, fills the cloud first.
func newHouse(t testing.TB, prepare func(*medialivetest.Cloud)) *house {
	t.Helper()
	cloud := medialivetest.New()
	cloud.AddUser("op-1", medialivetest.User{ID: "u1", Password: password})
	cloud.AddUser("op-2", medialivetest.User{ID: "u2", Password: password})
	cloud.AddUser("boss", medialivetest.User{ID: "u3", Password: password})
	if prepare != nil {
		prepare(cloud)
	}
	h := build(t, cloud.Transport(), medialivetest.Endpoint)
	h.cloud = cloud
	return h
}

// build makes the dashboard over an API; or over several, where a backend is
// given.
func build(t testing.TB, transport http.RoundTripper, endpoint string, several ...auth.Backend) *house {
	t.Helper()
	backend := auth.Single(endpoint, endpoint, "local")
	if len(several) > 0 {
		backend = auth.Several(several...)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	st, err := store.Open(context.Background(), "sqlite:"+filepath.Join(dir, "dashboard.db"))
	must(err)
	key, err := seal.OpenKeyFile(filepath.Join(dir, "secret.key"))
	must(err)
	st.KeepTrail(key)
	h := &house{log: &logBuffer{}, now: &clock{}, store: st}
	level := slog.LevelDebug
	if _, bench := t.(*testing.B); bench {
		level = slog.LevelWarn
	}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: level}))
	mon := monitor.New(monitor.Options{Log: log, RPS: 200})
	panels := alarm.New(alarm.Options{Store: st, Log: log, Delays: alarm.Delays{On: 20 * time.Millisecond, Off: 40 * time.Millisecond}})
	mon.Attend(panels.Attend)
	past := history.New(history.Options{Store: st, Log: log})
	mon.Attend(past.Attend)
	hooks := notify.New(notify.Options{Store: st, Key: key, Log: log, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	ctl := control.New(control.Options{Store: st, Monitor: mon, Key: key, Log: log})
	h.auth = auth.Options{
		Store: st, Key: key, Backend: backend,
		Log: log, Transport: transport, Now: h.now.Now, Admins: role.Rules{{Account: "account", User: "boss", Role: role.Admin}},
	}
	ctx, stop := context.WithCancel(context.Background())
	h.monitor, h.displays = mon, display.New(display.Options{Store: st, Log: log, Now: h.now.Now, Version: "v1"})
	h.service.Store(&handlers.Service{Configured: true, Covers: true})
	h.options = handlers.Options{
		Context: ctx, Auth: auth.New(h.auth), Control: ctl, Monitor: mon, Alarms: panels, History: past, Notify: hooks, Account: "account", Log: log, Now: h.now.Now,
		Displays: h.displays, Service: func(monitor.Key) handlers.Service { return *h.service.Load() }, Build: "b1",
		Ready: st.Ping, Key: "metrics-key-of-the-test",
	}
	h.echo, err = handlers.New(h.options)
	must(err)
	server := httptest.NewServer(h.echo)
	h.url = server.URL
	t.Cleanup(func() {
		stop()
		server.CloseClientConnections()
		server.Close()
		ctl.Close()
		mon.Close()
		past.Close()
		panels.Close()
		must(st.Close())
	})
	if real, ok := t.(*testing.T); ok {
		h.t = real
	}
	return h
}

// browser is somebody's browser: it keeps cookies and follows no redirect.
type browser struct {
	t    *testing.T
	base string
	http *http.Client
	lang string
	htmx bool
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &browser{t: h.t, base: h.url, http: &http.Client{
		Jar: jar, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// signedIn is a browser in which somebody is signed in.
func (h *house) signedIn(user string) *browser {
	h.t.Helper()
	b := h.browser()
	r := b.post("/login", form("account", "account", "username", user, "password", password, "region", "local"))
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/flows" {
		h.t.Fatalf("signing in: %d, to %q\n%s", r.status, r.header.Get("Location"), r.body)
	}
	return b
}

// with gives the same browser asking in another manner.
func (b *browser) with(change func(*browser)) *browser {
	other := *b
	change(&other)
	return &other
}

// fragments asks as htmx does.
func (b *browser) fragments() *browser { return b.with(func(b *browser) { b.htmx = true }) }

// chinese asks in Chinese.
func (b *browser) chinese() *browser {
	return b.with(func(b *browser) { b.lang = "zh-CN,zh;q=0.9,en;q=0.8" })
}

// reply is an answer, read to its end.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func (b *browser) get(path string) reply {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil, nil)
}

func (b *browser) post(path string, values url.Values) reply {
	b.t.Helper()
	return b.do(http.MethodPost, path, values, nil)
}

func (b *browser) do(method, path string, values url.Values, header http.Header) reply {
	b.t.Helper()
	var body io.Reader
	if values != nil {
		body = strings.NewReader(values.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if values != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if b.htmx {
		r.Header.Set("HX-Request", "true")
	}
	if b.lang != "" {
		r.Header.Set("Accept-Language", b.lang)
	}
	for name, v := range header {
		r.Header[name] = v
	}
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return reply{b.t, answer.StatusCode, answer.Header, string(text)}
}

// page gets a page that must be there.
func (b *browser) page(path string) *goquery.Document {
	b.t.Helper()
	r := b.get(path)
	if r.status != http.StatusOK {
		b.t.Fatalf("GET %s: %d to %q\n%s", path, r.status, r.header.Get("Location"), r.body)
	}
	return r.doc()
}

func (r reply) doc() *goquery.Document {
	r.t.Helper()
	return parse(r.t, r.body)
}

func parse(t *testing.T, html string) *goquery.Document {
	t.Helper()
	if strings.HasPrefix(strings.TrimSpace(html), "<tr") {
		html = "<table><tbody>" + html + "</tbody></table>"
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// form makes form values of names and values in turn.
func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// hidden gives the value of a hidden field.
func hidden(d *goquery.Document, name string) string {
	return d.Find(`input[type="hidden"][name="`+name+`"]`).First().AttrOr("value", "")
}

// eventually waits for what should be so soon.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(15 * time.Millisecond)
	defer again.Stop()
	for !is() {
		select {
		case <-deadline.C:
			t.Fatalf("not within %s: %s", patience, what)
		case <-again.C:
		}
	}
}

// flowOf is a flow of the fake cloud.
func flowOf(name string, status medialive.FlowStatus, outputs ...medialive.Output) medialivetest.Flow {
	f := medialivetest.Flow{Outputs: outputs}
	f.Name, f.Region, f.Status = name, "local", status
	f.Sources = []medialive.Source{{
		Name: name + "-in", Protocol: medialive.Listener, Address: "203.0.113.10", Port: 20000, MinLatency: 120,
		CIDRWhitelist: []string{"203.0.113.0/24"}, StreamID: "feed/a", Health: medialive.Connected,
		Decryption: &medialive.Crypto{Algorithm: medialive.AES256, KeyType: medialive.SRTPassword, Passphrase: passphrase},
	}}
	return f
}

func outputOf(name string) medialive.Output {
	return medialive.Output{
		Name: name, Protocol: medialive.Caller, Destination: "203.0.113.61", Port: 5000, MinLatency: 120,
		Status: medialive.Enabled, Health: medialive.Connected, Type: medialive.StandardOutput,
	}
}
