package monitor

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// backoff spaces retries: each pause is up to twice the last, with full jitter
// over its upper half, so that many watchers do not return at one moment.
type backoff struct{ first, longest, next time.Duration }

func newBackoff(first, longest time.Duration) *backoff {
	return &backoff{first: first, longest: longest, next: first}
}

func (b *backoff) reset() { b.next = b.first }

// wait pauses, at least as long as the other side asked for, and ends early
// when something arrives on early.
func (b *backoff) wait(ctx context.Context, atLeast time.Duration, early <-chan struct{}) {
	pause := max(jitter(b.next), atLeast)
	b.next = min(2*b.next, b.longest)
	if atLeast > 0 {
		early = nil
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-early:
	}
}

// jitter gives between half of d and d.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2+1)
}

// longestAsked bounds what a Retry-After can make us wait.
const longestAsked = time.Minute

// retryAfter is how long an error asks us to wait.
func retryAfter(err error) time.Duration {
	var e *medialive.Error
	if errors.As(err, &e) {
		return min(e.RetryAfter, longestAsked)
	}
	return 0
}

// reason tells in a few words why the backend cannot be read: its own message
// where it gave one, else the cause. Neither has a secret.
func reason(err error) string {
	var e *medialive.Error
	switch {
	case !errors.As(err, &e):
		return err.Error()
	case e.Message != "":
		return e.Message
	case e.Err != nil:
		return e.Err.Error()
	}
	return string(e.Kind)
}
