package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// Sessions is the page of sessions: one's own, or everybody's.
type Sessions struct {
	Shell        layout.Shell
	Title        string
	Lead         string
	Everybody    bool
	Rows         []SessionRow
	EndOthers    string // takes a POST; empty: there are none
	EndAllURL    string // leads to the question; empty: there is nobody else
	EverybodyURL string // for who may see them; or empty
}

// SessionRow is a session.
type SessionRow struct {
	User    string
	Account string
	Browser string // in words
	Agent   string // as it says of itself
	Address string
	Since   string // by the clock, UTC
	Seen    string
	Places  []string // the present one first
	Role    string   // in the present one
	This    bool     // that of who looks
	End     string   // takes a POST
}

// StepUp is the page that asks for the password again, within the shell: alarms
// go on.
type StepUp struct {
	Shell layout.Shell
	Form  StepUpForm
}

// StepUpForm asks who is signed in for the password, and the code where IAM
// wants one.
type StepUpForm struct {
	LoginForm
	Kept  string // sealed: what waits for the password; empty: nothing does
	Typed bool   // what waits is a form that was sent
	Back  string
}

// StepUpDialog is the same over the kept page, for "#dialogs" (answer 401 with
// HX-Retarget: #dialogs, HX-Reswap: innerHTML). Answer SteppedUp after success.
type StepUpDialog struct {
	Form StepUpForm
}

// SteppedUp empties "#dialogs"; what was typed is still on the page.
type SteppedUp struct {
	T      *text.Strings
	EndsMS int64 // when the sign-in ends, epoch milliseconds
}
