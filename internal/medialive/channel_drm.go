package medialive

import "fmt"

// Encryption is DRM whose keys come from a key server of the customer, asked by
// the SPEKE protocol.
type Encryption struct {
	KeyRotation  *int         `json:"key_rotation_interval_seconds,omitempty"` // 0..604800; reserved, cannot be set now
	Method       string       `json:"encryption_method,omitempty"`             // SAMPLE-AES, AES-128; reserved, cannot be set now
	Level        DRMLevel     `json:"level,omitempty"`                         // default content
	ResourceID   string       `json:"resource_id"`                             // content id of the customer, 1..128
	Systems      []DRMSystem  `json:"system_ids"`                              // 1..3
	URL          URL          `json:"url"`                                     // of the key server, 1..2048
	SPEKEVersion Version      `json:"speke_version"`                           // only 1.0
	RequestMode  DRMRequest   `json:"request_mode"`
	Headers      []HTTPHeader `json:"http_headers,omitempty"` // direct_http only: up to 5
	URN          string       `json:"urn,omitempty"`          // functiongraph_proxy: of the function, 1..512
	Extra        Extra        `json:"-"`
}

// DRMSystem is a DRM system.
type DRMSystem string

// The systems.
const (
	Widevine  DRMSystem = "Widevine"  // DASH
	PlayReady DRMSystem = "PlayReady" // DASH, MSS
	FairPlay  DRMSystem = "FairPlay"  // HLS
)

// DRMSystems lists the systems that go with a format of [PackageRef].
func DRMSystems(format string) []DRMSystem {
	switch format {
	case FormatHLS:
		return []DRMSystem{FairPlay}
	case FormatDASH:
		return []DRMSystem{Widevine, PlayReady}
	case FormatMSS:
		return []DRMSystem{PlayReady}
	}
	return nil
}

// DRMLevel is what a key is for.
type DRMLevel string

// The levels.
const (
	KeyPerChannel DRMLevel = "content"
	KeyPerBitrate DRMLevel = "profile"
)

// DRMRequest is how the key server is asked.
type DRMRequest string

// The ways to ask.
const (
	AskDirectly   DRMRequest = "direct_http"
	AskByFunction DRMRequest = "functiongraph_proxy"
)

// SPEKEVersion is the version that is supported.
const SPEKEVersion Version = "1.0"

// HTTPHeader is a header that proves who asks: the service to a key server, or a
// CDN to the service.
type HTTPHeader struct {
	Key   string `json:"key"`   // 1..128
	Value Secret `json:"value"` // 1..8000
	Extra Extra  `json:"-"`
}

// Format prints all but secrets, whatever the verb.
func (e Encryption) Format(f fmt.State, _ rune) { show(f, e) }

// Format prints all but secrets, whatever the verb.
func (h HTTPHeader) Format(f fmt.State, _ rune) { show(f, h) }
