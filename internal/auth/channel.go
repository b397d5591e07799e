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

	mu     sync.Mutex
	proven time.Time // when they were last listed
	failed error     // why they could not be since, as far as it counts
	tried  time.Time // when that was, or when the last proof aside began
}

// standing gives what is known: nil while a token may, ErrUnproved where it is
// still to be proved, or why it may not. due tells that a proof is to be made.
func (p *channelProof) standing(now time.Time) (err error, due bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	since := now.Sub(p.tried)
	switch {
	case p.proven.IsZero() && p.failed == nil:
		return ErrUnproved, true
	case p.proven.IsZero():
		held := denialFor
		if refuses(p.failed) {
			held = unseenFor
		}
		return p.failed, since >= held
	case now.Sub(p.proven) >= proofFor && since >= proveAgain:
		p.tried = now
		return nil, true
	}
	return nil, false
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
	err, due := c.channels.standing(a.now())
	switch {
	case due && err == nil:
		a.proveChannelsAside(ctx, c)
	case due:
		return a.proveChannels(ctx, c)
	}
	return err
}

// SeesChannels is ProveChannels for what is not about channels, but would name
// some: it waits no longer than that for the first proof, so that channels which
// cannot be listed keep no page of flows, and what is not proved is not seen.
func (a *Auth) SeesChannels(ctx context.Context, s *Session, wait time.Duration) bool {
	c, err := a.clients.of(s)
	if err != nil {
		return false
	}
	err, due := c.channels.standing(a.now())
	if !due {
		return err == nil
	}
	ended := a.proveChannelsAside(ctx, c)
	if err == nil || wait == 0 {
		return err == nil
	}
	limit := time.NewTimer(wait)
	defer limit.Stop()
	select {
	case err = <-ended:
		return err == nil
	case <-limit.C:
	case <-ctx.Done():
	}
	return false
}

// proveChannelsAside makes a proof without anybody having to wait.
func (a *Auth) proveChannelsAside(ctx context.Context, c *client) <-chan error {
	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), proofLimit)
		defer cancel()
		ended <- a.guard.Try("a proof of channels", func() error { return a.proveChannels(ctx, c) }) // it is made again
	}()
	return ended
}

// proveChannels lists them, unless somebody else just did, or tried to.
func (a *Auth) proveChannels(ctx context.Context, c *client) error {
	p := &c.channels
	p.turn.Lock()
	defer p.turn.Unlock()
	p.mu.Lock()
	proven, failed, since := a.now().Sub(p.proven) < denialFor, p.failed, a.now().Sub(p.tried)
	p.mu.Unlock()
	if proven || failed != nil && since < denialFor {
		return failed
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
		p.proven, p.failed = a.now(), nil
	case refuses(err):
		p.proven, p.failed, p.tried = time.Time{}, err, a.now()
	case p.proven.IsZero() && !errors.Is(err, context.Canceled): // that who asked went away says nothing
		p.failed, p.tried = err, a.now()
	}
	return err
}
