package ui

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Lost is shown in place of a figure that was known and is no longer.
const Lost = "--"

// Bitrate tells bits per second as Mb/s.
func Bitrate(bitsPerSecond int64) Figure {
	return Figure{Value: strconv.FormatFloat(float64(bitsPerSecond)/1e6, 'f', 2, 64), Unit: "Mb/s", Quiet: bitsPerSecond == 0}
}

// Millis tells milliseconds; below ten with one decimal.
func Millis(ms float64) Figure {
	digits := 0
	if ms > 0 && ms < 9.95 {
		digits = 1
	}
	return Figure{Value: strconv.FormatFloat(ms, 'f', digits, 64), Unit: "ms"}
}

// Percent tells a percentage with two decimals.
func Percent(percent float64) Figure {
	return Figure{Value: strconv.FormatFloat(percent, 'f', 2, 64), Unit: "%"}
}

// At makes a moment that ticks: its text is as of now. The zero time gives an
// empty moment.
func At(kind TimeKind, at, now time.Time) Moment {
	if at.IsZero() {
		return Moment{}
	}
	m := Moment{MS: at.UnixMilli(), Kind: kind}
	switch kind {
	case TimeAge:
		m.Text = Age(now.Sub(at))
	case TimeShort:
		m.Text = Short(now.Sub(at))
	case TimeBrief:
		m.Text = Brief(now.Sub(at))
	case TimeDown:
		m.Text = Age(at.Sub(now))
	default:
		m.Text = Counter(now.Sub(at))
	}
	return m
}

// Age tells how old something is, in its largest unit: "1 s", "4 min", "3 h", "2 d".
func Age(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < 100*time.Second:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < 100*time.Minute:
		return strconv.Itoa(int(d.Minutes())) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " h"
	}
	return strconv.Itoa(int(d.Hours()/24)) + " d"
}

// Counter tells a duration that counts up: "0:07", "6:12:40", "2 d 01:20".
func Counter(d time.Duration) string {
	s := int(max(d, 0).Seconds())
	switch {
	case s >= 86400:
		return fmt.Sprintf("%d d %02d:%02d", s/86400, s/3600%24, s/60%60)
	case s >= 3600:
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Short tells the age of a fault: "00:42", and "2:10:05" from an hour on.
func Short(d time.Duration) string {
	s := int(max(d, 0).Seconds())
	if s >= 3600 {
		return Counter(d)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// Brief tells a duration in five characters, below a thousand days: "00:42", "2h10", "99h59", "12 d".
func Brief(d time.Duration) string {
	s := int(max(d, 0).Seconds())
	switch {
	case s >= 100*3600:
		return strconv.Itoa(s/86400) + " d"
	case s >= 3600:
		return fmt.Sprintf("%dh%02d", s/3600, s/60%60)
	}
	return Short(d)
}

// ID makes an element id of a prefix and a name from outside. Letters, digits
// and - stay; every other byte becomes _ and two hex digits, so that the id is
// unique, and safe in a selector.
func ID(prefix, name string) string {
	b := []byte(prefix)
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-':
			b = append(b, c)
		default:
			b = fmt.Appendf(b, "_%02x", c)
		}
	}
	return string(b)
}

// Local gives a path of this site as it is, and / for anything that would lead
// elsewhere. Every htmx attribute that holds a path passes through here.
func Local(path string) string {
	if len(path) == 0 || path[0] != '/' || len(path) > 1 && (path[1] == '/' || path[1] == '\\') {
		return "/"
	}
	return path
}

// Target gives the selector of the element with an id made by [ID].
func Target(id string) string { return "#" + id }

func ms(at int64) string { return strconv.FormatInt(at, 10) }

func decimal(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}
