package control_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// shattered is a trail that panics while an outcome is written, and a client
// that panics while it is asked what became of a command, each so many times.
type shattered struct {
	control.Trail
	control.API
	outcomes, reads atomic.Int32
}

func (s *shattered) SettleCommand(ctx context.Context, id, outcome, kind, code, message, request string, at time.Time) error {
	if s.outcomes.Add(-1) >= 0 {
		panic("injected into the trail")
	}
	return s.Trail.SettleCommand(ctx, id, outcome, kind, code, message, request, at)
}

func (s *shattered) ShowFlow(ctx context.Context, flowID string) (medialive.Flow, error) {
	if s.reads.Add(-1) >= 0 {
		panic("injected into the client")
	}
	return s.API.ShowFlow(ctx, flowID)
}

// TestF27PanicInControl breaks the trail under an outcome, then the reads that
// settle a command whose answer was lost.
func TestF27PanicInControl(t *testing.T) {
	s := &shattered{}
	r := open(t, func(r *room) {
		r.cloud.After = func(c medialivetest.Call) bool {
			if c.Op == "CreateFlowOutput" {
				s.reads.Store(3)
			}
			return false
		}
	})
	id := r.add(t, medialive.Standby, "o")
	s.Trail, s.API = r.store, r.op.Client
	r.begin(t, s)
	r.op.Client = s
	r.until(t, id, "read", func(f *monitor.Flow) bool { return f.Source != nil })
	s.outcomes.Store(3)
	if err := r.StartFlow(t.Context(), r.op, id); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	eventually(t, func() bool { return r.trail(t, id)[0].Outcome == "done" })
	written := time.Since(began)

	r.cloud.Inject("CreateFlowOutput", 1, medialivetest.Lose(medialivetest.AfterEffect))
	if err := r.AddOutput(t.Context(), r.op, id, output("new")); medialive.KindOf(err) != medialive.KindOutcomeUnknown {
		t.Fatal(err)
	}
	began = time.Now()
	eventually(t, func() bool { return r.trail(t, id)[0].Outcome == "done" })
	if left := s.reads.Load(); left >= 0 {
		t.Errorf("%d panics left", left)
	}
	if n := len(r.cloud.Calls("CreateFlowOutput")); n != 1 {
		t.Errorf("sent %d times", n)
	}
	t.Logf("evidence: F27 | the trail panics 3 times under an outcome, the client 3 times while a lost answer is looked for: process exits, written after, settled after | 0, %v, %v | 0, each",
		written.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
}
