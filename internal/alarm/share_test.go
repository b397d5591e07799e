package alarm

import (
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// shareRoom makes a room whose panel shares its database with others.
func shareRoom(t *testing.T, s Store, d *desk) *room {
	t.Helper()
	r := &room{desk: d}
	r.panels = New(Options{Store: s, Shared: true, Now: func() time.Time { return d.now }, Raised: func(_ monitor.Key, a *Alarm, c Change) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.heard = append(r.heard, string(a.Kind)+" "+string(c))
	}})
	t.Cleanup(r.panels.Close)
	r.panel = r.panels.Of(key)
	return r
}

// both lets time pass for two processes.
func both(d *desk, seconds int, rooms ...*room) {
	for range seconds {
		d.now = d.now.Add(time.Second)
		d.snap.Version++
		for _, r := range rooms {
			r.look()
		}
	}
}

// TestShared: of two processes on one database one judges, both show the same,
// people work on either, and the other goes on when one ends.
func TestShared(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, 3)
		a, b := shareRoom(t, s, d), shareRoom(t, s, d)
		both(d, 3, a, b)
		d.state(0, monitor.StateSourceLost)
		d.state(1, monitor.StateSourceLost)
		both(d, 6, a, b)
		a.listed("one", "source_lost 0 unacked p3 first", "source_lost 1 unacked p3")
		b.listed("the other", "source_lost 0 unacked p3 first", "source_lost 1 unacked p3")
		if !b.panel.View().Watched {
			t.Error("the other shows nobody watches")
		}
		did(t)(b.panel.Ack(t.Context(), "op-b", "", b.panel.View().Active[0].ID))
		must(t, b.panel.Shelve(t.Context(), Shelf{FlowID: "1", By: "op-b", Until: d.now.Add(time.Hour)}))
		both(d, 2, a, b)
		for _, r := range []*room{a, b} {
			r.listed("answered for on the other", "source_lost 0 acked p3 first")
			if v := r.panel.View(); len(v.Shelved) != 1 || len(v.Shelves) != 1 {
				t.Errorf("shelved %v on %v", toldAll(v.Shelved), v.Shelves)
			}
		}
		must(t, a.panel.Unshelve(t.Context(), a.panel.View().Shelves[0].ID, "op-a"))
		d.state(0, monitor.StateLive)
		both(d, 12, a, b)
		for _, r := range []*room{a, b} {
			r.listed("one is over", "source_lost 1 unacked p3")
		}
		same(t, "trail", trailOf(t, s, trail.Alarm), []string{"raised", "raised", "acknowledged", "shelved", "unshelved", "cleared"})
		same(t, "signals", trailOf(t, s, trail.Signal), []string{"source_lost", "source_lost", "live"})

		d.state(1, monitor.StateLive)
		both(d, 12, a, b)
		did(t)(b.panel.Ack(t.Context(), "op-b", "", b.panel.View().Active[0].ID))
		both(d, 2, a, b)
		for _, r := range []*room{a, b} {
			r.listed("closed on the other")
		}
		d.state(1, monitor.StateSourceLost)
		both(d, 6, a, b)

		a.panels.Close() // in order: the other takes over at once
		d.state(2, monitor.StateSourceLost)
		both(d, 6, b)
		b.listed("one ended", "source_lost 1 unacked p3", "source_lost 2 unacked p3")
		d.state(1, monitor.StateLive)
		both(d, 11, b)
		b.listed("it goes on", "source_lost 1 returned p3", "source_lost 2 unacked p3")
	})
}

// TestSharedHolderDies: the other takes over when the one has been silent.
func TestSharedHolderDies(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, 1)
		a, b := shareRoom(t, s, d), shareRoom(t, s, d)
		both(d, 3, a, b)
		d.state(0, monitor.StateSourceLost)
		both(d, 7, b) // a is dead
		b.listed("not yet")
		both(d, 6, b)
		b.listed("taken over", "source_lost 0 unacked p3")
		both(d, 2, a, b) // and was only slow
		a.listed("it follows", "source_lost 0 unacked p3")
		same(t, "trail", trailOf(t, s, trail.Alarm), []string{"raised"})
	})
}

// TestSharedNobodyWatches: who does not watch lets the other judge.
func TestSharedNobodyWatches(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, 1)
		a, b := shareRoom(t, s, d), shareRoom(t, s, d)
		both(d, 3, a, b)
		d.state(0, monitor.StateSourceLost)
		for range 6 {
			d.awake = false
			both(d, 1, a)
			d.awake = true
			b.look()
		}
		a.listed("asleep", "source_lost 0 unacked p3")
		b.listed("awake", "source_lost 0 unacked p3")
		if !a.panel.View().Watched {
			t.Error("somebody does watch")
		}
		d.awake = false
		both(d, 20, a, b)
		if a.panel.View().Watched || b.panel.View().Watched {
			t.Error("nobody watches")
		}
	})
}

// TestSharedStoreFails: each one shows what it sees while the database is away.
// Who comes back to it gives up what another wrote meanwhile.
func TestSharedStoreFails(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, 1)
		f := &failing{Store: s}
		a, b := shareRoom(t, f, d), shareRoom(t, s, d)
		both(d, 3, a, b)
		f.fails.Store(true)
		d.state(0, monitor.StateSourceLost)
		both(d, 6, a, b)
		a.listed("shown", "source_lost 0 unacked p3")
		both(d, 8, a, b)
		b.listed("taken over", "source_lost 0 unacked p3")
		id := b.panel.View().Active[0].ID
		f.fails.Store(false)
		both(d, 4, a, b)
		b.panels.Close()
		both(d, 4, a)
		a.listed("back", "source_lost 0 unacked p3")
		if got := a.panel.View().Active[0].ID; got != id {
			t.Errorf("id %s, want %s", got, id)
		}
		same(t, "trail", trailOf(t, s, trail.Alarm), []string{"raised"})
		same(t, "signals", trailOf(t, s, trail.Signal), nil)
	})
}
