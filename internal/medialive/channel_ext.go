package medialive

import (
	"context"
	"errors"
	"time"
)

// The types below are Flowdeck's own extensions, as those of ext.go.

// ChannelTemplate is what the channels of a gateway may name as a transcoding
// template. GET /ext/v1/{project_id}/templates answers an array, highest first.
type ChannelTemplate struct {
	ID           string `json:"template_id"`
	Height       int    `json:"height,omitempty"`        // pixels; 0: no video, or as it comes
	Bitrate      int    `json:"bitrate,omitempty"`       // bit/s of video
	AudioBitrate int    `json:"audio_bitrate,omitempty"` // bit/s
	Copy         bool   `json:"copy,omitempty"`          // video as it comes
}

// ChannelDetail is what a gateway knows of a channel and the API has no place
// for. GET /ext/v1/{project_id}/channels[?domain=&app_name=&id=] answers an
// array, newest first.
type ChannelDetail struct {
	ChannelKey
	State   ChannelState  `json:"state"`
	Problem string        `json:"problem,omitempty"` // why it does not run although it is ON
	Push    []string      `json:"push"`              // addresses to push to: RTMP, SRT; the standby's last
	Play    []PlayAddress `json:"play"`
	Run     *ChannelRun   `json:"run,omitempty"` // nil: it does not run
}

// PlayAddress is where a package is played on the gateway itself.
type PlayAddress struct {
	PackageID string `json:"package_id"`
	Field     string `json:"field"` // endpoints[0].hls_package[0]
	Path      string `json:"path"`  // of the manifest, below the gateway's address; no sign-in is needed
}

// ChannelRun is what was measured of a channel since it began.
type ChannelRun struct {
	Since    time.Time         `json:"since"`
	OnAir    string            `json:"on_air"`   // primary, standby
	Switches int64             `json:"switches"` // between the two
	Inputs   []ChannelInputRun `json:"inputs"`
	Encoder  *ChannelChild     `json:"encoder,omitempty"` // nil: nothing is encoded
	Encoded  int64             `json:"encoded_bytes"`     // that the encoder made
	Packages []ChannelPackRun  `json:"packages"`
	Record   *ChannelRecordRun `json:"record,omitempty"` // nil: nothing is recorded
}

// ChannelInputRun is what was measured of an input of a channel.
type ChannelInputRun struct {
	Role             string          `json:"role"` // primary, standby
	Alive            bool            `json:"alive"`
	Last             time.Time       `json:"last,omitzero"` // packet
	Silent           float64         `json:"silent_seconds"`
	Connections      int64           `json:"connections"`
	Problem          string          `json:"problem,omitempty"`
	Bytes            int64           `json:"bytes"`
	Frames           int64           `json:"frames"`
	KeyFrames        int64           `json:"key_frames"`
	ContinuityErrors int64           `json:"continuity_errors"`
	PIDErrors        int64           `json:"pid_errors"`
	SyncLosses       int64           `json:"sync_losses"`
	Signals          int64           `json:"signals"`           // SCTE-35
	SRT              *LegStatistics  `json:"srt,omitempty"`     // of the connection; nil: it comes otherwise
	Refused          []RefusedCaller `json:"refused,omitempty"` // who pushed by SRT or RTMP and was turned away, newest first; of RTMP, stream_id is application/stream
}

// ChannelChild is what is known of one ffmpeg of a channel.
type ChannelChild struct {
	Running bool      `json:"running"`
	Since   time.Time `json:"since,omitzero"` // of its last start
	Starts  int64     `json:"starts"`
	Ended   string    `json:"ended,omitempty"` // how it ended last
	Lines   []string  `json:"lines,omitempty"` // the last it said, without secrets
	Dropped int64     `json:"dropped_bytes"`
	FPS     float64   `json:"fps"`
	Speed   float64   `json:"speed"` // 1: as fast as it plays
	Lost    int64     `json:"dropped_frames"`
}

// ChannelPackRun is what was measured of a package.
type ChannelPackRun struct {
	PackageID string       `json:"package_id"`
	Packager  ChannelChild `json:"packager"`
	OK        int64        `json:"requests_ok"`      // 2xx, 3xx
	Refused   int64        `json:"requests_refused"` // 4xx
	Failed    int64        `json:"requests_failed"`  // 5xx
	Bytes     int64        `json:"bytes"`            // sent to players
}

// ChannelRecordRun is what is known of the recording of a channel.
type ChannelRecordRun struct {
	Problem string    `json:"problem,omitempty"` // why nothing is written now
	Since   time.Time `json:"since,omitzero"`    // oldest that is there
	Until   time.Time `json:"until,omitzero"`    // newest
	Bytes   int64     `json:"bytes"`
	Dropped int64     `json:"dropped_bytes"` // the disk was too slow for
}

// ChannelTemplates lists what a gateway offers as transcoding templates;
// KindNotFound when the endpoint is no gateway.
func (c *Client) ChannelTemplates(ctx context.Context) ([]ChannelTemplate, error) {
	r := c.extRequest("ChannelTemplates", "/templates")
	var list []ChannelTemplate
	a, err := c.call(ctx, r, &list)
	if err != nil {
		return nil, err
	}
	if list == nil {
		return nil, r.unreadable(a, errors.New("no list"))
	}
	return list, nil
}

// ChannelDetails gives what a gateway knows of the channels that match, at most
// 1000; KindNotFound when the endpoint is no gateway.
func (c *Client) ChannelDetails(ctx context.Context, filter ChannelKey) ([]ChannelDetail, error) {
	r := c.extRequest("ChannelDetails", "/channels")
	for name, value := range map[string]string{"domain": filter.Domain, "app_name": filter.AppName, "id": filter.ID} {
		if value != "" {
			r.query.Set(name, value)
		}
	}
	var list []ChannelDetail
	a, err := c.call(ctx, r, &list)
	if err != nil {
		return nil, err
	}
	if list == nil {
		return nil, r.unreadable(a, errors.New("no list"))
	}
	return list, nil
}
