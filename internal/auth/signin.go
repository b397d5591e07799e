package auth

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/sessions"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// The reasons why somebody could not sign in. Those that come from IAM wrap its
// *medialive.Error.
var (
	// ErrCredentials: IAM refused account, user, password or code. It does not
	// say which, and a wrong code may look like this too.
	ErrCredentials = errors.New("account, user, password or code is wrong")
	// ErrCodeNeeded: IAM asks for a one-time code, or for a right one.
	ErrCodeNeeded = errors.New("a one-time code is needed")
	// ErrUserID: with a one-time code this IAM wants the user's id, which is not
	// known before a first sign-in.
	ErrUserID = errors.New("the user id is needed with a one-time code")
	// ErrRegion: there is no such region.
	ErrRegion = errors.New("no such region")
	// ErrNoProject: the user has no project in the region.
	ErrNoProject = errors.New("the user has no project in this region")
	// ErrUnreachable: IAM could not be asked.
	ErrUnreachable = errors.New("the identity service cannot be reached")
)

// ThrottledError tells that there were too many attempts for this account or
// from this address.
type ThrottledError struct{ RetryAfter time.Duration }

// Error tells how long to wait.
func (e *ThrottledError) Error() string {
	return fmt.Sprintf("too many attempts to sign in, next one in %s", e.RetryAfter.Round(time.Second))
}

// Form is what a person enters to sign in.
type Form struct {
	Account  string
	User     string
	Password medialive.Secret
	Passcode medialive.Secret // one-time code; empty: none
	UserID   string           // with a code; empty: the one of the last sign-in
	Region   string
	Project  string // of that region's IAM; empty: the region's own
	Address  string // whence, as the server trusts it; empty: the peer of the connection
}

// SignIn signs in and makes a session under a new id; the session that the
// browser had before is deleted. It answers with the errors above.
func (a *Auth) SignIn(ctx context.Context, w http.ResponseWriter, r *http.Request, f Form) (*Session, error) {
	f = f.tidy(r)
	target, ok := a.backend.Target(f.Region)
	if ok && f.Project != "" {
		target, ok = a.backend.Project(f.Region, f.Project)
	}
	if !ok {
		return nil, ErrRegion
	}
	if wait := a.throttle.attempt(f.account(), f.Address); wait > 0 {
		return nil, &ThrottledError{RetryAfter: wait}
	}
	info, err := a.token(ctx, target, f)
	if err != nil {
		a.noteRefused(ctx, target, f, err)
		return nil, err
	}
	a.throttle.succeeded(f.account(), f.Address)
	s := &Session{Place: a.placeOf(ctx, target, info), Address: f.Address, Agent: agentOf(r)}
	if err := a.replace(ctx, w, r, s); err != nil {
		return nil, err
	}
	a.denials.forget(s.Person())
	if err := a.clients.proveSignIn(s); err != nil {
		return nil, err
	}
	a.rememberUserID(ctx, target, f, info.UserID)
	a.janitor.sweep(ctx)
	a.log.InfoContext(ctx, "signed in", "session", s)
	a.note(ctx, trail.Line{Endpoint: s.Endpoint, Project: s.ProjectID, Verb: verbSignIn, Actor: s.User, Detail: "address=" + f.Address})
	return s, nil
}

// tidy removes what is typed by accident around names.
func (f Form) tidy(r *http.Request) Form {
	f.Account, f.User = strings.TrimSpace(f.Account), strings.TrimSpace(f.User)
	f.UserID = strings.TrimSpace(f.UserID)
	f.Passcode = medialive.Secret(strings.TrimSpace(f.Passcode.Reveal()))
	if f.Address == "" {
		f.Address = r.RemoteAddr
		if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
			f.Address = host
		}
	}
	return f
}

// agentOf is what a browser says it is, as far as it is kept.
func agentOf(r *http.Request) string {
	said := []rune(strings.ToValidUTF8(r.UserAgent(), ""))
	return string(said[:min(len(said), maxAgent)])
}

// account names whose password is tried.
func (f Form) account() string { return f.Account + "\x00" + f.User }

// token asks IAM for a token of the target's project.
func (a *Auth) token(ctx context.Context, target Target, f Form) (medialive.TokenInfo, error) {
	if f.Passcode != "" && f.UserID == "" {
		f.UserID = a.knownUserID(ctx, target, f)
		if f.UserID == "" && target.NeedsUserID {
			return medialive.TokenInfo{}, ErrUserID
		}
	}
	iam, err := a.iam(target.IAMEndpoint)
	if err != nil {
		return medialive.TokenInfo{}, err
	}
	info, err := iam.SignIn(ctx, medialive.SignIn{
		Account: f.Account, User: f.User, UserID: f.UserID,
		Password: f.Password, Passcode: f.Passcode, Project: target.Project,
	})
	if err != nil {
		return medialive.TokenInfo{}, signInError(err)
	}
	if info.ProjectID == "" {
		return medialive.TokenInfo{}, ErrNoProject
	}
	return info, nil
}

// signInError says what an error of IAM means to who signs in.
func signInError(err error) error {
	kind := medialive.KindOf(err)
	switch {
	case kind == medialive.KindNotSignedIn && asksForCode(err):
		return fmt.Errorf("%w: %w", ErrCodeNeeded, err)
	case kind == medialive.KindNotSignedIn:
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	case kind == medialive.KindNotFound, kind == medialive.KindNotPermitted:
		return fmt.Errorf("%w: %w", ErrNoProject, err)
	case kind == medialive.KindUnavailable, kind == medialive.KindUnreadable, kind == medialive.KindOutcomeUnknown:
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return fmt.Errorf("sign in: %w", err)
}

// asksForCode tells whether IAM's words are about the one-time code. What the
// vendor says there is not published; a gateway names the method.
func asksForCode(err error) bool {
	var e *medialive.Error
	if !errors.As(err, &e) {
		return false
	}
	said := strings.ToLower(e.Message)
	for _, word := range []string{"totp", "passcode", "one-time", "mfa", "verification code"} {
		if strings.Contains(said, word) {
			return true
		}
	}
	return false
}

// endOf gives when a token ends by our own clock, which may differ from IAM's.
func (a *Auth) endOf(info medialive.TokenInfo) time.Time {
	life := info.ExpiresAt.Sub(info.IssuedAt)
	if info.IssuedAt.IsZero() || life <= 0 {
		return info.ExpiresAt
	}
	return a.now().Add(life)
}

// replace makes a session under a new id and deletes the browser's old one.
func (a *Auth) replace(ctx context.Context, w http.ResponseWriter, r *http.Request, s *Session) error {
	old, err := a.rows.load(r)
	if err != nil && !errors.Is(err, ErrNoSession) {
		return err
	}
	s.carry(old)
	g := sessions.NewSession(a.rows, a.rows.cookieName())
	g.Options = a.rows.options()
	g.Values[value] = s
	if old != nil {
		if err := a.rows.drop(ctx, old.key); err != nil {
			return err
		}
		a.forgetBut(old, s)
	}
	return a.rows.Save(r, w, g)
}

// userIDLife is how long a user's id is remembered after a sign-in.
const userIDLife = 180 * 24 * time.Hour

// userIDKey is the row in which a user's id is remembered.
func userIDKey(t Target, f Form) []byte {
	sum := sha256.Sum256([]byte("user id\x00" + t.IAMEndpoint + "\x00" + f.account()))
	return sum[:]
}

// rememberUserID keeps the user's id for a sign-in with a one-time code, which
// needs it. That it cannot be kept stops nobody.
func (a *Auth) rememberUserID(ctx context.Context, t Target, f Form, id string) {
	key := userIDKey(t, f)
	plain, err := json.Marshal(id)
	if err != nil {
		return
	}
	sealed, number, err := a.rows.seal.Seal(plain, key)
	if err == nil {
		now := a.now()
		err = a.store.PutSession(ctx, store.Session{
			Key: key, Sealed: sealed, KeyNumber: number, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(userIDLife),
		})
	}
	if err != nil {
		a.log.WarnContext(ctx, "user id not remembered", "error", err)
	}
}

// knownUserID gives the id of the user's last sign-in, empty if there was none.
func (a *Auth) knownUserID(ctx context.Context, t Target, f Form) string {
	key := userIDKey(t, f)
	row, err := a.store.Session(ctx, key)
	if err != nil {
		return ""
	}
	plain, err := a.rows.seal.Open(row.Sealed, key)
	if err != nil {
		return ""
	}
	var id string
	if json.Unmarshal(plain, &id) != nil {
		return ""
	}
	return id
}

// sweepEvery is how often what expired is deleted.
const sweepEvery = 10 * time.Minute

// janitor deletes what expired, now and then.
type janitor struct {
	store Store
	now   func() time.Time
	mu    sync.Mutex
	last  time.Time
}

func (j *janitor) sweep(ctx context.Context) {
	now := j.now()
	j.mu.Lock()
	due := now.Sub(j.last) >= sweepEvery
	if due {
		j.last = now
	}
	j.mu.Unlock()
	if due {
		_ = j.store.DeleteExpired(ctx, now) // the next sweep finds what this one missed
	}
}
