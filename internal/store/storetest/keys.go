package storetest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

// Keys are keys of a trail for tests: as many as the number tells.
type Keys int

// Derive implements trail.Keys.
func (k Keys) Derive(number int, label string) ([]byte, error) {
	if number < 1 || number > int(k) {
		return nil, fmt.Errorf("there is no key %d", number)
	}
	hash := hmac.New(sha256.New, bytes.Repeat([]byte{byte(number)}, sha256.Size))
	_, _ = hash.Write([]byte(label)) // never fails
	return hash.Sum(nil), nil
}

// Current implements trail.Keys.
func (k Keys) Current() int { return int(k) }
