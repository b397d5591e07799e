package control_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// told are the addresses to push a channel to that the watcher shows.
func (r *room) told(key medialive.ChannelKey) (all []string) {
	ch, ok := r.op.Watcher.Snapshot().Channel(monitor.ChannelID(key))
	if !ok || ch.Care.Push == nil {
		return nil
	}
	for _, p := range ch.Care.Push.Addresses {
		all = append(all, p.URL.Reveal())
	}
	return all
}

// TestPushAddressesAreKept: what an answer tells is kept, sealed, and known to the
// next process; the last answer counts; and it goes with the channel.
func TestPushAddressesAreKept(t *testing.T) {
	r := open(t)
	ctx, ch := t.Context(), pushed("push")
	key, id := ch.ChannelKey, monitor.ChannelID(ch.ChannelKey)
	addresses := func(secret string) medialivetest.Fault {
		return medialivetest.PushTo(medialive.URL("rtmp://elsewhere.example.com/live/push?key="+secret), 3000000)
	}
	r.cloud.Inject("CreateOttChannelInfo", 1, addresses("CANARY-1"))
	if err := r.CreateChannel(ctx, r.op, ch); err != nil {
		t.Fatal(err)
	}
	want := func(what, secret string) {
		t.Helper()
		r.readChannel(t, key, what, func(*monitor.Channel) bool {
			return slices.Equal(r.told(key), []string{"rtmp://elsewhere.example.com/live/push?key=" + secret})
		})
	}
	want("created", "CANARY-1")
	r.cloud.Inject("ModifyOttChannelInfoStats", 1, addresses("CANARY-2"))
	if err := r.StartChannel(ctx, r.op, key); err != nil {
		t.Fatal(err)
	}
	want("turned ON", "CANARY-2")
	kept, err := r.store.CaresOf(ctx, r.key.Endpoint, r.key.ProjectID, id)
	if err != nil || len(kept) != 1 || strings.Contains(string(kept[0].Body), "CANARY") || strings.Contains(string(kept[0].Body), "elsewhere") {
		t.Errorf("kept at rest: %+v, %v", kept, err)
	}
	r.begin(t, r.store)
	want("after a restart", "CANARY-2")
	if err := r.StopChannel(ctx, r.op, key); err != nil {
		t.Fatal(err)
	}
	if err := r.DeleteChannel(ctx, r.op, key); err != nil {
		t.Fatal(err)
	}
	if kept, err := r.store.CaresOf(ctx, r.key.Endpoint, r.key.ProjectID, id); err != nil || len(kept) != 0 {
		t.Errorf("kept of a channel that is gone: %+v, %v", kept, err)
	}
}

// TestChannelNotTaken: a service says that a change is done, and did not take a
// field.
func TestChannelNotTaken(t *testing.T) {
	r := open(t)
	ctx := t.Context()
	key := r.cloud.AddChannel(pushed("taken"))
	now := func() medialive.Channel { got, _ := r.cloud.Channel(key); return got }
	to := now()
	to.Input.Sources = []medialive.ChannelSource{{Bitrate: 5_000_000, Width: 1280, Height: 720}}
	change := control.ChannelChange{Part: control.PartInput, To: to}
	r.cloud.Inject("ModifyOttChannelInfoInput", 1, medialivetest.Then(func() {
		r.cloud.ChangeChannel(key, func(ch *medialive.Channel) { ch.Input.Sources[0].Width = 0 })
	}))
	back, err := r.ChangeChannel(ctx, r.op, key, change, control.FingerprintChannel(now(), control.PartInput))
	if err != nil || back == nil {
		t.Fatalf("%+v, %v", back, err)
	}
	if want := []control.Untaken{{Field: "input.sources[0].width", Sent: "1280"}}; !slices.Equal(back.Untaken, want) || back.Now.Input.Sources[0].Height != 720 {
		t.Errorf("%+v, want %+v", back.Untaken, want)
	}
	if rows := r.trail(t, monitor.ChannelID(key)); rows[0].Outcome != "done" || rows[0].Kind != control.CausePartly || rows[0].Message != `input.sources[0].width: "1280" → ""` {
		t.Errorf("the trail tells %+v", rows[0])
	}
	to = now() // another package in the place of one: the service makes its id
	to.Outputs = pushed("another").Outputs
	change = control.ChannelChange{Part: control.PartEndpoints, To: to}
	if back, err := r.ChangeChannel(ctx, r.op, key, change, control.FingerprintChannel(now(), control.PartEndpoints)); back != nil || err != nil {
		t.Errorf("what the service fills in: %+v, %v", back, err)
	}
}

// TestChannelTakenLate: a service that shows a change a moment later took it.
func TestChannelTakenLate(t *testing.T) {
	r := open(t)
	key := r.cloud.AddChannel(pushed("late"))
	before, _ := r.cloud.Channel(key)
	name := func(name string) func() {
		return func() { r.cloud.ChangeChannel(key, func(ch *medialive.Channel) { ch.Name = name }) }
	}
	r.cloud.Inject("ModifyOttChannelInfoGeneral", 1, medialivetest.Then(func() {
		name(before.Name)()
		r.cloud.Inject("ListOttChannelInfo", 1, medialivetest.Then(name("New name")))
	}))
	change := control.ChannelChange{Part: control.PartGeneral, To: medialive.Channel{Name: "New name"}}
	back, err := r.ChangeChannel(t.Context(), r.op, key, change, control.FingerprintChannel(before, control.PartGeneral))
	if back != nil || err != nil {
		t.Errorf("%+v, %v", back, err)
	}
}

// secretive is a channel with a secret and an address that may be one.
func secretive(id string) medialive.Channel {
	ch := pushed(id)
	ch.Input = medialive.ChannelInput{Protocol: medialive.SRTPull, Sources: []medialive.ChannelSource{
		{URL: "srt://203.0.113.5:9000?token=CANARY", Bitrate: 3_000_000, Passphrase: passphrase},
	}}
	ch.Record.RollingBuffer = 3600
	return ch
}

func TestChannelRestoreGood(t *testing.T) {
	r := open(t)
	ctx := t.Context()
	key := r.cloud.AddChannel(secretive("good"))
	id := monitor.ChannelID(key)
	r.readChannel(t, key, "seen", func(*monitor.Channel) bool { return true })
	if _, err := r.Good(ctx, r.op, id); !errors.Is(err, control.ErrNoGood) {
		t.Errorf("before any is kept: %v", err)
	}
	if err := r.KeepGood(ctx, r.op, id); err != nil {
		t.Fatal(err)
	}
	kept, err := r.store.CaresOf(ctx, r.key.Endpoint, r.key.ProjectID, id)
	if err != nil || len(kept) != 1 || strings.Contains(string(kept[0].Body), "CANARY") || strings.Contains(string(kept[0].Body), "203.0.113.5") {
		t.Errorf("kept at rest: %+v, %v", kept, err)
	}
	if steps, err := r.GoodSteps(ctx, r.op, id); err != nil || len(steps) != 0 {
		t.Errorf("nothing changed: %+v, %v", steps, err)
	}
	was, _ := r.cloud.Channel(key)
	r.cloud.ChangeChannel(key, func(ch *medialive.Channel) {
		ch.Name, ch.Record.RollingBuffer, ch.State = "Wrong", 7200, medialive.ChannelOn
		ch.Input.Sources[0].URL = "srt://203.0.113.9:9000"
		ch.Outputs = nil
	})
	steps, err := r.GoodSteps(ctx, r.op, id)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range steps {
		got = append(got, fmt.Sprintf("%s %v %t", s.Key(), s.Needs, s.Impact.Interrupts()))
	}
	want := "[update_channel general [] false update_channel input [input.sources[0].passphrase] true update_channel endpoints [] true update_channel record [] true]"
	if fmt.Sprint(got) != want {
		t.Fatalf("steps %v, want %s", got, want)
	}
	shown := control.FingerprintSteps(steps)
	if _, err := r.RestoreGood(ctx, r.op, id, shown, nil); !errors.Is(err, control.ErrPassphrase) || r.cloud.ChannelEffects("", key) != 0 {
		t.Errorf("without the passphrase: %v", err)
	}
	results, err := r.RestoreGood(ctx, r.op, id, shown, map[string]medialive.Secret{"update_channel input input.sources[0].passphrase": "a-new-passphrase"})
	if err != nil || len(results) != 4 {
		t.Fatalf("%+v, %v", results, err)
	}
	for _, s := range results {
		if s.Outcome != monitor.OutcomeDone || s.Back != nil {
			t.Errorf("%s: %s, %+v", s.Key(), s.Outcome, s.Back)
		}
	}
	now, _ := r.cloud.Channel(key)
	if s := now.Input.Sources[0]; now.Name != was.Name || now.Record.RollingBuffer != was.Record.RollingBuffer || s.URL != was.Input.Sources[0].URL || s.Passphrase != "a-new-passphrase" || now.Outputs[0].HLS[0].URL != was.Outputs[0].HLS[0].URL {
		t.Errorf("%+v", now)
	}
	if left, err := r.GoodSteps(ctx, r.op, id); err != nil || len(left) != 0 {
		t.Errorf("left to do: %+v, %v", left, err)
	}
}
