package monitor

import (
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// looks are measurements two seconds apart.
func looks(n int, each func(i int, run *medialive.ChannelRun)) *pulses {
	p := &pulses{}
	for i := range n {
		run := &medialive.ChannelRun{
			Since: noon, OnAir: "primary",
			Inputs: []medialive.ChannelInputRun{{Role: "primary", Alive: true}, {Role: "standby", Alive: true}},
		}
		each(i, run)
		p.note(run, noon.Add(time.Duration(2*i)*time.Second))
	}
	return p
}

func TestMedia(t *testing.T) {
	packed := []medialive.ChannelPackRun{{PackageID: "p1"}}
	for _, c := range []struct {
		name             string
		n                int
		each             func(i int, run *medialive.ChannelRun)
		primary, standby MediaSign
		mute             bool
	}{
		{"pictures", 2, func(i int, run *medialive.ChannelRun) { run.Inputs[0].Frames = int64(i + 1) }, MediaComes, MediaUnknown, false},
		{"looked at once", 1, func(_ int, run *medialive.ChannelRun) { run.Inputs[0].Frames = 9 }, MediaUnknown, MediaUnknown, false},
		{"the same pictures", 4, func(_ int, run *medialive.ChannelRun) { run.Inputs[0].Frames = 9 }, MediaNone, MediaUnknown, false},
		{"bytes", 4, func(int, *medialive.ChannelRun) {}, MediaNone, MediaUnknown, false},
		{"pictures of the standby stopped", 4, func(i int, run *medialive.ChannelRun) {
			run.Inputs[0].Frames, run.Inputs[1].Frames = int64(i+1), 9
		}, MediaComes, MediaNone, false},
		{"sound alone", 9, func(_ int, run *medialive.ChannelRun) { run.Packages = packed }, MediaComes, MediaUnknown, false},
		{"sound alone, encoded", 9, func(i int, run *medialive.ChannelRun) {
			run.Packages, run.Encoder, run.Encoded = packed, &medialive.ChannelChild{}, int64(i)
		}, MediaComes, MediaUnknown, false},
		{"tables alone, to be encoded", 9, func(_ int, run *medialive.ChannelRun) {
			run.Packages, run.Encoder = packed, &medialive.ChannelChild{}
		}, MediaNone, MediaUnknown, true},
		{"pictures that cannot be decoded", 9, func(i int, run *medialive.ChannelRun) {
			run.Inputs[0].Frames, run.Encoder = int64(i), &medialive.ChannelChild{}
		}, MediaComes, MediaUnknown, true},
		{"began anew", 4, func(i int, run *medialive.ChannelRun) {
			run.Inputs[0].Frames = 9
			run.Since = noon.Add(time.Duration(i) * time.Second)
		}, MediaUnknown, MediaUnknown, false},
		{"came back, with the same pictures", 5, func(i int, run *medialive.ChannelRun) {
			run.Inputs[0].Frames, run.Inputs[0].Alive = 9, i != 3
		}, MediaUnknown, MediaUnknown, false},
		{"came back", 5, func(i int, run *medialive.ChannelRun) {
			run.Inputs[0].Frames, run.Inputs[0].Alive = int64(i), i != 3
		}, MediaComes, MediaUnknown, false},
		{"bytes that look like packets now and then", 6, func(i int, run *medialive.ChannelRun) {
			run.Inputs[0].Bytes, run.Inputs[0].Alive = int64(i), i%2 == 0
		}, MediaNone, MediaUnknown, false},
		{"a pause that is none yet", 3, func(i int, run *medialive.ChannelRun) {
			run.Inputs[0].Frames = int64(min(i, 1) + 1)
		}, MediaComes, MediaUnknown, false},
	} {
		p := looks(c.n, c.each)
		if got := p.media(); got["primary"].Comes != c.primary || got["standby"].Comes != c.standby || p.mute() != c.mute {
			t.Errorf("%s: %+v, mute %t", c.name, got, p.mute())
		}
	}
}

// TestChannelStatesOfMedia: what comes in weighs more than what is made of it.
func TestChannelStatesOfMedia(t *testing.T) {
	for _, c := range []struct {
		name  string
		media MediaSign
		mute  bool
		down  bool
		want  State
	}{
		{"not known yet", MediaUnknown, false, false, StateOn},
		{"none", MediaNone, false, false, StateNoMedia},
		{"none, and so nothing to encode", MediaNone, true, true, StateNoMedia},
		{"some, and nothing is made of it", MediaComes, true, false, StateProblem},
		{"some", MediaComes, false, false, StateLive},
	} {
		f := running(func(d *medialive.ChannelDetail) { d.Run.Encoder.Running = !c.down })
		f.media, f.mute = map[string]InputMedia{"primary": {Comes: c.media, Since: noon}}, c.mute
		if got := deriveChannel(f, noon).state; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
