package alarm

import (
	"fmt"
	"math"
	"time"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// figuresEvery is how often changed figures of a lasting alarm are written down.
const figuresEvery = 10 * time.Second

// raise makes the alarm of a condition that has lasted, or lets the one that is
// still listed come back. It came so many times.
func (b *board) raise(m *subject, key thing, l look, times int, now time.Time) *held {
	h := b.things[key]
	next := Alarm{ID: b.newID(), Kind: key.kind, FlowID: m.id, Target: key.target, Raised: now}
	if h != nil {
		next = *h.Alarm
		next.Cleared, next.AckedAt, next.AckedBy, next.Note, next.FirstOut = time.Time{}, time.Time{}, "", "", false
	}
	next.FlowName, next.Region, next.Peer = m.name, m.region, m.peers[key.target]
	next.Since, next.Priority, next.Count = l.since, l.priority, next.Count+times
	next.Value, next.Limit, next.Detail = l.value, l.limit, cut(l.detail)
	if next.Since.IsZero() || next.Since.After(now) {
		next.Since = now
	}
	if h == nil {
		h = &held{Alarm: &next, thing: key}
		b.things[key], b.ids[next.ID] = h, h
	}
	h.came = now
	b.raised(h, next, now)
	if h.shelf == "" {
		b.fresh = append(b.fresh, h)
	}
	return h
}

// raised notes that an alarm was raised, on its shelf if it has one.
func (b *board) raised(h *held, next Alarm, now time.Time) {
	change := ChangeRaised
	if s, on := b.shelfOf(h.thing); on {
		h.shelf, h.byShelf = s.ID, true
		next.AckedAt, next.AckedBy, next.Note = now, s.By, s.Reason
		change = ChangeShelved
	}
	b.put(h, next, change, b.line(&next, ChangeRaised, "", "", figures(&next), now))
}

// lasts takes note of an active alarm's condition: its worst figure, and
// whether it has become more urgent, which somebody has to answer for anew.
func (b *board) lasts(h *held, w *watch, l look, wait time.Duration, now time.Time) {
	b.release(h, w, now)
	if l.priority > h.Priority {
		if w.worse.IsZero() {
			w.worse = now
		}
		if b.lasted(w.worse, wait, now) {
			next := *h.Alarm
			next.Priority, next.Value, next.Limit, next.Detail = l.priority, l.value, l.limit, cut(l.detail)
			next.AckedAt, next.AckedBy, next.Note = time.Time{}, "", ""
			b.raised(h, next, now)
			return
		}
	} else {
		w.worse = time.Time{}
	}
	if l.limit != h.Limit || worse(h.Kind, l, h.Alarm) {
		next := *h.Alarm
		next.Value, next.Limit = l.value, l.limit
		b.figure(h, next)
	}
}

// worse tells whether a figure is worse than the one the alarm shows.
func worse(k Kind, l look, a *Alarm) bool {
	switch k {
	case Loss:
		return l.value > a.Value
	case Bitrate:
		return math.Abs(l.value-l.limit) > math.Abs(a.Value-a.Limit)
	case Credential:
		return l.value < a.Value
	}
	return false
}

// figure changes what is shown of an alarm; it is written down later.
func (b *board) figure(h *held, next Alarm) {
	h.Alarm, h.kept, b.changed = &next, false, true
}

// keepFigures lets changed figures be written down, not too often.
func (b *board) keepFigures(now time.Time) {
	for _, h := range b.ids {
		if !h.kept && now.Sub(h.keptAt) >= figuresEvery {
			b.put(h, *h.Alarm, "")
			h.keptAt = now
		}
	}
}

// clear notes that the condition of an alarm has ended for good, at that time:
// it is closed if somebody has answered for it, and stays listed if not.
func (b *board) clear(h *held, ended time.Time, cause string, now time.Time) {
	next := *h.Alarm
	next.Cleared = now
	change := ChangeReturned
	if next.State() == Closed {
		change = ChangeCleared
	}
	detail := fact("lasted", max(0, ended.Sub(next.Since)).Round(time.Second))
	if cause != "" {
		detail += " " + fact("cause", cause)
	}
	b.put(h, next, change, b.line(&next, change, "", "", detail, now))
}

// end clears at once what is about a thing.
func (b *board) end(key thing, cause string, now time.Time) {
	if h := b.things[key]; h != nil && h.active() {
		b.clear(h, now, cause, now)
	}
}

// endAll clears at once all that is about a subject.
func (b *board) endAll(m *subject, cause string, now time.Time) {
	for a := range m.watches {
		b.end(thing{a.kind, m.id, a.target}, cause, now)
	}
	for target := range m.flaps {
		b.end(thing{Unstable, m.id, target}, cause, now)
	}
	clear(m.watches)
	clear(m.flaps)
	m.dry = time.Time{}
}

// put gives an alarm its next state, to be written down with the lines that
// tell of it. A closed one is held no longer.
func (b *board) put(h *held, next Alarm, change Change, lines ...trail.Line) {
	h.Alarm, h.kept, b.changed = &next, true, true
	w := b.byID[next.ID]
	if w == nil {
		w = &write{thing: h.thing}
		b.byID[next.ID] = w
		b.writes = append(b.writes, w)
	}
	w.alarm, w.shelf, w.byShelf = h.Alarm, h.shelf, h.byShelf
	w.lines = append(w.lines, lines...)
	if change != "" {
		w.changes = append(w.changes, change)
	}
	if h.State() == Closed && b.ids[next.ID] == h {
		delete(b.ids, next.ID)
		delete(b.things, h.thing)
	}
}

// line makes a line of the trail about an alarm.
func (b *board) line(a *Alarm, verb Change, actor, reason, detail string, now time.Time) trail.Line {
	return trail.Line{
		At: now, Kind: trail.Alarm, ID: a.ID, FlowID: a.FlowID, FlowName: a.FlowName, Verb: string(verb),
		Target: a.Target, Actor: actor, Reason: reason, Detail: detail, Cause: string(a.Kind),
	}
}

// figures tells of an alarm what is not in the other fields of its line.
func figures(a *Alarm) string {
	s := fact("priority", [...]string{"", "low", "medium", "high"}[a.Priority])
	if a.Peer != "" {
		s += " " + fact("peer", a.Peer)
	}
	switch a.Kind {
	case Loss:
		s += " " + fact("loss", percent(a.Value)) + " " + fact("limit", percent(a.Limit))
	case Bitrate:
		s += " " + fact("bitrate", megabits(a.Value)) + " " + fact("limit", megabits(a.Limit))
	case Unstable:
		s += " " + fact("changes", a.Count)
	case Many:
		s += " " + fact("members", a.Members)
	}
	if a.Kind != Unstable && a.Count > 1 {
		s += " " + fact("times", a.Count)
	}
	if a.Detail != "" {
		s += " " + fact("problem", a.Detail)
	}
	return s
}

func percent(v float64) string  { return fmt.Sprintf("%.1f%%", v) }
func megabits(v float64) string { return fmt.Sprintf("%.2fMb/s", v) }

// fact writes one figure of a line's detail: name=value, quoted where the value
// has a space, a quote or a sign of its own.
func fact(name string, value any) string {
	s := fmt.Sprint(value)
	for _, r := range s {
		if r <= ' ' || r == '"' || r == '=' || r > '~' {
			return name + "=" + fmt.Sprintf("%q", s)
		}
	}
	if s == "" {
		s = `""`
	}
	return name + "=" + s
}
