package ui

// The box in which a chart is drawn, in user units. Width is the plot, without
// the labels at its right.
const (
	ChartWidth  = 600
	ChartHeight = 96
)

// Chart is one series over time. Points are in the units of the box, oldest
// first, made by [Plot] or by [Bars].
type Chart struct {
	ID     string
	Title  string
	Figure Figure     // the present value
	Path   string     // d of a line; or empty
	Bars   string     // d of bars from zero; or empty
	Grid   []GridLine // two or three
	Label  string     // the chart in words, for those who hear the page
}

// GridLine is a grid line with its label.
type GridLine struct {
	Y     string // in the box
	Label string
}

// Axis is the shared time axis.
type Axis struct {
	Ticks []Tick
	Zone  string // "UTC"
	Marks []ChartMark
}

// Tick is a labelled time.
type Tick struct {
	X     string // in the box
	Label string
}

// ChartMark is a rule through all charts: what somebody did, or a fault.
type ChartMark struct {
	X    string
	Tone Tone
	Text string
}
