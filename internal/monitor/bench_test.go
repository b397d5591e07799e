package monitor

import (
	"fmt"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// BenchmarkSecond is what a second costs a watcher of 500 active flows with two
// outputs each: one event of statistics, and one beat of the clock.
func BenchmarkSecond(b *testing.B) {
	m := New(Options{})
	defer m.Close()
	w := newWatcher(m, Key{})
	s := stream{w: w, told: make(map[string]bool)}
	statistics := make([]medialive.FlowStatistics, 500)
	for i := range statistics {
		id := fmt.Sprintf("flow-%03d", i)
		outputs := []medialive.Output{{Name: "a", Status: medialive.Enabled}, {Name: "b", Status: medialive.Enabled}}
		s.apply(medialive.Event{Kind: medialive.EventFlow, Outputs: outputs, Flow: &medialive.Flow{
			ID: id, Name: id, Status: medialive.Active, Sources: []medialive.Source{{Name: "s"}},
			Outputs: []medialive.OutputRef{{Name: "a"}, {Name: "b"}},
		}})
		statistics[i] = medialive.FlowStatistics{
			FlowID: id, Source: medialive.LegStatistics{State: medialive.LegConnected},
			Outputs: []medialive.LegStatistics{{Name: "a", State: medialive.LegConnected}, {Name: "b", State: medialive.LegConnected}},
		}
	}
	s.apply(medialive.Event{Kind: medialive.EventReady})
	b.ReportAllocs()
	for b.Loop() {
		for i := range statistics {
			statistics[i].At = statistics[i].At.Add(time.Second)
		}
		s.apply(medialive.Event{Kind: medialive.EventStatistics, Statistics: statistics})
		w.beat()
	}
	if n := len(w.snapshot.Load().Flows); n != len(statistics) {
		b.Fatalf("%d flows", n)
	}
}
