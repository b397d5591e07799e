package control

import (
	"context"
	"sync"
	"time"
)

// flowKey names a flow anywhere.
type flowKey struct{ endpoint, project, flow string }

func (op Operator) key(flowID string) flowKey { return flowKey{op.Endpoint, op.Project, flowID} }

// serial gives turns: one command at a time for each flow. Its zero value is
// ready.
type serial struct {
	mu    sync.Mutex
	turns map[flowKey]*turn
}

// turn is the place of one flow; it goes when nobody holds or waits for it.
type turn struct {
	free chan struct{} // holds one token while nobody has the turn
	held int           // who has it or waits for it
}

// take waits for the flow's turn; done gives it back.
func (s *serial) take(ctx context.Context, key flowKey) (done func(), err error) {
	s.mu.Lock()
	if s.turns == nil {
		s.turns = make(map[flowKey]*turn)
	}
	t := s.turns[key]
	if t == nil {
		t = &turn{free: make(chan struct{}, 1)}
		t.free <- struct{}{}
		s.turns[key] = t
	}
	t.held++
	s.mu.Unlock()
	select {
	case <-t.free:
		return func() { t.free <- struct{}{}; s.leave(key, t) }, nil
	case <-ctx.Done():
		s.leave(key, t)
		return nil, ctx.Err()
	}
}

func (s *serial) leave(key flowKey, t *turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.held--; t.held == 0 {
		delete(s.turns, key)
	}
}

// recentFor is how long a settled command makes an equal one that was given
// meanwhile needless.
const recentFor = 10 * time.Second

// settled is a command that was just done.
type settled struct {
	verb, actor string
	at          time.Time // when the answer came
}

// recent knows what was just done to which flow. Its zero value is ready.
type recent struct {
	mu   sync.Mutex
	last map[flowKey]settled
}

func (r *recent) note(key flowKey, s settled) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		r.last = make(map[flowKey]settled)
	}
	for k, old := range r.last {
		if s.at.Sub(old.at) > recentFor {
			delete(r.last, k)
		}
	}
	r.last[key] = s
}

// forget drops what is known, since another command came.
func (r *recent) forget(key flowKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.last, key)
}

func (r *recent) get(key flowKey, now time.Time) (settled, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.last[key]
	return s, ok && now.Sub(s.at) <= recentFor
}
