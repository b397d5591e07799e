package ui

// Why is why something cannot be done now; the zero value: it can.
type Why struct {
	Word string // on the button: "engineers only", "no API"
	Full string // in a sentence; empty: it stands on the page, in the element WhyID
}

// WhyID is the id of the sentence that tells why no command can be given now;
// every button that is off for this reason points at it.
const WhyID = "why-off"
