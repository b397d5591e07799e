package control

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// settlement is what became of a command.
type settlement struct {
	outcome                      monitor.Outcome
	kind, code, message, request string
	at                           time.Time
}

// late holds the outcomes that could not be written yet, by the command's id.
// Its zero value is ready.
type late struct {
	mu   sync.Mutex
	last map[string]settlement
}

// replace puts a later outcome in the place of one that still waits to be
// written; it is false if none does.
func (l *late) replace(id string, s settlement) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, waits := l.last[id]
	if waits {
		l.last[id] = s
	}
	return waits
}

func (l *late) put(id string, s settlement) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = make(map[string]settlement)
	}
	l.last[id] = s
}

func (l *late) get(id string) settlement {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last[id]
}

// written forgets an outcome, unless a later one came meanwhile.
func (l *late) written(id string, s settlement) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last[id] != s {
		return false
	}
	delete(l.last, id)
	return true
}

// settle writes an outcome. The command was given; an outcome that cannot be
// written now is written as soon as it can be, or by the next process.
func (c *Control) settle(ctx context.Context, id string, outcome monitor.Outcome, err error) {
	s := settlement{outcome: outcome, at: c.now()}
	var e *medialive.Error
	var part *partly
	switch {
	case errors.As(err, &e):
		s.kind, s.code, s.message, s.request = string(e.Kind), e.Code, e.Message, e.RequestID
	case errors.As(err, &part):
		s.kind, s.message = CausePartly, describe(few(part.untaken))
	}
	if c.late.replace(id, s) {
		return
	}
	kept := c.write(ctx, id, s)
	if kept == nil {
		return
	}
	c.log.ErrorContext(ctx, "outcome not recorded yet", "command", id, "outcome", outcome, "error", kept)
	c.late.put(id, s)
	c.aside("an outcome not written yet", func() { c.writeLater(id) })
}

// write writes an outcome. A trail that panics is one that fails.
func (c *Control) write(ctx context.Context, id string, s settlement) error {
	return c.guard.Try("the trail", func() error {
		return c.trail.SettleCommand(ctx, id, string(s.outcome), s.kind, s.code, s.message, s.request, s.at)
	})
}

// neverFor is how long it is tried to find an intent that seemed not to be
// written.
const neverFor = 10 * time.Minute

// neverGiven tells the trail of a command that it was not given: its intent may
// have been written though the database could not say so, and a later read must
// not settle it as done.
func (c *Control) neverGiven(id string) {
	s := settlement{outcome: monitor.OutcomeNotDone, message: "not sent: it could not be recorded in time", at: c.now()}
	ctx, cancel := context.WithTimeout(c.ctx, neverFor)
	defer cancel()
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, longestPause) {
		if err := c.write(ctx, id, s); err == nil || errors.Is(err, store.ErrNotFound) {
			return
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
	}
}

// writeLater writes an outcome until it is written.
func (c *Control) writeLater(id string) {
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, longestPause) {
		t := time.NewTimer(pause)
		select {
		case <-c.ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		s := c.late.get(id)
		if c.write(c.ctx, id, s) == nil && c.late.written(id, s) {
			return
		}
	}
}
