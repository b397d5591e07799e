package bench

import (
	"fmt"
	"testing"
)

const (
	trailGoal = 2000.0  // rows a second
	trailRows = "5000x" // of each kind
)

// trail runs the store's own benchmark: lines of the activity trail, each
// acknowledged once it is on disk, beside the same row without a chain.
func (r *report) trail(b *testing.B) {
	for _, f := range benchmarks(b, "./internal/store", "^BenchmarkTrail$", trailRows) {
		what, goal, met := "audit trail, chained rows a second: "+f.name, "", true
		rows := f.figures["rows/s"]
		if f.name == "sqlite" {
			what, goal, met = "audit trail, chained rows a second: SQLite, synchronous FULL", fmt.Sprintf("≥ %.0f", trailGoal), rows >= trailGoal
		}
		r.add(
			what,
			fmt.Sprintf("the same row without a chain, by itself: %.0f", f.figures["plain-rows/s"]),
			fmt.Sprintf("**%.0f**, ratio %.2f; whole commands: %.0f", rows, f.figures["ratio"], f.figures["commands/s"]),
			goal, met,
		)
	}
}
