package gateway

import (
	"maps"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay"
)

// TestFlowMinute measures a minute in which the source was lost for a third of it,
// and came back with counters that begin anew.
func TestFlowMinute(t *testing.T) {
	m := newFlowMinutes()
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	on := func(at, bytes int, rtt float64) relay.FlowReport {
		leg := relay.LegReport{Name: "in", State: relay.Connected, ConnectedAt: began.Add(time.Duration(at) * time.Second), Bytes: int64(bytes), RTT: rtt, Loss: rtt / 10, LossTotal: 3, Retransmit: 2, Drop: 1, TSErrors: 4}
		return relay.FlowReport{ID: "a", Source: leg, Outputs: []relay.LegReport{{Name: "one", State: relay.Connected, Bytes: int64(bytes)}, {Name: "two", State: relay.Waiting}}}
	}
	lost := relay.FlowReport{ID: "a", Source: relay.LegReport{Name: "in", State: relay.Waiting}}
	reports := map[int]relay.FlowReport{0: on(0, 0, 10), 20: on(0, 5_000_000, 10), 40: lost, 59: on(50, 1_000_000, 30)}
	for _, second := range []int{0, 20, 40, 59} {
		now := began.Add(time.Duration(second) * time.Second)
		report := relay.Report{At: now, Flows: []relay.FlowReport{reports[second]}}
		if over := append(m.look(report, now), m.look(report, now)...); len(over) > 0 {
			t.Fatalf("a minute is over after %d s: %v", second, over)
		}
	}
	over := m.look(relay.Report{At: began.Add(time.Minute)}, began.Add(time.Minute))
	if len(over) != 1 || over[0].Of != "a" || !over[0].At.Equal(began) {
		t.Fatalf("minutes %v", over)
	}
	got := over[0].Values
	for name, v := range got {
		if units[name] == "" {
			t.Errorf("%s has no unit", name)
		}
		got[name] = float64(int64(v + 0.5))
	}
	want := map[string]float64{
		medialive.MetricInputBandwidth: 813_559, medialive.MetricOutputBandwidth: 813_559, // 6 MB in 59 s
		medialive.MetricLost: 3, medialive.MetricRetransmitted: 2, medialive.MetricDropped: 1, medialive.MetricContinuity: 4,
		medialive.MetricConnected: 66, medialive.MetricOutputsConnected: 50, medialive.MetricRTT: 20, medialive.MetricLossRate: 2,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if more := m.look(relay.Report{At: began.Add(2 * time.Minute)}, began.Add(2*time.Minute)); len(more) > 0 {
		t.Errorf("a flow that has gone is measured: %v", more)
	}
}
