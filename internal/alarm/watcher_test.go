package alarm

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// running is a flow of the fake cloud through which media moves.
func running(name string, outputs ...string) medialivetest.Flow {
	f := medialivetest.Flow{Flow: medialive.Flow{
		Name: name, Region: "local", Status: medialive.Active,
		Sources: []medialive.Source{{Name: "src", Protocol: medialive.Listener, Address: "127.0.0.1", Port: 20000, Health: medialive.Connected}},
	}}
	for _, o := range outputs {
		f.Outputs = append(f.Outputs, medialive.Output{
			Name: o, Protocol: medialive.Caller, Destination: "192.0.2.1", Port: 5000, Status: medialive.Enabled, Health: medialive.Connected,
		})
	}
	return f
}

// pass lets time go by on the fake clock.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// polling has panels attend a watcher that polls a cloud, until the test ends.
func polling(t *testing.T, cloud *medialivetest.Cloud, s *store.Store) (*monitor.Watcher, *Panels) {
	t.Helper()
	panels := New(Options{Store: s})
	t.Cleanup(panels.Close)
	m := monitor.New(monitor.Options{})
	t.Cleanup(m.Close)
	m.Attend(panels.Attend)
	client, err := cloud.Client("token")
	must(t, err)
	return m.Watch(key, client, time.Time{}), panels
}

// TestOnACloud watches a polled cloud: a source is lost, the API fails, the
// source comes back meanwhile, and at last nobody watches any more.
func TestOnACloud(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		id := cloud.Add(running("FEED-A", "out"))
		cloud.Add(medialivetest.Flow{Flow: medialive.Flow{Name: "FEED-B", Status: medialive.Standby}})
		s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "alarms.db"))
		w, panels := polling(t, cloud, s)
		_, leave := w.Subscribe()
		pass(time.Minute)
		panel := panels.Of(key)
		same(t, "all is well", toldAll(panel.View().Active), nil)
		if !panel.View().Watched {
			t.Error("not watched")
		}

		health := func(h medialive.Health) {
			cloud.Change(id, func(f *medialivetest.Flow) { f.Sources[0].Health, f.Outputs[0].Health = h, h })
		}
		health(medialive.Disconnected)
		began := time.Now()
		for len(panel.View().Active) == 0 && time.Since(began) < time.Minute {
			pass(100 * time.Millisecond)
		}
		t.Logf("source lost: an alarm %s after it happened", time.Since(began))
		if len(panel.View().Active) != 1 || time.Since(began) > 11*time.Second {
			t.Fatalf("listed %v", toldAll(panel.View().Active))
		}

		lift := cloud.Inject("", 0, medialivetest.Down())
		pass(20 * time.Second)
		active := panel.View().Active
		if len(active) != 2 || active[1].Kind != Unreachable || active[1].Detail == "" {
			t.Errorf("no API: listed %v", toldAll(active))
		}
		health(medialive.Connected)
		pass(time.Minute)
		if a := panel.View().Active[0]; a.State() != Unacked {
			t.Errorf("cleared though nothing is known: %s", told(a))
		}
		lift()
		pass(2 * time.Minute)
		for _, a := range panel.View().Active {
			if a.State() != Returned {
				t.Errorf("all is well again: %s", told(a))
			}
			did(t)(panel.Ack(t.Context(), "op-1", "", a.ID))
		}
		same(t, "answered for", toldAll(panel.View().Active), nil)

		leave()
		pass(5 * time.Minute)
		if w.Awake() || panel.View().Watched {
			t.Error("a panel keeps its watcher awake")
		}
		calls := len(cloud.Calls(""))
		pass(5 * time.Minute)
		if n := len(cloud.Calls("")); n != calls {
			t.Errorf("%d calls though nobody watches", n-calls)
		}
		signals := trailOf(t, s, trail.Signal)
		if len(signals) < 4 || signals[0] != "source_lost" || signals[1] != "link_lost" {
			t.Errorf("signals %v", signals)
		}
		if v, err := s.VerifyTrail(t.Context()); err != nil || !v.OK() {
			t.Errorf("trail: %+v, %v", v, err)
		}
	})
}

// gateway tells a watcher what the test tells it.
type gateway struct{ events chan medialive.Event }

func (g *gateway) Events(ctx context.Context, each func(medialive.Event) error) error {
	beat := time.NewTicker(time.Second)
	defer beat.Stop()
	for {
		e := medialive.Event{Kind: medialive.EventBeat}
		select {
		case e = <-g.events:
		case <-beat.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := each(e); err != nil {
			return err
		}
	}
}

func (g *gateway) Capabilities(context.Context) (medialive.Capabilities, error) {
	return medialive.Capabilities{Version: "1"}, nil
}

var errPolled = errors.New("a gateway is not polled")

func (g *gateway) RefusedCallers(context.Context, string) ([]medialive.RefusedCaller, error) {
	return nil, errPolled
}

func (g *gateway) ListChannels(context.Context, medialive.ChannelKey, int, int) (medialive.ChannelPage, error) {
	return medialive.ChannelPage{}, errPolled
}

func (g *gateway) ShowChannel(context.Context, medialive.ChannelKey) (medialive.Channel, error) {
	return medialive.Channel{}, errPolled
}

func (g *gateway) ListFlows(context.Context, int, int) (medialive.FlowPage, error) {
	return medialive.FlowPage{}, errPolled
}

func (g *gateway) ShowFlow(context.Context, string) (medialive.Flow, error) {
	return medialive.Flow{}, errPolled
}

func (g *gateway) ShowOutput(context.Context, string, string) (medialive.Output, error) {
	return medialive.Output{}, errPolled
}

// measure tells of a flow's source.
func (g *gateway) measure(id string, l medialive.LegStatistics) {
	g.events <- medialive.Event{Kind: medialive.EventStatistics, FlowID: id, Statistics: []medialive.FlowStatistics{{
		FlowID: id, At: time.Now(), Source: l,
	}}}
}

// TestFromEventToView takes the time from a gateway's event to the alarm that
// pages show, with a real store, on a real clock.
func TestFromEventToView(t *testing.T) {
	s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "alarms.db"))
	const delay = 300 * time.Millisecond
	panels := New(Options{Store: s, Delays: Delays{On: delay}})
	defer panels.Close()
	m := monitor.New(monitor.Options{})
	defer m.Close()
	m.Attend(panels.Attend)
	g := &gateway{events: make(chan medialive.Event)}
	w := m.Watch(key, g, time.Time{})
	_, leave := w.Subscribe()
	defer leave()
	changed, cancel := panels.Of(key).Subscribe()
	defer cancel()
	g.events <- medialive.Event{Kind: medialive.EventFlow, FlowID: "1", Flow: &medialive.Flow{
		ID: "1", Name: "FEED-A", Status: medialive.Active, Sources: []medialive.Source{{Name: "src", Protocol: medialive.Listener}},
	}}
	g.events <- medialive.Event{Kind: medialive.EventReady}
	live := medialive.LegStatistics{State: medialive.LegConnected, Peer: "192.0.2.7:4000", Bitrate: 8e6}
	g.measure("1", live)
	await(t, changed, func() bool { return panels.Of(key).View().Watched })
	g.measure("1", live)
	panel := panels.Of(key)
	await(t, changed, func() bool {
		panel.mu.Lock()
		defer panel.mu.Unlock()
		return panel.board.subject("1").peers[""] != ""
	})
	g.measure("1", medialive.LegStatistics{State: medialive.LegWaiting, Lost: true, Since: time.Now(), Problem: "the sender went"})
	began := time.Now()
	await(t, changed, func() bool { return len(panel.View().Active) == 1 })
	took := time.Since(began)
	t.Logf("from event to view: %s more than its delay of %s", took-delay, delay)
	if took < delay || took > delay+time.Second {
		t.Errorf("took %s", took)
	}
	if a := panel.View().Active[0]; a.Kind != SourceLost || a.Peer != "192.0.2.7" || a.Detail != "the sender went" {
		t.Errorf("%+v", a)
	}
}

// await waits until a view shows what the test wants.
func await(t *testing.T, changed <-chan struct{}, is func() bool) {
	t.Helper()
	limit, again := time.After(10*time.Second), time.NewTicker(10*time.Millisecond)
	defer again.Stop()
	for !is() {
		select {
		case <-changed:
		case <-again.C:
		case <-limit:
			t.Fatal("it was not shown within 10 s")
		}
	}
}

// BenchmarkStep measures what a picture of 1,000 live flows costs of which ten
// changed since the last one.
func BenchmarkStep(b *testing.B) {
	for name, change := range map[string]int{"none changed": 0, "1% changed": 10, "all changed": 1000} {
		b.Run(name, func(b *testing.B) {
			d := newDesk(b, 1000)
			for i := range d.flows {
				d.set(i, func(f *monitor.Flow) {
					f.Statistics = &medialive.FlowStatistics{Source: medialive.LegStatistics{State: medialive.LegConnected, Peer: "192.0.2.1:4000", Bitrate: 8e6}}
				})
			}
			d.pass(time.Second)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				for range change {
					again := *d.flows[n%len(d.flows)]
					d.flows[n%len(d.flows)] = &again
					n++
				}
				d.now = d.now.Add(time.Millisecond)
				d.step()
			}
		})
	}
}

// BenchmarkStorm measures a picture in which 100 of 1,000 flows lost their
// source at once, from the end of the delay until all is written down.
func BenchmarkStorm(b *testing.B) {
	s := open(b, "sqlite:"+filepath.Join(b.TempDir(), "alarms.db"))
	for b.Loop() {
		b.StopTimer()
		d := newDesk(b, 1000)
		panels := New(Options{Store: s, Now: func() time.Time { return d.now }})
		panel := panels.Of(monitor.Key{Endpoint: "bench", ProjectID: newID()})
		look := func() { panel.look(b.Context(), d.picture()) }
		look()
		d.snap.Version++
		for i := range 100 {
			d.state(i, monitor.StateSourceLost)
		}
		look()
		d.now = d.now.Add(3 * time.Second)
		b.StartTimer()
		look()
		b.StopTimer()
		if n := len(panel.View().Active); n != 100 || len(panel.writes) != 0 {
			b.Fatalf("%d alarms, %d not written", n, len(panel.writes))
		}
		panels.Close()
		b.StartTimer()
	}
}

// TestLostWhileEdited: a source that is lost raises its alarm though somebody
// changes it again and again, whenever that falls between the reads of it: after
// each change its health is not told for a moment.
func TestLostWhileEdited(t *testing.T) {
	for late := time.Duration(0); late < 5*time.Second; late += 250 * time.Millisecond {
		t.Run(late.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { lostWhileEdited(t, late) })
		})
	}
}

func lostWhileEdited(t *testing.T, late time.Duration) {
	t.Helper()
	cloud := medialivetest.New()
	id := cloud.Add(running("FEED-A", "out"))
	w, panels := polling(t, cloud, open(t, "sqlite:"+filepath.Join(t.TempDir(), "alarms.db")))
	_, leave := w.Subscribe()
	defer leave()
	health := func(h medialive.Health) {
		cloud.Change(id, func(f *medialivetest.Flow) { f.Sources[0].Health = h })
	}
	edit := func(told medialive.Health) {
		health("")
		w.ReadSoon(id)
		pass(40 * time.Millisecond)
		health(told)
	}
	pass(30*time.Second + late)
	edit(medialive.Connected)
	pass(1500 * time.Millisecond)
	health(medialive.Disconnected)
	began := time.Now()
	for _, pause := range []time.Duration{3960 * time.Millisecond, 3740 * time.Millisecond} {
		pass(pause)
		edit(medialive.Disconnected)
	}
	for len(panels.Of(key).View().Active) == 0 && time.Since(began) < time.Minute {
		pass(100 * time.Millisecond)
	}
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("an alarm %v after the loss", took)
	}
}
