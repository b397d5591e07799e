package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Ticket lets one session give one command once.
type Ticket struct {
	Hash      []byte // SHA-256 of the ticket
	Session   []byte // key of the session it was issued to
	Verb      string
	Subject   string
	State     string    // of the subject when it was issued
	NotBefore time.Time // it is good from then on; zero: at once
	ExpiresAt time.Time
}

// ErrTooSoon is that a ticket is not good yet.
var ErrTooSoon = errors.New("too soon")

// PutTicket adds a ticket.
func (s *Store) PutTicket(ctx context.Context, v Ticket) error {
	_, err := s.write().exec(ctx, `
		INSERT INTO tickets (hash, session, verb, subject, state, not_before, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		v.Hash, v.Session, v.Verb, v.Subject, v.State, v.NotBefore, v.ExpiresAt)
	if err != nil {
		return fmt.Errorf("put ticket: %w", s.exists(err))
	}
	return nil
}

// TakeTicket gives the ticket and deletes it, so that of all who try at once
// one gets it. It says [ErrNotFound] if there is none or if it expired by now,
// and [ErrTooSoon] if it is not good yet: then it stays.
func (s *Store) TakeTicket(ctx context.Context, hash []byte, now time.Time) (Ticket, error) {
	var taken Ticket
	err := s.tx(ctx, func(c conn) (err error) {
		taken, err = one(ctx, c, scanTicket, `
			DELETE FROM tickets WHERE hash = $1
			RETURNING hash, session, verb, subject, state, not_before, expires_at`, hash)
		if err == nil && millis(taken.NotBefore) > now.UnixMilli() {
			err = ErrTooSoon
		}
		return err
	})
	if err == nil && taken.ExpiresAt.UnixMilli() <= now.UnixMilli() {
		err = ErrNotFound
	}
	if err != nil {
		return Ticket{}, fmt.Errorf("take ticket: %w", err)
	}
	return taken, nil
}

func scanTicket(scan scanner) (v Ticket, err error) {
	err = scan(&v.Hash, &v.Session, &v.Verb, &v.Subject, &v.State, instant{&v.NotBefore}, instant{&v.ExpiresAt})
	return v, err
}

// exists says [ErrExists] for a key that exists already.
func (s *Store) exists(err error) error {
	if s.dialect.unique(err) {
		return ErrExists
	}
	return err
}
