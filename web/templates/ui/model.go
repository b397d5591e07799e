// Package ui is the design system: marks, controls, tables, charts. It knows no
// noun of the project, and no language: words come to it finished.
package ui

// Tone is what a colour may say. Red is a fault and only a fault; blue is the
// operator's hand and says nothing about a signal.
type Tone string

// The tones.
const (
	ToneNone Tone = ""     // grey: normal
	ToneLive Tone = "live" // media moves
	ToneWarn Tone = "warn" // degraded, waiting, will be interrupted
	ToneLost Tone = "lost" // a fault
	ToneHand Tone = "hand" // somebody's doing: commanded, changed
	ToneOff  Tone = "off"  // not running, as commanded
)

// Shape is the drawing of a state mark. Each state has its own, so that
// colour is never alone.
type Shape string

// The shapes, by the state each stands for.
const (
	ShapeStandby  Shape = "standby"  // hollow square
	ShapeStarting Shape = "starting" // ring, left half filled
	ShapeStopping Shape = "stopping" // ring, right half filled
	ShapeWaiting  Shape = "waiting"  // hollow circle
	ShapeLive     Shape = "live"     // disc
	ShapeWarn     Shape = "warn"     // triangle
	ShapeLost     Shape = "lost"     // diamond
	ShapeStale    Shape = "stale"    // dashed ring with a question mark
	ShapeLow      Shape = "low"      // hollow triangle: an alarm of low priority
	ShapeUnacked  Shape = "unacked"  // disc: an alarm that nobody has acknowledged
	ShapeAcked    Shape = "acked"    // ring with a tick
	ShapeReturned Shape = "returned" // ring with an arrow back
	ShapeShelved  Shape = "shelved"  // square with two bars
	ShapeClosed   Shape = "closed"   // tick
)

// State is a state as it is shown: a mark, a word, and a time or figure.
type State struct {
	Shape  Shape
	Word   string // "LIVE", "SOURCE LOST"
	Figure string // after the word, in mono: "1.2 %", "5/6"; or empty
	Time   Moment // counts up after the word; zero: none
}

// TimeKind is how a moment is told.
type TimeKind string

// The kinds of time.
const (
	TimeAge     TimeKind = "age"     // "1 s", "31 s", "4 min": how old a reading is
	TimeCounter TimeKind = "counter" // "0:07", "6:12:40", "2 d 01:20": since when
	TimeShort   TimeKind = "short"   // "00:42", minutes and seconds of a fault
	TimeBrief   TimeKind = "brief"   // "00:42", "2h10", "9 d": never longer than that, for a wall
	TimeDown    TimeKind = "down"    // "4 s": how long until, then nothing
)

// Moment is a time that ticks in the browser. Text is what is shown until the
// first tick, and without JavaScript.
type Moment struct {
	MS   int64 // epoch milliseconds; 0: there is no moment, Text alone is shown
	Kind TimeKind
	Text string
	Told bool // the service confirms it each second until it tells otherwise
}

// Figure is a number with its unit. An empty Value shows nothing (never
// known), "--" a value we had and lost.
type Figure struct {
	Value string
	Unit  string
	Quiet bool // of no weight now, like 0.00 on a waiting source
}

// SlotKind is the state of an output mark.
type SlotKind string

// The kinds of output mark.
const (
	SlotOK       SlotKind = "ok"
	SlotIdle     SlotKind = "idle" // no media, not its own fault
	SlotLost     SlotKind = "lost"
	SlotLoss     SlotKind = "loss"
	SlotOff      SlotKind = "off"
	SlotUnknown  SlotKind = "unknown"
	SlotStarting SlotKind = "starting"
	SlotStopping SlotKind = "stopping"
)

// Slots are the output marks of a flow; those that are not used are drawn as
// dots, so that everything keeps its place.
type Slots struct {
	Kinds []SlotKind // at most ten
	Count string     // "5/6", "--"
	Bad   bool       // an output is lost by its own fault, or the source is
	Label string     // "5 of 6 outputs connected", for those who hear the page
}

// Chip is a count of things in a state that filters by it.
type Chip struct {
	Key      string
	Label    string
	Count    string
	Shape    Shape // empty: no mark ("All")
	URL      string
	Selected bool
	Empty    bool // nothing to see there now
}

// Column is a table head cell.
type Column struct {
	Key   string // css class col-<key>
	Label string
	Right bool
	URL   string // sorts by it; empty: not sortable
	Order string // "ascending", "descending", or empty
}

// Option is a choice in a select, a segmented control or a radio group.
type Option struct {
	Value    string
	Label    string
	Selected bool
}

// Value is what stands in a form field.
type Value struct {
	Text  string // never a secret
	Was   string // what it was before the edit, shown beside the label; empty: not changed, or new
	Error string // what is wrong with it, in words; empty: nothing
}

// Hidden is a value that a form carries along.
type Hidden struct{ Name, Value string }

// Problem is an error as it is explained: what happened, what it means, what
// to do, and what the service said, as given.
type Problem struct {
	Title     string // what happened
	Meaning   string
	Advice    string // what to do
	Code      string // of the service, e.g. LIVE.100011001
	Message   string // of the service, as given: untrusted
	RequestID string
	RetryURL  string // offer to load this again; empty: no offer
}

// Notice is a line that tells the outcome of an act, once.
type Notice struct {
	Tone Tone // ToneNone, ToneWarn or ToneLost
	Text string
}

// Change is a line of a diff.
type Change struct {
	Label  string
	Now    []string // lines; empty: was not set
	After  []string // lines; empty: will not be set
	Bad    bool     // what is typed is faulty
	Faulty []string // which lines of After are; none: all of them, where Bad
}

// CopyLine is a text with a copy button.
type CopyLine struct {
	ID    string // of the element, unique in the page
	Label string
	Text  string
	Note  string // after the text, not copied
}

// Sparkline is a small drawing of the last minutes, newest right.
type Sparkline struct {
	Path string // d of an SVG path within 116×20; a gap is a gap
	Cut  string // the part drawn as lost; or empty
	Flat bool   // nothing to draw: the base line only
	Old  bool   // dotted: the values are stale
}
