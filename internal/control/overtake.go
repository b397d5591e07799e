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
	_, channel := monitor.ChannelKeyOf(row.FlowID)
	switch row.Verb {
	case VerbStart, VerbStop:
		return "status"
	case VerbUpdateSource:
		return "source"
	case VerbAddOutput, VerbUpdateOutput, VerbDeleteOutput:
		return "output " + row.Target
	case VerbUpdateChannel:
		return "channel " + row.Target
	case VerbDelete:
		return "flow"
	case VerbCreate:
		if channel { // its id was known before it was made
			return "flow"
		}
	}
	return ""
}

// overtake settles earlier commands of unknown outcome by a later one of their
// subject that was done: what was there when it came tells of the one before.
// before is what it changes as it was read in this turn, if it was.
func (c *Control) overtake(ctx context.Context, later store.Command, before seen) {
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
func overtaken(row, later store.Command, before seen) monitor.Outcome {
	there := later.Verb != VerbAddOutput && later.Verb != VerbCreate
	var done bool
	switch row.Verb {
	case VerbAddOutput, VerbCreate:
		done = there
	case VerbDeleteOutput, VerbDelete:
		done = !there
	default:
		if before.none() {
			return monitor.OutcomeUnknown
		}
		return judgeChange(row, before, time.Time{}, later.At)
	}
	if done {
		return monitor.OutcomeDone
	}
	return monitor.OutcomeNotDone
}

// conclude settles a command of unknown outcome by a read, unless what was read
// may be what a later one of its subject did. It tells whether it could: it is
// to be tried again while the database does not answer.
func (c *Control) conclude(w Watcher, row store.Command, outcome monitor.Outcome) bool {
	if subject(row) == "" {
		c.settle(c.ctx, row.ID, outcome, nil)
		return true
	}
	done, err := c.turn(c.ctx, flowKey{row.Endpoint, row.Project, row.FlowID})
	if err != nil {
		return false
	}
	defer done()
	rows, err := c.trail.FlowCommands(c.ctx, row.Endpoint, row.Project, row.FlowID, earlier)
	if err != nil {
		return false
	}
	c.concludeAmong(w, rows, row, outcome)
	return true
}

// concludeAmong is conclude with the last commands of the flow, newest first.
func (c *Control) concludeAmong(w Watcher, rows []store.Command, row store.Command, outcome monitor.Outcome) {
	mine := slices.IndexFunc(rows, func(r store.Command) bool { return r.ID == row.ID })
	switch {
	case mine < 0: // so many were given since
		c.settle(c.ctx, row.ID, monitor.OutcomeUnknown, givenAgain())
		return
	case rows[mine].Outcome != string(monitor.OutcomeUnknown) && rows[mine].Outcome != string(monitor.OutcomePending):
		return // told already
	case isSwitch(row):
		c.concludeSwitch(w, rows, mine, outcome)
		return
	}
	for i := mine - 1; i >= 0; i-- {
		if r := rows[i]; !without(r) && subject(r) == subject(row) && hides(r, row, outcome) {
			c.settleBy(row, r)
			return
		}
	}
	c.settle(c.ctx, row.ID, outcome, nil)
}

// hides tells whether a later command of the same subject may be why it was read
// so: as if the one before had been done, or had not.
func hides(later, row store.Command, outcome monitor.Outcome) bool {
	again := later.Verb == row.Verb && later.Detail == row.Detail
	switch {
	case isChange(later) && isChange(row):
		return len(common(later, row)) > 0
	case outcome == monitor.OutcomeDone:
		return again
	}
	return !again
}

// settleBy settles a command by a later one that hides it. A later change tells
// what it was to change from, which was read just before it was given.
func (c *Control) settleBy(row, later store.Command) {
	from := common(later, row)
	was := func(c Change, value string) bool { return from[c.Field] == value }
	changes := slices.DeleteFunc(visible(Told(row.Detail)), func(c Change) bool { _, told := from[c.Field]; return !told })
	switch {
	case !isChange(row) || len(changes) == 0:
	case all(changes, func(c Change) bool { return was(c, c.To) }):
		c.settle(c.ctx, row.ID, monitor.OutcomeDone, nil)
		return
	case later.At.Sub(row.At) >= effectTime && all(changes, func(c Change) bool { return was(c, c.From) }):
		c.settle(c.ctx, row.ID, monitor.OutcomeNotDone, nil)
		return
	}
	c.settle(c.ctx, row.ID, monitor.OutcomeUnknown, givenAgain())
}

// isChange tells whether a command changes fields of a source or an output.
func isChange(row store.Command) bool {
	return row.Verb == VerbUpdateSource || row.Verb == VerbUpdateOutput || row.Verb == VerbUpdateChannel
}

// common gives what the later of two changes was to change, where the earlier
// one changed it too: from which value.
func common(later, row store.Command) map[Field]string {
	from := map[Field]string{}
	for _, mine := range visible(Told(row.Detail)) {
		for _, theirs := range visible(Told(later.Detail)) {
			if mine.Field == theirs.Field {
				from[theirs.Field] = theirs.From
			}
		}
	}
	return from
}

// earlier is how many commands of a flow are looked through.
const earlier = 100

// givenAgain is the error of a command of which no read can tell any more.
func givenAgain() error {
	return &medialive.Error{Kind: medialive.KindOutcomeUnknown, Message: "changed again before a read could tell"}
}

// sourceBefore and outputBefore are a flow of which only that was read.
func sourceBefore(s medialive.Source) seen {
	return seen{flow: &monitor.Flow{Source: &s, DetailAt: farOff}}
}

func outputBefore(o medialive.Output) seen {
	return seen{flow: &monitor.Flow{Outputs: []monitor.Output{{Name: o.Name, Config: &o, ConfigAt: farOff}}}}
}

// farOff is later than any command.
var farOff = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
