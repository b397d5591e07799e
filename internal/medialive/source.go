package medialive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Source is the source of a flow, as sent and as answered (then with the
// passphrase masked).
type Source struct {
	Name          string   `json:"name"` // 1..64 letters, digits, - and _
	Protocol      Protocol `json:"protocol"`
	Address       string   `json:"source_listener_address,omitempty"` // caller: whom to call; listener: given by the service
	Port          int      `json:"source_listener_port,omitempty"`    // 1024..65535, not 2077, not 2088; listener: 0 lets the service choose
	StreamID      string   `json:"stream_id,omitempty"`               // up to 512 characters
	MinLatency    int      `json:"min_latency,omitempty"`             // milliseconds, 10..15000
	CIDRWhitelist []string `json:"cidr_whitelist,omitempty"`          // up to 20; empty lets anyone call
	Description   string   `json:"description,omitempty"`             // up to 255 characters
	Decryption    *Crypto  `json:"decryption,omitempty"`              // nil: not encrypted
	Health        Health   `json:"health_status,omitempty"`           // answers only
}

// Algorithm is a cipher: AES with its key length.
type Algorithm string

// The ciphers of the API.
const (
	AES128 Algorithm = "aes128"
	AES192 Algorithm = "aes192"
	AES256 Algorithm = "aes256" // the default
)

// KeyLength is the key length in bytes (libsrt's SRTO_PBKEYLEN), 0 for an unknown cipher.
func (a Algorithm) KeyLength() int {
	switch a {
	case AES128:
		return 16
	case AES192:
		return 24
	case AES256, "":
		return 32
	}
	return 0
}

// SRTPassword is the only key type that works today.
const SRTPassword = "srt-password"

// UpdateSource replaces the source that is now named sourceName. Empty stream
// id, description and whitelist clear, and no decryption means none; a service
// keeps an address and port that it allotted. A passphrase of [Mask] keeps the
// stored one on a Flowdeck gateway; the vendor does not say.
func (c *Client) UpdateSource(ctx context.Context, flowID, sourceName string, s Source) (Source, error) {
	r := c.flowRequest("ModifyFlowSources", http.MethodPut, "/flows/sources", flowID)
	r.query.Set("source_name", sourceName)
	r.secrets = s.Decryption.secrets()
	err := r.encode(struct {
		Source wireWholeSource `json:"source"`
	}{newWireWholeSource(s)})
	if err != nil {
		return Source{}, err
	}
	var changed struct {
		ID     string `json:"flow_id"`
		Source Source `json:"source"`
	}
	a, err := c.call(ctx, r, &changed)
	if err != nil {
		return Source{}, err
	}
	if changed.ID != flowID || changed.Source.Name == "" {
		return Source{}, r.unreadable(a, errors.New("not the source that was meant"))
	}
	return changed.Source, nil
}

// wireSource is a source as sent: with the passphrase itself, and without what
// only answers have.
type wireSource struct {
	Source
	Decryption *wireCrypto `json:"decryption,omitempty"`
	Health     *Health     `json:"health_status,omitempty"` // hides that of Source
}

func newWireSource(s Source) wireSource {
	return wireSource{Source: s, Decryption: s.Decryption.wire()}
}

// wireWholeSource is a source as sent in place of another, so that what is
// empty clears.
type wireWholeSource struct {
	wireSource
	StreamID      string   `json:"stream_id"`
	CIDRWhitelist []string `json:"cidr_whitelist"`
	Description   string   `json:"description"`
}

func newWireWholeSource(s Source) wireWholeSource {
	return wireWholeSource{
		wireSource:    newWireSource(s),
		StreamID:      s.StreamID,
		CIDRWhitelist: append([]string{}, s.CIDRWhitelist...),
		Description:   s.Description,
	}
}

// Crypto is the passphrase protection of an SRT connection: decryption of a
// source, encryption of an output.
type Crypto struct {
	Algorithm  Algorithm `json:"algorithm,omitempty"`
	KeyType    string    `json:"key_type"`
	Passphrase Secret    `json:"passphrase"` // 10..79 characters
}

// Format prints all but the passphrase, whatever the verb. Without it, fmt
// reaches the passphrase behind a pointer when the verb does not fit.
func (c Crypto) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "{%s %s %s}", c.Algorithm, c.KeyType, c.Passphrase)
}

// wireCrypto is a Crypto as sent.
type wireCrypto struct {
	Algorithm  Algorithm `json:"algorithm,omitempty"`
	KeyType    string    `json:"key_type"`
	Passphrase string    `json:"passphrase"`
}

func (c *Crypto) wire() *wireCrypto {
	if c == nil {
		return nil
	}
	return &wireCrypto{c.Algorithm, c.KeyType, c.Passphrase.Reveal()}
}

// secrets gives what must not be shown if an answer repeats it.
func (c *Crypto) secrets() []Secret {
	if c == nil {
		return nil
	}
	return []Secret{c.Passphrase}
}
