package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/sessions"

	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/internal/store"
)

// idSize is the size of a session's id, and of a ticket, in bytes.
const idSize = 32

// value is under which a gorilla session holds its Session.
const value = "session"

// rows keeps sessions as sealed rows of the store. It is a gorilla
// sessions.Store: Get, New and Save; the id is the only thing a cookie holds.
type rows struct {
	store  Store
	seal   Key
	secure bool
	log    *slog.Logger
	now    func() time.Time
	role   func(context.Context, *Session) role.Role

	mu    sync.Mutex
	cache map[[sha256.Size]byte]*cached
}

// cached is an opened session, believed for a moment.
type cached struct {
	session *Session
	until   time.Time
	seenAt  time.Time // as noted in the store
}

var _ sessions.Store = (*rows)(nil)

func newRows(o Options) *rows {
	return &rows{
		store: o.Store, seal: o.Key, secure: o.Secure, log: o.Log, now: o.Now,
		cache: make(map[[sha256.Size]byte]*cached),
	}
}

// cookieName is the name of the cookie. The __Host- prefix makes browsers
// refuse one that another host or an insecure page planted.
func (s *rows) cookieName() string {
	if s.secure {
		return "__Host-flowdeck"
	}
	return "flowdeck"
}

// Get gives the session of a request, the same one each time it is asked for
// the same request.
func (s *rows) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New gives the session of a request as the store knows it now, or a new one.
func (s *rows) New(r *http.Request, name string) (*sessions.Session, error) {
	g := sessions.NewSession(s, name)
	g.Options = s.options()
	g.IsNew = true
	id, ok := s.cookie(r)
	if !ok {
		return g, nil
	}
	have, err := s.open(r.Context(), keyOf(id))
	if errors.Is(err, ErrNoSession) {
		return g, nil
	}
	if err != nil {
		return g, err
	}
	g.ID, g.IsNew = id, false
	g.Values[value] = have
	return g, nil
}

// Save writes a session's row under a new id if it has none, and sets the
// cookie; with a negative MaxAge it deletes both.
func (s *rows) Save(r *http.Request, w http.ResponseWriter, g *sessions.Session) error {
	if g.Options.MaxAge < 0 {
		s.clearCookie(w)
		return s.drop(r.Context(), keyOf(g.ID))
	}
	have, ok := g.Values[value].(*Session)
	if !ok {
		return errors.New("session without content")
	}
	if g.ID == "" {
		g.ID = newID()
		have.key = keyOf(g.ID)
	}
	if err := s.put(r.Context(), have); err != nil {
		return err
	}
	http.SetCookie(w, sessions.NewCookie(s.cookieName(), g.ID, g.Options))
	return nil
}

// load finds the session of a request, as New does, without making one of
// gorilla's for each page.
func (s *rows) load(r *http.Request) (*Session, error) {
	id, ok := s.cookie(r)
	if !ok {
		return nil, ErrNoSession
	}
	if _, err := r.Cookie(switched); err == nil {
		return s.fresh(r.Context(), keyOf(id))
	}
	return s.open(r.Context(), keyOf(id))
}

// fresh is open past the cache.
func (s *rows) fresh(ctx context.Context, key []byte) (*Session, error) {
	s.forget(key)
	return s.open(ctx, key)
}

// noteSwitch has every replica ask the store for the session until none believes
// what it knew before.
func (s *rows) noteSwitch(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{
		Name: switched, Value: "1", Path: "/", MaxAge: int(2 * cacheFor / time.Second), HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
}

// cookie reads the id; one that cannot be ours is as good as none.
func (s *rows) cookie(r *http.Request) (id string, ok bool) {
	c, err := r.Cookie(s.cookieName())
	if err != nil || len(c.Value) != base64.RawURLEncoding.EncodedLen(idSize) {
		return "", false
	}
	return c.Value, true
}

func (s *rows) clearCookie(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(), Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
}

// open finds a session by its key, in the cache or in the store.
func (s *rows) open(ctx context.Context, key []byte) (*Session, error) {
	now := s.now()
	s.mu.Lock()
	c := s.cache[[sha256.Size]byte(key)]
	s.mu.Unlock()
	if c != nil && now.Before(c.until) {
		return c.session, nil
	}
	row, err := s.store.Session(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		s.forget(key)
		return nil, ErrNoSession
	}
	if err != nil {
		return nil, fmt.Errorf("session not readable: %w", err)
	}
	have, err := s.unseal(ctx, row)
	if err != nil {
		return nil, err
	}
	s.remember(have, row.SeenAt)
	return have, nil
}

// unseal opens a row. It is ErrNoSession if it is none of a person, or was not
// used for too long, or is too old.
func (s *rows) unseal(ctx context.Context, row store.Session) (*Session, error) {
	now := s.now()
	if row.Owner == nil || !now.Before(row.ExpiresAt) {
		return nil, ErrNoSession
	}
	plain, err := s.seal.Open(row.Sealed, row.Key)
	if err != nil {
		s.log.WarnContext(ctx, "a session cannot be opened with this key file")
		return nil, ErrNoSession
	}
	have := &Session{key: row.Key, seenAt: row.SeenAt}
	if err := have.decode(plain); err != nil {
		return nil, ErrNoSession
	}
	have.limits = limitsOf(s.role(ctx, have))
	have.others = slices.DeleteFunc(have.others, func(p Place) bool {
		return !now.Before(p.SignedInAt.Add(limitsOf(s.role(ctx, &Session{Place: p})).life))
	})
	if !now.Before(row.SeenAt.Add(have.limits.idle)) || !now.Before(have.SignedInAt.Add(have.limits.life)) {
		return nil, ErrNoSession
	}
	return have, nil
}

// put writes a session's row.
func (s *rows) put(ctx context.Context, have *Session) error {
	row, err := s.row(ctx, have)
	if err != nil {
		return err
	}
	if err := s.store.PutSession(ctx, row); err != nil {
		return fmt.Errorf("session not kept: %w", err)
	}
	s.remember(have, row.SeenAt)
	return nil
}

// row makes the row of a session that is used just now.
func (s *rows) row(ctx context.Context, have *Session) (store.Session, error) {
	now := s.now()
	have.Acts = s.role(ctx, have)
	have.limits, have.seenAt = limitsOf(have.Acts), now
	sealed, number, err := s.sealed(have)
	if err != nil {
		return store.Session{}, err
	}
	return store.Session{
		Key: have.key, Sealed: sealed, KeyNumber: number, Owner: have.owner(),
		CreatedAt: have.SignedInAt, SeenAt: now, ExpiresAt: have.SignedInAt.Add(rowLife),
	}, nil
}

// renew puts a session under a new id in the place of an old one, and sets the
// cookie. It is ErrNoSession if the old one is gone.
func (s *rows) renew(ctx context.Context, w http.ResponseWriter, old []byte, next *Session) error {
	id := newID()
	next.key = keyOf(id)
	row, err := s.row(ctx, next)
	if err != nil {
		return err
	}
	s.forget(old)
	err = s.store.RenewSession(ctx, old, row)
	s.forget(old) // again: a request in between may have found the row
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrNoSession
	case err != nil:
		return fmt.Errorf("session not renewed: %w", err)
	}
	s.remember(next, row.SeenAt)
	http.SetCookie(w, sessions.NewCookie(s.cookieName(), id, s.options()))
	return nil
}

// options are those of the cookie, which the browser forgets when it is closed.
func (s *rows) options() *sessions.Options {
	return &sessions.Options{Path: "/", HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode}
}

// reseal replaces what is known of a session.
func (s *rows) reseal(ctx context.Context, have *Session) error {
	sealed, number, err := s.sealed(have)
	if err != nil {
		return err
	}
	err = s.store.ResealSession(ctx, have.key, sealed, number)
	if errors.Is(err, store.ErrNotFound) {
		s.forget(have.key)
		return nil
	}
	if err != nil {
		return fmt.Errorf("session not kept: %w", err)
	}
	s.remember(have, s.now())
	return nil
}

func (s *rows) sealed(have *Session) (sealed []byte, number int, err error) {
	plain, err := have.encode()
	if err != nil {
		return nil, 0, fmt.Errorf("session not encoded: %w", err)
	}
	if sealed, number, err = s.seal.Seal(plain, have.key); err != nil {
		return nil, 0, fmt.Errorf("session not sealed: %w", err)
	}
	return sealed, number, nil
}

// touch notes a use, at most once a minute. That it cannot be noted does not
// stop anybody.
func (s *rows) touch(ctx context.Context, have *Session) {
	now := s.now()
	s.mu.Lock()
	c := s.cache[[sha256.Size]byte(have.key)]
	due := c != nil && now.Sub(c.seenAt) >= touchEvery
	if due {
		c.seenAt = now
	}
	s.mu.Unlock()
	if !due {
		return
	}
	if err := s.store.TouchSession(ctx, have.key, now); err != nil && !errors.Is(err, store.ErrNotFound) {
		s.log.WarnContext(ctx, "use of a session not noted", "error", err)
	}
}

// drop deletes a session's row.
func (s *rows) drop(ctx context.Context, key []byte) error {
	s.forget(key)
	if err := s.store.DeleteSession(ctx, key); err != nil {
		return fmt.Errorf("session not ended: %w", err)
	}
	s.forget(key) // again: a request in between may have found the row
	return nil
}

// remember caches an opened session, and drops what is too old to be believed.
func (s *rows) remember(have *Session, seenAt time.Time) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, c := range s.cache {
		if now.After(c.until.Add(touchEvery)) {
			delete(s.cache, key)
		}
	}
	s.cache[[sha256.Size]byte(have.key)] = &cached{session: have, until: now.Add(cacheFor), seenAt: seenAt}
}

func (s *rows) forget(key []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cache, [sha256.Size]byte(key))
}

// forgetAll has every session asked for again.
func (s *rows) forgetAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.cache)
}

// newID makes an id nobody can guess.
func newID() string {
	b := make([]byte, idSize)
	_, _ = rand.Read(b) // never fails: the process ends instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// keyOf gives the key of a row from the id in the cookie, so that who reads the
// store cannot sign in.
func keyOf(id string) []byte {
	sum := sha256.Sum256([]byte(id))
	return sum[:]
}
