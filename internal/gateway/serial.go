package gateway

import "sync"

// serial gives each flow a lock of its own, for as long as somebody wants it.
type serial struct {
	mu    *sync.Mutex
	flows map[string]*turn
}

type turn struct {
	sync.Mutex
	waiting int
}

func newSerial() serial {
	return serial{mu: &sync.Mutex{}, flows: map[string]*turn{}}
}

// lock waits for the flow's turn and returns the function that ends it.
func (s serial) lock(id string) (unlock func()) {
	s.mu.Lock()
	t := s.flows[id]
	if t == nil {
		t = &turn{}
		s.flows[id] = t
	}
	t.waiting++
	s.mu.Unlock()
	t.Lock()
	return func() {
		t.Unlock()
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(s.flows, id)
		}
	}
}
