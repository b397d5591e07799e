package handlers

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// settledFor is how long the row of a command is still sent to open pages after
// its outcome was known.
const settledFor = time.Minute

// activities shows the trail of the project, and gives it away as a file.
type activities struct{ *desk }

// page shows the trail, newest first.
// GET /activity (kind, actor, flow, verb, outcome, q, from, to, before, limit)
func (h *activities) page(c echo.Context) error {
	v := visitOf(c)
	q, faults := ParseActivityQuery(c.QueryParams(), limitOf(c.Request()))
	if c.QueryParams().Has("limit") && limitOf(c.Request()) != q.Limit {
		h.keep(c, cookieLimit, strconv.Itoa(q.Limit))
	}
	f := v.sees.lines(q.filter(h.now()))
	f.Limit++ // one more tells whether there are older ones
	events, err := h.Control.Timeline(c.Request().Context(), v.op, f)
	if err != nil {
		return err
	}
	m := h.teller(v).activityPage(q, faults, events)
	m.Shell = h.shell(c, v, v.t.Trail.Title)
	m.Shell.Path = q.Path()
	if q.Before == 0 {
		m.Shell.Live = "/live?" + activityView(q)
	}
	return h.print.page(c, http.StatusOK, m)
}

// activityView are the parameters of a page's stream.
func activityView(q ActivityQuery) string {
	v := q.Values()
	v.Set("view", viewActivity)
	return v.Encode()
}

// activityPage is the page with its filters. There is one event more than the
// page shows where there are older ones.
func (v teller) activityPage(q ActivityQuery, faults []QueryFault, events []trail.Event) pages.ActivityPage {
	p := pages.ActivityPage{Form: v.activityForm(q, faults), Kinds: v.kindChips(q), Applied: v.appliedChips(q, faults), Filters: q.filters()}
	p.Foot = pages.ActivityFoot{T: v.t, CSV: q.export("csv"), JSON: q.export("json")}
	for _, n := range limits {
		p.Foot.Sizes = append(p.Foot.Sizes, ui.Option{Value: strconv.Itoa(n), Label: strconv.Itoa(n), Selected: n == q.Limit})
		p.Foot.SizeURLs = append(p.Foot.SizeURLs, q.with(func(q *ActivityQuery) { q.Limit = n }).Path())
	}
	first := q.with(func(*ActivityQuery) {}).Path()
	if q.Before > 0 {
		p.Foot.Newest = first
	} else {
		news := v.activityNews(q, events)
		p.News = &news
	}
	if len(events) > q.Limit {
		events = events[:q.Limit]
		older := q
		older.Before = events[len(events)-1].Seq
		p.Foot.Older = older.Path()
	}
	p.Days = v.days(events)
	return p
}

// days puts lines under the days, in UTC, on which they were written.
func (v teller) days(events []trail.Event) []pages.ActivityDay {
	var days []pages.ActivityDay
	day := ""
	for _, e := range events {
		if d := e.At.UTC().Format(time.DateOnly); d != day {
			day = d
			days = append(days, pages.ActivityDay{Title: v.dayTitle(e.At)})
		}
		last := &days[len(days)-1]
		last.Lines = append(last.Lines, v.line(e))
	}
	return days
}

// dayTitle is a day as a heading.
func (v teller) dayTitle(at time.Time) string {
	day, today := at.UTC().Format(time.DateOnly), v.now.UTC()
	switch day {
	case today.Format(time.DateOnly):
		return v.t.Trail.Today + " · " + day + " UTC"
	case today.AddDate(0, 0, -1).Format(time.DateOnly):
		return v.t.Trail.Yesterday + " · " + day + " UTC"
	}
	return day + " UTC"
}

// kindChips choose the kind of line.
func (v teller) kindChips(q ActivityQuery) []ui.Chip {
	k := v.t.Trail.Kinds
	words := []string{k.Command, k.Signal, k.Alarm, k.Care, k.Access}
	chips := []ui.Chip{{Key: "all", Label: v.t.Trail.Anything, Selected: q.Kind == "", URL: q.with(func(q *ActivityQuery) { q.Kind = "" }).Path()}}
	for i, kind := range trailKinds {
		chips = append(chips, ui.Chip{
			Key: string(kind), Label: words[i], Selected: q.Kind == string(kind),
			URL: q.with(func(q *ActivityQuery) { q.Kind = string(kind) }).Path(),
		})
	}
	return chips
}

// appliedChips are the filters that are set; each leads to the page without it.
func (v teller) appliedChips(q ActivityQuery, faults []QueryFault) []ui.Chip {
	w := v.t.Trail
	var chips []ui.Chip
	add := func(parameter, label, value string, without func(*ActivityQuery)) {
		if _, bad := faultOf(faults, parameter); value != "" && !bad {
			chips = append(chips, ui.Chip{Key: parameter, Label: label + " " + value, URL: q.with(without).Path()})
		}
	}
	if q.Flow != "" {
		add("flow", w.Flow, v.flowName(q.Flow), func(q *ActivityQuery) { q.Flow = "" })
	}
	add("actor", w.Actor, q.Actor, func(q *ActivityQuery) { q.Actor = "" })
	if q.Verb != "" {
		add("verb", w.Verb, v.verbWord(q.Verb), func(q *ActivityQuery) { q.Verb = "" })
	}
	if q.Outcome != "" {
		word, _, _ := v.outcomeWord(q.Outcome)
		add("outcome", w.Outcome, word, func(q *ActivityQuery) { q.Outcome = "" })
	}
	add("q", w.Text, q.Text, func(q *ActivityQuery) { q.Text = "" })
	from, to := q.span(v.now)
	if !from.IsZero() {
		add("from", w.From, from.Format("2006-01-02 15:04:05")+" UTC", func(q *ActivityQuery) { q.From = "" })
	}
	if !to.IsZero() {
		add("to", w.To, to.Format("2006-01-02 15:04:05")+" UTC", func(q *ActivityQuery) { q.To = "" })
	}
	return chips
}

// flowName is the name of a flow or a channel, or its id where it is not there any more.
func (v teller) flowName(id string) string {
	if v.known != nil {
		if f, ok := v.known.Flow(id); ok {
			return f.Name
		}
		if ch, ok := v.known.Channel(id); ok {
			return ch.Name
		}
	}
	return id
}

// activityForm is the form of the filters, with what is wrong at its field.
func (v teller) activityForm(q ActivityQuery, faults []QueryFault) pages.ActivityForm {
	f := pages.ActivityForm{
		T: v.t, Actor: ui.Value{Text: q.Actor}, Text: ui.Value{Text: q.Text}, From: ui.Value{Text: q.From}, To: ui.Value{Text: q.To},
		Open: len(faults) > 0,
	}
	for parameter, field := range map[string]*ui.Value{"from": &f.From, "to": &f.To} {
		if value, bad := faultOf(faults, parameter); bad {
			field.Error = v.t.Trail.BadTime(value)
		}
	}
	for parameter, field := range map[string]*ui.Value{"actor": &f.Actor, "q": &f.Text} {
		if value, bad := faultOf(faults, parameter); bad {
			field.Error = v.t.Trail.BadChoice(value)
		}
	}
	if f.To.Error == "" && q.empty(v.now) {
		f.To.Error, f.Open = v.t.Trail.BadRange, true
	}
	for _, verb := range trailVerbs {
		f.Verb = append(f.Verb, ui.Option{Value: verb, Label: v.verbWord(verb), Selected: verb == q.Verb})
	}
	for _, o := range trailOutcomes {
		word, _, _ := v.outcomeWord(string(o))
		f.Outcome = append(f.Outcome, ui.Option{Value: string(o), Label: word, Selected: string(o) == q.Outcome})
	}
	for _, h := range []ui.Hidden{{Name: "kind", Value: q.Kind}, {Name: "flow", Value: q.Flow}} {
		if h.Value != "" {
			f.Hidden = append(f.Hidden, h)
		}
	}
	return f
}

// activityNews are the numbers of the newest lines, by which a page knows what
// it does not show yet.
func (v teller) activityNews(q ActivityQuery, events []trail.Event) pages.ActivityNews {
	seqs := make([]string, len(events))
	for i, e := range events {
		seqs[i] = strconv.FormatInt(e.Seq, 10)
	}
	return pages.ActivityNews{T: v.t, URL: q.with(func(*ActivityQuery) {}).Path(), Seqs: strings.Join(seqs, " ")}
}

// followEvents keeps the newest lines of a view's query while a page of it is open.
func (d *desk) followEvents(what view, s *sheet) *atomic.Pointer[[]trail.Event] {
	held := &atomic.Pointer[[]trail.Event]{}
	op := control.Operator{Endpoint: what.project.Endpoint, Project: what.project.ProjectID}
	d.followed(s, func(ctx context.Context) bool {
		ctx, cancel := context.WithTimeout(ctx, trailWithin)
		defer cancel()
		events, err := d.Control.Timeline(ctx, op, what.sees.lines(what.lines.filter(d.now())))
		if before := held.Load(); err != nil || before != nil && sameEvents(*before, events) {
			return false
		}
		held.Store(&events)
		return true
	})
	return held
}

// activityParts are what lives on the page of the trail: the rows of commands
// whose outcome was not known, or only now, and how many lines came.
func (d *desk) activityParts(v teller, q ActivityQuery, events *[]trail.Event) []part {
	if events == nil {
		return nil
	}
	parts := []part{d.piece("activity-news", v.activityNews(q, *events))}
	for _, e := range *events {
		unsettled := e.Kind == trail.Command && (e.Outcome == "" || e.Outcome == string(monitor.OutcomeUnknown))
		if unsettled || v.now.Sub(e.SettledAt) < settledFor {
			line := v.line(e)
			parts = append(parts, d.piece(pages.EventID(line.Seq), pages.Event{T: v.t, Line: line}))
		}
	}
	return parts
}

// csv gives the lines as comma-separated values. GET /activity.csv (as /activity)
func (h *activities) csv(c echo.Context) error {
	return h.export(c, "csv", "text/csv; charset=utf-8", trail.NewCSV)
}

// json gives the lines as JSON. GET /activity.json (as /activity)
func (h *activities) json(c echo.Context) error {
	return h.export(c, "json", "application/json", trail.NewJSON)
}

// export streams all lines that a query chooses, newest first. A file that could
// not be written to its end is broken off, so that nobody takes it for whole.
func (h *activities) export(c echo.Context, ending, kind string, form func(io.Writer) trail.Writer) error {
	v := visitOf(c)
	q, faults := ParseActivityQuery(c.QueryParams(), defaultLimit)
	if len(faults) > 0 {
		return errBadRequest // a file of other lines than were asked for would be a lie
	}
	q.Before, q.Limit = 0, 0
	head := c.Response().Header()
	head.Set("Content-Type", kind)
	head.Set("Content-Disposition", `attachment; filename="flowdeck-activity-`+h.now().UTC().Format("20060102T150405Z")+"."+ending+`"`)
	if c.Request().Method == http.MethodHead {
		return c.NoContent(http.StatusOK)
	}
	w := c.Response().Writer
	begun, err := pour(form(answerLine{w, http.NewResponseController(w)}), ending, v.t.Trail.Cut, func(each func(trail.Event) error) error {
		return h.Control.Export(c.Request().Context(), v.op, v.sees.lines(q.filter(h.now())), each)
	})
	switch {
	case err == nil:
		return nil
	case !begun:
		head.Del("Content-Disposition")
		return err
	}
	h.log.Warn("an export broke off", "request", requestIDOf(c), "err", err)
	panic(http.ErrAbortHandler) // the browser sees a broken answer, and not a short one
}

// pour writes events into a file. One that could not be written to its end says
// so in its last line, or, as JSON, has no end and cannot be read.
func pour(out trail.Writer, ending, cut string, events func(each func(trail.Event) error) error) (begun bool, err error) {
	err = events(func(e trail.Event) error {
		begun = true
		return out.Event(e)
	})
	if err == nil {
		return begun, out.Close()
	}
	if begun && ending == "csv" {
		_ = out.Event(trail.Event{Entry: trail.Entry{Line: trail.Line{Kind: "error", Verb: "incomplete", Detail: cut}}}) // as far as it gets
		_ = out.Close()
	}
	return begun, err
}
