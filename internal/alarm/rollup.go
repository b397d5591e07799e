package alarm

import (
	"slices"
	"time"
)

// gatherMany is how many alarms that come together get a parent.
const gatherMany = 3

// share is what alarms can have in common, from the most exact on.
type share string

const (
	sharePeer    share = "peer"
	shareRegion  share = "region"
	shareGateway share = "gateway"
)

// burst are the alarms that came within a short time of the first of them.
type burst struct {
	began time.Time
	first *held // whose condition began first
}

// rollUp gives a parent to the alarms of one peer, region or gateway that were
// raised within a short time.
func (b *board) rollUp(now time.Time) {
	alone := func(h *held) bool {
		return h.FlowID != "" && h.Parent == "" && h.shelf == "" && h.active() && now.Sub(h.came) <= b.delays.Together
	}
	b.recent = slices.DeleteFunc(b.recent, func(h *held) bool { return !alone(h) || slices.Contains(b.fresh, h) })
	for _, h := range b.fresh {
		if alone(h) {
			b.recent = append(b.recent, h)
		}
	}
	if len(b.fresh) == 0 {
		return
	}
	for _, by := range [...]share{sharePeer, shareRegion, shareGateway} {
		var order []string
		groups := make(map[string][]*held)
		for _, h := range b.recent {
			value, shared := b.shared(by, h)
			if !shared || h.Parent != "" {
				continue
			}
			if groups[value] == nil {
				order = append(order, value)
			}
			groups[value] = append(groups[value], h)
		}
		for _, value := range order {
			b.gather(by, value, groups[value], now)
		}
	}
}

// shared gives what an alarm could have in common with others.
func (b *board) shared(by share, h *held) (value string, shared bool) {
	switch by {
	case sharePeer:
		return h.Peer, h.Peer != ""
	case shareRegion:
		return h.Region, h.Region != "" && b.regions > 1
	}
	return "", b.gateway
}

// gather puts alarms under their parent if they are many, or if others of theirs
// came just before.
func (b *board) gather(by share, value string, children []*held, now time.Time) {
	key := thing{kind: Many, target: string(by) + " " + value}
	parent := b.things[key]
	joins := parent != nil && parent.active() && now.Sub(parent.joined) <= b.delays.Together
	if !joins && count(by, children) < gatherMany {
		return
	}
	next := Alarm{ID: b.newID(), Kind: Many, Raised: now}
	switch by {
	case sharePeer:
		next.Peer = value
	case shareRegion:
		next.Region = value
	}
	if parent != nil {
		next = *parent.Alarm
	} else {
		parent = &held{Alarm: &next, thing: key}
		b.things[key], b.ids[next.ID] = parent, parent
	}
	if next.Count == 0 || !next.Cleared.IsZero() {
		next.Count++
		next.Since = now
	}
	next.Cleared, next.AckedAt, next.AckedBy, next.Note = time.Time{}, time.Time{}, "", ""
	for _, child := range children {
		next.Priority = max(next.Priority, child.Priority)
		if child.Since.Before(next.Since) {
			next.Since = child.Since
		}
	}
	next.Members += len(children)
	parent.joined, parent.came = now, now
	b.put(parent, next, ChangeRaised, b.line(&next, ChangeRaised, "", "", figures(&next), now))
	for _, child := range children {
		b.adoptChild(parent, child)
	}
}

// count tells how many count: of one peer each alarm does; else many alarms of
// one flow would be taken for trouble of all.
func count(by share, children []*held) int {
	if by == sharePeer {
		return len(children)
	}
	flows := make(map[string]struct{}, len(children))
	for _, h := range children {
		flows[h.FlowID] = struct{}{}
	}
	return len(flows)
}

// firstOut marks the alarm whose condition began first among those that came
// within a short time.
func (b *board) firstOut() {
	for _, h := range b.fresh {
		if h.FlowID == "" {
			continue
		}
		first := b.burst.first
		if first == nil || first == h || h.came.Sub(b.burst.began) > b.delays.Together {
			b.burst = burst{began: h.came, first: h}
			continue
		}
		if first.flow == h.flow && first.target == h.target {
			continue // the same trouble
		}
		if h.Since.Before(first.Since) {
			b.mark(first, false)
			b.burst.first = h
		}
		b.mark(b.burst.first, true)
	}
}

// mark sets or takes the mark of an open alarm.
func (b *board) mark(h *held, first bool) {
	if h.FirstOut == first || b.ids[h.ID] != h {
		return
	}
	next := *h.Alarm
	next.FirstOut = first
	b.put(h, next, "")
}

// settleParents lets each Many follow its members: it lasts while one of them
// does, and wants an answer when one of them does. Members of a parent that is
// gone are listed by themselves.
func (b *board) settleParents(now time.Time) {
	type sum struct{ lasts, open bool }
	sums := make(map[string]sum)
	for _, h := range b.ids {
		if h.Parent != "" && h.active() {
			s := sums[h.Parent]
			sums[h.Parent] = sum{true, s.open || h.AckedAt.IsZero()}
		}
	}
	for id, h := range b.ids {
		if h.kind != Many {
			continue
		}
		s := sums[id]
		switch {
		case !s.lasts && h.active():
			b.clear(h, now, "", now)
		case s.lasts && (!h.active() || s.open && !h.AckedAt.IsZero()):
			next := *h.Alarm
			if !h.active() {
				next.Count++
			}
			next.Cleared, next.AckedAt, next.AckedBy, next.Note = time.Time{}, time.Time{}, "", ""
			b.put(h, next, ChangeRaised, b.line(&next, ChangeRaised, "", "", figures(&next), now))
		}
	}
	for _, h := range b.ids {
		if h.Parent != "" && b.ids[h.Parent] == nil {
			next := *h.Alarm
			next.Parent = ""
			b.put(h, next, "")
		}
	}
}
