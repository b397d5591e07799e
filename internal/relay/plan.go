package relay

import (
	"fmt"
	"time"

	"github.com/flowdeck/flowdeck/internal/srt"
)

// PortError tells that a leg cannot listen because another program, or
// another leg, holds its port.
type PortError struct {
	Leg  string
	Port int
}

func (e *PortError) Error() string {
	return fmt.Sprintf("%s: port %d is taken by another program or flow", e.Leg, e.Port)
}

// plan is how a flow gets from what runs to a new spec with least change.
type plan struct {
	source  *leg
	outputs []*leg // in the spec's order
	kept    map[*leg]LegSpec
	fresh   []*leg
	dropped []*leg
}

// planFlow compares a spec with what runs. Outputs are known by name.
func planFlow(f *flow, spec FlowSpec, now time.Time) *plan {
	p := &plan{kept: map[*leg]LegSpec{}}
	running := map[*leg]bool{}
	for _, l := range f.legs() {
		running[l] = true
	}
	place := func(old *leg, spec LegSpec, source bool) *leg {
		if old != nil && old.spec.sameConnection(spec) {
			delete(running, old)
			p.kept[old] = spec
			return old
		}
		l := newLeg(f, spec, source, now)
		p.fresh = append(p.fresh, l)
		return l
	}
	p.source = place(f.source, spec.Source, true)
	for _, o := range spec.Outputs {
		p.outputs = append(p.outputs, place(f.output(o.Name), o, false))
	}
	for l := range running {
		p.dropped = append(p.dropped, l)
	}
	return p
}

func newLeg(f *flow, spec LegSpec, source bool, now time.Time) *leg {
	l := &leg{flow: f, source: source, since: now, nextTry: now}
	l.pending.calls = map[srt.Socket]pendingCall{}
	l.setSpec(spec)
	l.state = l.initialState()
	return l
}

// ports checks the new listeners against each other and against those that
// stay, in this flow and in others.
func (r *relay) checkPorts(f *flow, p *plan) error {
	taken := map[int]bool{}
	for _, other := range r.flows {
		if other == f {
			continue
		}
		for _, l := range other.legs() {
			taken[l.spec.Port] = taken[l.spec.Port] || l.spec.Mode == Listen
		}
	}
	for l := range p.kept {
		taken[l.spec.Port] = taken[l.spec.Port] || l.spec.Mode == Listen
	}
	for _, l := range p.fresh {
		if l.spec.Mode != Listen {
			continue
		}
		if taken[l.spec.Port] {
			return &PortError{Leg: l.spec.Name, Port: l.spec.Port}
		}
		taken[l.spec.Port] = true
	}
	return nil
}

// prepare opens the new listeners whose ports this flow does not hold yet, so
// that a taken port is known before anything is changed. On failure nothing
// is left open, unless partial allows to go on without.
func (r *relay) prepare(f *flow, p *plan, partial bool) error {
	held := map[int]bool{}
	for _, l := range f.legs() {
		held[l.spec.Port] = held[l.spec.Port] || l.spec.Mode == Listen
	}
	for _, l := range p.fresh {
		if l.spec.Mode != Listen || held[l.spec.Port] {
			continue
		}
		if err := r.openListener(l); err != nil && !partial {
			for _, opened := range p.fresh {
				r.closeLeg(opened)
			}
			return err
		}
	}
	return nil
}

// carryOut makes the plan real. It cannot fail: a listener that cannot be
// opened any more is Failed, and tried again.
func (r *relay) carryOut(f *flow, p *plan, now time.Time) {
	for _, l := range p.dropped {
		r.closeLeg(l)
	}
	for l, spec := range p.kept {
		l.setSpec(spec)
	}
	f.source, f.outputs = p.source, p.outputs
	for _, l := range p.fresh {
		if l.spec.Mode == Listen && l.listener == 0 {
			if err := r.openListener(l); err != nil {
				l.problem, l.nextTry = err.Error(), now.Add(rebindPause)
			}
		}
		l.refresh(now)
	}
	f.publish()
}
