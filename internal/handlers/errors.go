package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/web/templates/layout"
)

// fault is an error of this package: a status, and a key of the texts that
// explain it.
type fault struct {
	status int
	reason reason
}

// reason names the sentences by which an error is explained.
type reason string

// The reasons that are not kinds of an API error.
const (
	reasonCrossOrigin reason = "cross_origin"
	reasonTooLarge    reason = "too_large"
	reasonTooMany     reason = "too_many"
	reasonNoPage      reason = "no_page"
	reasonNoFlow      reason = "no_flow"
	reasonBadRequest  reason = "bad_request"
	reasonInternal    reason = "internal"
	reasonSignedOut   reason = "signed_out"
	reasonExpired     reason = "expired"
	reasonUnrecorded  reason = "unrecorded" // a command that could not be written down was not given
	reasonRole        reason = "role"
	reasonElsewhere   reason = "elsewhere" // the page belongs to another place than the session is in
	reasonNoPlace     reason = "no_place"
	reasonSessionGone reason = "session_gone" // ended already
	reasonAlarmGone   reason = "alarm_gone"   // acknowledged and over meanwhile
)

func (f *fault) Error() string { return string(f.reason) }

// lacking tells that somebody's role is less than what an act takes.
type lacking struct{ needs, has role.Role }

func (l *lacking) Error() string { return "needs role " + l.needs.String() + ", has " + l.has.String() }

var (
	errCrossOrigin    = &fault{http.StatusForbidden, reasonCrossOrigin}
	errTooLarge       = &fault{http.StatusRequestEntityTooLarge, reasonTooLarge}
	errTooManyStreams = &fault{http.StatusTooManyRequests, reasonTooMany}
	errNotFound       = &fault{http.StatusNotFound, reasonNoPage}
	errNoFlow         = &fault{http.StatusNotFound, reasonNoFlow}
	errBadRequest     = &fault{http.StatusBadRequest, reasonBadRequest}
	errAlarmGone      = &fault{http.StatusConflict, reasonAlarmGone}
	errNoPlace        = &fault{http.StatusConflict, reasonNoPlace}
	errNoAlarm        = &fault{http.StatusUnprocessableEntity, reasonBadRequest}
	errUnrecorded     = &fault{http.StatusServiceUnavailable, reasonUnrecorded}
	errReading        = &fault{http.StatusServiceUnavailable, reason(medialive.KindUnavailable)}
)

// answer is how an error is told to somebody: a status, the sentences that
// explain it, and what the service said.
type answer struct {
	status     int
	reason     reason
	upstream   *medialive.Error // nil: not the service's
	kept       *monitor.Protect // by whom the flow is protected; nil: that is not why
	lacking    *lacking         // a role; nil: that is not why
	elsewhere  *elsewhere       // the page is of another place; nil: that is not why
	retryAfter time.Duration
}

// denied is the operation for which the service said that the account lacks the
// permission; empty where that is not why.
func (a answer) denied() string {
	if a.upstream == nil || a.upstream.Kind != medialive.KindNotPermitted {
		return ""
	}
	return a.upstream.Op
}

// statusOf is the one table from the kinds of the API's errors to statuses.
var statusOf = map[medialive.Kind]int{
	medialive.KindNotSignedIn:    http.StatusUnauthorized,
	medialive.KindNotPermitted:   http.StatusForbidden,
	medialive.KindNotFound:       http.StatusNotFound,
	medialive.KindExists:         http.StatusConflict,
	medialive.KindState:          http.StatusConflict,
	medialive.KindRefused:        http.StatusUnprocessableEntity,
	medialive.KindThrottled:      http.StatusTooManyRequests,
	medialive.KindUnavailable:    http.StatusServiceUnavailable,
	medialive.KindOutcomeUnknown: http.StatusBadGateway,
	medialive.KindUnreadable:     http.StatusBadGateway,
}

// answerTo decides how an error is told. What it does not know is internal: the
// cause goes to the log and never to the browser.
func answerTo(err error) answer {
	var ours *fault
	var theirs *medialive.Error
	var echoed *echo.HTTPError
	var large *http.MaxBytesError
	var below *lacking
	var away *elsewhere
	var source *control.Conflict
	var output *control.OutputConflict
	if a, ok := careAnswer(err); ok {
		return a
	}
	switch {
	case errors.As(err, &ours):
		return answer{status: ours.status, reason: ours.reason}
	case errors.As(err, &away):
		return answer{status: http.StatusConflict, reason: reasonElsewhere, elsewhere: away}
	case errors.As(err, &below):
		return answer{status: http.StatusForbidden, reason: reasonRole, lacking: below}
	case errors.Is(err, auth.ErrNoSession):
		return answer{status: http.StatusUnauthorized, reason: reasonSignedOut}
	case errors.Is(err, auth.ErrExpired), auth.Ended(err):
		return answer{status: http.StatusUnauthorized, reason: reasonExpired}
	case errors.As(err, &theirs):
		status, ok := statusOf[theirs.Kind]
		if !ok {
			status = http.StatusBadGateway
		}
		return answer{status: status, reason: reason(theirs.Kind), upstream: theirs, retryAfter: theirs.RetryAfter}
	case errors.As(err, &source), errors.As(err, &output):
		return answer{status: http.StatusConflict, reason: reason(medialive.KindState)}
	case errors.Is(err, control.ErrNoTrail):
		return answer{status: http.StatusServiceUnavailable, reason: reasonUnrecorded}
	case errors.As(err, &large):
		return answerTo(errTooLarge)
	case errors.As(err, &echoed):
		return answerToEcho(echoed)
	}
	return answer{status: http.StatusInternalServerError, reason: reasonInternal}
}

// badForm is the error of a form that cannot be read: too large, or none.
func badForm(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errTooLarge
	}
	return errBadRequest
}

// answerToEcho tells what the router or a parser of echo's found.
func answerToEcho(err *echo.HTTPError) answer {
	switch {
	case err.Code == http.StatusNotFound:
		return answerTo(errNotFound)
	case err.Code == http.StatusRequestEntityTooLarge:
		return answerTo(errTooLarge)
	case err.Code >= http.StatusBadRequest && err.Code < http.StatusInternalServerError:
		return answer{status: err.Code, reason: reasonBadRequest}
	}
	return answer{status: http.StatusInternalServerError, reason: reasonInternal}
}

// onError is echo's error handler: the one place that turns an error into a
// page, a fragment or JSON.
func (d *desk) onError(err error, c echo.Context) {
	ctx := c.Request().Context()
	if c.Response().Committed || errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	a := answerTo(err)
	d.logError(c, a, err)
	if a.retryAfter > 0 {
		c.Response().Header().Set("Retry-After", seconds(a.retryAfter))
	}
	if sent := d.tell(c, a); sent != nil && !c.Response().Committed && !errors.Is(ctx.Err(), context.Canceled) {
		d.log.Error("cannot tell of an error", "request", requestIDOf(c), "err", sent)
		_ = c.HTMLBlob(http.StatusInternalServerError, d.print.broken[languageOf(c.Request())])
	}
}

// logError logs what is ours to mend as an error, and the rest quietly.
func (d *desk) logError(c echo.Context, a answer, err error) {
	level := slog.LevelDebug
	if a.status >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	if a.reason == reasonInternal {
		level = slog.LevelError
	}
	d.log.Log(c.Request().Context(), level, "request failed", "request", requestIDOf(c), "route", c.Path(), "status", a.status, "err", err)
}

// tell answers in the manner that the request can take.
func (d *desk) tell(c echo.Context, a answer) error {
	r := c.Request()
	signedOut := a.reason == reasonSignedOut
	switch {
	case c.Path() == "/live", strings.HasPrefix(c.Path(), "/static"), strings.HasPrefix(r.URL.Path, "/api/"):
		return c.JSON(a.status, struct {
			Error   reason `json:"error"`
			Request string `json:"request_id"`
		}{a.reason, requestIDOf(c)})
	case signedOut && wantsFragment(r):
		c.Response().Header().Set(headerHXRedirect, loginPath(destinationOf(c).Path()))
		return c.NoContent(a.status)
	case signedOut:
		return c.Redirect(http.StatusSeeOther, loginPath(destinationOf(c).Path()))
	case a.reason == reasonExpired:
		d.expire(c)
		return d.askToRenew(c)
	case wantsFragment(r):
		c.Response().Header().Set(headerHXRetarget, "#notices")
		c.Response().Header().Set(headerHXReswap, "innerHTML")
		return d.print.page(c, a.status, layout.Failure{T: d.texts(c), Problem: d.explain(c, a), Switch: d.ways(c, a, true)})
	}
	if _, does := d.texts(c).Roles.Does[a.denied()]; does && r.Method == http.MethodPost && c.Param("id") != "" {
		return d.backDenied(c, a)
	}
	return d.errorPage(c, a)
}

// backDenied leads back to the page of a button that the service denies to the
// account. From now on it is off there, and says so.
func (d *desk) backDenied(c echo.Context, a answer) error {
	d.flash(c, flashDenied, a.denied())
	if from := fromOf(c); from != fromFlow {
		return seeOther(c, listOf(from))
	}
	if key, err := channelKeyOf(c); err == nil {
		return seeOther(c, channelPath(key))
	}
	return seeOther(c, flowPath(c.Param("id")))
}

// expire notes that the service no longer takes the session's token, so that it
// is not tried again.
func (d *desk) expire(c echo.Context) {
	v, ok := c.Get(visitKey).(*visit)
	if !ok {
		return
	}
	if err := d.Auth.Expire(c.Request().Context(), v.session); err != nil {
		d.log.Warn("cannot note the end of a token", "request", requestIDOf(c), "err", err)
	}
}

// errorPage shows an error within the shell for who is signed in, alone
// otherwise.
func (d *desk) errorPage(c echo.Context, a answer) error {
	return d.print.page(c, a.status, d.errorModel(c, a))
}
