package wall

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// face is a tile on its board.
type face struct {
	b Board
	Tile
}

// theme is the palette: a wall is dark unless it is told otherwise.
func (p Page) theme() string {
	if p.Theme == "light" {
		return "light"
	}
	return "dark"
}

// classes are those of the board.
func (b Board) classes() string {
	return ui.Joined("wall", "wall-"+strconv.Itoa(b.Layout), "scale-"+strconv.Itoa(b.scale()), ui.When(b.Tally, "wall-tally"))
}

// Scales are the text scales for which the style sheet has rules, in percent.
var Scales = []int{75, 90, 100, 110, 125}

// scale is the nearest scale that there is.
func (b Board) scale() int {
	best := 100
	for _, s := range Scales {
		if b.Scale > 0 && distance(s, b.Scale) < distance(best, b.Scale) {
			best = s
		}
	}
	return best
}

func distance(a, b int) int { return max(a-b, b-a) }

// places are the places of the board.
func (b Board) places() []Place {
	all := make([]Place, b.Layout)
	for n := range all {
		all[n] = Place{b: b, n: n}
		if n < len(b.Tiles) {
			all[n].tile = &b.Tiles[n]
		}
	}
	return all
}

// footed tells that the foot has something to tell.
func (b Board) footed() bool { return b.Abnormal || b.Hidden > 0 || b.Pages.Of > 1 }

// nothing tells why there is no tile at all; empty where there is one.
func (b Board) nothing() string {
	w := b.T.Wall.Why
	switch b.Why {
	case WhyReading:
		return w.Reading
	case WhyCredential:
		return w.Credential
	case WhyNoFlows:
		return w.NoFlows
	case WhyNoMatch:
		return w.NoMatch
	case WhyAllNormal:
		return w.AllNormal
	}
	return ""
}

// since is a moment from which is counted on.
func (b Board) since(at time.Time) ui.Moment { return ui.At(ui.TimeBrief, at, b.Now) }

// age is that of a picture. The browser counts it, so that a tile need not be sent
// again for it.
func (s Still) age() ui.Moment { return ui.Moment{MS: s.At.UnixMilli(), Kind: ui.TimeBrief} }

// place is a time zone as people call it: its last part.
func place(zone string) string {
	return strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ")
}

// alarmed tells whether an alarm waits on a page.
func (p Pages) alarmed(page int) bool {
	for _, n := range p.Alarms {
		if n == page {
			return true
		}
	}
	return false
}

// mostBars is for how many pages the foot has room for a bar each.
const mostBars = 36

// drawn is how many pages have a bar: all, or where they are too many none.
func (p Pages) drawn() int {
	if p.Of > mostBars {
		return 0
	}
	return p.Of
}

// shape is the mark of a count.
func (k CountKind) shape() ui.Shape {
	switch k {
	case CountLost:
		return ui.ShapeLost
	case CountDegraded:
		return ui.ShapeWarn
	case CountWaiting:
		return ui.ShapeWaiting
	case CountStale:
		return ui.ShapeStale
	case CountChanging:
		return ui.ShapeStarting
	case CountLive:
		return ui.ShapeLive
	}
	return ui.ShapeStandby
}

// word is what a count is of.
func (k CountKind) word(t *text.Strings) string {
	w := t.State
	switch k {
	case CountLost:
		return t.Wall.Lost
	case CountDegraded:
		return w.Degraded
	case CountWaiting:
		return w.Waiting
	case CountStale:
		return w.Stale
	case CountChanging:
		return w.Changing
	case CountLive:
		return w.Live
	}
	return w.Standby
}

// shape is the mark of a state.
func (s State) shape() ui.Shape {
	switch s {
	case Standby:
		return ui.ShapeStandby
	case Starting:
		return ui.ShapeStarting
	case Stopping:
		return ui.ShapeStopping
	case Waiting:
		return ui.ShapeWaiting
	case Live:
		return ui.ShapeLive
	case On:
		return ui.ShapeClosed
	case Loss, OutputLost, SecondInput:
		return ui.ShapeWarn
	case SourceLost, NoMedia, Problem:
		return ui.ShapeLost
	}
	return ui.ShapeStale
}

// look is the class of a state: states that look alike share one.
func (s State) look() string {
	switch s {
	case Starting, Stopping:
		return "tile-changing"
	case Loss, OutputLost, SecondInput:
		return "tile-degraded"
	case SourceLost, NoMedia, Problem:
		return "tile-lost"
	case On:
		return "tile-standby"
	case Standby, Waiting, Live:
		return "tile-" + string(s)
	case Unknown:
		return "tile-stale tile-unknown"
	}
	return "tile-stale"
}

// classes are those of the tile.
func (f face) classes() string {
	return ui.Joined("tile", f.State.look(), ui.When(f.Unacked, "tile-unacked"), ui.When(f.Aging, "tile-aging"))
}

// word is the state's word, with the figure that belongs to it.
func (f face) word() string {
	w := f.b.T.State
	switch {
	case f.State == SecondInput:
		return f.b.T.Wall.Second
	case f.Channel:
		return f.b.T.ChannelState(string(f.State))
	}
	switch f.State {
	case Standby:
		return w.Standby
	case Starting:
		return w.Starting
	case Stopping:
		return w.Stopping
	case Waiting:
		return w.Waiting
	case Live:
		return w.Live
	case Loss:
		return w.Loss + " " + strconv.FormatFloat(f.Loss, 'f', 1, 64) + " %"
	case OutputLost:
		return w.Output + " " + f.count()
	case SourceLost:
		return w.SourceLost
	case Stale:
		return w.Stale
	}
	return w.Unknown
}

// counts tells that the state's age stands where the bitrate of a live flow is.
func (f face) counts() bool { return f.State != Live && f.State != Standby && f.State != On }

// traced tells that the source's trace stands where else the detail does.
func (f face) traced() bool { return f.State == Live && !f.Aging && f.Trace != (ui.Sparkline{}) }

// figure is the bitrate; of a flow that moves nothing there is none.
func (f face) figure() ui.Figure {
	switch f.State {
	case Standby, Starting, Waiting, SourceLost, NoMedia, On, Problem:
		return ui.Figure{}
	}
	unit := "Mb/s"
	switch f.Rate {
	case Never:
		return ui.Figure{}
	case Gone:
		return ui.Figure{Value: ui.Lost, Unit: unit}
	}
	return ui.Figure{Value: strconv.FormatFloat(f.Bitrate, 'f', 2, 64), Unit: unit, Quiet: f.Rate == Old}
}

// slots are the marks of the outputs.
func (f face) slots() ui.Slots {
	return ui.Slots{Kinds: f.Outputs, Label: f.b.T.Wall.Outputs(f.Joined, len(f.Outputs))}
}

// count is how many outputs pass media on, of how many.
func (f face) count() string {
	switch {
	case f.Count == Never, len(f.Outputs) == 0, f.State == Standby:
		return ""
	case f.Count == Gone:
		return ui.Lost
	}
	return strconv.Itoa(f.Joined) + "/" + strconv.Itoa(len(f.Outputs))
}

// detail is the line under the outputs: the one thing that explains the state.
func (f face) detail() string {
	switch {
	case f.State == OutputLost && f.Place > 0:
		return strconv.Itoa(f.Place) + " " + f.Output
	case f.State == OutputLost:
		return f.Output
	case (f.State == Stale || f.State == Unknown || f.Aging) && !f.ReadAt.IsZero():
		return f.b.T.Wall.ReadAt(f.ReadAt.UTC().Format("15:04:05"))
	case f.State == Waiting && f.Cause == CauseUnknown:
		return f.b.T.Wall.Nobody
	}
	return f.cause()
}

// cause is why a source was lost, in words.
func (f face) cause() string {
	w := f.b.T.Wall.Cause
	switch f.Cause {
	case CauseNobody:
		return w.Nobody
	case CausePassphrase:
		return w.Passphrase
	case CauseOneSide:
		return w.OneSide
	case CauseAddress:
		return w.Address
	case CauseRefused:
		return w.Refused
	}
	return ""
}

// tally is the lamp's words.
func (f face) tally() string {
	switch f.Lamp {
	case LampOnAir:
		return f.b.T.Wall.OnAir
	case LampReady:
		return f.b.T.Wall.Ready
	}
	return ""
}

// tailLength is how much of a name's end is always seen: names that are alike
// differ at their end.
const tailLength = 4

// long is whether the name needs the room of a tally that is off: 16 tiles hold
// some eleven capitals beside the words of a tally.
func (f face) long() bool { return f.Lamp == LampOff && len([]rune(f.Name)) > 11 }

// head is the part of the name that gives way.
func (f face) head() string {
	name := []rune(f.Name)
	return string(name[:max(0, len(name)-tailLength)])
}

// tail is the part of the name that stays.
func (f face) tail() string {
	name := []rune(f.Name)
	return string(name[max(0, len(name)-tailLength):])
}

// clock is a time of day to the minute, in UTC.
func clock(at time.Time) string { return at.UTC().Format("15:04") + "Z" }

// askAgain is how long a display that is not in use waits before it asks again.
const askAgain = 30 * time.Second

// seconds is when the page asks first, in whole seconds.
func (d Dark) seconds() string { return strconv.Itoa(int(cmp.Or(d.After, askAgain) / time.Second)) }
