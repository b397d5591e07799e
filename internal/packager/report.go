package packager

import (
	"cmp"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/packager/rtmp"
)

// ChannelReport is what is true of a channel now, and what was counted since it
// began. Whoever wants rates takes two.
type ChannelReport struct {
	ID       string
	OnAir    Role
	Since    time.Time // the channel began, and with it all counts
	Switches int64     // between the inputs
	Inputs   []InputReport
	Encoder  *ChildReport // nil: nothing is encoded
	Encoded  Counts       // of what the encoder made
	Packages []PackageReport
	Record   *RecordReport // nil: nothing is recorded
	Signals  []Signal      // the last 1000 of the input on air, oldest first
}

// InputReport tells of an input.
type InputReport struct {
	Role        Role
	Alive       bool          // pictures or sound came within the condition
	Last        time.Time     // packet; zero: none yet
	Silent      time.Duration // without a packet, in pauses longer than the condition
	Connections int64         // so far
	Problem     string        // what ended the last connection, or keeps it from connecting
	Counts      Counts
	Refused     []rtmp.Refused // who was turned away, newest first
}

// PackageReport tells of a package.
type PackageReport struct {
	ID                  string
	Child               ChildReport // of what writes it; HLS in TS needs no ffmpeg
	OK, Refused, Failed int64       // requests answered 2xx and 3xx, 4xx, 5xx
	Bytes               int64       // sent to players
}

// report tells of the channel.
func (p *pipeline) report() ChannelReport {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := ChannelReport{
		ID: p.spec.ID, OnAir: p.active, Since: p.failover.began, Switches: p.failover.switches,
		Signals: slices.Clone(p.signals),
	}
	for role, f := range p.sources {
		if f != nil {
			r.Inputs = append(r.Inputs, p.input(Role(role), f))
		}
	}
	if p.encoder != nil {
		state := p.encoder.state()
		r.Encoder = &state
	}
	r.Encoded = p.encoded.counts
	for id, o := range p.outputs {
		r.Packages = append(r.Packages, PackageReport{
			ID: id, Child: o.state(),
			OK: o.ok.Load(), Refused: o.refused.Load(), Failed: o.failed.Load(), Bytes: o.bytes.Load(),
		})
	}
	slices.SortFunc(r.Packages, func(a, b PackageReport) int { return cmp.Compare(a.ID, b.ID) })
	if p.recorder != nil {
		state := p.recorder.state()
		r.Record = &state
	}
	return r
}

func (p *pipeline) input(role Role, f *feed) InputReport {
	n, problem := f.input.Connections()
	return InputReport{
		Role: role, Alive: p.failover.lives(role, time.Now()), Last: f.last, Silent: f.silent,
		Connections: n, Problem: problem, Counts: f.meter.counts, Refused: f.input.Refused(),
	}
}

// wanted is the spec that the channel runs by.
func (p *pipeline) wanted() Spec {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spec
}
