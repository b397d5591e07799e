package store

import (
	"context"
	"fmt"
	"time"
)

// AccessKey is an access key of a user of the gateway's IAM.
type AccessKey struct {
	Access    string
	UserID    string
	UserName  string // answers only
	Secret    []byte // sealed
	CreatedAt time.Time
}

// AddKey adds an access key, or says [ErrExists].
func (s *Store) AddKey(ctx context.Context, v AccessKey) error {
	_, err := s.write().exec(ctx, `
		INSERT INTO access_keys (access, user_id, secret, created_at) VALUES ($1, $2, $3, $4)`,
		v.Access, v.UserID, v.Secret, v.CreatedAt)
	if err != nil {
		return fmt.Errorf("add key: %w", s.exists(err))
	}
	return nil
}

// Key gives an access key with its user, or [ErrNotFound].
func (s *Store) Key(ctx context.Context, access string) (AccessKey, User, error) {
	var user User
	key, err := one(ctx, s.read(), func(scan scanner) (v AccessKey, err error) {
		var allow string
		columns := append(user.columns(&allow), &v.Access, &v.UserID, &v.Secret, instant{&v.CreatedAt})
		if err := scan(columns...); err != nil {
			return AccessKey{}, err
		}
		v.UserName = user.Name
		return v, user.setAllow(allow)
	}, `
		SELECT `+userColumns+`, k.access, k.user_id, k.secret, k.created_at
		FROM access_keys k JOIN users u ON u.id = k.user_id WHERE k.access = $1`, access)
	if err != nil {
		return AccessKey{}, User{}, fmt.Errorf("key: %w", err)
	}
	return key, user, nil
}

// Keys gives all access keys, by user and age, without their secrets.
func (s *Store) Keys(ctx context.Context) ([]AccessKey, error) {
	vs, err := all(ctx, s.read(), func(scan scanner) (v AccessKey, err error) {
		err = scan(&v.Access, &v.UserID, &v.UserName, instant{&v.CreatedAt})
		return v, err
	}, `
		SELECT k.access, k.user_id, u.name, k.created_at
		FROM access_keys k JOIN users u ON u.id = k.user_id ORDER BY u.name, k.created_at`)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return vs, nil
}

// DeleteKey deletes an access key, or says [ErrNotFound].
func (s *Store) DeleteKey(ctx context.Context, access string) error {
	if err := s.write().execOne(ctx, `DELETE FROM access_keys WHERE access = $1`, access); err != nil {
		return fmt.Errorf("delete key: %w", err)
	}
	return nil
}
