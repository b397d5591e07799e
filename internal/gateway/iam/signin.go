package iam

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/store"
)

// maxBody bounds the body of a sign-in, in bytes.
const maxBody = 16 * 1024

const (
	wrongText    = "The username or password is wrong."
	passcodeText = "The one-time passcode is missing or wrong."
	invalidText  = "The request body is invalid"
)

// attempt is what somebody sent to sign in.
type attempt struct {
	account  string
	user     string
	password medialive.Secret
	totp     bool
	totpUser string // id; may be empty
	passcode medialive.Secret
	scope    scope
}

// scope is what a token shall be for, by id or by name.
type scope struct {
	project  bool // else the account
	id, name string
}

// errInvalid is a body that is no sign-in.
var errInvalid = errors.New("invalid sign-in")

// reference names an object by its id or its name.
type reference struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// signInBody is the body of a sign-in, as far as it is looked at.
type signInBody struct {
	Auth struct {
		Identity struct {
			Methods  []string `json:"methods"`
			Password struct {
				User struct {
					Name     string           `json:"name"`
					Password medialive.Secret `json:"password"`
					Domain   reference        `json:"domain"`
				} `json:"user"`
			} `json:"password"`
			TOTP struct {
				User struct {
					ID       string           `json:"id"`
					Passcode medialive.Secret `json:"passcode"`
				} `json:"user"`
			} `json:"totp"`
		} `json:"identity"`
		Scope struct {
			Project *reference `json:"project"`
			Domain  *reference `json:"domain"`
		} `json:"scope"`
	} `json:"auth"`
}

// parseAttempt reads the body of a sign-in. Its error says nothing of the body.
func parseAttempt(body []byte) (attempt, error) {
	var wire signInBody
	if err := json.Unmarshal(body, &wire); err != nil {
		return attempt{}, errInvalid
	}
	id, user := wire.Auth.Identity, wire.Auth.Identity.Password.User
	a := attempt{
		account: user.Domain.Name, user: user.Name, password: user.Password,
		totpUser: id.TOTP.User.ID, passcode: id.TOTP.User.Passcode,
	}
	var err error
	if a.totp, err = parseMethods(id.Methods); err != nil {
		return attempt{}, err
	}
	if a.scope, err = parseScope(wire.Auth.Scope.Project, wire.Auth.Scope.Domain); err != nil {
		return attempt{}, err
	}
	if a.account == "" || a.user == "" || a.password == "" || a.totp && a.passcode == "" {
		return attempt{}, errInvalid
	}
	return a, nil
}

// parseMethods wants password, and perhaps totp, which the vendor's SDK sends
// with a blank before it.
func parseMethods(methods []string) (totp bool, err error) {
	var password bool
	for _, method := range methods {
		switch strings.TrimSpace(method) {
		case "password":
			password = true
		case "totp":
			totp = true
		default:
			return false, errInvalid
		}
	}
	if !password {
		return false, errInvalid
	}
	return totp, nil
}

// parseScope wants either of the two, by id or by name.
func parseScope(project, domain *reference) (scope, error) {
	if (project == nil) == (domain == nil) {
		return scope{}, errInvalid
	}
	s := scope{project: project != nil}
	if s.project {
		s.id, s.name = project.ID, project.Name
	} else {
		s.id, s.name = domain.ID, domain.Name
	}
	if (s.id == "") == (s.name == "") {
		return scope{}, errInvalid
	}
	return s, nil
}

// signIn is POST /v3/auth/tokens.
func (i *IAM) signIn(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		fail(w, http.StatusBadRequest, invalidText)
		return
	}
	a, err := parseAttempt(body)
	if err != nil {
		fail(w, http.StatusBadRequest, invalidText)
		return
	}
	address, _, _ := net.SplitHostPort(r.RemoteAddr) // as net/http sets it
	if wait := i.pay(a.user, address); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		fail(w, http.StatusTooManyRequests, "Too many failed sign-ins. Try again later.")
		return
	}
	user, err := i.prove(r.Context(), a)
	if !errors.Is(err, errWrong) && !errors.Is(err, errPasscode) {
		i.byUser.giveBack(a.user) // it was no wrong guess
		i.byAddress.giveBack(address)
	}
	if err != nil {
		i.refuse(w, err)
		return
	}
	i.issue(w, r, user, a)
}

// pay counts the attempt as a wrong guess, until it is given back.
func (i *IAM) pay(user, address string) (wait time.Duration) {
	now := i.now()
	if wait := i.byAddress.take(address, now); wait > 0 {
		return wait
	}
	if wait := i.byUser.take(user, now); wait > 0 {
		i.byAddress.giveBack(address) // it was no guess
		return wait
	}
	return 0
}

// The ways in which credentials are refused.
var (
	errWrong    = errors.New("wrong user, password or account, or disabled")
	errPasscode = errors.New("missing or wrong one-time code")
)

// prove gives the user whose credentials these are. It takes the same time
// whether or not the user exists, and looks at the one-time code only after
// the password.
func (i *IAM) prove(ctx context.Context, a attempt) (store.User, error) {
	user, err := i.store.User(ctx, a.user)
	if errors.Is(err, store.ErrNotFound) {
		user = store.User{Password: i.hasher.nobody, Disabled: true}
	} else if err != nil {
		return store.User{}, err
	}
	right, err := i.hasher.verify(ctx, a.password.Reveal(), user.Password)
	if err != nil {
		return store.User{}, err
	}
	account := subtle.ConstantTimeCompare([]byte(a.account), []byte(i.account)) == 1
	if !right || !account || user.Disabled {
		return store.User{}, errWrong
	}
	if user.TOTPSecret == nil {
		return user, nil
	}
	if !a.totp || a.totpUser != "" && a.totpUser != user.ID {
		return store.User{}, errPasscode
	}
	fresh, err := i.useTOTP(ctx, user, a.passcode.Reveal())
	if err == nil && !fresh {
		err = errPasscode
	}
	return user, err
}

// refuse answers why credentials were not proved.
func (i *IAM) refuse(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, errWrong):
		fail(w, http.StatusUnauthorized, wrongText)
	case errors.Is(err, errPasscode):
		fail(w, http.StatusUnauthorized, passcodeText)
	case errors.Is(err, errBusy), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		w.Header().Set("Retry-After", "1")
		fail(w, http.StatusServiceUnavailable, "The service is busy. Try again.")
	default:
		denied := i.internal(err)
		fail(w, denied.Status, denied.Message)
	}
}

// methods is how the user proved himself.
func (a attempt) methods(user store.User) string {
	if user.TOTPSecret != nil {
		return "password totp"
	}
	return "password"
}

// resolve gives the id of the project that the scope names, empty for the
// account, and false if there is no such thing.
func (i *IAM) resolve(s scope) (projectID string, ok bool) {
	if s.project {
		return i.project.ID, s.id == i.project.ID || s.name == i.project.Name
	}
	return "", s.id == i.project.DomainID || s.name == i.account
}
