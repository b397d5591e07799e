package gateway

import (
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/store"
)

// FuzzMetricQuery reads what strangers may ask Cloud Eye: whatever passes is a span
// of known periods, no longer than values are kept, and gives no more points than
// it has periods.
func FuzzMetricQuery(f *testing.F) {
	for _, seed := range []string{
		"dim.0=medialive_mpc,ch1&period=60&filter=average&from=1700000000000&to=1700003600000", "dim.0=a&period=1", "dim.0=,b", "dim.0=a,&dim.1=c,d",
		"period=300&filter=max&from=-1&to=9223372036854775807", "period=86400&filter=variance&from=1&to=9999999999999", "dim.0=a,b,c&period=+60&filter=sum&from=1&to=2",
	} {
		f.Add(seed)
	}
	now := time.Unix(1_700_003_600, 0)
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		m, err := metricOf(values)
		if err != nil {
			return
		}
		for _, d := range m.Dimensions {
			if d.Name == "" || d.Value == "" || len(m.Dimensions) > maxFilterDims {
				t.Fatalf("%q gave dimensions %v", raw, m.Dimensions)
			}
		}
		from, _ := strconv.ParseInt(values.Get("from"), 10, 64)
		to, _ := strconv.ParseInt(values.Get("to"), 10, 64)
		s, err := newSpan(values.Get("period"), values.Get("filter"), from, to, now)
		if err != nil {
			return
		}
		if !slices.Contains(medialive.Periods(), s.period) || s.from.Before(now.Add(-measuredFor)) {
			t.Fatalf("%q gave %+v", raw, s)
		}
		var minutes []store.Minute
		for i := range 120 {
			minutes = append(minutes, store.Minute{At: now.Add(time.Duration(i-120) * time.Minute), Values: map[string]float64{"x": 1}})
		}
		points := s.points(minutes, "x")
		if most := min(120, int(2*time.Hour/max(s.step(), time.Minute))+2); len(points) > most || len(points) == 0 {
			t.Fatalf("%q gave %d points", raw, len(points))
		}
	})
}
