package ui_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/web/templates/ui"
)

func TestDurations(t *testing.T) {
	for _, c := range []struct {
		d                   time.Duration
		age, counter, short string
	}{
		{-time.Second, "0 s", "0:00", "00:00"},
		{7 * time.Second, "7 s", "0:07", "00:07"},
		{99 * time.Second, "99 s", "1:39", "01:39"},
		{100 * time.Second, "1 min", "1:40", "01:40"},
		{6*time.Hour + 12*time.Minute + 40*time.Second, "6 h", "6:12:40", "6:12:40"},
		{49*time.Hour + 20*time.Minute, "2 d", "2 d 01:20", "2 d 01:20"},
	} {
		if ui.Age(c.d) != c.age || ui.Counter(c.d) != c.counter || ui.Short(c.d) != c.short {
			t.Errorf("%s: %q %q %q", c.d, ui.Age(c.d), ui.Counter(c.d), ui.Short(c.d))
		}
	}
}

func TestBriefDurations(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "00:00", 42 * time.Second: "00:42", time.Hour - time.Second: "59:59", time.Hour: "1h00", 130 * time.Minute: "2h10",
		100*time.Hour - time.Minute: "99h59", 100 * time.Hour: "4 d", 12 * 24 * time.Hour: "12 d", 999 * 24 * time.Hour: "999 d",
	} {
		if got := ui.Brief(d); got != want || len(got) > 5 {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

func TestFigures(t *testing.T) {
	for _, c := range []struct {
		got   ui.Figure
		value string
		unit  string
	}{
		{ui.Bitrate(8240000), "8.24", "Mb/s"},
		{ui.Bitrate(0), "0.00", "Mb/s"},
		{ui.Millis(38.4), "38", "ms"},
		{ui.Millis(0.42), "0.4", "ms"},
		{ui.Millis(9.96), "10", "ms"},
		{ui.Percent(1.2), "1.20", "%"},
	} {
		if c.got.Value != c.value || c.got.Unit != c.unit {
			t.Errorf("%+v, want %s %s", c.got, c.value, c.unit)
		}
	}
	if !ui.Bitrate(0).Quiet || ui.Bitrate(1).Quiet {
		t.Error("only no bitrate at all is quiet")
	}
}

func TestIDIsSafeAndUnique(t *testing.T) {
	seen := make(map[string]string)
	for _, name := range []string{"a_b", "a-b", "a b", "a.b", "a_5fb", "é", "<x>", ""} {
		id := ui.ID("row-", name)
		if strings.ContainsAny(id, " .#<>\"'[]:") {
			t.Errorf("ID(%q) = %q", name, id)
		}
		if other, ok := seen[id]; ok {
			t.Errorf("%q and %q have one id", name, other)
		}
		seen[id] = name
	}
}

func TestLocal(t *testing.T) {
	for path, want := range map[string]string{
		"/flows?q=1": "/flows?q=1", "": "/", "//host": "/", `/\host`: "/", "https://host/": "/", "javascript:x": "/", "flows": "/", "/": "/",
	} {
		if got := ui.Local(path); got != want {
			t.Errorf("Local(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestChartsLeaveGaps(t *testing.T) {
	nan := math.NaN()
	c := ui.NewChart("x", "X", ui.Figure{}, []float64{1, 2, nan, nan, 3, 4}, false, 1)
	if got := strings.Count(c.Path, "M"); got != 2 {
		t.Errorf("%d strokes in %q, want 2: a gap is never joined", got, c.Path)
	}
	if empty := ui.NewChart("x", "X", ui.Figure{}, []float64{nan, nan}, false, 1); empty.Path != "" || len(empty.Grid) != 0 {
		t.Errorf("nothing known draws nothing, got %+v", empty)
	}
	if s := ui.Trace([]float64{0, 0, 0}, false); !s.Flat {
		t.Error("silence is a flat trace")
	}
}

func TestScaleHoldsTheRange(t *testing.T) {
	for _, values := range [][]float64{{8.1, 8.4}, {0, 0.02}, {36, 41}, {0, 1e4}, {5, 5}, {99.9, 100.1}, {1e-3, 2e-3}} {
		c := ui.NewChart("x", "X", ui.Figure{}, values, false, 1)
		if len(c.Grid) != 3 {
			t.Errorf("%v: %d grid lines", values, len(c.Grid))
		}
		for _, bad := range []string{"-", "NaN", "Inf"} {
			if strings.Contains(strings.ReplaceAll(c.Path, "M", " "), bad) {
				t.Errorf("%v leaves the box: %s", values, c.Path)
			}
		}
	}
}

func TestBarsAreFew(t *testing.T) {
	values := make([]float64, 600)
	for i := range values {
		values[i] = 0.01
	}
	values[301] = 5
	c := ui.NewChart("x", "X", ui.Figure{}, values, true, 1)
	if n := strings.Count(c.Bars, "M"); n > 150 {
		t.Errorf("%d bars", n)
	}
	if !strings.Contains(c.Bars, "V16") && !strings.Contains(c.Bars, "V0") && !strings.Contains(c.Bars, "V48") {
		t.Errorf("the worst value is lost: %s", c.Bars)
	}
}
