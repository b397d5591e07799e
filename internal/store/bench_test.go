package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/store/storetest"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// callers is how many write at once in a benchmark.
const callers = 16

// BenchmarkTrail measures chained lines, each acknowledged when it is on disk,
// and for comparison the same row without a chain: a transaction each.
func BenchmarkTrail(b *testing.B) {
	engines := map[string]func() string{
		"sqlite":   func() string { return "sqlite:" + filepath.Join(b.TempDir(), "bench.db") },
		"postgres": func() string { return storetest.Postgres(b) },
	}
	for engine, url := range engines {
		b.Run(engine, func(b *testing.B) {
			s, bare := openBench(b, url()), openBench(b, url())
			line := trail.Line{
				At: day, Endpoint: "https://live.example", Project: "0123456789abcdef", Kind: trail.Signal, FlowID: "flow-1",
				FlowName: "evening news", Verb: "source_lost", Target: "cam", Detail: "no media for 5 s",
			}
			plain := rate(b, func(ctx context.Context, i int) error { return bare.InsertUnchained(ctx, int64(i), line) })
			b.ResetTimer()
			chained := rate(b, func(ctx context.Context, _ int) error { return s.AppendTrail(ctx, line) })
			b.StopTimer()
			b.ReportMetric(chained, "rows/s")
			b.ReportMetric(plain, "plain-rows/s")
			b.ReportMetric(chained/plain, "ratio")
			commands := rate(b, func(ctx context.Context, i int) error {
				return s.AddCommand(ctx, command(fmt.Sprint(i), "flow-1", "start", day))
			})
			b.ReportMetric(commands, "commands/s")
		})
	}
}

func openBench(b *testing.B, url string) *store.Store {
	b.Helper()
	s, err := store.Open(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	s.KeepTrail(storetest.Keys(1))
	return s
}

// rate lets the callers do something b.N times in all, and gives how often a
// second they did.
func rate(b *testing.B, do func(ctx context.Context, i int) error) float64 {
	b.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range callers {
		all.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := do(b.Context(), int(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return float64(b.N) / time.Since(began).Seconds()
}
