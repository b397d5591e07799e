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
func (h *house) channel(id string, change ...func(*medialive.Channel)) medialive.ChannelKey {
	h.t.Helper()
	key := channelKey(id)
	ch := medialive.Channel{
		ChannelKey: key, State: medialive.ChannelOn,
		Input: medialive.ChannelInput{Protocol: medialive.RTMPPush, Sources: []medialive.ChannelSource{{Bitrate: 300_000}}},
		Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{{Package: medialive.Package{
			URL: "pull.example.com/live/" + id + "/index.m3u8", SegmentDuration: 2,
		}}}}},
	}
	for _, change := range change {
		change(&ch)
	}
	push, err := h.client.CreateChannel(h.t.Context(), ch)
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

// testPlayer plays a channel: the clock of the player goes on, another rendition
// is played once it is chosen, and what was turned OFF plays again by itself.
// Then what was measured of it is charted.
func testPlayer(t *testing.T, c *chromium) {
	h := build(t)
	key := h.channel("one", func(ch *medialive.Channel) {
		ch.Encoders = []medialive.EncoderSetting{{TemplateID: "source"}, {TemplateID: "360p"}}
		ch.Record.RollingBuffer = 3600
		ch.Outputs[0].HLS[0].RequestArgs = &medialive.RequestArgs{Record: []medialive.RecordArgs{{StartTime: "begin", EndTime: "end", Format: "timestamp", Unit: "second"}}}
	})
	b := c.enter(t, h.app.URL)
	h.awaitPlay(key)
	b.Visit("/channels/push.example.com/live/one/play")
	b.Await("the player", "$('[data-player-play]') && !$('[data-player-play]').disabled && "+isOK)
	b.Click("[data-player-play]")
	plays(b, "after Play")
	b.Await("all renditions", "$('[data-player-rendition]').options.length === 3")
	b.Await("the latency", "parseFloat(text('[data-player-latency]')) > 0 && parseFloat(text('[data-player-latency]')) < 30")
	b.Await("when it was told", "/\\d s/.test(text('[data-player-age]'))")
	b.Await("when the picture was sent", "/^20\\d\\d-.*UTC$/.test(text('[data-player-picture]'))")
	for _, size := range []string{"180p", "360p"} {
		choose := "[...document.querySelectorAll('[data-player-rendition] option')].find(o => o.text.startsWith('" + size + "'))"
		eval[bool](b, "(() => { const list = $('[data-player-rendition]'); list.value = "+choose+".value; list.dispatchEvent(new Event('change', {bubbles: true})); return true })()")
		b.AwaitWithin(firstSegments, size, "text('[data-player-plays]').startsWith('"+size+"')")
	}
	rules := readAxe(t)
	b.Clean("the player")
	b.examine(rules, "the player")
	b.Forget() // axe itself writes into the page
	_, err := h.client.SwitchChannel(t.Context(), key, medialive.ChannelOff)
	must(t, err)
	b.AwaitWithin(firstSegments, "that it is OFF", "!$('[data-player-why=off]').hidden")
	_, err = h.client.SwitchChannel(t.Context(), key, medialive.ChannelOn)
	must(t, err)
	b.AwaitWithin(firstSegments, "the picture again", "document.querySelectorAll('[data-player-why]:not([hidden])').length === 0")
	plays(b, "after ON")
	b.Forget() // what was not there was asked for
	recorded(b)
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

// plays waits until the clock of the player goes on.
func plays(b *tab, when string) {
	const clock = "$('[data-player] video').currentTime"
	b.AwaitWithin(firstSegments, "the picture "+when, "$('[data-player] video').readyState > 2 && "+clock+" > 0")
	first := eval[float64](b, clock)
	b.AwaitWithin(firstSegments, "the clock to go on "+when, fmt.Sprintf("%s > %f", clock, first+2))
}

// recorded plays what was recorded in the last half minute, by the page's form.
func recorded(b *tab) {
	b.Visit("/channels/push.example.com/live/one/play")
	b.Await("a stretch to play", "$('#player-from') && $('#player-from').value !== '' && "+isOK)
	b.Await("its times in UTC", "text('[data-player-utc=to]').endsWith('UTC')")
	b.Click("[data-player-past] [type=submit]")
	plays(b, "of the recording")
	b.Await("no latency", "text('[data-player-latency]') === '--' && !$('[data-player-back]').hidden")
	b.Click("[data-player-back]")
	b.AwaitWithin(firstSegments, "live again", "parseFloat(text('[data-player-latency]')) > 0")
	b.Clean("the player of what was recorded")
}
