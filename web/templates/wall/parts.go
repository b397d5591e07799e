package wall

import (
	"strconv"

	"github.com/a-h/templ"
)

// Part is a piece of the board that the stream sends by itself, in the place of
// the element with its ID.
type Part interface {
	ID() string
	View() templ.Component
}

// Head is the line above the tiles: name, counts, clocks. It says, too, what is
// wrong with the way to the service.
type Head struct{ b Board }

// Place is one place of the board, with its tile or empty.
type Place struct {
	b    Board
	n    int   // from 0
	tile *Tile // nil: empty
}

// Foot is the line below the tiles: pages, and how many flows are normal. It
// takes no height where there is nothing to tell.
type Foot struct{ b Board }

// Parts are all parts of the board, always the same in the same order for a
// display's version.
func (b Board) Parts() []Part {
	parts := make([]Part, 0, b.Layout+2)
	parts = append(parts, Head{b})
	for _, p := range b.places() {
		parts = append(parts, p)
	}
	return append(parts, Foot{b})
}

// ID is the element's id.
func (Head) ID() string { return "wall-head" }

// ID is the element's id.
func (p Place) ID() string { return "place-" + strconv.Itoa(p.n+1) }

// ID is the element's id.
func (Foot) ID() string { return "wall-foot" }
