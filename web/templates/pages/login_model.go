// Package pages has the pages, one noun a file: its view model, the page, and
// the fragments that the page itself is made of.
//
// Every view model has a method View that gives its component, so a handler
// renders any of them in the same way. Models are ready to be shown: they hold
// texts in the reader's language, never API types and never a secret.
package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// Login is the sign-in page. With Renew it signs in again on the spot: account,
// user and region stand fixed.
type Login struct {
	Bare layout.Bare
	Form LoginForm
}

// LoginForm is the form of the sign-in.
type LoginForm struct {
	T             *text.Strings
	Account       string
	User          string
	UserID        string      // for the one-time code, told by IAM; empty: not known
	Regions       []ui.Option // one or none: no choice is shown
	NeedPasscode  bool        // IAM asked for a one-time code
	PasswordFirst bool        // with NeedPasscode: the focus is on the password
	Error         string      // over the form; empty: none
	Problem       *ui.Problem // where the service failed rather than the credentials
	FieldErrors   map[string]string
	Next          string      // where to go afterwards: a local path
	Renew         bool        // the session's token ran out
	Early         bool        // with Renew: it is about to
	Kept          []ui.Hidden // what was typed on the page that is renewed; without JavaScript only
}

// RenewDialog is the same form as a dialog over the kept page, for "#dialogs"
// (answer 401 with HX-Retarget: #dialogs, HX-Reswap: innerHTML). Its form posts
// to /login with htmx and "renew=1"; answer Renewed after success.
type RenewDialog struct {
	Form LoginForm
}

// Renewed empties "#dialogs" and wakes the stream; what was typed is still there.
type Renewed struct {
	T      *text.Strings
	EndsMS int64 // when the new sign-in ends, epoch milliseconds
}

// Title is the heading of the form.
func (f LoginForm) Title() string {
	switch {
	case f.Early:
		return f.T.Trail.RenewHead
	case f.Renew:
		return f.T.Login.RenewTitle
	}
	return f.T.Login.Title
}

// lead is what stands under the heading.
func (f LoginForm) lead() string {
	switch {
	case f.Early:
		return f.T.Trail.RenewLead
	case f.Renew:
		return f.T.Login.RenewLead
	}
	return f.T.Login.Lead
}
