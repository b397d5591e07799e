// Package wall is what a display shows: the page of a screen, the board on it,
// and the calm page of a display that is not in use. It has no link, no form and
// no menu. Its models hold no ids and no addresses: a place of the board is known
// by its number, a flow by its name.
package wall

import (
	"time"

	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// Page is the page of a screen. Its script follows the stream at /wall/live and
// puts each part that comes in the place of the element with its id.
type Page struct {
	Board Board
	Theme string // "dark" or "light"
}

// Board is what a screen shows at one moment: one page of the display's tiles. The
// server chooses the page (by the clock, or the one with an unacknowledged alarm),
// so that all screens of a display show the same and are rendered once.
//
// The stream sends [Board.Parts], those that changed, each under its ID; a Board is
// made anew for each rendering.
type Board struct {
	T    *text.Strings
	Name string    // of the display
	Now  time.Time // the server's clock

	// Version is of all that a part alone cannot change: the program's build and
	// the display's own version. A screen that is sent another one than it was
	// loaded with loads itself again.
	Version string

	Layout int    // tiles of a page: 1, 4, 9, 16, 25 or 36
	Tiles  []Tile // of this page, at most Layout
	Tally  bool   // the label strip has a lamp and its words
	Scale  int    // of names, words and figures, in percent; 0: 100
	Zone   string // IANA name of the second clock's time zone; empty: none

	Counts   []Count // of all flows of the display, in their fixed order
	Pages    Pages
	Abnormal bool // only what is not normal has a tile
	Normal   int  // with Abnormal: how many flows have none
	Hidden   int  // flows that are not as they should be, and are on no page
	Why      Why  // why there is no tile; empty where there is one
	Link     Link
}

// Count is how many flows of the display are in a state.
type Count struct {
	Kind  CountKind
	Count int
}

// CountKind is what a count is of.
type CountKind string

// The kinds of count, in their fixed order.
const (
	CountLost     CountKind = "lost"
	CountDegraded CountKind = "degraded" // loss, or an output
	CountWaiting  CountKind = "waiting"
	CountStale    CountKind = "stale"    // and unknown
	CountChanging CountKind = "changing" // starting, stopping
	CountLive     CountKind = "live"
	CountStandby  CountKind = "standby"
)

// Pages tells which page of the display's tiles is shown.
type Pages struct {
	Now, Of int   // from 1; Of 0 or 1: there is but one
	Fixed   bool  // this page was asked for, and stays
	Held    bool  // an unacknowledged alarm keeps this page; no rotation
	Alarms  []int // pages with an unacknowledged alarm
}

// Link is how the service is reached by the server. While it is not, every tile
// ages by itself.
type Link struct {
	Down  bool
	Since time.Time // of Down
}

// Why is why a board has no tile; its values are those of display.Why.
type Why string

// The reasons for a board without tiles.
const (
	WhyReading    Why = "reading"    // the project was not read to its end yet
	WhyCredential Why = "credential" // the installation may not read this project
	WhyNoFlows    Why = "no_flows"   // the project has none
	WhyNoMatch    Why = "no_match"   // none is what the display shows
	WhyAllNormal  Why = "all_normal" // only what is not as it should be is shown, and all is
)

// State is the state of a flow; its values are those of monitor.State.
type State string

// The states of a flow.
const (
	Standby    State = "standby"
	Starting   State = "starting"
	Stopping   State = "stopping"
	Unknown    State = "unknown"
	Waiting    State = "waiting"
	Live       State = "live"
	Loss       State = "loss"
	OutputLost State = "output_lost"
	SourceLost State = "source_lost"
	Stale      State = "stale"

	On          State = "on" // of a channel, here and below: the service tells no more
	SecondInput State = "second_input"
	NoMedia     State = "no_media"
	Problem     State = "problem"
)

// Tile is a flow on the board.
type Tile struct {
	Name    string // as people know it; cut in the middle where it is too long
	Channel bool   // a channel's
	State   State
	Since   time.Time // of State, of [Stale] and [Unknown] the last reading; zero: not known

	Aging   bool      // two reads were missed: the tile is grey, and tells when it was read
	ReadAt  time.Time // of the oldest fact that matters; zero: never
	Unacked bool      // its alarm waits for somebody: it flashes
	Cause   Cause

	Loss    float64 // percent at the source, of [Loss]
	Bitrate float64 // Mb/s at the source
	Rate    Age     // of Bitrate

	Outputs []ui.SlotKind // in order, at most ten
	Joined  int           // outputs that pass media on
	Count   Age           // of Joined and Outputs
	Output  string        // the output that was lost first, of [OutputLost]
	Place   int           // of Output among Outputs, from 1
	Trace   ui.Sparkline  // the source's bitrate; the zero value: nothing measures it
	Still   Still

	Owner     string // who protects it; empty: nobody
	Protected time.Time
	Lamp      Lamp
}

// Still is the newest picture of the source.
type Still struct {
	URL string // changes with each picture; empty: there is none
	At  time.Time
	Old bool // it may no longer show what is sent
}

// Age tells how far a figure may be believed; its values are those of display.Age.
type Age int

// The ages of a figure.
const (
	Never Age = iota // it never was known: nothing is shown
	Fresh
	Old  // grey
	Gone // "--"
)

// Cause is why a source was lost, where it is known; its values are those of
// display.Cause.
type Cause string

// The causes.
const (
	CauseUnknown    Cause = ""
	CauseNobody     Cause = "nobody"     // nobody answers
	CausePassphrase Cause = "passphrase" // the far end uses another one
	CauseOneSide    Cause = "one_side"   // only one side uses a passphrase
	CauseAddress    Cause = "address"    // the far end does not allow our address
	CauseRefused    Cause = "refused"    // for another reason
)

// Lamp is whether a flow is on air, as the people who run the event say. It says
// nothing about its health.
type Lamp string

// The lamps; the zero value is not lit. The values are those of display.Lamp.
const (
	LampOff   Lamp = ""
	LampReady Lamp = "ready"
	LampOnAir Lamp = "on_air"
)

// Dark is the page for every link and screen that shows nothing: revoked, expired,
// paused, from elsewhere or never made, which all look the same. It asks again by
// itself. Answer it with status 404.
type Dark struct {
	T     *text.Strings
	NowMS int64
	After time.Duration // when it asks first; 0: after half a minute
}
