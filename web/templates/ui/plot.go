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

// NewChart draws a series, evenly spaced in time and oldest first, as a line, or
// as bars from zero. NaN is a gap. Least is the smallest range of the scale.
func NewChart(id, title string, now Figure, values []float64, bars bool, least float64) Chart {
	c := Chart{ID: id, Title: title, Figure: now}
	low, high := bounds(values)
	if math.IsNaN(low) {
		return c
	}
	if bars {
		low = 0
	}
	bottom, top, step := scale(low, high, least)
	y := func(v float64) float64 { return ChartHeight - (v-bottom)/(top-bottom)*ChartHeight }
	for v := bottom; v <= top+step/2; v += step {
		label := strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
		c.Grid = append(c.Grid, GridLine{Y: decimal(y(v)), Label: label})
	}
	if bars {
		c.Bars = barPath(values, y)
	} else {
		c.Path = line(values, ChartWidth, y)
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

// mostBars is how many bars of two pixels stand beside each other and can still
// be told apart.
const mostBars = 150

// worst keeps at most so many values, the greatest of each group.
func worst(values []float64, most int) []float64 {
	group := (len(values) + most - 1) / most
	if group <= 1 {
		return values
	}
	var out []float64
	for part := range slices.Chunk(values, group) {
		_, high := bounds(part)
		out = append(out, high)
	}
	return out
}

// barPath stands a bar on zero for each value above it.
func barPath(values []float64, y func(float64) float64) string {
	var b strings.Builder
	values = worst(values, mostBars)
	dx := ChartWidth / float64(max(len(values)-1, 1))
	for i, v := range values {
		if math.IsNaN(v) || v <= 0 {
			continue
		}
		b.WriteByte('M')
		b.WriteString(decimal(float64(i) * dx))
		b.WriteByte(' ')
		b.WriteString(decimal(y(0)))
		b.WriteByte('V')
		b.WriteString(decimal(min(y(v), ChartHeight-1)))
	}
	return b.String()
}
