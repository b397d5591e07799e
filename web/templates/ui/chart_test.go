package ui

import (
	"bytes"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

var numbers = regexp.MustCompile(`[ML](-?[\d.]+) (-?[\d.]+)`)

// dots reads a path back.
func dots(t *testing.T, path string) (out [][2]float64) {
	t.Helper()
	for _, m := range numbers.FindAllStringSubmatch(path, -1) {
		x, errX := strconv.ParseFloat(m[1], 64)
		y, errY := strconv.ParseFloat(m[2], 64)
		if errX != nil || errY != nil {
			t.Fatalf("%q in %q", m, path)
		}
		out = append(out, [2]float64{x, y})
	}
	return out
}

// day is a day of steps of five seconds.
func dayOf(value func(i int) float64) []float64 {
	out := make([]float64, 24*3600/5)
	for i := range out {
		out[i] = value(i)
	}
	return out
}

func TestALineStaysInItsBox(t *testing.T) {
	c := Plot{ID: "x", Values: dayOf(func(i int) float64 { return 8 + math.Sin(float64(i)/70) }), Least: 1}.Chart()
	all := dots(t, c.Path)
	if len(all) == 0 || len(all) > mostPoints {
		t.Fatalf("%d points, want at most %d", len(all), mostPoints)
	}
	last := -1.0
	for _, d := range all {
		if d[0] < last || d[0] > ChartWidth || d[1] < 0 || d[1] > ChartHeight {
			t.Fatalf("a point at %v after %v", d, last)
		}
		last = d[0]
	}
}

func TestTheShortestDropoutIsSeenInADay(t *testing.T) {
	const when = 11111
	middle := (when + 0.5) / (24 * 3600 / 5) * ChartWidth
	t.Run("of figures", func(t *testing.T) {
		c := Plot{Values: dayOf(func(i int) float64 {
			if i == when {
				return 0
			}
			return 8 + float64(i%7)/10
		}), Least: 1}.Chart()
		found := false
		for _, d := range dots(t, c.Path) {
			found = found || math.Abs(d[0]-middle) < 0.1 && d[1] > 0.9*ChartHeight
		}
		if !found {
			t.Error("five seconds without media are not drawn")
		}
	})
	t.Run("of measurements", func(t *testing.T) {
		c := Plot{Values: dayOf(func(i int) float64 {
			if i == when {
				return math.NaN()
			}
			return 8 + float64(i%7)/10
		}), Least: 1}.Chart()
		strokes := strings.Split(c.Path, "M")[1:]
		if len(strokes) != 2 {
			t.Fatalf("%d strokes, want two with a gap between", len(strokes))
		}
		ends := dots(t, "M"+strokes[0])
		if x := ends[len(ends)-1][0]; math.Abs(x-middle) > 3 {
			t.Errorf("the gap begins at %v, want it near %v", x, middle)
		}
	})
	t.Run("of packets", func(t *testing.T) {
		for sum, want := range map[bool]float64{false: 4, true: 9} {
			values := dayOf(func(int) float64 { return 0 })
			values[when], values[when+1] = 4, 4
			values[when+3] = 1
			got := 0.0
			one := greatest
			if sum {
				one = total
			}
			for _, v := range grouped(values, mostBars, one) {
				got = max(got, v)
			}
			if got != want {
				t.Errorf("a bar of %v, want %v where they add up is %v", got, want, sum)
			}
		}
	})
}

func TestWhatStandsAloneIsDrawn(t *testing.T) {
	nan := math.NaN()
	c := Plot{Values: []float64{nan, 5, nan, nan, 6, 7}, Least: 1}.Chart()
	if n := strings.Count(c.Path, "M"); n != 2 || !strings.Contains(c.Path, "h.6M") {
		t.Errorf("the single point of %q has no length", c.Path)
	}
}

func TestTheLimitIsWithinTheScale(t *testing.T) {
	for _, limit := range []float64{0.5, 1, 12} {
		c := Plot{Values: []float64{0, 0.1, math.NaN(), 0.3}, Bars: true, Least: 1, Limit: Limit{Value: limit, Label: "x"}}.Chart()
		if c.Limit == nil {
			t.Errorf("a limit of %v is not drawn", limit)
			continue
		}
		if y, err := strconv.ParseFloat(c.Limit.Y, 64); err != nil || y <= 0 || y >= ChartHeight {
			t.Errorf("a limit of %v stands at %q", limit, c.Limit.Y)
		}
	}
	if c := (Plot{Values: []float64{1}, Least: 1}).Chart(); c.Limit != nil {
		t.Error("no limit is drawn where there is none")
	}
}

// spans of the charts.
var spans = []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}

func TestTicksDoNotOverlap(t *testing.T) {
	date := func(at time.Time) string { return at.Format("2 Jan") }
	start := time.Date(2026, 2, 27, 23, 52, 17, 0, time.UTC)
	for _, span := range spans {
		for shift := range 50 {
			to := start.Add(time.Duration(shift) * 37 * time.Minute)
			a := NewAxis(to.Add(-span), to, date)
			if len(a.Ticks) < 2 || len(a.Ticks) > mostTicks+1 {
				t.Fatalf("%s: %d ticks", span, len(a.Ticks))
			}
			for width := 320; width <= 1200; width += 40 {
				plot := float64(width - 72) // less the gutters and the scale
				end, dated := -100.0, -100.0
				for _, tick := range a.Ticks {
					if tick.Minor && plot < middlePlot {
						continue
					}
					x := percent(t, tick.X) * plot
					if from := x - textWidth(tick.Label)/2; from < end+2 || from < -24 {
						t.Fatalf("%s at width %d: %q begins at %.0f, the last ends at %.0f", span, width, tick.Label, from, end)
					}
					end = x + textWidth(tick.Label)/2
					if tick.Date != "" {
						if from := x - textWidth(tick.Date)/2; from < dated+2 {
							t.Fatalf("%s at width %d: date %q overlaps", span, width, tick.Date)
						}
						dated = x + textWidth(tick.Date)/2
					}
				}
				if end > plot+20 {
					t.Fatalf("%s at width %d: the last tick reaches the zone", span, width)
				}
			}
		}
	}
}

func percent(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v / 100
}

func TestTicksTellTheDay(t *testing.T) {
	date := func(at time.Time) string { return at.Format("01-02") }
	to := time.Date(2026, 3, 14, 2, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		span  time.Duration
		label string
		date  string
	}{
		{6 * time.Hour, "00:00", "03-14"}, {24 * time.Hour, "00:00", "03-14"}, {7 * 24 * time.Hour, "03-12", ""}, {time.Hour, "02:00", ""},
	} {
		a := NewAxis(to.Add(-c.span), to, date)
		found := false
		for _, tick := range a.Ticks {
			found = found || tick.Label == c.label && tick.Date == c.date
		}
		if !found {
			t.Errorf("%s: no tick %q with date %q in %+v", c.span, c.label, c.date, a.Ticks)
		}
		if a.Dated != (c.date != "") {
			t.Errorf("%s: dated is %v", c.span, a.Dated)
		}
	}
	if a := NewAxis(to, to, date); len(a.Ticks) != 0 {
		t.Error("a stretch without length has no ticks")
	}
}

func TestWordsOfMarksDoNotOverlap(t *testing.T) {
	var marks []ChartMark
	for i := range 60 {
		at := math.Mod(float64(i)*0.37, 1)
		marks = append(marks, ChartMark{At: at, Shape: ShapeLost, Tone: ToneLost, Text: "19:42:5" + strconv.Itoa(i%10) + " SOURCE LOST 馈源"})
	}
	placed := PlaceMarks(marks)
	if len(placed) != mostMarks {
		t.Fatalf("%d marks", len(placed))
	}
	for _, width := range []float64{460, 620, 1200} {
		rows := map[int][]stretch{}
		shown := 0
		for _, m := range placed {
			if !m.place.shown {
				continue
			}
			shown++
			x := m.At * width
			s := stretch{x + 9, x + 9 + textWidth(m.Text)}
			if m.place.end {
				s = stretch{x - 9 - textWidth(m.Text), x - 9}
			}
			if s.from < 0 || s.to > width {
				t.Errorf("at %v: words from %v to %v", width, s.from, s.to)
			}
			if covered(rows[m.place.row], s) {
				t.Errorf("at %v: words overlap in row %d", width, m.place.row)
			}
			rows[m.place.row] = append(rows[m.place.row], s)
		}
		if shown == 0 {
			t.Error("no words at all")
		}
	}
	if !placed[0].place.shown && !PlaceMarks(marks[:1])[0].place.shown {
		t.Error("a mark by itself has its words")
	}
}

func TestAShortStateIsSeen(t *testing.T) {
	lane := Lane{Title: "State", Spans: []Span{{From: 0, To: 0.5, Kind: SpanLive, Word: "LIVE"}, {From: 0.5, To: 0.5001, Kind: SpanLost, Word: "SOURCE LOST", Title: "SOURCE LOST 1 to 2 UTC"}}}
	var out bytes.Buffer
	if err := lane.View().Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	html := out.String()
	for _, want := range []string{`class="span span-lost" x="50.00%"`, `width="0.33%"`, "<title>SOURCE LOST 1 to 2 UTC</title>", `class="span-hatch"`, ">LIVE</text>"} {
		if !strings.Contains(html, want) {
			t.Errorf("no %s in %s", want, html)
		}
	}
	if strings.Contains(html, ">SOURCE LOST</text>") {
		t.Error("a word stands where it has no room")
	}
}

func TestMarksStandAtTheirTime(t *testing.T) {
	var out bytes.Buffer
	err := Marks(PlaceMarks([]ChartMark{
		{At: 0.25, Until: 0.5, Tone: ToneLost, Shape: ShapeLost, Text: "<b>lost</b>"},
		{At: 0.75, Tone: ToneHand, Text: "op-1 started the flow"},
	})).Render(t.Context(), &out)
	if err != nil {
		t.Fatal(err)
	}
	html := out.String()
	for _, want := range []string{
		`class="chart-tint tone-lost" x="150" y="0" width="150"`, `d="M150 0V100"`, `x="25.00%"`, `x="75.00%"`, `class="chart-tick"`, "&lt;b&gt;lost",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("no %s in %s", want, html)
		}
	}
	if strings.Contains(html, "M450 0V100") {
		t.Error("what somebody did is a tick, not a rule through all charts")
	}
}

func BenchmarkDayOfALine(b *testing.B) {
	values := dayOf(func(i int) float64 { return 8 + math.Sin(float64(i)) })
	b.ReportAllocs()
	for b.Loop() {
		_ = Plot{Values: values, Least: 1}.Chart()
	}
}
