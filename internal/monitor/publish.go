package monitor

import (
	"cmp"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// rows is the order in which flows are shown, kept from one snapshot to the
// next for as long as it holds.
type rows struct {
	stale bool // a record came or went
	byRow []*record
	index map[string]int // by flow id; shared by snapshots, never changed
}

// in gives the rows, by name and then id. Where a name changed, it is changed
// in a record already, but not yet in what was published.
func (r *rows) in(records map[string]*record) ([]*record, map[string]int) {
	byName := func(a, b *record) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.id, b.id)) }
	if !r.stale && slices.IsSortedFunc(r.byRow, byName) {
		return r.byRow, r.index
	}
	r.byRow = make([]*record, 0, len(records))
	for _, one := range records {
		r.byRow = append(r.byRow, one)
	}
	slices.SortFunc(r.byRow, byName)
	r.index = make(map[string]int, len(r.byRow))
	for i, one := range r.byRow {
		r.index[one.id] = i
	}
	r.stale = false
	return r.byRow, r.index
}

// publish makes the next snapshot if a fact differs from the last, and tells
// the subscribers. w.mu is held.
func (w *Watcher) publish() { w.publishRows(false) }

// publishAll is publish where time alone may have changed a state, too.
func (w *Watcher) publishAll() { w.publishRows(true) }

// paceOf is the pace at which a flow is read. w.mu is held.
func (w *Watcher) paceOf(r *record) pace {
	p := w.pace
	p.skew = w.skew
	_, looked := w.looked[r.id]
	switch {
	case looked:
		p.source, p.detail = p.screenSource, p.screen
	case r.status == medialive.Standby:
		p.source, p.detail = p.rest, p.rest
	}
	return p
}

func (w *Watcher) publishRows(all bool) {
	now, last := w.monitor.now(), w.snapshot.Load()
	byRow, index := w.rows.in(w.records)
	next := &Snapshot{
		At: now, Complete: w.complete, Link: w.link, Capabilities: w.capabilities,
		Flows: make([]*Flow, len(byRow)), index: index,
		Channels: w.publishChannels(last.Channels, all, now),
		Pace:     w.pace.shown(w.monitor.rps), Labels: w.labels, Credential: w.lastCredential(), Skew: w.skew.Round(time.Minute),
	}
	if next.Link.Since.IsZero() {
		next.Link = last.Link
	}
	for i, r := range byRow {
		if all || r.dirty || r.flow == nil {
			r.publish(w.paceOf(r), now)
		}
		next.Flows[i] = r.flow
	}
	if same(last, next) {
		return
	}
	w.version++
	next.Version = w.version
	w.snapshot.Store(next)
	for ch := range w.subscribers {
		wake(ch)
	}
}

// same tells whether two snapshots say the same.
func same(a, b *Snapshot) bool {
	return a.Complete == b.Complete && a.Link == b.Link && a.Capabilities == b.Capabilities &&
		a.Pace == b.Pace && a.Skew == b.Skew && a.Labels == b.Labels && a.Credential.Equal(b.Credential) &&
		a.Channels.same(b.Channels) && slices.Equal(a.Flows, b.Flows)
}
