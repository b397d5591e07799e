package handlers

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/history"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

const (
	historySpan = 10 * time.Minute
	chartPoints = 300
	tracePoints = 76
	laneColumns = 300              // of the states: a state takes at least one
	barsOf      = 150              // as the charts group them
	lossAlarm   = 1.0              // percent of loss from which it alarms, where the flow has no limit of its own
	stillWithin = 15 * time.Second // the last step before now is not over yet
)

// charts are the history of a leg.
func (v teller) charts(f *monitor.Flow, p *past) pages.Charts {
	w := v.t.History
	q := p.query
	c := pages.Charts{
		T: v.t, Title: w.Heading(v.legName(f, q.leg), stretchName(w, q.stretch.key, true)),
		Since: v.chartSince(f, q.leg), Plots: v.plots(f, p), Data: v.chartData(p),
		CSV: flowPath(f.ID) + "/history.csv?" + q.values().Encode(),
	}
	for _, s := range stretches {
		to := chartQuery{s, q.leg}
		c.Ranges = append(c.Ranges, pages.ChartLink{
			Label: stretchName(w, s.key, false), URL: chartPath(f, to), On: s.key == q.stretch.key,
		})
	}
	c.Legs = append(c.Legs, pages.ChartLink{Label: w.Source, URL: chartPath(f, chartQuery{stretch: q.stretch}), On: q.leg == ""})
	for _, o := range f.Outputs {
		c.Legs = append(c.Legs, pages.ChartLink{
			Label: o.Name, Name: v.legName(f, o.Name), URL: chartPath(f, chartQuery{q.stretch, o.Name}), On: q.leg == o.Name,
		})
	}
	return c
}

// chartPath leads to the page of the flow, at its charts.
func chartPath(f *monitor.Flow, q chartQuery) string {
	return flowPath(f.ID) + "?" + q.values().Encode() + "#history"
}

// legName tells which leg it is.
func (v teller) legName(f *monitor.Flow, leg string) string {
	if leg == "" {
		return v.t.History.Source
	}
	for i, o := range f.Outputs {
		if o.Name == leg {
			return fill(v.t.History.Output, strconv.Itoa(i+1)+" "+leg)
		}
	}
	return fill(v.t.History.Output, leg)
}

// stretchName names a stretch, in short or in full.
func stretchName(w text.History, key string, full bool) string {
	names := map[string][2]string{
		"10m": {w.Minutes10, w.LastMinutes10}, "1h": {w.Hour1, w.LastHour1}, "6h": {w.Hours6, w.LastHours6},
		"24h": {w.Hours24, w.LastHours24}, "7d": {w.Days7, w.LastDays7}, "30d": {w.Days30, w.LastDays30},
	}
	if full {
		return names[key][1]
	}
	return names[key][0]
}

// legOf gives what is measured of a leg now, and its state in the words of a flow.
func legOf(f *monitor.Flow, leg string) *medialive.LegStatistics {
	if leg == "" {
		if f.Statistics == nil {
			return nil
		}
		return &f.Statistics.Source
	}
	for i := range f.Outputs {
		if f.Outputs[i].Name == leg {
			return f.Outputs[i].Statistics
		}
	}
	return nil
}

// chartSince tells from when the counters of a leg run.
func (v teller) chartSince(f *monitor.Flow, leg string) pages.ChartSince {
	s := legOf(f, leg)
	if s == nil || s.ConnectedAt.IsZero() || s.State != medialive.LegConnected {
		return pages.ChartSince{}
	}
	return pages.ChartSince{Text: fill(v.t.Flow.CountersSince, v.day(s.ConnectedAt))}
}

// plots are the charts themselves.
func (v teller) plots(f *monitor.Flow, p *past) pages.ChartPlots {
	w := v.t.History
	c := pages.ChartPlots{T: v.t, Axis: ui.NewAxis(p.from(), p.at, v.date)}
	known := false
	for _, point := range p.series.Points {
		known = known || point.State != ""
	}
	measured := p.series.Measured || len(p.samples) > 0
	switch {
	case !known && !measured:
		c.Notes = append(c.Notes, w.Empty, w.Recorded)
		return c
	case !v.measured && !measured:
		c.Notes = append(c.Notes, w.OnlyStates)
	}
	if measured {
		c.Series = v.series(f, p)
	}
	c.Lane = v.lane(f, p)
	c.Marks = ui.PlaceMarks(v.marks(f, p))
	return c
}

// date is a day without its year.
func (v teller) date(t time.Time) string {
	if v.t.Lang == text.ZH {
		return t.UTC().Format("01-02")
	}
	return t.UTC().Format("2 Jan")
}

// slots puts the value of each point into its place of the stretch, the newest
// right. A place without a point is a gap.
func (p *past) slots(value func(history.Point) float64) []float64 {
	out := gaps(int(p.query.stretch.span / p.series.Step))
	for _, point := range p.series.Points {
		if i := p.slot(point.At); i >= 0 && i < len(out) {
			out[i] = value(point)
		}
	}
	return out
}

// values are what was recorded, and, from where they begin, the samples of each
// second in its stead.
func (p *past) values(recorded func(history.Point) float64, sampled func(monitor.Sample) float64) []float64 {
	steps := p.slots(recorded)
	if len(p.samples) == 0 {
		return steps
	}
	out := lastMinutes(p.samples, p.at, chartPoints, sampled)
	first := p.samples[0].At
	for i := range out {
		at := p.timeOf((float64(i) + 0.5) / float64(len(out)))
		if at.After(first) {
			break
		}
		out[i] = steps[i*len(steps)/len(out)]
	}
	return out
}

// slot is the place of the step that begins at a time.
func (p *past) slot(at time.Time) int {
	step := p.series.Step
	return int(math.Floor(float64(at.Add(step/2).Sub(p.from())) / float64(step)))
}

func gaps(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

// series are the five charts.
func (v teller) series(f *monitor.Flow, p *past) []ui.Chart {
	words := v.t.Flow
	values := map[string][]float64{
		"bitrate": p.values(func(h history.Point) float64 { return h.Bitrate }, func(s monitor.Sample) float64 { return float64(s.Bitrate) / 1e6 }),
		"rtt":     p.values(func(h history.Point) float64 { return h.RTT }, func(s monitor.Sample) float64 { return s.RTT }),
		"loss":    p.values(func(h history.Point) float64 { return h.Loss }, func(s monitor.Sample) float64 { return s.Loss }),
		"retransmitted": p.slots(func(h history.Point) float64 {
			return counted(h, h.Retransmitted) / p.series.Step.Seconds()
		}),
		"dropped": p.slots(func(h history.Point) float64 { return counted(h, h.Dropped) }),
	}
	limit := lossAlarm
	if own := f.Care.Band.MaxLoss; own > 0 {
		limit = own
	}
	bar := max(p.query.stretch.span/barsOf, p.series.Step)
	plots := []ui.Plot{
		{ID: "bitrate", Title: words.Bitrate, Least: 1},
		{ID: "rtt", Title: words.RTT, Least: 10},
		{ID: "loss", Title: words.Loss, Bars: true, Least: 1, Limit: ui.Limit{Value: limit, Label: fill(v.t.History.AlarmAt, decimals(limit)+" %")}},
		{ID: "retransmitted", Title: v.t.History.Retransmitted, Least: 2},
		{ID: "dropped", Title: v.t.History.Dropped, Bars: true, Sum: true, Least: 2, Note: fill(v.t.History.BarIs, span(bar))},
	}
	nows := v.chartNows(f, p)
	var out []ui.Chart
	for i, plot := range plots {
		plot.Values, plot.Now = values[plot.ID], nows[i].Figure
		chart := plot.Chart()
		low, high := extremes(plot.Values)
		chart.Label = words.ChartLabel(plot.Title, strings.TrimSpace(plot.Now.Value+" "+plot.Now.Unit), low, high)
		out = append(out, chart)
	}
	return out
}

// counted is a count of packets, no number where nothing was measured.
func counted(p history.Point, n int64) float64 {
	if math.IsNaN(p.Bitrate) {
		return math.NaN()
	}
	return float64(n)
}

// span tells a duration in its largest unit.
func span(d time.Duration) string { return ui.Age(d) }

// chartNows are the present values of the charts, in their order.
func (v teller) chartNows(f *monitor.Flow, p *past) []ui.ChartNow {
	rate, rtt, loss := v.sourceFigures(f)
	if p.query.leg != "" {
		rate, rtt, loss = v.outputFigures(f, p.query.leg)
	}
	retransmitted, dropped := ui.Figure{}, int64(0)
	for _, h := range p.series.Points {
		dropped += h.Dropped
		if !math.IsNaN(h.Bitrate) && p.at.Sub(h.At) <= max(stillWithin, 3*p.series.Step) {
			each := float64(h.Retransmitted) / p.series.Step.Seconds()
			retransmitted = ui.Figure{Value: decimals(each), Unit: v.t.History.PerSecond}
		}
	}
	return []ui.ChartNow{
		{ID: "bitrate", Figure: rate},
		{ID: "rtt", Figure: rtt},
		{ID: "loss", Figure: loss},
		{ID: "retransmitted", Figure: retransmitted},
		{ID: "dropped", Figure: ui.Figure{Value: strconv.FormatInt(dropped, 10), Unit: v.t.History.Packets}},
	}
}

// outputFigures are the present figures of an output.
func (v teller) outputFigures(f *monitor.Flow, name string) (rate, rtt, loss ui.Figure) {
	for _, o := range f.Outputs {
		if o.Name != name || o.Statistics == nil {
			continue
		}
		switch o.State {
		case monitor.OutputOK, monitor.OutputLoss:
			return ui.Bitrate(o.Statistics.Bitrate), ui.Millis(o.Statistics.RTT), ui.Percent(o.Statistics.Loss)
		case monitor.OutputUnknown:
			return lostFigure, lostFigure, lostFigure
		}
	}
	return
}

// lane is the states of the stretch.
func (v teller) lane(f *monitor.Flow, p *past) ui.Lane {
	columns := p.columns(presentState(f, p.query.leg))
	l := ui.Lane{Title: v.t.History.States, Now: v.legWord(presentState(f, p.query.leg), p.query.leg)}
	var told []string
	for i := 0; i < len(columns); {
		end := i + 1
		for end < len(columns) && columns[end] == columns[i] {
			end++
		}
		if s := columns[i]; s != "" {
			from, to := float64(i)/float64(len(columns)), float64(end)/float64(len(columns))
			word := v.legWord(s, p.query.leg)
			title := v.t.History.Span(word, v.day(p.timeOf(from)), v.day(p.timeOf(to)))
			l.Spans = append(l.Spans, ui.Span{From: from, To: to, Kind: spanKind(s, p.query.leg), Word: word, Title: title})
			told = append(told, title)
		}
		i = end
	}
	if len(told) > 12 {
		told = told[len(told)-12:]
	}
	l.Label = v.t.History.Lane(l.Now, strings.Join(told, v.t.Alarms.Comma))
	return l
}

// timeOf is the time at a share of the stretch.
func (p *past) timeOf(x float64) time.Time {
	return p.from().Add(time.Duration(x * float64(p.query.stretch.span)))
}

// columns are the states as they are drawn, of each column the one that weighs
// most. What is not over yet is as it is now.
func (p *past) columns(now monitor.State) []monitor.State {
	steps := int(p.query.stretch.span / p.series.Step)
	out := make([]monitor.State, min(steps, laneColumns))
	last := -1
	for _, point := range p.series.Points {
		i := p.slot(point.At)
		if i < 0 || i >= steps {
			continue
		}
		if column := i * len(out) / steps; history.Worse(point.State, out[column]) {
			out[column], last = point.State, max(last, column)
		}
	}
	if open := len(out) - 1 - last; last >= 0 && time.Duration(open)*p.query.stretch.span/time.Duration(len(out)) <= max(stillWithin, 2*p.series.Step) {
		for i := last + 1; i < len(out); i++ {
			out[i] = now
		}
	}
	return out
}

// presentState is the state of a leg in the words of a flow.
func presentState(f *monitor.Flow, leg string) monitor.State {
	if leg == "" {
		return f.State
	}
	for _, o := range f.Outputs {
		if o.Name == leg {
			return history.OutputState(f, o)
		}
	}
	return ""
}

// legWord is the word for a state of a leg.
func (v teller) legWord(s monitor.State, leg string) string {
	w := v.t.State
	words := map[monitor.State]string{
		monitor.StateStandby: w.Standby, monitor.StateStarting: w.Starting, monitor.StateStopping: w.Stopping,
		monitor.StateWaiting: w.Waiting, monitor.StateLive: w.Live, monitor.StateLoss: w.Loss,
		monitor.StateOutputLost: w.OutputLost, monitor.StateSourceLost: w.SourceLost, monitor.StateStale: w.Stale,
		"": v.t.History.NotRecorded,
	}
	if leg != "" {
		words[monitor.StateStandby], words[monitor.StateWaiting] = w.Off, w.Idle
		words[monitor.StateLive], words[monitor.StateLoss] = w.OK, w.Losing
		words[monitor.StateOutputLost] = w.Lost
	}
	if word, ok := words[s]; ok {
		return word
	}
	return w.Unknown
}

// spanKind is how a state of a leg is drawn. An output that is lost is a fault
// of that output, and degrades the flow.
func spanKind(s monitor.State, leg string) ui.SpanKind {
	switch s {
	case monitor.StateStandby:
		return ui.SpanStandby
	case monitor.StateStarting, monitor.StateStopping:
		return ui.SpanChanging
	case monitor.StateWaiting:
		if leg != "" {
			return ui.SpanStandby
		}
		return ui.SpanWaiting
	case monitor.StateLive:
		return ui.SpanLive
	case monitor.StateLoss:
		return ui.SpanDegraded
	case monitor.StateOutputLost:
		if leg == "" {
			return ui.SpanDegraded
		}
		return ui.SpanLost
	case monitor.StateSourceLost:
		return ui.SpanLost
	}
	return ui.SpanUnknown
}

// marks are what happened, and from when counters run.
func (v teller) marks(f *monitor.Flow, p *past) []ui.ChartMark {
	out := v.happened(p)
	if s := legOf(f, p.query.leg); s != nil && s.State == medialive.LegConnected {
		if x := float64(s.ConnectedAt.Sub(p.from())) / float64(p.query.stretch.span); x > 0 {
			out = append(out, ui.ChartMark{At: min(1, x), Text: v.t.History.CountersBegin})
		}
	}
	return out
}

// happened are marks of what happened: alarms first, since they may need the place, then
// commands, then where counters began.
func (v teller) happened(p *past) []ui.ChartMark {
	var out []ui.ChartMark
	share := func(t time.Time) float64 { return float64(t.Sub(p.from())) / float64(p.query.stretch.span) }
	for _, a := range p.alarms {
		shape := priorityShape(a.Priority)
		m := ui.ChartMark{At: share(a.Since), Shape: shape, Tone: shape.Tone(), Text: v.markTime(a.Since, p) + " " + v.alarmMark(a)}
		if a.Priority == alarm.High {
			end := p.at
			if !a.Cleared.IsZero() {
				end = a.Cleared
			}
			m.Until = min(1, share(end))
		}
		if m.At < 0 {
			m.At = 0
		}
		if m.At <= 1 {
			out = append(out, m)
		}
	}
	for _, e := range p.events {
		if x := share(e.At); x >= 0 && x <= 1 {
			out = append(out, ui.ChartMark{At: x, Tone: ui.ToneHand, Text: v.markTime(e.At, p) + " " + v.commandSaid(e)})
		}
	}
	return out
}

// markTime is the time of a mark or a row: with its day where that is not
// today's, and in long stretches without seconds.
func (v teller) markTime(t time.Time, p *past) string {
	switch t = t.UTC(); {
	case p.query.stretch.span > 24*time.Hour:
		return v.date(t) + " " + t.Format("15:04")
	case t.Format(time.DateOnly) != p.at.UTC().Format(time.DateOnly):
		return v.date(t) + " " + clock(t)
	}
	return clock(t)
}

// alarmMark is an alarm in few words.
func (v teller) alarmMark(a *alarm.Alarm) string {
	words := v.alarmWord(a)
	if a.Target != "" {
		words += " " + a.Target
	}
	if value, _ := v.alarmFigures(a); value != "" {
		words += " " + value
	}
	return words
}

// commandSaid tells who commanded what.
func (v teller) commandSaid(e trail.Event) string {
	w := v.t.Trail.Deeds
	did := map[string]string{
		control.VerbStart: w.Start, control.VerbStop: w.Stop, control.VerbCreate: w.Create, control.VerbDelete: w.Delete,
		control.VerbUpdateSource: w.UpdateSource, control.VerbAddOutput: w.AddOutput, control.VerbUpdateOutput: w.ChangeOutput,
		control.VerbDeleteOutput: w.DeleteOutput, control.VerbPark: w.Park, control.VerbUnpark: w.Unpark,
	}[e.Verb]
	if on, ok := switched(e.Detail); ok && e.Verb == control.VerbUpdateOutput {
		if did = w.OutputOff; on {
			did = w.OutputOn
		}
	}
	if did == "" {
		did = e.Verb
	}
	said := v.actorOf(e) + " " + fill(did, e.Target)
	switch monitor.Outcome(e.Outcome) {
	case monitor.OutcomeRefused, monitor.OutcomeUnknown, monitor.OutcomeNotDone:
		said += " · " + v.failureWord(e.Outcome)
	}
	return said
}

// failureWord is what became of a command that was not simply done.
func (v teller) failureWord(outcome string) string {
	w := v.t.Trail.Outcomes
	switch monitor.Outcome(outcome) {
	case monitor.OutcomeRefused:
		return w.Refused
	case monitor.OutcomeNotDone:
		return w.NotDone
	}
	return w.Unknown
}

// chartData is the same in tables.
func (v teller) chartData(p *past) pages.ChartData {
	d := pages.ChartData{T: v.t, AsOf: fill(v.t.History.AsOf, clock(p.readAt)), Figures: p.series.Measured}
	rows := tableOf(p.series.Points, p.query.stretch.row)
	for i := len(rows) - 1; i >= 0; i-- {
		d.Rows = append(d.Rows, v.tableRow(rows[i], p))
	}
	for _, a := range p.alarms {
		said := v.alarmMark(a)
		if a.Cleared.IsZero() {
			said = v.t.History.Lasts(said)
		} else {
			said = v.t.History.Lasted(said, v.day(a.Cleared))
		}
		d.Events = append(d.Events, pages.ChartEvent{Time: v.markTime(a.Since, p), Shape: priorityShape(a.Priority), Text: said})
	}
	for _, e := range p.events {
		d.Events = append(d.Events, pages.ChartEvent{Time: v.markTime(e.At, p), Text: v.commandSaid(e)})
	}
	if len(p.alarms) >= pastEvents || len(p.events) >= pastEvents {
		d.More = v.t.History.NewestOnly(pastEvents)
	}
	return d
}

// tableCell is a stretch of the table.
type tableCell struct {
	history.Point
	n int // steps with figures
}

// tableOf puts steps together, oldest first: means, worst values and sums.
func tableOf(points []history.Point, row time.Duration) []tableCell {
	var out []tableCell
	for _, p := range points {
		at := p.At.UTC().Truncate(row)
		if len(out) == 0 || !out[len(out)-1].At.Equal(at) {
			out = append(out, tableCell{Point: history.Point{At: at}})
		}
		c := &out[len(out)-1]
		if history.Worse(p.State, c.State) {
			c.State = p.State
		}
		if math.IsNaN(p.Bitrate) {
			continue
		}
		c.n++
		c.Bitrate += p.Bitrate
		c.RTT += p.RTT
		c.Loss = max(c.Loss, p.Loss)
		c.Retransmitted += p.Retransmitted
		c.Dropped += p.Dropped
	}
	return out
}

// tableRow is a row of the table.
func (v teller) tableRow(c tableCell, p *past) pages.ChartRow {
	row := pages.ChartRow{Time: v.markTime(c.At, p), State: v.legWord(c.State, p.query.leg)}
	if c.n == 0 {
		return row
	}
	n := float64(c.n)
	row.Bitrate = strconv.FormatFloat(c.Bitrate/n, 'f', 2, 64)
	row.RTT = strconv.FormatFloat(c.RTT/n, 'f', 1, 64)
	row.Loss = strconv.FormatFloat(c.Loss, 'f', 2, 64)
	row.Retransmitted = strconv.FormatInt(c.Retransmitted, 10)
	row.Dropped = strconv.FormatInt(c.Dropped, 10)
	return row
}
