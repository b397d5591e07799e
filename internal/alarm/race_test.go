package alarm

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// between is a store that lets something happen just before an alarm is
// written, once.
type between struct {
	Store
	mu     sync.Mutex
	happen func()
}

func (b *between) PutAlarm(ctx context.Context, a store.Alarm, lines ...trail.Line) error {
	b.mu.Lock()
	happen := b.happen
	b.happen = nil
	b.mu.Unlock()
	if happen != nil {
		happen()
	}
	return b.Store.PutAlarm(ctx, a, lines...)
}

// TestAckMeetsJudge: somebody answers for an alarm on one process while the
// other, which judges, is about to write it. Neither is lost.
func TestAckMeetsJudge(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, 3)
		slow := &between{Store: s}
		a, b := shareRoom(t, slow, d), shareRoom(t, s, d)
		both(d, 3, a, b)
		d.state(0, monitor.StateSourceLost)
		both(d, 6, a, b)
		id := b.panel.View().Active[0].ID
		// The judge marks it as the first of two while it is answered for.
		slow.happen = func() { did(t)(b.panel.Ack(t.Context(), "op-b", "on it", id)) }
		d.state(1, monitor.StateSourceLost)
		both(d, 6, a)
		both(d, 3, a, b)
		for _, r := range []*room{a, b} {
			r.listed("answered for", "source_lost 0 acked p3 first", "source_lost 1 unacked p3")
		}
		// It clears while the other is answered for: what ended is closed.
		slow.happen = func() {
			for _, alarm := range b.panel.View().Active {
				_, err := b.panel.Ack(t.Context(), "op-b", "", alarm.ID) // one of the two is answered for
				must(t, err)
			}
		}
		d.state(0, monitor.StateLive)
		d.state(1, monitor.StateLive)
		both(d, 30, a)
		both(d, 3, a, b)
		for _, r := range []*room{a, b} {
			r.listed("over")
		}
		acks := 0
		for _, verb := range trailOf(t, s, trail.Alarm) {
			if verb == string(ChangeAcknowledged) {
				acks++
			}
		}
		if acks != 2 {
			t.Errorf("%d acknowledgements in the trail", acks)
		}
	})
}

// TestJudgeMeetsAck: the judge writes an alarm while somebody answers for it on
// the other process, which applies the answer to what is there now.
func TestJudgeMeetsAck(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, 3)
		slow := &between{Store: s}
		a, b := shareRoom(t, s, d), shareRoom(t, slow, d)
		both(d, 3, a, b)
		d.state(0, monitor.StateSourceLost)
		both(d, 6, a, b)
		id := b.panel.View().Active[0].ID
		slow.happen = func() {
			d.state(0, monitor.StateLive)
			both(d, 14, a)
		}
		did(t)(b.panel.Ack(t.Context(), "op-b", "", id))
		both(d, 3, a, b)
		for _, r := range []*room{a, b} {
			r.listed("returned and answered for")
		}
		if past, err := a.panel.Past(t.Context(), Filter{From: d.now.Add(-time.Hour), To: d.now}); err != nil || len(past) != 1 || past[0].Cleared.IsZero() || past[0].AckedBy != "op-b" {
			t.Errorf("past %v, %v", past, err)
		}
	})
}
