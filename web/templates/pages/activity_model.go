package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// Activity is the last lines of the trail of a flow, newest first (fragment
// "#activity").
type Activity struct {
	T     *text.Strings
	Lines []ActivityLine
	All   string // URL of all lines of the flow; empty: none

	Channel bool // it is a channel
}

// word leads to all lines.
func (a Activity) word() string {
	if a.Channel {
		return a.T.Channels.Page.AllActivity
	}
	return a.T.Trail.AllOfFlow
}

// ActivityLine is a line of the trail: a command with its outcome, or what
// media did (fragment "#event-<seq>" on the page of the trail).
type ActivityLine struct {
	Seq      string // its number in the trail
	Time     string // "19:44:51"
	Exact    string // "2026-11-21 19:44:51.042 UTC"
	Kind     string // "Command"
	Shape    ui.Shape
	Hand     bool // somebody's doing: a blue tick where there is no shape
	Actor    string
	Person   bool   // Actor is a person
	FlowName string // empty: of no flow
	FlowURL  string // empty: the flow has no page
	Text     string // "started the flow"
	Note     string // what was changed, in words
	Reason   string // as the person gave it
	Outcome  string // "refused"; empty: none is to be told
	Mark     ui.Shape
	Bad      bool   // of Outcome: not what was asked for, or not known
	Code     string // of the service
	Settled  string // when the outcome was known: "19:44:51.380, 0.3 s later"
	Message  string // of the service, as given: untrusted
	Request  string // id of the request at the service
}

// ActivityPage is the page of the trail.
type ActivityPage struct {
	Shell   layout.Shell
	Form    ActivityForm
	Kinds   []ui.Chip
	Applied []ui.Chip // the filters that are set, each taken off by its chip
	Days    []ActivityDay
	News    *ActivityNews // nil: not the first page
	Filters bool          // something is left out
	Foot    ActivityFoot
}

// ActivityDay is the lines of a day.
type ActivityDay struct {
	Title string // "Today, Saturday 21 November 2026, UTC"
	Lines []ActivityLine
}

// ActivityForm is what the lines are chosen by.
type ActivityForm struct {
	T       *text.Strings
	Actor   ui.Value
	Text    ui.Value
	From    ui.Value
	To      ui.Value
	Verb    []ui.Option
	Outcome []ui.Option
	Hidden  []ui.Hidden // kind, flow, limit
	Open    bool        // a field is in use, or faulty
}

// ActivityNews tells, on the first page, of lines that came since (fragment
// "#activity-news"). The browser counts those that are newer than the newest
// line of its page; nothing moves.
type ActivityNews struct {
	T    *text.Strings
	URL  string // of the first page
	Seqs string // numbers of the newest lines, newest first, between blanks
}

// ActivityFoot is the foot of the page.
type ActivityFoot struct {
	T        *text.Strings
	Sizes    []ui.Option
	SizeURLs []string
	Newest   string // URL; empty: this is the first page
	Older    string // URL; empty: there are no older ones
	CSV      string
	JSON     string
}

// EventID is the id of a line's row.
func EventID(seq string) string { return ui.ID("event-", seq) }

// newest is the number of the first line of the page, "0" where there is none.
func (p ActivityPage) newest() string {
	for _, d := range p.Days {
		for _, l := range d.Lines {
			return l.Seq
		}
	}
	return "0"
}

// Event is a line as its row on the page of the trail shows it.
type Event struct {
	T    *text.Strings
	Line ActivityLine
}
