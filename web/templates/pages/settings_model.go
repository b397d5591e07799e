package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// Settings is the page of settings: who is told of alarms.
type Settings struct {
	Shell    layout.Shell
	Webhooks []WebhookRow
	NewURL   string // empty: there can be no more
	Off      ui.Why // why no webhook can be added or changed now
}

// WebhookRow is a receiver of alarms.
type WebhookRow struct {
	Name  string
	URL   string // of its page; empty: not for who looks
	Shape string
	Host  string
	Least string
	Off   bool
	Last  *DeliveryResult // nil: nothing was sent yet
}

// DeliveryResult is what became of a delivery.
type DeliveryResult struct {
	Shape ui.Shape
	Word  string
	Time  string // "2026-11-21 19:44:51"
	Note  string // the problem, and when it is tried again
}

// WebhookPage makes or changes a webhook, and shows what was sent to it.
type WebhookPage struct {
	Shell   layout.Shell
	Title   string
	Form    WebhookForm
	TestURL string // empty: it is yet to be made
	AskURL  string // deletes, after a question
	Log     []DeliveryRow
}

// WebhookForm is the form of a webhook. It never holds the address or the
// secret that are set.
type WebhookForm struct {
	T        *text.Strings
	Post     string
	Name     ui.Field
	Shape    ui.Choice
	Address  ui.Field
	Secret   ui.Field
	Lang     ui.Choice
	Least    ui.Choice
	State    ui.Choice
	Error    string // of the whole form
	SetBy    string
	IsSigned bool // tell how a receiver checks the signature
}

// DeliveryRow is a line of the delivery log.
type DeliveryRow struct {
	Time   string
	Event  string
	Flow   string
	Tries  string
	Result DeliveryResult
}
