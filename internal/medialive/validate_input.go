package medialive

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// input checks the input of a channel.
func (v *validation) input(ch Channel, mayKeep bool) {
	v.within("input", func() {
		in := ch.Input
		v.enum("input_protocol", string(in.Protocol), true,
			string(FLVPull), string(RTMPPush), string(HLSPull), string(SRTPull), string(SRTPush))
		if in.Protocol.Pulls() && len(in.Sources) == 0 {
			v.add(Fault{Field: "sources", Code: FaultRequired, Min: 1, Max: MaxChannelSources})
		}
		v.atMost("sources", len(in.Sources), MaxChannelSources)
		s := sourceRules{protocol: in.Protocol, transcoded: len(ch.Encoders) > 0, mayKeep: mayKeep}
		for i, source := range in.Sources {
			v.within(fmt.Sprintf("sources[%d]", i), func() { v.channelSource(source, s) })
		}
		v.standby(in, s)
		v.failover(in.Failover)
		v.byProtocol(in)
		v.adTriggers(in.AdTriggers)
		v.selectors(in.AudioSelectors)
	})
}

// sourceRules are what a source must fit.
type sourceRules struct {
	protocol   InputProtocol
	transcoded bool
	mayKeep    bool
}

func (v *validation) channelSource(s ChannelSource, rules sourceRules) {
	schemes := rules.protocol.schemes()
	v.link("url", s.URL, rules.protocol.Pulls(), MaxURL, schemes...)
	v.atMost("backup_urls", len(s.BackupURLs), MaxBackupURLs)
	for i, u := range s.BackupURLs {
		v.link(fmt.Sprintf("backup_urls[%d]", i), u, true, MaxURL, schemes...)
	}
	if s.Bitrate == 0 && !rules.transcoded {
		v.add(Fault{Field: "bitrate", Code: FaultRequired, Min: 1, Max: MaxBitrate})
	}
	v.span("bitrate", s.Bitrate, 0, MaxBitrate)
	v.span("width", s.Width, 0, MaxWidth)
	v.span("height", s.Height, 0, MaxHeight)
	v.passphrase("passphrase", s.Passphrase, rules.mayKeep)
	if s.KeyLength != 0 && !slices.Contains([]int{16, 24, 32}, s.KeyLength) {
		v.add(Fault{Field: "pbkeylen", Code: FaultEnum, Value: strconv.Itoa(s.KeyLength)})
	}
	v.text("stream_id", s.StreamID, MaxStreamID, false)
	v.span("latency", s.Latency, 0, maxInt32)
}

// schemes are those of an address from which a protocol pulls. Which the service
// takes is not published; these are those that make sense.
func (p InputProtocol) schemes() []string {
	switch p {
	case SRTPull, SRTPush:
		return []string{"srt"}
	case RTMPPush:
		return []string{"rtmp", "rtmps"}
	case FLVPull:
		return []string{"http", "https", "rtmp", "rtmps"}
	}
	return []string{"http", "https"}
}

// passphrase checks an optional passphrase, and never puts it into a fault.
func (v *validation) passphrase(field string, secret Secret, mayKeep bool) {
	p := secret.Reveal()
	switch {
	case p == "" || p == Mask && mayKeep:
	case p == Mask:
		v.add(Fault{Field: field, Code: FaultRequired, Min: MinPassphrase, Max: MaxPassphrase})
	case utf8.RuneCountInString(p) < MinPassphrase || len(p) > MaxPassphrase:
		v.add(Fault{Field: field, Code: FaultLength, Min: MinPassphrase, Max: MaxPassphrase})
	case !plain(p, false):
		v.add(Fault{Field: field, Code: FaultCharacters})
	}
}

// standby checks that each standby source can take the place of its primary one.
func (v *validation) standby(in ChannelInput, rules sourceRules) {
	const field = "secondary_sources"
	n := len(in.Standby)
	switch {
	case n == 0:
		return
	case in.Protocol == RTMPPush:
		v.add(Fault{Field: field, Code: FaultUnfit, Value: string(in.Protocol)})
		return
	case n != len(in.Sources):
		v.add(Fault{Field: field, Code: FaultCount, Max: len(in.Sources), Value: strconv.Itoa(n)})
	}
	for i, s := range in.Standby {
		v.within(fmt.Sprintf("%s[%d]", field, i), func() {
			v.channelSource(s, rules)
			if s.EnableSnapshot {
				v.add(Fault{Field: "enable_snapshot", Code: FaultUnfit})
			}
			if i < len(in.Sources) {
				v.sameSize(s, in.Sources[i])
			}
		})
	}
}

// sameSize compares sizes where both are told.
func (v *validation) sameSize(s, primary ChannelSource) {
	if s.Width != primary.Width && s.Width != 0 && primary.Width != 0 {
		v.add(Fault{Field: "width", Code: FaultCount, Max: primary.Width, Value: strconv.Itoa(s.Width)})
	}
	if s.Height != primary.Height && s.Height != 0 && primary.Height != 0 {
		v.add(Fault{Field: "height", Code: FaultCount, Max: primary.Height, Value: strconv.Itoa(s.Height)})
	}
}

func (v *validation) failover(f *FailoverConditions) {
	if f == nil {
		return
	}
	v.within("failover_conditions", func() {
		v.maybe("input_loss_threshold_msec", f.LossThreshold, 0, MaxLossThreshold)
		v.enum("input_preference", string(f.Preference), false, string(PreferPrimary), string(PreferNone))
	})
}

// byProtocol checks what only one protocol has.
func (v *validation) byProtocol(in ChannelInput) {
	for _, c := range []struct {
		field string
		given bool
		of    InputProtocol
	}{
		{"max_bandwidth_limit", in.MaxBandwidth != 0, HLSPull},
		{"scte35_source", in.SCTE35Source != "", HLSPull},
		{"ip_port_mode", in.IPPortMode, SRTPush},
		{"ip_whitelist", in.IPWhitelist != "", SRTPush},
	} {
		if c.given && in.Protocol != c.of {
			v.add(Fault{Field: c.field, Code: FaultUnfit, Value: string(in.Protocol)})
		}
	}
	v.span("max_bandwidth_limit", in.MaxBandwidth, 0, maxInt32)
	v.enum("scte35_source", in.SCTE35Source, false, SCTE35Segments)
	v.whitelist("ip_whitelist", in.IPWhitelist, MaxPushWhitelist)
}

func (v *validation) adTriggers(list []AdTrigger) {
	var unique []string
	for i, trigger := range list {
		field := fmt.Sprintf("ad_triggers[%d]", i)
		if !slices.Contains(AdTriggers(), trigger) {
			v.add(Fault{Field: field, Code: FaultEnum, Value: string(trigger)})
		}
		unique = v.unique(field, string(trigger), unique)
	}
}

func (v *validation) selectors(list []AudioSelector) {
	v.atMost("audio_selectors", len(list), MaxAudios)
	var unique []string
	for i, s := range list {
		v.within(fmt.Sprintf("audio_selectors[%d]", i), func() {
			v.identifier("name", s.Name, 1, maxChannelText)
			unique = v.unique("name", s.Name, unique)
			if s.Settings != nil {
				v.within("selector_settings", func() { v.selection(*s.Settings) })
			}
		})
	}
}

// selection checks how a selector finds its track: in one way.
func (v *validation) selection(s AudioSettings) {
	var ways []string
	if s.Language != nil {
		ways = append(ways, "audio_language_selection")
		v.language("audio_language_selection.language_code", s.Language.Code, true)
		v.enum("audio_language_selection.language_selection_policy", string(s.Language.Policy), false, string(LanguageLoose), string(LanguageStrict))
	}
	if s.PID != nil {
		ways = append(ways, "audio_pid_selection")
		if s.PID.PID == nil {
			v.add(Fault{Field: "audio_pid_selection.pid", Code: FaultRequired, Max: MaxPID})
		}
		v.maybe("audio_pid_selection.pid", s.PID.PID, 0, MaxPID)
	}
	if s.HLS != nil {
		ways = append(ways, "audio_hls_selection")
		v.words("audio_hls_selection.name", s.HLS.Name, true, maxChannelText)
		v.words("audio_hls_selection.group_id", s.HLS.GroupID, true, maxChannelText)
	}
	if n := len(ways); n > 1 {
		v.add(Fault{Field: ways[n-1], Code: FaultUnfit, Value: ways[0]})
	}
}
