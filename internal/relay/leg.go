package relay

import (
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/flowdeck/flowdeck/internal/srt"
)

const (
	maxPullers   = 32              // far ends of one listening output
	mediaSilence = 2 * time.Second // without media a leg is no longer Connected
	rebindPause  = 500 * time.Millisecond
	afterLoss    = 300 * time.Millisecond
	afterFailure = 1 * time.Second
	longestPause = 10 * time.Second
)

// leg is one running connection point. Its fields belong to the relay's lock,
// but for those that the door, on libsrt's threads, reads.
type leg struct {
	flow   *flow
	spec   LegSpec
	source bool
	closed bool

	listener srt.Socket     // 0: none
	calling  srt.Socket     // 0: none
	calls    netip.AddrPort // whom
	looking  bool           // the name of the host is being looked up
	peers    []*peer
	next     *peer // of a source: came while another sends, and has its place once it sends too

	state     State
	since     time.Time
	connected bool // was Connected once
	problem   string
	attempts  int
	nextTry   time.Time
	addresses int // that the name of the host stands for
	turn      int // which of them is called next; stays where a call succeeded

	admission atomic.Pointer[admission]
	pending   pendingCalls
	pullers   atomic.Int32
}

// admission is what the door checks a caller against.
type admission struct {
	name      string
	allow     []netip.Prefix
	streamID  string
	latency   int
	keyLength int
}

func (l *leg) setSpec(spec LegSpec) {
	l.spec = spec
	l.admission.Store(&admission{
		name: spec.Name, allow: spec.Allow, streamID: spec.StreamID,
		latency: spec.Latency, keyLength: spec.KeyLength,
	})
}

func (l *leg) initialState() State {
	if l.spec.Mode == Call {
		return Connecting
	}
	return Waiting
}

// door decides on the leg's callers. It runs on libsrt's receive thread.
func (l *leg) door(lib *srt.Library) srt.Door {
	return srt.Door{
		Admit: func(call srt.Call) srt.Reject { return l.admit(lib, call) },
		Refused: func(call srt.Call, why srt.Reject) {
			if l.pending.take(call.Socket) {
				l.refuse(call, why, time.Now())
			}
		},
	}
}

func (l *leg) admit(lib *srt.Library, call srt.Call) srt.Reject {
	a := l.admission.Load()
	refuse := func(reason string, answer srt.Reject) srt.Reject {
		l.flow.refusals.add(a.name, call.Peer, call.StreamID, reason, time.Now())
		return answer
	}
	switch {
	case !allowed(a.allow, call.Peer.Addr()):
		return refuse(refusedAddress, srt.RejectForbidden)
	case a.streamID != "" && a.streamID != call.StreamID:
		return refuse(refusedStreamID, srt.RejectNotFound)
	case !l.source && l.pullers.Load() >= maxPullers:
		return refuse(refusedBusy, srt.RejectOverload)
	}
	// The listener's own latency cannot be changed any more, its callers' can.
	if err := setLatency(lib, call.Socket, a.latency, l.source); err != nil {
		return srt.RejectOverload
	}
	l.pending.add(call, time.Now())
	return srt.Accept
}

func allowed(networks []netip.Prefix, caller netip.Addr) bool {
	return len(networks) == 0 ||
		slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(caller) })
}

// refuse records a caller whom libsrt turned away after the door let it in.
func (l *leg) refuse(call srt.Call, why srt.Reject, now time.Time) {
	a := l.admission.Load()
	reason := refusedPassphrase
	switch {
	case a.keyLength == 0:
		reason = refusedEncrypted
	case why == srt.RejectUnsecure:
		reason = refusedNotEncrypted
	}
	l.flow.refusals.add(a.name, call.Peer, call.StreamID, reason, now)
}

// refresh works out the state, and tells whether it changed.
func (l *leg) refresh(now time.Time) bool {
	state := l.initialState()
	switch {
	case l.spec.Mode == Listen && l.listener == 0:
		state = Failed
	case l.moving(now):
		state = Connected
	case len(l.peers) > 0:
		state = Waiting
	}
	if state == l.state {
		return false
	}
	l.state, l.since = state, now
	if state == Connected {
		l.connected = true
	}
	return true
}

func (l *leg) moving(now time.Time) bool {
	return slices.ContainsFunc(l.peers, func(p *peer) bool {
		return !p.lastMedia.IsZero() && now.Sub(p.lastMedia) < mediaSilence
	})
}

// failed plans the next call after a failed one: at once where the host has
// another address; else soon at first, then at growing distance, since each
// call costs a port and two threads.
func (l *leg) failed(problem string, now time.Time) {
	l.problem = problem
	l.attempts++
	l.turn++
	addresses := max(1, l.addresses)
	pause := min(afterFailure<<min((l.attempts-1)/addresses, 5), longestPause)
	if l.attempts%addresses != 0 {
		pause = afterLoss
	}
	l.nextTry = now.Add(pause)
}

func (l *leg) report() LegReport {
	r := LegReport{
		Name: l.spec.Name, State: l.state, Since: l.since, Lost: l.connected && l.state != Connected,
		Peers: len(l.peers), Latency: l.spec.Latency, Attempts: l.attempts, Problem: l.problem,
	}
	if l.spec.Mode == Call && len(l.peers) == 0 {
		r.NextTry = l.nextTry
	}
	if len(l.peers) == 0 {
		return r
	}
	r.Latency = 0
	r.Peer = l.peers[len(l.peers)-1].addr.String()
	var lost, expected int64
	for _, p := range l.peers {
		p.addTo(&r)
		pl, pe := p.loss()
		lost, expected = lost+pl, expected+pe
	}
	if expected > 0 && lost > 0 {
		r.Loss = min(100, float64(lost)*100/float64(expected))
	}
	if l.state != Connected {
		r.Bitrate = 0
	}
	return r
}

// address is where a listening leg binds.
func (l *leg) address() (netip.AddrPort, error) {
	host := l.spec.Host
	if host == "" {
		host = anyAddress
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("bind %s: %w", host, err)
	}
	return netip.AddrPortFrom(ip, uint16(l.spec.Port)), nil
}
