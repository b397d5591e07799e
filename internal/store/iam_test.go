package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

func user(name string) store.User {
	return store.User{
		ID: "id-" + name, Name: name, Password: "hash", PasswordAt: day, Allow: []string{"live:ott:*"}, Epoch: 1, CreatedAt: day,
	}
}

func TestUser(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		alice := user("alice")
		must(t, s.AddUser(ctx, alice))
		wantErr(t, s.AddUser(ctx, alice), store.ErrExists)
		must(t, s.AddUser(ctx, user("Bob")))
		must(t, s.SetPassword(ctx, "alice", "hash2", day.Add(time.Hour)))
		must(t, s.SetPolicy(ctx, "alice", []string{}))
		must(t, s.SetTOTP(ctx, "alice", []byte{1, 2}))
		must(t, s.SetDisabled(ctx, "alice", true))
		alice.Password, alice.PasswordAt, alice.Allow = "hash2", day.Add(time.Hour), []string{}
		alice.TOTPSecret, alice.Disabled, alice.Epoch = []byte{1, 2}, true, 4
		got, err := s.User(ctx, "alice")
		must(t, err)
		same(t, "alice", got, alice)
		users, err := s.Users(ctx)
		must(t, err)
		same(t, "users", users, []store.User{user("Bob"), alice})
		_, err = s.User(ctx, "none")
		wantErr(t, err, store.ErrNotFound)
		for _, err := range []error{
			s.SetPassword(ctx, "none", "", day), s.SetPolicy(ctx, "none", nil),
			s.SetTOTP(ctx, "none", nil), s.SetDisabled(ctx, "none", true),
		} {
			wantErr(t, err, store.ErrNotFound)
		}
	})
}

func TestFirstUser(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		won := race(t, 6, func(ctx context.Context, i int) (bool, error) {
			u := user("admin")
			u.ID = fmt.Sprint(i)
			added, err := s.AddFirstUser(ctx, u)
			return added, ignore(err, store.ErrExists)
		})
		same(t, "first users", won, 1)
		added, err := s.AddFirstUser(t.Context(), user("second"))
		must(t, err)
		same(t, "second", added, false)
	})
}

func TestOneTimeCodeIsUsedOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		must(t, s.AddUser(t.Context(), user("alice")))
		won := race(t, 8, func(ctx context.Context, _ int) (bool, error) { return s.UseTOTP(ctx, "id-alice", 10) })
		same(t, "winners", won, 1)
		for step, want := range map[int64]bool{9: false, 10: false} {
			fresh, err := s.UseTOTP(t.Context(), "id-alice", step)
			must(t, err)
			same(t, fmt.Sprint("step ", step), fresh, want)
		}
		fresh, err := s.UseTOTP(t.Context(), "id-alice", 11)
		must(t, err)
		same(t, "later step", fresh, true)
	})
}

func TestKey(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		must(t, s.AddUser(ctx, user("alice")))
		key := store.AccessKey{Access: "AK", UserID: "id-alice", Secret: []byte{3}, CreatedAt: day}
		must(t, s.AddKey(ctx, key))
		wantErr(t, s.AddKey(ctx, key), store.ErrExists)
		if err := s.AddKey(ctx, store.AccessKey{Access: "B", UserID: "nobody", Secret: []byte{1}}); err == nil {
			t.Error("a key was added for nobody")
		}
		got, owner, err := s.Key(ctx, "AK")
		must(t, err)
		key.UserName = "alice"
		same(t, "key", got, key)
		same(t, "owner", owner, user("alice"))
		keys, err := s.Keys(ctx)
		must(t, err)
		key.Secret = nil
		same(t, "keys", keys, []store.AccessKey{key})
		must(t, s.DeleteKey(ctx, "AK"))
		wantErr(t, s.DeleteKey(ctx, "AK"), store.ErrNotFound)
		_, _, err = s.Key(ctx, "AK")
		wantErr(t, err, store.ErrNotFound)
	})
}

func TestToken(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		must(t, s.AddUser(ctx, user("alice")))
		token := store.Token{
			Hash: []byte("h"), UserID: "id-alice", ProjectID: "p", Methods: "password totp", Epoch: 1,
			IssuedAt: day, ExpiresAt: day.Add(time.Hour),
		}
		must(t, s.AddToken(ctx, token))
		got, owner, err := s.Token(ctx, []byte("h"))
		must(t, err)
		same(t, "token", got, token)
		same(t, "owner", owner, user("alice"))
		must(t, s.DeleteExpiredTokens(ctx, day.Add(time.Hour)))
		_, _, err = s.Token(ctx, []byte("h"))
		must(t, err)
		must(t, s.DeleteExpiredTokens(ctx, day.Add(time.Hour+time.Millisecond)))
		_, _, err = s.Token(ctx, []byte("h"))
		wantErr(t, err, store.ErrNotFound)
	})
}

func TestEnsureProject(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		first, err := s.EnsureProject(t.Context(), store.Project{ID: "1", Name: "local", DomainID: "d"})
		must(t, err)
		again, err := s.EnsureProject(t.Context(), store.Project{ID: "2", Name: "local", DomainID: "e"})
		must(t, err)
		same(t, "project", again, first)
	})
}
