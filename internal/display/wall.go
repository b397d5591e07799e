package display

import "time"

// Wall is all that a display shows at one moment: facts, and no words. It is
// what the view of a wall is made of, and all that it is made of: it has no ids,
// addresses, stream ids or secrets, so that none can reach a screen that hangs in
// a corridor. A test looks for the names of such fields.
type Wall struct {
	At   time.Time // the server's clock
	Name string    // of the display
	Look Look

	Page       int   // from 1
	Pages      int   // 1 and more
	Fixed      bool  // the page was asked for, and stays
	Held       bool  // an alarm that nobody has acknowledged keeps the page
	AlarmPages []int // pages on which one is
	Link       Link  // how the service is reached
	Counts     Tally // of all flows that the display is about, on a tile or not
	Abnormal   bool  // only what is not as it should be has a tile
	Normal     int   // with Abnormal: flows that are as they should be: "142 normal"
	Hidden     int   // flows that are not as they should be, and are on no tile of any page
	Tiles      []Tile
	Why        Why // why there is no tile; empty where there is one
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

	On          State = "on" // of a channel, here and below: the service tells no more
	SecondInput State = "second_input"
	NoMedia     State = "no_media"
	Problem     State = "problem"
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
	CauseUnknown    Cause = ""
	CauseNobody     Cause = "nobody"     // nobody answers
	CausePassphrase Cause = "passphrase" // the far end uses another passphrase
	CauseOneSide    Cause = "one_side"   // only one side uses a passphrase
	CauseAddress    Cause = "address"    // the far end does not allow our address
	CauseRefused    Cause = "refused"    // the far end refuses for another reason
)

// Tile is a flow on a wall.
type Tile struct {
	Name    string // up to 64 characters
	Channel bool   // a channel's: its states have their own words

	State   State
	Since   time.Time // of State: of Starting and Stopping the command, of Stale and Unknown the last reading; zero: not known
	Aging   bool      // two reads were missed: the tile is grey
	ReadAt  time.Time // of the oldest fact that matters; zero: never
	Unacked bool      // its alarm lasts, and nobody has acknowledged it: it flashes
	Cause   Cause

	Loss    float64 // percent at the source, of the state Loss
	Bitrate float64 // Mb/s at the source
	Rate    Age     // of Bitrate
	Outputs []Mark  // in order, at most 10
	Joined  int     // outputs that pass media on
	Count   Age     // of Joined and Outputs
	Output  string  // the name of the output that was lost first, with OutputLost; empty: none is
	Place   int     // of Output among Outputs, from 1

	Still Still // while media comes

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
