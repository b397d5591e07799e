package gateway_test

import (
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// TestNoChannelsRunHere: a build that cannot run channels keeps them, and says so.
func TestNoChannelsRunHere(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	ch := newChannel(testKey)
	ch.State = medialive.ChannelOn
	refusedChannel(t, f.ask("POST", "/v1/ott/channels", body(t, ch)), testKey, codeCannot, "cannot run channels")
	f.createChannel(testKey)
	on := body(t, medialive.StateChange{ChannelKey: testKey, State: medialive.ChannelOn})
	refusedChannel(t, f.ask("PUT", "/v1/ott/channels/state", on), testKey, codeCannot, "cannot run channels")
	if f.channel(testKey).State != medialive.ChannelOff {
		t.Error("it is ON")
	}
	f.must(f.client.DeleteChannel(t.Context(), testKey))
}

func TestChannelIsSwitched(t *testing.T) {
	t.Parallel()
	f, r := newChannelFixture(t)
	f.createChannel(testKey)
	_, err := f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOn)
	f.must(err)
	if ch, runs := r.run(testKey); !runs || ch.Input.Sources[0].Passphrase != passphrase || f.channel(testKey).State != medialive.ChannelOn {
		t.Errorf("runs %v: %v", runs, ch)
	}
	on := body(t, medialive.StateChange{ChannelKey: testKey, State: medialive.ChannelOn})
	refusedChannel(t, f.ask("PUT", "/v1/ott/channels/state", on), testKey, codeBad, "Request parameters is invalid, channel state has been turned ON")
	refusedChannel(t, f.ask("DELETE", "/v1/ott/channels?domain=push.example.com&app_name=live&id=ch1", ""), testKey, codeBad, "channel state has been turned ON")
	if err := f.client.DeleteChannel(t.Context(), testKey); medialive.KindOf(err) != medialive.KindState {
		t.Errorf("deletion while ON: %v", err)
	}
	_, err = f.client.ModifyChannelGeneral(t.Context(), medialive.GeneralChange{ChannelKey: testKey, Name: "renamed"})
	f.must(err)
	if ch, _ := r.run(testKey); ch.Name != "renamed" {
		t.Errorf("runs as %q", ch.Name)
	}
	_, err = f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOff)
	f.must(err)
	if _, runs := r.run(testKey); runs {
		t.Error("it runs still")
	}
	f.must(f.client.DeleteChannel(t.Context(), testKey))
}

// TestUnableChannel: what cannot run is neither created nor changed nor turned ON.
func TestUnableChannel(t *testing.T) {
	t.Parallel()
	f, r := newChannelFixture(t)
	no := func() { r.set(func(r *fakeChannels) { r.unable = "it needs 9 cores of 4" }) }
	ch := newChannel(testKey)
	ch.State = medialive.ChannelOn
	no()
	refusedChannel(t, f.ask("POST", "/v1/ott/channels", body(t, ch)), testKey, codeCannot, "it needs 9 cores of 4")
	if page, err := f.client.ListChannels(t.Context(), medialive.ChannelKey{}, 10, 0); err != nil || page.Total != 0 {
		t.Errorf("%v, %v", page, err)
	}
	_, err := f.client.CreateChannel(t.Context(), ch)
	f.must(err)
	change := medialive.EncoderChange{ChannelKey: testKey, Encoders: []medialive.EncoderSetting{{TemplateID: "1080p"}}}
	no()
	refusedChannel(t, f.ask("PUT", "/v1/ott/channels/encorder-settings", body(t, change)), testKey, codeCannot, "it needs 9 cores of 4")
	if run, runs := r.run(testKey); !runs || len(run.Encoders) != 0 || len(f.channel(testKey).Encoders) != 0 {
		t.Errorf("runs %v as %v", runs, run)
	}
	_, err = f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOff)
	f.must(err)
	no()
	on := body(t, medialive.StateChange{ChannelKey: testKey, State: medialive.ChannelOn})
	refusedChannel(t, f.ask("PUT", "/v1/ott/channels/state", on), testKey, codeCannot, "it needs 9 cores of 4")
	if _, runs := r.run(testKey); runs || f.channel(testKey).State != medialive.ChannelOff {
		t.Error("it is ON")
	}
}

// TestChannelRunsOnceItCan: a failure that passes leaves the channel ON.
func TestChannelRunsOnceItCan(t *testing.T) {
	t.Parallel()
	f, r := newChannelFixture(t)
	f.createChannel(testKey)
	r.set(func(r *fakeChannels) { r.broken = true })
	_, err := f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOn)
	f.must(err)
	if !strings.Contains(f.log.String(), "no room now") {
		t.Error("the log does not say why")
	}
	r.set(func(r *fakeChannels) { r.broken = false })
	eventually(t, "it runs", 2*patience, func() bool { _, runs := r.run(testKey); return runs })
}

// TestChannelsRunAgain: a gateway runs what is ON when it begins, and ends what
// is not.
func TestChannelsRunAgain(t *testing.T) {
	t.Parallel()
	f := prepare(t, t.TempDir())
	first := newFakeChannels()
	f.channels = first
	f.serve(newFakeRelay())
	f.createChannel(testKey)
	_, err := f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOn)
	f.must(err)
	other := medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch2"}
	f.createChannel(other)
	second := newFakeChannels()
	first.set(func(r *fakeChannels) {
		for _, spec := range r.runs {
			spec.UID, spec.Channel.ChannelKey = "stray", other
			second.runs["stray"] = spec
		}
	})
	f.channels = second
	f.serve(newFakeRelay())
	eventually(t, "the channel runs, and the stray one does not", 2*patience, func() bool {
		_, runs := second.run(testKey)
		_, stray := second.run(other)
		return runs && !stray
	})
}
