package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

const (
	loadRetry = 500 * time.Millisecond // between attempts to read the desired state
	loadPause = 30 * time.Second       // after which it is read anew, lest a change was missed
)

// reconcile keeps the relay at the desired state: first everything from the
// store, the inlets of channels too, then whatever a report shows to differ. It returns when ctx ends.
func (g *Gateway) reconcile(ctx context.Context) {
	for !(g.wantStored(ctx) && g.wantInlets(ctx)) && ctx.Err() == nil {
		pause(ctx, loadRetry)
	}
	again := time.NewTicker(loadPause)
	defer again.Stop()
	g.media.nudge()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			g.wantStored(ctx)
		case <-g.media.wake:
		}
		g.media.settle(ctx, g.serial)
	}
}

// wantStored makes every flow wanted that is ACTIVE in the store, and no
// other. A relay that runs already keeps what is equal untouched; nothing is
// taken from it before all of this is known. It tells whether it could.
func (g *Gateway) wantStored(ctx context.Context) bool {
	rows, err := g.opts.Store.AllFlows(ctx)
	if err == nil {
		err = g.wantEach(ctx, rows)
	}
	if err != nil && ctx.Err() == nil {
		g.opts.Log.ErrorContext(ctx, "desired state cannot be read", "error", err)
	}
	return err == nil
}

func (g *Gateway) wantEach(ctx context.Context, rows []store.Flow) error {
	for _, row := range rows {
		if !row.Active {
			continue
		}
		if err := g.wantFlow(ctx, row.ProjectID, row.ID); err != nil {
			return err
		}
	}
	for _, rec := range g.media.wantedFlows() {
		if err := g.wantFlow(ctx, rec.row.ProjectID, rec.row.ID); err != nil {
			return err
		}
	}
	return nil
}

// wantFlow makes one flow wanted if it is ACTIVE when its turn comes, and
// unwanted if it is not.
func (g *Gateway) wantFlow(ctx context.Context, project, id string) error {
	defer g.serial.lock(id)()
	rec, err := g.load(ctx, project, id)
	var unknown *refusal
	if errors.As(err, &unknown) || err == nil && !rec.row.Active {
		g.media.forget(id)
		return nil
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
