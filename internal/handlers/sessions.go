package handlers

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/web/templates/pages"
)

// seats lists and ends sessions: one's own, and, for an admin, everybody's.
type seats struct{ *desk }

const (
	sessionsPath  = "/settings/sessions"
	everybodyPath = sessionsPath + "/everybody"
	verbEndAll    = "end_sessions"
)

var errSessionGone = &fault{http.StatusNotFound, reasonSessionGone}

// own lists the visitor's sessions. GET /settings/sessions
func (h *seats) own(c echo.Context) error {
	v := visitOf(c)
	all, err := h.Auth.Own(c.Request().Context(), v.session)
	if err != nil {
		return err
	}
	m := h.model(c, v, all, sessionsPath)
	m.Title, m.Lead = v.t.Sessions.Title, v.t.Sessions.Lead
	if len(all) > 1 {
		m.EndOthers = sessionsPath + "/others"
	}
	if v.role >= role.Admin {
		m.EverybodyURL = everybodyPath
	}
	return h.print.page(c, http.StatusOK, m)
}

// everybody lists all sessions. GET /settings/sessions/everybody
func (h *seats) everybody(c echo.Context) error {
	v := visitOf(c)
	all, err := h.Auth.Everybody(c.Request().Context(), v.session)
	if err != nil {
		return err
	}
	m := h.model(c, v, all, everybodyPath)
	m.Title, m.Lead, m.Everybody = v.t.Sessions.Everybody, v.t.Sessions.EverybodyLead, true
	if len(all) > 1 {
		m.EndAllURL = everybodyPath + "/end"
	}
	return h.print.page(c, http.StatusOK, m)
}

// model is a page of sessions; that of the visitor comes first.
func (h *seats) model(c echo.Context, v *visit, all []auth.Listed, path string) pages.Sessions {
	slices.SortStableFunc(all, func(a, b auth.Listed) int { return boolOrder(b.This) - boolOrder(a.This) })
	m := pages.Sessions{Shell: h.shell(c, v, v.t.Sessions.Title)}
	t := h.teller(v)
	for _, l := range all {
		row := pages.SessionRow{
			User: l.User, Account: l.Account, Browser: browserWords(l.Agent), Agent: l.Agent, Address: l.Address,
			Since: t.shortClock(l.Since), Seen: t.shortClock(l.SeenAt), Role: v.t.Roles.Names.Of(l.Role.String()), This: l.This,
			End: path + "/" + l.ID + "/end",
		}
		for _, where := range l.Where {
			row.Places = append(row.Places, h.spotOfTarget(where).name())
		}
		if row.Browser == "" {
			row.Browser = v.t.Sessions.Unknown
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sessionID is the form of the public id of a session.
var sessionID = regexp.MustCompile(`^[0-9a-f]{16}$`)

// end ends a session of the visitor. POST /settings/sessions/:id/end
func (h *seats) end(c echo.Context) error {
	v := visitOf(c)
	id := c.Param("id")
	if !sessionID.MatchString(id) {
		return errNotFound
	}
	if id == v.session.ID() {
		return (&logins{h.desk}).signOut(c)
	}
	err := h.Auth.RevokeOwn(c.Request().Context(), v.session, id)
	return h.ended(c, sessionsPath, v.session.User, err)
}

// endOthers ends all sessions of the visitor but this.
// POST /settings/sessions/others
func (h *seats) endOthers(c echo.Context) error {
	n, err := h.Auth.RevokeOthers(c.Request().Context(), visitOf(c).session)
	if err != nil {
		return err
	}
	h.flash(c, flashSessionsEnded, strconv.Itoa(n))
	return seeOther(c, sessionsPath)
}

// endOf ends anybody's session. POST /settings/sessions/everybody/:id/end
func (h *seats) endOf(c echo.Context) error {
	v := visitOf(c)
	id := c.Param("id")
	if !sessionID.MatchString(id) {
		return errNotFound
	}
	if id == v.session.ID() {
		return (&logins{h.desk}).signOut(c)
	}
	user, err := h.Auth.Revoke(c.Request().Context(), v.session, id)
	return h.ended(c, everybodyPath, user, err)
}

func (h *seats) ended(c echo.Context, back, user string, err error) error {
	if errors.Is(err, auth.ErrNoSession) {
		return errSessionGone
	}
	if err != nil {
		return err
	}
	h.flash(c, flashSessionEnded, user)
	return seeOther(c, back)
}

// askEndAll asks before all sessions are ended.
// GET /settings/sessions/everybody/end
func (h *seats) askEndAll(c echo.Context) error { return h.ask(c, http.StatusOK) }

// endAll ends everybody's sessions but this, for who has the ticket of the
// question. POST /settings/sessions/everybody/end (ticket)
func (h *seats) endAll(c echo.Context) error {
	v := visitOf(c)
	may, err := h.redeemed(c, v, verbEndAll, "", "")
	if err != nil {
		return err
	}
	if !may {
		return h.ask(c, http.StatusConflict)
	}
	n, err := h.Auth.RevokeAll(c.Request().Context(), v.session)
	if err != nil {
		return err
	}
	h.flash(c, flashAllEnded, strconv.Itoa(n))
	return seeOther(c, everybodyPath)
}

func (h *seats) ask(c echo.Context, status int) error {
	v := visitOf(c)
	w := v.t.Sessions
	return h.askOnPage(c, v, question{
		verb: verbEndAll, post: everybodyPath + "/end", back: everybodyPath, answered: status,
		title: w.EndAllTitle, lead: w.EndAllLead, button: w.EndAllButton,
		crumbs: []pages.Crumb{{Label: v.t.Notify.Title, URL: settingsPath}, {Label: w.Everybody, URL: everybodyPath}},
	})
}
