package gateway

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
)

// TestMeasuresOf measures half a minute in which everything happened once.
func TestMeasuresOf(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	from := packager.ChannelReport{Since: began}
	to := packager.ChannelReport{
		Since: began, OnAir: packager.Standby, Switches: 1,
		Inputs: []packager.InputReport{
			{Role: packager.Primary, Connections: 2, Silent: 4 * time.Second, Counts: packager.Counts{Bytes: 1000, Frames: 10, ContinuityErrors: 3, PIDErrors: 1, Signals: 9}},
			{Role: packager.Standby, Connections: 1, Counts: packager.Counts{Bytes: 3_750_000, Frames: 750, ContinuityErrors: 1, Signals: 2}},
		},
		Encoder: &packager.ChildReport{Dropped: 100, Progress: packager.Progress{Frames: 600, Dropped: 5}},
		Encoded: packager.Counts{Bytes: 7_500_000},
		Packages: []packager.PackageReport{
			{ID: "h", Child: packager.ChildReport{Dropped: 11}, OK: 10, Refused: 2, Failed: 1, Bytes: 5000},
			{ID: "d", OK: 4, Bytes: 50},
		},
	}
	formats := map[string]string{"h": medialive.FormatHLS, "d": medialive.FormatDASH}
	want := map[string]float64{
		medialive.MetricInputBandwidth: 1e6, medialive.MetricInputFrameRate: 25, medialive.MetricSignals: 2,
		medialive.MetricNoPackets: 4, medialive.MetricDisconnections: 1, medialive.MetricContinuity: 4, medialive.MetricPIDErrors: 1,
		medialive.MetricSwitches: 1, medialive.MetricOutputBandwidth: 2e6, medialive.MetricOutputFrameRate: 20,
		medialive.MetricDroppedFrames: 5, medialive.MetricDroppedTraffic: 111,
		"requests_2xx/h": 10, "requests_4xx/h": 2, "requests_5xx/h": 1, "hls_requests/h": 13, "output_traffic/h": 5000,
		"requests_2xx/d": 4, "requests_4xx/d": 0, "requests_5xx/d": 0, "dash_requests/d": 4, "output_traffic/d": 50,
	}
	got := measuresOf(from, to, 30*time.Second, formats)
	if !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	for name := range got {
		if name, _, _ := strings.Cut(name, "/"); units[name] == "" {
			t.Errorf("%s has no unit", name)
		}
	}
	for name, v := range measuresOf(to, to, 30*time.Second, formats) {
		if v != 0 {
			t.Errorf("nothing happened since, but %s is %v", name, v)
		}
	}
	if v := measuresOf(to, packager.ChannelReport{Inputs: []packager.InputReport{{Counts: packager.Counts{Bytes: 15}}}}, time.Second, nil); v[medialive.MetricInputBandwidth] != 120 {
		t.Errorf("a counter that began anew gives %v", v)
	}
}

func TestAggregate(t *testing.T) {
	values := []float64{1, 2, 6}
	for by, want := range map[medialive.Aggregate]float64{
		medialive.Average: 3, medialive.Minimum: 1, medialive.Maximum: 6, medialive.Sum: 9, medialive.Variance: 14. / 3,
	} {
		if got := by.Of(values); got != want {
			t.Errorf("%s: %v, want %v", by, got, want)
		}
	}
}
