package safety

import (
	"context"
	"encoding/binary"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/notify"
	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

// inward are ways to write an address that leads to this machine, into a cloud's
// inside, or to nobody in particular.
func inward(t *testing.T) []string {
	t.Helper()
	forms := []string{
		"127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f.1", "0x7f000001", "2130706433",
		"017700000001", "127.000.000.001", "127.0.0.1.", "0", "0.0.0.0", "00000000", "0x0", "0.1.2.3", "localhost", "LOCALHOST", "localhost.",
		"localhost.localdomain", "ip6-localhost", "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::", "::ffff:127.0.0.1",
		"::ffff:7f00:1", "::ffff:0.0.0.0", "::ffff:0:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::127.0.0.1", "64:ff9b:1::7f00:1", "2002:7f00:1::",
		"2001:0:7f00:1::", "fe80::1", "fe80::1%lo", "::1%lo", "fec0::1", "169.254.169.254", "169.254.169.254.", "0xa9fea9fe", "2852039166",
		"0251.0376.0251.0376", "::ffff:169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "metadata.google.internal",
		"224.0.0.1", "239.255.255.250", "ff02::1", "ff02::1%lo", "255.255.255.255", "240.0.0.1", "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "127%2e0%2e0%2e1",
		"127.0.0.1%00.example.org", "user@127.0.0.1", "example.org@127.0.0.1", "127.0.0.1#example.org", "127.0.0.1?example.org", "127.0.0.1/example.org",
		"127.0.0.1\\example.org", "srt://127.0.0.1", "srt://[::1]", "127.0.0.1\t", " 127.0.0.1", "127.0.0.1\r\n",
	}
	own, err := net.InterfaceAddrs()
	must(t, err)
	for _, a := range own {
		forms = append(forms, strings.Split(a.String(), "/")[0])
	}
	if name, err := os.Hostname(); err == nil {
		forms = append(forms, name)
	}
	if len(forms) < 60 {
		t.Fatalf("only %d forms", len(forms))
	}
	return forms
}

// trap counts what arrives at all addresses of this machine on one port.
type trap struct {
	port     int
	arrivals atomic.Int64
}

func newTrap(t *testing.T) *trap {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	must(t, err)
	trapped := &trap{port: l.Addr().(*net.TCPAddr).Port}
	u, err := net.ListenPacket("udp", fmt.Sprintf(":%d", trapped.port))
	must(t, err)
	var work sync.WaitGroup
	work.Go(func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			trapped.arrivals.Add(1)
			_ = conn.Close()
		}
	})
	work.Go(func() {
		buffer := make([]byte, 2048)
		for _, _, err := u.ReadFrom(buffer); err == nil; _, _, err = u.ReadFrom(buffer) {
			trapped.arrivals.Add(1)
		}
	})
	t.Cleanup(func() { _ = l.Close(); _ = u.Close(); work.Wait() })
	return trapped
}

// works shows that the trap sees what comes by either protocol.
func (p *trap) works(t *testing.T) {
	t.Helper()
	for _, network := range []string{"tcp", "udp"} {
		before := p.arrivals.Load()
		conn, err := net.Dial(network, fmt.Sprintf("127.0.0.1:%d", p.port))
		must(t, err)
		_, _ = conn.Write([]byte("x"))
		must(t, conn.Close())
		await(t, patience, "the trap", func() bool { return p.arrivals.Load() > before })
	}
	p.arrivals.Store(0)
}

// TestT13Webhooks adds a webhook for each form of an address, and tries it.
func TestT13Webhooks(t *testing.T) {
	t.Parallel()
	h := open(t, nil, nil)
	trapped := newTrap(t)
	trapped.works(t)
	b := h.signIn("op-1")
	forms, tried, refused := inward(t), 0, 0
	for _, form := range forms {
		host := form
		if strings.Contains(form, ":") && !strings.HasPrefix(form, "srt:") {
			host = "[" + form + "]"
		}
		for _, scheme := range []string{"https", "http"} {
			tried++
			r := b.press(b.page("/settings/webhooks/new"), `form[action="/settings/webhooks"]`,
				"name", "inward", "url", fmt.Sprintf("%s://%s:%d/hook", scheme, host, trapped.port))
			if r.status == http.StatusUnprocessableEntity {
				refused++
				continue
			}
			path := webhookNamed(t, b, "inward")
			if r := b.post(path+"/test", url.Values{}); r.status >= http.StatusInternalServerError {
				t.Errorf("%s: the test is answered %d", form, r.status)
			}
			if r := b.press(b.page(path+"/delete"), `form[action$="/delete"]`); r.status != http.StatusSeeOther {
				t.Fatalf("the webhook cannot be deleted: %d", r.status)
			}
		}
	}
	n := trapped.arrivals.Load()
	evidence(t, "T13", fmt.Sprintf("webhooks: %d addresses that lead inward in %d forms, %d refused at once, all others tried: arrivals", tried, len(forms), refused), n, "0")
	if n != 0 || refused == tried {
		t.Errorf("%d arrivals; %d of %d refused by the form", n, refused, tried)
	}
}

// webhookNamed finds the path of a webhook.
func webhookNamed(t *testing.T, b *browser, name string) (path string) {
	t.Helper()
	for _, a := range b.page("/settings").doc(t).Find(`a[href^="/settings/webhooks/"]`).EachIter() {
		if strings.TrimSpace(a.Text()) == name {
			path = a.AttrOr("href", "")
		}
	}
	if path == "" {
		t.Fatalf("no webhook %s", name)
	}
	return path
}

// TestT13Callers has the gateway call each form of an address, as a source and
// as an output.
func TestT13Callers(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t, map[string]string{"FLOWDECK_GATEWAY_SRT_ADDRESS": "0.0.0.0"}) // no listener is made
	trapped := newTrap(t)
	trapped.works(t)
	ak, sk := app.Key(apptest.User)
	client, err := medialive.New(medialive.Config{
		Endpoint: app.GatewayURL, ProjectID: app.ProjectID, Auth: medialive.AKSK(ak, medialive.Secret(sk), time.Now),
	})
	must(t, err)
	forms := inward(t)
	var flows []string
	legs, refused := 0, 0
	for i, form := range forms {
		flow, err := client.CreateFlow(t.Context(), medialive.NewFlow{Name: fmt.Sprint("IN-", i), Region: "local", Source: medialive.Source{
			Name: "source", Protocol: medialive.Caller, Address: form, Port: trapped.port, MinLatency: 20,
		}})
		if err != nil {
			refused++
			flow, err = client.CreateFlow(t.Context(), medialive.NewFlow{Name: fmt.Sprint("IN-", i), Region: "local", Source: medialive.Source{
				Name: "source", Protocol: medialive.Caller, Address: "127.0.0.1", Port: trapped.port, MinLatency: 20,
			}})
			must(t, err)
		}
		legs++
		_, err = client.CreateOutputs(t.Context(), flow.ID, []medialive.Output{{
			Name: "output", Protocol: medialive.Caller, Destination: form, Port: trapped.port, MinLatency: 20, Status: medialive.Enabled,
		}})
		if err != nil {
			refused++
		} else {
			legs++
		}
		_, err = client.StartFlow(t.Context(), flow.ID)
		must(t, err)
		flows = append(flows, flow.ID)
	}
	await(t, patience, "each leg to have been tried and refused", func() bool {
		all, err := client.Statistics(t.Context(), "")
		must(t, err)
		return len(all) == len(flows) && !slices.ContainsFunc(all, func(f medialive.FlowStatistics) bool {
			return slices.ContainsFunc(append(f.Outputs, f.Source), func(l medialive.LegStatistics) bool { return l.Attempts < 2 })
		})
	})
	n := trapped.arrivals.Load()
	evidence(t, "T13", fmt.Sprintf("gateway's callers: %d forms of addresses that lead inward, %d refused by the API, %d legs tried twice and more: packets", len(forms), refused, legs), n, "0")
	if n != 0 {
		t.Errorf("%d packets", n)
		for _, r := range must1(client.Statistics(t.Context(), "")) {
			t.Logf("%+v", r.Source)
		}
	}
}

func must1[T any](v T, _ error) T { return v }

// flipping answers DNS queries for any name, each with the next of two
// addresses, and lives for no time at all.
func flipping(t *testing.T, addresses ...string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	var work sync.WaitGroup
	t.Cleanup(func() { _ = conn.Close(); work.Wait() })
	work.Go(func() {
		buffer, turn := make([]byte, 512), 0
		for n, from, err := conn.ReadFrom(buffer); err == nil; n, from, err = conn.ReadFrom(buffer) {
			end := 12
			for end < n && buffer[end] != 0 {
				end += int(buffer[end]) + 1
			}
			question := buffer[12 : end+5]
			answer := append([]byte{buffer[0], buffer[1], 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
			if kind := binary.BigEndian.Uint16(question[len(question)-4:]); kind == 1 {
				ip := netip.MustParseAddr(addresses[turn%len(addresses)]).As4()
				turn++
				answer[7] = 1
				answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
				answer = append(answer, ip[:]...)
			}
			_, _ = conn.WriteTo(answer, from)
		}
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// TestT13Rebinding has names stand for an address that may be reached and for
// one that may not, in turn. The webhooks and the relay run in this process,
// for their resolver is the test's.
func TestT13Rebinding(t *testing.T) {
	allowed := []netip.Prefix{netip.MustParsePrefix("127.99.0.0/16")}
	usual := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = usual }) // after all that looks up names has ended
	net.DefaultResolver = flipping(t, "127.99.0.1", "127.0.0.1")

	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	u, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port))
	must(t, err)
	var arrivals atomic.Int64
	var work sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); _ = u.Close(); work.Wait() })
	work.Go(func() {
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			arrivals.Add(1)
			_ = conn.Close()
		}
	})
	work.Go(func() {
		for _, _, err := u.ReadFrom(make([]byte, 2048)); err == nil; _, _, err = u.ReadFrom(make([]byte, 2048)) {
			arrivals.Add(1)
		}
	})
	posts := rebindWebhooks(t, allowed, port)
	calls := rebindCallers(t, allowed, port)
	n := arrivals.Load()
	evidence(t, "T13", fmt.Sprintf("names that stand for another address at each query: %d webhooks sent, %d calls of SRT: arrivals where they may not", posts, calls), n, "0")
	if n != 0 {
		t.Errorf("%d arrivals", n)
	}
}

// rebindWebhooks sends messages to a name that flips.
func rebindWebhooks(t *testing.T, allowed []netip.Prefix, port int) (sent int) {
	dir := t.TempDir()
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "t.db"))
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	key, err := seal.OpenKeyFile(filepath.Join(dir, "secret.key"))
	must(t, err)
	st.KeepTrail(key)
	n := notify.New(notify.Options{Store: st, Key: key, Log: slog.New(slog.DiscardHandler), Allow: allowed})
	project := monitor.Key{Endpoint: "https://live.example", ProjectID: "p1"}
	must(t, n.Put(t.Context(), project, notify.Webhook{
		Name: "flips", Shape: notify.JSON, Least: alarm.Low, URL: medialive.Secret(fmt.Sprintf("https://flips.test:%d/", port)),
	}, "op-1"))
	list, err := n.List(t.Context(), project)
	must(t, err)
	problems := map[string]int{}
	for range 40 {
		d, err := n.Test(t.Context(), project, list[0].ID)
		must(t, err)
		problems[d.Problem]++
	}
	if len(problems) < 2 {
		t.Errorf("the name did not flip: %v", problems)
	}
	return 40
}

// rebindCallers has a relay call a name that flips.
func rebindCallers(t *testing.T, allowed []netip.Prefix, port int) (calls int) {
	socket := filepath.Join(t.TempDir(), "relay.sock")
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- relay.Serve(ctx, relay.Options{Socket: socket, Log: slog.New(slog.DiscardHandler), Version: "test", Allow: allowed})
	}()
	t.Cleanup(func() { stop(); must(t, <-ended) })
	client := relay.Dial(socket)
	await(t, patience, "the relay", func() bool { return client.Ping(t.Context()) == nil })
	leg := func(name string) relay.LegSpec {
		return relay.LegSpec{Name: name, Mode: relay.Call, Host: "flips.test", Port: port, Latency: 20}
	}
	spec := relay.FlowSpec{ID: "f", Source: leg("source")}
	for i := range 10 {
		spec.Outputs = append(spec.Outputs, leg(fmt.Sprint("output-", i)))
	}
	must(t, client.Put(t.Context(), spec))
	refused := 0
	await(t, patience, "many calls", func() bool {
		report, err := client.Report(t.Context())
		must(t, err)
		calls, refused = 0, 0
		for _, f := range report.Flows {
			for _, l := range append(f.Outputs, f.Source) {
				calls += l.Attempts
				if strings.Contains(l.Problem, "may not be called") {
					refused++
				}
			}
		}
		return calls >= 22 && refused > 0
	})
	return calls
}

// dialers are the places of the program from which a connection can be made.
// Whoever adds one says here who chooses where it leads.
var dialers = map[string]string{
	"internal/app/alive.go":          "the health of the own processes, as their run files say",
	"internal/app/doctor_backend.go": "the backend, as set",
	"internal/app/gateway.go":        "the relay's own socket; who may make channels: TestT13Pulls",
	"internal/gateway/watchdog.go":   "the relay's own socket",
	"internal/medialive/client.go":   "the backend, as set",
	"internal/notify/notify.go":      "who may set webhooks: TestT13Webhooks",
	"internal/notify/send.go":        "who may set webhooks: TestT13Webhooks",
	"internal/packager/input.go":     "who may make channels: TestT13Pulls",
	"internal/packager/packager.go":  "the same",
	"internal/packager/way.go":       "the same, and playlists: TestPullsLeadNowhereElse",
	"internal/relay/caller.go":       "who may make flows: TestT13Callers",
	"internal/relay/client.go":       "the relay's own socket",
	"internal/relay/server.go":       "the relay's own socket",
}

// dials are the names by which Go makes a connection, or looks up a name.
var dials = map[string][]string{
	"net":  {"Dial", "DialTimeout", "DialUDP", "DialTCP", "DialIP", "DialUnix", "Dialer", "DefaultResolver", "LookupHost", "LookupIP", "LookupAddr", "Resolver"},
	"http": {"Get", "Post", "PostForm", "Head", "Client", "Transport", "DefaultClient", "DefaultTransport"},
	"tls":  {"Dial", "DialWithDialer", "Dialer"}, "smtp": {"Dial", "SendMail"},
}

// TestT13WhoDials finds every place from which the program makes connections.
func TestT13WhoDials(t *testing.T) {
	found := map[string]bool{}
	for _, dir := range []string{"../../internal", "../../web"} {
		must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if s, is := n.(*ast.SelectorExpr); is {
					if of, ok := s.X.(*ast.Ident); ok && slices.Contains(dials[of.Name], s.Sel.Name) || s.Sel.Name == "Connect" {
						found[strings.TrimPrefix(path, "../../")] = true
					}
				}
				return true
			})
			return nil
		}))
	}
	for path := range found {
		if _, known := dialers[path]; !known && !strings.Contains(path, "test/") && !strings.Contains(path, "conform/") && !strings.HasPrefix(path, "internal/demo/") {
			t.Errorf("%s makes connections: say in this test who chooses where to", path)
		}
	}
	evidence(t, "T13", "places of the program that make connections, each with who chooses where to", len(found), "all known")
	if len(found) < 5 {
		t.Errorf("only %v", found)
	}
}
