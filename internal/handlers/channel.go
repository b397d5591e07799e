package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// channels lists, shows, switches and deletes channels.
type channels struct{ *desk }

// errNoChannel tells that the project has no such channel.
var errNoChannel = &fault{http.StatusNotFound, reasonNoPage}

// channelKeyOf is the channel that the path of a request names.
func channelKeyOf(c echo.Context) (key medialive.ChannelKey, err error) {
	for into, name := range map[*string]string{&key.Domain: "domain", &key.AppName: "app", &key.ID: "id"} {
		if *into, err = url.PathUnescape(c.Param(name)); err != nil || *into == "" {
			return key, errNoChannel
		}
	}
	return key, nil
}

// channel finds the channel of the visitor's project that the path of a request
// names, as it was read last.
func (v *visit) channel(c echo.Context) (*monitor.Channel, error) {
	key, err := channelKeyOf(c)
	if err != nil {
		return nil, err
	}
	return v.channelByID(monitor.ChannelID(key))
}

// channelByID finds a channel of the visitor's project. One that is not there
// before all were read may still be found.
func (v *visit) channelByID(id string) (*monitor.Channel, error) {
	s := v.snapshot()
	ch, ok := s.Channel(id)
	switch {
	case ok:
		return ch, nil
	case !s.Channels.Complete && !s.Channels.None:
		return nil, errReading
	}
	return nil, errNoChannel
}

// subject is the flow that a request is about, or the shadow of the channel: what
// people put on the one they put on the other.
func (v *visit) subject(c echo.Context) (*monitor.Flow, error) {
	if c.Param("domain") == "" {
		return v.flow(c.Param("id"))
	}
	ch, err := v.channel(c)
	if err != nil {
		return nil, err
	}
	return shadow(ch), nil
}

// shadow is a flow that has of a channel what both have: who is told what, and
// who keeps it.
func shadow(ch *monitor.Channel) *monitor.Flow {
	f := &monitor.Flow{
		ID: ch.ID, Name: ch.Name, State: ch.Doing, StateSince: ch.DoingSince, Aging: ch.Aging, Status: ch.Status(), StatusAt: ch.ReadAt,
		StatusSince: ch.StateSince, Command: ch.Command, SeenAt: ch.SeenAt, Care: ch.Care,
	}
	switch {
	case ch.Doing == monitor.StateStale:
		f.Ages.Status = monitor.Gone
	case ch.Aging:
		f.Ages.Status = monitor.Old
	}
	return f
}

// channelPath is the path of a channel's page, or of what is below it.
func channelPath(key medialive.ChannelKey, below ...string) string {
	return strings.Join(append([]string{"/" + monitor.ChannelID(key)}, below...), "/")
}

// channelTop is what stands over a page of a channel; tab is one of pages.Tab….
func (v teller) channelTop(ch *monitor.Channel, tab string) pages.ChannelTop {
	return pages.ChannelTop{T: v.t, Path: channelPath(ch.ChannelKey), Name: ch.Name, Tab: tab}
}

// page shows a channel. GET /channels/:domain/:app/:id
func (h *channels) page(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	told, err := h.flowTrail(c.Request().Context(), v.watcher.Key(), ch.ID)
	if err != nil {
		return err
	}
	keeps, err := h.keptOf(c.Request().Context(), v.watcher.Key(), ch.ID)
	if err != nil {
		return err
	}
	t := h.teller(v)
	t.deeds = told.deeds
	f := shadow(ch)
	m := pages.ChannelPage{
		Shell: h.shell(c, v, ch.Name), Head: t.channelHead(ch), Ask: t.askLine(f), Facts: t.channelFacts(ch), Input: t.channelInput(ch),
		Packs: t.channelPackages(ch), Rest: t.channelRest(ch), Alarms: t.flowAlarms(ch.ID), Refused: t.channelRefused(ch), Care: t.care(f, keeps), History: t.flowActivity(f, told.lines),
	}
	m.Shell.Live = "/live?view=" + viewChannel + "&id=" + url.QueryEscape(ch.ID)
	return h.print.page(c, http.StatusOK, m)
}

// row gives a row of the list back after a question was withdrawn.
// GET /channels/:domain/:app/:id/row
func (h *channels) row(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, h.teller(v).channelRow(ch))
}

// command gives the button of the channel's page back.
// GET /channels/:domain/:app/:id/command
func (h *channels) command(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, h.teller(v).channelCommand(ch))
}

// start turns a channel ON at one press. POST /channels/:domain/:app/:id/start (from)
func (h *channels) start(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	err = h.Control.StartChannel(c.Request().Context(), v.op, ch.ChannelKey)
	return h.acted(c, v, ch, flashTurnedOn, err)
}

// askStop asks before a channel is turned OFF. GET /channels/:domain/:app/:id/stop (from)
func (h *channels) askStop(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	return h.ask(c, v, ch, pressed{}, http.StatusOK)
}

// stop turns a channel OFF for who has the ticket of the question, and asks
// everybody else. POST /channels/:domain/:app/:id/stop (ticket, from)
func (h *channels) stop(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	f := shadow(ch)
	p, err := h.pressed(c, v, verbStop, ch.ID, stopState(f))
	if err != nil {
		return err
	}
	if !p.good {
		return h.ask(c, v, ch, p, http.StatusConflict)
	}
	err = h.Control.StopChannel(c.Request().Context(), v.consenting(c, f, p, control.VerbStop, ""), ch.ChannelKey)
	switch {
	case unmet(err):
		return h.ask(c, v, ch, p, http.StatusUnprocessableEntity)
	case waits(err):
		return h.acted(c, v, ch, flashAsked, nil)
	case errors.Is(err, control.ErrChanged):
		return h.ask(c, v, ch, p, http.StatusConflict)
	}
	return h.acted(c, v, ch, flashTurnedOff, err)
}

// ask asks whether to turn OFF, where the press came from. A channel that is not
// ON needs no question.
func (h *channels) ask(c echo.Context, v *visit, ch *monitor.Channel, p pressed, status int) error {
	f := shadow(ch)
	if action(v.t, f, "").Verb != verbStop {
		if given := ch.Command; given != nil && given.Verb == verbStop && !undone(given.Outcome) {
			return h.told(c, v, ch, flashDoneBy, given.Actor)
		}
		return h.told(c, v, ch, flashNothing, ch.Name)
	}
	q := h.stopQuestion(c, v, ch, p, status)
	if wantsFragment(c.Request()) && q.refuse != "" {
		return &control.Protected{Protect: *ch.Care.Protect}
	}
	from := fromOf(c)
	q.hidden = []ui.Hidden{{Name: fieldFrom, Value: from}}
	if from != fromFlow {
		q.back = channelsPath
	}
	if !wantsFragment(c.Request()) {
		return h.askOnPage(c, v, q)
	}
	if from == fromFlow {
		q.cancel = channelPath(ch.ChannelKey, "command")
	}
	armed, err := h.armed(c, v, q, from)
	if err != nil {
		return err
	}
	if from == fromFlow {
		return h.print.page(c, status, pages.ArmedCommand{T: v.t, Armed: armed})
	}
	return h.print.page(c, status, pages.ArmedChannelRow{T: v.t, Row: h.teller(v).channelRow(ch), Armed: armed})
}

func (h *channels) stopQuestion(c echo.Context, v *visit, ch *monitor.Channel, p pressed, status int) question {
	f, w := shadow(ch), v.t.Channels.Guard
	q := question{
		id: ch.ID, name: ch.Name, verb: verbStop, subject: ch.ID, state: stopState(f), post: channelPath(ch.ChannelKey, "stop"),
		confirm: w.Confirm(countPackages(ch)), cancel: channelPath(ch.ChannelKey, "row"), back: channelPath(ch.ChannelKey),
		title: w.StopTitle(ch.Name), asks: w.StopTitle(ch.Name), lead: w.StopLead(ch.Name), button: w.StopButton(ch.Name),
		crumbs: crumbs(v.t, f), answered: status, act: actSwitchChannel,
	}
	switch ch.Doing {
	case monitor.StateWaiting, monitor.StateSourceLost, monitor.StateNoMedia:
		q.lead = w.StopNone
	}
	for ref, pack := range ch.Packages() {
		q.names = append(q.names, strings.TrimSpace(formatName(ref.Format)+" "+pack.URL))
	}
	q.guard(c, v, h.teller(v), f, p, control.VerbStop, "", v.t.Care.Hold.Stop, true)
	return q
}

// askDelete asks before a channel is deleted. GET /channels/:domain/:app/:id/delete
func (h *channels) askDelete(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	return h.askOnPage(c, v, h.deleteQuestion(c, v, ch, pressed{}, http.StatusOK))
}

// remove deletes a channel for who has the ticket of the question.
// POST /channels/:domain/:app/:id/delete (ticket)
func (h *channels) remove(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	f := shadow(ch)
	p, err := h.pressed(c, v, verbDelete, ch.ID, stopState(f))
	if err != nil {
		return err
	}
	q := h.deleteQuestion(c, v, ch, p, http.StatusConflict)
	if q.refuse != "" || !p.good {
		return h.askOnPage(c, v, q)
	}
	err = h.Control.DeleteChannel(c.Request().Context(), v.consenting(c, f, p, control.VerbDelete, ""), ch.ChannelKey)
	switch {
	case unmet(err):
		q.answered = http.StatusUnprocessableEntity
		return h.askOnPage(c, v, q)
	case waits(err):
		h.flash(c, flashAsked, ch.Name)
		return seeOther(c, channelPath(ch.ChannelKey))
	case err != nil:
		return err
	}
	h.flash(c, flashChannelDeleted, ch.Name)
	return seeOther(c, channelsPath)
}

func (h *channels) deleteQuestion(c echo.Context, v *visit, ch *monitor.Channel, p pressed, status int) question {
	f, w := shadow(ch), v.t.Channels.Guard
	q := question{
		id: ch.ID, name: ch.Name, verb: verbDelete, subject: ch.ID, state: stopState(f), post: channelPath(ch.ChannelKey, "delete"),
		back: channelPath(ch.ChannelKey), title: w.DeleteTitle(ch.Name), lead: w.DeleteLead, button: w.DeleteButton(ch.Name),
		crumbs: crumbs(v.t, f), answered: status, act: actDeleteChannel,
	}
	for ref, pack := range ch.Packages() {
		q.names = append(q.names, strings.TrimSpace(formatName(ref.Format)+" "+pack.URL))
	}
	q.guard(c, v, h.teller(v), f, p, control.VerbDelete, "", v.t.Care.Hold.Confirm(q.button), true)
	if ch.State != medialive.ChannelOff {
		q.refuse = w.DeleteRefused
	}
	return q
}

// acted answers after a channel was turned ON or OFF. Where another was quicker
// with the same command, it tells who.
func (h *channels) acted(c echo.Context, v *visit, ch *monitor.Channel, done flashKind, err error) error {
	var already *control.AlreadyDone
	switch {
	case errors.As(err, &already) && already.Actor != "":
		return h.told(c, v, ch, flashDoneBy, already.Actor)
	case errors.Is(err, control.ErrNothingToDo):
		return h.told(c, v, ch, flashNothing, ch.Name)
	case err != nil:
		return err
	}
	return h.told(c, v, ch, done, ch.Name)
}

// told answers with the row or the button as it is now; or with the page, and a
// notice with a name.
func (h *channels) told(c echo.Context, v *visit, ch *monitor.Channel, done flashKind, name string) error {
	now, err := v.channelByID(ch.ID)
	if err != nil {
		return err
	}
	from := fromOf(c)
	switch {
	case wantsFragment(c.Request()) && from == fromFlow:
		return h.print.page(c, http.StatusOK, h.teller(v).channelCommand(now))
	case wantsFragment(c.Request()):
		return h.print.page(c, http.StatusOK, h.teller(v).channelRow(now))
	}
	h.flash(c, done, name)
	if from != fromFlow {
		return seeOther(c, channelsPath)
	}
	return seeOther(c, channelPath(ch.ChannelKey))
}
