package monitor

import (
	"context"
	"maps"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// Media is what is kept of a flow to which media came in the start that goes on.
type Media struct {
	Came time.Time `json:"came"` // when media was last seen
	Held time.Time `json:"held"` // when the flow was last read as started
}

const (
	// unwatched is for how long a flow may be unread until a start is no longer
	// taken for that of before: somebody may have stopped and started it elsewhere.
	unwatched = 5 * time.Minute

	holdEvery = 30 * time.Second // how often it is kept anew until when starts went on
	keepRetry = 5 * time.Second  // after it could not be kept
	keepLimit = 10 * time.Second // for one write
)

// memory is what a watcher knows of that which is kept of media. Where a backend
// is polled, nothing else tells media that was lost from media that never came.
type memory struct {
	known bool             // past was read: what is kept may be replaced
	past  map[string]Media // of flows that this watcher has not read yet, by id
	kept  map[string]Media // as last read or written
	next  time.Time        // when it is to be kept anew, though of the same flows
	retry time.Time        // no write before
	busy  bool             // a write is under way
}

// recallMedia fetches what is kept of media, and tells whether it could. It is
// for flows that were not read yet: of others the watcher knows itself.
func (w *Watcher) recallMedia(ctx context.Context, journal Journal) bool {
	past, err := journal.Media(ctx, w.key)
	if err != nil {
		w.log.WarnContext(ctx, "not read to which flows media came before", "error", err)
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.media.known, w.media.kept = true, past
	w.media.past = maps.Clone(past)
	maps.DeleteFunc(w.media.past, func(id string, _ Media) bool { return w.records[id] != nil })
	return true
}

// takePast gives what was kept of a flow, to the first who reads the flow.
// w.mu is held.
func (w *Watcher) takePast(id string) Media {
	past := w.media.past[id]
	delete(w.media.past, id)
	return past
}

// keepMedia has the journal keep to which flows media came, where that has
// changed, and now and then until when their starts went on. Nobody waits for
// it: what is not kept is not known after a restart. w.mu is held.
func (w *Watcher) keepMedia(now time.Time) {
	m, journal := &w.media, w.monitor.journal.Load()
	polled := w.complete && w.pace.heard.IsZero()
	if journal == nil || !polled || !m.known || m.busy || now.Before(m.retry) {
		return
	}
	if w.mediaIsKept() && (len(m.kept) == 0 || now.Before(m.next)) {
		return
	}
	all := make(map[string]Media)
	for id, r := range w.records {
		if r.remembers() {
			all[id] = Media{Came: r.came, Held: r.held}
		}
	}
	m.busy = true
	w.monitor.work.Go(func() { w.writeMedia(*journal, all) })
}

// mediaIsKept tells whether what is kept is of the flows to which media came.
// w.mu is held.
func (w *Watcher) mediaIsKept() bool {
	n := 0
	for id, r := range w.records {
		if !r.remembers() {
			continue
		}
		if _, kept := w.media.kept[id]; !kept {
			return false
		}
		n++
	}
	return n == len(w.media.kept)
}

func (w *Watcher) writeMedia(journal Journal, all map[string]Media) {
	ctx, cancel := context.WithTimeout(w.monitor.ctx, keepLimit)
	defer cancel()
	err := w.monitor.guard.Try("media kept", func() error { return journal.KeepMedia(ctx, w.key, all) })
	if err != nil {
		w.log.DebugContext(ctx, "not kept to which flows media came; tried again", "error", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.monitor.now()
	w.media.busy = false
	if err != nil {
		w.media.retry = now.Add(keepRetry)
		return
	}
	w.media.kept, w.media.next = all, now.Add(holdEvery)
}

// remembers tells that media came in the start that goes on, and that only this
// watcher knows: no relay measures it.
func (r *record) remembers() bool {
	return r.status == medialive.Active && r.statistics == nil && r.moved()
}

// moved tells that media came in the start that goes on.
func (r *record) moved() bool {
	return !r.came.IsZero() && (r.order == nil || !r.order.restarted(r.came))
}

// holds notes that a status was read, and what that means for what is known of
// media: it is of one start, while that is seen to go on.
func (r *record) holds(s medialive.FlowStatus, at time.Time) {
	started := s == medialive.Active && (r.status == medialive.Active || r.status == "")
	if !started || at.Sub(r.held) > unwatched {
		r.came, r.told, r.movingSince = time.Time{}, time.Time{}, time.Time{}
		for i := range r.outputs {
			r.outputs[i].moved, r.outputs[i].down = false, time.Time{}
		}
	}
	r.held = at
}

// sawMedia notes that media came, as was asked for and answered at these times:
// from the source, or at an output, which nothing else feeds. A source that is
// read without media is lost only where that was asked for after the first answer:
// the first media may come between two questions.
func (r *record) sawMedia(asked, answered time.Time) {
	if r.status != medialive.Active || r.before(asked) || !asked.After(r.came) {
		return
	}
	if !r.moved() {
		r.told = answered
	}
	r.came = asked
}

// restarted tells that the command began another start than that of a time
// before, though no read may have shown it: the service starts only what is
// stopped. A start without answer counts as one.
func (c Command) restarted(since time.Time) bool {
	return c.Verb == verbStart && c.At.After(since) && c.Outcome != OutcomeRefused && c.Outcome != OutcomeNotDone
}
