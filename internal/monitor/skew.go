package monitor

import "time"

// The skew of a service's clock that matters, and by how much it must change to
// be another.
const (
	skewMatters = 30 * time.Second
	skewChanges = 3 * time.Second
)

// learnSkew asks the reader how far the service's clock is ahead, where it can
// tell, so that times of the service become times of our own clock. w.mu is
// held.
func (w *Watcher) learnSkew() {
	if len(w.readers) == 0 {
		return
	}
	teller, ok := w.readers[0].(interface{ Skew() (time.Duration, bool) })
	if !ok {
		return
	}
	ahead, known := teller.Skew()
	if !known {
		return
	}
	if ahead.Abs() < skewMatters {
		ahead = 0
	}
	if ahead == w.skew || ahead != 0 && (ahead-w.skew).Abs() < skewChanges {
		return
	}
	w.skew = ahead
	w.log.Warn("the clocks of this machine and the service differ", "service_ahead", ahead.Round(time.Second))
	for _, r := range w.records {
		r.dirty = true
	}
}
