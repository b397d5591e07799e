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
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// PutSession adds the session, or replaces the one with its key.
func (s *Store) PutSession(ctx context.Context, v Session) error {
	_, err := s.write().exec(ctx, `
		INSERT INTO sessions (key, sealed, key_number, created_at, seen_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (key) DO UPDATE SET sealed = excluded.sealed, key_number = excluded.key_number,
			created_at = excluded.created_at, seen_at = excluded.seen_at, expires_at = excluded.expires_at`,
		v.Key, v.Sealed, v.KeyNumber, v.CreatedAt, v.SeenAt, v.ExpiresAt)
	if err != nil {
		return fmt.Errorf("put session: %w", err)
	}
	return nil
}

// Session gives the session with the key, whether or not it expired, or
// [ErrNotFound].
func (s *Store) Session(ctx context.Context, key []byte) (Session, error) {
	v, err := one(ctx, s.read(), scanSession, `
		SELECT key, sealed, key_number, created_at, seen_at, expires_at FROM sessions WHERE key = $1`, key)
	if err != nil {
		return Session{}, fmt.Errorf("session: %w", err)
	}
	return v, nil
}

func scanSession(scan scanner) (v Session, err error) {
	err = scan(&v.Key, &v.Sealed, &v.KeyNumber, instant{&v.CreatedAt}, instant{&v.SeenAt}, instant{&v.ExpiresAt})
	return v, err
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
