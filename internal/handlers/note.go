package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// notes keeps notes on flows, and their hand-over texts.
type notes struct{ *desk }

const fieldText = "text"

// newForm shows the form for a note. GET /flows/:id/notes/new
func (h *notes) newForm(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	return h.showNote(c, v, f, ui.Value{}, http.StatusOK)
}

// add adds a note. POST /flows/:id/notes (text)
func (h *notes) add(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	typed := c.FormValue(fieldText)
	err = h.Control.AddNote(c.Request().Context(), v.op, f.ID, typed)
	var invalid *control.Invalid
	if errors.As(err, &invalid) {
		return h.showNote(c, v, f, ui.Value{Text: typed, Error: invalidText(v.t, invalid)}, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	h.flash(c, flashNoted, "")
	return seeOther(c, flowPath(f.ID))
}

// remove deletes a note of one's own. POST /flows/:id/notes/:note/delete
func (h *notes) remove(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	all, _, err := h.Control.Notes(ctx, v.op, f.ID)
	if err != nil {
		return err
	}
	done := flashNothing
	for _, n := range all {
		if n.ID == c.Param("note") && n.By != v.op.Actor {
			return errNotOurs
		}
	}
	err = h.Control.DeleteNote(ctx, v.op, f.ID, c.Param("note"))
	switch {
	case err == nil:
		done = flashNoteGone
	case !errors.Is(err, control.ErrNothingToDo):
		return err
	}
	h.flash(c, done, f.Name)
	return seeOther(c, flowPath(f.ID))
}

func (h *notes) showNote(c echo.Context, v *visit, f *monitor.Flow, typed ui.Value, status int) error {
	w := v.t.Care.Note
	return h.print.page(c, status, pages.ShortForm{
		Shell: h.shell(c, v, w.AddTitle(f.Name)), Crumbs: crumbs(v.t, f), Title: w.AddTitle(f.Name),
		Fields: []ui.Field{{Name: fieldText, Label: w.Field, Value: typed, Help: w.Help, Rows: "4", Focus: true}},
		Post:   flowPath(f.ID) + "/notes", Button: w.Add, Back: flowPath(f.ID),
	})
}

// handover shows the hand-over text to be edited. GET /flows/:id/handover
func (h *notes) handover(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	_, now, err := h.Control.Notes(c.Request().Context(), v.op, f.ID)
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, h.handoverForm(c, v, f, ui.Value{Text: now.Text}, now.ID))
}

// saveHandover replaces the hand-over text, if nobody else did meanwhile; else
// both are shown. POST /flows/:id/handover (text, shown)
func (h *notes) saveHandover(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	typed, shown := c.FormValue(fieldText), c.FormValue(fieldShown)
	err = h.Control.SetHandover(c.Request().Context(), v.op, f.ID, typed, shown)
	var clash *control.HandoverChanged
	var invalid *control.Invalid
	switch {
	case errors.As(err, &clash):
		w := v.t.Care.Note
		m := h.handoverForm(c, v, f, ui.Value{Text: typed}, clash.Now.ID)
		m.Both = &pages.BothTexts{
			Title: w.Clash, Lead: w.ClashText(clash.Now.By, h.teller(v).stamp(clash.Now.At)),
			TheirsLabel: w.Theirs, Theirs: clash.Now.Text, YoursLabel: w.Yours, YoursNow: typed,
		}
		return h.print.page(c, http.StatusConflict, m)
	case errors.As(err, &invalid):
		m := h.handoverForm(c, v, f, ui.Value{Text: typed, Error: invalidText(v.t, invalid)}, shown)
		return h.print.page(c, http.StatusUnprocessableEntity, m)
	case errors.Is(err, control.ErrNothingToDo):
	case err != nil:
		return err
	}
	h.flash(c, flashHandover, "")
	return seeOther(c, flowPath(f.ID))
}

func (h *notes) handoverForm(c echo.Context, v *visit, f *monitor.Flow, typed ui.Value, shown string) pages.ShortForm {
	w := v.t.Care.Note
	return pages.ShortForm{
		Shell: h.shell(c, v, w.HandoverOf(f.Name)), Crumbs: crumbs(v.t, f), Title: w.HandoverOf(f.Name),
		Fields: []ui.Field{{Name: fieldText, Label: w.Handover, Value: typed, Help: w.HandoverHelp, Rows: "8", Focus: true}},
		Hidden: []ui.Hidden{{Name: fieldShown, Value: shown}},
		Post:   flowPath(f.ID) + "/handover", Button: v.t.Care.Save, Back: flowPath(f.ID),
	}
}

// invalidText tells what is wrong with what was typed.
func invalidText(t *text.Strings, e *control.Invalid) string {
	w := t.Care.Faults
	switch e.Problem {
	case control.ProblemTooLong:
		return w.TooLong(e.Limit)
	case control.ProblemTooMany:
		return w.TooMany(e.Limit)
	case control.ProblemCharacters:
		return w.Odd
	case control.ProblemAddress:
		return w.Address
	}
	return w.Empty
}

// reasonFault tells what is wrong with a reason.
func reasonFault(t *text.Strings, reason string) string {
	if strings.TrimSpace(reason) == "" {
		return t.Care.Faults.Reason
	}
	return t.Care.Faults.TooLong(maxReason)
}

// maxReason is how long a reason may be, in characters, as control has it.
const maxReason = 500
