package relay

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/srt"
)

// The reasons of a refusal, as medialive.Refusal.
const (
	refusedAddress      = "address"
	refusedStreamID     = "stream_id"
	refusedPassphrase   = "passphrase"
	refusedNotEncrypted = "not_encrypted"
	refusedEncrypted    = "encrypted"
	refusedKeyLength    = "key_length"
	refusedBusy         = "busy"
	refusedUnfinished   = "unfinished"
)

const (
	maxRefused       = 100
	shownStreamID    = 128             // bytes
	verdictWait      = 1 * time.Second // how long libsrt may take to verify a passphrase
	maxPendingCalls  = 1000            // by leg; a flood beyond is not remembered
	replacementForID = "?"             // of bytes that are not UTF-8
)

// refusals remembers the callers that a flow turned away. It is written on
// libsrt's threads, so its lock is never held around a call of libsrt.
type refusals struct {
	mu   sync.Mutex
	list []Refused // oldest first
}

func (r *refusals) add(leg string, from netip.AddrPort, streamID, reason string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	streamID = strings.ToValidUTF8(streamID[:min(len(streamID), shownStreamID)], replacementForID)
	entry := Refused{
		Leg: leg, Address: from.Addr().String(), StreamID: streamID, Reason: reason,
		First: now, Last: now, Count: 1,
	}
	at := slices.IndexFunc(r.list, func(o Refused) bool {
		return o.Leg == entry.Leg && o.Address == entry.Address && o.StreamID == entry.StreamID && o.Reason == entry.Reason
	})
	if at >= 0 {
		entry.First, entry.Count = r.list[at].First, r.list[at].Count+1
		r.list = slices.Delete(r.list, at, at+1)
	} else if len(r.list) >= maxRefused {
		r.list = slices.Delete(r.list, 0, 1)
	}
	r.list = append(r.list, entry)
}

// newestFirst gives a copy.
func (r *refusals) newestFirst() []Refused {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := slices.Clone(r.list)
	slices.Reverse(list)
	return list
}

// pendingCalls are callers that the door let in and that libsrt has not
// delivered yet. Those that never come went away, or were refused by libsrt,
// which tells so only in its log.
type pendingCalls struct {
	mu    sync.Mutex
	calls map[srt.Socket]pendingCall
}

type pendingCall struct {
	call srt.Call
	at   time.Time
}

func (p *pendingCalls) add(call srt.Call, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.calls) < maxPendingCalls {
		p.calls[call.Socket] = pendingCall{call, now}
	}
}

// take forgets a call, and tells whether it was known.
func (p *pendingCalls) take(s srt.Socket) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, known := p.calls[s]
	delete(p.calls, s)
	return known
}

// expired takes the calls whose verdict is overdue.
func (p *pendingCalls) expired(now time.Time) []srt.Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	var late []srt.Call
	for s, c := range p.calls {
		if now.Sub(c.at) > verdictWait {
			late = append(late, c.call)
			delete(p.calls, s)
		}
	}
	return late
}
