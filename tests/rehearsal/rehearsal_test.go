package rehearsal

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// long is an event in which everything must go wrong.
const long = 30 * time.Minute

// length is how long the event lasts.
func length(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("FLOWDECK_REHEARSAL")
	if text == "" {
		return time.Minute
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 10*time.Second {
		t.Fatalf("FLOWDECK_REHEARSAL=%q is not a time of 10s or more", text)
	}
	return d
}

func seed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv("FLOWDECK_REHEARSAL_SEED")
	if text == "" {
		return rand.Uint64()
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("FLOWDECK_REHEARSAL_SEED=%q is not a number", text)
	}
	return n
}

// TestRehearsal plays an event with faults from beginning to end.
func TestRehearsal(t *testing.T) {
	lasts, e := length(t), newEvent(t, seed(t))
	t.Logf("FLOWDECK_REHEARSAL_SEED=%d", e.seed)
	began := time.Now()
	shown, end := context.WithCancel(t.Context())
	defer end()
	worked, stop := context.WithTimeout(shown, lasts)
	defer stop()

	var looking, working sync.WaitGroup
	m := &media{
		cloud: e.cloud, dice: rand.New(rand.NewPCG(e.seed, 100)), flows: e.flows,
		comes: map[string]time.Time{}, cut: map[string]time.Time{},
	}
	looking.Go(func() { m.run(shown) })
	e.people(shown, worked, &looking, &working)
	looking.Go(func() { e.judge(shown) })
	looking.Go(func() { e.late.measure(shown) })
	looking.Go(func() { e.follow(shown) })
	s := &script{e, rand.New(rand.NewPCG(e.seed, 200)), m}
	s.play(worked)
	if lasts >= long {
		e.report("script", s.missed())
	}
	working.Wait()
	e.cloud.LiftAll()

	_, took := e.settle(shown)
	e.evidence("rehearsal: after the last fault until it was known what became of every command", took.Round(time.Second).String(), "≤ 1 min")
	p := newPerson(e, viewerNames[0], 300)
	if err := p.signIn(shown); err != nil {
		t.Fatal(err)
	}
	lines := e.trail()
	listed := e.listed(shown, p, lines)
	e.report("kept", judgeKept(lines, listed))
	end()
	looking.Wait()
	e.judgeUntil(time.Now())
	e.finish(e.trail(), time.Since(began))
	if out, err := e.app.Run("", "audit", "verify"); err != nil || !strings.Contains(out, "OK") {
		e.report("verify", []string{fmt.Sprintf("audit verify: %v\n%s", err, out)})
	} else {
		e.evidence("rehearsal: flowdeck audit verify at the end", strings.Join(strings.Fields(strings.SplitN(out, "\n", 2)[0]), " ")+", OK", "OK")
	}
}
