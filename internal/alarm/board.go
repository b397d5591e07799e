package alarm

import (
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// thing is what an alarm is about. No two open alarms are about one thing.
type thing struct {
	kind   Kind
	flow   string // empty: the project
	target string // an output; of a Many, what its members share
}

// held is an open alarm with what only the board needs to know of it.
type held struct {
	*Alarm
	thing
	shelf   string // the shelf it lies on; empty: none
	byShelf bool   // its acknowledgement is that of the shelf, and ends with it
	kept    bool   // as written down; figures are written down later
	keptAt  time.Time
	joined  time.Time // of a Many: when the last member came
	came    time.Time // when it was last raised
}

// active tells that the condition lasts.
func (h *held) active() bool { return h.Cleared.IsZero() }

// write is what is to be written down of one alarm or shelf: its new state with
// the lines of the trail that tell of it.
type write struct {
	alarm   *Alarm
	thing   thing
	shelf   string // of the alarm
	byShelf bool
	changes []Change
	lines   []trail.Line

	ended string // id of a shelf that ended; alarm is nil then
}

// picture is what a step looks at.
type picture struct {
	*monitor.Snapshot
	awake bool // somebody watches; else the snapshot is of the past
}

// board is the state of a project's alarms. It has no clock, no store and no
// goroutine: the same pictures at the same times lead to the same alarms.
type board struct {
	delays Delays
	newID  func() string

	things   map[thing]*held
	ids      map[string]*held
	subjects map[string]*subject // by flow; "" is the project
	shelves  map[string]Shelf

	awake   bool
	epoch   int    // grows when watching begins anew
	woke    uint64 // version of the picture at which it did: of before, so not certain
	certain bool   // the picture is of now
	steps   int
	regions int // how many the flows are in
	gateway bool
	burst   burst

	next    time.Time // when the next delay ends; zero: none runs
	fresh   []*held   // raised in this step
	recent  []*held   // raised lately
	writes  []*write  // of this step, in order
	byID    map[string]*write
	signals []trail.Line // of this step
	changed bool         // since the last view
	version uint64
}

// subject is a flow, or the project, with what is remembered of it.
type subject struct {
	id, name, region string

	flow    *monitor.Flow    // as last looked at
	channel *monitor.Channel // the same; nil: it is a flow
	step    int              // when it was last there
	held    bool             // nothing certain was known
	known   bool             // something certain was known before
	dry     time.Time        // since when no media moves though it is started, by our clock

	watches map[aspect]*watch
	flaps   map[string]*flap // by target
	peers   map[string]string
	bitrate float64 // Mb/s, as last measured while media moved
	signal  signals
}

// aspect is what of a subject is watched.
type aspect struct {
	kind   Kind
	target string
}

// watch is what is known of one aspect over time. One that was never bad has
// none.
type watch struct {
	last  seen      // good or bad, or unknown before the first certain look
	from  time.Time // since when it is so without a break, by our clock; zero: not known
	blank time.Time // since when nothing certain is known of the flow; zero: something is
	worse time.Time // since when it is more urgent than its alarm
}

// blankFor is for how long nothing may be known of a flow for a delay to go on
// after it: two reads of a source.
const blankFor = 10 * time.Second

// newBoard makes an empty board.
func newBoard(d Delays, newID func() string) *board {
	return &board{
		delays: d, newID: newID,
		things:   make(map[thing]*held),
		ids:      make(map[string]*held),
		subjects: make(map[string]*subject),
		shelves:  make(map[string]Shelf),
		byID:     make(map[string]*write),
		changed:  true,
	}
}

// step looks at a picture, and gives what is to be written down.
func (b *board) step(p picture, now time.Time) (writes []*write, signals []trail.Line) {
	b.next = time.Time{}
	b.steps++
	b.wake(p)
	b.endShelves(now)
	b.project(p, now)
	b.all(p, now)
	b.rollUp(now)
	b.firstOut()
	b.settleParents(now)
	b.keepFigures(now)
	return b.taken()
}

// wake notes whether somebody watches. The picture at which watching begins
// anew is one of before, perhaps of long ago.
func (b *board) wake(p picture) {
	if p.awake && !b.awake {
		b.epoch++
		b.woke = p.Version
	}
	if p.awake != b.awake {
		b.changed = true
	}
	b.awake = p.awake
	b.certain = p.awake && p.Version != b.woke
}

// taken gives what is to be written down since it was last taken.
func (b *board) taken() ([]*write, []trail.Line) {
	writes, signals := b.writes, b.signals
	b.writes, b.signals, b.fresh = nil, nil, b.fresh[:0]
	clear(b.byID)
	return writes, signals
}

// subject finds what is remembered of a flow, or begins to remember.
func (b *board) subject(id string) *subject {
	m := b.subjects[id]
	if m == nil {
		m = &subject{
			id: id, watches: make(map[aspect]*watch), flaps: make(map[string]*flap), peers: make(map[string]string),
		}
		b.subjects[id] = m
	}
	return m
}

// project looks at what concerns the whole project.
func (b *board) project(p picture, now time.Time) {
	m := b.subject("")
	b.gateway = p.Capabilities != nil
	for _, k := range []Kind{Unreachable, Credential} {
		l := look{}
		switch {
		case !b.certain:
		case k == Unreachable:
			l = reachable(p.Link)
		default:
			l = credential(p.Credential, now)
		}
		b.turn(m, aspect{kind: k}, l, now)
	}
	m.known = m.known || b.certain
	b.signalProject(m, p, now)
}

// all looks at each flow that changed or that something waits for.
func (b *board) all(p picture, now time.Time) {
	certain := b.certain && p.Link.OK
	regions := make(map[string]struct{}, 1)
	for _, f := range p.Flows {
		regions[f.Region] = struct{}{}
		m := b.subject(f.ID)
		m.step = b.steps
		held := !certain || f.State == monitor.StateStale || f.State == monitor.StateUnknown || f.State == monitor.StateStopping
		if m.flow == f && m.held == held && m.quiet(b.epoch) {
			continue
		}
		b.flow(m, f, held, now)
	}
	b.regions = len(regions)
	b.channels(p, certain, now)
	if certain && len(b.subjects) > len(p.Flows)+len(p.Channels.All)+1 {
		b.gone(p.Complete, p.Channels.Complete && p.Channels.Link.OK, now)
	}
}

// quiet tells that time alone changes nothing of it.
func (m *subject) quiet(epoch int) bool {
	return len(m.watches) == 0 && len(m.flaps) == 0 && m.dry.IsZero() && m.signal.quiet(epoch)
}

// gone ends what is about flows and channels that are no more, where it is known
// which there are.
func (b *board) gone(flows, channels bool, now time.Time) {
	for id, m := range b.subjects {
		_, channel := monitor.ChannelKeyOf(id)
		sure := flows
		if channel {
			sure = channels
		}
		if m.step == b.steps || id == "" || !sure {
			continue
		}
		b.endAll(m, "deleted", now)
		delete(b.subjects, id)
	}
}

// flow looks at one flow.
func (b *board) flow(m *subject, f *monitor.Flow, held bool, now time.Time) {
	m.name, m.region, m.flow, m.held = f.Name, f.Region, f, held
	m.remember(f, held, now)
	switch {
	case held:
		b.hold(m, now)
	case f.State == monitor.StateStandby:
		b.endAll(m, stopCause(f), now)
	default:
		b.look(m, f, now)
	}
	if !held {
		b.signalFlow(m, f, now)
		m.known = true
	}
}

// stopCause tells why a flow stands by.
func stopCause(f *monitor.Flow) string {
	if stoppedHere(f) {
		return "commanded"
	}
	return "standby"
}

// stoppedHere tells that the last command is a stop that was not refused.
func stoppedHere(f *monitor.Flow) bool {
	c := f.Command
	return c != nil && c.Verb == "stop" && c.Outcome != monitor.OutcomeRefused && c.Outcome != monitor.OutcomeNotDone
}

// remember notes far ends, and since when no media moves.
func (m *subject) remember(f *monitor.Flow, held bool, now time.Time) {
	if s := f.Statistics; s != nil && s.Source.Peer != "" {
		m.peers[""] = host(s.Source.Peer)
	} else if f.Source != nil && f.Source.Protocol == caller && f.Source.Address != "" {
		m.peers[""] = f.Source.Address
	}
	for _, o := range f.Outputs {
		switch {
		case o.Statistics != nil && o.Statistics.Peer != "":
			m.peers[o.Name] = host(o.Statistics.Peer)
		case o.Config != nil && o.Config.Destination != "":
			m.peers[o.Name] = o.Config.Destination
		}
	}
	if s := f.Statistics; s != nil && moving(f.State) && s.Source.Bitrate > 0 {
		m.bitrate = float64(s.Source.Bitrate) / 1e6
	}
	switch {
	case held:
	case f.State == monitor.StateStandby:
		m.dry, m.bitrate = time.Time{}, 0
	case moving(f.State):
		m.dry = time.Time{}
	case m.dry.IsZero(), startedAfter(f, m.dry):
		m.dry = now
	}
}

// hold notes that nothing certain is known now. Delays that ran go on after it,
// if it is short: else a source that is lost would raise no alarm while somebody
// edits it, for after each change its health is not told for a moment.
func (b *board) hold(m *subject, now time.Time) {
	for _, w := range m.watches {
		if w.blank.IsZero() {
			w.blank = now
		}
	}
	for _, f := range m.flaps {
		f.last = now
	}
}

// look judges every aspect of a started flow.
func (b *board) look(m *subject, f *monitor.Flow, now time.Time) {
	for _, k := range [...]Kind{SourceLost, NoMedia, Loss, Bitrate, Idle} {
		b.turn(m, aspect{kind: k}, b.source(m, f, k, now), now)
	}
	for i := range f.Outputs {
		o := &f.Outputs[i]
		b.turn(m, aspect{OutputLost, o.Name}, outputLost(f, o), now)
		b.turn(m, aspect{Loss, o.Name}, outputLoss(f, o), now)
	}
	if !f.DetailAt.IsZero() {
		b.endRemoved(m, f, now)
	}
	b.unstable(m, now)
}

// endRemoved ends what is about outputs that the flow has no more.
func (b *board) endRemoved(m *subject, f *monitor.Flow, now time.Time) {
	there := func(target string) bool {
		if target == "" {
			return true
		}
		for i := range f.Outputs {
			if f.Outputs[i].Name == target {
				return true
			}
		}
		return false
	}
	for a := range m.watches {
		if !there(a.target) {
			b.turn(m, a, look{seen: over, cause: "removed"}, now)
		}
	}
	for target := range m.flaps {
		if !there(target) {
			b.end(thing{Unstable, m.id, target}, "removed", now)
			delete(m.flaps, target)
			delete(m.peers, target)
		}
	}
}

// turn takes note of a look at an aspect, and raises or clears its alarm when
// it has been so for long enough.
func (b *board) turn(m *subject, a aspect, l look, now time.Time) {
	w := m.watches[a]
	if w == nil {
		if l.seen != bad {
			return
		}
		w = &watch{}
		if m.known {
			w.last = good
		}
		m.watches[a] = w
	}
	key := thing{a.kind, m.id, a.target}
	if h := b.things[key]; h != nil && h.active() && l.seen != bad && m.flow != nil && startedAfter(m.flow, h.came) {
		l = look{seen: over, cause: "commanded"}
	}
	switch l.seen {
	case unknown:
		*w = watch{last: w.last}
	case over:
		b.end(key, l.cause, now)
		delete(m.watches, a)
	case good, bad:
		b.weigh(m, a, w, l, now)
	}
}

// startedAfter tells that a flow was started anew since then.
func startedAfter(f *monitor.Flow, then time.Time) bool {
	c := f.Command
	return c != nil && c.Verb == "start" && c.Outcome == monitor.OutcomeDone && c.At.After(then)
}

// weigh takes note of a look that is certain.
func (b *board) weigh(m *subject, a aspect, w *watch, l look, now time.Time) {
	w.resume(now)
	if w.last != l.seen {
		if w.last != unknown && standsIn(a.kind) {
			m.flapped(a.target, now)
		}
		w.last, w.from = l.seen, now
	}
	if w.from.IsZero() {
		w.from = now
	}
	key := thing{a.kind, m.id, a.target}
	h := b.things[key]
	if l.seen == good {
		w.worse = time.Time{}
		if h == nil || !h.active() {
			delete(m.watches, a)
		} else if b.lasted(w.from, b.delays.Off, now) {
			b.clear(h, w.from, "", now)
			m.alarmFlapped(a, now)
			delete(m.watches, a)
		}
		return
	}
	wait := b.delay(a.kind)
	if h != nil && h.active() {
		b.lasts(h, w, l, wait, now)
		return
	}
	if standsIn(a.kind) && b.isUnstable(m, a.target) {
		wait = max(wait, b.delays.Off)
	}
	if b.lasted(w.from, wait, now) {
		b.raise(m, key, l, 1, now)
		m.alarmFlapped(a, now)
	}
}

// resume ends a time in which nothing certain was known.
func (w *watch) resume(now time.Time) {
	if !w.blank.IsZero() && now.Sub(w.blank) > blankFor {
		w.from, w.worse = time.Time{}, time.Time{}
	}
	w.blank = time.Time{}
}

// lasted tells whether something has lasted; if not, when to look again.
func (b *board) lasted(from time.Time, wait time.Duration, now time.Time) bool {
	end := from.Add(wait)
	if !now.Before(end) {
		return true
	}
	if b.next.IsZero() || end.Before(b.next) {
		b.next = end
	}
	return false
}

// delay is how long a condition must last before it is an alarm.
func (b *board) delay(k Kind) time.Duration {
	switch k {
	case SourceLost, OutputLost, SecondInput:
		return b.delays.On
	case Loss, Bitrate, Failing, Recording:
		return b.delays.Measure
	case Unreachable:
		return b.delays.Unreachable
	}
	return 0
}
