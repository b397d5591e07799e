package bench

import (
	"fmt"
	"math"
	"testing"
	"time"
)

const (
	crowd       = 500              // viewers
	sessions    = 10               // of them
	countedFor  = 40 * time.Second // not a multiple of any period of the watcher
	countedNear = 0.1              // by which the two counts may differ: one call at a seam
)

const liveList = "/live?view=list&limit=100"

// upstream counts the calls of a dashboard with one viewer and with many, on a
// gateway, whose events it follows, and on a cloud, which it polls.
func (r *report) upstream(b *testing.B) {
	s := start(b)
	s.activate(b, s.create(b, 0, 10, 2)) // all, or those at rest are read once a minute, within the count or not
	kinds := []*watching{
		watch(b, s, "a gateway", "/capabilities", false),
		watch(b, s, "a cloud that is polled", "/flows", true),
	}
	for _, w := range kinds {
		w.look(b, 1)
	}
	one := countAll(b, kinds)
	for _, w := range kinds {
		w.look(b, crowd-1)
	}
	many := countAll(b, kinds)
	for i, w := range kinds {
		perMinute := func(n int) float64 { return float64(n) / countedFor.Minutes() }
		ratio := float64(many[i]) / float64(one[i])
		r.add(
			"upstream calls a minute, 500 viewers: "+w.name,
			fmt.Sprintf("1 viewer: %.1f", perMinute(one[i])),
			fmt.Sprintf("%.1f, ratio **%.2f**", perMinute(many[i]), ratio),
			"equal", math.Abs(ratio-1) <= countedNear || many[i] == one[i],
		)
	}
}

// watching is a dashboard behind a tap.
type watching struct {
	name   string
	period string // end of the path of a call that comes at regular intervals
	tap    *tap
	all    []*session
}

func watch(b *testing.B, s *system, name, period string, cloud bool) *watching {
	b.Helper()
	w := &watching{name: name, period: period, tap: newTap(b, s.GatewayURL, cloud)}
	front := dashboard(b, w.tap.url)
	for range sessions {
		w.all = append(w.all, signIn(b, front.URL))
	}
	w.all[0].list(b, 10, rowMark)
	return w
}

// look opens streams, and leaves them open.
func (w *watching) look(b *testing.B, n int) {
	b.Helper()
	v := viewers{Address: w.all[0].address(), Path: liveList, Count: n}
	for _, one := range w.all {
		v.Cookies = append(v.Cookies, one.cookie)
	}
	if got := as(b, roleViewers, v).line(b, 2*patience); got != "ready" {
		b.Fatalf("the viewers say %q", got)
	}
	for _, one := range w.all {
		one.list(b, 10, rowMark) // each also loads the page, so that its right to look is proved
	}
}

// countAll counts the calls of each, beginning at one of its regular calls.
func countAll(b *testing.B, kinds []*watching) []int {
	b.Helper()
	from := make([]time.Time, len(kinds))
	for i, w := range kinds {
		from[i] = w.tap.next(b, w.period)
	}
	counts := make([]int, len(kinds))
	for i, w := range kinds {
		to := from[i].Add(countedFor)
		<-time.After(time.Until(to))
		counts[i] = w.tap.between(from[i], to)
	}
	return counts
}
