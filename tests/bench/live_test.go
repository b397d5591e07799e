package bench

import (
	"fmt"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

const (
	fullHouse  = 2000
	marked     = 100                    // events
	markEvery  = 210 * time.Millisecond // so that they meet heartbeats at every phase
	settleFor  = 4 * time.Second
	lastGoal   = 50 * time.Millisecond
	memoryGoal = 30.0 // KB
)

// viewers measures how long an event takes from the gateway's stream to the
// last of many open lists, and what a list costs in memory.
func (r *report) viewers(b *testing.B) {
	s := start(b)
	flows := s.create(b, 0, 10, 2)
	s.activate(b, flows[:5])
	t := newTap(b, s.GatewayURL, false)
	front := dashboard(b, t.url)
	v := viewers{Path: liveList, Count: fullHouse}
	for range sessions {
		one := signIn(b, front.URL)
		one.list(b, 10, rowMark)
		v.Address, v.Cookies = one.address(), append(v.Cookies, one.cookie)
	}
	<-time.After(settleFor)
	before := anonymous(b, front.PID(apptest.Dashboard))
	crowd := as(b, roleViewers, v)
	if got := crowd.line(b, 2*patience); got != "ready" {
		b.Fatalf("the viewers say %q", got)
	}
	<-time.After(settleFor)
	idle := anonymous(b, front.PID(apptest.Dashboard))
	s.markAll(b, t, flows[9].ID)
	after := anonymous(b, front.PID(apptest.Dashboard))
	var seen sight
	crowd.result(b, patience, &seen)
	r.lateness(b, t, seen)
	each := (after - before) / fullHouse
	r.add(
		fmt.Sprintf("memory of a viewer, %d streams", fullHouse), "none: growth of RssAnon",
		fmt.Sprintf("**%.1f KB** after %d events, %.1f KB before", each, marked, (idle-before)/fullHouse),
		fmt.Sprintf("≤ %.0f KB", memoryGoal), each <= memoryGoal,
	)
}

// markAll changes a flow again and again, and waits until each change has gone
// to the dashboard.
func (s *system) markAll(b *testing.B, t *tap, flowID string) {
	b.Helper()
	for i := range marked {
		<-time.After(markEvery) // after the one before has gone, or both would be shown as one
		name := fmt.Sprintf("%s%06d", markWord, i)
		_, err := s.api.UpdateSource(b.Context(), flowID, sourceNamed, source(name))
		must(b, err)
		relaytest.Eventually(b, patience, "the event of "+name, func() bool {
			_, ok := t.passed(name)
			return ok
		})
	}
	<-time.After(time.Second) // for the last one to arrive
}

// lateness works out how long each mark took to the last viewer. Where the
// dashboard showed two marks as one, the earlier came with the later.
func (r *report) lateness(b *testing.B, t *tap, seen sight) {
	b.Helper()
	var last, all []time.Duration
	lost := 0
	var shown []time.Time
	for i := marked - 1; i >= 0; i-- {
		name := fmt.Sprintf("%s%06d", markWord, i)
		if at, ok := seen[name]; ok {
			shown = at
		}
		sent, _ := t.passed(name)
		lost += fullHouse - len(shown)
		slowest := time.Duration(0)
		for _, at := range shown {
			all = append(all, at.Sub(sent))
			slowest = max(slowest, at.Sub(sent))
		}
		last = append(last, slowest)
	}
	if lost > 0 {
		b.Errorf("%d of %d events did not arrive", lost, marked*fullHouse)
	}
	if len(all) == 0 {
		b.Fatal("no event arrived")
	}
	p99 := quantile(last, 0.99)
	r.add(
		fmt.Sprintf("event to the last of %d viewers", fullHouse),
		fmt.Sprintf("to any of them: p50 %s, p99 %s", millis(median(all)), millis(quantile(all, 0.99))),
		fmt.Sprintf("p50 %s, p99 **%s**", millis(median(last)), millis(p99)),
		fmt.Sprintf("p99 ≤ %s", lastGoal), p99 <= lastGoal,
	)
}
