package monitor_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

var key = monitor.Key{Endpoint: medialivetest.Endpoint, ProjectID: medialivetest.Project}

// watch begins to watch a fake cloud; it ends with the test.
func watch(t *testing.T, cloud *medialivetest.Cloud) *monitor.Watcher {
	t.Helper()
	m := monitor.New(monitor.Options{})
	t.Cleanup(m.Close)
	return m.Watch(key, client(t, cloud, "token"), time.Time{})
}

func client(t *testing.T, cloud *medialivetest.Cloud, token medialive.Secret) *medialive.Client {
	t.Helper()
	c, err := cloud.Client(token)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// flow is a flow of the fake with a source and outputs of that health.
func flow(name string, s medialive.FlowStatus, h medialive.Health, outputs ...string) medialivetest.Flow {
	f := medialivetest.Flow{Flow: medialive.Flow{
		Name: name, Region: "local", Status: s,
		Sources: []medialive.Source{{Name: "src", Protocol: medialive.Listener, Address: "127.0.0.1", Port: 20000, Health: h}},
	}}
	for _, o := range outputs {
		f.Outputs = append(f.Outputs, medialive.Output{
			Name: o, Protocol: medialive.Caller, Destination: "192.0.2.1", Port: 5000, Status: medialive.Enabled, Health: h,
		})
	}
	return f
}

// pass lets time go by on the fake clock.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func state(t *testing.T, w *monitor.Watcher, id string) monitor.State {
	t.Helper()
	f, ok := w.Snapshot().Flow(id)
	if !ok {
		t.Fatalf("flow %s is not in the snapshot", id)
	}
	return f.State
}

func TestCloudStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		standby := cloud.Add(flow("standby", medialive.Standby, medialive.Disconnected))
		id := cloud.Add(flow("active", medialive.Active, medialive.Disconnected, "one", "two"))
		w := watch(t, cloud)
		if s := w.Snapshot(); s.Complete || s.Link.OK || s.Link.Kind != "" {
			t.Errorf("before the first read: complete %t, link %+v", s.Complete, s.Link)
		}
		pass(3 * time.Second)
		if s := w.Snapshot(); !s.Complete || !s.Link.OK || len(s.Flows) != 2 || s.Capabilities != nil {
			t.Fatalf("after the first sweep: complete %t, link %+v, %d flows", s.Complete, s.Link, len(s.Flows))
		}
		steps := []struct {
			name   string
			status medialive.FlowStatus
			health medialive.Health
			after  time.Duration
			want   monitor.State
		}{
			{"nobody there", medialive.Active, medialive.Disconnected, 7 * time.Second, monitor.StateWaiting},
			{"media comes", medialive.Active, medialive.Connected, 7 * time.Second, monitor.StateLive},
			{"media stops", medialive.Active, medialive.Disconnected, 7 * time.Second, monitor.StateSourceLost},
			{"stopped elsewhere", medialive.Standby, medialive.Disconnected, 4 * time.Second, monitor.StateStandby},
			{"started elsewhere, no media in this start", medialive.Active, medialive.Disconnected, 7 * time.Second, monitor.StateWaiting},
			{"a status nobody knows", "PAUSED", medialive.Disconnected, 4 * time.Second, monitor.StateUnknown},
		}
		for _, step := range steps {
			cloud.Change(id, func(f *medialivetest.Flow) {
				f.Status = step.status
				f.Sources[0].Health = step.health
				for i := range f.Outputs {
					f.Outputs[i].Health = step.health
				}
			})
			pass(step.after)
			if got := state(t, w, id); got != step.want {
				t.Errorf("%s: %s, want %s", step.name, got, step.want)
			}
		}
		if got := state(t, w, standby); got != monitor.StateStandby {
			t.Errorf("the other flow: %s", got)
		}
	})
}

func TestFactsAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		var down atomic.Bool
		cloud.Before = func(w http.ResponseWriter, _ medialivetest.Call) bool {
			if down.Load() {
				medialivetest.Refuse(w, http.StatusServiceUnavailable, "LIVE.1", "maintenance")
			}
			return down.Load()
		}
		id := cloud.Add(flow("active", medialive.Active, medialive.Connected))
		w := watch(t, cloud)
		pass(5 * time.Second)
		down.Store(true)
		pass(7 * time.Second)
		s := w.Snapshot()
		if f, _ := s.Flow(id); s.Link.OK || s.Link.Kind != medialive.KindUnavailable || s.Link.Reason != "maintenance" || !f.Aging {
			t.Errorf("after 7 s without an answer: link %+v, aging %t", s.Link, f.Aging)
		}
		pass(20 * time.Second)
		if got := state(t, w, id); got != monitor.StateStale {
			t.Errorf("after 27 s: %s", got)
		}
		before := len(cloud.Calls(""))
		pass(time.Minute)
		if n := len(cloud.Calls("")) - before; n > 60 || n < 10 {
			t.Errorf("%d calls in a minute of failure; want a probe now and then", n)
		}
		down.Store(false)
		pass(5 * time.Second)
		if got := state(t, w, id); got != monitor.StateLive {
			t.Errorf("5 s after the service is back: %s", got)
		}
	})
}

func TestViewersCauseNoCalls(t *testing.T) {
	calls := func(viewers int) (n int) {
		synctest.Test(t, func(t *testing.T) {
			cloud := medialivetest.New()
			for i := range 20 {
				cloud.Add(flow("f"+strconv.Itoa(i), medialive.Active, medialive.Connected, "a", "b"))
			}
			w := watch(t, cloud)
			for range viewers {
				changed, cancel := w.Subscribe()
				defer cancel()
				done := make(chan struct{})
				defer close(done)
				go func() {
					for {
						select {
						case <-changed:
							w.Snapshot()
							w.History("f1")
							w.Look("flow-0001")
						case <-done:
							return
						}
					}
				}()
			}
			pass(time.Minute)
			n = len(cloud.Calls(""))
		})
		return n
	}
	one, many := calls(1), calls(500)
	// The pauses between two sweeps are drawn at random, within a tenth.
	if diff := max(one, many) - min(one, many); one < 100 || diff > one/20 {
		t.Errorf("%d calls a minute with one viewer, %d with 500", one, many)
	}
	if budget := 10*60 + 10; one > budget {
		t.Errorf("%d calls a minute, budget %d", one, budget)
	}
}

func TestCommandIsConfirmedOnlyByALaterRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		id := cloud.Add(flow("f", medialive.Standby, medialive.Disconnected))
		w := watch(t, cloud)
		pass(4 * time.Second)
		w.Commanded(id, monitor.Command{ID: "1", Verb: "start", Actor: "op", At: time.Now()})
		if got := state(t, w, id); got != monitor.StateStarting {
			t.Fatalf("commanded: %s", got)
		}
		w.Commanded(id, monitor.Command{ID: "1", Verb: "start", Actor: "op", At: time.Now(), Outcome: monitor.OutcomeDone})
		pass(10 * time.Second) // the service is slow to do it
		if got := state(t, w, id); got != monitor.StateStarting {
			t.Errorf("answered, but still read as STANDBY: %s", got)
		}
		cloud.Change(id, func(f *medialivetest.Flow) { f.Status = medialive.Active })
		w.ReadSoon(id)
		pass(time.Second)
		if got := state(t, w, id); got != monitor.StateWaiting {
			t.Errorf("read as ACTIVE after the command: %s", got)
		}
	})
}

func TestUnknownOutcomeIsSettledByReading(t *testing.T) {
	for _, c := range []struct {
		name string
		done bool
		want monitor.Outcome
	}{
		{"it was done", true, monitor.OutcomeDone},
		{"it was not", false, monitor.OutcomeNotDone},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := medialivetest.New()
				id := cloud.Add(flow("f", medialive.Standby, medialive.Disconnected))
				kept := &journal{settled: make(chan monitor.Command, 1)}
				m := monitor.New(monitor.Options{})
				defer m.Close()
				m.Keep(kept)
				w := m.Watch(key, client(t, cloud, "token"), time.Time{})
				pass(4 * time.Second)
				w.Commanded(id, monitor.Command{ID: "1", Verb: "start", At: time.Now(), Outcome: monitor.OutcomeUnknown})
				if got := state(t, w, id); got != monitor.StateUnknown {
					t.Errorf("no answer: %s", got)
				}
				if c.done {
					cloud.Change(id, func(f *medialivetest.Flow) { f.Status = medialive.Active })
				}
				pass(35 * time.Second)
				f, _ := w.Snapshot().Flow(id)
				if f.Command.Outcome != c.want || f.Command.Settled.IsZero() {
					t.Errorf("outcome %q, settled %s; want %q", f.Command.Outcome, f.Command.Settled, c.want)
				}
				if got := <-kept.settled; got.ID != "1" || got.Outcome != c.want {
					t.Errorf("the journal was told %+v", got)
				}
			})
		})
	}
}

func TestPastCommandsAreShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		id := cloud.Add(flow("f", medialive.Active, medialive.Connected))
		m := monitor.New(monitor.Options{})
		defer m.Close()
		m.Keep(&journal{past: map[string]monitor.Command{
			id: {ID: "1", Verb: "start", Actor: "op-2", At: time.Now().Add(-time.Hour), Outcome: monitor.OutcomeDone},
		}})
		w := m.Watch(key, client(t, cloud, "token"), time.Time{})
		pass(5 * time.Second)
		f, _ := w.Snapshot().Flow(id)
		if f.Command == nil || f.Command.Actor != "op-2" || f.State != monitor.StateLive {
			t.Errorf("command %+v, state %s", f.Command, f.State)
		}
	})
}

func TestAnotherReaderTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		var ended atomic.Pointer[string]
		cloud.Before = func(w http.ResponseWriter, c medialivetest.Call) bool {
			if e := ended.Load(); e != nil && *e == c.Token {
				medialivetest.Refuse(w, http.StatusUnauthorized, "APIG.0301", "token expires")
				return true
			}
			return false
		}
		cloud.Add(flow("f", medialive.Standby, medialive.Disconnected))
		m := monitor.New(monitor.Options{})
		defer m.Close()
		first := client(t, cloud, "first")
		w := m.Watch(key, first, time.Time{})
		_, cancel := w.Subscribe()
		defer cancel()
		pass(3 * time.Second)
		token := "first"
		ended.Store(&token)
		pass(5 * time.Second)
		if link := w.Snapshot().Link; link.OK || link.Kind != medialive.KindNotSignedIn {
			t.Errorf("the only token ended: link %+v", link)
		}
		before := len(cloud.Calls(""))
		m.Watch(key, first, time.Time{}) // is not taken again
		pass(time.Minute)
		if n := len(cloud.Calls("")) - before; n > 1 {
			t.Errorf("%d calls with a token that is not let in", n)
		}
		m.Watch(key, client(t, cloud, "second"), time.Time{})
		pass(3 * time.Second)
		if link := w.Snapshot().Link; !link.OK {
			t.Errorf("with a fresh token: link %+v", link)
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		var throttled atomic.Bool
		cloud.Before = func(w http.ResponseWriter, _ medialivetest.Call) bool {
			if throttled.Load() {
				w.Header().Set("Retry-After", "30")
				medialivetest.Refuse(w, http.StatusTooManyRequests, "APIG.0308", "slow down")
			}
			return throttled.Load()
		}
		cloud.Add(flow("f", medialive.Active, medialive.Connected, "o"))
		w := watch(t, cloud)
		pass(6 * time.Second)
		throttled.Store(true)
		pass(6 * time.Second)
		if link := w.Snapshot().Link; link.Kind != medialive.KindThrottled {
			t.Errorf("link %+v", link)
		}
		before := len(cloud.Calls(""))
		pass(20 * time.Second)
		if n := len(cloud.Calls("")) - before; n != 0 {
			t.Errorf("%d calls within the time the service asked for", n)
		}
	})
}

func TestSlowProjectDelaysNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, quick := medialivetest.New(), medialivetest.New()
		slow.Before = func(http.ResponseWriter, medialivetest.Call) bool {
			<-time.After(time.Hour)
			return false
		}
		quick.Add(flow("f", medialive.Active, medialive.Connected))
		m := monitor.New(monitor.Options{})
		m.Watch(monitor.Key{Endpoint: "slow"}, client(t, slow, "token"), time.Time{})
		w := m.Watch(key, client(t, quick, "token"), time.Time{})
		pass(5 * time.Second)
		if s := w.Snapshot(); !s.Complete || s.Flows[0].State != monitor.StateLive {
			t.Errorf("complete %t", s.Complete)
		}
		m.Close()
	})
}

func TestWatcherStopsAndRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		cloud.Add(flow("f", medialive.Standby, medialive.Disconnected))
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(key, client(t, cloud, "token"), time.Time{})
		_, cancel := w.Subscribe()
		before := len(cloud.Calls(""))
		pass(10 * time.Minute)
		if len(cloud.Calls("")) == before {
			t.Error("stopped while somebody is subscribed")
		}
		cancel()
		pass(2*time.Minute + 2*time.Second)
		before = len(cloud.Calls(""))
		pass(10 * time.Minute)
		if n := len(cloud.Calls("")) - before; n != 0 {
			t.Errorf("%d calls after nobody looked for two minutes", n)
		}
		if again := m.Watch(key, client(t, cloud, "token"), time.Time{}); again != w {
			t.Error("another watcher for the same key")
		}
		pass(3 * time.Second)
		if len(cloud.Calls("")) == before || !w.Snapshot().Link.OK {
			t.Error("not restarted on demand")
		}
	})
}

func TestVersionGrowsOnlyWithAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		id := cloud.Add(flow("a", medialive.Standby, medialive.Disconnected))
		cloud.Add(flow("b", medialive.Standby, medialive.Disconnected))
		w := watch(t, cloud)
		pass(5 * time.Second)
		before := w.Snapshot()
		w.Commanded(id, monitor.Command{ID: "1", Verb: "start", At: time.Now()})
		after := w.Snapshot()
		if after.Version != before.Version+1 || after == before {
			t.Errorf("version %d after %d", after.Version, before.Version)
		}
		if after.Flows[0] == before.Flows[0] || after.Flows[1] != before.Flows[1] {
			t.Error("the changed flow must be another one, and only that")
		}
		w.Commanded(id, monitor.Command{ID: "1", Verb: "start", At: after.Flows[0].Command.At})
		if w.Snapshot() != after {
			t.Error("a new snapshot without a change")
		}
	})
}

// TestSweepsWhileTheListChanges is a property: whatever is created and deleted
// while the pages are read, no flow is shown twice, none that was there all the
// time is ever missing, and in the end the snapshot is the truth.
func TestSweepsWhileTheListChanges(t *testing.T) {
	for seed := range uint64(10) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { sweepsWhileTheListChanges(t, rand.New(rand.NewPCG(seed, 1))) })
		})
	}
}

func sweepsWhileTheListChanges(t *testing.T, rng *rand.Rand) {
	cloud := medialivetest.New()
	stays := make(map[string]bool)
	var goes []string
	for i := range 450 {
		id := cloud.Add(flow(fmt.Sprintf("f%03d", i), medialive.Standby, medialive.Disconnected))
		if i%3 == 0 {
			goes = append(goes, id)
		} else {
			stays[id] = true
		}
	}
	var calm atomic.Bool
	calm.Store(true)
	made := 0
	cloud.After = func(c medialivetest.Call) bool {
		if calm.Load() || c.Op != "ListFlows" {
			return false
		}
		for range rng.IntN(3) {
			if rng.IntN(2) == 0 && len(goes) > 0 {
				i := rng.IntN(len(goes))
				cloud.Remove(goes[i])
				goes = slices.Delete(goes, i, i+1)
				continue
			}
			made++
			goes = append(goes, cloud.Add(flow(fmt.Sprintf("new%03d", made), medialive.Standby, medialive.Disconnected)))
		}
		return false
	}
	w := watch(t, cloud)
	pass(5 * time.Second)
	calm.Store(false)
	for range 25 {
		pass(time.Second)
		check(t, w.Snapshot(), stays)
	}
	calm.Store(true)
	pass(15 * time.Second)
	var shown []string
	for _, f := range w.Snapshot().Flows {
		shown = append(shown, f.ID)
	}
	truth := cloud.IDs()
	slices.Sort(shown)
	slices.Sort(truth)
	if !slices.Equal(shown, truth) {
		t.Errorf("%d flows shown, %d exist", len(shown), len(truth))
	}
}

// check finds flows shown twice, and flows that are there and not shown.
func check(t *testing.T, s *monitor.Snapshot, stays map[string]bool) {
	t.Helper()
	seen := make(map[string]bool)
	for _, f := range s.Flows {
		if seen[f.ID] {
			t.Fatalf("flow %s is shown twice", f.ID)
		}
		seen[f.ID] = true
	}
	for id := range stays {
		if !seen[id] {
			t.Fatalf("flow %s is there and not shown", id)
		}
	}
}
