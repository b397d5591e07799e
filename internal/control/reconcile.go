package control

import (
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

const (
	effectTime    = 30 * time.Second // in which a command without answer may still take effect
	reconcileTime = 5 * time.Minute  // after which what is not settled stays unknown
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
	for _, row := range rows {
		w.ReadSoon(row.FlowID)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	end := time.NewTimer(reconcileTime)
	defer end.Stop()
	for len(rows) > 0 {
		s, now := w.Snapshot(), c.now()
		var open []store.Command
		for _, row := range rows {
			outcome := judge(row, s, now)
			if outcome == monitor.OutcomePending {
				open = append(open, row)
			} else if outcome != monitor.OutcomeUnknown {
				c.settle(c.ctx, row.ID, outcome, nil)
			}
		}
		rows = open
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

// lostReply is the error of commands whose process ended before the answer.
func lostReply() error {
	return &medialive.Error{Kind: medialive.KindOutcomeUnknown, Message: "the program ended before the answer came"}
}
