package handlers

import (
	"net/url"
	"slices"
	"strings"

	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// fieldGo is the button that sent a form of a channel: next, back, to:STEP,
// add:LIST, remove:PATH, flow, create, on, save.
const fieldGo = "go"

// channelFields makes the fields of a form of a channel: as typed, and what is
// wrong with them.
type channelFields struct {
	t       *text.Strings
	form    url.Values
	faults  []medialive.Fault
	refused map[string]string      // what the service refused, by field
	keeps   func(path string) bool // whether the secret that is set at a path may stay
	cloud   bool                   // the service is no gateway
	shown   map[string]bool        // fields that are on the page
	fixed   bool                   // the protocol of the input cannot be changed any more
	ladder  []medialive.ChannelTemplate
	flows   []ui.Option // that can be chosen as the source
	limits  []medialive.ChannelLimit
}

// kinds are how the fields of a channel are typed.
var kinds = func() map[string]channelform.Kind {
	all := map[string]channelform.Kind{}
	for _, f := range channelform.Fields() {
		all[f.Pattern] = f.Kind
	}
	return all
}()

// wordKey is the name under which a field has its words: both lists of sources
// and the three formats have the same.
func wordKey(path string) string {
	key := channelform.Pattern(path)
	if strings.HasSuffix(key, "extra_fields") {
		return "extra_fields"
	}
	for prefix, word := range map[string]string{
		"input.sources.": "source.", "input.secondary_sources.": "source.",
		"endpoints.hls_package.": "package.", "endpoints.dash_package.": "package.", "endpoints.mss_package.": "package.",
	} {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			return word + rest
		}
	}
	return key
}

// unitsOf are the units of numbers.
var unitsOf = map[string]string{
	"source.bitrate": "bit/s", "source.width": "px", "source.height": "px", "source.latency": "ms",
	"input.failover_conditions.input_loss_threshold_msec": "ms", "input.max_bandwidth_limit": "bit/s",
	"record_settings.rollingbuffer_duration": "s", "package.segment_duration_seconds": "s", "package.playlist_window_seconds": "s",
	"package.stream_selection.min_bandwidth": "bit/s", "package.stream_selection.max_bandwidth": "bit/s",
	"package.manifest_selection.min_video_bandwidth": "bit/s", "package.manifest_selection.max_video_bandwidth": "bit/s",
	"package.suggested_presentation_delay": "s", "package.minimum_update_period": "s", "package.min_buffer_time": "s", "package.delay_segment": "s",
	"package.encryption.key_rotation_interval_seconds": "s", "encoder_settings_expand.video_descriptions.gop_duration_seconds": "s",
}

// choicesOf are the fields of which a few values are possible. The first is what
// counts where none is chosen.
var choicesOf = map[string][]string{
	"input.input_protocol":                       {"SRT_PUSH", "RTMP_PUSH", "SRT_PULL", "HLS_PULL", "FLV_PULL"},
	"input.failover_conditions.input_preference": {"", "EQUAL", "PRIMARY"},
	"input.scte35_source":                        {"", medialive.SCTE35Segments},
	"input.audio_selectors.selector_settings":    {"0", "audio_language_selection", "audio_pid_selection", "audio_hls_selection"},
	"input.audio_selectors.selector_settings.audio_language_selection.language_selection_policy": {"", "LOOSE", "STRICT"},
	"state":           {"OFF", "ON"},
	"mode":            {"", "ADD_CDN", "ONLY_OS"},
	"source.pbkeylen": {"", "16", "24", "32"},
	"encoder_settings_expand.video_descriptions.gop_duration_seconds":  {"", "1", "2", "3", "4", "5", "6", "8", "10"},
	"encoder_settings_expand.audio_descriptions.language_code_control": {"", "FOLLOW_INPUT", "USE_CONFIGURED"},
	"package.encryption":                      {"0", "1"},
	"package.encryption.level":                {"", "content", "profile"},
	"package.encryption.encryption_method":    {"", "SAMPLE-AES", "AES-128"},
	"package.encryption.request_mode":         {"direct_http", "functiongraph_proxy"},
	"package.encryption.speke_version":        {string(medialive.SPEKEVersion)},
	"package.cdn_identifier_header":           {"0", "1"},
	"package.manifest_selection.stream_order": {"", "ORIGINAL", "VIDEO_BITRATE_ASCENDING", "VIDEO_BITRATE_DESCENDING"},
	"endpoints.dash_package.ad_marker":        {"", medialive.DASHAdMarkerXML, medialive.DASHAdMarkerBinary},
}

// keyLengths name the lengths of keys in bytes.
var keyLengths = map[string]string{"16": "AES-128", "24": "AES-192", "32": "AES-256"}

// protocolsOf are the fields that mean something with a few protocols only.
var protocolsOf = map[string][]string{
	"source.url": {"SRT_PULL", "HLS_PULL", "FLV_PULL"}, "source.backup_urls": {"SRT_PULL", "HLS_PULL", "FLV_PULL"},
	"source.passphrase": {"SRT_PUSH", "SRT_PULL"}, "source.pbkeylen": {"SRT_PUSH", "SRT_PULL"},
	"source.stream_id": {"SRT_PULL"}, "source.latency": {"SRT_PUSH", "SRT_PULL"},
	"input.ip_whitelist": {"SRT_PUSH"}, "input.ip_port_mode": {"SRT_PUSH"},
	"input.max_bandwidth_limit": {"HLS_PULL"}, "input.scte35_source": {"HLS_PULL"},
	"input.secondary_sources": {"SRT_PUSH", "SRT_PULL", "HLS_PULL", "FLV_PULL"},
}

// label names a field.
func (f channelFields) label(path string) string {
	if label := f.t.ChannelForm.Labels[wordKey(path)]; label != "" {
		return label
	}
	return path
}

// errors tell what is wrong with fields: of one with lines, line by line.
func (f channelFields) errors(paths ...string) []string {
	var all []string
	for _, fault := range f.faults {
		field, line := channelform.Place(fault.Field)
		if !slices.Contains(paths, field) {
			continue
		}
		words := f.words(fault)
		if line > 0 {
			words = f.t.Form.Line(line, words)
		}
		if !slices.Contains(all, words) {
			all = append(all, words)
		}
	}
	for _, path := range paths {
		if refused := f.refused[path]; refused != "" {
			all = append(all, refused)
		}
	}
	return all
}

// words tell what is wrong.
func (f channelFields) words(fault medialive.Fault) string {
	return f.t.FaultOf(string(fault.Code), fault.Min, fault.Max, fault.Value)
}

// field is one field as it is typed.
func (f channelFields) field(path string) pages.FormField {
	f.shown[path] = true
	key, kind := wordKey(path), kinds[channelform.Pattern(path)]
	if why := f.never(path); why != "" {
		return f.barred(path, why)
	}
	made := pages.FormField{For: f.where(path, key)}
	options, some := choicesOf[key]
	if !some {
		options, some = choicesOf[channelform.Pattern(path)]
	}
	switch {
	case some:
		made.Choice = f.choice(path, key, options)
	case kind == channelform.Flag:
		made.Checks = &pages.FormChecks{Name: path, Help: f.help(path), Errors: f.errors(path), Boxes: []pages.Check{{
			Name: path, Value: "1", Label: f.label(path), On: f.form.Get(path) == "1",
		}}}
	case kind == channelform.Lines && len(f.boxes(path)) > 0:
		made.Checks = f.checks(path)
	case kind == channelform.Secret:
		made.Secret = f.secret(path)
	default:
		made.Field = f.typed(path, key, kind)
	}
	return made
}

// where are the protocols with which a field is shown: none where it has
// something that another protocol left there, or something is wrong with it.
func (f channelFields) where(path, key string) []string {
	all := protocolsOf[key]
	now := f.form.Get("input.input_protocol")
	if len(f.errors(path)) > 0 || f.form.Get(path) != "" && now != "" && !slices.Contains(all, now) {
		return nil
	}
	return all
}

// typed is a field of text.
func (f channelFields) typed(path, key string, kind channelform.Kind) *ui.Field {
	made := &ui.Field{
		Name: path, Label: f.label(path), Help: f.help(path), Unit: unitsOf[key],
		Value: ui.Value{Text: strings.Join(f.form[path], "\n")}, Errors: f.errors(path),
		Mono: key != "name" && key != "encoder_settings_expand.audio_descriptions.stream_name",
	}
	switch kind {
	case channelform.Number:
		made.Short = true
	case channelform.Lines, channelform.JSON, channelform.Rest:
		made.Rows = "3"
	}
	return made
}

// choice is a field of a few values.
func (f channelFields) choice(path, key string, values []string) *ui.Choice {
	now := f.form.Get(path)
	values = f.possible(path, values, now)
	c := &ui.Choice{Name: path, Label: f.label(path), Help: f.help(path), Error: strings.Join(f.errors(path), " "), Radio: len(values) > 4}
	if now != "" && !slices.Contains(values, now) {
		values = append(slices.Clone(values), now) // what the service has and we do not know
	}
	for i, value := range values {
		c.Options = append(c.Options, ui.Option{Value: value, Label: f.optionOf(path, value), Selected: value == now || now == "" && i == 0})
	}
	if key == "input.input_protocol" {
		c.Fixed = f.fixed
		if c.Help = f.t.ChannelForm.Input.PushHelp; f.fixed {
			c.Help = f.t.ChannelForm.Input.ProtocolFixed
		}
	}
	return c
}

// optionOf names a value of a field: a number with its unit.
func (f channelFields) optionOf(path, value string) string {
	if kinds[channelform.Pattern(path)] != channelform.Number || value == "" {
		return f.option(value)
	}
	if label := keyLengths[value]; label != "" && wordKey(path) == "source.pbkeylen" {
		return label
	}
	return strings.TrimSpace(value + " " + unitsOf[wordKey(path)])
}

// option names a value of a choice.
func (f channelFields) option(value string) string {
	if label := f.t.ChannelForm.Options[value]; label != "" {
		return label
	}
	return value
}

// boxes are the values of a list of which any may be chosen.
func (f channelFields) boxes(path string) []string {
	var all []string
	switch pattern := channelform.Pattern(path); {
	case pattern == "input.ad_triggers":
		for _, trigger := range medialive.AdTriggers() {
			all = append(all, string(trigger))
		}
	case pattern == "endpoints.hls_package.ad_marker":
		all = []string{medialive.HLSAdMarker}
	case strings.HasSuffix(pattern, ".system_ids"):
		for _, system := range medialive.DRMSystems(formatOf(path)) {
			all = append(all, string(system))
		}
	}
	if len(all) == 0 {
		return nil
	}
	for _, now := range f.form[path] {
		if !slices.Contains(all, now) {
			all = append(all, now)
		}
	}
	return all
}

// formatOf is the format of the package to which a field belongs.
func formatOf(path string) string {
	pattern := strings.TrimPrefix(channelform.Pattern(path), "endpoints.")
	format, _, _ := strings.Cut(pattern, ".")
	return format
}

func (f channelFields) checks(path string) *pages.FormChecks {
	c := &pages.FormChecks{Name: path, Label: f.label(path), Help: f.help(path), Errors: f.errors(path)}
	for _, value := range f.boxes(path) {
		c.Boxes = append(c.Boxes, pages.Check{Name: path, Value: value, Label: f.option(value), On: slices.Contains(f.form[path], value)})
	}
	return c
}

// secret is a field that is written and never shown.
func (f channelFields) secret(path string) *pages.FormSecret {
	for _, part := range []string{".action", ".kept", ".sealed"} {
		f.shown[path+part] = true
	}
	s := &pages.FormSecret{
		T: f.t, Kept: f.form.Get(path + ".kept"), Action: f.form.Get(path + ".action"), Sealed: f.form.Get(path + ".sealed"),
		Field: ui.Field{Name: path, Label: f.label(path), Help: f.help(path), Type: "password", Mono: true, Complete: "new-password", Errors: f.errors(path)},
	}
	s.Keeps = s.Kept != "" && f.keeps != nil && f.keeps(s.Kept)
	if s.Sealed != "" {
		s.Field.WasText = f.t.ChannelForm.Input.Set
	}
	if s.Kept != "" && !s.Keeps && s.Action == channelform.Keep {
		s.Action = channelform.Replace
	}
	return s
}

// fields are fields below a path.
func (f channelFields) fields(base string, names ...string) []pages.FormField {
	var all []pages.FormField
	for _, name := range names {
		all = append(all, f.field(fieldPath(base, name)))
	}
	return all
}

// extra is the field of what an object has besides, where it has something.
func (f channelFields) extra(base string) []pages.FormField {
	path := fieldPath(base, "extra_fields")
	if f.form.Get(path) == "" {
		return nil
	}
	return []pages.FormField{f.field(path)}
}

func fieldPath(base, name string) string {
	if base == "" {
		return name
	}
	return base + "." + name
}

// item marks an item of a list as there, and gives its group.
func (f channelFields) item(path, title string) pages.FormGroup {
	f.shown[path] = true
	return pages.FormGroup{
		ID: path, Title: title, Item: true, Errors: f.errors(path),
		Remove: &pages.FormAct{Value: "remove:" + path, Label: f.t.ChannelForm.Act.RemoveShort, Aria: f.t.ChannelForm.Act.Remove(title), Quiet: true},
	}
}

// moves are the buttons that put the i-th of n items of a list elsewhere.
func (f channelFields) moves(path, title string, i, n int) []pages.FormAct {
	var all []pages.FormAct
	w := f.t.ChannelForm.Act
	if i > 0 {
		all = append(all, pages.FormAct{Value: "up:" + path, Label: "↑", Aria: w.Up(title), Quiet: true})
	}
	if i < n-1 {
		all = append(all, pages.FormAct{Value: "down:" + path, Label: "↓", Aria: w.Down(title), Quiet: true})
	}
	return all
}

// hidden are the fields that are not on the page: they come along.
func (f channelFields) hidden(within func(path string) bool) []ui.Hidden {
	var all []ui.Hidden
	for path, values := range f.form {
		if f.shown[path] || !within(path) {
			continue
		}
		for _, value := range values {
			all = append(all, ui.Hidden{Name: path, Value: value})
		}
	}
	slices.SortStableFunc(all, func(a, b ui.Hidden) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// opened unfolds "advanced" where something below is set or wrong.
func (f channelFields) opened(g pages.FormGroup) pages.FormGroup {
	for _, field := range g.More {
		g.Open = g.Open || f.bad(field) || f.has(field)
	}
	for _, below := range g.Groups {
		g.Open = g.Open || below.Open || len(below.Errors) > 0
		for _, field := range slices.Concat(below.Fields, below.More) {
			g.Open = g.Open || f.bad(field)
		}
	}
	return g
}

func (f channelFields) bad(field pages.FormField) bool {
	return len(f.errors(nameOfField(field))) > 0
}

// has tells whether somebody has set a field.
func (f channelFields) has(field pages.FormField) bool {
	value := f.form.Get(nameOfField(field))
	return value != "" && value != "0"
}

func nameOfField(field pages.FormField) string {
	switch {
	case field.Field != nil:
		return field.Field.Name
	case field.Choice != nil:
		return field.Choice.Name
	case field.Checks != nil:
		return field.Checks.Name
	case field.Secret != nil:
		return field.Secret.Field.Name
	case field.Not != nil:
		return field.Not.Name
	}
	return ""
}
