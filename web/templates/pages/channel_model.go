package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// ChannelTop is what stands over each page of a channel: the way to it, its name
// and its pages.
type ChannelTop struct {
	T    *text.Strings
	Path string // of the channel: "/channels/push.example.com/live/one"
	Name string
	Tab  string // which page this is: one of the Tab… names
}

// The pages of a channel, as the last step of their paths.
const (
	TabOverview   = ""
	TabGeneral    = "general"
	TabInput      = "input"
	TabPackages   = "endpoints"
	TabRecord     = "record"
	TabEncoders   = "encoders"
	TabStatistics = "statistics"
	TabPlay       = "play"
	TabJSON       = "json"
)

// channelTab is a page of a channel.
type channelTab struct{ Tab, Label string }

// tabs are the pages of a channel in their order.
func (c ChannelTop) tabs() []channelTab {
	w := c.T.Channels.Tabs
	return []channelTab{
		{TabOverview, w.Overview},
		{TabGeneral, w.General},
		{TabInput, w.Input},
		{TabPackages, w.Packages},
		{TabRecord, w.Record},
		{TabEncoders, w.Code},
		{TabStatistics, w.Statistics},
		{TabPlay, c.T.Measures.Player.Title},
		{TabJSON, w.JSON},
	}
}

// url is the address of one of them.
func (c ChannelTop) url(tab string) string {
	if tab == TabOverview {
		return c.Path
	}
	return c.Path + "/" + tab
}

// Channels is the list page.
type Channels struct {
	Shell layout.Shell
	List  ChannelList
}

// ChannelList is the head, the table and the foot of the list.
type ChannelList struct {
	T       *text.Strings
	Chips   Chips
	Columns []ui.Column
	Body    ChannelBody
	Pager   Pager
	New     NewChannelButton
}

// NewChannelButton leads to the form that makes a channel (fragment
// "#channel-new").
type NewChannelButton struct {
	T   *text.Strings
	Why ui.Why // why none can be made now
}

// ChannelBody is the body of the table (fragment "#channel-rows").
type ChannelBody struct {
	T     *text.Strings
	Rows  []ChannelRow
	Title string // why there are no rows
	Text  string
	Clear string // URL without any filter; empty where nothing is filtered
	Make  bool   // there is none yet, and who looks may make one
}

// ChannelRow is one row of the list (fragment RowID).
type ChannelRow struct {
	T        *text.Strings
	ID       string // its path, without the first slash
	Name     string
	Key      string // "live/one · push.example.com"
	State    ui.State
	Protocol string // "SRT push"
	Input    string // "standby · 4.20 Mb/s"
	Packages string // "HLS 2 · DASH 1"
	Record   string // "2 h"; empty: nothing is recorded
	InState  ui.Moment
	Seen     ui.Moment
	SeenOld  bool
	Aged     bool
	Action   FlowAction
	Guarded  string // "Protect op-1"; empty: not protected
	Asks     string
	AsksHint string
	Blink    bool
	AckedBy  string
	Still    ui.Still // of what is on air; zero: there is none
}

// ArmedChannelRow is a row that asks whether to turn OFF (fragment "#armed-…").
type ArmedChannelRow struct {
	T     *text.Strings
	Row   ChannelRow
	Armed Armed
}

// ChannelPage is the page of a channel.
type ChannelPage struct {
	Shell   layout.Shell
	Head    ChannelHead
	Ask     AskLine
	Facts   ChannelFacts
	Input   ChannelInput
	Packs   ChannelPackages
	Rest    ChannelRest
	Alarms  FlowAlarms
	Refused *Refused // nil: no caller is known
	Care    Care
	History Activity
}

// ChannelName is the heading of the page of a channel (fragment "#channel-name").
type ChannelName struct{ Name string }

// Name is the heading.
func (h ChannelHead) Name() ChannelName { return ChannelName{h.Top.Name} }

// ChannelHead is name, state, what can be done, and the pages of the channel.
type ChannelHead struct {
	T       *text.Strings
	Top     ChannelTop
	Key     string // "live/one · push.example.com"
	State   FlowState
	Fresh   Fresh
	Strip   Strip
	Delete  FlowDeletion
	Command FlowCommand
	Clone   ui.Why
}

// ChannelFacts are what was commanded, what the service confirms and what is
// measured (fragment "#channel-facts").
type ChannelFacts struct {
	T         *text.Strings
	Commanded Fact
	Confirmed Fact
	Measured  Fact
	Problem   string // as the service tells it
	Aged      bool
}

// ChannelInput is where the stream comes from (fragment "#channel-input").
type ChannelInput struct {
	T        *text.Strings
	Rows     []Pair
	Sources  []ChannelSource
	Push     []ChannelPush
	PushNote string
	Edit     string // URL
	Still    ui.Still
}

// ChannelPush is an address to push to, and what of it encoders ask for.
type ChannelPush struct {
	Address ui.CopyLine
	Ways    []PushWay
}

// PushWay is what to type into an encoder.
type PushWay struct {
	Name   string        // "OBS"
	Where  string        // "Settings → Stream, service Custom…"
	Fields []ui.CopyLine // without an ID: words, nothing to copy
	Long   bool          // takes the whole width
}

// ChannelSource is one of the two inputs, or a stream of one.
type ChannelSource struct {
	Shape ui.Shape
	Role  string // "Primary"
	On    bool   // on air
	Words string // "media comes"
	Since ui.Moment
	Pairs []Pair
	Bad   string // what keeps it from coming
}

// ChannelPackages are what players can play (fragment "#channel-packages").
type ChannelPackages struct {
	T    *text.Strings
	Rows []ChannelPackage
	Edit string // URL
}

// ChannelPackage is one of them.
type ChannelPackage struct {
	ID      string // of its element
	Title   string // "HLS 1"
	Name    string // id that the service gave
	Address ui.CopyLine
	Play    ui.CopyLine // on the gateway itself; an empty Text: none
	Facts   string      // "segments of 4 s · encrypted"
	Served  string      // "1,204 requests"
	Bad     string      // it ended, and what it said last
}

// ChannelRest is recording, transcoding and the rest (fragment "#channel-rest").
type ChannelRest struct {
	T      *text.Strings
	Top    ChannelTop
	Record []Pair
	Tape   string // what is wrong with the recording
	Code   []Pair
	Coder  string // what is wrong with the encoder
	About  []Pair
}

// ChannelGone tells on the page of a channel that it was deleted meanwhile (in
// the place of "#channel-facts").
type ChannelGone struct {
	T       *text.Strings
	Problem ui.Problem
}
