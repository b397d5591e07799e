package faults

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// load is people who open one page after another all the time.
type load struct {
	stop context.CancelFunc
	work sync.WaitGroup

	mu     sync.Mutex
	took   []time.Duration
	broken []string // answers of 500 and more, and none at all
}

// browse lets browsers open pages in turn, ten a second each, until result is
// asked for.
func (h *house) browse(all []*browser, paths ...string) *load {
	ctx, stop := context.WithCancel(context.Background())
	l := &load{stop: stop}
	h.t.Cleanup(func() { l.stop(); l.work.Wait() })
	for i, b := range all {
		l.work.Go(func() {
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for n := i; ctx.Err() == nil; n++ {
				l.open(ctx, b, paths[n%len(paths)])
				select {
				case <-tick.C:
				case <-ctx.Done():
				}
			}
		})
	}
	return l
}

func (l *load) open(ctx context.Context, b *browser, path string) {
	r, err := b.ask(ctx, http.MethodGet, path, nil)
	if ctx.Err() != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.broken = append(l.broken, path+": "+err.Error())
	case r.status >= http.StatusInternalServerError:
		l.broken = append(l.broken, path+": "+http.StatusText(r.status)+" "+r.text())
	}
	l.took = append(l.took, r.took)
}

// result ends it, and gives how many pages were opened, the time that all but a
// hundredth kept, and what was broken.
func (l *load) result() (n int, p99 time.Duration, broken []string) {
	l.stop()
	l.work.Wait()
	slices.Sort(l.took)
	if len(l.took) > 0 {
		p99 = l.took[len(l.took)*99/100]
	}
	return len(l.took), p99, l.broken
}
