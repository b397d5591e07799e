package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// Flows is the list page. With First the project has no flow, and the page
// leads to the first.
type Flows struct {
	Shell layout.Shell
	List  FlowList
	First *FirstRun
}

// FlowList is the head, the table and the foot of the list.
type FlowList struct {
	T       *text.Strings
	Chips   Chips
	Columns []ui.Column // state, name, in state … in the order of the table; build with FlowColumns
	Body    FlowBody
	Pager   Pager
	New     NewButton
	Search  string // what was searched for, empty: nothing
	Figures bool   // the backend measures: RTT, loss and trace have columns

	All      bool     // of all places: the region has a column
	Scope    []Scope  // which places can be shown; none: there is but one
	Troubles Troubles // with All
}

// Scope is a choice of which places' flows are shown.
type Scope struct {
	Label, URL string
	Selected   bool
}

// Troubles are the places of which flows cannot be told, or not as they are now
// (fragment "#place-troubles").
type Troubles struct {
	T   *text.Strings
	All []PlaceTrouble
}

// PlaceTrouble is what is wrong with one.
type PlaceTrouble struct {
	Name, Words string
	Quiet       bool             // nothing is wrong: it is being read
	Go          *layout.SwitchTo // what can be done about it; nil: nothing
}

// NewButton leads to the form that makes a flow (fragment "#flow-new").
type NewButton struct {
	T   *text.Strings
	Why ui.Why // why no flow can be made now
}

// Chips are the counts by state (fragment "#chips").
type Chips struct {
	T     *text.Strings
	Chips []ui.Chip
}

// FlowBody is the body of the table (fragment "#flow-rows"). It is pushed when
// rows come, go or change places; a row alone otherwise.
type FlowBody struct {
	T       *text.Strings
	Rows    []FlowRow
	Armed   *ArmedRow // takes the place of the row with its id: a page loaded with ?armed=, without JavaScript
	Figures bool
	Loading bool   // the project has not been read to its end yet
	Clear   string // URL without any filter; empty where nothing is filtered: then no row means no flow, and the page loads itself again to lead to the first
}

// FlowRow is one row of the list (fragment "#flow-<id>").
type FlowRow struct {
	T           *text.Strings
	ID          string
	Name        string
	Description string
	State       ui.State
	Mode        string // "Listener", "Caller"
	Peer        string // "203.0.113.18:49812", "any in 203.0.113.0/25"
	Bitrate     ui.Figure
	RTT         ui.Figure
	Loss        ui.Figure
	Figures     bool
	Trace       ui.Sparkline
	Outputs     ui.Slots
	InState     ui.Moment // counter
	Seen        ui.Moment // age of the reading
	SeenOld     bool      // too old to be at ease
	Aged        bool      // two reads were missed: the row is grey
	Still       ui.Still  // of its media; zero: there is none
	Action      FlowAction
	Guarded     string           // "Protect op-1"; empty: not protected
	Asks        string           // "asks to stop"; empty: nobody waits for a second person
	AsksHint    string           // "op-1 asks to stop: the van leaves"
	PeerName    string           // of the far end, as people call it
	Blink       bool             // its source is lost, and nobody has acknowledged it
	Region      string           // of the flow, in a list of several places
	Away        *layout.SwitchTo // leads to the flow, in another place; nil: it is of this one
	AckedBy     string           // who has acknowledged its alarm; empty: nobody, or there is none
}

// FlowAction is what may be done with a flow, where it is shown.
type FlowAction struct {
	FlowID string
	Name   string // of the flow, for the label of the button
	Verb   string // "start", "stop", "ask" (to confirm as the second person), or empty: nothing now
	Held   bool   // stop is held for three seconds
	By     string // with an empty Verb: "by op-2"
	Why    ui.Why // why Verb cannot be given now
	From   string // "list" or "flow": where the answer goes; sent as "from"
	State  string // the state this offer rests on, sent along with a start
	Turn   bool   // of a channel: it is turned ON and OFF
}

// ArmedRow is a row that asks whether to stop (fragment "#armed-<id>", in the
// place of "#flow-<id>"), the answer to GET /flows/:id/stop?from=list.
type ArmedRow struct {
	T     *text.Strings
	Row   FlowRow
	Armed Armed
}

// ArmedCommand is the same question in the head of the flow page (fragment
// "#armed-<id>", in the place of "#flow-command"), the answer to GET
// /flows/:id/stop?from=flow.
type ArmedCommand struct {
	T     *text.Strings
	Armed Armed
}

// Armed is a question that stands for some seconds and then withdraws itself.
type Armed struct {
	ID      string // flow id, or output name: the element is ArmedID(ID)
	Name    string // of the flow or output
	Post    string // URL of the command
	Ticket  string // one use
	From    string // "list" or "flow"
	State   string // the state the ticket was made for
	Confirm string // "Confirm STOP – interrupts 6 outputs"
	Cancel  string // URL of the fragment that takes its place again
	Back    string // URL of the page, for those without JavaScript
	Names   []string
	Seconds int      // 5
	Consent *Consent // of a protected flow: held, with a reason; nil: two steps
	Title   string   // of the question; empty: whether to stop a flow
}

// Confirm is the page that asks before an act, without JavaScript or where the
// act deserves a page: stop, delete, switch off, remove.
type Confirm struct {
	Shell   layout.Shell
	Crumbs  []Crumb
	Title   string   // "Stop FEED-A?"
	Lead    string   // "Interrupts 3 outputs."
	Names   []string // what it interrupts
	Refuse  string   // why it cannot be done now, e.g. "Stop the flow first"; then there is no button
	Post    string
	Ticket  string
	State   string
	Hidden  []ui.Hidden
	Button  string // "Stop FEED-A"
	Back    string
	Problem *ui.Problem
	Consent *Consent  // of a protected flow; nil: two steps
	Reason  *ui.Field // where no consent is needed: may stay empty; nil: none is asked for
	Force   string    // URL that leads to a forced release; or empty
}

// Crumb is a step of the way to a page.
type Crumb struct{ Label, URL string }

// Pager is the foot of the list (fragment "#pager").
type Pager struct {
	T        *text.Strings
	Range    string // "1–50 of 58"
	Fresh    string // how fresh the list can be, and why
	Sizes    []ui.Option
	SizeURLs []string // beside Sizes
	Page     string   // "1 / 2"
	Previous string   // URL; empty: none
	Next     string
}

// FirstRun is the page of a project without flows.
type FirstRun struct {
	T       *text.Strings
	Form    NewFlowForm
	Address string // where we listen, "203.0.113.10"; empty: not known before the flow is made
	Port    string // the port that a listener would get; empty: not known
	Lines   Lines  // for the name and port in the form
	Off     ui.Why // why no flow can be made
}

// FirstNews tells on the page of a project without flows that somebody else has
// made some meanwhile (fragment "#first-news").
type FirstNews struct {
	T     *text.Strings
	Flows int // 0: there are none yet
}

// Lines are the commands that send to an address; parts that follow what is
// typed are marked by name, so that form.js can replace them.
type Lines struct {
	T      *text.Strings
	Blocks []Line
}

// Line is one command in parts.
type Line struct {
	ID    string // "ffmpeg", "obs", "slt"
	Tool  string // "ffmpeg"
	Note  string // "test pattern and tone, needs no camera"
	Parts []LinePart
}

// LinePart is a piece of a command. With Field it shows what stands in the form
// field of that name, made lower case where Lower says so.
type LinePart struct {
	Text  string
	Field string
	Lower bool
}
