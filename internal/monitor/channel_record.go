package monitor

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// channelRecord is what a watcher knows of one channel.
type channelRecord struct {
	id      string
	read    medialive.Channel // as it was told last
	readAt  time.Time         // the moment the question was asked
	since   time.Time         // when its state was first read
	detail  *medialive.ChannelDetail
	told    time.Time // when detail was, by our clock
	rate    int64     // bit/s, as Channel.Bitrate
	pulses  pulses
	order   *order
	care    Care
	absent  bool // one read did not have it: the next that does not tells that it is gone
	channel *Channel
	dirty   bool // a fact changed since it was published
}

// set notes the channel as it was asked for at that time.
func (r *channelRecord) set(ch medialive.Channel, at time.Time) {
	if at.Before(r.readAt) {
		return
	}
	if ch.State != r.read.State {
		r.since = at
		if ch.State != medialive.ChannelOn {
			r.detail = without(r.detail)
			r.pulses.note(nil, at)
		}
	}
	r.read, r.readAt, r.absent, r.dirty = ch, at, false, true
}

// without gives a detail without what was measured while the channel was ON.
func without(d *medialive.ChannelDetail) *medialive.ChannelDetail {
	if d == nil {
		return nil
	}
	off := *d
	off.Run, off.Problem = nil, ""
	return &off
}

// setDetail notes what a gateway told of the channel, heard at that time.
func (r *channelRecord) setDetail(d medialive.ChannelDetail, at time.Time) {
	r.rate = rateOf(r.detail, r.told, &d, at, r.rate)
	r.pulses.note(d.Run, at)
	r.detail, r.told, r.dirty = &d, at, true
}

// rateOf gives the bit rate at which the input on air came between two
// measurements, -1 where they tell none; of measurements too close together the
// one before holds.
func rateOf(a *medialive.ChannelDetail, before time.Time, b *medialive.ChannelDetail, at time.Time, was int64) int64 {
	switch {
	case a == nil || a.Run == nil || b.Run == nil || a.Run.OnAir != b.Run.OnAir || !a.Run.Since.Equal(b.Run.Since):
		return -1
	case a.Run == b.Run, at.Sub(before) < time.Second:
		return was
	}
	from, _ := onAir(a.Run)
	to, _ := onAir(b.Run)
	if to.Bytes < from.Bytes {
		return -1
	}
	return int64(float64(to.Bytes-from.Bytes) * 8 / at.Sub(before).Seconds())
}

// channelFacts are what the state of a channel is derived from.
type channelFacts struct {
	command   *Command
	confirmed bool
	state     medialive.ChannelState
	stateOf   freshness
	detail    *medialive.ChannelDetail
	detailOf  freshness
	media     map[string]InputMedia // by role
	mute      bool                  // the encoder makes nothing of what comes
	lost      bool                  // the service fails since before the channel was read
	skew      time.Duration         // how far the service's clock is ahead
}

// channelVerdict is what they amount to.
type channelVerdict struct {
	state   State
	since   time.Time // zero where no fact tells
	problem string
	aging   bool
	run     Age
}

// deriveChannel gives the state of a channel. It is pure.
func deriveChannel(f channelFacts, now time.Time) channelVerdict {
	v := channelVerdict{aging: f.lost || f.stateOf.aging(), run: f.age()}
	measured := f.state == medialive.ChannelOn && f.detail != nil
	v.aging = v.aging || measured && f.detailOf.aging()
	if f.stateOf.stale() || measured && f.detailOf.stale() {
		v.state = StateStale
		return v
	}
	if s, ok := commandedState(f.command, f.confirmed, now); ok {
		v.state, v.since = s, f.command.At
		return v
	}
	switch {
	case f.state == medialive.ChannelOff:
		v.state = StateStandby
	case f.state != medialive.ChannelOn:
		v.state = StateUnknown
	case f.detail == nil:
		v.state = StateOn
	default:
		f.running(&v)
	}
	return v
}

func (f channelFacts) age() Age {
	switch {
	case f.detailOf.stale():
		return Gone
	case f.lost || f.detailOf.aging():
		return Old
	}
	return Fresh
}

// running tells what a channel does that is ON, by what was measured: the fact
// that weighs most first.
func (f channelFacts) running(v *channelVerdict) {
	run := f.detail.Run
	switch {
	case f.detail.Problem != "":
		v.state, v.problem = StateProblem, f.detail.Problem
		return
	case run == nil:
		v.state = StateStarting
		return
	}
	in, last := onAir(run)
	media := f.media[in.Role]
	switch failing := failing(run); {
	case media.Comes == MediaNone:
		v.state, v.since, v.problem = StateNoMedia, media.Since, NoMediaIn
	case !in.Alive && !came(run):
		v.state, v.since, v.problem = StateWaiting, f.ours(run.Since), in.Problem
	case !in.Alive:
		v.state, v.since, v.problem = StateSourceLost, f.ours(last), in.Problem
	case failing != "":
		v.state, v.problem = StateProblem, failing
	case f.mute:
		v.state, v.problem = StateProblem, EncoderMute
	case media.Comes == MediaUnknown:
		v.state = StateOn
	case in.Role == roleStandby:
		v.state = StateSecondInput
	default:
		v.state = StateLive
	}
}

func (f channelFacts) ours(theirs time.Time) time.Time {
	if theirs.IsZero() {
		return theirs
	}
	return theirs.Add(-f.skew)
}

// roleStandby is how the second input of a channel is named in what is measured.
const roleStandby = "standby"

// onAir gives the input that is on air, and when the last packet of any came.
func onAir(run *medialive.ChannelRun) (on medialive.ChannelInputRun, last time.Time) {
	for _, in := range run.Inputs {
		if in.Role == run.OnAir {
			on = in
		}
		if in.Last.After(last) {
			last = in.Last
		}
	}
	return on, last
}

// failing names a part of a channel that ended and does not run now; empty if
// none.
func failing(run *medialive.ChannelRun) string {
	down := func(c medialive.ChannelChild) bool { return c.Starts > 0 && !c.Running }
	if run.Encoder != nil && down(*run.Encoder) {
		return said("encoder", *run.Encoder)
	}
	for _, p := range run.Packages {
		if down(p.Packager) {
			return said("package "+p.PackageID, p.Packager)
		}
	}
	return ""
}

// said is what ffmpeg said last, or how it ended.
func said(what string, c medialive.ChannelChild) string {
	if n := len(c.Lines); n > 0 {
		return what + ": " + c.Lines[n-1]
	}
	return what + ": " + c.Ended
}

// facts gathers what the state is derived from.
func (r *channelRecord) facts(p pace, period time.Duration, now time.Time) channelFacts {
	f := channelFacts{
		state: r.read.State, stateOf: freshness{now.Sub(r.readAt), period}, detail: r.detail,
		detailOf: freshness{now.Sub(r.told), runsPeriod}, media: r.pulses.media(), mute: r.pulses.mute(),
		lost: r.readAt.Before(p.lost), skew: p.skew,
	}
	if !p.heard.IsZero() {
		f.stateOf = freshness{now.Sub(p.heard), streamPeriod}
		if r.detail == nil || r.detail.Run == nil {
			f.detailOf.age = f.stateOf.age
		}
	} else {
		f.detail = nil // of a gateway that is polled now
	}
	if r.order != nil {
		f.command, f.confirmed = &r.order.Command, r.order.confirmed
	}
	return f
}

// publish makes the channel as it is now: the one of last time if nothing
// changed.
func (r *channelRecord) publish(p pace, period time.Duration, now time.Time) {
	f := r.facts(p, period, now)
	v := deriveChannel(f, now)
	before := r.channel
	if before != nil && !r.dirty && before.Doing == v.state && before.Aging == v.aging && before.Run == v.run && before.Problem == v.problem {
		return
	}
	next := &Channel{
		ID: r.id, Name: cmp.Or(r.read.Name, r.read.ID), Channel: r.read, Doing: v.state, Problem: v.problem, Aging: v.aging, Run: v.run,
		ReadAt: r.readAt, StateSince: r.since, Detail: f.detail, DetailAt: r.told, SeenAt: r.readAt, Bitrate: -1, Care: r.care,
	}
	if f.detail != nil && f.detail.Run != nil {
		next.SeenAt, next.Bitrate, next.Media = r.told, r.rate, f.media
	}
	if r.order != nil {
		c := r.order.Command
		next.Command = &c
	}
	same, was := before != nil && before.Doing == v.state, time.Time{}
	if same {
		was = before.DoingSince
	}
	next.DoingSince = since(v.since, same, was, r.fallbackSince(v.state, next.SeenAt, now), now)
	r.dirty = false
	if before == nil || !reflect.DeepEqual(before, next) {
		r.channel = next
	}
}

// fallbackSince is when a state began that no measurement dates.
func (r *channelRecord) fallbackSince(s State, seen, now time.Time) time.Time {
	switch s {
	case StateStale:
		return seen
	case StateStandby, StateOn:
		return r.since
	}
	return now
}

// channelBook is what a watcher knows of channels. The watcher's mutex guards it.
type channelBook struct {
	records  map[string]*channelRecord
	changed  bool // something is to be published
	order    bool // a record came or went, or was renamed
	byRow    []*channelRecord
	index    map[string]int
	none     bool // the endpoint has no channels
	complete bool
	link     Link
	period   time.Duration // between two reads of the list
	soon     map[string]bool
	kick     chan struct{} // some are to be read soon
}

func newChannelBook() channelBook {
	return channelBook{
		records: make(map[string]*channelRecord), soon: make(map[string]bool), kick: make(chan struct{}, 1), period: channelsEvery,
	}
}

// channelRecord finds the record of a channel, or makes one. w.mu is held.
func (w *Watcher) channelRecord(id string) *channelRecord {
	b := &w.channels
	r := b.records[id]
	if r == nil {
		r = &channelRecord{id: id, rate: -1, order: w.orders[id], care: w.care[id]}
		b.records[id], b.order = r, true
	}
	b.changed = true
	return r
}

// setChannel notes a channel that was asked for at that time. w.mu is held.
func (w *Watcher) setChannel(ch medialive.Channel, at time.Time) *channelRecord {
	r := w.channelRecord(ChannelID(ch.ChannelKey))
	w.channels.order = w.channels.order || r.read.Name != ch.Name
	r.set(ch, at)
	w.settle(r.order, r.id, StatusOf(r.read.State), at)
	return r
}

// forgetChannel drops a channel that is gone. w.mu is held.
func (w *Watcher) forgetChannel(id string) {
	delete(w.channels.records, id)
	delete(w.channels.soon, id)
	delete(w.orders, id)
	w.channels.order, w.channels.changed = true, true
}

// setChannelLink notes how the channels are reached. w.mu is held.
func (w *Watcher) setChannelLink(err error) {
	b := &w.channels
	before := b.link
	b.link = linkOf(b.link, err, w.monitor.now())
	b.changed = b.changed || b.link != before
}

// publishChannels gives the channels of the next snapshot: those of the last if
// nothing of them changed. w.mu is held.
func (w *Watcher) publishChannels(last Channels, all bool, now time.Time) Channels {
	b := &w.channels
	if !b.changed && !all {
		return last
	}
	if b.order {
		b.arrange()
	}
	b.changed, b.order = false, false
	p := w.pace
	p.skew = w.skew
	next := Channels{None: b.none, Complete: b.complete, Link: b.link, All: make([]*Channel, len(b.byRow)), index: b.index}
	for i, r := range b.byRow {
		r.publish(p, b.period, now)
		next.All[i] = r.channel
	}
	return next
}

// arrange puts the channels in order.
func (b *channelBook) arrange() {
	b.byRow = make([]*channelRecord, 0, len(b.records))
	for _, r := range b.records {
		b.byRow = append(b.byRow, r)
	}
	name := func(r *channelRecord) string { return cmp.Or(r.read.Name, r.read.ID) }
	slices.SortFunc(b.byRow, func(a, b *channelRecord) int {
		return cmp.Or(cmp.Compare(name(a), name(b)), cmp.Compare(a.id, b.id))
	})
	b.index = make(map[string]int, len(b.byRow))
	for i, r := range b.byRow {
		b.index[r.id] = i
	}
}

// same tells whether two lists of channels say the same.
func (c Channels) same(d Channels) bool {
	return c.None == d.None && c.Complete == d.Complete && c.Link == d.Link && slices.Equal(c.All, d.All)
}
