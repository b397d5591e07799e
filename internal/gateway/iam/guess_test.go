package iam

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"
)

// TestT12KnownAndUnknownNames compares what a wrong password is answered for a
// name that exists and for one that does not: the same, after the same time.
func TestT12KnownAndUnknownNames(t *testing.T) {
	b := newBench(t)
	rounds := 40
	if os.Getenv("FLOWDECK_SAFETY_LONG") != "" {
		rounds = 1000
	}
	var took [2][]time.Duration
	var bodies [2]string
	for round := range rounds {
		for which, name := range []string{"alice", fmt.Sprintf("nobody-%d", round)} {
			b.clock.pass(time.Hour)
			began := time.Now()
			answer := b.post(t, credentials(name, "a wrong password"))
			took[which] = append(took[which], time.Since(began))
			if answer.Code != http.StatusUnauthorized {
				t.Fatalf("%s: %d", name, answer.Code)
			}
			bodies[which] = answer.Body.String()
		}
	}
	if bodies[0] != bodies[1] {
		t.Errorf("a known name is answered %s, another %s", bodies[0], bodies[1])
	}
	var median [2]time.Duration
	for which := range took {
		slices.Sort(took[which])
		median[which] = took[which][rounds/2]
	}
	gap := (median[0] - median[1]).Abs()
	t.Logf("evidence: T12 | the gateway's answer to a wrong password, %d of a known and of unknown names: gap of the medians, of %v | %v | < 2 ms",
		2*rounds, median[0].Round(10*time.Microsecond), gap.Round(10*time.Microsecond))
	if gap > max(2*time.Millisecond, median[0]/5) {
		t.Errorf("known %v, unknown %v", median[0], median[1])
	}
}
