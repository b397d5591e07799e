package control

import (
	"context"
	"slices"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// supersede settles earlier starts and stops of a flow whose outcome is unknown
// by the answer to a later one. From then on no read can tell: it would show
// what the later one did. But its answer tells what the flow was when it came,
// for the service starts only what stands, and stops only what runs.
func (c *Control) supersede(ctx context.Context, later store.Command, answer error) {
	was := wantsOf(later.Verb)
	switch {
	case answer == nil:
		was = other(was)
	case medialive.KindOf(answer) != medialive.KindState:
		return
	}
	rows, err := c.trail.FlowCommands(ctx, later.Endpoint, later.Project, later.FlowID, earlier)
	if err != nil {
		c.log.ErrorContext(ctx, "earlier commands not read", "flow", later.FlowID, "error", err)
		return
	}
	mine := slices.IndexFunc(rows, func(r store.Command) bool { return r.ID == later.ID })
	c.unravel(ctx, rows[mine+1:], was)
}

// unravel settles the starts and stops whose answers were lost, among the last
// commands of a flow, newest first, by the status that they led to. It gives the
// outcomes by the commands' ids.
func (c *Control) unravel(ctx context.Context, rows []store.Command, to medialive.FlowStatus) map[string]monitor.Outcome {
	var open []store.Command
	var before *store.Command // them: the last one of which it is known what it did
	for i, row := range rows {
		switch {
		case !isSwitch(row) || without(row):
			continue
		case row.Outcome == string(monitor.OutcomeUnknown):
			open = append(open, row)
			continue
		}
		before = &rows[i]
		break
	}
	if len(open) == 0 {
		return nil
	}
	slices.Reverse(open)
	from := only(other(wantsOf(open[0].Verb)))
	if before != nil && (before.Outcome != string(monitor.OutcomeDone) || before.Verb == open[0].Verb) {
		from = canStand | canRun // somebody switched it elsewhere, or does so now
	}
	outcomes := make(map[string]monitor.Outcome, len(open))
	for i, outcome := range ledTo(from, open, to) {
		outcomes[open[i].ID] = outcome
		var why error
		if outcome == monitor.OutcomeUnknown {
			why = givenAgain()
		}
		c.settle(ctx, open[i].ID, outcome, why)
	}
	return outcomes
}

// statuses is a set of what a flow may be.
type statuses uint8

const (
	canStand statuses = 1 << iota // STANDBY
	canRun                        // ACTIVE
)

func only(s medialive.FlowStatus) statuses {
	if s == medialive.Active {
		return canRun
	}
	return canStand
}

func (s statuses) has(status medialive.FlowStatus) bool { return s&only(status) != 0 }

// ledTo tells what became of starts and stops, oldest first, that led from what
// a flow may have been to what it is: one was done where nothing else explains
// it, not done where it cannot have been, and unknown where both may be.
func ledTo(from statuses, rows []store.Command, to medialive.FlowStatus) []monitor.Outcome {
	after := make([]statuses, len(rows)+1) // each: from there the rest may lead to what it is
	after[len(rows)] = only(to)
	for i := len(rows) - 1; i >= 0; i-- {
		after[i] = after[i+1]
		if want := wantsOf(rows[i].Verb); after[i+1].has(want) {
			after[i] |= only(other(want))
		}
	}
	outcomes := make([]monitor.Outcome, len(rows))
	for i, row := range rows {
		want := wantsOf(row.Verb)
		done, not := from.has(other(want)) && after[i+1].has(want), from&after[i+1] != 0
		switch {
		case done && !not:
			outcomes[i] = monitor.OutcomeDone
		case not && !done:
			outcomes[i] = monitor.OutcomeNotDone
		default:
			outcomes[i] = monitor.OutcomeUnknown
		}
		from |= only(want)
	}
	return outcomes
}

// concludeSwitch settles a start or stop of unknown outcome, and those before
// it, by a read. rows are the flow's, newest first; row is at mine. It holds the
// flow's turn.
func (c *Control) concludeSwitch(w Watcher, rows []store.Command, mine int, outcome monitor.Outcome) {
	row, last := rows[mine], mine
	to := wantsOf(row.Verb)
	if outcome != monitor.OutcomeDone {
		to = other(to)
	}
	for i := mine - 1; i >= 0; i-- {
		if !isSwitch(rows[i]) || without(rows[i]) {
			continue
		}
		if rows[i].Outcome != string(monitor.OutcomeDone) {
			return // a later one will tell of this one, too
		}
		last, to = i+1, other(wantsOf(rows[i].Verb))
		break
	}
	outcome = c.unravel(c.ctx, rows[last:], to)[row.ID]
	f, ok := standing(w.Snapshot(), row.FlowID)
	if ok && f.command != nil && f.command.ID == row.ID && f.command.Outcome == monitor.OutcomePending {
		c.tell(w, row, outcome) // the read was faster than the failure
	}
}

// isSwitch tells whether a command is a start or a stop.
func isSwitch(row store.Command) bool { return row.Verb == VerbStart || row.Verb == VerbStop }

// without tells that a command is known to have had no effect.
func without(row store.Command) bool {
	return row.Outcome == string(monitor.OutcomeRefused) || row.Outcome == string(monitor.OutcomeNotDone)
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
