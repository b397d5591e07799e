package gateway_test

import (
	"context"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
)

func TestChannelDetails(t *testing.T) {
	t.Parallel()
	f, r := newChannelFixture(t)
	f.createRunnable(testKey)
	f.createChannel(medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch2"})
	details := func() medialive.ChannelDetail {
		t.Helper()
		list, err := f.client.ChannelDetails(t.Context(), testKey)
		f.must(err)
		if len(list) != 1 || list[0].ChannelKey != testKey {
			t.Fatalf("details %+v", list)
		}
		return list[0]
	}
	d := details()
	if d.State != medialive.ChannelOff || d.Run != nil || d.Problem != "" || len(d.Play) != 2 || d.Play[1].Field != "endpoints[0].dash_package[0]" {
		t.Errorf("details %+v", d)
	}
	if r := f.ask("GET", d.Play[0].Path, ""); r.status != 404 {
		t.Errorf("played while OFF: %d %s", r.status, r.body)
	}
	r.set(func(r *fakeChannels) { r.broken = true })
	_, err := f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOn)
	f.must(err)
	if d := details(); d.Problem != "no room now" || d.Run != nil {
		t.Errorf("details of what does not run: %+v", d)
	}
	r.set(func(r *fakeChannels) { r.broken = false })
	eventually(t, "it runs", 2*patience, func() bool { d = details(); return d.Run != nil })
	if d.Problem != "" || d.Run.OnAir != "primary" {
		t.Errorf("details of what runs: %+v", d)
	}
	spec, _ := r.one()
	if r := f.askAs("", "GET", d.Play[0].Path+"?q=low", ""); r.status != 200 || r.body != "/"+spec.ID+"/"+d.Play[0].PackageID+"/index.m3u8?q=low" {
		t.Errorf("played, without signing in: %d %s", r.status, r.body)
	}
	if r := f.ask("GET", strings.Replace(d.Play[0].Path, "/ch1/", "/ch2/", 1), ""); r.status != 404 {
		t.Errorf("another channel: %d", r.status)
	}
	if list, err := f.client.ChannelDetails(t.Context(), medialive.ChannelKey{}); err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestChannelTemplates(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	list, err := f.client.ChannelTemplates(t.Context())
	f.must(err)
	if len(list) != len(packager.Ladder()) || list[0].ID != "source" || !list[0].Copy {
		t.Errorf("templates %v", list)
	}
	caps, err := f.client.Capabilities(t.Context())
	f.must(err)
	if !strings.Contains(caps.ChannelProblem, "cannot run channels") {
		t.Errorf("capabilities %+v", caps)
	}
}

// TestChannelPlays pushes real media by RTMP to the address that is told, and
// plays what comes of it.
func TestChannelPlays(t *testing.T) {
	t.Parallel()
	f := prepare(t, t.TempDir())
	runner, err := packager.New(packager.Options{Dir: f.dir + "/channels"})
	f.must(err)
	t.Cleanup(runner.Close)
	f.channels = runner
	f.serve(newFakeRelay())
	ch := newChannel(testKey)
	ch.State = medialive.ChannelOn
	ch.Input = medialive.ChannelInput{Protocol: medialive.RTMPPush, Sources: []medialive.ChannelSource{{Bitrate: 300_000}}}
	ch.Outputs[0].HLS[0].SegmentDuration, ch.Outputs[0].DASH[0].SegmentDuration = 1, 1
	push, err := f.client.CreateChannel(t.Context(), ch)
	f.must(err)
	ctx, stop := context.WithCancel(t.Context())
	sender := make(chan struct{})
	go func() {
		defer close(sender)
		for ctx.Err() == nil { // until it is listened for
			_ = exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25",
				"-f", "lavfi", "-i", "sine", "-t", "60",
				"-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv", push[0].URL.Reveal()).Run()
		}
	}()
	t.Cleanup(func() { stop(); <-sender })
	details, err := f.client.ChannelDetails(t.Context(), testKey)
	f.must(err)
	for i, begins := range []string{"#EXTM3U", "<?xml"} {
		var got reply
		eventually(t, details[0].Play[i].Path, 30*time.Second, func() bool {
			got = f.askAs("", http.MethodGet, details[0].Play[i].Path, "")
			return got.status == 200
		})
		if !strings.HasPrefix(got.body, begins) {
			t.Errorf("%s: %s", details[0].Play[i].Path, got.body)
		}
	}
	details, err = f.client.ChannelDetails(t.Context(), testKey)
	f.must(err)
	if run := details[0].Run; run == nil || !run.Inputs[0].Alive || run.Inputs[0].Bytes == 0 || len(run.Packages) != 2 || run.Packages[0].OK+run.Packages[1].OK < 2 {
		t.Errorf("run %+v", run)
	}
	_, err = f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOff)
	f.must(err)
}
