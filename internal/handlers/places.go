package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// places leads from one project, region or gateway to another.
type places struct{ *desk }

// sessionOf gives the session of a request, also where its token ran out: who
// stands in a place that does not answer must be able to go to another.
func (d *desk) sessionOf(c echo.Context) (*auth.Session, error) {
	s, err := d.Auth.Session(c.Request())
	if errors.Is(err, auth.ErrExpired) && s != nil {
		return s, nil
	}
	return s, err
}

// switchTo goes to another place, and to a page there. POST /places/switch (to,
// next)
func (h *places) switchTo(c echo.Context) error {
	s, err := h.sessionOf(c)
	if err != nil {
		return err
	}
	next, err := h.Auth.Switch(c.Request().Context(), c.Response(), s, c.FormValue("to"))
	if errors.Is(err, auth.ErrNoPlace) {
		return errNoPlace
	}
	if err != nil {
		return err
	}
	name := h.spotAt(next.Place).name()
	if wantsFragment(c.Request()) {
		return h.print.page(c, http.StatusOK, layout.Notices{Notice: &ui.Notice{Text: h.texts(c).Places.Switched(name)}})
	}
	h.flash(c, flashSwitched, name)
	return c.Redirect(http.StatusSeeOther, destination{next: c.FormValue("next")}.after())
}

// leave signs out of a place. POST /places/leave (to)
func (h *places) leave(c echo.Context) error {
	s, err := h.sessionOf(c)
	if err != nil {
		return err
	}
	left := ""
	for _, p := range s.Places() {
		if p.Key() == c.FormValue("to") {
			left = h.spotAt(p).name()
		}
	}
	_, err = h.Auth.Leave(c.Request().Context(), c.Response(), s, c.FormValue("to"))
	switch {
	case errors.Is(err, auth.ErrNoPlace):
		return errNoPlace
	case errors.Is(err, auth.ErrLastPlace):
		return (&logins{h.desk}).signOut(c)
	case err != nil:
		return err
	}
	h.flash(c, flashLeft, left)
	return c.Redirect(http.StatusSeeOther, "/flows")
}

// newForm shows the sign-in to further places. GET /places/new
func (h *places) newForm(c echo.Context) error {
	s, err := h.sessionOf(c)
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, h.model(c, s, nil))
}

// model is the page with what was typed, never the password.
func (h *places) model(c echo.Context, s *auth.Session, typed url.Values) pages.NewPlace {
	t := h.texts(c)
	m := pages.NewPlace{
		Bare: layout.Bare{T: t, Theme: themeOf(c.Request()), Title: t.Places.Form.Title, Path: "/places/new", NowMS: h.now().UnixMilli()},
		User: s.User, Account: s.Account, Region: s.Region,
	}
	known, err := h.Auth.Projects(c.Request().Context(), s)
	if err != nil {
		h.log.WarnContext(c.Request().Context(), "projects not listed", "error", err)
		m.Unread = true
	}
	for _, p := range known {
		m.Projects = append(m.Projects, ui.Option{Value: p.Project, Label: h.spotOfTarget(p).name(), Selected: slices.Contains(typed["project"], p.Project)})
	}
	regions := h.Auth.Backend().Regions()
	for _, r := range regions {
		m.Regions = append(m.Regions, ui.Option{Value: r.ID, Label: r.Name, Selected: r.ID == typed.Get("region")})
	}
	m.Other = pages.LoginForm{
		T: t, Account: strings.TrimSpace(typed.Get("account")), User: strings.TrimSpace(typed.Get("username")),
		Regions: m.Regions, FieldErrors: map[string]string{},
	}
	m.Own = pages.LoginForm{T: t, Account: s.Account, User: s.User, FieldErrors: map[string]string{}}
	return m
}

// enter signs in to further places. POST /places (project… and password, or
// region, account, username and password)
func (h *places) enter(c echo.Context) error {
	s, err := h.sessionOf(c)
	if err != nil {
		return err
	}
	typed, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	own := typed.Get("own") == "1"
	m := h.model(c, s, typed)
	form := &m.Other
	if own {
		form = &m.Own
	}
	f := auth.Form{
		Account: typed.Get("account"), User: typed.Get("username"), Region: typed.Get("region"),
		Password: medialive.Secret(typed.Get("password")), Passcode: medialive.Secret(typed.Get("passcode")), Address: c.RealIP(),
	}
	if !complete(m.Bare.T, form, f, own, typed["project"]) {
		return h.print.page(c, http.StatusUnprocessableEntity, m)
	}
	var projects []string
	if own {
		projects = typed["project"]
	}
	next, refused, err := h.Auth.Enter(c.Request().Context(), c.Response(), c.Request(), s, f, projects)
	switch {
	case errors.Is(err, auth.ErrNoSession):
		return err
	case err != nil && len(refused) < 2: // several have a line each
		return h.print.page(c, h.refusal(c, form, f, err), m)
	case len(refused) > 0:
		return h.partly(c, s, next, typed, refused)
	}
	h.flash(c, flashEntered, h.spotAt(next.Place).name())
	return c.Redirect(http.StatusSeeOther, "/flows")
}

// partly shows the form again, with which of the chosen projects were refused
// and why; they are still chosen. next is nil where none was entered.
func (h *places) partly(c echo.Context, s, next *auth.Session, typed url.Values, refused []auth.Refusal) error {
	w, status := h.texts(c).Places, http.StatusUnauthorized
	if next != nil {
		s, status = next, http.StatusOK
	}
	m := h.model(c, s, typed)
	if next != nil {
		m.Entered = w.Entered(h.spotAt(next.Place).name())
	}
	for _, r := range refused {
		m.Refused = append(m.Refused, w.Form.Refused(h.spotOfTarget(auth.Target{Region: s.Region, Project: r.Project}).name(), h.whyRefused(c, r.Err)))
		m.Own.NeedPasscode = m.Own.NeedPasscode || wantsCode(r.Err)
	}
	return h.print.page(c, status, m)
}

// wantsCode tells that a sign-in was refused for want of a one-time code.
func wantsCode(err error) bool {
	return errors.Is(err, auth.ErrCodeNeeded) || errors.Is(err, auth.ErrUserID)
}

// whyRefused tells in a few words why a project was not entered.
func (h *places) whyRefused(c echo.Context, err error) string {
	w := h.texts(c).Places.Form
	switch {
	case wantsCode(err):
		return w.Code
	case errors.Is(err, auth.ErrCredentials):
		return w.Credential
	case errors.Is(err, auth.ErrNoProject):
		return w.NoProject
	case errors.Is(err, auth.ErrUnreachable):
		return w.Silent
	}
	a := answerTo(err)
	h.logError(c, a, err)
	return problemOf(h.texts(c), a).Title
}

// complete tells what is missing in the form.
func complete(t *text.Strings, form *pages.LoginForm, f auth.Form, own bool, projects []string) bool {
	missing := map[string]string{"password": f.Password.Reveal()}
	if !own {
		missing["account"], missing["username"] = strings.TrimSpace(f.Account), strings.TrimSpace(f.User)
	}
	for name, value := range missing {
		if value == "" {
			form.FieldErrors[name] = t.Login.Missing
		}
	}
	if own && len(projects) == 0 {
		form.Error = t.Places.Form.NoneChosen
	}
	return len(form.FieldErrors) == 0 && form.Error == ""
}

// refusal tells why nothing was entered.
func (h *places) refusal(c echo.Context, form *pages.LoginForm, f auth.Form, err error) int {
	l := &logins{h.desk}
	if errors.Is(err, auth.ErrManyPlaces) {
		form.Error = h.texts(c).Places.Form.TooMany
		return http.StatusConflict
	}
	status, said := l.explainSignIn(c, loginForm{Passcode: f.Passcode}, err)
	form.Error, form.Problem, form.NeedPasscode = said.Error, said.Problem, said.NeedPasscode
	for name, words := range said.FieldErrors {
		form.FieldErrors[name] = words
	}
	if words := form.FieldErrors["region"]; words != "" {
		form.Error = words // there is none of that name to stand beside
	}
	return status
}
