package monitor_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// gaps gives the mean time between two reads of one thing, over things of the
// flows, from a moment on.
func gaps(cloud *medialivetest.Cloud, op string, from time.Time, ids ...string) (mean time.Duration, n int) {
	of := make(map[string]bool)
	for _, id := range ids {
		of[id] = true
	}
	last := make(map[string]time.Time)
	var sum time.Duration
	for _, r := range cloud.Requests() {
		if r.Op != op || !of[r.FlowID] || r.At.Before(from) {
			continue
		}
		output := r.FlowID + "/" + r.Output
		if before, ok := last[output]; ok {
			sum += r.At.Sub(before)
			n++
		}
		last[output] = r.At
	}
	return sum / time.Duration(max(n, 1)), n
}

// listGap is the mean time between two reads of the first page.
func listGap(cloud *medialivetest.Cloud, from time.Time) time.Duration {
	var pages int
	var first, last time.Time
	for _, r := range cloud.Requests() {
		if r.Op == "ListFlows" && !r.At.Before(from) {
			if first.IsZero() {
				first = r.At
			}
			last = r.At
			pages++
		}
	}
	sweeps := float64(pages) / float64((len(cloud.IDs())+99)/100)
	return time.Duration(float64(last.Sub(first)) / sweeps)
}

// near tells whether a figure is within a fifth of what was said of it.
func near(seen, said time.Duration) bool {
	return (seen - said).Abs() <= said/5+500*time.Millisecond
}

// TestF4PaceIsTrue compares what a snapshot says of its pace with what the
// service saw, with and without flows on screens.
func TestF4PaceIsTrue(t *testing.T) {
	for _, c := range []struct {
		flows, onScreen int
		wait, span      time.Duration
	}{
		{5, 0, time.Minute, 2 * time.Minute},
		{100, 0, 3 * time.Minute, 6 * time.Minute},
		{100, 10, 6 * time.Minute, 20 * time.Minute},
		{1000, 20, time.Minute, 24 * time.Minute},
	} {
		if c.flows == 1000 && testing.Short() {
			c.flows, c.span = 300, 8*time.Minute
		}
		t.Run(fmt.Sprintf("%d flows, %d on screen", c.flows, c.onScreen), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := medialivetest.New()
				ids := project(cloud, c.flows, 0, 6)
				w := watch(t, cloud)
				_, cancel := w.Subscribe()
				defer cancel()
				look := func(d time.Duration) {
					for end := time.Now().Add(d); time.Now().Before(end); pass(10 * time.Second) {
						w.LookAll(ids[:c.onScreen])
					}
				}
				look(c.wait)
				from := time.Now()
				look(c.span)
				said := w.Peek().Pace
				hot, n := gaps(cloud, "ShowOutputInfo", from, ids[c.onScreen:]...)
				source, _ := gaps(cloud, "ShowFlowDetail", from, ids[c.onScreen:]...)
				list := listGap(cloud, from)
				rate := float64(len(cloud.Requests())) / (c.wait + c.span).Seconds()
				if said.Hot < c.span/2 && (n == 0 || !near(hot, said.Hot)) || !near(source, said.Source) || !near(list, said.List) || rate > 10.05 {
					t.Errorf("outputs every %s, sources every %s, list every %s, %.1f calls a second; said %+v", hot, source, list, rate, said)
				}
				if c.flows == 100 {
					evidence(t, "F4", fmt.Sprintf("%d active flows of 6 outputs at 10 calls/s, %d on screen: an output is read every", c.flows, c.onScreen),
						hot.Round(time.Second), fmt.Sprintf("%s as the page says, ± 20 %%", said.Hot))
				}
				what := fmt.Sprintf("%d active flows of 6 outputs at 10 calls/s, %d on screen", c.flows, c.onScreen)
				t.Logf("%s: outputs every %s (said %s), sources every %s (said %s), list every %s (said %s), %.2f calls/s", what, hot.Round(100*time.Millisecond), said.Hot, source.Round(100*time.Millisecond), said.Source, list.Round(10*time.Millisecond), said.List, rate)
				if c.onScreen > 0 {
					screen, _ := gaps(cloud, "ShowOutputInfo", from, ids[:c.onScreen]...)
					if !near(screen, said.Screen) {
						t.Errorf("on screen every %s, said %s", screen, said.Screen)
					}
					t.Logf("%s: those on screen every %s (said %s)", what, screen.Round(100*time.Millisecond), said.Screen)
				}
				stale := 0
				for _, f := range w.Peek().Flows {
					if f.State == monitor.StateStale || f.Aging {
						stale++
					}
				}
				if stale > 0 {
					t.Errorf("%d flows are called old though the pace is kept", stale)
				}
			})
		})
	}
}

// TestEachFactAges stops one kind of read at a time: two missed reads make its
// fact grey, four take it away.
func TestEachFactAges(t *testing.T) {
	for _, c := range []struct {
		op     string
		period time.Duration
		aging  func(*monitor.Flow) bool
		gone   func(*monitor.Flow) bool
	}{
		{
			"ListFlows", 2 * time.Second,
			func(f *monitor.Flow) bool { return f.Aging && f.Ages == monitor.Ages{Status: monitor.Old} },
			func(f *monitor.Flow) bool { return f.State == monitor.StateStale && f.Ages.Status == monitor.Gone },
		},
		{
			"ShowFlowDetail", 5 * time.Second,
			func(f *monitor.Flow) bool {
				return f.Aging && f.Ages == monitor.Ages{Source: monitor.Old, Media: monitor.Old}
			},
			func(f *monitor.Flow) bool {
				return f.State == monitor.StateStale && f.Ages == monitor.Ages{Source: monitor.Gone, Media: monitor.Gone}
			},
		},
		{
			"ShowOutputInfo", 5 * time.Second,
			func(f *monitor.Flow) bool {
				return f.Outputs[1].Aging && f.Outputs[1].Read == monitor.Old && f.Ages == monitor.Ages{}
			},
			func(f *monitor.Flow) bool {
				return f.Outputs[1].State == monitor.OutputUnknown && f.Outputs[1].Read == monitor.Gone && f.State == monitor.StateLive
			},
		},
	} {
		t.Run(c.op, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := medialivetest.New()
				status := medialive.Active
				if c.op == "ListFlows" {
					status = medialive.Standby // else its details would tell the status
				}
				id := cloud.Add(flow("f", status, medialive.Connected, "one", "two"))
				w := watch(t, cloud)
				_, cancel := w.Subscribe()
				defer cancel()
				pass(20 * time.Second)
				cloud.Inject(c.op, 0, medialivetest.Status(400, "LIVE.999", "no"))
				is := func(what func(*monitor.Flow) bool) func() bool {
					return func() bool { f, _ := w.Peek().Flow(id); return what(f) }
				}
				aging := until(t, "grey", 3*c.period+2*time.Second, is(c.aging))
				gone := aging + until(t, "gone", 3*c.period+2*time.Second, is(c.gone))
				if aging < c.period || gone < 3*c.period {
					t.Errorf("grey after %s, gone after %s, read every %s", aging, gone, c.period)
				}
				t.Logf("%s read every %s: grey %s after it failed, gone after %s", c.op, c.period, aging, gone)
				cloud.LiftAll()
				until(t, "true again", 8*time.Second, is(func(f *monitor.Flow) bool {
					return asCommanded(f) && !f.Outputs[1].Aging
				}))
			})
		})
	}
}

// TestStreamFactsAge lets a gateway's measurements stop while its stream goes
// on, and then the stream itself.
func TestStreamFactsAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGateway(told("1", medialive.Active), ready)
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(key, g, time.Time{})
		_, cancel := w.Subscribe()
		defer cancel()
		g.tell(10*time.Second, func() medialive.Event { return measuredNow("1", medialive.LegConnected, medialive.LegConnected) })
		f, _ := w.Peek().Flow("1")
		if f.State != monitor.StateLive || f.Aging {
			t.Fatalf("%s, aging %t", f.State, f.Aging)
		}
		g.tell(2*time.Second, beat)
		if f, _ := w.Peek().Flow("1"); !f.Aging {
			t.Error("not grey after two missed measurements")
		}
		g.tell(3*time.Second, beat)
		if f, _ := w.Peek().Flow("1"); f.State != monitor.StateStale || f.Outputs[0].State != monitor.OutputUnknown {
			t.Errorf("after four missed measurements: %s, output %s", f.State, f.Outputs[0].State)
		}
		g.tell(2*time.Second, func() medialive.Event { return measuredNow("1", medialive.LegConnected, medialive.LegConnected) })
		if got := state(t, w, "1"); got != monitor.StateLive {
			t.Errorf("measured again: %s", got)
		}
	})
}

// TestF1RestartsAreSpread takes a service away from many projects at once, and
// sees when they come back.
func TestF1RestartsAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		project(cloud, 2, 2, 1)
		m := monitor.New(monitor.Options{})
		defer m.Close()
		const projects = 50
		for i := range projects {
			k := monitor.Key{Endpoint: medialivetest.Endpoint, ProjectID: fmt.Sprint(i)}
			_, cancel := m.Watch(k, client(t, cloud, "token"), time.Time{}).Subscribe()
			defer cancel()
		}
		pass(30 * time.Second)
		lift := cloud.Inject("", 0, medialivetest.Down())
		pass(time.Minute)
		lift()
		from, back := time.Now(), time.Now()
		pass(5 * time.Second)
		came := make(map[time.Duration]int)
		most, total := 0, 0
		for _, r := range cloud.Requests() {
			if r.Op == "ListFlows" && r.At.After(from) {
				slot := r.At.Sub(back).Truncate(250 * time.Millisecond)
				came[slot]++
				total++
				most = max(most, came[slot])
			}
		}
		if total < projects || most > projects/2 {
			t.Errorf("%d of %d lists were read within a quarter second", most, total)
		}
		t.Logf("evidence: F1 | %d projects after an outage: lists read in the busiest quarter second | %d | ≤ half of them", projects, most)
	})
}

// TestOutputsAreReadAtFirst waits for the first read of each output, and of one
// that was added elsewhere later, which does not wait for its flow's next turn.
func TestOutputsAreReadAtFirst(t *testing.T) {
	read := func(w *monitor.Watcher, ids ...string) func() bool {
		return func() bool {
			for _, id := range ids {
				f, ok := w.Peek().Flow(id)
				if !ok || len(f.Outputs) == 0 {
					return false
				}
				for _, o := range f.Outputs {
					if o.Config == nil {
						return false
					}
				}
			}
			return true
		}
	}
	for _, c := range []struct {
		active, standby, outputs int
		first, added             time.Duration
	}{
		{4, 0, 3, 4 * time.Second, 7 * time.Second},
		{0, 4, 3, 4 * time.Second, 75 * time.Second},
		{100, 0, 6, 3 * time.Minute, 40 * time.Second},
	} {
		t.Run(fmt.Sprintf("%d active, %d in standby", c.active, c.standby), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := medialivetest.New()
				ids := project(cloud, c.active, c.standby, c.outputs)
				w := watch(t, cloud)
				_, cancel := w.Subscribe()
				defer cancel()
				first := until(t, "all outputs", c.first, read(w, ids...))
				cloud.Change(ids[1], func(f *medialivetest.Flow) {
					f.Outputs = append(f.Outputs, medialive.Output{Name: "new", Protocol: medialive.Caller, Status: medialive.Enabled})
				})
				until(t, "the new output is named", c.added, func() bool {
					f, _ := w.Peek().Flow(ids[1])
					return len(f.Outputs) == c.outputs+1
				})
				added := until(t, "the new output is read", 8*time.Second, read(w, ids[1]))
				t.Logf("all outputs read after %s, a new one %s after it was named", first, added)
			})
		})
	}
}

// TestWokenWatcherIsOld lets a watcher sleep for hours while the service goes
// away. The first look at it must not find the flows as they were.
func TestWokenWatcherIsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		active := cloud.Add(flow("a", medialive.Active, medialive.Connected, "one"))
		standby := cloud.Add(flow("b", medialive.Standby, medialive.Disconnected, "one"))
		m := monitor.New(monitor.Options{})
		defer m.Close()
		reader := client(t, cloud, "token")
		w := m.Watch(key, reader, time.Time{})
		_, cancel := w.Subscribe()
		pass(20 * time.Second)
		if got := state(t, w, active); got != monitor.StateLive {
			t.Fatalf("before: %s", got)
		}
		cancel()
		until(t, "asleep", 5*time.Minute, func() bool { return !w.Awake() })
		cloud.Inject("", 0, medialivetest.Down())
		pass(3 * time.Hour)
		s := m.Watch(key, reader, time.Time{}).Snapshot()
		for _, id := range []string{active, standby} {
			f, ok := s.Flow(id)
			if !ok || f.State != monitor.StateStale || f.Ages.Status != monitor.Gone || f.Outputs[0].State != monitor.OutputUnknown {
				t.Errorf("the first look finds %s with ages %+v, its output %s", f.State, f.Ages, f.Outputs[0].State)
			}
		}
	})
}

// TestPauseIsToldSteadily refuses all calls again and again with a pause: what is
// told of it does not come and go between two of them.
func TestPauseIsToldSteadily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		project(cloud, 5, 0, 2)
		w := watch(t, cloud)
		changed, cancel := w.Subscribe()
		defer cancel()
		pass(20 * time.Second)
		lift := cloud.Inject("", 0, medialivetest.Throttle("10"))
		until(t, "paused", 5*time.Second, func() bool { return !w.Peek().Pace.Paused.IsZero() })
		pauses := map[time.Time]bool{}
		for end := time.Now().Add(time.Minute); time.Now().Before(end); {
			select {
			case <-changed:
			case <-time.After(100 * time.Millisecond):
			}
			paused := w.Peek().Pace.Paused
			if paused.IsZero() {
				t.Fatal("a pause is told no longer, though no call got through")
			}
			pauses[paused] = true
		}
		if len(pauses) < 3 {
			t.Errorf("%d pauses in a minute", len(pauses))
		}
		lift()
		until(t, "told no longer", 15*time.Second, func() bool { return w.Peek().Pace.Paused.IsZero() })
	})
}
