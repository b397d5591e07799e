package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// sample is a page of the gallery.
type sample struct {
	name string
	view templ.Component
}

// studio makes samples in one language and theme, as of one moment.
type studio struct {
	t     *text.Strings
	theme layout.Theme
	now   time.Time
}

func samples(t *text.Strings, theme layout.Theme) []sample {
	s := studio{t: t, theme: theme, now: time.Now()}
	return append(slices.Concat(trailSamples(s), s.alarmSamples(), s.sessionSamples(), wallSamples(s, t, theme)), []sample{
		{"login", s.login(pages.LoginForm{}).View()},
		{"login-wrong", s.login(pages.LoginForm{Account: "flowdeck", User: "op-1", Error: t.Login.Wrong}).View()},
		{"login-code", s.login(pages.LoginForm{Account: "flowdeck", User: "op-1", UserID: "u1", NeedPasscode: true}).View()},
		{"login-renew", s.login(pages.LoginForm{Account: "flowdeck", User: "op-1", Renew: true, Kept: []ui.Hidden{{Name: "port", Value: "20014"}}}).View()},
		{"login-down", s.login(pages.LoginForm{Account: "flowdeck", User: "op-1", Problem: s.problem(t.Error.Unavailable, "", "", "")}).View()},
		{"first", s.first().View()},
		{"flows", s.list(24, true).View()},
		{"flows-0", s.list(0, true).View()},
		{"flows-1", s.list(1, true).View()},
		{"flows-10", s.list(10, true).View()},
		{"flows-100", s.list(100, true).View()},
		{"flows-plain", s.list(24, false).View()},
		{"flows-armed", s.armedList().View()},
		{"flows-down", s.downList().View()},
		{"flow", s.flow(6).View()},
		{"flow-armed", s.armedFlow()},
		{"flow-standby", s.standby().View()},
		{"flow-ten", s.flow(10).View()},
		{"flow-plain", s.plainFlow().View()},
		{"flow-new", s.newFlow(false).View()},
		{"flow-new-errors", s.newFlow(true).View()},
		{"source", s.source().View()},
		{"source-conflict", s.conflict().View()},
		{"source-quiet", s.quietSource().View()},
		{"output-new", s.output(true).View()},
		{"output", s.output(false).View()},
		{"stop", s.stop().View()},
		{"delete", s.remove().View()},
		{"flow-mine", s.protected("op-1", true).View()},
		{"flow-others", s.protected(longOwner, false).View()},
		{"flow-asked", s.asked().View()},
		{"flow-held", s.heldFlow()},
		{"flows-held", s.heldList("").View()},
		{"flows-held-again", s.heldList(t.Care.Hold.Missing).View()},
		{"stop-held", s.heldPage().View()},
		{"source-held", s.heldSource().View()},
		{"protect", s.protect().View()},
		{"force", s.force().View()},
		{"handover", s.handover().View()},
		{"good", s.goodBack().View()},
		{"good-results", s.results().View()},
		{"flow-clone", s.clone().View()},
		{"labels", s.labels(4).View()},
		{"labels-0", s.labels(0).View()},
		{"error", s.failure().View()},
		{"error-bare", s.bareError().View()},
		{"problem", s.problemList().View()},
	}...)
}

func (s studio) shell(title string) layout.Shell {
	return layout.Shell{
		T: s.t, Theme: s.theme, Title: title, Path: "/flows", Section: "flows",
		Link: layout.Link{T: s.t}, Count: layout.FlowCount{T: s.t, Total: "58"},
		Line: s.alarmLine(2), Alarms: layout.AlarmCounts{T: s.t, High: 1, Medium: 2}, Active: layout.AlarmRail{T: s.t, Active: 3},
		Places: places(s.t),
		User:   "op-1", Account: "flowdeck", Live: "/live?view=sample", NowMS: s.now.UnixMilli(),
	}
}

func (s studio) bare(title string) layout.Bare {
	return layout.Bare{T: s.t, Theme: s.theme, Title: title, Path: "/login", NowMS: s.now.UnixMilli()}
}

func (s studio) ago(kind ui.TimeKind, d time.Duration) ui.Moment {
	return ui.At(kind, s.now.Add(-d), s.now)
}

func (s studio) login(f pages.LoginForm) pages.Login {
	f.T = s.t
	f.Next = "/flows"
	f.Regions = []ui.Option{{Value: "ap-southeast-3", Label: "AP-Singapore", Selected: true}, {Value: "cn-north-4", Label: "CN North-Beijing4"}}
	if f.Account == "" {
		f.FieldErrors = map[string]string{"account": s.t.Login.Missing}
	}
	return pages.Login{Bare: s.bare(s.t.Login.Title), Form: f}
}

func (s studio) problem(e text.ErrorText, code, message, request string) *ui.Problem {
	return &ui.Problem{Title: e.Title, Meaning: e.Meaning, Advice: e.Advice, Code: code, Message: message, RequestID: request}
}

func (s studio) first() pages.Flows {
	sh := s.shell(s.t.List.Title)
	sh.Count.Total, sh.Places, sh.User = "0", layout.Places{T: sh.T, Here: layout.PlaceLine{Key: "1", Region: "local"}}, "admin"
	return pages.Flows{Shell: sh, First: &pages.FirstRun{
		T: s.t, Address: "203.0.113.10", Port: "20000",
		Form:  pages.NewFlowForm{T: s.t, Name: ui.Value{Text: s.t.First.DefaultName}, Leg: pages.LegFields{Whitelist: ui.Value{Text: "203.0.113.0/24"}, Protocol: ui.Value{Text: "srt-listener"}}},
		Lines: sending(s.t, send{Address: "203.0.113.10", Port: "20000", StreamID: "my-first-flow", Latency: 120, Follow: true}),
	}}
}

func wave(n int, level, swing float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = level + swing*math.Sin(float64(i)/7)*math.Cos(float64(i*i)/91)
	}
	return values
}

var names = []string{
	"COURT-1", "COURT-2", "BACKHAUL-1", "MARATHON-HELI", "MARATHON-MOTO-1", "MARATHON-MOTO-2", "COMMENTARY-EN", "BUREAU-A",
	"BUREAU-B", "GATHER-OB-2", "CHAMBER-CLEAN", "STUDIO-1-PGM", "STUDIO-2-RETURN", "FINAL-BEAUTY-CAM", "FINAL-TACTICAL", "FINAL-FEED-A",
	"FINAL-FEED-B", "VENUE-CLEAN", "VENUE-PGM", "WEATHER-LOOP", "ROWING-LANES", "STAGE-12-HELI", "STAGE-12-RELAY", "",
}

func (s studio) row(i int, figures bool) pages.FlowRow {
	name := names[i%len(names)]
	if name == "" {
		name = "A" + strings.Repeat("VERY-LONG-NAME-", 4) + "END"
	}
	if i >= len(names) {
		name += fmt.Sprintf("-%d", i/len(names)+1)
	}
	r := pages.FlowRow{
		T: s.t, ID: fmt.Sprintf("6f0c%04d-a91e", i), Name: name, Mode: s.t.List.Listener, Peer: fmt.Sprintf("203.0.113.%d:%d", 18+i%90, 49812+i),
		State: ui.State{Shape: ui.ShapeLive, Word: s.t.State.Live}, Figures: figures,
		Bitrate: ui.Bitrate(int64(1e6 * (4 + float64(i%17)))), RTT: ui.Millis(float64(4 + i*7%160)), Loss: ui.Percent(float64(i%9) / 100),
		Trace:   ui.Trace(wave(120, 4+float64(i%17), 0.3), false),
		Outputs: s.slots(4+i%5, ui.SlotOK), InState: s.ago(ui.TimeCounter, time.Duration(i*i+1)*7*time.Minute), Seen: s.ago(ui.TimeAge, time.Second),
		Action: pages.FlowAction{FlowID: fmt.Sprintf("6f0c%04d-a91e", i), Name: name, Verb: "stop", From: "list", State: "live"},
	}
	if !figures {
		r.Peer = ""
	}
	s.vary(i%len(names), &r)
	return r
}

// vary gives some rows the other states.
func (s studio) vary(i int, r *pages.FlowRow) {
	w := s.t.State
	switch i {
	case 2, 19:
		r.State = ui.State{Shape: ui.ShapeStandby, Word: w.Standby}
		r.Outputs = s.slots(3, ui.SlotOff)
		r.Action.Verb = "start"
		s.silence(r)
	case 4:
		r.State = ui.State{Shape: ui.ShapeWarn, Word: w.Loss, Figure: "1.2 %"}
		r.Loss = ui.Percent(1.2)
	case 7:
		r.State = ui.State{Shape: ui.ShapeStale, Word: w.Stale, Time: s.ago(ui.TimeShort, 31*time.Second)}
		r.Bitrate, r.RTT, r.Loss = ui.Figure{Value: ui.Lost}, ui.Figure{Value: ui.Lost}, ui.Figure{Value: ui.Lost}
		r.Trace.Old, r.SeenOld, r.Seen = true, true, s.ago(ui.TimeAge, 31*time.Second)
		r.Outputs = s.slots(3, ui.SlotUnknown)
		r.Outputs.Count = ui.Lost
	case 9:
		r.State = ui.State{Shape: ui.ShapeWaiting, Word: w.Waiting}
		r.Peer = strings.Replace(s.t.List.AnyIn, "{}", "203.0.113.0/25", 1)
		r.Outputs = s.slots(3, ui.SlotIdle)
		s.silence(r)
		r.Bitrate = ui.Bitrate(0)
	case 12:
		r.State = ui.State{Shape: ui.ShapeStarting, Word: w.Starting, Time: s.ago(ui.TimeCounter, 7*time.Second)}
		r.Outputs = s.slots(2, ui.SlotStarting)
		r.Action = pages.FlowAction{By: s.t.List.ByActor("op-2")}
		s.silence(r)
	case 15:
		r.State = ui.State{Shape: ui.ShapeWarn, Word: w.Output, Figure: "5/6"}
		r.Outputs = s.slots(6, ui.SlotOK)
		r.Outputs.Kinds[3], r.Outputs.Count, r.Outputs.Bad = ui.SlotLost, "5/6", true
	case 16:
		r.State = ui.State{Shape: ui.ShapeLost, Word: w.SourceLost, Time: s.ago(ui.TimeShort, 42*time.Second)}
		r.Outputs = s.slots(6, ui.SlotIdle)
		r.Outputs.Bad = true
		s.silence(r)
		r.Bitrate = ui.Bitrate(0)
		r.Trace = ui.Sparkline{Path: ui.Trace(wave(100, 8, 0.2), false).Path, Cut: "M138 11V19H152"}
	}
}

func (s studio) silence(r *pages.FlowRow) {
	r.Bitrate, r.RTT, r.Loss, r.Trace = ui.Figure{}, ui.Figure{}, ui.Figure{}, ui.Sparkline{Flat: true}
}

func (s studio) slots(n int, kind ui.SlotKind) ui.Slots {
	kinds := make([]ui.SlotKind, n)
	for i := range kinds {
		kinds[i] = kind
	}
	joined := 0
	if kind == ui.SlotOK {
		joined = n
	}
	return ui.Slots{Kinds: kinds, Count: fmt.Sprintf("%d/%d", joined, n), Label: s.t.List.OutputsJoined(joined, n)}
}

func (s studio) list(n int, figures bool) pages.Flows {
	w := s.t.State
	body := pages.FlowBody{T: s.t, Figures: figures, Clear: "/flows"}
	for i := range n {
		body.Rows = append(body.Rows, s.row(i, figures))
	}
	chips := pages.Chips{T: s.t, Chips: []ui.Chip{
		{Key: "all", Label: w.All, Count: "58", Selected: true, URL: "/flows"},
		{Key: "live", Label: w.Live, Count: "43", Shape: ui.ShapeLive, URL: "/flows?status=live"},
		{Key: "waiting", Label: w.Waiting, Count: "2", Shape: ui.ShapeWaiting, URL: "/flows?status=waiting"},
		{Key: "degraded", Label: w.Degraded, Count: "2", Shape: ui.ShapeWarn, URL: "/flows?status=degraded"},
		{Key: "lost", Label: w.SourceLost, Count: "1", Shape: ui.ShapeLost, URL: "/flows?status=lost"},
		{Key: "changing", Label: w.Changing, Count: "1", Shape: ui.ShapeStarting, URL: "/flows?status=changing"},
		{Key: "stale", Label: w.Stale, Count: "0", Shape: ui.ShapeStale, Empty: true, URL: "/flows?status=stale"},
		{Key: "standby", Label: w.Standby, Count: "8", Shape: ui.ShapeStandby, URL: "/flows?status=standby"},
	}}
	pager := pages.Pager{T: s.t, Range: s.t.List.Range(1, 50, 58), Page: "1 / 2", Next: "/flows?offset=50"}
	for _, size := range []string{"10", "20", "50", "100"} {
		pager.Sizes = append(pager.Sizes, ui.Option{Value: size, Label: size, Selected: size == "50"})
		pager.SizeURLs = append(pager.SizeURLs, "/flows?limit="+size)
	}
	columns := pages.FlowColumns(s.t, figures, false, "name", func(key string) string { return "/flows?sort=" + key })
	return pages.Flows{Shell: s.shell(s.t.List.Title), List: pages.FlowList{T: s.t, New: pages.NewButton{T: s.t}, Chips: chips, Columns: columns, Body: body, Pager: pager, Figures: figures}}
}

// armedBody is the body of a list in which one row asks.
func (s studio) armedList() pages.Flows {
	p := s.list(24, true)
	row := s.row(5, true)
	p.List.Body.Armed = &pages.ArmedRow{T: s.t, Row: row, Armed: s.armed(row.ID, row.Name, "list")}
	return p
}

func (s studio) armed(id, name, from string) pages.Armed {
	return pages.Armed{
		ID: id, Name: name, Post: "/flows/x/stop", Ticket: "sample", From: from, State: "live", Confirm: s.t.Guard.Confirm(3),
		Cancel: "/flows/x/row", Back: "/flows", Names: []string{"TX-MAIN", "CONTROL-ROOM", "RECORDER-2"}, Seconds: 5,
	}
}

func (s studio) downList() pages.Flows {
	p := s.list(10, true)
	p.Shell.Link = layout.Link{T: s.t, Down: true, Told: s.t.Shell.ServiceDown, Since: s.ago(ui.TimeCounter, 74*time.Second), Problem: *s.problem(s.t.Error.Unavailable, "", "connection refused", "")}
	return p
}

func (s studio) problemList() pages.Flows {
	p := s.list(10, true)
	p.Shell.Flash = &ui.Notice{Text: s.t.Notice.FlowStarted("COURT-1")}
	return p
}
