package control

import (
	"context"
	"fmt"
	"sync"
)

// flowKey names a flow anywhere.
type flowKey struct{ endpoint, project, flow string }

func (op Operator) key(flowID string) flowKey { return flowKey{op.Endpoint, op.Project, flowID} }

// serial gives the turns of this process: one command at a time for each flow. Its zero value is
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

// turn waits for a flow's turn among all that is done here, and then among all
// processes on the same database; done gives both back.
func (c *Control) turn(ctx context.Context, key flowKey) (done func(), err error) {
	here, err := c.serial.take(ctx, key)
	if err != nil {
		return nil, err
	}
	everywhere, err := c.trail.Turn(ctx, key.endpoint, key.project, key.flow)
	if err != nil {
		here()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %w", ErrNoTrail, err)
	}
	return func() { everywhere(); here() }, nil
}
