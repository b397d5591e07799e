package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// User is a user of the gateway's IAM.
type User struct {
	ID         string // 32 hex digits
	Name       string
	Password   string // its hash, encoded with parameters and salt
	PasswordAt time.Time
	Disabled   bool
	Allow      []string // patterns of actions
	TOTPSecret []byte   // sealed; nil: no second factor
	Epoch      int64    // tokens of an older epoch are void
	CreatedAt  time.Time
}

const userColumns = `u.id, u.name, u.password, u.password_at, u.disabled, u.allow, u.totp_secret, u.epoch, u.created_at`

// AddUser adds a user, or says [ErrExists] if the name or id is taken.
func (s *Store) AddUser(ctx context.Context, v User) error {
	_, err := s.addUser(ctx, v, `SELECT $1, $2, $3, $4, $5, $6, 0, 1, $7`)
	if err != nil {
		return fmt.Errorf("add user: %w", err)
	}
	return nil
}

// AddFirstUser adds a user if there is none at all, and tells whether it did.
func (s *Store) AddFirstUser(ctx context.Context, v User) (added bool, err error) {
	added, err = s.addUser(ctx, v, `SELECT $1, $2, $3, $4, $5, $6, 0, 1, $7
		WHERE NOT EXISTS (SELECT 1 FROM users)`)
	if err != nil {
		return false, fmt.Errorf("add first user: %w", err)
	}
	return added, nil
}

func (s *Store) addUser(ctx context.Context, v User, row string) (added bool, err error) {
	allow, err := json.Marshal(v.Allow)
	if err != nil {
		return false, err
	}
	n, err := s.write().exec(ctx, `
		INSERT INTO users (id, name, password, password_at, disabled, allow, totp_step, epoch, created_at) `+row,
		v.ID, v.Name, v.Password, v.PasswordAt, v.Disabled, string(allow), v.CreatedAt)
	return n > 0, s.exists(err)
}

// User gives the user of that name, or [ErrNotFound].
func (s *Store) User(ctx context.Context, name string) (User, error) {
	v, err := one(ctx, s.read(), scanUser, `SELECT `+userColumns+` FROM users u WHERE u.name = $1`, name)
	if err != nil {
		return User{}, fmt.Errorf("user: %w", err)
	}
	return v, nil
}

// Users gives all users by name.
func (s *Store) Users(ctx context.Context) ([]User, error) {
	vs, err := all(ctx, s.read(), scanUser, `SELECT `+userColumns+` FROM users u ORDER BY u.name`)
	if err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	return vs, nil
}

// SetPassword replaces the password's hash and ends the user's tokens.
func (s *Store) SetPassword(ctx context.Context, name, hash string, at time.Time) error {
	return s.updateUser(ctx, `password = $1, password_at = $2, epoch = epoch + 1 WHERE name = $3`, hash, at, name)
}

// SetDisabled disables or enables the user. Disabling ends the user's tokens.
func (s *Store) SetDisabled(ctx context.Context, name string, disabled bool) error {
	return s.updateUser(ctx, `disabled = $1, epoch = epoch + 1 WHERE name = $2`, disabled, name)
}

// SetPolicy replaces the patterns of actions that the user may do.
func (s *Store) SetPolicy(ctx context.Context, name string, allow []string) error {
	text, err := json.Marshal(allow)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return s.updateUser(ctx, `allow = $1 WHERE name = $2`, string(text), name)
}

// SetTOTP replaces the sealed secret of the second factor, nil for none, and
// ends the user's tokens.
func (s *Store) SetTOTP(ctx context.Context, name string, sealed []byte) error {
	return s.updateUser(ctx, `totp_secret = $1, totp_step = 0, epoch = epoch + 1 WHERE name = $2`, sealed, name)
}

// UseTOTP marks the time step of a one-time code as used. It tells false if
// that step, or a later one, was used before.
func (s *Store) UseTOTP(ctx context.Context, userID string, step int64) (fresh bool, err error) {
	n, err := s.write().exec(ctx, `UPDATE users SET totp_step = $1 WHERE id = $2 AND totp_step < $1`, step, userID)
	if err != nil {
		return false, fmt.Errorf("use one-time code: %w", err)
	}
	return n > 0, nil
}

func (s *Store) updateUser(ctx context.Context, set string, args ...any) error {
	if err := s.write().execOne(ctx, `UPDATE users SET `+set, args...); err != nil {
		return fmt.Errorf("update user: %w", err)
	}
	return nil
}

func scanUser(scan scanner) (v User, err error) {
	var allow string
	if err := scan(v.columns(&allow)...); err != nil {
		return User{}, err
	}
	return v, v.setAllow(allow)
}

// columns are the places for [userColumns].
func (v *User) columns(allow *string) []any {
	return []any{
		&v.ID, &v.Name, &v.Password, instant{&v.PasswordAt}, &v.Disabled, allow, &v.TOTPSecret, &v.Epoch, instant{&v.CreatedAt},
	}
}

func (v *User) setAllow(text string) error {
	if err := json.Unmarshal([]byte(text), &v.Allow); err != nil {
		return fmt.Errorf("policy of user %s: %w", v.Name, err)
	}
	return nil
}
