package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/flowdeck/flowdeck/internal/revive"
)

// parts is what a process is made of. Parts start in the order in which they
// are added and stop in reverse.
type parts struct {
	log    *slog.Logger
	guard  revive.Guard // of what lasts
	stops  []func()
	failed chan error
}

func newParts(log *slog.Logger) *parts {
	return &parts{log: log, failed: make(chan error, 1)}
}

// closing adds something that needs only to be closed.
func (p *parts) closing(name string, stop func() error) {
	p.stops = append(p.stops, func() {
		if err := stop(); err != nil {
			p.log.Warn("stop", "part", name, "error", err)
		}
	})
}

// running starts a part that works until its context ends. One that returns
// before that takes the whole process down.
func (p *parts) running(name string, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := run(ctx)
		if ctx.Err() != nil {
			if err != nil && !errors.Is(err, context.Canceled) {
				p.log.Warn("stop", "part", name, "error", err)
			}
			return
		}
		if err == nil {
			err = errors.New("ended by itself")
		}
		select {
		case p.failed <- fmt.Errorf("%s: %w", name, err):
		default: // one reason is enough
		}
	}()
	p.stops = append(p.stops, func() {
		cancel()
		<-done
	})
}

// lasting is running for a part that a panic begins anew.
func (p *parts) lasting(name string, run func(context.Context) error) {
	p.running(name, func(ctx context.Context) (err error) {
		p.guard.Loop(ctx, name, func(ctx context.Context) { err = run(ctx) }, nil)
		return err
	})
}

// wait blocks until ctx ends, or a part fails: then its error.
func (p *parts) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-p.failed:
		return err
	}
}

// stop stops the parts in reverse order.
func (p *parts) stop() {
	for i := len(p.stops) - 1; i >= 0; i-- {
		p.stops[i]()
	}
}
