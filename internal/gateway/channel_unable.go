package gateway

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
)

// unable refuses a channel for all that a gateway cannot do, rather than to take
// it and leave it undone.
func unable(ch medialive.Channel) error {
	var w wants
	w.add(ch.Mode == medialive.OriginAndCDN, "mode", "there is no CDN; ONLY_OS is possible, and taken where no mode is given")
	w.input(ch.Input)
	w.encoders(ch)
	w.outputs(ch.Outputs)
	if len(w) == 0 {
		return nil
	}
	return unsupported("A gateway cannot do this, nothing was changed: %s", strings.Join(w, "; "))
}

// wants collects what a gateway cannot do, each with its field.
type wants []string

func (w *wants) add(given bool, field, why string) {
	if given {
		*w = append(*w, field+": "+why)
	}
}

func (w *wants) input(in medialive.ChannelInput) {
	w.sources("input.sources", in.Protocol, in.Sources)
	w.sources("input.secondary_sources", in.Protocol, in.Standby)
	w.add(in.SCTE35Source != "", "input.scte35_source", "signals are read from transport streams, not from HLS")
	w.add(len(in.AdTriggers) > 0, "input.ad_triggers", "no advertising is inserted")
	w.add(len(in.AudioSelectors) > 0, "input.audio_selectors", "the first audio track is taken")
}

func (w *wants) sources(field string, p medialive.InputProtocol, list []medialive.ChannelSource) {
	w.add(len(list) > 1, field+"[1]", "one stream comes in, and templates make renditions of it")
	for i, s := range list {
		within := fmt.Sprintf("%s[%d]", field, i)
		w.add(s.FixedBitrate, within+".bitrate_for3u8", "manifests tell what is measured")
		w.add(len(s.BackupURLs) > 0 && !byHTTP(p), within+".backup_urls", "only what is pulled by HTTP has them; use secondary_sources")
		if p == medialive.SRTPull {
			_, ofFlow := pulledFlow(s.URL)
			_, err := pullLeg(s)
			w.add(!ofFlow && err != nil, within+".url", errPullAddress.Error())
			w.add(ofFlow && (s.StreamID != "" || s.Latency != 0 || s.Passphrase != ""), within, "a flow is read within this machine, without stream id, latency and passphrase")
		}
		for _, u := range append([]medialive.URL{s.URL}, s.BackupURLs...) {
			w.add(byHTTP(p) && !strings.HasPrefix(u.Reveal(), "http"), within, "FLV is pulled by HTTP, not by RTMP")
		}
	}
}

func byHTTP(p medialive.InputProtocol) bool { return p == medialive.FLVPull || p == medialive.HLSPull }

func (w *wants) encoders(ch medialive.Channel) {
	for i, e := range ch.Encoders {
		_, known := template(e.TemplateID)
		w.add(!known, fmt.Sprintf("encoder_settings[%d].template_id", i), "the templates of a gateway are "+templateNames())
	}
	w.add(ch.Expand != nil && len(ch.Expand.Audio) > 0, "encoder_settings_expand.audio_descriptions", "one audio track is sent")
}

// templateNames lists what may stand in template_id.
func templateNames() string {
	var names []string
	for _, t := range packager.Ladder() {
		names = append(names, t.ID)
	}
	return strings.Join(names, ", ")
}

func (w *wants) outputs(outputs []medialive.Endpoint) {
	for ref, p := range medialive.Packages(outputs) {
		within := ref.String()
		w.add(ref.Format == medialive.FormatMSS, within, "Smooth Streaming is not made here; HLS and DASH are")
		w.add(p.Encryption != nil, within+".encryption", "there is no DRM, nor a client of key servers")
		w.add(p.SlaveURL != "", within+".slave_url", "there is no standby region")
		w.add(p.OriginSlave != "", within+".origin_domain_slave", "there is no standby region")
		w.add(p.CDNIdentifier != nil, within+".cdn_identifier_header", "there is no CDN that could say who it is")
		w.add(holds(p.ExtArgs), within+".ext_args", "what they mean is not published")
		w.requestArgs(within+".request_args", ref.Format, p.RequestArgs)
		for i, s := range p.StreamSelection {
			w.add(!strings.Contains(s.Key, "="), fmt.Sprintf("%s.stream_selection[%d].key", within, i), "a filter needs a parameter of the address, as in bitrate=900000-1800000")
		}
		w.ofFormat(within, outputs[ref.Endpoint], ref)
	}
}

func (w *wants) requestArgs(field, format string, args *medialive.RequestArgs) {
	if args == nil {
		return
	}
	w.add(len(args.Timeshift) > 0, field+".timeshift", "a span of the recording can be asked for, by record")
	w.add(len(args.Live) > 0, field+".live", "players choose their delay themselves")
	w.add(len(args.Record) > 0 && format != medialive.FormatHLS, field+".record", "what was recorded is played as HLS only")
	for i, r := range args.Record {
		within := fmt.Sprintf("%s.record[%d]", field, i)
		w.add(r.Format != "" && r.Format != timestampFormat, within+".format", "times are Unix timestamps: "+timestampFormat)
		w.add(r.Unit != "" && r.Unit != secondUnit && r.Unit != millisecondUnit, within+".unit", "times are in "+secondUnit+" or "+millisecondUnit)
	}
}

// What parameters of playback addresses may be written in.
const (
	timestampFormat = "timestamp"
	secondUnit      = "second"
	millisecondUnit = "millisecond"
)

// ofFormat collects what concerns one format: advertising, and the version of HLS.
func (w *wants) ofFormat(within string, e medialive.Endpoint, ref medialive.PackageRef) {
	const noAds, noMarkers = "no advertising is inserted", "signals are not passed on to players"
	switch ref.Format {
	case medialive.FormatHLS:
		_, err := hlsVersion(e.HLS[ref.Index].Version)
		w.add(err != nil, within+".hls_version", "versions are numbers: from 7 on, segments are fragmented MP4")
		w.add(holds(e.HLS[ref.Index].Ads), within+".ads", noAds)
		w.add(len(e.HLS[ref.Index].AdMarker) > 0, within+".ad_marker", noMarkers)
	case medialive.FormatDASH:
		w.add(holds(e.DASH[ref.Index].Ads), within+".ads", noAds)
		w.add(e.DASH[ref.Index].AdMarker != "", within+".ad_marker", noMarkers)
	}
}

// holds tells whether there is anything in what is opaque.
func holds(o *medialive.Opaque) bool {
	var fields map[string]any
	return o != nil && (json.Unmarshal(o.Reveal(), &fields) != nil || len(fields) > 0)
}
