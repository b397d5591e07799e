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

// Issue makes a ticket that is good once, for this session in its present place,
// this verb on this subject, and only while the subject is in this state.
func (a *Auth) Issue(ctx context.Context, s *Session, verb, subject, state string, life time.Duration) (ticket string, err error) {
	return a.IssueHeld(ctx, s, verb, subject, state, 0, life)
}

// IssueHeld is Issue for a ticket that is good only after the hold has passed,
// and then for its life: what proves that a button was held is that its ticket
// was asked for so long ago.
func (a *Auth) IssueHeld(ctx context.Context, s *Session, verb, subject, state string, hold, life time.Duration) (ticket string, err error) {
	a.janitor.sweep(ctx)
	ticket = newID()
	from := a.now().Add(hold)
	t := store.Ticket{
		Hash: keyOf(ticket), Session: s.key,
		Verb: verb, Subject: s.Key() + " " + subject, State: state, ExpiresAt: from.Add(life),
	}
	if hold > 0 {
		t.NotBefore = from
	}
	err = a.store.PutTicket(ctx, t)
	if err != nil {
		return "", fmt.Errorf("ticket not issued: %w", err)
	}
	return ticket, nil
}

// Redeem uses a ticket up. It is ErrTicket if it is not good for exactly this;
// a ticket that was shown for something else is used up too. A held one is
// ErrTooSoon before its time, and stays good.
func (a *Auth) Redeem(ctx context.Context, s *Session, ticket, verb, subject, state string) error {
	t, err := a.store.TakeTicket(ctx, keyOf(ticket), a.now())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrTicket
	case errors.Is(err, store.ErrTooSoon):
		return ErrTooSoon
	}
	if err != nil {
		return fmt.Errorf("ticket not read: %w", err)
	}
	same := subtle.ConstantTimeCompare(t.Session, s.key) == 1
	if !same || t.Verb != verb || t.Subject != s.Key()+" "+subject || t.State != state {
		return ErrTicket
	}
	return nil
}

// Same tells whether two sessions are one.
func (s *Session) Same(o *Session) bool { return o != nil && bytes.Equal(s.key, o.key) }
