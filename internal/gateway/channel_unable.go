package gateway

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
)

// unable refuses a channel for all that a gateway cannot do, rather than to take
// it and leave it undone.
func unable(ch medialive.Channel) error {
	var all []string
	for _, l := range limits() {
		for _, place := range l.asked(ch) {
			all = append(all, place+": "+l.Reason)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return unsupported("A gateway cannot do this, nothing was changed: %s", strings.Join(all, "; "))
}

// channelLimits tells what unable refuses, for who is about to ask for it.
func channelLimits() []medialive.ChannelLimit {
	var all []medialive.ChannelLimit
	for _, l := range limits() {
		all = append(all, l.ChannelLimit)
	}
	return all
}

// limit is something of the API that a gateway cannot do.
type limit struct {
	medialive.ChannelLimit
	asked func(medialive.Channel) []string // the places at which a channel asks for it
}

// limits are all of them.
func limits() []limit {
	return slices.Concat(inputLimits(), encoderLimits(), packageLimits(), argsLimits(), adLimits())
}

func inputLimits() []limit {
	return slices.Concat([]limit{
		ofChannel("mode", medialive.ChannelLimit{Value: string(medialive.OriginAndCDN), Reason: "there is no CDN; ONLY_OS is possible, and taken where no mode is given"},
			func(ch medialive.Channel) []bool { return one(ch.Mode == medialive.OriginAndCDN) }),
		ofChannel("input.scte35_source", never("signals are read from transport streams, not from HLS"),
			func(ch medialive.Channel) []bool { return one(ch.Input.SCTE35Source != "") }),
		ofChannel("input.ad_triggers", never("no advertising is inserted"),
			func(ch medialive.Channel) []bool { return one(len(ch.Input.AdTriggers) > 0) }),
		ofChannel("input.ip_port_mode", partly("an encoder that sends no stream id is asked for none"), func(ch medialive.Channel) []bool {
			asks := func(s medialive.ChannelSource) bool { return s.StreamID != "" }
			return one(ch.Input.IPPortMode && (slices.ContainsFunc(ch.Input.Sources, asks) || slices.ContainsFunc(ch.Input.Standby, asks)))
		}),
		ofChannel("input.failover_conditions.input_loss_threshold_msec", partly("packets come in bursts: less than 200 ms without one is no loss"),
			func(ch medialive.Channel) []bool {
				f := ch.Input.Failover
				return one(f != nil && f.LossThreshold != nil && *f.LossThreshold < shortestLoss)
			}),
		ofChannel("input.audio_selectors", never("the first audio track is taken"),
			func(ch medialive.Channel) []bool { return one(len(ch.Input.AudioSelectors) > 0) }),
	}, sourceLimits("input.sources[]", func(in medialive.ChannelInput) []medialive.ChannelSource { return in.Sources }),
		sourceLimits("input.secondary_sources[]", func(in medialive.ChannelInput) []medialive.ChannelSource { return in.Standby }))
}

// shortestLoss is how many milliseconds without a packet are a loss: it is decided
// every 100, and RTMP and HLS bring some packets at a time.
const shortestLoss = 200

// sourceLimits are those of a list of sources.
func sourceLimits(list string, of func(medialive.ChannelInput) []medialive.ChannelSource) []limit {
	each := func(name string, rule medialive.ChannelLimit, asks func(medialive.InputProtocol, medialive.ChannelSource) bool) limit {
		return ofChannel(list+name, rule, func(ch medialive.Channel) (all []bool) {
			for _, s := range of(ch.Input) {
				all = append(all, asks(ch.Input.Protocol, s))
			}
			return all
		})
	}
	return []limit{
		ofChannel(list, medialive.ChannelLimit{Most: 1, Reason: "one stream comes in, and templates make renditions of it"}, func(ch medialive.Channel) []bool {
			return []bool{false, len(of(ch.Input)) > 1}
		}),
		each("", partly("a flow is read within this machine, without stream id, latency and passphrase"), func(p medialive.InputProtocol, s medialive.ChannelSource) bool {
			return pullsFlow(p, s) && (s.StreamID != "" || s.Latency != 0 || s.Passphrase != "")
		}),
		each("", partly("passphrase, pbkeylen, stream_id and latency are of SRT alone"), func(p medialive.InputProtocol, s medialive.ChannelSource) bool {
			return !bySRT(p) && (s.Passphrase != "" || s.KeyLength != 0 || s.StreamID != "" || s.Latency != 0)
		}),
		each(".url", partly("what is pushed is pulled from nowhere"), func(p medialive.InputProtocol, s medialive.ChannelSource) bool {
			return !p.Pulls() && s.URL != ""
		}),
		each(".url", partly("SRT is pulled from "+pullForms), func(p medialive.InputProtocol, s medialive.ChannelSource) bool {
			_, err := pullLeg(s)
			return p == medialive.SRTPull && err != nil && !pullsFlow(p, s)
		}),
		each(".url", partly("FLV is pulled by HTTP, not by RTMP"), func(p medialive.InputProtocol, s medialive.ChannelSource) bool {
			return byHTTP(p) && !ofHTTP(s.URL)
		}),
		each(".backup_urls", partly("FLV is pulled by HTTP, not by RTMP"), func(p medialive.InputProtocol, s medialive.ChannelSource) bool {
			return byHTTP(p) && slices.ContainsFunc(s.BackupURLs, func(u medialive.URL) bool { return !ofHTTP(u) })
		}),
		each(".backup_urls", partly("only what is pulled by HTTP has them; use secondary_sources"), func(p medialive.InputProtocol, s medialive.ChannelSource) bool {
			return len(s.BackupURLs) > 0 && !byHTTP(p)
		}),
		each(".bitrate_for3u8", never("manifests tell what is measured"), func(_ medialive.InputProtocol, s medialive.ChannelSource) bool { return s.FixedBitrate }),
	}
}

func byHTTP(p medialive.InputProtocol) bool { return p == medialive.FLVPull || p == medialive.HLSPull }

func ofHTTP(address medialive.URL) bool { return strings.HasPrefix(address.Reveal(), "http") }

func pullsFlow(p medialive.InputProtocol, s medialive.ChannelSource) bool {
	_, is := pulledFlow(s.URL)
	return p == medialive.SRTPull && is
}

func encoderLimits() []limit {
	return []limit{
		ofChannel("encoder_settings[].template_id", partly("the templates of a gateway are "+templateNames()), func(ch medialive.Channel) (all []bool) {
			for _, e := range ch.Encoders {
				_, known := template(e.TemplateID)
				all = append(all, !known)
			}
			return all
		}),
		ofChannel("encoder_settings_expand.video_descriptions.gop_duration_seconds", partly("what is not transcoded keeps the key frames of its encoder"), func(ch medialive.Channel) []bool {
			return one(ch.Expand != nil && ch.Expand.Video != nil && ch.Expand.Video.GOPDuration > 0 && !slices.ContainsFunc(ch.Encoders, transcodes))
		}),
		ofChannel("encoder_settings_expand.audio_descriptions", never("one audio track is sent"),
			func(ch medialive.Channel) []bool { return one(ch.Expand != nil && len(ch.Expand.Audio) > 0) }),
	}
}

// transcodes tells whether a template makes video of its own, as far as it is
// known: another one is refused as such.
func transcodes(e medialive.EncoderSetting) bool {
	t, known := template(e.TemplateID)
	return !known || t.Height > 0
}

// templateNames lists what may stand in template_id.
func templateNames() string {
	var names []string
	for _, t := range packager.Ladder() {
		names = append(names, t.ID)
	}
	return strings.Join(names, ", ")
}

// ofRendition is how the playlists of renditions are called.
var ofRendition = regexp.MustCompile(`^v[0-9]+$`)

func packageLimits() []limit {
	all := []limit{ofPackages(medialive.FormatMSS, "", never("Smooth Streaming is not made here; HLS and DASH are"), func(pack) []bool { return one(true) })}
	for _, format := range []string{medialive.FormatHLS, medialive.FormatDASH} {
		all = append(all,
			ofPackages(format, "encryption", never("there is no DRM, nor a client of key servers"), func(p pack) []bool { return one(p.Encryption != nil) }),
			ofPackages(format, "slave_url", never("there is no standby region"), func(p pack) []bool { return one(p.SlaveURL != "") }),
			ofPackages(format, "origin_domain_slave", never("there is no standby region"), func(p pack) []bool { return one(p.OriginSlave != "") }),
			ofPackages(format, "cdn_identifier_header", never("there is no CDN that could say who it is"), func(p pack) []bool { return one(p.CDNIdentifier != nil) }),
			ofPackages(format, "ext_args", never("what they mean is not published"), func(p pack) []bool { return one(holds(p.ExtArgs)) }),
			ofPackages(format, "manifest_name", partly("it begins with a letter, a digit, - or _, and is not v and a number, as those of renditions are"), func(p pack) []bool {
				return one(strings.HasPrefix(p.ManifestName, ".") || ofRendition.MatchString(p.ManifestName))
			}),
			ofPackages(format, "stream_selection[].key", partly("a filter needs a parameter of the address, as in bitrate=900000-1800000"), func(p pack) (all []bool) {
				for _, s := range p.StreamSelection {
					all = append(all, !strings.Contains(s.Key, "="))
				}
				return all
			}))
	}
	return append(all, ofPackages(medialive.FormatHLS, "hls_version", partly("versions are numbers: from 7 on, segments are fragmented MP4"), func(p pack) []bool {
		_, err := hlsVersion(p.hls.Version)
		return one(err != nil)
	}))
}

// argsLimits are those of the parameters of playback addresses.
func argsLimits() []limit {
	var all []limit
	for _, format := range []string{medialive.FormatHLS, medialive.FormatDASH} {
		all = append(all,
			ofPackages(format, "request_args.timeshift", never("a span of the recording can be asked for, by record"), func(p pack) []bool { return one(len(p.args().Timeshift) > 0) }),
			ofPackages(format, "request_args.live", never("players choose their delay themselves"), func(p pack) []bool { return one(len(p.args().Live) > 0) }))
	}
	return append(all,
		ofPackages(medialive.FormatDASH, "request_args.record", never("what was recorded is played as HLS only"), func(p pack) []bool { return one(len(p.args().Record) > 0) }),
		ofPackages(medialive.FormatHLS, "request_args.record[]", partly("both parameters need a name"), func(p pack) (all []bool) {
			for _, r := range p.args().Record {
				all = append(all, r.StartTime == "" || r.EndTime == "")
			}
			return all
		}),
		ofPackages(medialive.FormatHLS, "request_args.record[].format", partly("times are Unix timestamps: "+timestampFormat), func(p pack) (all []bool) {
			for _, r := range p.args().Record {
				all = append(all, r.Format != "" && r.Format != timestampFormat)
			}
			return all
		}),
		ofPackages(medialive.FormatHLS, "request_args.record[].unit", partly("times are in "+secondUnit+" or "+millisecondUnit), func(p pack) (all []bool) {
			for _, r := range p.args().Record {
				all = append(all, r.Unit != "" && r.Unit != secondUnit && r.Unit != millisecondUnit)
			}
			return all
		}))
}

// What parameters of playback addresses may be written in.
const (
	timestampFormat = "timestamp"
	secondUnit      = "second"
	millisecondUnit = "millisecond"
)

func adLimits() []limit {
	noAds, noMarkers := never("no advertising is inserted"), never("signals are not passed on to players")
	return []limit{
		ofPackages(medialive.FormatHLS, "ads", noAds, func(p pack) []bool { return one(holds(p.hls.Ads)) }),
		ofPackages(medialive.FormatHLS, "ad_marker", noMarkers, func(p pack) []bool { return one(len(p.hls.AdMarker) > 0) }),
		ofPackages(medialive.FormatDASH, "ads", noAds, func(p pack) []bool { return one(holds(p.dash.Ads)) }),
		ofPackages(medialive.FormatDASH, "ad_marker", noMarkers, func(p pack) []bool { return one(p.dash.AdMarker != "") }),
	}
}

// never limits a field as such, partly some values of it.
func never(reason string) medialive.ChannelLimit { return medialive.ChannelLimit{Reason: reason} }

func partly(reason string) medialive.ChannelLimit {
	return medialive.ChannelLimit{Reason: reason, Partly: true}
}

// one is what asks of a field that is in no list.
func one(asked bool) []bool { return []bool{asked} }

// ofChannel is a limit of a field: asks tells of each place of the list in its
// name, or of the field as such, whether a channel asks for it.
func ofChannel(name string, rule medialive.ChannelLimit, asks func(medialive.Channel) []bool) limit {
	rule.Field = strings.ReplaceAll(name, "[]", "")
	return limit{rule, func(ch medialive.Channel) []string { return places(name, asks(ch)) }}
}

// places are the places of a name at which something is asked for.
func places(name string, asked []bool) (all []string) {
	for i, is := range asked {
		if is {
			all = append(all, strings.Replace(name, "[]", fmt.Sprintf("[%d]", i), 1))
		}
	}
	return all
}

// pack is a package, and what its format has besides.
type pack struct {
	*medialive.Package
	hls  *medialive.HLSPackage
	dash *medialive.DASHPackage
}

func (p pack) args() medialive.RequestArgs {
	if p.RequestArgs == nil {
		return medialive.RequestArgs{}
	}
	return *p.RequestArgs
}

// ofPackages is a limit of a field of the packages of a format; without a name,
// of the format.
func ofPackages(format, name string, rule medialive.ChannelLimit, asks func(pack) []bool) limit {
	rule.Field = strings.TrimSuffix("endpoints."+format+"."+strings.ReplaceAll(name, "[]", ""), ".")
	return limit{rule, func(ch medialive.Channel) (all []string) {
		for ref, p := range ch.Packages() {
			if ref.Format != format {
				continue
			}
			of := pack{Package: p}
			switch format {
			case medialive.FormatHLS:
				of.hls = &ch.Outputs[ref.Endpoint].HLS[ref.Index]
			case medialive.FormatDASH:
				of.dash = &ch.Outputs[ref.Endpoint].DASH[ref.Index]
			}
			for _, place := range places(name, asks(of)) {
				all = append(all, strings.TrimSuffix(ref.String()+"."+place, "."))
			}
		}
		return all
	}}
}

// holds tells whether there is anything in what is opaque.
func holds(o *medialive.Opaque) bool {
	var fields map[string]any
	return o != nil && (json.Unmarshal(o.Reveal(), &fields) != nil || len(fields) > 0)
}
