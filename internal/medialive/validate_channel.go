package medialive

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of channels.
const (
	MaxDomain         = 255       // characters
	MaxChannelID      = 64        // characters; changes take 512, statistics and Cloud Eye 64
	MinChannelID      = 2         // characters
	MaxAppName        = 64        // characters; creation takes 255, changes 64
	MaxChannelName    = 255       // characters
	MaxChannelSources = 12        // primary, and as many standby ones
	MaxBackupURLs     = 12        // of a source
	MaxURL            = 1024      // characters
	MaxBitrate        = 104857600 // bit/s
	MaxWidth          = 4096      // pixels
	MaxHeight         = 2160      // pixels
	MaxLossThreshold  = 3600000   // milliseconds
	MaxAudios         = 8         // selectors, and audios sent
	MaxPID            = 8191
	MaxTemplates      = 12
	MaxRollingBuffer  = 1209600 // seconds: 14 days
	MaxSegment        = 10      // seconds
	MaxPlaylistWindow = 86400   // seconds
	MaxSelections     = 24      // filters by bit rate
	MaxHLSVersion     = 10      // characters
	MaxPackageID      = 32      // characters
	MaxAdMarkers      = 10
	MaxDASHSeconds    = 120    // of delay, update period and buffer
	MaxDelaySegment   = 10     // seconds
	MaxManifestName   = 128    // characters
	MaxPushWhitelist  = 256    // characters
	MaxPlayWhitelist  = 2048   // characters
	MaxDRMHeaders     = 5      //
	MaxHeaderKey      = 128    // characters
	MaxHeaderValue    = 8000   // characters
	MaxResourceID     = 128    // characters
	MaxKeyServer      = 2048   // characters
	MaxURN            = 512    // characters
	MaxKeyRotation    = 604800 // seconds
	MaxRequestArgs    = 12     // for recordings, and for time shift
	MaxLiveArgs       = 20     //
	MaxRequestArg     = 20     // characters
	maxChannelText    = 255    // characters of names without a limit of their own
	maxInt32          = 1<<31 - 1
)

// ValidateNewChannel gives everything that is wrong with a new channel. A secret
// of [Mask] is no secret: it comes from a file that had none.
func ValidateNewChannel(ch Channel) []Fault {
	var v validation
	v.key(ch.ChannelKey)
	v.text("name", ch.Name, MaxChannelName, false)
	v.enum("state", string(ch.State), true, string(ChannelOn), string(ChannelOff))
	v.enum("mode", string(ch.Mode), false, string(OriginAndCDN), string(OriginOnly))
	v.text("region", ch.Region, maxChannelText, false)
	v.input(ch, false)
	v.encoders(ch.Encoders)
	v.record(ch.Record)
	v.outputs(ch.Outputs, false)
	v.expand(ch)
	return v.faults
}

// ValidateInputChange gives everything that is wrong with a change of input to a
// channel as it is now. A passphrase of [Mask] may stand for the stored one; see
// [Masked].
func ValidateInputChange(ch InputChange, existing Channel) []Fault {
	var v validation
	if ch.Input != nil {
		existing.Input = *ch.Input
	}
	existing.Expand = cmp.Or(ch.Expand, existing.Expand)
	v.input(existing, true)
	v.expand(existing)
	return v.faults
}

// ValidateEndpointsChange gives everything that is wrong with new outputs. Where
// a header is [Mask], it may stand for the stored one.
func ValidateEndpointsChange(ch EndpointsChange) []Fault {
	var v validation
	v.outputs(ch.Outputs, true)
	return v.faults
}

// ValidateRecordChange gives everything that is wrong with a change of recording.
func ValidateRecordChange(ch RecordChange) []Fault {
	var v validation
	if ch.Record == nil {
		v.add(Fault{Field: "record_settings", Code: FaultRequired})
	} else {
		v.record(*ch.Record)
	}
	return v.faults
}

// ValidateGeneralChange gives everything that is wrong with a new name.
func ValidateGeneralChange(ch GeneralChange) []Fault {
	var v validation
	v.words("name", ch.Name, true, MaxChannelName)
	return v.faults
}

// ValidateEncoderChange gives everything that is wrong with new templates: there
// must be one, so that transcoding cannot be given up.
func ValidateEncoderChange(ch EncoderChange) []Fault {
	var v validation
	if len(ch.Encoders) == 0 {
		v.add(Fault{Field: "encoder_settings", Code: FaultRequired, Min: 1, Max: MaxTemplates})
	}
	v.encoders(ch.Encoders)
	return v.faults
}

// ValidateStatisticQuery gives everything that is wrong with a query for signals.
func ValidateStatisticQuery(q StatisticQuery) []Fault {
	var v validation
	v.length("domain", q.Domain, 1, MaxChannelID)
	v.length("app_name", q.AppName, 1, MaxChannelID)
	v.length("id", q.ID, 1, MaxChannelID)
	v.enum("type", q.Type, true, SCTE35Statistic)
	v.enum("region_type", string(q.Role), false, string(MasterRegion), string(SlaveRegion), string(AllRegions))
	if q.SCTE35 == nil {
		v.add(Fault{Field: "scte35", Code: FaultRequired})
		return v.faults
	}
	v.within("scte35", func() {
		v.enum("type", string(q.SCTE35.Kind), true, string(AllSignals), string(SpliceInsert), string(TimeSignal))
		v.span("start_time", int(q.SCTE35.Start), 1, 1<<32-1)
		v.span("end_time", int(q.SCTE35.End), 1, 1<<32-1)
		if q.SCTE35.Start >= q.SCTE35.End {
			v.add(Fault{Field: "start_time", Code: FaultOrder, Max: int(q.SCTE35.End)})
		}
	})
	return v.faults
}

// key checks the key of a new channel by what all operations take: one that only
// creation takes could never be changed.
func (v *validation) key(k ChannelKey) {
	v.domain("domain", k.Domain, true)
	v.identifier("app_name", k.AppName, 1, MaxAppName)
	v.identifier("id", k.ID, MinChannelID, MaxChannelID)
}

func (v *validation) record(r RecordSettings) {
	v.span("record_settings.rollingbuffer_duration", r.RollingBuffer, 0, MaxRollingBuffer)
}

func (v *validation) encoders(list []EncoderSetting) {
	v.atMost("encoder_settings", len(list), MaxTemplates)
	var unique []string
	for i, e := range list {
		field := fmt.Sprintf("encoder_settings[%d].template_id", i)
		v.words(field, e.TemplateID, true, maxChannelText)
		unique = v.unique(field, e.TemplateID, unique)
	}
}

// expand checks what a channel sends besides its templates, against its input.
func (v *validation) expand(ch Channel) {
	if ch.Expand == nil {
		return
	}
	v.within("encoder_settings_expand", func() {
		v.atMost("audio_descriptions", len(ch.Expand.Audio), MaxAudios)
		var unique []string
		for i, a := range ch.Expand.Audio {
			v.within(fmt.Sprintf("audio_descriptions[%d]", i), func() {
				v.audio(a, ch.Input)
				unique = v.unique("name", a.Name, unique)
			})
		}
		if video := ch.Expand.Video; video != nil && !slices.Contains(GOPDurations(), video.GOPDuration) {
			v.add(Fault{Field: "video_descriptions.gop_duration_seconds", Code: FaultEnum, Value: strconv.Itoa(video.GOPDuration)})
		}
	})
}

func (v *validation) audio(a AudioDescription, in ChannelInput) {
	v.identifier("name", a.Name, 1, maxChannelText)
	if v.words("audio_selector_name", a.Selector, true, maxChannelText) &&
		!slices.ContainsFunc(in.AudioSelectors, func(s AudioSelector) bool { return s.Name == a.Selector }) {
		v.add(Fault{Field: "audio_selector_name", Code: FaultUnknown, Value: a.Selector})
	}
	v.enum("language_code_control", string(a.LanguageControl), false, string(LanguageOfInput), string(LanguageConfigured))
	v.language("language_code", a.LanguageCode, a.LanguageControl == LanguageConfigured)
	v.text("stream_name", a.StreamName, maxChannelText, false)
}

// language checks a code of two or three lower-case letters.
func (v *validation) language(field, code string, required bool) {
	f := Fault{Field: field, Min: 2, Max: 3, Value: code}
	switch n := len(code); {
	case n == 0 && !required:
		return
	case n == 0:
		f.Code = FaultRequired
	case n < 2 || n > 3:
		f.Code = FaultLength
	case strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") != "":
		f.Code = FaultCharacters
	default:
		return
	}
	v.add(f)
}

// domain checks a host that stands for itself: without a scheme.
func (v *validation) domain(field, name string, required bool) bool {
	if name != Host(name) {
		v.add(Fault{Field: field, Code: FaultHost, Value: name})
		return false
	}
	v.host(field, name, MaxDomain, required)
	return validHost(name)
}

// identifier checks a name of letters, digits, - and _.
func (v *validation) identifier(field, s string, least, most int) {
	if v.length(field, s, least, most) && !onlyNameCharacters(s) {
		v.add(Fault{Field: field, Code: FaultCharacters, Value: s})
	}
}

// words checks a text of one line, and says whether there is a good one.
func (v *validation) words(field, s string, required bool, most int) bool {
	switch {
	case s == "" && required:
		v.add(Fault{Field: field, Code: FaultRequired, Min: 1, Max: most})
	case utf8.RuneCountInString(s) > most:
		v.add(Fault{Field: field, Code: FaultLength, Min: 1, Max: most})
	case !plain(s, false):
		v.add(Fault{Field: field, Code: FaultCharacters})
	default:
		return s != ""
	}
	return false
}

// enum checks a word.
func (v *validation) enum(field, word string, required bool, allowed ...string) {
	switch {
	case word == "" && required:
		v.add(Fault{Field: field, Code: FaultRequired})
	case word != "" && !slices.Contains(allowed, word):
		v.add(Fault{Field: field, Code: FaultEnum, Value: word})
	}
}

// span checks a number.
func (v *validation) span(field string, n, least, most int) {
	if n < least || n > most {
		v.add(Fault{Field: field, Code: FaultRange, Min: least, Max: most, Value: strconv.Itoa(n)})
	}
}

// optional checks a number of which 0 stands for none.
func (v *validation) optional(field string, n, least, most int) {
	if n != 0 {
		v.span(field, n, least, most)
	}
}

// maybe checks a number that need not be given.
func (v *validation) maybe(field string, n *int, least, most int) {
	if n != nil {
		v.span(field, *n, least, most)
	}
}

func (v *validation) atMost(field string, n, most int) {
	if n > most {
		v.add(Fault{Field: field, Code: FaultTooMany, Max: most, Value: strconv.Itoa(n)})
	}
}

// unique checks that a text was not given before, and gives all that were.
func (v *validation) unique(field, s string, before []string) []string {
	if s == "" {
		return before
	}
	if slices.Contains(before, s) {
		v.add(Fault{Field: field, Code: FaultDuplicate, Value: s})
	}
	return append(before, s)
}

// link checks an address, which may be secret: no fault has it. One that comes from a
// file and had a password lacks it.
func (v *validation) link(field string, u URL, required bool, most int, schemes ...string) {
	s := u.Reveal()
	if !v.words(field, s, required, most) {
		return
	}
	if strings.Contains(s, Mask) {
		v.add(Fault{Field: field, Code: FaultRequired, Min: 1, Max: most})
		return
	}
	parsed, err := url.Parse(s)
	if err != nil || !slices.Contains(schemes, parsed.Scheme) || !validHost(parsed.Hostname()) || strings.Contains(s, " ") {
		v.add(Fault{Field: field, Code: FaultURL, Value: strings.Join(schemes, ", ")})
	}
}

// whitelist checks addresses and CIDR blocks, comma-separated.
func (v *validation) whitelist(field, list string, most int) {
	if utf8.RuneCountInString(list) > most {
		v.add(Fault{Field: field, Code: FaultLength, Max: most})
		return
	}
	for _, entry := range SplitWhitelist(list) {
		_, notAddress := netip.ParseAddr(entry)
		_, notBlock := netip.ParsePrefix(entry)
		if notAddress != nil && notBlock != nil {
			v.add(Fault{Field: field, Code: FaultAddress, Value: entry})
		}
	}
}

// SplitWhitelist gives the entries of a whitelist of a channel, which is one
// text with commas (the separator is inferred, from an example).
func SplitWhitelist(list string) []string {
	if strings.TrimSpace(list) == "" {
		return nil
	}
	entries := strings.Split(list, ",")
	for i, entry := range entries {
		entries[i] = strings.TrimSpace(entry)
	}
	return entries
}
