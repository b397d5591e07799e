package browser

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

const firstMinute = 2 * time.Minute // is written after it is over

const firstSegments = 60 * time.Second // of a channel, on a machine under load

// channel makes a channel that is ON, to which a small test picture is pushed
// until the test ends.
func (h *house) channel(id string) medialive.ChannelKey {
	h.t.Helper()
	key := medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: id}
	push, err := h.client.CreateChannel(h.t.Context(), medialive.Channel{
		ChannelKey: key, State: medialive.ChannelOn,
		Input: medialive.ChannelInput{Protocol: medialive.RTMPPush, Sources: []medialive.ChannelSource{{Bitrate: 300_000}}},
		Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{{Package: medialive.Package{
			URL: "pull.example.com/live/" + id + "/index.m3u8", SegmentDuration: 2,
		}}}}},
	})
	must(h.t, err)
	ctx, stop := context.WithCancel(h.t.Context())
	sender := make(chan struct{})
	go func() {
		defer close(sender)
		for ctx.Err() == nil { // until it is listened for
			_ = exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25",
				"-f", "lavfi", "-i", "sine", "-t", "300", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "300k", "-g", "25",
				"-pix_fmt", "yuv420p", "-c:a", "aac", "-f", "flv", push[0].URL.Reveal()).Run()
		}
	}()
	h.t.Cleanup(func() { stop(); <-sender })
	return key
}

// awaitPlay waits until the gateway has something to play.
func (h *house) awaitPlay(key medialive.ChannelKey) {
	h.t.Helper()
	details, err := h.client.ChannelDetails(h.t.Context(), key)
	must(h.t, err)
	h.app.Await(firstSegments, "the first segments", func() bool {
		answer, err := http.Get(h.app.GatewayURL + details[0].Play[0].Path)
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// awaitMeasures waits until the gateway has measured a minute.
func (h *house) awaitMeasures() {
	h.t.Helper()
	ak, sk := h.app.Key(apptest.User)
	eye, err := medialive.NewCloudEye(medialive.Config{
		Endpoint: h.app.GatewayURL, ProjectID: h.app.ProjectID, Auth: medialive.AKSK(ak, medialive.Secret(sk), time.Now),
	})
	must(h.t, err)
	h.app.Await(firstMinute, "the first minute", func() bool {
		metrics, err := eye.AllMetrics(h.t.Context(), medialive.Metric{Namespace: medialive.LiveNamespace})
		must(h.t, err)
		return len(metrics) > 0
	})
}

// testPlayer plays a channel: the clock of the player goes on, and it tells what
// it plays and how far behind it is. Then what was measured of it is charted.
func testPlayer(t *testing.T, c *chromium) {
	h := build(t)
	key := h.channel("one")
	b := c.enter(t, h.app.URL)
	h.awaitPlay(key)
	b.Visit("/channels/push.example.com/live/one/play")
	b.Await("the player", "$('[data-player-play]') && "+isOK)
	b.Click("[data-player-play]")
	const clock = "$('[data-player] video').currentTime"
	within := b.AwaitWithin(firstSegments, "the picture", "$('[data-player] video').readyState > 2 && "+clock+" > 0")
	first := eval[float64](b, clock)
	b.AwaitWithin(firstSegments, "the clock of the player to go on", fmt.Sprintf("%s > %f", clock, first+3))
	t.Logf("plays after %v", within.Round(time.Millisecond))
	b.Await("the rendition", "text('[data-player-rendition]').startsWith('180p')")
	b.Await("the latency", "parseFloat(text('[data-player-latency]')) > 0 && parseFloat(text('[data-player-latency]')) < 30")
	b.Await("the position", "/^0:0\\d:\\d\\d$/.test(text('[data-player-clock]'))")
	rules := readAxe(t)
	b.Clean("the player")
	b.examine(rules, "the player")
	b.Forget() // axe itself writes into the page
	h.awaitMeasures()
	b.Visit("/channels/push.example.com/live/one/statistics")
	b.Await("the charts", "$('#measures .chart') && "+isOK)
	if title := eval[string](b, "text('#measures .chart-title')"); title != "Input bandwidth" {
		t.Errorf("the first chart is of %q", title)
	}
	b.Clean("the statistics")
	b.examine(rules, "the statistics")
	b.Forget()
}
