package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// event is the i-th line of a trail that has some of everything.
func (s studio) event(i int) pages.ActivityLine {
	w, d := s.t.Trail, s.t.Trail.Deeds
	at := s.now.UTC().Add(-time.Duration(i*i) * 7 * time.Second)
	l := pages.ActivityLine{
		Seq: strconv.Itoa(4210 - i), Time: at.Format(time.TimeOnly), Exact: at.Format("2006-01-02 15:04:05.042") + " UTC",
		Kind: w.Kinds.Command, Actor: "op-2", Person: true, Hand: true, FlowName: "FINAL-FEED-A", FlowURL: "/flows/x",
	}
	about := func(format, name string) string { return strings.Replace(format, "{}", name, 1) }
	switch i % 10 {
	case 0:
		l.Text, l.Reason, l.Outcome, l.Mark = about(d.OutputOff, "PARTNER-EAST"), "they asked for it", w.Outcomes.Open, ui.ShapeStarting
	case 1:
		l.Kind, l.Actor, l.Person, l.Hand, l.Shape = w.Kinds.Signal, w.Media, false, false, ui.ShapeLost
		l.Text, l.Note = about(d.OutputLost, "AFFILIATE-4"), w.Figures.FineFor+" 1:48:06 · "+w.Figures.Peer+" 203.0.113.90:7001"
	case 2:
		l.Text, l.Note, l.Outcome = about(d.ChangeOutput, "CHANNEL-OTT"), s.t.Field.Latency+" 120 ms → 200 ms", w.Outcomes.Done
		l.Settled = "18:41:10.412 UTC, " + s.t.Flow.AfterCommand("0.4 s")
	case 3:
		l.Actor, l.Text, l.Outcome, l.Mark, l.Bad = "viewer", d.Start, w.Outcomes.Refused, ui.ShapeWarn, true
		l.Code, l.Message, l.Request = "LIVE.100010003", `policy doesn't allow <b>live:flow:start</b>`, "9f2c31d0a7c94c5e"
	case 4:
		l.Text, l.Outcome, l.Mark, l.Bad = d.Stop, w.Outcomes.Unknown, ui.ShapeStale, true
	case 5:
		l.Kind, l.Actor, l.Person, l.Hand, l.Shape = w.Kinds.Signal, w.Media, false, false, ui.ShapeLive
		l.Text, l.Note = d.Live, w.Figures.WasFor(s.t.State.Waiting, "0:11")+" · "+w.Figures.Bitrate+" 8.24 Mb/s"
	case 6:
		l.Kind, l.Text, l.Reason = w.Kinds.Care, d.Protect, "UEFA MD4"
	case 7:
		l.Kind, l.Actor, l.Person, l.Hand, l.Shape = w.Kinds.Alarm, w.Flowdeck, false, false, ui.ShapeLost
		l.Text, l.Note = about(d.Raised, s.t.State.SourceLost), w.Figures.Priority+" "+w.Figures.High
	case 8:
		l.Kind, l.Actor, l.FlowName, l.FlowURL = w.Kinds.Access, "command line", "", ""
		l.Text = about(d.UserAdd, "op-7")
	case 9:
		l.Actor = "an-operator-with-a-name-of-sixty-four-characters-to-see-it-cut-x"
		l.FlowName = "A-VERY-LONG-FLOW-NAME-OF-SIXTY-FOUR-CHARACTERS-TO-SEE-WHAT-IT-DO"
		l.Text, l.Note, l.Outcome, l.Mark, l.Bad = d.UpdateSource, strings.Repeat("203.0.113.0/25, ", 12)+"198.51.100.0/24", w.Outcomes.NotDone, ui.ShapeWarn, true
		l.Reason = strings.Repeat("a reason that somebody took the time to write down ", 4)
	}
	return l
}

func (s studio) history() pages.Activity {
	a := pages.Activity{T: s.t, All: "/activity?flow=x"}
	for i := range 8 {
		a.Lines = append(a.Lines, s.event(i))
	}
	return a
}

// told is what stands beside the figures of an output.
func (s studio) told(i int) pages.Told {
	w := s.t.Trail
	told := pages.Told{Confirmed: w.On, Read: s.ago(ui.TimeAge, 2*time.Second), Commanded: w.TurnedOn("op-2", "17:58:02")}
	switch i {
	case 1:
		told.Commanded, told.Refused = w.Added("op-1", "2026-11-20 09:12:44"), w.WithOutcome(w.TurnedOff("viewer", "18:20:11"), w.Outcomes.Refused+" · LIVE.100010003")
	case 2:
		told.Commanded, told.Bad = w.WithOutcome(w.TurnedOff("op-1", "19:43:40"), w.Outcomes.Unknown), true
	case 4:
		told.Old, told.Read = true, s.ago(ui.TimeAge, 41*time.Second)
	case 5:
		told.Confirmed, told.Old, told.Read, told.Commanded = ui.Lost, true, s.ago(ui.TimeAge, 95*time.Second), ""
	case 6:
		told.Confirmed, told.Commanded = w.Off, w.TurnedOff("op-3", "19:43:40")
	}
	return told
}

// trail is the page of the trail with n lines.
func (s studio) trail(n int) pages.ActivityPage {
	w := s.t.Trail
	p := pages.ActivityPage{
		Shell: s.shell(w.Title),
		Form:  pages.ActivityForm{T: s.t, Outcome: []ui.Option{{Value: "refused", Label: w.Outcomes.Refused}}, Verb: []ui.Option{{Value: "start", Label: w.Deeds.Start}}},
		Kinds: []ui.Chip{
			{Key: "all", Label: w.Anything, Selected: true, URL: "/activity"},
			{Key: "command", Label: w.Kinds.Command, URL: "/activity?kind=command"},
			{Key: "signal", Label: w.Kinds.Signal, URL: "/activity?kind=signal"},
			{Key: "alarm", Label: w.Kinds.Alarm, URL: "/activity?kind=alarm"},
			{Key: "care", Label: w.Kinds.Care, URL: "/activity?kind=care"},
			{Key: "access", Label: w.Kinds.Access, URL: "/activity?kind=access"},
		},
		News: &pages.ActivityNews{T: s.t, URL: "/activity"},
		Foot: pages.ActivityFoot{T: s.t, CSV: "/activity.csv", JSON: "/activity.json"},
	}
	p.Shell.Section = "activity"
	for _, size := range []string{"10", "20", "50", "100"} {
		p.Foot.Sizes = append(p.Foot.Sizes, ui.Option{Value: size, Label: size, Selected: size == "50"})
		p.Foot.SizeURLs = append(p.Foot.SizeURLs, "/activity?limit="+size)
	}
	if n >= 100 {
		p.Foot.Older = "/activity?before=4110"
	}
	for i := range n {
		title := w.Today + " · 2026-11-21 UTC"
		if i >= n/2 {
			title = w.Yesterday + " · 2026-11-20 UTC"
		}
		if last := len(p.Days) - 1; last < 0 || p.Days[last].Title != title {
			p.Days = append(p.Days, pages.ActivityDay{Title: title})
		}
		day := &p.Days[len(p.Days)-1]
		day.Lines = append(day.Lines, s.event(i))
	}
	return p
}

// trailFilters is the page with filters, of which one is faulty.
func (s studio) trailFilters() pages.ActivityPage {
	p, w := s.trail(3), s.t.Trail
	p.Filters, p.Form.Open = true, true
	p.Form.Actor.Text, p.Form.To = "op-2", ui.Value{Text: "half past", Error: w.BadTime("half past")}
	p.Applied = []ui.Chip{{Key: "flow", Label: w.Flow + " FINAL-FEED-A", URL: "/activity"}, {Key: "actor", Label: w.Actor + " op-2", URL: "/activity"}}
	return p
}

// down gives a shell whose service is not reached.
func (s studio) down(shell layout.Shell) layout.Shell {
	shell.Link = layout.Link{
		T: s.t, Down: true, Off: true, Told: s.t.Shell.ServiceDown, Since: s.ago(ui.TimeAge, 74*time.Second),
		Problem: *s.problem(s.t.Error.Unavailable, "", "connection refused", ""),
	}
	return shell
}

// ending gives a shell whose sign-in ends soon.
func (s studio) ending(shell layout.Shell, left time.Duration) layout.Shell {
	shell.Ends = layout.Ends{T: s.t, At: ui.At(ui.TimeDown, s.now.Add(left), s.now), Soon: true, Late: left < 10*time.Minute, Path: "/flows"}
	return shell
}

// offList is the list while the service is not reached.
func (s studio) offList() pages.Flows {
	p := s.list(24, true)
	p.Shell = s.down(p.Shell)
	p.List.New = pages.NewButton{T: s.t, Why: ui.Why{Word: s.t.Trail.OffService}}
	for i := range p.List.Body.Rows {
		p.List.Body.Rows[i].Action.Why = ui.Why{Word: s.t.Trail.OffService}
		p.List.Body.Rows[i].Aged = i%3 == 0
	}
	p.List.Pager.Fresh = s.t.Trail.FreshPaused("12:00:05")
	return p
}

// offFlow is the page of a flow while the service is not reached, after a start
// that was refused.
func (s studio) offFlow() pages.FlowPage {
	p, why, w := s.flow(10), ui.Why{Word: s.t.Trail.OffService}, s.t.Trail
	p.Shell = s.ending(s.down(p.Shell), 7*time.Minute)
	p.Head.Delete, p.Head.Command.Action.Why, p.Source.Off, p.Outputs.Off = why, why, why, why
	p.Head.DeleteWhy, p.Head.DeleteURL = "", "/flows/x/delete"
	p.Head.Fresh = pages.Fresh{Text: w.FreshPolled(w.FreshEvery(2), w.FreshEvery(40), "10")}
	for i := range p.Outputs.Rows {
		p.Outputs.Rows[i].Toggle.Why = why
	}
	p.Facts.Commanded.Problem = w.RefusedStart("viewer", "18:20:11") + " · LIVE.100010003"
	p.Facts.Confirmed.Old, p.Facts.Aged = true, true
	p.Source.Told = pages.Told{Read: s.ago(ui.TimeAge, 41*time.Second), Old: true, Measured: s.ago(ui.TimeAge, 41*time.Second), Late: true, Commanded: w.Changed("op-1", "18:02:11")}
	return p
}

func trailSamples(s studio) []sample {
	all := []sample{
		{"activity-filters", s.trailFilters().View()},
		{"flows-off", s.offList().View()},
		{"flow-off", s.offFlow().View()},
	}
	for _, n := range []int{0, 1, 10, 100} {
		all = append(all, sample{fmt.Sprintf("activity-%d", n), s.trail(n).View()})
	}
	ending := s.list(3, true)
	ending.Shell = s.ending(ending.Shell, 42*time.Minute)
	return append(all, sample{"flows-ending", ending.View()})
}
