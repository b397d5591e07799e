package monitor

import (
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// The limits by which facts become states.
const (
	lossLimit       = 1.0              // percent of packets lost over 10 s, from which a leg is called lossy
	agingReads      = 2                // missed reads after which a fact is shown grey
	staleReads      = 4                // missed reads after which a fact is no longer shown
	commandPatience = time.Minute      // how long an unconfirmed command is shown as on its way
	doubtPatience   = 5 * time.Minute  // how long after that what was done is called unknown
	unknownPatience = 30 * time.Second // how long a contrary read may precede the effect of a command without answer
	settling        = 2 * time.Second  // outputs need this long to move after their source does
	cloudSettling   = 15 * time.Second // the same, where health is polled
	failedCalls     = 2                // failed calls in a row from which an output cannot connect
)

// freshness tells how old a fact is, against the time between two reads of it.
type freshness struct{ age, period time.Duration }

func (f freshness) aging() bool { return f.age > agingReads*f.period }
func (f freshness) stale() bool { return f.age > staleReads*f.period }

// facts are what a state is derived from: commanded, confirmed, measured.
type facts struct {
	command   *Command
	confirmed bool // the command's effect was read

	status   medialive.FlowStatus
	statusOf freshness

	source      *medialive.Source // nil: not read
	sourceMoved bool              // media was seen during this start
	movingSince time.Time         // when the source began to move, as we saw it
	statistics  *medialive.FlowStatistics
	mediaOf     freshness     // of source and statistics
	sourceOf    freshness     // of the source as it is configured
	skew        time.Duration // how far the service's clock is ahead
	lost        bool          // the service fails since before the status was read

	outputs []outputFacts
}

// outputFacts are what an output's state is derived from.
type outputFacts struct {
	name   string
	config *medialive.Output // nil: not read
	at     time.Time         // when config was read
	readOf freshness
	moved  bool // CONNECTED was read during this start
	alone  bool // its source was read since it was found DISCONNECTED
}

// verdict is what the facts of a flow amount to.
type verdict struct {
	state   State
	since   time.Time // zero where no fact tells
	aging   bool
	ages    Ages
	outputs []outputVerdict
}

// outputVerdict is what the facts of an output amount to.
type outputVerdict struct {
	state OutputState
	since time.Time
	aging bool
	read  Age
}

// phase is what the source does.
type phase int

const (
	phaseUnknown phase = iota
	phaseFailed        // cannot run
	phaseWaiting       // no media came yet
	phaseMoving        // media moves
	phaseLost          // media came and stopped
)

// derive gives the state of a flow and of its outputs. It is pure: the same
// facts at the same time have the same state.
func derive(f facts, now time.Time) verdict {
	ph := f.phase()
	v := verdict{
		aging: f.aging(), outputs: make([]outputVerdict, len(f.outputs)),
		ages: Ages{Status: f.age(f.statusOf), Source: f.age(f.sourceOf), Media: f.age(f.mediaOf)},
	}
	stale := f.stale()
	for i, o := range f.outputs {
		v.outputs[i] = f.output(o, ph, stale, now)
		v.outputs[i].aging = v.aging || f.leg(o.name) == nil && f.status == medialive.Active && o.config != nil && o.readOf.aging()
		v.outputs[i].read = f.age(o.readOf)
	}
	v.state, v.since = f.flow(ph, stale, v.outputs, now)
	v.aging = v.aging || v.ofOutputs() && slices.ContainsFunc(v.outputs, func(o outputVerdict) bool { return o.aging })
	return v
}

// ofOutputs tells that the state says something of the outputs: that one is
// lost, or that none is.
func (v verdict) ofOutputs() bool { return v.state == StateOutputLost || v.state == StateLive }

// age judges one fact by itself. While the service fails none is fresh.
func (f facts) age(of freshness) Age {
	switch {
	case of.stale():
		return Gone
	case f.lost || of.aging():
		return Old
	}
	return Fresh
}

// measured tells whether media facts count towards the flow's state.
func (f facts) measured() bool { return f.status == medialive.Active }

func (f facts) aging() bool {
	return f.lost || f.statusOf.aging() || f.measured() && f.mediaOf.aging()
}

func (f facts) stale() bool {
	return f.statusOf.stale() || f.measured() && f.mediaOf.stale()
}

// flow gives the state of the flow, the fact that weighs most first.
func (f facts) flow(ph phase, stale bool, outputs []outputVerdict, now time.Time) (State, time.Time) {
	if stale {
		return StateStale, time.Time{}
	}
	if s, ok := f.commanded(now); ok {
		return s, f.command.At
	}
	switch f.status {
	case medialive.Standby:
		return StateStandby, time.Time{}
	case medialive.Active:
		return f.active(ph, outputs)
	}
	return StateUnknown, time.Time{}
}

// commanded gives the state of a command whose effect was not read yet; of a
// start, until it is read what the source does, too.
func (f facts) commanded(now time.Time) (State, bool) {
	if f.command == nil {
		return "", false
	}
	waited := now.Sub(f.command.At)
	if f.confirmed {
		unseen := f.status == medialive.Active && f.source == nil && f.statistics == nil
		return StateStarting, unseen && f.command.Verb == verbStart && waited < commandPatience
	}
	return commandedState(f.command, false, now)
}

// commandedState gives the state of a command whose effect was not read yet.
func commandedState(c *Command, confirmed bool, now time.Time) (State, bool) {
	if c == nil || confirmed {
		return "", false
	}
	waited := now.Sub(c.At)
	switch outcome := c.Outcome; {
	case outcome == OutcomeUnknown:
		return StateUnknown, true
	case outcome == OutcomeRefused, outcome == OutcomeNotDone, waited >= doubtPatience:
		return "", false
	case waited >= commandPatience:
		return StateUnknown, true
	case c.Verb == verbStart:
		return StateStarting, true
	}
	return StateStopping, true
}

// active gives the state of a flow that the service says is started.
func (f facts) active(ph phase, outputs []outputVerdict) (State, time.Time) {
	since := f.sourceSince()
	switch ph {
	case phaseWaiting:
		return StateWaiting, since
	case phaseFailed, phaseLost:
		return StateSourceLost, since
	case phaseUnknown:
		return StateUnknown, time.Time{}
	}
	if f.statistics != nil && f.statistics.Source.Loss >= lossLimit {
		return StateLoss, time.Time{}
	}
	if lost, at := firstLost(outputs); lost {
		return StateOutputLost, at
	}
	return StateLive, since
}

// firstLost finds the output that has been lost for longest.
func firstLost(outputs []outputVerdict) (lost bool, since time.Time) {
	for _, o := range outputs {
		if o.state != OutputLost {
			continue
		}
		if !lost || !o.since.IsZero() && o.since.Before(since) {
			since = o.since
		}
		lost = true
	}
	return lost, since
}

// sourceSince gives since when the relay says the source is as it is.
func (f facts) sourceSince() time.Time {
	if f.statistics == nil {
		return time.Time{}
	}
	return f.ours(f.statistics.Source.Since)
}

// ours gives a time of the service by our own clock.
func (f facts) ours(theirs time.Time) time.Time {
	if theirs.IsZero() {
		return theirs
	}
	return theirs.Add(-f.skew)
}

// phase tells what the source does, by measurement where there is one, else by
// the health the service gives.
func (f facts) phase() phase {
	if f.status != medialive.Active {
		return phaseUnknown
	}
	if f.statistics != nil {
		return legPhase(f.statistics.Source)
	}
	if f.source == nil {
		return phaseUnknown
	}
	switch f.source.Health {
	case medialive.Connected:
		return phaseMoving
	case medialive.Disconnected:
		if f.sourceMoved {
			return phaseLost
		}
		return phaseWaiting
	}
	return phaseUnknown
}

func legPhase(l medialive.LegStatistics) phase {
	switch {
	case l.State == medialive.LegConnected:
		return phaseMoving
	case l.State == medialive.LegUnknown:
		return phaseUnknown
	case l.State == medialive.LegFailed:
		return phaseFailed
	case l.Lost:
		return phaseLost
	}
	return phaseWaiting
}

// output gives the state of one output. It is lost only by its own fault: while
// the source gives nothing, an output is idle, unless it cannot run at all.
func (f facts) output(o outputFacts, ph phase, stale bool, now time.Time) outputVerdict {
	leg := f.leg(o.name)
	switch {
	case stale:
		return outputVerdict{state: OutputUnknown}
	case f.status == medialive.Standby, o.config != nil && o.config.Status == medialive.Disabled:
		return outputVerdict{state: OutputOff}
	case f.status != medialive.Active, ph == phaseUnknown:
		return outputVerdict{state: OutputUnknown}
	case leg != nil:
		return f.measuredOutput(*leg, ph, now)
	case o.config == nil, o.readOf.stale(), o.config.Status != medialive.Enabled && o.config.Status != "":
		return outputVerdict{state: OutputUnknown}
	}
	return f.reportedOutput(o, ph, now)
}

// leg finds the measurements of an output, nil where there are none.
func (f facts) leg(name string) *medialive.LegStatistics {
	if f.statistics == nil {
		return nil
	}
	for i := range f.statistics.Outputs {
		if f.statistics.Outputs[i].Name == name {
			return &f.statistics.Outputs[i]
		}
	}
	return nil
}

// measuredOutput judges an output by what the relay measured.
func (f facts) measuredOutput(l medialive.LegStatistics, ph phase, now time.Time) outputVerdict {
	v := outputVerdict{state: OutputIdle, since: f.ours(l.Since)}
	cannot := l.State == medialive.LegFailed
	gone := l.Lost || l.State == medialive.LegConnecting && l.Attempts >= failedCalls
	switch {
	case l.State == medialive.LegUnknown:
		v.state = OutputUnknown
	case l.State == medialive.LegOff:
		v.state = OutputOff
	case cannot && ph != phaseFailed:
		v.state = OutputLost
	case ph != phaseMoving:
	case l.State == medialive.LegConnected && l.Loss >= lossLimit:
		v.state = OutputLoss
	case l.State == medialive.LegConnected:
		v.state = OutputOK
	case gone && now.Sub(f.movingSince) >= settling:
		v.state = OutputLost
	}
	return v
}

// reportedOutput judges an output by the health that the service gives. Source
// and outputs are read one after the other: an output that was found without
// media is at fault only where its source was found with media afterwards.
func (f facts) reportedOutput(o outputFacts, ph phase, now time.Time) outputVerdict {
	if ph != phaseMoving {
		return outputVerdict{state: OutputIdle}
	}
	switch o.config.Health {
	case medialive.Connected:
		return outputVerdict{state: OutputOK}
	case medialive.Disconnected:
		waited := o.at.Sub(f.movingSince) >= cloudSettling
		if waited && o.alone && (o.moved || o.config.Protocol == medialive.Caller) {
			return outputVerdict{state: OutputLost}
		}
		return outputVerdict{state: OutputIdle}
	}
	return outputVerdict{state: OutputUnknown}
}
