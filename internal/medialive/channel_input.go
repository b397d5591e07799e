package medialive

import (
	"fmt"
	"net/url"
)

// InputProtocol is how a stream comes into a channel, seen from the service.
type InputProtocol string

// The protocols of an input.
const (
	FLVPull  InputProtocol = "FLV_PULL" // FLV over HTTP
	RTMPPush InputProtocol = "RTMP_PUSH"
	HLSPull  InputProtocol = "HLS_PULL"
	SRTPull  InputProtocol = "SRT_PULL" // the service calls
	SRTPush  InputProtocol = "SRT_PUSH" // the service listens
)

// Pulls says whether the service fetches the stream, so that it needs addresses.
func (p InputProtocol) Pulls() bool { return p == FLVPull || p == HLSPull || p == SRTPull }

// ChannelInput is where the stream of a channel comes from.
type ChannelInput struct {
	Protocol       InputProtocol       `json:"input_protocol"`                // required
	Sources        []ChannelSource     `json:"sources,omitempty"`             // primary streams, 1..12; optional for pushes
	Standby        []ChannelSource     `json:"secondary_sources,omitempty"`   // as many, of the same codec and size; not with RTMP_PUSH
	Failover       *FailoverConditions `json:"failover_conditions,omitempty"` // between the two
	MaxBandwidth   int                 `json:"max_bandwidth_limit,omitempty"` // HLS_PULL: bit/s; the best variant not above it is pulled
	IPPortMode     bool                `json:"ip_port_mode,omitempty"`        // SRT_PUSH, from an encoder that cannot send a stream id
	IPWhitelist    string              `json:"ip_whitelist,omitempty"`        // SRT_PUSH: who may push, comma-separated, up to 256 characters
	SCTE35Source   string              `json:"scte35_source,omitempty"`       // HLS_PULL: only SEGMENTS
	AdTriggers     []AdTrigger         `json:"ad_triggers,omitempty"`         // which signals trigger advertising
	AudioSelectors []AudioSelector     `json:"audio_selectors,omitempty"`     // up to 8
	Extra          Extra               `json:"-"`
}

// ChannelSource is one stream of an input: a bit rate of it, where it comes in
// several.
type ChannelSource struct {
	URL            URL    `json:"url,omitempty"`             // where to pull from, 1..1024
	Bitrate        int    `json:"bitrate,omitempty"`         // bit/s, up to 104857600; needed where nothing is transcoded
	Width          int    `json:"width,omitempty"`           // pixels, 0..4096
	Height         int    `json:"height,omitempty"`          // pixels, 0..2160
	EnableSnapshot bool   `json:"enable_snapshot,omitempty"` // primary streams only
	FixedBitrate   bool   `json:"bitrate_for3u8,omitempty"`  // Bitrate is told to players as it is; the vendor's spelling
	Passphrase     Secret `json:"passphrase,omitempty"`      // SRT_PUSH, 10..79 characters
	KeyLength      int    `json:"pbkeylen,omitempty"`        // bytes: 16, 24, 32 (inferred: the API says 16..32)
	BackupURLs     []URL  `json:"backup_urls,omitempty"`     // to fall back to, up to 12
	StreamID       string `json:"stream_id,omitempty"`       // SRT_PULL
	Latency        int    `json:"latency,omitempty"`         // SRT_PULL: milliseconds (inferred)
	Extra          Extra  `json:"-"`
}

// FailoverConditions say when the standby streams take over.
type FailoverConditions struct {
	LossThreshold *int            `json:"input_loss_threshold_msec,omitempty"` // milliseconds without input, 0..3600000, default 2000
	Preference    InputPreference `json:"input_preference,omitempty"`          // default EQUAL
	Extra         Extra           `json:"-"`
}

// DefaultLossThreshold is how many milliseconds without input make the standby
// take over where none is set.
const DefaultLossThreshold = 2000

// InputPreference says whether a primary that is back takes over again.
type InputPreference string

// The preferences.
const (
	PreferPrimary InputPreference = "PRIMARY"
	PreferNone    InputPreference = "EQUAL" // no automatic way back
)

// SCTE35Segments is the one place of an HLS input from which signals are read.
const SCTE35Segments = "SEGMENTS"

// AdTrigger is an SCTE-35 signal that triggers advertising. The values have
// spaces.
type AdTrigger string

// The triggers.
const (
	OnSpliceInsert           AdTrigger = "Splice insert"
	OnProviderAd             AdTrigger = "Provider advertisement"
	OnDistributorAd          AdTrigger = "Distributor advertisement"
	OnProviderOpportunity    AdTrigger = "Provider placement opportunity"
	OnDistributorOpportunity AdTrigger = "Distributor placement opportunity"
)

// AdTriggers lists them.
func AdTriggers() []AdTrigger {
	return []AdTrigger{OnSpliceInsert, OnProviderAd, OnDistributorAd, OnProviderOpportunity, OnDistributorOpportunity}
}

// AudioSelector finds an audio track in the input.
type AudioSelector struct {
	Name     string         `json:"name"` // 1..255 letters, digits, - and _; unique in the channel
	Settings *AudioSettings `json:"selector_settings,omitempty"`
	Extra    Extra          `json:"-"`
}

// AudioSettings is how a selector finds its track: one of the three (inferred).
type AudioSettings struct {
	Language *AudioByLanguage `json:"audio_language_selection,omitempty"`
	PID      *AudioByPID      `json:"audio_pid_selection,omitempty"`
	HLS      *AudioByHLS      `json:"audio_hls_selection,omitempty"`
	Extra    Extra            `json:"-"`
}

// AudioByLanguage selects by language.
type AudioByLanguage struct {
	Code   string         `json:"language_code"` // two or three lower-case letters
	Policy LanguagePolicy `json:"language_selection_policy,omitempty"`
	Extra  Extra          `json:"-"`
}

// LanguagePolicy is what happens where no track has the language.
type LanguagePolicy string

// The policies.
const (
	LanguageLoose  LanguagePolicy = "LOOSE"  // the track with the lowest PID is taken
	LanguageStrict LanguagePolicy = "STRICT" // silence
)

// AudioByPID selects by PID.
type AudioByPID struct {
	PID   *int  `json:"pid"` // 0..8191; nil: not told, which no change may send
	Extra Extra `json:"-"`
}

// AudioByHLS selects a rendition of an HLS input.
type AudioByHLS struct {
	Name    string `json:"name"`     // 1..255
	GroupID string `json:"group_id"` // required
	Extra   Extra  `json:"-"`
}

// PushAddresses gives the addresses of an RTMP_PUSH channel as the service makes
// them, one for each source; none for other protocols. Only the answers to
// creation and changes tell them, and no query does, so this is all there is for
// a page; that they are always made so is inferred, from one example.
func (c Channel) PushAddresses() []PushAddress {
	if c.Input.Protocol != RTMPPush {
		return nil
	}
	base := fmt.Sprintf("rtmp://%s/%s/%s", c.Domain, c.AppName, c.ID)
	query := "?request_source=ott&channel_id=" + url.QueryEscape(c.ID)
	var all []PushAddress
	for _, s := range c.Input.Sources {
		all = append(all, PushAddress{
			URL: URL(fmt.Sprintf("%s_%d%s", base, s.Bitrate, query)), Bitrate: s.Bitrate,
			Width: s.Width, Height: s.Height, EnableSnapshot: s.EnableSnapshot,
		})
	}
	if all == nil {
		all = []PushAddress{{URL: URL(base + query)}}
	}
	return all
}

// UnmarshalJSON keeps fields that this package has no name for.
func (in *ChannelInput) UnmarshalJSON(data []byte) error { return decodeWhole(data, in) }

// MarshalJSON hides secrets; see [RevealJSON] and [AnswerJSON].
func (in ChannelInput) MarshalJSON() ([]byte, error) { return encodeWhole(in, shown) }

// Format prints all but secrets, whatever the verb.
func (in ChannelInput) Format(f fmt.State, _ rune) { show(f, in) }

// Format prints all but secrets, whatever the verb.
func (s ChannelSource) Format(f fmt.State, _ rune) { show(f, s) }
