// Package alarm tells what needs a person: it follows the snapshots of
// projects, raises an alarm when a condition has lasted, keeps it until it is
// cleared and acknowledged, and writes to the trail what media did. What needs
// nobody's hand is a line of the trail, not an alarm. A flow in standby never
// alarms.
package alarm

import "time"

// Kind is what is wrong.
type Kind string

// The kinds of alarm.
const (
	SourceLost  Kind = "source_lost"  // media came and stopped, or the source cannot run
	OutputLost  Kind = "output_lost"  // an output was connected and is not, or cannot connect
	NoMedia     Kind = "no_media"     // started, and nothing came; or what comes into a channel has no media in it
	Loss        Kind = "loss"         // loss outside the flow's band
	Bitrate     Kind = "bitrate"      // bitrate outside the flow's band
	Unstable    Kind = "unstable"     // changes its state again and again
	Idle        Kind = "idle"         // ACTIVE for long without media: it costs and brings nothing
	SecondInput Kind = "second_input" // of a channel: the standby input is on air
	Failing     Kind = "problem"      // of a channel: ON, and it does not run as it should
	Recording   Kind = "recording"    // of a channel: what it sends is not written down
	Unreachable Kind = "unreachable"  // the API cannot be read
	Credential  Kind = "credential"   // the credential by which we read is about to end
	Many        Kind = "many"         // the parent of three or more of one peer, region or gateway
)

// Priority orders alarms.
type Priority int

// The three priorities.
const (
	Low Priority = iota + 1
	Medium
	High
)

// State is where an alarm is in its life.
type State string

// The states of an alarm.
const (
	Unacked  State = "unacked"  // active, nobody has answered for it
	Acked    State = "acked"    // active, somebody has
	Returned State = "returned" // cleared before anybody answered for it: stays listed
	Closed   State = "closed"   // cleared and answered for
)

// Alarm is one alarm. It is never changed once published.
type Alarm struct {
	ID       string
	Kind     Kind
	Priority Priority
	FlowID   string // empty: of the whole project
	FlowName string
	Target   string // the output; empty: the source, or the flow
	Peer     string // address of the far end, without its port, where known
	Region   string

	Since    time.Time // when the condition began, as well as known
	Raised   time.Time // when it had lasted long enough
	Cleared  time.Time // zero: it lasts
	AckedAt  time.Time
	AckedBy  string
	Note     string // of who acknowledged it
	Count    int    // how often it came, 1 and more; of Unstable: the changes
	FirstOut bool   // the earliest of those that came together
	Parent   string // ID of the Many that stands for it; empty: none
	Members  int    // of a Many
	Value    float64
	Limit    float64 // of Loss (percent) and Bitrate (Mb/s), Credential (minutes left)
	Detail   string  // the relay's or the service's words, for people: untrusted
}

// State tells where the alarm is in its life.
func (a *Alarm) State() State {
	switch {
	case a.Cleared.IsZero() && a.AckedAt.IsZero():
		return Unacked
	case a.Cleared.IsZero():
		return Acked
	case a.AckedAt.IsZero():
		return Returned
	}
	return Closed
}

// Shelf keeps alarms of one thing from being shown as such until an end, which
// it always has: at most eight hours.
type Shelf struct {
	ID       string
	Kind     Kind // empty: all kinds
	FlowID   string
	FlowName string
	Target   string // an output; empty: all of the flow
	By       string
	Reason   string
	At       time.Time
	Until    time.Time
}

// View is all that is to be known of a project's alarms at one moment. It is
// immutable.
type View struct {
	Version      uint64
	At           time.Time
	Watched      bool      // false: nobody looks on and there is no service credential, so nothing would be noticed
	WatchedSince time.Time // since when Watched is as it is; zero: nobody has watched yet
	Active       []*Alarm  // that last or are unanswered, highest priority first, then oldest; without shelved ones and members of a parent
	Members      []*Alarm  // that a parent stands for
	Shelved      []*Alarm  // that last, on a shelf
	Shelves      []Shelf
	Unacked      int // of Active
	High         int // of Active: how many of each priority
	Medium       int
	Low          int
	FlowTops     map[string]*Alarm // the first of Active, Members and Shelved by flow
}
