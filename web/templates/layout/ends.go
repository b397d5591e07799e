package layout

import (
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// Ends tells, from an hour before, when the sign-in runs out, and leads to its
// renewal over the page. The browser counts; without JavaScript it is as of the
// page's making.
type Ends struct {
	T    *text.Strings
	At   ui.Moment // a TimeDown; zero: it does not end
	Soon bool      // within the hour: shown
	Late bool      // within ten minutes: amber
	Path string    // of the page, to come back to
}
