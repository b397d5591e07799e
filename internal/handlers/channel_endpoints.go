package handlers

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
)

// formats are the formats of packages, and how their manifests end.
var formats = []struct{ name, manifest string }{
	{medialive.FormatHLS, "index.m3u8"},
	{medialive.FormatDASH, "index.mpd"},
	{medialive.FormatMSS, "index.ism/manifest"},
}

// packagePaths are the packages of a form, over all endpoints.
func packagePaths(form url.Values) []string {
	var all []string
	for e := range max(1, channelform.Count(form, "endpoints")) {
		for _, format := range formats {
			list := fmt.Sprintf("endpoints[%d].%s", e, format.name)
			for i := range channelform.Count(form, list) {
				all = append(all, fmt.Sprintf("%s[%d]", list, i))
			}
		}
	}
	return all
}

// packageGroups are the fields of the packages.
func (f channelFields) packageGroups() []pages.FormGroup {
	w := f.t.ChannelForm
	var all []pages.FormGroup
	title := packageTitles()
	for _, path := range packagePaths(f.form) {
		all = append(all, f.packageGroup(path, title(formatOf(path))))
	}
	add := pages.FormGroup{ID: "endpoints", Errors: f.errors("endpoints")}
	for e := range channelform.Count(f.form, "endpoints") {
		path := fmt.Sprintf("endpoints[%d]", e)
		f.shown[path] = true
		if extra := f.extra(path); extra != nil {
			all = append(all, pages.FormGroup{ID: path, Fields: extra})
		}
		add.Errors = append(add.Errors, f.errors(path)...)
		for _, format := range formats {
			add.Errors = append(add.Errors, f.errors(path+"."+format.name)...)
		}
	}
	for i, label := range []string{w.Act.AddHLS, w.Act.AddDASH, w.Act.AddMSS} {
		act := f.add("endpoints[0]."+formats[i].name, label)
		act.Quiet = false
		add.Adds = append(add.Adds, act)
	}
	return append(all, add)
}

// packageGroup are the fields of one package.
func (f channelFields) packageGroup(path, title string) pages.FormGroup {
	w := f.t.ChannelForm
	g := f.item(path, title)
	list := path[:strings.LastIndexByte(path, '[')]
	var n int
	if _, err := fmt.Sscanf(path[len(list):], "[%d]", &n); err == nil {
		g.Moves = f.moves(path, title, n, channelform.Count(f.form, list))
	}
	if id := f.form.Get(path + ".id"); id != "" {
		g.Note, g.Errors = id, f.errors(path, path+".id")
	}
	g.Fields = f.fields(path, "url", "segment_duration_seconds", "playlist_window_seconds")
	g.More = f.fields(path, "manifest_name")
	switch formatOf(path) {
	case medialive.FormatHLS:
		g.More = append(g.More, f.fields(path, "hls_version")...)
	case medialive.FormatDASH:
		g.More = append(g.More, f.fields(path, "suggested_presentation_delay", "minimum_update_period", "min_buffer_time")...)
	case medialive.FormatMSS:
		g.More = append(g.More, f.fields(path, "delay_segment")...)
	}
	g.Groups = []pages.FormGroup{
		{ID: path + "-access", Title: w.Part.Access, Fields: f.fields(path, "enable_access", "allow_all_ip_access", "ip_whitelist")},
		f.streamsGroup(path), f.argsGroup(path), f.drmGroup(path), f.markersGroup(path),
		f.originGroup(path),
	}
	return f.opened(g)
}

// streamsGroup are the streams of a package, and filters of them.
func (f channelFields) streamsGroup(path string) pages.FormGroup {
	w := f.t.ChannelForm
	selection, list := path+".manifest_selection", path+".stream_selection"
	g := pages.FormGroup{
		ID: list, Title: w.Part.Streams, Errors: f.errors(list, selection),
		Fields: append(f.fields(selection, "stream_order", "min_video_bandwidth", "max_video_bandwidth"), f.extra(selection)...),
		Adds:   []pages.FormAct{f.add(list, w.Act.AddStream)},
	}
	for i := range channelform.Count(f.form, list) {
		at := fmt.Sprintf("%s[%d]", list, i)
		stream := f.item(at, w.Part.Stream(i+1))
		stream.Fields = append(f.fields(at, "key", "min_bandwidth", "max_bandwidth"), f.extra(at)...)
		g.Nested = append(g.Nested, stream)
	}
	return g
}

// argsGroup are the parameters that ask for what was recorded.
func (f channelFields) argsGroup(path string) pages.FormGroup {
	w := f.t.ChannelForm
	all := path + ".request_args"
	g := pages.FormGroup{ID: all, Title: w.Part.Playback, Errors: f.errors(all), Fields: f.extra(all)}
	for _, kind := range []struct {
		list, title, add string
		fields           []string
	}{
		{"record", w.Part.Record, w.Act.AddRecord, []string{"start_time", "end_time", "format", "unit"}},
		{"timeshift", w.Part.Timeshift, w.Act.AddTimeshift, []string{"back_time", "unit"}},
		{"live", w.Part.Live, w.Act.AddLive, []string{"delay", "unit"}},
	} {
		list := all + "." + kind.list
		g.Errors = append(g.Errors, f.errors(list)...)
		g.Adds = append(g.Adds, f.add(list, kind.add))
		for i := range channelform.Count(f.form, list) {
			at := fmt.Sprintf("%s[%d]", list, i)
			args := f.item(at, w.Part.Format(kind.title, w.Part.Arg(i+1)))
			args.Fields = append(f.fields(at, kind.fields...), f.extra(at)...)
			g.Nested = append(g.Nested, args)
		}
	}
	return g
}

// drmGroup is the encryption of a package.
func (f channelFields) drmGroup(path string) pages.FormGroup {
	w := f.t.ChannelForm
	drm, list := path+".encryption", path+".encryption.http_headers"
	g := pages.FormGroup{ID: drm + "-group", Title: w.Part.DRM, Fields: f.fields(path, "encryption")}
	if f.never(drm) != "" {
		return g
	}
	on := pages.FormGroup{ID: drm + "-on", Errors: f.errors(list), Adds: []pages.FormAct{f.add(list, w.Act.AddHeader)}}
	on.Fields = f.fields(drm, "system_ids", "resource_id", "url", "request_mode", "urn", "level", "speke_version", "encryption_method", "key_rotation_interval_seconds")
	on.Fields = append(on.Fields, f.extra(drm)...)
	for i := range channelform.Count(f.form, list) {
		at := fmt.Sprintf("%s[%d]", list, i)
		header := f.item(at, w.Part.Header(i+1))
		header.Fields = append(f.fields(at, "key", "value"), f.extra(at)...)
		on.Nested = append(on.Nested, header)
	}
	on.Class, g.Class = "when-on", "switched"
	g.Nested = []pages.FormGroup{on}
	return g
}

// markersGroup is what a package says of advertising.
func (f channelFields) markersGroup(path string) pages.FormGroup {
	g := pages.FormGroup{ID: path + "-markers", Title: f.t.ChannelForm.Part.Markers}
	if formatOf(path) != medialive.FormatMSS {
		g.Fields = f.fields(path, "ad_marker", "ads")
	}
	g.Fields = append(g.Fields, f.fields(path, "ext_args")...)
	g.Fields = append(g.Fields, f.extra(path)...)
	return g
}

// originGroup is where a package comes from, and how the CDN says who it is.
func (f channelFields) originGroup(path string) pages.FormGroup {
	header := path + ".cdn_identifier_header"
	g := pages.FormGroup{ID: path + "-origin", Title: f.t.ChannelForm.Part.Origin, Class: "switched"}
	g.Fields = f.fields(path, "origin_domain_master", "origin_domain_slave", "slave_url", "cdn_identifier_header")
	if f.never(header) != "" {
		return g
	}
	g.Nested = []pages.FormGroup{{ID: header + "-on", Class: "when-on", Fields: append(f.fields(header, "key", "value"), f.extra(header)...)}}
	return g
}

// addressPackages gives an address to each package that has none: one that no
// other package of the project has.
func addressPackages(form url.Values, s *monitor.Snapshot) {
	key := medialive.ChannelKey{Domain: form.Get("domain"), AppName: form.Get("app_name"), ID: form.Get("id")}
	if key.Domain == "" || key.AppName == "" || key.ID == "" {
		return
	}
	taken := map[string]bool{}
	for _, ch := range s.Channels.All {
		for _, p := range ch.Packages() {
			taken[bareAddress(p.URL)] = true
		}
	}
	base := strings.Join([]string{playHost(s, key.Domain), key.AppName, key.ID}, "/")
	paths := packagePaths(form)
	for _, path := range paths {
		taken[bareAddress(form.Get(path+".url"))] = true
	}
	for _, path := range paths {
		if form.Get(path+".url") != "" {
			continue
		}
		address := freeAddress(base, formatOf(path), taken)
		taken[address] = true
		form.Set(path+".url", address)
	}
}

// freeAddress is the first address of a format that is not taken.
func freeAddress(base, format string, taken map[string]bool) string {
	for _, known := range formats {
		if known.name != format {
			continue
		}
		address := base + "/" + known.manifest
		for n := 2; taken[address]; n++ {
			address = fmt.Sprintf("%s/%d/%s", base, n, known.manifest)
		}
		return address
	}
	return base
}

// bareAddress is a playback address without its scheme.
func bareAddress(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		return rest
	}
	return address
}

// playHost is where most channels of an ingest domain are played; the domain
// itself where there is none.
func playHost(s *monitor.Snapshot, domain string) string {
	count := map[string]int{}
	for _, ch := range s.Channels.All {
		for _, p := range ch.Packages() {
			if host, _, ok := strings.Cut(bareAddress(p.URL), "/"); ok && ch.Domain == domain {
				count[host]++
			}
		}
	}
	best := domain
	for _, host := range slices.Sorted(maps.Keys(count)) {
		if count[host] > count[best] {
			best = host
		}
	}
	return best
}
