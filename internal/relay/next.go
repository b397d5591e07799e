package relay

import (
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/srt"
)

// joinSource gives the newest authenticated sender the place of an older, once
// it sends: a sender that is stuck, or a receiver that called the wrong port,
// must not interrupt the one on air.
func (r *relay) joinSource(l *leg, p *peer, now time.Time) bool {
	if !l.moving(now) || p.sends() {
		return r.seat(l, p, now)
	}
	r.forgetNext(l)
	l.next = p
	return true
}

// seat makes a sender the one of its leg.
func (r *relay) seat(l *leg, p *peer, now time.Time) bool {
	for _, old := range slices.Clone(l.peers) {
		r.closePeer(old)
	}
	p.ts = &continuity{}
	l.peers = []*peer{p}
	if err := r.media.add(p); err != nil {
		r.lose(p, now)
		return false
	}
	r.changed.ring()
	return true
}

// reviewNext looks whether who waits for the place sends, or has gone. libsrt
// keeps what it sent meanwhile. One that stays silent is listed among those who
// were turned away, and may still send later.
func (r *relay) reviewNext(l *leg, now time.Time) {
	p := l.next
	if p == nil {
		return
	}
	p.watch(r.lib, now)
	switch {
	case r.lib.State(p.socket) != srt.StateConnected:
		r.forgetNext(l)
	case p.sends(), !l.moving(now):
		l.next = nil
		r.seat(l, p, now)
	case !p.listed && now.Sub(p.since) > mediaSilence:
		p.listed = true
		l.flow.refusals.add(l.spec.Name, p.addr, "", refusedBusy, now)
	}
}

// forgetNext sends away who waits for the place.
func (r *relay) forgetNext(l *leg) {
	if l.next != nil {
		r.lib.Close(l.next.socket)
		l.next = nil
	}
}

// sends tells that media has come from a sender.
func (p *peer) sends() bool { return !p.lastMedia.IsZero() }
