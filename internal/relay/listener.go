package relay

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/flowdeck/flowdeck/internal/srt"
)

// openListener binds a leg's port and lets callers in.
func (r *relay) openListener(l *leg) error {
	addr, err := l.address()
	if err != nil {
		return err
	}
	s, err := r.newSocket(l)
	if err != nil {
		return err
	}
	if err = r.listen(s, addr, l); err != nil {
		r.lib.Close(s)
		if srt.PortTaken(err) {
			return &PortError{Leg: l.spec.Name, Port: l.spec.Port}
		}
		return fmt.Errorf("listen on %s for %s: %w", addr, l.spec.Name, err)
	}
	l.listener, l.problem = s, ""
	r.legs[s] = l
	return nil
}

func (r *relay) listen(s srt.Socket, addr netip.AddrPort, l *leg) error {
	if addr.Addr().Is6() {
		only := 1
		if addr.Addr().IsUnspecified() {
			only = 0 // [::] serves IPv4 too
		}
		if err := r.lib.SetInt(s, srt.OptIPv6Only, only); err != nil {
			return err
		}
	}
	if err := r.lib.Bind(s, addr); err != nil {
		return err
	}
	if err := r.lib.Listen(s, backlog, l.door(r.lib)); err != nil {
		return err
	}
	return r.poll.Watch(s, srt.In)
}

func (r *relay) acceptAll(l *leg, now time.Time) {
	for {
		s, addr, err := r.lib.Accept(l.listener)
		if err != nil {
			if !errors.Is(err, srt.ErrWouldBlock) {
				r.log.Warn("accept", "flow", l.flow.id, "leg", l.spec.Name, "error", err)
			}
			return
		}
		l.pending.take(s)
		r.join(l, s, addr, now)
	}
}

// join makes a connected socket a peer of its leg, unless its key is shorter
// than configured: the caller decides that, so it is seen only now.
func (r *relay) join(l *leg, s srt.Socket, addr netip.AddrPort, now time.Time) bool {
	key, err := r.keyLength(s, l)
	if err == nil && key < l.spec.KeyLength {
		l.flow.refusals.add(l.spec.Name, addr, "", refusedKeyLength, now)
		err = fmt.Errorf("the far end uses a key of %d bits instead of %d", key*8, l.spec.KeyLength*8)
	}
	if err != nil {
		r.lib.Close(s)
		if l.spec.Mode == Call {
			l.failed(err.Error(), now)
		}
		return false
	}
	p := &peer{leg: l, socket: s, addr: addr, since: now, sampled: now, keyLength: key}
	p.watch(r.lib, now) // so that the first report has its latency and round trip
	if l.source {
		return r.joinSource(l, p, now)
	}
	l.peers = append(l.peers, p)
	l.pullers.Store(int32(len(l.peers)))
	r.sinks[s] = p
	if err := r.poll.Watch(s, srt.Err); err != nil {
		r.lose(p, now)
		return false
	}
	l.flow.publish()
	r.changed.ring()
	return true
}
