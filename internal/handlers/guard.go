package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// What can be asked for twice. A start is not among them: it is one press, it
// interrupts nothing, and control lets the second of two do nothing.
const (
	verbStart   = "start"
	verbStop    = "stop"
	verbDelete  = "delete"
	verbDisable = "disable"
	verbSave    = "save"
	verbCreate  = "create"
)

const (
	fieldTicket = "ticket"
	fieldFrom   = "from"
	fromList    = "list"
	fromFlow    = "flow"
	fromAll     = "all" // the list of all places

	armedSeconds = 5                // a question in a row withdraws itself
	armedLife    = 20 * time.Second // of its ticket: the browser's clock, and a slow line
	askedLife    = 5 * time.Minute  // of the ticket of a page
	formLife     = 2 * time.Hour    // of the ticket of a form
)

// stopState is the state that a question about a flow rests on: what it was
// told to do, which outputs hang on it, who protects it and who waits for a
// second person. Which of the outputs have media just now
// is told but not bound, or a flapping output would keep a flow from being
// stopped.
func stopState(f *monitor.Flow) string {
	names := make([]string, 0, len(f.Outputs)+1)
	names = append(names, string(f.Status))
	for _, o := range f.Outputs {
		names = append(names, o.Name)
	}
	names = append(names, careState(f))
	return strings.Join(names, "|")
}

// issue gives a ticket for one act of this session.
func (d *desk) issue(c echo.Context, v *visit, verb, subject, state string, life time.Duration) (string, error) {
	ticket, err := d.Auth.Issue(c.Request().Context(), v.session, verb, subject, state, life)
	if err != nil {
		return "", unrecorded(err)
	}
	return ticket, nil
}

// redeemed takes the ticket that a form sent. It is false for none, a used one,
// and one that was made for another state: then nothing may be done but to ask
// again.
func (d *desk) redeemed(c echo.Context, v *visit, verb, subject, state string) (bool, error) {
	ticket := c.FormValue(fieldTicket)
	if ticket == "" {
		return false, nil
	}
	err := d.Auth.Redeem(c.Request().Context(), v.session, ticket, verb, subject, state)
	switch {
	case errors.Is(err, auth.ErrTicket):
		return false, nil
	case err != nil:
		return false, unrecorded(err)
	}
	return true, nil
}

// unrecorded tells that a ticket could be neither written nor taken: what cannot
// write tickets cannot write the trail either, so no command can be given.
func unrecorded(err error) error { return fmt.Errorf("%w: ticket: %w", control.ErrNoTrail, err) }

// question is one that stands in the place of a row or a button, or on a page.
type question struct {
	id       string // of the flow or output
	name     string
	hidden   []ui.Hidden
	verb     string
	subject  string // of the ticket
	state    string
	post     string
	confirm  string
	cancel   string // the fragment that takes its place again
	back     string
	names    []string
	title    string
	lead     string
	button   string
	refuse   string // why it cannot be done now
	crumbs   []pages.Crumb
	answered int            // HTTP status
	consent  *pages.Consent // of a flow that the visitor protects; nil: two steps
	reason   *ui.Field      // where none is needed; nil: none is asked for
	force    string         // leads to a forced release; or empty
	act      act            // what it asks about; none: what every role may
	asks     string         // in the place of a row or a button; empty: whether to stop a flow
}

// armed gives the question for the place of a row or a button.
func (d *desk) armed(c echo.Context, v *visit, q question, from string) (pages.Armed, error) {
	life := armedLife
	if q.consent != nil {
		life = askedLife // a reason takes its time
	}
	ticket, err := d.issue(c, v, q.verb, q.subject, q.state, life)
	return pages.Armed{
		ID: q.id, Name: q.name, Post: q.post, Ticket: ticket, From: from, State: q.state, Confirm: q.confirm,
		Cancel: q.cancel, Back: q.back, Names: q.names, Seconds: armedSeconds, Consent: q.consent, Title: q.asks,
	}, err
}

// askOnPage shows the question on a page of its own. After a refused ticket it
// says so.
func (d *desk) askOnPage(c echo.Context, v *visit, q question) error {
	if why := d.teller(v).barred(q.act); why.Word != "" && q.refuse == "" && c.Request().Method == http.MethodGet {
		q.refuse = why.Full
	}
	m := pages.Confirm{
		Shell: d.shell(c, v, q.title), Crumbs: q.crumbs, Title: q.title, Lead: q.lead, Names: q.names,
		Refuse: q.refuse, Post: q.post, State: q.state, Button: q.button, Back: q.back, Hidden: q.hidden,
		Consent: q.consent, Reason: q.reason, Force: q.force,
	}
	if q.refuse == "" {
		ticket, err := d.issue(c, v, q.verb, q.subject, q.state, askedLife)
		if err != nil {
			return err
		}
		m.Ticket = ticket
	}
	status := http.StatusOK
	if q.answered != 0 {
		status = q.answered
	}
	switch {
	case status == http.StatusUnprocessableEntity:
		m.Problem = needed(v.t)
	case c.FormValue(fieldTicket) != "":
		m.Problem = &ui.Problem{Title: v.t.Guard.Used}
	}
	return d.print.page(c, status, m)
}
