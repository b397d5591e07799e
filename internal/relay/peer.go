package relay

import (
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/flowdeck/flowdeck/internal/srt"
)

const (
	lossWindow  = 10 // seconds
	peerSilence = 2 * time.Second
)

// peer is one connected far end of a leg.
type peer struct {
	leg       *leg
	socket    srt.Socket
	addr      netip.AddrPort
	since     time.Time
	keyLength int
	listed    bool // as one who found no place

	// Written by the media goroutine.
	ts       *continuity // of sources
	tsErrors atomic.Int64
	bytes    atomic.Int64
	drops    atomic.Int64
	broken   atomic.Bool

	// Sampled by the control goroutine.
	stats     srt.Stats
	sampled   time.Time
	before    int64 // bytes at that time
	bitrate   int64
	moved     int64     // packets or bytes when media was last seen to move
	lastMedia time.Time // when that was
	acks      int64     // confirmations of the far end
	sentAtAck int64     // packets sent when the last came
	unheard   time.Time // since when packets go out and no confirmation comes
	window    [lossWindow]lossSample
	next      int
}

// lossSample is the state of the counters at some second.
type lossSample struct{ lost, packets int64 }

// watch notes whether media moves. For a source it counts what arrives, not
// what is delivered a latency later.
func (p *peer) watch(lib *srt.Library, now time.Time) {
	if stats, err := lib.Stats(p.socket); err == nil {
		p.stats = stats
	}
	moved := p.bytes.Load()
	if p.leg.source {
		moved = p.stats.ReceivedUnique
	}
	if moved != p.moved {
		p.moved, p.lastMedia = moved, now
	}
	switch {
	case p.stats.AcksReceived != p.acks:
		p.acks, p.sentAtAck, p.unheard = p.stats.AcksReceived, p.stats.SentUnique, time.Time{}
	case p.stats.SentUnique > p.sentAtAck && p.unheard.IsZero():
		p.unheard = now
	}
}

// silent tells that the far end has not confirmed anything for too long.
// libsrt notices that too, but only after some 5 s.
func (p *peer) silent(now time.Time) bool {
	return !p.unheard.IsZero() && now.Sub(p.unheard) > peerSilence
}

// sample measures the last second.
func (p *peer) sample(now time.Time) {
	bytes := p.bytes.Load()
	if elapsed := now.Sub(p.sampled).Seconds(); elapsed > 0 {
		p.bitrate = int64(float64(bytes-p.before) * 8 / elapsed)
	}
	p.before, p.sampled = bytes, now
	p.window[p.next%lossWindow] = p.losses()
	p.next++
}

func (p *peer) losses() lossSample {
	if p.leg.source {
		return lossSample{p.stats.ReceiveLoss, p.stats.ReceivedUnique}
	}
	return lossSample{p.stats.SendLoss, p.stats.SentUnique}
}

// loss gives the lost packets of the window and all that should have come.
func (p *peer) loss() (lost, expected int64) {
	now, then := p.losses(), lossSample{}
	if p.next >= lossWindow {
		then = p.window[p.next%lossWindow]
	}
	lost = now.lost - then.lost
	if p.leg.source {
		return lost, now.packets - then.packets + lost
	}
	return lost, now.packets - then.packets
}

// addTo adds the peer's figures to its leg's report.
func (p *peer) addTo(r *LegReport) {
	r.Bitrate += p.bitrate
	r.Bytes += p.bytes.Load()
	r.RTT = max(r.RTT, p.stats.RTT)
	r.Bandwidth = max(r.Bandwidth, p.stats.Bandwidth)
	r.TSErrors += p.tsErrors.Load()
	r.KeyLength = p.keyLength
	if r.ConnectedAt.IsZero() || p.since.Before(r.ConnectedAt) {
		r.ConnectedAt = p.since
	}
	if p.leg.source {
		r.Latency = max(r.Latency, p.stats.ReceiveWait)
		r.LossTotal += p.stats.ReceiveLoss
		r.Retransmit += p.stats.ReceivedAgain
		r.Drop += p.stats.ReceiveDrop
		return
	}
	r.Latency = max(r.Latency, p.stats.SendDelay)
	r.LossTotal += p.stats.SendLoss
	r.Retransmit += p.stats.Retransmitted
	r.Drop += p.stats.SendDrop + p.drops.Load()
}
