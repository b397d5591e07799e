package gateway

import (
	"cmp"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
)

// firstFMP4 is the version of HLS from which on segments are fragmented MP4.
const firstFMP4 = 7

// channelSpec says what should run for a channel that [unable] let pass.
func (g *Gateway) channelSpec(rec channelRecord) (packager.Spec, error) {
	ch := rec.channel
	spec := packager.Spec{ID: rec.row.UID, Record: seconds(ch.Record.RollingBuffer)}
	in := ch.Input
	switch sources := srtSources(in); {
	case bySRT(in.Protocol):
		spec.Primary = tapped(rec.row.UID, primaryInlet, sources[primaryInlet])
	case in.Protocol == medialive.RTMPPush:
		if rec.row.PushPort == 0 {
			return spec, unsupported("This gateway has no port for RTMP, nothing was changed")
		}
		spec.Primary = g.pushSource(rec)
	default:
		spec.Primary = pullSource(in, in.Sources[0])
	}
	if len(in.Standby) > 0 {
		standby := pullSource(in, in.Standby[0])
		if bySRT(in.Protocol) {
			standby = tapped(rec.row.UID, standbyInlet, in.Standby[0])
		}
		spec.Standby = &standby
	}
	if f := in.Failover; f != nil {
		spec.GoBack = f.Preference == medialive.PreferPrimary
		if f.LossThreshold != nil {
			spec.Loss = time.Duration(*f.LossThreshold) * time.Millisecond
		}
	}
	for _, e := range ch.Encoders {
		if t, known := template(e.TemplateID); known {
			spec.Ladder = append(spec.Ladder, t)
		}
	}
	if ch.Expand != nil && ch.Expand.Video != nil {
		spec.GOP = seconds(ch.Expand.Video.GOPDuration)
	}
	spec.Packages = packageSpecs(ch.Outputs)
	return spec, nil
}

// pushSource is what an encoder pushes by RTMP to the address that is told.
func (g *Gateway) pushSource(rec channelRecord) packager.Source {
	ch := rec.channel
	source := packager.Source{Kind: packager.RTMPPush, Address: packager.Address(g.pushHost(rec)), Application: ch.AppName, Stream: ch.ID}
	if len(ch.Input.Sources) > 0 {
		source.Bitrate = ch.Input.Sources[0].Bitrate
		source.Stream += "_" + strconv.Itoa(source.Bitrate)
	}
	return source
}

// pushHost is where a channel is pushed to by RTMP.
func (g *Gateway) pushHost(rec channelRecord) string {
	return net.JoinHostPort(g.opts.SRTAddress, strconv.Itoa(rec.row.PushPort))
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// template finds what the gateway offers under an id.
func template(id string) (packager.Template, bool) {
	all := packager.Ladder()
	i := slices.IndexFunc(all, func(t packager.Template) bool { return t.ID == id })
	if i < 0 {
		return packager.Template{}, false
	}
	return all[i], true
}

func pullSource(in medialive.ChannelInput, s medialive.ChannelSource) packager.Source {
	source := packager.Source{Kind: packager.FLVPull, Address: packager.Address(s.URL.Reveal()), MaxBandwidth: in.MaxBandwidth, Bitrate: s.Bitrate}
	if in.Protocol == medialive.HLSPull {
		source.Kind = packager.HLSPull
	}
	for _, u := range s.BackupURLs {
		source.Backups = append(source.Backups, packager.Address(u.Reveal()))
	}
	return source
}

func packageSpecs(outputs []medialive.Endpoint) (all []packager.Package) {
	for ref, p := range medialive.Packages(outputs) {
		made := packager.Package{
			ID: p.ID, Format: packager.DASH, Segment: seconds(p.SegmentDuration), Manifest: p.ManifestName,
			Access: access(*p), Streams: streams(p.ManifestSelection),
		}
		if p.PlaylistWindow != nil {
			made.Window = seconds(*p.PlaylistWindow)
		}
		for _, s := range p.StreamSelection {
			made.Selections = append(made.Selections, packager.Selection{Key: s.Key, Min: orZero(s.Min), Max: orZero(s.Max)})
		}
		switch ref.Format {
		case medialive.FormatHLS:
			version, _ := hlsVersion(outputs[ref.Endpoint].HLS[ref.Index].Version)
			made.Format, made.FMP4, made.Catchup = packager.HLS, version >= firstFMP4, catchup(p.RequestArgs)
		case medialive.FormatDASH:
			dash := outputs[ref.Endpoint].DASH[ref.Index]
			made.Delay, made.Update, made.Buffer = seconds(dash.SuggestedPresentationDelay), seconds(dash.MinimumUpdatePeriod), seconds(dash.MinBufferTime)
		}
		all = append(all, made)
	}
	return all
}

// hlsVersion reads a version as the API's examples have it: 1, v3. None is 0.
func hlsVersion(v medialive.Version) (int, error) {
	n, err := strconv.ParseUint(cmp.Or(strings.TrimPrefix(strings.ToLower(string(v)), "v"), "0"), 10, 8)
	return int(n), err
}

// access says who may play. Without a whitelist anyone may: there is no CDN that
// alone would come to a gateway.
func access(p medialive.Package) packager.Access {
	if p.AllowAllIPs || len(medialive.SplitWhitelist(p.IPWhitelist)) == 0 {
		return packager.Access{}
	}
	return packager.Access{Restricted: true, Allow: networks(p.IPWhitelist)}
}

func streams(s *medialive.ManifestSelection) packager.Streams {
	if s == nil {
		return packager.Streams{}
	}
	order := packager.AsLadder
	switch s.Order {
	case medialive.OrderAscending:
		order = packager.Ascending
	case medialive.OrderDescending:
		order = packager.Descending
	case medialive.OrderOriginal:
	}
	return packager.Streams{Order: order, Min: s.Min, Max: orZero(s.Max)}
}

func catchup(args *medialive.RequestArgs) (spans []packager.Span) {
	if args == nil {
		return nil
	}
	for _, r := range args.Record {
		spans = append(spans, packager.Span{Begin: r.StartTime, End: r.EndTime, Milliseconds: r.Unit == millisecondUnit})
	}
	return spans
}
