package history

import (
	"math"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// sampleAge is how old a measurement may be to count as this second's.
const sampleAge = 2500 * time.Millisecond

// weights order the states: the worst of a step is what the step shows.
var weights = map[monitor.State]int{
	monitor.StateStandby: 1, monitor.StateLive: 2, monitor.StateStarting: 3, monitor.StateStopping: 3,
	monitor.StateWaiting: 4, monitor.StateUnknown: 5, monitor.StateStale: 6, monitor.StateLoss: 7,
	monitor.StateOutputLost: 8, monitor.StateSourceLost: 9,
}

// outputStates are the states of outputs in the words of a flow.
var outputStates = map[monitor.OutputState]monitor.State{
	monitor.OutputOK: monitor.StateLive, monitor.OutputIdle: monitor.StateWaiting, monitor.OutputLost: monitor.StateOutputLost,
	monitor.OutputLoss: monitor.StateLoss, monitor.OutputOff: monitor.StateStandby, monitor.OutputUnknown: monitor.StateUnknown,
}

// OutputState says in the words of a flow what an output does.
func OutputState(f *monitor.Flow, o monitor.Output) monitor.State {
	switch f.State {
	case monitor.StateStale, monitor.StateStarting, monitor.StateStopping:
		return f.State
	}
	return outputStates[o.State]
}

// ran tells of a state that only a leg has that was started.
func ran(s monitor.State) bool {
	switch s {
	case "", monitor.StateStandby, monitor.StateUnknown, monitor.StateStale:
		return false
	}
	return true
}

// sample is what is known of a leg at one moment.
type sample struct {
	state   monitor.State
	figures *medialive.LegStatistics // nil: none, or too old
}

// each gives the samples of a flow: its source's under "", each output's under
// its name. Figures count only while they are fresh.
func each(f *monitor.Flow, fresh bool, take func(leg string, s sample)) {
	source := sample{state: f.State}
	if fresh {
		source.figures = &f.Statistics.Source
	}
	take("", source)
	for _, o := range f.Outputs {
		s := sample{state: OutputState(f, o)}
		if fresh {
			s.figures = o.Statistics
		}
		take(o.Name, s)
	}
}

// counters follow the two that grow while a connection lasts.
type counters struct {
	known                  bool
	connectedAt            time.Time
	retransmitted, dropped int64
}

// since gives what was added since the last call. A new connection, and a
// counter that went back, count from zero; where nobody looked in between,
// nothing is known of what was added.
func (c *counters) since(s *medialive.LegStatistics) (retransmitted, dropped int64) {
	now := counters{true, s.ConnectedAt, s.Retransmit, s.Drop}
	before := *c
	*c = now
	switch {
	case !before.known:
		return 0, 0
	case !before.connectedAt.Equal(now.connectedAt), now.retransmitted < before.retransmitted, now.dropped < before.dropped:
		return now.retransmitted, now.dropped
	}
	return now.retransmitted - before.retransmitted, now.dropped - before.dropped
}

// sums gather the samples of one step.
type sums struct {
	at                     time.Time
	state                  monitor.State
	n                      int
	rate, rtt, loss        float64
	retransmitted, dropped int64
}

func (a *sums) add(s sample, retransmitted, dropped int64) {
	if Worse(s.state, a.state) {
		a.state = s.state
	}
	if s.figures == nil {
		return
	}
	a.n++
	a.rate += float64(s.figures.Bitrate) / 1e6
	a.rtt += s.figures.RTT
	a.loss = max(a.loss, s.figures.Loss)
	a.retransmitted += retransmitted
	a.dropped += dropped
}

func (a *sums) point() Point {
	p := Point{At: a.at, State: a.state, Bitrate: math.NaN(), RTT: math.NaN(), Loss: math.NaN()}
	if a.n > 0 {
		p.Bitrate, p.RTT, p.Loss = a.rate/float64(a.n), a.rtt/float64(a.n), a.loss
		p.Retransmitted, p.Dropped = a.retransmitted, a.dropped
	}
	return p
}

// fold adds a finer step to one that is gathered.
func (a *sums) fold(p Point, samples int) {
	if Worse(p.State, a.state) {
		a.state = p.State
	}
	if math.IsNaN(p.Bitrate) {
		return
	}
	a.n += samples
	a.rate += p.Bitrate * float64(samples)
	a.rtt += p.RTT * float64(samples)
	a.loss = max(a.loss, p.Loss)
	a.retransmitted += p.Retransmitted
	a.dropped += p.Dropped
}

// track is a leg at one resolution: the step that is being gathered, the chunk
// that it will join, and chunks that are full and not kept yet.
type track struct {
	of    resolution
	sums  sums
	chunk *chunk
	full  []*chunk
	dirty bool      // the chunk has steps that are not kept
	due   time.Time // when the chunk is to be kept next
	quiet int       // records of the chunk when it was last kept
}

// maxFull is how many full chunks wait for a store that does not take them.
const maxFull = 3

// step makes the sums those of the step of that time: a step that is over joins
// its chunk.
func (t *track) step(at time.Time) *sums {
	at = at.UTC().Truncate(t.of.step)
	if at.After(t.sums.at) {
		t.close()
		t.sums = sums{at: at}
	}
	return &t.sums
}

// close ends the step that is being gathered.
func (t *track) close() {
	if t.sums.at.IsZero() {
		return
	}
	p := t.sums.point()
	t.sums = sums{}
	if t.chunk != nil && !p.At.Before(t.chunk.from.Add(t.of.chunk)) {
		if t.dirty {
			t.full = append(t.full, t.chunk)
			t.full = t.full[max(0, len(t.full)-maxFull):]
		}
		t.chunk, t.dirty, t.quiet = nil, false, 0
	}
	if t.chunk == nil {
		t.chunk = newChunk(t.of, p.At)
	}
	before := t.chunk.count
	t.chunk.add(p)
	t.dirty = t.dirty || t.chunk.count > before
}

// leg is a source or an output of a flow.
type leg struct {
	ran      bool // it was started, now or before: it has history
	counters counters
	fine     track
	coarse   track
	seen     time.Time
}

// newLeg makes a leg whose turn to be kept first comes at that time.
func newLeg(due time.Time) *leg {
	return &leg{fine: track{of: fine, due: due}, coarse: track{of: coarse, due: due.Add(coarse.every)}}
}

// add takes a sample of this moment.
func (l *leg) add(s sample, now time.Time) {
	l.seen = now
	l.ran = l.ran || ran(s.state)
	if s.figures != nil && s.figures.State != medialive.LegConnected {
		s.figures = nil
	}
	var retransmitted, dropped int64
	if s.figures == nil {
		l.counters = counters{}
	} else {
		retransmitted, dropped = l.counters.since(s.figures)
	}
	if !l.ran {
		return
	}
	l.fine.step(now).add(s, retransmitted, dropped)
	l.coarse.step(now).add(s, retransmitted, dropped)
}

// restore takes up where what was kept of the leg ends. Both are oldest first.
// What the coarse steps lack is made of the fine ones, which are kept sooner.
func (l *leg) restore(fines, coarses []Point) {
	l.ran = true
	l.fine.restore(fines)
	l.coarse.restore(coarses)
	var end time.Time
	if c := l.coarse.chunk; c != nil {
		end = c.end()
	}
	for _, p := range fines {
		if !p.At.Before(end) {
			l.coarse.step(p.At).fold(p, int(FineStep/time.Second))
		}
	}
}

// restore puts points that are kept back into the chunk of the last of them.
func (t *track) restore(points []Point) {
	if len(points) == 0 {
		return
	}
	t.chunk = newChunk(t.of, points[len(points)-1].At)
	for _, p := range points {
		if t.chunk.holds(p.At) {
			t.chunk.add(p)
		}
	}
}
