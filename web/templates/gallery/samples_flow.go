package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

var outputNames = []string{
	"TX-MAIN", "TX-RESERVE", "CONTROL-ROOM", "AFFILIATE-4", "RECORDER-1", "CHANNEL-OTT", "PARTNER-EAST", "PARTNER-WEST", "ARCHIVE",
	"A" + "-VERY-LONG-OUTPUT-NAME-OF-SIXTY-FOUR-CHARACTERS-TO-SEE-IT-CUT-X",
}

func (s studio) flow(outputs int) pages.FlowPage {
	w := s.t.Flow
	p := pages.FlowPage{
		Shell: s.shell("FINAL-FEED-A"),
		Head: pages.FlowHead{
			T: s.t, ID: "6f0c22-a91e", Name: "FINAL-FEED-A", Description: "Clean international feed, 1080i50",
			State:     pages.FlowState{T: s.t, State: ui.State{Shape: ui.ShapeWarn, Word: s.t.State.Output, Figure: fmt.Sprintf("%d/%d", outputs-1, outputs), Time: s.ago(ui.TimeShort, 192*time.Second)}},
			DeleteWhy: w.DeleteStop,
			Command: pages.FlowCommand{
				T: s.t, Interrupts: s.t.Guard.Interrupts(outputs),
				Action: pages.FlowAction{FlowID: "6f0c22-a91e", Name: "FINAL-FEED-A", Verb: "stop", From: "flow", State: "output_lost"},
			},
		},
		Source: s.sourceBox(), Charts: s.charts(), Refused: s.refused(), Sheet: s.sheet(), History: s.history(), Alarms: s.flowAlarms(),
		Box: pages.FlowBox{T: s.t, ID: "6f0c22d4-0b1a-4c1e-9a55-b8f2c1d0a91e", Status: "ACTIVE", Since: strings.Replace(w.SinceClock, "{}", "17:58:05", 1), Line: pages.LineMoves},
	}
	p.Outputs = pages.OutputList{T: s.t, Heading: w.OutputsHead(outputs-1, outputs), Figures: true, AddURL: "/flows/x/outputs/new", Free: w.FreeOutputs(10 - outputs)}
	slots := s.slots(outputs, ui.SlotOK)
	for i := range outputs {
		p.Outputs.Rows = append(p.Outputs.Rows, s.outputRow(i))
	}
	if outputs > 3 {
		slots.Kinds[3], slots.Bad, slots.Count = ui.SlotLost, true, fmt.Sprintf("%d/%d", outputs-1, outputs)
	}
	p.Facts = pages.Facts{
		T:         s.t,
		Commanded: pages.Fact{Word: w.CommandStart, Note: w.ByAt("op-2", "17:58:02"), Age: s.ago(ui.TimeCounter, 6486*time.Second)},
		Confirmed: pages.Fact{Word: "ACTIVE", Note: w.AfterCommand("3 s"), Age: s.ago(ui.TimeAge, 2*time.Second)},
		Source:    pages.Fact{Shape: ui.ShapeLive, Word: w.Source, Note: strings.Replace(s.t.Trail.SinceClock, "{}", "17:58:31", 1)}, SourceBit: ui.Bitrate(8240000), Outputs: slots, Measured: s.ago(ui.TimeAge, time.Second),
	}
	return p
}

func (s studio) sourceBox() pages.SourceBox {
	w := s.t.Flow
	return pages.SourceBox{
		T: s.t, Shape: ui.ShapeLive, Name: "OB-VAN-2-MAIN", EditURL: "/flows/x/source", Line: pages.LineMoves,
		Bitrate: ui.Bitrate(8240000), RTT: ui.Millis(38),
		Rows: []pages.Pair{
			{Label: w.Mode, Value: "SRT " + s.t.List.Listener},
			{Label: w.ListeningOn, Value: "203.0.113.10:20014", Mono: true},
			{Label: w.Sender, Value: "203.0.113.24:51022", Mono: true},
			{Label: w.StreamID, Value: "final/feed-a", Mono: true},
			{Label: w.Encryption, Value: "AES-256", Note: w.KeySet, Mono: true},
			{Label: w.Latency, Value: "200 ms", Note: "= 5.3 × RTT", Mono: true},
		},
		Figures: []pages.KeyFigure{
			{Label: w.Bitrate, Figure: ui.Bitrate(8240000)},
			{Label: w.RTT, Figure: ui.Millis(38)},
			{Label: w.Loss, Figure: ui.Percent(0.02)},
			{Label: w.Retransmitted, Figure: ui.Figure{Value: "418", Unit: w.Packets}},
			{Label: w.Dropped, Figure: ui.Figure{Value: "0", Unit: w.Packets}},
			{Label: w.TSErrors, Figure: ui.Figure{Value: "0", Unit: w.CC}},
		},
	}
}

func (s studio) outputRow(i int) pages.OutputRow {
	name := outputNames[i]
	r := pages.OutputRow{
		T: s.t, FlowID: "6f0c22-a91e", Number: strconv.Itoa(i + 1), Name: name, Slot: ui.SlotOK, SlotWord: s.t.State.OK, Line: pages.LineMoves,
		Mode: s.t.List.Caller, FarEnd: fmt.Sprintf("203.0.113.%d:5000", 61+i), Bitrate: ui.Bitrate(8240000), RTT: ui.Millis(float64(4 + i*3)), Loss: ui.Percent(0),
		Figures: true, Since: s.ago(ui.TimeCounter, 6460*time.Second),
		Toggle: pages.OutputToggle{URL: "/flows/x/outputs/" + name + "/disable"}, Told: s.told(i),
	}
	switch i {
	case 3:
		r.Slot, r.SlotWord, r.Line = ui.SlotLost, s.t.State.Lost, pages.LineLost
		r.Problem, r.Next = s.t.Flow.NoAnswerTry(14), ui.At(ui.TimeDown, s.now.Add(4*time.Second), s.now)
		r.Lost = ui.State{Shape: ui.ShapeLost, Word: s.t.State.OutputLost, Time: s.ago(ui.TimeShort, 192*time.Second)}
	case 6:
		r.Slot, r.SlotWord, r.Line, r.Toggle.Off = ui.SlotOff, s.t.State.Off, pages.LineLinked, true
		r.Bitrate, r.RTT, r.Loss, r.Since = ui.Figure{}, ui.Figure{}, ui.Figure{}, ui.Moment{}
	}
	return r
}

func (s studio) charts() *pages.Charts {
	w := s.t.Flow
	rtt, loss := wave(300, 38, 2), make([]float64, 300)
	for i := range loss {
		loss[i] = math.Max(0, math.Sin(float64(i*i)))*0.04 + math.Max(0, 0.9-math.Abs(float64(i-110))/6)
	}
	bitrate := wave(300, 8.24, 0.2)
	for i := 200; i < 215; i++ {
		bitrate[i] = math.NaN()
	}
	h := s.t.History
	c := &pages.Charts{
		T: s.t, Title: h.Heading(h.Source, h.LastMinutes10), CSV: "/flows/x/history.csv",
		Since: pages.ChartSince{Text: strings.Replace(w.CountersSince, "{}", "17:58:31", 1)},
		Data:  pages.ChartData{T: s.t, AsOf: strings.Replace(h.AsOf, "{}", "19:46:08", 1), Figures: true},
	}
	for i, label := range []string{h.Minutes10, h.Hour1, h.Hours6, h.Hours24, h.Days7, h.Days30} {
		c.Ranges = append(c.Ranges, pages.ChartLink{Label: label, URL: "/flows/x", On: i == 0})
	}
	for i, name := range []string{h.Source, "TX-LONDON-MAIN", "TX-LONDON-RESERVE", "MCR-SINGAPORE", "AFFILIATE-DOHA"} {
		c.Legs = append(c.Legs, pages.ChartLink{Label: name, URL: "/flows/x", On: i == 0})
	}
	drops := make([]float64, 300)
	drops[111] = 3
	c.Plots = pages.ChartPlots{
		T: s.t, Axis: ui.NewAxis(s.now.Add(-10*time.Minute), s.now, func(t time.Time) string { return t.Format("01-02") }),
		Series: []ui.Chart{
			ui.NewChart("bitrate", w.Bitrate, ui.Bitrate(8240000), bitrate, false, 2),
			ui.NewChart("rtt", w.RTT, ui.Millis(38), rtt, false, 20),
			ui.Plot{ID: "loss", Title: w.Loss, Now: ui.Percent(0.02), Values: loss, Bars: true, Least: 1, Limit: ui.Limit{Value: 0.5, Label: strings.Replace(h.AlarmAt, "{}", "0.5 %", 1)}}.Chart(),
			ui.NewChart("retransmitted", h.Retransmitted, ui.Figure{Value: "2", Unit: h.PerSecond}, wave(300, 3, 2), false, 2),
			ui.Plot{ID: "dropped", Title: h.Dropped, Now: ui.Figure{Value: "3", Unit: h.Packets}, Note: strings.Replace(h.BarIs, "{}", "4 s", 1), Values: drops, Bars: true, Sum: true, Least: 2}.Chart(),
		},
		Lane: ui.Lane{Title: h.States, Now: s.t.State.Live, Label: h.Lane(s.t.State.Live, ""), Spans: []ui.Span{
			{From: 0, To: 0.66, Kind: ui.SpanLive, Word: s.t.State.Live},
			{From: 0.66, To: 0.72, Kind: ui.SpanLost, Word: s.t.State.SourceLost},
			{From: 0.72, To: 1, Kind: ui.SpanLive, Word: s.t.State.Live},
		}},
		Marks: ui.PlaceMarks([]ui.ChartMark{
			{At: 0.66, Until: 0.72, Tone: ui.ToneLost, Shape: ui.ShapeLost, Text: "19:42:44 " + s.t.Alarms.SourceLost.Word},
			{At: 0.37, Tone: ui.ToneWarn, Shape: ui.ShapeWarn, Text: "19:39:50 " + s.t.Alarms.Loss.Word + " 0.90 %"},
			{At: 0.12, Tone: ui.ToneHand, Text: "19:37:20 op-2 " + s.t.Trail.Deeds.Start},
		}),
	}
	for i := range c.Plots.Series {
		c.Plots.Series[i].Label = w.ChartLabel(c.Plots.Series[i].Title, "8.24", "8.00", "8.40")
	}
	c.Data.Rows = []pages.ChartRow{{Time: "19:46:00", State: s.t.State.Live, Bitrate: "8.24", RTT: "38.1", Loss: "0.02", Retransmitted: "112", Dropped: "0"}}
	c.Data.Events = []pages.ChartEvent{
		{Time: "19:42:44", Shape: ui.ShapeLost, Text: s.t.Alarms.SourceLost.Word},
		{Time: "19:37:20", Text: "op-2 " + s.t.Trail.Deeds.Start},
	}
	return c
}

func (s studio) refused() *pages.Refused {
	return &pages.Refused{T: s.t, Summary: s.t.Flow.Attempts(23), Rows: []pages.RefusedRow{
		{Time: "19:44:51", Address: "203.0.113.200", StreamID: "final/feed-a", Reason: s.t.Refusal.Passphrase, Count: "×14"},
		{Time: "19:31:07", Address: "203.0.113.143", StreamID: "<script>alert(1)</script>", Reason: s.t.Refusal.NotEncrypted, Count: "×2"},
		{Time: "18:55:02", Address: "203.0.113.251", StreamID: "", Reason: s.t.Refusal.Address, Count: "×6"},
	}}
}

func (s studio) sheet() pages.Sheet {
	w := s.t.Sheet
	return pages.Sheet{
		T: s.t, AllText: "203.0.113.10:20014",
		Lines: []ui.CopyLine{
			{ID: "address", Label: w.Address, Text: "203.0.113.10"},
			{ID: "port", Label: w.Port, Text: "20014", Note: w.PortNote},
			{Label: w.Mode, Text: w.ModeCaller, Note: w.WeListen},
			{ID: "stream_id", Label: w.StreamID, Text: "final/feed-a"},
			{ID: "latency", Label: w.Latency, Text: "200 ms"},
			{Label: w.Encryption, Text: "AES-256"},
			{Label: w.Passphrase, Text: "••••••••", Note: w.NotShown},
		},
		Commands: sending(s.t, send{Address: "203.0.113.10", Port: "20014", StreamID: "final/feed-a", Latency: 200, KeyLength: 32}).Blocks,
		Note:     w.KeyHow,
	}
}

func (s studio) standby() pages.FlowPage {
	p := s.flow(0)
	p.Head.State.State = ui.State{Shape: ui.ShapeStandby, Word: s.t.State.Standby}
	p.Head.Command = pages.FlowCommand{T: s.t, Action: pages.FlowAction{FlowID: "6f0c22-a91e", Name: "FINAL-FEED-A", Verb: "start", From: "flow", State: "standby"}}
	p.Head.DeleteURL, p.Head.Description = "/flows/x/delete", ""
	p.Facts = pages.Facts{T: s.t, Commanded: pages.Fact{Word: s.t.Flow.NoCommand}, Confirmed: pages.Fact{Word: "STANDBY", Age: s.ago(ui.TimeAge, 2*time.Second)}, Source: pages.Fact{Shape: ui.ShapeStandby}, Outputs: s.slots(0, ui.SlotOff)}
	p.Source.Shape, p.Source.Line, p.Source.Figures, p.Source.Bitrate, p.Source.RTT = ui.ShapeStandby, pages.LineLinked, nil, ui.Figure{}, ui.Figure{}
	p.Box.Status, p.Box.Line, p.Box.Since = "STANDBY", pages.LineLinked, ""
	p.Outputs.Heading = s.t.Flow.OutputsHead(0, 0)
	p.Charts.Plots = pages.ChartPlots{T: s.t, Notes: []string{s.t.History.Empty, s.t.History.Recorded}}
	p.Refused.Rows, p.Refused.Summary = nil, ""
	p.History.Lines = nil
	return p
}

func (s studio) plainFlow() pages.FlowPage {
	p := s.flow(3)
	p.Charts, p.Refused, p.Source.Figures = nil, nil, nil
	p.Source.Bitrate, p.Source.RTT = ui.Figure{}, ui.Figure{}
	p.Outputs.Figures, p.Facts.Unmeasured, p.Facts.SourceBit = false, s.t.Flow.NotMeasured, ui.Figure{}
	for i := range p.Outputs.Rows {
		p.Outputs.Rows[i].Figures = false
		p.Outputs.Rows[i].Since = ui.Moment{}
	}
	return p
}

// armedFlow is the flow page while its command and an output ask. The page puts
// them in by htmx; here they take the places in the text of the page.
func (s studio) armedFlow() templ.Component {
	return inPlace(s.flow(6), pages.ArmedCommand{T: s.t, Armed: s.armed("6f0c22-a91e", "FINAL-FEED-A", "flow")})
}

// inPlace is the page of a flow whose command asks.
func inPlace(p pages.FlowPage, question pages.ArmedCommand) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		var page, command, armed strings.Builder
		for _, part := range []struct {
			to   *strings.Builder
			from templ.Component
		}{{&page, p.View()}, {&command, p.Head.Command.View()}, {&armed, question.View()}} {
			if err := part.from.Render(ctx, part.to); err != nil {
				return err
			}
		}
		_, err := io.WriteString(w, strings.Replace(page.String(), command.String(), armed.String(), 1))
		return err
	})
}

func (s studio) legFields() pages.LegFields {
	return pages.LegFields{
		Name: ui.Value{Text: "OB-VAN-2-MAIN"}, Protocol: ui.Value{Text: "srt-listener"}, Port: ui.Value{Text: "20014"},
		PortHelp: s.t.Form.PortRange(20000, 20999), StreamID: ui.Value{Text: "final/feed-a"},
		Latency: ui.Value{Text: "240", Was: "200"}, LatencyHelp: s.t.Form.LatencyRTT(38, 152),
		Whitelist: ui.Value{Text: "203.0.113.24/32\n203.0.113.0/33", Was: "203.0.113.24/32\n"}, WhitelistErrors: []string{s.t.Form.Line(2, s.t.Fault.CIDR("203.0.113.0/33"))},
		Algorithm: ui.Value{Text: "aes256"}, PassphraseAction: ui.Value{Text: "replace"}, PassphraseSet: true, ListenAddress: "203.0.113.10",
	}
}

func (s studio) effect() pages.Effect {
	w, f := s.t.Effect, s.t.Field
	e := pages.Effect{
		T: s.t, Title: w.Changes(3), Against: s.ago(ui.TimeAge, 2*time.Second), Tone: ui.ToneWarn, Summary: w.LoseMedia(5),
		Changes: []ui.Change{
			{Label: f.Latency, Now: []string{"200 ms"}, After: []string{"240 ms"}},
			{Label: f.Senders, Now: []string{"203.0.113.24/32"}, After: []string{"203.0.113.24/32", "203.0.113.0/33"}, Bad: true, Faulty: []string{"203.0.113.0/33"}},
			{Label: f.Passphrase, Now: []string{f.Set}, After: []string{f.NewKey(24)}},
		},
		Headline: w.SenderDropped, Text: w.LatencyLater, Save: w.SaveInterrupts(5), Hint: w.Hint, Seen: "abc", CanSave: true, Guard: true, Back: "/flows/x",
		Faults: []pages.FaultLink{{Field: "cidr_whitelist", Label: f.Senders}},
		Path:   &pages.EffectPath{Source: w.Reconnects, SourceTone: ui.ToneWarn, Flow: w.StaysActive, Line: pages.LineCut},
	}
	for i, name := range outputNames[:6] {
		o := pages.EffectOutput{Name: name, Word: w.NoMedia, Tone: ui.ToneWarn}
		if i == 3 {
			o = pages.EffectOutput{Name: name, Word: w.AlreadyLost, Tone: ui.ToneLost}
		}
		e.Path.Outputs = append(e.Path.Outputs, o)
	}
	return e
}

func (s studio) source() pages.SourceEdit {
	return pages.SourceEdit{
		Shell: s.shell(s.t.Form.EditSource), FlowID: "6f0c22-a91e", FlowName: "FINAL-FEED-A",
		State: ui.State{Shape: ui.ShapeLive, Word: s.t.State.Live, Figure: "8.24 Mb/s"}, StateNote: "203.0.113.24",
		Fields: s.legFields(), Shown: "f1", OldName: "OB-VAN-2-MAIN", Effect: s.effect(),
	}
}

func (s studio) quietSource() pages.SourceEdit {
	e, w := s.source(), s.t.Effect
	e.Fields.WhitelistErrors, e.Fields.Whitelist, e.Fields.Latency = nil, ui.Value{Text: "203.0.113.24/32"}, ui.Value{Text: "200"}
	e.Fields.PassphraseAction.Text = "keep"
	e.Effect = pages.Effect{T: s.t, Title: w.NoChanges, Summary: w.Nothing, Headline: w.NothingText, Save: s.t.Form.Save, Back: "/flows/x"}
	return e
}

func (s studio) conflict() pages.SourceEdit {
	e := s.source()
	e.Conflict = &pages.Conflict{T: s.t, Lead: s.t.Conflict.Source("20 s"), Shown: "f2", Discard: "/flows/x/source", Rows: []pages.ConflictRow{
		{Label: s.t.Field.Latency, Was: "200 ms", Theirs: "300 ms", Yours: "240 ms", Clash: true},
		{Label: s.t.Field.StreamID, Was: "final/feed-a", Theirs: "final/feed-b", Yours: "final/feed-a"},
	}}
	e.Problem = s.problem(s.t.Error.Refused, "LIVE.100011001", `flow task is in <b onclick="x">active</b> status`, "9f2c31d0a7")
	return e
}

func (s studio) output(fresh bool) pages.OutputEdit {
	w := s.t.Effect
	e := pages.OutputEdit{
		Shell: s.shell(s.t.Form.AddOutput), FlowID: "6f0c22-a91e", FlowName: "FINAL-FEED-A", New: fresh, Name: "CHANNEL-OTT", Enabled: true,
		State:  ui.State{Shape: ui.ShapeLive, Word: s.t.State.Live},
		Fields: pages.LegFields{Protocol: ui.Value{Text: "srt-caller"}, ProtocolFixed: !fresh, Address: ui.Value{Text: "203.0.113.30"}, Port: ui.Value{Text: "2088", Error: s.t.Fault.PortReserved("2088")}},
		Effect: pages.Effect{T: s.t, Title: w.NoChanges, Summary: w.Nothing, Headline: w.NothingText, Save: s.t.Form.Add, Back: "/flows/x", CanSave: true},
	}
	if !fresh {
		e.DeleteURL = "/flows/x/outputs/y/delete"
	}
	return e
}

func (s studio) newFlow(faulty bool) pages.NewFlow {
	f := pages.NewFlowForm{T: s.t, Leg: pages.LegFields{Protocol: ui.Value{Text: "srt-caller"}, PortHelp: s.t.Form.PortRange(20000, 20999)}}
	if faulty {
		f.Name = ui.Value{Text: "1-<script>", Error: s.t.Fault.FirstLetter}
		f.Leg.Port = ui.Value{Text: "80", Error: s.t.Fault.Range(1024, 65535)}
		f.Faults = []pages.FaultLink{{Field: "name", Label: s.t.Field.FlowName}, {Field: "port", Label: s.t.Field.Port}}
		f.Problem = s.problem(s.t.Error.Exists, "LIVE.103011018", "The resource to create is already exists", "9f2c31d0a7")
	}
	return pages.NewFlow{Shell: s.shell(s.t.Form.NewFlow), Form: f}
}

func (s studio) stop() pages.Confirm {
	g := s.t.Guard
	return pages.Confirm{
		Shell: s.shell(g.StopTitle("FINAL-FEED-A")), Crumbs: []pages.Crumb{{Label: s.t.Shell.Flows, URL: "/flows"}, {Label: "FINAL-FEED-A", URL: "/flows/x"}},
		Title: g.StopTitle("FINAL-FEED-A"), Lead: g.Interrupts(3), Names: outputNames[:3], Post: "/flows/x/stop", Ticket: "sample", Button: g.Confirm(3), Back: "/flows/x",
	}
}

func (s studio) remove() pages.Confirm {
	g := s.t.Guard
	return pages.Confirm{
		Shell: s.shell(g.DeleteTitle("FINAL-FEED-A")), Title: g.DeleteTitle("FINAL-FEED-A"), Lead: g.DeleteLead, Refuse: g.DeleteRefused, Back: "/flows/x",
	}
}

func (s studio) failure() layout.ErrorPage {
	sh := s.shell(s.t.Error.Unavailable.Title)
	p := s.problem(s.t.Error.Unavailable, "APIG.0201", "backend timeout", "9f2c31d0a7")
	p.RetryURL = "/flows"
	return layout.ErrorPage{Shell: &sh, Status: 503, Problem: *p}
}

func (s studio) bareError() layout.ErrorPage {
	return layout.ErrorPage{Bare: s.bare(s.t.Error.PageNotFound.Title), Status: 404, Problem: *s.problem(s.t.Error.PageNotFound, "", "", "")}
}
