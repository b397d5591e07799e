package control

import (
	"context"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// before is how many earlier commands of a flow may be settled by a later one.
const before = 20

// supersede settles earlier starts and stops of a flow whose outcome is unknown
// by the answer to a later one. From then on no read can tell: it would show
// what the later one did. But its answer tells what the flow was when it came,
// for the service starts only what stands, and stops only what runs.
func (c *Control) supersede(ctx context.Context, later store.Command, wants medialive.FlowStatus, answer error) {
	was := wants
	switch {
	case answer == nil:
		was = other(wants)
	case medialive.KindOf(answer) != medialive.KindState:
		return
	}
	rows, err := c.trail.FlowCommands(ctx, later.Endpoint, later.Project, later.FlowID, before)
	if err != nil {
		c.log.ErrorContext(ctx, "earlier commands not read", "flow", later.FlowID, "error", err)
		return
	}
	for _, row := range rows {
		switch {
		case row.ID == later.ID, row.Verb != VerbStart && row.Verb != VerbStop:
			continue
		case row.Outcome == string(monitor.OutcomeDone), row.Outcome == string(monitor.OutcomePending):
			return // what was before that, this answer does not tell
		case row.Outcome != string(monitor.OutcomeUnknown):
			continue
		case wantsOf(row.Verb) == was:
			c.settle(ctx, row.ID, monitor.OutcomeDone, nil)
			return
		}
		c.settle(ctx, row.ID, monitor.OutcomeNotDone, nil)
	}
}

// wantsOf is the status that a start or a stop leads to.
func wantsOf(verb string) medialive.FlowStatus {
	if verb == VerbStart {
		return medialive.Active
	}
	return medialive.Standby
}

// other is the status from which a start or a stop leads to one.
func other(s medialive.FlowStatus) medialive.FlowStatus {
	if s == medialive.Active {
		return medialive.Standby
	}
	return medialive.Active
}
