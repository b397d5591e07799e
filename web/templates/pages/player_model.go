package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// ChannelPlay is the page on which a channel is played.
type ChannelPlay struct {
	Shell  layout.Shell
	Top    ChannelTop
	Player Player
}

// Player plays a package of a channel. A page that has one is sent with a policy
// that lets media be put together by a script.
type Player struct {
	T        *text.Strings
	Packages []PlayerPackage
	Note     string        // why nothing can be played; or empty
	Recorded *PlayerRecord // nil: no package plays what was recorded
}

// PlayerPackage is a package to play.
type PlayerPackage struct {
	ID      string // of the element with its address
	Label   string // "HLS 1"
	URL     string // of its manifest, on this dashboard; empty: it cannot be played here
	Address string // where players find it
	Why     string // it is not played here; or empty

	// The parameters that ask for a span of the recording, and how many of their
	// units a second has; empty: it has none.
	Begin, End, Units string
}

// PlayerRecord is what was recorded.
type PlayerRecord struct {
	Since, Until string // RFC 3339; empty: nothing
	Told         string // in a sentence, with its age
}

// playable are the packages that can be played here.
func (p Player) playable() []PlayerPackage {
	var all []PlayerPackage
	for _, one := range p.Packages {
		if one.URL != "" {
			all = append(all, one)
		}
	}
	return all
}
