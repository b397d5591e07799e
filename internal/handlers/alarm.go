package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// alarms shows alarms, and lets people acknowledge and shelve them.
type alarms struct{ *desk }

// fromLine is where an alarm is acknowledged in the line of any page.
const fromLine = "line"

// The scopes of a shelf.
const (
	scopeKind = "kind" // this kind of alarm of this thing
	scopeFlow = "flow" // all of the flow
)

// shelfMinutes are the times for which an alarm can be shelved.
var shelfMinutes = []int{15, 60, 240, 480}

// list shows the alarms. GET /alarms (show, flow, from, to)
func (h *alarms) list(c echo.Context) error {
	v, q := visitOf(c), ParseAlarmQuery(c.QueryParams())
	if wantsFragment(c.Request()) {
		return h.partials(c, http.StatusOK, append(h.alarmParts(h.teller(v), q), h.forms(pages.AlarmForms{T: v.t})))
	}
	return h.show(c, v, q, http.StatusOK, pages.AlarmForms{T: v.t})
}

// one shows the two forms about an alarm. GET /alarms/:id (the list's query)
func (h *alarms) one(c echo.Context) error {
	v, q := visitOf(c), ParseAlarmQuery(c.QueryParams())
	a, err := h.find(v, c.Param("id"))
	if err != nil {
		return err
	}
	return h.showForms(c, v, q, http.StatusOK, h.teller(v).alarmForms(a, q, alarmForm{}))
}

// showTyped shows the forms with what was typed, unjudged.
func (h *alarms) showTyped(c echo.Context, v *visit, to destination) error {
	a, err := h.find(v, to.flow)
	if err != nil {
		return err
	}
	m := h.teller(v).alarmForms(a, to.alarms, parseAlarmForm(c.Request().Form))
	return h.showForms(c, v, to.alarms, http.StatusOK, m)
}

// find finds an alarm that is open, or answers errAlarmGone.
func (h *alarms) find(v *visit, id string) (*alarm.Alarm, error) {
	view := v.sees.alarms(h.Alarms.Of(v.watcher.Key()).View())
	for _, a := range slices.Concat(view.Active, view.Members, view.Shelved) {
		if a.ID == id {
			return a, nil
		}
	}
	return nil, errAlarmGone
}

// showForms answers with the forms: alone for htmx, else on the page.
func (h *alarms) showForms(c echo.Context, v *visit, q AlarmQuery, status int, m pages.AlarmForms) error {
	if wantsFragment(c.Request()) {
		return h.partials(c, status, []part{h.forms(m)})
	}
	return h.show(c, v, q, status, m)
}

// forms is the place of the forms as a part.
func (h *alarms) forms(m pages.AlarmForms) part { return h.piece("alarm-forms", m) }

// show shows the page.
func (h *alarms) show(c echo.Context, v *visit, q AlarmQuery, status int, forms pages.AlarmForms) error {
	t := h.teller(v)
	m := pages.Alarms{Shell: h.shell(c, v, v.t.Alarms.Title), T: v.t, Form: forms}
	m.Shell.Path = q.Path()
	m.Shell.Live = "/live?view=" + viewAlarms + "&" + q.Values().Encode()
	var rows []pages.AlarmRow
	if q.Show == showPast {
		all, faulty, err := h.alarmsOfTime(c.Request().Context(), v, q, t)
		if err != nil {
			return fmt.Errorf("read past alarms: %w", err)
		}
		if faulty != "" {
			status = http.StatusUnprocessableEntity
		}
		m.Past = t.pastForm(q, faulty)
		rows = t.alarmRows(all, q)
		if len(all) > maxAlarms {
			m.Cut = v.t.Alarms.Page.Cut(maxAlarms)
		}
	} else {
		rows = t.alarmRows(chosen(t.alarms, q), q)
	}
	if q.Show == showShelved {
		m.Shelf = t.shelfList(q)
	}
	m.Tabs, m.Body, m.Shown = t.alarmTabs(q, len(rows)), t.alarmBody(rows, q.Show), pages.AckShown{T: v.t}
	if q.Show != showPast {
		m.Shown = t.ackShown(rows, q)
	}
	if q.Flow != "" {
		m.All = AlarmQuery{Show: q.Show, From: q.From, To: q.To}.Path()
		m.Flow = fill(v.t.Alarms.Page.OfFlow, t.flowName(q.Flow))
	}
	return h.print.page(c, status, m)
}

// partials answers with pieces of the page, each for its own place.
func (h *alarms) partials(c echo.Context, status int, parts []part) error {
	var html []byte
	for _, p := range parts {
		html = appendPartial(html, p.target, p.content())
	}
	return send(c, status, html, func() []byte { return h.print.packer.pack(html) })
}

// ack acknowledges the alarms that are named, and no others.
// POST /alarms/ack (id…, note, noted, from, the list's query)
func (h *alarms) ack(c echo.Context) error {
	v := visitOf(c)
	values, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	ids := namedAlarms(values["id"])
	if len(ids) == 0 {
		return errNoAlarm
	}
	f, q := parseAlarmForm(values), ParseAlarmQuery(values)
	if f.noteFault(v.t.Alarms.Act.TooLong) != "" {
		a, err := h.find(v, ids[0])
		if err != nil {
			return err
		}
		return h.showForms(c, v, q, http.StatusUnprocessableEntity, h.teller(v).alarmForms(a, q, f))
	}
	panel := h.Alarms.Of(v.watcher.Key())
	done, err := panel.Ack(c.Request().Context(), v.op.Actor, f.Note, v.sees.open(ids, panel.View())...)
	if err != nil {
		return alarmError("acknowledge", err)
	}
	return h.acted(c, v, values, notice{flashAcked, strconv.Itoa(done) + "/" + strconv.Itoa(len(ids)-done)})
}

// shelve puts an alarm aside until an end.
// POST /alarms/shelve (id, for, scope, reason, the list's query)
func (h *alarms) shelve(c echo.Context) error {
	v := visitOf(c)
	values, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	a, err := h.find(v, values.Get("id"))
	if err != nil {
		return err
	}
	f, q := parseAlarmForm(values), ParseAlarmQuery(values)
	f.sent = true
	if !f.shelvable(a) {
		return h.showForms(c, v, q, http.StatusUnprocessableEntity, h.teller(v).alarmForms(a, q, f))
	}
	if err := h.Alarms.Of(v.watcher.Key()).Shelve(c.Request().Context(), f.shelf(a, v.op.Actor, h.now())); err != nil {
		return alarmError("shelve", err)
	}
	return h.acted(c, v, values, notice{flashShelved, ""})
}

// unshelve ends a shelf. POST /alarms/unshelve (id, the list's query)
func (h *alarms) unshelve(c echo.Context) error {
	v := visitOf(c)
	values, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	id, panel := values.Get("id"), h.Alarms.Of(v.watcher.Key())
	if !v.sees.shelf(id, panel.View()) {
		return errAlarmGone
	}
	if err := panel.Unshelve(c.Request().Context(), id, v.op.Actor); err != nil {
		return alarmError("take off the shelf", err)
	}
	return h.acted(c, v, values, notice{flashUnshelved, ""})
}

// notice is what an act leaves for the page after it.
type notice struct {
	kind flashKind
	name string
}

// acted answers after an act: with the pieces that show it, or by leading back
// to where it was done.
func (h *alarms) acted(c echo.Context, v *visit, values url.Values, n notice) error {
	q, from := ParseAlarmQuery(values), values.Get(fieldFrom)
	if !wantsFragment(c.Request()) {
		h.flash(c, n.kind, n.name)
		if from == fromFlow && q.Flow != "" {
			return seeOther(c, flowPath(q.Flow))
		}
		return seeOther(c, q.Path())
	}
	t := h.teller(v)
	parts := h.shellParts(t, v.snapshot())
	switch from {
	case fromFlow:
		parts = append(parts, h.piece("flow-alarms", t.flowAlarms(q.Flow)))
	case fromLine:
	default:
		parts = append(parts, h.alarmParts(t, q)...)
		parts = append(parts, h.forms(pages.AlarmForms{T: v.t}))
	}
	if words := flashText(v.t, n.kind, n.name); words != "" && (n.kind != flashAcked || !strings.HasSuffix(n.name, "/0")) {
		parts = append(parts, h.piece("notices", layout.Notices{Notice: &ui.Notice{Text: words}}))
	}
	return h.partials(c, http.StatusOK, parts)
}

// alarmError tells of an act that was not done: because what it was about is
// gone, or because it could not be written down.
func alarmError(what string, err error) error {
	switch {
	case errors.Is(err, alarm.ErrGone):
		return errAlarmGone
	case errors.Is(err, alarm.ErrShelf):
		return errBadRequest
	}
	return fmt.Errorf("%s: %w: %w", what, errUnrecorded, err)
}

// namedAlarms are the ids that a form names, each once, and no more than a page
// shows.
func namedAlarms(ids []string) []string {
	var out []string
	for _, id := range ids {
		if identifier.MatchString(id) && !slices.Contains(out, id) && len(out) < maxAlarms {
			out = append(out, id)
		}
	}
	return out
}

// alarmForm is what the forms about an alarm send.
type alarmForm struct {
	Note, Scope, Reason string
	Minutes             int  // of the shelf; 0: none of those that are offered
	sent                bool // the shelf was asked for: what is missing is a fault
}

// parseAlarmForm reads the forms about an alarm.
func parseAlarmForm(v url.Values) alarmForm {
	f := alarmForm{Note: oneLine(v.Get("note")), Scope: v.Get("scope"), Reason: oneLine(v.Get("reason"))}
	if n, err := strconv.Atoi(v.Get("for")); err == nil && slices.Contains(shelfMinutes, n) {
		f.Minutes = n
	}
	return f
}

// oneLine makes one line of what was typed: no control characters, no blanks around.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "")))
}

func (f alarmForm) noteFault(tooLong func(int) string) string { return longFault(f.Note, tooLong) }

func longFault(s string, tooLong func(int) string) string {
	if len([]rune(s)) > pages.MaxAlarmNote {
		return tooLong(pages.MaxAlarmNote)
	}
	return ""
}

// shelvable tells whether the form says all that a shelf needs.
func (f alarmForm) shelvable(a *alarm.Alarm) bool {
	return f.Minutes > 0 && f.Reason != "" && len([]rune(f.Reason)) <= pages.MaxAlarmNote &&
		(f.Scope == scopeKind || f.Scope == scopeFlow && a.FlowID != "") && a.Kind != alarm.Many
}

// shelf is the shelf that the form asks for.
func (f alarmForm) shelf(a *alarm.Alarm, by string, now time.Time) alarm.Shelf {
	s := alarm.Shelf{
		FlowID: a.FlowID, FlowName: a.FlowName, By: by, Reason: f.Reason, At: now,
		Until: now.Add(time.Duration(f.Minutes) * time.Minute),
	}
	if f.Scope == scopeKind {
		s.Kind, s.Target = a.Kind, a.Target
	}
	return s
}

// alarmForms are the two forms about an alarm, with what was typed.
func (v teller) alarmForms(a *alarm.Alarm, q AlarmQuery, f alarmForm) pages.AlarmForms {
	w := v.t.Alarms.Act
	m := pages.AlarmForms{
		T: v.t, ID: a.ID, What: v.alarmWord(a) + " " + v.alarmName(a), Waits: unanswered(a), Close: q.Path(), Back: q.pairs(),
		Note: ui.Value{Text: f.Note, Error: f.noteFault(w.TooLong)}, Reason: ui.Value{Text: f.Reason, Error: longFault(f.Reason, w.TooLong)},
		Shelvable: a.Kind != alarm.Many,
	}
	if a.Target != "" {
		m.What += ", " + a.Target
	}
	times := map[int]string{15: w.Minutes15, 60: w.Hour, 240: w.Hours4, 480: w.Hours8}
	m.For = ui.Choice{Name: "for", Label: w.For}
	for _, n := range shelfMinutes {
		m.For.Options = append(m.For.Options, ui.Option{Value: strconv.Itoa(n), Label: times[n], Selected: n == f.Minutes})
	}
	m.Scope = ui.Choice{Name: "scope", Label: w.Scope, Radio: true}
	kind := ui.Option{Value: scopeKind, Label: w.ThisKind, Selected: f.Scope != scopeFlow}
	switch {
	case a.FlowID == "":
		kind.Label = w.AllOfProject
	case a.Target != "":
		kind.Label = w.ThisOutput(a.Target)
	}
	m.Scope.Options = append(m.Scope.Options, kind)
	if a.FlowID != "" {
		m.Scope.Options = append(m.Scope.Options, ui.Option{Value: scopeFlow, Label: w.AllOfFlow, Selected: f.Scope == scopeFlow})
	}
	if f.sent {
		m.For.Error, m.Scope.Error, m.Reason.Error = f.shelfFaults(v, a, m.Reason.Error)
	}
	return m
}

// shelfFaults are what is missing for a shelf, by field.
func (f alarmForm) shelfFaults(v teller, a *alarm.Alarm, long string) (minutes, scope, reason string) {
	w := v.t.Alarms.Act
	if f.Minutes == 0 {
		minutes = w.NoFor
	}
	if f.Scope != scopeKind && (f.Scope != scopeFlow || a.FlowID == "") {
		scope = w.NoScope
	}
	if reason = long; f.Reason == "" {
		reason = w.NoReason
	}
	return minutes, scope, reason
}

// pastForm is the choice of a time, with what was typed.
func (v teller) pastForm(q AlarmQuery, faulty string) *pages.AlarmPast {
	from, to, _ := q.Span(v.now)
	p := &pages.AlarmPast{
		T: v.t, From: ui.Value{Text: from.UTC().Format(timeFormat)}, To: ui.Value{Text: to.UTC().Format(timeFormat)},
		Hidden: AlarmQuery{Show: q.Show, Flow: q.Flow}.pairs(),
	}
	if q.From != "" {
		p.From.Text = q.From
	}
	if q.To != "" {
		p.To.Text = q.To
	}
	switch faulty {
	case "from":
		p.From.Error = v.t.Alarms.Page.TimeFault
	case "to":
		p.To.Error = v.t.Alarms.Page.TimeFault
	case "order":
		p.To.Error = v.t.Alarms.Page.OrderFault
	}
	return p
}

// flashAlarm is the notice of an act about alarms in words.
func flashAlarm(v text.AlarmAct, kind flashKind, name string) string {
	switch kind {
	case flashShelved:
		return v.OnShelf
	case flashUnshelved:
		return v.OffShelf
	}
	done, gone, _ := strings.Cut(name, "/")
	n, err := strconv.Atoi(done)
	missed, missing := strconv.Atoi(gone)
	if err != nil || missing != nil {
		return ""
	}
	if missed > 0 {
		return v.DoneSome(n, missed)
	}
	return v.Done(n)
}
