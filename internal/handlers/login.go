package handlers

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// logins signs people in and out, and in again where they stand.
type logins struct{ *desk }

// keptPrefix marks what was typed on a page whose sign-in is renewed.
const keptPrefix = "kept."

// loginForm is what the sign-in sends.
type loginForm struct {
	Account, User, UserID, Region, Next string
	Password, Passcode                  medialive.Secret
	Renew                               bool
	Early                               bool       // of Renew: before it has run out
	Kept                                url.Values // without the prefix
}

// parseLoginForm reads the sign-in. Only the password is taken as it is.
func parseLoginForm(v url.Values) loginForm {
	f := loginForm{
		Account: strings.TrimSpace(v.Get("account")), User: strings.TrimSpace(v.Get("username")), UserID: v.Get("user_id"), Region: v.Get("region"),
		Password: medialive.Secret(v.Get("password")), Passcode: medialive.Secret(strings.TrimSpace(v.Get("passcode"))),
		Next: destination{next: v.Get("next")}.after(), Renew: v.Get("renew") == "1", Early: v.Get("early") == "1", Kept: url.Values{},
	}
	for name, values := range v {
		if plain, ok := strings.CutPrefix(name, keptPrefix); ok && mayKeep(plain) {
			f.Kept[plain] = values
		}
	}
	return f
}

// mayKeep tells whether a field may go through a page as a hidden one: no
// secret, and no ticket, which belongs to the session that ended.
func mayKeep(field string) bool {
	switch field {
	case fieldPassphrase, fieldJSON, "password", "passcode", fieldTicket, "renew", "early", "next":
		return false
	}
	return !strings.HasPrefix(field, keptPrefix) && kinds[channelform.Pattern(field)] != channelform.Secret
}

// loginPath leads to the sign-in and from there to a page.
func loginPath(then string) string {
	if then == "" || then == "/flows" {
		return "/login"
	}
	return "/login?next=" + url.QueryEscape(then)
}

// home leads to the list.
func (l *logins) home(c echo.Context) error { return c.Redirect(http.StatusSeeOther, "/flows") }

// form shows the sign-in. GET /login (next)
func (l *logins) form(c echo.Context) error {
	f := loginForm{Account: l.Account, Next: destination{next: c.QueryParam("next")}.after()}
	if _, err := l.Auth.Session(c.Request()); err == nil && c.QueryParams().Has("next") {
		return seeOther(c, f.Next) // sent here by a request whose session got another id meanwhile
	}
	m := l.model(c, f)
	if c.QueryParam("out") == "1" {
		m.Form.Error = m.Form.T.Login.SignedOut
	}
	return l.print.page(c, http.StatusOK, m)
}

// model is the page with what was typed, never the password.
func (l *logins) model(c echo.Context, f loginForm) pages.Login {
	t := l.texts(c)
	m := pages.Login{
		Bare: layout.Bare{T: t, Theme: themeOf(c.Request()), Title: t.Login.Title, Path: loginPath(f.Next), NowMS: l.now().UnixMilli()},
		Form: l.formModel(t, f),
	}
	if f.Renew {
		m.Bare.Title = m.Form.Title()
	}
	return m
}

func (l *logins) formModel(t *text.Strings, f loginForm) pages.LoginForm {
	m := pages.LoginForm{T: t, Account: f.Account, User: f.User, UserID: f.UserID, Next: f.Next, Renew: f.Renew, Early: f.Early, FieldErrors: map[string]string{}}
	for i, r := range l.Auth.Backend().Regions() {
		m.Regions = append(m.Regions, ui.Option{Value: r.ID, Label: r.Name, Selected: r.ID == f.Region || f.Region == "" && i == 0})
	}
	for _, name := range slices.Sorted(maps.Keys(f.Kept)) {
		for _, value := range f.Kept[name] {
			m.Kept = append(m.Kept, ui.Hidden{Name: keptPrefix + name, Value: value})
		}
	}
	return m
}

// signIn takes the sign-in, and leads to where its page came from. A renewal
// by htmx leaves the page as it is; without, the page is shown again with what
// was typed. POST /login
func (l *logins) signIn(c echo.Context) error {
	values, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	f := parseLoginForm(values)
	if missing := l.missing(c, f); missing != nil {
		return l.refuse(c, http.StatusUnprocessableEntity, *missing, f)
	}
	session, err := l.Auth.SignIn(c.Request().Context(), c.Response(), c.Request(), auth.Form{
		Account: f.Account, User: f.User, Password: f.Password, Passcode: f.Passcode, Region: f.Region,
		Project: l.renewed(c, f), UserID: f.UserID, Address: c.RealIP(),
	})
	if err != nil {
		status, m := l.explainSignIn(c, f, err)
		return l.refuse(c, status, m, f)
	}
	to := parseDestination(f.Next)
	switch {
	case f.Renew && wantsFragment(c.Request()):
		return l.print.page(c, http.StatusOK, pages.Renewed{T: l.texts(c), EndsMS: session.Ends().UnixMilli()})
	case f.Renew && len(f.Kept) > 0:
		return l.resume(c, session, to, f.Kept)
	}
	return seeOther(c, to.Path())
}

// renewed is the project of a sign-in that is renewed, where the browser's
// session still tells.
func (l *logins) renewed(c echo.Context, f loginForm) string {
	if !f.Renew {
		return ""
	}
	s, err := l.sessionOf(c)
	if err != nil || s.Region != f.Region || s.Account != f.Account || s.User != f.User {
		return ""
	}
	return s.Project
}

// missing gives the form with what is missing in it, or nil.
func (l *logins) missing(c echo.Context, f loginForm) *pages.LoginForm {
	m := l.formModel(l.texts(c), f)
	for _, field := range [][2]string{{"account", f.Account}, {"username", f.User}, {"password", f.Password.Reveal()}} {
		if field[1] == "" {
			m.FieldErrors[field[0]] = m.T.Login.Missing
		}
	}
	if len(m.FieldErrors) == 0 {
		return nil
	}
	return &m
}

// refuse shows the sign-in again.
func (l *logins) refuse(c echo.Context, status int, form pages.LoginForm, f loginForm) error {
	if f.Renew && wantsFragment(c.Request()) {
		return l.dialog(c, status, form)
	}
	m := l.model(c, f)
	m.Form = form
	return l.print.page(c, status, m)
}

// dialog shows the renewal over the page that is kept.
func (l *logins) dialog(c echo.Context, status int, form pages.LoginForm) error {
	form.Kept = nil // the page itself keeps it
	h := c.Response().Header()
	h.Set(headerHXRetarget, "#dialogs")
	h.Set(headerHXReswap, "innerHTML")
	return l.print.page(c, status, pages.RenewDialog{Form: form})
}

// explainSignIn tells why a sign-in failed, as far as that helps who is honest.
func (l *logins) explainSignIn(c echo.Context, f loginForm, err error) (int, pages.LoginForm) {
	m := l.formModel(l.texts(c), f)
	var throttled *auth.ThrottledError
	switch {
	case errors.Is(err, auth.ErrCodeNeeded), errors.Is(err, auth.ErrUserID):
		m.NeedPasscode = true
		if f.Passcode != "" && errors.Is(err, auth.ErrCodeNeeded) {
			m.FieldErrors["passcode"] = m.T.Login.WrongCode
		}
		return http.StatusUnauthorized, m
	case errors.As(err, &throttled):
		m.Error = fill(m.T.Login.Throttled, ui.Age(throttled.RetryAfter))
		c.Response().Header().Set("Retry-After", seconds(throttled.RetryAfter))
		return http.StatusTooManyRequests, m
	case errors.Is(err, auth.ErrCredentials):
		m.Error = m.T.Login.Wrong
		m.NeedPasscode = f.Passcode != ""
		return http.StatusUnauthorized, m
	case errors.Is(err, auth.ErrNoProject):
		m.Error = m.T.Login.NoProject
		return http.StatusForbidden, m
	case errors.Is(err, auth.ErrRegion):
		m.FieldErrors["region"] = m.T.Fault.Enum
		return http.StatusUnprocessableEntity, m
	}
	a := answerTo(err)
	l.logError(c, a, err)
	problem := problemOf(m.T, a)
	m.Problem = &problem
	return a.status, m
}

// signOut ends the session, and has the browser forget what it was shown.
// POST /logout
func (l *logins) signOut(c echo.Context) error {
	if err := l.Auth.SignOut(c.Request().Context(), c.Response(), c.Request()); err != nil {
		return err
	}
	c.Response().Header().Set("Clear-Site-Data", `"cache"`) // cookies and storage hold preferences, and displays
	return seeOther(c, "/login?out=1")
}

// askToRenew shows the sign-in of a session whose token ran out: over the page
// for htmx, else as a page that keeps what was typed.
func (d *desk) askToRenew(c echo.Context) error {
	l := &logins{d}
	s, _ := d.Auth.Session(c.Request())
	f := loginForm{Renew: true, Next: destinationOf(c).Path(), Kept: url.Values{}}
	if s != nil {
		f.Account, f.User, f.Region = s.Account, s.User, s.Region
	}
	if c.Request().Method == http.MethodPost {
		f.Kept = typedOf(c)
	}
	m := l.model(c, f)
	if wantsFragment(c.Request()) {
		return l.dialog(c, http.StatusUnauthorized, m.Form)
	}
	return d.print.page(c, http.StatusUnauthorized, m)
}

// renewForm shows the sign-in to who is signed in still, before it runs out:
// over the page for htmx, which stays as it is. GET /renew (next)
func (l *logins) renewForm(c echo.Context) error {
	s := visitOf(c).session
	f := loginForm{
		Renew: true, Early: true, Next: destination{next: c.QueryParam("next")}.after(), Kept: url.Values{},
		Account: s.Account, User: s.User, Region: s.Region,
	}
	m := l.model(c, f)
	if wantsFragment(c.Request()) {
		return l.print.page(c, http.StatusOK, pages.RenewDialog{Form: m.Form})
	}
	return l.print.page(c, http.StatusOK, m)
}

// typedOf gives what a form sent, without what must not go through a page.
func typedOf(c echo.Context) url.Values {
	kept := url.Values{}
	values, err := c.FormParams()
	if err != nil {
		return kept
	}
	for name, v := range values {
		if mayKeep(name) {
			kept[name] = v
		}
	}
	return kept
}

// resume shows the page whose sign-in was renewed, with what was typed on it, to
// whose role it is for. Nothing is done: what was about to be sent is sent by a
// fresh press.
func (l *logins) resume(c echo.Context, s *auth.Session, to destination, kept url.Values) error {
	v, err := l.visitFor(c, s)
	if err != nil {
		return err
	}
	c.Set(visitKey, v)
	c.SetParamNames("id", "name")
	c.SetParamValues(to.flow, to.name)
	c.SetPath(to.route())
	if err := v.needs(l.least[to.route()]); err != nil {
		return err
	}
	c.Request().Form, c.Request().PostForm = kept, kept
	switch to.key {
	case toNewFlow:
		return (&flows{l.desk}).showTyped(c, v)
	case toSource:
		return (&sources{l.desk}).showTyped(c, v)
	case toAlarm:
		return (&alarms{l.desk}).showTyped(c, v, to)
	case toNewOutput, toOutput:
		return (&outputs{l.desk}).showTyped(c, v, to.key == toNewOutput)
	case toChannel:
		return l.resumeChannel(c, v, to)
	}
	if to.plain == channelsPath+"/new" {
		return (&newChannels{l.desk}).showTyped(c, v)
	}
	return seeOther(c, to.Path())
}
