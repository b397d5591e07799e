package media

import (
	"fmt"
	"syscall"
	"testing"
)

// TestMedia moves media through one Flowdeck whose processes are left in peace.
func TestMedia(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	t.Run("media", func(t *testing.T) {
		for _, key := range []int{0, 16, 24, 32} {
			t.Run(fmt.Sprintf("key of %d bytes", key), func(t *testing.T) { testKeys(t, h, key) })
		}
		for _, c := range refusals() {
			t.Run("refused for "+c.name, func(t *testing.T) { testRefusal(t, h, c) })
		}
		t.Run("outputs come and go", func(t *testing.T) { testOutputsComeAndGo(t, h) })
		t.Run("source edits", func(t *testing.T) { testSourceEdits(t, h) })
		t.Run("latency", func(t *testing.T) { testLatencyCountsFromTheNextConnection(t, h) })
		t.Run("sender killed", func(t *testing.T) { testHealth(t, h, func(f *feeder) { f.Kill() }, false) })
		t.Run("sender ends", func(t *testing.T) { testHealth(t, h, func(f *feeder) { f.Interrupt(t) }, false) })
		t.Run("sender frozen", func(t *testing.T) { testHealth(t, h, func(f *feeder) { f.Signal(syscall.SIGSTOP) }, false) })
		t.Run("sender silent", func(t *testing.T) { testHealth(t, h, func(f *feeder) { close(f.hold) }, true) })
		t.Run("receivers killed", func(t *testing.T) { testReceiversKilled(t, h) })
		t.Run("caller source", func(t *testing.T) { testCallerSource(t, h) })
		t.Run("events", func(t *testing.T) { testEvents(t, h) })
		t.Run("stop and start", func(t *testing.T) { testStopAndStart(t, h) })
		t.Run("ports pass on", func(t *testing.T) { testPortsPassOn(t, h) })
		t.Run("loss", func(t *testing.T) { testLoss(t, h) })
		t.Run("faulty stream", func(t *testing.T) { testFaultyStream(t, h) })
		t.Run("taken port", func(t *testing.T) { testTakenPort(t, h) })
		t.Run("delete while ACTIVE", func(t *testing.T) { testDeleteWhileActive(t, h) })
	})
}
