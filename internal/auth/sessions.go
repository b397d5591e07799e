package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// Listed is a session as people see it in a list.
type Listed struct {
	ID      string // names it; opens nothing
	User    string
	Account string
	Where   []Target // its places by region and project alone, the present one first
	Address string   // whence it was signed in
	Agent   string   // what the browser said it was, at most 200 characters, never trusted
	Since   time.Time
	SeenAt  time.Time // to the minute
	Ends    time.Time // unless it is left alone for longer than its role allows
	Role    role.Role
	This    bool // that of who asks
}

// Own lists the sessions of a person, the one that was used last first.
func (a *Auth) Own(ctx context.Context, s *Session) ([]Listed, error) {
	return a.list(ctx, s, s.owner())
}

// Everybody lists all sessions. Whether who asks may see them is for the caller.
func (a *Auth) Everybody(ctx context.Context, s *Session) ([]Listed, error) {
	return a.list(ctx, s, nil)
}

func (a *Auth) list(ctx context.Context, s *Session, owner []byte) ([]Listed, error) {
	open, err := a.standing(ctx, owner)
	if err != nil {
		return nil, err
	}
	all := make([]Listed, len(open))
	for i, o := range open {
		all[i] = Listed{
			ID: o.ID(), User: o.User, Account: o.Account, Where: o.where(),
			Address: o.Address, Agent: o.Agent, Since: o.SignedInAt, SeenAt: o.seenAt, Ends: o.Ends(),
			Role: a.rows.role(ctx, o), This: o.Same(s),
		}
	}
	return all, nil
}

// where names the places of a session, the present one first.
func (s *Session) where() []Target {
	all := []Target{{Region: s.Region, Project: s.Project}}
	for _, p := range s.Places() {
		if p.Key() != s.Key() {
			all = append(all, Target{Region: p.Region, Project: p.Project})
		}
	}
	return all
}

// standing gives the sessions of an owner that can be used, or everybody's.
func (a *Auth) standing(ctx context.Context, owner []byte) ([]*Session, error) {
	rows, err := a.store.Sessions(ctx, owner, a.now())
	if err != nil {
		return nil, fmt.Errorf("sessions not listed: %w", err)
	}
	open := make([]*Session, 0, len(rows))
	for _, row := range rows {
		s, err := a.rows.unseal(ctx, row)
		switch {
		case errors.Is(err, ErrNoSession):
			continue
		case err != nil:
			return nil, err
		}
		open = append(open, s)
	}
	return open, nil
}

// RevokeOwn ends a session of the same person, by its id. It is ErrNoSession if
// there is none.
func (a *Auth) RevokeOwn(ctx context.Context, by *Session, id string) error {
	_, err := a.revoke(ctx, by, by.owner(), id)
	return err
}

// Revoke ends anybody's session, and gives whose it was. Whether who asks may is
// for the caller.
func (a *Auth) Revoke(ctx context.Context, by *Session, id string) (user string, err error) {
	return a.revoke(ctx, by, nil, id)
}

func (a *Auth) revoke(ctx context.Context, by *Session, owner []byte, id string) (user string, err error) {
	open, err := a.standing(ctx, owner)
	if err != nil {
		return "", err
	}
	for _, s := range open {
		if s.ID() != id {
			continue
		}
		if err := a.end(ctx, s); err != nil {
			return "", err
		}
		a.note(ctx, trail.Line{
			Endpoint: by.Endpoint, Project: by.ProjectID, Verb: verbRevoke, Actor: by.User, Target: s.User,
			Detail: "session=" + id + " address=" + s.Address,
		})
		return s.User, nil
	}
	return "", ErrNoSession
}

// RevokeOthers ends all sessions of a person but this one, and gives how many
// there were.
func (a *Auth) RevokeOthers(ctx context.Context, by *Session) (int, error) {
	return a.revokeAll(ctx, by, by.owner(), verbRevokeOthers)
}

// RevokeAll ends everybody's sessions but this one, and gives how many there
// were. Whether who asks may is for the caller.
func (a *Auth) RevokeAll(ctx context.Context, by *Session) (int, error) {
	return a.revokeAll(ctx, by, nil, verbRevokeAll)
}

// revokePasses is how often it is looked for sessions that got another id just
// while all were ended.
const revokePasses = 3

func (a *Auth) revokeAll(ctx context.Context, by *Session, owner []byte, verb string) (n int, err error) {
	for range revokePasses {
		gone, err := a.store.DeleteSessions(ctx, owner, by.key)
		if err != nil {
			return n, fmt.Errorf("sessions not ended: %w", err)
		}
		n += gone
		if gone == 0 {
			break
		}
	}
	a.rows.forgetAll()
	a.note(ctx, trail.Line{
		Endpoint: by.Endpoint, Project: by.ProjectID, Verb: verb, Actor: by.User, Detail: "sessions=" + strconv.Itoa(n),
	})
	return n, nil
}

// end deletes a session, here and on every replica.
func (a *Auth) end(ctx context.Context, s *Session) error {
	if err := a.rows.drop(ctx, s.key); err != nil {
		return err
	}
	a.forgetBut(s, &Session{})
	return nil
}

// forgetBut drops the clients of a session that ended, but for those that
// another goes on with.
func (a *Auth) forgetBut(s, next *Session) {
	for _, p := range s.Places() {
		if kept := next.place(p.Key()); kept == nil || kept.Token != p.Token {
			a.clients.forget(&Session{Place: p})
		}
	}
}

// Settle gives a session a new id where its role is another than the one with
// which it got its id; otherwise it gives it as it is.
func (a *Auth) Settle(ctx context.Context, w http.ResponseWriter, s *Session) (*Session, error) {
	if a.rows.role(ctx, s) == s.Acts {
		return s, nil
	}
	next := *s
	err := a.rows.renew(ctx, w, s.key, &next)
	if errors.Is(err, ErrNoSession) {
		return nil, err // it got one by another request, or has ended
	}
	if err != nil {
		a.log.WarnContext(ctx, "no new id for a session of another role", "error", err) // a full disk keeps nobody from looking
		return s, nil
	}
	return &next, nil
}
