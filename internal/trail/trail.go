// Package trail is the activity trail: one timeline of what people commanded
// and what media did, in lines that are only ever added. Each line carries a
// keyed hash over itself and the line before it, so that an edit, a deletion, a
// change of order or a cut end is found. The package is pure: package store
// keeps the lines.
package trail

import "time"

// Kind is what a line tells of.
type Kind string

// The kinds of line.
const (
	Command Kind = "command" // somebody's word, written before it is done
	Outcome Kind = "outcome" // what became of a command: the same ID
	Signal  Kind = "signal"  // what media did, or the way to the service
	Alarm   Kind = "alarm"   // raised, cleared, acknowledged, shelved
	Care    Kind = "care"    // protect and release, notes, labels, bands: done as soon as written
	Access  Kind = "access"  // sign-in and sign-out, users and keys, webhooks
)

// Line is one line of the trail. It has no secret.
type Line struct {
	At       time.Time // millisecond, UTC
	Endpoint string    // of the Media Live API; empty: the whole installation
	Project  string    // its id
	Kind     Kind
	ID       string // of the command, alarm …: lines of one ID belong together
	FlowID   string
	FlowName string
	Verb     string // "start", "source_lost", "acknowledge", "protect"
	Target   string // what of the flow: a source's or output's name
	Actor    string // empty: Flowdeck by itself
	Reason   string // as a person gave it
	Detail   string // what changed, or the figures of a signal
	Outcome  string // of an Outcome line: "done", "refused", "unknown", "not_done"
	Cause    string // kind of the error, see medialive.Kind
	Code     string // as the API gave it
	Message  string // as the API gave it: from outside, never trusted
	Request  string // request id of the API
}

// Entry is a line in its place in the chain.
type Entry struct {
	Seq int64 // 1, 2, 3 … without a gap
	Line
	KeyNumber int    // of the key of MAC
	MAC       []byte // HMAC-SHA256 over the MAC of the entry before, Seq and the line
}

// Event is a line as a timeline shows it: a command with its outcome in one.
type Event struct {
	Entry
	SettledAt time.Time // of a command: when Outcome was known; zero: open
}

// Filter chooses events. Empty fields choose all.
type Filter struct {
	Endpoint, Project string // lines of the whole installation are included
	FlowID            string
	Without           string // ids that begin so are left out; empty: none
	Kinds             []Kind
	Actor, Outcome    string // exact
	Verb              string // exact
	Text              string // within flow name, target, actor, reason, detail, message; case-insensitive
	From, To          time.Time
	Before            int64 // only events with a smaller Seq: the next page
	Limit             int   // 0: 100
}
