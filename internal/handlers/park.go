package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// parks puts outputs aside and back.
type parks struct{ *desk }

const verbPark = "park"

// askPark asks before an output is parked. GET /flows/:id/outputs/:name/park
func (h *parks) askPark(c echo.Context) error { return (&outputs{h.desk}).asked(c, verbPark) }

// park removes an output and keeps its settings.
// POST /flows/:id/outputs/:name/park (ticket, held, typed, reason)
func (h *parks) park(c echo.Context) error {
	out := &outputs{h.desk}
	return out.guardedAct(c, verbPark, func(op control.Operator, f *monitor.Flow, i int) error {
		name := f.Outputs[i].Name
		if err := h.Control.ParkOutput(c.Request().Context(), op, f.ID, name); err != nil {
			return err
		}
		h.flash(c, flashParked, name)
		return seeOther(c, flowPath(f.ID))
	})
}

// find gives a parked output of a flow.
func (h *parks) find(c echo.Context, v *visit) (*monitor.Flow, control.Parked, error) {
	f, err := v.flow(c.Param("id"))
	if err != nil {
		return nil, control.Parked{}, err
	}
	name, err := url.PathUnescape(c.Param("name"))
	if err != nil {
		return nil, control.Parked{}, errNotFound
	}
	all, err := h.Control.Parked(c.Request().Context(), v.op, f.ID)
	if err != nil {
		return nil, control.Parked{}, err
	}
	for _, p := range all {
		if p.Name == name {
			return f, p, nil
		}
	}
	return nil, control.Parked{}, errNotParked
}

// form shows a parked output, to be put back. GET /flows/:id/parked/:name
func (h *parks) form(c echo.Context) error {
	v := visitOf(c)
	f, p, err := h.find(c, v)
	if err != nil {
		return err
	}
	return h.show(c, v, f, p, "", nil, http.StatusOK)
}

// putBack adds a parked output to its flow again.
// POST /flows/:id/parked/:name (passphrase)
func (h *parks) putBack(c echo.Context) error {
	v := visitOf(c)
	f, p, err := h.find(c, v)
	if err != nil {
		return err
	}
	key := medialive.Secret(c.FormValue(fieldPassphrase))
	if p.Encrypted {
		if fault := keyFault(v.t, key); fault != "" {
			return h.show(c, v, f, p, fault, nil, http.StatusUnprocessableEntity)
		}
	}
	err = h.Control.UnparkOutput(c.Request().Context(), v.op, f.ID, p.Name, key)
	var theirs *medialive.Error
	switch {
	case errors.Is(err, control.ErrNotParked):
		return errNotParked
	case errors.As(err, &theirs):
		a := answerTo(err)
		problem := problemOf(v.t, a)
		h.logError(c, a, err)
		return h.show(c, v, f, p, "", &problem, a.status)
	case err != nil:
		return err
	}
	h.flash(c, flashPutBack, p.Name)
	return seeOther(c, flowPath(f.ID))
}

func (h *parks) show(c echo.Context, v *visit, f *monitor.Flow, p control.Parked, fault string, problem *ui.Problem, status int) error {
	w := v.t.Care.Park
	m := pages.ShortForm{
		Shell: h.shell(c, v, w.PutOf(p.Name)), Crumbs: crumbs(v.t, f), Title: w.PutOf(p.Name), Problem: problem,
		Lead: []string{w.PutLead, h.teller(v).aboutOutput(p.Output)}, Post: parkedPath(f.ID, p.Name), Button: w.Put, Back: flowPath(f.ID),
	}
	if p.Encrypted {
		m.Fields = []ui.Field{keyField(v.t, fieldPassphrase, v.t.Field.Passphrase, w.KeyHelp, fault)}
	}
	return h.print.page(c, status, m)
}

// askDrop asks before a parked output is forgotten.
// GET /flows/:id/parked/:name/drop
func (h *parks) askDrop(c echo.Context) error {
	v := visitOf(c)
	f, p, err := h.find(c, v)
	if err != nil {
		return err
	}
	w := v.t.Care.Park
	return h.print.page(c, http.StatusOK, pages.ShortForm{
		Shell: h.shell(c, v, w.DropOf(p.Name)), Crumbs: crumbs(v.t, f), Title: w.DropOf(p.Name), Guarded: true,
		Lead: []string{w.DropLead, h.teller(v).aboutOutput(p.Output)}, Post: parkedPath(f.ID, p.Name) + "/drop", Button: w.DropOf(p.Name), Back: flowPath(f.ID),
	})
}

// drop forgets a parked output. POST /flows/:id/parked/:name/drop
func (h *parks) drop(c echo.Context) error {
	v := visitOf(c)
	f, p, err := h.find(c, v)
	if err != nil {
		return err
	}
	err = h.Control.DropParked(c.Request().Context(), v.op, f.ID, p.Name)
	if err != nil && !errors.Is(err, control.ErrNotParked) {
		return err
	}
	h.flash(c, flashDropped, p.Name)
	return seeOther(c, flowPath(f.ID))
}

func parkedPath(flowID, name string) string {
	return flowPath(flowID) + "/parked/" + url.PathEscape(name)
}

// aboutOutput is an output in a line: "Caller 203.0.113.90:7001".
func (v teller) aboutOutput(o medialive.Output) string {
	listens := o.Protocol == medialive.Listener
	at := hostPort(o.Destination, o.Port)
	if listens {
		at = cmp.Or(hostPort(o.ListenerAddress, o.Port), number(o.Port))
	}
	return modeName(v.t, listens) + " " + at
}

// keyField is a field for a passphrase that has to be typed again.
func keyField(t *text.Strings, name, label, help, fault string) ui.Field {
	return ui.Field{
		Name: name, Label: label, Help: help, Value: ui.Value{Error: fault}, Type: "password", Mono: true, MaxLen: "79", Complete: "new-password",
	}
}

// keyFault tells what is wrong with a passphrase; empty for nothing.
func keyFault(t *text.Strings, key medialive.Secret) string {
	const shortest, longest = 10, 79
	switch n := len(key.Reveal()); {
	case n == 0:
		return t.Care.Faults.Key
	case n < shortest || n > longest || key == medialive.Mask:
		return t.Fault.Length(shortest, longest)
	}
	return ""
}
