package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/gateway"
	"github.com/flowdeck/flowdeck/internal/gateway/iam"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/conform"
	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

const (
	region     = "local"
	password   = "test-password-1"
	passphrase = "orchard-lantern-7"
	patience   = 5 * time.Second // for what should be so soon
)

// fixture is a gateway on a real store and a real IAM, served over HTTP, with
// every answer checked against the specification.
type fixture struct {
	t       *testing.T
	dir     string
	store   *store.Store
	iam     *iam.IAM
	gateway *gateway.Gateway
	url     string
	project string
	client  *medialive.Client // as admin
	token   medialive.Secret
	first   int // first port of the range
	log     *syncBuffer

	channels gateway.Channels // nil: the gateway can run none
	pictures gateway.Pictures // nil: there are none
	tap      gateway.Tap
}

// ports is how many ports a fixture's gateway may allot.
const ports = 20

// newFixture makes a gateway that drives r, and lets it run.
func newFixture(t *testing.T, r gateway.Relay) *fixture {
	t.Helper()
	f := prepare(t, t.TempDir())
	f.serve(r)
	return f
}

// prepare makes the parts on which a gateway stands.
func prepare(t *testing.T, dir string) *fixture {
	t.Helper()
	f := &fixture{t: t, dir: dir, first: freePorts(t, ports), log: &syncBuffer{}}
	var err error
	f.store, err = store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "gateway.db"))
	f.must(err)
	t.Cleanup(func() { _ = f.store.Close() })
	key, err := seal.OpenKeyFile(filepath.Join(dir, "secret.key"))
	f.must(err)
	f.iam, err = iam.New(f.store, key, iam.Options{Account: "flowdeck", ProjectName: region})
	f.must(err)
	_, err = f.iam.Bootstrap(t.Context(), password)
	f.must(err)
	f.project = f.iam.ProjectID()
	return f
}

// serve runs a gateway on the parts, until the test ends.
func (f *fixture) serve(r gateway.Relay) {
	f.t.Helper()
	key, err := seal.OpenKeyFile(filepath.Join(f.dir, "secret.key"))
	f.must(err)
	f.gateway, err = gateway.New(gateway.Options{
		Store: f.store, Key: key, IAM: f.iam, Relay: r, Channels: f.channels, Pictures: f.pictures, Tap: f.tap,
		RTMPFirst: f.first, RTMPLast: f.first + 1, Region: region, SRTAddress: "127.0.0.1",
		PortFirst: f.first, PortLast: f.first + ports - 1, Version: "test",
		Log: slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	f.must(err)
	server := httptest.NewServer(conform.Server(f.t, f.gateway.Handler()))
	f.t.Cleanup(server.Close)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = f.gateway.Run(ctx)
	}()
	f.t.Cleanup(func() {
		stop()
		server.CloseClientConnections()
		<-done
	})
	f.url = server.URL
	f.token = f.signIn(iam.AdminName, password)
	f.client = f.clientAs(f.token)
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) signIn(user, password string) medialive.Secret {
	f.t.Helper()
	login, err := medialive.NewIAM(medialive.IAMConfig{Endpoint: f.url})
	f.must(err)
	info, err := login.SignIn(f.t.Context(), medialive.SignIn{
		Account: "flowdeck", User: user, Password: medialive.Secret(password), Project: region,
	})
	f.must(err)
	return info.Token
}

func (f *fixture) clientAs(token medialive.Secret) *medialive.Client {
	f.t.Helper()
	client, err := medialive.New(medialive.Config{Endpoint: f.url, ProjectID: f.project, Auth: medialive.Token(token)})
	f.must(err)
	return client
}

// reply is an answer read in full.
type reply struct {
	status    int
	code, msg string
	header    http.Header
	body      string
}

// ask sends a request as admin, as a client that knows no rules would. The
// path may begin with /v1 or /ext, then the project is put in.
func (f *fixture) ask(method, path, body string) reply {
	f.t.Helper()
	return f.askAs(f.token.Reveal(), method, path, body)
}

func (f *fixture) askAs(token, method, path, body string) reply {
	f.t.Helper()
	for _, end := range []string{"/ext/v1/", "/v1/flows", "/v1/ott"} {
		if rest, found := strings.CutPrefix(path, end); found {
			path = strings.Replace(end, "/v1/", "/v1/"+f.project+"/", 1) + rest
		}
	}
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, strings.NewReader(body))
	f.must(err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("X-Auth-Token", token)
	}
	return f.send(req)
}

func (f *fixture) send(req *http.Request) reply {
	f.t.Helper()
	res, err := http.DefaultTransport.RoundTrip(req) // no redirect is followed
	f.must(err)
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	f.must(err)
	var fault struct {
		Code string `json:"error_code"`
		Msg  string `json:"error_msg"`
	}
	_ = json.Unmarshal(data, &fault) // not every answer is an object
	return reply{res.StatusCode, fault.Code, fault.Msg, res.Header, string(data)}
}

// create makes a flow with a listener source.
func (f *fixture) create(name string) medialive.Flow {
	f.t.Helper()
	flow, err := f.client.CreateFlow(f.t.Context(), medialive.NewFlow{
		Name: name, Region: region, Source: medialive.Source{Name: "camera", Protocol: medialive.Listener},
	})
	f.must(err)
	return flow
}

// started makes a flow and starts it.
func (f *fixture) started(name string) medialive.Flow {
	f.t.Helper()
	flow := f.create(name)
	_, err := f.client.StartFlow(f.t.Context(), flow.ID)
	f.must(err)
	return flow
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, limit time.Duration, is func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

// ranges counts the port ranges that were handed out, for tests that run at
// the same time.
var ranges atomic.Int64

// freePorts finds n UDP ports in a row that nobody has, below those that the
// system gives to callers.
func freePorts(t *testing.T, n int) int {
	t.Helper()
	const lowest, places = 22000, 500
	for range places {
		place := (int64(os.Getpid())*31 + ranges.Add(1)) % places
		if first := lowest + int(place)*n; allFree(first, n) {
			return first
		}
	}
	t.Fatalf("no %d free ports in a row", n)
	return 0
}

func allFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		conn, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		_ = conn.Close()
	}
	return true
}

// hold takes a UDP port as another program would.
func hold(t *testing.T, port int) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
}

// syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// fakeRelay is a relay without media. It runs what it is told, and reports
// what the test says.
type fakeRelay struct {
	mu      sync.Mutex
	gone    bool             // nothing answers
	asked   func(*fakeRelay) // called at each Report; may be nil
	missing string
	refuse  error // of the next Put
	flows   map[string]relay.FlowSpec
	states  map[string]relay.State // by flow id and leg
	puts    int                    // by commands
	removes []string
	report  chan struct{} // closed when something changed
}

func newFakeRelay() *fakeRelay {
	return &fakeRelay{flows: map[string]relay.FlowSpec{}, states: map[string]relay.State{}, report: make(chan struct{})}
}

var errGone = errors.New("nothing answers on the socket")

func (r *fakeRelay) tellLocked() {
	close(r.report)
	r.report = make(chan struct{})
}

// set changes the relay, and makes it report.
func (r *fakeRelay) set(change func(*fakeRelay)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
	r.tellLocked()
}

func (r *fakeRelay) Put(ctx context.Context, spec relay.FlowSpec) error {
	r.mu.Lock()
	r.puts++
	r.mu.Unlock()
	return r.Restore(ctx, spec)
}

// Restore is what the gateway does by itself, and so no put of a command.
func (r *fakeRelay) Restore(_ context.Context, spec relay.FlowSpec) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return errGone
	}
	if err := r.refuse; err != nil {
		r.refuse = nil
		return err
	}
	r.flows[spec.ID] = spec
	r.tellLocked()
	return nil
}

func (r *fakeRelay) Remove(_ context.Context, id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return errGone
	}
	r.removes = append(r.removes, id)
	delete(r.flows, id)
	r.tellLocked()
	return nil
}

func (r *fakeRelay) Report(context.Context) (relay.Report, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked != nil {
		r.asked(r)
	}
	if r.gone {
		return relay.Report{}, errGone
	}
	return r.reportLocked(), nil
}

func (r *fakeRelay) reportLocked() relay.Report {
	report := relay.Report{At: time.Now(), Version: "test", SRTVersion: "1.5.1", SRTProblem: r.missing}
	if r.missing != "" {
		report.SRTVersion = ""
	}
	leg := func(id string, spec relay.LegSpec) relay.LegReport {
		state, told := r.states[id+"/"+spec.Name]
		if !told {
			state = relay.Waiting
		}
		return relay.LegReport{Name: spec.Name, State: state, Bitrate: 4_000_000, KeyLength: spec.KeyLength}
	}
	for id, spec := range r.flows {
		f := relay.FlowReport{ID: id, Source: leg(id, spec.Source)}
		for _, out := range spec.Outputs {
			f.Outputs = append(f.Outputs, leg(id, out))
		}
		f.Refused = []relay.Refused{{Leg: spec.Source.Name, Address: "127.0.0.9", Reason: "address", Count: 2}}
		report.Flows = append(report.Flows, f)
	}
	return report
}

func (r *fakeRelay) Events(ctx context.Context, each func(relay.Report) error) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		r.mu.Lock()
		gone, report, changed := r.gone, r.reportLocked(), r.report
		r.mu.Unlock()
		if gone {
			return errGone
		}
		if err := each(report); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		case <-changed:
		}
	}
}

func (r *fakeRelay) spec(id string) (relay.FlowSpec, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	spec, runs := r.flows[id]
	return spec, runs
}

func (r *fakeRelay) running() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]string, 0, len(r.flows))
	for id := range r.flows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
