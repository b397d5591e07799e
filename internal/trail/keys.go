package trail

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

// Keys gives the keys of the hashes by their numbers, from 1. *seal.Key
// satisfies it.
type Keys interface {
	// Derive gives the key of the number for the label: the same two always
	// give the same key, and no key tells anything of another.
	Derive(number int, label string) ([]byte, error)
	// Current is the number with which new lines are to be hashed.
	Current() int
}

// The labels under which keys are derived.
const (
	lineLabel = "flowdeck trail line 1"
	headLabel = "flowdeck trail head 1"
)

// Ring is keys, each derived once. It is for one goroutine at a time.
type Ring struct {
	keys  Keys
	known map[ringKey][]byte
}

type ringKey struct {
	number int
	label  string
}

// NewRing makes a ring of keys.
func NewRing(keys Keys) *Ring { return &Ring{keys: keys, known: map[ringKey][]byte{}} }

func (r *Ring) key(number int, label string) ([]byte, error) {
	at := ringKey{number, label}
	if key, ok := r.known[at]; ok {
		return key, nil
	}
	key, err := r.keys.Derive(number, label)
	if err != nil {
		return nil, fmt.Errorf("key %d of the trail: %w", number, err)
	}
	r.known[at] = key
	return key, nil
}

// sum is the keyed hash of the parts. Each but the last has a fixed length, so
// that no two lists of parts are hashed alike.
func (r *Ring) sum(number int, label string, parts ...[]byte) ([]byte, error) {
	key, err := r.key(number, label)
	if err != nil {
		return nil, err
	}
	hash := hmac.New(sha256.New, key)
	for _, p := range parts {
		hash.Write(p)
	}
	return hash.Sum(nil), nil
}
