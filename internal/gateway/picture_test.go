package gateway_test

import (
	"bytes"
	"image/jpeg"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/gateway"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
	"github.com/flowdeck/flowdeck/internal/picture"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// TestPictures takes them of a flow and of the channel that reads it.
func TestPictures(t *testing.T) {
	f := prepare(t, t.TempDir())
	client := f.relay()
	studio, err := picture.New("", time.Second, slog.New(slog.DiscardHandler))
	f.must(err)
	t.Cleanup(studio.Close)
	runner, err := packager.New(packager.Options{Dir: f.dir + "/channels", Tap: gateway.Taps(client)})
	f.must(err)
	t.Cleanup(runner.Close)
	f.pictures, f.channels, f.tap = studio, runner, gateway.Taps(client)
	f.serve(client)
	if caps, err := f.client.Capabilities(t.Context()); err != nil || caps.PictureSeconds != 1 {
		t.Errorf("capabilities %+v, %v", caps, err)
	}
	flow := f.started("studio")
	ch := newChannel(testKey)
	ch.State, ch.Outputs[0].DASH = medialive.ChannelOn, nil
	ch.Input = medialive.ChannelInput{Protocol: medialive.SRTPull, Sources: []medialive.ChannelSource{{Bitrate: 300_000, URL: medialive.URL("srt://flow/" + flow.ID)}}}
	_, err = f.client.CreateChannel(t.Context(), ch)
	f.must(err)
	relaytest.Push(t, relaytest.Clip(t), relaytest.SRT{Port: flow.Sources[0].Port})
	ofFlow, ofChannel := medialive.SubjectFlow(flow.ID), medialive.SubjectChannel(testKey)
	newer := map[medialive.Subject]time.Time{ofFlow: {}, ofChannel: {}, medialive.SubjectFlow("another"): {}}
	var list []medialive.Picture
	eventually(t, "both have pictures", 20*time.Second, func() bool {
		list, err = f.client.Pictures(t.Context(), newer)
		f.must(err)
		return len(list) == 2
	})
	for _, p := range list {
		size, err := jpeg.DecodeConfig(bytes.NewReader(p.JPEG))
		if err != nil || size.Width > picture.Width || size.Height > picture.Height || time.Since(p.At) > 10*time.Second || p.Age <= 0 || p.Age > 10 {
			t.Errorf("%s: %+v, %v", p.Of, size, err)
		}
		newer[p.Of] = p.At.Add(time.Minute)
	}
	if list, err = f.client.Pictures(t.Context(), newer); err != nil || len(list) != 2 || list[0].JPEG != nil || list[1].JPEG != nil {
		t.Errorf("pictures that are there already: %v, %v", len(list), err)
	}
}

// TestNoPictures: where there are none, nothing is made, and what is asked must
// have sense.
func TestNoPictures(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	flow := f.started("studio")
	if list, err := f.client.Pictures(t.Context(), map[medialive.Subject]time.Time{medialive.SubjectFlow(flow.ID): {}}); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if caps, err := f.client.Capabilities(t.Context()); err != nil || caps.PictureSeconds != 0 {
		t.Errorf("capabilities %+v, %v", caps, err)
	}
	for _, of := range []string{"flow", "flow/", "flow/a/b", "channel/a/b", "channel/a//b", "flow/a@now", strings.Repeat("of=flow/a&", 201)} {
		if r := f.ask("GET", "/ext/v1/pictures?of="+of, ""); r.status != 400 {
			t.Errorf("%s: %d %s", of, r.status, r.body)
		}
	}
}

// TestPicturesAreOfWhatOneMaySee: a flow that does not run is not looked at, nor a
// channel by who may not list any.
func TestPicturesAreOfWhatOneMaySee(t *testing.T) {
	t.Parallel()
	f, seen := prepare(t, t.TempDir()), &fakeStudio{}
	f.pictures, f.channels = seen, newFakeChannels()
	f.serve(newFakeRelay())
	stopped, runs := f.create("stopped"), f.started("runs")
	f.createRunnable(testKey)
	_, err := f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOn)
	f.must(err)
	all := map[medialive.Subject]time.Time{
		medialive.SubjectFlow(stopped.ID): {}, medialive.SubjectFlow(runs.ID): {}, medialive.SubjectChannel(testKey): {},
	}
	list, err := f.client.Pictures(t.Context(), all)
	if err != nil || len(list) != 2 || len(seen.asked) != 2 {
		t.Errorf("%v, %v, asked for %v", list, err, seen.asked)
	}
	f.must(f.iam.AddUser(t.Context(), "viewer", password))
	f.must(f.iam.SetPolicy(t.Context(), "viewer", []string{"live:ott:showFlow"}))
	viewer := f.clientAs(f.signIn("viewer", password))
	if list, err = viewer.Pictures(t.Context(), all); err != nil || len(list) != 1 || list[0].Of != medialive.SubjectFlow(runs.ID) {
		t.Errorf("who may see no channels: %v, %v", list, err)
	}
}

// fakeStudio has a picture of everything.
type fakeStudio struct{ asked []string }

func (s *fakeStudio) Every() time.Duration { return time.Second }

func (s *fakeStudio) Latest(key string, _ picture.Source) (picture.Picture, bool) {
	s.asked = append(s.asked, key)
	return picture.Picture{JPEG: []byte{1}, At: time.Now()}, true
}
