package alarm

import "time"

// flapMany is how many changes between good and bad make a thing unstable.
const flapMany = 5

// flap is what is known of a source or an output that changes between good and
// bad.
type flap struct {
	first, last time.Time
	recent      [flapMany]time.Time // the last changes, oldest first
	total       int
	counted     int // of total, in the alarm
}

// note takes note of a change.
func (f *flap) note(now time.Time) {
	copy(f.recent[:], f.recent[1:])
	f.recent[flapMany-1] = now
	if f.total == 0 {
		f.first = now
	}
	f.last = now
	f.total++
}

// standsIn tells whether an unstable alarm stands in for a kind.
func standsIn(k Kind) bool { return k == SourceLost || k == OutputLost || k == Failing }

// flapped notes that a source or an output turned good or bad.
func (m *subject) flapped(target string, now time.Time) {
	f := m.flaps[target]
	if f == nil {
		f = &flap{}
		m.flaps[target] = f
	}
	f.note(now)
}

// alarmFlapped notes that an alarm about a figure was raised or cleared. A
// figure at its limit jumps over it with each measurement, so that only what
// has lasted counts.
func (m *subject) alarmFlapped(a aspect, now time.Time) {
	if a.kind == Loss || a.kind == Bitrate {
		m.flapped(a.target, now)
	}
}

// isUnstable tells whether a target has an unstable alarm now.
func (b *board) isUnstable(m *subject, target string) bool {
	h := b.things[thing{Unstable, m.id, target}]
	return h != nil && h.active()
}

// unstable raises, counts on and clears the alarms of what flaps.
func (b *board) unstable(m *subject, now time.Time) {
	for target, f := range m.flaps {
		h := b.things[thing{Unstable, m.id, target}]
		switch {
		case h != nil && h.active():
			b.flapsOn(h, f, now)
		case f.total >= flapMany && now.Sub(f.recent[0]) <= b.delays.Flapping && now.Sub(f.last) < b.delays.Calm:
			b.raiseUnstable(m, target, f, now)
		case now.Sub(f.last) > b.delays.Flapping:
			delete(m.flaps, target)
		}
	}
}

// flapsOn counts the changes of an unstable alarm, and clears it when it is calm.
func (b *board) flapsOn(h *held, f *flap, now time.Time) {
	if f.total > f.counted {
		next := *h.Alarm
		next.Count += f.total - f.counted
		f.counted = f.total
		b.figure(h, next)
	}
	if b.lasted(f.last, b.delays.Calm, now) {
		b.clear(h, f.last, "", now)
		f.total = 0
		f.counted = 0
	}
}

// raiseUnstable raises the one alarm that stands in for those that flap.
func (b *board) raiseUnstable(m *subject, target string, f *flap, now time.Time) {
	l := look{seen: bad, since: f.first, priority: Medium, limit: flapMany}
	h := b.raise(m, thing{Unstable, m.id, target}, l, f.total-f.counted, now)
	f.counted = f.total
	if h.shelf != "" {
		return
	}
	for _, k := range [...]Kind{SourceLost, OutputLost} {
		if of := b.things[thing{k, m.id, target}]; of != nil && of.active() && of.Parent == "" && of.shelf == "" {
			b.adoptChild(h, of)
		}
	}
}

// adoptChild lets a parent stand for an alarm.
func (b *board) adoptChild(parent, child *held) {
	next := *child.Alarm
	next.Parent = parent.ID
	b.put(child, next, "")
}

// release lists an alarm by itself again when its condition lasts: what stays
// lost is no longer unstable.
func (b *board) release(h *held, w *watch, now time.Time) {
	parent := b.ids[h.Parent]
	if parent == nil || parent.kind != Unstable || !b.lasted(w.from, b.delays.Off, now) {
		return
	}
	next := *h.Alarm
	next.Parent = ""
	b.put(h, next, "")
}
