package control

import (
	"errors"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

const (
	effectTime    = 30 * time.Second // in which a command without answer may still take effect
	askAgain      = 10 * time.Second // between two early reads of a flow that is to tell
	reconcileTime = 5 * time.Minute  // of a backend that is read, after which what is not settled stays unknown
)

// orphans takes the commands of a former process on this project, save starts
// and stops, which the watcher settles itself.
func (c *Control) orphans(key monitor.Key) (of []store.Command) {
	c.past.Lock()
	defer c.past.Unlock()
	var rest []store.Command
	for _, row := range c.lost {
		if row.Endpoint == key.Endpoint && row.Project == key.ProjectID {
			of = append(of, row)
		} else {
			rest = append(rest, row)
		}
	}
	c.lost = rest
	return of
}

// reconcile settles commands of a former process by what the watcher reads.
func (c *Control) reconcile(w Watcher, rows []store.Command) {
	changed, cancel := w.Subscribe()
	defer cancel()
	var asked time.Time
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	end := time.NewTimer(reconcileTime)
	defer end.Stop()
	for len(rows) > 0 {
		s, now := w.Snapshot(), c.now()
		if !s.Complete || !s.Link.OK {
			end.Reset(reconcileTime)
		}
		var open []store.Command
		for _, row := range rows {
			outcome := judge(row, s, now)
			if outcome == monitor.OutcomePending {
				open = append(open, row)
			} else if change := row.Verb == VerbUpdateSource || row.Verb == VerbUpdateOutput; change && outcome == monitor.OutcomeNotDone {
				c.settle(c.ctx, row.ID, outcome, nil) // it is as it was before
			} else if outcome != monitor.OutcomeUnknown {
				c.conclude(row, outcome)
			}
		}
		rows = open
		if now.Sub(asked) >= askAgain {
			asked = now
			for _, row := range rows {
				w.ReadSoon(row.FlowID)
			}
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-end.C:
			return
		case <-c.ctx.Done():
			return
		}
	}
}

// judge tells by a snapshot what became of a command: pending while it cannot
// be told yet, unknown if a read never tells.
func judge(row store.Command, s *monitor.Snapshot, now time.Time) monitor.Outcome {
	if !s.Complete || !s.Link.OK {
		return monitor.OutcomePending
	}
	f, there := s.Flow(row.FlowID)
	var done, known bool
	switch row.Verb {
	case VerbCreate:
		done, known = flowNamed(s, row.FlowName), true
	case VerbDelete:
		done, known = !there, true
	case VerbAddOutput, VerbDeleteOutput:
		known = !there || f.DetailAt.After(row.At)
		done = there && hasOutput(f, row.Target) == (row.Verb == VerbAddOutput)
	case VerbUpdateSource, VerbUpdateOutput:
		return judgeChange(row, f, now)
	default:
		return monitor.OutcomeUnknown
	}
	switch {
	case known && done:
		return monitor.OutcomeDone
	case known && now.Sub(row.At) >= effectTime:
		return monitor.OutcomeNotDone
	}
	return monitor.OutcomePending
}

// judgeChange tells by what was read of a source or an output whether a change
// came about: by the fields of which the trail tells the old and the new value.
func judgeChange(row store.Command, f *monitor.Flow, now time.Time) monitor.Outcome {
	value := valueOf(row, f)
	changes := visible(Told(row.Detail))
	switch {
	case len(changes) == 0, f == nil && now.Sub(row.At) >= effectTime:
		return monitor.OutcomeUnknown
	case value == nil:
		return monitor.OutcomePending
	}
	as := func(of func(Change) string) bool {
		return !slices.ContainsFunc(changes, func(c Change) bool { return value(c.Field) != of(c) })
	}
	switch {
	case as(func(c Change) string { return c.To }):
		return monitor.OutcomeDone
	case now.Sub(row.At) < effectTime:
		return monitor.OutcomePending
	case as(func(c Change) string { return c.From }):
		return monitor.OutcomeNotDone
	}
	return monitor.OutcomeUnknown // somebody changed it since, nobody can tell from what
}

// visible gives the changes that can be seen when they came about: not those of
// a passphrase that was set before and is after, and not those that the trail
// cut too short to tell.
func visible(changes []Change) (seen []Change) {
	for _, c := range changes {
		if c.Field == FieldPassphrase && c.From == "" {
			c.To = Set // as it is read back
		}
		if c.From != c.To && (c.Field != FieldPassphrase || c.To != Fresh) && c.Field != FieldSecond {
			seen = append(seen, c)
		}
	}
	return seen
}

// valueOf gives the values of the source or output that a command was to
// change, as the trail tells them; nil while it was not read since.
func valueOf(row store.Command, f *monitor.Flow) func(Field) string {
	var now []Change
	var crypto *medialive.Crypto
	switch {
	case f == nil:
		return nil
	case row.Verb == VerbUpdateSource:
		if f.Source == nil || !f.DetailAt.After(row.At) {
			return nil
		}
		now, crypto = DiffSource(medialive.Source{}, *f.Source), f.Source.Decryption
	default:
		i := slices.IndexFunc(f.Outputs, func(o monitor.Output) bool { return o.Name == row.Target })
		if i < 0 || f.Outputs[i].Config == nil || !f.Outputs[i].ConfigAt.After(row.At) {
			return nil
		}
		now, crypto = DiffOutput(medialive.Output{}, *f.Outputs[i].Config), f.Outputs[i].Config.Encryption
	}
	values := make(map[Field]string)
	for _, c := range Told(describe(now)) { // cut as the trail cuts
		values[c.Field] = c.To
	}
	delete(values, FieldPassphrase)
	if encrypted(crypto) {
		values[FieldPassphrase], values[FieldAlgorithm] = Set, string(algorithm(crypto))
	}
	return func(field Field) string { return values[field] }
}

// flowNamed tells whether there is a flow of that name. Names are unique.
func flowNamed(s *monitor.Snapshot, name string) bool {
	for _, f := range s.Flows {
		if f.Name == name {
			return true
		}
	}
	return false
}

func hasOutput(f *monitor.Flow, name string) bool {
	for _, o := range f.Outputs {
		if o.Name == name {
			return true
		}
	}
	return false
}

// explained adds to the error of a change of nothing but a passphrase why its
// outcome stays unknown.
func explained(row store.Command, err error) error {
	var e *medialive.Error
	if !errors.As(err, &e) || e.Kind != medialive.KindOutcomeUnknown {
		return err
	}
	changes := Told(row.Detail)
	other := func(c Change) bool { return c.Field != FieldPassphrase && c.Field != FieldSecond }
	if len(changes) == 0 || slices.ContainsFunc(changes, other) || len(visible(changes)) > 0 {
		return err
	}
	why := *e
	why.Message = "only the passphrase was to change, and it cannot be read back: set it again to be sure"
	return &why
}

// lostReply is the error of commands whose process ended before the answer.
func lostReply() error {
	return &medialive.Error{Kind: medialive.KindOutcomeUnknown, Message: "the program ended before the answer came"}
}
