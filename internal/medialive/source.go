package medialive

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

// Crypto is the passphrase protection of an SRT connection: decryption of a
// source, encryption of an output.
type Crypto struct {
	Algorithm  Algorithm `json:"algorithm,omitempty"`
	KeyType    string    `json:"key_type"`
	Passphrase Secret    `json:"passphrase"` // 10..79 characters
}
