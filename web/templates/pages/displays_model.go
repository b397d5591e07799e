package pages

import (
	"net/url"

	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
	"github.com/flowdeck/flowdeck/web/templates/wall"
)

// DisplayPath is a path below a display.
func DisplayPath(id string, parts ...string) string {
	path := "/displays/" + url.PathEscape(id)
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path
}

// Displays is the list of displays.
type Displays struct {
	Shell layout.Shell
	New   ui.Why // why none can be made now
	Rows  []DisplayRow
	Hints []Hint // what keeps displays from showing anything
}

// Hint tells what is missing, and what to do.
type Hint struct {
	Title, How string
	URL, Link  string // where it is done; empty: not here
}

// DisplayRow is a display in the list.
type DisplayRow struct {
	ID      string
	Name    string
	Shows   string // "Flows + Channels · All · 16 tiles"
	State   DisplayState
	Looked  string      // "2 now"; empty: nobody looks
	Seen    ui.Moment   // of the screen seen last; zero: never
	Screens []ScreenRow // the ones seen last, at most three
	More    int         // screens beyond
	Ends    string      // "2026-11-21 19:30 UTC"; empty: never
}

// DisplayState is whether a display is in use.
type DisplayState struct {
	Shape ui.Shape
	Word  string
}

// ScreenRow is a browser that opened a display's link.
type ScreenRow struct {
	Now     bool // it shows the display
	Seen    ui.Moment
	Address string
	Version string
	Browser string // in words
	Agent   string // as it says of itself
	Opened  string
}

// DisplayPage is the page of a display: how it looks now, who shows it, and what
// may be done with it.
type DisplayPage struct {
	Shell   layout.Shell
	ID      string
	Name    string
	State   DisplayState
	Note    string // what the state means, where it needs to be told
	Facts   []DisplayFact
	Paused  bool
	Linked  bool
	Dark    bool // no screen shows it: it is not in use
	Preview DisplayPreview
	Screens []ScreenRow
	Off     ui.Why // why nothing can be done with it by the visitor
	Hints   []Hint
	MadeBy  string
}

// DisplayFact is a line about a display.
type DisplayFact struct{ Label, Value string }

// DisplayPreview is a wall, small (fragment "#display-preview").
type DisplayPreview struct {
	T     *text.Strings
	Theme string // "dark" or "light"
	Board wall.Board
	Get   string // where it is fetched from, again and again; empty: it is of a form
}

// class is the palette of the wall, whatever the page has.
func (p DisplayPreview) class() string {
	return ui.Joined("display-preview", ui.When(p.Theme == "light", "display-light"))
}

// DisplayForm is the page that makes or changes a display.
type DisplayForm struct {
	Shell   layout.Shell
	Title   string
	ID      string // empty: it is yet to be made
	Version string
	Ticket  string
	Post    string
	Button  string
	Back    string
	Error   string // of the whole form

	Name, Query, Zone, Rotate, CIDRs, Expires ui.Field
	Mode, Status, Protocol, Layout, Tally     ui.Choice
	Kind                                      ui.Choice // of all but chosen ones
	Language, Theme, Scale                    ui.Choice
	Chosen                                    []ChosenFlow
	Others                                    []ui.Option // flows to add
	ChosenError                               string
	Preview                                   DisplayPreview
}

// ChosenFlow is a flow in the order of a display.
type ChosenFlow struct {
	ID          string
	Name        string
	Gone        bool
	First, Last bool
}

// DisplayLink shows the link of a display, once.
type DisplayLink struct {
	Shell    layout.Shell
	ID       string
	Title    string
	Name     string
	URL      string
	Insecure bool
}
