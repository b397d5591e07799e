package auth

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

// Issue makes a ticket that is good once, for this session, this verb on this
// subject, and only while the subject is in this state.
func (a *Auth) Issue(ctx context.Context, s *Session, verb, subject, state string, life time.Duration) (ticket string, err error) {
	a.janitor.sweep(ctx)
	ticket = newID()
	err = a.store.PutTicket(ctx, store.Ticket{
		Hash: keyOf(ticket), Session: s.key,
		Verb: verb, Subject: subject, State: state, ExpiresAt: a.now().Add(life),
	})
	if err != nil {
		return "", fmt.Errorf("ticket not issued: %w", err)
	}
	return ticket, nil
}

// Redeem uses a ticket up. It is ErrTicket if it is not good for exactly this;
// a ticket that was shown for something else is used up too.
func (a *Auth) Redeem(ctx context.Context, s *Session, ticket, verb, subject, state string) error {
	t, err := a.store.TakeTicket(ctx, keyOf(ticket), a.now())
	if errors.Is(err, store.ErrNotFound) {
		return ErrTicket
	}
	if err != nil {
		return fmt.Errorf("ticket not read: %w", err)
	}
	same := subtle.ConstantTimeCompare(t.Session, s.key) == 1
	if !same || t.Verb != verb || t.Subject != subject || t.State != state {
		return ErrTicket
	}
	return nil
}

// Same tells whether two sessions are one.
func (s *Session) Same(o *Session) bool { return o != nil && bytes.Equal(s.key, o.key) }
