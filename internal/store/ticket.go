package store

import (
	"context"
	"fmt"
	"time"
)

// Ticket lets one session give one command once.
type Ticket struct {
	Hash      []byte // SHA-256 of the ticket
	Session   []byte // key of the session it was issued to
	Verb      string
	Subject   string
	State     string // of the subject when it was issued
	ExpiresAt time.Time
}

// PutTicket adds a ticket.
func (s *Store) PutTicket(ctx context.Context, v Ticket) error {
	_, err := s.write().exec(ctx, `
		INSERT INTO tickets (hash, session, verb, subject, state, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		v.Hash, v.Session, v.Verb, v.Subject, v.State, v.ExpiresAt)
	if err != nil {
		return fmt.Errorf("put ticket: %w", s.exists(err))
	}
	return nil
}

// TakeTicket gives the ticket and deletes it, so that of all who try at once
// one gets it. It says [ErrNotFound] if there is none or if it expired by now.
func (s *Store) TakeTicket(ctx context.Context, hash []byte, now time.Time) (Ticket, error) {
	var taken Ticket
	err := s.tx(ctx, func(c conn) (err error) {
		taken, err = one(ctx, c, scanTicket, `
			DELETE FROM tickets WHERE hash = $1
			RETURNING hash, session, verb, subject, state, expires_at`, hash)
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
	err = scan(&v.Hash, &v.Session, &v.Verb, &v.Subject, &v.State, instant{&v.ExpiresAt})
	return v, err
}

// exists says [ErrExists] for a key that exists already.
func (s *Store) exists(err error) error {
	if s.dialect.unique(err) {
		return ErrExists
	}
	return err
}
