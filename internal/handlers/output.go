package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// outputs adds, edits, switches and removes the outputs of a flow.
type outputs struct{ *desk }

// outputEdit is an output somebody adds or edits.
type outputEdit struct {
	proposal
	old     medialive.Output // as it was when the form was opened
	now     medialive.Output // as the snapshot has it
	to      medialive.Output // as the form has it
	change  medialive.OutputChange
	enabled bool // a new one begins switched on
}

// find gives an output of a flow.
func (h *outputs) find(c echo.Context, v *visit) (*monitor.Flow, int, error) {
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return nil, 0, err
	}
	name, err := url.PathUnescape(c.Param("name"))
	if err != nil {
		return nil, 0, errNoFlow
	}
	for i, o := range f.Outputs {
		if o.Name == name {
			return f, i, nil
		}
	}
	return nil, 0, errNoFlow
}

// load gives an output with its settings: from the snapshot, or from the
// service where the snapshot has none yet.
func (h *outputs) load(c echo.Context, v *visit) (*monitor.Flow, medialive.Output, error) {
	f, i, err := h.find(c, v)
	if err != nil {
		return nil, medialive.Output{}, err
	}
	v.watcher.Look(f.ID)
	if f.Outputs[i].Config != nil {
		return f, *f.Outputs[i].Config, nil
	}
	o, err := v.op.Client.ShowOutput(c.Request().Context(), f.ID, f.Outputs[i].Name)
	return f, o, err
}

// newForm shows the form that adds an output. GET /flows/:id/outputs/new
func (h *outputs) newForm(c echo.Context) error {
	v := visitOf(c)
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return err
	}
	return h.show(c, v, h.addition(v, f, legForm{Protocol: string(medialive.Caller)}, true, false), verdict{status: http.StatusOK})
}

// addition judges a new output. A form that was just opened is not faulted.
func (h *outputs) addition(v *visit, f *monitor.Flow, form legForm, enabled, judge bool) outputEdit {
	to, faults := form.output(false)
	if to.Status = medialive.Enabled; !enabled {
		to.Status = medialive.Disabled
	}
	if !judge {
		faults = nil
	}
	e := outputEdit{to: to, enabled: enabled, proposal: proposal{
		edit: edit{t: v.t, form: form, faults: faults, output: true, snapshot: v.snapshot()},
		flow: f, new: true, back: flowPath(f.ID),
	}}
	e.listening, _ = listenAddress(v.snapshot())
	return e
}

// postedNew judges what was sent for a new output.
func (h *outputs) postedNew(c echo.Context, v *visit) (outputEdit, error) {
	values, err := c.FormParams()
	if err != nil {
		return outputEdit{}, badForm(err)
	}
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return outputEdit{}, err
	}
	return h.addition(v, f, parseLegForm(values), values.Get(fieldStatus) != string(medialive.Disabled), true), nil
}

// effectOfNew tells what adding would do, and adds nothing.
// POST /flows/:id/outputs/new/effect
func (h *outputs) effectOfNew(c echo.Context) error {
	v := visitOf(c)
	e, err := h.postedNew(c, v)
	if err != nil {
		return err
	}
	return h.effectOf(c, v, e)
}

// effectOf answers with the panel, or without htmx with the page.
func (h *outputs) effectOf(c echo.Context, v *visit, e outputEdit) error {
	if !wantsFragment(c.Request()) {
		e.lost = e.form.Passphrase != ""
		return h.show(c, v, e, verdict{status: http.StatusOK})
	}
	panel, err := h.desk.effect(c, v, e.proposal)
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, panel)
}

// add adds an output. It interrupts nothing, so nothing is asked.
// POST /flows/:id/outputs
func (h *outputs) add(c echo.Context) error {
	v := visitOf(c)
	e, err := h.postedNew(c, v)
	if err != nil {
		return err
	}
	e.lost = e.form.Passphrase != ""
	if len(e.faults) > 0 {
		return h.show(c, v, e, verdict{status: http.StatusUnprocessableEntity})
	}
	if err := h.Control.AddOutput(c.Request().Context(), v.op, e.flow.ID, e.to); err != nil {
		return h.notSaved(c, v, e, err)
	}
	h.flash(c, flashAdded, e.to.Name)
	return seeOther(c, e.back)
}

// form shows an output as it is. GET /flows/:id/outputs/:name
func (h *outputs) form(c echo.Context) error {
	v := visitOf(c)
	f, now, err := h.load(c, v)
	if err != nil {
		return err
	}
	return h.show(c, v, h.edit(v, f, now, formOfOutput(now), now), verdict{status: http.StatusOK})
}

// edit judges what the form holds against the output. Name and protocol cannot
// be changed.
func (h *outputs) edit(v *visit, f *monitor.Flow, now medialive.Output, form legForm, opened medialive.Output) outputEdit {
	form.Name, form.Protocol = now.Name, string(now.Protocol)
	was, had := formOfOutput(now), isSet(now.Encryption)
	asked, _ := form.output(had)
	ch := outputChange(asked, had)
	faults := form.changeFaults(ch, now)
	e := outputEdit{old: opened, now: now, change: ch, proposal: proposal{
		edit: edit{t: v.t, form: form, was: &was, had: had, faults: faults, output: true, snapshot: v.snapshot(), listening: now.ListenerAddress},
		flow: f, opened: control.FingerprintOutput(opened), verb: verbSave, target: f.ID + "/" + now.Name, back: flowPath(f.ID),
	}}
	judged := ch.Apply(now)
	e.diff = control.DiffOutput(now, judged)
	e.impact = control.OutputImpact(now, judged, form.passphrase(had))
	return e
}

// posted judges what was sent for an output that exists.
func (h *outputs) posted(c echo.Context, v *visit) (outputEdit, error) {
	values, err := c.FormParams()
	if err != nil {
		return outputEdit{}, badForm(err)
	}
	f, now, err := h.load(c, v)
	if err != nil {
		return outputEdit{}, err
	}
	return h.edit(v, f, now, parseLegForm(values), decodeShown[medialive.Output](values.Get(fieldShown))), nil
}

// effect tells what a save would do, and saves nothing.
// POST /flows/:id/outputs/:name/effect
func (h *outputs) effect(c echo.Context) error {
	v := visitOf(c)
	e, err := h.posted(c, v)
	if err != nil {
		return err
	}
	return h.effectOf(c, v, e)
}

// save changes an output. POST /flows/:id/outputs/:name
func (h *outputs) save(c echo.Context) error {
	v := visitOf(c)
	e, err := h.posted(c, v)
	if err != nil {
		return err
	}
	e.lost = e.form.Passphrase != ""
	switch {
	case len(e.faults) > 0:
		return h.show(c, v, e, verdict{status: http.StatusUnprocessableEntity})
	case len(e.diff) == 0:
		h.flash(c, flashNoChange, "")
		return seeOther(c, e.back)
	case control.FingerprintOutput(e.now) != e.opened:
		return h.clash(c, v, e, e.now)
	}
	p, err := h.agreed(c, v, e.proposal)
	if err != nil {
		return err
	}
	if !p.good {
		return h.show(c, v, e, verdict{status: http.StatusConflict, problem: askAgain(e.proposal)})
	}
	op := v.consenting(c, e.flow, p, control.VerbUpdateOutput, e.now.Name)
	if err := h.Control.UpdateOutput(c.Request().Context(), op, e.flow.ID, e.now.Name, e.change, e.opened); err != nil {
		return h.notSaved(c, v, e, err)
	}
	h.flash(c, flashSaved, e.now.Name)
	return seeOther(c, e.back)
}

// notSaved shows the form again, with why.
func (h *outputs) notSaved(c echo.Context, v *visit, e outputEdit, err error) error {
	var clash *control.OutputConflict
	if errors.As(err, &clash) {
		return h.clash(c, v, e, clash.Theirs)
	}
	if waits(err) {
		h.flash(c, flashAsked, e.now.Name)
		return seeOther(c, e.back)
	}
	if errors.Is(err, control.ErrChanged) {
		e.started()
		v.op.Watcher.ReadSoon(e.flow.ID)
		return h.show(c, v, e, verdict{status: http.StatusConflict, problem: askAgain(e.proposal)})
	}
	why, known := e.refusedBy(err)
	if !known {
		return err
	}
	h.logError(c, answerTo(err), err)
	return h.show(c, v, e, why)
}

// clash shows both versions to the second of two who edit one output.
func (h *outputs) clash(c echo.Context, v *visit, e outputEdit, theirs medialive.Output) error {
	fresh := h.edit(v, e.flow, theirs, e.form, theirs)
	fresh.lost = e.lost
	if len(fresh.diff) == 0 { // the first of two presses of one button saved it
		h.flash(c, flashSaved, theirs.Name)
		return seeOther(c, e.back)
	}
	conflict := &pages.Conflict{
		T: v.t, Lead: v.t.Conflict.Output(ui.Age(h.now().Sub(fresh.readAt()))), Discard: outputPath(e.flow.ID, theirs.Name),
		Rows:  e.versions(control.DiffOutput(e.old, theirs), control.DiffOutput(e.old, e.change.Apply(e.old))),
		Shown: encodeShown(theirs),
	}
	return h.show(c, v, fresh, verdict{status: http.StatusConflict, conflict: conflict})
}

// show shows the form.
func (h *outputs) show(c echo.Context, v *visit, e outputEdit, why verdict) error {
	panel, err := h.desk.effect(c, v, e.proposal)
	if err != nil {
		return err
	}
	if why.stopFirst {
		panel.StopURL = flowPath(e.flow.ID) + "/stop"
	}
	t := h.teller(v)
	m := pages.OutputEdit{
		Shell: h.shell(c, v, v.t.Form.AddOutput), FlowID: e.flow.ID, FlowName: e.flow.Name, New: e.new,
		State: t.state(e.flow), StateNote: t.stateNote(e.flow), Fields: e.fields(), Enabled: e.enabled,
		Effect: panel, Conflict: why.conflict, Problem: why.problem,
	}
	if !e.new {
		sheet := t.outputSheet(e.flow.Name, e.now)
		m.Shell.Title, m.Sheet = v.t.Form.EditOutput, &sheet
		m.Name, m.Shown, m.DeleteURL = e.now.Name, encodeShown(e.old), outputPath(e.flow.ID, e.now.Name)+"/delete"
		m.ParkURL = outputPath(e.flow.ID, e.now.Name) + "/park"
	}
	return h.print.page(c, why.status, m)
}

// row gives an output's row back after a question was withdrawn.
// GET /flows/:id/outputs/:name/row
func (h *outputs) row(c echo.Context) error {
	v := visitOf(c)
	f, i, err := h.find(c, v)
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, h.teller(v).output(f, i))
}

// carries tells whether an output has media now, as far as is known.
func carries(f *monitor.Flow, i int) bool {
	switch f.Outputs[i].State {
	case monitor.OutputOK, monitor.OutputLoss, monitor.OutputUnknown:
		return f.Status == medialive.Active
	}
	return false
}

// outputQuestion is the question before an output ends.
func (t teller) outputQuestion(c echo.Context, v *visit, f *monitor.Flow, i int, verb string, p pressed, status int) question {
	q := outputWords(v.t, f, i, verb, status)
	q.guard(c, v, t, f, p, controlVerb(verb), q.name, v.t.Care.Hold.Confirm(q.button), f.Status == medialive.Active)
	return q
}

// outputState is what a question about an output rests on: a newer one of the
// same name is another.
func outputState(f *monitor.Flow, i int) string {
	return string(f.Status) + "|" + careState(f) + "|" + string(control.Likeness(*f.Outputs[i].Config))
}

// seen finds an output with its settings, from the service where the snapshot
// has none yet: what nobody has seen is neither removed nor switched off.
func (h *outputs) seen(c echo.Context, v *visit) (*monitor.Flow, int, error) {
	f, i, err := h.find(c, v)
	if err != nil {
		return nil, 0, err
	}
	_, o, err := h.load(c, v)
	if err != nil {
		return nil, 0, err
	}
	return withOutput(f, i, o), i, nil
}

// withOutput is a flow of which an output is as it was just read.
func withOutput(f *monitor.Flow, i int, o medialive.Output) *monitor.Flow {
	now := *f
	now.Outputs = slices.Clone(f.Outputs)
	now.Outputs[i].Config = &o
	return &now
}

// controlVerb is the verb of the trail for a question about an output.
func controlVerb(verb string) string {
	switch verb {
	case verbDisable:
		return control.VerbUpdateOutput
	case verbPark:
		return control.VerbPark
	}
	return control.VerbDeleteOutput
}

// outputWords is the question before an output ends.
func outputWords(t *text.Strings, f *monitor.Flow, i int, verb string, status int) question {
	name := f.Outputs[i].Name
	path := outputPath(f.ID, name)
	q := question{
		id: name, name: name, verb: verb, subject: f.ID + "/" + name, state: outputState(f, i), post: path + "/" + verb,
		cancel: path + "/row", back: flowPath(f.ID), crumbs: crumbs(t, f), answered: status, act: actDeleteOutput,
	}
	if carries(f, i) {
		q.names = []string{name}
	}
	switch verb {
	case verbPark:
		w := t.Care.Park
		q.confirm, q.title, q.lead, q.button = w.ParkOf(name), w.ParkOf(name), w.ParkLead, w.ParkOf(name)
		if len(q.names) > 0 {
			q.lead += " " + w.ParkEnds
		}
		if o := f.Outputs[i].Config; o != nil && isSet(o.Encryption) {
			q.lead += " " + w.ParkKey
		}
	case verbDisable:
		q.act = actSwitch
		q.confirm, q.title, q.lead, q.button = t.Guard.OffConfirm(name), t.Guard.OffTitle(name), t.Guard.OffLead, t.Guard.OffConfirm(name)
	default:
		q.confirm, q.title, q.lead, q.button = t.Guard.RemoveButton(name), t.Guard.RemoveTitle(name), t.Guard.RemoveLead, t.Guard.RemoveButton(name)
	}
	return q
}

// askDelete asks before an output is removed. GET /flows/:id/outputs/:name/delete
func (h *outputs) askDelete(c echo.Context) error { return h.asked(c, verbDelete) }

// askDisable asks before an output is switched off.
// GET /flows/:id/outputs/:name/disable
func (h *outputs) askDisable(c echo.Context) error { return h.asked(c, verbDisable) }

func (h *outputs) asked(c echo.Context, verb string) error {
	v := visitOf(c)
	f, i, err := h.seen(c, v)
	if err != nil {
		return err
	}
	return h.ask(c, v, f, i, verb, pressed{}, http.StatusOK)
}

// ask asks in the place of the row, or on a page.
func (h *outputs) ask(c echo.Context, v *visit, f *monitor.Flow, i int, verb string, p pressed, status int) error {
	q := h.teller(v).outputQuestion(c, v, f, i, verb, p, status)
	if wantsFragment(c.Request()) && q.refuse != "" {
		return &control.Protected{Protect: *f.Care.Protect}
	}
	if !wantsFragment(c.Request()) || verb != verbDisable {
		return h.askOnPage(c, v, q)
	}
	armed, err := h.armed(c, v, q, fromFlow)
	if err != nil {
		return err
	}
	return h.print.page(c, status, pages.ArmedOutput{T: v.t, Row: h.teller(v).output(f, i), Armed: armed})
}

// guardedAct does what ends an output, for who has the ticket of the question.
// An output that carries nothing is switched off or removed at one press.
func (h *outputs) guardedAct(c echo.Context, verb string, act func(control.Operator, *monitor.Flow, int) error) error {
	v := visitOf(c)
	f, i, err := h.seen(c, v)
	if err != nil {
		return err
	}
	name := f.Outputs[i].Name
	p, err := h.pressed(c, v, verb, f.ID+"/"+name, outputState(f, i))
	if err != nil {
		return err
	}
	if !p.good && (p.soon || carries(f, i) || verb != verbDisable) {
		return h.ask(c, v, f, i, verb, p, http.StatusConflict)
	}
	op := v.consenting(c, f, p, controlVerb(verb), name)
	op.Seen = control.Likeness(*f.Outputs[i].Config)
	err = act(op, f, i)
	var newer *control.OutputConflict
	switch {
	case errors.As(err, &newer):
		v.op.Watcher.ReadSoon(f.ID)
		return h.ask(c, v, withOutput(f, i, newer.Theirs), i, verb, p, http.StatusConflict)
	case unmet(err):
		return h.ask(c, v, f, i, verb, p, http.StatusUnprocessableEntity)
	case waits(err):
		return h.rowOrPage(c, v, f, name, flashAsked)
	case errors.Is(err, control.ErrChanged): // started meanwhile
		now := *f
		now.Status = medialive.Active
		v.op.Watcher.ReadSoon(f.ID)
		return h.ask(c, v, &now, i, verb, p, http.StatusConflict)
	}
	return err
}

// remove removes an output. POST /flows/:id/outputs/:name/delete (ticket)
func (h *outputs) remove(c echo.Context) error {
	return h.guardedAct(c, verbDelete, func(op control.Operator, f *monitor.Flow, i int) error {
		name := f.Outputs[i].Name
		if err := h.Control.DeleteOutput(c.Request().Context(), op, f.ID, name); err != nil {
			return err
		}
		h.flash(c, flashRemoved, name)
		return seeOther(c, flowPath(f.ID))
	})
}

// disable switches an output off. POST /flows/:id/outputs/:name/disable (ticket)
func (h *outputs) disable(c echo.Context) error {
	return h.guardedAct(c, verbDisable, func(op control.Operator, f *monitor.Flow, i int) error {
		return h.switchTo(c, op, f, i, medialive.Disabled, flashOff)
	})
}

// enable switches an output on, at one press.
// POST /flows/:id/outputs/:name/enable
func (h *outputs) enable(c echo.Context) error {
	v := visitOf(c)
	f, i, err := h.find(c, v)
	if err != nil {
		return err
	}
	return h.switchTo(c, v.op, f, i, medialive.Enabled, flashOn)
}

// switchTo switches an output, and answers with its row as it is now.
func (h *outputs) switchTo(c echo.Context, op control.Operator, f *monitor.Flow, i int, status medialive.OutputStatus, done flashKind) error {
	v := visitOf(c)
	_, now, err := h.load(c, v)
	if err != nil {
		return err
	}
	err = h.Control.UpdateOutput(c.Request().Context(), op, f.ID, now.Name, medialive.OutputChange{Status: &status}, control.FingerprintOutput(now))
	if errors.Is(err, control.ErrNothingToDo) {
		done, err = flashNothing, nil
	}
	if err != nil {
		return err
	}
	return h.rowOrPage(c, v, f, f.Outputs[i].Name, done)
}

// rowOrPage answers with the row as it is now, or leads to the page.
func (h *outputs) rowOrPage(c echo.Context, _ *visit, f *monitor.Flow, name string, done flashKind) error {
	if wantsFragment(c.Request()) {
		return h.row(c)
	}
	h.flash(c, done, name)
	return seeOther(c, flowPath(f.ID))
}

// showTyped shows the form with what was typed.
func (h *outputs) showTyped(c echo.Context, v *visit, isNew bool) error {
	read := h.posted
	if isNew {
		read = h.postedNew
	}
	e, err := read(c, v)
	if err != nil {
		return err
	}
	e.lost = e.form.Action == actionReplace
	return h.show(c, v, e, verdict{status: http.StatusOK})
}
