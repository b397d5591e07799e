package handlers

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

const (
	fieldHeld   = "held"   // the ticket of a button that was held
	fieldReason = "reason" // why
	fieldTyped  = "typed"  // the flow's name, instead of holding
	fieldState  = "state"  // what the operator was shown

	// A button is held for three seconds. The rest is for a clock and a line
	// that are not exact.
	holdTime   = 2800 * time.Millisecond
	heldLife   = 15 * time.Second
	heldVerb   = "hold " // before the verb of a held ticket
	maxSubject = 512
	maxState   = 4096
)

// pressed is how somebody answered a question.
type pressed struct {
	good bool // with a ticket that holds
	held bool // the button was held
	soon bool // it was let go too early; the ticket still holds
}

// hold gives the ticket by which the server counts three seconds: it is good
// only after them, and for what the operator was shown.
// POST /flows/:id/hold (verb, subject, state)
func (d *desk) hold(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	verb, subject, state := c.FormValue("verb"), c.FormValue("subject"), c.FormValue(fieldState)
	ours := subject == f.ID || strings.HasPrefix(subject, f.ID+"/")
	if verb == "" || !ours || len(verb)+len(subject) > maxSubject || len(state) > maxState {
		return errBadRequest
	}
	ticket, err := d.Auth.IssueHeld(c.Request().Context(), v.session, heldVerb+verb, subject, state, holdTime, heldLife)
	if err != nil {
		return unrecorded(err)
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.String(http.StatusOK, ticket)
}

// pressed takes the ticket that a form sent: that of a held button, or the one
// of the question.
func (d *desk) pressed(c echo.Context, v *visit, verb, subject, state string) (pressed, error) {
	if held := c.FormValue(fieldHeld); held != "" {
		err := d.Auth.Redeem(c.Request().Context(), v.session, held, heldVerb+verb, subject, state)
		switch {
		case err == nil:
			return pressed{good: true, held: true}, nil
		case errors.Is(err, auth.ErrTooSoon):
			return pressed{soon: true}, nil
		case !errors.Is(err, auth.ErrTicket):
			return pressed{}, unrecorded(err)
		}
	}
	good, err := d.redeemed(c, v, verb, subject, state)
	return pressed{good: good}, err
}

// consenting is the operator with what the form says of why and how it is
// meant. Who gives the command that another asks for is the second person.
func (v *visit) consenting(c echo.Context, f *monitor.Flow, p pressed, verb, target string) control.Operator {
	op := v.op
	op.Reason = strings.TrimSpace(c.FormValue(fieldReason))
	op.Shown = f.Status
	op.Consent = control.Consent{Held: p.held, Name: strings.TrimSpace(c.FormValue(fieldTyped))}
	if a := f.Care.Ask; a != nil && a.By != op.Actor && a.Verb == verb && a.Target == target {
		op.Consent = control.Consent{Ask: a.ID}
	}
	return op
}

// mine tells whether the visitor himself protects a flow.
func (v *visit) mine(f *monitor.Flow) bool {
	p := f.Care.Protect
	return p != nil && p.Owner == v.op.Actor
}

// others is the protection of a flow by somebody else, nil where there is none
// that keeps the visitor from this act.
func (v *visit) others(f *monitor.Flow, verb, target string) *monitor.Protect {
	p := f.Care.Protect
	if p == nil || p.Owner == v.op.Actor {
		return nil
	}
	if a := f.Care.Ask; a != nil && a.By != v.op.Actor && a.Verb == verb && a.Target == target {
		return nil // the second person
	}
	return p
}

// careState is what a question rests on besides the flow: who protects it, how,
// and who waits for a second person.
func careState(f *monitor.Flow) string {
	var parts []string
	if p := f.Care.Protect; p != nil {
		parts = append(parts, "protect", p.Owner, p.Since.UTC().Format(time.RFC3339Nano))
		if p.Second {
			parts = append(parts, "second")
		}
	}
	if a := f.Care.Ask; a != nil {
		parts = append(parts, "ask", a.ID)
	}
	return strings.Join(parts, " ")
}

// consentOf are the fields of a question about a flow that the visitor protects.
func (t teller) consentOf(f *monitor.Flow, verb, subject, state, label string) *pages.Consent {
	p := f.Care.Protect
	return &pages.Consent{
		T: t.t, Name: f.Name, Lead: t.t.Care.Hold.Guarded(p.Owner, t.shortClock(p.Since)),
		Hold: pages.Hold{URL: flowPath(f.ID) + "/hold", Verb: verb, Subject: subject, State: state, Label: label},
	}
}

// tried fills in what was typed, and what is missing by it.
func tried(c echo.Context, t *text.Strings, m *pages.Consent, p pressed, flow string) {
	w := t.Care
	m.Reason.Text, m.Typed.Text = cut(c.FormValue(fieldReason), 200), cut(c.FormValue(fieldTyped), 64)
	if c.Request().Method != http.MethodPost {
		return
	}
	m.Missing = w.Hold.Missing
	if strings.TrimSpace(m.Reason.Text) == "" {
		m.Reason.Error, m.Missing = w.Faults.Reason, w.Faults.Reason
	}
	switch {
	case p.soon:
		m.Missing = w.Hold.TooSoon
	case !p.held && m.Typed.Text != "" && strings.TrimSpace(m.Typed.Text) != flow:
		m.Typed.Error = w.Faults.WrongName(m.Typed.Text)
	}
}

// unmet tells that the guard wants more than was given; then the question is
// shown again with what is missing.
func unmet(err error) bool {
	return errors.Is(err, control.ErrConsent) || errors.Is(err, control.ErrReason)
}

// waits tells that an act now waits for a second person: nothing was done.
func waits(err error) bool {
	var asked *control.Asked
	return errors.As(err, &asked)
}

// needed is the problem of an answer that did not suffice.
func needed(t *text.Strings) *ui.Problem {
	return &ui.Problem{Title: t.Care.Hold.Need, Meaning: t.Care.Hold.NeedText}
}

// protectedBy is the problem of a flow that somebody else protects.
func (v teller) protectedBy(p monitor.Protect) ui.Problem {
	w := v.t.Care.Protect
	problem := ui.Problem{Title: w.By(p.Owner, v.shortClock(p.Since)), Advice: w.ByAdvice(p.Owner)}
	if p.Reason != "" {
		problem.Meaning = w.ByReason(strings.TrimRight(p.Reason, ".。"))
	}
	return problem
}

// shortClock is a time of today by the clock, and one of before with its day.
func (v teller) shortClock(at time.Time) string {
	at = at.UTC()
	if now := v.now.UTC(); at.Year() == now.Year() && at.YearDay() == now.YearDay() {
		return at.Format("15:04")
	}
	return at.Format("2006-01-02 15:04")
}

// stamp is shortClock with its zone.
func (v teller) stamp(at time.Time) string { return v.shortClock(at) + " UTC" }

// guard adds to a question what a protected flow takes: of the visitor's own the
// consent, where the act interrupts something, and why not of another's.
func (q *question) guard(c echo.Context, v *visit, t teller, f *monitor.Flow, p pressed, verb, target, label string, cuts bool) {
	if other := v.others(f, verb, target); other != nil {
		problem := t.protectedBy(*other)
		q.refuse = problem.Title + ". " + problem.Meaning + " " + problem.Advice
		q.force = flowPath(f.ID) + "/protect"
		return
	}
	if !v.mine(f) || !cuts {
		field := pages.ReasonField(v.t, ui.Value{Text: cut(c.FormValue(fieldReason), maxReason)}, false)
		q.reason = &field
		return
	}
	q.consent = t.consentOf(f, q.verb, q.subject, q.state, label)
	q.consent.Hold.Page = q.post
	if q.verb == verbStop {
		q.consent.Hold.Note = q.lead
		q.consent.Hold.Page += "?" + fieldFrom + "=" + fromOf(c)
	}
	if c.Request().Method == http.MethodPost {
		tried(c, v.t, q.consent, p, f.Name)
	}
}

// keptOutput tells that an output is somebody else's to switch.
func (v teller) keptOutput(f *monitor.Flow, name string) ui.Why {
	if a := v.asking(f); a != nil && a.By != v.user && a.Target == name {
		return ui.Why{} // the second person
	}
	return v.keptBy(f)
}
