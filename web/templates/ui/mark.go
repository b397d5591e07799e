package ui

import (
	"strings"
)

// drawing is a mark in a box of 12: what is filled and what is stroked.
type drawing struct{ fill, stroke string }

func (s Shape) drawing() drawing {
	switch s {
	case ShapeLive:
		return drawing{fill: "M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9z"}
	case ShapeStandby:
		return drawing{stroke: "M1.75 1.75h8.5v8.5h-8.5z"}
	case ShapeStarting:
		return drawing{fill: "M6 1.25a4.75 4.75 0 0 0 0 9.5z", stroke: "M6 1.25a4.75 4.75 0 1 1 0 9.5a4.75 4.75 0 1 1 0-9.5z"}
	case ShapeStopping:
		return drawing{fill: "M6 1.25a4.75 4.75 0 0 1 0 9.5z", stroke: "M6 1.25a4.75 4.75 0 1 1 0 9.5a4.75 4.75 0 1 1 0-9.5z"}
	case ShapeWaiting:
		return drawing{stroke: "M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9z"}
	case ShapeWarn:
		return drawing{fill: "M6 .9 11.6 11.1H.4z"}
	case ShapeLost:
		return drawing{fill: "M6 0 12 6 6 12 0 6z"}
	case ShapeLow:
		return drawing{stroke: "M6 1.75 10.6 10.25H1.4z"}
	case ShapeUnacked:
		return drawing{fill: "M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9z"}
	case ShapeAcked:
		return drawing{stroke: "M6 .75a5.25 5.25 0 1 1 0 10.5a5.25 5.25 0 1 1 0-10.5zM3.5 6.2 5.3 8 8.6 4.2"}
	case ShapeReturned:
		return drawing{stroke: "M4.2 1.2 1.6 3.8 4.2 6.4M1.9 3.8h5.4a3.3 3.3 0 0 1 0 6.6H3"}
	case ShapeShelved:
		return drawing{stroke: "M1 1h10v10H1zM4.4 3.8v4.4M7.6 3.8v4.4"}
	case ShapeClosed:
		return drawing{stroke: "M1.5 6.4 4.6 9.5 10.5 2.8"}
	case ShapeStale:
		return drawing{
			fill:   "M5.4 8.1h1.2v1.2H5.4z",
			stroke: "M6 .75a5.25 5.25 0 1 1 0 10.5a5.25 5.25 0 1 1 0-10.5z",
		}
	}
	return drawing{}
}

// Tone is what the colour of the shape says.
func (s Shape) Tone() Tone {
	switch s {
	case ShapeLive:
		return ToneLive
	case ShapeWarn, ShapeWaiting:
		return ToneWarn
	case ShapeLost:
		return ToneLost
	case ShapeStarting, ShapeStopping:
		return ToneHand
	}
	return ToneOff
}

// slotCount is how many outputs a flow may have: the strip has ten slots of 13,
// in a box 12 high.
const slotCount = 10

// slotPaths are the drawings of an output mark about its own middle. Each
// begins with a relative move, so that a strip is one path for each kind.
var slotPaths = map[SlotKind]string{
	SlotOK:       "h.01", // a dot: the round end of a line without length
	SlotIdle:     "m0-2.9a2.9 2.9 0 1 1 0 5.8a2.9 2.9 0 1 1 0-5.8z",
	SlotLost:     "m0-5l5 5l-5 5l-5-5z",
	SlotLoss:     "m0-4.6l5 9h-10z",
	SlotOff:      "m-3-3h6v6h-6z",
	SlotUnknown:  "m0-3.2a3.2 3.2 0 1 1 0 6.4a3.2 3.2 0 1 1 0-6.4z",
	SlotStarting: "m0-3.2a3.2 3.2 0 1 1 0 6.4a3.2 3.2 0 1 1 0-6.4zm0 6a2.8 2.8 0 0 1 0-5.6z",
	SlotStopping: "m0-3.2a3.2 3.2 0 1 1 0 6.4a3.2 3.2 0 1 1 0-6.4zm0 0.4a2.8 2.8 0 0 1 0 5.6z",
	slotEmpty:    "h.01",
}

const slotEmpty SlotKind = "empty"

// slotMoves lead to the middle of each slot.
var slotMoves = [slotCount]string{
	"M6.5 6", "M19.5 6", "M32.5 6", "M45.5 6", "M58.5 6", "M71.5 6", "M84.5 6", "M97.5 6", "M110.5 6", "M123.5 6",
}

type slotPath struct {
	class string
	d     string
}

// paths draws the strip: one path for each kind that is in it.
func (s Slots) paths() []slotPath {
	var out []slotPath
	for i := range slotCount {
		kind := slotEmpty
		if i < len(s.Kinds) {
			kind = s.Kinds[i]
		}
		out = add(out, "slot-"+string(kind), slotMoves[i]+slotPaths[kind])
	}
	return out
}

func add(paths []slotPath, class, d string) []slotPath {
	for i := range paths {
		if paths[i].class == class {
			paths[i].d += d
			return paths
		}
	}
	return append(paths, slotPath{class: class, d: d})
}

// Joined puts class names together, leaving out the empty ones.
func Joined(classes ...string) string {
	var b strings.Builder
	for _, c := range classes {
		if c == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(c)
	}
	return b.String()
}

// When gives the class where the condition holds.
func When(on bool, class string) string {
	if on {
		return class
	}
	return ""
}
