package alarm

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// window is a watcher that shows the flows of a desk, or one that is no flow:
// the judging panics with its board half stepped.
type window struct {
	*desk
	of     monitor.Key
	breaks atomic.Bool
	mu     sync.Mutex
}

func (w *window) Key() monitor.Key                  { return w.of }
func (w *window) Awake() bool                       { return true }
func (w *window) Follow() (<-chan struct{}, func()) { return nil, func() {} }

// become gives a flow a state.
func (w *window) become(i int, state monitor.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state(i, state)
}

func (w *window) Peek() *monitor.Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	snap := w.snap
	snap.At, snap.Flows = time.Now(), w.flows
	if w.breaks.Load() {
		snap.Flows = append([]*monitor.Flow{w.flows[0], nil}, w.flows...)
		snap.Version++
	}
	return &snap
}

// breaking is a store that panics while told so.
type breaking struct {
	*store.Store
	breaks atomic.Bool
}

func (b *breaking) PutAlarm(ctx context.Context, a store.Alarm, lines ...trail.Line) error {
	if b.breaks.Load() {
		panic("injected into the store")
	}
	return b.Store.PutAlarm(ctx, a, lines...)
}

// TestF27PanicInAlarms breaks the judging of one project of two, then the store.
func TestF27PanicInAlarms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &breaking{Store: open(t, "sqlite:"+filepath.Join(t.TempDir(), "alarms.db"))}
		var panics atomic.Int32
		panels := New(Options{Store: s, Panicked: func(string) { panics.Add(1) }})
		defer panels.Close()
		one, two := &window{desk: newDesk(t, 2), of: key}, &window{desk: newDesk(t, 2), of: monitor.Key{Endpoint: "other"}}
		panels.attend(one)
		panels.attend(two)
		panel, beside := panels.Of(one.of), panels.Of(two.of)
		pass(2 * time.Second)
		for _, w := range []*window{one, two} {
			w.become(0, monitor.StateSourceLost)
		}
		pass(30 * time.Second)
		lost := []string{"source_lost 0 unacked p3"}
		same(t, "lost", toldAll(panel.View().Active), lost)

		one.breaks.Store(true)
		pass(2 * time.Second)
		for range 60 {
			pass(time.Second)
			if panel.View().Watched || !beside.View().Watched {
				t.Fatal("not told that nobody judges, or of another project too")
			}
		}
		same(t, "meanwhile", toldAll(panel.View().Active), lost)
		same(t, "beside", toldAll(beside.View().Active), lost)
		inAMinute := panics.Load()
		if inAMinute < 5 || inAMinute > 20 {
			t.Errorf("%d panics in a minute", inAMinute)
		}
		one.breaks.Store(false)
		one.become(1, monitor.StateSourceLost)
		began := time.Now()
		for !panel.View().Watched && time.Since(began) < time.Minute {
			pass(100 * time.Millisecond)
		}
		back := time.Since(began)
		one.become(1, monitor.StateSourceLost) // the first picture counts as one of before
		pass(30 * time.Second)
		same(t, "judged again", toldAll(panel.View().Active), []string{"source_lost 0 unacked p3", "source_lost 1 unacked p3"})
		t.Logf("evidence: F27 | the judging of alarms panics for a minute: process exits, alarms lost, panics, back after | 0, 0, %d, %v | 0, 0, few, ≤15 s", inAMinute, back)

		s.breaks.Store(true)
		one.become(0, monitor.StateLive)
		pass(30 * time.Second)
		same(t, "shown though the store panics", toldAll(panel.View().Active), []string{"source_lost 0 returned p3", "source_lost 1 unacked p3"})
		if !panel.View().Watched {
			t.Error("a store that panics ends the judging")
		}
		s.breaks.Store(false)
		pass(5 * time.Second)
		rows, err := s.OpenAlarms(t.Context(), key.Endpoint, key.ProjectID)
		if err != nil || len(rows) != 2 || panel.failing {
			t.Errorf("%d written, %v", len(rows), err)
		}
		t.Logf("evidence: F27 | the store of alarms panics: alarms judged and shown, written after it | all | all")
	})
}
