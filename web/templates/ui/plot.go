package ui

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// The box of a trace in a row.
const (
	traceWidth  = 152.0
	traceHeight = 20.0
	tracePoints = 60 // as many as the eye can use, and a row is pushed each second
)

// Trace draws values, evenly spaced in time and oldest first, as the small line
// of a row. NaN is a gap. Nothing to draw gives a flat trace.
func Trace(values []float64, old bool) Sparkline {
	values = means(values, tracePoints)
	low, high := bounds(values)
	if math.IsNaN(low) || high <= 0 {
		return Sparkline{Flat: true}
	}
	span := max(high-low, high*0.25)
	base := max(0, (high+low)/2-span/2)
	path := line(values, traceWidth, func(v float64) float64 {
		return traceHeight - 2 - (v-base)/span*(traceHeight-4)
	})
	return Sparkline{Path: path, Old: old}
}

// mostPoints is how many points a line has at most: one for each unit of the box.
const mostPoints = ChartWidth

// Plot is what a chart is drawn of: values over its width in even steps, oldest
// first.
type Plot struct {
	ID, Title string
	Now       Figure    // the present value
	Note      string    // beside it: what the value is of; or empty
	Values    []float64 // NaN is a gap
	Bars      bool      // bars from zero, not a line
	Sum       bool      // of bars: where several are one, they add up; else the worst is shown
	Least     float64   // the smallest range of the scale
	Limit     Limit
}

// Limit is a value that is drawn dotted, with its words.
type Limit struct {
	Value float64 // 0: none
	Label string
}

// NewChart draws a series as a line, or as bars from zero.
func NewChart(id, title string, now Figure, values []float64, bars bool, least float64) Chart {
	return Plot{ID: id, Title: title, Now: now, Values: values, Bars: bars, Least: least}.Chart()
}

// Chart draws the series. Nothing known draws nothing.
func (p Plot) Chart() Chart {
	c := Chart{ID: p.ID, Title: p.Title, Figure: p.Now, Note: p.Note}
	values := p.Values
	switch {
	case p.Sum:
		values = grouped(values, mostBars, total)
	case p.Bars:
		values = grouped(values, mostBars, greatest)
	}
	low, high := bounds(values)
	if math.IsNaN(low) {
		return c
	}
	if p.Bars {
		low, high = 0, max(high, p.Limit.Value*1.1)
	}
	bottom, top, step := scale(low, high, p.Least)
	y := func(v float64) float64 { return ChartHeight - (v-bottom)/(top-bottom)*ChartHeight }
	for v := bottom; v <= top+step/2; v += step {
		label := strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
		c.Grid = append(c.Grid, GridLine{Y: decimal(y(v)), Label: label})
	}
	if v := p.Limit.Value; v > 0 && v >= bottom && v <= top {
		c.Limit = &GridLine{Y: decimal(y(v)), Label: p.Limit.Label}
	}
	if p.Bars {
		c.Bars = barPath(values, y)
	} else {
		c.Path = curve(extremes(values, mostPoints), y)
	}
	return c
}

// place is where the label of a grid line stands, whatever the height of the drawing.
func (g GridLine) place() string {
	y, _ := strconv.ParseFloat(g.Y, 64) // written by decimal
	return decimal(y*100/ChartHeight) + "%"
}

// bounds gives the least and the greatest value, NaN if there is none.
func bounds(values []float64) (low, high float64) {
	low, high = math.NaN(), math.NaN()
	for _, v := range values {
		if math.IsNaN(v) {
			continue
		}
		if math.IsNaN(low) || v < low {
			low = v
		}
		if math.IsNaN(high) || v > high {
			high = v
		}
	}
	return low, high
}

// scale finds two steps of a round size that hold the range.
func scale(low, high, least float64) (bottom, top, step float64) {
	span := max(high-low, least)
	magnitude := math.Pow(10, math.Floor(math.Log10(span/2)))
	for _, m := range []float64{1, 2, 2.5, 5, 10, 20} {
		step = m * magnitude
		bottom = max(0, math.Floor((low-(span-(high-low))/2)/step)*step)
		top = bottom + 2*step
		if top >= high {
			return bottom, top, step
		}
	}
	return bottom, top, step
}

// line joins values, and leaves a gap where there is none.
func line(values []float64, width float64, y func(float64) float64) string {
	var b strings.Builder
	dx := width / float64(max(len(values)-1, 1))
	pen := false
	for i, v := range values {
		if math.IsNaN(v) {
			pen = false
			continue
		}
		if pen {
			b.WriteByte('L')
		} else {
			b.WriteByte('M')
		}
		pen = true
		b.WriteString(decimal(float64(i) * dx))
		b.WriteByte(' ')
		b.WriteString(decimal(y(v)))
	}
	return b.String()
}

// means keeps so many values, the mean of each group. A group without any value
// is a gap.
func means(values []float64, most int) []float64 {
	group := (len(values) + most - 1) / most
	if group <= 1 {
		return values
	}
	var out []float64
	for part := range slices.Chunk(values, group) {
		sum, n := 0.0, 0.0
		for _, v := range part {
			if !math.IsNaN(v) {
				sum, n = sum+v, n+1
			}
		}
		out = append(out, sum/n) // NaN where n is 0
	}
	return out
}

// dot is a point of a line, or a gap in it.
type dot struct {
	x, v float64
	gap  bool
}

// extremes are at most so many dots of values: of each group the least and the
// greatest, in their order, and that there was a gap. So the shortest dropout
// stays to be seen.
func extremes(values []float64, most int) []dot {
	n := len(values)
	groups := min(n, most/2)
	if n <= most {
		groups = n
	}
	var out []dot
	for g := range groups {
		first, end := g*n/groups, (g+1)*n/groups
		out = append(out, group(values, first, end)...)
	}
	return out
}

// group gives the dots of a group of values.
func group(values []float64, first, end int) []dot {
	low, high, gap := -1, -1, -1
	for i := first; i < end; i++ {
		switch v := values[i]; {
		case math.IsNaN(v):
			gap = i
		case low < 0:
			low, high = i, i
		case v < values[low]:
			low = i
		case v > values[high]:
			high = i
		}
	}
	places := []int{low, high, gap}
	slices.Sort(places)
	var out []dot
	for _, i := range slices.Compact(places) {
		if i >= 0 {
			out = append(out, dot{(float64(i) + 0.5) / float64(len(values)) * ChartWidth, values[i], i == gap})
		}
	}
	return out
}

// curve joins dots. A gap is never joined, and what stands alone between two
// gaps is a short stroke.
func curve(dots []dot, y func(float64) float64) string {
	var b strings.Builder
	joined := 0
	end := func() {
		if joined == 1 {
			b.WriteString("h.6")
		}
		joined = 0
	}
	for _, d := range dots {
		if d.gap {
			end()
			continue
		}
		b.WriteByte("ML"[min(joined, 1)])
		joined++
		b.WriteString(decimal(d.x))
		b.WriteByte(' ')
		b.WriteString(decimal(y(d.v)))
	}
	end()
	return b.String()
}

// mostBars is how many bars of two pixels stand beside each other and can still
// be told apart.
const mostBars = 150

// grouped keeps at most so many values, one for each group.
func grouped(values []float64, most int, one func([]float64) float64) []float64 {
	n := len(values)
	if n <= most {
		return values
	}
	out := make([]float64, most)
	for g := range out {
		out[g] = one(values[g*n/most : (g+1)*n/most])
	}
	return out
}

// greatest is the greatest of values, NaN if there is none.
func greatest(values []float64) float64 {
	_, high := bounds(values)
	return high
}

// total is the sum of values, NaN if there is none.
func total(values []float64) float64 {
	sum, some := 0.0, false
	for _, v := range values {
		if !math.IsNaN(v) {
			sum, some = sum+v, true
		}
	}
	if !some {
		return math.NaN()
	}
	return sum
}

// barPath stands a bar on zero for each value above it, no lower than can be seen.
func barPath(values []float64, y func(float64) float64) string {
	var b strings.Builder
	for i, v := range values {
		if math.IsNaN(v) || v <= 0 {
			continue
		}
		b.WriteByte('M')
		b.WriteString(decimal((float64(i) + 0.5) / float64(len(values)) * ChartWidth))
		b.WriteByte(' ')
		b.WriteString(decimal(y(0)))
		b.WriteByte('V')
		b.WriteString(decimal(min(y(v), ChartHeight-1)))
	}
	return b.String()
}
