package handlers

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

const (
	refusedWithin = 700 * time.Millisecond // how long a page waits for the refused callers
	refusedEvery  = 5 * time.Second        // how often an open page asks for them
	activityLines = 12
)

// pageModel is the whole page of a flow.
func (h *flows) pageModel(c echo.Context, v *visit, f *monitor.Flow) (pages.FlowPage, error) {
	t := h.teller(v)
	m := pages.FlowPage{
		Shell: h.shell(c, v, f.Name), Head: t.head(f), Facts: t.facts(f), Source: t.sourceBox(f),
		Box: t.flowBox(f), Outputs: t.outputs(f), Sheet: t.sheet(f),
	}
	m.Shell.Live = "/live?view=" + viewFlow + "&id=" + f.ID
	done, err := h.Control.History(c.Request().Context(), v.op, f.ID, activityLines)
	if err != nil {
		return m, err
	}
	m.History = pages.Activity{T: v.t}
	for _, act := range done {
		m.History.Lines = append(m.History.Lines, t.activity(act))
	}
	if t.measured {
		charts := t.charts(f, v.watcher.History(f.ID))
		m.Charts = &charts
		ctx, cancel := context.WithTimeout(c.Request().Context(), refusedWithin)
		defer cancel()
		if callers, err := v.watcher.RefusedCallers(ctx, f.ID); err == nil {
			m.Refused = t.refused(callers)
		}
	}
	return m, nil
}

// activity is one act as the trail has it.
func (v teller) activity(act control.Act) pages.ActivityLine {
	w, target, detail := v.t.Activity, act.Target, act.Detail
	line := pages.ActivityLine{Time: clock(act.At), Actor: act.Actor, Text: act.Verb}
	switch act.Verb {
	case control.VerbStart:
		line.Text = w.Started
	case control.VerbStop:
		line.Text = w.Stopped
	case control.VerbCreate:
		line.Text = w.Created
	case control.VerbDelete:
		line.Text = w.Deleted
	case control.VerbUpdateSource:
		line.Text, line.Note = w.SourceChange, v.changesNote(detail, false)
	case control.VerbAddOutput:
		line.Text = w.OutputAdd(target)
	case control.VerbDeleteOutput:
		line.Text = w.OutputRemove(target)
	case control.VerbUpdateOutput:
		line.Text, line.Note = w.OutputChange(target), v.changesNote(detail, true)
		if on, ok := switched(detail); ok {
			line.Note = ""
			if line.Text = w.OutputOff(target); on {
				line.Text = w.OutputOn(target)
			}
		}
	}
	switch monitor.Outcome(act.Outcome) {
	case monitor.OutcomeRefused:
		line.Bad, line.Note = true, strings.Join(slices.DeleteFunc([]string{w.Refused, act.Code, act.Message}, func(s string) bool { return s == "" }), " · ")
	case monitor.OutcomeUnknown:
		line.Bad, line.Note = true, w.Unknown
	case monitor.OutcomeNotDone:
		line.Bad, line.Note = true, w.NotDone
	case monitor.OutcomePending:
		line.Note = w.Pending
	}
	return line
}

// changesNote tells what was changed: "Minimum latency 120 ms → 200 ms".
func (v teller) changesNote(detail string, output bool) string {
	e := edit{t: v.t, output: output}
	value := func(f control.Field, value string) string {
		return cmp.Or(strings.Join(e.shown(f, value), ", "), v.t.Field.NotSet)
	}
	var notes []string
	for _, c := range control.Told(detail) {
		note := e.label(c.Field)
		switch {
		case c.Field != control.FieldPassphrase:
			note += " " + value(c.Field, c.From) + " → " + value(c.Field, c.To)
		case c.To == "":
			note = v.t.Activity.KeyRemoved
		case c.From == "":
			note = v.t.Activity.KeySet
		default:
			note = v.t.Activity.KeyReplaced
		}
		notes = append(notes, note)
	}
	return strings.Join(notes, v.t.Activity.And)
}

// switched tells whether a change did nothing but switch an output, and how.
func switched(detail string) (on, ok bool) {
	if !strings.HasPrefix(detail, string(control.FieldStatus)+":") || strings.Contains(detail, "; ") {
		return false, false
	}
	return strings.HasSuffix(detail, strconv.Quote(string(medialive.Enabled))), true
}

// followRefused reads the refused callers of a flow now and then while its page
// is open, and wakes the page's stream when there are new ones.
func (d *desk) followRefused(w *monitor.Watcher, flowID string, s *sheet) *atomic.Pointer[[]medialive.RefusedCaller] {
	held := &atomic.Pointer[[]medialive.RefusedCaller]{}
	news := make(chan struct{}, 1)
	subscribe := s.subscribe
	s.subscribe = func() (<-chan struct{}, func()) {
		ctx, stop := context.WithCancel(d.Context)
		changed, cancel := subscribe()
		go d.readRefused(ctx, w, flowID, held, news)
		return merged(ctx, changed, news), func() { stop(); cancel() }
	}
	return held
}

// readRefused keeps reading until the page is closed.
func (d *desk) readRefused(ctx context.Context, w *monitor.Watcher, flowID string, held *atomic.Pointer[[]medialive.RefusedCaller], news chan<- struct{}) {
	again := time.NewTicker(refusedEvery)
	defer again.Stop()
	for {
		w.Look(flowID)
		if s := w.Snapshot(); s.Capabilities != nil {
			if callers, err := w.RefusedCallers(ctx, flowID); err == nil {
				held.Store(&callers)
				wakeUp(news)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// merged tells when either of two channels does, until ctx ends.
func merged(ctx context.Context, a, b <-chan struct{}) <-chan struct{} {
	out := make(chan struct{}, 1)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-a:
			case <-b:
			}
			wakeUp(out)
		}
	}()
	return out
}

// wakeUp fills a channel of one, unless it is full already.
func wakeUp(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// flowParts are what lives on the page of a flow.
func (d *desk) flowParts(v teller, s *monitor.Snapshot, id string, w *monitor.Watcher, refused *atomic.Pointer[[]medialive.RefusedCaller]) []part {
	f, ok := s.Flow(id)
	switch {
	case !ok && s.Complete:
		return d.goneParts(v)
	case !ok:
		return nil
	}
	parts := append(d.headParts(v, f),
		d.piece("flow-facts", v.facts(f)), d.piece("source-box", v.sourceBox(f)), d.piece("flow-box", v.flowBox(f)),
		d.outputParts(v, f), d.piece("sheet", v.sheet(f)))
	if v.measured {
		parts = append(parts, d.piece("charts", v.charts(f, w.History(id))))
		if callers := refused.Load(); callers != nil {
			parts = append(parts, d.piece("refused", v.refused(*callers)))
		}
	}
	return parts
}

// goneParts take away from the page of a flow that is gone whatever is true only
// of one that is there.
func (d *desk) goneParts(v teller) []part {
	state := ui.State{Shape: ui.ShapeStale, Word: v.t.State.Unknown}
	return []part{
		d.piece("flow-state", pages.FlowState{T: v.t, State: state}), d.piece("flow-command", pages.FlowCommand{T: v.t}),
		d.piece("flow-delete", pages.FlowDeletion{T: v.t}),
		d.piece("flow-facts", pages.FlowGone{T: v.t, Problem: problemOf(v.t, answerTo(errNoFlow))}),
		d.piece("source-box", pages.SourceBox{T: v.t, Shape: ui.ShapeStale, Line: pages.LineLinked}),
		d.piece("flow-box", pages.FlowBox{T: v.t, Line: pages.LineLinked}),
		d.piece("outputs", pages.OutputList{T: v.t, Heading: v.t.Flow.Outputs, Unknown: true}),
	}
}

// outputParts are the outputs: each row by itself while the rest stays as it is.
func (d *desk) outputParts(v teller, f *monitor.Flow) part {
	l := v.outputs(f)
	p := part{
		target: "outputs", html: []byte(l.Heading + l.AddURL + strconv.FormatBool(l.Unknown)),
		whole: func() []byte { return d.piece("outputs", l).html },
	}
	for _, row := range l.Rows {
		p.rows = append(p.rows, d.piece(pages.OutputID(row.Name), row))
	}
	return p
}

// charts are bitrate, RTT and loss of the last minutes.
func (v teller) charts(f *monitor.Flow, history []monitor.Sample) pages.Charts {
	c := pages.Charts{T: v.t, Title: v.t.Flow.LastMinutes}
	if s := f.Statistics; s != nil && !s.Source.ConnectedAt.IsZero() {
		c.Since = fill(v.t.Flow.CountersSince, clock(s.Source.ConnectedAt))
	}
	c.Axis = axis(v.now)
	if len(history) == 0 {
		return c
	}
	rate, rtt, loss := v.sourceFigures(f)
	words := v.t.Flow
	series := func(id, title string, now ui.Figure, bars bool, least float64, value func(monitor.Sample) float64) {
		values := lastMinutes(history, v.now, chartPoints, value)
		chart := ui.NewChart(id, title, now, values, bars, least)
		low, high := extremes(values)
		chart.Label = words.ChartLabel(title, now.Value+" "+now.Unit, low, high)
		c.Series = append(c.Series, chart)
	}
	series("bitrate", words.Bitrate, rate, false, 1, func(s monitor.Sample) float64 { return float64(s.Bitrate) / 1e6 })
	series("rtt", words.RTT, rtt, false, 10, func(s monitor.Sample) float64 { return s.RTT })
	series("loss", words.Loss, loss, true, 1, func(s monitor.Sample) float64 { return s.Loss })
	return c
}

const (
	historySpan = 10 * time.Minute
	chartPoints = 300
	tracePoints = 76
)

// lastMinutes puts the samples of the last ten minutes into n evenly spaced
// places, the newest right. A place without a sample is a gap.
func lastMinutes(history []monitor.Sample, now time.Time, n int, value func(monitor.Sample) float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	step := historySpan / time.Duration(n)
	for _, s := range history {
		i := n - 1 - int(now.Sub(s.At)/step)
		if i < 0 || i >= n || s.Bitrate < 0 {
			continue
		}
		out[i] = value(s)
	}
	return out
}

// extremes are the least and the greatest value in words.
func extremes(values []float64) (low, high string) {
	least, most := math.Inf(1), math.Inf(-1)
	for _, x := range values {
		if !math.IsNaN(x) {
			least, most = min(least, x), max(most, x)
		}
	}
	if least > most {
		return ui.Lost, ui.Lost
	}
	return strconv.FormatFloat(least, 'f', 2, 64), strconv.FormatFloat(most, 'f', 2, 64)
}

// axis is the time axis of the charts: a tick every two minutes.
func axis(now time.Time) ui.Axis {
	a := ui.Axis{Zone: "UTC"}
	const every = 2 * time.Minute
	for at := now.Truncate(every).Add(-historySpan + every); !at.After(now); at = at.Add(every) {
		share := 1 - float64(now.Sub(at))/float64(historySpan)
		if share < 0.03 || share > 0.97 {
			continue
		}
		a.Ticks = append(a.Ticks, ui.Tick{X: strconv.FormatFloat(share*100, 'f', 1, 64) + "%", Label: at.UTC().Format("15:04")})
	}
	return a
}

// trace is the small line of a row.
func trace(history []monitor.Sample, state monitor.State, now time.Time) ui.Sparkline {
	if len(history) == 0 {
		return ui.Sparkline{Flat: true}
	}
	values := lastMinutes(history, now, tracePoints, func(s monitor.Sample) float64 { return float64(s.Bitrate) / 1e6 })
	return ui.Trace(values, state == monitor.StateStale)
}

// columns are the heads of the list's table.
func (v teller) columns(q FlowQuery) []ui.Column {
	sorted := q.Sort
	if sorted == "" {
		sorted = "name"
	}
	return pages.FlowColumns(v.t, v.measured, sorted, func(key string) string {
		next := key
		if sorted == key {
			next = "-" + key
		}
		return q.with(func(q *FlowQuery) {
			if q.Sort = next; next == "name" {
				q.Sort = ""
			}
		}).Path()
	})
}
