package iam

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

// Key is an access key, without its secret.
type Key struct {
	Access    string
	UserName  string
	CreatedAt time.Time
}

// accessKeySize is how long the vendor's access keys are, in characters.
const accessKeySize = 20

// AddKey gives the user a new access key. The secret cannot be had again.
func (i *IAM) AddKey(ctx context.Context, user string) (ak, sk string, err error) {
	u, err := i.store.User(ctx, user)
	if err != nil {
		return "", "", err
	}
	ak, sk = rand.Text()[:accessKeySize], rand.Text()+rand.Text()
	sealed, _, err := i.key.Seal([]byte(sk), keyContext(ak))
	if err != nil {
		return "", "", fmt.Errorf("seal secret key: %w", err)
	}
	err = i.store.AddKey(ctx, store.AccessKey{Access: ak, UserID: u.ID, Secret: sealed, CreatedAt: i.now()})
	if err != nil {
		return "", "", err
	}
	return ak, sk, nil
}

// Keys gives all access keys, by user and age.
func (i *IAM) Keys(ctx context.Context) ([]Key, error) {
	rows, err := i.store.Keys(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]Key, len(rows))
	for n, row := range rows {
		keys[n] = Key{Access: row.Access, UserName: row.UserName, CreatedAt: row.CreatedAt}
	}
	return keys, nil
}

// RevokeKey deletes an access key, or says [store.ErrNotFound].
func (i *IAM) RevokeKey(ctx context.Context, access string) error {
	return i.store.DeleteKey(ctx, access)
}

func keyContext(access string) []byte { return []byte("iam key " + access) }
