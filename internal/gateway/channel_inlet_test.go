package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/gateway"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// srtFixture is a gateway whose relay and packager have no media.
func srtFixture(t *testing.T) (*fixture, *fakeChannels, *fakeRelay) {
	t.Helper()
	f, c, r := prepare(t, t.TempDir()), newFakeChannels(), newFakeRelay()
	f.channels = c
	f.serve(r)
	return f, c, r
}

// TestSRTPushHasInlets: the relay listens for what is pushed, as long as the
// channel is ON, on ports that stay its own.
func TestSRTPushHasInlets(t *testing.T) {
	t.Parallel()
	f, c, r := srtFixture(t)
	f.createChannel(testKey)
	push := f.details(testKey).Push
	want := []string{fmt.Sprintf("srt://127.0.0.1:%d?streamid=live/ch1", f.first), fmt.Sprintf("srt://127.0.0.1:%d?streamid=live/ch1", f.first+1)}
	slices.Sort(push)
	if !slices.Equal(push, want) {
		t.Errorf("push to %v, want %v", push, want)
	}
	if flow := f.create("studio"); flow.Sources[0].Port != f.first+2 {
		t.Errorf("a flow has port %d", flow.Sources[0].Port)
	}
	_, err := f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOn)
	f.must(err)
	spec, _ := c.one()
	primary, runs := r.spec(string(spec.Primary.Address))
	if leg := primary.Source; !runs || leg.Mode != relay.Listen || leg.Passphrase != passphrase || leg.KeyLength != 16 || leg.StreamID != "live/ch1" ||
		len(leg.Allow) != 1 || leg.Allow[0].String() != "192.0.2.0/24" || leg.Latency != 2000 {
		t.Errorf("inlet %+v", leg)
	}
	if standby, runs := r.spec(string(spec.Standby.Address)); !runs || standby.Source.Passphrase != "" || standby.Source.Port == primary.Source.Port {
		t.Errorf("standby %+v", standby)
	}
	if list, err := f.client.Statistics(t.Context(), ""); err != nil || len(list) != 0 {
		t.Errorf("inlets are told as flows: %+v, %v", list, err)
	}
	in := newChannel(testKey).Input
	in.Standby, in.IPPortMode, in.Sources[0].Passphrase = nil, true, medialive.Mask
	_, err = f.client.ModifyChannelInput(t.Context(), medialive.InputChange{ChannelKey: testKey, Input: &in})
	f.must(err)
	eventually(t, "the standby's inlet is gone", patience, func() bool { return len(r.running()) == 1 })
	if changed, _ := r.spec(string(spec.Primary.Address)); changed.Source.StreamID != "" || changed.Source.Passphrase != passphrase {
		t.Errorf("changed %+v", changed.Source)
	}
	_, err = f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOff)
	f.must(err)
	eventually(t, "no inlet is left", patience, func() bool { return len(r.running()) == 0 })
}

func (f *fixture) details(key medialive.ChannelKey) medialive.ChannelDetail {
	f.t.Helper()
	list, err := f.client.ChannelDetails(f.t.Context(), key)
	f.must(err)
	if len(list) != 1 {
		f.t.Fatalf("details %+v", list)
	}
	return list[0]
}

// TestSRTPortThatIsHeld: what the relay refuses is not turned ON.
func TestSRTPortThatIsHeld(t *testing.T) {
	t.Parallel()
	f, c, r := srtFixture(t)
	f.createChannel(testKey)
	r.set(func(r *fakeRelay) { r.refuse = &relay.PortError{Leg: "primary", Port: f.first} })
	on := body(t, medialive.StateChange{ChannelKey: testKey, State: medialive.ChannelOn})
	refusedChannel(t, f.ask("PUT", "/v1/ott/channels/state", on), testKey, codeBad, "held by another program")
	if _, runs := c.one(); runs || f.channel(testKey).State != medialive.ChannelOff {
		t.Error("it is ON")
	}
}

// TestInletsOutliveTheGateway: one that begins takes nothing from the relay that a
// channel needs, and closes what nobody wants.
func TestInletsOutliveTheGateway(t *testing.T) {
	t.Parallel()
	f, _, _ := srtFixture(t)
	f.createChannel(testKey)
	_, err := f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOn)
	f.must(err)
	second := newFakeRelay()
	for _, id := range []string{"primary", "standby"} { // as the one before left them, and one too many
		_ = second.Restore(t.Context(), relay.FlowSpec{ID: "channel-gone-" + id, Source: relay.LegSpec{Name: id}})
	}
	f.channels = newFakeChannels()
	f.serve(second)
	eventually(t, "its two inlets run, and no other", patience, func() bool {
		ids := second.running()
		return len(ids) == 2 && !strings.Contains(strings.Join(ids, " "), "gone")
	})
}

// TestSRTPull calls, or reads a flow of the project.
func TestSRTPull(t *testing.T) {
	t.Parallel()
	f, c, r := srtFixture(t)
	flow := f.create("studio")
	pull := func(key medialive.ChannelKey, sources ...medialive.ChannelSource) reply {
		ch := newChannel(key)
		ch.State, ch.Outputs = medialive.ChannelOn, nil
		ch.Input = medialive.ChannelInput{Protocol: medialive.SRTPull, Sources: sources[:1], Standby: sources[1:]}
		return f.ask("POST", "/v1/ott/channels", body(t, ch))
	}
	for address, why := range map[medialive.URL]string{
		"srt://192.0.2.1":                           "srt://host:port",
		"srt://192.0.2.1:9000?mode=listener":        "srt://host:port",
		"srt://flow/11111111-1111-1111-1111-111111": "the project has no flow",
	} {
		if got := pull(testKey, medialive.ChannelSource{URL: address, Bitrate: 1000}); got.status != 400 || !strings.Contains(got.body, why) {
			t.Errorf("%s: %d %s", address.Reveal(), got.status, got.body)
		}
	}
	got := pull(testKey, medialive.ChannelSource{URL: medialive.URL("srt://flow/" + flow.ID), Bitrate: 1000},
		medialive.ChannelSource{URL: medialive.URL("srt://192.0.2.1:9000?streamid=a/b&passphrase=" + passphrase), Latency: 300, Bitrate: 1000})
	if got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	spec, _ := c.one()
	if spec.Primary.Kind != packager.Tap || string(spec.Primary.Address) != flow.ID {
		t.Errorf("reads %s", string(spec.Primary.Address))
	}
	standby, runs := r.spec(string(spec.Standby.Address))
	if leg := standby.Source; !runs || leg.Mode != relay.Call || leg.Host != "192.0.2.1" || leg.Port != 9000 || leg.StreamID != "a/b" ||
		leg.Passphrase != passphrase || leg.KeyLength != 16 || leg.Latency != 300 || len(r.running()) != 1 {
		t.Errorf("calls %+v", leg)
	}
}

// TestSRTChannelPlays pushes real media by SRT to the address that is told, where
// a wrong passphrase is refused and told; and reads a flow beside it.
func TestSRTChannelPlays(t *testing.T) {
	f := prepare(t, t.TempDir())
	client := f.relay()
	runner, err := packager.New(packager.Options{Dir: f.dir + "/channels", Tap: gateway.Taps(client)})
	f.must(err)
	t.Cleanup(runner.Close)
	f.channels = runner
	f.serve(client)
	flow := f.started("studio")
	of := func(key medialive.ChannelKey, in medialive.ChannelInput) {
		ch := newChannel(key)
		ch.State, ch.Input, ch.Outputs = medialive.ChannelOn, in, ch.Outputs[:1]
		ch.Outputs[0].HLS[0].SegmentDuration, ch.Outputs[0].DASH = 1, nil
		_, err := f.client.CreateChannel(t.Context(), ch)
		f.must(err)
	}
	other := medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch2"}
	of(testKey, medialive.ChannelInput{Protocol: medialive.SRTPush, Sources: []medialive.ChannelSource{{Bitrate: 300_000, Passphrase: passphrase}}})
	of(other, medialive.ChannelInput{Protocol: medialive.SRTPull, Sources: []medialive.ChannelSource{{Bitrate: 300_000, URL: medialive.URL("srt://flow/" + flow.ID)}}})
	address := f.details(testKey).Push[0]
	wrong, stop := context.WithCancel(t.Context())
	defer stop()
	pushSRT(t, wrong, address+"&passphrase=another-passphrase&pbkeylen=16")
	eventually(t, "the refusal is told", 10*time.Second, func() bool {
		run := f.details(testKey).Run
		return run != nil && len(run.Inputs[0].Refused) > 0 && run.Inputs[0].Refused[0].Reason == medialive.RefusedPassphrase
	})
	stop()
	pushSRT(t, t.Context(), address+"&passphrase="+passphrase+"&pbkeylen=16")
	relaytest.Push(t, relaytest.Clip(t), relaytest.SRT{Port: flow.Sources[0].Port})
	for _, key := range []medialive.ChannelKey{testKey, other} {
		path := f.details(key).Play[0].Path
		eventually(t, path, 30*time.Second, func() bool { return f.askAs("", http.MethodGet, path, "").status == 200 })
		run := f.details(key).Run
		if in := run.Inputs[0]; !in.Alive || in.Bytes == 0 || in.ContinuityErrors != 0 || (key == testKey) != (in.SRT != nil) {
			t.Errorf("%s: %+v", key.ID, in)
		}
	}
	if srt := f.details(testKey).Run.Inputs[0].SRT; srt.State != medialive.LegConnected || srt.KeyLength != 16 || srt.Bitrate == 0 {
		t.Errorf("connection %+v", srt)
	}
}

// pushSRT has ffmpeg push a test picture to an address, until ctx or the test ends.
func pushSRT(t *testing.T, ctx context.Context, address string) {
	t.Helper()
	if _, err := url.Parse(address); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25",
			"-t", "60", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p", "-f", "mpegts", address).Run()
	}()
	t.Cleanup(func() { stop(); <-done })
}
