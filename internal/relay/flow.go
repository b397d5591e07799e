package relay

import (
	"slices"
	"sync/atomic"
	"time"
)

// flow is a running flow. Its fields belong to the relay's lock, but for the
// sinks and the taps, which the media goroutine reads.
type flow struct {
	id       string
	started  time.Time
	source   *leg
	outputs  []*leg
	refusals refusals
	sinks    atomic.Pointer[[]*peer] // never changed, only replaced
	taps     atomic.Pointer[[]*tap]  // the same
	tapDrops int64                   // bytes, of taps that have ended
}

func newFlow(id string, now time.Time) *flow {
	f := &flow{id: id, started: now}
	f.sinks.Store(&[]*peer{})
	f.taps.Store(&[]*tap{})
	return f
}

// legs are the source and the outputs.
func (f *flow) legs() []*leg {
	if f.source == nil {
		return f.outputs
	}
	return append([]*leg{f.source}, f.outputs...)
}

// publish makes the connected outputs those that the media goroutine sends to.
func (f *flow) publish() {
	sinks := []*peer{}
	for _, o := range f.outputs {
		sinks = append(sinks, o.peers...)
	}
	f.sinks.Store(&sinks)
}

func (f *flow) report() FlowReport {
	r := FlowReport{
		ID: f.id, Started: f.started, Source: f.source.report(),
		Outputs: make([]LegReport, 0, len(f.outputs)), Refused: f.refusals.newestFirst(),
	}
	r.Taps, r.TapDrop = f.tapped()
	for _, o := range f.outputs {
		r.Outputs = append(r.Outputs, o.report())
	}
	return r
}

// output finds an output by name.
func (f *flow) output(name string) *leg {
	at := slices.IndexFunc(f.outputs, func(l *leg) bool { return l.spec.Name == name })
	if at < 0 {
		return nil
	}
	return f.outputs[at]
}
