package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// longest is a name of the greatest length that the service takes.
const longest = "A-VERY-LONG-FLOW-NAME-OF-SIXTY-FOUR-CHARACTERS-TO-SEE-IT-CUT-XYZ"

func (s studio) alarmSamples() []sample {
	return []sample{
		{"alarms", s.alarms(10).View()},
		{"alarms-0", s.alarms(0).View()},
		{"alarms-1", s.alarms(1).View()},
		{"alarms-100", s.alarms(100).View()},
		{"alarms-returned", s.returnedAlarms().View()},
		{"alarms-shelved", s.shelvedAlarms().View()},
		{"alarms-past", s.pastAlarms().View()},
		{"alarms-form", s.alarmForm(false).View()},
		{"alarms-form-errors", s.alarmForm(true).View()},
		{"line-none", s.lined(layout.AlarmLine{T: s.t, Watched: true, Since: "17:58:02"}).View()},
		{"line-unwatched", s.lined(layout.AlarmLine{T: s.t}).View()},
		{"line-long", s.lined(s.longLine()).View()},
		{"line-acked", s.lined(s.ackedLine()).View()},
	}
}

// alarmLine is the line with an alarm, and others that wait behind it.
func (s studio) alarmLine(more int) layout.AlarmLine {
	w := s.t.Alarms
	return layout.AlarmLine{
		T: s.t, Watched: true, Unacked: more + 1, More: more,
		First: &layout.AlarmBrief{
			ID: "a1", Priority: "high", Shape: ui.ShapeLost, Word: w.SourceLost.Word, Age: s.ago(ui.TimeShort, 42*time.Second),
			Name: "FINAL-FEED-B", URL: "/flows/6f0c22-a91e", Waits: true, Blink: true,
			Text: s.since(42*time.Second) + w.Comma + strings.Replace(w.Peer, "{}", "203.0.113.25", 1) + w.End + w.SourceLost.Try,
		},
		News: []layout.AlarmNews{{ID: "a1-1-3", Priority: "high", Lasts: true, Text: w.SourceLost.Word + " FINAL-FEED-B"}},
	}
}

func (s studio) since(ago time.Duration) string {
	return strings.Replace(s.t.Alarms.Since, "{}", s.clock(ago), 1)
}

func (s studio) clock(ago time.Duration) string { return s.now.Add(-ago).UTC().Format(time.TimeOnly) }

// longLine has the longest of everything.
func (s studio) longLine() layout.AlarmLine {
	l := s.alarmLine(1234)
	l.First.Name, l.First.Age = longest, s.ago(ui.TimeShort, 73*time.Hour)
	l.First.Word = s.t.Alarms.Credential.Word
	l.First.Text = s.since(time.Hour) + s.t.Alarms.Comma + longest + s.t.Alarms.Comma + strings.Repeat("connection refused ", 8) + s.t.Alarms.End + s.t.Alarms.NoMedia.Try
	return l
}

func (s studio) ackedLine() layout.AlarmLine {
	l := s.alarmLine(0)
	l.Unacked, l.News = 0, nil
	l.First.Waits, l.First.Blink, l.First.Priority, l.First.Shape, l.First.Word = false, false, "medium", ui.ShapeWarn, s.t.Alarms.Loss.Word
	return l
}

func (s studio) lined(l layout.AlarmLine) pages.Flows {
	p := s.list(24, true)
	p.Shell.Line = l
	if l.First == nil {
		p.Shell.Alarms, p.Shell.Active = layout.AlarmCounts{T: s.t}, layout.AlarmRail{T: s.t}
	} else if l.More > 999 {
		p.Shell.Alarms = layout.AlarmCounts{T: s.t, High: 128, Medium: 999, Low: 108}
		p.Shell.Active.Active = l.More + 1
	}
	return p
}

// alarmPage is the page with some rows.
func (s studio) alarmPage(show string, rows []pages.AlarmRow, empty, help string) pages.Alarms {
	w := s.t.Alarms.Page
	shell := s.shell(s.t.Alarms.Title)
	shell.Section = "alarms"
	p := pages.Alarms{
		Shell: shell, T: s.t, Form: pages.AlarmForms{T: s.t}, Shown: pages.AckShown{T: s.t},
		Body: pages.AlarmBody{T: s.t, Rows: rows, Empty: empty, EmptyHelp: help},
		Tabs: pages.AlarmTabs{T: s.t},
	}
	for _, tab := range []struct{ key, label, count string }{
		{"active", w.Active, "10"}, {"returned", w.Back, "0"}, {"shelved", w.Shelved, "2"}, {"past", w.Past, ""},
	} {
		p.Tabs.Chips = append(p.Tabs.Chips, ui.Chip{
			Key: "alarms-" + tab.key, Label: tab.label, Count: tab.count, Empty: tab.count == "0",
			Selected: tab.key == show, URL: "/alarms?show=" + tab.key,
		})
	}
	for _, r := range rows {
		if r.Waits {
			p.Shown.IDs = append(p.Shown.IDs, r.ID)
		}
	}
	return p
}

func (s studio) alarms(n int) pages.Alarms {
	var rows []pages.AlarmRow
	for i := range n {
		rows = append(rows, s.alarmRow(i))
	}
	p := s.alarmPage("active", rows, s.t.Alarms.Page.NoActive, s.t.Alarms.Page.NoActiveHelp)
	if n == 0 {
		p.Shell.Line, p.Shell.Alarms, p.Shell.Active = layout.AlarmLine{T: s.t, Watched: true}, layout.AlarmCounts{T: s.t}, layout.AlarmRail{T: s.t}
	}
	return p
}

// alarmRow is one of ten kinds of row, in the order of the page.
func (s studio) alarmRow(i int) pages.AlarmRow {
	w := s.t.Alarms
	kinds := []text.AlarmKind{w.SourceLost, w.Many, w.OutputLost, w.Loss, w.NoMedia, w.Unstable, w.Bitrate, w.Idle, w.Unreachable, w.Credential}
	k := i % len(kinds)
	ago := time.Duration(i*i+1) * 42 * time.Second
	r := pages.AlarmRow{
		T: s.t, ID: fmt.Sprintf("alarm-%d", i), State: ui.State{Shape: ui.ShapeUnacked, Word: w.Unacked}, Priority: "medium",
		PriorityWord: w.Medium, Shape: ui.ShapeWarn, Word: kinds[k].Word, Try: kinds[k].Try, Age: s.ago(ui.TimeShort, ago), Lasts: true,
		Name: names[i%(len(names)-1)], URL: "/flows/x", Peer: "203.0.113.25", Since: s.clock(ago), Waits: true, Forms: fmt.Sprintf("/alarms/alarm-%d", i),
	}
	s.varyAlarm(k, &r)
	if i%10 > 4 {
		r.Waits, r.State = false, ui.State{Shape: ui.ShapeAcked, Word: w.Acked}
		r.By, r.ByAt, r.Note = "op-2", s.clock(time.Minute), "Doha reboots, back by 19:50"
	}
	return r
}

func (s studio) varyAlarm(kind int, r *pages.AlarmRow) {
	w := s.t.Alarms
	high := func() { r.Priority, r.PriorityWord, r.Shape, r.Blink = "high", w.High, ui.ShapeLost, true }
	low := func() { r.Priority, r.PriorityWord, r.Shape = "low", w.Low, ui.ShapeLow }
	project := func() { r.Name, r.URL, r.Peer = w.Page.WholeProject, "", "" }
	switch kind {
	case 0:
		high()
		r.FirstOut, r.Times = true, strings.Replace(w.Times, "{}", "7", 1)
	case 1:
		high()
		r.Name, r.URL, r.Peer, r.Facts = strings.Replace(w.Peer, "{}", "203.0.113.25", 1), "", "", w.Members(5)
		r.MembersHead = w.Members(5)
		for i := range 5 {
			m := s.alarmRow(2)
			m.Name, m.FirstOut = names[i+8], i == 0
			r.Members = append(r.Members, m)
		}
	case 2:
		high()
		r.Target, r.TargetURL = longest, "/flows/x/outputs/y"
		r.Name, r.Facts = longest, "connection refused by 203.0.113.90:7001 after 14 tries"
	case 3:
		r.Facts = "1.24 %" + w.Comma + strings.Replace(w.Limit, "{}", "1.00 %", 1)
	case 5:
		r.Facts = w.Changes(7)
	case 6:
		r.Facts = "3.10 Mb/s" + w.Comma + strings.Replace(w.Limit, "{}", "4.00 Mb/s", 1)
		r.Note = strings.Repeat("long note ", 20)
	case 7:
		low()
	case 8:
		high()
		project()
		r.Blink = false
	case 9:
		low()
		project()
	}
}

func (s studio) returnedAlarms() pages.Alarms {
	r := s.alarmRow(0)
	r.State, r.Lasts, r.Blink, r.Until = ui.State{Shape: ui.ShapeReturned, Word: s.t.Alarms.Returned}, false, false, s.clock(0)
	return s.alarmPage("returned", []pages.AlarmRow{r}, "", "")
}

func (s studio) shelvedAlarms() pages.Alarms {
	w := s.t.Alarms
	r := s.alarmRow(5)
	r.State = ui.State{Shape: ui.ShapeShelved, Word: w.OnShelf}
	p := s.alarmPage("shelved", []pages.AlarmRow{r}, "", "")
	p.Shelf = &pages.ShelfList{T: s.t}
	for i, name := range []string{"COURT-2", longest + ", " + longest} {
		until := s.now.Add(time.Duration(i*200+14) * time.Minute)
		p.Shelf.Rows = append(p.Shelf.Rows, pages.ShelfRow{
			T: s.t, ID: fmt.Sprint(i), What: w.Unstable.Word, Name: name, URL: "/flows/x",
			Until: strings.Replace(w.Page.Until, "{}", until.UTC().Format(time.TimeOnly), 1), Left: ui.At(ui.TimeDown, until, s.now),
			By: w.Page.ShelfBy("op-1", s.clock(time.Minute)), Reason: "line works until noon",
		})
	}
	return p
}

func (s studio) pastAlarms() pages.Alarms {
	r := s.alarmRow(6)
	r.State, r.Lasts, r.Until, r.Forms = ui.State{Shape: ui.ShapeClosed, Word: s.t.Alarms.Closed}, false, s.clock(0), ""
	p := s.alarmPage("past", []pages.AlarmRow{r}, "", "")
	p.Past = &pages.AlarmPast{
		T: s.t, From: ui.Value{Text: "2026-11-20 19:45"}, To: ui.Value{Text: "yesterday", Error: s.t.Alarms.Page.TimeFault},
		Hidden: []ui.Hidden{{Name: "show", Value: "past"}},
	}
	p.Cut, p.Flow, p.All = s.t.Alarms.Page.Cut(200), strings.Replace(s.t.Alarms.Page.OfFlow, "{}", longest, 1), "/alarms?show=past"
	return p
}

func (s studio) alarmForm(faulty bool) pages.Alarms {
	w := s.t.Alarms.Act
	p := s.alarms(10)
	p.Form = pages.AlarmForms{
		T: s.t, ID: "alarm-0", What: s.t.Alarms.OutputLost.Word + " " + longest + ", " + longest, Waits: true, Shelvable: true, Close: "/alarms",
		For: ui.Choice{Name: "for", Label: w.For, Options: []ui.Option{
			{Value: "15", Label: w.Minutes15}, {Value: "60", Label: w.Hour}, {Value: "240", Label: w.Hours4}, {Value: "480", Label: w.Hours8},
		}},
		Scope: ui.Choice{Name: "scope", Label: w.Scope, Radio: true, Options: []ui.Option{
			{Value: "kind", Label: w.ThisOutput(longest), Selected: true}, {Value: "flow", Label: w.AllOfFlow},
		}},
	}
	if faulty {
		p.Form.For.Error, p.Form.Reason.Error, p.Form.Note = w.NoFor, w.NoReason, ui.Value{Text: "x", Error: w.TooLong(200)}
	}
	return p
}

// flowAlarms is the section of a flow's page.
func (s studio) flowAlarms() pages.FlowAlarms {
	f := pages.FlowAlarms{T: s.t, Past: "/alarms?show=past"}
	for _, i := range []int{2, 5} {
		r := s.alarmRow(i)
		r.ID = fmt.Sprintf("of-flow-%d", i)
		f.Rows = append(f.Rows, r)
	}
	return f
}
