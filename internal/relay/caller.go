package relay

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/flowdeck/flowdeck/internal/srt"
)

const lookupTimeout = 3 * time.Second

// call begins to call a leg's far end.
func (r *relay) call(l *leg, now time.Time) {
	if ip, err := netip.ParseAddr(l.spec.Host); err == nil {
		r.connect(l, ip, now)
		return
	}
	l.looking = true
	go r.lookUp(l, l.spec.Host)
}

func (r *relay) lookUp(l *leg, host string) {
	ctx, cancel := context.WithTimeout(r.ctx, lookupTimeout)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	l.looking = false
	switch {
	case l.closed || r.lib == nil:
	case err != nil || len(ips) == 0:
		l.failed(fmt.Sprintf("the name %s is not known", host), now)
	default:
		l.addresses = len(ips)
		r.connect(l, ips[l.turn%len(ips)].Unmap(), now)
	}
}

func (r *relay) connect(l *leg, ip netip.Addr, now time.Time) {
	if err := r.reach.permits(ip); err != nil {
		l.failed(err.Error(), now)
		return
	}
	s, err := r.newSocket(l)
	if err != nil {
		l.failed(err.Error(), now)
		return
	}
	addr := netip.AddrPortFrom(ip, uint16(l.spec.Port))
	err = r.poll.Watch(s, srt.Out|srt.Err)
	if err == nil {
		err = r.lib.Connect(s, addr)
	}
	if err != nil {
		r.lib.Close(s)
		l.failed(fmt.Sprintf("call %s: %v", addr, err), now)
		return
	}
	l.calling = s
	l.calls = addr
	r.legs[s] = l
}

// answered takes the outcome of a call.
func (r *relay) answered(l *leg, now time.Time) {
	s := l.calling
	state := r.lib.State(s)
	if state == srt.StateConnecting {
		return
	}
	delete(r.legs, s)
	l.calling = 0
	r.poll.Forget(s)
	if state != srt.StateConnected {
		why, text := r.lib.RejectReason(s)
		r.lib.Close(s)
		l.failed(refusalText(why, text), now)
		r.changed.ring()
		return
	}
	if r.join(l, s, l.calls, now) {
		l.attempts, l.problem, l.nextTry = 0, "", time.Time{}
	}
}

// refusalText says for people why a call failed.
func refusalText(why srt.Reject, text string) string {
	switch why {
	case srt.RejectTimeout:
		return "nobody answers"
	case srt.RejectBadSecret:
		return "the far end uses another passphrase"
	case srt.RejectUnsecure:
		return "only one side uses a passphrase"
	case srt.RejectForbidden:
		return "the far end does not allow this address"
	}
	return fmt.Sprintf("the far end refused: %s (%d)", text, why)
}
