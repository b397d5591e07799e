package handlers

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

const (
	maxNews   = 16  // new alarms that a page is told of at once; a flood is heard as one anyway
	maxDetail = 160 // characters of what the relay or the service said
)

// follows gives what wakes a picture: a change of the project, or of its alarms.
func (d *desk) follows(w *monitor.Watcher) func() (<-chan struct{}, func()) {
	panel := d.Alarms.Of(w.Key())
	return func() (<-chan struct{}, func()) {
		ctx, stop := context.WithCancel(d.Context)
		changed, endFlows := w.Subscribe()
		raised, endAlarms := panel.Subscribe()
		return merged(ctx, changed, raised), func() { stop(); endFlows(); endAlarms() }
	}
}

// alarmLine is the line of the shell: what needs a hand first, then what is in
// somebody's hand.
func (v teller) alarmLine() layout.AlarmLine {
	view := v.alarms
	l := layout.AlarmLine{T: v.t, Unacked: view.Unacked, Watched: view.Watched, Reading: view.WatchedSince.IsZero(), Off: v.off(actCare)}
	if view.Watched {
		l.Since = v.moment(view.WatchedSince)
	}
	first := firstAlarm(view.Active)
	if first == nil {
		return l
	}
	brief := v.alarmBrief(first)
	l.First, l.More = &brief, len(view.Active)-1
	for _, a := range latest(view.Active, maxNews) {
		l.News = append(l.News, layout.AlarmNews{
			ID: newsID(a), Priority: priorityKey(a.Priority), Lasts: a.Cleared.IsZero(), Text: v.alarmSaid(a),
		})
	}
	return l
}

// newsID tells one coming of an alarm from the next, and from a more urgent one.
func newsID(a *alarm.Alarm) string {
	return a.ID + "-" + strconv.Itoa(a.Count) + "-" + strconv.Itoa(int(a.Priority))
}

// alarmCounts are the numbers of the bar.
func (v teller) alarmCounts() layout.AlarmCounts {
	return layout.AlarmCounts{T: v.t, High: v.alarms.High, Medium: v.alarms.Medium, Low: v.alarms.Low}
}

// alarmRail is the number of the rail.
func (v teller) alarmRail() layout.AlarmRail {
	return layout.AlarmRail{T: v.t, Active: len(v.alarms.Active)}
}

// firstAlarm is the one that the line shows: of those that last and wait, else
// of those that only wait, else the first of all.
func firstAlarm(active []*alarm.Alarm) *alarm.Alarm {
	for _, state := range []alarm.State{alarm.Unacked, alarm.Returned, alarm.Acked} {
		for _, a := range active {
			if a.State() == state {
				return a
			}
		}
	}
	return nil
}

// latest are the alarms that nobody has acknowledged, at most n, those of the
// highest priority rather than others.
func latest(active []*alarm.Alarm, n int) []*alarm.Alarm {
	var out []*alarm.Alarm
	for _, a := range active {
		if unanswered(a) && len(out) < n {
			out = append(out, a)
		}
	}
	return out
}

// unanswered tells whether nobody has acknowledged an alarm.
func unanswered(a *alarm.Alarm) bool { return a.AckedAt.IsZero() }

func (v teller) alarmBrief(a *alarm.Alarm) layout.AlarmBrief {
	b := layout.AlarmBrief{
		ID: a.ID, Priority: priorityKey(a.Priority), Shape: priorityShape(a.Priority), Word: v.alarmWord(a),
		Age: v.lasting(a), Name: v.alarmName(a), Text: v.alarmText(a), Waits: unanswered(a), Blink: blinks(a),
	}
	if a.FlowID != "" {
		b.URL = flowPath(a.FlowID)
	}
	return b
}

// markRow puts on a flow's row that its alarm waits, or who has acknowledged it.
func (v teller) markRow(flowID string, row *pages.FlowRow) {
	if a := v.alarms.FlowTops[flowID]; a != nil && a.Cleared.IsZero() {
		row.Blink, row.AckedBy = blinks(a), a.AckedBy
	}
}

// blinks tells whether the mark of an alarm blinks.
func blinks(a *alarm.Alarm) bool { return a.State() == alarm.Unacked && a.Priority == alarm.High }

func priorityKey(p alarm.Priority) string {
	switch p {
	case alarm.High:
		return "high"
	case alarm.Medium:
		return "medium"
	}
	return "low"
}

func priorityShape(p alarm.Priority) ui.Shape {
	switch p {
	case alarm.High:
		return ui.ShapeLost
	case alarm.Medium:
		return ui.ShapeWarn
	}
	return ui.ShapeLow
}

// alarmWord is the word of a kind of alarm.
func (v teller) alarmWord(a *alarm.Alarm) string { return v.t.Alarms.KindOf(string(a.Kind)).Word }

// alarmName is what the alarm is of.
func (v teller) alarmName(a *alarm.Alarm) string {
	w := v.t.Alarms
	switch {
	case a.FlowName != "":
		return a.FlowName
	case a.FlowID != "":
		return a.FlowID
	case a.Peer != "":
		return fill(w.Peer, a.Peer)
	case a.Region != "":
		return fill(w.Region, a.Region)
	case a.Kind == alarm.Many:
		return w.Gateway
	}
	return w.Page.WholeProject
}

// lasting is how long an alarm has lasted, or did.
func (v teller) lasting(a *alarm.Alarm) ui.Moment {
	if a.Cleared.IsZero() {
		return ui.At(ui.TimeShort, a.Since, v.now)
	}
	return ui.Moment{Text: ui.Short(a.Cleared.Sub(a.Since))}
}

// alarmText is since when, where, what, and what to try.
func (v teller) alarmText(a *alarm.Alarm) string {
	w := v.t.Alarms
	parts := []string{fill(w.Since, v.moment(a.Since))}
	parts = append(parts, v.alarmFacts(a)...)
	switch a.State() {
	case alarm.Returned:
		parts = append(parts, fill(w.Was, v.moment(a.Cleared)))
	case alarm.Acked:
		parts = append(parts, fill(w.By, a.AckedBy))
	}
	return strings.Join(parts, w.Comma) + w.End + w.KindOf(string(a.Kind)).Try
}

// alarmFacts are where an alarm is, and its figures, each in a few words.
func (v teller) alarmFacts(a *alarm.Alarm) []string {
	w := v.t.Alarms
	var parts []string
	if a.Target != "" {
		parts = append(parts, a.Target)
	}
	if a.Peer != "" && a.FlowID != "" {
		parts = append(parts, fill(w.Peer, a.Peer))
	}
	if figures := v.alarmFigureText(a); figures != "" {
		parts = append(parts, figures)
	}
	return parts
}

// alarmFigureText is the measured value, its limit, and what the relay or the
// service said.
func (v teller) alarmFigureText(a *alarm.Alarm) string {
	value, limit := v.alarmFigures(a)
	if limit != "" {
		limit = fill(v.t.Alarms.Limit, limit)
	}
	parts := []string{value, limit, cut(v.why(a.FlowID, strings.TrimSpace(a.Detail)), maxDetail)}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), v.t.Alarms.Comma)
}

// alarmFigures are the measured value and the limit that it passed, where the
// alarm has any.
func (v teller) alarmFigures(a *alarm.Alarm) (value, limit string) {
	w := v.t.Alarms
	decimals := func(f float64, unit string) string { return strconv.FormatFloat(f, 'f', 2, 64) + " " + unit }
	switch a.Kind {
	case alarm.Loss:
		return decimals(a.Value, "%"), decimals(a.Limit, "%")
	case alarm.Bitrate:
		return decimals(a.Value, "Mb/s"), decimals(a.Limit, "Mb/s")
	case alarm.Credential:
		return fill(w.Left, ui.Age(time.Duration(a.Value*float64(time.Minute)))), ""
	case alarm.Unstable:
		return w.Changes(a.Count), ""
	case alarm.Many:
		return w.Members(a.Members), ""
	}
	return "", ""
}

// alarmSaid is an alarm in a sentence, for a notification and for those who hear
// the page.
func (v teller) alarmSaid(a *alarm.Alarm) string {
	w := v.t.Alarms
	parts := append([]string{v.alarmWord(a) + " " + v.alarmName(a)}, v.alarmFacts(a)...)
	return strings.Join(append(parts, fill(w.Since, v.moment(a.Since))), w.Comma)
}

// moment is a time of day, with its day where that is not today; in UTC.
func (v teller) moment(t time.Time) string {
	if t.UTC().Format(time.DateOnly) == v.now.UTC().Format(time.DateOnly) {
		return clock(t)
	}
	return t.UTC().Format("01-02 15:04:05")
}
