package auth

import (
	"sync"
	"time"
)

// deniedFor is how long it is believed that somebody may not do something.
const deniedFor = 15 * time.Minute

// denials remember what the service answered that somebody may not do, so that
// it is not asked for again in vain.
type denials struct {
	now func() time.Time

	mu  sync.Mutex
	all map[Person]map[string]time.Time // by operation
}

// Person is somebody in a project.
type Person struct{ Endpoint, Project, Account, User string }

func newDenials(now func() time.Time) *denials {
	return &denials{now: now, all: make(map[Person]map[string]time.Time)}
}

// note notes that the service refused an operation for want of a permission.
func (d *denials) note(p Person, op string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	for who, ops := range d.all { // what is no longer believed is not kept
		for op, at := range ops {
			if now.Sub(at) >= deniedFor {
				delete(ops, op)
			}
		}
		if len(ops) == 0 {
			delete(d.all, who)
		}
	}
	if d.all[p] == nil {
		d.all[p] = make(map[string]time.Time)
	}
	d.all[p][op] = now
}

// forget begins anew for somebody: a permission may have been given meanwhile.
func (d *denials) forget(p Person) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.all, p)
}

// of gives what somebody may not do, and when the service said so.
func (d *denials) of(p Person) map[string]time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.all[p]) == 0 {
		return nil
	}
	now, out := d.now(), make(map[string]time.Time, len(d.all[p]))
	for op, at := range d.all[p] {
		if now.Sub(at) < deniedFor {
			out[op] = at
		}
	}
	return out
}

// Denied gives the operations of the API that the service answered, within the
// last quarter of an hour and since the last sign-in, that somebody may not do,
// with the times of these answers.
func (a *Auth) Denied(p Person) map[string]time.Time { return a.denials.of(p) }

// watchedDenials is told of the refusals of a session's client.
func (c *clients) watchedDenials(s *Session) func(op string) {
	p := s.Person()
	return func(op string) { c.denials.note(p, op) }
}
