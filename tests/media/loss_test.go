package media

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

const (
	loseOneOf  = 10   // of the packets with media
	mediaBytes = 1000 // a packet longer than this carries some; handshakes are shorter
)

// badLine passes UDP on between one caller and a listener, and loses some of
// what the caller sends.
type badLine struct {
	conn net.PacketConn
	to   netip.AddrPort
	lost atomic.Int64
}

// lossy opens a bad line to a listener, and gives where to call.
func (h *house) lossy(t *testing.T, to relaytest.SRT) (*badLine, relaytest.SRT) {
	t.Helper()
	at := h.farEnd()
	conn, err := net.ListenPacket("udp4", netip.AddrPortFrom(netip.MustParseAddr(at.Host), uint16(at.Port)).String())
	must(t, err)
	l := &badLine{conn: conn, to: netip.AddrPortFrom(netip.MustParseAddr(to.Host), uint16(to.Port))}
	var group sync.WaitGroup
	group.Go(l.run)
	t.Cleanup(func() {
		_ = conn.Close()
		group.Wait()
	})
	to.Host, to.Port, to.Listen = at.Host, at.Port, false
	return l, to
}

func (l *badLine) run() {
	buf := make([]byte, 2048)
	var caller net.Addr
	far := net.UDPAddrFromAddrPort(l.to)
	for n := 0; ; {
		size, from, err := l.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		to := caller
		if from.String() != far.String() {
			caller, to = from, far
			if size > mediaBytes {
				n++
			}
			if size > mediaBytes && n%loseOneOf == 0 {
				l.lost.Add(1)
				continue
			}
		}
		if to != nil {
			_, _ = l.conn.WriteTo(buf[:size], to) // lost, then
		}
	}
}

// testLoss loses packets before the source and behind an output. They are
// sent again, counted, and missing nowhere.
func testLoss(t *testing.T, h *house) {
	t.Parallel()
	source, far := camera(), h.farEnd()
	source.MinLatency = steady
	received := liveTransmit(t, far)
	behind, call := h.lossy(t, far)
	push := pushes("push", call)
	push.MinLatency = steady
	f := h.run(t, source, push)
	before, call := h.lossy(t, f.input())
	relaytest.Push(t, h.clip, call)
	for _, name := range []string{"camera", "push"} {
		f.awaitLeg(name, "losing and repeating packets", func(l medialive.LegStatistics) bool {
			return l.LossTotal >= 5 && l.Retransmit >= 5 && l.Loss > 2 && l.Loss < 30 && l.RTT > 0
		})
	}
	received.grow(t, playedBytes)
	t.Logf("%d packets lost before, %d behind", before.lost.Load(), behind.lost.Load())
	for _, name := range []string{"camera", "push"} {
		if l := f.leg(name); l.Drop != 0 || l.TSErrors != 0 {
			t.Errorf("%s: %+v", name, l)
		}
	}
	received.whole(t)
}

// testFaultyStream sends a stream whose counters jump, which is no loss.
func testFaultyStream(t *testing.T, h *house) {
	t.Parallel()
	f := h.run(t, camera())
	feed(t, h.clip, f.input()) // it jumps where the clip begins again
	l := f.awaitLeg("camera", "counted as faulty", func(l medialive.LegStatistics) bool { return l.TSErrors > 0 })
	if l.LossTotal != 0 || l.State != medialive.LegConnected {
		t.Errorf("source: %+v", l)
	}
}
