package medialive

import (
	"context"
	"errors"
	"time"
)

// The types below are Flowdeck's own extensions, answered by a gateway under
// /ext/v1/{project_id}/ and by nobody else.

// Capabilities says what the gateway is and can do.
// GET /ext/v1/{project_id}/capabilities
type Capabilities struct {
	Version        string `json:"version"`
	Region         string `json:"region"`
	SRTAddress     string `json:"srt_address"`               // where listeners are bound
	PortFirst      int    `json:"port_first"`                // range allotted to listeners
	PortLast       int    `json:"port_last"`                 //
	NextPort       int    `json:"next_port"`                 // the port the next listener would get; 0 when none is free
	SRTVersion     string `json:"srt_version"`               // libsrt in use; empty when it is missing
	SRTLibrary     string `json:"srt_library"`               // which library was loaded
	SRTProblem     string `json:"srt_problem,omitempty"`     // why SRT does not work, and which package to install
	ChannelProblem string `json:"channel_problem,omitempty"` // why no channel can be turned ON
	// PictureSeconds is how often a picture is made of what somebody looks at; 0:
	// there are none, and PictureProblem says why unless they were turned off.
	PictureSeconds float64 `json:"picture_seconds,omitempty"`
	PictureProblem string  `json:"picture_problem,omitempty"`
	// ChannelLimits are all that this gateway refuses of channels
	// ([CodeUnsupported]) and the API has; a cloud has no such list.
	ChannelLimits []ChannelLimit `json:"channel_limits"`
}

// ChannelLimit is something of channels that a gateway cannot do. Without Value,
// Most and Partly it is the field as such.
type ChannelLimit struct {
	Field  string `json:"field"`            // its path without places: endpoints.hls_package.encryption
	Value  string `json:"value,omitempty"`  // this value alone is refused
	Most   int    `json:"most,omitempty"`   // entries that the list may have
	Partly bool   `json:"partly,omitempty"` // Reason says what is possible
	Reason string `json:"reason"`           // in words for people
}

// LegState is the life of one SRT connection, as the relay sees it.
type LegState string

// The states of a leg.
const (
	LegOff        LegState = "off"        // flow not started, or output disabled
	LegWaiting    LegState = "waiting"    // listening, nobody there; or connected without media
	LegConnecting LegState = "connecting" // calling, or waiting before it calls again
	LegConnected  LegState = "connected"  // media moves
	LegFailed     LegState = "failed"     // cannot run: Problem says why
	LegUnknown    LegState = "unknown"    // the media process does not answer: it may run or not
)

// LegStatistics is what the relay measured on a source or an output. Counters
// run from Since.
type LegStatistics struct {
	Name        string    `json:"name"`
	State       LegState  `json:"state"`
	Since       time.Time `json:"since"`                    // when State began
	Lost        bool      `json:"lost,omitempty"`           // was connected during this start, and is not now
	Peer        string    `json:"peer,omitempty"`           // address:port of the far end
	Peers       int       `json:"peers"`                    // far ends connected now
	Bitrate     int64     `json:"bitrate"`                  // bit/s of payload, over the last second
	Bytes       int64     `json:"bytes"`                    // payload bytes since ConnectedAt
	ConnectedAt time.Time `json:"connected_at,omitzero"`    // of the present connection; counters run from here
	RTT         float64   `json:"rtt_ms"`                   // milliseconds
	Latency     int       `json:"latency_ms"`               // negotiated, milliseconds
	Loss        float64   `json:"loss_percent"`             // packets lost over the last 10 s, percent
	LossTotal   int64     `json:"loss_total"`               // packets
	Retransmit  int64     `json:"retransmitted_total"`      // packets
	Drop        int64     `json:"dropped_total"`            // packets too late, or that a full buffer refused
	KeyLength   int       `json:"key_length"`               // bytes in use: 0, 16, 24, 32
	TSErrors    int64     `json:"ts_errors_total"`          // transport stream continuity and sync errors (sources)
	Attempts    int       `json:"attempts,omitempty"`       // failed calls in a row
	NextTry     time.Time `json:"next_try,omitzero"`        // callers
	Problem     string    `json:"problem,omitempty"`        // why not connected, for people
	Bandwidth   float64   `json:"bandwidth_mbps,omitempty"` // libsrt's estimate of the link
}

// FlowStatistics is what the relay measured on one flow.
// GET /ext/v1/{project_id}/statistics[?flow_id=] answers an array.
type FlowStatistics struct {
	FlowID      string          `json:"flow_id"`
	At          time.Time       `json:"at"` // when it was measured
	ActiveSince time.Time       `json:"active_since,omitzero"`
	Source      LegStatistics   `json:"source"`
	Outputs     []LegStatistics `json:"outputs"` // in the flow's order
}

// RefusedCaller is one caller whom a listener of a flow refused; callers alike
// are counted together.
// GET /ext/v1/{project_id}/refused-callers?flow_id= answers an array.
type RefusedCaller struct {
	Leg      string    `json:"leg"`       // name of the source or output
	Address  string    `json:"address"`   // IP, without the port
	StreamID string    `json:"stream_id"` // as the caller sent it, cut at 128 bytes
	Reason   Refusal   `json:"reason"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Count    int       `json:"count"`
}

// Refusal is why a caller was refused.
type Refusal string

// The reasons for a refusal.
const (
	RefusedAddress      Refusal = "address"       // not in the CIDR whitelist
	RefusedStreamID     Refusal = "stream_id"     // not the configured stream id
	RefusedPassphrase   Refusal = "passphrase"    // wrong passphrase
	RefusedNotEncrypted Refusal = "not_encrypted" // no passphrase where one is set
	RefusedEncrypted    Refusal = "encrypted"     // a passphrase where none is set
	RefusedKeyLength    Refusal = "key_length"    // shorter key than configured
	RefusedBusy         Refusal = "busy"          // no place for another peer
	RefusedUnfinished   Refusal = "unfinished"    // came, but never to the end of the handshake; why is not known
)

// EventKind says what an event of the gateway's stream tells.
type EventKind string

// The kinds of event. GET /ext/v1/{project_id}/events is an SSE stream: first
// one EventFlow for each flow, one EventChannel for each channel where the reader
// may list them, and an EventReady; then changes as they happen.
const (
	EventFlow        EventKind = "flow"         // a flow was created or changed: Flow and Outputs in full
	EventGone        EventKind = "gone"         // FlowID was deleted
	EventChannel     EventKind = "channel"      // a channel was created or changed: Channel in full, its secrets masked, and its Detail
	EventChannelGone EventKind = "channel_gone" // ChannelKey was deleted
	EventChannelRuns EventKind = "channel_runs" // Details of every channel that is ON, every two seconds
	EventStatistics  EventKind = "statistics"   // measured once a second for every ACTIVE flow, and at each change
	EventReady       EventKind = "ready"        // all that existed has been told
	EventBeat        EventKind = "beat"         // each second, so that silence means trouble
)

// Event is one event of the gateway's stream.
type Event struct {
	Kind       EventKind        `json:"kind"`
	FlowID     string           `json:"flow_id,omitempty"`
	At         time.Time        `json:"at"`
	Flow       *Flow            `json:"flow,omitempty"`
	Outputs    []Output         `json:"outputs,omitempty"`
	Statistics []FlowStatistics `json:"statistics,omitempty"`
	ChannelKey *ChannelKey      `json:"channel_key,omitempty"`
	Channel    *Channel         `json:"channel,omitempty"`
	Detail     *ChannelDetail   `json:"detail,omitempty"`
	Details    []ChannelDetail  `json:"details,omitempty"`
}

// Capabilities tells what a Flowdeck gateway is and can do; KindNotFound when
// the endpoint is not one.
func (c *Client) Capabilities(ctx context.Context) (Capabilities, error) {
	r := c.extRequest("Capabilities", "/capabilities")
	var caps Capabilities
	a, err := c.call(ctx, r, &caps)
	if err != nil {
		return Capabilities{}, err
	}
	if caps.Version == "" {
		return Capabilities{}, r.unreadable(a, errors.New("no version"))
	}
	return caps, nil
}

// Statistics gives what the relay measured on one flow, or on all ACTIVE ones
// if flowID is empty.
func (c *Client) Statistics(ctx context.Context, flowID string) ([]FlowStatistics, error) {
	r := c.extRequest("Statistics", "/statistics")
	if flowID != "" {
		r.query.Set("flow_id", flowID)
	}
	var list []FlowStatistics
	a, err := c.call(ctx, r, &list)
	if err != nil {
		return nil, err
	}
	if list == nil {
		return nil, r.unreadable(a, errors.New("no list"))
	}
	return list, nil
}

// RefusedCallers lists the callers whom the listeners of a flow refused.
func (c *Client) RefusedCallers(ctx context.Context, flowID string) ([]RefusedCaller, error) {
	r := c.extRequest("RefusedCallers", "/refused-callers")
	r.query.Set("flow_id", flowID)
	var list []RefusedCaller
	a, err := c.call(ctx, r, &list)
	if err != nil {
		return nil, err
	}
	if list == nil {
		return nil, r.unreadable(a, errors.New("no list"))
	}
	return list, nil
}
