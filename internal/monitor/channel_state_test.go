package monitor

import (
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// running are the facts of a channel that is ON at a gateway.
func running(change func(*medialive.ChannelDetail)) channelFacts {
	run := &medialive.ChannelRun{
		Since: ago(time.Minute), OnAir: "primary",
		Inputs: []medialive.ChannelInputRun{
			{Role: "primary", Alive: true, Last: ago(time.Second)},
			{Role: "standby"},
		},
		Encoder:  &medialive.ChannelChild{Running: true, Starts: 1},
		Packages: []medialive.ChannelPackRun{{PackageID: "p1", Packager: medialive.ChannelChild{Running: true, Starts: 1}}},
	}
	d := &medialive.ChannelDetail{State: medialive.ChannelOn, Run: run}
	change(d)
	fresh := freshness{0, time.Second}
	media := map[string]InputMedia{"primary": {Comes: MediaComes}, "standby": {Comes: MediaComes}}
	return channelFacts{state: medialive.ChannelOn, stateOf: fresh, detail: d, detailOf: fresh, media: media}
}

func TestChannelStates(t *testing.T) {
	fresh := freshness{0, time.Second}
	as := func(d *medialive.ChannelDetail) {}
	cases := []struct {
		name  string
		facts channelFacts
		want  State
	}{
		{"OFF", channelFacts{state: medialive.ChannelOff, stateOf: fresh}, StateStandby},
		{"ON, and a cloud tells no more", channelFacts{state: medialive.ChannelOn, stateOf: fresh}, StateOn},
		{"a state nobody knows", channelFacts{state: "PAUSED", stateOf: fresh}, StateUnknown},
		{"not read for long", channelFacts{state: medialive.ChannelOn, stateOf: freshness{time.Minute, time.Second}}, StateStale},
		{"on air", running(as), StateLive},
		{"does not run yet", running(func(d *medialive.ChannelDetail) { d.Run = nil }), StateStarting},
		{"cannot run", running(func(d *medialive.ChannelDetail) { d.Run, d.Problem = nil, "too dear" }), StateProblem},
		{"nothing came yet", running(func(d *medialive.ChannelDetail) {
			d.Run.Inputs[0], d.Run.Encoder, d.Run.Packages = medialive.ChannelInputRun{Role: "primary"}, nil, nil
		}), StateWaiting},
		{"packets came, and no media", running(func(d *medialive.ChannelDetail) {
			d.Run.Inputs[0].Alive, d.Run.Encoder, d.Run.Packages = false, nil, nil
		}), StateWaiting},
		{"nothing comes any more", running(func(d *medialive.ChannelDetail) { d.Run.Inputs[0].Alive = false }), StateSourceLost},
		{"the standby input", running(func(d *medialive.ChannelDetail) {
			d.Run.OnAir, d.Run.Inputs[0].Alive, d.Run.Inputs[1].Alive = "standby", false, true
		}), StateSecondInput},
		{"the encoder ended", running(func(d *medialive.ChannelDetail) { d.Run.Encoder.Running = false }), StateProblem},
		{"a package ended", running(func(d *medialive.ChannelDetail) { d.Run.Packages[0].Packager.Running = false }), StateProblem},
		{"a package has yet to begin", running(func(d *medialive.ChannelDetail) { d.Run.Packages[0].Packager = medialive.ChannelChild{} }), StateLive},
	}
	for _, c := range cases {
		if got := deriveChannel(c.facts, noon).state; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestCommandedChannelStates(t *testing.T) {
	for _, c := range []struct {
		verb      string
		outcome   Outcome
		confirmed bool
		want      State
	}{
		{verbStart, OutcomePending, false, StateStarting},
		{verbStop, OutcomeDone, false, StateStopping},
		{verbStop, OutcomeUnknown, false, StateUnknown},
		{verbStop, OutcomeRefused, false, StateLive},
		{verbStart, OutcomeDone, true, StateLive},
	} {
		f := running(func(*medialive.ChannelDetail) {})
		f.command, f.confirmed = &Command{Verb: c.verb, Outcome: c.outcome, At: ago(time.Second)}, c.confirmed
		if got := deriveChannel(f, noon).state; got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestChannelAges(t *testing.T) {
	f := running(func(*medialive.ChannelDetail) {})
	f.detailOf = freshness{3 * time.Second, time.Second}
	if v := deriveChannel(f, noon); !v.aging || v.run != Old || v.state != StateLive {
		t.Errorf("two reads missed: %+v", v)
	}
	f.detailOf = freshness{5 * time.Second, time.Second}
	if v := deriveChannel(f, noon); v.run != Gone || v.state != StateStale {
		t.Errorf("four reads missed: %+v", v)
	}
	off := channelFacts{state: medialive.ChannelOff, stateOf: freshness{0, time.Second}, detail: &medialive.ChannelDetail{}, detailOf: freshness{time.Hour, time.Second}}
	if v := deriveChannel(off, noon); v.aging || v.state != StateStandby {
		t.Errorf("what is measured does not matter to one that is OFF: %+v", v)
	}
}

func TestChannelID(t *testing.T) {
	for _, key := range []medialive.ChannelKey{
		{Domain: "push.example.com", AppName: "live", ID: "one"},
		{Domain: "a/b", AppName: "c d%", ID: "e?f#"},
	} {
		id := ChannelID(key)
		if got, ok := ChannelKeyOf(id); !ok || got != key {
			t.Errorf("%q is of %+v, %t", id, got, ok)
		}
	}
	for _, id := range []string{"", "0123", "channels/a/b", "channels//b/c", "channels/a/b/c/d", "channels/a%2/b/c", "channels/%61/b/c"} {
		if key, ok := ChannelKeyOf(id); ok {
			t.Errorf("%q is taken for %+v", id, key)
		}
	}
}
