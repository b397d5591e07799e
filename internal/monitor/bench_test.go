package monitor

import (
	"fmt"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const benchFlows = 1000

// told is an active flow with so many outputs, and its outputs.
func told(i, outputs int) (*medialive.Flow, []medialive.Output) {
	id := fmt.Sprintf("flow-%04d", i)
	f := &medialive.Flow{
		ID: id, Name: id, Status: medialive.Active,
		Sources: []medialive.Source{{Name: "s", Protocol: medialive.Listener, Health: medialive.Connected}},
	}
	var outs []medialive.Output
	for n := range outputs {
		name := fmt.Sprintf("out-%d", n)
		f.Outputs = append(f.Outputs, medialive.OutputRef{Name: name})
		outs = append(outs, medialive.Output{
			Name: name, Protocol: medialive.Caller, Destination: "192.0.2.1", Port: 5000,
			Status: medialive.Enabled, Health: medialive.Connected,
		})
	}
	return f, outs
}

// report tells what a second of watching takes of one core.
func report(b *testing.B) {
	b.Helper()
	b.ReportMetric(100*b.Elapsed().Seconds()/float64(b.N), "%core")
	b.ReportAllocs()
}

// BenchmarkWatchStream is what a second costs a watcher of 1,000 active flows
// of a gateway, with two outputs each: an event of statistics for each flow, as
// the gateway sends them at 1 Hz, and a beat of the clock.
func BenchmarkWatchStream(b *testing.B) {
	m := New(Options{})
	defer m.Close()
	w := newWatcher(m, Key{})
	s := stream{w: w, told: make(map[string]bool)}
	statistics := make([]medialive.FlowStatistics, benchFlows)
	for i := range statistics {
		f, outputs := told(i, 2)
		s.apply(medialive.Event{Kind: medialive.EventFlow, Flow: f, Outputs: outputs})
		statistics[i] = medialive.FlowStatistics{FlowID: f.ID, Source: medialive.LegStatistics{State: medialive.LegConnected}}
		for _, o := range outputs {
			statistics[i].Outputs = append(statistics[i].Outputs, medialive.LegStatistics{Name: o.Name, State: medialive.LegConnected})
		}
	}
	s.apply(medialive.Event{Kind: medialive.EventReady})
	for b.Loop() {
		for i := range statistics {
			statistics[i].At = statistics[i].At.Add(time.Second)
		}
		s.apply(medialive.Event{Kind: medialive.EventStatistics, Statistics: statistics})
		w.beat()
	}
	report(b)
	if n := len(w.snapshot.Load().Flows); n != benchFlows {
		b.Fatalf("%d flows", n)
	}
}

// BenchmarkWatchPoll is what a second costs a watcher of 1,000 active flows of a
// cloud, with six outputs each, at ten calls a second: four pages of the list,
// three sources, three outputs, and a beat of the clock. Decoding the answers
// is not in it.
func BenchmarkWatchPoll(b *testing.B) {
	m := New(Options{})
	defer m.Close()
	w := newWatcher(m, Key{})
	p := newPoller(w)
	pages := make([][]medialive.FlowSummary, benchFlows/pageSize)
	for i := range benchFlows {
		f, outputs := told(i, 6)
		pages[i/pageSize] = append(pages[i/pageSize], medialive.FlowSummary{ID: f.ID, Name: f.Name, Status: f.Status, Protocol: medialive.Listener})
		w.detailed(*f, m.now())
		for _, o := range outputs {
			w.outputRead(f.ID, o, m.now())
		}
	}
	w.complete = true
	second := 0
	for b.Loop() {
		seen := make(map[string]bool)
		for n := range 4 {
			w.listed(pages[(4*second+n)%len(pages)], seen, m.now())
		}
		for n := range 3 {
			p.planned = time.Time{}
			next, _ := p.next()
			p.begin(next, -1)
			f, outputs := told((3*second+n)%benchFlows, 6)
			w.detailed(*f, m.now())
			again, _ := p.next()
			p.begin(again, -1)
			w.outputRead(f.ID, outputs[n], m.now())
		}
		w.beat()
		second++
	}
	report(b)
	if n := len(w.snapshot.Load().Flows); n != benchFlows {
		b.Fatalf("%d flows", n)
	}
}
