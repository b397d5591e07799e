package control

import (
	"context"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// subject is what of a flow a command changes, so that of two commands of one
// subject a later read shows what the second one did; empty for a new flow.
func subject(row store.Command) string {
	switch row.Verb {
	case VerbStart, VerbStop:
		return "status"
	case VerbUpdateSource:
		return "source"
	case VerbAddOutput, VerbUpdateOutput, VerbDeleteOutput:
		return "output " + row.Target
	case VerbDelete:
		return "flow"
	}
	return ""
}

// overtake settles earlier commands of unknown outcome by a later one of their
// subject that was done: what was there when it came tells of the one before.
// before is the flow as it was read in this turn, if it was.
func (c *Control) overtake(ctx context.Context, later store.Command, before *monitor.Flow) {
	rows, err := c.trail.FlowCommands(ctx, later.Endpoint, later.Project, later.FlowID, earlier)
	if err != nil {
		c.log.ErrorContext(ctx, "earlier commands not read", "flow", later.FlowID, "error", err)
		return
	}
	for _, row := range rows {
		switch {
		case row.ID == later.ID, row.At.After(later.At), subject(row) != subject(later), row.Outcome == string(monitor.OutcomeRefused), row.Outcome == string(monitor.OutcomeNotDone):
			continue
		case row.Outcome != string(monitor.OutcomeUnknown):
			return // what was before that, this one does not tell
		}
		outcome := overtaken(row, later, before)
		if outcome == monitor.OutcomeUnknown {
			c.settle(ctx, row.ID, outcome, givenAgain())
			continue
		}
		c.settle(ctx, row.ID, outcome, nil)
		if outcome == monitor.OutcomeDone {
			return
		}
	}
}

// overtaken tells what became of a command from that a later one was done: an
// output is added only where there was none, changed and deleted only where
// there was.
func overtaken(row, later store.Command, before *monitor.Flow) monitor.Outcome {
	there := later.Verb != VerbAddOutput
	var done bool
	switch row.Verb {
	case VerbAddOutput:
		done = there
	case VerbDeleteOutput, VerbDelete:
		done = !there
	default:
		if before == nil {
			return monitor.OutcomeUnknown
		}
		return judgeChange(row, before, row.At.Add(effectTime))
	}
	if done {
		return monitor.OutcomeDone
	}
	return monitor.OutcomeNotDone
}

// conclude settles a command of unknown outcome by a read, unless what was read
// may be what a later one of its subject did.
func (c *Control) conclude(row store.Command, outcome monitor.Outcome) {
	if subject(row) == "" {
		c.settle(c.ctx, row.ID, outcome, nil)
		return
	}
	done, err := c.serial.take(c.ctx, flowKey{row.Endpoint, row.Project, row.FlowID})
	if err != nil {
		return // the end: the next process settles it
	}
	defer done()
	rows, err := c.trail.FlowCommands(c.ctx, row.Endpoint, row.Project, row.FlowID, earlier)
	if err != nil {
		c.log.ErrorContext(c.ctx, "later commands not read", "flow", row.FlowID, "error", err)
	}
	is := func(r store.Command, o ...monitor.Outcome) bool {
		return slices.Contains(o, monitor.Outcome(r.Outcome))
	}
	mine := slices.IndexFunc(rows, func(r store.Command) bool { return r.ID == row.ID })
	if mine >= 0 && !is(rows[mine], monitor.OutcomeUnknown, monitor.OutcomePending) {
		return // told already
	}
	for _, r := range rows[:max(mine, 0)] {
		if !is(r, monitor.OutcomeRefused, monitor.OutcomeNotDone) && subject(r) == subject(row) && hides(r, row, outcome) {
			c.settle(c.ctx, row.ID, monitor.OutcomeUnknown, givenAgain())
			return
		}
	}
	c.settle(c.ctx, row.ID, outcome, nil)
}

// hides tells whether a later command of the same subject may be why it was read
// so: as if the one before had been done, or had not.
func hides(later, row store.Command, outcome monitor.Outcome) bool {
	again := later.Verb == row.Verb && later.Detail == row.Detail
	if outcome == monitor.OutcomeDone {
		return again
	}
	return !again
}

// earlier is how many commands of a flow are looked through.
const earlier = 100

// givenAgain is the error of a command of which no read can tell any more.
func givenAgain() error {
	return &medialive.Error{Kind: medialive.KindOutcomeUnknown, Message: "changed again before a read could tell"}
}

// sourceBefore and outputBefore are a flow of which only that was read.
func sourceBefore(s medialive.Source) *monitor.Flow {
	return &monitor.Flow{Source: &s, DetailAt: farOff}
}

func outputBefore(o medialive.Output) *monitor.Flow {
	return &monitor.Flow{Outputs: []monitor.Output{{Name: o.Name, Config: &o, ConfigAt: farOff}}}
}

// farOff is later than any command.
var farOff = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
