package notify_test

import (
	"context"
	"errors"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/notify"
	"github.com/flowdeck/flowdeck/internal/store"
)

// breaking is a store that panics in two calls of the sender, each so often.
type breaking struct {
	*store.Store
	due, claims atomic.Int32
}

func (b *breaking) DueDeliveries(ctx context.Context, now time.Time, limit int) ([]store.Delivery, error) {
	if b.due.Add(-1) >= 0 {
		panic("injected into the reading of what is due")
	}
	return b.Store.DueDeliveries(ctx, now, limit)
}

func (b *breaking) ClaimDelivery(ctx context.Context, id string, was, until time.Time) error {
	if b.claims.Add(-1) >= 0 {
		panic("injected into a claim")
	}
	return b.Store.ClaimDelivery(ctx, id, was, until)
}

// TestF27PanicInNotify: an alarm is told once, though the sender panics before.
func TestF27PanicInNotify(t *testing.T) {
	b := open(t, loopback)
	s := &breaking{Store: b.store}
	s.due.Store(2)
	s.claims.Store(2)
	var panics atomic.Int32
	b.notifier = notify.New(notify.Options{
		Store: s, Key: b.sealer, Now: b.clock.now, Allow: []netip.Prefix{loopback}, Panicked: func(string) { panics.Add(1) },
	})
	b.add(notify.Webhook{Name: "one", Shape: notify.JSON})
	stop := b.run()
	began := time.Now()
	b.notifier.Raised(key, lost(), alarm.ChangeRaised)
	eventually(t, "the alarm is told", func() bool { return len(b.receiver.all()) > 0 })
	took := time.Since(began)
	stop()
	if n := len(b.receiver.all()); n != 1 || panics.Load() != 4 {
		t.Errorf("told %d times, %d panics", n, panics.Load())
	}
	t.Logf("evidence: F27 | the sender of webhooks panics 4 times: process exits, alarm told, after | 0, once, %v | 0, once", took.Round(time.Millisecond))
}

// refusing is a store that takes no claim until it is told to, and counts them.
type refusing struct {
	*store.Store
	takes  atomic.Bool
	claims atomic.Int32
}

func (r *refusing) ClaimDelivery(ctx context.Context, id string, was, until time.Time) error {
	if r.claims.Add(1); !r.takes.Load() {
		return errors.New("the disk is full")
	}
	return r.Store.ClaimDelivery(ctx, id, was, until)
}

// TestRefusedClaimIsNotHurried: a store that refuses is asked again at the pace
// of the beat, and the alarm is told once it takes the claim.
func TestRefusedClaimIsNotHurried(t *testing.T) {
	b := open(t, loopback)
	s := &refusing{Store: b.store}
	b.notifier = notify.New(notify.Options{Store: s, Key: b.sealer, Now: b.clock.now, Allow: []netip.Prefix{loopback}})
	b.add(notify.Webhook{Name: "one", Shape: notify.JSON})
	stop := b.run()
	defer stop()
	began := time.Now()
	b.notifier.Raised(key, lost(), alarm.ChangeRaised)
	eventually(t, "the claim is tried again", func() bool { return s.claims.Load() >= 2 })
	if n, beats := s.claims.Load(), int32(time.Since(began)/time.Second)+2; n > beats {
		t.Errorf("%d claims in %v", n, time.Since(began))
	}
	s.takes.Store(true)
	eventually(t, "the alarm is told", func() bool { return len(b.receiver.all()) > 0 })
}
