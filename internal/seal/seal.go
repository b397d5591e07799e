// Package seal encrypts what is kept at rest: tokens, passphrases, secret
// keys. It is AES-256-GCM with a random nonce under the key of a key file.
//
// A key file has one base64 key of 32 bytes a line. The last line seals; every
// line opens what it sealed. So a key is rotated by adding a line, and the
// number of a key (its line, from 1) tells what still has to be sealed anew.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

const (
	keySize    = 32 // bytes, AES-256
	numberSize = 2  // bytes of the key number before what was sealed
)

// ErrOpen is the error for anything that cannot be opened: damaged, sealed
// with a key that the file does not have, or sealed in another context.
var ErrOpen = errors.New("sealed data cannot be opened with this key file")

// Key seals and opens. It is safe for concurrent use.
type Key struct {
	aeads []cipher.AEAD // by number less one
	raw   [][]byte      // by number less one
}

// OpenKeyFile reads the key file at path. If there is none it makes one that
// only its owner may read; of several processes that do so at once, one wins
// and all use its key. A file that others may read is refused.
func OpenKeyFile(path string) (*Key, error) {
	key, err := readKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := makeKeyFile(path); err != nil {
		return nil, fmt.Errorf("make key file %s: %w", path, err)
	}
	return readKeyFile(path)
}

// Seal encrypts plain. Only Open with the same context opens it again, so
// that one row's secret cannot be passed off as another's. It also tells the
// number of the key that was used.
func (k *Key) Seal(plain, context []byte) (sealed []byte, keyNumber int, err error) {
	number := len(k.aeads)
	head := binary.BigEndian.AppendUint16(nil, uint16(number))
	return k.aeads[number-1].Seal(head, nil, plain, context), number, nil
}

// Open decrypts what Seal made with the same context. Its only error is
// [ErrOpen].
func (k *Key) Open(sealed, context []byte) ([]byte, error) {
	if len(sealed) < numberSize {
		return nil, ErrOpen
	}
	number := int(binary.BigEndian.Uint16(sealed))
	if number < 1 || number > len(k.aeads) {
		return nil, ErrOpen
	}
	plain, err := k.aeads[number-1].Open(nil, nil, sealed[numberSize:], context)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Current is the number of the key that seals.
func (k *Key) Current() int { return len(k.aeads) }

// Derive gives a key of 32 bytes for another use than sealing, such as a keyed
// hash: the same number and label always give the same key, and it tells
// nothing of the key file or of another label's key. The error is that the
// file has no key of that number.
func (k *Key) Derive(number int, label string) ([]byte, error) {
	if number < 1 || number > len(k.raw) {
		return nil, fmt.Errorf("the key file has no key %d", number)
	}
	return hkdf.Key(sha256.New, k.raw[number-1], nil, label, keySize)
}

func readKeyFile(path string) (*Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("key file %s: not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("key file %s: others may use it (mode %04o): run chmod 600 on it", path, mode)
	}
	text, err := os.ReadFile(path) //nolint:gosec // the path is the operator's setting
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	key, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return key, nil
}

// parse reads the text of a key file. Its errors tell the line and never the
// text.
func parse(text []byte) (*Key, error) {
	key := &Key{}
	for i, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		raw, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(line)))
		if err != nil || len(raw) != keySize {
			return nil, fmt.Errorf("line %d is not a base64 key of %d bytes", i+1, keySize)
		}
		block, err := aes.NewCipher(raw)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		key.aeads = append(key.aeads, aead)
		key.raw = append(key.raw, raw)
	}
	if len(key.aeads) > math.MaxUint16 {
		return nil, errors.New("too many keys")
	}
	return key, nil
}

// makeKeyFile puts a whole file at path, or leaves the one that somebody else
// put there meanwhile. A file that is there is never half written, and has
// reached the disk, so that nothing is sealed with a key that could be lost.
func makeKeyFile(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	raw := make([]byte, keySize)
	rand.Read(raw) //nolint:errcheck // crypto/rand.Read never fails: it ends the program instead
	_, err = file.WriteString(base64.StdEncoding.EncodeToString(raw) + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(dir)
}

func syncFolder(dir string) error {
	folder, err := os.Open(dir) //nolint:gosec // the path is the operator's setting
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
