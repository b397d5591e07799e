package gateway

import (
	"context"
	"fmt"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// startFlow answers ModifyFlowStart: committed first, then the relay runs it.
func (g *Gateway) startFlow(c *call) (answer, error) {
	names, err := c.names("flow_id")
	if err != nil {
		return answer{}, err
	}
	defer g.serial.lock(names[0])()
	rec, err := g.load(c.Context(), c.project, names[0])
	if err != nil {
		return answer{}, err
	}
	if rec.row.Active {
		return answer{}, inStatus(true)
	}
	if err := g.media.ready(c.Context()); err != nil {
		return answer{}, err
	}
	ctx, cancel := committed(c.Context())
	defer cancel()
	if err := g.activate(ctx, rec); err != nil {
		return answer{}, err
	}
	g.changes.changed(c.project, rec.row.ID)
	return ok(flowState{rec.row.ID, medialive.Active})
}

// activate commits that the flow should run, and runs it. What the relay
// refuses is taken back; any other failure of the relay is left to the
// reconciling loop, for the flow is to run.
func (g *Gateway) activate(ctx context.Context, rec record) error {
	spec, err := g.spec(rec)
	if err != nil {
		return secretRefusal(err)
	}
	now := time.Now().UTC()
	switch changed, err := g.opts.Store.SetFlowActive(ctx, rec.row.ProjectID, rec.row.ID, true, now); {
	case err != nil:
		return storeRefusal(err, "start flow")
	case !changed:
		return inStatus(true)
	}
	rec.row.Active, rec.row.ActiveSince = true, now
	refused := relayRefusal(g.media.run(ctx, rec, spec))
	if refused == nil {
		return nil
	}
	g.media.end(ctx, rec.row.ID)
	if _, err := g.opts.Store.SetFlowActive(ctx, rec.row.ProjectID, rec.row.ID, false, now); err != nil {
		return fmt.Errorf("take the start of flow %s back: %w", rec.row.ID, err)
	}
	return refused
}

// stopFlow answers ModifyFlowStop.
func (g *Gateway) stopFlow(c *call) (answer, error) {
	names, err := c.names("flow_id")
	if err != nil {
		return answer{}, err
	}
	defer g.serial.lock(names[0])()
	rec, err := g.load(c.Context(), c.project, names[0])
	if err != nil {
		return answer{}, err
	}
	if !rec.row.Active {
		return answer{}, inStatus(false)
	}
	ctx, cancel := committed(c.Context())
	defer cancel()
	changed, err := g.opts.Store.SetFlowActive(ctx, c.project, rec.row.ID, false, time.Now().UTC())
	if err != nil {
		return answer{}, storeRefusal(err, "stop flow")
	}
	g.media.end(ctx, rec.row.ID)
	g.changes.changed(c.project, rec.row.ID)
	if !changed {
		return answer{}, inStatus(false)
	}
	return ok(flowState{rec.row.ID, medialive.Standby})
}

// amend commits a change to a flow and, where it runs, brings the change to
// the relay, which does the least that it takes. If the relay refuses it, undo
// is committed and the relay put back; where SRT is missing altogether, the
// change stands for when it is there.
func (g *Gateway) amend(ctx context.Context, before record, commit, undo func(context.Context) error) (record, error) {
	if err := commit(ctx); err != nil {
		return record{}, err
	}
	after, err := g.load(ctx, before.row.ProjectID, before.row.ID)
	if err != nil {
		return record{}, err
	}
	defer g.changes.changed(after.row.ProjectID, after.row.ID)
	if !after.row.Active {
		return after, nil
	}
	refused := relayRefusal(g.rerun(ctx, after))
	if refused == nil || refused.code == codeUnsupported {
		return after, nil
	}
	if err := undo(ctx); err != nil {
		return record{}, fmt.Errorf("take the change of flow %s back: %w", before.row.ID, err)
	}
	_ = g.rerun(ctx, before) // logged there, and tried again by the reconciling loop
	return record{}, refused
}

// rerun brings a running flow's spec to the relay.
func (g *Gateway) rerun(ctx context.Context, rec record) error {
	spec, err := g.spec(rec)
	if err != nil {
		g.media.broken(rec, err)
		return err
	}
	return g.media.run(ctx, rec, spec)
}
