package iam

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

// User is a user, as administrators see one.
type User struct {
	ID        string
	Name      string
	Disabled  bool
	Allow     []string // patterns of actions
	TOTP      bool     // signing in takes a one-time code
	CreatedAt time.Time
}

var userName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`)

// AddUser adds a user, who may do nothing until [IAM.SetPolicy]. The name has
// up to 64 letters, digits, and . _ @ -. It says [store.ErrExists] if the name
// is taken.
func (i *IAM) AddUser(ctx context.Context, name, password string) error {
	user, err := i.newUser(ctx, name, password)
	if err != nil {
		return err
	}
	return i.store.AddUser(ctx, user)
}

func (i *IAM) newUser(ctx context.Context, name, password string) (store.User, error) {
	if !userName.MatchString(name) {
		return store.User{}, errors.New("a user name has up to 64 letters, digits, and . _ @ -, and begins with a letter or digit")
	}
	hash, err := i.hasher.hash(ctx, password)
	if err != nil {
		return store.User{}, err
	}
	now := i.now()
	return store.User{ID: newID(), Name: name, Password: hash, PasswordAt: now, Allow: []string{}, CreatedAt: now}, nil
}

// Users gives all users by name.
func (i *IAM) Users(ctx context.Context) ([]User, error) {
	rows, err := i.store.Users(ctx)
	if err != nil {
		return nil, err
	}
	users := make([]User, len(rows))
	for n, row := range rows {
		users[n] = User{
			ID: row.ID, Name: row.Name, Disabled: row.Disabled, Allow: row.Allow,
			TOTP: row.TOTPSecret != nil, CreatedAt: row.CreatedAt,
		}
	}
	return users, nil
}

// SetPassword changes the password and ends the user's tokens. It says
// [store.ErrNotFound] if there is no such user, as the methods below do.
func (i *IAM) SetPassword(ctx context.Context, user, password string) error {
	hash, err := i.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return i.store.SetPassword(ctx, user, hash, i.now())
}

// SetDisabled disables or enables a user. A disabled user's tokens end, and
// his access keys rest.
func (i *IAM) SetDisabled(ctx context.Context, user string, disabled bool) error {
	return i.store.SetDisabled(ctx, user, disabled)
}

// SetPolicy replaces what the user may do: patterns like live:ott:listFlow or
// live:ott:*. It holds from the next request on.
func (i *IAM) SetPolicy(ctx context.Context, user string, allow []string) error {
	if err := checkPolicy(allow); err != nil {
		return err
	}
	return i.store.SetPolicy(ctx, user, append([]string{}, allow...)) // an empty list, not null
}
