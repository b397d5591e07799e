package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// Hold is a button that acts after it was held for three seconds. The server
// counts them: the press fetches a ticket that is good only after them. Without
// JavaScript there is no such button; the name is typed instead.
type Hold struct {
	URL     string // gives the ticket
	Verb    string // of the ticket
	Subject string // of the ticket
	State   string // of the ticket: what the operator was shown
	Label   string // "Hold 3 s to stop"
	Note    string // "interrupts 6 outputs"; or empty
	Page    string // where the name can be typed instead; empty: on this page
}

// Consent are the fields by which somebody stands for an act on a guarded flow:
// a reason, and either the held button or the name of the flow.
type Consent struct {
	T       *text.Strings
	Name    string // of the flow
	Lead    string // "Protected by op-1 since 18:02 UTC."
	Reason  ui.Value
	Typed   ui.Value
	Missing string // what was missing when it was tried; empty: nothing was tried
	Hold    Hold
}

// ReasonField is the field for a reason.
func ReasonField(t *text.Strings, v ui.Value, needed bool) ui.Field {
	f := ui.Field{Name: "reason", Label: t.Care.Reason, Value: v, Help: t.Care.Hold.ReasonFree, MaxLen: "200"}
	if needed {
		f.Help, f.Required = t.Care.Hold.ReasonHelp, true
	}
	return f
}

func (c Consent) reason() ui.Field { return ReasonField(c.T, c.Reason, true) }

func (c Consent) typed() ui.Field {
	return ui.Field{
		Name: "typed", Label: c.T.Care.Hold.Typed, Value: c.Typed, Help: c.T.Care.Hold.TypedHelp(c.Name), Mono: true, MaxLen: "64",
	}
}

// reasonID is the id of the reason in a row; there may be several rows.
func (a Armed) reasonID() string { return ui.ID("reason-", a.ID) }
