package medialivetest

import (
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// Request is a line of the truth log.
type Request struct {
	Call
	Project string
	Output  string    // its name, where the request is about one
	At      time.Time // when it came, by the test's clock
	Status  int       // as meant to be answered; 0: never answered
	Fault   string    // what was wrong with it; empty: nothing
	Effect  bool      // it changed what is true
}

// Fact is a change of what is true of a flow.
type Fact struct {
	At    time.Time
	ID    string
	Cause string // the operation, or the method of Cloud
	Flow  Flow   // as it was from then on
	Gone  bool
}

// lateEffect is a start or a stop that was answered, but has not happened yet.
type lateEffect struct {
	at      time.Time
	request int
	happen  func(late string, at time.Time) bool // false: nothing was left to change
}

// Requests gives all that was asked, in order.
func (c *Cloud) Requests() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.catchUp(time.Now())
	return slices.Clone(c.requests)
}

// Effects tells how many times an operation took effect on a flow; empty means
// any.
func (c *Cloud) Effects(op, flowID string) (n int) {
	for _, r := range c.Requests() {
		if r.Effect && (op == "" || r.Op == op) && (flowID == "" || r.FlowID == flowID) {
			n++
		}
	}
	return n
}

// At tells what was true of a flow at a time; false if it did not exist.
func (c *Cloud) At(t time.Time, flowID string) (Flow, bool) {
	facts := c.Facts(flowID)
	for _, f := range slices.Backward(facts) {
		if !f.At.After(t) {
			return f.Flow, !f.Gone
		}
	}
	return Flow{}, false
}

// Facts gives the changes of a flow, or of all if the id is empty, in order.
func (c *Cloud) Facts(flowID string) []Fact {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.catchUp(time.Now())
	return slices.DeleteFunc(slices.Clone(c.facts), func(f Fact) bool { return flowID != "" && f.ID != flowID })
}

// note writes down what is true of a flow from now on. c.mu is held.
func (c *Cloud) note(cause string, f *Flow) {
	f.refer()
	c.facts = append(c.facts, Fact{At: time.Now(), ID: f.ID, Cause: cause, Flow: f.copy()})
}

// remove removes a flow, if there is one. c.mu is held.
func (c *Cloud) remove(cause, id string) {
	if c.find(id) == nil {
		return
	}
	c.flows = slices.DeleteFunc(c.flows, func(f *Flow) bool { return f.ID == id })
	c.facts = append(c.facts, Fact{At: time.Now(), ID: id, Cause: cause, Gone: true})
}

// catchUp lets late effects happen that are due. c.mu is held.
func (c *Cloud) catchUp(now time.Time) {
	c.late = slices.DeleteFunc(c.late, func(l lateEffect) bool {
		if l.at.After(now) {
			return false
		}
		if l.happen("late "+c.requests[l.request].Op, l.at) {
			c.requests[l.request].Effect = true
		}
		return true
	})
}

// become gives the late effect of a start or a stop. c.mu is held when it
// happens.
func (c *Cloud) become(id string, status medialive.FlowStatus) func(string, time.Time) bool {
	return func(late string, at time.Time) bool {
		f := c.find(id)
		if f == nil || f.Status == status {
			return false
		}
		f.Status = status
		c.facts = append(c.facts, Fact{At: at, ID: f.ID, Cause: late, Flow: f.copy()})
		return true
	}
}

// copy gives a copy that shares nothing.
func (f *Flow) copy() Flow {
	out := *f
	out.Sources = slices.Clone(f.Sources)
	out.Outputs = slices.Clone(f.Outputs)
	out.Flow.Outputs = slices.Clone(f.Flow.Outputs)
	return out
}
