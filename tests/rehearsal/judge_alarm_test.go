package rehearsal

import (
	"fmt"
	"slices"
	"time"
)

const (
	mustAlarm = 15 * time.Second // a source lost for so long alarms: its delay, a read and a missed one
	recovers  = 10 * time.Second // after an outage, until everything is read again
	known     = 15 * time.Second // so long media must have come for its end to be a loss
	clears    = 10 * time.Second // so long a source must be back for its alarm to end
	mustEnd   = 28 * time.Second // a source back for so long has no alarm: it clears, two slow reads, and some to see it
)

// span is a time in which something was so.
type span struct {
	from, to time.Time
	what     string
}

// losses are the times in which a flow was ACTIVE without the media that it had
// for long enough before.
func (t truth) losses(flow string, end time.Time) (all []span) {
	var moving, lost time.Time
	for i, f := range t[flow] {
		active := !f.Gone && active(f)
		switch {
		case active && moves(f):
			all, lost = appendSpan(all, lost, f.At), time.Time{}
			if moving.IsZero() {
				moving = f.At
			}
		case active && still(f) && i > 0 && !moving.IsZero() && lost.IsZero():
			if f.At.Sub(moving) >= known {
				lost = f.At
			}
			moving = time.Time{}
		case !active:
			all, lost, moving = appendSpan(all, lost, f.At), time.Time{}, time.Time{}
		}
	}
	return appendSpan(all, lost, end)
}

func appendSpan(all []span, from, to time.Time) []span {
	if from.IsZero() {
		return all
	}
	return append(all, span{from: from, to: to})
}

// clear tells whether nothing was wrong with the cloud and the dashboard from
// before a loss until it must have alarmed.
func (l span) clear(outages []span) bool {
	from, to := l.from.Add(-known-recovers), l.from.Add(mustAlarm)
	return !l.to.Before(to) && !slices.ContainsFunc(outages, func(o span) bool { return o.from.Before(to) && o.to.Add(recovers).After(from) })
}

// excused tells that something went wrong so lately that an alarm may last
// longer: while nothing certain is known of a flow, it does.
func (s sight) excused(troubled []span) bool {
	return s.about == aboutAlarm && slices.ContainsFunc(troubled, func(o span) bool {
		return !o.from.After(s.at) && (o.to.IsZero() || o.to.Add(recovers).After(s.at.Add(-s.window)))
	})
}

// ackTold is who was said to have acknowledged an alarm.
type ackTold struct{ id, flow, by string }

// acked writes down who is said to have acknowledged an alarm.
func (e *event) acked(a ackTold, at time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if first, there := e.acks[a]; !there || at.Before(first) {
		e.acks[a] = at
	}
}

// judgeAcks gives those who were said to have acknowledged an alarm, and had
// not: by the trail they neither did nor put it on a shelf until then.
func judgeAcks(lines []line, acks map[ackTold]time.Time) (problems []string) {
	for a, at := range acks {
		if !slices.ContainsFunc(lines, func(l line) bool {
			return l.Kind == "alarm" && l.Actor == a.by && !l.At.After(at) &&
				(l.Verb == "acknowledged" && l.ID == a.id || l.Verb == "shelved" && l.FlowID == a.flow)
		}) {
			problems = append(problems, fmt.Sprintf("%s the alarm %s of %s was shown as acknowledged by %s, who has not", clock(at), a.id, a.flow, a.by))
		}
	}
	return problems
}

// raised is the life of an alarm as the trail tells it.
type raised struct {
	line
	cleared time.Time // zero: it lasts
	closed  bool      // it is listed no longer
}

// alarmsOf are all that were raised; one that came back is there twice.
func alarmsOf(lines []line) (all []*raised) {
	last := map[string]*raised{}
	for _, l := range lines {
		if l.Kind != "alarm" {
			continue
		}
		switch a := last[l.ID]; {
		case l.Verb == "raised":
			a = &raised{line: l}
			last[l.ID] = a
			all = append(all, a)
		case l.Verb == "shelved": // it answers for those that have returned
			for _, a := range last {
				a.closed = a.closed || !a.cleared.IsZero() && a.FlowID == l.FlowID
			}
		case a == nil:
		case l.Verb == "returned" || l.Verb == "cleared":
			a.cleared, a.closed = l.At, l.Verb == "cleared"
		case l.Verb == "acknowledged":
			a.closed = !a.cleared.IsZero()
		}
	}
	return all
}

// judgeAlarms gives the losses that raised no alarm, the alarms of flows that
// were in standby, and any of a channel: a cloud tells nothing that could be one.
// lost counts the losses that had to alarm.
func judgeAlarms(t truth, lines []line, outages []span, end time.Time) (problems []string, lost int) {
	alarms := alarmsOf(lines)
	for flow := range t {
		if isChannel(flow) {
			continue
		}
		for _, l := range t.losses(flow, end) {
			if !l.clear(outages) {
				continue
			}
			lost++
			if !slices.ContainsFunc(alarms, func(a *raised) bool {
				return a.FlowID == flow && a.Target == "" && (a.Cause == "source_lost" || a.Cause == "unstable") &&
					!a.At.After(l.from.Add(mustAlarm)) && (a.cleared.IsZero() || a.cleared.After(l.from))
			}) {
				problems = append(problems, fmt.Sprintf("%s lost its source at %s for %v, and no alarm came\n%s",
					flow, clock(l.from), l.to.Sub(l.from), t.tell(flow, l.from.Add(-known), l.to)))
			}
		}
	}
	for _, a := range alarms {
		if isChannel(a.FlowID) {
			problems = append(problems, fmt.Sprintf("%s %s of the channel %s was raised", clock(a.At), a.Cause, a.FlowName))
		} else if a.FlowID != "" && t.idle(a.FlowID, a.At.Add(-mustAlarm), a.At) {
			problems = append(problems, fmt.Sprintf("%s %s of %s %s was raised in standby\n%s", clock(a.At), a.Cause, a.FlowName, a.Target,
				t.tell(a.FlowID, a.At.Add(-mustAlarm), a.At)))
		}
	}
	return problems, lost
}

// idle tells that a flow was in standby all the time.
func (t truth) idle(flow string, from, to time.Time) bool {
	facts, _ := t.during(flow, from, to)
	return !slices.ContainsFunc(facts, func(f fact) bool { return !f.Gone && active(f) })
}

// judgeKept compares the alarms that the trail says are still listed with those
// that are.
func judgeKept(lines []line, listed []string) (problems []string) {
	last := map[string]*raised{}
	for _, a := range alarmsOf(lines) {
		last[a.ID] = a
	}
	for id, a := range last {
		if !a.closed && !slices.Contains(listed, id) {
			problems = append(problems, fmt.Sprintf("the %s alarm of %s, raised %s, is lost (cleared %s)",
				a.Cause, a.FlowName, clock(a.At), clock(a.cleared)))
		}
	}
	return problems
}
