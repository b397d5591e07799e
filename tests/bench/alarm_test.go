package bench

import (
	"bufio"
	"fmt"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

const (
	stoppedSenders = 8
	stopEvery      = 5500 * time.Millisecond // so that never three alarms come within 10 s, which would be told as one
	onDelay        = 3 * time.Second         // for which a source must be lost before it is an alarm
	alarmGoal      = time.Second             // beyond that
	lostWord       = "SOURCE LOST"
)

// alarm stops senders, one after another, and measures from the gateway's event
// to the alarm in the stream of an open list.
func (r *report) alarm(b *testing.B) {
	s := start(b)
	flows := s.create(b, 0, stoppedSenders, 1)
	s.activate(b, flows)
	t := newTap(b, s.GatewayURL, false)
	front := dashboard(b, t.url)
	one := signIn(b, front.URL)
	senders := s.send(b, flows)
	one.list(b, stoppedSenders, liveMark)
	lines := one.stream(b)
	seen := make(chan map[string]time.Time, 1)
	go func() { seen <- alarmsIn(lines, stoppedSenders) }()
	for i, f := range flows {
		senders[i].Signal(syscall.SIGSTOP)
		<-time.After(stopEvery)
		relaytest.Eventually(b, patience, "the event of a lost source", func() bool {
			_, ok := t.passed(lostMark(f.ID))
			return ok
		})
	}
	var shown map[string]time.Time
	select {
	case shown = <-seen:
	case <-time.After(patience):
		b.Fatal("not all alarms are shown")
	}
	var took []time.Duration
	for _, f := range flows {
		told, _ := t.passed(lostMark(f.ID))
		at, ok := shown[f.Name]
		if !ok {
			b.Fatalf("the alarm of %s is not shown", f.Name)
		}
		took = append(took, at.Sub(told)-onDelay)
	}
	worst := quantile(took, 0.95)
	r.add(
		"alarm, from the event to the text in a viewer's stream", fmt.Sprintf("less its own delay of %s", onDelay),
		fmt.Sprintf("p50 %s, p95 **%s**, of %d", millis(median(took)), millis(worst), len(took)),
		fmt.Sprintf("≤ %s", alarmGoal), worst <= alarmGoal,
	)
}

// alarmsIn follows a stream until it has told of as many lost sources, and tells
// when it first told of each, by the names of the flows.
func alarmsIn(lines *bufio.Reader, n int) map[string]time.Time {
	shown, said := map[string]time.Time{}, regexp.MustCompile(lostWord+" ("+flowPrefix+`[0-9]+)\b`)
	for len(shown) < n {
		line, err := lines.ReadString('\n')
		if err != nil {
			return shown
		}
		for _, found := range said.FindAllStringSubmatch(line, -1) {
			if _, known := shown[found[1]]; !known {
				shown[found[1]] = time.Now()
			}
		}
	}
	return shown
}
