package rehearsal

import (
	"context"
	"sync"
	"testing"
	"time"
)

// lateness measures how late this machine is: on one that has no time for the
// test, nobody can say when something was shown.
type lateness struct {
	mu    sync.Mutex
	spans []span // in which it had no time; the last ones
}

const (
	ticks     = 50 * time.Millisecond
	tolerated = 250 * time.Millisecond
	lateKept  = 1000
)

func (l *lateness) measure(ctx context.Context) {
	last := time.Now()
	for ctx.Err() == nil {
		pass(ctx, ticks)
		now := time.Now()
		if now.Sub(last) > tolerated {
			l.add(span{last, now, "late"})
		}
		last = now
	}
}

func (l *lateness) add(s span) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.spans = append(l.spans, s); len(l.spans) > lateKept {
		l.spans = l.spans[1:]
	}
}

// within is how much of the time between two the machine was late.
func (l *lateness) within(from, to time.Time) (sum time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.spans {
		if begin, end := later(s.from, from), earlier(s.to, to); end.After(begin) {
			sum += end.Sub(begin)
		}
	}
	return sum
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func TestLateness(t *testing.T) {
	l := &lateness{}
	l.add(span{after(10), after(12), ""})
	l.add(span{after(20), after(21), ""})
	for _, c := range []struct{ from, to, want int }{{0, 5, 0}, {0, 30, 3}, {11, 20, 1}, {11, 30, 2}} {
		if got := l.within(after(c.from), after(c.to)); got != time.Duration(c.want)*time.Second {
			t.Errorf("from %d to %d s: %v late, want %d s", c.from, c.to, got, c.want)
		}
	}
}
