package history

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// broken is a watcher that panics while told so, and else shows flows of which
// one may be none.
type broken struct {
	peek, flow atomic.Bool
}

func (b *broken) Key() monitor.Key { return project }
func (b *broken) Awake() bool      { return true }

func (b *broken) Peek() *monitor.Snapshot {
	if b.peek.Load() {
		panic("injected into the watcher")
	}
	good := &monitor.Flow{ID: "f1", State: monitor.StateLive}
	if b.flow.Load() {
		return &monitor.Snapshot{Flows: []*monitor.Flow{good, nil}}
	}
	return &monitor.Snapshot{Flows: []*monitor.Flow{good}}
}

// panicking is a store that panics while told so.
type panicking struct {
	*store.Store
	breaks atomic.Bool
}

func (p *panicking) PutHistory(ctx context.Context, chunks ...store.HistoryChunk) error {
	if p.breaks.Load() {
		panic("injected into the store")
	}
	return p.Store.PutHistory(ctx, chunks...)
}

// TestF27PanicInHistory breaks the recording for a minute, and the store for ten.
func TestF27PanicInHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "history.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = st.Close() }()
		s, w := &panicking{Store: st}, &broken{}
		var panics atomic.Int32
		r := New(Options{Store: s, Panicked: func(string) { panics.Add(1) }})
		defer r.Close()
		r.attend(w)
		pass := func(d time.Duration) { <-time.After(d) }
		steps := func(since time.Time) int {
			got, err := r.Read(t.Context(), project, "f1", "", since, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			return known(got)
		}
		pass(10 * time.Minute)
		w.peek.Store(true)
		pass(time.Minute)
		recorded, inAMinute := steps(time.Now().Add(-50*time.Second)), panics.Load()
		w.peek.Store(false)
		if recorded > 0 || inAMinute < 3 || inAMinute > 20 {
			t.Errorf("%d steps are shown that nobody recorded, %d panics in a minute", recorded, inAMinute)
		}
		back := time.Now()
		pass(5 * time.Minute)
		if n := steps(back); n < 5*12-5 {
			t.Errorf("%d steps of %d after it", n, 5*12)
		}
		t.Logf("evidence: F27 | the recording of history panics for a minute: process exits, panics, steps shown of a minute that nobody recorded, steps of 60 in the 5 min after | 0, %d, %d, %d | 0, few, 0, ≥55", inAMinute, recorded, steps(back))

		s.breaks.Store(true)
		broke := time.Now()
		pass(10 * time.Minute)
		s.breaks.Store(false)
		pass(2 * time.Minute)
		if n := steps(broke); n < 12*12-1 {
			t.Errorf("%d steps of %d were recorded while the store panicked", n, 12*12)
		}

		w.flow.Store(true)
		one := time.Now()
		pass(time.Minute)
		if n := steps(one); n < 11 {
			t.Errorf("%d steps of 12 beside a flow that panics", n)
		}
	})
}
