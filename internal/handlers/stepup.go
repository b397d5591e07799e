package handlers

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

const (
	stepUpFor  = 10 * time.Minute // how long a password counts for what weighs
	adminFor   = 15 * time.Minute // and for what only an admin may
	pressLife  = 2 * time.Hour    // of what was pressed, as the ticket of a form
	maxPressed = 40 << 10         // bytes of what was pressed, so that it fits a form
	stepUpPath = "/step-up"
	fieldKept  = "kept"
)

// renewedKey holds the session that this very request has renewed: its cookie
// still is the old one.
const renewedKey = "renewed"

// within is how long ago the password may have been given for a route; 0 is at
// any time.
func (r route) within() time.Duration {
	switch {
	case r.stepUp:
		return stepUpFor
	case r.who == admin:
		return adminFor
	}
	return 0
}

// errUnproved tells that a route that asks only now and then asks for the
// password now. Nothing was done.
var errUnproved = errors.New("the password was given too long ago")

// proved is errUnproved unless the password was given lately enough for what
// weighs. It is for the handlers of routes that may ask.
func (d *desk) proved(v *visit) error {
	if !v.session.SteppedUp(d.now(), stepUpFor) {
		return errUnproved
	}
	return nil
}

// stepUps asks for the password again.
type stepUps struct{ *desk }

// press is a request that waits for the password: which route of the table, with
// which ids, and what was typed. It goes to the browser sealed, and so comes
// back as it was or not at all; where it leads is built from the table anew.
type press struct {
	At     time.Time
	Method string
	Route  string
	Names  []string
	Values []string
	Query  url.Values
	Form   url.Values
}

// pressOf is the request that is being answered.
func (d *desk) pressOf(c echo.Context, r route) (press, error) {
	p := press{
		At: d.now(), Method: r.method, Route: r.path, Query: c.QueryParams(),
		Names: c.ParamNames(), Values: c.ParamValues(),
	}
	if r.method == http.MethodPost {
		values, err := c.FormParams()
		if err != nil {
			return press{}, badForm(err)
		}
		p.Form = values
	}
	return p, nil
}

// path is where it was pressed: the route with its ids, and its query.
func (p press) path() string {
	path := p.Route
	for i, name := range p.Names {
		path = strings.Replace(path, ":"+name, url.PathEscape(p.Values[i]), 1)
	}
	if len(p.Query) > 0 {
		path += "?" + p.Query.Encode()
	}
	return path
}

// back is the page on which it was pressed, or the nearest to it: where somebody
// goes who does not give the password.
func (p press) back() string {
	switch {
	case strings.HasPrefix(p.Route, "/flows/:id"):
		return parseDestination(destination{key: toFlow, flow: p.Values[0]}.Path()).Path()
	case strings.HasPrefix(p.Route, sessionsPath), p.Route == "":
		return sessionsPath
	case strings.HasPrefix(p.Route, settingsPath):
		return settingsPath
	case strings.HasPrefix(p.Route, "/displays"):
		return "/displays"
	}
	return "/flows"
}

// askToStepUp answers with the question for the password, over the page for
// htmx, in the place of the page otherwise.
func (d *desk) askToStepUp(c echo.Context, v *visit, r route) error {
	l := &stepUps{d}
	if wantsFragment(c.Request()) {
		return l.dialog(c, http.StatusUnauthorized, l.formModel(v, ""))
	}
	p, err := d.pressOf(c, r)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if len(plain) > maxPressed {
		return errTooLarge
	}
	kept, err := d.Auth.Keep(v.session, plain)
	if err != nil {
		return err
	}
	m := l.formModel(v, kept)
	m.Typed = r.method == http.MethodPost
	return l.page(c, v, http.StatusUnauthorized, m, p)
}

// form asks for the password without anything that waits for it.
// GET /step-up
func (l *stepUps) form(c echo.Context) error {
	v := visitOf(c)
	if wantsFragment(c.Request()) {
		return l.dialog(c, http.StatusOK, l.formModel(v, ""))
	}
	return l.page(c, v, http.StatusOK, l.formModel(v, ""), press{})
}

// confirm takes the password, and does what waited for it.
// POST /step-up (password, passcode, kept)
func (l *stepUps) confirm(c echo.Context) error {
	v := visitOf(c)
	values, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	kept := values.Get(fieldKept)
	p, waits := l.opened(v, kept)
	form := auth.Form{
		Password: medialive.Secret(values.Get("password")), Passcode: medialive.Secret(values.Get("passcode")), Address: c.RealIP(),
	}
	session, err := l.Auth.StepUp(c.Request().Context(), c.Response(), c.Request(), v.session, form)
	if err != nil {
		status, m := l.explain(c, v, form, err)
		m.Typed = waits && p.Method == http.MethodPost
		if waits {
			m.Kept = kept
		}
		if wantsFragment(c.Request()) {
			return l.dialog(c, status, m)
		}
		return l.page(c, v, status, m, p)
	}
	switch {
	case wantsFragment(c.Request()):
		return l.print.page(c, http.StatusOK, pages.SteppedUp{T: v.t, EndsMS: session.Ends().UnixMilli()})
	case !waits:
		return seeOther(c, sessionsPath)
	case p.Method == http.MethodGet:
		return seeOther(c, p.path())
	}
	return l.resume(c, session, p)
}

// opened gives what waits for the password; nothing where it is not ours, too
// old, or leads to no route that asks for one.
func (l *stepUps) opened(v *visit, kept string) (press, bool) {
	if kept == "" {
		return press{}, false
	}
	plain, err := l.Auth.Kept(v.session, kept)
	if err != nil {
		return press{}, false
	}
	var p press
	if json.Unmarshal(plain, &p) != nil || l.now().Sub(p.At) > pressLife || len(p.Names) != len(p.Values) {
		return press{}, false
	}
	_, ok := l.asking[p.Method+" "+p.Route]
	return p, ok
}

// resume does what was pressed, as if it came now: behind the same guard, with
// what was typed.
func (l *stepUps) resume(c echo.Context, s *auth.Session, p press) error {
	to, err := url.Parse(p.path())
	if err != nil {
		return errBadRequest
	}
	c.Set(renewedKey, s)
	c.SetPath(p.Route)
	c.SetParamNames(p.Names...)
	c.SetParamValues(p.Values...)
	r := c.Request()
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = to.Path, to.RawPath, to.RawQuery
	r.Form, r.PostForm = p.Form, p.Form
	return l.asking[p.Method+" "+p.Route](c)
}

// formModel is the form, with what waits for it, sealed.
func (l *stepUps) formModel(v *visit, kept string) pages.StepUpForm {
	return pages.StepUpForm{Kept: kept, LoginForm: pages.LoginForm{
		T: v.t, Account: v.session.Account, User: v.session.User, PasswordFirst: true, FieldErrors: map[string]string{},
	}}
}

// explain tells why the password was not taken.
func (l *stepUps) explain(c echo.Context, v *visit, f auth.Form, err error) (int, pages.StepUpForm) {
	m := l.formModel(v, "")
	var throttled *auth.ThrottledError
	switch {
	case errors.Is(err, auth.ErrCodeNeeded):
		m.NeedPasscode = true
		if f.Passcode != "" {
			m.FieldErrors["passcode"] = v.t.Login.WrongCode
		}
		return http.StatusUnauthorized, m
	case errors.As(err, &throttled):
		m.Error = fill(v.t.Login.Throttled, ui.Age(throttled.RetryAfter))
		c.Response().Header().Set("Retry-After", seconds(throttled.RetryAfter))
		return http.StatusTooManyRequests, m
	case errors.Is(err, auth.ErrCredentials):
		m.Error, m.NeedPasscode = v.t.Sessions.StepWrong, f.Passcode != ""
		return http.StatusUnauthorized, m
	}
	a := answerTo(err)
	l.logError(c, a, err)
	problem := problemOf(v.t, a)
	m.Problem = &problem
	return a.status, m
}

// dialog shows the question over the page, which is kept.
func (l *stepUps) dialog(c echo.Context, status int, m pages.StepUpForm) error {
	h := c.Response().Header()
	h.Set(headerHXRetarget, "#dialogs")
	h.Set(headerHXReswap, "innerHTML")
	return l.print.page(c, status, pages.StepUpDialog{Form: m})
}

// page shows the question in the place of what was pressed.
func (l *stepUps) page(c echo.Context, v *visit, status int, m pages.StepUpForm, p press) error {
	s := l.shell(c, v, v.t.Sessions.StepTitle)
	m.Back = p.back()
	s.Section = sectionOf(m.Back)
	return l.print.page(c, status, pages.StepUp{Shell: s, Form: m})
}
