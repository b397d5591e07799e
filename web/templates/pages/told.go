package pages

import "github.com/flowdeck/flowdeck/web/templates/ui"

// Told is what stands beside what is measured of a source or an output: what
// the service confirmed, and what somebody last commanded. The three are never
// one.
type Told struct {
	Confirmed string    // "enabled"; "--" where it is too old to say; empty: nothing but its age
	Read      ui.Moment // when that was read; zero: not yet
	Old       bool      // two reads were missed: grey
	Measured  ui.Moment // when it was last measured; zero: it is not
	Late      bool      // of Measured: two measurements were missed
	Commanded string    // "turned on by op-2, 17:58:02 UTC"
	Refused   string    // a later command, which is not what is commanded: it was refused
	Bad       bool      // of Commanded: its outcome is not known, or not what was asked for
}

// Fresh is how fresh the page of a flow can be, and why (fragment "#fresh").
type Fresh struct{ Text string }
