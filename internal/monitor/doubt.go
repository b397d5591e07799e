package monitor

import (
	"context"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/revive"
)

// interruptible gives the context of a reading, which doubt ends. end is to be
// called.
func (w *Watcher) interruptible(ctx context.Context) (whole context.Context, end context.CancelFunc) {
	whole, end = context.WithCancel(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.interrupt = end
	return whole, end
}

// whole runs a part of a reading. Where it panics the reading ends as a whole.
func (w *Watcher) whole(what string, part func()) {
	if w.monitor.guard.Try(what, func() error { part(); return nil }) != nil {
		w.doubt()
	}
}

// doubt is called when a part of the watcher panicked: the backend counts as not
// read, and every value as old, until all is read anew. Where even that cannot
// be shown, what is known is at fault, and dropped.
func (w *Watcher) doubt() {
	err := w.monitor.guard.Try("a watcher in doubt", func() error { w.distrust(false); return nil })
	if err != nil {
		w.distrust(true)
	}
}

// distrust shows all values as old, or, where they are to be dropped, none.
func (w *Watcher) distrust(drop bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.setLink(&medialive.Error{Op: "watch", Kind: medialive.KindUnreadable, Err: revive.ErrPanic})
	w.doubted, w.pace.lost = true, w.monitor.now()
	w.interrupt()
	if drop {
		clear(w.records)
		clear(w.channels.records)
		w.channels.order, w.channels.changed, w.channels.complete = true, true, false
		w.rows.stale, w.complete = true, false
	}
	w.publishAll()
}

// trust notes that the backend is read. w.mu is held.
func (w *Watcher) trust() {
	w.setLink(nil)
	if w.doubted {
		w.doubted, w.pace.lost = false, time.Time{}
	}
}
