package monitor_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// skewed is a gateway whose clock is ahead.
type skewed struct {
	*gateway
	ahead time.Duration
}

func (s skewed) Skew() (time.Duration, bool) { return s.ahead, true }

// TestF13Ages looks at a gateway whose clock is another: what began then is
// shown by our own clock.
func TestF13Ages(t *testing.T) {
	for _, ahead := range []time.Duration{time.Second, 16 * time.Minute, -16 * time.Minute, 24 * time.Hour, -24 * time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGateway(told("1", medialive.Active), ready)
				m := monitor.New(monitor.Options{})
				defer m.Close()
				w := m.Watch(key, skewed{g, ahead}, time.Time{})
				_, cancel := w.Subscribe()
				defer cancel()
				began := time.Now()
				g.tell(10*time.Second, func() medialive.Event {
					e := measuredNow("1", medialive.LegConnected, medialive.LegConnected)
					e.Statistics[0].Source.Since = began.Add(ahead)
					e.Statistics[0].Outputs[0].Since = began.Add(ahead)
					return e
				})
				s := w.Peek()
				f, _ := s.Flow("1")
				negative := 0
				for _, at := range []time.Time{f.StateSince, f.Outputs[0].Since, f.StatusAt, f.StatusSince, f.SeenAt, f.MeasuredAt, s.Link.Since} {
					if time.Since(at) < 0 {
						negative++
					}
				}
				off := max(f.StateSince.Sub(began).Abs(), f.Outputs[0].Since.Sub(began).Abs())
				if negative > 0 || f.State != monitor.StateLive || off > 2*time.Second {
					t.Errorf("%d negative ages, %s since %s, output since %s, began %s", negative, f.State, f.StateSince, f.Outputs[0].Since, began)
				}
				if want := ahead.Round(time.Minute); s.Skew != want {
					t.Errorf("told a skew of %s, want %s", s.Skew, want)
				}
				evidence(t, "F13", fmt.Sprintf("gateway's clock %+.0f min off: negative ages, and error of “since”", ahead.Minutes()), fmt.Sprintf("%d, %s", negative, off), "0, ≤ 2 s")
			})
		})
	}
}
