package monitor_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// notes is the part of a journal that keeps to which flows media came.
type notes struct {
	locked sync.Mutex
	media  map[string]monitor.Media
	full   bool          // no write succeeds
	hangs  chan struct{} // writes wait until it is closed; nil: they do not
	writes int
}

func (n *notes) Media(context.Context, monitor.Key) (map[string]monitor.Media, error) {
	n.locked.Lock()
	defer n.locked.Unlock()
	return maps.Clone(n.media), nil
}

func (n *notes) KeepMedia(ctx context.Context, _ monitor.Key, all map[string]monitor.Media) error {
	if n.hangs != nil {
		select {
		case <-n.hangs:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	n.locked.Lock()
	defer n.locked.Unlock()
	n.writes++
	if n.full {
		return errors.New("no space left")
	}
	n.media = maps.Clone(all)
	return nil
}

func (n *notes) written() int {
	n.locked.Lock()
	defer n.locked.Unlock()
	return n.writes
}

// begun is a dashboard that begins to watch, with what the last one kept.
func begun(t *testing.T, cloud *medialivetest.Cloud, kept *journal) (w *monitor.Watcher, end func()) {
	t.Helper()
	m := monitor.New(monitor.Options{})
	m.Keep(kept)
	w = m.Watch(key, client(t, cloud, "token"), time.Time{})
	_, cancel := w.Subscribe()
	return w, func() {
		cancel()
		m.Close()
	}
}

// TestMediaOutlivesTheProcess ends a dashboard after media came, and begins
// another when it has stopped.
func TestMediaOutlivesTheProcess(t *testing.T) {
	const (
		active  = medialive.Active
		standby = medialive.Standby
		yes     = medialive.Connected
		no      = medialive.Disconnected
	)
	command := func(verb string, o monitor.Outcome) monitor.Command {
		return monitor.Command{ID: verb, Verb: verb, Actor: "op", Outcome: o}
	}
	for _, c := range []struct {
		name     string
		before   medialive.Health // while the first dashboard watches
		seen     medialive.FlowStatus
		between  time.Duration
		command  monitor.Command // given while none watches
		lastWord monitor.State
		want     monitor.State
	}{
		{"media stopped meanwhile", yes, active, 10 * time.Second, monitor.Command{}, monitor.StateLive, monitor.StateSourceLost},
		{"media never came", no, active, 10 * time.Second, monitor.Command{}, monitor.StateWaiting, monitor.StateWaiting},
		{"the start ended before", yes, standby, 10 * time.Second, monitor.Command{}, monitor.StateStandby, monitor.StateWaiting},
		{"nobody watched for long", yes, active, time.Hour, monitor.Command{}, monitor.StateLive, monitor.StateWaiting},
		{"another start", yes, active, 10 * time.Second, command("start", monitor.OutcomeDone), monitor.StateLive, monitor.StateWaiting},
		{"a start without answer", yes, active, 10 * time.Second, command("start", monitor.OutcomeUnknown), monitor.StateLive, monitor.StateWaiting},
		{"a start that was refused", yes, active, 10 * time.Second, command("start", monitor.OutcomeRefused), monitor.StateLive, monitor.StateSourceLost},
		{"a stop that was not done", yes, active, 10 * time.Second, command("stop", monitor.OutcomeNotDone), monitor.StateLive, monitor.StateSourceLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := medialivetest.New()
				id := cloud.Add(flow("f", active, c.before))
				kept := &journal{}
				w, end := begun(t, cloud, kept)
				pass(20 * time.Second)
				cloud.Change(id, func(f *medialivetest.Flow) { f.Status = c.seen })
				pass(5 * time.Second)
				if got := state(t, w, id); got != c.lastWord {
					t.Fatalf("before: %s, want %s", got, c.lastWord)
				}
				end()
				cloud.Change(id, func(f *medialivetest.Flow) { f.Status, f.Sources[0].Health = active, no })
				if c.command.Verb != "" {
					c.command.At = time.Now()
					kept.past = map[string]monitor.Command{id: c.command}
				}
				pass(c.between)
				w, end = begun(t, cloud, kept)
				defer end()
				pass(5 * time.Second)
				if got := state(t, w, id); got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
			})
		})
	}
}

// TestMediaIsKeptOverManyRestarts: each dashboard hands on what the one before
// knew, and none hands on a start that has ended.
func TestMediaIsKeptOverManyRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		id := cloud.Add(flow("f", medialive.Active, medialive.Connected))
		kept := &journal{}
		_, end := begun(t, cloud, kept)
		pass(10 * time.Second)
		end()
		cloud.Change(id, func(f *medialivetest.Flow) { f.Sources[0].Health = medialive.Disconnected })
		var w *monitor.Watcher
		for n := range 3 {
			pass(4 * time.Minute)
			w, end = begun(t, cloud, kept)
			pass(10 * time.Second)
			if got := state(t, w, id); got != monitor.StateSourceLost {
				t.Errorf("restart %d: %s", n, got)
			}
			if n < 2 {
				end()
			}
		}
		defer func() { end() }()
		cloud.Change(id, func(f *medialivetest.Flow) { f.Status = medialive.Standby })
		pass(5 * time.Second)
		end()
		cloud.Change(id, func(f *medialivetest.Flow) { f.Status = medialive.Active })
		w, end = begun(t, cloud, kept)
		pass(10 * time.Second)
		if got := state(t, w, id); got != monitor.StateWaiting {
			t.Errorf("another start: %s", got)
		}
	})
}

// TestMediaIsWrittenSeldom: what does not change is written now and then, a
// journal that hangs or fails holds up nothing, and what it did not keep is
// only not known.
func TestMediaIsWrittenSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		id := cloud.Add(flow("f", medialive.Active, medialive.Connected))
		kept := &journal{}
		kept.hangs = make(chan struct{})
		w, end := begun(t, cloud, kept)
		pass(5 * time.Second)
		if got := state(t, w, id); got != monitor.StateLive {
			t.Errorf("while the journal hangs: %s", got)
		}
		close(kept.hangs)
		pass(5 * time.Minute)
		if n := kept.written(); n < 5 || n > 12 {
			t.Errorf("%d writes in 5 min", n)
		}
		kept.locked.Lock()
		kept.full, kept.media = true, nil
		kept.locked.Unlock()
		before := kept.written()
		pass(time.Minute)
		if n := kept.written() - before; n < 2 || n > 15 {
			t.Errorf("%d writes in 1 min of failure", n)
		}
		end()
		cloud.Change(id, func(f *medialivetest.Flow) { f.Sources[0].Health = medialive.Disconnected })
		w, end = begun(t, cloud, kept)
		defer end()
		pass(10 * time.Second)
		if got := state(t, w, id); got != monitor.StateWaiting {
			t.Errorf("what could not be kept: %s", got)
		}
	})
}

// TestMediaIsToldByAnOutput: media that came between two reads of the source is
// known by an output that had it.
func TestMediaIsToldByAnOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		id := cloud.Add(flow("f", medialive.Active, medialive.Disconnected, "one"))
		cloud.Change(id, func(f *medialivetest.Flow) { f.Outputs[0].Health = medialive.Connected })
		w := watch(t, cloud)
		pass(12 * time.Second)
		for range 60 { // and is not taken back by the next read of the output
			if got := state(t, w, id); got != monitor.StateSourceLost {
				t.Fatalf("media reached an output, and the source has none: %s", got)
			}
			pass(time.Second)
		}
	})
}

// TestFirstMediaIsNotALoss: an output may be read with the first media before
// the source is.
func TestFirstMediaIsNotALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		id := cloud.Add(flow("f", medialive.Active, medialive.Disconnected, "one"))
		cloud.Before = func(_ http.ResponseWriter, c medialivetest.Call) bool {
			if c.Op == "ShowOutputInfo" && len(cloud.Calls("ShowOutputInfo")) > 2 {
				cloud.Change(id, func(f *medialivetest.Flow) {
					f.Sources[0].Health, f.Outputs[0].Health = medialive.Connected, medialive.Connected
				})
			}
			return false
		}
		w := watch(t, cloud)
		changed, cancel := w.Subscribe()
		defer cancel()
		var seen []monitor.State
		for end := time.After(time.Minute); ; {
			select {
			case <-changed:
				if f, ok := w.Peek().Flow(id); ok && (len(seen) == 0 || seen[len(seen)-1] != f.State) {
					seen = append(seen, f.State)
				}
				continue
			case <-end:
			}
			break
		}
		if slices.Contains(seen, monitor.StateSourceLost) || seen[len(seen)-1] != monitor.StateLive {
			t.Errorf("shown: %v", seen)
		}
	})
}

// TestStartUnseenByReads stops and starts a flow by commands while nothing can
// be read: what came in the start before is not told of this one.
func TestStartUnseenByReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		var down atomic.Bool
		cloud.Before = func(w http.ResponseWriter, _ medialivetest.Call) bool {
			if down.Load() {
				medialivetest.Refuse(w, http.StatusServiceUnavailable, "LIVE.1", "maintenance")
			}
			return down.Load()
		}
		id := cloud.Add(flow("f", medialive.Active, medialive.Connected))
		w := watch(t, cloud)
		pass(10 * time.Second)
		down.Store(true)
		w.Commanded(id, monitor.Command{ID: "1", Verb: "stop", At: time.Now(), Outcome: monitor.OutcomeDone})
		pass(time.Second)
		w.Commanded(id, monitor.Command{ID: "2", Verb: "start", At: time.Now(), Outcome: monitor.OutcomeDone})
		cloud.Change(id, func(f *medialivetest.Flow) { f.Sources[0].Health = medialive.Disconnected })
		pass(10 * time.Second)
		down.Store(false)
		pass(15 * time.Second)
		if got := state(t, w, id); got != monitor.StateWaiting {
			t.Errorf("no media in this start: %s", got)
		}
		cloud.Change(id, func(f *medialivetest.Flow) { f.Sources[0].Health = medialive.Connected })
		pass(10 * time.Second)
		cloud.Change(id, func(f *medialivetest.Flow) { f.Sources[0].Health = medialive.Disconnected })
		pass(10 * time.Second)
		if got := state(t, w, id); got != monitor.StateSourceLost {
			t.Errorf("media came in this start, and stopped: %s", got)
		}
	})
}

// TestHealthNotTold: after a change of a source its health may not be told for a
// moment. It is read again soon, and no oftener than others if it is never told.
func TestHealthNotTold(t *testing.T) {
	for name, told := range map[string]bool{"told again": true, "never told again": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := medialivetest.New()
				id := cloud.Add(flow("f", medialive.Active, medialive.Connected))
				w := watch(t, cloud)
				pass(12 * time.Second)
				health := func(h medialive.Health) {
					cloud.Change(id, func(f *medialivetest.Flow) { f.Sources[0].Health = h })
				}
				health("")
				w.ReadSoon(id)
				pass(500 * time.Millisecond)
				if got := state(t, w, id); got != monitor.StateUnknown {
					t.Fatalf("its health is not told: %s", got)
				}
				if told {
					health(medialive.Disconnected)
					pass(1500 * time.Millisecond)
					if got := state(t, w, id); got != monitor.StateSourceLost {
						t.Errorf("told a moment later: %s", got)
					}
					return
				}
				pass(20 * time.Second)
				before := len(cloud.Calls("ShowFlowDetail"))
				pass(time.Minute)
				if n := len(cloud.Calls("ShowFlowDetail")) - before; n > 13 {
					t.Errorf("read %d times in a minute", n)
				}
			})
		})
	}
}
