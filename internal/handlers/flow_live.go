package handlers

import (
	"cmp"
	"context"
	"math"
	"net/url"
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
)

// pageModel is the whole page of a flow.
func (h *flows) pageModel(c echo.Context, v *visit, f *monitor.Flow) (pages.FlowPage, error) {
	t := h.teller(v)
	told, err := h.flowTrail(c.Request().Context(), v.watcher.Key(), f.ID)
	if err != nil {
		return pages.FlowPage{}, err
	}
	t.deeds = told.deeds
	m := pages.FlowPage{
		Shell: h.shell(c, v, f.Name), Head: t.head(f), Facts: t.facts(f), Source: t.sourceBox(f),
		Box: t.flowBox(f), Outputs: t.outputs(f), Sheet: t.sheet(f), History: t.flowActivity(f, told.lines),
		Alarms: t.flowAlarms(f.ID),
	}
	q := chartQueryOf(c, f)
	m.Ask = t.askLine(f)
	keeps, err := h.keptOf(c.Request().Context(), v.watcher.Key(), f.ID)
	if err != nil {
		return m, err
	}
	care := t.care(f, keeps)
	m.Care = &care
	m.Shell.Live = "/live?view=" + viewFlow + "&id=" + url.QueryEscape(f.ID) + "&" + q.values().Encode()
	if p, err := h.past(c.Request().Context(), v.watcher, f.ID, q); err == nil {
		charts := t.charts(f, p)
		m.Charts = &charts
	} else {
		h.log.WarnContext(c.Request().Context(), "history not read", "flow", f.ID, "error", err)
	}
	if t.measured {
		ctx, cancel := context.WithTimeout(c.Request().Context(), refusedWithin)
		defer cancel()
		if callers, err := v.watcher.RefusedCallers(ctx, f.ID); err == nil {
			m.Refused = t.refused(f, callers)
		}
	}
	return m, nil
}

// changesNote tells what was changed: "Minimum latency 120 ms → 200 ms".
func (v teller) changesNote(detail string, output bool) string {
	return v.changesTold(control.Told(detail), output)
}

func (v teller) changesTold(changes []control.Change, output bool) string {
	e := edit{t: v.t, output: output}
	value := func(f control.Field, value string) string {
		return cmp.Or(strings.Join(e.shown(f, value), ", "), v.t.Field.NotSet)
	}
	var notes []string
	for _, c := range changes {
		note := e.label(c.Field)
		switch {
		case c.Field == control.FieldSecond && c.To == control.Set:
			note = v.t.Trail.NeedsSecond
		case c.Field == control.FieldSecond:
			note = v.t.Trail.Seconded(c.From, c.To)
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
		go d.guard.Loop(ctx, "refused callers", func(ctx context.Context) { d.readRefused(ctx, w, flowID, held, news) }, nil)
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
func (d *desk) flowParts(v teller, s *monitor.Snapshot, id string, refused *atomic.Pointer[[]medialive.RefusedCaller], told *flowTrail) []part {
	f, ok := s.Flow(id)
	switch {
	case !ok && s.Complete:
		return d.goneParts(v)
	case !ok:
		return nil
	}
	parts := append(d.headParts(v, f), d.piece("flow-box", v.flowBox(f)), d.piece("sheet", v.sheet(f)),
		d.piece("flow-alarms", v.flowAlarms(id)))
	if told != nil { // else it is about to be read
		v.deeds = told.deeds
		parts = append(parts, d.piece("flow-facts", v.facts(f)), d.piece("source-box", v.sourceBox(f)), d.outputParts(v, f))
		if !told.deeds.unread {
			parts = append(parts, d.piece("activity", v.flowActivity(f, told.lines)))
		}
	}
	if v.measured {
		if callers := refused.Load(); callers != nil {
			parts = append(parts, d.piece("refused", v.refused(f, *callers)))
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
		d.piece("flow-delete", pages.FlowDeletion{T: v.t}), d.piece("flow-strip", pages.Strip{T: v.t}), d.piece("flow-ask", pages.AskLine{T: v.t}),
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
		target: "outputs", html: []byte(l.Heading + l.AddURL + l.Off.Word + strconv.FormatBool(l.Unknown)),
		whole: func() []byte { return d.piece("outputs", l).html },
	}
	for _, row := range l.Rows {
		p.rows = append(p.rows, d.piece(pages.OutputID(row.Name), row))
	}
	return p
}

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
	return pages.FlowColumns(v.t, v.measured, q.All, sorted, func(key string) string {
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
