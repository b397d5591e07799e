package monitor_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// brittle is a reader that panics in the calls that breaks names.
type brittle struct {
	monitor.Reader
	breaks atomic.Pointer[string] // a call, or a call and a flow's id
}

func (b *brittle) fault(call string) {
	if now := b.breaks.Load(); now != nil && *now == call {
		panic("injected into " + call)
	}
}

func (b *brittle) become(call string) { b.breaks.Store(&call) }

func (b *brittle) ListFlows(ctx context.Context, limit, offset int) (medialive.FlowPage, error) {
	b.fault("list")
	return b.Reader.ListFlows(ctx, limit, offset)
}

func (b *brittle) ShowFlow(ctx context.Context, id string) (medialive.Flow, error) {
	b.fault("show " + id)
	return b.Reader.ShowFlow(ctx, id)
}

func (b *brittle) Capabilities(ctx context.Context) (medialive.Capabilities, error) {
	b.fault("capabilities")
	return b.Reader.Capabilities(ctx)
}

func (b *brittle) Events(ctx context.Context, each func(medialive.Event) error) error {
	return b.Reader.Events(ctx, func(e medialive.Event) error {
		b.fault("event")
		return each(e)
	})
}

// TestF27PanicInPoll breaks the reading of a list for a minute. Another project
// is watched by the same monitor meanwhile.
func TestF27PanicInPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, other := medialivetest.New(), medialivetest.New()
		project(cloud, 5, 2, 1)
		project(other, 5, 2, 1)
		var panics atomic.Int32
		m := monitor.New(monitor.Options{Panicked: func(string) { panics.Add(1) }})
		defer m.Close()
		r := &brittle{Reader: client(t, cloud, "token")}
		w := m.Watch(key, r, time.Time{})
		beside := m.Watch(monitor.Key{Endpoint: "other", ProjectID: "p"}, client(t, other, "token"), time.Time{})
		for _, one := range []*monitor.Watcher{w, beside} {
			until(t, "all read", time.Minute, func() bool { return all(one.Snapshot(), asCommanded) })
		}
		r.become("list")
		broken := time.Now()
		old := func(f *monitor.Flow) bool { return grey(f) || f.StatusAt.After(broken) }
		stale := until(t, "values shown as old", 10*time.Second, func() bool { return !w.Snapshot().Link.OK && all(w.Snapshot(), grey) })
		for end := time.Now().Add(time.Minute); time.Now().Before(end); pass(100 * time.Millisecond) {
			if s := w.Snapshot(); s.Link.OK || !all(s, old) {
				t.Fatal("values are shown as fresh that nobody reads")
			}
			if !all(beside.Snapshot(), asCommanded) || !beside.Snapshot().Link.OK {
				t.Fatal("another project suffers")
			}
		}
		inAMinute := panics.Load()
		if inAMinute < 5 || inAMinute > 40 {
			t.Errorf("%d panics in a minute: no growing pause", inAMinute)
		}
		r.become("nothing")
		back := until(t, "all back", 30*time.Second, func() bool { return all(w.Snapshot(), asCommanded) && w.Snapshot().Link.OK })
		evidence(t, "F27", "the list panics for a minute: process exits, shown as old after, panics, back after", fmt.Sprintf("0, %v, %d, %v", stale, inAMinute, back), "0, ≤5 s, few, ≤10 s")
	})
}

// TestF27PanicInDetail breaks the reading of one flow: the others live on, and
// what it does not know of that one turns old.
func TestF27PanicInDetail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		ids := project(cloud, 5, 0, 1)
		m := monitor.New(monitor.Options{})
		defer m.Close()
		r := &brittle{Reader: client(t, cloud, "token")}
		w := m.Watch(key, r, time.Time{})
		until(t, "all read", time.Minute, func() bool { return all(w.Snapshot(), asCommanded) })
		r.become("show " + ids[0])
		stale := until(t, "the flow to turn old", time.Minute, func() bool {
			f, _ := w.Snapshot().Flow(ids[0])
			return grey(f)
		})
		for range 600 {
			pass(100 * time.Millisecond)
			for _, f := range w.Snapshot().Flows {
				if f.ID == ids[0] && !grey(f) || f.ID != ids[0] && !asCommanded(f) {
					t.Fatalf("%s is %s, aging %t", f.Name, f.State, f.Aging)
				}
			}
		}
		r.become("nothing")
		back := until(t, "the flow back", time.Minute, func() bool { return all(w.Snapshot(), asCommanded) })
		evidence(t, "F27", "reading one flow of 5 panics: others not live, it is old after, back after", fmt.Sprintf("0, %v, %v", stale, back), "0, ≤15 s, ≤15 s")
	})
}

// TestF27PanicInStream breaks a gateway's reader where it hears an event, and
// where it asks what the gateway can.
func TestF27PanicInStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(told("1", medialive.Standby), ready)
		var panics atomic.Int32
		m := monitor.New(monitor.Options{Panicked: func(string) { panics.Add(1) }})
		defer m.Close()
		r := &brittle{Reader: g}
		w := m.Watch(key, r, time.Time{})
		pass(time.Second)
		if state(t, w, "1") != monitor.StateStandby {
			t.Fatal(state(t, w, "1"))
		}
		r.become("event")
		g.events <- beat()
		synctest.Wait()
		if s := w.Snapshot(); s.Link.OK || !all(s, grey) {
			t.Error("values are shown as fresh that nobody tells")
		}
		r.become("capabilities")
		pass(20 * time.Second)
		if s := w.Snapshot(); s.Link.OK || !all(s, grey) || !w.Awake() {
			t.Error("values are shown as fresh after 20 s")
		}
		r.become("nothing")
		back := until(t, "the stream back", 20*time.Second, func() bool { return w.Snapshot().Link.OK && !all(w.Snapshot(), grey) })
		evidence(t, "F27", "an event stream panics for 20 s: process exits, panics, back after", fmt.Sprintf("0, %d, %v", panics.Load(), back), "0, few, ≤15 s")
	})
}

// pastBreaks is a journal that panics at first.
type pastBreaks struct {
	journal
	times atomic.Int32
}

func (p *pastBreaks) Commands(context.Context, monitor.Key) (map[string]monitor.Command, error) {
	if p.times.Add(1) <= 3 {
		panic("injected into the journal")
	}
	return map[string]monitor.Command{"1": {ID: "c", Verb: "stop", Actor: "op-1"}}, nil
}

// TestF27PanicInJournal: flows are watched though the past cannot be read, and
// it is shown once it can be.
func TestF27PanicInJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := monitor.New(monitor.Options{})
		defer m.Close()
		m.Keep(&pastBreaks{})
		w := m.Watch(key, newGateway(told("1", medialive.Standby), ready), time.Time{})
		pass(500 * time.Millisecond)
		if state(t, w, "1") != monitor.StateStandby {
			t.Fatal(state(t, w, "1"))
		}
		took := until(t, "the past command", time.Minute, func() bool {
			f, _ := w.Snapshot().Flow("1")
			return f.Command != nil && f.Command.Actor == "op-1"
		})
		evidence(t, "F27", "the journal panics 3 times: process exits, past commands shown after", fmt.Sprintf("0, %v", took), "0, ≤15 s")
	})
}
