package layout

import (
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// AlarmLine is the line under the bar of every page (fragment "#alarm-line"): the
// alarm that needs a hand first, or that there is none.
type AlarmLine struct {
	T       *text.Strings
	First   *AlarmBrief // nil: there is none
	More    int         // how many others there are
	Unacked int         // how many nobody has acknowledged
	Watched bool        // false: nothing would be noticed now
	Reading bool        // the flows have not been looked at yet
	Since   string      // with no alarm: since when all is watched, "19:45:26"; empty: not known
	Off     ui.Why      // why it cannot be acknowledged now
	News    []AlarmNews // the latest that nobody has acknowledged, for sound and notifications
}

// AlarmBrief is an alarm in one line.
type AlarmBrief struct {
	ID       string
	Priority string // "high", "medium" or "low"
	Shape    ui.Shape
	Word     string    // "SOURCE LOST"
	Age      ui.Moment // counts while it lasts
	Name     string    // of the flow; or what the alarm is of
	URL      string    // of the flow; empty: none
	Text     string    // since, where, what, what to try
	Waits    bool      // nobody has acknowledged it
	Blink    bool      // it is new, lasts and is high
}

// AlarmNews is what a browser says of a new alarm.
type AlarmNews struct {
	ID       string // of this coming of the alarm
	Priority string
	Lasts    bool   // false: over before anybody acknowledged it, so it makes no sound
	Text     string // "SOURCE LOST FEED-A, since 19:45:26 UTC"
}

// AlarmCounts are the numbers in the bar (fragment "#alarm-count").
type AlarmCounts struct {
	T                 *text.Strings
	High, Medium, Low int
}

// AlarmRail is the number in the rail (fragment "#alarm-rail").
type AlarmRail struct {
	T      *text.Strings
	Active int
}

// none is what the line says while there is no alarm.
func (l AlarmLine) none() string {
	w := l.T.Alarms
	switch {
	case l.Reading:
		return w.Reading
	case !l.Watched:
		return w.Unwatched
	case l.Since != "":
		return strings.Replace(w.NoneSince, "{}", l.Since, 1)
	}
	return w.None
}

func (c AlarmCounts) none() bool { return c.High+c.Medium+c.Low == 0 }

// AckName names the alarm for those who hear its button.
func (b AlarmBrief) AckName() string { return strings.TrimSpace(b.Word + " " + b.Name) }

func number(n int) string { return strconv.Itoa(n) }

// railEntry is an entry of the rail without a number.
type railEntry struct{ section, url, label string }

func railEnd(t *text.Strings) []railEntry {
	return []railEntry{
		{"displays", "/displays", t.Displays.Rail},
		{"activity", "/activity", t.Alarms.Activity},
		{"settings", "/settings", t.Alarms.Settings},
	}
}

// Notices is the place of notices with one in it (fragment "#notices").
type Notices struct{ Notice *ui.Notice }
