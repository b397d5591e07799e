package layout

import (
	"cmp"

	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// Places is where one is, and where one can go from there (fragment "#places").
type Places struct {
	T    *text.Strings
	Here PlaceLine
	All  []PlaceLine // with the present one
	New  string      // URL of the sign-in to another; empty: there is no other
}

// PlaceLine is a place in the menu.
type PlaceLine struct {
	Key        string
	Region     string
	Project    string // empty: the region's own
	RegionName string // as people call it; empty: by no other name
	User       string
	Account    string
	Waits      int    // alarms that nobody has acknowledged
	Trouble    string // "cannot be reached"; empty: none
	Ended      bool   // the sign-in has run out
}

// Waiting counts the alarms elsewhere that nobody has acknowledged.
func (p Places) Waiting() int {
	n := 0
	for _, l := range p.All {
		if l.Key != p.Here.Key {
			n += l.Waits
		}
	}
	return n
}

// Name is the place in one line.
func (l PlaceLine) Name() string {
	if l.Project == "" {
		return l.Region
	}
	return l.Region + " · " + l.Project
}

// SwitchTo is a press that leads to another place, and to a page there.
type SwitchTo struct {
	Key   string
	Next  string // path of the page; empty: the list
	Label string
	Stay  bool // the page stays as it is: it belongs there
}

// next is where the press leads.
func (s SwitchTo) next() string { return ui.Local(cmp.Or(s.Next, "/flows")) }
