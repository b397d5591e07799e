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

// orphans takes the commands of a former process on this project.
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

// reconcile settles commands whose answer is lost by what the watcher reads.
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
			switch outcome := judge(row, s, w.Heard(), now); outcome {
			case monitor.OutcomePending:
				open = append(open, row)
			case monitor.OutcomeUnknown: // and stays so
			default:
				if !c.conclude(w, row, outcome) {
					open = append(open, row)
				}
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
// be told yet, unknown if a read never tells. Since heard nothing of the flow has
// changed but what the snapshot tells; it is zero where that is not known.
func judge(row store.Command, s *monitor.Snapshot, heard, now time.Time) monitor.Outcome {
	if key, channel := monitor.ChannelKeyOf(row.FlowID); channel {
		return judgeChannel(row, key, s, heard, now)
	}
	if !s.Complete || !s.Link.OK {
		return monitor.OutcomePending
	}
	f, there := s.Flow(row.FlowID)
	var done bool
	read := now // when it was so
	switch row.Verb {
	case VerbStart, VerbStop:
		if there {
			return switched(row, f.Status, later(f.StatusAt, heard))
		}
	case VerbCreate:
		done = flowNamed(s, row.FlowName)
	case VerbDelete:
		done = !there
	case VerbAddOutput, VerbDeleteOutput:
		if done = there && hasOutput(f, row.Target) == (row.Verb == VerbAddOutput); there {
			read = later(f.DetailAt, heard)
		}
	case VerbUpdateSource, VerbUpdateOutput:
		return judgeChange(row, seen{flow: f}, heard, now)
	default:
		return monitor.OutcomeUnknown
	}
	return verdict(row, done, read)
}

// switched tells what became of a start or a stop by the status that a read
// shows. A word that nobody knows tells nothing.
func switched(row store.Command, status medialive.FlowStatus, read time.Time) monitor.Outcome {
	if status != medialive.Active && status != medialive.Standby {
		return monitor.OutcomePending
	}
	return verdict(row, status == wantsOf(row.Verb), read)
}

// verdict tells what became of a command by whether a read shows its effect.
func verdict(row store.Command, done bool, read time.Time) monitor.Outcome {
	switch {
	case done && after(read, row.At):
		return monitor.OutcomeDone
	case !done && read.Sub(row.At) >= effectTime:
		return monitor.OutcomeNotDone
	}
	return monitor.OutcomePending
}

// after tells that a read was asked for after a time of the trail, which keeps
// whole milliseconds and cuts off the rest.
func after(read, at time.Time) bool { return read.Sub(at) >= time.Millisecond }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// judgeChange tells by what was read of a source or an output whether a change
// came about: by the fields of which the trail tells the old and the new value.
func judgeChange(row store.Command, s seen, heard, now time.Time) monitor.Outcome {
	changes := visible(Told(row.Detail))
	if len(changes) == 0 || s.none() && now.Sub(row.At) >= effectTime {
		return monitor.OutcomeUnknown
	}
	value, at := s.valueOf(row)
	read := later(at, heard)
	switch {
	case value == nil || !after(read, row.At):
		return monitor.OutcomePending
	case all(changes, func(c Change) bool { return value(c.Field) == c.To }):
		return monitor.OutcomeDone
	case read.Sub(row.At) < effectTime:
		return monitor.OutcomePending
	case all(changes, func(c Change) bool { return value(c.Field) == c.From }):
		return monitor.OutcomeNotDone
	}
	return monitor.OutcomeUnknown // somebody changed it since, nobody can tell from what
}

func all(changes []Change, is func(Change) bool) bool {
	return !slices.ContainsFunc(changes, func(c Change) bool { return !is(c) })
}

// visible gives the changes that can be seen when they came about: not those of
// a passphrase that was set before and is after, and not those that the trail
// cut too short to tell.
func visible(changes []Change) (seen []Change) {
	for _, c := range changes {
		if c.Field == FieldPassphrase && c.From == "" {
			c.To = Set // as it is read back
		}
		if c.From != c.To && (c.To != Fresh || !c.Field.hidden()) && c.Field != FieldSecond && c.Field != FieldMore {
			seen = append(seen, c)
		}
	}
	return seen
}

// seen is what was read of that which a command changes.
type seen struct {
	flow    *monitor.Flow
	channel *medialive.Channel
	at      time.Time // of channel
}

func (s seen) none() bool { return s.flow == nil && s.channel == nil }

// valueOf gives the values of what a command was to change, as the trail tells
// them, and when they were read; nil if they were not.
func (s seen) valueOf(row store.Command) (value func(Field) string, at time.Time) {
	if s.channel != nil {
		return channelValues(row, *s.channel), s.at
	}
	return valueOf(row, s.flow)
}

// valueOf is seen.valueOf of a source or an output.
func valueOf(row store.Command, f *monitor.Flow) (value func(Field) string, at time.Time) {
	var now []Change
	var crypto *medialive.Crypto
	switch {
	case f == nil:
		return nil, at
	case row.Verb == VerbUpdateSource:
		if f.Source == nil {
			return nil, at
		}
		now, crypto, at = DiffSource(medialive.Source{}, *f.Source), f.Source.Decryption, f.DetailAt
	default:
		i := slices.IndexFunc(f.Outputs, func(o monitor.Output) bool { return o.Name == row.Target })
		if i < 0 || f.Outputs[i].Config == nil {
			return nil, at
		}
		o := f.Outputs[i]
		now, crypto, at = DiffOutput(medialive.Output{}, *o.Config), o.Config.Encryption, o.ConfigAt
	}
	values := make(map[Field]string)
	for _, c := range Told(describe(now)) { // cut as the trail cuts
		values[c.Field] = c.To
	}
	delete(values, FieldPassphrase)
	if encrypted(crypto) {
		values[FieldPassphrase], values[FieldAlgorithm] = Set, string(algorithm(crypto))
	}
	return func(field Field) string { return values[field] }, at
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
	other := func(c Change) bool { return !c.Field.hidden() && c.Field != FieldSecond }
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
