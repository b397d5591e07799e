package handlers

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// flowState is the state beside a flow's title: with the time since it began.
func (v teller) flowState(f *monitor.Flow) pages.FlowState {
	s := v.state(f)
	if s.Time.MS == 0 {
		switch f.State {
		case monitor.StateOutputLost, monitor.StateLoss:
			s.Time = ui.At(ui.TimeShort, f.StateSince, v.now)
		case monitor.StateLive, monitor.StateWaiting:
			s.Time = ui.At(ui.TimeCounter, f.StateSince, v.now)
		}
	}
	return pages.FlowState{T: v.t, State: s}
}

// flowCommand is the button of the page.
func (v teller) flowCommand(f *monitor.Flow) pages.FlowCommand {
	c := pages.FlowCommand{T: v.t, Action: action(v.t, f, "flow")}
	c.Action.Why = v.offered(c.Action)
	if c.Action = v.guarded(f, c.Action); c.Action.Verb != verbStop {
		c.Interrupts = ""
	}
	if c.Action.Verb == verbStop {
		c.Interrupts = v.interrupts(len(interrupted(f)))
	}
	return c
}

func (v teller) interrupts(outputs int) string {
	if outputs == 0 {
		return v.t.Guard.InterruptsNone
	}
	return v.t.Guard.Interrupts(outputs)
}

// head is name, state and command.
func (v teller) head(f *monitor.Flow) pages.FlowHead {
	h := pages.FlowHead{
		T: v.t, ID: f.ID, Name: f.Name, Description: f.Description,
		State: v.flowState(f), Command: v.flowCommand(f), Delete: v.changeOff(actDelete, f), Clone: v.off(actCreate), Strip: v.strip(f), Fresh: pages.Fresh{Text: v.fresh()},
	}
	if f.Status == medialive.Standby && f.State != monitor.StateStarting {
		h.DeleteURL = flowPath(f.ID) + "/delete"
	} else {
		h.DeleteWhy = v.t.Flow.DeleteStop
	}
	return h
}

// headParts are what lives in the head, each by itself.
func (d *desk) headParts(v teller, f *monitor.Flow) []part {
	h := v.head(f)
	return []part{
		d.piece("flow-state", h.State), d.piece("flow-description", h.About()),
		d.piece("flow-delete", h.Deletion()), d.piece("flow-command", h.Command), d.piece("fresh", h.Fresh),
		d.piece("flow-strip", h.Strip), d.piece("flow-ask", v.askLine(f)),
	}
}

// facts are what was commanded, what the service confirms, and what is
// measured: three facts, each with its own age, never merged.
func (v teller) facts(f *monitor.Flow) pages.Facts {
	facts := pages.Facts{T: v.t, Commanded: v.commandedFact(f), Confirmed: v.confirmedFact(f), Outputs: v.slots(f)}
	facts.Aged = mediaAge(f) != monitor.Fresh
	if f.Statistics == nil {
		facts.Unmeasured, facts.Measured = v.unmeasured(f)
		if !v.measured && f.Status == medialive.Active {
			facts.Source = v.sourceFact(f)
		}
		return facts
	}
	facts.Source = v.sourceFact(f)
	facts.SourceBit, _, _ = v.sourceFigures(f)
	facts.Measured = ui.At(ui.TimeAge, measuredAt(f), v.now)
	return facts
}

// sourceFact is whether media moves, and since when.
func (v teller) sourceFact(f *monitor.Flow) pages.Fact {
	fact := pages.Fact{Shape: sourceShape(f), Word: v.t.Flow.Source}
	since := f.StateSince
	if f.Statistics != nil && !f.Statistics.Source.Since.IsZero() {
		since = f.Statistics.Source.Since
	}
	switch f.State {
	case monitor.StateLive, monitor.StateLoss, monitor.StateOutputLost:
		if f.Statistics == nil {
			fact.Note = v.t.Trail.MediaComes + " "
		}
	case monitor.StateWaiting, monitor.StateSourceLost:
		fact.Note = v.t.Trail.NoMedia + " "
	default:
		return fact
	}
	fact.Note += fill(v.t.Trail.SinceClock, v.day(since))
	return fact
}

// unmeasured tells why there is no measurement of a flow, and where the service
// itself tells of its media, since when.
func (v teller) unmeasured(f *monitor.Flow) (why string, told ui.Moment) {
	switch {
	case !v.measured:
		return v.t.Flow.NotMeasured, ui.At(ui.TimeAge, f.DetailAt, v.now)
	case f.Status == medialive.Standby:
		return v.t.Flow.NotStarted, ui.Moment{}
	}
	return v.t.Flow.ChartEmpty, ui.Moment{}
}

func (v teller) commandedFact(f *monitor.Flow) pages.Fact {
	words, c, last := v.t.Flow, f.Command, v.deeds.flow.last
	if c != nil && undone(c.Outcome) {
		c = nil
	}
	if last != nil && (c == nil || last.At.After(c.At)) {
		c = &monitor.Command{Verb: last.Verb, Actor: last.Actor, At: last.At, Outcome: monitor.Outcome(last.Outcome)}
	}
	fact := pages.Fact{Word: words.NoCommand, Problem: v.refusedCommand(f, c)}
	switch {
	case c == nil && v.deeds.unread:
		fact.Word = v.t.Trail.NotRead
		return fact
	case c == nil:
		return fact
	}
	fact.Word, fact.Note, fact.Age = words.CommandStart, words.ByAt(c.Actor, v.day(c.At)), ui.At(ui.TimeAge, c.At, v.now)
	if c.Verb == verbStop {
		fact.Word = words.CommandStop
	}
	if c.Outcome == monitor.OutcomeUnknown && fact.Problem == "" {
		fact.Problem = words.NoAnswer
	}
	return fact
}

// undone tells that a command is not what is commanded: it was refused, or never
// happened.
func undone(o monitor.Outcome) bool {
	return o == monitor.OutcomeRefused || o == monitor.OutcomeNotDone
}

// refusedCommand tells of a start or stop that was refused after the one that
// holds.
func (v teller) refusedCommand(f *monitor.Flow, holds *monitor.Command) string {
	w, code := v.t.Trail, ""
	c := f.Command
	if e := v.deeds.flow.refused; e != nil {
		code = e.Code
		if c == nil || !undone(c.Outcome) || e.At.After(c.At) {
			c = &monitor.Command{Verb: e.Verb, Actor: e.Actor, At: e.At, Outcome: monitor.Outcome(e.Outcome)}
		}
	}
	if c == nil || !undone(c.Outcome) || holds != nil && holds.At.After(c.At) {
		return ""
	}
	tell := w.RefusedStart
	switch start := c.Verb == verbStart; {
	case start && c.Outcome == monitor.OutcomeNotDone:
		tell = w.UndoneStart
	case !start && c.Outcome == monitor.OutcomeNotDone:
		tell = w.UndoneStop
	case !start:
		tell = w.RefusedStop
	}
	return withCode(tell(c.Actor, v.day(c.At)), code)
}

// wanted is the status that confirms a command.
var wanted = map[string]medialive.FlowStatus{verbStart: medialive.Active, verbStop: medialive.Standby}

func (v teller) confirmedFact(f *monitor.Flow) pages.Fact {
	words := v.t.Flow
	fact := pages.Fact{Word: cmp.Or(string(f.Status), v.t.State.Unknown), Age: v.told(f.StatusAt)}
	switch f.Ages.Status {
	case monitor.Gone:
		return pages.Fact{Word: ui.Lost, Age: fact.Age, Old: true}
	case monitor.Old:
		fact.Old = true
	}
	if c := f.Command; c != nil {
		confirmed, moving := f.Status == wanted[c.Verb], f.State == monitor.StateStarting || f.State == monitor.StateStopping
		switch {
		case c.Outcome == monitor.OutcomePending, c.Outcome == monitor.OutcomeUnknown, moving && !confirmed:
			fact.Note = words.NotYet // also where it was answered, and what was read since is other than that
		case c.Outcome == monitor.OutcomeDone && !c.Settled.IsZero() && confirmed:
			fact.Note = words.AfterCommand(tookText(c.Settled.Sub(c.At)))
		}
	}
	return fact
}

// tookText is a duration to a tenth of a second.
func tookText(d time.Duration) string {
	if d = max(d, 0); d < 10*time.Second {
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	return ui.Age(d)
}

// sourceShape is the mark of the source alone.
func sourceShape(f *monitor.Flow) ui.Shape {
	switch f.State {
	case monitor.StateLive, monitor.StateOutputLost:
		return ui.ShapeLive
	case monitor.StateLoss:
		return ui.ShapeWarn
	case monitor.StateWaiting:
		return ui.ShapeWaiting
	case monitor.StateSourceLost:
		return ui.ShapeLost
	case monitor.StateStandby:
		return ui.ShapeStandby
	case monitor.StateStarting:
		return ui.ShapeStarting
	case monitor.StateStopping:
		return ui.ShapeStopping
	}
	return ui.ShapeStale
}

// sourceLine is how the line from the source to the flow is drawn.
func sourceLine(f *monitor.Flow) pages.LineKind {
	switch f.State {
	case monitor.StateLive, monitor.StateOutputLost, monitor.StateLoss:
		return pages.LineMoves
	case monitor.StateSourceLost:
		return pages.LineLost
	}
	return pages.LineLinked
}

// sourceBox is the source with its figures.
func (v teller) sourceBox(f *monitor.Flow) pages.SourceBox {
	b := pages.SourceBox{T: v.t, Shape: sourceShape(f), EditURL: flowPath(f.ID) + "/source", Line: sourceLine(f), Told: v.sourceTold(f), Off: v.changeOff(actSource, f)}
	if f.Source != nil {
		b.Name = f.Source.Name
	}
	b.Rows = v.sourceRows(f)
	b.Bitrate, b.RTT, _ = v.sourceFigures(f)
	if f.Statistics != nil && f.Status == medialive.Active {
		b.Figures = v.keyFigures(f)
		if mediaAge(f) != monitor.Gone {
			b.Problem = v.t.Trail.Why(f.Statistics.Source.Problem)
		}
	}
	return b
}

func (v teller) sourceRows(f *monitor.Flow) []pages.Pair {
	words, s := v.t.Flow, f.Source
	if s == nil {
		return nil
	}
	listens := s.Protocol == medialive.Listener
	at := words.Calling
	if listens {
		at = words.ListeningOn
	}
	rows := []pages.Pair{
		{Label: words.Mode, Value: "SRT " + modeName(v.t, listens)},
		{Label: at, Value: cmp.Or(hostPort(s.Address, s.Port), number(s.Port)), Mono: true},
	}
	if listens && v.measured {
		rows = append(rows, v.senderRow(f))
	}
	rows = append(rows, pages.Pair{Label: words.StreamID, Value: cmp.Or(s.StreamID, words.AnyStreamID), Mono: s.StreamID != ""},
		v.cryptoRow(s.Decryption), v.latencyRow(f, s.MinLatency))
	if listens {
		rows = append(rows, v.allowedRow(s.CIDRWhitelist))
	}
	return rows
}

func (v teller) senderRow(f *monitor.Flow) pages.Pair {
	switch {
	case f.Status == medialive.Active && mediaAge(f) == monitor.Gone:
		return pages.Pair{Label: v.t.Flow.Sender, Value: ui.Lost, Mono: true}
	case f.Statistics != nil && f.Statistics.Source.Peer != "":
		return pages.Pair{Label: v.t.Flow.Sender, Value: f.Statistics.Source.Peer, Mono: true, Peer: v.peerName(f, f.Statistics.Source.Peer)}
	}
	return pages.Pair{Label: v.t.Flow.Sender, Value: v.t.Flow.Nobody}
}

func (v teller) cryptoRow(c *medialive.Crypto) pages.Pair {
	if c == nil {
		return pages.Pair{Label: v.t.Flow.Encryption, Value: v.t.Flow.NoKey}
	}
	return pages.Pair{Label: v.t.Flow.Encryption, Value: cipherName(string(c.Algorithm)), Note: v.t.Flow.KeySet, Mono: true}
}

func (v teller) latencyRow(f *monitor.Flow, configured int) pages.Pair {
	p := pages.Pair{Label: v.t.Flow.Latency, Value: strconv.Itoa(cmp.Or(configured, medialive.DefaultLatency)) + " ms", Mono: true}
	if f.Statistics != nil && f.Statistics.Source.State == medialive.LegConnected && f.Statistics.Source.Latency > 0 && mediaAge(f) != monitor.Gone {
		p.Note = fill(v.t.Flow.Agreed, strconv.Itoa(f.Statistics.Source.Latency))
	}
	return p
}

func (v teller) allowedRow(list []string) pages.Pair {
	switch len(list) {
	case 0:
		return pages.Pair{Label: v.t.Flow.Allowed, Value: v.t.List.Anyone}
	case 1:
		return pages.Pair{Label: v.t.Flow.Allowed, Value: list[0], Mono: true}
	}
	return pages.Pair{Label: v.t.Flow.Allowed, Value: list[0], Note: "+" + strconv.Itoa(len(list)-1), Mono: true}
}

// keyFigures are the figures of a source that is started.
func (v teller) keyFigures(f *monitor.Flow) []pages.KeyFigure {
	words, s := v.t.Flow, f.Statistics.Source
	rate, rtt, loss := v.sourceFigures(f)
	whole := func(n int64, unit string) ui.Figure {
		if rate == lostFigure {
			return lostFigure
		}
		return ui.Figure{Value: strconv.FormatInt(n, 10), Unit: unit}
	}
	return []pages.KeyFigure{
		{Label: words.Bitrate, Figure: rate},
		{Label: words.RTT, Figure: rtt},
		{Label: words.Loss, Figure: loss, Bad: f.State == monitor.StateLoss},
		{Label: words.Retransmitted, Figure: whole(s.Retransmit, words.Packets)},
		{Label: words.Dropped, Figure: whole(s.Drop, words.Packets)},
		{Label: words.TSErrors, Figure: whole(s.TSErrors, words.CC)},
	}
}

// flowBox is the flow between its source and its outputs.
func (v teller) flowBox(f *monitor.Flow) pages.FlowBox {
	b := pages.FlowBox{T: v.t, ID: f.ID, Status: string(f.Status), Line: pages.LineLinked, Still: v.still(f)}
	if f.Statistics != nil && !f.Statistics.ActiveSince.IsZero() && f.Status == medialive.Active {
		b.Since = fill(v.t.Flow.SinceClock, clock(f.Statistics.ActiveSince))
	}
	if f.Ages.Status == monitor.Gone {
		b.Status, b.Since = ui.Lost, ""
	}
	if connected, _ := joined(f); connected > 0 {
		b.Line = pages.LineMoves
	}
	return b
}

// outputs are the outputs of a flow, in the service's order.
func (v teller) outputs(f *monitor.Flow) pages.OutputList {
	connected, total := joined(f)
	l := pages.OutputList{
		T: v.t, Heading: v.t.Flow.OutputsHead(connected, total), Figures: v.measured,
		Free: v.t.Flow.FreeOutputs(max(0, medialive.MaxOutputs-total)), Unknown: f.DetailAt.IsZero(),
		Off: v.changeOff(actAddOutput, f),
	}
	if f.State == monitor.StateStale {
		l.Heading = v.t.Flow.Outputs // nobody knows how many are connected
	}
	if total < medialive.MaxOutputs {
		l.AddURL = flowPath(f.ID) + "/outputs/new"
	}
	l.Channel = v.channelOfFlow(f)
	for i := range f.Outputs {
		l.Rows = append(l.Rows, v.output(f, i))
	}
	return l
}

// output is the row of the i-th output.
func (v teller) output(f *monitor.Flow, i int) pages.OutputRow {
	o := f.Outputs[i]
	row := pages.OutputRow{
		Told: v.outputTold(o), Aged: mediaAge(f) == monitor.Old || o.Statistics == nil && o.Read == monitor.Old,
		T: v.t, FlowID: f.ID, Number: strconv.Itoa(i + 1), Name: o.Name,
		Slot: slot(f, o), SlotWord: v.outputWord(o.State), Line: outputLine(o.State), Figures: v.measured,
	}
	if v.may.role >= actBuild.needs {
		row.URL = outputPath(f.ID, o.Name)
	}
	if c := o.Config; c != nil {
		row.Mode, row.FarEnd = modeName(v.t, c.Protocol == medialive.Listener), v.farEnd(o)
		row.Peer = v.peerName(f, receiver(o))
		row.Toggle = v.toggle(f, *c)
	}
	if o.State == monitor.OutputLost {
		row.Lost = ui.State{Shape: ui.ShapeLost, Word: v.t.State.OutputLost, Time: ui.At(ui.TimeShort, o.Since, v.now)}
	}
	if s := o.Statistics; s != nil {
		v.measuredOutput(&row, o, *s)
	}
	return row
}

func (v teller) measuredOutput(row *pages.OutputRow, o monitor.Output, s medialive.LegStatistics) {
	switch o.State {
	case monitor.OutputOK, monitor.OutputLoss:
		row.Bitrate, row.RTT, row.Loss = ui.Bitrate(s.Bitrate), ui.Millis(s.RTT), ui.Percent(s.Loss)
		row.Since = ui.At(ui.TimeCounter, s.ConnectedAt, v.now)
	case monitor.OutputUnknown:
		row.Bitrate, row.RTT, row.Loss = lostFigure, lostFigure, lostFigure
	case monitor.OutputLost, monitor.OutputIdle:
		row.Problem = v.t.Trail.Why(s.Problem)
		if s.Attempts > 0 {
			row.Problem = v.t.Flow.NoAnswerTry(s.Attempts)
		}
		if s.NextTry.After(v.now) {
			row.Next = ui.At(ui.TimeDown, s.NextTry, v.now)
		}
	}
}

func (v teller) outputWord(s monitor.OutputState) string {
	w := v.t.State
	switch s {
	case monitor.OutputOK:
		return w.OK
	case monitor.OutputIdle:
		return w.Idle
	case monitor.OutputLost:
		return w.Lost
	case monitor.OutputLoss:
		return w.Losing
	case monitor.OutputOff:
		return w.Off
	}
	return w.NotKnown
}

func outputLine(s monitor.OutputState) pages.LineKind {
	switch s {
	case monitor.OutputOK, monitor.OutputLoss:
		return pages.LineMoves
	case monitor.OutputLost:
		return pages.LineLost
	}
	return pages.LineLinked
}

// farEnd is who receives, or where somebody may come to receive.
func (v teller) farEnd(o monitor.Output) string {
	if o.Statistics != nil && o.Statistics.Peer != "" && o.State != monitor.OutputUnknown {
		return o.Statistics.Peer
	}
	if o.Config.Protocol == medialive.Caller {
		return hostPort(o.Config.Destination, o.Config.Port)
	}
	return hostPort(o.Config.ListenerAddress, o.Config.Port)
}

// receiver is who receives, or would; empty where we only wait for somebody.
func receiver(o monitor.Output) string {
	switch {
	case o.Statistics != nil && o.Statistics.Peer != "":
		return o.Statistics.Peer
	case o.Config.Protocol == medialive.Caller:
		return o.Config.Destination
	}
	return ""
}

// toggle switches an output on, or asks before it switches it off.
func (v teller) toggle(f *monitor.Flow, o medialive.Output) pages.OutputToggle {
	t := pages.OutputToggle{Off: o.Status == medialive.Disabled, Name: o.Name, Why: cmp.Or(v.off(actSwitch), v.keptOutput(f, o.Name))}
	if t.Off {
		t.URL, t.Word = outputPath(f.ID, o.Name)+"/enable", v.t.Flow.TurnOn
	} else {
		t.URL, t.Word = outputPath(f.ID, o.Name)+"/disable", v.t.Flow.TurnOff
	}
	return t
}

// refused are the callers that were turned away, the latest first.
func (v teller) refused(f *monitor.Flow, callers []medialive.RefusedCaller) *pages.Refused {
	r := &pages.Refused{T: v.t}
	attempts := 0
	callers = slices.Clone(callers)
	slices.SortFunc(callers, func(a, b medialive.RefusedCaller) int { return b.Last.Compare(a.Last) })
	for _, c := range callers {
		attempts += c.Count
		r.Rows = append(r.Rows, pages.RefusedRow{
			Peer: v.peerName(f, c.Address), Time: clock(c.Last), Leg: c.Leg, Address: c.Address, StreamID: c.StreamID,
			Reason: v.t.RefusalOf(string(c.Reason)), Count: "×" + strconv.Itoa(c.Count),
		})
	}
	if attempts > 0 {
		r.Summary = v.t.Flow.Attempts(attempts)
	}
	return r
}
