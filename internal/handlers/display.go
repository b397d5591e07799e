package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// displays makes and keeps displays.
type displays struct{ *desk }

const (
	displaysPath = "/displays"

	verbMakeDisplay   = "make_display"
	verbLinkDisplay   = "link_display"
	verbRevokeDisplay = "revoke_display"
	verbDeleteDisplay = "delete_display"

	flashDisplaySaved   flashKind = "display_saved"
	flashDisplayPaused  flashKind = "display_paused"
	flashDisplayResumed flashKind = "display_resumed"
	flashDisplayRevoked flashKind = "display_revoked"
	flashDisplayDeleted flashKind = "display_deleted"
	flashDisplayMade    flashKind = "display_made"
)

// displayFlash is the notice of what was done to a display; empty for a kind
// that is not of displays.
func displayFlash(t *text.Strings, kind flashKind, name string) string {
	n := t.Displays.Notices
	switch kind {
	case flashDisplaySaved:
		return fill(n.Saved, name)
	case flashDisplayPaused:
		return fill(n.Paused, name)
	case flashDisplayResumed:
		return fill(n.Resumed, name)
	case flashDisplayRevoked:
		return fill(n.Revoked, name)
	case flashDisplayDeleted:
		return fill(n.Deleted, name)
	case flashDisplayMade:
		return n.Made
	}
	return ""
}

// displaysOf is the visitor's project, and who acts.
func displaysOf(v *visit) display.Of {
	return display.Of{Endpoint: v.session.Endpoint, ProjectID: v.session.ProjectID, Actor: v.session.User}
}

// list lists the displays of the project. GET /displays
func (h *displays) list(c echo.Context) error {
	v := visitOf(c)
	ctx := c.Request().Context()
	all, err := h.Displays.List(ctx, displaysOf(v))
	if err != nil {
		return err
	}
	t := h.teller(v)
	m := pages.Displays{Shell: h.shell(c, v, v.t.Displays.Title), New: t.barred(actRun), Hints: h.hints(v)}
	for _, d := range all {
		screens, err := h.Displays.Screens(ctx, d.ID)
		if err != nil {
			return err
		}
		m.Rows = append(m.Rows, t.displayRow(d, screens))
	}
	return h.print.page(c, http.StatusOK, m)
}

// hints tell what keeps displays of the project from showing anything.
func (h *displays) hints(v *visit) []pages.Hint {
	w, s := v.t.Displays, v.snapshot()
	var hints []pages.Hint
	switch own := h.Service(v.watcher.Key()); {
	case !own.Configured:
		hints = append(hints, pages.Hint{Title: w.NoService, How: w.NoServiceIs})
	case !own.Covers:
		hints = append(hints, pages.Hint{Title: w.Elsewhere, How: w.NoServiceIs})
	}
	if s.Complete && len(s.Flows) == 0 {
		hints = append(hints, pages.Hint{Title: w.NoFlows, How: w.NoFlowsHow, URL: "/flows", Link: w.FirstFlow})
	}
	return hints
}

// page shows a display, and who shows it. GET /displays/:id
func (h *displays) page(c echo.Context) error {
	v := visitOf(c)
	d, err := h.find(c, v)
	if err != nil {
		return err
	}
	screens, err := h.Displays.Screens(c.Request().Context(), d.ID)
	if err != nil {
		return err
	}
	m := h.teller(v).displayPage(d, screens)
	m.Shell, m.Hints = h.shell(c, v, d.Name), h.hints(v)
	m.Preview = h.small(v, d)
	m.Preview.Get = pages.DisplayPath(d.ID, "preview")
	return h.print.page(c, http.StatusOK, m)
}

// preview is the wall, small. GET /displays/:id/preview
func (h *displays) preview(c echo.Context) error {
	v := visitOf(c)
	d, err := h.find(c, v)
	if err != nil {
		return err
	}
	m := h.small(v, d)
	m.Get = pages.DisplayPath(d.ID, "preview")
	return h.print.page(c, http.StatusOK, m)
}

// small is a display as a screen shows it now.
func (h *displays) small(v *visit, d display.Display) pages.DisplayPreview {
	d.Endpoint, d.ProjectID = v.session.Endpoint, v.session.ProjectID
	return pages.DisplayPreview{
		T: v.t, Theme: d.Look.Theme, Board: boardOf(d, v.sees.scene(h.scene(d, v.watcher, 0)), h.wallVersion(d)),
	}
}

// find gives a display of the visitor's project.
func (h *displays) find(c echo.Context, v *visit) (display.Display, error) {
	d, err := h.Displays.Get(c.Request().Context(), displaysOf(v), c.Param("id"))
	if errors.Is(err, display.ErrUnknown) {
		return d, errNotFound
	}
	return d, err
}

// pause makes the screens of a display dark for a time.
// POST /displays/:id/pause
func (h *displays) pause(c echo.Context) error { return h.setPaused(c, true, flashDisplayPaused) }

// resume ends that. POST /displays/:id/resume
func (h *displays) resume(c echo.Context) error { return h.setPaused(c, false, flashDisplayResumed) }

func (h *displays) setPaused(c echo.Context, paused bool, done flashKind) error {
	return h.change(c, done, func(ctx context.Context, of display.Of, id string) error {
		return h.Displays.Pause(ctx, of, id, paused)
	})
}

// change does something to a display, and shows it.
func (h *displays) change(c echo.Context, done flashKind, do func(context.Context, display.Of, string) error) error {
	v := visitOf(c)
	d, err := h.find(c, v)
	if err != nil {
		return err
	}
	if err := do(c.Request().Context(), displaysOf(v), d.ID); err != nil {
		return displayError(err)
	}
	h.flash(c, done, d.Name)
	return seeOther(c, pages.DisplayPath(d.ID))
}

// displayError is an error of what was done to a display.
func displayError(err error) error {
	switch {
	case errors.Is(err, display.ErrUnknown):
		return errNotFound
	case errors.Is(err, display.ErrChanged):
		return control.ErrChanged
	}
	return err
}

// asked asks before something is done to a display, or does it for who has the
// ticket of the question.
func (h *displays) asked(c echo.Context, verb string, words func(text.Displays) (title, lead, button string), do func(*visit, display.Display) error) error {
	v := visitOf(c)
	d, err := h.find(c, v)
	if err != nil {
		return err
	}
	title, lead, button := words(v.t.Displays)
	q := question{
		id: d.ID, name: d.Name, verb: verb, subject: d.ID, back: pages.DisplayPath(d.ID),
		title: fill(title, d.Name), lead: lead, button: button, answered: http.StatusOK,
		crumbs: []pages.Crumb{{Label: v.t.Displays.Title, URL: displaysPath}, {Label: d.Name, URL: pages.DisplayPath(d.ID)}},
	}
	q.post = c.Request().URL.Path
	if c.Request().Method == http.MethodPost {
		may, err := h.redeemed(c, v, verb, d.ID, "")
		if err != nil {
			return err
		}
		if may {
			return displayError(do(v, d))
		}
		q.answered = http.StatusConflict
	}
	return h.askOnPage(c, v, q)
}

// askLink asks before the link of a display is replaced. GET /displays/:id/link
func (h *displays) askLink(c echo.Context) error { return h.link(c) }

// link gives a display a new link, and shows it once.
// POST /displays/:id/link (ticket)
func (h *displays) link(c echo.Context) error {
	words := func(w text.Displays) (string, string, string) { return w.LinkTitle, w.LinkLead, w.NewLink }
	return h.asked(c, verbLinkDisplay, words, func(v *visit, d display.Display) error {
		key, err := h.Displays.Relink(c.Request().Context(), displaysOf(v), d.ID)
		if err != nil {
			return err
		}
		return h.showLink(c, v, d, key)
	})
}

// showLink shows the link of a display, which nobody can be shown again.
func (h *displays) showLink(c echo.Context, v *visit, d display.Display, key string) error {
	title := fill(v.t.Displays.OnceTitle, d.Name)
	m := pages.DisplayLink{
		Shell: h.shell(c, v, title), ID: d.ID, Title: title, Name: d.Name,
		URL: h.homeOf(c) + wallPath + "/" + key, Insecure: !h.secure,
	}
	return h.print.page(c, http.StatusOK, m)
}

// homeOf is where this dashboard is reached: as it is set, or as its visitor
// reaches it.
func (d *desk) homeOf(c echo.Context) string {
	if d.Home != "" {
		return strings.TrimRight(d.Home, "/")
	}
	scheme := "http"
	if d.secure {
		scheme = "https"
	}
	return scheme + "://" + c.Request().Host
}

// askRevoke asks before the link and all screens of a display are taken away.
// GET /displays/:id/revoke
func (h *displays) askRevoke(c echo.Context) error { return h.revoke(c) }

// revoke takes them away. POST /displays/:id/revoke (ticket)
func (h *displays) revoke(c echo.Context) error {
	words := func(w text.Displays) (string, string, string) { return w.RevokeTitle, w.RevokeLead, w.Revoke }
	return h.asked(c, verbRevokeDisplay, words, func(v *visit, d display.Display) error {
		if err := h.Displays.Revoke(c.Request().Context(), displaysOf(v), d.ID); err != nil {
			return err
		}
		h.flash(c, flashDisplayRevoked, d.Name)
		return seeOther(c, pages.DisplayPath(d.ID))
	})
}

// askDelete asks before a display is deleted. GET /displays/:id/delete
func (h *displays) askDelete(c echo.Context) error { return h.remove(c) }

// remove deletes it. POST /displays/:id/delete (ticket)
func (h *displays) remove(c echo.Context) error {
	words := func(w text.Displays) (string, string, string) { return w.DeleteTitle, w.DeleteLead, w.Delete }
	return h.asked(c, verbDeleteDisplay, words, func(v *visit, d display.Display) error {
		if err := h.Displays.Delete(c.Request().Context(), displaysOf(v), d.ID); err != nil {
			return err
		}
		h.flash(c, flashDisplayDeleted, d.Name)
		return seeOther(c, displaysPath)
	})
}
