package auth

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// Trail is where it is written down who came and went. *store.Store satisfies
// it.
type Trail interface {
	AppendTrail(ctx context.Context, lines ...trail.Line) error
}

// The verbs of the trail.
const (
	verbSignIn  = "sign_in"
	verbRefused = "sign_in_refused"
	verbSignOut = "sign_out"

	verbStepUp        = "step_up"
	verbStepUpRefused = "step_up_refused"
	verbRevoke        = "revoke_session"
	verbRevokeOthers  = "revoke_others" // all of one's own but one
	verbRevokeAll     = "revoke_all"    // everybody's but one
)

// note writes who came or went. What cannot be written is for the log: who may
// look is not kept from looking by a full disk, and commands have their own
// lines.
func (a *Auth) note(ctx context.Context, l trail.Line) {
	if a.trail == nil {
		return
	}
	l.At, l.Kind, l.ID = a.now(), trail.Access, uuid.NewString()
	if err := a.trail.AppendTrail(ctx, l); err != nil {
		a.log.WarnContext(ctx, "not written to the trail", "verb", l.Verb, "error", err)
	}
}

// noteRefused writes that somebody was not let in, for the whole installation:
// which project it would have been is not known. The name is written only if
// somebody of that name signed in before: else it may be a password, typed in
// the wrong field.
func (a *Auth) noteRefused(ctx context.Context, target Target, f Form, err error) {
	if !errors.Is(err, ErrCredentials) {
		return
	}
	l := trail.Line{Verb: verbRefused, Detail: "address=" + f.Address}
	if a.knownUserID(ctx, target, f) != "" {
		l.Target = f.User
	}
	a.note(ctx, l)
}
