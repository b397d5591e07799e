package media

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

const (
	fastRate   = 6_000_000 // bit/s
	fastBurst  = 4         // packets at once
	firm       = 2000      // milliseconds of latency: as [steady], of what must be over sooner
	fastSecond = fastRate / 8
	stuckFor   = 1300 * time.Millisecond // longer than a second: libsrt drops; shorter than two: the relay waits
	// slowMemory is what the relay may hold for far ends that take nothing late:
	// the send buffer of one, as internal/relay sizes it for this latency.
	slowMemory = 32 << 20
)

// TestF26 stops one receiver with SIGSTOP, for moments and then for good. The
// other outputs lose nothing, what the stopped one misses is dropped, counted
// and shown, and the relay holds no more for it than its buffer.
func TestF26(t *testing.T) {
	t.Parallel()
	h := open(t, map[string]string{"FLOWDECK_LOG_LEVEL": "info"})
	far, own := h.farEnd(), h.farEnd()
	source, serve, push := camera(), serves("serve"), pushes("push", far)
	source.MinLatency, serve.MinLatency, push.MinLatency = firm, firm, firm
	f := h.run(t, source, serve, push, pushes("slow", own))
	pushed, slow := liveTransmit(t, far), liveTransmit(t, own)
	sender := start[relaytest.LoadResult](t, roleLoad, relaytest.Load{
		Host: f.source.Address, Flows: []relaytest.LoadFlow{{Send: f.source.Port}}, BitRate: fastRate, Burst: fastBurst,
	})
	f.await("camera", medialive.LegConnected)
	others := []*recording{liveTransmit(t, f.output("serve")), pushed}
	for _, r := range append(others, slow) {
		r.grow(t, fastSecond)
	}
	relay := h.app.PID(apptest.Relay)
	before := resident(t, relay)

	dropped := f.stick(t, slow)
	slow.Signal(syscall.SIGSTOP)
	most := int64(0)
	within(t, promised, "the stopped receiver lost", func() bool {
		most = max(most, resident(t, relay)-before)
		return f.outputHealth("slow") == medialive.Disconnected
	})
	for _, r := range others {
		r.grow(t, fastSecond*firm/1000) // all that was on its way meanwhile
	}
	most = max(most, resident(t, relay)-before)
	for _, name := range []string{"camera", "serve", "push"} {
		if l := f.leg(name); l.Drop != 0 || l.TSErrors != 0 || l.State != medialive.LegConnected {
			t.Errorf("%s: %+v", name, l)
		}
	}
	h.shows(t, f)
	sender.Kill()
	for _, r := range others {
		t.Logf("longest stall in %s: %v", r.path, r.longestStall())
		r.whole(t)
	}
	if most > slowMemory {
		t.Errorf("the relay took %d bytes for receivers of which one takes nothing", most)
	}
	evidence(t, "F26", "gaps in what the other outputs delivered while one receiver was stopped", others[0].gaps(t)+others[1].gaps(t), "0")
	evidence(t, "F26", "packets dropped of the stopped one, as its output tells", dropped, "counted")
	evidence(t, "F26", "memory that the relay took for it, MB", fmt.Sprintf("%.1f", float64(most)/(1<<20)), fmt.Sprintf("≤ %d: its buffer", slowMemory>>20))
}

// stick holds the receiver of the output "slow" up for a moment, again until
// packets were dropped, and gives how many. On a busy machine a moment may last
// so long that the receiver is lost and called anew.
func (f *flow) stick(t *testing.T, slow *recording) (dropped int64) {
	t.Helper()
	relaytest.Eventually(t, limit, "drops of the slow receiver counted", func() bool {
		slow.Signal(syscall.SIGSTOP)
		<-time.After(stuckFor)
		slow.Signal(syscall.SIGCONT)
		slow.grow(t, fastSecond)
		dropped = f.leg("slow").Drop
		return dropped > 0
	})
	return dropped
}

// shows fails the test unless the dashboard shows the drops of the slow
// receiver in its history, and that it is lost as the one alarm of its flow.
func (h *house) shows(t *testing.T, f *flow) {
	t.Helper()
	v, dropped := h.viewer(t), 0
	relaytest.Eventually(t, limit, "drops in the history of the output", func() bool {
		dropped = 0
		for line := range strings.Lines(v.get(t, "/flows/"+f.id+"/history.csv?leg=slow")) {
			cells := strings.Split(strings.TrimSpace(line), ",")
			if n, err := strconv.Atoi(cells[len(cells)-1]); err == nil { // not in the heading, nor where nothing was known
				dropped += n
			}
		}
		return dropped > 0
	})
	var listed []string
	relaytest.Eventually(t, limit, "the lost output among the alarms", func() bool {
		listed, _ = v.alarms(t, f)
		return slices.Contains(listed, "OUTPUT LOST")
	})
	evidence(t, "F26", "packets dropped of it, as its history shows", dropped, "shown")
	evidence(t, "F26", "alarms of its flow", strings.Join(listed, ", "), "OUTPUT LOST")
}

// resident is the memory of a process that no file backs, in bytes.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	must(t, err)
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); fields[0] == "RssAnon:" {
			kb, err := strconv.ParseInt(fields[1], 10, 64)
			must(t, err)
			return kb << 10
		}
	}
	t.Fatal("the kernel does not tell RssAnon")
	return 0
}
