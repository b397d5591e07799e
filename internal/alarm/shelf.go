package alarm

import (
	"time"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// longestShelf is how far away the end of a shelf may be.
const longestShelf = 8 * time.Hour

// holds tells whether a shelf is for a thing.
func (s *Shelf) holds(t thing) bool {
	return t.kind != Many && t.flow == s.FlowID && (s.Kind == "" || s.Kind == t.kind) && (s.Target == "" || s.Target == t.target)
}

// fits tells whether a shelf may be: of one flow or one kind, and not for ever.
func (s *Shelf) fits(now time.Time) bool {
	return (s.FlowID != "" || s.Kind != "") && s.Kind != Many &&
		s.Until.After(now) && !s.Until.After(now.Add(longestShelf))
}

// shelfOf finds the shelf of a thing: the one that lasts longest.
func (b *board) shelfOf(t thing) (found Shelf, on bool) {
	for _, s := range b.shelves {
		if s.holds(t) && (!on || s.Until.After(found.Until)) {
			found, on = s, true
		}
	}
	return found, on
}

// shelve puts the alarms of a shelf aside, which counts as an answer while it
// lasts.
func (b *board) shelve(s Shelf, now time.Time) {
	b.shelves[s.ID] = s
	b.changed = true
	for _, h := range b.listed() {
		if s.holds(h.thing) {
			b.lay(h, s, now)
		}
	}
}

// lay puts an alarm on a shelf.
func (b *board) lay(h *held, s Shelf, now time.Time) {
	next := *h.Alarm
	next.Parent = ""
	h.shelf = s.ID
	if next.AckedAt.IsZero() {
		next.AckedAt, next.AckedBy, next.Note = now, s.By, s.Reason
		h.byShelf = true
	}
	b.put(h, next, ChangeShelved)
}

// unshelve ends a shelf: what lasts and was answered for by it alone wants an
// answer again.
func (b *board) unshelve(id string) {
	delete(b.shelves, id)
	b.changed = true
	for _, h := range b.listed() {
		if h.shelf != id {
			continue
		}
		next := *h.Alarm
		if other, on := b.shelfOf(h.thing); on {
			h.shelf = other.ID
			b.put(h, next, "")
			continue
		}
		h.shelf = ""
		if h.byShelf {
			next.AckedAt, next.AckedBy, next.Note = time.Time{}, "", ""
			h.byShelf = false
		}
		b.put(h, next, ChangeUnshelved)
	}
}

// endShelves ends the shelves whose time is over.
func (b *board) endShelves(now time.Time) {
	for id, s := range b.shelves {
		if !b.lasted(s.Until, 0, now) {
			continue
		}
		b.writes = append(b.writes, &write{ended: id, lines: []trail.Line{shelfLine(s, ChangeUnshelved, "", now)}})
		b.unshelve(id)
	}
}

// shelfLine makes a line of the trail about a shelf.
func shelfLine(s Shelf, verb Change, actor string, now time.Time) trail.Line {
	return trail.Line{
		At: now, Kind: trail.Alarm, ID: s.ID, FlowID: s.FlowID, FlowName: s.FlowName, Verb: string(verb),
		Target: s.Target, Actor: actor, Reason: s.Reason, Cause: string(s.Kind),
		Detail: fact("until", s.Until.UTC().Format(time.RFC3339)),
	}
}
