// Package history keeps what was measured: each leg of each flow for 24 hours
// at 5 seconds and for 30 days at one minute, or, where a backend measures
// nothing, the states that were read. What is kept of a leg is bounded.
package history

import (
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
)

// The two resolutions, and how far back each goes.
const (
	FineStep   = 5 * time.Second
	FineSpan   = 24 * time.Hour
	CoarseStep = time.Minute
	CoarseSpan = 30 * 24 * time.Hour
)

// Point is one step of a leg's history.
type Point struct {
	At            time.Time     // the beginning of the step
	State         monitor.State // of the flow, or what stands for an output's: StateLive, StateWaiting, StateSourceLost …; empty: nothing is known
	Bitrate       float64       // Mb/s, mean; NaN: not measured
	RTT           float64       // ms, mean; NaN: not measured
	Loss          float64       // percent, the worst of the step; NaN: not measured
	Retransmitted int64         // packets within the step
	Dropped       int64         // packets within the step
}

// Series is a stretch of a leg's history, oldest first, a point for each step.
type Series struct {
	Step     time.Duration
	From, To time.Time
	Points   []Point // steps of which nothing is known are there, with an empty State and NaN
	Measured bool    // figures exist; false: only states
}
