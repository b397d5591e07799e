package handlers

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// fieldFlowSource is the flow that is chosen as the source of a channel.
const fieldFlowSource = "flow_source"

// The lists of an input.
const (
	listSources   = "input.sources"
	listStandby   = "input.secondary_sources"
	listSelectors = "input.audio_selectors"
	listAudios    = "encoder_settings_expand.audio_descriptions"
)

// inputGroups are the fields of an input.
func (f channelFields) inputGroups() []pages.FormGroup {
	w := f.t.ChannelForm
	from := pages.FormGroup{ID: "input", Fields: f.fields("input", "input_protocol")}
	if f.fixed { // what is disabled is not sent
		delete(f.shown, "input.input_protocol")
	}
	if len(f.flows) > 0 && (!f.fixed || f.form.Get("input.input_protocol") == string(medialive.SRTPull)) {
		from.Picks = &pages.FormPick{
			Name: fieldFlowSource, Label: w.Input.Flow, Help: w.Input.FlowHelp, Options: f.flows,
			Act: pages.FormAct{Value: "flow", Label: w.Input.FlowUse},
		}
		if !f.cloud { // the flow itself is read, not an output of it
			from.Picks.Help = ""
		}
	}
	from.Fields = append(from.Fields, f.fields("input", "ip_whitelist", "max_bandwidth_limit")...)
	from.More = append(f.fields("input", "ip_port_mode", "scte35_source", "ad_triggers"), f.extra("input")...)
	sources := pages.FormGroup{ID: listSources, Errors: f.errors(listSources), Adds: []pages.FormAct{f.add(listSources, w.Act.AddSource)}}
	for i := range channelform.Count(f.form, listSources) {
		sources.Nested = append(sources.Nested, f.source(fmt.Sprintf("%s[%d]", listSources, i), w.Part.Source(i+1), true))
	}
	if len(sources.Nested) == 1 { // without any, nothing could come in
		sources.Nested[0].Remove = nil
	}
	return []pages.FormGroup{f.opened(from), sources, f.standbyGroup(), f.audioGroup()}
}

// source are the fields of one source.
func (f channelFields) source(path, title string, primary bool) pages.FormGroup {
	g := f.item(path, title)
	g.Fields = f.fields(path, "url", "stream_id", "bitrate", "latency", "passphrase")
	more := []string{"pbkeylen", "backup_urls", "width", "height", "bitrate_for3u8"}
	if primary || f.form.Get(path+".enable_snapshot") != "" {
		more = append(more, "enable_snapshot")
	}
	g.More = append(f.fields(path, more...), f.extra(path)...)
	return f.opened(g)
}

// standbyGroup are the standby sources, and when they take over.
func (f channelFields) standbyGroup() pages.FormGroup {
	w := f.t.ChannelForm
	const failover = "input.failover_conditions"
	n := channelform.Count(f.form, listStandby)
	g := pages.FormGroup{
		ID: listStandby, Title: w.Part.Failover, Errors: f.errors(listStandby, failover), For: protocolsOf[listStandby],
		Adds: []pages.FormAct{f.add(listStandby, w.Act.AddStandby)},
	}
	if n > 0 {
		g.For = nil
	}
	for i := range n {
		g.Nested = append(g.Nested, f.source(fmt.Sprintf("%s[%d]", listStandby, i), w.Part.Standby(i+1), false))
	}
	if n > 0 || f.form.Get(failover) != "" {
		g.Fields = append(f.fields(failover, "input_loss_threshold_msec", "input_preference"), f.extra(failover)...)
	}
	return g
}

// audioGroup are the tracks that are found in the input, and those that are sent.
func (f channelFields) audioGroup() pages.FormGroup {
	w := f.t.ChannelForm
	g := pages.FormGroup{
		ID: listSelectors, Title: w.Part.Audios, Errors: f.errors(listSelectors, listAudios),
		Adds: []pages.FormAct{f.add(listSelectors, w.Act.AddSelector)},
	}
	for i := range channelform.Count(f.form, listSelectors) {
		g.Nested = append(g.Nested, f.selector(fmt.Sprintf("%s[%d]", listSelectors, i), w.Part.Selector(i+1)))
	}
	if len(g.Nested) > 0 || channelform.Count(f.form, listAudios) > 0 {
		g.Adds = append(g.Adds, f.add(listAudios, w.Act.AddAudio))
	}
	for i := range channelform.Count(f.form, listAudios) {
		path := fmt.Sprintf("%s[%d]", listAudios, i)
		track := f.item(path, w.Part.Audio(i+1))
		track.Fields = append(f.fields(path, "name", "audio_selector_name", "stream_name", "language_code_control", "language_code"), f.extra(path)...)
		g.Nested = append(g.Nested, track)
	}
	return g
}

// selector are the fields of an audio selector.
func (f channelFields) selector(path, title string) pages.FormGroup {
	g := f.item(path, title)
	settings := path + ".selector_settings"
	g.Class = "way"
	g.Fields = f.fields(path, "name", "selector_settings")
	for _, way := range []struct {
		name   string
		fields []string
	}{
		{"audio_language_selection", []string{"language_code", "language_selection_policy"}},
		{"audio_pid_selection", []string{"pid"}},
		{"audio_hls_selection", []string{"name", "group_id"}},
	} {
		below := settings + "." + way.name
		f.shown[below] = true
		g.Errors = append(g.Errors, f.errors(below)...)
		for _, field := range append(f.fields(below, way.fields...), f.extra(below)...) {
			field.Class = "when-way way-" + strings.ReplaceAll(way.name, "_", "-")
			g.Fields = append(g.Fields, field)
		}
	}
	g.Fields = append(g.Fields, append(f.extra(settings), f.extra(path)...)...)
	return g
}

// sentGroup is what is sent besides the templates.
func (f channelFields) sentGroup() pages.FormGroup {
	const expand = "encoder_settings_expand"
	const video = expand + ".video_descriptions"
	return pages.FormGroup{
		ID: video, Title: f.t.ChannelForm.Part.Sent, Errors: f.errors(expand, video),
		Fields: append(append(f.fields(video, "gop_duration_seconds"), f.extra(video)...), f.extra(expand)...),
	}
}

// flowSources are the flows that a channel can take its stream from: on a gateway
// each of them, of a cloud the outputs that listen.
func flowSources(v *visit) []ui.Option {
	var all []ui.Option
	s := v.snapshot()
	for _, flow := range s.Flows {
		for _, name := range callable(s, flow) {
			if name == "" {
				all = append(all, ui.Option{Value: flow.ID, Label: flow.Name})
			} else {
				all = append(all, ui.Option{Value: flow.ID + "/" + name, Label: v.t.ChannelForm.Input.FlowOutput(flow.Name, name)})
			}
		}
	}
	return all
}

// channelOfFlow leads to a new channel that takes a flow in; empty where there are
// no channels, the person may make none, or nothing of the flow can be called.
func (v teller) channelOfFlow(f *monitor.Flow) string {
	if v.known == nil || v.known.Channels.None || !v.known.Channels.Complete || v.off(actCreateChannel).Word != "" || len(callable(v.known, f)) == 0 {
		return ""
	}
	return "/channels/new?" + url.Values{"flow": {f.ID}}.Encode()
}

// callable are the outputs of a flow that a channel of a cloud can call; a gateway
// reads the flow itself, by no output: "".
func callable(s *monitor.Snapshot, f *monitor.Flow) []string {
	if s.Capabilities != nil {
		return []string{""}
	}
	var all []string
	for _, o := range f.Outputs {
		if o.Config != nil && o.Config.Protocol == medialive.Listener && o.Config.ListenerAddress != "" {
			all = append(all, o.Name)
		}
	}
	return all
}

// takeFlow makes a flow the first source of a channel: of a cloud by the output
// that is named with it, or the first that can be called.
func takeFlow(v *visit, form url.Values) {
	id, name, _ := strings.Cut(form.Get(fieldFlowSource), "/")
	flow, ok := v.snapshot().Flow(id)
	if !ok {
		return
	}
	outputs := callable(v.snapshot(), flow)
	if len(outputs) == 0 {
		return
	}
	name = cmp.Or(name, outputs[0])
	const first = listSources + "[0]"
	bitrate := form.Get(first + ".bitrate")
	channelform.Clear(form, first)
	form.Set("input.input_protocol", string(medialive.SRTPull))
	form.Set(first, "1")
	form.Set(first+".bitrate", bitrate)
	if v.snapshot().Capabilities != nil {
		form.Set(first+".url", "srt://flow/"+flow.ID)
		return
	}
	for _, o := range flow.Outputs {
		if o.Name == name && o.Config != nil {
			takeOutput(form, first, *o.Config)
		}
	}
}

// takeOutput calls an output of a flow that listens.
func takeOutput(form url.Values, source string, o medialive.Output) {
	form.Set(source+".url", "srt://"+net.JoinHostPort(medialive.Host(o.ListenerAddress), strconv.Itoa(o.Port)))
	form.Set(source+".stream_id", o.StreamID)
	form.Set(source+".latency", number(o.MinLatency))
	if isSet(o.Encryption) { // its passphrase has to be typed
		form.Set(source+".passphrase.kept", "flow")
		form.Set(source+".passphrase.action", channelform.Replace)
	}
}

// flowOfAddress gives the flow of this project that an address of a source
// stands for.
func flowOfAddress(s *monitor.Snapshot, address medialive.URL) (*monitor.Flow, bool) {
	id, is := flowSource(address)
	if !is {
		return nil, false
	}
	return s.Flow(id)
}

// flowSource gives the id of the flow that an address of a source stands for on a
// gateway.
func flowSource(address medialive.URL) (id string, ok bool) {
	return strings.CutPrefix(address.Reveal(), "srt://flow/")
}
