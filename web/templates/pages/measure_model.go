package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// ChannelStatistics is the page of what is measured of a channel.
type ChannelStatistics struct {
	Shell    layout.Shell
	Top      ChannelTop
	Measures Measures
}

// Measures are charts of what Cloud Eye has, and of a channel its SCTE-35 signals
// (fragment "#measures").
type Measures struct {
	T       *text.Strings
	Title   string
	Poll    string // where the fragment is drawn anew; empty: it is not
	Ranges  []ChartLink
	AsOf    string
	Notes   []string
	Problem *ui.Problem // why nothing could be read
	Groups  []MeasureGroup
	CSV     string   // where the values are as a file; empty: there are none
	Signals *Signals // nil: it is of no channel
}

// MeasureGroup is the charts of one thing, on one axis.
type MeasureGroup struct {
	ID     string // unique on the page
	Title  string
	Marks  []ui.ChartMark
	Series []ui.Chart
	Axis   ui.Axis
}

// Signals is a list of SCTE-35 signals, newest first.
type Signals struct {
	T       *text.Strings
	Problem *ui.Problem
	Kinds   []ChartLink
	Regions []ChartLink
	Rows    []SignalRow
	More    string // which are listed, where that is not all; or empty
	Newer   string // leads to more; or empty
	Older   string
}

// SignalRow is a signal.
type SignalRow struct {
	ID       string // of its element
	Time     string
	Command  string
	Marks    string // what it begins or ends; or empty
	Event    string
	Duration string
	Region   string // that saw it; or empty
	Data     string // base64
	Decoded  string // JSON; or empty
}

// Monitoring is the page of everything that has metrics.
type Monitoring struct {
	Shell      layout.Shell
	Problem    *ui.Problem // why nothing can be chosen
	Dimensions []ChartLink
	Instances  []MeasuredInstance
	In         string // ids of what they are below; or empty
	Below      string // what is below them; empty: nothing
	Total      string // "12 instances"
	Back, Next string // pages of instances; empty: none
	Sets       []MetricSet
	Chosen     []string  // what the charts are of; none: nothing was chosen
	Clear      string    // leads back from it
	Measures   *Measures // nil: nothing was chosen
}

// MeasuredInstance is something that may have metrics.
type MeasuredInstance struct {
	Name, ID string
	Key      string // by which it is chosen
	URL      string // of its charts
	Below    string // leads to what is below it; empty: nothing is
}

// MetricSet is what some metrics of Cloud Eye are of.
type MetricSet struct {
	Of    string // "medialive_mpc ch1, pipeline Pipeline0"
	Key   string // as of [MeasuredInstance]
	Count string
	URL   string
}
