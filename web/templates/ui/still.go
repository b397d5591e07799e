package ui

// Still is the newest picture of a stream.
type Still struct {
	ID    string // of the element
	URL   string // changes with each picture; empty: there is none
	Age   Moment
	Old   bool   // it may no longer show what is sent
	Label string // for who does not see it: "Picture of FEED-A"
}

// Same tells whether two are of one moment, however old that is by now.
func (s Still) Same(other Still) bool { return s.URL == other.URL && s.Old == other.Old }
