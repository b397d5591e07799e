package pages

import (
	"net/url"
	"strconv"

	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// Alarms is the page of alarms.
type Alarms struct {
	Shell layout.Shell
	T     *text.Strings
	Tabs  AlarmTabs
	Shown AckShown
	Form  AlarmForms
	Past  *AlarmPast // nil: not the past
	Shelf *ShelfList // nil: not the shelves
	Body  AlarmBody
	Flow  string // "of FEED-A": the flow whose alarms alone are shown; empty: all
	All   string // with Flow: URL of all
	Cut   string // told where not all are shown
}

// AlarmTabs are the counts by state (fragment "#alarm-tabs").
type AlarmTabs struct {
	T     *text.Strings
	Chips []ui.Chip
}

// AckShown acknowledges exactly the alarms that are listed (fragment
// "#ack-shown").
type AckShown struct {
	T    *text.Strings
	IDs  []string // empty: nothing waits
	Back []ui.Hidden
	Off  ui.Why // why they cannot be acknowledged now
}

// AlarmBody is the rows (fragment "#alarm-rows").
type AlarmBody struct {
	T         *text.Strings
	Rows      []AlarmRow
	Empty     string // what is said where there is none
	EmptyHelp string
}

// AlarmRow is an alarm in the table (fragment "#alarm-id-<id>").
type AlarmRow struct {
	T            *text.Strings
	ID           string
	State        ui.State // in its life: "NEW", "ACKNOWLEDGED" …
	Priority     string   // "high", "medium" or "low"
	PriorityWord string
	Shape        ui.Shape
	Word         string    // "SOURCE LOST"
	Age          ui.Moment // how long it has lasted, or did
	Lasts        bool
	Blink        bool
	Facts        string // figures and what was said, "1.24 %, limit 1.00 %"
	Try          string
	Times        string // "×7"; empty: once
	FirstOut     bool
	Name         string // of the flow, or what the alarm is of
	URL          string // of the flow; empty: none
	Target       string // the output
	TargetURL    string
	Peer         string
	Since        string // "19:45:26"
	Until        string // when it was over; empty: it lasts
	By           string // who acknowledged it
	ByAt         string
	Note         string
	Waits        bool   // nobody has acknowledged it
	Forms        string // URL of the two forms; empty: nothing can be done with it
	Members      []AlarmRow
	MembersHead  string // "5 alarms"
	Back         []ui.Hidden
	Off          ui.Why // why nothing can be done with it now
}

// AlarmForms are the two forms about one alarm (fragment "#alarm-forms"), or an
// empty place. No push comes to it, so what is typed stays.
type AlarmForms struct {
	T         *text.Strings
	ID        string // of the alarm; empty: the place is empty
	What      string // "SOURCE LOST FEED-A"
	Waits     bool   // it can be acknowledged
	Shelvable bool
	Note      ui.Value
	For       ui.Choice
	Scope     ui.Choice
	Reason    ui.Value
	Problem   *ui.Problem
	Close     string // URL
	Back      []ui.Hidden
}

// AlarmPast is the choice of a time.
type AlarmPast struct {
	T        *text.Strings
	From, To ui.Value // as typed, UTC
	Hidden   []ui.Hidden
}

// ShelfList is all shelves (fragment "#shelves").
type ShelfList struct {
	T    *text.Strings
	Rows []ShelfRow
}

// ShelfRow is a shelf.
type ShelfRow struct {
	T      *text.Strings
	ID     string
	What   string // "SOURCE LOST" or "All alarms"
	Name   string // of the flow
	URL    string
	Until  string
	Left   ui.Moment // until its end
	By     string    // "op-1, 19:45:26 UTC"
	Reason string
	Back   []ui.Hidden
	Off    ui.Why // why it cannot be ended now
}

// FlowAlarms are the alarms of a flow, on its page (fragment "#flow-alarms").
type FlowAlarms struct {
	T    *text.Strings
	Rows []AlarmRow
	Past string // URL of the past alarms of this flow

	Channel bool // it is a channel
}

// words say that there is none, and lead to the past ones.
func (f FlowAlarms) words() (none, past string) {
	if f.Channel {
		return f.T.Channels.Page.NoAlarm, f.T.Channels.Page.PastAlarms
	}
	return f.T.Alarms.Page.SectionNone, f.T.Alarms.Page.SectionAll
}

// AlarmID is the id of an alarm's row.
func AlarmID(id string) string { return ui.ID("alarm-id-", id) }

// AlarmPath is the path of an alarm's forms.
func AlarmPath(id string) string { return "/alarms/" + url.PathEscape(id) }

// label is what the button says: how many it acknowledges.
func (a AckShown) label() string { return a.T.Alarms.Page.AckShown(len(a.IDs)) }

// what names the alarm for those who hear its buttons.
func (r AlarmRow) what() string {
	if r.Target != "" {
		return r.Word + " " + r.Name + ", " + r.Target
	}
	return r.Word + " " + r.Name
}

func (f AlarmForms) reasonField() ui.Field {
	return ui.Field{
		Name: "reason", Label: f.T.Alarms.Act.Reason, Value: f.Reason, Help: f.T.Alarms.Act.ReasonHelp,
		Required: true, MaxLen: strconv.Itoa(MaxAlarmNote),
	}
}

func (f AlarmForms) noteField() ui.Field {
	return ui.Field{
		Name: "note", Label: f.T.Alarms.Act.Note, Value: f.Note, Help: f.T.Alarms.Act.NoteHelp,
		Focus: f.Waits, MaxLen: strconv.Itoa(MaxAlarmNote),
	}
}

func (p AlarmPast) fromField() ui.Field { return p.time("from", p.T.Alarms.Page.From, p.From) }

func (p AlarmPast) toField() ui.Field { return p.time("to", p.T.Alarms.Page.To, p.To) }

func (p AlarmPast) time(name, label string, v ui.Value) ui.Field {
	return ui.Field{Name: name, Label: label, Value: v, Mono: true, MaxLen: "16"}
}

// MaxAlarmNote is how long a note or a reason may be, in characters.
const MaxAlarmNote = 200

// tone is the class of a row by what it needs: a tint only while a high alarm
// lasts and waits, no colour once it is over.
func (r AlarmRow) tone() string {
	switch {
	case r.Lasts && r.Waits:
		return "alarm-row-" + r.Priority
	case r.Lasts:
		return "alarm-row-quiet"
	}
	return "alarm-row-quiet alarm-row-over"
}

// columns are the heads of the table.
func (a Alarms) columns() []ui.Column {
	w := a.T.Alarms.Page
	return []ui.Column{
		{Key: "life", Label: w.State},
		{Key: "priority", Label: w.Priority},
		{Key: "what", Label: w.What},
		{Key: "where", Label: w.Where},
		{Key: "alarm-since", Label: w.Since, Right: true},
		{Key: "note", Label: w.Note},
		{Key: "alarm-action", Label: w.Action},
	}
}
