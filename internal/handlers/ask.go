package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// asks lets a second person confirm what somebody asks for.
type asks struct{ *desk }

const verbConfirm = "confirm"

// form asks the second person. GET /flows/:id/ask
func (h *asks) form(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err == nil {
		err = h.weighed(v, f)
	}
	if err != nil {
		return err
	}
	return h.show(c, v, f, http.StatusOK)
}

// weighed asks who confirms for what was asked of who gives the command alone:
// the role that it takes, and where something is deleted the password.
func (h *asks) weighed(v *visit, f *monitor.Flow) error {
	a := f.Care.Ask
	if a == nil || a.By == v.op.Actor {
		return nil // there is nothing that he could confirm
	}
	if err := v.needs(actOf(a.Verb).needs); err != nil {
		return err
	}
	if a.Verb == control.VerbDelete || a.Verb == control.VerbDeleteOutput {
		return h.proved(v)
	}
	return nil
}

// confirm does what was asked for, by the hand of the second person who has the
// ticket of the question. POST /flows/:id/ask (ticket)
func (h *asks) confirm(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err == nil {
		err = h.weighed(v, f)
	}
	if err != nil {
		return err
	}
	may, err := h.redeemed(c, v, verbConfirm, f.ID, stopState(f))
	if err != nil {
		return err
	}
	a := f.Care.Ask
	if !may || a == nil {
		return h.show(c, v, f, http.StatusConflict)
	}
	op := v.op
	op.Shown, op.Consent, op.Seen = f.Status, control.Consent{Ask: a.ID}, seenOf(f, a.Target)
	err = h.give(c.Request().Context(), op, f, *a)
	switch {
	case errors.Is(err, control.ErrNothingToDo):
		h.flash(c, flashNothing, f.Name)
	case err != nil:
		return err
	default:
		h.flash(c, doneFlash(a.Verb), nameOfAsk(f, *a))
	}
	if a.Verb == control.VerbDelete {
		return seeOther(c, crumbs(v.t, f)[0].URL)
	}
	return seeOther(c, flowPath(f.ID))
}

// seenOf is the output that who confirms was shown, as far as it was read.
func seenOf(f *monitor.Flow, name string) control.Fingerprint {
	for _, o := range f.Outputs {
		if o.Name == name && o.Config != nil {
			return control.Likeness(*o.Config)
		}
	}
	return ""
}

// give gives the command that was asked for.
func (h *asks) give(ctx context.Context, op control.Operator, f *monitor.Flow, a monitor.Ask) error {
	key, channel := monitor.ChannelKeyOf(f.ID)
	switch {
	case channel && a.Verb == control.VerbStop:
		return h.Control.StopChannel(ctx, op, key)
	case channel && a.Verb == control.VerbDelete:
		return h.Control.DeleteChannel(ctx, op, key)
	}
	switch a.Verb {
	case control.VerbStop:
		return h.Control.StopFlow(ctx, op, f.ID)
	case control.VerbDelete:
		return h.Control.DeleteFlow(ctx, op, f.ID)
	case control.VerbDeleteOutput:
		return h.Control.DeleteOutput(ctx, op, f.ID, a.Target)
	case control.VerbPark:
		return h.Control.ParkOutput(ctx, op, f.ID, a.Target)
	}
	return control.ErrChanged
}

// whole tells whether an ask says all that there is to do; any other the second
// person confirms by giving the same change.
func whole(a monitor.Ask) bool {
	switch a.Verb {
	case control.VerbStop, control.VerbDelete, control.VerbDeleteOutput, control.VerbPark:
		return true
	}
	return false
}

func doneFlash(verb string) flashKind {
	switch verb {
	case control.VerbDelete:
		return flashDeleted
	case control.VerbDeleteOutput:
		return flashRemoved
	case control.VerbPark:
		return flashParked
	}
	return flashStopped
}

// nameOfAsk is what an ask is about.
func nameOfAsk(f *monitor.Flow, a monitor.Ask) string {
	if a.Target != "" {
		return a.Target
	}
	return f.Name
}

// withdraw takes back what was asked for. POST /flows/:id/ask/withdraw
func (h *asks) withdraw(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	err = h.Control.WithdrawAsk(c.Request().Context(), v.op, f.ID)
	if err != nil && !errors.Is(err, control.ErrChanged) {
		return err
	}
	h.flash(c, flashWithdrawn, "")
	return seeOther(c, flowPath(f.ID))
}

// show is the question to the second person: what is asked for, by whom, why,
// and what it interrupts.
func (h *asks) show(c echo.Context, v *visit, f *monitor.Flow, status int) error {
	w, a := v.t.Care.Ask, h.teller(v).asking(f)
	q := question{
		id: f.ID, name: f.Name, verb: verbConfirm, subject: f.ID, state: stopState(f), post: flowPath(f.ID) + "/ask",
		back: flowPath(f.ID), title: w.Answered, crumbs: crumbs(v.t, f), answered: status,
	}
	if a == nil {
		q.refuse = w.Gone
		return h.askOnPage(c, v, q)
	}
	name := nameOfAsk(f, *a)
	q.act = actOf(a.Verb)
	q.lead, q.title, q.button = w.Lead(a.By, clock(a.At))+" "+w.Why(a.Reason), w.StopTitle(name, a.By), w.StopButton(name)
	if a.Verb == control.VerbStop {
		q.names = interrupted(f)
	}
	switch {
	case a.By == v.op.Actor:
		q.title, q.refuse = w.Answered, w.AnsweredText
	case !whole(*a):
		q.title, q.back = w.Change(a.By), changePath(f, *a)
		q.lead, q.refuse = "", w.Same(a.By, a.Reason)
	case a.Verb != control.VerbStop:
		q.title, q.button = w.DeleteTitle(name, a.By), w.DeleteButton(name)
	}
	return h.askOnPage(c, v, q)
}

// changePath is where the same change can be given.
func changePath(f *monitor.Flow, a monitor.Ask) string {
	switch a.Verb {
	case control.VerbUpdateChannel:
		return flowPath(f.ID) + "/" + a.Target
	case control.VerbUpdateSource:
		return flowPath(f.ID) + "/source"
	case control.VerbUpdateOutput:
		return outputPath(f.ID, a.Target)
	case control.VerbRestore:
		return flowPath(f.ID) + "/good"
	}
	return flowPath(f.ID)
}

// asking is what waits for a second person, nil where nothing does any more.
func (v teller) asking(f *monitor.Flow) *monitor.Ask {
	if a := f.Care.Ask; a != nil && a.Until.After(v.now) {
		return a
	}
	return nil
}

// askWords tell what waits for a second person; empty where nothing does.
func (v teller) askWords(f *monitor.Flow) string {
	a := v.asking(f)
	if a == nil {
		return ""
	}
	switch a.Verb {
	case control.VerbStop:
		return v.t.Care.Ask.Stop(a.By)
	case control.VerbDelete:
		return v.t.Care.Ask.Delete(a.By)
	}
	return v.t.Care.Ask.Change(a.By)
}

// askShort is askWords without who asks, for a row.
func (v teller) askShort(a monitor.Ask) string {
	switch a.Verb {
	case control.VerbStop:
		return v.t.Care.Ask.ShortStop
	case control.VerbDelete:
		return v.t.Care.Ask.ShortDelete
	}
	return v.t.Care.Ask.ShortChange
}

// askLine is the line on the page of the flow.
func (v teller) askLine(f *monitor.Flow) pages.AskLine {
	a := v.asking(f)
	if a == nil {
		return pages.AskLine{T: v.t}
	}
	return pages.AskLine{
		T: v.t, FlowID: f.ID, Text: v.askWords(f), Reason: a.Reason, Mine: a.By == v.user, Off: v.askOff(*a),
		Left: ui.At(ui.TimeDown, a.Until, v.now),
	}
}

// askOff tells why the visitor cannot answer an ask.
func (v teller) askOff(a monitor.Ask) ui.Why {
	if a.By == v.user {
		return v.barred(actCare)
	}
	return v.barred(actOf(a.Verb))
}

// strip is who protects a flow.
func (v teller) strip(f *monitor.Flow) pages.Strip {
	s := pages.Strip{T: v.t, FlowID: f.ID, Tally: v.tally(f)}
	if p := f.Care.Protect; p != nil {
		s.Owner, s.Since, s.Reason, s.Second = p.Owner, fill(v.t.Care.Protect.Since, v.shortClock(p.Since)), p.Reason, p.Second
		s.Mine = p.Owner == v.user
	}
	if s.Off = v.off(actCare); s.Owner != "" && !s.Mine {
		s.Off = v.off(actForce)
	}
	return s
}

// guarded is what is offered of a flow that somebody protects.
func (v teller) guarded(f *monitor.Flow, a pages.FlowAction) pages.FlowAction {
	p, ask := f.Care.Protect, v.asking(f)
	switch {
	case p == nil || a.Verb == "" || a.Why.Word != "":
	case ask != nil && ask.By != v.user && (ask.Verb == control.VerbStop || ask.Verb == control.VerbDelete):
		a.Verb = "ask"
	case p.Owner != v.user:
		a.Verb, a.By = "", v.t.Care.Protect.Only(p.Owner)
	case a.Verb == verbStop && f.Status == medialive.Active:
		a.Held = true
	}
	return a
}

// keptBy tells that a flow is somebody else's to change.
func (v teller) keptBy(f *monitor.Flow) ui.Why {
	p := f.Care.Protect
	if p == nil || p.Owner == v.user {
		return ui.Why{}
	}
	return ui.Why{Word: v.t.Care.Protect.Only(p.Owner), Full: v.protectedBy(*p).Title}
}

// guardRow adds to a row of the list what people put on the flow.
func (v teller) guardRow(f *monitor.Flow, row *pages.FlowRow) {
	row.Action = v.guarded(f, row.Action)
	row.PeerName = v.nameOf(peerOf(f))
	if a := v.asking(f); a != nil {
		row.Asks, row.AsksHint = v.askShort(*a), v.askWords(f)+": "+a.Reason
	}
	if p := f.Care.Protect; p != nil {
		row.Guarded = v.t.Care.Protect.Tag(p.Owner)
	}
}
