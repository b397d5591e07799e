package monitor

import (
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// MediaSign tells whether media comes with the bytes of an input: who sends bytes
// need not send media.
type MediaSign int

// What is known of the media of an input.
const (
	MediaUnknown MediaSign = iota // not looked at for long enough, or nothing counts it
	MediaComes
	MediaNone
)

// InputMedia is what is known of the media of an input to which something comes.
type InputMedia struct {
	Comes MediaSign
	Since time.Time // of MediaNone: when media last came, or bytes began to
}

// The limits by which counts become media.
const (
	mediaPatience   = 5 * time.Second  // between two pictures
	encoderPatience = 15 * time.Second // until an encoder, which may begin anew, makes something of what comes
)

// The problems of a channel that are found here, beside those that a service tells.
const (
	NoMediaIn   = "no media in what comes in"
	EncoderMute = "encoder: nothing comes out" // though media comes in
)

// pulse is a count that grows while media comes.
type pulse struct {
	count int64
	since time.Time // looked at from
	grew  time.Time // last; zero: not seen to
}

// beat notes a count.
func (p pulse) beat(n int64, at time.Time) pulse {
	switch {
	case p.since.IsZero():
		p.since = at
	case n > p.count:
		p.grew = at
	}
	p.count = n
	return p
}

// still tells from when on the count was not seen to grow.
func (p pulse) still() time.Time {
	if p.grew.After(p.since) {
		return p.grew
	}
	return p.since
}

// lookPause is the least time between two measurements by which counts are held
// against each other.
const lookPause = time.Second

// pulses are the counts of media of a channel that runs.
type pulses struct {
	run     *medialive.ChannelRun // as measured last; nil: it does not run
	at      time.Time             // when the counts were told, by our clock
	inputs  map[string]inputPulse // by role
	encoder pulse                 // of bytes that the encoder made
}

// inputPulse is what comes by an input.
type inputPulse struct {
	bytes  int64
	comes  bool // something did since the look before, be it packets or not
	frames pulse
}

// note takes what was measured, told at that time.
func (p *pulses) note(run *medialive.ChannelRun, at time.Time) {
	switch {
	case run == p.run:
		return
	case run == nil:
		*p = pulses{}
		return
	case p.run == nil, !run.Since.Equal(p.run.Since):
		*p = pulses{inputs: map[string]inputPulse{}}
	}
	p.run = run
	if at.Sub(p.at) < lookPause {
		return
	}
	p.at = at
	for _, in := range run.Inputs {
		was, seen := p.inputs[in.Role]
		is := inputPulse{bytes: in.Bytes, comes: in.Alive || seen && in.Bytes > was.bytes, frames: pulse{in.Frames, at, time.Time{}}}
		if is.comes {
			is.frames = was.frames.beat(in.Frames, at)
		}
		p.inputs[in.Role] = is
	}
	if run.Encoder == nil || !p.inputs[run.OnAir].comes {
		p.encoder = pulse{}
	}
	p.encoder = p.encoder.beat(run.Encoded, at)
}

// media tells what is known of the media of each input to which something comes.
func (p *pulses) media() map[string]InputMedia {
	all := map[string]InputMedia{}
	if p.run == nil {
		return all
	}
	for _, in := range p.run.Inputs {
		if p.inputs[in.Role].comes {
			all[in.Role] = p.of(in)
		}
	}
	return all
}

// of judges an input to which something comes. Sound alone is counted only as what an encoder
// makes of it; without one, the packages tell that tracks were found.
func (p *pulses) of(in medialive.ChannelInputRun) InputMedia {
	found := in.Role == p.run.OnAir && len(p.run.Packages) > 0
	switch {
	case in.Frames > 0:
		return p.judge(p.inputs[in.Role].frames, mediaPatience)
	case found && p.run.Encoder != nil:
		return p.judge(p.encoder, encoderPatience)
	case found:
		return InputMedia{Comes: MediaComes}
	case in.Role != p.run.OnAir:
		return InputMedia{}
	}
	return p.judge(p.inputs[in.Role].frames, mediaPatience)
}

func (p *pulses) judge(of pulse, patience time.Duration) InputMedia {
	switch {
	case p.at.Sub(of.still()) >= patience:
		return InputMedia{MediaNone, of.still()}
	case of.grew.IsZero():
		return InputMedia{}
	}
	return InputMedia{Comes: MediaComes}
}

// came tells whether there was media since a channel began to run.
func came(run *medialive.ChannelRun) bool {
	pictures := slices.ContainsFunc(run.Inputs, func(in medialive.ChannelInputRun) bool { return in.Frames > 0 })
	return pictures || run.Encoder != nil || len(run.Packages) > 0
}

// mute tells that the encoder has made nothing for long.
func (p *pulses) mute() bool {
	return p.run != nil && p.run.Encoder != nil && p.judge(p.encoder, encoderPatience).Comes == MediaNone
}
