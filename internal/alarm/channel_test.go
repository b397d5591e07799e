package alarm

import (
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// channelDesk is a desk with a channel that is on air.
func channelDesk(t *testing.T) *desk {
	d := newDesk(t, 0)
	d.snap.Channels = monitor.Channels{Complete: true, Link: monitor.Link{OK: true}}
	d.channel(monitor.StateLive, nil)
	d.pass(time.Second)
	return d
}

// channel gives the channel another state, and another recording.
func (d *desk) channel(s monitor.State, record *medialive.ChannelRecordRun) {
	key := medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "one"}
	ch := &monitor.Channel{ID: monitor.ChannelID(key), Name: "one", Doing: s, DoingSince: d.now}
	ch.ChannelKey, ch.State, ch.Record.RollingBuffer = key, medialive.ChannelOn, 3600
	if s == monitor.StateStandby {
		ch.State = medialive.ChannelOff
	}
	if s == monitor.StateProblem {
		ch.Problem = "encoder: out of memory"
	}
	ch.Detail = &medialive.ChannelDetail{Run: &medialive.ChannelRun{Record: record}}
	d.snap.Channels.All = []*monitor.Channel{ch}
	d.snap.Version++
}

// raised gives the kinds of the active alarms.
func (d *desk) raised() (kinds []Kind) {
	for _, a := range d.seen.Active {
		if a.Cleared.IsZero() {
			kinds = append(kinds, a.Kind)
		}
	}
	return kinds
}

func TestChannelAlarms(t *testing.T) {
	for state, want := range map[monitor.State]Kind{
		monitor.StateSourceLost: SourceLost, monitor.StateSecondInput: SecondInput, monitor.StateProblem: Failing,
	} {
		d := channelDesk(t)
		d.channel(state, nil)
		d.pass(time.Second)
		if got := d.raised(); len(got) != 0 {
			t.Errorf("%s: %v at once", state, got)
		}
		d.pass(6 * time.Second)
		if got := d.raised(); len(got) != 1 || got[0] != want {
			t.Fatalf("%s: %v, want %s", state, got, want)
		}
		if a := d.seen.Active[0]; a.FlowID != "channels/push.example.com/live/one" || state == monitor.StateProblem && a.Detail == "" {
			t.Errorf("%+v", a)
		}
		d.channel(monitor.StateLive, nil)
		d.pass(12 * time.Second)
		if got := d.raised(); len(got) != 0 {
			t.Errorf("%s is over: %v", state, got)
		}
	}
}

// TestChannelOutsideItsBand: what comes in on air is held against what is normal, as
// a flow's source is; where nobody measures it, nothing is raised.
// TestChannelWithoutMedia: what the watcher has waited for is told at once, and ends
// as the alarm of a source that is lost begins.
func TestChannelWithoutMedia(t *testing.T) {
	d := channelDesk(t)
	d.channel(monitor.StateNoMedia, nil)
	d.pass(time.Second)
	if got := d.raised(); len(got) != 1 || got[0] != NoMedia || d.seen.Active[0].Priority != High {
		t.Fatalf("no media in what comes in: %v", got)
	}
	d.channel(monitor.StateSourceLost, nil)
	d.pass(20 * time.Second)
	if got := d.raised(); len(got) != 1 || got[0] != SourceLost {
		t.Errorf("nothing comes in: %v", got)
	}
	d.channel(monitor.StateNoMedia, nil)
	d.pass(20 * time.Second)
	if got := d.raised(); len(got) != 1 || got[0] != SourceLost {
		t.Errorf("what comes back has no media in it: %v", got)
	}
	d.channel(monitor.StateLive, nil)
	d.pass(20 * time.Second)
	if got := d.raised(); len(got) != 0 {
		t.Errorf("on air: %v", got)
	}
}

func TestChannelOutsideItsBand(t *testing.T) {
	d := channelDesk(t)
	at := func(bitrate int64) {
		d.channel(monitor.StateLive, nil)
		ch := d.snap.Channels.All[0]
		ch.Bitrate, ch.Care.Band.MinBitrate = bitrate, 4
	}
	for _, bitrate := range []int64{5_000_000, -1} {
		at(bitrate)
		d.pass(10 * time.Second)
		if got := d.raised(); len(got) != 0 {
			t.Fatalf("%d bit/s: %v", bitrate, got)
		}
	}
	at(3_000_000)
	d.pass(10 * time.Second)
	if got := d.raised(); len(got) != 1 || got[0] != Bitrate || d.seen.Active[0].Value != 3 || d.seen.Active[0].Limit != 4 {
		t.Fatalf("%v", got)
	}
	at(4_500_000)
	d.pass(12 * time.Second)
	if got := d.raised(); len(got) != 0 {
		t.Errorf("it is over: %v", got)
	}
}

func TestChannelThatRecordsNothing(t *testing.T) {
	d := channelDesk(t)
	d.channel(monitor.StateLive, &medialive.ChannelRecordRun{Problem: "the disk is full"})
	d.pass(6 * time.Second)
	if got := d.raised(); len(got) != 1 || got[0] != Recording {
		t.Fatalf("%v", got)
	}
	d.channel(monitor.StateLive, &medialive.ChannelRecordRun{})
	d.pass(12 * time.Second)
	if got := d.raised(); len(got) != 0 {
		t.Errorf("there is room again: %v", got)
	}
}

// TestChannelsThatNeverAlarm: one that is OFF, one of which a cloud tells only
// that it is ON, and one of which nothing is known any more.
func TestChannelsThatNeverAlarm(t *testing.T) {
	for _, s := range []monitor.State{monitor.StateStandby, monitor.StateOn, monitor.StateStale, monitor.StateUnknown, monitor.StateStopping} {
		d := channelDesk(t)
		d.channel(s, nil)
		d.pass(20 * time.Minute)
		if got := d.raised(); len(got) != 0 {
			t.Errorf("%s: %v", s, got)
		}
	}
}

// TestChannelOfACloudNeverAlarms: somebody turns one ON that is ON already, long
// after it was turned ON. For a moment it is as if it started, and nothing that was
// measured says that media comes.
func TestChannelOfACloudNeverAlarms(t *testing.T) {
	d := newDesk(t, 0)
	d.snap.Channels = monitor.Channels{Complete: true, Link: monitor.Link{OK: true}}
	for range 3 {
		for _, s := range []monitor.State{monitor.StateStarting, monitor.StateOn} {
			d.channel(s, nil)
			d.snap.Channels.All[0].Detail = nil
			d.pass(2 * time.Second)
			if got := d.raised(); len(got) != 0 {
				t.Fatalf("%s: %v", s, got)
			}
		}
		d.pass(2 * time.Minute)
	}
}

// TestChannelAlarmEndsWithIt: where it is known that it is gone, and no earlier.
func TestChannelAlarmEndsWithIt(t *testing.T) {
	d := channelDesk(t)
	d.channel(monitor.StateSourceLost, nil)
	d.pass(6 * time.Second)
	d.snap.Channels.All, d.snap.Channels.Link.OK = nil, false
	d.snap.Version++
	d.pass(time.Minute)
	if len(d.raised()) == 0 {
		t.Error("ended though the channels could not be read")
	}
	d.snap.Channels.Link.OK = true
	d.snap.Version++
	d.pass(time.Second)
	if got := d.raised(); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// TestChannelSignals: the trail tells what the input did.
func TestChannelSignals(t *testing.T) {
	d := channelDesk(t)
	for _, s := range []monitor.State{monitor.StateSecondInput, monitor.StateLive, monitor.StateSourceLost} {
		d.channel(s, nil)
		d.pass(2 * time.Second)
	}
	var told []string
	for _, l := range d.signals {
		told = append(told, l.Verb)
	}
	want := "second_input live source_lost"
	if got := join(told); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func join(words []string) (s string) {
	for i, w := range words {
		if i > 0 {
			s += " "
		}
		s += w
	}
	return s
}
