package handlers

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/internal/trail"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// polled is a service that is asked: the list every 2 s, what matters every 10 s.
func polled() *monitor.Snapshot {
	return &monitor.Snapshot{
		Complete: true, Link: monitor.Link{OK: true},
		Pace: monitor.Pace{RPS: 10, List: 2 * time.Second, Screen: 10 * time.Second, Source: 10 * time.Second, Hot: 10 * time.Second, Rest: time.Minute},
	}
}

// gateway is a service that tells by itself.
func gateway(silent time.Duration) *monitor.Snapshot {
	s := &monitor.Snapshot{Complete: true, Link: monitor.Link{OK: true}, Pace: monitor.Pace{Stream: true}}
	if silent > 0 {
		s.Link = monitor.Link{Since: noon.Add(-silent), Kind: medialive.KindUnavailable}
	}
	return s
}

func tellerOf(s *monitor.Snapshot) teller {
	return teller{t: text.English, now: noon, known: s, measured: s.Pace.Stream, alarms: &alarm.View{}, may: may{role: role.Engineer}}
}

// flowRead is a flow of which each fact was read so long ago.
func flowRead(status, detail, output, measured time.Duration) *monitor.Flow {
	f := &monitor.Flow{
		ID: "f", Name: "FEED-A", State: monitor.StateLive, StateSince: noon.Add(-time.Hour), Status: medialive.Active,
		StatusAt: noon.Add(-status), DetailAt: noon.Add(-detail), Protocol: medialive.Listener,
		Source: &medialive.Source{Name: "in", Protocol: medialive.Listener, Port: 20000},
		Outputs: []monitor.Output{{
			Name: "OUT-1", State: monitor.OutputOK, ConfigAt: noon.Add(-output),
			Config: &medialive.Output{Name: "OUT-1", Status: medialive.Enabled, Protocol: medialive.Caller, Destination: "192.0.2.1", Port: 5000},
		}},
	}
	if measured > 0 {
		f.MeasuredAt = noon.Add(-measured)
		f.Statistics = &medialive.FlowStatistics{Source: medialive.LegStatistics{State: medialive.LegConnected, Bitrate: 8e6, RTT: 38, Peer: "192.0.2.9:5000"}}
	}
	return f
}

// Each fact ages by itself, as the watcher judges it: one that was just read
// stays fresh beside one that was not, whatever the pace of the others.
func TestEachFactAgesByItself(t *testing.T) {
	const fresh, old, gone = monitor.Fresh, monitor.Old, monitor.Gone
	for _, c := range []struct {
		what                   string
		known                  *monitor.Snapshot
		status, source, media  monitor.Age
		output                 monitor.Age
		word                   string // of the confirmed status
		statusOld, sourceOld   bool
		outputWord             string
		outputOld              bool
		slot                   ui.SlotKind
		rate                   string // of the source; empty: not measured
		rateQuiet, facts, aged bool
	}{
		{"all fresh", polled(), fresh, fresh, fresh, fresh, "ACTIVE", false, false, "enabled", false, ui.SlotOK, "", false, false, false},
		{"the status is old", polled(), old, fresh, fresh, fresh, "ACTIVE", true, false, "enabled", false, ui.SlotOK, "", false, true, true},
		{"the status is gone", polled(), gone, fresh, fresh, fresh, "--", true, false, "enabled", false, ui.SlotUnknown, "", false, true, true},
		{"the source is old", polled(), fresh, old, old, fresh, "ACTIVE", false, true, "enabled", false, ui.SlotOK, "", false, true, true},
		{"an output is old", polled(), fresh, fresh, fresh, old, "ACTIVE", false, false, "enabled", true, ui.SlotOK, "", false, false, false},
		{"an output is gone", polled(), fresh, fresh, fresh, gone, "ACTIVE", false, false, "--", true, ui.SlotUnknown, "", false, false, false},
		{"a gateway that speaks", gateway(0), fresh, fresh, fresh, fresh, "ACTIVE", false, false, "enabled", false, ui.SlotOK, "8.00", false, false, false},
		{"a measurement is old", gateway(0), fresh, fresh, old, fresh, "ACTIVE", false, false, "enabled", false, ui.SlotOK, "8.00", true, true, true},
		{"a measurement is gone", gateway(0), fresh, fresh, gone, fresh, "ACTIVE", false, false, "enabled", false, ui.SlotUnknown, "--", false, true, true},
		{"a gateway silent for a while", gateway(3 * time.Second), old, old, old, old, "ACTIVE", true, true, "enabled", true, ui.SlotOK, "8.00", true, true, true},
		{"a gateway silent for long", gateway(5 * time.Second), gone, gone, gone, gone, "--", true, true, "--", true, ui.SlotUnknown, "--", false, true, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			measured := time.Duration(0)
			if c.known.Pace.Stream {
				measured = time.Minute // times alone tell nothing: the pace may be slower still
			}
			v, f := tellerOf(c.known), flowRead(time.Minute, time.Minute, time.Minute, measured)
			aging(f, monitor.Ages{Status: c.status, Source: c.source, Media: c.media}, c.output)
			facts, source, row := v.facts(f), v.sourceBox(f), v.output(f, 0)
			if facts.Confirmed.Word != c.word || facts.Confirmed.Old != c.statusOld || facts.Aged != c.facts {
				t.Errorf("confirmed %+v, the facts are aged: %t", facts.Confirmed, facts.Aged)
			}
			if source.Told.Old != c.sourceOld {
				t.Errorf("the source is told as %+v", source.Told)
			}
			if row.Told.Confirmed != c.outputWord || row.Told.Old != c.outputOld || row.Slot != c.slot {
				t.Errorf("the output is %s, told as %+v", row.Slot, row.Told)
			}
			if rate, _, _ := v.sourceFigures(f); rate.Value != c.rate || rate.Quiet != c.rateQuiet {
				t.Errorf("the bitrate is %+v", rate)
			}
			if row := v.row(f, nil); row.SeenOld != c.aged {
				t.Errorf("the age in the list is old: %t", row.SeenOld)
			}
		})
	}
}

// aging makes the facts of a flow so old, as a watcher does.
func aging(f *monitor.Flow, ages monitor.Ages, output monitor.Age) {
	f.Ages, f.Aging = ages, max(ages.Status, ages.Media) != monitor.Fresh
	o := &f.Outputs[0]
	o.Read, o.Aging = output, f.Aging || output != monitor.Fresh
	if max(ages.Status, ages.Media) == monitor.Gone {
		f.State = monitor.StateStale
	}
	if f.State == monitor.StateStale || output == monitor.Gone {
		o.State = monitor.OutputUnknown
	}
}

// What was never read is not told as if it had been.
func TestNeverRead(t *testing.T) {
	v := tellerOf(polled())
	f := &monitor.Flow{ID: "f", Status: medialive.Active, StatusAt: noon, State: monitor.StateUnknown, Outputs: []monitor.Output{{Name: "OUT-1", State: monitor.OutputUnknown}}}
	if told := v.output(f, 0).Told; told.Confirmed != "not read yet" || told.Read.MS != 0 {
		t.Errorf("the output is told as %+v", told)
	}
	if told := v.sourceBox(f).Told; told.Confirmed != "not read yet" || told.Read.MS != 0 {
		t.Errorf("the source is told as %+v", told)
	}
}

// A peer that was measured is not shown longer than what was measured.
func TestPeerOfAStaleFlow(t *testing.T) {
	f := flowRead(time.Minute, time.Minute, time.Minute, time.Minute)
	aging(f, monitor.Ages{Status: monitor.Gone, Source: monitor.Gone, Media: monitor.Gone}, monitor.Gone)
	if p := peerOf(f); p != "" {
		t.Errorf("the peer of a stale flow is %q", p)
	}
	if row := tellerOf(gateway(time.Minute)).senderRow(f); row.Value != ui.Lost {
		t.Errorf("the sender of a stale flow is %q", row.Value)
	}
}

func TestOff(t *testing.T) {
	for kind, off := range map[medialive.Kind]bool{
		"": false, medialive.KindUnavailable: true, medialive.KindUnreadable: true, medialive.KindThrottled: false,
		medialive.KindNotPermitted: false, medialive.KindNotSignedIn: false,
	} {
		s := polled()
		s.Link = monitor.Link{Kind: kind, Since: noon}
		v, f := tellerOf(s), flowRead(time.Second, time.Second, time.Second, 0)
		head, row := v.head(f), v.row(f, nil)
		for what, why := range map[string]ui.Why{
			"stop": head.Command.Action.Why, "delete": head.Delete, "edit": v.sourceBox(f).Off, "add output": v.outputs(f).Off,
			"switch": v.output(f, 0).Toggle.Why, "stop in the list": row.Action.Why, "new flow": v.list(listing{query: FlowQuery{Limit: 10}}).New.Why,
		} {
			if (why.Word != "") != off {
				t.Errorf("%s: %s is off because of %q", kind, what, why)
			}
		}
		if l := v.link(s); l.Off != off {
			t.Errorf("%s: the line says off: %t", kind, l.Off)
		}
	}
}

func TestFresh(t *testing.T) {
	paused, trying := polled(), polled()
	paused.Pace.Paused = noon.Add(5 * time.Second)
	trying.Pace.Paused = noon.Add(-time.Second)
	slow := polled()
	slow.Pace.Screen, slow.Pace.Hot = 40*time.Second, 3*time.Minute
	broken := polled()
	broken.Link, broken.Pace.Paused = monitor.Link{Kind: medialive.KindUnavailable, Since: noon}, noon.Add(time.Second)
	if got := tellerOf(broken).fresh(); got != "" {
		t.Errorf("while nothing is reached it says %q", got)
	}
	for want, s := range map[string]*monitor.Snapshot{
		"Changes show as they happen.":                                            gateway(0),
		"The list is read every 2 s, outputs about every 40 s, at 10 requests/s.": slow,
		"No reading before 12:00:05 UTC, as the service asked.":                   paused,
		"No reading before 11:59:59 UTC, as the service asked.":                   trying,
		"": {},
	} {
		if got := tellerOf(s).fresh(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A service whose clock differs is told of, with the size and what it means,
// and neither is when the service is not reached.
func TestSkew(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		0: "", 3 * time.Minute: "about 3 min ahead of Flowdeck's", -time.Minute: "about 1 min behind Flowdeck's",
		-26 * time.Hour: "about 26 h behind Flowdeck's", 99 * time.Minute: "about 99 min ahead",
	} {
		for _, up := range []bool{true, false} {
			s := polled()
			if s.Skew = ahead; !up {
				s.Link = monitor.Link{Kind: medialive.KindUnavailable, Since: noon}
			}
			if got := tellerOf(s).link(s).Skew; !strings.Contains(got, want) || (got == "") != (want == "") {
				t.Errorf("%s, reached %t: %q", ahead, up, got)
			}
		}
	}
}

// A page waits for the first reading, and for one after a sleep, but not where
// something is known of now.
func TestUnread(t *testing.T) {
	old := &monitor.Flow{ID: "old", Ages: monitor.Ages{Status: monitor.Gone}}
	grey := &monitor.Flow{ID: "grey", State: monitor.StateStale, Ages: monitor.Ages{Status: monitor.Old, Media: monitor.Gone}}
	for _, c := range []struct {
		complete bool
		flows    []*monitor.Flow
		want     bool
	}{
		{false, nil, true}, {true, nil, false}, {true, []*monitor.Flow{old, old}, true}, {true, []*monitor.Flow{old, grey}, false},
	} {
		if got := unread(&monitor.Snapshot{Complete: c.complete, Flows: c.flows}); got != c.want {
			t.Errorf("complete %t, %d flows: %t", c.complete, len(c.flows), got)
		}
	}
}

// event is a command of the trail, so long ago.
func command(seq int64, verb, target string, outcome monitor.Outcome, ago time.Duration) trail.Event {
	return trail.Event{Entry: trail.Entry{Seq: seq, Line: trail.Line{
		At: noon.Add(-ago), Kind: trail.Command, Verb: verb, Target: target, Actor: "op-1", Outcome: string(outcome), Code: "LIVE.1",
	}}}
}

// A command that was refused is not what is commanded.
func TestRefusedIsNotCommanded(t *testing.T) {
	const on, off = `output_status: "` + medialive.Disabled + `" → "` + medialive.Enabled + `"`, `output_status: "` + medialive.Enabled + `" → "` + medialive.Disabled + `"`
	turnedOff := command(7, control.VerbUpdateOutput, "OUT-1", monitor.OutcomeRefused, time.Minute)
	turnedOff.Detail = string(off)
	turnedOn := command(3, control.VerbUpdateOutput, "OUT-1", monitor.OutcomeDone, time.Hour)
	turnedOn.Detail = string(on)
	v := tellerOf(polled())
	v.deeds = deedsOf([]trail.Event{
		command(8, control.VerbStop, "", monitor.OutcomeRefused, 30*time.Second), turnedOff,
		command(5, control.VerbStart, "", monitor.OutcomeDone, 30*time.Minute), turnedOn,
		command(2, control.VerbStop, "", monitor.OutcomeDone, 2*time.Hour), command(1, control.VerbCreate, "in", monitor.OutcomeDone, 3*time.Hour),
	})
	f := flowRead(time.Second, time.Second, time.Second, 0)
	f.Command = &monitor.Command{ID: "8", Verb: "stop", Actor: "op-1", At: noon.Add(-30 * time.Second), Outcome: monitor.OutcomeRefused}
	fact := v.facts(f).Commanded
	if fact.Word != "Start" || fact.Note != "by op-1, 11:30:00 UTC" || fact.Problem != "Stop by op-1, 11:59:30 UTC, was refused · LIVE.1" {
		t.Errorf("commanded is %+v", fact)
	}
	told := v.output(f, 0).Told
	if told.Commanded != "turned on by op-1, 11:00:00 UTC" || told.Refused != "turned off by op-1, 11:59:00 UTC: refused · LIVE.1" {
		t.Errorf("the output is told as %+v", told)
	}
	if told := v.sourceBox(f).Told; told.Commanded != "made by op-1, 09:00:00 UTC" {
		t.Errorf("the source is told as %+v", told)
	}
	f.Command = nil
	v.deeds = deeds{}
	if fact := v.facts(f).Commanded; fact.Word != text.English.Flow.NoCommand || fact.Problem != "" {
		t.Errorf("without any command it is %+v", fact)
	}
}

// A trail that cannot be read does not tell that nothing was commanded.
func TestUnreadIsNotNone(t *testing.T) {
	v, f := tellerOf(polled()), flowRead(time.Second, time.Second, time.Second, 0)
	if word := v.facts(f).Commanded.Word; word != text.English.Flow.NoCommand {
		t.Errorf("read and empty: %q", word)
	}
	v.deeds.unread = true
	if word := v.facts(f).Commanded.Word; word != text.English.Trail.NotRead {
		t.Errorf("not read: %q", word)
	}
	visitor := &visit{t: text.English}
	for kind, want := range map[medialive.Kind]string{
		medialive.KindOutcomeUnknown: text.English.Trail.Outcomes.Unknown, medialive.KindRefused: "failed",
	} {
		if got := unlessUnknown(visitor, "failed", &medialive.Error{Kind: kind}); got != want {
			t.Errorf("%s is told as %q", kind, got)
		}
	}
}

func TestUnknownOutcome(t *testing.T) {
	v, f := tellerOf(polled()), flowRead(time.Second, time.Second, time.Second, 0)
	f.Command = &monitor.Command{Verb: "stop", Actor: "op-1", At: noon.Add(-time.Second), Outcome: monitor.OutcomeUnknown}
	if fact := v.facts(f).Commanded; fact.Word != "Stop" || fact.Problem != text.English.Flow.NoAnswer {
		t.Errorf("commanded is %+v", fact)
	}
	f.Command = &monitor.Command{Verb: "stop", Actor: "op-1", At: noon.Add(-time.Second), Outcome: monitor.OutcomeNotDone}
	if fact := v.facts(f).Commanded; fact.Word != text.English.Flow.NoCommand || fact.Problem == "" {
		t.Errorf("commanded is %+v", fact)
	}
}

func TestEnds(t *testing.T) {
	for left, want := range map[time.Duration][2]bool{2 * time.Hour: {false, false}, 42 * time.Minute: {true, false}, 7 * time.Minute: {true, true}} {
		e := tellerOf(polled()).ends(noon.Add(left))
		if [2]bool{e.Soon, e.Late} != want {
			t.Errorf("%s before: %+v", left, e)
		}
	}
}

// A file that could not be written to its end does not look as if it were whole.
func TestFileBrokenOff(t *testing.T) {
	broken := errors.New("the disk is gone")
	events := func(each func(trail.Event) error) error {
		for seq := range int64(3) {
			if err := each(command(seq+1, "start", "", monitor.OutcomeDone, time.Minute)); err != nil {
				return err
			}
		}
		return broken
	}
	var file strings.Builder
	if begun, err := pour(trail.NewCSV(&file), "csv", text.English.Trail.Cut, events); !begun || !errors.Is(err, broken) {
		t.Errorf("begun %t, %v", begun, err)
	}
	rows, err := csv.NewReader(strings.NewReader(file.String())).ReadAll()
	if err != nil || len(rows) != 5 || !strings.Contains(strings.Join(rows[4], " "), "INCOMPLETE") {
		t.Errorf("the file is %q, %v", rows, err)
	}
	file.Reset()
	if _, err := pour(trail.NewJSON(&file), "json", "", events); !errors.Is(err, broken) || json.Valid([]byte(file.String())) {
		t.Errorf("the file is %q, %v", file.String(), err)
	}
}

func TestParseWhen(t *testing.T) {
	now := time.Date(2026, 11, 21, 19, 46, 8, 0, time.UTC)
	for raw, want := range map[string][2]string{ // as beginning, as end
		"19:30": {"2026-11-21 19:30:00", "2026-11-21 19:31:00"}, "19:30:05 UTC": {"2026-11-21 19:30:05", "2026-11-21 19:30:06"},
		"23:00": {"2026-11-20 23:00:00", "2026-11-21 23:01:00"}, "2026-11-20": {"2026-11-20 00:00:00", "2026-11-21 00:00:00"},
		"2026-11-20 08:15": {"2026-11-20 08:15:00", "2026-11-20 08:16:00"}, "2026-11-20T08:15:30Z": {"2026-11-20 08:15:30", "2026-11-20 08:15:31"},
		"2026-11-20T08:15:30+08:00": {"2026-11-20 00:15:30", "2026-11-20 00:15:31"}, "2h": {"2026-11-21 17:46:08", "2026-11-21 17:46:08"},
		"30m ago": {"2026-11-21 19:16:08", "2026-11-21 19:16:08"}, "7 d": {"2026-11-14 19:46:08", "2026-11-14 19:46:08"},
		"": {}, "half past": {}, "25:00": {}, "2026-13-01": {}, "-2h": {}, "99999999999999999999h": {}, "2026": {}, "h": {}, "2x": {},
	} {
		for i, end := range []bool{false, true} {
			at, ok := parseWhen(raw, now, end)
			if got := at.Format(time.DateTime); ok != (want[i] != "") || ok && got != want[i] {
				t.Errorf("%q is %s (%t), not %s", raw, got, ok, want[i])
			}
		}
	}
}

func TestFigures(t *testing.T) {
	v := tellerOf(polled())
	for detail, want := range map[string]string{
		`was=live lasted=42s peer=203.0.113.24:5000`: "was LIVE for 0:42 · far end 203.0.113.24:5000",
		`problem="a \"quoted\" = one" members=3`:     `a "quoted" = one · members 3`,
		`priority=high until=2026-11-21T20:00:00Z`:   "priority high · until 20:00:00 UTC",
		`was=live bitrate=8.24Mb/s loss=1.2%`:        "was LIVE · bitrate 8.24 Mb/s · loss 1.2 %",
		`was=waiting lasted=3s bitrate=0.00Mb/s`:     "was WAITING for 0:03",
		`address=203.0.113.9`:                        "from 203.0.113.9",
		`output=OUT-1 lasted=90s`:                    "lasted 1:30",
		`lasted=5s cause=standby`:                    "lasted 0:05 · the flow was stopped",
		`output=OUT-1 strange=x`:                     "strange x",
		`no figures`:                                 "no figures",
		`="`:                                         `="`,
		``:                                           "",
	} {
		if got := v.figuresNote(trail.Event{}, detail); got != want {
			t.Errorf("%s is told as %q, not %q", detail, got, want)
		}
	}
}

// Every verb that can be chosen has words, in each language.
func TestVerbsHaveWords(t *testing.T) {
	for _, s := range text.All() {
		for _, verb := range trailVerbs {
			if _, known := s.Trail.DeedOf(verb); !known {
				t.Errorf("%s: %s has no words", s.Lang, verb)
			}
			if word := (teller{t: s}).verbWord(verb); word == "" || strings.ContainsAny(word, "{}") {
				t.Errorf("%s: %s is %q", s.Lang, verb, word)
			}
		}
	}
	e := command(1, "a_new_verb", "X", "", 0)
	if got := tellerOf(polled()).line(e).Text; got != "a_new_verb X" {
		t.Errorf("an unknown verb is %q", got)
	}
}
