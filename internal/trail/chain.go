package trail

import (
	"crypto/hmac"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// macSize is the length of a MAC in bytes.
const macSize = 32

// Head is the end of the chain: how many lines there are and the MAC of the
// last. Who knows a head can prove later that the trail still has that line.
type Head struct {
	Lines int64
	MAC   []byte // zeroes where there is no line
}

// Start is the head of a trail without a line.
func Start() Head { return Head{MAC: make([]byte, macSize)} }

// String writes the head as COUNT:HASH, the hash in hexadecimal digits.
func (h Head) String() string { return fmt.Sprintf("%d:%x", h.Lines, h.MAC) }

// ParseHead reads what [Head.String] wrote.
func ParseHead(text string) (Head, error) {
	count, hash, found := strings.Cut(strings.TrimSpace(text), ":")
	lines, err := strconv.ParseInt(count, 10, 64)
	mac, errMAC := hex.DecodeString(hash)
	if !found || err != nil || errMAC != nil || lines < 0 || len(mac) != macSize {
		return Head{}, errors.New("a head of the trail is COUNT:HASH, with 64 hexadecimal digits of hash")
	}
	return Head{Lines: lines, MAC: mac}, nil
}

// Next makes the entry that follows head, and the new head.
func (r *Ring) Next(head Head, l Line) (Entry, Head, error) {
	e := Entry{Seq: head.Lines + 1, Line: l, KeyNumber: r.keys.Current()}
	mac, err := r.mac(head.MAC, e)
	if err != nil {
		return Entry{}, Head{}, err
	}
	e.MAC = mac
	return e, Head{Lines: e.Seq, MAC: mac}, nil
}

// mac is what the MAC of an entry must be after the one of before.
func (r *Ring) mac(before []byte, e Entry) ([]byte, error) {
	return r.sum(e.KeyNumber, lineLabel, before, number(e.Seq), Encode(e.Line))
}

// Prove gives a proof that the trail ends at head, and the number of its key.
// Without it who can change the database could cut the trail's end and write
// the head to fit.
func (r *Ring) Prove(head Head) (proof []byte, keyNumber int, err error) {
	keyNumber = r.keys.Current()
	proof, err = r.prove(head, keyNumber)
	return proof, keyNumber, err
}

// Proves tells whether proof is that of head.
func (r *Ring) Proves(proof []byte, keyNumber int, head Head) bool {
	want, err := r.prove(head, keyNumber)
	return err == nil && hmac.Equal(proof, want)
}

func (r *Ring) prove(head Head, keyNumber int) ([]byte, error) {
	return r.sum(keyNumber, headLabel, number(head.Lines), head.MAC)
}

func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) } //nolint:gosec // as bits
