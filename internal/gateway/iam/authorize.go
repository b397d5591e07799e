package iam

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/store"
)

// Codes and texts by which a request is turned away (spec: IAM and signing,
// section 7).
const (
	codeAuthentication = "APIG.0301"
	codeRenew          = "APIG.0307"
	codePermission     = "LIVE.100011003"
	codeInternal       = "LIVE.100011005"

	authenticationText = "Incorrect IAM authentication information: "
	permissionText     = "Unauthorized access to the interface, please contact the main account administrator to open the interface permissions"
)

// Principal is who made a request.
type Principal struct {
	UserID    string
	UserName  string
	Account   string
	ProjectID string
}

// Denied is why a request is turned away, as the API says it.
type Denied struct {
	Status  int
	Code    string
	Message string
}

// Authorize tells who made the request, by token or by access key, and whether
// he may do the action (like live:ott:listFlow) in the project. The body is
// the request's exact bytes, which a signature covers.
func (i *IAM) Authorize(r *http.Request, body []byte, projectID, action string) (Principal, *Denied) {
	caller, denied := i.authenticate(r, body)
	if denied != nil {
		return Principal{}, denied
	}
	inProject := projectID != "" && caller.projectID == projectID // a token for the account has none
	if !inProject || !allowed(caller.user.Allow, action) {
		return Principal{}, &Denied{http.StatusUnauthorized, codePermission, permissionText}
	}
	return Principal{
		UserID: caller.user.ID, UserName: caller.user.Name, Account: i.account, ProjectID: projectID,
	}, nil
}

// caller is a user whose identity is proved.
type caller struct {
	user      store.User
	projectID string // empty with a token for the account
}

func (i *IAM) authenticate(r *http.Request, body []byte) (caller, *Denied) {
	if token := r.Header.Get("X-Auth-Token"); token != "" {
		return i.byToken(r.Context(), token)
	}
	if header := r.Header.Get("Authorization"); header != "" {
		return i.byKey(r, body, header)
	}
	return caller{}, unauthenticated("x-auth-token not found")
}

func (i *IAM) byToken(ctx context.Context, text string) (caller, *Denied) {
	token, user, err := i.store.Token(ctx, hash(text))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return caller{}, unauthenticated("decrypt token fail")
	case err != nil:
		return caller{}, i.internal(err)
	case !i.now().Before(token.ExpiresAt):
		return caller{}, unauthenticated("token expires, expires_at: " + token.ExpiresAt.Format(timeLayout))
	case void(token, user):
		return caller{}, &Denied{http.StatusUnauthorized, codeRenew, "The token must be updated."}
	}
	return caller{user, token.ProjectID}, nil
}

// void tells whether what happened to the user has ended the token early.
func void(token store.Token, user store.User) bool {
	return user.Disabled || token.Epoch != user.Epoch
}

// byKey verifies a signature. A key whose signatures fail is locked for a
// while; a wrong clock or a malformed header is no guess and does not count.
func (i *IAM) byKey(r *http.Request, body []byte, header string) (caller, *Denied) {
	const failed = "verify aksk signature fail"
	signature, err := medialive.ParseAuthorization(header)
	if err != nil {
		return caller{}, unauthenticated(failed)
	}
	now := i.now()
	signed, err := medialive.SignedAt(r.Header)
	if err != nil || signed.Sub(now).Abs() > medialive.SignatureLife {
		return caller{}, unauthenticated(failed + ", X-Sdk-Date must be within 15 minutes of " + now.UTC().Format(time.RFC3339))
	}
	key, user, err := i.store.Key(r.Context(), signature.Access)
	if errors.Is(err, store.ErrNotFound) {
		return caller{}, unauthenticated(failed)
	}
	if err != nil {
		return caller{}, i.internal(err)
	}
	secret, err := i.key.Open(key.Secret, keyContext(key.Access))
	if err != nil {
		return caller{}, i.internal(err)
	}
	if i.locks.locked(key.Access, now) {
		return caller{}, unauthenticated(failed + ", the access key is locked for 5 minutes after 5 failures")
	}
	if !signature.Verify(r, body, medialive.Secret(secret)) {
		i.locks.failed(key.Access, now)
		return caller{}, unauthenticated(failed)
	}
	i.locks.succeeded(key.Access)
	if user.Disabled {
		return caller{}, unauthenticated(failed)
	}
	return caller{user, i.project.ID}, nil
}

func unauthenticated(reason string) *Denied {
	return &Denied{http.StatusUnauthorized, codeAuthentication, authenticationText + reason}
}

// internal logs what went wrong here and hides it from the caller.
func (i *IAM) internal(err error) *Denied {
	i.log.Error("iam", "error", err)
	return &Denied{http.StatusInternalServerError, codeInternal, "internal error"}
}
