package monitor

import (
	"context"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// refusedFor is how long a list of refused callers serves all who look.
const refusedFor = 2 * time.Second

// refusedCache keeps the lists of refused callers, by flow id.
type refusedCache struct {
	mu      sync.Mutex
	entries map[string]*refusedEntry
}

// refusedEntry is the list of one flow. Who holds its turn asks; the others
// wait for that no longer than their own time allows.
type refusedEntry struct {
	turn chan struct{} // holds one token while nobody asks; guards all below
	at   time.Time
	rows []medialive.RefusedCaller
	err  error
}

func (c *refusedCache) entry(flowID string, now time.Time) *refusedEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = make(map[string]*refusedEntry)
	}
	e := c.entries[flowID]
	if e == nil {
		c.forget(now)
		e = &refusedEntry{turn: make(chan struct{}, 1)}
		e.turn <- struct{}{}
		c.entries[flowID] = e
	}
	return e
}

// forget drops the lists that nobody asks for any more.
func (c *refusedCache) forget(now time.Time) {
	for id, e := range c.entries {
		select {
		case <-e.turn:
			if now.Sub(e.at) > idleAfter {
				delete(c.entries, id)
			}
			e.turn <- struct{}{}
		default: // somebody asks
		}
	}
}

// RefusedCallers gives the last callers whom a flow's listeners refused, newest
// first, read at most every two seconds however many ask. A cloud has no such
// list: then it is empty. It waits no longer than ctx, whoever asks upstream,
// and not at all for a gateway that is known not to be reached.
func (w *Watcher) RefusedCallers(ctx context.Context, flowID string) ([]medialive.RefusedCaller, error) {
	w.touch()
	switch s := w.snapshot.Load(); {
	case s.Capabilities == nil:
		return nil, nil
	case !s.Link.OK && s.Link.Kind != "":
		return nil, &medialive.Error{Op: "RefusedCallers", Kind: s.Link.Kind, Message: s.Link.Reason}
	}
	e := w.refused.entry(flowID, w.monitor.now())
	select {
	case <-e.turn:
	case <-ctx.Done():
		return nil, &medialive.Error{Op: "RefusedCallers", Kind: medialive.KindUnavailable, Err: ctx.Err()}
	}
	defer func() { e.turn <- struct{}{} }()
	if now := w.monitor.now(); !e.at.IsZero() && now.Sub(e.at) < refusedFor {
		return e.rows, e.err
	}
	return w.askRefused(ctx, e, flowID)
}

// askRefused asks upstream and keeps the answer. That one who looked has gone
// is no answer to the others.
func (w *Watcher) askRefused(ctx context.Context, e *refusedEntry, flowID string) ([]medialive.RefusedCaller, error) {
	w.mu.Lock()
	var r Reader
	if len(w.readers) > 0 {
		r = w.readers[0]
	}
	w.mu.Unlock()
	if r == nil {
		return e.rows, &medialive.Error{Op: "RefusedCallers", Kind: medialive.KindNotSignedIn}
	}
	rows, err := r.RefusedCallers(ctx, flowID)
	if ctx.Err() != nil {
		return rows, err
	}
	e.rows, e.err, e.at = rows, err, w.monitor.now()
	return rows, err
}
