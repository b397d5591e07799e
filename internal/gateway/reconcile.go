package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// loadRetry is the pause between attempts to read the desired state.
const loadRetry = 500 * time.Millisecond

// reconcile keeps the relay at the desired state: once everything from the
// store, then whatever a report shows to differ. It returns when ctx ends.
func (g *Gateway) reconcile(ctx context.Context) {
	for ctx.Err() == nil {
		err := g.wantStored(ctx)
		if err == nil {
			break
		}
		g.opts.Log.ErrorContext(ctx, "desired state cannot be read", "error", err)
		pause(ctx, loadRetry)
	}
	g.media.nudge()
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.media.wake:
			g.media.settle(ctx, g.serial)
		}
	}
}

// wantStored makes every ACTIVE flow of the store wanted. A relay that runs
// already keeps what is equal untouched; nothing is taken from it before all
// of this is known.
func (g *Gateway) wantStored(ctx context.Context) error {
	rows, err := g.opts.Store.AllFlows(ctx)
	if err != nil {
		return fmt.Errorf("read all flows: %w", err)
	}
	for _, row := range rows {
		if !row.Active {
			continue
		}
		if err := g.wantFlow(ctx, row.ProjectID, row.ID); err != nil {
			return err
		}
	}
	return nil
}

// wantFlow makes one flow wanted if it still is ACTIVE when its turn comes.
func (g *Gateway) wantFlow(ctx context.Context, project, id string) error {
	defer g.serial.lock(id)()
	rec, err := g.load(ctx, project, id)
	var known *refusal
	if errors.As(err, &known) || err == nil && !rec.row.Active {
		return nil // deleted or stopped meanwhile
	}
	if err != nil {
		return err
	}
	spec, err := g.spec(rec)
	if err != nil {
		g.media.broken(rec, err)
		return nil
	}
	g.media.want(rec, spec)
	return nil
}
