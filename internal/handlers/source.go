package handlers

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// sources edits the source of a flow.
type sources struct{ *desk }

// sourceEdit is a source somebody edits.
type sourceEdit struct {
	proposal
	old medialive.Source // as it was when the form was opened
	now medialive.Source // as the snapshot has it
	to  medialive.Source // as the form has it
}

// load reads the flow with its source: from the snapshot, or from the service
// where the snapshot has none yet.
func (h *sources) load(c echo.Context, v *visit) (*monitor.Flow, medialive.Source, error) {
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return nil, medialive.Source{}, err
	}
	v.watcher.Look(f.ID)
	if f.Source != nil {
		return f, *f.Source, nil
	}
	read, err := v.op.Client.ShowFlow(c.Request().Context(), f.ID)
	if err != nil {
		return nil, medialive.Source{}, err
	}
	source, ok := read.Source()
	if !ok {
		return nil, medialive.Source{}, errNoFlow
	}
	return f, source, nil
}

// form shows the source as it is. GET /flows/:id/source
func (h *sources) form(c echo.Context) error {
	v := visitOf(c)
	f, now, err := h.load(c, v)
	if err != nil {
		return err
	}
	return h.show(c, v, h.edit(v, f, now, formOfSource(now), now), verdict{status: http.StatusOK})
}

// edit judges what the form holds against the source.
func (h *sources) edit(v *visit, f *monitor.Flow, now medialive.Source, form legForm, opened medialive.Source) sourceEdit {
	was := formOfSource(now)
	had := isSet(now.Decryption)
	to, faults := form.source(had)
	e := sourceEdit{now: now, to: to, old: opened, proposal: proposal{
		edit: edit{
			t: v.t, form: form, was: &was, had: had, faults: faults, snapshot: v.snapshot(), listening: now.Address,
		},
		flow: f, opened: control.FingerprintSource(opened), verb: verbSave, target: f.ID + "/source", back: flowPath(f.ID),
	}}
	if now.Protocol == medialive.Caller {
		e.listening, _ = listenAddress(v.snapshot())
	}
	if s := f.Statistics; s != nil && s.Source.State == medialive.LegConnected {
		e.rtt = s.Source.RTT
	}
	e.diff = control.DiffSource(now, to)
	e.impact = control.SourceImpact(now, to, form.passphrase(had))
	return e
}

// posted judges what was sent.
func (h *sources) posted(c echo.Context, v *visit) (sourceEdit, error) {
	values, err := c.FormParams()
	if err != nil {
		return sourceEdit{}, badForm(err)
	}
	f, now, err := h.load(c, v)
	if err != nil {
		return sourceEdit{}, err
	}
	return h.edit(v, f, now, parseLegForm(values), decodeShown[medialive.Source](values.Get(fieldShown))), nil
}

// effect tells what a save would do, and saves nothing.
// POST /flows/:id/source/effect
func (h *sources) effect(c echo.Context) error {
	v := visitOf(c)
	e, err := h.posted(c, v)
	if err != nil {
		return err
	}
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

// save changes the source. POST /flows/:id/source
func (h *sources) save(c echo.Context) error {
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
	case control.FingerprintSource(e.now) != e.opened:
		return h.clash(c, v, e, e.now)
	}
	p, err := h.agreed(c, v, e.proposal)
	if err != nil {
		return err
	}
	if !p.good {
		return h.show(c, v, e, verdict{status: http.StatusConflict, problem: askAgain(e.proposal)})
	}
	name := cmp.Or(c.FormValue(fieldSourceName), e.now.Name)
	op := v.consenting(c, e.flow, p, control.VerbUpdateSource, "")
	err = h.Control.UpdateSource(c.Request().Context(), op, e.flow.ID, name, e.to, e.opened)
	if err != nil {
		return h.notSaved(c, v, e, err)
	}
	h.flash(c, flashSource, "")
	return seeOther(c, e.back)
}

// notSaved shows the form again, with why.
func (h *sources) notSaved(c echo.Context, v *visit, e sourceEdit, err error) error {
	var clash *control.Conflict
	if errors.As(err, &clash) {
		return h.clash(c, v, e, clash.Theirs)
	}
	if waits(err) {
		h.flash(c, flashAsked, e.flow.Name)
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

// clash shows both versions to the second of two who edit one source. What was
// typed stays in the form; saving again is against the source as it is now.
func (h *sources) clash(c echo.Context, v *visit, e sourceEdit, theirs medialive.Source) error {
	fresh := h.edit(v, e.flow, theirs, e.form, theirs)
	fresh.lost = e.lost
	if len(fresh.diff) == 0 { // the first of two presses of one button saved it
		h.flash(c, flashSource, "")
		return seeOther(c, e.back)
	}
	conflict := &pages.Conflict{
		T: v.t, Lead: v.t.Conflict.Source(ui.Age(h.now().Sub(fresh.readAt()))), Discard: e.back + "/source",
		Rows:  e.versions(control.DiffSource(e.old, theirs), control.DiffSource(e.old, e.to)),
		Shown: encodeShown(theirs),
	}
	return h.show(c, v, fresh, verdict{status: http.StatusConflict, conflict: conflict})
}

// show shows the form.
func (h *sources) show(c echo.Context, v *visit, e sourceEdit, why verdict) error {
	panel, err := h.desk.effect(c, v, e.proposal)
	if err != nil {
		return err
	}
	if why.stopFirst {
		panel.StopURL = flowPath(e.flow.ID) + "/stop"
	}
	t := h.teller(v)
	return h.print.page(c, why.status, pages.SourceEdit{
		Shell: h.shell(c, v, v.t.Form.EditSource), FlowID: e.flow.ID, FlowName: e.flow.Name,
		State: t.state(e.flow), StateNote: t.stateNote(e.flow), Fields: e.fields(), Shown: encodeShown(e.old),
		OldName: e.now.Name, Effect: panel, Conflict: why.conflict, Problem: why.problem,
	})
}

// stateNote is what arrives now, and from where.
func (v teller) stateNote(f *monitor.Flow) string {
	rate, _, _ := v.sourceFigures(f)
	if rate.Value == "" || rate.Unit == "" {
		return peerOf(f)
	}
	return rate.Value + " " + rate.Unit + "  " + peerOf(f)
}

// showTyped shows the form with what was typed.
func (h *sources) showTyped(c echo.Context, v *visit) error {
	e, err := h.posted(c, v)
	if err != nil {
		return err
	}
	e.lost = e.form.Action == actionReplace
	return h.show(c, v, e, verdict{status: http.StatusOK})
}
