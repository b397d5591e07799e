package medialive

import (
	"encoding/json"
	"fmt"
	"iter"
)

// Endpoint is a group of outputs of a channel. The vendor's examples have one
// for all.
type Endpoint struct {
	HLS   []HLSPackage  `json:"hls_package,omitempty"`
	DASH  []DASHPackage `json:"dash_package,omitempty"`
	MSS   []MSSPackage  `json:"mss_package,omitempty"`
	Extra Extra         `json:"-"`
}

// Package is what the outputs of all three formats have.
type Package struct {
	ID                string             `json:"id,omitempty"`                      // made by the service; must come back with every change
	URL               string             `json:"url,omitempty"`                     // where viewers play, 1..1024; in the examples without a scheme; unused anywhere
	StreamSelection   []StreamSelection  `json:"stream_selection,omitempty"`        // filters by bit rate, 1..24; none: all streams
	SegmentDuration   int                `json:"segment_duration_seconds"`          // 1..10; a change disturbs the playing of what was recorded
	PlaylistWindow    *int               `json:"playlist_window_seconds,omitempty"` // 0..86400; the service gives at least three segments
	Encryption        *Encryption        `json:"encryption,omitempty"`
	ExtArgs           *Opaque            `json:"ext_args,omitempty"` // an object; nothing is published about it
	RequestArgs       *RequestArgs       `json:"request_args,omitempty"`
	EnableAccess      bool               `json:"enable_access,omitempty"`         // ONLY_OS: may be pulled from the origin
	AllowAllIPs       bool               `json:"allow_all_ip_access,omitempty"`   // then IPWhitelist does not count
	IPWhitelist       string             `json:"ip_whitelist,omitempty"`          // ONLY_OS: who may pull, comma-separated, up to 2048 characters
	CDNIdentifier     *HTTPHeader        `json:"cdn_identifier_header,omitempty"` // by which the CDN says who it is
	OriginMaster      string             `json:"origin_domain_master,omitempty"`  // up to 255; of the channel's region
	OriginSlave       string             `json:"origin_domain_slave,omitempty"`   // up to 255; of the standby region
	ManifestName      string             `json:"manifest_name,omitempty"`         // up to 128 letters, digits, -, . and _; default index
	SlaveURL          string             `json:"slave_url,omitempty"`             // where viewers play in the standby region, up to 1024
	ManifestSelection *ManifestSelection `json:"manifest_selection,omitempty"`
}

// HLSPackage is an HLS output.
type HLSPackage struct {
	Package
	Version  Version  `json:"hls_version,omitempty"` // up to 10; 1 and v3 in the examples
	Ads      *Opaque  `json:"ads,omitempty"`         // an object; nothing is published about it
	AdMarker []string `json:"ad_marker,omitempty"`   // up to 10; only ENHANCED_SCTE35
	Extra    Extra    `json:"-"`
}

// HLSAdMarker is the one advertising marker of HLS.
const HLSAdMarker = "ENHANCED_SCTE35"

// DASHPackage is a DASH output.
type DASHPackage struct {
	Package
	Ads                        *Opaque `json:"ads,omitempty"`                          // an object; nothing is published about it
	AdMarker                   string  `json:"ad_marker,omitempty"`                    // xml+bin or xml; a list in HLS
	SuggestedPresentationDelay int     `json:"suggested_presentation_delay,omitempty"` // seconds, 1..120
	MinimumUpdatePeriod        int     `json:"minimum_update_period,omitempty"`        // seconds, 1..120
	MinBufferTime              int     `json:"min_buffer_time,omitempty"`              // seconds, 1..120
	Extra                      Extra   `json:"-"`
}

// The advertising markers of DASH; the vendor's text knows only the first.
const (
	DASHAdMarkerBinary = "xml+bin"
	DASHAdMarkerXML    = "xml"
)

// MSSPackage is a Smooth Streaming output.
type MSSPackage struct {
	Package
	DelaySegment int   `json:"delay_segment,omitempty"` // seconds, 1..10, in spite of its name
	Extra        Extra `json:"-"`
}

// StreamSelection keeps the streams whose bit rate is within two bounds.
type StreamSelection struct {
	Key   string `json:"key,omitempty"`           // parameter of the playback address, 1..1024, e.g. bitrate=900000-1800000
	Max   *int   `json:"max_bandwidth,omitempty"` // bit/s, 0..104857600
	Min   *int   `json:"min_bandwidth,omitempty"` // bit/s, 0..104857600
	Extra Extra  `json:"-"`
}

// RequestArgs names the parameters of a playback address, for what was recorded.
type RequestArgs struct {
	Record    []RecordArgs    `json:"record,omitempty"`    // up to 12
	Timeshift []TimeshiftArgs `json:"timeshift,omitempty"` // up to 12
	Live      []LiveArgs      `json:"live,omitempty"`      // up to 20; null in published answers
	Extra     Extra           `json:"-"`
}

// RecordArgs are parameters that ask for a span of a recording. Each up to 20
// characters.
type RecordArgs struct {
	StartTime string `json:"start_time,omitempty"` // name, e.g. begin
	EndTime   string `json:"end_time,omitempty"`   // name, e.g. end
	Format    string `json:"format,omitempty"`     // of the values, e.g. timestamp
	Unit      string `json:"unit,omitempty"`       // of the values, e.g. second
	Extra     Extra  `json:"-"`
}

// TimeshiftArgs are parameters that ask for the past. Each up to 20 characters.
type TimeshiftArgs struct {
	BackTime string `json:"back_time,omitempty"` // name, e.g. delay
	Unit     string `json:"unit,omitempty"`      // e.g. second
	Extra    Extra  `json:"-"`
}

// LiveArgs are parameters that ask for a delay. Each up to 20 characters.
type LiveArgs struct {
	Delay string `json:"delay,omitempty"` // name
	Unit  string `json:"unit,omitempty"`
	Extra Extra  `json:"-"`
}

// ManifestSelection orders and filters the streams of a manifest.
type ManifestSelection struct {
	Order StreamOrder `json:"stream_order,omitempty"`        // default ORIGINAL
	Min   int         `json:"min_video_bandwidth,omitempty"` // bit/s, below Max
	Max   *int        `json:"max_video_bandwidth,omitempty"` // bit/s; nil: any
	Extra Extra       `json:"-"`
}

// StreamOrder is the order of streams in a manifest.
type StreamOrder string

// The orders.
const (
	OrderOriginal   StreamOrder = "ORIGINAL" // that of the transcoding templates
	OrderAscending  StreamOrder = "VIDEO_BITRATE_ASCENDING"
	OrderDescending StreamOrder = "VIDEO_BITRATE_DESCENDING"
)

// Version is a version, which the service writes as a string here and as a
// number there.
type Version string

// UnmarshalJSON takes a number as it is written.
func (v *Version) UnmarshalJSON(data []byte) error {
	var t text
	if err := json.Unmarshal(data, &t); err != nil {
		return err
	}
	*v = Version(t)
	return nil
}

// PackageRef says where among the endpoints of a channel a package is.
type PackageRef struct {
	Endpoint int
	Format   string // hls_package, dash_package, mss_package
	Index    int
}

// String gives the field of a package in a channel.
func (r PackageRef) String() string {
	return fmt.Sprintf("endpoints[%d].%s[%d]", r.Endpoint, r.Format, r.Index)
}

// The formats of a [PackageRef].
const (
	FormatHLS  = "hls_package"
	FormatDASH = "dash_package"
	FormatMSS  = "mss_package"
)

// Packages goes through what the outputs of a channel have in common.
func (c Channel) Packages() iter.Seq2[PackageRef, *Package] { return Packages(c.Outputs) }

// Packages goes through what outputs have in common; the packages may be changed.
func Packages(outputs []Endpoint) iter.Seq2[PackageRef, *Package] {
	return func(yield func(PackageRef, *Package) bool) {
		for i := range outputs {
			if !outputs[i].packages(i, yield) {
				return
			}
		}
	}
}

func (e *Endpoint) packages(n int, yield func(PackageRef, *Package) bool) bool {
	for i := range e.HLS {
		if !yield(PackageRef{n, FormatHLS, i}, &e.HLS[i].Package) {
			return false
		}
	}
	for i := range e.DASH {
		if !yield(PackageRef{n, FormatDASH, i}, &e.DASH[i].Package) {
			return false
		}
	}
	for i := range e.MSS {
		if !yield(PackageRef{n, FormatMSS, i}, &e.MSS[i].Package) {
			return false
		}
	}
	return true
}

// UnmarshalJSON keeps fields that this package has no name for.
func (e *Endpoint) UnmarshalJSON(data []byte) error { return decodeWhole(data, e) }

// MarshalJSON hides secrets; see [RevealJSON] and [AnswerJSON].
func (e Endpoint) MarshalJSON() ([]byte, error) { return encodeWhole(e, shown) }

// Format prints all but secrets, whatever the verb.
func (e Endpoint) Format(f fmt.State, _ rune) { show(f, e) }

// Format prints all but secrets, whatever the verb.
func (p Package) Format(f fmt.State, _ rune) { show(f, p) }

// Format prints all but secrets, whatever the verb.
func (p HLSPackage) Format(f fmt.State, _ rune) { show(f, p) }

// Format prints all but secrets, whatever the verb.
func (p DASHPackage) Format(f fmt.State, _ rune) { show(f, p) }

// Format prints all but secrets, whatever the verb.
func (p MSSPackage) Format(f fmt.State, _ rune) { show(f, p) }
