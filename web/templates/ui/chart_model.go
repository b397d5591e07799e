package ui

// The box in which a chart is drawn, in user units. Width is the plot, without
// the labels at its right.
const (
	ChartWidth  = 600
	ChartHeight = 96
)

// Chart is one series over time, drawn by [Plot.Chart].
type Chart struct {
	ID     string
	Title  string
	Figure Figure     // the present value
	Note   string     // after it: what it is of
	Path   string     // d of a line; or empty
	Bars   string     // d of bars from zero; or empty
	Grid   []GridLine // two or three
	Limit  *GridLine  // dotted: from where it alarms; nil: none
	Label  string     // the chart in words, for those who hear the page
}

// ChartNow is the present value of a chart by itself (fragment
// "#chart-now-<id>"): it is pushed more often than the chart.
type ChartNow struct {
	ID     string
	Figure Figure
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
	Dated bool   // a second line tells the date
}

// Tick is a labelled time.
type Tick struct {
	X     string // share of the width, "12.5%"
	Label string
	Date  string // under the label where the day is not plain; or empty
	Minor bool   // left out where the chart is narrow
}

// ChartMark is something that happened: an alarm is a rule through all charts
// with its mark and words on top, and a tint while it lasted; what somebody did
// is a blue tick.
type ChartMark struct {
	At    float64 // share of the width, 0 to 1
	Until float64 // when it ended; not after At: no tint
	Tone  Tone
	Shape Shape // empty: a tick
	Text  string

	place place // given by [PlaceMarks]
}

// Lane is the states over time: one span after the other, a gap where nothing
// is known.
type Lane struct {
	Title string
	Now   string // the present state
	Label string // the lane in words
	Spans []Span
}

// Span is a stretch in one state.
type Span struct {
	From, To float64 // share of the width, 0 to 1
	Kind     SpanKind
	Word     string
	Title    string // word and times
}

// SpanKind is how a span is drawn: each differs from the others by more than its
// colour.
type SpanKind string

// The kinds of span.
const (
	SpanLive     SpanKind = "live"     // low and filled
	SpanStandby  SpanKind = "standby"  // a thin line
	SpanChanging SpanKind = "changing" // low and outlined
	SpanWaiting  SpanKind = "waiting"  // outlined
	SpanDegraded SpanKind = "degraded" // filled
	SpanLost     SpanKind = "lost"     // filled and hatched
	SpanUnknown  SpanKind = "unknown"  // dashed outline
)
