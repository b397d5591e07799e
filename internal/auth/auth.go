// Package auth lets people in: it signs them in against IAM, keeps their
// sessions and tokens sealed in the store, gives each session its client of
// the API, and issues the one-use tickets that commands need.
//
// The cookie holds a random id and nothing else; the store knows only its
// SHA-256. What a user may do the API decides, by the user's own token; a role
// takes from that and adds nothing.
package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/revive"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// The errors of sessions and tickets.
var (
	// ErrNoSession tells that nobody is signed in: no cookie, or one that is
	// not or no longer known.
	ErrNoSession = errors.New("not signed in")
	// ErrExpired tells that the session's token ran out or was refused. The
	// session is still there: signing in on the spot renews it.
	ErrExpired = errors.New("the token of the session ran out")
	// ErrTicket tells that a ticket is unknown, used, too old, or was issued
	// for something else.
	ErrTicket = errors.New("the ticket is not good for this")
	// ErrTooSoon tells that a held ticket was shown before its time. It is
	// still good.
	ErrTooSoon = errors.New("the ticket is not good yet")
)

// Store is what sessions and tickets are kept in. *store.Store satisfies it.
type Store interface {
	PutSession(ctx context.Context, s store.Session) error
	Session(ctx context.Context, key []byte) (store.Session, error)
	TouchSession(ctx context.Context, key []byte, seen time.Time) error
	ResealSession(ctx context.Context, key, sealed []byte, keyNumber int) error
	Sessions(ctx context.Context, owner []byte, now time.Time) ([]store.Session, error)
	RenewSession(ctx context.Context, old []byte, s store.Session) error
	DeleteSession(ctx context.Context, key []byte) error
	DeleteSessions(ctx context.Context, owner, keep []byte) (int, error)
	DeleteExpired(ctx context.Context, now time.Time) error
	PutTicket(ctx context.Context, t store.Ticket) error
	TakeTicket(ctx context.Context, hash []byte, now time.Time) (store.Ticket, error)
	RoleRules(ctx context.Context) ([]store.RoleRule, error)
	ReplaceRoleRules(ctx context.Context, were, now []store.RoleRule, line trail.Line) error
}

// Key seals what is at rest. *seal.Key satisfies it.
type Key interface {
	Seal(plain, context []byte) (sealed []byte, keyNumber int, err error)
	Open(sealed, context []byte) ([]byte, error)
}

// Options of an Auth.
type Options struct {
	Store   Store
	Key     Key
	Backend Backend
	Trail   Trail      // nil: nobody keeps one
	Admins  role.Rules // who are admins whatever the rules in the store say
	Secure  bool       // the dashboard is reached by HTTPS: Secure cookies with the __Host- prefix
	Log     *slog.Logger
	Now     func() time.Time // nil means time.Now

	// Transport carries the calls to IAM and to the API; nil makes one for
	// each endpoint.
	Transport http.RoundTripper
	// Observe, if not nil, is told of every upstream call.
	Observe func(op string, status int, d time.Duration)
	// Panicked is told of each panic of a proof made aside; it may be nil.
	Panicked func(what string)
}

// Auth signs people in and knows who is.
type Auth struct {
	store    Store
	trail    Trail
	rows     *rows
	backend  Backend
	log      *slog.Logger
	now      func() time.Time
	guard    revive.Guard
	clients  *clients
	throttle *throttle
	janitor  *janitor
	rulebook *rulebook
	denials  *denials
}

// New makes an Auth.
func New(o Options) *Auth {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	known := newDenials(o.Now)
	a := &Auth{
		store:    o.Store,
		trail:    o.Trail,
		rows:     newRows(o),
		backend:  o.Backend,
		log:      o.Log,
		now:      o.Now,
		guard:    revive.Guard{Log: o.Log, Panicked: o.Panicked},
		clients:  newClients(o, known),
		throttle: newThrottle(o.Now),
		janitor:  &janitor{store: o.Store, now: o.Now},
		rulebook: newRulebook(o),
		denials:  known,
	}
	a.rows.role = a.Role
	return a
}

// Backend tells where one can sign in.
func (a *Auth) Backend() Backend { return a.backend }

// Session gives the session of a request, from the store or as it was there a
// moment ago (1.5 s). With ErrExpired it gives the session too, so that the page knows
// who is to sign in again. Callers must not change it.
func (a *Auth) Session(r *http.Request) (*Session, error) {
	s, err := a.rows.load(r)
	if err != nil {
		return nil, err
	}
	a.rows.touch(r.Context(), s)
	if s.Ended || !a.now().Before(s.usableUntil()) {
		return s, ErrExpired
	}
	return s, nil
}

// Expire notes that the API no longer takes the session's token of its place. The
// session stays, and is ErrExpired there from now on.
func (a *Auth) Expire(ctx context.Context, s *Session) error {
	now, err := a.rows.fresh(ctx, s.key)
	if errors.Is(err, ErrNoSession) {
		return nil
	}
	if err != nil {
		return err
	}
	ended := *now
	ended.others = slices.Clone(now.others)
	if p := ended.place(s.Key()); p != nil && p.Token == s.Token {
		p.Ended = true
	}
	return a.rows.reseal(ctx, &ended)
}

// SignOut ends the session of a request, here and on every replica, and removes
// the cookie. It is no error if there is none.
func (a *Auth) SignOut(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
	s, err := a.rows.load(r)
	if errors.Is(err, ErrNoSession) {
		a.rows.clearCookie(w)
		return nil
	}
	if err != nil {
		return err
	}
	if err := a.end(ctx, s); err != nil {
		return err
	}
	a.rows.clearCookie(w)
	for _, p := range s.Places() {
		a.note(ctx, trail.Line{Endpoint: p.Endpoint, Project: p.ProjectID, Verb: verbSignOut, Actor: p.User})
	}
	return nil
}

// Ended tells whether an error of the API means that the session's token is no
// longer taken.
func Ended(err error) bool { return err != nil && medialive.KindOf(err) == medialive.KindNotSignedIn }
