package safety

import (
	"os"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// long tells that attacks are to have their full count.
func long() bool { return os.Getenv("FLOWDECK_SAFETY_LONG") != "" }

// count is the full count of an attack, or a share of it.
func count(full, short int) int {
	if long() {
		return full
	}
	return short
}

// evidence logs a figure for docs/evidence.md.
func evidence(t *testing.T, number, what string, figure any, goal string) {
	t.Helper()
	if d, ok := figure.(time.Duration); ok {
		figure = d.Round(10 * time.Microsecond)
	}
	t.Logf("evidence: %s | %s | %v | %s", number, what, figure, goal)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const again = 20 * time.Millisecond

// await waits for what should be so within a time.
func await(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(again)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for %s", limit, what)
		}
		<-tick.C
	}
}
