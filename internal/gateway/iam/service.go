package iam

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"github.com/flowdeck/flowdeck/internal/store"
)

// ServiceName is the name of the user with which a dashboard reads by itself,
// for alarms and displays.
const ServiceName = "flowdeck-service"

// ErrServiceOff tells that an administrator disabled the service user.
var ErrServiceOff = errors.New("the user " + ServiceName + " is disabled")

// ServiceKey gives an access key of the service user, who may do what allow
// says and nothing else. The user and the key are made where they are missing,
// of which made tells. A policy that somebody gave the user stays; one that is as an
// earlier version made it, which before says, becomes what allow says.
func (i *IAM) ServiceKey(ctx context.Context, allow, before []string) (ak, sk string, made bool, err error) {
	user, err := i.store.User(ctx, ServiceName)
	if errors.Is(err, store.ErrNotFound) {
		made = true
		user, err = i.addService(ctx, allow)
	}
	if err != nil {
		return "", "", false, fmt.Errorf("service user: %w", err)
	}
	if user.Disabled {
		return "", "", false, ErrServiceOff
	}
	if slices.Equal(user.Allow, before) {
		if err := i.SetPolicy(ctx, ServiceName, allow); err != nil {
			return "", "", made, fmt.Errorf("service user: %w", err)
		}
	}
	keys, err := i.store.Keys(ctx)
	if err != nil {
		return "", "", made, err
	}
	for _, k := range keys {
		if k.UserID != user.ID {
			continue
		}
		if sk, err := i.secretOf(ctx, k.Access); err == nil {
			return k.Access, sk, made, nil
		} // else sealed with a key file that is gone: another one is made
	}
	ak, sk, err = i.AddKey(ctx, ServiceName)
	return ak, sk, true, err
}

// addService makes the service user. Nobody knows the password; another process
// may have been faster.
func (i *IAM) addService(ctx context.Context, allow []string) (store.User, error) {
	user, err := i.newUser(ctx, ServiceName, rand.Text()+rand.Text())
	if err != nil {
		return store.User{}, err
	}
	if err := checkPolicy(allow); err != nil {
		return store.User{}, err
	}
	user.Allow = allow
	if err := i.store.AddUser(ctx, user); err != nil && !errors.Is(err, store.ErrExists) {
		return store.User{}, err
	}
	return i.store.User(ctx, ServiceName)
}

// secretOf opens the secret of an access key.
func (i *IAM) secretOf(ctx context.Context, access string) (string, error) {
	key, _, err := i.store.Key(ctx, access)
	if err != nil {
		return "", err
	}
	secret, err := i.key.Open(key.Secret, keyContext(access))
	return string(secret), err
}
