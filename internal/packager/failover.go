package packager

import "time"

// Role is which of the inputs of a channel is meant.
type Role int

// The roles. A channel begins with its primary.
const (
	Primary Role = iota
	Standby
)

// String gives primary or standby.
func (r Role) String() string {
	if r == Standby {
		return "standby"
	}
	return "primary"
}

// steadyFor is how long a primary must have come without a pause before it
// takes over again.
const steadyFor = 5 * time.Second

// failover decides which input is on air. It is a pure function of what it is
// told and of the times that it is told.
type failover struct {
	loss     time.Duration // without a packet of pictures or sound: lost
	goBack   bool          // to a primary that is steady
	standby  bool          // there is one
	active   Role
	last     [2]time.Time // packet; zero: none yet
	since    [2]time.Time // begin of the present run without a pause
	began    time.Time
	switches int64
}

// newFailover begins at a time, with the primary on air.
func newFailover(loss time.Duration, goBack, standby bool, now time.Time) *failover {
	return &failover{loss: loss, goBack: goBack, standby: standby, began: now}
}

// packet tells that one of pictures or sound came from an input.
func (f *failover) packet(from Role, now time.Time) {
	if f.last[from].IsZero() || now.Sub(f.last[from]) > f.loss {
		f.since[from] = now
	}
	f.last[from] = now
}

// lives says whether an input brought a packet within the condition.
func (f *failover) lives(r Role, now time.Time) bool {
	return !f.last[r].IsZero() && now.Sub(f.last[r]) <= f.loss
}

// decide gives who is on air at a time. A change counts as a switch, the first
// choice of a standby because the primary never came too.
func (f *failover) decide(now time.Time) Role {
	other := Standby - f.active
	if !f.standby || !f.lives(other, now) {
		return f.active
	}
	lost := !f.lives(f.active, now) && now.Sub(f.began) > f.loss
	back := f.goBack && other == Primary && f.last[Primary].Sub(f.since[Primary]) >= steadyFor
	if lost || back {
		f.active = other
		f.switches++
	}
	return f.active
}
