package monitor_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// channelOf is a channel that takes RTMP.
func channelOf(id string, state medialive.ChannelState) medialive.Channel {
	return medialive.Channel{
		ChannelKey: medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: id}, State: state,
		Input: medialive.ChannelInput{Protocol: medialive.RTMPPush, Sources: []medialive.ChannelSource{{Bitrate: 3000000}}},
	}
}

func doing(w *monitor.Watcher, key medialive.ChannelKey) monitor.State {
	c, ok := w.Snapshot().Channel(monitor.ChannelID(key))
	if !ok {
		return "gone"
	}
	return c.Doing
}

func TestCloudChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		one := cloud.AddChannel(channelOf("one", medialive.ChannelOff))
		two := cloud.AddChannel(channelOf("two", medialive.ChannelOn))
		w := watch(t, cloud)
		pass(3 * time.Second)
		s := w.Snapshot()
		if !s.Channels.Complete || !s.Channels.Link.OK || len(s.Channels.All) != 2 || s.Channels.All[0].Name != "one" {
			t.Fatalf("%+v", s.Channels)
		}
		if doing(w, one) != monitor.StateStandby || doing(w, two) != monitor.StateOn {
			t.Errorf("%s, %s", doing(w, one), doing(w, two))
		}
		cloud.ChangeChannel(one, func(ch *medialive.Channel) { ch.State = medialive.ChannelOn })
		cloud.RemoveChannel(two)
		pass(7 * time.Second)
		if doing(w, one) != monitor.StateOn || doing(w, two) != "gone" {
			t.Errorf("later: %s, %s", doing(w, one), doing(w, two))
		}
		began := len(cloud.Calls("ListOttChannelInfo"))
		pass(time.Minute)
		if calls := len(cloud.Calls("ListOttChannelInfo")) - began; calls < 10 || calls > 13 {
			t.Errorf("%d calls a minute", calls)
		}
	})
}

// TestManyCloudChannels: the list keeps to half of what the service takes.
func TestManyCloudChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		for i := range 950 {
			cloud.AddChannel(channelOf(fmt.Sprintf("c%04d", i), medialive.ChannelOff))
		}
		w := watch(t, cloud)
		pass(20 * time.Second)
		if n := len(w.Snapshot().Channels.All); n != 950 {
			t.Errorf("%d channels", n)
		}
		began := len(cloud.Calls("ListOttChannelInfo"))
		pass(time.Minute)
		if calls := len(cloud.Calls("ListOttChannelInfo")) - began; calls > medialive.ChannelCallsPerMinute/2+10 {
			t.Errorf("%d calls a minute", calls)
		}
		if s := w.Snapshot(); s.Channels.All[0].Aging {
			t.Error("aged at its own pace")
		}
	})
}

// TestChannelsRefused: channels that nobody may list do flows no harm.
func TestChannelsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		id := cloud.Add(flow("standby", medialive.Standby, medialive.Disconnected))
		cloud.Inject("ListOttChannelInfo", 0, medialivetest.Status(http.StatusForbidden, "APIG.0302", "no"))
		w := watch(t, cloud)
		pass(30 * time.Second)
		s := w.Snapshot()
		if s.Channels.Complete || s.Channels.Link.Kind != medialive.KindNotPermitted || s.Channels.None {
			t.Errorf("%+v", s.Channels)
		}
		if !s.Link.OK || state(t, w, id) != monitor.StateStandby {
			t.Errorf("flows: link %+v, %s", s.Link, state(t, w, id))
		}
		if n := len(cloud.Calls("ListOttChannelInfo")); n > 3 {
			t.Errorf("asked %d times", n)
		}
	})
}

// TestNoChannelsAtAll: an endpoint that does not know them.
func TestNoChannelsAtAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		cloud.Inject("ListOttChannelInfo", 0, medialivetest.Status(http.StatusNotFound, medialive.CodeUnknownAPI, "The API does not exist"))
		w := watch(t, cloud)
		pass(10 * time.Second)
		if s := w.Snapshot(); !s.Channels.None || len(s.Channels.All) != 0 {
			t.Errorf("%+v", s.Channels)
		}
	})
}

// TestChannelReadSoon: what was just done is seen before the next sweep.
func TestChannelReadSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		one := cloud.AddChannel(channelOf("one", medialive.ChannelOff))
		w := watch(t, cloud)
		pass(3 * time.Second)
		id := monitor.ChannelID(one)
		w.Commanded(id, monitor.Command{ID: "1", Verb: "start", Actor: "op-1", At: time.Now()})
		pass(10 * time.Millisecond)
		if doing(w, one) != monitor.StateStarting {
			t.Errorf("commanded: %s", doing(w, one))
		}
		cloud.ChangeChannel(one, func(ch *medialive.Channel) { ch.State = medialive.ChannelOn })
		w.ReadSoon(id)
		pass(600 * time.Millisecond)
		if doing(w, one) != monitor.StateOn {
			t.Errorf("read soon: %s", doing(w, one))
		}
		cloud.RemoveChannel(one)
		w.ReadSoon(id)
		pass(2500 * time.Millisecond)
		if doing(w, one) != "gone" {
			t.Errorf("deleted: %s", doing(w, one))
		}
	})
}

// toldChannel are the events of a gateway's channel.
func toldChannel(ch medialive.Channel, d *medialive.ChannelDetail) medialive.Event {
	key := ch.ChannelKey
	if d != nil {
		d.ChannelKey, d.State = key, ch.State
	}
	return medialive.Event{Kind: medialive.EventChannel, ChannelKey: &key, Channel: &ch, Detail: d}
}

// runsOf tells that a channel is ON, and how many frames have come.
func runsOf(ch medialive.Channel, frames int64) medialive.Event {
	return medialive.Event{Kind: medialive.EventChannelRuns, Details: []medialive.ChannelDetail{{
		ChannelKey: ch.ChannelKey, State: medialive.ChannelOn, Run: &medialive.ChannelRun{
			OnAir: "primary", Inputs: []medialive.ChannelInputRun{{Role: "primary", Alive: true, Last: time.Now(), Frames: frames}},
		},
	}}}
}

// TestGarbageIsNotOnAir: bytes that come are not media that comes.
func TestGarbageIsNotOnAir(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := channelOf("one", medialive.ChannelOn)
		gate := newGateway(toldChannel(one, &medialive.ChannelDetail{}), medialive.Event{Kind: medialive.EventReady})
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(key, gate, time.Time{})
		tell := func(frames int64) *monitor.Channel {
			pass(2 * time.Second)
			gate.events <- runsOf(one, frames)
			synctest.Wait()
			ch, _ := w.Snapshot().Channel(monitor.ChannelID(one.ChannelKey))
			return ch
		}
		for n, want := range []monitor.State{monitor.StateOn, monitor.StateOn, monitor.StateOn, monitor.StateNoMedia, monitor.StateNoMedia} {
			if ch := tell(0); ch.Doing != want {
				t.Errorf("garbage for %d s: %s, want %s", 2*n, ch.Doing, want)
			}
		}
		if ch := tell(50); ch.Doing != monitor.StateLive {
			t.Errorf("pictures come: %s", ch.Doing)
		}
		at := time.Now()
		for _, want := range []monitor.State{monitor.StateLive, monitor.StateLive, monitor.StateNoMedia} {
			ch := tell(50)
			if ch.Doing != want {
				t.Errorf("no more pictures for %v: %s, want %s", time.Since(at), ch.Doing, want)
			}
			if want == monitor.StateNoMedia && (!ch.DoingSince.Equal(at) || ch.Problem != monitor.NoMediaIn || ch.Media["primary"].Comes != monitor.MediaNone) {
				t.Errorf("since %v, want %v; %q, %+v", ch.DoingSince, at, ch.Problem, ch.Media)
			}
		}
	})
}

func TestGatewayChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := channelOf("one", medialive.ChannelOn)
		gate := newGateway(toldChannel(one, &medialive.ChannelDetail{Push: []string{"rtmp://192.0.2.1/live"}}), medialive.Event{Kind: medialive.EventReady})
		m := monitor.New(monitor.Options{})
		defer m.Close()
		w := m.Watch(key, gate, time.Time{})
		pass(time.Second)
		if got := doing(w, one.ChannelKey); got != monitor.StateStarting {
			t.Errorf("told: %s", got)
		}
		for frames, want := range []monitor.State{monitor.StateOn, monitor.StateLive} {
			pass(2 * time.Second)
			gate.events <- runsOf(one, 1+int64(frames))
			synctest.Wait()
			if got := doing(w, one.ChannelKey); got != want {
				t.Errorf("measured with %d frames: %s, want %s", frames, got, want)
			}
		}
		renamed := one
		renamed.Name = "Renamed"
		gate.events <- toldChannel(renamed, &medialive.ChannelDetail{})
		synctest.Wait()
		if c, _ := w.Snapshot().Channel(monitor.ChannelID(one.ChannelKey)); c.Doing != monitor.StateLive || c.Name != "Renamed" {
			t.Errorf("renamed: %s %q", c.Doing, c.Name)
		}
		gate.events <- medialive.Event{Kind: medialive.EventChannelGone, ChannelKey: &one.ChannelKey}
		synctest.Wait()
		if got := doing(w, one.ChannelKey); got != "gone" {
			t.Errorf("deleted: %s", got)
		}
	})
}

// TestGatewayTellsNoChannels: whether there are none, or the reader may not see
// them, is told apart.
func TestGatewayTellsNoChannels(t *testing.T) {
	for name, may := range map[string]error{"none": nil, "not permitted": &medialive.Error{Kind: medialive.KindNotPermitted, Message: "no"}} {
		synctest.Test(t, func(t *testing.T) {
			gate := newGateway(medialive.Event{Kind: medialive.EventReady})
			gate.mayChannels = may
			m := monitor.New(monitor.Options{})
			defer m.Close()
			w := m.Watch(key, gate, time.Time{})
			pass(time.Second)
			if s := w.Snapshot(); s.Channels.Link.OK != (may == nil) || !s.Complete {
				t.Errorf("%s: %+v", name, s.Channels)
			}
		})
	}
}
