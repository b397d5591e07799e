package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// ErrKept tells that what was kept for after a step-up is not what was handed
// out for it, or is another person's.
var ErrKept = errors.New("what was kept is not readable")

// StepUp proves that who sits there is the person of the session: by password,
// and by a one-time code where IAM wants one. It is a sign-in of the same person
// to the same place: the session goes on under a new id and with a new token,
// and its tickets are good still. It answers with the errors of SignIn. Of the
// form only password, code and address are used.
func (a *Auth) StepUp(ctx context.Context, w http.ResponseWriter, r *http.Request, s *Session, f Form) (*Session, error) {
	f.Account, f.User, f.UserID, f.Region = s.Account, s.User, s.UserID, s.Region
	f = f.tidy(r)
	if wait := a.throttle.attempt(f.account(), f.Address); wait > 0 {
		return nil, &ThrottledError{RetryAfter: wait}
	}
	here := Target{Region: s.Region, Endpoint: s.Endpoint, IAMEndpoint: s.IAMEndpoint, Project: s.Project}
	info, err := a.token(ctx, here, f)
	if err == nil && (info.UserID != s.UserID || info.ProjectID != s.ProjectID) {
		err = ErrCredentials // somebody else by now
	}
	if err != nil {
		if errors.Is(err, ErrCredentials) {
			a.note(ctx, trail.Line{Endpoint: s.Endpoint, Project: s.ProjectID, Verb: verbStepUpRefused, Actor: s.User, Detail: "address=" + f.Address})
		}
		return nil, err
	}
	a.throttle.succeeded(f.account(), f.Address)
	next := *s
	next.Place, next.Address, next.Agent = a.placeOf(ctx, here, info), f.Address, agentOf(r)
	if err := a.rows.renew(ctx, w, s.key, &next); err != nil {
		return nil, err
	}
	a.clients.forget(s)
	a.denials.forget(s.Person())
	a.note(ctx, trail.Line{Endpoint: s.Endpoint, Project: s.ProjectID, Verb: verbStepUp, Actor: s.User, Detail: "address=" + f.Address})
	return &next, nil
}

// Keep seals something for this person's browser to bring back after a step-up:
// what was typed may be secret, and must not be changed on the way.
func (a *Auth) Keep(s *Session, what []byte) (string, error) {
	sealed, _, err := a.rows.seal.Seal(what, s.keeper())
	if err != nil {
		return "", fmt.Errorf("not kept: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Kept opens what Keep sealed for the same person, or says ErrKept.
func (a *Auth) Kept(s *Session, kept string) ([]byte, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(kept)
	if err != nil {
		return nil, ErrKept
	}
	what, err := a.rows.seal.Open(sealed, s.keeper())
	if err != nil {
		return nil, ErrKept
	}
	return what, nil
}

// keeper is for whom, and where, something is kept.
func (s *Session) keeper() []byte {
	return append([]byte("step-up\x00"+s.ProjectID+"\x00"), s.Place.owner()...)
}
