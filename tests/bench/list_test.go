package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
)

const (
	listPath    = "/flows?limit=100"
	rowMark     = `<tr class="row `
	liveMark    = `<tr class="row row-live"`
	connections = 16
	rounds      = 3
	roundTime   = 1500 * time.Millisecond
	listGoal    = 0.5
)

// list compares the list page with a static handler that writes the same
// bytes: at rest, and while figures change each second.
func (r *report) list(b *testing.B) {
	s := start(b)
	one := signIn(b, s.URL)
	flows := s.create(b, 0, 10, 2)
	r.compare(b, s, one, "10 flows at rest", one.list(b, 10, rowMark))

	s.activate(b, flows)
	silence := s.feed(b, flows)
	r.compare(b, s, one, "10 flows with media", one.list(b, 10, liveMark))

	flows = append(flows, s.create(b, 10, 90, 1)...)
	active := flows[:60]
	s.activate(b, active[10:])
	one.list(b, 100, rowMark)
	r.compare(b, s, one, "100 flows, 10 with media, 50 waiting", one.list(b, 10, liveMark))

	silence()
	s.rest(b, active)
	r.compare(b, s, one, "100 flows at rest", one.list(b, 100, `<tr class="row row-standby"`))
}

// compare loads page and reference in turn, and takes the middle of the ratios.
func (r *report) compare(b *testing.B, s *system, one *session, name string, page []byte) {
	b.Helper()
	static := as(b, roleStatic, page)
	reference := load{Address: static.line(b, patience), Path: listPath, Cookie: one.cookie, Connections: connections, For: roundTime}
	ours := reference
	ours.Address = one.address()
	var ratios, rates, references, costs []float64
	for range rounds {
		there, itsCost := pull(b, reference, static.PID())
		here, ourCost := pull(b, ours, s.PID(apptest.Dashboard))
		ratios = append(ratios, here/there)
		rates, references = append(rates, here), append(references, there)
		costs = append(costs, float64(ourCost)/float64(itsCost))
	}
	static.Kill()
	ratio := median(ratios)
	r.add(
		"list page, requests a second: "+name,
		fmt.Sprintf("static handler, the same %.1f KB: %.0f", float64(len(page))/1024, median(references)),
		fmt.Sprintf("%.0f, ratio **%.2f** (%s); CPU a request × %.1f", median(rates), ratio, joined(ratios), median(costs)),
		fmt.Sprintf("≥ %.1f", listGoal), ratio >= listGoal,
	)
}

// pull puts a load on a process, and tells the rate of answers and what one
// cost the process.
func pull(b *testing.B, l load, pid int) (perSecond float64, cost time.Duration) {
	b.Helper()
	before := busy(b, pid)
	var got loaded
	as(b, roleLoad, l).result(b, l.For+patience, &got)
	if got.Requests == 0 {
		b.Fatal("not one answer")
	}
	return got.perSecond(), (busy(b, pid) - before) / time.Duration(got.Requests)
}

func joined(values []float64) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprintf("%.2f", v)
	}
	return strings.Join(words, ", ")
}
