package handlers

import (
	"net/url"
	"strconv"
	"time"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// teller tells of flows in one language at one moment. It is pure: the same
// snapshot gives the same models.
type teller struct {
	t        *text.Strings
	now      time.Time
	measured bool      // the backend measures
	heard    time.Time // when the backend last confirmed what it had told; zero: not known
	pictures album     // nil: none are shown
	alarms   *alarm.View
	user     string            // who looks
	may      may               // what who looks may do
	known    *monitor.Snapshot // of which it tells: how the service is reached, and how often it is read; nil: not known
	deeds    deeds             // what was commanded, on the page of a flow
	sites    []site            // all places of who looks; none: there is but one
	here     spot              // with sites: the present one
	region   string            // of all flows told of, in a list of several places; empty: it is of one
	endpoint string            // of the service
	away     string            // key of their place, where that is not the present one
}

// flowPath is the path of a flow's page, or of a channel's.
func flowPath(id string) string {
	if _, channel := monitor.ChannelKeyOf(id); channel {
		return "/" + id
	}
	return "/flows/" + url.PathEscape(id)
}

func outputPath(id, name string) string { return pages.OutputPath(id, name) }

// state gives the mark, the word, and what stands after it.
func (v teller) state(f *monitor.Flow) ui.State {
	words := v.t.State
	switch f.State {
	case monitor.StateStandby:
		return ui.State{Shape: ui.ShapeStandby, Word: words.Standby}
	case monitor.StateStarting:
		return ui.State{Shape: ui.ShapeStarting, Word: words.Starting, Time: ui.At(ui.TimeCounter, v.commanded(f), v.now)}
	case monitor.StateStopping:
		return ui.State{Shape: ui.ShapeStopping, Word: words.Stopping, Time: ui.At(ui.TimeCounter, v.commanded(f), v.now)}
	case monitor.StateWaiting:
		return ui.State{Shape: ui.ShapeWaiting, Word: words.Waiting}
	case monitor.StateLive:
		return ui.State{Shape: ui.ShapeLive, Word: words.Live}
	case monitor.StateLoss:
		return ui.State{Shape: ui.ShapeWarn, Word: words.Loss, Figure: v.loss(f)}
	case monitor.StateOutputLost:
		connected, total := joined(f)
		return ui.State{Shape: ui.ShapeWarn, Word: words.Output, Figure: fraction(connected, total)}
	case monitor.StateSourceLost:
		return ui.State{Shape: ui.ShapeLost, Word: words.SourceLost, Time: ui.At(ui.TimeShort, f.StateSince, v.now)}
	case monitor.StateStale:
		return ui.State{Shape: ui.ShapeStale, Word: words.Stale, Time: ui.At(ui.TimeShort, f.SeenAt, v.now)}
	}
	return ui.State{Shape: ui.ShapeStale, Word: words.Unknown, Time: ui.At(ui.TimeShort, f.StateSince, v.now)}
}

// commanded is since when a command waits.
func (v teller) commanded(f *monitor.Flow) time.Time {
	if f.Command != nil {
		return f.Command.At
	}
	return f.StateSince
}

func (v teller) loss(f *monitor.Flow) string {
	if f.Statistics == nil {
		return ""
	}
	return strconv.FormatFloat(f.Statistics.Source.Loss, 'f', 1, 64) + " %"
}

// joined counts the outputs that pass media on, and those that should.
func joined(f *monitor.Flow) (connected, total int) {
	for _, o := range f.Outputs {
		if o.State == monitor.OutputOK || o.State == monitor.OutputLoss {
			connected++
		}
	}
	return connected, len(f.Outputs)
}

func fraction(a, b int) string { return strconv.Itoa(a) + "/" + strconv.Itoa(b) }

// slotKinds translates the states of outputs into marks.
var slotKinds = map[monitor.OutputState]ui.SlotKind{
	monitor.OutputOK: ui.SlotOK, monitor.OutputIdle: ui.SlotIdle, monitor.OutputLost: ui.SlotLost,
	monitor.OutputLoss: ui.SlotLoss, monitor.OutputOff: ui.SlotOff, monitor.OutputUnknown: ui.SlotUnknown,
}

// slot is an output's mark; while the flow changes, the mark says so.
func slot(f *monitor.Flow, o monitor.Output) ui.SlotKind {
	switch {
	case f.State == monitor.StateStarting:
		return ui.SlotStarting
	case f.State == monitor.StateStopping:
		return ui.SlotStopping
	}
	if kind, ok := slotKinds[o.State]; ok {
		return kind
	}
	return ui.SlotUnknown
}

// slots are the marks of all outputs, in order.
func (v teller) slots(f *monitor.Flow) ui.Slots {
	connected, total := joined(f)
	s := ui.Slots{Count: fraction(connected, total), Label: v.t.List.OutputsJoined(connected, total)}
	unread := f.DetailAt.IsZero()
	for i, o := range f.Outputs {
		if i == medialive.MaxOutputs {
			break
		}
		s.Kinds = append(s.Kinds, slot(f, o))
		s.Bad = s.Bad || o.State == monitor.OutputLost
		unread = unread || o.State == monitor.OutputUnknown
	}
	s.Bad = s.Bad || f.State == monitor.StateSourceLost && total > 0
	switch {
	case unread:
		s.Count = "--"
	case total == 0:
		s.Count = ""
	}
	return s
}

// row is a flow in the list.
func (v teller) row(f *monitor.Flow, history []monitor.Sample) pages.FlowRow {
	row := pages.FlowRow{
		T: v.t, ID: f.ID, Name: f.Name, Description: f.Description,
		State: v.state(f), Mode: modeName(v.t, f.Protocol == medialive.Listener), Peer: v.peer(f),
		Figures: v.measured, Outputs: v.slots(f), Action: action(v.t, f, "list"),
		InState: ui.At(ui.TimeCounter, f.StateSince, v.now), Seen: v.seen(f),
		SeenOld: f.Aging || f.State == monitor.StateStale, Aged: f.Aging,
	}
	row.Action.Why = v.offered(row.Action)
	v.guardRow(f, &row)
	v.markRow(f.ID, &row)
	row.Bitrate, row.RTT, row.Loss = v.sourceFigures(f)
	if v.measured {
		row.Trace = trace(history, f.State, v.now)
	}
	row.Still = v.still(f)
	v.placeRow(f, &row)
	if f.State == monitor.StateStale {
		row.InState = ui.Moment{Text: lostFigure.Value}
	}
	return row
}

// seen is the age of a row. What was only told once is as young as the last
// word of who would have told a change, which the page hears of each second.
func (v teller) seen(f *monitor.Flow) ui.Moment {
	if f.State == monitor.StateStale || !f.SeenAt.Equal(f.StatusAt) {
		return ui.At(ui.TimeAge, f.SeenAt, v.now)
	}
	return v.told(f.SeenAt)
}

// told is the age of what stays true until the backend tells otherwise.
func (v teller) told(at time.Time) ui.Moment {
	if at.Before(v.heard) {
		at = v.heard
	}
	m := ui.At(ui.TimeAge, at, v.now)
	m.Told = true
	return m
}

// peer tells who is at the far end of the source, or who may be.
func (v teller) peer(f *monitor.Flow) string {
	if p := peerOf(f); p != "" || f.Source == nil {
		return p
	}
	switch list := f.Source.CIDRWhitelist; len(list) {
	case 0:
		return v.t.List.Anyone
	case 1:
		return fill(v.t.List.AnyIn, list[0])
	default:
		return fill(v.t.List.AnyIn, list[0]+" +"+strconv.Itoa(len(list)-1))
	}
}

// sourceFigures are what is measured at a source, as far as it may be shown:
// nothing where it never was, dashes where it is too old.
func (v teller) sourceFigures(f *monitor.Flow) (rate, rtt, loss ui.Figure) {
	if f.Statistics == nil {
		return
	}
	s := f.Statistics.Source
	switch f.State {
	case monitor.StateStandby, monitor.StateStarting, monitor.StateStopping:
		return
	case monitor.StateStale, monitor.StateUnknown:
		return lostFigure, lostFigure, lostFigure
	}
	old := mediaAge(f)
	rate = faded(ui.Bitrate(s.Bitrate), old)
	if s.State != medialive.LegConnected {
		rate.Quiet = true
		return rate, ui.Figure{}, ui.Figure{}
	}
	return rate, faded(ui.Millis(s.RTT), old), faded(ui.Percent(s.Loss), old)
}

// action is what may be done with a flow. While a command runs, it is nobody
// else's turn.
func action(t *text.Strings, f *monitor.Flow, from string) pages.FlowAction {
	a := pages.FlowAction{FlowID: f.ID, Name: f.Name, From: from, State: string(f.Status)}
	_, a.Turn = monitor.ChannelKeyOf(f.ID)
	switch {
	case f.State == monitor.StateStarting || f.State == monitor.StateStopping:
		if f.Command != nil {
			a.By = t.List.ByActor(f.Command.Actor)
		}
	case f.Status == medialive.Standby:
		a.Verb = verbStart
	case f.Status == medialive.Active:
		a.Verb = verbStop
	}
	return a
}

// offered tells why what is offered cannot be done now.
func (v teller) offered(a pages.FlowAction) ui.Why {
	if a.Verb == "" {
		return ui.Why{}
	}
	return v.off(actOf(a.Verb))
}

// newButton leads to the form of a new flow.
func (v teller) newButton() pages.NewButton { return pages.NewButton{T: v.t, Why: v.off(actCreate)} }

// interrupted names the outputs that a stop would take media from: all that
// have it now; where nobody knows, all that are switched on.
func interrupted(f *monitor.Flow) []string {
	var names []string
	for _, o := range f.Outputs {
		switch o.State {
		case monitor.OutputOK, monitor.OutputLoss, monitor.OutputUnknown:
			names = append(names, o.Name)
		}
	}
	return names
}

// chips count the flows by state and filter by it.
func (v teller) chips(l listing) pages.Chips {
	w := v.t.State
	labels := []ui.Chip{
		{Key: "live", Label: w.Live, Shape: ui.ShapeLive},
		{Key: "waiting", Label: w.Waiting, Shape: ui.ShapeWaiting},
		{Key: "degraded", Label: w.Degraded, Shape: ui.ShapeWarn},
		{Key: "lost", Label: w.SourceLost, Shape: ui.ShapeLost},
		{Key: "changing", Label: w.Changing, Shape: ui.ShapeStarting},
		{Key: "stale", Label: w.Stale, Shape: ui.ShapeStale},
		{Key: "standby", Label: w.Standby, Shape: ui.ShapeStandby},
	}
	all := 0
	for i := range labels {
		c := &labels[i]
		n := l.counts[c.Key]
		all += n
		c.Count, c.Empty, c.Selected = strconv.Itoa(n), n == 0, l.query.Group == c.Key
		c.URL = l.query.with(func(q *FlowQuery) { q.Group = c.Key }).Path()
	}
	first := ui.Chip{
		Key: "all", Label: w.All, Count: strconv.Itoa(all), Selected: l.query.Group == "",
		URL: l.query.with(func(q *FlowQuery) { q.Group = "" }).Path(),
	}
	return pages.Chips{T: v.t, Chips: append([]ui.Chip{first}, labels...)}
}

// pager is the foot of the list.
func (v teller) pager(l listing) pages.Pager {
	q := l.query
	if q.All {
		v.known = nil // each place is read at a pace of its own
	}
	p := pages.Pager{T: v.t, Fresh: v.fresh(), Range: v.t.List.Range(min(q.Offset+1, l.matched), q.Offset+len(l.flows), l.matched)}
	for _, n := range limits {
		p.Sizes = append(p.Sizes, ui.Option{Value: strconv.Itoa(n), Label: strconv.Itoa(n), Selected: n == q.Limit})
		p.SizeURLs = append(p.SizeURLs, q.with(func(q *FlowQuery) { q.Limit = n }).Path())
	}
	last := max(1, (l.matched+q.Limit-1)/q.Limit)
	p.Page = strconv.Itoa(q.Offset/q.Limit+1) + " / " + strconv.Itoa(last)
	if q.Offset > 0 {
		p.Previous = q.to(q.Offset - q.Limit).Path()
	}
	if q.Offset+q.Limit < l.matched {
		p.Next = q.to(q.Offset + q.Limit).Path()
	}
	return p
}

// body is the rows of the list.
func (v teller) body(l listing) pages.FlowBody {
	b := pages.FlowBody{T: v.t, Figures: l.measured(), Loading: !l.read && l.matched == 0}
	for _, f := range l.flows {
		b.Rows = append(b.Rows, l.of[f].rowOf(f))
	}
	if len(b.Rows) == 0 && (l.query.filters() || l.query.All) {
		b.Clear = FlowQuery{Limit: l.query.Limit, All: l.query.All && l.query.filters()}.Path()
	}
	return b
}

// list is the head, the table and the foot of the list.
func (v teller) list(l listing) pages.FlowList {
	v.measured = l.measured()
	return pages.FlowList{
		T: v.t, Chips: v.chips(l), Columns: v.columns(l.query), Body: v.body(l),
		Pager: v.pager(l), New: v.newButton(), Search: l.query.Text, Figures: v.measured,
		Scope: v.scope(l.query), Troubles: v.troubles(l.query), All: l.query.All,
	}
}
