package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
)

var testKey = medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch1"}

// newChannel is a channel that is OFF, with a packet of all that a gateway takes.
func newChannel(key medialive.ChannelKey) medialive.Channel {
	play := "pull.example.com/live/" + key.ID
	window := 60
	return medialive.Channel{
		ChannelKey: key, Name: "Channel " + key.ID, State: medialive.ChannelOff,
		Input: medialive.ChannelInput{
			Protocol: medialive.SRTPush, IPWhitelist: "192.0.2.0/24",
			Sources: []medialive.ChannelSource{{Bitrate: 4_000_000, Passphrase: passphrase, KeyLength: 16}},
			Standby: []medialive.ChannelSource{{Bitrate: 4_000_000}},
		},
		Record: medialive.RecordSettings{RollingBuffer: 3600},
		Outputs: []medialive.Endpoint{{
			HLS: []medialive.HLSPackage{{Package: medialive.Package{
				URL: play + "/index.m3u8", SegmentDuration: 4, PlaylistWindow: &window,
				RequestArgs: &medialive.RequestArgs{Record: []medialive.RecordArgs{{StartTime: "begin", EndTime: "end", Unit: "second"}}},
			}}},
			DASH: []medialive.DASHPackage{{Package: medialive.Package{URL: play + "/index.mpd", SegmentDuration: 4}}},
		}},
	}
}

// createChannel makes a channel that is OFF.
func (f *fixture) createChannel(key medialive.ChannelKey) medialive.Channel {
	f.t.Helper()
	_, err := f.client.CreateChannel(f.t.Context(), newChannel(key))
	f.must(err)
	return f.channel(key)
}

func (f *fixture) channel(key medialive.ChannelKey) medialive.Channel {
	f.t.Helper()
	ch, err := f.client.ShowChannel(f.t.Context(), key)
	f.must(err)
	return ch
}

// body writes a channel, or a change of one, as a client sends it.
func body(t *testing.T, v any) string {
	t.Helper()
	data, err := medialive.RevealJSON(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// refusedChannel checks an answer in the shape of the channel operations.
func refusedChannel(t *testing.T, r reply, key medialive.ChannelKey, code, message string) {
	t.Helper()
	var told struct {
		Code    string `json:"result_code"`
		Message string `json:"result_msg"`
		medialive.ChannelKey
	}
	if err := json.Unmarshal([]byte(r.body), &told); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
	if r.status != http.StatusBadRequest || told.Code != code || !strings.Contains(told.Message, message) || told.ChannelKey != key || r.code != "" {
		t.Errorf("got %d %s, want 400 %s %q of %v", r.status, r.body, code, message, key)
	}
	if strings.Contains(r.body, passphrase) {
		t.Errorf("the answer has a passphrase: %s", r.body)
	}
}

// runnable is a channel that can run: newChannel, pulled by HTTP.
func runnable(key medialive.ChannelKey) medialive.Channel {
	ch := newChannel(key)
	ch.Input = medialive.ChannelInput{
		Protocol: medialive.FLVPull,
		Sources:  []medialive.ChannelSource{{URL: "http://203.0.113.5/a.flv?key=" + passphrase, Bitrate: 4_000_000}},
	}
	return ch
}

// createRunnable makes a channel that is OFF and can be turned ON.
func (f *fixture) createRunnable(key medialive.ChannelKey) {
	f.t.Helper()
	_, err := f.client.CreateChannel(f.t.Context(), runnable(key))
	f.must(err)
}

// fakeChannels runs channels without media.
type fakeChannels struct {
	mu        sync.Mutex
	runs      map[string]packager.Spec
	unable    *packager.LoadError // why the next Put is refused, once
	broken    bool                // every Put fails, for now
	signals   []packager.Signal
	report    packager.ChannelReport // of each channel, but for its id and signals
	forgotten []string
}

func newFakeChannels() *fakeChannels { return &fakeChannels{runs: map[string]packager.Spec{}} }

func (r *fakeChannels) Put(_ context.Context, spec packager.Spec) error {
	if err := spec.Validate(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if why := r.unable; why != nil {
		r.unable = nil
		return fmt.Errorf("put: %w", why)
	}
	if r.broken {
		return errors.New("no room now")
	}
	r.runs[spec.ID] = spec
	return nil
}

func (r *fakeChannels) Drop(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.runs, id)
}

func (r *fakeChannels) Forget(id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgotten = append(r.forgotten, id)
	return nil
}

func (r *fakeChannels) Report() (all []packager.ChannelReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.runs {
		one := r.report
		one.ID, one.Signals = id, r.signals
		all = append(all, one)
	}
	return all
}

func (r *fakeChannels) Still(context.Context, string) ([]byte, error) {
	return nil, errors.New("no media here")
}

func (r *fakeChannels) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	_, _ = io.WriteString(w, req.URL.RequestURI())
}

// set changes what runs channels.
func (r *fakeChannels) set(change func(*fakeChannels)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(r)
}

// one gives how the one channel that may run does.
func (r *fakeChannels) one() (packager.Spec, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, spec := range r.runs {
		return spec, len(r.runs) == 1
	}
	return packager.Spec{}, false
}

// newChannelFixture is a gateway that runs channels.
func newChannelFixture(t *testing.T) (*fixture, *fakeChannels) {
	t.Helper()
	f, r := prepare(t, t.TempDir()), newFakeChannels()
	f.channels = r
	f.serve(newFakeRelay())
	return f, r
}
