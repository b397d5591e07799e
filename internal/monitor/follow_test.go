package monitor_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// journal is a Journal that remembers what it is told.
type journal struct {
	past    map[string]monitor.Command
	settled chan monitor.Command
	care    map[string]monitor.Care
	labels  *monitor.Labels
	fails   atomic.Int64 // reads of care that fail
	notes
}

func (j *journal) Commands(context.Context, monitor.Key) (map[string]monitor.Command, error) {
	return j.past, nil
}

func (j *journal) Care(context.Context, monitor.Key) (map[string]monitor.Care, *monitor.Labels, error) {
	if j.fails.Add(-1) >= 0 {
		return nil, nil, errors.New("the store is busy")
	}
	return j.care, j.labels, nil
}

func (j *journal) Settled(_ context.Context, _ monitor.Key, _ string, c monitor.Command) {
	if j.settled != nil {
		j.settled <- c
	}
}

// gateway is a Reader that is a Flowdeck gateway: it tells what is put into
// events, until the stream is cut.
type gateway struct {
	events chan medialive.Event
	cut    chan struct{} // each value ends one stream

	mu      sync.Mutex
	begin   []medialive.Event // told at the beginning of each stream
	streams int
	refused int
	may     error // what a reader of little right is answered
	lists   int
	hangs   bool // refused callers are never answered

	mayChannels error // what a reader is answered who asks for channels
}

func newGateway(begin ...medialive.Event) *gateway {
	return &gateway{events: make(chan medialive.Event), cut: make(chan struct{}), begin: begin}
}

func (g *gateway) ListChannels(context.Context, medialive.ChannelKey, int, int) (medialive.ChannelPage, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return medialive.ChannelPage{}, g.mayChannels
}

func (g *gateway) ShowChannel(context.Context, medialive.ChannelKey) (medialive.Channel, error) {
	return medialive.Channel{}, &medialive.Error{Kind: medialive.KindNotFound}
}

func (g *gateway) Events(ctx context.Context, tell func(medialive.Event) error) error {
	g.mu.Lock()
	g.streams++
	begin, may := g.begin, g.may
	g.mu.Unlock()
	if may != nil {
		return may
	}
	for _, e := range begin {
		if err := tell(e); err != nil {
			return err
		}
	}
	for {
		select {
		case e := <-g.events:
			if err := tell(e); err != nil {
				return err
			}
		case <-g.cut:
			return &medialive.Error{Kind: medialive.KindUnavailable, Err: errors.New("cut")}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (g *gateway) Capabilities(context.Context) (medialive.Capabilities, error) {
	return medialive.Capabilities{Version: "1", NextPort: 20000}, nil
}

func (g *gateway) RefusedCallers(ctx context.Context, _ string) ([]medialive.RefusedCaller, error) {
	if g.hangs {
		<-ctx.Done()
		return nil, &medialive.Error{Kind: medialive.KindUnavailable, Err: ctx.Err()}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refused++
	return []medialive.RefusedCaller{{Address: "192.0.2.7", Count: g.refused}}, nil
}

func (g *gateway) ListFlows(context.Context, int, int) (medialive.FlowPage, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lists++
	if g.may != nil {
		return medialive.FlowPage{Total: 1, Flows: []medialive.FlowSummary{{ID: "1", Name: "n-1", Status: medialive.Standby}}}, nil
	}
	return medialive.FlowPage{}, errors.New("a gateway is not polled")
}

func (g *gateway) ShowFlow(context.Context, string) (medialive.Flow, error) {
	return medialive.Flow{}, errors.New("a gateway is not polled")
}

func (g *gateway) ShowOutput(context.Context, string, string) (medialive.Output, error) {
	return medialive.Output{}, errors.New("a gateway is not polled")
}

// told is the event by which a gateway tells of a flow.
func told(id string, s medialive.FlowStatus) medialive.Event {
	return medialive.Event{
		Kind: medialive.EventFlow, FlowID: id,
		Flow: &medialive.Flow{
			ID: id, Name: "n-" + id, Status: s,
			Sources: []medialive.Source{{Name: "src", Protocol: medialive.Listener, Health: medialive.Disconnected}},
			Outputs: []medialive.OutputRef{{Name: "out"}},
		},
		Outputs: []medialive.Output{{Name: "out", Protocol: medialive.Caller, Status: medialive.Enabled}},
	}
}

var ready = medialive.Event{Kind: medialive.EventReady}

// measuredNow is an event of statistics with source and output in these states.
func measuredNow(id string, source, output medialive.LegState) medialive.Event {
	return medialive.Event{Kind: medialive.EventStatistics, Statistics: []medialive.FlowStatistics{{
		FlowID: id, At: time.Now(),
		Source:  medialive.LegStatistics{Name: "src", State: source, Since: time.Now(), Bitrate: 8e6, RTT: 12},
		Outputs: []medialive.LegStatistics{{Name: "out", State: output, Since: time.Now()}},
	}}}
}

// tell sends an event each second for so long.
func (g *gateway) tell(d time.Duration, event func() medialive.Event) {
	for end := time.Now().Add(d); time.Now().Before(end); pass(time.Second) {
		g.events <- event()
	}
}

func beat() medialive.Event { return medialive.Event{Kind: medialive.EventBeat, At: time.Now()} }

func TestGatewayTellsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(told("1", medialive.Standby), told("2", medialive.Active), ready)
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(key, g, time.Time{})
		synctest.Wait()
		s := w.Snapshot()
		if !s.Complete || !s.Link.OK || len(s.Flows) != 2 || s.Capabilities == nil || s.Capabilities.NextPort != 20000 {
			t.Fatalf("after the beginning: %+v", s)
		}
		changed, cancel := w.Subscribe()
		defer cancel()
		g.events <- measuredNow("2", medialive.LegConnected, medialive.LegConnected)
		<-changed
		f, _ := w.Snapshot().Flow("2")
		if f.State != monitor.StateLive || f.Outputs[0].State != monitor.OutputOK || f.Outputs[0].Statistics == nil {
			t.Errorf("measured: %s, output %s", f.State, f.Outputs[0].State)
		}
		w.Commanded("1", monitor.Command{ID: "c", Verb: "start", At: time.Now(), Outcome: monitor.OutcomeDone})
		pass(time.Millisecond)
		g.events <- told("1", medialive.Active)
		synctest.Wait()
		if got := state(t, w, "1"); got != monitor.StateWaiting {
			t.Errorf("started: %s", got)
		}
		g.events <- medialive.Event{Kind: medialive.EventGone, FlowID: "1"}
		synctest.Wait()
		if _, ok := w.Snapshot().Flow("1"); ok {
			t.Error("a deleted flow is still there")
		}
	})
}

func TestSilentStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(told("1", medialive.Standby), told("2", medialive.Standby), ready)
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(key, g, time.Time{})
		g.tell(30*time.Second, beat)
		if got := state(t, w, "1"); got != monitor.StateStandby {
			t.Errorf("while it beats: %s", got)
		}
		if f, _ := w.Snapshot().Flow("1"); time.Since(f.SeenAt) > 12*time.Second || f.Aging {
			t.Errorf("while it beats: seen %s ago, aging %t", time.Since(f.SeenAt), f.Aging)
		}
		g.mu.Lock()
		g.begin = []medialive.Event{told("1", medialive.Standby)} // does not get as far as ready
		g.mu.Unlock()
		pass(2500 * time.Millisecond) // 3.5 s after the last beat
		if link := w.Snapshot().Link; link.OK {
			t.Error("silence for more than 3 s, and the link is said to be good")
		}
		g.mu.Lock()
		g.begin = []medialive.Event{told("1", medialive.Active), ready}
		g.mu.Unlock()
		g.cut <- struct{}{}
		g.tell(5*time.Second, beat)
		s := w.Snapshot()
		if _, ok := s.Flow("2"); ok || !s.Link.OK {
			t.Errorf("after the return: link %+v; the flow that was not told is there: %t", s.Link, ok)
		}
	})
}

func TestFlowsOfALostGatewayAreStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(told("1", medialive.Active), ready)
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(key, g, time.Time{})
		g.tell(5*time.Second, func() medialive.Event {
			return measuredNow("1", medialive.LegConnected, medialive.LegConnected)
		})
		if got := state(t, w, "1"); got != monitor.StateLive {
			t.Fatalf("while it tells: %s", got)
		}
		g.mu.Lock()
		g.begin = nil
		g.mu.Unlock()
		g.cut <- struct{}{}
		synctest.Wait()
		if w.Snapshot().Link.OK {
			t.Error("the stream broke, and the link is said to be good")
		}
		pass(6 * time.Second)
		f, _ := w.Snapshot().Flow("1")
		if f.State != monitor.StateStale || f.Outputs[0].State != monitor.OutputUnknown {
			t.Errorf("6 s later: %s, output %s", f.State, f.Outputs[0].State)
		}
	})
}

func TestStatisticsThatStopAreStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(told("1", medialive.Active), ready)
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(key, g, time.Time{})
		g.events <- measuredNow("1", medialive.LegConnected, medialive.LegConnected)
		g.tell(6*time.Second, beat) // the gateway lives, its relay does not
		if got := state(t, w, "1"); got != monitor.StateStale {
			t.Errorf("not measured for 6 s: %s", got)
		}
		if !w.Snapshot().Link.OK {
			t.Error("the gateway itself is there")
		}
	})
}

func TestReaderOfLittleRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		may := &medialive.Error{Kind: medialive.KindNotPermitted}
		m := monitor.New(monitor.Options{})
		defer m.Close()
		little := newGateway()
		little.may = may
		w := m.Watch(key, little, time.Time{})
		pass(4 * time.Second)
		if s := w.Snapshot(); !s.Link.OK || len(s.Flows) != 1 || little.lists == 0 {
			t.Errorf("who may only list gets the list: %+v", s.Link)
		}
		full := newGateway(told("1", medialive.Standby), told("2", medialive.Standby), ready)
		m.Watch(key, full, time.Time{})
		pass(time.Second)
		if s := w.Snapshot(); len(s.Flows) != 2 || s.Capabilities == nil {
			t.Errorf("who may follow does: %d flows", len(s.Flows))
		}
		before := little.streams
		m.Watch(key, little, time.Time{}) // the freshest, but it does not come before who may read all
		full.cut <- struct{}{}
		full.tell(5*time.Second, beat)
		if s := w.Snapshot(); !s.Link.OK || len(s.Flows) != 2 || little.streams != before {
			t.Errorf("after a break: link %+v, %d flows, %d streams", s.Link, len(s.Flows), little.streams)
		}
	})
}

func TestHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(told("1", medialive.Active), told("2", medialive.Standby), ready)
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(key, g, time.Time{})
		_, cancel := w.Subscribe()
		defer cancel()
		live := func() medialive.Event { return measuredNow("1", medialive.LegConnected, medialive.LegOff) }
		g.tell(20*time.Second, live)
		g.tell(10*time.Second, beat)
		g.tell(20*time.Second, live)
		samples := w.History("1")
		gaps := 0
		for i, s := range samples {
			if i > 0 && s.At.Sub(samples[i-1].At) != time.Second {
				t.Fatalf("samples %s apart", s.At.Sub(samples[i-1].At))
			}
			if s.Bitrate < 0 {
				gaps++
			} else if s.Bitrate != 8e6 || s.RTT != 12 {
				t.Fatalf("sample %+v", s)
			}
		}
		if len(samples) < 48 || gaps < 7 || gaps > 10 {
			t.Errorf("%d samples, %d gaps", len(samples), gaps)
		}
		if n := len(w.History("2")); n != 0 {
			t.Errorf("%d samples of a flow that was never measured", n)
		}
		g.tell(12*time.Minute, live)
		if n := len(w.History("1")); n != 600 {
			t.Errorf("%d samples kept, want those of ten minutes", n)
		}
	})
}

func TestRefusedCallersAreAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(told("1", medialive.Active), ready)
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(key, g, time.Time{})
		synctest.Wait()
		var work sync.WaitGroup
		for range 100 {
			work.Go(func() {
				if rows, err := w.RefusedCallers(t.Context(), "1"); err != nil || len(rows) != 1 {
					t.Errorf("%v, %v", rows, err)
				}
			})
		}
		work.Wait()
		if g.refused != 1 {
			t.Errorf("asked %d times", g.refused)
		}
		pass(2 * time.Second)
		if _, err := w.RefusedCallers(t.Context(), "1"); err != nil || g.refused != 2 {
			t.Errorf("after two seconds: asked %d times, %v", g.refused, err)
		}
	})
}

// TestWhoLooksWaitsNoLongerThanHeWould hangs the gateway while somebody asks
// with much patience: a page that has little is not held up by him.
func TestWhoLooksWaitsNoLongerThanHeWould(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(told("1", medialive.Active), ready)
		g.hangs = true
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(key, g, time.Time{})
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _, _ = w.RefusedCallers(ctx, "1") }() // ends with ctx
		synctest.Wait()
		began := time.Now()
		hurried, done := context.WithTimeout(t.Context(), time.Second)
		defer done()
		if _, err := w.RefusedCallers(hurried, "1"); medialive.KindOf(err) != medialive.KindUnavailable || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestRefusedCallersOfALostGateway lets the stream fall silent: nobody waits
// for a list that cannot come.
func TestRefusedCallersOfALostGateway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(told("1", medialive.Active), ready)
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(key, g, time.Time{})
		synctest.Wait()
		g.mu.Lock()
		g.may = &medialive.Error{Kind: medialive.KindUnavailable, Err: errors.New("gone")}
		g.mu.Unlock()
		pass(4 * time.Second)
		if w.Snapshot().Link.OK {
			t.Fatal("the link is well")
		}
		if _, err := w.RefusedCallers(t.Context(), "1"); err == nil || g.refused != 0 {
			t.Errorf("asked %d times, %v", g.refused, err)
		}
	})
}
