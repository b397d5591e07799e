package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

func TestSession(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		_, err := s.Session(ctx, []byte("a"))
		wantErr(t, err, store.ErrNotFound)
		a := store.Session{
			Key: []byte("a"), Sealed: make([]byte, 20_000), KeyNumber: 2,
			CreatedAt: day, SeenAt: day.Add(time.Millisecond), ExpiresAt: day.Add(time.Hour),
		}
		must(t, s.PutSession(ctx, a))
		a.Sealed, a.SeenAt = []byte{0, 1, 255}, day.Add(time.Minute)
		must(t, s.PutSession(ctx, a))
		got, err := s.Session(ctx, []byte("a"))
		must(t, err)
		same(t, "session", got, a)
		must(t, s.DeleteSession(ctx, []byte("a")))
		_, err = s.Session(ctx, []byte("a"))
		wantErr(t, err, store.ErrNotFound)
		must(t, s.DeleteSession(ctx, []byte("a")))
	})
}

func TestSessionIsNotRevived(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		wantErr(t, s.TouchSession(ctx, []byte("a"), day), store.ErrNotFound)
		wantErr(t, s.ResealSession(ctx, []byte("a"), []byte{2}, 2), store.ErrNotFound)
		_, err := s.Session(ctx, []byte("a"))
		wantErr(t, err, store.ErrNotFound)
		a := store.Session{Key: []byte("a"), Sealed: []byte{1}, KeyNumber: 1, CreatedAt: day, SeenAt: day, ExpiresAt: day}
		must(t, s.PutSession(ctx, a))
		must(t, s.TouchSession(ctx, []byte("a"), day.Add(time.Hour)))
		must(t, s.ResealSession(ctx, []byte("a"), []byte{2}, 2))
		a.SeenAt, a.Sealed, a.KeyNumber = day.Add(time.Hour), []byte{2}, 2
		got, err := s.Session(ctx, []byte("a"))
		must(t, err)
		same(t, "session", got, a)
	})
}

func TestDeleteExpired(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		for key, life := range map[string]time.Duration{"old": 0, "new": time.Millisecond} {
			must(t, s.PutSession(ctx, store.Session{Key: []byte(key), Sealed: []byte{1}, ExpiresAt: day.Add(life)}))
			must(t, s.PutTicket(ctx, store.Ticket{Hash: []byte(key), Session: []byte("new"), ExpiresAt: day.Add(life)}))
		}
		must(t, s.DeleteExpired(ctx, day))
		_, err := s.Session(ctx, []byte("old"))
		wantErr(t, err, store.ErrNotFound)
		_, err = s.Session(ctx, []byte("new"))
		must(t, err)
		_, err = s.TakeTicket(ctx, []byte("old"), day.Add(-time.Hour))
		wantErr(t, err, store.ErrNotFound)
		_, err = s.TakeTicket(ctx, []byte("new"), day)
		must(t, err)
	})
}

func TestTicket(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		ticket := store.Ticket{
			Hash: []byte("h"), Session: []byte("s"), Verb: "stop", Subject: "flow-1", State: "live", ExpiresAt: day,
		}
		must(t, s.PutTicket(ctx, ticket))
		wantErr(t, s.PutTicket(ctx, ticket), store.ErrExists)
		got, err := s.TakeTicket(ctx, []byte("h"), day.Add(-time.Millisecond))
		must(t, err)
		same(t, "ticket", got, ticket)
		_, err = s.TakeTicket(ctx, []byte("h"), day.Add(-time.Millisecond))
		wantErr(t, err, store.ErrNotFound)

		must(t, s.PutTicket(ctx, ticket))
		_, err = s.TakeTicket(ctx, []byte("h"), day)
		wantErr(t, err, store.ErrNotFound)

		must(t, s.PutTicket(ctx, ticket))
		must(t, s.DeleteSession(ctx, []byte("s")))
		_, err = s.TakeTicket(ctx, []byte("h"), day.Add(-time.Hour))
		wantErr(t, err, store.ErrNotFound)
	})
}

func TestTicketIsGoodAfterAWhile(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		ticket := store.Ticket{Hash: []byte("h"), Session: []byte("s"), NotBefore: day, ExpiresAt: day.Add(time.Minute)}
		must(t, s.PutTicket(ctx, ticket))
		for range 2 {
			_, err := s.TakeTicket(ctx, []byte("h"), day.Add(-time.Millisecond))
			wantErr(t, err, store.ErrTooSoon)
		}
		got, err := s.TakeTicket(ctx, []byte("h"), day)
		must(t, err)
		same(t, "ticket", got, ticket)
		_, err = s.TakeTicket(ctx, []byte("h"), day)
		wantErr(t, err, store.ErrNotFound)
	})
}

func TestTicketIsTakenOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, url string) {
		other := open(t, url) // as another process would
		for range 5 {
			must(t, s.PutTicket(t.Context(), store.Ticket{Hash: []byte("h"), Session: []byte("s"), ExpiresAt: day}))
			won := race(t, 20, func(ctx context.Context, i int) (bool, error) {
				_, err := []*store.Store{s, other}[i%2].TakeTicket(ctx, []byte("h"), day.Add(-time.Hour))
				return err == nil, ignore(err, store.ErrNotFound)
			})
			if won != 1 {
				t.Fatalf("%d took the ticket", won)
			}
		}
	})
}

func TestSessionsOfAnOwner(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		put := func(key, owner string, seen, life time.Duration) store.Session {
			v := store.Session{Key: []byte(key), Sealed: []byte{1}, KeyNumber: 1, CreatedAt: day, SeenAt: day.Add(seen), ExpiresAt: day.Add(life)}
			if owner != "" {
				v.Owner = []byte(owner)
			}
			must(t, s.PutSession(ctx, v))
			must(t, s.PutTicket(ctx, store.Ticket{Hash: []byte(key), Session: v.Key, ExpiresAt: day.Add(time.Hour)}))
			return v
		}
		a1, a2 := put("a1", "a", time.Minute, time.Hour), put("a2", "a", 2*time.Minute, time.Hour)
		b1 := put("b1", "b", 0, time.Hour)
		put("a0", "a", time.Minute, time.Millisecond)
		put("user id", "", 0, time.Hour)
		got, err := s.Sessions(ctx, []byte("a"), day.Add(time.Millisecond))
		must(t, err)
		same(t, "those of an owner", got, []store.Session{a2, a1})
		got, err = s.Sessions(ctx, nil, day.Add(time.Millisecond))
		must(t, err)
		same(t, "everybody's", got, []store.Session{a2, a1, b1})

		n, err := s.DeleteSessions(ctx, []byte("a"), []byte("a1"))
		must(t, err)
		same(t, "deleted of an owner", n, 2)
		_, err = s.TakeTicket(ctx, []byte("a2"), day)
		wantErr(t, err, store.ErrNotFound)
		n, err = s.DeleteSessions(ctx, nil, []byte("a1"))
		must(t, err)
		same(t, "deleted of everybody", n, 1)
		for _, left := range []string{"a1", "user id"} {
			_, err = s.Session(ctx, []byte(left))
			must(t, err)
			_, err = s.TakeTicket(ctx, []byte(left), day)
			must(t, err)
		}
	})
}

func TestSessionIsRenewedOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, url string) {
		other := open(t, url) // as another process would
		old := store.Session{Key: []byte("old"), Sealed: []byte{1}, KeyNumber: 1, Owner: []byte("a"), CreatedAt: day, SeenAt: day, ExpiresAt: day}
		must(t, s.PutSession(t.Context(), old))
		must(t, s.PutTicket(t.Context(), store.Ticket{Hash: []byte("h"), Session: old.Key, ExpiresAt: day}))
		won := race(t, 20, func(ctx context.Context, i int) (bool, error) {
			next := old
			next.Key = []byte{byte(i)}
			err := []*store.Store{s, other}[i%2].RenewSession(ctx, old.Key, next)
			return err == nil, ignore(err, store.ErrNotFound)
		})
		if won != 1 {
			t.Fatalf("%d renewed it", won)
		}
		left, err := s.Sessions(t.Context(), nil, day.Add(-time.Hour))
		must(t, err)
		if len(left) != 1 || string(left[0].Key) == "old" {
			t.Fatalf("left are %+v", left)
		}
		ticket, err := s.TakeTicket(t.Context(), []byte("h"), day.Add(-time.Hour))
		must(t, err)
		same(t, "whose ticket it is", ticket.Session, left[0].Key)
	})
}
