package rehearsal

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func after(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// flowFact is what is true of the flow "f" from a time on.
func flowFact(seconds int, s medialive.FlowStatus, h medialive.Health) medialivetest.Fact {
	f := newFlow("EVENT", s, 1)
	f.ID, f.Sources[0].Health, f.Outputs[0].Health = "f", h, h
	return medialivetest.Fact{At: after(seconds), ID: "f", Cause: "Change", Flow: f}
}

// goesLive is standby, live from 10 s on, without media from 60 s on, in standby
// again from 120 s on.
func goesLive() truth {
	return newTruth([]medialivetest.Fact{
		flowFact(0, medialive.Standby, medialive.Disconnected), flowFact(10, medialive.Active, medialive.Connected),
		flowFact(60, medialive.Active, medialive.Disconnected), flowFact(120, medialive.Standby, medialive.Disconnected),
	})
}

// TestJudgeSeesFalseStatements shows the judge statements that were true within
// their window, and some that were not.
func TestJudgeSeesFalseStatements(t *testing.T) {
	for _, c := range []struct {
		at    int
		about about
		word  string
		false bool
	}{
		{5, aboutState, "STANDBY", false},
		{5, aboutState, "LIVE", true},
		{30, aboutState, "LIVE", false},
		{30, aboutState, "STANDBY", true},
		{65, aboutState, "LIVE", false}, // within the window
		{75, aboutState, "LIVE", true},
		{75, aboutState, "SOURCE LOST", false},
		{75, aboutState, "OUTPUT", true},
		{75, aboutState, "STALE", false}, // says nothing of now
		{200, aboutState, "SOURCE LOST", true},
		{30, aboutState, "LOSS", true},
		{30, aboutConfirmed, "ACTIVE", false},
		{200, aboutConfirmed, "ACTIVE", true},
		{30, aboutOutput, "ok", false},
		{75, aboutOutput, "ok", true},
	} {
		s := sight{after(c.at), "op", "/flows", "f", c.about, "out-1", c.word, 10 * time.Second, nil}
		if problems := judgeShown(goesLive(), []sight{s}); (len(problems) > 0) != c.false {
			t.Errorf("%s %s at %d s: %v", c.about, c.word, c.at, problems)
		}
	}
	cut := flowFact(10, medialive.Active, medialive.Connected)
	cut.Flow.Outputs[0].Health = medialive.Disconnected
	s := sight{after(60), "op", "/flows", "f", aboutState, "", "LIVE", 10 * time.Second, nil}
	if problems := judgeShown(newTruth([]medialivetest.Fact{cut}), []sight{s}); len(problems) != 1 {
		t.Errorf("LIVE with an output that was lost for a minute: %v", problems)
	}
	s.blind = []span{{after(15), after(22), "503"}, {after(45), after(52), "503"}} // 15 s of sight are left
	if problems := judgeShown(newTruth([]medialivetest.Fact{cut}), []sight{s}); len(problems) != 0 {
		t.Errorf("LIVE with an output that was lost while nothing could be read: %v", problems)
	}
	s.at, s.blind = after(200), []span{{after(150), after(151), "503"}}
	if problems := judgeShown(newTruth([]medialivetest.Fact{cut}), []sight{s}); len(problems) != 1 {
		t.Errorf("LIVE with an output that was lost long before it could not be read: %v", problems)
	}
	s.blind = []span{{after(190), after(191), killed}}
	if problems := judgeShown(newTruth([]medialivetest.Fact{cut}), []sight{s}); len(problems) != 0 {
		t.Errorf("LIVE with an output that a dashboard started anew has not found yet: %v", problems)
	}
	if !goesLive().false(sight{after(30), "op", "/flows", "gone", aboutState, "", "LIVE", time.Second, nil}) {
		t.Error("a flow that never was may be shown as LIVE")
	}
}

// TestJudgeSeesFalseAlarms shows the judge alarms of a source that is lost, or
// is not, while nothing or something goes wrong.
func TestJudgeSeesFalseAlarms(t *testing.T) {
	for _, c := range []struct {
		at    int
		word  string
		false bool
	}{
		{70, "SOURCE LOST", false},
		{40, "SOURCE LOST", true},
		{75, "NO MEDIA", false},
		{50, "NO MEDIA", true},
		{130, "SOURCE LOST", false}, // within the window
		{180, "SOURCE LOST", true},
		{50, "LOSS", false}, // not of whether media comes
	} {
		s := sight{after(c.at), "viewer-1", "/alarms", "f", aboutAlarm, "", c.word, 23 * time.Second, nil}
		if problems := judgeShown(goesLive(), []sight{s}); (len(problems) > 0) != c.false {
			t.Errorf("%s at %d s: %v", c.word, c.at, problems)
		}
	}
	s := sight{after(100), "viewer-1", "/alarms", "f", aboutAlarm, "", "SOURCE LOST", 23 * time.Second, nil}
	for name, c := range map[string]struct {
		troubled span
		excused  bool
	}{
		"long ago":      {span{after(50), after(60), "503"}, false},
		"just now":      {span{after(70), after(72), "503"}, true},
		"at this time":  {span{from: after(90), what: "503"}, true},
		"only after it": {span{after(101), after(105), "503"}, false},
	} {
		if s.excused([]span{c.troubled}) != c.excused {
			t.Errorf("an alarm that lasts, with a trouble %s: excused %v", name, !c.excused)
		}
	}
	s.about = aboutState
	if s.excused([]span{{from: after(90)}}) {
		t.Error("a state is excused by a trouble")
	}
}

// TestJudgeSeesFalseNames shows the judge who was said to have acknowledged.
func TestJudgeSeesFalseNames(t *testing.T) {
	lines := []line{
		{Kind: "alarm", ID: "a", Verb: "raised", FlowID: "f", At: after(1)},
		{Kind: "alarm", ID: "a", Verb: "acknowledged", FlowID: "f", Actor: "op-1", At: after(5)},
		{Kind: "alarm", ID: "s", Verb: "shelved", FlowID: "f", Actor: "op-2", At: after(7)},
	}
	for name, c := range map[string]struct {
		told  ackTold
		at    int
		wants int
	}{
		"who did":           {ackTold{"a", "f", "op-1"}, 6, 0},
		"who shelved it":    {ackTold{"a", "f", "op-2"}, 8, 0},
		"somebody else":     {ackTold{"a", "f", "op-3"}, 9, 1},
		"before it was":     {ackTold{"a", "f", "op-1"}, 4, 1},
		"of another alarm":  {ackTold{"b", "f", "op-1"}, 6, 1},
		"of another flow's": {ackTold{"b", "g", "op-2"}, 9, 1},
	} {
		if problems := judgeAcks(lines, map[ackTold]time.Time{c.told: after(c.at)}); len(problems) != c.wants {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// TestJudgeSeesFalseActivity shows the judge rows of the trail's pages.
func TestJudgeSeesFalseActivity(t *testing.T) {
	row := func(word string, change ...func(*told)) told {
		r := told{who: "viewer-1", where: "/activity", exact: exact(after(1)), flow: "f", actor: "op-1", word: word}
		for _, c := range change {
			c(&r)
		}
		return r
	}
	onFlow := func(r *told) { r.where = "/flows" }
	settled := given("a", "start", "unknown", 1)
	settled = append(settled, line{Seq: 3, ID: "a", Kind: "outcome", Verb: "start", FlowID: "f", Outcome: "done", At: after(9)})
	did := []medialivetest.Request{asked("ModifyFlowStart", 1, true)}
	nothing := []medialivetest.Request{asked("ModifyFlowStart", 1, false)}
	for name, c := range map[string]struct {
		lines    []line
		requests []medialivetest.Request
		told     []told
		wants    int
	}{
		"as it became known":  {settled, did, []told{row("on its way"), row("outcome unknown"), row("done")}, 0},
		"on a flow's page":    {settled, did, []told{row("on its way", onFlow), row("", onFlow)}, 0},
		"no command":          {settled, did, []told{row("", func(r *told) { r.exact = exact(after(2)) })}, 0},
		"refused":             {given("a", "start", "refused", 1), nothing, []told{row("refused")}, 0},
		"another outcome":     {settled, did, []told{row("did not happen")}, 1},
		"never unknown":       {given("a", "start", "done", 1), did, []told{row("outcome unknown")}, 1},
		"not what came of it": {given("a", "start", "refused", 1), nothing, []told{row("", onFlow)}, 1},
		"a final one changed": {settled, did, []told{row("done"), row("outcome unknown")}, 1},
		"two final ones":      {settled, did, []told{row("refused"), row("done")}, 2},
		"without an effect":   {given("a", "start", "done", 1), nothing, []told{row("done")}, 1},
		"another person":      {settled, did, []told{row("done", func(r *told) { r.actor = "op-2" })}, 1},
		"another flow":        {settled, did, []told{row("done", func(r *told) { r.flow = "g" })}, 1},
		"another time":        {settled, did, []told{row("done", func(r *told) { r.exact = exact(after(2)) })}, 1},
		"a word of its own":   {settled, did, []told{row("perhaps")}, 1},
	} {
		if problems := judgeActivity(c.lines, c.told, c.requests); len(problems) != c.wants {
			t.Errorf("%s: %s", name, strings.Join(problems, "\n"))
		}
	}
}

// TestEveryTroubleComes deals rounds, and compares two of the same seed.
func TestEveryTroubleComes(t *testing.T) {
	dealt := func(seed uint64) (names [3]string) {
		s := &script{event: &event{}, dice: rand.New(rand.NewPCG(seed, 200))}
		for i := range names {
			for _, trouble := range s.round() {
				names[i] += trouble.name + ", "
			}
		}
		return names
	}
	first := dealt(1)
	if first != dealt(1) || first == dealt(2) {
		t.Errorf("a seed repeats its script, and another one does not: %v", first)
	}
	s := &script{event: &event{faults: map[string]int{"kill": 1}}}
	for _, trouble := range s.troubles() {
		for i, round := range first {
			if n := strings.Count(round, trouble.name+", "); n < trouble.times {
				t.Errorf("%s came %d times in round %d, not %d", trouble.name, n, i, trouble.times)
			}
		}
	}
	if missed := s.missed(); len(missed) == 0 || slices.Contains(missed, "kill never came") {
		t.Errorf("an event that had only kills missed %v", missed)
	}
}

// given is a command of the trail with its outcome.
func given(id, verb, outcome string, seconds int) []line {
	return []line{
		{Seq: 1, ID: id, Kind: "command", Verb: verb, FlowID: "f", Actor: "op-1", At: after(seconds)},
		{Seq: 2, ID: id, Kind: "outcome", Verb: verb, FlowID: "f", Outcome: outcome, At: after(seconds + 1)},
	}
}

func asked(op string, seconds int, effect bool) medialivetest.Request {
	return medialivetest.Request{Call: medialivetest.Call{Op: op, FlowID: "f"}, At: after(seconds), Effect: effect}
}

// TestJudgeSeesDoubleActs gives the judge one command with too many effects, an
// effect without a command, and outcomes that are not what happened.
func TestJudgeSeesDoubleActs(t *testing.T) {
	const op = "ModifyFlowStart"
	for name, c := range map[string]struct {
		lines    []line
		requests []medialivetest.Request
		wants    int
	}{
		"as it should be":        {given("a", "start", "done", 1), []medialivetest.Request{asked(op, 1, true)}, 0},
		"refused":                {given("a", "start", "refused", 1), []medialivetest.Request{asked(op, 1, false)}, 0},
		"two effects":            {given("a", "start", "done", 1), []medialivetest.Request{asked(op, 1, true), asked(op, 2, true)}, 1},
		"asked twice":            {given("a", "start", "done", 1), []medialivetest.Request{asked(op, 1, false), asked(op, 2, true)}, 1},
		"without a command":      {nil, []medialivetest.Request{asked(op, 1, true)}, 1},
		"before its command":     {given("a", "start", "not_done", 5), []medialivetest.Request{asked(op, 1, true)}, 1},
		"of another verb":        {given("a", "stop", "refused", 1), []medialivetest.Request{asked(op, 2, true)}, 1},
		"done without an effect": {given("a", "start", "done", 1), []medialivetest.Request{asked(op, 1, false)}, 1},
		"refused with an effect": {given("a", "start", "refused", 1), []medialivetest.Request{asked(op, 1, true)}, 1},
		"not done, with one":     {given("a", "start", "not_done", 1), []medialivetest.Request{asked(op, 1, true)}, 1},
	} {
		if problems, _ := judgeTwice(c.lines, c.requests); len(problems) != c.wants {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

// TestJudgeSeesMissingActs takes lines out of a trail, and changes who did it.
func TestJudgeSeesMissingActs(t *testing.T) {
	did := deed{from: after(0), to: after(3), kind: "command", verb: "stop", actor: "op-1", flow: "f", reason: "because"}
	right := line{Seq: 1, ID: "a", Kind: "command", Verb: "stop", FlowID: "f", Actor: "op-1", Reason: "because", At: after(1)}
	if problems := judgeWho([]line{right}, []deed{did}); len(problems) != 0 {
		t.Errorf("a trail that is right: %v", problems)
	}
	if problems := judgeWho([]line{right}, []deed{did, did}); len(problems) != 1 {
		t.Errorf("one line for two acts: %v", problems)
	}
	for name, change := range map[string]func(*line){
		"another actor": func(l *line) { l.Actor = "op-2" }, "another reason": func(l *line) { l.Reason = "" },
		"another flow": func(l *line) { l.FlowID = "g" }, "another verb": func(l *line) { l.Verb = "start" },
		"before it was done": func(l *line) { l.At = after(-5) }, "after it was answered": func(l *line) { l.At = after(9) },
	} {
		doctored := right
		change(&doctored)
		if problems := judgeWho([]line{doctored}, []deed{did}); len(problems) != 1 {
			t.Errorf("%s: %v", name, problems)
		}
	}
	for outcome, wants := range map[string]int{"done": 0, "refused": 0, "not_done": 0, "unknown": 1, "": 1} {
		if problems, _ := judgeSettled(given("a", "stop", outcome, 1)); len(problems) != wants {
			t.Errorf("a command that is %q at the end: %v", outcome, problems)
		}
	}
	why := given("a", "update_source", "unknown", 1)
	why[1].Message = "nobody can tell"
	if problems, open := judgeSettled(why); len(problems) != 0 || open != 1 {
		t.Errorf("unknown with a reason: %v, %d", problems, open)
	}
}

// TestJudgeSeesMissingAlarms takes alarms away, and raises some in standby.
func TestJudgeSeesMissingAlarms(t *testing.T) {
	alarm := func(id, verb string, seconds int) line {
		return line{Kind: "alarm", ID: id, Verb: verb, Cause: "source_lost", FlowID: "f", At: after(seconds)}
	}
	outage := []span{{after(50), after(58), "503"}}
	for name, c := range map[string]struct {
		lines   []line
		outages []span
		wants   int
	}{
		"raised":                {[]line{alarm("a", "raised", 66)}, nil, 0},
		"missing":               {nil, nil, 1},
		"missing in an outage":  {nil, outage, 0},
		"too late":              {[]line{alarm("a", "raised", 90)}, nil, 1},
		"cleared long before":   {[]line{alarm("a", "raised", 20), alarm("a", "cleared", 30)}, nil, 1},
		"of another flow":       {[]line{{Kind: "alarm", Verb: "raised", Cause: "source_lost", FlowID: "g", At: after(66)}}, nil, 2},
		"and one in standby":    {[]line{alarm("a", "raised", 66), alarm("b", "raised", 200)}, nil, 1},
		"and one before it ran": {[]line{alarm("a", "raised", 66), alarm("b", "raised", 5)}, nil, 1},
	} {
		if problems, _ := judgeAlarms(goesLive(), c.lines, c.outages, after(300)); len(problems) != c.wants {
			t.Errorf("%s: %s", name, strings.Join(problems, "\n"))
		}
	}
	open := []line{alarm("a", "raised", 66), alarm("b", "raised", 67), alarm("b", "returned", 80), alarm("c", "raised", 68), alarm("c", "cleared", 90)}
	if problems := judgeKept(open, []string{"a", "b"}); len(problems) != 0 {
		t.Errorf("alarms that are all listed: %v", problems)
	}
	if problems := judgeKept(open, []string{"a"}); len(problems) != 1 {
		t.Errorf("an alarm that was lost: %v", problems)
	}
}
