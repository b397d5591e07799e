package control_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// pushed is a channel that takes RTMP and gives one HLS package.
func pushed(id string) medialive.Channel {
	return medialive.Channel{
		ChannelKey: medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: id}, Name: "Channel " + id, State: medialive.ChannelOff,
		Input: medialive.ChannelInput{Protocol: medialive.RTMPPush, Sources: []medialive.ChannelSource{{Bitrate: 3000000}}},
		Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{{Package: medialive.Package{
			URL: "https://play.example.com/live/" + id + "/index.m3u8", SegmentDuration: 4,
		}}}}},
	}
}

func TestChannelLife(t *testing.T) {
	r := open(t)
	ctx, ch := t.Context(), pushed("one")
	if err := r.CreateChannel(ctx, r.op, ch); err != nil {
		t.Fatal(err)
	}
	key, id := ch.ChannelKey, monitor.ChannelID(ch.ChannelKey)
	r.readChannel(t, key, "seen", func(c *monitor.Channel) bool { return c.Doing == monitor.StateStandby })
	if err := r.StartChannel(ctx, r.op, key); err != nil {
		t.Fatal(err)
	}
	r.readChannel(t, key, "on", func(c *monitor.Channel) bool { return c.Doing == monitor.StateOn && c.Command.Actor == "op-1" })
	if err := r.StartChannel(ctx, r.as("op-2", "", control.Consent{}), key); !errors.Is(err, control.ErrNothingToDo) {
		t.Errorf("turned ON again: %v", err)
	}
	if err := r.DeleteChannel(ctx, r.op, key); medialive.KindOf(err) != medialive.KindState {
		t.Errorf("deleted while it is ON: %v", err)
	}
	if err := r.StopChannel(ctx, r.op, key); err != nil {
		t.Fatal(err)
	}
	if err := r.DeleteChannel(ctx, r.op, key); err != nil {
		t.Fatal(err)
	}
	if _, there := r.op.Watcher.Snapshot().Channel(id); there {
		t.Error("deleted, and still shown")
	}
	var told []string
	for _, row := range r.trail(t, id) {
		told = append(told, row.Verb+" "+row.Outcome)
		if row.FlowName != "Channel one" {
			t.Errorf("%s of %q", row.Verb, row.FlowName)
		}
	}
	slices.Reverse(told)
	if want := []string{"create done", "start done", "delete refused", "stop done", "delete done"}; !slices.Equal(told, want) {
		t.Errorf("the trail tells %q, want %q", told, want)
	}
}

// readChannel has the watcher read channels until it says so of one.
func (r *room) readChannel(t *testing.T, key medialive.ChannelKey, what string, ok func(*monitor.Channel) bool) {
	t.Helper()
	id := monitor.ChannelID(key)
	r.op.Watcher.ReadSoon(id)
	r.await(t, what, func() bool {
		c, there := r.op.Watcher.Snapshot().Channel(id)
		return there && ok(c)
	})
}

func TestChangeChannel(t *testing.T) {
	r := open(t)
	ctx, ch := t.Context(), pushed("two")
	key := r.cloud.AddChannel(ch)
	now := func() medialive.Channel {
		got, _ := r.cloud.Channel(key)
		return got
	}
	rename := control.ChannelChange{Part: control.PartGeneral, To: medialive.Channel{Name: "New name"}}
	shown := control.FingerprintChannel(now(), control.PartGeneral)
	if _, err := r.ChangeChannel(ctx, r.op, key, rename, shown); err != nil {
		t.Fatal(err)
	}
	if now().Name != "New name" {
		t.Errorf("named %q", now().Name)
	}
	var conflict *control.ChannelConflict
	if _, err := r.ChangeChannel(ctx, r.op, key, rename, shown); !errors.As(err, &conflict) || conflict.Theirs.Name != "New name" {
		t.Errorf("what was shown is old: %v", err)
	}
	if _, err := r.ChangeChannel(ctx, r.op, key, rename, control.FingerprintChannel(now(), control.PartGeneral)); !errors.Is(err, control.ErrNothingToDo) {
		t.Errorf("the same again: %v", err)
	}
	to := now()
	to.Input.Sources = []medialive.ChannelSource{{Bitrate: 5000000}}
	input := control.ChannelChange{Part: control.PartInput, To: to}
	if !input.Interrupts(now()) || rename.Interrupts(now()) {
		t.Error("an input interrupts, and a name does not")
	}
	if back, err := r.ChangeChannel(ctx, r.op, key, input, control.FingerprintChannel(now(), control.PartInput)); back != nil || err != nil {
		t.Errorf("%v, %v", back, err)
	}
	rows := r.trail(t, monitor.ChannelID(key))
	if got := rows[0]; got.Target != "input" || got.Detail != `input.sources[0].bitrate: "3000000" → "5000000"` || got.Outcome != "done" {
		t.Errorf("the trail tells %+v", got)
	}
}

func TestChannelSecretsAreNotTold(t *testing.T) {
	now := pushed("three")
	now.Input = medialive.ChannelInput{Protocol: medialive.SRTPush, Sources: []medialive.ChannelSource{{Passphrase: medialive.Mask}}}
	to := now
	to.Input.Sources = []medialive.ChannelSource{{Passphrase: passphrase}}
	change := control.ChannelChange{Part: control.PartInput, To: to}
	if got, want := control.DiffChannel(now, change), []control.Change{{Field: "input.sources[0].passphrase", From: medialive.Mask, To: control.Fresh}}; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	to.Input.Sources = []medialive.ChannelSource{{Passphrase: medialive.Mask}}
	change.To = to
	if got := control.DiffChannel(now, change); len(got) != 0 {
		t.Errorf("the mask changes %+v", got)
	}
	r := open(t)
	key := r.cloud.AddChannel(now)
	var masked *control.Unmaskable
	_, err := r.ChangeChannel(t.Context(), r.op, key, change, control.FingerprintChannel(now, control.PartInput))
	if !errors.As(err, &masked) || len(r.cloud.Calls("ModifyOttChannelInfoInput")) != 0 {
		t.Errorf("a mask for a cloud: %v", err)
	}
}

// TestChannelAnswerLost: what the service did is found out by a read.
func TestChannelAnswerLost(t *testing.T) {
	r := open(t)
	ctx := t.Context()
	key := r.cloud.AddChannel(pushed("four"))
	id := monitor.ChannelID(key)
	r.readChannel(t, key, "seen", func(*monitor.Channel) bool { return true })
	for op, give := range map[string]func() error{
		"ModifyOttChannelInfoStats": func() error { return r.StartChannel(ctx, r.op, key) },
		"ModifyOttChannelInfoGeneral": func() error {
			have, _ := r.cloud.Channel(key)
			change := control.ChannelChange{Part: control.PartGeneral, To: medialive.Channel{Name: "Found"}}
			_, err := r.ChangeChannel(ctx, r.op, key, change, control.FingerprintChannel(have, control.PartGeneral))
			return err
		},
	} {
		r.cloud.Inject(op, 1, medialivetest.Lose(medialivetest.AfterEffect))
		if err := give(); medialive.KindOf(err) != medialive.KindOutcomeUnknown {
			t.Fatalf("%s: %v", op, err)
		}
		r.await(t, op+" is settled as done", func() bool { return r.trail(t, id)[0].Outcome == "done" })
	}
}
