package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// Charts are the history of the source or of an output of a flow (fragment
// "#history", around "#charts", "#chart-since" and "#chart-data").
type Charts struct {
	T      *text.Strings
	Title  string // "Source, last 10 minutes"
	Since  ChartSince
	Ranges []ChartLink
	Legs   []ChartLink
	Plots  ChartPlots
	Data   ChartData
	CSV    string // where the values are as a file
}

// ChartLink chooses a stretch, or a source or output.
type ChartLink struct {
	Label string
	Name  string // in full, where Label is short; or empty
	URL   string
	On    bool
}

// ChartSince tells from when counters run (fragment "#chart-since").
type ChartSince struct{ Text string }

// ChartPlots are the charts on one axis (fragment "#charts").
type ChartPlots struct {
	T      *text.Strings
	Notes  []string // why there is little to see
	Series []ui.Chart
	Lane   ui.Lane
	Marks  []ui.ChartMark
	Axis   ui.Axis
}

// ChartData is what the charts show, in tables (fragment "#chart-data").
type ChartData struct {
	T       *text.Strings
	AsOf    string
	Figures bool // there are more than states
	Rows    []ChartRow
	Events  []ChartEvent
	More    string // events that are left out; or empty
}

// ChartRow is a stretch of the table.
type ChartRow struct {
	Time, State                                string
	Bitrate, RTT, Loss, Retransmitted, Dropped string
}

// ChartEvent is an alarm or a command.
type ChartEvent struct {
	Time  string
	Shape ui.Shape // empty: a command
	Text  string
}
