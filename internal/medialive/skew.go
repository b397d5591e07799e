package medialive

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// How the service's clock is learnt, and what is done about it.
const (
	skewSamples   = 5               // answers of which the median counts
	skewTrip      = 2 * time.Second // an answer that took longer tells nothing
	skewTolerated = time.Minute     // by which a signature may be off without harm
	skewCorrected = time.Hour       // up to which signatures are made by the service's clock
)

// skew learns how far the clock of a service is ahead of ours, by the Date
// headers of its answers. Only signatures are corrected by it: ages are of one
// clock, our own.
type skew struct {
	mu      sync.Mutex
	samples []time.Duration // newest last
}

// learn takes note of an answer to a request sent at that time. A Date is cut
// to the second, so that half a second is added to it.
func (s *skew) learn(header http.Header, sent time.Time, trip time.Duration) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil || trip > skewTrip {
		return
	}
	ahead := date.Add(time.Second / 2).Sub(sent.Add(trip / 2))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samples = append(s.samples, ahead)
	s.samples = s.samples[max(0, len(s.samples)-skewSamples):]
}

// ahead gives the median; of two in the middle the smaller skew.
func (s *skew) ahead() (d time.Duration, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.samples)
	if n == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(s.samples))
	middle := sorted[(n-1)/2 : n/2+1]
	return slices.MinFunc(middle, func(a, b time.Duration) int { return cmp.Compare(a.Abs(), b.Abs()) }), true
}

// correction is what is added to our time where a signature is made.
func (s *skew) correction() time.Duration {
	d, _ := s.ahead()
	if d.Abs() <= skewTolerated || d.Abs() > skewCorrected {
		return 0
	}
	return d
}

// explain gives the error in place of that for a signature that the service
// refused: if it was made for a time too far from the service's, that is why,
// and nothing is wrong with the key. What was learnt before is then void: a
// clock was set.
func (s *skew) explain(e *Error, corrected time.Duration) *Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Kind != KindNotSignedIn || len(s.samples) == 0 {
		return e
	}
	ahead := s.samples[len(s.samples)-1]
	if (ahead - corrected).Abs() < SignatureLife-skewTolerated {
		return e
	}
	s.samples = []time.Duration{ahead}
	where := "behind"
	if ahead < 0 {
		where = "ahead of"
	}
	e.Kind = KindUnavailable
	e.Message = fmt.Sprintf("the clock of this machine is %s %s that of the service: set it right", ahead.Abs().Round(time.Second), where)
	return e
}

// Skew tells how far the service's clock is ahead of this machine's, to a
// second or so: negative if it is behind, false while no answer has told.
// Signatures are corrected by it up to an hour.
func (c *Client) Skew() (ahead time.Duration, known bool) { return c.link.skew.ahead() }
