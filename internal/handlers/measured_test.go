package handlers_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/gateway"
	"github.com/flowdeck/flowdeck/internal/gateway/iam"
	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

// relayOf is a relay without media: whatever is started has a sender at once,
// and its outputs are connected.
type relayOf struct {
	mu     sync.Mutex
	flows  map[string]relay.FlowSpec
	silent map[string]time.Time // flows whose sender has gone, and since when
}

// silence lets the sender of a flow go, or come back.
func (r *relayOf) silence(id string, gone bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if delete(r.silent, id); gone {
		r.silent[id] = time.Now()
	}
}

func (r *relayOf) Put(_ context.Context, spec relay.FlowSpec) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flows[spec.ID] = spec
	return nil
}

func (r *relayOf) Restore(ctx context.Context, spec relay.FlowSpec) error { return r.Put(ctx, spec) }

func (r *relayOf) Remove(_ context.Context, id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.flows, id)
	return nil
}

func (r *relayOf) Report(context.Context) (relay.Report, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := relay.Report{At: time.Now(), Version: "test", SRTVersion: "1.5.1"}
	for id, spec := range r.flows {
		f := relay.FlowReport{ID: id, Source: connected(spec.Source)}
		if since, gone := r.silent[id]; gone {
			f.Source = relay.LegReport{Name: spec.Source.Name, State: relay.Waiting, Lost: true, Since: since}
		}
		for _, out := range spec.Outputs {
			f.Outputs = append(f.Outputs, connected(out))
		}
		f.Refused = []relay.Refused{{Leg: spec.Source.Name, Address: "203.0.113.200", StreamID: "<b>x</b>", Reason: "passphrase", Count: 14, Last: time.Now()}}
		report.Flows = append(report.Flows, f)
	}
	return report, nil
}

func connected(spec relay.LegSpec) relay.LegReport {
	return relay.LegReport{
		Name: spec.Name, State: relay.Connected, Bitrate: 8_240_000, RTT: 38, KeyLength: spec.KeyLength,
		Peer: "203.0.113.24:51022", ConnectedAt: time.Now().Add(-time.Minute), Since: time.Now().Add(-time.Minute),
	}
}

func (r *relayOf) Events(ctx context.Context, each func(relay.Report) error) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		report, err := r.Report(ctx)
		if err == nil {
			err = each(report)
		}
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// gatewayHouse is the dashboard over a real gateway whose relay has no media, and
// which runs channels if something is given that does.
func gatewayHouse(t *testing.T, change ...func(*gateway.Options)) *house {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(dir, "gateway.db"))
	must(err)
	key, err := seal.OpenKeyFile(filepath.Join(dir, "secret.key"))
	must(err)
	users, err := iam.New(st, key, iam.Options{Account: "account", ProjectName: "local"})
	must(err)
	_, err = users.Bootstrap(t.Context(), password)
	must(err)
	media := &relayOf{flows: map[string]relay.FlowSpec{}, silent: map[string]time.Time{}}
	options := gateway.Options{
		Store: st, Key: key, IAM: users, Relay: media, Region: "local",
		SRTAddress: "127.0.0.1", PortFirst: freePort(t), PortLast: 65000, Version: "test", Log: slog.New(slog.DiscardHandler),
	}
	for _, change := range change {
		change(&options)
	}
	g, err := gateway.New(options)
	must(err)
	server := httptest.NewServer(g.Handler())
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = g.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		server.CloseClientConnections()
		server.Close()
		<-done
		must(st.Close())
	})
	h := build(t, nil, server.URL)
	h.relay = media
	return h
}

// freePort is a port that nobody holds just now.
func freePort(t *testing.T) int {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return min(c.LocalAddr().(*net.UDPAddr).Port, 64900)
}

// The story of the first minute, by plain forms: an empty project leads to the
// first flow, which turns LIVE by itself, has outputs, and stops with a guard.
func TestFirstMinute(t *testing.T) {
	t.Parallel()
	h := gatewayHouse(t)
	b := h.signedIn("admin")
	eventually(t, "the project is known to be empty", func() bool {
		return b.page("/flows").Find(".first form").Length() == 1
	})
	first := b.page("/flows")
	if text := first.Find(".first").Text(); !strings.Contains(text, "127.0.0.1") || !strings.Contains(text, "my-first-flow") {
		t.Errorf("the first page has no ready line: %s", text)
	}
	made := b.post("/flows", typed(first))
	if made.status != http.StatusSeeOther {
		t.Fatalf("making the first flow: %d\n%s", made.status, made.doc().Find("main").Text())
	}
	path := made.header.Get("Location")
	eventually(t, "it is LIVE", func() bool { return b.page(path).Find("#flow-state .state-word").Text() == "LIVE" })
	output := form("name", "OUT-1", "protocol", "srt-listener", "algorithm", "aes128", "passphrase_action", "replace", "passphrase", passphrase)
	if r := b.post(path+"/outputs", output); r.status != http.StatusSeeOther {
		t.Fatalf("adding an output: %d\n%s", r.status, r.doc().Find("main").Text())
	}
	eventually(t, "the output is connected", func() bool {
		return strings.Contains(b.page(path).Find("#output-OUT-1").Text(), "203.0.113.24:51022")
	})
	if sheet := b.page(path + "/outputs/OUT-1").Find("#sheet"); !strings.Contains(sheet.Text(), "ffplay") ||
		!strings.Contains(sheet.Text(), "passphrase=$SRT_KEY") || sheet.Find("[data-copy]").Length() < 4 {
		t.Errorf("the output's page has no ready line to receive with: %s", sheet.Text())
	}
	eventually(t, "it is measured", func() bool { return b.page(path).Find("#charts svg.chart-plot").Length() == 5 })
	page := b.page(path)
	if got := page.Find("#source-box").Text(); !strings.Contains(got, "8.24") {
		t.Errorf("no figures: %s", got)
	}
	eventually(t, "the refused caller is told", func() bool {
		refused := b.page(path).Find("#refused")
		return strings.Contains(refused.Text(), "203.0.113.200") && strings.Contains(refused.Text(), "<b>x</b>") && refused.Find("b").Length() == 0
	})
	if acts := page.Find("#activity").Text(); !strings.Contains(acts, "started the flow") || !strings.Contains(acts, "added output OUT-1") {
		t.Errorf("activity: %s", acts)
	}
	if r := b.post(path+"/stop", form("ticket", hidden(b.page(path+"/stop"), "ticket"))); r.status != http.StatusSeeOther {
		t.Fatalf("stopping: %d", r.status)
	}
	eventually(t, "it stands", func() bool { return b.page(path).Find("#flow-state .state-word").Text() == "STANDBY" })
	if facts := b.page(path).Find("#flow-facts").Text(); !strings.Contains(facts, "while the flow is stopped") {
		t.Errorf("measured of a flow that stands: %s", facts)
	}
	if body := b.get(path).body + b.get(path+"/source").body + b.get(path+"/outputs/OUT-1").body; strings.Contains(body, passphrase) {
		t.Error("a page has the passphrase")
	}
}

func TestStreamOfAMeasuredFlow(t *testing.T) {
	t.Parallel()
	h := gatewayHouse(t)
	b := h.signedIn("admin")
	made := b.post("/flows", form("name", "FEED-A", "protocol", "srt-listener", "start", "1"))
	id := strings.TrimPrefix(made.header.Get("Location"), "/flows/")
	s := b.live("view=flow&id=" + id)
	for _, want := range []string{"charts", "refused", "flow-facts"} {
		s.await(want, func(e event) bool { return strings.Contains(e.data, partial(want)) })
	}
	list := b.live("view=list&limit=50")
	list.await("a row that moves", func(e event) bool {
		return strings.Contains(e.data, partial("flow-"+id)) && strings.Contains(e.data, "8.24")
	})
}

// A gateway's stream confirms with each beat what it had told, and a page hears
// of it; so nothing that stays as it is looks old.
func TestBeatConfirms(t *testing.T) {
	h := gatewayHouse(t)
	b := h.signedIn("admin")
	b.get("/flows")
	s := b.live("view=list")
	beat := s.await("a heartbeat that confirms", func(e event) bool {
		return e.name == "hb" && len(strings.Fields(e.data)) == 2
	})
	clocks := strings.Fields(beat.data)
	now, err := strconv.ParseInt(clocks[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	told, err := strconv.ParseInt(clocks[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Duration(now-told) * time.Millisecond; age < 0 || age > 3*time.Second {
		t.Errorf("confirmed %v before the beat", age)
	}
}
