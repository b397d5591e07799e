package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// shell is what stands around a page, with the notice of the act before it.
func (d *desk) shell(c echo.Context, v *visit, title string) layout.Shell {
	s := d.plainShell(v, title)
	s.Path, s.Section = destinationOf(c).Path(), sectionOf(c.Request().URL.Path)
	s.Ends.Path = s.Path
	s.Flash = d.takeFlash(c, v.t)
	s.Live = "/live?view=" + viewShell
	return s
}

// sectionOf is the part of the rail to which a path belongs: its first segment.
func sectionOf(path string) string {
	section, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return section
}

// plainShell is the shell as far as it does not depend on the request.
func (d *desk) plainShell(v *visit, title string) layout.Shell {
	t := d.teller(v)
	snapshot := v.snapshot()
	return layout.Shell{
		T: v.t, Theme: v.theme, Title: title, Section: "flows",
		Link: t.link(snapshot), Count: t.count(snapshot), Channels: t.channelCount(snapshot),
		Line: t.alarmLine(), Alarms: t.alarmCounts(), Active: t.alarmRail(),
		Ends:   t.ends(v.session.Ends()),
		Places: d.placeMenu(t, t.here, v.many()),
		User:   v.session.User, Account: v.session.Account, Role: v.t.Roles.Names.Of(v.role.String()), NowMS: d.now().UnixMilli(),
	}
}

// regionName is a region as people call it, where that is another word.
func (d *desk) regionName(id string) string {
	for _, r := range d.Auth.Backend().Regions() {
		if r.ID == id && r.Name != id {
			return r.Name
		}
	}
	return ""
}

// link tells whether the service is reached.
func (v teller) link(s *monitor.Snapshot) layout.Link {
	l := layout.Link{T: v.t, Skew: v.skew(s.Skew)}
	if s.Link.OK || s.Link.Kind == "" {
		return l
	}
	l.Off = unreachable(s.Link)
	l.Down, l.Since, l.Told = true, ui.At(ui.TimeAge, s.Link.Since, v.now), v.t.Shell.ServiceRefuses
	switch s.Link.Kind {
	case medialive.KindUnavailable:
		l.Told = v.t.Shell.ServiceDown
	case medialive.KindUnreadable:
		l.Told = v.t.Shell.ServiceOdd
	}
	l.Problem = explained(v.t.ErrorOf(string(s.Link.Kind)))
	l.Problem.Message = s.Link.Reason
	return l
}

// skew tells by how much the clocks differ, where that matters.
func (v teller) skew(ahead time.Duration) string {
	words := v.t.Shell.ServiceAhead
	switch {
	case ahead == 0:
		return ""
	case ahead < 0:
		words = v.t.Shell.ServiceBehind
	}
	size := ahead.Abs()
	if size < 100*time.Minute {
		return fill(words, strconv.Itoa(int(size.Minutes()))+" min")
	}
	return fill(words, ui.Age(size))
}

// The end of a sign-in is told from an hour before, and in amber at last.
const (
	endsSoon = time.Hour
	endsLate = 10 * time.Minute
)

// ends tells when the sign-in runs out.
func (v teller) ends(at time.Time) layout.Ends {
	left := at.Sub(v.now)
	return layout.Ends{T: v.t, At: ui.At(ui.TimeDown, at, v.now), Soon: left <= endsSoon, Late: left <= endsLate}
}

// count is the number of flows; none before they were all read.
func (v teller) count(s *monitor.Snapshot) layout.FlowCount {
	c := layout.FlowCount{T: v.t}
	if s.Complete {
		c.Total = strconv.Itoa(len(s.Flows))
	}
	return c
}

// channelCount is the number of channels, and whether there can be any.
func (v teller) channelCount(s *monitor.Snapshot) layout.ChannelCount {
	c := layout.ChannelCount{T: v.t, None: s.Channels.None}
	if s.Channels.Complete {
		c.Total = strconv.Itoa(len(s.Channels.All))
	}
	return c
}

func explained(e text.ErrorText) ui.Problem {
	return ui.Problem{Title: e.Title, Meaning: e.Meaning, Advice: e.Advice}
}

// problemOf explains an error: what happened, what it means, what to do, and
// what the service said, as given.
func problemOf(t *text.Strings, a answer) ui.Problem {
	switch {
	case a.kept != nil:
		return teller{t: t}.protectedBy(*a.kept)
	case a.lacking != nil:
		n := t.Roles.Names
		return ui.Problem{Title: t.Roles.Page.Refused, Meaning: t.Roles.Page.Lacks(n.Of(a.lacking.needs.String()), n.Of(a.lacking.has.String()))}
	}
	p := explained(errorText(t, a))
	if does := t.Roles.Does[a.denied()]; does != "" {
		p.Title = t.Roles.DeniedHead(does)
	}
	if a.upstream != nil {
		p.Code, p.Message, p.RequestID = a.upstream.Code, a.upstream.Message, a.upstream.RequestID
	}
	return p
}

// errorText finds the sentences for a reason; the reasons that are kinds of the
// API have theirs under the same name.
func errorText(t *text.Strings, a answer) text.ErrorText {
	e := t.Error
	switch a.reason {
	case reasonCrossOrigin:
		return e.CrossSite
	case reasonTooLarge:
		return e.TooLarge
	case reasonTooMany:
		return e.Throttled
	case reasonNoPage:
		return e.PageNotFound
	case reasonNoFlow:
		return e.NotFound
	case reasonBadRequest:
		return e.BadRequest
	case reasonAlarmGone:
		return t.Alarms.Gone
	case reasonSessionGone:
		return t.Sessions.Gone
	case reasonExpired, reasonSignedOut:
		return e.NotSignedIn
	case reasonInternal:
		return e.Internal
	case reasonUnrecorded:
		return e.Unrecorded
	case reasonElsewhere, reasonNoPlace:
		return elsewhereText(t, a.elsewhere)
	}
	if said, ok := careError(t, a.reason); ok {
		return said
	}
	if isSRTMissing(a.upstream) {
		return e.SRTMissing
	}
	return t.ErrorOf(string(a.reason))
}

// isSRTMissing recognises a gateway without libsrt by the package that its
// message names.
func isSRTMissing(err *medialive.Error) bool {
	return err != nil && strings.Contains(err.Message, "libsrt")
}

// explain is problemOf with our own request id where the service gave none.
func (d *desk) explain(c echo.Context, a answer) ui.Problem {
	p := problemOf(d.texts(c), a)
	if p.RequestID == "" && a.status >= http.StatusInternalServerError {
		p.RequestID = requestIDOf(c)
	}
	if a.lacking != nil {
		p.Advice = d.whoGivesRoles(c)
	}
	if v, ok := c.Get(visitKey).(*visit); ok && a.reason == reasonNoFlow {
		if there := v.whereIs(c.Param("id")); there != nil {
			p.Meaning, p.Advice = v.t.Places.Wrong.Found(there.name()), ""
		}
	}
	if a.retryAfter > 0 {
		p.Advice += " " + fill(d.texts(c).Error.RetryIn, ui.Age(a.retryAfter))
	}
	if c.Request().Method == http.MethodGet && a.status >= http.StatusInternalServerError {
		p.RetryURL = destinationOf(c).Path()
	}
	return p
}

// errorModel is the page of an error: within the shell for who is signed in.
func (d *desk) errorModel(c echo.Context, a answer) layout.ErrorPage {
	problem := d.explain(c, a)
	m := layout.ErrorPage{Status: a.status, Problem: problem, Switch: d.ways(c, a, false), Bare: layout.Bare{
		T: d.texts(c), Theme: themeOf(c.Request()), Title: problem.Title,
		Path: destinationOf(c).Path(), NowMS: d.now().UnixMilli(),
	}}
	if v, ok := c.Get(visitKey).(*visit); ok {
		s := d.plainShell(v, problem.Title)
		s.Path, s.Section = m.Bare.Path, sectionOf(c.Request().URL.Path)
		m.Shell = &s
	}
	return m
}

// flashKind says what was done, for a notice on the next page.
type flashKind string

const (
	cookieFlash = "flowdeck_flash"

	flashCreated   flashKind = "created"
	flashUnstarted flashKind = "unstarted"
	flashStarted   flashKind = "started"
	flashStopped   flashKind = "stopped"
	flashDeleted   flashKind = "deleted"
	flashSource    flashKind = "source"
	flashAdded     flashKind = "added"
	flashSaved     flashKind = "saved"
	flashOn        flashKind = "on"
	flashOff       flashKind = "off"
	flashRemoved   flashKind = "removed"
	flashNothing   flashKind = "nothing"
	flashDoneBy    flashKind = "done_by" // its name is who did it
	flashNoChange  flashKind = "unchanged"
	flashAcked     flashKind = "acked" // its name counts those that were, and those that were gone: "3/1"
	flashShelved   flashKind = "shelved"
	flashUnshelved flashKind = "unshelved"

	flashWebhookAdded   flashKind = "webhook_added"
	flashWebhookSaved   flashKind = "webhook_saved"
	flashWebhookRemoved flashKind = "webhook_removed"
	flashWebhookTested  flashKind = "webhook_tested"
	flashWebhookFailed  flashKind = "webhook_failed"

	flashTurnedOn       flashKind = "turned_on" // of a channel
	flashTurnedOff      flashKind = "turned_off"
	flashChannelDeleted flashKind = "channel_deleted"
	flashChannelMade    flashKind = "channel_made"
	flashChannelSaved   flashKind = "channel_saved"

	flashSwitched flashKind = "switched"
	flashLeft     flashKind = "left"
	flashEntered  flashKind = "entered"

	flashDenied        flashKind = "denied" // its name is the operation
	flashRules         flashKind = "rules"
	flashSessionEnded  flashKind = "session_ended"
	flashSessionsEnded flashKind = "sessions_ended" // its name counts them
	flashAllEnded      flashKind = "all_sessions_ended"
)

// flash leaves a notice for the next page: its kind and a name, never a text.
func (d *desk) flash(c echo.Context, kind flashKind, name string) {
	c.SetCookie(&http.Cookie{
		Name: cookieFlash, Value: string(kind) + ":" + url.QueryEscape(cut(name, 64)), Path: "/",
		MaxAge: int(time.Minute / time.Second), HttpOnly: true, Secure: d.secure, SameSite: http.SameSiteLaxMode,
	})
}

// hasFlash tells whether a notice waits.
func hasFlash(r *http.Request) bool {
	_, err := r.Cookie(cookieFlash)
	return err == nil
}

// takeFlash gives the notice that waits, once.
func (d *desk) takeFlash(c echo.Context, t *text.Strings) *ui.Notice {
	cookie, err := c.Cookie(cookieFlash)
	if err != nil {
		return nil
	}
	c.SetCookie(&http.Cookie{Name: cookieFlash, Path: "/", MaxAge: -1, HttpOnly: true, Secure: d.secure, SameSite: http.SameSiteLaxMode})
	kind, escaped, _ := strings.Cut(cookie.Value, ":")
	name, err := url.QueryUnescape(escaped)
	if err != nil {
		return nil
	}
	words := flashText(t, flashKind(kind), cut(name, 64))
	if words == "" {
		return nil
	}
	notice := &ui.Notice{Text: words}
	switch flashKind(kind) {
	case flashUnstarted, flashWebhookFailed, flashDenied:
		notice.Tone = ui.ToneWarn
	}
	return notice
}

// flashText is the notice in words; none for a kind that is not ours.
func flashText(t *text.Strings, kind flashKind, name string) string {
	n := t.Notice
	switch kind {
	case flashTurnedOn:
		return t.Channels.Guard.TurnedOn(name)
	case flashTurnedOff:
		return t.Channels.Guard.TurnedOff(name)
	case flashChannelDeleted:
		return t.Channels.Guard.Deleted(name)
	case flashChannelMade:
		return t.Channels.Guard.Made(name)
	case flashChannelSaved:
		return t.Channels.Guard.Saved(name)
	case flashCreated:
		return n.FlowCreated(name)
	case flashUnstarted:
		return n.FlowUnstarted(name)
	case flashStarted:
		return n.FlowStarted(name)
	case flashStopped:
		return n.FlowStopped(name)
	case flashDeleted:
		return n.FlowDeleted(name)
	case flashSource:
		return n.SourceSaved
	case flashAdded:
		return n.OutputAdded(name)
	case flashSaved:
		return n.OutputSaved(name)
	case flashOn:
		return n.OutputOn(name)
	case flashOff:
		return n.OutputOff(name)
	case flashRemoved:
		return n.OutputRemoved(name)
	case flashNothing:
		return n.NothingToDo
	case flashDoneBy:
		return n.DoneBy(name)
	case flashNoChange:
		return n.Unchanged
	case flashAcked, flashShelved, flashUnshelved:
		return flashAlarm(t.Alarms.Act, kind, name)
	case flashWebhookAdded:
		return fill(t.Notify.Added, name)
	case flashWebhookSaved:
		return t.Notify.Saved
	case flashWebhookRemoved:
		return fill(t.Notify.Removed, name)
	case flashWebhookTested:
		return fill(t.Notify.TestDone, name)
	case flashWebhookFailed:
		return t.Notify.TestFailed
	case flashSwitched:
		return t.Places.Switched(name)
	case flashLeft:
		return t.Places.Left(name)
	case flashEntered:
		return t.Places.Entered(name)
	}
	switch kind {
	case flashDenied:
		if does := t.Roles.Does[name]; does != "" {
			return t.Roles.DeniedNow(does)
		}
		return ""
	case flashRules:
		return t.Roles.Page.Done
	case flashSessionEnded:
		return fill(t.Sessions.Ended, name)
	case flashSessionsEnded:
		return fill(t.Sessions.EndedOthers, name)
	case flashAllEnded:
		return fill(t.Sessions.EndedAll, name)
	}
	if words := displayFlash(t, kind, name); words != "" {
		return words
	}
	return careFlash(t, kind, name)
}
