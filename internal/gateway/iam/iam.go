// Package iam is the identity service of a gateway: users with passwords and
// one-time codes, access keys, tokens, and policies by action name. It answers
// the IAM calls that a Media Live client makes, and judges requests to the
// Media Live API itself.
package iam

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

// AdminName is the name of the first user, who may do everything.
const AdminName = "admin"

const (
	defaultTokenLife = 24 * time.Hour // the vendor's
	keptExpired      = 24 * time.Hour // so that an ended token is told from a wrong one
	sweepEvery       = 10 * time.Minute
)

// Options are the settings of an IAM.
type Options struct {
	Account     string           // name of the one account (IAM's domain)
	ProjectName string           // name of the one project, which is the region's
	TokenLife   time.Duration    // 0: 24 h
	Now         func() time.Time // nil: time.Now
	Log         *slog.Logger     // nil: none
}

// IAM knows who may do what. It is safe for concurrent use.
type IAM struct {
	store   *store.Store
	key     *seal.Key
	account string
	project store.Project
	life    time.Duration
	now     func() time.Time
	log     *slog.Logger

	hasher    *hasher
	byUser    *throttle // failed sign-ins of a name, whether or not it exists
	byAddress *throttle // failed sign-ins from an address
	locks     *keyLocks

	sweep   sync.Mutex
	sweptAt time.Time
}

// New makes the IAM of the account with its one project, which it adds to the
// store at the first time.
func New(st *store.Store, key *seal.Key, opts Options) (*IAM, error) {
	if opts.Account == "" || opts.ProjectName == "" {
		return nil, errors.New("iam: account and project need names")
	}
	project, err := st.EnsureProject(context.Background(), store.Project{
		ID: newID(), Name: opts.ProjectName, DomainID: newID(),
	})
	if err != nil {
		return nil, fmt.Errorf("iam: %w", err)
	}
	i := &IAM{
		store: st, key: key, account: opts.Account, project: project,
		life: opts.TokenLife, now: opts.Now, log: opts.Log,
		hasher:    newHasher(),
		byUser:    newThrottle(8, 20*time.Second),
		byAddress: newThrottle(60, time.Second),
		locks:     newKeyLocks(),
	}
	if i.life <= 0 {
		i.life = defaultTokenLife
	}
	if i.now == nil {
		i.now = time.Now
	}
	if i.log == nil {
		i.log = slog.New(slog.DiscardHandler)
	}
	return i, nil
}

// ProjectID is the id of the one project, 32 hex digits.
func (i *IAM) ProjectID() string { return i.project.ID }

// Bootstrap adds the user admin if there is no user yet. Without a password it
// makes one, which it gives this once; otherwise, and if a user existed,
// madePassword is empty.
func (i *IAM) Bootstrap(ctx context.Context, adminPassword string) (madePassword string, err error) {
	users, err := i.store.Users(ctx)
	if err != nil || len(users) > 0 {
		return "", err
	}
	password := adminPassword
	if password == "" {
		madePassword = rand.Text()
		password = madePassword
	}
	user, err := i.newUser(ctx, AdminName, password)
	if err != nil {
		return "", err
	}
	user.Allow = []string{"*"}
	added, err := i.store.AddFirstUser(ctx, user)
	if err != nil || !added {
		return "", err
	}
	return madePassword, nil
}

// newID makes an id as IAM's are: 32 hex digits.
func newID() string {
	raw := make([]byte, 16)
	rand.Read(raw) //nolint:errcheck // crypto/rand.Read never fails: it ends the program instead
	return hex.EncodeToString(raw)
}

// hash is how a token is kept and found. A token is long and random, so that a
// plain hash hides it.
func hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
