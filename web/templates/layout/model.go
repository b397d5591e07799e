// Package layout is what stands around a page: the shell with its bar and rail,
// the bare page of the sign-in, the error page.
package layout

import (
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// Theme is which palette is used.
type Theme string

// The themes; the zero Theme is dark, as a control room wants it.
const (
	ThemeDark  Theme = "dark"
	ThemeLight Theme = "light"
	ThemeAuto  Theme = "auto" // follows the system
)

// Shell is everything around a page.
type Shell struct {
	T        *text.Strings
	Theme    Theme
	Title    string // of the document, before " · Flowdeck"
	Path     string // own path and query: where a change of language or theme returns to
	Section  string // which entry of the rail is lit: "flows", "alarms", "displays", "activity", "settings"
	Flash    *ui.Notice
	Link     Link
	Count    FlowCount
	Channels ChannelCount
	Line     AlarmLine
	Alarms   AlarmCounts
	Active   AlarmRail

	Places  Places
	User    string
	Account string
	Role    string // in a word; empty: not told

	Ends Ends

	Search    string // what stands in the search field
	SearchAll bool   // it searches all places
	Live      string // URL of the page's stream, e.g. /live?view=…; empty: none
	NowMS     int64  // the server's clock when rendered, epoch milliseconds
}

// Link is the state of the way to the service (fragment "#link-state"): a line over the
// page while the service cannot be reached, and nothing otherwise. The
// heartbeat beside it is the browser's own.
type Link struct {
	T       *text.Strings
	Down    bool
	Off     bool   // with Down: no command can be given, and no figure is present
	Told    string // with Down: what is wrong, and at {} since when
	Since   ui.Moment
	Problem ui.Problem // with Down
	Skew    string     // how the clocks differ; empty: not so that it matters
}

// ChannelCount is the number of channels in the rail (fragment "#channel-count").
type ChannelCount struct {
	T     *text.Strings
	Total string // empty: not known yet
	None  bool   // the service has no channels at all: they have no place in the rail
}

// FlowCount is the number in the rail (fragment "#flow-count").
type FlowCount struct {
	T     *text.Strings
	Total string
}

// Bare is a page without a shell: sign-in, and errors without a session.
type Bare struct {
	T     *text.Strings
	Theme Theme
	Title string
	Path  string
	NowMS int64
}

// ErrorPage is a page that tells of an error; with a nil Shell it stands alone.
type ErrorPage struct {
	Bare    Bare
	Shell   *Shell
	Status  int // HTTP status
	Problem ui.Problem
	Switch  []SwitchTo // where one can go instead
}

// Failure is an error as a fragment, for the place "#notices" of the shell
// (answer with HX-Retarget: #notices, HX-Reswap: innerHTML).
type Failure struct {
	T       *text.Strings
	Problem ui.Problem
	Switch  []SwitchTo
}
