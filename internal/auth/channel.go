package auth

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// unseenFor is how long it counts that a token may not list channels: rights are
// given while somebody waits for them.
const unseenFor = 20 * time.Second

// channelProof is what is known of whether a token may list channels. Its zero
// value is ready.
type channelProof struct {
	turn sync.Mutex // held while a proof is made

	mu      sync.Mutex
	proven  time.Time // when they were last listed
	refused error     // since then
	tried   time.Time // when refused was answered, or the last proof aside began
}

// ProveChannels tells whether a session may be shown the channels of its project:
// it is nil where its own token could list them within the last minutes, or the
// endpoint has none. Who may list flows need not be let see channels. While the
// API cannot be reached the last proof counts.
func (a *Auth) ProveChannels(ctx context.Context, s *Session) error {
	c, err := a.clients.of(s)
	if err != nil {
		return err
	}
	p := &c.channels
	p.mu.Lock()
	now := a.now()
	known, refused := !p.proven.IsZero() && now.Sub(p.proven) < proofFor, p.refused
	again := refused == nil && !known && !p.proven.IsZero() && now.Sub(p.tried) >= proveAgain
	held := refused != nil && now.Sub(p.tried) < unseenFor
	if again {
		p.tried = now
	}
	had := !p.proven.IsZero()
	p.mu.Unlock()
	switch {
	case held:
		return refused
	case again:
		go func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), proofLimit)
			defer cancel()
			_ = a.guard.Try("a proof of channels", func() error { return a.proveChannels(ctx, c) }) // it is made again
		}()
	case !had || refused != nil:
		return a.proveChannels(ctx, c)
	}
	return nil
}

// proveChannels lists them, unless somebody else just did.
func (a *Auth) proveChannels(ctx context.Context, c *client) error {
	p := &c.channels
	p.turn.Lock()
	defer p.turn.Unlock()
	p.mu.Lock()
	fresh := !p.proven.IsZero() && a.now().Sub(p.proven) < denialFor
	p.mu.Unlock()
	if fresh {
		return nil
	}
	_, err := c.api.ListChannels(ctx, medialive.ChannelKey{}, 10, 0)
	var e *medialive.Error
	if errors.As(err, &e) && e.Code == medialive.CodeUnknownAPI {
		err = nil // there is nothing that could be shown
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err == nil:
		p.proven, p.refused = a.now(), nil
	case refuses(err):
		p.proven, p.refused, p.tried = time.Time{}, err, a.now()
	}
	return err
}
