package medialive

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// outputs checks the outputs of a channel.
func (v *validation) outputs(list []Endpoint, mayKeep bool) {
	var unique []string
	for ref, p := range Packages(list) {
		v.within(ref.String(), func() {
			v.pack(*p, ref.Format, mayKeep)
			unique = v.unique("url", withoutScheme(p.URL), unique)
			v.ownOf(list[ref.Endpoint], ref)
		})
	}
}

// ownOf checks what only packages of one format have.
func (v *validation) ownOf(e Endpoint, ref PackageRef) {
	switch ref.Format {
	case FormatHLS:
		v.hls(e.HLS[ref.Index])
	case FormatDASH:
		v.dash(e.DASH[ref.Index])
	case FormatMSS:
		v.optional("delay_segment", e.MSS[ref.Index].DelaySegment, 1, MaxDelaySegment)
	}
}

func (v *validation) hls(p HLSPackage) {
	v.text("hls_version", string(p.Version), MaxHLSVersion, false)
	v.atMost("ad_marker", len(p.AdMarker), MaxAdMarkers)
	for i, marker := range p.AdMarker {
		v.enum(fmt.Sprintf("ad_marker[%d]", i), marker, true, HLSAdMarker)
	}
}

func (v *validation) dash(p DASHPackage) {
	v.enum("ad_marker", p.AdMarker, false, DASHAdMarkerBinary, DASHAdMarkerXML)
	v.optional("suggested_presentation_delay", p.SuggestedPresentationDelay, 1, MaxDASHSeconds)
	v.optional("minimum_update_period", p.MinimumUpdatePeriod, 1, MaxDASHSeconds)
	v.optional("min_buffer_time", p.MinBufferTime, 1, MaxDASHSeconds)
}

// pack checks what packages of all formats have.
func (v *validation) pack(p Package, format string, mayKeep bool) {
	v.text("id", p.ID, MaxPackageID, false)
	v.playback("url", p.URL, true)
	v.playback("slave_url", p.SlaveURL, false)
	v.selections(p.StreamSelection)
	v.span("segment_duration_seconds", p.SegmentDuration, 1, MaxSegment)
	v.maybe("playlist_window_seconds", p.PlaylistWindow, 0, MaxPlaylistWindow)
	if p.Encryption != nil {
		v.within("encryption", func() { v.encryption(*p.Encryption, format, mayKeep) })
	}
	if p.RequestArgs != nil {
		v.within("request_args", func() { v.requestArgs(*p.RequestArgs) })
	}
	v.whitelist("ip_whitelist", p.IPWhitelist, MaxPlayWhitelist)
	if p.CDNIdentifier != nil {
		v.within("cdn_identifier_header", func() { v.header(*p.CDNIdentifier, mayKeep) })
	}
	v.origin("origin_domain_master", p.OriginMaster)
	v.origin("origin_domain_slave", p.OriginSlave)
	v.text("manifest_name", p.ManifestName, MaxManifestName, false)
	if !onlyNameCharacters(strings.ReplaceAll(p.ManifestName, ".", "")) {
		v.add(Fault{Field: "manifest_name", Code: FaultCharacters, Value: p.ManifestName})
	}
	if p.ManifestSelection != nil {
		v.within("manifest_selection", func() { v.manifest(*p.ManifestSelection) })
	}
}

// playback checks an address at which viewers play: with or without a scheme,
// with a host and a path.
func (v *validation) playback(field, address string, required bool) {
	if !v.words(field, address, required, MaxURL) {
		return
	}
	u, err := url.Parse("https://" + withoutScheme(address))
	if err != nil || !validHost(u.Hostname()) || len(u.Path) < 2 || strings.Contains(address, " ") {
		v.add(Fault{Field: field, Code: FaultURL})
	}
}

// withoutScheme gives an address as the examples of the vendor have it.
func withoutScheme(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		return rest
	}
	return address
}

// origin checks the domain of an origin: three parts or more, the last of 2 to 16
// letters.
func (v *validation) origin(field, domain string) {
	if !v.domain(field, domain, false) {
		return
	}
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	letters := strings.Trim(strings.ToLower(last), "abcdefghijklmnopqrstuvwxyz") == ""
	if strings.Count(domain, ".") < 2 || len(last) < 2 || len(last) > 16 || !letters || strings.Contains(domain, "_") {
		v.add(Fault{Field: field, Code: FaultHost, Value: domain})
	}
}

func (v *validation) selections(list []StreamSelection) {
	v.atMost("stream_selection", len(list), MaxSelections)
	var unique []string
	for i, s := range list {
		v.within(fmt.Sprintf("stream_selection[%d]", i), func() {
			v.words("key", s.Key, false, MaxURL)
			unique = v.unique("key", s.Key, unique)
			v.maybe("min_bandwidth", s.Min, 0, MaxBitrate)
			v.maybe("max_bandwidth", s.Max, 0, MaxBitrate)
			if s.Min != nil && s.Max != nil && *s.Min > *s.Max {
				v.add(Fault{Field: "min_bandwidth", Code: FaultOrder, Max: *s.Max, Value: strconv.Itoa(*s.Min)})
			}
		})
	}
}

func (v *validation) manifest(s ManifestSelection) {
	v.enum("stream_order", string(s.Order), false, string(OrderOriginal), string(OrderAscending), string(OrderDescending))
	v.span("min_video_bandwidth", s.Min, 0, maxInt32)
	v.maybe("max_video_bandwidth", s.Max, 0, maxInt32)
	if s.Max != nil && s.Min >= *s.Max {
		v.add(Fault{Field: "min_video_bandwidth", Code: FaultOrder, Max: *s.Max, Value: strconv.Itoa(s.Min)})
	}
}

func (v *validation) requestArgs(a RequestArgs) {
	v.atMost("record", len(a.Record), MaxRequestArgs)
	for i, r := range a.Record {
		v.args(fmt.Sprintf("record[%d]", i), "start_time", r.StartTime, "end_time", r.EndTime, "format", r.Format, "unit", r.Unit)
	}
	v.atMost("timeshift", len(a.Timeshift), MaxRequestArgs)
	for i, s := range a.Timeshift {
		v.args(fmt.Sprintf("timeshift[%d]", i), "back_time", s.BackTime, "unit", s.Unit)
	}
	v.atMost("live", len(a.Live), MaxLiveArgs)
	for i, l := range a.Live {
		v.args(fmt.Sprintf("live[%d]", i), "delay", l.Delay, "unit", l.Unit)
	}
}

// args checks texts, each after its name.
func (v *validation) args(within string, namesAndTexts ...string) {
	v.within(within, func() {
		for pair := range slices.Chunk(namesAndTexts, 2) {
			v.text(pair[0], pair[1], MaxRequestArg, false)
		}
	})
}

func (v *validation) encryption(e Encryption, format string, mayKeep bool) {
	v.maybe("key_rotation_interval_seconds", e.KeyRotation, 0, MaxKeyRotation)
	v.enum("encryption_method", e.Method, false, "SAMPLE-AES", "AES-128")
	v.enum("level", string(e.Level), false, string(KeyPerChannel), string(KeyPerBitrate))
	v.words("resource_id", e.ResourceID, true, MaxResourceID)
	v.systems(e.Systems, format)
	v.link("url", e.URL, true, MaxKeyServer, "https", "http")
	v.enum("speke_version", string(e.SPEKEVersion), true, string(SPEKEVersion))
	v.enum("request_mode", string(e.RequestMode), true, string(AskDirectly), string(AskByFunction))
	v.words("urn", e.URN, e.RequestMode == AskByFunction, MaxURN)
	v.atMost("http_headers", len(e.Headers), MaxDRMHeaders)
	if len(e.Headers) > 0 && e.RequestMode == AskByFunction {
		v.add(Fault{Field: "http_headers", Code: FaultUnfit, Value: string(e.RequestMode)})
	}
	for i, h := range e.Headers {
		v.within(fmt.Sprintf("http_headers[%d]", i), func() { v.header(h, mayKeep) })
	}
}

func (v *validation) systems(list []DRMSystem, format string) {
	if len(list) == 0 {
		v.add(Fault{Field: "system_ids", Code: FaultRequired})
	}
	var unique []string
	for i, system := range list {
		field := fmt.Sprintf("system_ids[%d]", i)
		v.enum(field, string(system), true, string(Widevine), string(PlayReady), string(FairPlay))
		unique = v.unique(field, string(system), unique)
		known := system == Widevine || system == PlayReady || system == FairPlay
		if known && !slices.Contains(DRMSystems(format), system) {
			v.add(Fault{Field: field, Code: FaultUnfit, Value: string(system)})
		}
	}
}

// header checks a header, and never puts its value into a fault.
func (v *validation) header(h HTTPHeader, mayKeep bool) {
	v.words("key", h.Key, true, MaxHeaderKey)
	f := Fault{Field: "value", Min: 1, Max: MaxHeaderValue}
	switch value := h.Value.Reveal(); {
	case value == "" || value == Mask && !mayKeep:
		f.Code = FaultRequired
	case utf8.RuneCountInString(value) > MaxHeaderValue:
		f.Code = FaultLength
	case !plain(value, false):
		f.Code = FaultCharacters
	default:
		return
	}
	v.add(f)
}
