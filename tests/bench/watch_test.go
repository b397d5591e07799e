package bench

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

const (
	polledFlows = 1000
	polledFor   = 20 * time.Second
	seconds     = "100x" // of the benchmarks that measure what a second costs
)

// watch measures what watching 1,000 flows costs: each part by its own
// benchmark, and a dashboard that polls as a whole.
func (r *report) watch(b *testing.B) {
	const each = "CPU a second for 1,000 flows: "
	perSecond := func(what, reference string, figures map[string]float64, times float64) {
		r.add(each+what, reference, fmt.Sprintf("**%.1f ms**", times*figures["ns/op"]/float64(time.Millisecond)), "", true)
	}
	perSecond("watcher, a gateway's stream", "none: all change each second, 2 outputs each", one(b, "./internal/monitor", "^BenchmarkWatchStream$", seconds), 1)
	perSecond("watcher, polled", "none: 10 answers a second, 6 outputs each", one(b, "./internal/monitor", "^BenchmarkWatchPoll$", seconds), 1)
	perSecond("alarms, all change", "none", one(b, "./internal/alarm", "^BenchmarkStep$/^all_changed$", seconds), 1)
	// The recorder's benchmark has 200 flows.
	perSecond("history, 4 outputs each", "none", one(b, "./internal/history", "^BenchmarkRecord$", "300x"), 5)
	r.polled(b)
}

// polled measures a dashboard with one viewer before a cloud of many flows.
func (r *report) polled(b *testing.B) {
	cloud := medialivetest.New()
	cloud.AddUser(apptest.User, medialivetest.User{ID: "u1", Password: apptest.Password})
	for i := range polledFlows {
		f := medialivetest.Flow{}
		f.Name, f.Region, f.Status = fmt.Sprintf("%s%04d", flowPrefix, i), apptest.Region, medialive.Active
		f.Sources = []medialive.Source{{Name: sourceNamed, Protocol: medialive.Listener, Address: "203.0.113.10", Port: 20000, Health: medialive.Connected}}
		for _, name := range []string{"out-1", "out-2"} {
			f.Outputs = append(f.Outputs, medialive.Output{
				Name: name, Protocol: medialive.Caller, Destination: "203.0.113.61", Port: 5000,
				Status: medialive.Enabled, Health: medialive.Connected, Type: medialive.StandardOutput,
			})
		}
		cloud.Add(f)
	}
	front := dashboard(b, cloud.Serve(b))
	one := signIn(b, front.URL)
	one.list(b, 100, rowMark)
	viewer := one.stream(b)
	go func() { _, _ = io.Copy(io.Discard, viewer) }() // until the benchmark ends
	relaytest.Eventually(b, patience, "each flow to be listed", func() bool { return len(cloud.Calls("ListFlows")) > polledFlows/100 })
	before, calls, began := busy(b, front.PID(apptest.Dashboard)), len(cloud.Calls("")), time.Now()
	<-time.After(polledFor)
	took := time.Since(began).Seconds()
	cost := (busy(b, front.PID(apptest.Dashboard)) - before).Seconds() / took
	r.add(
		"dashboard, 1,000 polled flows, one viewer", "none: FLOWDECK_UPSTREAM_RPS is 10",
		fmt.Sprintf("**%.1f** upstream calls a second, %.1f ms CPU a second", float64(len(cloud.Calls(""))-calls)/took, 1000*cost), "", true,
	)
}
