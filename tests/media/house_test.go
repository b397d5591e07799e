package media

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// Deadlines are far beyond what is promised: the machine may be busy. What a
// promise took is logged.
const (
	limit      = 30 * time.Second
	latency    = 120  // milliseconds
	steady     = 3000 // milliseconds: where no packet may be missing, though the machine be held up
	passphrase = "correct-horse-battery"
	otherWord  = "another-passphrase"
)

// house is a running Flowdeck with a client of its gateway.
type house struct {
	app    *apptest.App
	client *medialive.Client
	clip   string  // what senders send
	rate   float64 // of the clip, bit/s
	far    string  // loopback address of the far ends that listen
	ports  *atomic.Int32
	names  *atomic.Int32
}

// open starts Flowdeck until the test ends.
func open(t *testing.T, settings map[string]string) *house {
	t.Helper()
	h := &house{
		app: apptest.Start(t, settings), clip: relaytest.Clip(t),
		far:   fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(256), 1+rand.IntN(250)),
		ports: &atomic.Int32{}, names: &atomic.Int32{},
	}
	h.ports.Store(21000 + rand.Int32N(10000)) // below those that the system hands out
	h.rate = float64(relaytest.Size(h.clip)) * 8 / clipSeconds
	ak, sk := h.app.Key(apptest.User)
	var err error
	h.client, err = medialive.New(medialive.Config{
		Endpoint: h.app.GatewayURL, ProjectID: h.app.ProjectID, Auth: medialive.AKSK(ak, medialive.Secret(sk), time.Now),
	})
	must(t, err)
	t.Cleanup(func() { h.quiet(t, sk) })
	return h
}

// quiet fails the test if the processes wrote a secret, or of a fault of their
// own.
func (h *house) quiet(t *testing.T, sk string) {
	logs := h.app.Logs()
	for _, secret := range []string{passphrase, otherWord, apptest.Password, sk} {
		if strings.Contains(logs, secret) {
			t.Error("a secret is in the log")
		}
	}
	for _, sign := range []string{"DATA RACE", "panic:", "fatal error:"} {
		if strings.Contains(logs, sign) {
			t.Errorf("the log tells of a %s", sign)
		}
	}
}

// clipSeconds is how long a clip plays before it begins again.
const clipSeconds = 4

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// farEnd is an end that listens, on a port of its own.
func (h *house) farEnd() relaytest.SRT {
	return relaytest.SRT{Host: h.far, Port: int(h.ports.Add(1)), Listen: true}
}

// flow is a flow of the gateway.
type flow struct {
	*house
	t      *testing.T
	id     string
	source medialive.Source // as last answered
}

// camera is a source that listens.
func camera() medialive.Source {
	return medialive.Source{Name: "camera", Protocol: medialive.Listener, MinLatency: latency}
}

// serves is an output that listens.
func serves(name string) medialive.Output {
	return medialive.Output{Name: name, Protocol: medialive.Listener, MinLatency: latency}
}

// pushes is an output that calls a far end.
func pushes(name string, to relaytest.SRT) medialive.Output {
	return medialive.Output{
		Name: name, Protocol: medialive.Caller, Destination: to.Host, Port: to.Port,
		StreamID: to.StreamID, MinLatency: latency,
	}
}

// crypto is the protection of a leg by a key of some bytes, nil for 0.
func crypto(key int) *medialive.Crypto {
	ciphers := map[int]medialive.Algorithm{16: medialive.AES128, 24: medialive.AES192, 32: medialive.AES256}
	if key == 0 {
		return nil
	}
	return &medialive.Crypto{Algorithm: ciphers[key], KeyType: medialive.SRTPassword, Passphrase: passphrase}
}

// create makes a flow that is deleted with the test.
func (h *house) create(t *testing.T, source medialive.Source, outputs ...medialive.Output) *flow {
	t.Helper()
	name := fmt.Sprintf("studio-%d", h.names.Add(1))
	made, err := h.client.CreateFlow(t.Context(), medialive.NewFlow{Name: name, Region: apptest.Region, Source: source})
	must(t, err)
	f := &flow{house: h, t: t, id: made.ID, source: made.Sources[0]}
	t.Cleanup(f.delete)
	if len(outputs) > 0 {
		f.add(outputs...)
	}
	return f
}

// run makes a flow and starts it.
func (h *house) run(t *testing.T, source medialive.Source, outputs ...medialive.Output) *flow {
	t.Helper()
	f := h.create(t, source, outputs...)
	f.start()
	return f
}

func (f *flow) delete() {
	ctx := context.Background()
	_, err := f.client.StopFlow(ctx, f.id)
	if err != nil && medialive.KindOf(err) != medialive.KindState {
		f.t.Errorf("stop: %v", err)
	}
	if err := f.client.DeleteFlow(ctx, f.id); err != nil {
		f.t.Errorf("delete: %v", err)
	}
}

func (f *flow) start() {
	f.t.Helper()
	status, err := f.client.StartFlow(f.t.Context(), f.id)
	must(f.t, err)
	if status != medialive.Active {
		f.t.Fatalf("started, and %s", status)
	}
}

func (f *flow) add(outputs ...medialive.Output) {
	f.t.Helper()
	_, err := f.client.CreateOutputs(f.t.Context(), f.id, outputs)
	must(f.t, err)
}

func (f *flow) change(output string, ch medialive.OutputChange) {
	f.t.Helper()
	_, err := f.client.UpdateOutput(f.t.Context(), f.id, output, ch)
	must(f.t, err)
}

func (f *flow) remove(output string) {
	f.t.Helper()
	must(f.t, f.client.DeleteOutput(f.t.Context(), f.id, output))
}

// edit changes the source as it stands.
func (f *flow) edit(with func(*medialive.Source)) {
	f.t.Helper()
	s := f.source
	with(&s)
	after, err := f.client.UpdateSource(f.t.Context(), f.id, f.source.Name, s)
	must(f.t, err)
	f.source = after
}

// input is where a sender calls the flow.
func (f *flow) input() relaytest.SRT {
	return relaytest.SRT{Host: f.source.Address, Port: f.source.Port}
}

// output is where a receiver calls an output of the flow.
func (f *flow) output(name string) relaytest.SRT {
	f.t.Helper()
	o, err := f.client.ShowOutput(f.t.Context(), f.id, name)
	must(f.t, err)
	return relaytest.SRT{Host: o.ListenerAddress, Port: o.Port}
}

// keyed is an end with the test's passphrase and a key of some bytes.
func keyed(end relaytest.SRT, key int) relaytest.SRT {
	if key > 0 {
		end.Passphrase, end.KeyLength = passphrase, key
	}
	return end
}

func (f *flow) statistics() medialive.FlowStatistics {
	f.t.Helper()
	all, err := f.client.Statistics(f.t.Context(), f.id)
	must(f.t, err)
	if len(all) != 1 {
		f.t.Fatalf("statistics of %d flows instead of one", len(all))
	}
	return all[0]
}

// leg is what was measured on the source, or on an output by its name.
func (f *flow) leg(name string) medialive.LegStatistics {
	f.t.Helper()
	stats := f.statistics()
	if stats.Source.Name == name {
		return stats.Source
	}
	at := slices.IndexFunc(stats.Outputs, func(l medialive.LegStatistics) bool { return l.Name == name })
	if at < 0 {
		f.t.Fatalf("no statistics of %s", name)
	}
	return stats.Outputs[at]
}

// await waits until a leg is in a state.
func (f *flow) await(name string, state medialive.LegState) medialive.LegStatistics {
	f.t.Helper()
	return f.awaitLeg(name, string(state), func(l medialive.LegStatistics) bool { return l.State == state })
}

func (f *flow) awaitLeg(name, what string, holds func(medialive.LegStatistics) bool) medialive.LegStatistics {
	f.t.Helper()
	var leg medialive.LegStatistics
	defer func() {
		if f.t.Failed() {
			f.t.Logf("%s is %+v", name, leg)
		}
	}()
	relaytest.Eventually(f.t, limit, name+" is "+what, func() bool {
		leg = f.leg(name)
		return holds(leg)
	})
	return leg
}

// health is the health_status of the source.
func (f *flow) health() medialive.Health {
	f.t.Helper()
	shown, err := f.client.ShowFlow(f.t.Context(), f.id)
	must(f.t, err)
	return shown.Sources[0].Health
}

// outputHealth is the health_status of an output.
func (f *flow) outputHealth(name string) medialive.Health {
	f.t.Helper()
	o, err := f.client.ShowOutput(f.t.Context(), f.id, name)
	must(f.t, err)
	return o.Health
}

// refused waits until a caller of a leg is listed as refused for a reason, and
// checks what is said of it.
func (f *flow) refused(leg string, reason medialive.Refusal, since time.Time) {
	f.t.Helper()
	var list []medialive.RefusedCaller
	match := func(r medialive.RefusedCaller) bool { return r.Leg == leg && r.Reason == reason }
	defer func() {
		if f.t.Failed() {
			f.t.Logf("refused callers: %+v", list)
		}
	}()
	relaytest.Eventually(f.t, limit, "a caller of "+leg+" refused: "+string(reason), func() bool {
		var err error
		list, err = f.client.RefusedCallers(f.t.Context(), f.id)
		must(f.t, err)
		return slices.ContainsFunc(list, match)
	})
	r := list[slices.IndexFunc(list, match)]
	if r.Address != "127.0.0.1" || r.Count < 1 || r.First.Before(since) || r.Last.Before(r.First) || r.Last.After(time.Now()) {
		f.t.Errorf("refused since %v: %+v", since, r)
	}
}

// within waits for a condition that is promised within a time, and logs what
// it took. Up to twice the promise is forgiven, for a busy machine.
func within(t *testing.T, promise time.Duration, what string, holds func() bool) {
	t.Helper()
	began := time.Now()
	relaytest.Eventually(t, limit, what, holds)
	took := time.Since(began)
	t.Logf("%s after %v (promised: %v)", what, took.Round(time.Millisecond), promise)
	if took > 2*promise {
		t.Errorf("%s: %v is far more than the %v promised", what, took, promise)
	}
}

// evidence logs a figure for docs/evidence.md.
func evidence(t *testing.T, number, what string, figure any, goal string) {
	t.Helper()
	t.Logf("evidence: %s | %s | %v | %s", number, what, figure, goal)
}
