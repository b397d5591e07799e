package iam

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Parameters of argon2id: OWASP's first choice for 19 MiB. They are written
// into each hash, so that they can be raised without voiding the old ones.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	saltSize     = 16 // bytes
	hashSize     = 32 // bytes

	hashersAtOnce = 2  // 38 MiB at most, however many sign in
	hashersQueue  = 64 // more than these are turned away
)

// Length of a password in bytes.
const (
	minPassword = 8
	maxPassword = 256
)

// errBusy says that too many sign in at once.
var errBusy = errors.New("too many sign-ins at once")

// hasher computes argon2id for a few callers at a time, because each
// computation takes much memory.
type hasher struct {
	working chan struct{}
	queue   chan struct{}
	nobody  string // what an unknown user's password is compared with
}

func newHasher() *hasher {
	h := &hasher{working: make(chan struct{}, hashersAtOnce), queue: make(chan struct{}, hashersQueue)}
	h.nobody = encode(randomBytes(saltSize), randomBytes(hashSize))
	return h
}

// hash gives the encoded hash of a new password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if len(password) < minPassword || len(password) > maxPassword {
		return "", fmt.Errorf("a password has %d to %d bytes", minPassword, maxPassword)
	}
	salt := randomBytes(saltSize)
	sum, err := h.compute(ctx, password, salt, argonTime, argonMemory, argonThreads)
	if err != nil {
		return "", err
	}
	return encode(salt, sum), nil
}

// verify tells whether the password has the encoded hash.
func (h *hasher) verify(ctx context.Context, password, encoded string) (bool, error) {
	var memory, time uint32
	var threads uint8
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != "v=19" {
		return false, errors.New("a stored password hash is not argon2id")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return false, fmt.Errorf("a stored password hash is damaged: %w", err)
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	want, errWant := base64.RawStdEncoding.DecodeString(parts[5])
	if err := errors.Join(errSalt, errWant); err != nil || len(want) != hashSize {
		return false, errors.New("a stored password hash is damaged")
	}
	sum, err := h.compute(ctx, password, salt, time, memory, threads)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, want) == 1, nil
}

func (h *hasher) compute(ctx context.Context, password string, salt []byte, time, memory uint32, threads uint8) ([]byte, error) {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return nil, errBusy
	}
	select {
	case h.working <- struct{}{}:
		defer func() { <-h.working }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, time, memory, threads, hashSize), nil
}

// encode writes a hash in the usual form, with its parameters.
func encode(salt, sum []byte) string {
	raw := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		raw.EncodeToString(salt), raw.EncodeToString(sum))
}

func randomBytes(n int) []byte {
	raw := make([]byte, n)
	rand.Read(raw) //nolint:errcheck // crypto/rand.Read never fails: it ends the program instead
	return raw
}
