package auth

import (
	"sync"
	"time"
)

const (
	freePerAccount = 3 // attempts before the delays begin
	freePerAddress = 20
	firstDelay     = 2 * time.Second
	longestDelay   = time.Minute
	forgetAfter    = 15 * time.Minute // without an attempt
	maxBuckets     = 10000            // so that made-up names cannot fill the memory
)

// throttle slows down guessing: for each account and each address, attempts
// beyond the free ones must be apart by a delay that doubles.
type throttle struct {
	now     func() time.Time
	mu      sync.Mutex
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

// attempt counts an attempt, or tells how long it must wait.
func (t *throttle) attempt(account, address string) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	t.forget(now)
	byAccount, byAddress := t.bucket("account\x00"+account), t.bucket("address\x00"+address)
	wait = max(byAccount.next.Sub(now), byAddress.next.Sub(now))
	if wait > 0 {
		return wait
	}
	byAccount.count(now, freePerAccount)
	byAddress.count(now, freePerAddress)
	return 0
}

// succeeded forgets the attempts of an account, and forgives its address one.
func (t *throttle) succeeded(account, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.buckets, "account\x00"+account)
	if b := t.buckets["address\x00"+address]; b != nil {
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

// forget drops buckets that nobody tried for long, and all of them should there
// be far too many.
func (t *throttle) forget(now time.Time) {
	for key, b := range t.buckets {
		if now.Sub(b.last) > forgetAfter {
			delete(t.buckets, key)
		}
	}
	if len(t.buckets) > maxBuckets {
		clear(t.buckets)
	}
}
