package alarm

import (
	"cmp"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
)

// listed gives the open alarms, the most urgent first, then the oldest.
func (b *board) listed() []*held {
	list := make([]*held, 0, len(b.ids))
	for _, h := range b.ids {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b *held) int { return before(a.Alarm, b.Alarm) })
	return list
}

// before orders alarms: the most urgent first, then the oldest.
func before(a, b *Alarm) int {
	return cmp.Or(
		cmp.Compare(b.Priority, a.Priority), a.Raised.Compare(b.Raised), a.Since.Compare(b.Since),
		cmp.Compare(a.FlowName, b.FlowName), cmp.Compare(a.Target, b.Target), cmp.Compare(a.ID, b.ID),
	)
}

// view gives what is to be shown, and whether it differs from the last one.
func (b *board) view(now time.Time) (*View, bool) {
	if !b.changed {
		return nil, false
	}
	b.changed = false
	b.version++
	v := &View{Version: b.version, At: now, Watched: b.awake, FlowTops: make(map[string]*Alarm)}
	for _, h := range b.listed() {
		b.place(v, h)
	}
	for _, s := range b.shelves {
		v.Shelves = append(v.Shelves, s)
	}
	slices.SortFunc(v.Shelves, func(a, b Shelf) int {
		return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.ID, b.ID))
	})
	for _, a := range slices.Concat(v.Active, v.Members, v.Shelved) {
		if a.FlowID == "" {
			continue
		}
		if top := v.FlowTops[a.FlowID]; top == nil || a.Priority > top.Priority {
			v.FlowTops[a.FlowID] = a
		}
	}
	return v, true
}

// WithoutChannels is the view for who may not be shown channels: no alarm and no
// shelf of one, and of a parent only as much as it stands for besides them.
func (v *View) WithoutChannels() *View {
	if !slices.ContainsFunc(v.Shelves, func(s Shelf) bool { return ofChannel(s.FlowID) }) &&
		!slices.ContainsFunc(slices.Concat(v.Active, v.Members, v.Shelved), func(a *Alarm) bool { return ofChannel(a.FlowID) }) {
		return v
	}
	next := *v
	next.Active, next.Unacked, next.High, next.Medium, next.Low = nil, 0, 0, 0, 0
	for _, a := range v.Active {
		if a = v.besideChannels(a); a != nil {
			next.count(a)
		}
	}
	slices.SortStableFunc(next.Active, before)
	next.Members = slices.DeleteFunc(slices.Clone(v.Members), func(a *Alarm) bool { return ofChannel(a.FlowID) })
	next.Shelved = slices.DeleteFunc(slices.Clone(v.Shelved), func(a *Alarm) bool { return ofChannel(a.FlowID) })
	next.Shelves = slices.DeleteFunc(slices.Clone(v.Shelves), func(s Shelf) bool { return ofChannel(s.FlowID) })
	return &next
}

func ofChannel(flowID string) bool { _, is := monitor.ChannelKeyOf(flowID); return is }

// besideChannels is an alarm without what it tells of channels: nil where that is
// all. A parent of some counts the others that it has now.
func (v *View) besideChannels(a *Alarm) *Alarm {
	next := *a
	next.Priority, next.Members = 0, 0
	hides := ofChannel(a.FlowID)
	for _, m := range slices.Concat(v.Members, v.Shelved) {
		switch {
		case m.Parent != a.ID:
		case ofChannel(m.FlowID):
			hides = true
		default:
			next.Members++
			next.Priority = max(next.Priority, m.Priority)
		}
	}
	switch {
	case !hides:
		return a
	case next.Members == 0:
		return nil
	}
	return &next
}

// count puts an alarm among the active ones.
func (v *View) count(a *Alarm) {
	v.Active = append(v.Active, a)
	if a.AckedAt.IsZero() {
		v.Unacked++
	}
	switch a.Priority {
	case High:
		v.High++
	case Medium:
		v.Medium++
	case Low:
		v.Low++
	}
}

// place puts an alarm where it is to be shown.
func (b *board) place(v *View, h *held) {
	if h.shelf != "" {
		v.Shelved = append(v.Shelved, h.Alarm)
		return
	}
	if parent := b.ids[h.Parent]; parent != nil && parent.shelf == "" {
		v.Members = append(v.Members, h.Alarm)
		return
	}
	v.count(h.Alarm)
}

// answered gives the open alarms that somebody answers for with these: their
// members, and a parent all of whose members are answered for. found tells
// whether any of them is open.
func (b *board) answered(ids []string) (list []*held, found bool) {
	chosen := make(map[*held]bool)
	var choose func(h *held)
	choose = func(h *held) {
		if chosen[h] {
			return
		}
		chosen[h] = true
		for _, child := range b.ids {
			if child.Parent == h.ID {
				choose(child)
			}
		}
	}
	for _, id := range ids {
		if h := b.ids[id]; h != nil {
			choose(h)
		}
	}
	found = len(chosen) > 0
	for h := range chosen {
		if parent := b.ids[h.Parent]; parent != nil && parent.kind == Many && b.allChosen(parent, chosen) {
			chosen[parent] = true
		}
	}
	for _, h := range b.listed() {
		if chosen[h] && h.AckedAt.IsZero() {
			list = append(list, h)
		}
	}
	return list, found
}

// allChosen tells whether all members of a parent are answered for.
func (b *board) allChosen(parent *held, chosen map[*held]bool) bool {
	for _, child := range b.ids {
		if child.Parent == parent.ID && child.AckedAt.IsZero() && !chosen[child] {
			return false
		}
	}
	return true
}

// restore takes an alarm as it was written down. Its condition counts as lasting
// until a certain look tells otherwise.
func (b *board) restore(h *held, now time.Time) {
	h.kept = true
	if _, there := b.shelves[h.shelf]; h.shelf != "" && !there {
		next := *h.Alarm
		if h.byShelf && h.active() {
			next.AckedAt, next.AckedBy, next.Note = time.Time{}, "", ""
		}
		h.Alarm, h.shelf, h.byShelf = &next, "", false
	}
	h.came = h.Raised
	if h.Since.After(h.came) {
		h.came = h.Since
	}
	b.things[h.thing], b.ids[h.ID] = h, h
	b.changed = true
	if h.kind == Many || !h.active() {
		return
	}
	m := b.subject(h.flow)
	if m.name == "" {
		m.name, m.region = h.FlowName, h.Region
	}
	if h.kind == Unstable {
		if m.flaps[h.target] == nil {
			m.flaps[h.target] = &flap{first: h.Since, last: now}
		}
		return
	}
	a := aspect{h.kind, h.target}
	if m.watches[a] == nil {
		m.watches[a] = &watch{last: bad}
	}
}

// adopt takes an alarm as another process wrote it down in place of ours.
func (b *board) adopt(theirs *held, now time.Time) {
	ours := b.things[theirs.thing]
	same := ours != nil && ours.ID == theirs.ID
	if ours != nil && !same {
		delete(b.ids, ours.ID)
		for _, h := range b.listed() {
			if h.Parent == ours.ID {
				b.adoptChild(theirs, h)
			}
		}
	}
	b.restore(theirs, now)
	if same {
		theirs.joined, theirs.came = ours.joined, ours.came
		for i, h := range b.recent {
			if h == ours {
				b.recent[i] = theirs
			}
		}
		if b.burst.first == ours {
			b.burst.first = theirs
		}
	}
	if s, on := b.shelfOf(theirs.thing); on && theirs.shelf == "" {
		b.lay(theirs, s, now)
	}
}
