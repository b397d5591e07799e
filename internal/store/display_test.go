package store_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

func display(id, project string) store.Display {
	return store.Display{
		ID: id, Endpoint: "e", Project: project, Name: "wall " + id, Body: []byte(`{"layout":16}`),
		KeyHash: bytes.Repeat([]byte(id), 32), ExpiresAt: day.Add(time.Hour), By: "alice", At: day,
	}
}

func screen(hash, of string, seen time.Duration) store.Screen {
	return store.Screen{
		Hash: []byte(hash), Display: of, OpenedAt: day, SeenAt: day.Add(seen), Address: "192.0.2.1", Version: "v1", Agent: "kiosk",
	}
}

func TestDisplays(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		a, b := display("a", "p"), display("b", "q")
		must(t, s.PutDisplay(ctx, a, line(trail.Access, "", "display_made", day)))
		must(t, s.PutDisplay(ctx, b))
		wantErr(t, s.PutDisplay(ctx, a), store.ErrStale) // it is there already
		a.Version, b.Version = 1, 1
		got, err := s.Display(ctx, "a")
		must(t, err)
		same(t, "display", got, a)
		got, err = s.DisplayOfKey(ctx, b.KeyHash)
		must(t, err)
		same(t, "display of a key", got, b)
		own, err := s.Displays(ctx, "e", "p")
		must(t, err)
		same(t, "of the project", own, []store.Display{a})

		next := a
		next.Name, next.Paused, next.ExpiresAt, next.KeyHash = "other", true, time.Time{}, bytes.Repeat([]byte("n"), 32)
		must(t, s.PutDisplay(ctx, next))
		wantErr(t, s.PutDisplay(ctx, next), store.ErrStale)
		next.Version = 2
		got, err = s.Display(ctx, "a")
		must(t, err)
		same(t, "changed display", got, next)
		_, err = s.DisplayOfKey(ctx, a.KeyHash)
		wantErr(t, err, store.ErrNotFound)

		must(t, s.DeleteDisplay(ctx, "a", line(trail.Access, "", "display_deleted", day)))
		wantErr(t, s.DeleteDisplay(ctx, "a"), store.ErrNotFound)
		_, err = s.Display(ctx, "a")
		wantErr(t, err, store.ErrNotFound)
		wantWhole(t, s, 2)
	})
}

func TestScreens(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		a := display("a", "p")
		must(t, s.PutDisplay(ctx, a))
		one, two := screen("one", "a", 0), screen("two", "a", time.Minute)
		must(t, s.PutScreen(ctx, one, a.KeyHash, 9))
		must(t, s.PutScreen(ctx, two, a.KeyHash, 9))
		wantErr(t, s.PutScreen(ctx, screen("x", "a", 0), []byte("an old key"), 9), store.ErrNotFound)
		wantErr(t, s.PutScreen(ctx, screen("x", "none", 0), a.KeyHash, 9), store.ErrNotFound)
		got, err := s.Screens(ctx, "a")
		must(t, err)
		same(t, "screens, last seen first", got, []store.Screen{two, one})

		one.SeenAt, one.Address, one.Version = day.Add(time.Hour), "192.0.2.7", "v2"
		must(t, s.TouchScreens(ctx, []store.Screen{one, screen("gone", "a", 0), screen("two", "a", -time.Hour)}))
		got, err = s.Screens(ctx, "a")
		must(t, err)
		same(t, "after a touch", got, []store.Screen{one, two})

		must(t, s.PutScreen(ctx, screen("three", "a", 2*time.Hour), a.KeyHash, 2))
		_, err = s.Screen(ctx, two.Hash)
		wantErr(t, err, store.ErrNotFound) // the one not seen for longest made room
		kept, err := s.Screen(ctx, one.Hash)
		must(t, err)
		same(t, "kept", kept, one)
	})
}

// Who opens a link again and again pushes out what is not looked at, and none of
// the screens in use.
func TestScreensInUseStay(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		a := display("a", "p")
		must(t, s.PutDisplay(ctx, a))
		wall, off := screen("wall", "a", 0), screen("off", "a", time.Second)
		must(t, s.PutScreen(ctx, off, a.KeyHash, 4))
		must(t, s.PutScreen(ctx, wall, a.KeyHash, 4))
		wall.SeenAt = day.Add(time.Hour)
		must(t, s.TouchScreens(ctx, []store.Screen{wall}))
		for i := range 9 {
			opened := screen(fmt.Sprint("again ", i), "a", time.Hour+time.Duration(i+1)*time.Second)
			opened.OpenedAt = opened.SeenAt
			must(t, s.PutScreen(ctx, opened, a.KeyHash, 4))
		}
		_, err := s.Screen(ctx, wall.Hash)
		must(t, err)
		_, err = s.Screen(ctx, off.Hash)
		wantErr(t, err, store.ErrNotFound)
		last, err := s.Screens(ctx, "a")
		must(t, err)
		if len(last) != 4 || string(last[0].Hash) != "again 8" {
			t.Errorf("%d screens, the last seen is %q", len(last), last[0].Hash)
		}
	})
}

// A screen that comes in beside a revoking does not outlive it.
func TestRevokingBesideOpening(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		for i := range 20 {
			a := display(fmt.Sprint("d", i), "p")
			must(t, s.PutDisplay(t.Context(), a))
			race(t, 8, func(ctx context.Context, n int) (bool, error) {
				if n == 0 {
					next := a
					next.Version, next.KeyHash = 1, fmt.Append(nil, "revoked ", i)
					return true, s.RevokeDisplay(ctx, next)
				}
				return true, ignore(s.PutScreen(ctx, screen(fmt.Sprint(i, " ", n), a.ID, 0), a.KeyHash, 9), store.ErrNotFound)
			})
			if left, err := s.Screens(t.Context(), a.ID); err != nil || len(left) != 0 {
				t.Fatalf("%d screens are left, %v", len(left), err)
			}
		}
	})
}

func TestRevokingTakesEveryScreen(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		a, b := display("a", "p"), display("b", "p")
		must(t, s.PutDisplay(ctx, a))
		must(t, s.PutDisplay(ctx, b))
		must(t, s.PutScreen(ctx, screen("one", "a", 0), a.KeyHash, 9))
		must(t, s.PutScreen(ctx, screen("two", "b", 0), b.KeyHash, 9))
		old := a.KeyHash
		a.Version, a.KeyHash = 1, bytes.Repeat([]byte("r"), 32)
		must(t, s.RevokeDisplay(ctx, a, line(trail.Access, "", "display_revoked", day)))
		wantErr(t, s.RevokeDisplay(ctx, a), store.ErrStale)
		_, err := s.Screen(ctx, []byte("one"))
		wantErr(t, err, store.ErrNotFound)
		wantErr(t, s.PutScreen(ctx, screen("late", "a", 0), old, 9), store.ErrNotFound)
		_, err = s.Screen(ctx, []byte("two"))
		must(t, err) // another display's

		must(t, s.DeleteDisplay(ctx, "b"))
		_, err = s.Screen(ctx, []byte("two"))
		wantErr(t, err, store.ErrNotFound)
		wantWhole(t, s, 1)
	})
}

// Of many who change the same version at once one wins.
func TestDisplayRace(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		a := display("a", "p")
		must(t, s.PutDisplay(t.Context(), a))
		won := race(t, 8, func(ctx context.Context, i int) (bool, error) {
			mine := a
			mine.Version, mine.Name = 1, fmt.Sprint("by ", i)
			err := s.PutDisplay(ctx, mine)
			return err == nil, ignore(err, store.ErrStale)
		})
		if won != 1 {
			t.Errorf("%d changed the same version, want 1", won)
		}
		if got, err := s.Display(t.Context(), "a"); err != nil || got.Version != 2 {
			t.Errorf("version %d (%v), want 2", got.Version, err)
		}
	})
}
