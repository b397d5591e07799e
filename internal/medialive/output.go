package medialive

// OutputStatus says whether an output may run.
type OutputStatus string

// The values of output_status.
const (
	Enabled  OutputStatus = "ENABLED"
	Disabled OutputStatus = "DISABLED"
)

// StandardOutput is the only output type that is published.
const StandardOutput = "Standard output"

// MaxOutputs is how many outputs a flow may have.
const MaxOutputs = 10

// OutputRef is an output as a flow names it.
type OutputRef struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Output is an output in full, as sent on creation and as answered.
type Output struct {
	Name            string       `json:"name"` // 1..64, a letter first
	Protocol        Protocol     `json:"protocol,omitempty"`
	Destination     string       `json:"destination,omitempty"`      // caller: IP or domain, up to 64
	ListenerAddress string       `json:"listener_address,omitempty"` // listener: given by the service, IPv4
	Port            int          `json:"port,omitempty"`             // 1024..65535
	StreamID        string       `json:"stream_id,omitempty"`        // caller only, up to 512
	MinLatency      int          `json:"min_latency,omitempty"`      // milliseconds, 10..15000, default 2000
	CIDRWhitelist   []string     `json:"cidr_whitelist,omitempty"`   // up to 20
	Description     string       `json:"description,omitempty"`      // up to 255
	Encryption      *Crypto      `json:"encryption,omitempty"`
	Status          OutputStatus `json:"output_status,omitempty"`
	Health          Health       `json:"health_status,omitempty"` // answers only
	Type            string       `json:"type,omitempty"`          // answers only
}

// OutputChange is a change to an output: nil fields keep their value. Name and
// protocol cannot be changed.
type OutputChange struct {
	Destination   *string       `json:"destination,omitempty"`
	Port          *int          `json:"port,omitempty"`
	StreamID      *string       `json:"stream_id,omitempty"`
	MinLatency    *int          `json:"min_latency,omitempty"`
	CIDRWhitelist *[]string     `json:"cidr_whitelist,omitempty"` // empty, not nil, clears
	Description   *string       `json:"description,omitempty"`
	Encryption    *Crypto       `json:"encryption,omitempty"` // an empty passphrase clears
	Status        *OutputStatus `json:"output_status,omitempty"`
}
