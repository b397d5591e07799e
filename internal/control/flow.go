package control

import (
	"context"
	"fmt"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// appearFor is how long is waited for what was made to be seen by the watcher, or
// for what was deleted to be gone, so that the page shown next knows it.
const appearFor = 2 * time.Second

// StartFlow starts a flow. It is ErrNothingToDo (*AlreadyDone) if it runs.
func (c *Control) StartFlow(ctx context.Context, op Operator, flowID string) error {
	return c.switchFlow(ctx, op, flowID, VerbStart, medialive.Active, op.Client.StartFlow)
}

// StopFlow stops a flow. It is ErrNothingToDo (*AlreadyDone) if it stands.
func (c *Control) StopFlow(ctx context.Context, op Operator, flowID string) error {
	return c.switchFlow(ctx, op, flowID, VerbStop, medialive.Standby, op.Client.StopFlow)
}

// switchFlow starts or stops a flow.
func (c *Control) switchFlow(ctx context.Context, op Operator, flowID, verb string, want medialive.FlowStatus,
	call func(context.Context, string) (medialive.FlowStatus, error),
) error {
	return c.switchTo(ctx, op, flowID, verb, want, func(ctx context.Context) error {
		_, err := call(ctx, flowID)
		return err
	})
}

// switchTo starts or stops a flow or a channel.
func (c *Control) switchTo(ctx context.Context, op Operator, flowID, verb string, want medialive.FlowStatus, call func(context.Context) error) error {
	h, err := c.take(ctx, op, flowID, verb, "")
	if err != nil {
		return err
	}
	defer h.done()
	d := deed{verb: verb, needless: func() error { return c.justDone(ctx, op, flowID, verb) }, do: call}
	if verb == VerbStop {
		d.effect = cuts
	}
	if err = h.act(ctx, d); medialive.KindOf(err) == medialive.KindState {
		return c.already(ctx, op, flowID, want, err)
	}
	return err
}

// recentFor is how long a start or stop that was done makes an equal one that
// was given meanwhile needless.
const recentFor = 10 * time.Second

// justDone tells who did the same just before, here or in another process, unless
// a read since shows that it is no longer so.
func (c *Control) justDone(ctx context.Context, op Operator, flowID, verb string) error {
	rows, err := c.trail.FlowCommands(ctx, op.Endpoint, op.Project, flowID, earlier)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoTrail, err)
	}
	for _, r := range rows {
		if !isSwitch(r) || without(r) {
			continue
		}
		done := r.Verb == verb && r.Outcome == string(monitor.OutcomeDone) && c.now().Sub(r.SettledAt) <= recentFor
		if done && !contradicted(op, flowID, wantsOf(verb), r.SettledAt) {
			return &AlreadyDone{Actor: r.Actor, At: r.SettledAt}
		}
		return nil
	}
	return nil
}

// contradicted tells that a read taken after a command shows the other status.
func contradicted(op Operator, flowID string, want medialive.FlowStatus, at time.Time) bool {
	f, ok := standing(op.Watcher.Snapshot(), flowID)
	return ok && after(f.at, at) && f.status != want
}

// stand is whether a flow is started, or a channel ON, as it was read.
type stand struct {
	name      string
	status    medialive.FlowStatus
	at, since time.Time
	command   *monitor.Command
}

// standing finds a flow or a channel.
func standing(s *monitor.Snapshot, id string) (stand, bool) {
	if f, ok := s.Flow(id); ok {
		return stand{f.Name, f.Status, f.StatusAt, f.StatusSince, f.Command}, true
	}
	if c, ok := s.Channel(id); ok {
		return stand{c.Name, c.Status(), c.ReadAt, c.StateSince, c.Command}, true
	}
	return stand{}, false
}

// already reads whether a flow whose state forbade a command is as the command
// wanted it; then there was nothing to do. Otherwise the refusal stands.
func (c *Control) already(ctx context.Context, op Operator, flowID string, want medialive.FlowStatus, refusal error) error {
	now := hand{c: c, op: op, flowID: flowID}
	status, err := now.readStatus(ctx)
	if err != nil || status != want {
		return refusal
	}
	e := &AlreadyDone{Err: refusal}
	if seen, ok := standing(op.Watcher.Snapshot(), flowID); ok && seen.status == want {
		e.At = seen.since
	}
	if by, ok := c.whoDid(ctx, op, flowID, want); ok {
		e.Actor, e.At = by.Actor, by.At
	}
	return e
}

// CreateFlow creates a flow, and starts it if asked to. If only the start
// failed it gives both the flow and the error.
func (c *Control) CreateFlow(ctx context.Context, op Operator, f medialive.NewFlow, start bool) (medialive.Flow, error) {
	made, err := c.makeFlow(ctx, op, f)
	if err == nil && start {
		err = c.StartFlow(ctx, op, made.ID)
	}
	return made, err
}

func (c *Control) makeFlow(ctx context.Context, op Operator, f medialive.NewFlow) (made medialive.Flow, err error) {
	done, err := c.turn(ctx, op.key("name "+f.Name))
	if err != nil {
		return made, err
	}
	defer done()
	h := &hand{c: c, op: op, flowName: f.Name, verb: VerbCreate} // nobody can protect what is not there yet
	err = h.act(ctx, deed{
		verb: VerbCreate, target: f.Source.Name, detail: describeSource(f.Source),
		do: func(ctx context.Context) (err error) {
			made, err = op.Client.CreateFlow(ctx, f)
			return err
		},
		made: func() string { return made.ID },
		check: func(ctx context.Context) (bool, error) {
			op.Watcher.ReadSoon("")
			return flowExists(ctx, op, f.Name)
		},
	})
	if err != nil {
		return medialive.Flow{}, err
	}
	op.Watcher.ReadSoon(made.ID)
	c.appear(ctx, op, made.ID)
	return made, nil
}

// flowExists reads the list until a flow of that name is found. Names are unique.
func flowExists(ctx context.Context, op Operator, name string) (bool, error) {
	const most = 100 // of a page
	for offset := 0; ; offset += most {
		page, err := op.Client.ListFlows(ctx, most, offset)
		if err != nil {
			return false, err
		}
		for _, f := range page.Flows {
			if f.Name == name {
				return true, nil
			}
		}
		if len(page.Flows) < most {
			return false, nil
		}
	}
}

// appear waits a moment until the watcher has seen a flow or a channel.
func (c *Control) appear(ctx context.Context, op Operator, flowID string) {
	c.settled(ctx, op, flowID, true)
}

// settled waits a moment until the watcher sees something, or no longer does, so
// that the page shown next says so.
func (c *Control) settled(ctx context.Context, op Operator, id string, there bool) {
	ctx, cancel := context.WithTimeout(ctx, appearFor)
	defer cancel()
	changed, unsubscribe := op.Watcher.Subscribe()
	defer unsubscribe()
	for {
		if _, ok := standing(op.Watcher.Snapshot(), id); ok == there {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// DeleteFlow deletes a flow. The API refuses while it is ACTIVE (KindState).
// What people put on the flow goes with it.
func (c *Control) DeleteFlow(ctx context.Context, op Operator, flowID string) error {
	h, err := c.take(ctx, op, flowID, VerbDelete, "")
	if err != nil {
		return err
	}
	defer h.done()
	err = h.act(ctx, deed{
		verb: VerbDelete, effect: ends,
		do: func(ctx context.Context) error { return op.Client.DeleteFlow(ctx, flowID) },
		check: func(ctx context.Context) (bool, error) {
			_, err := op.Client.ShowFlow(ctx, flowID)
			if medialive.KindOf(err) == medialive.KindNotFound {
				return true, nil
			}
			return false, err
		},
	})
	if err == nil {
		c.clear(context.WithoutCancel(ctx), op, flowID)
		op.Watcher.SetCare(flowID, monitor.Care{})
	}
	return err
}

// nameOf gives the name of a flow or a channel for the trail, empty if it is not
// known here.
func nameOf(op Operator, flowID string) string {
	f, _ := standing(op.Watcher.Snapshot(), flowID)
	return f.name
}
