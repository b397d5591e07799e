package media

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

const (
	intruders  = 200 // calls with a wrong passphrase
	flaps      = 40
	flapEvery  = time.Second / 5
	flapStay   = flapEvery / 2
	unfinished = 100 // half handshakes
)

// TestF25 lets bad sources call. Whoever sends goes on undisturbed, each
// refusal has its reason, and what comes and goes is one alarm and no flood.
func TestF25(t *testing.T) {
	t.Parallel()
	h := open(t, map[string]string{"FLOWDECK_LOG_LEVEL": "info"})
	t.Run("bad sources", func(t *testing.T) {
		t.Run("intruders", func(t *testing.T) { testIntruders(t, h) })
		t.Run("silent", func(t *testing.T) { testSilentSources(t, h) })
		t.Run("flapping", func(t *testing.T) { testFlapping(t, h) })
	})
}

// testIntruders has callers try to take the place of who sends.
func testIntruders(t *testing.T, h *house) {
	t.Parallel()
	since := time.Now()
	source, serve := camera(), serves("serve")
	source.Decryption = crypto(16)
	source.MinLatency, serve.MinLatency = steady, steady
	f := h.run(t, source, serve)
	first := relaytest.Push(t, h.clip, keyed(f.input(), 16))
	f.await("camera", medialive.LegConnected)
	r := liveTransmit(t, f.output("serve"))
	r.grow(t, someMedia)
	before := f.leg("camera")

	got := calls(t, relaytest.Calls{
		To: address(f.input()), Passphrase: otherWord, KeyLength: 16, Count: intruders, AtOnce: 4, Stay: flapStay,
	}).result(t)
	relaytest.Push(t, h.clip, f.input())
	f.refused("camera", medialive.RefusedPassphrase, since)
	f.refused("camera", medialive.RefusedNotEncrypted, since)
	list, err := h.client.RefusedCallers(t.Context(), f.id)
	must(t, err)
	counted := 0
	for _, c := range list {
		if c.Reason == medialive.RefusedPassphrase {
			counted += c.Count
		} else if c.Reason != medialive.RefusedNotEncrypted {
			t.Errorf("refused for %s too", c.Reason)
		}
	}
	after := f.leg("camera")
	if got.Connected != 0 || after.Peer != before.Peer || !after.ConnectedAt.Equal(before.ConnectedAt) || after.State != medialive.LegConnected {
		t.Errorf("%d got in; the source was %+v and is %+v", got.Connected, before, after)
	}
	if counted < intruders*9/10 { // one whose answer is late calls again, or gives up
		t.Errorf("%d of %d are listed", counted, intruders)
	}
	r.grow(t, playedBytes)
	r.whole(t)
	evidence(t, "F25", "senders with a wrong passphrase that took the place of the first", fmt.Sprintf("%d of %d", got.Connected, intruders), "0")
	evidence(t, "F25", "of them listed as refused, with the reason passphrase", counted, fmt.Sprintf("%d calls", intruders))
	evidence(t, "F25", "gaps in what the receiver had meanwhile", r.gaps(t), "0")
	h.takesOver(t, f, first)
}

// takesOver has a second sender come with the right passphrase. What is
// promised is that the newest authenticated one has the place, so that an
// encoder that was replaced, or comes back on another port, need not wait.
func (h *house) takesOver(t *testing.T, f *flow, first *relaytest.Process) {
	t.Helper()
	before, began := f.leg("camera"), time.Now()
	relaytest.Push(t, h.clip, keyed(f.input(), 16))
	f.awaitLeg("camera", "the second, authenticated sender's", func(l medialive.LegStatistics) bool {
		return l.State == medialive.LegConnected && l.Peers == 1 && l.Peer != before.Peer
	})
	evidence(t, "F25", "a second sender with the right passphrase has the place", time.Since(began).Round(time.Millisecond), "the newest authenticated sender has it")
	if err := first.Wait(t, limit); err == nil {
		t.Error("the first sender was content")
	}
}

// testSilentSources has senders come that say nothing: on their own, beside
// one that sends, and halfway through the handshake.
func testSilentSources(t *testing.T, h *house) {
	t.Parallel()
	source, serve := camera(), serves("serve")
	source.MinLatency, serve.MinLatency = steady, steady
	f := h.run(t, source, serve)
	silent := feed(t, h.clip, f.input())
	close(silent.hold)
	l := f.awaitLeg("camera", "called by a silent sender", func(l medialive.LegStatistics) bool { return l.Peers == 1 })
	quiet := l.Bytes == 0

	sender := relaytest.Push(t, h.clip, f.input())
	f.await("camera", medialive.LegConnected)
	r := liveTransmit(t, f.output("serve"))
	r.grow(t, someMedia)
	before := f.leg("camera")
	since := time.Now()
	late := feed(t, h.clip, f.input())
	close(late.hold)
	halfShakes(t, f.input())
	f.refused("camera", medialive.RefusedBusy, since)
	r.grow(t, playedBytes)
	after := f.leg("camera")
	displaced := 0
	if after.Peer != before.Peer || !after.ConnectedAt.Equal(before.ConnectedAt) || after.State != medialive.LegConnected {
		displaced = 1
		t.Errorf("a silent sender displaced one that sends: the source was %+v and is %+v", before, after)
	}
	r.whole(t)
	if !quiet {
		t.Errorf("the silent sender is %+v", l)
	}
	evidence(t, "F25", "a silent sender beside one that sends is listed as refused, with the reason", medialive.RefusedBusy, "a clear reason")
	evidence(t, "F25", "silent senders that took the place of one that sends", fmt.Sprintf("%d of %d", displaced, 1+unfinished), "0")
	sender.Kill()
}

// halfShakes begins handshakes and says no more.
func halfShakes(t *testing.T, to relaytest.SRT) {
	t.Helper()
	induction := make([]byte, 64)
	binary.BigEndian.PutUint32(induction, 0x80000000) // a control packet: handshake
	binary.BigEndian.PutUint32(induction[16:], 4)     // version
	binary.BigEndian.PutUint32(induction[20:], 2)     // datagram
	binary.BigEndian.PutUint32(induction[28:], 1500)  // MTU
	binary.BigEndian.PutUint32(induction[32:], 8192)  // window
	binary.BigEndian.PutUint32(induction[36:], 1)     // induction
	for i := range unfinished {
		conn, err := net.Dial("udp4", address(to).String())
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		binary.BigEndian.PutUint32(induction[40:], uint32(i+1)) // its socket
		_, err = conn.Write(induction)
		must(t, err)
	}
}

// testFlapping has a sender come, send and go five times a second.
func testFlapping(t *testing.T, h *house) {
	t.Parallel()
	f := h.run(t, camera(), serves("serve"))
	begin := len(h.app.Logs())
	began := time.Now()
	got := calls(t, relaytest.Calls{To: address(f.input()), Count: flaps, AtOnce: 1, Stay: flapStay, Every: flapEvery}).result(t)
	took := time.Since(began)
	if got.Connected < flaps/2 {
		t.Errorf("the sender came %d times of %d", got.Connected, flaps)
	}
	v := h.viewer(t)
	var listed, standIn []string
	relaytest.Eventually(t, limit, "the alarm of the flapping sender", func() bool {
		listed, standIn = v.alarms(t, f)
		return len(listed) > 0
	})
	if !slices.Equal(listed, []string{"UNSTABLE"}) {
		t.Errorf("alarms of the flow: %q", listed)
	}
	perSecond := float64(got.Connected) / got.Took.Seconds()
	evidence(t, "F25", fmt.Sprintf("alarms of a sender that came and went %d times, %.1f times a second", got.Connected, perSecond),
		fmt.Sprintf("%d: %s", len(listed), strings.Join(listed, ", ")), "1: UNSTABLE")
	lines := strings.Count(h.app.Logs()[begin:], "\n")
	if float64(lines) > took.Seconds()+1 {
		t.Errorf("%d log lines in %v:\n%s", lines, took, h.app.Logs()[begin:])
	}
	evidence(t, "F25", "log lines a second meanwhile, of all peers and processes", fmt.Sprintf("%.2f", float64(lines)/took.Seconds()), "≤ 1 for a peer")
	t.Logf("it stands for %q", standIn)
}

// address is where an end is called.
func address(end relaytest.SRT) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(end.Host), uint16(end.Port))
}
