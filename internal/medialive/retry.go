package medialive

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// The retry law: a read is repeated at most twice, after a random pause, all
// within five seconds, and repeats are at most a tenth of all reads in the long
// run, so that a service in trouble is not buried. A command is never repeated.

type onceKey struct{}

// Once has reads with this context made once and never repeated: those that
// only probe whether a service that fails is well again.
func Once(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, true) }

func isOnce(ctx context.Context) bool { return ctx.Value(onceKey{}) != nil }

// retryable says whether asking again may help. A throttled read is left to
// the caller's own schedule.
func retryable(err *Error) bool { return err.Kind == KindUnavailable }

// draw gives a pause at random from the window.
func (w window) draw() time.Duration {
	if w.to <= w.from {
		return w.from
	}
	return w.from + rand.N(w.to-w.from)
}

// pause waits, and says whether there is time left to go on: it gives up at
// once if the pause would outlast the context.
func pause(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// The retry budget, in tenths of a retry.
const (
	budgetFull   = 100 // ten retries may be spent at once
	budgetRetry  = 10
	budgetEarned = 1 // for each read that succeeds
)

// budget limits retries to a share of the reads that succeed.
type budget struct {
	mu   sync.Mutex
	left int
}

func newBudget() *budget { return &budget{left: budgetFull} }

// earn credits a successful read.
func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(budgetFull, b.left+budgetEarned)
}

// spend takes one retry, if there is one.
func (b *budget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < budgetRetry {
		return false
	}
	b.left -= budgetRetry
	return true
}
