package ui

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// The widths for which charts are laid out, in pixels of the plot. Wider ones
// have more room between the same texts; a narrower one leaves out what is
// marked as such (see .charts in components.css).
const (
	narrowPlot = 248 // of a page 320 wide
	middlePlot = 380
	markPlot   = 460 // from where marks have words
)

// share tells a share of the width as a percentage.
func share(v float64) string {
	return strconv.FormatFloat(v*100, 'f', 2, 64) + "%"
}

// box tells a share of the width in the units of the box.
func box(v float64) string { return decimal(v * ChartWidth) }

// tickSteps are the distances between two ticks; there are at most mostTicks.
var tickSteps = []time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 12 * time.Hour, day, 2 * day, 5 * day, 10 * day,
}

const (
	day       = 24 * time.Hour
	mostTicks = 7
)

// NewAxis is the axis of a stretch of time in UTC. Date tells a day; it stands
// where the stretch crosses midnight.
func NewAxis(from, to time.Time, date func(time.Time) string) Axis {
	from, to = from.UTC(), to.UTC()
	span := to.Sub(from)
	i := slices.IndexFunc(tickSteps, func(d time.Duration) bool { return span <= mostTicks*d })
	if span <= 0 || i < 0 {
		return Axis{Zone: "UTC"}
	}
	step := tickSteps[i]
	a := Axis{Zone: "UTC", Dated: step < day && from.Truncate(day) != to.Truncate(day)}
	for at := from.Truncate(step); !at.After(to); at = at.Add(step) {
		x := float64(at.Sub(from)) / float64(span)
		if x < 0.04 || x > 0.95 {
			continue
		}
		t := Tick{X: share(x), Label: at.Format("15:04")}
		switch {
		case step >= day:
			t.Label = date(at)
		case a.Dated && (len(a.Ticks) == 0 || at.Equal(at.Truncate(day))):
			t.Date = date(at)
		}
		if len(a.Ticks) == 1 && t.Date != "" {
			a.Ticks[0].Date = "" // no room for both: midnight tells it
		}
		room := narrowPlot * float64(step) / float64(span)
		t.Minor = room < textWidth(t.Label)+6 && at.Unix()/int64(step/time.Second)%2 != 0
		a.Ticks = append(a.Ticks, t)
	}
	return a
}

// textWidth is about how wide a text is in the smallest size, in pixels.
func textWidth(s string) float64 {
	w := 0.0
	for _, r := range s {
		if utf8.RuneLen(r) >= 3 {
			w += 11.5
		} else {
			w += 6.7
		}
	}
	return w
}

// place is where the words of a mark stand.
type place struct {
	row   int  // 0: beside the mark; 1: above
	end   bool // they end at the mark, not begin there
	shown bool
}

// The marks of a chart.
const (
	markRows  = 2
	markHalf  = 8.0 // half the width of a mark
	markSpace = 6.0 // between two texts
	mostMarks = 40
)

// stretch is a taken part of a row.
type stretch struct{ from, to float64 }

// PlaceMarks gives each mark's words a place where they cover nothing, the
// first marks first; those for which there is none have no words on the chart.
// It keeps the first forty.
func PlaceMarks(marks []ChartMark) []ChartMark {
	marks = slices.Clone(marks[:min(len(marks), mostMarks)])
	var taken [markRows][]stretch
	for _, m := range marks {
		x := m.At * markPlot
		taken[0] = append(taken[0], stretch{x - markHalf, x + markHalf})
	}
	for i := range marks {
		marks[i].place = marks[i].find(&taken)
	}
	return marks
}

// find finds the first place that is free, and takes it.
func (m ChartMark) find(taken *[markRows][]stretch) place {
	x, width := m.At*markPlot, textWidth(m.Text)
	for row := range markRows {
		for _, end := range []bool{m.At > 0.6, m.At <= 0.6} {
			s := stretch{x + markHalf + 1, x + markHalf + 1 + width}
			if end {
				s = stretch{x - markHalf - 1 - width, x - markHalf - 1}
			}
			if s.from < 0 || s.to > markPlot || covered(taken[row], s) {
				continue
			}
			s.from, s.to = s.from-markSpace, s.to+markSpace
			taken[row] = append(taken[row], s)
			return place{row: row, end: end, shown: true}
		}
	}
	return place{}
}

// covered tells whether a stretch lies over a taken one.
func covered(taken []stretch, s stretch) bool {
	return slices.ContainsFunc(taken, func(t stretch) bool { return s.from < t.to && t.from < s.to })
}

// attributes of the words of a mark in the lane of marks.
func (m ChartMark) anchor() string {
	if m.place.end {
		return "end"
	}
	return "start"
}

func (m ChartMark) shift() string {
	if m.place.end {
		return "-9"
	}
	return "9"
}

func (m ChartMark) base() string {
	if m.place.row == 0 {
		return "28"
	}
	return "12"
}

// leastSpan is the narrowest span that is still seen, as a share of the width.
const leastSpan = 1.0 / 300

func (s Span) x() string     { return share(s.From) }
func (s Span) width() string { return share(max(s.To-s.From, leastSpan)) }
func (s Span) mid() string   { return share((s.From + s.To) / 2) }

// top and height of the drawing in a lane 20 high.
func (s Span) top() string {
	switch s.Kind {
	case SpanLive, SpanChanging:
		return "4"
	case SpanStandby:
		return "9"
	}
	return "0.5"
}

func (s Span) height() string {
	switch s.Kind {
	case SpanLive, SpanChanging:
		return "12"
	case SpanStandby:
		return "2"
	}
	return "19"
}

// fit tells from which width on the word has room: "always", "middle" or "" for never.
func (s Span) fit() string {
	need := textWidth(s.Word) + 10
	switch width := s.To - s.From; {
	case width*narrowPlot >= need:
		return "always"
	case width*middlePlot >= need:
		return "middle"
	}
	return ""
}
