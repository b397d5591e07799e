package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// MaxPlaces is how many places a session holds.
const MaxPlaces = 16

// The errors of places.
var (
	// ErrNoPlace: the session holds no such place.
	ErrNoPlace = errors.New("not signed in to that project")
	// ErrManyPlaces: the session holds as many places as it can.
	ErrManyPlaces = errors.New("signed in to as many projects as there can be")
	// ErrLastPlace: who leaves the only place signs out.
	ErrLastPlace = errors.New("the only project that one is signed in to")
)

// Place is where somebody is signed in, as whom, and with which token: a
// project of a region of a backend. Each place was proved by itself, so that a
// person may have another name and another role in each.
type Place struct {
	UserID      string
	User        string
	Account     string
	Groups      []string // of IAM, as it told at the sign-in; nil: it did not
	Endpoint    string   // of the API
	IAMEndpoint string
	ProjectID   string
	Project     string // its name
	Region      string
	Token       medialive.Secret
	SignedInAt  time.Time
	ExpiresAt   time.Time // of the token
	Ended       bool      // the API refused the token before its time
	SteppedUpAt time.Time // when the password was last given
}

// Key names the place in pages: the same for everybody who is there.
func (p *Place) Key() string { return PlaceKey(p.Endpoint, p.ProjectID) }

// PlaceKey names a project of an endpoint in pages. It is no secret, and tells
// nothing.
func PlaceKey(endpoint, projectID string) string {
	sum := sha256.Sum256([]byte("place\x00" + endpoint + "\x00" + projectID))
	return hex.EncodeToString(sum[:6])
}

// FlowRegion is the region as the API of the place calls it, whatever the place's
// own name: IAM's projects have it before the first underscore.
func (p *Place) FlowRegion() string {
	region, _, _ := strings.Cut(p.Project, "_")
	return region
}

// OwnProject tells whether a project is that which a region has by itself.
func (a *Auth) OwnProject(region, project string) bool {
	t, known := a.backend.Target(region)
	return known && t.Project == project
}

// Who is as whom one is there.
func (p *Place) Who() role.Who {
	return role.Who{Region: p.Region, Account: p.Account, User: p.User, Groups: p.Groups}
}

// Person is who is there.
func (p *Place) Person() Person {
	return Person{Endpoint: p.Endpoint, Project: p.ProjectID, Account: p.Account, User: p.User}
}

// SteppedUp tells whether the password was given within a time.
func (p *Place) SteppedUp(now time.Time, within time.Duration) bool {
	return now.Sub(p.SteppedUpAt) < within
}

// owner is the person, whatever the project.
func (p *Place) owner() []byte {
	sum := sha256.Sum256([]byte("owner\x00" + p.Endpoint + "\x00" + p.Account + "\x00" + p.User))
	return sum[:]
}

// usableUntil is when the token is used for the last time: a little before its
// end, so that no command meets it.
func (p *Place) usableUntil() time.Time {
	life := p.ExpiresAt.Sub(p.SignedInAt)
	return p.ExpiresAt.Add(-min(expiryMargin, life/10))
}

// same tells whether two places are one project, and one person there.
func (p *Place) same(o *Place) bool {
	return p.Key() == o.Key() && p.UserID == o.UserID && p.Account == o.Account && p.User == o.User
}

// Places gives all places of the session, by region, project and user.
func (s *Session) Places() []Place {
	all := append([]Place{s.Place}, s.others...)
	slices.SortStableFunc(all, func(a, b Place) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Project, b.Project), cmp.Compare(a.User, b.User))
	})
	return all
}

// place finds a place of the session by its key.
func (s *Session) place(key string) *Place {
	if s.Key() == key {
		return &s.Place
	}
	for i := range s.others {
		if s.others[i].Key() == key {
			return &s.others[i]
		}
	}
	return nil
}

// at gives the session as it is in another of its places.
func (s *Session) at(key string) (*Session, bool) {
	next := *s
	if s.Key() == key {
		return &next, true
	}
	next.others = []Place{s.Place}
	found := false
	for _, p := range s.others {
		if p.Key() == key {
			next.Place, found = p, true
			continue
		}
		next.others = append(next.others, p)
	}
	return &next, found
}

// without gives other places than one.
func without(places []Place, key string) []Place {
	return slices.DeleteFunc(slices.Clone(places), func(p Place) bool { return p.Key() == key })
}

// At gives the session as it is in another of its places, for reading there; it
// changes nothing. It is ErrNoPlace if it holds none of that key, and with
// ErrExpired the place wants a new sign-in.
func (a *Auth) At(ctx context.Context, s *Session, key string) (*Session, error) {
	view, ok := s.at(key)
	if !ok {
		return nil, ErrNoPlace
	}
	view.limits = limitsOf(a.rows.role(ctx, view))
	if view.Ended || !a.now().Before(view.Ends()) {
		return view, ErrExpired
	}
	return view, nil
}

// switched is the name of the cookie that tells every replica, for as long as it
// may believe what it knew, to ask the store for the session.
const switched = "flowdeck_switched"

// Switch makes another of the session's places the current one. It is ErrNoPlace
// if it holds none of that key. A place that wants a new sign-in can be gone to:
// there it is asked for.
func (a *Auth) Switch(ctx context.Context, w http.ResponseWriter, s *Session, key string) (*Session, error) {
	return a.change(ctx, w, s, func(now *Session) (*Session, error) {
		next, ok := now.at(key)
		if !ok {
			return nil, ErrNoPlace
		}
		return next, nil
	})
}

// Leave signs out of one place; of the current one it leads to the next. It is
// ErrNoPlace if the session holds none of that key, and ErrLastPlace if it holds
// no other.
func (a *Auth) Leave(ctx context.Context, w http.ResponseWriter, s *Session, key string) (*Session, error) {
	var left Session
	next, err := a.change(ctx, w, s, func(now *Session) (*Session, error) {
		there, ok := now.at(key)
		switch {
		case !ok:
			return nil, ErrNoPlace
		case len(now.others) == 0:
			return nil, ErrLastPlace
		}
		left = *there
		next := *now
		if now.Key() == key {
			first := now.others[0].Key()
			next.Place, next.others = now.others[0], without(now.others, first)
		}
		next.others = without(next.others, key)
		return &next, nil
	})
	if err != nil {
		return nil, err
	}
	a.clients.forget(&left)
	a.note(ctx, trail.Line{Endpoint: left.Endpoint, Project: left.ProjectID, Verb: verbSignOut, Actor: left.User})
	return next, nil
}

// change puts a changed session in the place of what the store has now.
func (a *Auth) change(ctx context.Context, w http.ResponseWriter, s *Session, to func(*Session) (*Session, error)) (*Session, error) {
	now, err := a.rows.fresh(ctx, s.key)
	if err != nil {
		return nil, err
	}
	next, err := to(now)
	if err != nil {
		return nil, err
	}
	if next.home == nil && len(now.others) > 0 {
		next.home = now.owner()
	}
	next.limits = limitsOf(a.rows.role(ctx, next))
	if err := a.rows.reseal(ctx, next); err != nil {
		return nil, err
	}
	a.rows.noteSwitch(w)
	return next, nil
}

// Projects lists the projects that IAM names for who is in the session's current
// place, and that the backend can find, without those signed in to.
func (a *Auth) Projects(ctx context.Context, s *Session) ([]Target, error) {
	iam, err := a.iam(s.IAMEndpoint)
	if err != nil {
		return nil, err
	}
	known, err := iam.Projects(ctx, s.Token)
	if err != nil {
		return nil, fmt.Errorf("projects not listed: %w", err)
	}
	var all []Target
	for _, p := range known {
		t, ok := a.backend.Project(s.Region, p.Name)
		if ok && p.Enabled && s.place(PlaceKey(t.Endpoint, p.ID)) == nil {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b Target) int { return cmp.Compare(a.Project, b.Project) })
	return all, nil
}

// iam gives the client of an IAM.
func (a *Auth) iam(endpoint string) (*medialive.IAM, error) {
	iam, err := medialive.NewIAM(medialive.IAMConfig{Endpoint: endpoint, Transport: a.clients.transport(endpoint)})
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	return iam, nil
}

// Refusal is a project that could not be signed in to.
type Refusal struct {
	Project string
	Err     error // one of SignIn
}

// Enter signs in to further places: the project of a region, or some projects
// of the account that the session is in, by name. IAM wants the password for
// each, so that one that was typed counts for all of them, and is kept nowhere.
// The session goes on under a new id, in the first place that was entered. What
// was refused is told, each with its own reason. Where none was entered it
// answers with the errors of SignIn, and with ErrManyPlaces.
func (a *Auth) Enter(ctx context.Context, w http.ResponseWriter, r *http.Request, s *Session, f Form, projects []string) (*Session, []Refusal, error) {
	targets, err := a.targets(s, &f, projects)
	if err != nil {
		return nil, nil, err
	}
	if len(s.others)+1+len(targets) > MaxPlaces {
		return nil, nil, ErrManyPlaces
	}
	f = f.tidy(r)
	if wait := a.throttle.attempt(f.account(), f.Address); wait > 0 {
		return nil, nil, &ThrottledError{RetryAfter: wait}
	}
	entered, refused := a.enterAll(ctx, targets, f)
	if len(entered) == 0 {
		return nil, refused, refused[0].Err
	}
	a.throttle.succeeded(f.account(), f.Address)
	next, err := a.add(ctx, w, r, s, entered, f)
	return next, refused, err
}

// targets are where a form leads.
func (a *Auth) targets(s *Session, f *Form, projects []string) ([]Target, error) {
	if len(projects) == 0 {
		t, ok := a.backend.Target(f.Region)
		if !ok {
			return nil, ErrRegion
		}
		return []Target{t}, nil
	}
	f.Account, f.User, f.UserID = s.Account, s.User, s.UserID
	targets := make([]Target, len(projects))
	for i, name := range projects {
		t, ok := a.backend.Project(s.Region, strings.TrimSpace(name))
		if !ok {
			return nil, ErrRegion
		}
		targets[i] = t
	}
	return targets, nil
}

// enterAll signs in to one place after the other. A refusal that is not of the
// place alone is that of all that follow: a wrong password would count against
// the user each time, a one-time code is good once, and an IAM that is silent
// would be waited for again.
func (a *Auth) enterAll(ctx context.Context, targets []Target, f Form) (entered []Place, refused []Refusal) {
	var last error
	for _, t := range targets {
		if last == nil || errors.Is(last, ErrNoProject) {
			var p Place
			if p, last = a.enterOne(ctx, t, f); last == nil {
				entered = append(entered, p)
				continue
			}
		}
		refused = append(refused, Refusal{t.Project, last})
	}
	return entered, refused
}

// enterOne signs in to one place.
func (a *Auth) enterOne(ctx context.Context, t Target, f Form) (Place, error) {
	info, err := a.token(ctx, t, f)
	if err != nil {
		a.noteRefused(ctx, t, f, err)
		return Place{}, err
	}
	p := a.placeOf(ctx, t, info)
	a.denials.forget(p.Person())
	a.rememberUserID(ctx, t, f, info.UserID)
	a.note(ctx, trail.Line{Endpoint: p.Endpoint, Project: p.ProjectID, Verb: verbSignIn, Actor: p.User, Detail: "address=" + f.Address})
	return p, nil
}

// placeOf is where a token leads.
func (a *Auth) placeOf(ctx context.Context, t Target, info medialive.TokenInfo) Place {
	now := a.now()
	return Place{
		UserID: info.UserID, User: info.UserName, Account: info.Account, Groups: a.groupsOf(ctx, t, info),
		Endpoint: t.Endpoint, IAMEndpoint: t.IAMEndpoint,
		ProjectID: info.ProjectID, Project: info.ProjectName, Region: t.Region,
		Token: info.Token, SignedInAt: now, ExpiresAt: a.endOf(info), SteppedUpAt: now,
	}
}

// add puts places into a session, which goes on under a new id in the first of
// them.
func (a *Auth) add(ctx context.Context, w http.ResponseWriter, r *http.Request, s *Session, entered []Place, f Form) (*Session, error) {
	now, err := a.rows.fresh(ctx, s.key)
	if err != nil {
		return nil, err
	}
	next := *now
	next.home = now.owner()
	next.others = append([]Place{now.Place}, now.others...)
	for _, p := range entered {
		next.others = append(without(next.others, p.Key()), p)
	}
	next.Place = entered[0]
	next.others = without(next.others, next.Key())
	next.Address, next.Agent = f.Address, agentOf(r)
	if err := a.rows.renew(ctx, w, s.key, &next); err != nil {
		return nil, err
	}
	return &next, nil
}

// carry takes over into a new sign-in what the browser's session held beside it:
// only where it is the same person who signs in to the same place again. Whoever
// else comes begins with that one place.
func (s *Session) carry(old *Session) {
	if old == nil || old.key == nil {
		return
	}
	if p := old.place(s.Key()); p == nil || !p.same(&s.Place) {
		return
	}
	s.others = without(append([]Place{old.Place}, old.others...), s.Key())
	if len(s.others) > 0 {
		s.home = old.owner()
	}
}
