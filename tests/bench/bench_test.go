package bench

import (
	"fmt"
	"os"
	"testing"
)

// BenchmarkAll takes every figure, one after the other, and prints them as a
// table; a part alone is "-bench All/list". With FLOWDECK_BENCH_RECORD=FILE the
// table also replaces the one in that file, if nothing is missing. Run it with
// -benchtime 1x: every part repeats by itself what it must.
func BenchmarkAll(b *testing.B) {
	r := newReport(b)
	whole := b.Run("relay", r.relay)
	whole = b.Run("list", r.list) && whole
	whole = b.Run("upstream", r.upstream) && whole
	whole = b.Run("walls", r.walls) && whole
	whole = b.Run("viewers", r.viewers) && whole
	whole = b.Run("click", r.click) && whole
	whole = b.Run("alarm", r.alarm) && whole
	whole = b.Run("trail", r.trail) && whole
	whole = b.Run("watch", r.watch) && whole
	whole = b.Run("channel", r.channel) && whole
	whole = b.Run("pictures", r.pictures) && whole
	whole = b.Run("taps", r.taps) && whole
	fmt.Printf("\n%s\n", r.table())
	if file := os.Getenv("FLOWDECK_BENCH_RECORD"); file != "" && whole {
		must(b, r.record(file))
	}
}
