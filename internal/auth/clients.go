package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	proofFor   = 4 * time.Minute  // how long it counts that a token listed its project
	denialFor  = 5 * time.Second  // how long a fresh answer, a refusal too, is not asked for again
	proveAgain = 20 * time.Second // between two proofs aside, should they fail
	clientLife = 30 * time.Minute // without use
	proofLimit = 10 * time.Second // for a proof in the background
)

// clients makes one API client for each token, and knows which tokens have
// proved that they may read their project.
type clients struct {
	single  http.RoundTripper // nil: one for each endpoint
	observe func(op string, status int, d time.Duration)
	now     func() time.Time
	denials *denials

	mu         sync.Mutex
	transports map[string]http.RoundTripper
	byToken    map[[sha256.Size]byte]*client
}

// client is the API client of one token, with its proof.
type client struct {
	api *medialive.Client

	turn sync.Mutex // held while the first proof is made

	channels channelProof

	mu       sync.Mutex
	used     time.Time
	signedIn bool      // IAM gave the token to this process, and nothing refused it since
	proven   time.Time // when the project was last listed with success
	denied   error     // the refusal since then
	failed   error     // why the last proof failed; nil: it did not
	deniedAt time.Time
	doubted  bool      // a call was answered 401 since
	proving  bool      // a proof is being made aside
	tried    time.Time // when the last one aside began
}

func newClients(o Options, known *denials) *clients {
	return &clients{
		single: o.Transport, observe: o.Observe, now: o.Now, denials: known,
		transports: make(map[string]http.RoundTripper),
		byToken:    make(map[[sha256.Size]byte]*client),
	}
}

// transport gives the transport of an endpoint, shared by all its clients.
func (c *clients) transport(endpoint string) http.RoundTripper {
	if c.single != nil {
		return c.single
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.transports[endpoint]
	if t == nil {
		t = medialive.NewTransport()
		c.transports[endpoint] = t
	}
	return t
}

func tokenKey(s *Session) [sha256.Size]byte {
	return sha256.Sum256([]byte(s.Endpoint + "\x00" + s.ProjectID + "\x00" + s.Token.Reveal()))
}

// of gives the client of a session's token.
func (c *clients) of(s *Session) (*client, error) {
	transport := c.transport(s.Endpoint)
	c.mu.Lock()
	defer c.mu.Unlock()
	now, key := c.now(), tokenKey(s)
	if have := c.byToken[key]; have != nil {
		have.mu.Lock()
		have.used = now
		have.mu.Unlock()
		return have, nil
	}
	made := &client{used: now}
	var err error
	made.api, err = medialive.New(medialive.Config{
		Endpoint: s.Endpoint, ProjectID: s.ProjectID, Auth: medialive.Token(s.Token),
		Transport: transport, Observe: made.watched(c.observe), Denied: c.watchedDenials(s),
	})
	if err != nil {
		return nil, fmt.Errorf("client of the session: %w", err)
	}
	c.expire(now)
	c.byToken[key] = made
	return made, nil
}

// watched lets a client notice that it was answered 401: that its token ended,
// or that it lacks one right; only a new proof tells which.
func (c *client) watched(observe func(string, int, time.Duration)) func(string, int, time.Duration) {
	return func(op string, status int, d time.Duration) {
		if observe != nil {
			observe(op, status, d)
		}
		if status == http.StatusUnauthorized {
			c.mu.Lock()
			c.doubted = true
			c.mu.Unlock()
		}
	}
}

// expire drops clients that nobody used for long.
func (c *clients) expire(now time.Time) {
	for key, have := range c.byToken {
		have.mu.Lock()
		if now.Sub(have.used) > clientLife {
			delete(c.byToken, key)
		}
		have.mu.Unlock()
	}
}

// forget drops the client of a session that ended.
func (c *clients) forget(s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byToken, tokenKey(s))
}

// Client gives the API client of a session, with its own token: for commands,
// and for what only this user asks.
func (a *Auth) Client(s *Session) (*medialive.Client, error) {
	c, err := a.clients.of(s)
	if err != nil {
		return nil, err
	}
	return c.api, nil
}

// Reader gives the client of a session that has proved, by listing its project
// with its own token, that it may read the project's snapshot. The first proof
// is waited for; where the API cannot be reached, IAM's word at a sign-in just
// now takes its place, until the API answers. Later ones, every few minutes, are made aside, so that a slow
// API delays no page; while the API cannot be reached the last one counts, and
// a refusal ends it at once. A call that was answered 401 has it proved again
// before anything else. ErrExpired tells that the token is no longer taken.
func (a *Auth) Reader(ctx context.Context, s *Session) (*medialive.Client, error) {
	c, err := a.clients.of(s)
	if err != nil {
		return nil, err
	}
	switch age, denied := c.standing(a.now()); {
	case denied != nil:
		return nil, a.denied(ctx, s, denied)
	case age < proofFor:
		return c.api, nil
	case age < lifeLimit:
		a.proveAside(ctx, c)
		return c.api, nil
	}
	if err := a.Prove(ctx, s); err != nil && (refuses(err) || !c.everProved()) {
		return nil, err
	}
	return c.api, nil
}

// ErrUnproved tells that it is still to be proved that a session may look.
var ErrUnproved = errors.New("not proved yet")

// Glance is Reader for who does not wait: where there is no proof one is begun
// aside, and it is ErrUnproved, with why the last one failed. It is for the
// places beside the present one: a slow one delays no page of another.
func (a *Auth) Glance(ctx context.Context, s *Session) (*medialive.Client, error) {
	c, err := a.clients.of(s)
	if err != nil {
		return nil, err
	}
	age, denied := c.standing(a.now())
	if denied != nil {
		return nil, a.denied(ctx, s, denied)
	}
	if age >= proofFor {
		a.proveAside(ctx, c)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.proven.IsZero() && c.failed != nil && refuses(c.failed):
		return nil, c.failed
	case c.proven.IsZero() && c.failed != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnproved, c.failed)
	case c.proven.IsZero():
		return nil, ErrUnproved
	}
	return c.api, nil
}

func (c *client) everProved() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.proven.IsZero()
}

// Prove lists the session's project now, unless that was just done.
func (a *Auth) Prove(ctx context.Context, s *Session) error {
	c, err := a.clients.of(s)
	if err != nil {
		return err
	}
	c.turn.Lock()
	defer c.turn.Unlock()
	if age, denied := c.standing(a.now()); denied == nil && age < denialFor {
		return nil
	}
	if err := a.prove(ctx, c); err != nil {
		return a.denied(ctx, s, err)
	}
	return nil
}

// standing tells how old the proof is, and the refusal that still counts.
func (c *client) standing(now time.Time) (age time.Duration, denied error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.denied != nil && now.Sub(c.deniedAt) < denialFor {
		return 0, c.denied
	}
	age = now.Sub(c.proven)
	if c.proven.IsZero() || c.doubted && age >= denialFor {
		return lifeLimit, nil
	}
	return age, nil
}

// prove makes one proof and notes how it ended. That the API cannot be reached
// proves nothing either way, and lets a sign-in count that it has not refused.
func (a *Auth) prove(ctx context.Context, c *client) error {
	_, err := c.api.ListFlows(ctx, 1, 0)
	now := a.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = err
	switch {
	case err == nil:
		c.doubted = false
		c.proven, c.denied = now, nil
	case refuses(err):
		c.doubted, c.signedIn = false, false
		c.proven, c.denied, c.deniedAt = time.Time{}, err, now
	case c.signedIn && c.proven.IsZero():
		c.proven = now.Add(-proofFor) // due to be made again
	}
	return err
}

// proveSignIn notes that IAM just gave the session's token for its project. It
// counts as the first proof while the API cannot be reached, and no longer.
func (c *clients) proveSignIn(s *Session) error {
	have, err := c.of(s)
	if err != nil {
		return err
	}
	have.mu.Lock()
	defer have.mu.Unlock()
	have.signedIn = true
	return nil
}

// refuses tells that the API answered that this token may not.
func refuses(err error) bool {
	switch medialive.KindOf(err) {
	case medialive.KindNotSignedIn, medialive.KindNotPermitted, medialive.KindNotFound, medialive.KindRefused:
		return true
	}
	return false
}

// proveAside makes a proof without anybody waiting, one at a time.
func (a *Auth) proveAside(ctx context.Context, c *client) {
	now := a.now()
	c.mu.Lock()
	due := !c.proving && now.Sub(c.tried) >= proveAgain
	if due {
		c.proving, c.tried = true, now
	}
	c.mu.Unlock()
	if !due {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), proofLimit)
		defer cancel()
		if err := a.guard.Try("a proof", func() error { return a.prove(ctx, c) }); err != nil {
			a.log.WarnContext(ctx, "permission to read not proved again", "error", err)
		}
		c.mu.Lock()
		c.proving = false
		c.mu.Unlock()
	}()
}

// denied says what a failed proof means: a token that is no longer taken ends
// it for the session.
func (a *Auth) denied(ctx context.Context, s *Session, err error) error {
	if !Ended(err) {
		return err
	}
	if kept := a.Expire(ctx, s); kept != nil {
		a.log.WarnContext(ctx, "end of a token not noted", "error", kept)
	}
	return fmt.Errorf("%w: %w", ErrExpired, err)
}
