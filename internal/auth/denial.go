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
	all map[person]map[string]time.Time // by operation
}

// person is somebody in a project.
type person struct{ endpoint, project, account, user string }

func newDenials(now func() time.Time) *denials {
	return &denials{now: now, all: make(map[person]map[string]time.Time)}
}

func (s *Session) person() person {
	return person{endpoint: s.Endpoint, project: s.ProjectID, account: s.Account, user: s.User}
}

// note notes that the service refused an operation for want of a permission.
func (d *denials) note(p person, op string) {
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
func (d *denials) forget(p person) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.all, p)
}

// of gives what somebody may not do, and when the service said so.
func (d *denials) of(p person) map[string]time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, out := d.now(), make(map[string]time.Time, len(d.all[p]))
	for op, at := range d.all[p] {
		if now.Sub(at) < deniedFor {
			out[op] = at
		}
	}
	return out
}

// Denied gives the operations of the API that the service answered, within the
// last quarter of an hour and since the last sign-in, that the owner of a
// session may not do, with the times of these answers.
func (a *Auth) Denied(s *Session) map[string]time.Time { return a.denials.of(s.person()) }

// watchedDenials is told of the refusals of a session's client.
func (c *clients) watchedDenials(s *Session) func(op string) {
	p := s.person()
	return func(op string) { c.denials.note(p, op) }
}
