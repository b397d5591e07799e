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

type refusedEntry struct {
	mu   sync.Mutex // held while asking, so that all who look ask once
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
		e = &refusedEntry{}
		c.entries[flowID] = e
	}
	return e
}

// forget drops the lists that nobody asks for any more.
func (c *refusedCache) forget(now time.Time) {
	for id, e := range c.entries {
		if e.mu.TryLock() {
			if now.Sub(e.at) > idleAfter {
				delete(c.entries, id)
			}
			e.mu.Unlock()
		}
	}
}

// RefusedCallers gives the last callers whom a flow's listeners refused, newest
// first, read at most every two seconds however many ask. A cloud has no such
// list: then it is empty.
func (w *Watcher) RefusedCallers(ctx context.Context, flowID string) ([]medialive.RefusedCaller, error) {
	w.touch()
	if w.snapshot.Load().Capabilities == nil {
		return nil, nil
	}
	e := w.refused.entry(flowID, w.monitor.now())
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := w.monitor.now(); e.at.IsZero() || now.Sub(e.at) >= refusedFor {
		w.mu.Lock()
		var r Reader
		if len(w.readers) > 0 {
			r = w.readers[0]
		}
		w.mu.Unlock()
		if r == nil {
			return e.rows, &medialive.Error{Op: "refusedCallers", Kind: medialive.KindNotSignedIn}
		}
		e.rows, e.err = r.RefusedCallers(ctx, flowID)
		e.at = w.monitor.now()
	}
	return e.rows, e.err
}
