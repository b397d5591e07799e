package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// FlowPage is the page of a flow, left to right as its signal runs.
type FlowPage struct {
	Shell   layout.Shell
	Head    FlowHead
	Facts   Facts
	Source  SourceBox
	Box     FlowBox
	Outputs OutputList
	Charts  *Charts  // nil: the history could not be read
	Refused *Refused // nil: the backend does not tell
	Sheet   Sheet
	History Activity
	Alarms  FlowAlarms
	Ask     AskLine
	Care    *Care // nil: not shown
}

// FlowHead is name, state and command (fragment "#flow-head", around
// "#flow-state", "#flow-description", "#flow-delete" and "#flow-command", which
// are pushed each by itself so that an armed command stays).
type FlowHead struct {
	T           *text.Strings
	ID          string
	Name        string
	Description string
	State       FlowState
	Command     FlowCommand
	DeleteURL   string // empty: cannot be deleted now
	DeleteWhy   string // with an empty DeleteURL: "Stop it first"
	Delete      ui.Why // why it cannot be deleted now
	Clone       ui.Why // why none can be made after it now
	Fresh       Fresh
	Strip       Strip
}

// About is the description of the head.
func (h FlowHead) About() FlowAbout { return FlowAbout{Text: h.Description} }

// Deletion is the head's way to delete.
func (h FlowHead) Deletion() FlowDeletion {
	return FlowDeletion{T: h.T, URL: h.DeleteURL, Why: h.DeleteWhy, Off: h.Delete}
}

// FlowAbout is the description of a flow (fragment "#flow-description").
type FlowAbout struct{ Text string }

// FlowDeletion is the way to delete a flow (fragment "#flow-delete").
type FlowDeletion struct {
	T   *text.Strings
	URL string // empty: cannot be deleted now
	Why string // with an empty URL
	Off ui.Why // with a URL: why it cannot be done now
}

// FlowState is the state beside the title (fragment "#flow-state").
type FlowState struct {
	T     *text.Strings
	State ui.State
}

// FlowCommand is the start or stop button of the page (fragment
// "#flow-command").
type FlowCommand struct {
	T          *text.Strings
	Action     FlowAction
	Interrupts string // under Stop: "interrupts 6 outputs"
}

// Facts are the three facts, each with its age (fragment "#flow-facts").
type Facts struct {
	T          *text.Strings
	Commanded  Fact // "Start" "by op-2, 17:58:02 UTC"
	Confirmed  Fact // "ACTIVE" "3 s after the command"
	Source     Fact // measured: "8.24 Mb/s"
	SourceBit  ui.Figure
	Outputs    ui.Slots
	Measured   ui.Moment // "0.4 s ago"
	Unmeasured string    // why there is no measurement; empty: there is one
	Aged       bool      // two measurements were missed: grey
}

// Fact is one of the three.
type Fact struct {
	Shape ui.Shape // empty: none
	Word  string   // in weight
	Note  string   // after it
	Age   ui.Moment
	Bad   bool // the outcome was not what was asked for
	Old   bool // two reads were missed: grey

	Problem string // a command that is not what is commanded: it was refused
}

// LineKind is how a stretch of the signal path is drawn.
type LineKind string

// The kinds of stretch.
const (
	LineMoves  LineKind = "moves"  // media moves
	LineLinked LineKind = "linked" // joined, nothing moves
	LineLost   LineKind = "lost"   // lost here
	LineCut    LineKind = "cut"    // will be interrupted
)

// SourceBox is the source with its figures (fragment "#source-box").
type SourceBox struct {
	T       *text.Strings
	Shape   ui.Shape
	Name    string
	EditURL string
	Rows    []Pair      // mode, address, sender, stream id, encryption, latency
	Figures []KeyFigure // bitrate, RTT, loss, retransmitted, dropped, TS errors
	Line    LineKind    // to the flow
	Bitrate ui.Figure   // over the line
	RTT     ui.Figure   // under the line
	Problem string      // why it is not connected, for people
	Told    Told
	Off     ui.Why // why it cannot be changed now
}

// Pair is a label with its value.
type Pair struct {
	Label string
	Value string
	Note  string
	Mono  bool
	Peer  Peer   // of a far end; zero: not one
	URL   string // where Value leads; empty: nowhere
}

// KeyFigure is a figure with its label.
type KeyFigure struct {
	Label  string
	Figure ui.Figure
	Bad    bool
}

// FlowBox is the flow between source and outputs (fragment "#flow-box").
type FlowBox struct {
	T      *text.Strings
	ID     string // in full; shown cut
	Status string // "ACTIVE", as the service says it
	Since  string // "since 17:58:05 UTC"
	Line   LineKind
	Still  ui.Still // of its media; zero: there is none
}

// OutputList is the outputs of a flow (fragment "#outputs"); a row alone is
// pushed as "#output-<name>".
type OutputList struct {
	T       *text.Strings
	Heading string // "Outputs, 5 of 6 connected"
	Rows    []OutputRow
	Figures bool
	AddURL  string // empty: all ten are used
	Channel string // URL of a new channel that takes the flow in; empty: none can
	Free    string // "4 of 10 free. Adding interrupts nothing."
	Unknown bool   // not read yet
	Off     ui.Why // why none can be added now
}

// OutputRow is one output (fragment "#output-<name>").
type OutputRow struct {
	T        *text.Strings
	FlowID   string
	Number   string
	Name     string
	URL      string // its edit page; empty: not for who looks
	Slot     ui.SlotKind
	SlotWord string // "connected", for those who hear the page
	Line     LineKind
	Mode     string
	FarEnd   string
	Bitrate  ui.Figure
	RTT      ui.Figure
	Loss     ui.Figure
	Figures  bool
	Since    ui.Moment
	Problem  string   // "No answer, try 14"
	Lost     ui.State // shown as a pill when Shape is set
	Next     ui.Moment
	Toggle   OutputToggle
	Peer     Peer // the name of the far end
	Told     Told
	Aged     bool // two reads were missed: the row is grey
}

// OutputToggle switches an output on, or asks before it switches it off.
type OutputToggle struct {
	Off  bool   // it is off: offer to switch it on
	URL  string // enable: POST; disable: GET asks, POST does; empty: nothing now
	Word string // "Turn off"
	Name string
	Why  ui.Why // why it cannot be switched now
}

// ArmedOutput is an output row that asks before it is switched off (fragment
// "#armed-<name>", in the place of "#output-<name>").
type ArmedOutput struct {
	T     *text.Strings
	Row   OutputRow
	Armed Armed
}

// Refused are the callers that were turned away (fragment "#refused").
type Refused struct {
	T       *text.Strings
	Rows    []RefusedRow
	Summary string // "23 attempts"
}

// RefusedRow is one caller.
type RefusedRow struct {
	Peer     Peer
	Time     string // "19:44:51"
	Leg      string // the output that was called; empty: the source
	Address  string
	StreamID string // as sent: untrusted
	Reason   string
	Count    string // "×14"
}

// Sheet is what the far end has to know (fragment "#sheet").
type Sheet struct {
	T        *text.Strings
	Lines    []ui.CopyLine
	Commands []Line
	AllText  string // everything as plain text
	Note     string // shown where there is nothing to connect to yet
}
