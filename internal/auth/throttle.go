package auth

import (
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	freePerAccount = 3 // attempts before the delays begin
	freePerAddress = 20
	firstDelay     = 2 * time.Second
	longestDelay   = time.Minute
	forgetAfter    = 15 * time.Minute // without an attempt
	tidyEvery      = time.Second
	maxBuckets     = 10000 // so that made-up names cannot fill the memory
	siteBits       = 64    // of an IPv6 address: what one customer has of them
)

// throttle slows down guessing: for each account and each address, attempts
// beyond the free ones must be apart by a delay that doubles.
type throttle struct {
	now     func() time.Time
	mu      sync.Mutex
	tidied  time.Time
	buckets map[string]*bucket
}

// bucket counts the attempts of one account or address.
type bucket struct {
	tries int
	last  time.Time
	next  time.Time // no attempt before
}

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, buckets: make(map[string]*bucket)}
}

// accountKey is the same for all ways to write a name that a service might take
// for one.
func accountKey(account string) string { return "account\x00" + strings.ToLower(account) }

// addressKey is the same for all addresses that one customer can have.
func addressKey(address string) string {
	if ip, err := netip.ParseAddr(address); err == nil {
		ip = ip.Unmap().WithZone("")
		address = ip.String()
		if site, err := ip.Prefix(siteBits); ip.Is6() && err == nil {
			address = site.String()
		}
	}
	return "address\x00" + address
}

// attempt counts an attempt, or tells how long it must wait. One that must wait
// leaves no trace, so that a flood of them pushes nothing out.
func (t *throttle) attempt(account, address string) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	t.tidy(now)
	byAccount, byAddress := accountKey(account), addressKey(address)
	for _, key := range []string{byAccount, byAddress} {
		if b := t.buckets[key]; b != nil {
			wait = max(wait, b.next.Sub(now))
		}
	}
	if wait > 0 {
		return wait
	}
	t.bucket(byAccount).count(now, freePerAccount)
	t.bucket(byAddress).count(now, freePerAddress)
	return 0
}

// succeeded forgets the attempts of an account, and forgives its address one.
func (t *throttle) succeeded(account, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.buckets, accountKey(account))
	if b := t.buckets[addressKey(address)]; b != nil {
		b.tries--
		b.next = time.Time{}
	}
}

func (t *throttle) bucket(key string) *bucket {
	b := t.buckets[key]
	if b == nil {
		b = &bucket{}
		t.buckets[key] = b
	}
	return b
}

// count notes an attempt and sets when the next one may be.
func (b *bucket) count(now time.Time, free int) {
	b.tries++
	b.last = now
	if over := b.tries - free; over >= 0 {
		b.next = now.Add(min(firstDelay<<min(over, 10), longestDelay))
	}
}

// tidy drops buckets that nobody tried for long. Should there be far too many,
// those tried least go first: they are made-up names, and not the one that is
// being guessed.
func (t *throttle) tidy(now time.Time) {
	if len(t.buckets) <= maxBuckets && now.Sub(t.tidied) < tidyEvery {
		return
	}
	t.tidied = now
	for key, b := range t.buckets {
		if now.Sub(b.last) > forgetAfter {
			delete(t.buckets, key)
		}
	}
	for least := 1; len(t.buckets) > maxBuckets; least++ {
		for key, b := range t.buckets {
			if b.tries <= least {
				delete(t.buckets, key)
			}
		}
	}
}
