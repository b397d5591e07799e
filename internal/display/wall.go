package display

import "time"

// Wall is all that a display shows at one moment: facts, and no words. It is
// what the templates of web/templates/wall get, and all they get. It has no ids,
// addresses, stream ids or secrets, so that none can reach a screen that hangs in
// a corridor; a test looks for the names of such fields.
//
// The templates render it by these components, whose elements the stream
// replaces one by one:
//
//	wall.Page(m Wall)        the whole document of GET /wall; data-version and data-now on its root
//	wall.Head(m Wall)        #wall-head: name, counts, clocks, page, what is hidden
//	wall.Board(m Wall)       #wall-board: the grid with all its tiles; no tile: what to do
//	wall.Spot(m Wall, i int) #tile-<i>: the tile at a place, i from 0; an empty place beyond the last
//	wall.Dark(m Dark)        the whole document where a display is not in use; loads itself again after Retry
//
// Board fills its container and takes its measures from that (container query
// units), since the form's preview shows it small, with the same style sheet.
// What changes with each second stands in a <time data-t> (ui.Moment), which the
// screen counts on by itself; else each screen would be sent every tile each
// second. At and Version are for Page alone.
//
// The stream (GET /wall/live) has unnamed events, the elements that changed as
// <hx-partial hx-target="#id">…</hx-partial>, all of them first; "hb" each second
// with the server's clock in epoch milliseconds and, after a blank, when the
// service last confirmed what it had told; "version" with Version, at the
// beginning and when it changed, with the program or with the display: another
// one than the page's wants a reload; and "dark" when the display is no longer in
// use, after which the stream ends and GET /wall answers with the dark page. A wall that shows several
// pages is led through them by the server, so that all its screens show the
// same one; GET /wall?page=2 stays on one, and its stream is /wall/live?page=2.
type Wall struct {
	At       time.Time // the server's clock when it was rendered
	Version  string    // of the program, its files and the display: another one wants the page to be loaded again
	Language string    // "en" or "zh-CN"
	Theme    string    // "dark" or "light"
	Scale    int       // of the text, in percent: 80 to 150
	Zone     string    // IANA name of the second clock's zone ("Asia/Singapore"); empty: none
	Name     string    // of the display

	Layout int   // places on a page: 1, 4, 9, 16, 25 or 36
	Page   int   // from 1
	Pages  int   // 1 and more
	Fixed  bool  // the page was asked for, and stays
	Tally  bool  // the label strip has a lamp
	Alarm  bool  // something is not acknowledged: the page with the worst of it stays
	Link   Link  // how the service is reached
	Counts Tally // of all flows that the display is about, on a tile or not
	Normal int   // flows that are as they should be and have no tile: "142 normal"
	Hidden int   // flows that are not as they should be and have no tile now: "3 more"
	Tiles  []Tile
	Why    Why // why there is no tile; empty where there is one
}

// Tally counts flows by what is to be done, in the order in which it is shown.
type Tally struct {
	Lost     int // source lost
	Degraded int // loss, output lost
	Waiting  int
	Stale    int // stale, unknown
	Changing int // starting, stopping
	Live     int
	Standby  int
}

// Link is how the service is reached.
type Link struct {
	Down  bool
	Since time.Time // of Down
	Read  bool      // the project has been read; false with Down false: it is being read for the first time
}

// Why is why a wall has no tile.
type Why string

// The reasons for a wall without tiles.
const (
	WhyReading    Why = "reading"    // the project has not been read yet
	WhyCredential Why = "credential" // the installation has no service credential for this project, so that nothing is read for a wall
	WhyNoFlows    Why = "no_flows"   // the project has no flow
	WhyNoMatch    Why = "no_match"   // no flow is what the display shows
	WhyAllNormal  Why = "all_normal" // only what is not as it should be is shown, and all is
)

// State is the one word of a tile: the strings of monitor.State.
type State string

// The states of a tile.
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
)

// Age tells how far a figure may be believed.
type Age int

// The ages of a figure.
const (
	Never Age = iota // it never was known: nothing is shown
	Fresh
	Old  // to be shown grey
	Gone // we had it and lost it: "--"
)

// Mark is the state of an output, by the names of ui.SlotKind.
type Mark string

// The marks of outputs.
const (
	MarkOK       Mark = "ok"
	MarkIdle     Mark = "idle"
	MarkLost     Mark = "lost"
	MarkLoss     Mark = "loss"
	MarkOff      Mark = "off"
	MarkUnknown  Mark = "unknown"
	MarkStarting Mark = "starting"
	MarkStopping Mark = "stopping"
)

// Lamp is what the tally lamp of a label strip says. It says nothing about the
// signal.
type Lamp string

// The lamps.
const (
	LampOff   Lamp = ""       // an outline, and no word
	LampReady Lamp = "ready"  // green, READY: armed for the next event
	LampOnAir Lamp = "on_air" // red, ON AIR
)

// Cause is why a source was lost, where it is known: a word of ours, never the
// service's own text, which may name an address.
type Cause string

// The causes.
const (
	CauseUnknown Cause = ""
	CauseTimeout Cause = "timeout" // nothing came any more
	CauseClosed  Cause = "closed"  // the far end hung up
	CauseRefused Cause = "refused" // the far end does not take us
	CauseNever   Cause = "never"   // it could not be reached at all
)

// Tile is a flow on a wall.
type Tile struct {
	Name  string // up to 64 characters
	Short string // up to 16 characters; both ends of a longer name, since feeds differ in the last letter

	State   State
	Since   time.Time // of State: of Starting and Stopping the command, of Stale and Unknown the last reading; zero: not known
	Aging   bool      // two reads were missed: the tile is grey
	ReadAt  time.Time // of the oldest fact that matters; zero: never
	Unacked bool      // its alarm is not acknowledged: it blinks
	Cause   Cause     // of SourceLost

	Loss    float64 // percent at the source, of the state Loss
	Bitrate float64 // Mb/s at the source
	Rate    Age     // of Bitrate
	Outputs []Mark  // in order, at most 10
	Joined  int     // outputs that pass media on
	Count   Age     // of Joined and Outputs
	Output  string  // the name of the output that was lost first, with OutputLost; empty: none is
	Place   int     // of Output among Outputs, from 1

	Measured bool     // the service measures: there may be a trace
	Trace    []Sample // the last minutes, oldest first

	Owner     string    // who protects it; empty: nobody
	Protected time.Time // since when
	Lamp      Lamp
}

// Sample is a point of a trace.
type Sample struct {
	At   time.Time
	Mbps float64 // -1: not known (a gap)
}

// Dark is what a screen shows whose display is not in use: unknown, revoked,
// expired, paused, or not for its address. It does not tell which.
type Dark struct {
	At       time.Time
	Language string
	Retry    time.Duration // after which it loads itself again, without JavaScript too; whole seconds
}
