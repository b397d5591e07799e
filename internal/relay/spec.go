// Package relay runs flows as media: it receives one SRT source a flow and
// sends it to the flow's outputs, through libsrt. It lives in a process of its
// own, which the gateway drives over a unix socket; the protocol is HTTP with
// JSON, and declarative: the gateway states what should run, the relay changes
// as little as that takes.
package relay

import (
	"net/netip"
	"time"
)

// Mode is who calls.
type Mode string

// The modes of a leg, seen from the relay.
const (
	Listen Mode = "listen"
	Call   Mode = "call"
)

// FlowSpec is a flow that should run. PUT /flows/{id}
type FlowSpec struct {
	ID      string    `json:"id"`
	Source  LegSpec   `json:"source"`
	Outputs []LegSpec `json:"outputs"` // enabled ones only, at most 10
}

// LegSpec is one SRT connection point of a flow.
type LegSpec struct {
	Name       string         `json:"name"`
	Mode       Mode           `json:"mode"`
	Host       string         `json:"host"` // Listen: address to bind; Call: IP or domain to call
	Port       int            `json:"port"`
	StreamID   string         `json:"stream_id,omitempty"` // Call: sent; Listen: required of the caller when not empty
	Latency    int            `json:"latency"`             // milliseconds
	Allow      []netip.Prefix `json:"allow,omitempty"`     // Listen: who may call; empty: anyone
	KeyLength  int            `json:"key_length"`          // bytes: 0 (clear), 16, 24, 32; enforced
	Passphrase string         `json:"passphrase,omitempty"`
}

// State is the life of a leg.
type State string

// The states of a leg.
const (
	Waiting    State = "waiting"    // listening, nobody there; or connected without media
	Connecting State = "connecting" // calling, or waiting before it calls again
	Connected  State = "connected"  // media moves
	Failed     State = "failed"     // cannot run (port taken, libsrt missing): see Problem
)

// LegReport is what was measured on a leg. Counters run from ConnectedAt.
type LegReport struct {
	Name        string    `json:"name"`
	State       State     `json:"state"`
	Since       time.Time `json:"since"`
	Lost        bool      `json:"lost"` // was Connected since the flow or the leg began, and is not now
	Peer        string    `json:"peer,omitempty"`
	Peers       int       `json:"peers"`
	Bitrate     int64     `json:"bitrate"` // bit/s of payload over the last second
	Bytes       int64     `json:"bytes"`
	ConnectedAt time.Time `json:"connected_at,omitzero"`
	RTT         float64   `json:"rtt_ms"`
	Latency     int       `json:"latency_ms"`
	Loss        float64   `json:"loss_percent"` // last 10 s
	LossTotal   int64     `json:"loss_total"`
	Retransmit  int64     `json:"retransmitted_total"`
	Drop        int64     `json:"dropped_total"`
	KeyLength   int       `json:"key_length"`
	TSErrors    int64     `json:"ts_errors_total"`
	Attempts    int       `json:"attempts"`
	NextTry     time.Time `json:"next_try,omitzero"`
	Problem     string    `json:"problem,omitempty"`
	Bandwidth   float64   `json:"bandwidth_mbps"`
}

// FlowReport is what was measured on a flow.
type FlowReport struct {
	ID      string      `json:"id"`
	Started time.Time   `json:"started"`
	Source  LegReport   `json:"source"`
	Outputs []LegReport `json:"outputs"`
	Refused []Refused   `json:"refused,omitempty"`  // newest first, at most 100 a flow
	Taps    int         `json:"taps,omitempty"`     // who reads the source through this socket, see [Client.Tap]
	TapDrop int64       `json:"tap_drop,omitempty"` // bytes that they were too slow for
}

// Refused is a caller that was turned away; alike ones are counted together.
type Refused struct {
	Leg      string    `json:"leg"`
	Address  string    `json:"address"`
	StreamID string    `json:"stream_id"`
	Reason   string    `json:"reason"` // the values of medialive.Refusal
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Count    int       `json:"count"`
}

// Report is the state of the whole relay. GET /report; GET /events streams one
// as a JSON line each second and at once when a leg changes its state.
type Report struct {
	At         time.Time    `json:"at"`
	Version    string       `json:"version"`     // of flowdeck
	SRTVersion string       `json:"srt_version"` // of libsrt; empty when it is missing
	SRTLibrary string       `json:"srt_library"`
	SRTProblem string       `json:"srt_problem,omitempty"`
	Flows      []FlowReport `json:"flows"`
}
