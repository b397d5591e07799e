package handlers

import (
	"errors"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
)

// tallies says of flows whether they are on air.
type tallies struct{ *desk }

// set sets the tally lamp of a flow. POST /flows/:id/tally (lamp)
func (h *tallies) set(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	err = h.Control.SetTally(c.Request().Context(), v.op, f.ID, monitor.Lamp(c.FormValue("lamp")))
	var invalid *control.Invalid
	switch {
	case errors.As(err, &invalid):
		return errBadRequest
	case errors.Is(err, control.ErrNothingToDo):
		h.flash(c, flashNothing, f.Name)
	case err != nil:
		return err
	}
	return seeOther(c, flowPath(f.ID))
}

// tally is the lamp on the page of a flow.
func (v teller) tally(f *monitor.Flow) *pages.TallySwitch {
	t := f.Care.Tally
	s := &pages.TallySwitch{T: v.t, FlowID: f.ID, Lamp: string(t.Lamp), Off: v.barred(actCare)}
	if t.By != "" {
		s.SetBy = v.t.Tally.SetBy(t.By, clock(t.Since))
	}
	return s
}
