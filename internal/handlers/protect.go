package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// protects keeps flows from the hands of others, and gives them free again.
type protects struct{ *desk }

const (
	fieldSecond = "second" // a second person is needed
	verbForce   = "force"
)

// form shows the protection of a flow, and what the visitor can do about it.
// GET /flows/:id/protect
func (h *protects) form(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	return h.show(c, v, f, nil, http.StatusOK)
}

// protect protects a flow, or changes what the owner said of it.
// POST /flows/:id/protect (reason, second)
func (h *protects) protect(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	op := v.op
	op.Reason = strings.TrimSpace(c.FormValue(fieldReason))
	err = h.Control.Protect(c.Request().Context(), op, f.ID, c.FormValue(fieldSecond) != "")
	if err != nil {
		return h.refused(c, v, f, err)
	}
	h.flash(c, flashProtected, f.Name)
	return seeOther(c, flowPath(f.ID))
}

// release ends the visitor's own protection. POST /flows/:id/release
func (h *protects) release(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	err = h.Control.Release(c.Request().Context(), v.op, f.ID)
	done := flashReleased
	if errors.Is(err, control.ErrNothingToDo) {
		done, err = flashNothing, nil
	}
	if err != nil {
		return err
	}
	h.flash(c, done, f.Name)
	return seeOther(c, flowPath(f.ID))
}

// force breaks the protection of somebody else, for who has the ticket of the
// page that tells whose it is. POST /flows/:id/protect/force (ticket, reason)
func (h *protects) force(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	may, err := h.redeemed(c, v, verbForce, f.ID, careState(f))
	if err != nil {
		return err
	}
	if !may {
		return h.show(c, v, f, &ui.Problem{Title: v.t.Guard.Used}, http.StatusConflict)
	}
	op := v.op
	op.Reason = strings.TrimSpace(c.FormValue(fieldReason))
	if err := h.Control.ForceRelease(c.Request().Context(), op, f.ID); err != nil {
		return h.refused(c, v, f, err)
	}
	h.flash(c, flashForced, f.Name)
	return seeOther(c, flowPath(f.ID))
}

// refused shows the form again, with what is wrong with it.
func (h *protects) refused(c echo.Context, v *visit, f *monitor.Flow, err error) error {
	var invalid *control.Invalid
	switch {
	case errors.Is(err, control.ErrReason), errors.As(err, &invalid):
		return h.show(c, v, f, nil, http.StatusUnprocessableEntity)
	case errors.Is(err, control.ErrNothingToDo):
		h.flash(c, flashNothing, f.Name)
		return seeOther(c, flowPath(f.ID))
	}
	return err
}

// show shows the form that fits: to protect, to change one's own protection, or
// to break that of somebody else.
func (h *protects) show(c echo.Context, v *visit, f *monitor.Flow, problem *ui.Problem, status int) error {
	w, p := v.t.Care.Protect, f.Care.Protect
	m := pages.ShortForm{
		Shell: h.shell(c, v, w.Title(f.Name)), Crumbs: crumbs(v.t, f), Title: w.Title(f.Name), Problem: problem,
		Post: flowPath(f.ID) + "/protect", Button: w.Take, Back: flowPath(f.ID),
	}
	reason := ui.Value{Text: cut(c.FormValue(fieldReason), 500)}
	if status == http.StatusUnprocessableEntity {
		reason.Error = reasonFault(v.t, reason.Text)
	}
	field := pages.ReasonField(v.t, reason, true)
	field.Focus = true
	if p != nil && p.Owner != v.op.Actor {
		return h.showForce(c, v, f, m, field, status)
	}
	m.Lead = []string{w.Lead}
	field.Help = w.ReasonHelp
	on := c.FormValue(fieldSecond) != ""
	if p != nil {
		m.Drop = &pages.Drop{Post: flowPath(f.ID) + "/release", Label: w.ReleaseTitle(f.Name)}
		m.Button = v.t.Care.Save
		if c.Request().Method == http.MethodGet {
			field.Value.Text, on = p.Reason, p.Second
		}
	}
	m.Fields = []ui.Field{field}
	m.Checks = []pages.Check{{Name: fieldSecond, Value: "1", Label: w.Second, Help: w.SecondHelp, On: on}}
	return h.print.page(c, status, m)
}

// showForce tells whose protection would be broken.
func (h *protects) showForce(c echo.Context, v *visit, f *monitor.Flow, m pages.ShortForm, field ui.Field, status int) error {
	w, p := v.t.Care.Protect, f.Care.Protect
	ticket, err := h.issue(c, v, verbForce, f.ID, careState(f), askedLife)
	if err != nil {
		return err
	}
	m.Title, m.Shell.Title = w.ForceTitle(f.Name), w.ForceTitle(f.Name)
	m.Lead = []string{w.ForceLead(p.Owner, h.teller(v).shortClock(p.Since)), w.ForceWas(p.Reason)}
	field.Help = w.ForceHelp
	m.Fields, m.Hidden = []ui.Field{field}, []ui.Hidden{{Name: fieldTicket, Value: ticket}}
	m.Post, m.Button, m.Guarded = flowPath(f.ID)+"/protect/force", w.ForceButton, true
	m.Off = h.teller(v).off(actForce)
	return h.print.page(c, status, m)
}
