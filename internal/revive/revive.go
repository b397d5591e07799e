// Package revive keeps what works in the background alive: a panic there is
// told and counted, and ends neither the process nor the work.
package revive

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"time"
)

const (
	firstPause   = 200 * time.Millisecond // before a loop that panicked begins again
	longestPause = 15 * time.Second
	steadyAfter  = time.Minute // a loop that ran for so long begins again after the first pause
	longestCause = 200         // bytes of a cause that are logged
)

// ErrPanic is what [Guard.Try] gives for work that panicked.
var ErrPanic = errors.New("a fault in the dashboard itself; its log tells more")

// Guard watches over background work. It may be copied; the zero value logs
// and counts nothing, and guards all the same.
type Guard struct {
	Log      *slog.Logger      // nil: nothing is logged
	Panicked func(what string) // told of each panic, as a count of it needs; may be nil
}

// Loop runs work until it returns, which it is to do when ctx ends. Where it
// panics, that is told, anew is called, and unless ctx has ended it begins again after a pause that grows with each panic
// up to a quarter of a minute. anew puts what the work fed into a state that is
// clean and shown as old; it may be nil, and may panic itself.
func (g Guard) Loop(ctx context.Context, what string, work func(context.Context), anew func()) {
	pause := firstPause
	for {
		began := time.Now()
		if g.Try(what, func() error { work(ctx); return nil }) == nil {
			return
		}
		if anew != nil {
			_ = g.Try(what+", begun anew", func() error { anew(); return nil }) // told; the work begins again all the same
		}
		if time.Since(began) >= steadyAfter {
			pause = firstPause
		}
		if !rest(ctx, pause/2+rand.N(pause/2+1)) {
			return
		}
		pause = min(2*pause, longestPause)
	}
}

// rest waits, and tells whether ctx goes on.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Try runs work and gives its error; where it panics, that is told and the
// error is ErrPanic.
func (g Guard) Try(what string, work func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			g.Tell(what, cause)
			err = ErrPanic
		}
	}()
	return work()
}

// Survive is to be deferred: it keeps a panic from ending the process where the
// work is not to be done again.
func (g Guard) Survive(what string) {
	if cause := recover(); cause != nil {
		g.Tell(what, cause)
	}
}

// Tell logs and counts a panic that was recovered. It is to be called by the
// function that recovered, while the stack still shows where.
func (g Guard) Tell(what string, cause any) {
	if g.Panicked != nil {
		g.Panicked(what)
	}
	if g.Log != nil {
		g.Log.Error("panic", "in", what, "cause", words(cause), "stack", string(debug.Stack()))
	}
}

// words describe a cause: the runtime's own and short constant ones as they
// are. Of other values only the type is told, for they may hold anything.
func words(cause any) string {
	text := fmt.Sprintf("%T", cause)
	switch c := cause.(type) {
	case runtime.Error:
		text = c.Error()
	case string:
		text = c
	}
	return text[:min(len(text), longestCause)]
}
