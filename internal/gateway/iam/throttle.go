package iam

import (
	"crypto/sha256"
	"sync"
	"time"
)

// maxThrottled bounds the memory of a throttle, about 1 MB.
const maxThrottled = 16 * 1024

// throttle lets each name fail a few times at once and then once in a while.
// An attempt is paid for before it is made, so that many at once gain nothing,
// and given back if it succeeds.
type throttle struct {
	burst int
	every time.Duration

	mu sync.Mutex
	// full tells for a name when its allowance will be whole again: each
	// failure moves that by "every". Names are hashed, as they may be long.
	full map[[sha256.Size]byte]time.Time
}

func newThrottle(burst int, every time.Duration) *throttle {
	return &throttle{burst: burst, every: every, full: map[[sha256.Size]byte]time.Time{}}
}

// take pays for an attempt, or tells how long to wait for the next.
func (t *throttle) take(name string, now time.Time) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := sha256.Sum256([]byte(name))
	full := t.full[key]
	if full.Before(now) {
		full = now
	}
	full = full.Add(t.every)
	if wait := full.Sub(now) - time.Duration(t.burst)*t.every; wait > 0 {
		return wait
	}
	if len(t.full) >= maxThrottled {
		t.makeRoom(now)
	}
	t.full[key] = full
	return 0
}

// giveBack undoes take.
func (t *throttle) giveBack(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := sha256.Sum256([]byte(name))
	if full, ok := t.full[key]; ok {
		t.full[key] = full.Add(-t.every)
	}
}

// makeRoom forgets the names whose allowance is whole, or any one if a flood
// of names has left none of those.
func (t *throttle) makeRoom(now time.Time) {
	for key, full := range t.full {
		if !full.After(now) {
			delete(t.full, key)
		}
	}
	for key := range t.full {
		if len(t.full) < maxThrottled {
			return
		}
		delete(t.full, key)
	}
}

// An access key is locked for a while after some failures in a row (spec:
// AK/SK, "For the server").
const (
	keyFailures = 5
	keyLocked   = 5 * time.Minute
)

// keyLocks counts failed signatures by access key. Only keys that exist are
// counted, so that it stays small.
type keyLocks struct {
	mu   sync.Mutex
	keys map[string]keyLock
}

type keyLock struct {
	failures int
	until    time.Time
}

func newKeyLocks() *keyLocks { return &keyLocks{keys: map[string]keyLock{}} }

// locked tells whether the key is locked.
func (l *keyLocks) locked(access string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.keys[access].until)
}

// failed counts a failure; the fifth in a row locks.
func (l *keyLocks) failed(access string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lock := l.keys[access]
	lock.failures++
	if lock.failures >= keyFailures {
		lock = keyLock{until: now.Add(keyLocked)}
	}
	l.keys[access] = lock
}

// succeeded forgets the failures.
func (l *keyLocks) succeeded(access string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.keys, access)
}
