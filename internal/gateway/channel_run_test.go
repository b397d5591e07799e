package gateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
)

// TestNoChannelsRunHere: a gateway that cannot run channels keeps them, and says
// so.
func TestNoChannelsRunHere(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	ch := runnable(testKey)
	ch.State = medialive.ChannelOn
	refusedChannel(t, f.ask("POST", "/v1/ott/channels", body(t, ch)), testKey, codeCannot, "cannot run channels")
	f.createRunnable(testKey)
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
	f.createRunnable(testKey)
	_, err := f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOn)
	f.must(err)
	spec, runs := r.one()
	if !runs || !strings.Contains(string(spec.Primary.Address), passphrase) || f.channel(testKey).State != medialive.ChannelOn {
		t.Errorf("runs %v: %v", runs, spec)
	}
	on := body(t, medialive.StateChange{ChannelKey: testKey, State: medialive.ChannelOn})
	refusedChannel(t, f.ask("PUT", "/v1/ott/channels/state", on), testKey, codeBad, "Request parameters is invalid, channel state has been turned ON")
	refusedChannel(t, f.ask("DELETE", "/v1/ott/channels?domain=push.example.com&app_name=live&id=ch1", ""), testKey, codeBad, "channel state has been turned ON")
	if err := f.client.DeleteChannel(t.Context(), testKey); medialive.KindOf(err) != medialive.KindState {
		t.Errorf("deletion while ON: %v", err)
	}
	f.must(f.client.ModifyChannelRecordSettings(t.Context(), medialive.RecordChange{ChannelKey: testKey, Record: &medialive.RecordSettings{RollingBuffer: 60}}))
	if changed, _ := r.one(); changed.Record != time.Minute || changed.ID != spec.ID {
		t.Errorf("runs as %v", changed)
	}
	_, err = f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOff)
	f.must(err)
	if spec, runs := r.one(); runs {
		t.Errorf("runs still: %v", spec)
	}
	f.must(f.client.DeleteChannel(t.Context(), testKey))
	r.set(func(r *fakeChannels) {
		if len(r.forgotten) != 1 || r.forgotten[0] != spec.ID {
			t.Errorf("forgotten %v, not %s", r.forgotten, spec.ID)
		}
	})
}

// TestUnableChannel: what cannot run is neither created nor changed nor turned ON.
func TestUnableChannel(t *testing.T) {
	t.Parallel()
	f, r := newChannelFixture(t)
	const why = "it takes 9.00 cores"
	no := func() {
		r.set(func(r *fakeChannels) { r.unable = &packager.LoadError{Need: 9, Used: 1, Budget: 4} })
	}
	ch := runnable(testKey)
	ch.State = medialive.ChannelOn
	no()
	refusedChannel(t, f.ask("POST", "/v1/ott/channels", body(t, ch)), testKey, codeCannot, why)
	if page, err := f.client.ListChannels(t.Context(), medialive.ChannelKey{}, 10, 0); err != nil || page.Total != 0 {
		t.Errorf("%v, %v", page, err)
	}
	_, err := f.client.CreateChannel(t.Context(), ch)
	f.must(err)
	change := medialive.EncoderChange{ChannelKey: testKey, Encoders: []medialive.EncoderSetting{{TemplateID: "1080p"}}}
	no()
	refusedChannel(t, f.ask("PUT", "/v1/ott/channels/encorder-settings", body(t, change)), testKey, codeCannot, why)
	if spec, runs := r.one(); !runs || len(spec.Ladder) != 0 || len(f.channel(testKey).Encoders) != 0 {
		t.Errorf("runs %v as %v", runs, spec)
	}
	_, err = f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOff)
	f.must(err)
	no()
	on := body(t, medialive.StateChange{ChannelKey: testKey, State: medialive.ChannelOn})
	refusedChannel(t, f.ask("PUT", "/v1/ott/channels/state", on), testKey, codeCannot, why)
	if _, runs := r.one(); runs || f.channel(testKey).State != medialive.ChannelOff {
		t.Error("it is ON")
	}
}

// TestRTMPPushHasAPort: the address that is told is on this machine, and stays.
func TestRTMPPushHasAPort(t *testing.T) {
	t.Parallel()
	f, r := newChannelFixture(t)
	push := func(id string) (medialive.Channel, []medialive.PushAddress, error) {
		ch := newChannel(medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: id})
		ch.Input = medialive.ChannelInput{Protocol: medialive.RTMPPush, Sources: []medialive.ChannelSource{{Bitrate: 1024}}}
		all, err := f.client.CreateChannel(t.Context(), ch)
		return ch, all, err
	}
	ch, first, err := push("ch1")
	f.must(err)
	_, second, err := push("ch2")
	f.must(err)
	if len(first) != 1 || !strings.HasPrefix(first[0].URL.Reveal(), "rtmp://127.0.0.1:") || len(second) != 1 || first[0].URL[:24] == second[0].URL[:24] ||
		!strings.HasSuffix(first[0].URL.Reveal(), "/live/ch1_1024?request_source=ott&channel_id=ch1") {
		t.Errorf("push to %s and %s", first[0].URL.Reveal(), second[0].URL.Reveal())
	}
	third, _, err := push("ch3")
	if e := err; medialive.KindOf(e) != medialive.KindRefused || !strings.Contains(e.Error(), "No port for RTMP is free") {
		t.Errorf("a third of two ports: %v", err)
	}
	again, err := f.client.SwitchChannel(t.Context(), ch.ChannelKey, medialive.ChannelOn)
	f.must(err)
	spec, _ := r.one()
	if spec.Primary.Application != "live" || spec.Primary.Stream != "ch1_1024" {
		t.Errorf("lets in %s/%s", spec.Primary.Application, spec.Primary.Stream)
	}
	if again[0].URL != first[0].URL || !strings.Contains(first[0].URL.Reveal(), "://"+string(spec.Primary.Address)+"/") {
		t.Errorf("told %s, listens on %s", again[0].URL.Reveal(), string(spec.Primary.Address))
	}
	f.must(f.client.DeleteChannel(t.Context(), medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch2"}))
	if _, err := f.client.CreateChannel(t.Context(), third); err != nil {
		t.Errorf("a port that is free again: %v", err)
	}
}

// TestChannelRunsOnceItCan: a failure that passes leaves the channel ON.
func TestChannelRunsOnceItCan(t *testing.T) {
	t.Parallel()
	f, r := newChannelFixture(t)
	f.createRunnable(testKey)
	r.set(func(r *fakeChannels) { r.broken = true })
	_, err := f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOn)
	f.must(err)
	if !strings.Contains(f.log.String(), "no room now") {
		t.Error("the log does not say why")
	}
	r.set(func(r *fakeChannels) { r.broken = false })
	eventually(t, "it runs", 2*patience, func() bool { _, runs := r.one(); return runs })
}

// TestChannelsRunAgain: a gateway runs what is ON when it begins, and nothing
// else.
func TestChannelsRunAgain(t *testing.T) {
	t.Parallel()
	f, _ := newChannelFixture(t)
	f.createRunnable(testKey)
	_, err := f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOn)
	f.must(err)
	f.createRunnable(medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch2"})
	second := newFakeChannels()
	f.channels = second
	f.serve(newFakeRelay())
	eventually(t, "the one channel runs", patience, func() bool { _, runs := second.one(); return runs })
}
