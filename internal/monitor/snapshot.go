// Package monitor knows what is true now: one watcher for each (endpoint,
// project) keeps a snapshot of its flows, each fact with the time it was read,
// and tells those who subscribed when it changed. Looking at a snapshot never
// causes an upstream call.
package monitor

import (
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// State is the one word under which a flow is shown, worst fact first.
type State string

// The states of a flow, as the interface names them.
const (
	StateStandby    State = "standby"     // stopped, as commanded
	StateStarting   State = "starting"    // start was commanded, not yet confirmed; or confirmed, and the source not read yet
	StateStopping   State = "stopping"    // stop was commanded, not yet confirmed
	StateUnknown    State = "unknown"     // a command's outcome is unknown, a status we do not know, or nobody who could tell of the media
	StateWaiting    State = "waiting"     // ACTIVE, no media has come yet
	StateLive       State = "live"        // media moves
	StateLoss       State = "loss"        // media moves, the source loses packets
	StateOutputLost State = "output_lost" // media comes, an output that was connected is not
	StateSourceLost State = "source_lost" // media came and stopped, or the source cannot run: nobody could reach it
	StateStale      State = "stale"       // not read for too long to say
)

// Flow is all that is known of a flow. It is never changed once published.
type Flow struct {
	ID          string
	Name        string
	Region      string
	Description string
	Protocol    medialive.Protocol

	State      State
	StateSince time.Time // as well as known: from the relay where it tells, else when we first saw it
	Aging      bool      // older than two reads: to be shown grey, with its age
	Ages       Ages      // the same of each fact by itself

	Status      medialive.FlowStatus      // confirmed by the service
	StatusAt    time.Time                 // when it was read: the moment the question was asked
	StatusSince time.Time                 // when Status was first read
	Command     *Command                  // the last start or stop, if any is known
	Source      *medialive.Source         // nil until its detail was read
	Outputs     []Output                  // in the service's order; at most 10
	DetailAt    time.Time                 // when Source and the output names were read
	Statistics  *medialive.FlowStatistics // nil where the backend has none
	MeasuredAt  time.Time                 // when Statistics came, by our own clock
	SeenAt      time.Time                 // the age of the row: its oldest fact that matters
	Care        Care                      // what people have put on it
}

// Age tells how far a fact may be believed, by the time in which it would have
// been read again.
type Age int

// The ages of a fact.
const (
	Fresh Age = iota
	Old       // two reads were missed, or the service fails: to be shown grey, with its age
	Gone      // four reads were missed: not to be shown
)

// Ages are the ages of a flow's facts, each by itself.
type Ages struct {
	Status Age
	Source Age // of Source and the output names, as they are configured
	Media  Age // of what was measured or told of the media
}

// Care is what people have put on a flow through this installation. The
// service knows nothing of it.
type Care struct {
	Protect *Protect // nil: not protected
	Ask     *Ask     // nil: nobody waits for a second person
	Band    Band
	Tally   Tally
	Push    *Push // of a channel; nil: the service told none
}

// Push is where the service told, in its answer to a command, to push a channel to.
// No read tells it again.
type Push struct {
	Addresses []medialive.PushAddress
}

// Lamp is what a tally lamp says.
type Lamp string

// The lamps. They say nothing about the signal.
const (
	LampOff   Lamp = ""
	LampReady Lamp = "ready"  // armed for the next event
	LampOnAir Lamp = "on_air" // on air
)

// Tally is what the people who run an event say of a flow.
type Tally struct {
	Lamp  Lamp
	By    string
	Since time.Time
}

// Protect keeps a flow from everybody's hand but its owner's.
type Protect struct {
	Owner  string
	Since  time.Time
	Reason string
	Second bool // what interrupts needs a second person too
}

// Ask is what somebody wants to do and a second person has to confirm.
type Ask struct {
	ID     string
	Verb   string // of the trail: "stop", "delete"
	Target string // what of the flow: an output's name; empty: all of it
	By     string
	Reason string
	At     time.Time
	Until  time.Time
}

// Band is what is normal for a flow. Zero fields are the defaults.
type Band struct {
	MinBitrate float64       // Mb/s; 0: none
	MaxBitrate float64       // Mb/s; 0: none
	MaxLoss    float64       // percent over 10 s; 0: 1
	IdleAfter  time.Duration // ACTIVE without media for so long costs for nothing; 0: 10 minutes
}

// OutputState is the state of an output mark.
type OutputState string

// The states of an output.
const (
	OutputOK      OutputState = "ok"      // connected, media moves
	OutputIdle    OutputState = "idle"    // no media: the source gives none, or nobody pulls yet
	OutputLost    OutputState = "lost"    // its own fault: was connected, or cannot connect
	OutputLoss    OutputState = "loss"    // connected, losing packets
	OutputOff     OutputState = "off"     // disabled, or the flow is in standby
	OutputUnknown OutputState = "unknown" // not read, or too old
)

// Output is an output of a flow with what is known of it.
type Output struct {
	Name       string
	State      OutputState
	Since      time.Time         // of State, zero when unknown
	Aging      bool              // older than two reads: to be shown grey, with its age
	Read       Age               // how far Config may be believed
	Config     *medialive.Output // nil until read
	ConfigAt   time.Time
	Statistics *medialive.LegStatistics
}

// Command is a start or a stop that somebody gave through this installation.
type Command struct {
	ID      string
	Verb    string // "start" or "stop"
	Actor   string
	At      time.Time
	Outcome Outcome
	Settled time.Time // when the outcome was known
}

// Outcome is what became of a command.
type Outcome string

// The outcomes of a command.
const (
	OutcomePending Outcome = ""         // on its way
	OutcomeDone    Outcome = "done"     // the service answered that it did it
	OutcomeRefused Outcome = "refused"  // the service answered that it did not
	OutcomeUnknown Outcome = "unknown"  // no answer; a read will settle it
	OutcomeNotDone Outcome = "not_done" // no answer came, and reads show that it did not happen
)

// Link is how the backend is reached.
type Link struct {
	OK     bool
	Since  time.Time      // of OK or of the failure
	Kind   medialive.Kind // why not, when not OK; empty until the first try has ended
	Reason string         // for people, without secrets
}

// Snapshot is all that is known of a project at one moment. It is immutable,
// and a flow that did not change is the same *Flow as in the snapshot before,
// so what was rendered from it may be kept.
type Snapshot struct {
	Version      uint64 // grows with each change
	At           time.Time
	Complete     bool // a full list has been read since the watcher began
	Link         Link
	Flows        []*Flow        // by name, then id
	index        map[string]int // of Flows, by id
	Channels     Channels
	Capabilities *medialive.Capabilities // nil: not a Flowdeck gateway
	Pace         Pace
	Labels       *Labels       // names of known peers; never nil once published
	Skew         time.Duration // how far the service's clock is ahead of ours, to the minute; 0: not enough to matter
	Credential   time.Time     // when the last credential by which the project is read ends; zero: not known, or never
}

// Pace is how fresh the snapshot can be, and why.
type Pace struct {
	Stream bool          // changes come by a gateway's event stream
	RPS    float64       // the budget, requests a second
	List   time.Duration // between two reads of the list
	Screen time.Duration // between two reads of the outputs of a flow on somebody's screen
	Source time.Duration // of the source of an active flow that is on no screen
	Hot    time.Duration // of the outputs of one
	Rest   time.Duration // of the others
	Paused time.Time     // no call before, since the service asked for it; may be just past while the next is tried; zero: not paused
}

// Labels are the names that people gave to the addresses of far ends. It is
// immutable; a nil *Labels knows none.
type Labels struct {
	byAddress map[string]string
}

// Flow finds a flow by id.
func (s *Snapshot) Flow(id string) (*Flow, bool) {
	i, ok := s.index[id]
	if !ok {
		return nil, false
	}
	return s.Flows[i], true
}

// Channels are the channels of a project. A channel that did not change is the
// same *Channel as in the snapshot before.
type Channels struct {
	None     bool       // the endpoint has no channels at all
	Complete bool       // a full list has been read since the watcher began
	Link     Link       // how their list is reached
	All      []*Channel // by name, then id
	index    map[string]int
}

// WithoutChannels is the snapshot for who may not be shown channels: whether there
// are any, and which, was not read.
func (s *Snapshot) WithoutChannels() *Snapshot {
	without := *s
	without.Channels = Channels{None: s.Channels.None}
	return &without
}

// Channel finds a channel by its ChannelID.
func (s *Snapshot) Channel(id string) (*Channel, bool) {
	i, ok := s.Channels.index[id]
	if !ok {
		return nil, false
	}
	return s.Channels.All[i], true
}

// Sample is one point of a flow's recent history, a second apart.
type Sample struct {
	At      time.Time
	Bitrate int64   // bit/s at the source; -1: not known (a gap)
	RTT     float64 // ms
	Loss    float64 // percent
}
