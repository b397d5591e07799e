package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// NewPlace is the page that signs in to further projects, regions and gateways.
type NewPlace struct {
	Bare     layout.Bare
	User     string // who is signed in
	Account  string
	Region   string
	Projects []ui.Option // of the account, without those signed in to; none: it has no other
	Unread   bool        // they could not be read
	Entered  string      // of several, what was signed in to just now; or empty
	Refused  []string    // and which was not, and why, a line each
	Regions  []ui.Option
	Own      LoginForm // as the same user
	Other    LoginForm // as another
}
