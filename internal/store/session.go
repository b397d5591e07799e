package store

import (
	"context"
	"fmt"
	"time"
)

// Session is a signed-in browser.
type Session struct {
	Key       []byte // SHA-256 of the id in the cookie
	Sealed    []byte // all that is known of it, sealed
	KeyNumber int    // which key sealed it
	Owner     []byte // whose it is, in a hash; nil for what nobody can be signed in by
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// PutSession adds the session, or replaces the one with its key.
func (s *Store) PutSession(ctx context.Context, v Session) error {
	if err := putSession(ctx, s.write(), v); err != nil {
		return fmt.Errorf("put session: %w", err)
	}
	return nil
}

func putSession(ctx context.Context, c conn, v Session) error {
	var owner any // a nil slice is an empty one to some drivers, and no NULL
	if v.Owner != nil {
		owner = v.Owner
	}
	_, err := c.exec(ctx, `
		INSERT INTO sessions (key, sealed, key_number, owner, created_at, seen_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (key) DO UPDATE SET sealed = excluded.sealed, key_number = excluded.key_number, owner = excluded.owner,
			created_at = excluded.created_at, seen_at = excluded.seen_at, expires_at = excluded.expires_at`,
		v.Key, v.Sealed, v.KeyNumber, owner, v.CreatedAt, v.SeenAt, v.ExpiresAt)
	return err
}

const selectSession = `SELECT key, sealed, key_number, owner, created_at, seen_at, expires_at FROM sessions `

// Session gives the session with the key, whether or not it expired, or
// [ErrNotFound].
func (s *Store) Session(ctx context.Context, key []byte) (Session, error) {
	v, err := one(ctx, s.read(), scanSession, selectSession+`WHERE key = $1`, key)
	if err != nil {
		return Session{}, fmt.Errorf("session: %w", err)
	}
	return v, nil
}

// Sessions gives the sessions of an owner that have not expired by now, or, with
// a nil owner, everybody's; the one that was used last comes first.
func (s *Store) Sessions(ctx context.Context, owner []byte, now time.Time) ([]Session, error) {
	q := &query{conditions: []string{"owner IS NOT NULL"}}
	q.and("expires_at > %s", now)
	q.unless(owner == nil, "owner = %s", owner)
	vs, err := all(ctx, s.read(), scanSession, selectSession+q.where()+` ORDER BY seen_at DESC, key`, q.args...)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	return vs, nil
}

func scanSession(scan scanner) (v Session, err error) {
	err = scan(&v.Key, &v.Sealed, &v.KeyNumber, &v.Owner, instant{&v.CreatedAt}, instant{&v.SeenAt}, instant{&v.ExpiresAt})
	return v, err
}

// RenewSession puts a session in the place of another, whose tickets become its
// own: the same person under another key. It says [ErrNotFound] if the other is
// gone, and then puts nothing.
func (s *Store) RenewSession(ctx context.Context, old []byte, v Session) error {
	err := s.tx(ctx, func(c conn) error {
		if err := c.execOne(ctx, `DELETE FROM sessions WHERE key = $1`, old); err != nil {
			return err
		}
		if _, err := c.exec(ctx, `UPDATE tickets SET session = $1 WHERE session = $2`, v.Key, old); err != nil {
			return err
		}
		return putSession(ctx, c, v)
	})
	if err != nil {
		return fmt.Errorf("renew session: %w", err)
	}
	return nil
}

// TouchSession notes when the session was last used. It says [ErrNotFound] if
// the session is gone: a late note must not revive what was signed out.
func (s *Store) TouchSession(ctx context.Context, key []byte, seen time.Time) error {
	if err := s.write().execOne(ctx, `UPDATE sessions SET seen_at = $1 WHERE key = $2`, seen, key); err != nil {
		return fmt.Errorf("touch session: %w", err)
	}
	return nil
}

// ResealSession replaces what is known of the session, with [ErrNotFound] if it
// is gone.
func (s *Store) ResealSession(ctx context.Context, key, sealed []byte, keyNumber int) error {
	err := s.write().execOne(ctx, `UPDATE sessions SET sealed = $1, key_number = $2 WHERE key = $3`, sealed, keyNumber, key)
	if err != nil {
		return fmt.Errorf("reseal session: %w", err)
	}
	return nil
}

// DeleteSession deletes the session, if it is there, with its tickets.
func (s *Store) DeleteSession(ctx context.Context, key []byte) error {
	err := s.tx(ctx, func(c conn) error {
		if _, err := c.exec(ctx, `DELETE FROM tickets WHERE session = $1`, key); err != nil {
			return err
		}
		_, err := c.exec(ctx, `DELETE FROM sessions WHERE key = $1`, key)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}

// DeleteSessions deletes the sessions of an owner, or, with a nil owner,
// everybody's, with their tickets; but not the one to keep. It gives how many
// there were.
func (s *Store) DeleteSessions(ctx context.Context, owner, keep []byte) (n int, err error) {
	q := &query{conditions: []string{"owner IS NOT NULL"}}
	q.and("key <> %s", keep)
	q.unless(owner == nil, "owner = %s", owner)
	err = s.tx(ctx, func(c conn) error {
		if _, err := c.exec(ctx, `DELETE FROM tickets WHERE session IN (SELECT key FROM sessions `+q.where()+`)`, q.args...); err != nil {
			return err
		}
		var gone int64
		gone, err = c.exec(ctx, `DELETE FROM sessions `+q.where(), q.args...)
		n = int(gone)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("delete sessions: %w", err)
	}
	return n, nil
}

// DeleteExpired deletes the sessions and tickets that expired by now.
func (s *Store) DeleteExpired(ctx context.Context, now time.Time) error {
	err := s.tx(ctx, func(c conn) error {
		if _, err := c.exec(ctx, `DELETE FROM tickets WHERE expires_at <= $1`, now); err != nil {
			return err
		}
		_, err := c.exec(ctx, `DELETE FROM sessions WHERE expires_at <= $1`, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete expired sessions: %w", err)
	}
	return nil
}
