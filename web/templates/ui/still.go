package ui

// Still is the newest picture of a stream. Two are of one moment where they are
// equal.
type Still struct {
	ID    string // of the element
	URL   string // changes with each picture; empty: there is none
	Age   Moment
	Old   bool   // it may no longer show what is sent
	Label string // for who does not see it: "Picture of FEED-A"
}
