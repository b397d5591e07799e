package monitor

import (
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// historyLength is how many samples are kept: ten minutes, a second apart.
const historyLength = 600

// sampleAge is how old a measurement may be to count as this second's.
const sampleAge = 2500 * time.Millisecond

// ring is the recent history of a flow. Its zero value is empty; it takes no
// memory for a flow that was never measured.
type ring struct {
	samples []Sample // a circle once it has historyLength samples
	next    int
}

// add notes a sample, forgetting the oldest one when full.
func (r *ring) add(s Sample) {
	if len(r.samples) < historyLength {
		r.samples = append(r.samples, s)
		return
	}
	r.samples[r.next] = s
	r.next = (r.next + 1) % historyLength
}

// all gives the samples, oldest first.
func (r *ring) all() []Sample {
	out := make([]Sample, 0, len(r.samples))
	out = append(out, r.samples[r.next:]...)
	return append(out, r.samples[:r.next]...)
}

// sample notes this second of a flow: what was measured, or a gap. A flow that
// was never measured has no history.
func (r *record) sample(now time.Time) {
	s := Sample{At: now, Bitrate: -1}
	st := r.statistics
	if st != nil && now.Sub(r.measuredAt) <= sampleAge && st.Source.State == medialive.LegConnected {
		s.Bitrate, s.RTT, s.Loss = st.Source.Bitrate, st.Source.RTT, st.Source.Loss
	}
	if s.Bitrate < 0 && len(r.ring.samples) == 0 {
		return
	}
	r.ring.add(s)
}
