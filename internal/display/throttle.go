package display

import (
	"net/netip"
	"sync"
	"time"
)

const (
	freeMisses  = 60          // wrong links that an address may try at once
	missEvery   = time.Second // and then one more for each
	maxBuckets  = 10000       // so that made-up addresses cannot fill the memory
	emptyAfter  = freeMisses * missEvery
	sweepBefore = time.Minute
	siteBits    = 64 // of an IPv6 address: what one customer has of them, as at the sign-in
)

// throttle slows down who tries one link after the other. Twenty screens behind
// one address that ask in vain each half minute are no reason to shut it out.
type throttle struct {
	now   func() time.Time
	mu    sync.Mutex
	until map[string]time.Time // by customer: each miss moves it on; free when it is not too far ahead
	swept time.Time
}

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, until: make(map[string]time.Time)}
}

// may tells whether an address may try a link.
func (t *throttle) may(address string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.until[customer(address)].Sub(t.now()) < emptyAfter
}

// missed counts a wrong link.
func (t *throttle) missed(address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	t.sweep(now)
	who := customer(address)
	at := t.until[who]
	if at.Before(now) {
		at = now
	}
	t.until[who] = at.Add(missEvery)
}

// customer is the same for all addresses that one customer can have.
func customer(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	return netip.PrefixFrom(ip, siteBits).Masked().String()
}

// sweep forgets who has long been free, and all should there be far too many.
func (t *throttle) sweep(now time.Time) {
	if len(t.until) >= maxBuckets {
		clear(t.until)
	}
	if now.Sub(t.swept) < sweepBefore {
		return
	}
	t.swept = now
	for address, at := range t.until {
		if at.Before(now) {
			delete(t.until, address)
		}
	}
}
