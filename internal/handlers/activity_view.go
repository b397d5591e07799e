package handlers

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// trailVerbs are the verbs that can be chosen, in the order of the choice.
var trailVerbs = []string{
	"start", "stop", "create", "delete", "update_channel", "update_source", "add_output", "update_output", "delete_output",
	"live", "loss", "waiting", "source_lost", "second_input", "no_media", "problem", "output_lost", "output_back", "standby", "link_lost", "link_back",
	"raised", "cleared", "returned", "acknowledged", "shelved", "unshelved",
	"protect", "release", "force_release", "ask", "confirm", "withdraw", "note", "delete_note", "handover", "band",
	"label", "delete_label", "keep_good", "restore", "park", "unpark", "drop_parked",
	"sign_in", "sign_in_refused", "sign_out", "step_up", "step_up_refused", "revoke_session", "revoke_others", "revoke_all", "dashboard_started",
	"role_rule_added", "role_rule_changed", "role_rule_moved", "role_rule_removed",
	"tally", "display_made", "display_changed", "display_paused", "display_resumed", "display_linked", "display_revoked",
	"display_deleted", "display_opened", "webhook_added", "webhook_changed", "webhook_removed", "user_add", "user_disable", "user_enable", "user_passwd",
	"user_policy", "user_group_add", "user_group_remove", "key_add", "key_revoke",
}

// flowActivity is the last lines of a flow, as its page shows them.
func (v teller) flowActivity(f *monitor.Flow, events []trail.Event) pages.Activity {
	_, channel := monitor.ChannelKeyOf(f.ID)
	a := pages.Activity{T: v.t, All: ActivityQuery{Flow: f.ID}.Path(), Channel: channel}
	for _, e := range events {
		a.Lines = append(a.Lines, v.line(e))
	}
	return a
}

// line is an event of the trail in words.
func (v teller) line(e trail.Event) pages.ActivityLine {
	l := pages.ActivityLine{
		Seq: strconv.FormatInt(e.Seq, 10), Time: clock(e.At), Exact: e.At.UTC().Format("2006-01-02 15:04:05.000") + " UTC",
		Kind: v.kindWord(e.Kind), Shape: signalShape(e), Actor: v.actorOf(e), Person: e.Actor != "", FlowName: e.FlowName,
		Text: v.deedWords(e), Note: v.deedNote(e), Reason: e.Reason, Code: e.Code, Message: e.Message, Request: e.Request,
	}
	l.Hand = l.Person
	if v.known != nil && e.FlowID != "" {
		if f, ok := v.known.Flow(e.FlowID); ok {
			l.FlowURL, l.FlowName = flowPath(e.FlowID), cmp.Or(e.FlowName, f.Name)
		} else if ch, ok := v.known.Channel(e.FlowID); ok {
			l.FlowURL, l.FlowName = flowPath(e.FlowID), cmp.Or(e.FlowName, ch.Name)
		}
	}
	if l.FlowName == "" {
		l.FlowName = e.FlowID
	}
	if e.Kind == trail.Command {
		l.Outcome, l.Mark, l.Bad = v.outcomeWord(e.Outcome)
		if e.Cause == control.CausePartly {
			l.Outcome, l.Mark, l.Bad, l.Message = v.t.Trail.Outcomes.Partly, ui.ShapeWarn, true, v.partlyNote(e)
		}
		if !e.SettledAt.IsZero() {
			l.Settled = e.SettledAt.UTC().Format("15:04:05.000") + " UTC, " + v.t.Flow.AfterCommand(tookText(e.SettledAt.Sub(e.At)))
		}
	}
	return l
}

// outcomeWord is an outcome as a word and a shape; bad is one that is not what
// was asked for, or not known.
func (v teller) outcomeWord(outcome string) (word string, mark ui.Shape, bad bool) {
	w := v.t.Trail.Outcomes
	switch monitor.Outcome(outcome) {
	case monitor.OutcomeDone:
		return w.Done, "", false
	case monitor.OutcomeRefused:
		return w.Refused, ui.ShapeWarn, true
	case monitor.OutcomeUnknown:
		return w.Unknown, ui.ShapeStale, true
	case monitor.OutcomeNotDone:
		return w.NotDone, ui.ShapeWarn, true
	}
	return w.Open, ui.ShapeStarting, false
}

func (v teller) kindWord(k trail.Kind) string {
	w := v.t.Trail.Kinds
	switch k {
	case trail.Command:
		return w.Command
	case trail.Signal:
		return w.Signal
	case trail.Alarm:
		return w.Alarm
	case trail.Care:
		return w.Care
	case trail.Access:
		return w.Access
	}
	return string(k)
}

// deedWords tell what a line is about. A verb that has no words here stands for
// itself.
func (v teller) deedWords(e trail.Event) string {
	if words := v.channelDeed(e); words != "" {
		return words
	}
	format, known := v.t.Trail.DeedOf(e.Verb)
	if !known {
		return strings.TrimSpace(e.Verb + " " + e.Target)
	}
	switch e.Verb {
	case control.VerbUpdateOutput:
		if on, ok := switched(e.Detail); ok {
			if format = v.t.Trail.Deeds.OutputOff; on {
				format = v.t.Trail.Deeds.OutputOn
			}
		}
	case control.VerbTally:
		return v.tallyDeed(e.Target)
	case auth.VerbRuleAdded, auth.VerbRuleChanged, auth.VerbRuleMoved, auth.VerbRuleRemoved:
		return fill(format, v.ruleTold(e.Target))
	case control.VerbAsk, control.VerbConfirm, control.VerbWithdraw:
		return fill(format, v.verbWord(e.Target))
	}
	if e.Kind == trail.Alarm {
		return strings.TrimSpace(fill(format, v.alarmKindWord(e.Cause)) + " " + e.Target)
	}
	return fill(format, e.Target)
}

// tallyDeed tells what the tally was set to.
func (v teller) tallyDeed(lamp string) string {
	switch monitor.Lamp(lamp) {
	case monitor.LampOnAir:
		return v.t.Trail.Deeds.TallyOnAir
	case monitor.LampReady:
		return v.t.Trail.Deeds.TallyReady
	}
	return v.t.Trail.Deeds.TallyOff
}

// alarmKindWord is a kind of alarm in a word.
func (v teller) alarmKindWord(kind string) string {
	return cmp.Or(v.t.Alarms.KindOf(kind).Word, kind)
}

// verbWord is a verb for a choice: its words, without a name.
func (v teller) verbWord(verb string) string {
	format, known := v.t.Trail.DeedOf(verb)
	if !known {
		return verb
	}
	return strings.TrimRight(strings.Join(strings.Fields(fill(format, "")), " "), " :：")
}

// deedNote tells what was changed, or the figures of a signal.
func (v teller) deedNote(e trail.Event) string {
	if _, channel := monitor.ChannelKeyOf(e.FlowID); channel && e.Kind == trail.Command {
		return v.channelNote(e.Detail)
	}
	switch e.Verb {
	case control.VerbUpdateSource:
		return v.changesNote(e.Detail, false)
	case control.VerbUpdateOutput:
		if _, ok := switched(e.Detail); ok {
			return ""
		}
		return v.changesNote(e.Detail, true)
	case control.VerbCreate, control.VerbAddOutput:
		return "" // all of it is new
	}
	switch e.Kind {
	case trail.Signal, trail.Alarm, trail.Access:
		return v.figuresNote(e, e.Detail)
	}
	if told := control.Told(e.Detail); len(told) > 0 {
		return v.changesTold(told, true)
	}
	return e.Detail
}

// figure is one name and value of a line's detail.
type figure struct{ name, value string }

// figuresOf reads the figures of a line: name=value, or name="value" with Go's
// escapes. It gives none for what is written in another form.
func figuresOf(detail string) []figure {
	var all []figure
	for rest := detail; rest != ""; {
		name, after, ok := strings.Cut(rest, "=")
		if !ok || name == "" || strings.ContainsAny(name, " \"") {
			return nil
		}
		value := after
		if quoted, err := strconv.QuotedPrefix(after); err == nil {
			value, _ = strconv.Unquote(quoted)
			rest = after[len(quoted):]
		} else {
			value, rest, _ = strings.Cut(after, " ")
			all, rest = append(all, figure{name, value}), strings.TrimLeft(rest, " ")
			continue
		}
		all, rest = append(all, figure{name, value}), strings.TrimLeft(rest, " ")
	}
	return all
}

// figuresNote tells figures of a line in words: "was LIVE for 0:42 · far end
// 203.0.113.24".
func (v teller) figuresNote(e trail.Event, detail string) string {
	figures := figuresOf(detail)
	if figures == nil {
		return detail
	}
	var notes []string
	if before := v.beforeWords(e, figures); before != "" {
		notes = append(notes, before)
	}
	for _, f := range figures {
		if name, value := v.figureWords(e.FlowID, f); value != "" {
			notes = append(notes, strings.TrimSpace(name+" "+value))
		}
	}
	return strings.Join(notes, " · ")
}

// beforeWords tell what was before a line, and for how long.
func (v teller) beforeWords(e trail.Event, figures []figure) string {
	_, channel := monitor.ChannelKeyOf(e.FlowID)
	w := v.t.Trail.Figures
	var was, lasted string
	for _, f := range figures {
		switch f.name {
		case "was":
			if was = v.stateWord(f.value); channel {
				was = v.t.ChannelState(f.value)
			}
		case "lasted":
			lasted = f.value
			if d, err := time.ParseDuration(f.value); err == nil {
				lasted = ui.Counter(d)
			}
		}
	}
	switch {
	case was != "" && lasted != "":
		return w.WasFor(was, lasted)
	case was != "":
		return strings.TrimSpace(w.Was + " " + was)
	case lasted == "":
		return ""
	}
	switch e.Verb {
	case "output_lost":
		return w.FineFor + " " + lasted
	case "output_back", "link_back":
		return w.LostFor + " " + lasted
	case "link_lost":
		return w.ReachedFor + " " + lasted
	}
	return w.Lasted + " " + lasted
}

// figureWords are the name and the value of a figure of a flow, or a channel; no
// value leaves it out.
func (v teller) figureWords(id string, f figure) (name, value string) {
	w := v.t.Trail.Figures
	switch f.name {
	case "output", "was", "lasted":
		return "", "" // the line names it, or it is told before the others
	case "priority":
		return w.Priority, map[string]string{"low": w.Low, "medium": w.Medium, "high": w.High}[f.value]
	case "until":
		if at, err := time.Parse(time.RFC3339, f.value); err == nil {
			return w.Until, v.day(at) + " UTC"
		}
		return w.Until, f.value
	case "bitrate":
		return w.Bitrate, withUnit(f.value, "Mb/s")
	case "loss":
		return w.Loss, withUnit(f.value, "%")
	case "problem":
		return "", v.why(id, f.value)
	case "cause":
		return "", cmp.Or(map[string]string{
			"commanded": w.Commanded, "standby": w.Stopped, "deleted": w.Removed, "removed": w.Removed,
		}[f.value], f.value)
	}
	name, ok := map[string]string{
		"peer": w.Peer, "limit": w.Limit, "members": w.Members, "address": w.Address, "version": w.Version,
		"changes": w.Changes, "times": w.Times, "not_written": w.NotWritten, "flows": w.Flows,
	}[f.name]
	if !ok {
		name = f.name
	}
	return name, f.value
}

// withUnit sets the unit of a figure apart; nothing was measured gives nothing.
func withUnit(value, unit string) string {
	number, has := strings.CutSuffix(value, unit)
	if n, err := strconv.ParseFloat(number, 64); err == nil && n == 0 {
		return ""
	}
	if !has {
		return value
	}
	return strings.TrimSpace(number) + " " + unit
}

// stateWord is a state, as the trail names it, in the word of the list.
func (v teller) stateWord(name string) string {
	w := v.t.State
	switch name {
	case "live":
		return w.Live
	case "loss":
		return w.Loss
	case "waiting":
		return w.Waiting
	case "source_lost":
		return w.SourceLost
	case "standby":
		return w.Standby
	}
	return w.Unknown
}

// signalShape is the mark of what media did, or of an alarm.
func signalShape(e trail.Event) ui.Shape {
	switch e.Kind {
	case trail.Signal:
		switch e.Verb {
		case "live", "output_back":
			return ui.ShapeLive
		case "loss", "changes_often":
			return ui.ShapeWarn
		case "waiting":
			return ui.ShapeWaiting
		case "source_lost", "output_lost":
			return ui.ShapeLost
		case "standby":
			return ui.ShapeStandby
		case "link_lost", "stale":
			return ui.ShapeStale
		}
	case trail.Alarm:
		if e.Verb != "raised" {
			return ""
		}
		for _, f := range figuresOf(e.Detail) {
			if f.name == "priority" && f.value == "high" {
				return ui.ShapeLost
			}
		}
		return ui.ShapeWarn
	}
	return ""
}
