package main

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

const (
	sampleFlow = "6f0c22-a91e"
	longReason = "Final of the day until 22:30 UTC, the whole world takes it and nobody else has a way to it: call the gallery before anything is touched"
)

var longOwner = "operator-" + strings.Repeat("x", 23)

// protected is the page of a flow that somebody protects.
func (s studio) protected(owner string, mine bool) pages.FlowPage {
	p := s.flow(6)
	p.Head.Strip = pages.Strip{
		T: s.t, FlowID: sampleFlow, Owner: owner, Mine: mine, Second: !mine, Reason: longReason,
		Since: strings.Replace(s.t.Care.Protect.Since, "{}", "18:02", 1),
	}
	if p.Head.Command.Action.Held = mine; !mine {
		p.Head.Command = pages.FlowCommand{T: s.t, Action: pages.FlowAction{FlowID: sampleFlow, By: s.t.Care.Protect.Only(owner)}}
	}
	p.Source.Rows[2].Peer = pages.Peer{T: s.t, Name: "OB van 2", Address: "203.0.113.24", FlowID: sampleFlow}
	care := s.care()
	p.Care = &care
	return p
}

// asked is the page on which somebody waits for a second person.
func (s studio) asked() pages.FlowPage {
	p := s.protected("op-3", false)
	p.Ask = pages.AskLine{
		T: s.t, FlowID: sampleFlow, Text: s.t.Care.Ask.Stop("op-3"), Reason: longReason, Left: ui.At(ui.TimeDown, s.now.Add(271*time.Second), s.now),
	}
	p.Head.Command.Action = pages.FlowAction{FlowID: sampleFlow, Name: p.Head.Name, Verb: "ask", From: "flow"}
	return p
}

func (s studio) care() pages.Care {
	w := s.t.Care
	return pages.Care{
		T: s.t, FlowID: sampleFlow,
		Notes: []pages.NoteLine{
			{ID: "1", By: w.Note.ByAt("op-1", "18:30 UTC"), Text: "Feed B is the backup path through OB van 3. Do not stop both.", Mine: true},
			{ID: "2", By: w.Note.ByAt(longOwner, "2026-11-20 17:40 UTC"), Text: strings.Repeat("averylongwordwithoutablank", 6)},
		},
		Handover: pages.NoteLine{By: w.Note.ByAt("op-2", "17:58 UTC"), Text: "Affiliate 4 reboots at 19:50.\nRecorder is on until midnight.\n\nCall the van before changing the key."},
		Band: pages.BandBox{T: s.t, FlowID: sampleFlow, Rows: []pages.Pair{
			{Label: w.Band.Min, Value: "6 Mb/s"},
			{Label: w.Band.Max, Value: w.Band.NoLimit, Note: w.Band.Usual},
			{Label: w.Band.Loss, Value: "0.5 %"},
			{Label: w.Band.Idle, Value: "10 " + w.Band.Minutes, Note: w.Band.Usual},
		}},
		Good: pages.GoodBox{Kept: w.Good.KeptBy("op-1", "18:02 UTC"), Summary: w.Good.Differs(3), Steps: []string{
			w.Good.Source("OB-VAN-2-MAIN") + ": 120 ms → 200 ms", w.Good.Add("TX-RESERVE"), w.Good.Remove(outputNames[9]),
		}},
		Parked: []pages.ParkedLine{
			{Name: outputNames[9], About: s.t.List.Caller + " 203.0.113.90:7001", By: w.Park.ByAt("op-2", "18:41 UTC"), Encrypted: true},
			{Name: "RECORDER-2", About: s.t.List.Listener + " 203.0.113.10:20044", By: w.Park.ByAt(longOwner, "18:41 UTC")},
		},
	}
}

func (s studio) consent(name, label, missing string) *pages.Consent {
	c := &pages.Consent{
		T: s.t, Name: name, Lead: s.t.Care.Hold.Guarded("op-1", "18:02"), Missing: missing,
		Hold: pages.Hold{
			URL: "/flows/x/hold", Verb: "stop", Subject: sampleFlow, State: "ACTIVE", Label: label, Note: s.t.Guard.Interrupts(3),
			Page: "/flows/x/stop?from=list",
		},
	}
	if missing != "" {
		c.Reason.Error, c.Typed = s.t.Care.Faults.Reason, ui.Value{Text: "FINAL-FED-A", Error: s.t.Care.Faults.WrongName("FINAL-FED-A")}
	}
	return c
}

// heldList is a list in which a row asks to be held.
func (s studio) heldList(missing string) pages.Flows {
	p := s.list(24, true)
	for _, i := range []int{1, 5, 8, 13, 23} {
		r := &p.List.Body.Rows[i]
		r.Guarded, r.Action.Held, r.PeerName = s.t.Care.Protect.Tag("op-1"), true, "OB van 2"
	}
	p.List.Body.Rows[10].Guarded, p.List.Body.Rows[10].Action = s.t.Care.Protect.Tag(longOwner), pages.FlowAction{By: s.t.Care.Protect.Only(longOwner)}
	asks := &p.List.Body.Rows[11]
	asks.Guarded, asks.Asks, asks.AsksHint, asks.Action.Verb = s.t.Care.Protect.Tag("op-3"), s.t.Care.Ask.ShortStop, s.t.Care.Ask.Stop("op-3"), "ask"
	row := p.List.Body.Rows[5]
	armed := s.armed(row.ID, row.Name, "list")
	armed.Consent = s.consent(row.Name, s.t.Care.Hold.Stop, missing)
	p.List.Body.Armed = &pages.ArmedRow{T: s.t, Row: row, Armed: armed}
	return p
}

func (s studio) heldFlow() templ.Component {
	p := s.protected("op-1", true)
	armed := s.armed(sampleFlow, "FINAL-FEED-A", "flow")
	armed.Consent = s.consent("FINAL-FEED-A", s.t.Care.Hold.Stop, "")
	return inPlace(p, pages.ArmedCommand{T: s.t, Armed: armed})
}

func (s studio) heldPage() pages.Confirm {
	p := s.stop()
	p.Consent, p.Problem = s.consent("FINAL-FEED-A", s.t.Care.Hold.Stop, s.t.Care.Hold.Missing), s.problem(s.t.Care.Errors.Consent, "", "", "")
	return p
}

func (s studio) heldSource() pages.SourceEdit {
	p := s.source()
	p.Effect.Faults, p.Effect.CanSave = nil, true
	p.Effect.Consent = s.consent("FINAL-FEED-A", s.t.Care.Hold.Save, "")
	return p
}

func (s studio) short(title string, fields ...ui.Field) pages.ShortForm {
	return pages.ShortForm{
		Shell: s.shell(title), Title: title, Crumbs: []pages.Crumb{{Label: s.t.Shell.Flows, URL: "/flows"}, {Label: "FINAL-FEED-A", URL: "/flows/x"}},
		Fields: fields, Post: "/flows/x", Button: s.t.Care.Save, Back: "/flows/x",
	}
}

func (s studio) protect() pages.ShortForm {
	w := s.t.Care.Protect
	p := s.short(w.Title("FINAL-FEED-A"), pages.ReasonField(s.t, ui.Value{Error: s.t.Care.Faults.Reason}, true))
	p.Lead, p.Button = []string{w.Lead}, w.Take
	p.Checks = []pages.Check{{Name: "second", Value: "1", Label: w.Second, Help: w.SecondHelp, On: true}}
	p.Drop = &pages.Drop{Post: "/flows/x/release", Label: w.ReleaseTitle("FINAL-FEED-A")}
	return p
}

func (s studio) force() pages.ShortForm {
	w := s.t.Care.Protect
	p := s.short(w.ForceTitle(names[15]), pages.ReasonField(s.t, ui.Value{}, true))
	p.Lead, p.Button, p.Guarded = []string{w.ForceLead(longOwner, "18:02"), w.ForceWas(longReason)}, w.ForceButton, true
	return p
}

func (s studio) handover() pages.ShortForm {
	w := s.t.Care.Note
	p := s.short(w.HandoverOf("FINAL-FEED-A"), ui.Field{Name: "text", Label: w.Handover, Help: w.HandoverHelp, Rows: "8", Value: ui.Value{Text: "Recorder is on until one."}})
	p.Both = &pages.BothTexts{Title: w.Clash, Lead: w.ClashText("op-2", "18:31 UTC"), TheirsLabel: w.Theirs, Theirs: s.care().Handover.Text, YoursLabel: w.Yours, YoursNow: "Recorder is on until one."}
	return p
}

func (s studio) goodBack() pages.GoodBack {
	w := s.t.Care.Good
	return pages.GoodBack{
		Shell: s.shell(w.BackOf("FINAL-FEED-A")), Title: w.BackOf("FINAL-FEED-A"), Kept: w.KeptBy("op-1", "18:02 UTC"), Post: "/flows/x/good/restore", Back: "/flows/x",
		Button: w.Button, Consent: s.consent("FINAL-FEED-A", w.Hold, ""),
		Keys: []ui.Field{{Name: "key_2", Label: w.Key("TX-RESERVE"), Help: w.KeyHelp, Type: "password", Mono: true}},
		Steps: []pages.GoodStep{
			{Title: w.Remove(outputNames[9]), Effect: w.Ends(outputNames[9]), Warn: true},
			{Title: w.Source("OB-VAN-2-MAIN"), Effect: w.DropsIn, Warn: true, Changes: []ui.Change{{Label: s.t.Field.Latency, Now: []string{"120 ms"}, After: []string{"200 ms"}}, {Label: s.t.Field.StreamID, Now: []string{"final/feed-a"}, After: []string{"final/a"}}}},
			{Title: w.Add("TX-RESERVE"), Effect: w.Nothing, Changes: []ui.Change{{Label: s.t.Field.Address, After: []string{"203.0.113.62"}}}},
		},
	}
}

func (s studio) results() pages.Results {
	w := s.t.Care.Good
	return pages.Results{Shell: s.shell(w.ResultOf("FINAL-FEED-A")), Title: w.ResultOf("FINAL-FEED-A"), Next: "/flows/x", Label: w.ToFlow, Rows: []pages.ResultRow{
		{Name: w.Remove(outputNames[9]), Shape: ui.ShapeLive, Word: w.StepDone},
		{Name: w.Source("OB-VAN-2-MAIN"), Shape: ui.ShapeWarn, Word: w.StepNot, Why: s.t.Error.State.Title + " · LIVE.100011006 · The flow is running."},
		{Name: w.Add("TX-RESERVE"), Shape: ui.ShapeStandby, Word: w.StepLeft},
	}}
}

func (s studio) clone() pages.NewFlow {
	w := s.t.Care.Clone
	p := s.newFlow(false)
	key := ui.Field{Name: "key_1", Label: w.KeyOf(outputNames[9]), Type: "password", Mono: true, Value: ui.Value{Error: s.t.Care.Faults.Key}}
	p.Clone = &pages.Clone{T: s.t, From: sampleFlow, Title: w.Of("FINAL-FEED-A"), Lead: []string{w.Lead, w.PortNote}, Outputs: []pages.CloneOutput{
		{Check: pages.Check{Name: "take", Value: "TX-MAIN", Label: "TX-MAIN  " + s.t.List.Caller + " 203.0.113.61:5000", On: true}},
		{Check: pages.Check{Name: "take", Value: outputNames[9], Label: outputNames[9] + "  " + s.t.List.Listener, Help: w.NeedsKey}, Key: &key},
	}}
	return p
}

func (s studio) labels(n int) pages.Labels {
	p := pages.Labels{Shell: s.shell(s.t.Care.Label.Title)}
	for i := range n {
		p.Rows = append(p.Rows, []pages.LabelRow{{Address: "203.0.113.24", Name: "OB van 2"}, {Address: "2001:db8:1234:5678:9abc:def0:1234:5678", Name: strings.Repeat("Long name ", 6)}}[i%2])
	}
	return p
}
