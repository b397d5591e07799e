package monitor

import (
	"reflect"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// The verbs of a Command.
const (
	verbStart = "start"
	verbStop  = "stop"
)

// order is a command with whether its effect was read.
type order struct {
	Command
	confirmed bool
}

// wants gives the status a command leads to.
func (o order) wants() medialive.FlowStatus {
	if o.Verb == verbStart {
		return medialive.Active
	}
	return medialive.Standby
}

// read takes note of a status that was asked for at that time. It tells whether
// that settled an outcome that was unknown.
func (o *order) read(status medialive.FlowStatus, at, now time.Time) (settled bool) {
	if !at.After(o.At) || o.Outcome == OutcomeRefused {
		return false
	}
	switch {
	case status == o.wants():
		o.confirmed = true
		settled = o.Outcome == OutcomeUnknown
		if settled {
			o.Outcome, o.Settled = OutcomeDone, now
		}
	case o.Outcome == OutcomeUnknown && at.Sub(o.At) >= unknownPatience:
		o.Outcome, o.Settled = OutcomeNotDone, now
		settled = true
	}
	return settled
}

// record is what a watcher knows of one flow, fact by fact.
type record struct {
	id, name, region, description string
	protocol                      medialive.Protocol

	status                medialive.FlowStatus
	statusAt, statusSince time.Time

	source   *medialive.Source
	outputs  []outputRecord
	detailAt time.Time

	detailPeriod time.Duration // planned between detailAt and the next read

	statistics *medialive.FlowStatistics
	measuredAt time.Time // by our clock

	came        time.Time // when media was last asked for and seen, during this start; zero: never
	told        time.Time // when the first media of this start was answered, at the latest
	held        time.Time // when this start was last seen to go on
	movingSince time.Time // when the source began to move, as we saw it
	untold      time.Time // since when a started flow's source is read without its health; zero: it is told

	order         *order
	care          Care
	missed        int // sweeps in a row without this flow
	missedForSure int // complete ones among them

	ring  ring
	flow  *Flow // as last published
	dirty bool  // a fact changed since
}

// outputRecord is what is known of one output.
type outputRecord struct {
	name  string
	read  *medialive.Output
	at    time.Time
	next  time.Duration // planned between at and the next read
	moved bool          // CONNECTED was read during this start
	down  time.Time     // first of the unbroken reads of DISCONNECTED that count (setOutput), else the last; zero: it is not
}

// setStatus notes a status that was asked for at that time. Where it changed,
// what was seen of media during the old one no longer counts, see holds.
func (r *record) setStatus(s medialive.FlowStatus, at time.Time) {
	if at.Before(r.statusAt) {
		return
	}
	r.holds(s, at)
	if s != r.status {
		r.status, r.statusSince = s, at
		r.statistics, r.measuredAt = nil, time.Time{}
	}
	r.statusAt = at
	r.dirty = true
}

// setSummary notes a row of the list.
func (r *record) setSummary(s medialive.FlowSummary, at time.Time) {
	r.name, r.region, r.description, r.protocol = s.Name, s.Region, s.Description, s.Protocol
	r.missed, r.missedForSure = 0, 0
	r.setStatus(s.Status, at)
}

// setDetail notes a flow's details; outputs that are still there keep what was
// read of them.
func (r *record) setDetail(f medialive.Flow, at time.Time) {
	if at.Before(r.detailAt) {
		return
	}
	r.name, r.region = f.Name, f.Region
	r.missed, r.missedForSure = 0, 0
	r.setStatus(f.Status, at)
	if s, ok := f.Source(); ok {
		r.source, r.description, r.protocol = &s, s.Description, s.Protocol
		r.seeSource(s.Health == medialive.Connected, at)
		r.hear(s.Health, at)
	}
	old := r.outputs
	r.outputs = make([]outputRecord, 0, len(f.Outputs))
	for _, ref := range f.Outputs {
		r.outputs = append(r.outputs, keep(old, ref.Name))
	}
	r.detailAt = at
	r.dirty = true
}

func keep(old []outputRecord, name string) outputRecord {
	for _, o := range old {
		if o.name == name {
			return o
		}
	}
	return outputRecord{name: name}
}

// seeSource notes whether media comes.
func (r *record) seeSource(moving bool, at time.Time) {
	switch {
	case r.status != medialive.Active || !moving:
		r.movingSince = time.Time{}
		return
	case r.movingSince.IsZero():
		r.movingSince = at
	}
	r.sawMedia(at, at)
}

// hear notes whether the health of a started flow's source was told.
func (r *record) hear(h medialive.Health, at time.Time) {
	switch {
	case r.status != medialive.Active, h == medialive.Connected, h == medialive.Disconnected:
		r.untold = time.Time{}
	case r.untold.IsZero():
		r.untold = at
	}
}

// silent tells that the health of the source is not told since a moment ago, as
// after a change of it: it soon will be, or never.
func (r *record) silent(now time.Time) bool {
	return !r.untold.IsZero() && now.Sub(r.untold) < untoldFor
}

// setOutput notes an output's configuration and health, which is to be read
// again after so long. It tells whether the output was not known to be
// DISCONNECTED while its source gives media.
func (r *record) setOutput(o medialive.Output, at time.Time, next time.Duration) (fell bool) {
	tells := r.movingSince.Add(cloudSettling) // from then on that it is DISCONNECTED does
	for i := range r.outputs {
		have := &r.outputs[i]
		if have.name != o.Name || at.Before(have.at) {
			continue
		}
		have.read, have.at, have.next = &o, at, next
		if r.status == medialive.Active && o.Health == medialive.Connected {
			have.moved = true
		}
		switch {
		case o.Health != medialive.Disconnected:
			have.down = time.Time{}
		case have.down.IsZero() || have.down.Before(tells):
			fell = !r.movingSince.IsZero() && (have.down.IsZero() || !at.Before(tells))
			have.down = at
		}
		r.dirty = true
	}
	return fell
}

// setStatistics notes what the relay measured, received at that time.
func (r *record) setStatistics(s medialive.FlowStatistics, at time.Time) {
	if r.status != medialive.Active {
		return
	}
	r.statistics, r.measuredAt = &s, at
	r.seeSource(s.Source.State == medialive.LegConnected, at)
	r.dirty = true
}

// facts gathers what the state is derived from.
func (r *record) facts(p pace, now time.Time) facts {
	f := facts{
		status: r.status, source: r.source, statistics: r.statistics,
		sourceMoved: r.moved() && r.detailAt.After(r.told), movingSince: r.movingSince,
		statusOf: freshness{now.Sub(r.statusAt), p.list},
		mediaOf:  freshness{now.Sub(r.mediaAt()), max(p.source, r.plannedFrom(r.detailAt, r.detailPeriod))},
		sourceOf: freshness{now.Sub(r.detailAt), max(p.source, r.plannedFrom(r.detailAt, r.detailPeriod))},
		skew:     p.skew,
		lost:     r.statusAt.Before(p.lost),
	}
	if !p.heard.IsZero() {
		f.statusOf.age = now.Sub(p.heard)
		f.sourceOf.age = f.statusOf.age
		if r.statistics == nil {
			f.mediaOf.age = f.statusOf.age
		}
	}
	if r.order != nil {
		f.command, f.confirmed = &r.order.Command, r.order.confirmed
	}
	if r.before(r.detailAt) {
		f.source = nil
	}
	f.outputs = make([]outputFacts, len(r.outputs))
	for i, o := range r.outputs {
		f.outputs[i] = outputFacts{
			name: o.name, config: o.read, at: o.at, moved: o.moved, alone: !r.detailAt.Before(o.down),
			readOf: freshness{now.Sub(o.at), max(p.detail, r.plannedFrom(o.at, o.next))},
		}
		if !p.heard.IsZero() {
			f.outputs[i].readOf.age = now.Sub(p.heard)
		}
		if o.read != nil && o.read.Status != medialive.Disabled && r.before(o.at) {
			f.outputs[i].config = nil
		}
	}
	return f
}

// before tells that a read belongs to the time before the flow was started,
// and so says nothing of its media.
func (r *record) before(at time.Time) bool {
	return r.status == medialive.Active && at.Before(r.statusSince)
}

// plannedFrom is the time that was planned to pass after a read; nothing is
// planned any more from before a start.
func (r *record) plannedFrom(at time.Time, planned time.Duration) time.Duration {
	if r.before(at) {
		return 0
	}
	return planned
}

// mediaAt is when it was last seen whether media moves.
func (r *record) mediaAt() time.Time {
	switch {
	case !r.measuredAt.IsZero():
		return r.measuredAt
	case !r.detailAt.IsZero() && !r.before(r.detailAt):
		return r.detailAt
	}
	return r.statusSince
}

// seenAt is the age of the row: of its oldest fact that matters.
func (r *record) seenAt() time.Time {
	if at := r.mediaAt(); r.status == medialive.Active && at.Before(r.statusAt) {
		return at
	}
	return r.statusAt
}

// publish makes the flow as it is now: the one of last time if nothing changed.
func (r *record) publish(p pace, now time.Time) {
	f := r.facts(p, now)
	v := derive(f, now)
	if r.flow != nil && !r.dirty && r.flow.shows(v) {
		return
	}
	flow := r.build(f, v, now)
	r.dirty = false
	if r.flow == nil || !reflect.DeepEqual(r.flow, flow) {
		r.flow = flow
	}
}

// shows tells whether a published flow says what the verdict says.
func (f *Flow) shows(v verdict) bool {
	if f.State != v.state || f.Aging != v.aging || f.Ages != v.ages || len(f.Outputs) != len(v.outputs) {
		return false
	}
	for i, o := range f.Outputs {
		if o.State != v.outputs[i].state || o.Aging != v.outputs[i].aging || o.Read != v.outputs[i].read {
			return false
		}
	}
	return true
}

// build makes a flow to be published, with copies of what may change later.
func (r *record) build(f facts, v verdict, now time.Time) *Flow {
	flow := &Flow{
		ID: r.id, Name: r.name, Region: r.region, Description: r.description, Protocol: r.protocol,
		State: v.state, Aging: v.aging, Ages: v.ages,
		Status: r.status, StatusAt: r.statusAt, StatusSince: r.statusSince,
		Source: r.source, DetailAt: r.detailAt, Statistics: r.statistics, MeasuredAt: r.measuredAt, SeenAt: r.seenAt(),
		Outputs: make([]Output, len(r.outputs)),
		Care:    r.care,
	}
	if r.order != nil {
		c := r.order.Command
		flow.Command = &c
	}
	before := r.flow
	flow.StateSince = since(v.since, before != nil && before.State == v.state, before.stateSince(), r.fallbackSince(v.state, now), now)
	for i, o := range r.outputs {
		was := before.output(o.name)
		flow.Outputs[i] = Output{
			Name: o.name, State: v.outputs[i].state, Aging: v.outputs[i].aging, Read: v.outputs[i].read, Config: o.read, ConfigAt: o.at,
			Statistics: f.leg(o.name),
			Since:      since(v.outputs[i].since, was.State == v.outputs[i].state, was.Since, now, now),
		}
	}
	return flow
}

// fallbackSince is when a state began that no measurement dates.
func (r *record) fallbackSince(s State, now time.Time) time.Time {
	switch s {
	case StateStale:
		return r.seenAt()
	case StateStandby:
		return r.statusSince
	}
	return now
}

// since picks when a state began: as told, else as before if it has not
// changed, else the fallback. It is never later than now, whatever a clock
// elsewhere says.
func since(told time.Time, same bool, before, fallback, now time.Time) time.Time {
	at := fallback
	switch {
	case !told.IsZero():
		at = told
	case same && !before.IsZero():
		at = before
	}
	if at.After(now) {
		if same && !before.IsZero() {
			return before
		}
		return now
	}
	return at
}

func (f *Flow) stateSince() time.Time {
	if f == nil {
		return time.Time{}
	}
	return f.StateSince
}

func (f *Flow) output(name string) Output {
	if f == nil {
		return Output{}
	}
	for _, o := range f.Outputs {
		if o.Name == name {
			return o
		}
	}
	return Output{}
}
