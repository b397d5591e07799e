package handlers

import (
	"context"
	"slices"
	"strconv"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// chosen are the alarms that a query asks for, but for the past; those that wait
// come first.
func chosen(view *alarm.View, q AlarmQuery) []*alarm.Alarm {
	of := view.Active
	if q.Show == showShelved {
		of = view.Shelved
	}
	if q.Flow != "" && q.Show != showShelved {
		of = slices.Concat(of, view.Members) // the parent is of no flow
	}
	var out []*alarm.Alarm
	for _, a := range of {
		switch {
		case q.Flow != "" && a.FlowID != q.Flow:
		case q.Show == showActive && !a.Cleared.IsZero():
		case q.Show == showReturned && a.State() != alarm.Returned:
		default:
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b *alarm.Alarm) int {
		switch {
		case unanswered(a) == unanswered(b):
			return 0
		case unanswered(a):
			return -1
		}
		return 1
	})
	return out
}

// alarmTabs are the counts by state.
func (v teller) alarmTabs(q AlarmQuery, past int) pages.AlarmTabs {
	w := v.t.Alarms.Page
	labels := map[string]string{showActive: w.Active, showReturned: w.Back, showShelved: w.Shelved, showPast: w.Past}
	tabs := pages.AlarmTabs{T: v.t}
	for _, show := range alarmShows {
		n := ""
		switch {
		case show == showShelved:
			n = strconv.Itoa(len(v.shelves(q.Flow)))
		case show != showPast:
			n = strconv.Itoa(len(chosen(v.alarms, AlarmQuery{Show: show, Flow: q.Flow})))
		case show == q.Show:
			n = strconv.Itoa(past)
		}
		tabs.Chips = append(tabs.Chips, ui.Chip{
			Key: "alarms-" + show, Label: labels[show], Count: n, Empty: n == "0", Selected: show == q.Show,
			URL: AlarmQuery{Show: show, Flow: q.Flow}.Path(),
		})
	}
	return tabs
}

// shelves are the shelves of a flow, or all.
func (v teller) shelves(flow string) []alarm.Shelf {
	if flow == "" {
		return v.alarms.Shelves
	}
	var out []alarm.Shelf
	for _, s := range v.alarms.Shelves {
		if s.FlowID == flow {
			out = append(out, s)
		}
	}
	return out
}

// alarmRows are rows of the table, at most [maxAlarms].
func (v teller) alarmRows(all []*alarm.Alarm, q AlarmQuery) []pages.AlarmRow {
	var rows []pages.AlarmRow
	for _, a := range all[:min(len(all), maxAlarms)] {
		rows = append(rows, v.alarmRow(a, q))
	}
	return rows
}

// alarmBody is the rows that a query asks for, but for the past.
func (v teller) alarmBody(rows []pages.AlarmRow, show string) pages.AlarmBody {
	w := v.t.Alarms.Page
	b := pages.AlarmBody{T: v.t, Rows: rows}
	switch show {
	case showReturned:
		b.Empty, b.EmptyHelp = w.NoReturned, w.NoReturnedHelp
	case showShelved:
		b.Empty, b.EmptyHelp = w.NoShelved, w.NoShelvedHelp
	case showPast:
		b.Empty, b.EmptyHelp = w.NoPast, w.NoPastHelp
	default:
		b.Empty, b.EmptyHelp = w.NoActive, w.NoActiveHelp
	}
	return b
}

// ackShown is the button for exactly the alarms that are listed and wait.
func (v teller) ackShown(rows []pages.AlarmRow, q AlarmQuery) pages.AckShown {
	a := pages.AckShown{T: v.t, Back: q.pairs(), Off: v.off(actCare)}
	for _, r := range rows {
		if r.Waits {
			a.IDs = append(a.IDs, r.ID)
		}
	}
	return a
}

// alarmRow is an alarm in the table.
func (v teller) alarmRow(a *alarm.Alarm, q AlarmQuery) pages.AlarmRow {
	w := v.t.Alarms
	r := pages.AlarmRow{
		T: v.t, ID: a.ID, State: v.alarmState(a), Priority: priorityKey(a.Priority), PriorityWord: v.priorityWord(a.Priority),
		Shape: priorityShape(a.Priority), Word: v.alarmWord(a), Age: v.lasting(a), Lasts: a.Cleared.IsZero(), Blink: blinks(a),
		Facts: v.alarmFigureText(a), Try: w.KindOf(string(a.Kind)).Try, FirstOut: a.FirstOut,
		Name: v.alarmName(a), Target: a.Target, Peer: a.Peer, Since: v.moment(a.Since),
		By: a.AckedBy, Note: a.Note, Waits: unanswered(a), Back: q.pairs(), Off: v.off(actCare),
	}
	if a.Count > 1 && a.Kind != alarm.Unstable {
		r.Times = fill(w.Times, strconv.Itoa(a.Count))
	}
	if a.FlowID != "" {
		r.URL = flowPath(a.FlowID)
		if a.Target != "" && v.may.role >= actBuild.needs {
			r.TargetURL = outputPath(a.FlowID, a.Target)
		}
	} else {
		r.Peer = "" // it is the name
	}
	if !a.Cleared.IsZero() {
		r.Until = v.moment(a.Cleared)
	}
	if !a.AckedAt.IsZero() {
		r.ByAt = v.moment(a.AckedAt)
	}
	if a.State() != alarm.Closed {
		r.Forms = q.at(pages.AlarmPath(a.ID))
	}
	if a.Kind == alarm.Many {
		r.MembersHead = w.Members(a.Members)
		for _, m := range v.alarms.Members {
			if m.Parent == a.ID {
				r.Members = append(r.Members, v.alarmRow(m, q))
			}
		}
	}
	return r
}

// alarmState is where an alarm is in its life.
func (v teller) alarmState(a *alarm.Alarm) ui.State {
	w := v.t.Alarms
	if slices.ContainsFunc(v.alarms.Shelved, func(s *alarm.Alarm) bool { return s.ID == a.ID }) {
		return ui.State{Shape: ui.ShapeShelved, Word: w.OnShelf}
	}
	switch a.State() {
	case alarm.Unacked:
		return ui.State{Shape: ui.ShapeUnacked, Word: w.Unacked}
	case alarm.Acked:
		return ui.State{Shape: ui.ShapeAcked, Word: w.Acked}
	case alarm.Returned:
		return ui.State{Shape: ui.ShapeReturned, Word: w.Returned}
	}
	return ui.State{Shape: ui.ShapeClosed, Word: w.Closed}
}

func (v teller) priorityWord(p alarm.Priority) string {
	switch p {
	case alarm.High:
		return v.t.Alarms.High
	case alarm.Medium:
		return v.t.Alarms.Medium
	}
	return v.t.Alarms.Low
}

// shelfList is the shelves of a flow, or all.
func (v teller) shelfList(q AlarmQuery) *pages.ShelfList {
	w := v.t.Alarms
	l := &pages.ShelfList{T: v.t}
	for _, s := range v.shelves(q.Flow) {
		row := pages.ShelfRow{
			T: v.t, ID: s.ID, What: w.Page.AllKinds, Name: s.FlowName, Until: fill(w.Page.Until, v.moment(s.Until)),
			Left: ui.At(ui.TimeDown, s.Until, v.now), By: w.Page.ShelfBy(s.By, v.moment(s.At)), Reason: s.Reason, Back: q.pairs(), Off: v.off(actCare),
		}
		if s.Kind != "" {
			row.What = w.KindOf(string(s.Kind)).Word
		}
		if s.Target != "" {
			row.Name += ", " + s.Target
		}
		if s.FlowID != "" {
			row.URL = flowPath(s.FlowID)
		} else {
			row.Name = w.Page.WholeProject
		}
		l.Rows = append(l.Rows, row)
	}
	return l
}

// flowAlarms are the alarms of a flow, with those on a shelf and those that a
// parent stands for.
func (v teller) flowAlarms(flowID string) pages.FlowAlarms {
	q := AlarmQuery{Show: showPast, Flow: flowID}
	_, channel := monitor.ChannelKeyOf(flowID)
	m := pages.FlowAlarms{T: v.t, Past: q.Path(), Channel: channel}
	back := []ui.Hidden{{Name: fieldFrom, Value: fromFlow}, {Name: "flow", Value: flowID}}
	for _, a := range slices.Concat(v.alarms.Active, v.alarms.Members, v.alarms.Shelved) {
		if a.FlowID == flowID {
			row := v.alarmRow(a, AlarmQuery{Show: showActive})
			row.Back = back
			m.Rows = append(m.Rows, row)
		}
	}
	return m
}

// alarmParts are what lives on the page of alarms; the past does not.
func (d *desk) alarmParts(v teller, q AlarmQuery) []part {
	if q.Show == showPast {
		return nil
	}
	rows := v.alarmRows(chosen(v.alarms, q), q)
	body := v.alarmBody(rows, q.Show)
	p := part{target: "alarm-rows", html: []byte{}, whole: func() []byte { return d.piece("alarm-rows", body).html }}
	for _, r := range rows {
		p.rows = append(p.rows, d.piece(pages.AlarmID(r.ID), r))
	}
	parts := []part{d.piece("alarm-tabs", v.alarmTabs(q, 0)), d.piece("ack-shown", v.ackShown(rows, q)), p}
	if q.Show == showShelved {
		parts = append(parts, d.piece("shelves", v.shelfList(q)))
	}
	return parts
}

// alarmsOfTime are the alarms of a time, newest first.
func (d *desk) alarmsOfTime(ctx context.Context, v *visit, q AlarmQuery, t teller) (all []*alarm.Alarm, faulty string, err error) {
	from, to, faulty := q.Span(t.now)
	all, err = d.Alarms.Of(v.watcher.Key()).Past(ctx, alarm.Filter{FlowID: q.Flow, Without: v.sees.without(), From: from, To: to, Limit: maxAlarms + 1})
	return all, faulty, err
}
