package monitor

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"time"
)

// The pause between two tries to read what is kept of the past.
const (
	firstRecall   = time.Second
	longestRecall = 15 * time.Second
)

// careEvery is how soon that is shown here which people put on flows elsewhere:
// on another dashboard that shares the database.
const careEvery = 5 * time.Second

// SetCare shows what people have put on a flow. It does not matter whether the
// flow was read yet.
func (w *Watcher) SetCare(flowID string, c Care) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.edits[flowID] = true
	w.setCare(flowID, c)
	w.publish()
}

// setCare notes the care of a flow. w.mu is held.
func (w *Watcher) setCare(flowID string, c Care) {
	if c == (Care{}) {
		delete(w.care, flowID)
	} else {
		w.care[flowID] = c
	}
	if r := w.records[flowID]; r != nil {
		r.care, r.dirty = c, true
	}
	if r := w.channels.records[flowID]; r != nil {
		r.care, r.dirty, w.channels.changed = c, true, true
	}
}

// SetLabels names known peers from now on; nil names none.
func (w *Watcher) SetLabels(l *Labels) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.edits[""] = true
	w.setLabels(l)
	w.publish()
}

// setLabels notes the labels. Any row may show a name, so that each flow is
// published anew, though nothing of it changed. w.mu is held.
func (w *Watcher) setLabels(l *Labels) {
	if l == nil {
		l = NewLabels(nil)
	}
	if maps.Equal(l.byAddress, w.labels.byAddress) {
		return
	}
	w.labels = l
	for _, r := range w.records {
		if r.flow != nil {
			again := *r.flow
			r.flow = &again
		}
	}
}

// recall fetches what is kept of the past: commands, media, care and labels. It
// tells whether it got all.
func (w *Watcher) recall(ctx context.Context, journal Journal) bool {
	w.mu.Lock()
	clear(w.edits)
	w.mu.Unlock()
	past, err := journal.Commands(ctx, w.key)
	if err != nil {
		w.log.WarnContext(ctx, "past commands not read", "error", err)
		return false
	}
	remembered := w.recallMedia(ctx, journal)
	care, labels, err := journal.Care(ctx, w.key)
	if err != nil {
		w.log.WarnContext(ctx, "protection, bands and labels not read", "error", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recallCommands(past)
	if err == nil {
		w.recallCare(care, labels)
	}
	w.publish()
	return err == nil && remembered
}

// recallAgain tries until it got all.
func (w *Watcher) recallAgain(ctx context.Context, journal Journal) {
	retry := newBackoff(firstRecall, longestRecall)
	for ctx.Err() == nil {
		retry.wait(ctx, 0, nil)
		if w.recall(ctx, journal) {
			return
		}
	}
}

// keepCare reads again and again what people have put on flows, until ctx ends.
func (w *Watcher) keepCare(ctx context.Context, journal Journal) {
	for sleep(ctx, careEvery, nil) == nil {
		w.mu.Lock()
		clear(w.edits)
		w.mu.Unlock()
		care, labels, err := journal.Care(ctx, w.key)
		if err != nil {
			w.log.DebugContext(ctx, "protection, bands and labels not read again", "error", err)
			continue
		}
		w.careRead(care, labels)
	}
}

// careRead shows the care that was read.
func (w *Watcher) careRead(care map[string]Care, labels *Labels) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recallCare(care, labels)
	w.publish()
}

// recallCommands notes the commands of the past, save where a newer one is
// known. w.mu is held.
func (w *Watcher) recallCommands(past map[string]Command) {
	for id, c := range past {
		if have := w.orders[id]; have != nil && !have.At.Before(c.At) {
			continue
		}
		w.orders[id] = &order{Command: c}
		w.ordered(id, w.orders[id])
	}
}

// recallCare notes the care that is kept, save where it was set meanwhile.
// w.mu is held.
func (w *Watcher) recallCare(care map[string]Care, labels *Labels) {
	for id := range maps.Clone(w.care) {
		if _, kept := care[id]; !kept && !w.edits[id] {
			w.setCare(id, Care{})
		}
	}
	for id, c := range care {
		if !w.edits[id] && !reflect.DeepEqual(w.care[id], c) {
			w.setCare(id, c)
		}
	}
	if !w.edits[""] {
		w.setLabels(labels)
	}
}

// lastCredential is when the last credential ends by which all can be read:
// zero if one never does, and that of before if none is left. w.mu is held.
func (w *Watcher) lastCredential() time.Time {
	var last time.Time
	all := !w.someUnlimited()
	for i, r := range w.readers {
		until := w.until[r]
		switch {
		case !all && slices.Contains(w.limited, r):
			continue
		case until.IsZero():
			w.credential = time.Time{}
			return w.credential
		case i == 0 || until.After(last):
			last = until
		}
	}
	if !last.IsZero() {
		w.credential = last
	}
	return w.credential
}
