package rehearsal

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// channelsRead is how often the channels of a cloud are read.
const channelsRead = 5 * time.Second

func newChannel(name string, state medialive.ChannelState) medialive.Channel {
	id := strings.ToLower(name)
	return medialive.Channel{
		ChannelKey: medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: id}, Name: name, State: state,
		Input:  medialive.ChannelInput{Protocol: medialive.RTMPPush, Sources: []medialive.ChannelSource{{Bitrate: 1024}}},
		Record: medialive.RecordSettings{RollingBuffer: 3600},
		Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{{Package: medialive.Package{
			URL: "pull.example.com/live/" + id + "/index.m3u8", SegmentDuration: 4,
		}}}}},
	}
}

func isChannel(id string) bool { return strings.HasPrefix(id, monitor.ChannelIDs) }

// pathOf is the path of the page of a flow or a channel.
func pathOf(id string) string {
	if isChannel(id) {
		return "/" + id
	}
	return "/flows/" + id
}

// idOf is the flow or the channel that a page is of.
func idOf(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, "/flows/"), "/") }

// subject is the flow or the channel that a request was about.
func subject(r medialivetest.Request) string {
	if r.Channel != (medialive.ChannelKey{}) {
		return monitor.ChannelID(r.Channel)
	}
	return r.FlowID
}

// keeps is how long a channel keeps what it sends, in the words of the pages.
func keeps(ch medialive.Channel) string {
	hours := ch.Record.RollingBuffer / 3600
	if hours%24 == 0 {
		return fmt.Sprintf("%d d", hours/24)
	}
	return fmt.Sprintf("%d h", hours)
}

// addChannels takes what became true of channels after all that is known.
func (t truth) addChannels(facts []medialivetest.ChannelFact) {
	for _, f := range facts {
		id := monitor.ChannelID(f.Key)
		t[id] = append(t[id], fact{medialivetest.Fact{At: f.At, ID: id, Cause: f.Cause, Gone: f.Gone}, f.Channel})
	}
}

// channelClaim gives what a statement says of a channel. A cloud tells that it is
// ON or OFF, and nothing of what comes of it.
func channelClaim(s sight) func(f fact, _ int) bool {
	switch {
	case s.about == aboutRecord:
		return func(f fact, _ int) bool { return keeps(f.channel) == s.word }
	case s.about != aboutAlarm && (s.word == string(medialive.ChannelOn) || s.word == string(medialive.ChannelOff)):
		return func(f fact, _ int) bool { return string(f.channel.State) == s.word }
	}
	return noReason(s.word)
}

// sawKept writes down how long a channel is said to keep what it sends, where
// that is said.
func (s *screen) sawKept(at time.Time, id string, kept *goquery.Selection) {
	if word := strings.TrimPrefix(words(kept), "the last "); word != "" {
		s.saw(at, id, aboutRecord, "", word)
	}
}

func (o *operator) channelActs() []act {
	return []act{
		{22, o.start},
		{14, o.stop},
		{5, o.protect},
		{5, o.release},
		{16, o.editRecord},
		{6, o.note},
	}
}

// editRecord changes how long a channel keeps what it sends. A channel that is ON
// would lose some of it by less: of that one is asked first, and this operator
// thinks better of it.
func (o *operator) editRecord(ctx context.Context, channel string) (deed, error) {
	on, err := o.get(ctx, pathOf(channel)+"/record")
	if err != nil {
		return deed{}, err
	}
	d := deed{kind: "command", verb: "update_channel", flow: channel, target: "record"}
	return o.confirmed(ctx, on, `form[action$="/record"]`, d, "channel_saved",
		"record_settings.rollingbuffer_duration", fmt.Sprintf("%dh", 1+o.dice.IntN(300)))
}

// TestJudgeSeesFalseChannels shows the judge statements about a channel that is
// OFF and keeps 1 h, ON from 10 s on, keeps a day from 60 s on, and is gone from
// 120 s on.
func TestJudgeSeesFalseChannels(t *testing.T) {
	at := func(seconds int, state medialive.ChannelState, hours int) medialivetest.ChannelFact {
		ch := newChannel("c", state)
		ch.Record.RollingBuffer = hours * 3600
		return medialivetest.ChannelFact{At: after(seconds), Key: ch.ChannelKey, Cause: "ChangeChannel", Channel: ch}
	}
	gone := at(120, medialive.ChannelOn, 24)
	gone.Gone = true
	truly := truth{}
	truly.addChannels([]medialivetest.ChannelFact{at(0, medialive.ChannelOff, 1), at(10, medialive.ChannelOn, 1), at(60, medialive.ChannelOn, 24), gone})
	id := monitor.ChannelID(gone.Key)
	for _, c := range []struct {
		at    int
		about about
		word  string
		false bool
	}{
		{5, aboutState, "OFF", false},
		{5, aboutState, "ON", true},
		{15, aboutState, "OFF", false}, // within the window
		{30, aboutState, "OFF", true},
		{30, aboutState, "ON", false},
		{30, aboutConfirmed, "OFF", true},
		{30, aboutState, "STARTING", false}, // says nothing of now
		{30, aboutState, "ON AIR", true},    // no cloud tells that
		{30, aboutAlarm, "SOURCE LOST", true},
		{30, aboutRecord, "1 h", false},
		{30, aboutRecord, "1 d", true},
		{80, aboutRecord, "1 h", true},
		{80, aboutRecord, "1 d", false},
		{150, aboutState, "ON", true},
		{150, aboutState, "STALE", false},
	} {
		s := sight{after(c.at), "op", "/channels", id, c.about, "", c.word, 10 * time.Second, nil}
		if problems := judgeShown(truly, []sight{s}); (len(problems) > 0) != c.false {
			t.Errorf("%s %s at %d s: %v", c.about, c.word, c.at, problems)
		}
	}
	raised := []line{{Kind: "alarm", ID: "a", Verb: "raised", Cause: "source_lost", FlowID: id, At: after(40)}}
	if problems, _ := judgeAlarms(truly, raised, nil, after(200)); len(problems) != 1 {
		t.Errorf("an alarm of a channel of a cloud: %v", problems)
	}
}

// TestJudgeSeesDoubleActsOnChannels gives the judge commands to a channel, and
// what reached the cloud.
func TestJudgeSeesDoubleActsOnChannels(t *testing.T) {
	key := newChannel("c", medialive.ChannelOn).ChannelKey
	told := func(verb, target, outcome string) []line {
		lines := given("a", verb, outcome, 1)
		for i := range lines {
			lines[i].FlowID, lines[i].Target = monitor.ChannelID(key), target
		}
		return lines
	}
	asked := func(op string, effect bool) medialivetest.Request {
		return medialivetest.Request{Call: medialivetest.Call{Op: op, Channel: key}, At: after(1), Effect: effect}
	}
	turned, kept := asked("ModifyOttChannelInfoStats", true), asked("ModifyOttChannelInfoRecordSettings", true)
	other := turned
	other.Channel.ID = "other"
	for name, c := range map[string]struct {
		lines    []line
		requests []medialivetest.Request
		wants    int
	}{
		"turned ON":          {told("start", "", "done"), []medialivetest.Request{turned}, 0},
		"turned OFF":         {told("stop", "", "done"), []medialivetest.Request{turned}, 0},
		"turned twice":       {told("stop", "", "done"), []medialivetest.Request{turned, turned}, 1},
		"changed":            {told("update_channel", "record", "done"), []medialivetest.Request{kept}, 0},
		"another part":       {told("update_channel", "general", "refused"), []medialivetest.Request{kept}, 1},
		"another channel":    {told("start", "", "refused"), []medialivetest.Request{other}, 1},
		"without an effect":  {told("update_channel", "record", "done"), []medialivetest.Request{asked("ModifyOttChannelInfoRecordSettings", false)}, 1},
		"a read is no act":   {told("start", "", "done"), []medialivetest.Request{turned, asked("ListOttChannelInfo", false)}, 0},
		"without a command":  {nil, []medialivetest.Request{kept}, 1},
		"not done, with one": {told("stop", "", "not_done"), []medialivetest.Request{turned}, 1},
	} {
		if problems, _ := judgeTwice(c.lines, c.requests); len(problems) != c.wants {
			t.Errorf("%s: %v", name, problems)
		}
	}
}
