package store

import (
	"context"
	"fmt"
	"time"
)

// Token is a token that the gateway's IAM issued.
type Token struct {
	Hash      []byte // SHA-256 of the token
	UserID    string
	ProjectID string // empty: its scope is the account
	Methods   string // how the user proved himself, separated by blanks
	Epoch     int64  // of the user, when the token was issued
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// AddToken adds a token.
func (s *Store) AddToken(ctx context.Context, v Token) error {
	_, err := s.write().exec(ctx, `
		INSERT INTO tokens (hash, user_id, project_id, methods, epoch, issued_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		v.Hash, v.UserID, v.ProjectID, v.Methods, v.Epoch, v.IssuedAt, v.ExpiresAt)
	if err != nil {
		return fmt.Errorf("add token: %w", s.exists(err))
	}
	return nil
}

// Token gives a token with its user, whether or not it expired or is void, or
// [ErrNotFound].
func (s *Store) Token(ctx context.Context, hash []byte) (Token, User, error) {
	var user User
	token, err := one(ctx, s.read(), func(scan scanner) (v Token, err error) {
		var allow string
		columns := append(user.columns(&allow),
			&v.Hash, &v.UserID, &v.ProjectID, &v.Methods, &v.Epoch, instant{&v.IssuedAt}, instant{&v.ExpiresAt})
		if err := scan(columns...); err != nil {
			return Token{}, err
		}
		return v, user.setAllow(allow)
	}, `
		SELECT `+userColumns+`, t.hash, t.user_id, t.project_id, t.methods, t.epoch, t.issued_at, t.expires_at
		FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = $1`, hash)
	if err != nil {
		return Token{}, User{}, fmt.Errorf("token: %w", err)
	}
	return token, user, nil
}

// DeleteExpiredTokens deletes the tokens that expired before the given time.
func (s *Store) DeleteExpiredTokens(ctx context.Context, before time.Time) error {
	if _, err := s.write().exec(ctx, `DELETE FROM tokens WHERE expires_at < $1`, before); err != nil {
		return fmt.Errorf("delete expired tokens: %w", err)
	}
	return nil
}
