package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// slack is added to the age that a fact may have: for painting, and for a busy
// machine.
const slack = 3 * time.Second

// about is what a statement is about.
type about string

const (
	aboutState     about = "state"     // the one word of a flow or a channel
	aboutConfirmed about = "confirmed" // what the service confirmed
	aboutOutput    about = "output"    // the mark of an output
	aboutAlarm     about = "alarm"     // an alarm that lasts
	aboutRecord    about = "recording" // how long a channel keeps what it sends
)

// sight is a statement that a screen showed as present knowledge.
type sight struct {
	at     time.Time
	who    string
	where  string // the path of the page
	flow   string // or channel: monitor.ChannelID
	about  about
	output string
	word   string
	window time.Duration // how old its facts may be
	blind  []span        // in which the dashboard could not read, as far as they matter here
}

func (s sight) String() string {
	return fmt.Sprintf("%s %s saw on %s: %s %s %s is %s (facts of the last %v)",
		clock(s.at), s.who, s.where, s.flow, s.about, s.output, s.word, s.window)
}

// fact is what became true of a flow, or of a channel.
type fact struct {
	medialivetest.Fact
	channel medialive.Channel // where it is of one, and no Flow
}

// truth is what was true of each flow and channel, in order.
type truth map[string][]fact

func newTruth(facts []medialivetest.Fact) truth {
	t := truth{}
	t.add(facts)
	return t
}

// add takes what became true of flows after all that is known.
func (t truth) add(facts []medialivetest.Fact) {
	for _, f := range facts {
		t[f.ID] = append(t[f.ID], fact{Fact: f})
	}
}

// during gives the facts of a flow that held at some time between two.
func (t truth) during(flow string, from, to time.Time) (facts []fact, first int) {
	all := t[flow]
	end, _ := slices.BinarySearchFunc(all, to, func(f fact, at time.Time) int {
		if f.At.After(at) {
			return 1
		}
		return -1
	})
	first = end
	for first > 0 && (first == end || all[first].At.After(from)) {
		first--
	}
	return all[first:end], first
}

// false tells whether a statement was false: at no time in its window was it so.
// What is not a statement about the present is not judged.
func (t truth) false(s sight) bool {
	holds := t.claim(s)
	if holds == nil {
		return false
	}
	facts, first := t.during(s.flow, s.at.Add(-s.window), s.at)
	for i, f := range facts {
		if !f.Gone && holds(f, first+i) {
			return s.word == "LIVE" && t.outputLong(s)
		}
	}
	return true
}

// claim gives what a statement says of a flow; nil where it says nothing that
// can be false.
func (t truth) claim(s sight) func(f fact, i int) bool {
	switch {
	case isChannel(s.flow):
		return channelClaim(s)
	case s.about == aboutConfirmed:
		return func(f fact, _ int) bool { return string(f.Flow.Status) == s.word }
	case s.about == aboutOutput:
		return outputClaim(s.output, s.word)
	case s.about == aboutAlarm:
		return alarmClaim(s.word)
	}
	switch s.word {
	case "STANDBY":
		return func(f fact, _ int) bool { return f.Flow.Status == medialive.Standby }
	case "LIVE":
		return func(f fact, _ int) bool { return active(f) && moves(f) }
	case "WAITING":
		return func(f fact, _ int) bool { return active(f) && still(f) }
	case "SOURCE LOST":
		return func(f fact, i int) bool { return active(f) && still(f) && t.moved(s.flow, i) }
	case "OUTPUT":
		return func(f fact, _ int) bool {
			return active(f) && moves(f) && slices.ContainsFunc(f.Flow.Outputs, cutOff)
		}
	}
	return noReason(s.word)
}

// noReason is what a word says that this cloud gives no reason for: what is
// false, unless it says nothing of now.
func noReason(word string) func(fact, int) bool {
	switch word {
	case "STARTING", "STOPPING", "UNKNOWN", "STALE":
		return nil
	}
	return func(fact, int) bool { return false }
}

// alarmClaim gives what an alarm of a source that lasts says of its flow.
func alarmClaim(word string) func(f fact, _ int) bool {
	if word != "SOURCE LOST" && word != "NO MEDIA" {
		return nil
	}
	return func(f fact, _ int) bool { return active(f) && still(f) }
}

func outputClaim(name, mark string) func(f fact, _ int) bool {
	return func(f fact, _ int) bool {
		i := slices.IndexFunc(f.Flow.Outputs, func(o medialive.Output) bool { return o.Name == name })
		switch {
		case i < 0:
			return false
		case mark == "ok":
			return active(f) && f.Flow.Outputs[i].Health == medialive.Connected
		case mark == "lost":
			return active(f) && cutOff(f.Flow.Outputs[i])
		case mark == "off":
			return f.Flow.Status == medialive.Standby || f.Flow.Outputs[i].Status == medialive.Disabled
		}
		return true // there is such an output
	}
}

func active(f fact) bool { return f.Flow.Status == medialive.Active }
func moves(f fact) bool  { return f.Flow.Sources[0].Health == medialive.Connected }
func still(f fact) bool  { return f.Flow.Sources[0].Health == medialive.Disconnected }

func cutOff(o medialive.Output) bool {
	return o.Status != medialive.Disabled && o.Health == medialive.Disconnected
}

// moved tells whether media came during the start that fact i belongs to.
func (t truth) moved(flow string, i int) bool {
	for ; i >= 0 && active(t[flow][i]); i-- {
		if moves(t[flow][i]) {
			return true
		}
	}
	return false
}

// forgotten tells whether a flow was called WAITING though media had come during
// this start: true of now, but media came between two reads, or before a
// restart, and so is not known.
func (t truth) forgotten(s sight) bool {
	if s.about != aboutState || s.word != "WAITING" {
		return false
	}
	facts, first := t.during(s.flow, s.at.Add(-s.window), s.at)
	for i := range facts {
		if facts[i].Gone || !t.moved(s.flow, first+i) {
			return false
		}
	}
	return len(facts) > 0
}

// settles is how long an output may take to move after its source, and to be
// read again.
const settles = 20 * time.Second

// seeing is the time since when the dashboard could read for d in all, of the
// spans in which it could not, oldest first. It is zero where the dashboard was
// killed meanwhile: the next one has to find out for itself.
func seeing(blind []span, at time.Time, d time.Duration) time.Time {
	for _, o := range slices.Backward(blind) {
		if !o.from.Before(at) {
			continue
		}
		if to := o.to.Add(recovers); !o.to.IsZero() && to.Before(at) {
			if at.Sub(to) >= d {
				break
			}
			d -= at.Sub(to)
		}
		if o.what == killed {
			return time.Time{}
		}
		at = o.from
	}
	return at.Add(-d)
}

// outputLong tells whether an output of a flow that was said to be LIVE had been
// without its receiver for far too long.
func (t truth) outputLong(s sight) bool {
	from := seeing(s.blind, s.at, s.window+settles)
	facts, _ := t.during(s.flow, from, s.at)
	if len(facts) == 0 || facts[0].At.After(from) {
		return false
	}
	return slices.ContainsFunc(facts[0].Flow.Outputs, func(o medialive.Output) bool {
		return !slices.ContainsFunc(facts, func(f fact) bool {
			return f.Gone || !active(f) || !moves(f) ||
				!slices.ContainsFunc(f.Flow.Outputs, func(have medialive.Output) bool { return have.Name == o.Name && cutOff(have) })
		})
	})
}

// judgeShown gives the statements that were false, with the truth beside them.
func judgeShown(t truth, sights []sight) (problems []string) {
	for _, s := range sights {
		if t.false(s) {
			problems = append(problems, s.String()+"\n"+t.tell(s.flow, s.at.Add(-s.window-20*time.Second), s.at.Add(time.Second)))
		}
	}
	return problems
}

// tell gives the truth log of a flow or a channel between two times.
func (t truth) tell(flow string, from, to time.Time) string {
	var b strings.Builder
	facts, _ := t.during(flow, from, to)
	for _, f := range facts {
		fmt.Fprintf(&b, "    truth %s %s: %s\n", clock(f.At), f.Cause, f.words())
	}
	return b.String()
}

func (f fact) words() string {
	switch {
	case f.Gone:
		return "gone"
	case isChannel(f.ID):
		return fmt.Sprintf("%s, keeps %s", f.channel.State, keeps(f.channel))
	}
	words := fmt.Sprintf("%s, source %s", f.Flow.Status, f.Flow.Sources[0].Health)
	for _, o := range f.Flow.Outputs {
		words += fmt.Sprintf(", %s %s %s", o.Name, o.Status, o.Health)
	}
	return words
}

// line is a line of the trail as it is exported.
type line struct {
	Seq      int       `json:"seq"`
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Verb     string    `json:"verb"`
	FlowID   string    `json:"flow_id"`
	FlowName string    `json:"flow_name"`
	Target   string    `json:"target"`
	Actor    string    `json:"actor"`
	Reason   string    `json:"reason"`
	Detail   string    `json:"detail"`
	Outcome  string    `json:"outcome"`
	Cause    string    `json:"cause"`
	Message  string    `json:"message"`
	At       time.Time `json:"at"`
}

// command is a command of the trail with what became of it.
type command struct {
	line
	said []string // its outcomes in order
	why  string   // of the last outcome
}

func (c command) outcome() string {
	if len(c.said) == 0 {
		return ""
	}
	return c.said[len(c.said)-1]
}

func (c command) String() string {
	return fmt.Sprintf("%s %s %s %s by %s: %s %s [%s]", clock(c.At), c.Verb, c.FlowName, c.Target, c.Actor, strings.Join(c.said, ", "), c.why, c.Detail)
}

// commandsOf puts commands and outcomes together, in the order they were given.
func commandsOf(lines []line) (all []*command) {
	byID := map[string]*command{}
	for _, l := range lines {
		switch l.Kind {
		case "command":
			c := &command{line: l}
			byID[l.ID] = c
			all = append(all, c)
			if l.Outcome != "" {
				c.said, c.why = append(c.said, l.Outcome), l.Cause+" "+l.Message
			}
		case "outcome":
			if c := byID[l.ID]; c != nil {
				c.said, c.why = append(c.said, l.Outcome), strings.TrimSpace(l.Cause+" "+l.Message)
			}
		}
	}
	return all
}

// operations are the operations of the API by the verb of the trail; those of
// channels by "channel", the verb, and the part that was changed.
var operations = map[string]string{
	"start": "ModifyFlowStart", "stop": "ModifyFlowStop", "create": "CreateFlows", "delete": "DeleteFlow",
	"update_source": "ModifyFlowSources", "add_output": "CreateFlowOutput", "update_output": "ModifyFlowOutput",
	"delete_output": "DeleteFlowOutput",

	"channel start": "ModifyOttChannelInfoStats", "channel stop": "ModifyOttChannelInfoStats",
	"channel create": "CreateOttChannelInfo", "channel delete": "DeleteOttChannelInfo",
	"channel update_channel general":   "ModifyOttChannelInfoGeneral",
	"channel update_channel input":     "ModifyOttChannelInfoInput",
	"channel update_channel endpoints": "ModifyOttChannelInfoEndPoints",
	"channel update_channel encoders":  "ModifyOttChannelInfoEncoderSettings",
	"channel update_channel record":    "ModifyOttChannelInfoRecordSettings",
}

// operation is the operation of the API by which a command is given.
func (c command) operation() string {
	if isChannel(c.FlowID) {
		return operations[strings.TrimSpace("channel "+c.Verb+" "+c.Target)]
	}
	return operations[c.Verb]
}

func isWrite(op string) bool {
	for _, name := range operations {
		if name == op {
			return true
		}
	}
	return false
}

// acted is what reached the cloud of one command.
type acted struct{ calls, effects int }

// judgeTwice compares commands with what reached the cloud: each call has one
// command, each command one call at most, and its outcome is what happened.
func judgeTwice(lines []line, requests []medialivetest.Request) (problems []string, wrong int) {
	commands := commandsOf(lines)
	of, lost := actedOf(commands, requests)
	for _, r := range lost {
		problems = append(problems, fmt.Sprintf("%s %s of %s (effect: %v) has no line in the trail", clock(r.At), r.Op, subject(r), r.Effect))
	}
	for _, c := range commands {
		a := of[c]
		if a.calls > 1 || a.effects > 1 {
			problems = append(problems, fmt.Sprintf("%v: %d calls, %d effects", c, a.calls, a.effects))
		}
		if o := c.outcome(); o == "done" && a.effects == 0 || (o == "refused" || o == "not_done") && a.effects > 0 {
			wrong++
			problems = append(problems, fmt.Sprintf("%v: %d calls, %d effects", c, a.calls, a.effects))
		}
	}
	return problems, wrong
}

// actedOf gives what reached the cloud of each command, and the requests that
// have none.
func actedOf(commands []*command, requests []medialivetest.Request) (of map[*command]acted, lost []medialivetest.Request) {
	of = map[*command]acted{}
	for _, r := range requests {
		if !isWrite(r.Op) {
			continue
		}
		owner := ownerOf(commands, r)
		if owner == nil {
			lost = append(lost, r)
			continue
		}
		a := of[owner]
		a.calls++
		if r.Effect {
			a.effects++
		}
		of[owner] = a
	}
	return of, lost
}

// ownerOf finds the command by which a request was made: commands of one flow or
// channel are given one after the other, so it is the last one before.
func ownerOf(commands []*command, r medialivetest.Request) (owner *command) {
	for _, c := range commands {
		if c.operation() == r.Op && c.FlowID == subject(r) && !c.At.After(r.At) && (r.Output == "" || r.Output == c.Target) {
			owner = c
		}
	}
	return owner
}

// deed is what somebody did and was told to be done.
type deed struct {
	from, to          time.Time // when it was sent and when it was answered
	kind, verb, actor string
	flow, target, id  string // empty: not told
	reason            string
}

func (d deed) is(l line) bool {
	same := func(want, have string) bool { return want == "" || want == have }
	return l.Kind == d.kind && l.Verb == d.verb && l.Actor == d.actor && l.FlowID == d.flow && same(d.target, l.Target) &&
		same(d.id, l.ID) && same(d.reason, l.Reason) &&
		!l.At.Before(d.from.Add(-time.Millisecond)) && !l.At.After(d.to)
}

// judgeWho gives the acts that the trail does not have as they were done.
func judgeWho(lines []line, deeds []deed) (problems []string) {
	taken := map[int]bool{}
	for _, d := range deeds {
		i := slices.IndexFunc(lines, func(l line) bool { return !taken[l.Seq] && d.is(l) })
		if i < 0 {
			problems = append(problems, fmt.Sprintf("not in the trail: %+v", d))
			continue
		}
		taken[lines[i].Seq] = true
	}
	return problems
}

// judgeSettled gives the commands of which it is not known what became of them,
// though a read could tell. open counts those of which none can, with why.
func judgeSettled(lines []line) (problems []string, open int) {
	for _, c := range commandsOf(lines) {
		switch o := c.outcome(); {
		case o == "done" || o == "refused" || o == "not_done":
		case o == "unknown" && (strings.HasPrefix(c.Verb, "update_") && c.why != "" || strings.Contains(c.why, "changed again before")):
			open++
		default:
			problems = append(problems, fmt.Sprintf("not settled: %v", c))
		}
	}
	return problems, open
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }
