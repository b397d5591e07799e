package medialive

// FlowStatus is what a flow was told to do. The API declares no state in
// between and none for failure.
type FlowStatus string

// The two states of a flow.
const (
	Active  FlowStatus = "ACTIVE"  // started: listens, calls, passes media on
	Standby FlowStatus = "STANDBY" // not started
)

// Health is whether media arrives (at a source) or is passed on (at an output).
type Health string

// The two values of health_status.
const (
	Connected    Health = "CONNECTED"
	Disconnected Health = "DISCONNECTED"
)

// Protocol is which side of an SRT connection calls.
type Protocol string

// The two protocols of the API, seen from the service.
const (
	Listener Protocol = "srt-listener" // the service listens
	Caller   Protocol = "srt-caller"   // the service calls
)

// FlowSummary is a flow in a list.
type FlowSummary struct {
	Name        string     `json:"name"`
	Region      string     `json:"region"`
	ID          string     `json:"flow_id"`
	Status      FlowStatus `json:"status"`
	Description string     `json:"description,omitempty"` // of its source, up to 255 characters
	Protocol    Protocol   `json:"protocol"`              // of its source
}

// FlowPage is one page of the list of flows.
type FlowPage struct {
	Total int           `json:"total"` // flows of the project, not of the page; at most 1000
	Flows []FlowSummary `json:"flows"`
}

// Flow is a flow with its one source and the names of its outputs.
type Flow struct {
	ID      string      `json:"flow_id"`
	Name    string      `json:"name"`
	Region  string      `json:"region"`
	Status  FlowStatus  `json:"status"`
	Sources []Source    `json:"sources"` // exactly one
	Outputs []OutputRef `json:"outputs"` // up to 10
}

// Source gives the flow's one source, and false if the answer had none.
func (f Flow) Source() (Source, bool) {
	if len(f.Sources) == 0 {
		return Source{}, false
	}
	return f.Sources[0], true
}

// NewFlow is what creating a flow takes.
type NewFlow struct {
	Name   string // 1..64, a letter first, then letters, digits, - and _
	Region string
	Source Source
}
