package packager

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// Spec is a channel as it should run.
type Spec struct {
	ID       string        // names the channel and its folder: 1..64 of letters, digits, - and _
	Primary  Source        //
	Standby  *Source       // nil: none
	Loss     time.Duration // without a packet from the input on air before the other one takes over, 0..1h; 0: [DefaultLoss]
	GoBack   bool          // to a primary that has come for 5 s without a pause
	Ladder   []Template    // the renditions; none: as it comes, without encoding
	GOP      time.Duration // between key frames of all renditions, 0..10s; 0: fits all segments, 2 s at most
	Packages []Package     //
	Record   time.Duration // kept, 0..14 days; 0: not recorded
}

// DefaultLoss is the Loss of a spec that has none.
const DefaultLoss = 2 * time.Second

const (
	maxLoss   = time.Hour
	maxGOP    = 10 * time.Second
	maxRecord = 14 * 24 * time.Hour
	maxRungs  = 12
)

// SourceKind is how a source comes in.
type SourceKind string

// The kinds of sources.
const (
	Tap      SourceKind = "tap"  // TS by [Options.Tap]; Address is its name there
	RTMPPush SourceKind = "rtmp" // Address is host:port to listen on; who names Application and Stream may push
	FLVPull  SourceKind = "flv"  // Address is an http or https URL
	HLSPull  SourceKind = "hls"  // Address is that of a playlist
)

// Source is where one stream of an input comes from.
type Source struct {
	Kind         SourceKind
	Address      Address
	Application  string    // RTMPPush
	Stream       string    // RTMPPush: its name, without what may follow a ?
	Backups      []Address // of a pull, tried in turn where Address fails
	MaxBandwidth int       // HLSPull: bit/s; the best variant not above it; 0: the best
	Bitrate      int       // bit/s, as its owner says; manifests need it where the video is not encoded. 0: not known
}

// Address is a path, host:port or URL. It may hold a key, so that only its
// scheme and host are ever printed.
type Address string

// Format prints what is not secret, whatever the verb.
func (a Address) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(a.shown())) }

// MarshalText gives what is not secret.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.shown()), nil }

func (a Address) shown() string {
	if u, err := url.Parse(string(a)); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host
	}
	return "address"
}

// Template is a rendition of the ladder.
type Template struct {
	ID           string // unique in a ladder
	Height       int    // pixels, even; the width follows the picture. 0: no video
	Bitrate      int    // bit/s of video
	AudioBitrate int    // bit/s; the highest of a ladder counts, for sound is encoded once
	Copy         bool   // video as it comes; then its key frames are the sender's
}

// Ladder lists the templates that a gateway offers, the highest first.
func Ladder() []Template {
	return []Template{
		{ID: "source", Copy: true, AudioBitrate: 128_000},
		{ID: "1080p", Height: 1080, Bitrate: 5_000_000, AudioBitrate: 128_000},
		{ID: "720p", Height: 720, Bitrate: 2_800_000, AudioBitrate: 128_000},
		{ID: "480p", Height: 480, Bitrate: 1_400_000, AudioBitrate: 128_000},
		{ID: "360p", Height: 360, Bitrate: 800_000, AudioBitrate: 96_000},
		{ID: "audio", AudioBitrate: 128_000},
	}
}

// Format is that of a package.
type Format string

// The formats.
const (
	HLS  Format = "hls"
	DASH Format = "dash"
)

// Package is an output for players.
type Package struct {
	ID       string        // names it in addresses and its folder: as that of a channel; unique in it
	Format   Format        //
	FMP4     bool          // of HLS: fragmented MP4 in place of TS segments
	Segment  time.Duration // 1..10s, whole seconds
	Window   time.Duration // of the live playlist; at least three segments are kept
	Manifest string        // name without extension; empty: index
	Access
	Selections []Selection   // by a parameter of the address
	Streams    Streams       // what the manifest shows
	Catchup    []Span        // parameters that ask for a span of the recording; HLS only
	Delay      time.Duration // DASH: suggested presentation delay; 0: as ffmpeg says
	Update     time.Duration // DASH: minimum update period; 0: as ffmpeg says
	Buffer     time.Duration // DASH: minimum buffer time; 0: as ffmpeg says
}

// Access is who may play.
type Access struct {
	Restricted bool           // only Allow may
	Allow      []netip.Prefix // addresses
}

// Selection keeps streams within bounds where the address has a parameter.
type Selection struct {
	Key string // name=value as in the address
	Min int    // bit/s
	Max int    // bit/s; 0: any
}

// Streams says which streams a manifest shows, and in which order.
type Streams struct {
	Order Order
	Min   int // bit/s
	Max   int // bit/s; 0: any
}

// Order is that of streams in a manifest.
type Order string

// The orders. The empty one is that of the ladder.
const (
	AsLadder   Order = ""
	Ascending  Order = "ascending"
	Descending Order = "descending"
)

// Span names the two parameters of an address by which a span of the recording
// is asked for, in Unix time.
type Span struct {
	Begin, End   string
	Milliseconds bool // else seconds
}

// ErrSpec tells that a spec cannot be run; the error says which field and why.
var ErrSpec = errors.New("channel spec")

func fault(field, format string, args ...any) error {
	return fmt.Errorf("%w: %s %s", ErrSpec, field, fmt.Sprintf(format, args...))
}

// name is what may be a part of a path.
func named(s string) bool { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`).MatchString(s) }

// Validate finds the first fault of a spec: an ErrSpec, or nil.
func (s Spec) Validate() error {
	switch {
	case !named(s.ID):
		return fault("ID", "is not 1..64 letters, digits, - and _")
	case s.Loss < 0 || s.Loss > maxLoss:
		return fault("Loss", "is not 0..%v", maxLoss)
	case s.GOP < 0 || s.GOP > maxGOP:
		return fault("GOP", "is not 0..%v", maxGOP)
	case s.Record < 0 || s.Record > maxRecord:
		return fault("Record", "is not 0..%v", maxRecord)
	}
	if err := s.Primary.validate("Primary"); err != nil {
		return err
	}
	if s.Standby != nil {
		if err := s.Standby.validate("Standby"); err != nil {
			return err
		}
	}
	if err := s.validateLadder(); err != nil {
		return err
	}
	return s.validatePackages()
}

func (s Source) validate(field string) error {
	switch s.Kind {
	case Tap, RTMPPush:
		if s.Address == "" || len(s.Backups) > 0 {
			return fault(field, "of kind %s needs one address", s.Kind)
		}
		if s.Kind == RTMPPush && (s.Application == "" || s.Stream == "") {
			return fault(field, "needs an application and the name of a stream")
		}
	case FLVPull, HLSPull:
		for _, a := range append([]Address{s.Address}, s.Backups...) {
			if u, err := url.Parse(string(a)); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
				return fault(field, "needs http or https addresses")
			}
		}
	default:
		return fault(field, "has the unknown kind %q", s.Kind)
	}
	return nil
}

func (s Spec) validateLadder() error {
	if len(s.Ladder) > maxRungs {
		return fault("Ladder", "has more than %d templates", maxRungs)
	}
	for i, t := range s.Ladder {
		field := fmt.Sprintf("Ladder[%d]", i)
		if slices.IndexFunc(s.Ladder, func(o Template) bool { return o.ID == t.ID }) < i {
			return fault(field, "comes twice")
		}
		if t.Height < 0 || t.Height%2 != 0 || t.Height > 0 && (t.Bitrate <= 0 || t.Copy) || t.AudioBitrate < 0 {
			return fault(field, "cannot be encoded")
		}
	}
	return nil
}

func (s Spec) validatePackages() error {
	for i, p := range s.Packages {
		field := fmt.Sprintf("Packages[%d]", i)
		switch {
		case !named(p.ID) || slices.IndexFunc(s.Packages, func(o Package) bool { return o.ID == p.ID }) < i:
			return fault(field, "has no ID of its own")
		case p.Format != HLS && p.Format != DASH:
			return fault(field, "has the unknown format %q", p.Format)
		case p.Segment < time.Second || p.Segment > 10*time.Second || p.Segment%time.Second != 0:
			return fault(field, "has segments that are not 1..10 whole seconds")
		case p.Window < 0 || p.Window > 24*time.Hour:
			return fault(field, "has a window that is not 0..24h")
		case p.Manifest != "" && !regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$`).MatchString(p.Manifest):
			return fault(field, "has a manifest name that is not 1..128 letters, digits, -, . and _")
		case len(p.Catchup) > 0 && p.Format != HLS:
			return fault(field, "can play what was recorded as HLS only")
		}
	}
	return nil
}

// manifest gives the name of the manifest's file.
func (p Package) manifest() string {
	name := p.Manifest
	if name == "" {
		name = "index"
	}
	if p.Format == DASH {
		return name + ".mpd"
	}
	return name + ".m3u8"
}

// segments is how many the live playlist has.
func (p Package) segments() int {
	return max(3, int((p.Window+p.Segment-1)/p.Segment))
}

// loss gives the time without a packet that counts as lost.
func (s Spec) loss() time.Duration {
	if s.Loss == 0 {
		return DefaultLoss
	}
	return s.Loss
}

// gop gives the time between key frames. One that divides every segment makes
// them as long as was asked.
func (s Spec) gop() time.Duration {
	if s.GOP > 0 {
		return s.GOP
	}
	odd := slices.ContainsFunc(s.Packages, func(p Package) bool { return p.Segment%(2*time.Second) != 0 })
	if odd {
		return time.Second
	}
	return 2 * time.Second
}
