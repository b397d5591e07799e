package handlers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// flows lists, shows, makes, starts, stops and deletes flows.
type flows struct{ *desk }

// teller tells of the visitor's project as it is now.
func (d *desk) teller(v *visit) teller {
	return teller{t: v.t, now: d.now(), measured: v.snapshot().Capabilities != nil, heard: v.watcher.Heard(), pictures: v.watcher.Picture, alarms: v.sees.alarms(d.Alarms.Of(v.watcher.Key()).View()), user: v.op.Actor, may: d.may(v.role, v.session.Person()), known: v.snapshot(), sites: v.many(), here: d.spotAt(v.session.Place), endpoint: v.session.Endpoint}
}

// page shows a flow. GET /flows/:id
func (h *flows) page(c echo.Context) error {
	v := visitOf(c)
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return err
	}
	v.watcher.Look(f.ID)
	m, err := h.pageModel(c, v, f)
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, m)
}

// row gives a row of the list back after a question was withdrawn.
// GET /flows/:id/row
func (h *flows) row(c echo.Context) error {
	v := visitOf(c)
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, h.rowTeller(c, v).row(f, v.watcher.History(f.ID)))
}

// command gives the button of the flow's page back. GET /flows/:id/command
func (h *flows) command(c echo.Context) error {
	v := visitOf(c)
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, h.teller(v).flowCommand(f))
}

// start starts a flow at one press. POST /flows/:id/start (from)
func (h *flows) start(c echo.Context) error {
	v := visitOf(c)
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return err
	}
	err = h.Control.StartFlow(c.Request().Context(), v.op, f.ID)
	return h.acted(c, v, f, flashStarted, err)
}

// askStop asks before a flow is stopped. GET /flows/:id/stop (from)
func (h *flows) askStop(c echo.Context) error {
	v := visitOf(c)
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return err
	}
	return h.ask(c, v, f, pressed{}, http.StatusOK)
}

// stop stops a flow for who has the ticket of the question, and asks everybody
// else. POST /flows/:id/stop (ticket, from)
func (h *flows) stop(c echo.Context) error {
	v := visitOf(c)
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return err
	}
	p, err := h.pressed(c, v, verbStop, f.ID, stopState(f))
	if err != nil {
		return err
	}
	if !p.good {
		return h.ask(c, v, f, p, http.StatusConflict)
	}
	err = h.Control.StopFlow(c.Request().Context(), v.consenting(c, f, p, control.VerbStop, ""), f.ID)
	switch {
	case unmet(err):
		return h.ask(c, v, f, p, http.StatusUnprocessableEntity)
	case waits(err):
		return h.acted(c, v, f, flashAsked, nil)
	case errors.Is(err, control.ErrChanged):
		return h.ask(c, v, f, p, http.StatusConflict)
	}
	return h.acted(c, v, f, flashStopped, err)
}

// ask asks whether to stop, where the press came from. A flow that is not
// started needs no question.
func (h *flows) ask(c echo.Context, v *visit, f *monitor.Flow, p pressed, status int) error {
	if action(v.t, f, "").Verb != verbStop {
		if given := f.Command; given != nil && given.Verb == verbStop && !undone(given.Outcome) {
			return h.told(c, v, f, flashDoneBy, given.Actor)
		}
		return h.told(c, v, f, flashNothing, f.Name)
	}
	q := h.stopQuestion(c, v, f, p, status)
	if wantsFragment(c.Request()) && q.refuse != "" {
		return &control.Protected{Protect: *f.Care.Protect}
	}
	from := fromOf(c)
	q.hidden = []ui.Hidden{{Name: fieldFrom, Value: from}}
	if from != fromFlow {
		q.back = listOf(from)
	}
	if !wantsFragment(c.Request()) {
		return h.askOnPage(c, v, q)
	}
	if from == fromFlow {
		q.cancel = flowPath(f.ID) + "/command"
	}
	if from == fromAll {
		q.cancel += "?" + fieldFrom + "=" + fromAll
	}
	armed, err := h.armed(c, v, q, from)
	if err != nil {
		return err
	}
	if from == fromFlow {
		return h.print.page(c, status, pages.ArmedCommand{T: v.t, Armed: armed})
	}
	row := h.rowTeller(c, v).row(f, v.watcher.History(f.ID))
	return h.print.page(c, status, pages.ArmedRow{T: v.t, Row: row, Armed: armed})
}

func (h *flows) stopQuestion(c echo.Context, v *visit, f *monitor.Flow, p pressed, status int) question {
	names := interrupted(f)
	t := h.teller(v)
	q := question{
		id: f.ID, name: f.Name, verb: verbStop, subject: f.ID, state: stopState(f), post: flowPath(f.ID) + "/stop",
		confirm: v.t.Guard.Confirm(len(names)), cancel: flowPath(f.ID) + "/row", back: flowPath(f.ID), names: names,
		title: v.t.Guard.StopTitle(f.Name), lead: t.interrupts(len(names)), button: v.t.Guard.StopButton(f.Name),
		crumbs: crumbs(v.t, f), answered: status, act: actStop,
	}
	q.guard(c, v, t, f, p, control.VerbStop, "", v.t.Care.Hold.Stop, true)
	return q
}

// askDelete asks before a flow is deleted. GET /flows/:id/delete
func (h *flows) askDelete(c echo.Context) error {
	v := visitOf(c)
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return err
	}
	return h.askOnPage(c, v, h.deleteQuestion(c, v, f, pressed{}, http.StatusOK))
}

// remove deletes a flow for who has the ticket of the question.
// POST /flows/:id/delete (ticket)
func (h *flows) remove(c echo.Context) error {
	v := visitOf(c)
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return err
	}
	p, err := h.pressed(c, v, verbDelete, f.ID, stopState(f))
	if err != nil {
		return err
	}
	q := h.deleteQuestion(c, v, f, p, http.StatusConflict)
	if q.refuse != "" || !p.good {
		return h.askOnPage(c, v, q)
	}
	err = h.Control.DeleteFlow(c.Request().Context(), v.consenting(c, f, p, control.VerbDelete, ""), f.ID)
	switch {
	case unmet(err):
		q.answered = http.StatusUnprocessableEntity
		return h.askOnPage(c, v, q)
	case waits(err):
		h.flash(c, flashAsked, f.Name)
		return seeOther(c, flowPath(f.ID))
	case err != nil:
		return err
	}
	h.flash(c, flashDeleted, f.Name)
	return seeOther(c, "/flows")
}

func (h *flows) deleteQuestion(c echo.Context, v *visit, f *monitor.Flow, p pressed, status int) question {
	q := question{
		id: f.ID, name: f.Name, verb: verbDelete, subject: f.ID, state: stopState(f), post: flowPath(f.ID) + "/delete",
		back: flowPath(f.ID), title: v.t.Guard.DeleteTitle(f.Name), lead: v.t.Guard.DeleteLead,
		button: v.t.Guard.DeleteButton(f.Name), crumbs: crumbs(v.t, f), answered: status, act: actDelete,
	}
	for _, o := range f.Outputs {
		q.names = append(q.names, o.Name)
	}
	q.guard(c, v, h.teller(v), f, p, control.VerbDelete, "", v.t.Care.Hold.Confirm(q.button), true)
	if f.Status != medialive.Standby {
		q.refuse = v.t.Guard.DeleteRefused
	}
	return q
}

// acted answers after a start or a stop. Where another was quicker with the same
// command, it tells who.
func (h *flows) acted(c echo.Context, v *visit, f *monitor.Flow, done flashKind, err error) error {
	var already *control.AlreadyDone
	switch {
	case errors.As(err, &already) && already.Actor != "":
		return h.told(c, v, f, flashDoneBy, already.Actor)
	case errors.Is(err, control.ErrNothingToDo):
		return h.told(c, v, f, flashNothing, f.Name)
	case err != nil:
		return err
	}
	return h.told(c, v, f, done, f.Name)
}

// told answers with the row or the button as it is now, which shows the command
// and not yet its success; or with the page, and a notice with a name.
func (h *flows) told(c echo.Context, v *visit, f *monitor.Flow, done flashKind, name string) error {
	now, err := v.flow(f.ID)
	if err != nil {
		return err
	}
	from := fromOf(c)
	switch {
	case wantsFragment(c.Request()) && from == fromFlow:
		return h.print.page(c, http.StatusOK, h.teller(v).flowCommand(now))
	case wantsFragment(c.Request()):
		return h.print.page(c, http.StatusOK, h.rowTeller(c, v).row(now, v.watcher.History(now.ID)))
	}
	h.flash(c, done, name)
	if from != fromFlow {
		return seeOther(c, listOf(from))
	}
	return seeOther(c, flowPath(f.ID))
}

// fromOf tells where a button was pressed.
func fromOf(c echo.Context) string {
	switch from := c.FormValue(fieldFrom); from {
	case fromList, fromAll:
		return from
	}
	return fromFlow
}

// listOf is the list in which a button was pressed.
func listOf(from string) string {
	if from == fromAll {
		return "/flows?place=all"
	}
	return "/flows"
}

// newForm shows the form that makes a flow. GET /flows/new
func (h *flows) newForm(c echo.Context) error {
	v := visitOf(c)
	f := legForm{Protocol: string(medialive.Listener)}
	if k, err := h.cloneOf(c, v); err != nil {
		return err
	} else if k != nil {
		f = k.form()
	}
	return h.showNew(c, v, f, nil, verdict{status: http.StatusOK})
}

// create makes a flow, and starts it where the button says so.
// POST /flows (the form's fields, ticket, start)
func (h *flows) create(c echo.Context) error {
	v := visitOf(c)
	values, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	f := parseLegForm(values)
	made, faults := f.newFlow(v.session.FlowRegion())
	k, outputs, err := h.takenOver(c, v)
	if err != nil {
		return err
	}
	if len(faults) > 0 || k.faulty() {
		return h.showNew(c, v, f, faults, verdict{status: http.StatusUnprocessableEntity})
	}
	if twice, err := h.sentTwice(c, v, f.Name); twice || err != nil {
		return err
	}
	flow, err := h.Control.CreateFlow(c.Request().Context(), v.op, made, values.Get("start") == "1")
	if flow.ID == "" && err != nil {
		return h.refusedNew(c, v, f, err)
	}
	done := flashCreated
	if err != nil {
		h.logError(c, answerTo(err), err)
		done = flashUnstarted // why stands in the flow's activity
	}
	if len(outputs) > 0 {
		return h.takeOver(c, v, flow, outputs)
	}
	h.flash(c, done, f.Name)
	return seeOther(c, flowPath(flow.ID))
}

// sentTwice leads the second of two presses to what the first one made. A
// script without a ticket is not held up: its second try is refused by the name.
func (h *flows) sentTwice(c echo.Context, v *visit, name string) (bool, error) {
	if c.FormValue(fieldTicket) == "" {
		return false, nil
	}
	may, err := h.redeemed(c, v, verbCreate, "", "")
	if err != nil || may {
		return false, err
	}
	for _, f := range v.snapshot().Flows {
		if f.Name == name {
			return true, seeOther(c, flowPath(f.ID))
		}
	}
	return false, nil
}

// newFlowForm is the form that makes a flow.
func (h *flows) newFlowForm(c echo.Context, v *visit, f legForm, faults []formFault, why verdict) (pages.NewFlowForm, error) {
	e := edit{t: v.t, form: f, faults: faults, newFlow: true, snapshot: v.snapshot(), lost: f.Passphrase != ""}
	e.listening, _ = listenAddress(v.snapshot())
	e.refused = why.refused
	ticket, err := h.issue(c, v, verbCreate, "", "", formLife)
	m := pages.NewFlowForm{T: v.t, Leg: e.fields(), Ticket: ticket, Off: h.teller(v).barred(actCreate), Problem: why.problem, Faults: e.links()}
	m.Name = m.Leg.Name
	return m, err
}

// showNew shows the form that makes a flow.
func (h *flows) showNew(c echo.Context, v *visit, f legForm, faults []formFault, why verdict) error {
	form, err := h.newFlowForm(c, v, f, faults, why)
	if err != nil {
		return err
	}
	m := pages.NewFlow{Shell: h.shell(c, v, v.t.Form.NewFlow), Form: form}
	k, _, err := h.takenOver(c, v)
	if err != nil {
		return err
	}
	if k != nil {
		m.Clone = k.model(h.teller(v))
	}
	return h.print.page(c, why.status, m)
}

// refusedNew shows the form again, with what the service said.
func (h *flows) refusedNew(c echo.Context, v *visit, f legForm, err error) error {
	p := proposal{edit: edit{t: v.t, form: f}, flow: &monitor.Flow{}}
	why, known := p.refusedBy(err)
	if !known {
		return err
	}
	h.logError(c, answerTo(err), err)
	why.refused = p.refused
	return h.showNew(c, v, f, nil, why)
}

// crumbs is the way to a page of a flow, or of a channel.
func crumbs(t *text.Strings, f *monitor.Flow) []pages.Crumb {
	if _, channel := monitor.ChannelKeyOf(f.ID); channel {
		return []pages.Crumb{{Label: t.Channels.Title, URL: channelsPath}, {Label: f.Name, URL: flowPath(f.ID)}}
	}
	return []pages.Crumb{{Label: t.Shell.Flows, URL: "/flows"}, {Label: f.Name, URL: flowPath(f.ID)}}
}

// showTyped shows the form with what was typed, unjudged.
func (h *flows) showTyped(c echo.Context, v *visit) error {
	return h.showNew(c, v, parseLegForm(c.Request().Form), nil, verdict{status: http.StatusOK})
}
