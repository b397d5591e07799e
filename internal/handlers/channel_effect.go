package handlers

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// panel tells what a change does. For one that interrupts something it holds the
// ticket without which the change is not saved.
func (h *channelParts) panel(c echo.Context, v *visit, e channelEdit) (pages.ChannelEffectPanel, error) {
	w := v.t.ChannelForm.Effect
	m := pages.ChannelEffectPanel{
		T: v.t, Title: w.NoChanges, Changes: e.diff(), Faults: e.links(), Save: w.Save, Back: channelPath(e.channel.ChannelKey),
		CanSave: len(e.channelFields.faults) == 0 && len(e.changes) > 0, Request: e.request(v.session.ProjectID),
	}
	if n := len(e.changes); n > 0 {
		m.Title = w.Changes(n)
	}
	e.tell(&m)
	for _, p := range e.parts {
		m.Off = cmp.Or(m.Off, h.teller(v).barred(actsOnChannels[p.part]))
	}
	if m.Off.Word != "" || !e.cuts || len(m.Faults) > 0 {
		return m, nil
	}
	if f := shadow(e.channel); v.mine(f) {
		m.Consent = h.teller(v).consentOf(f, verbSave, e.target(), e.digest(), v.t.Care.Hold.Save)
		tried(c, v.t, m.Consent, pressed{}, f.Name)
	}
	ticket, err := h.issue(c, v, verbSave, e.target(), e.digest(), formLife)
	m.Guard, m.Save, m.Seen = true, w.SaveCuts, ticket
	return m, err
}

// tell puts into words what a change interrupts.
func (e channelEdit) tell(m *pages.ChannelEffectPanel) {
	w := e.t.ChannelForm.Effect
	switch {
	case e.channel.State != medialive.ChannelOn:
		m.Headline = w.Off
	case !e.cuts:
		m.Headline = w.Nothing
	case e.effect.Input && !e.to.Input.Protocol.Pulls():
		m.Tone, m.Headline = ui.ToneWarn, w.CutsPush
	case !e.effect.None():
		m.Tone, m.Headline = ui.ToneWarn, w.Cuts
	case e.to.Record.RollingBuffer < e.channel.Record.RollingBuffer:
		m.Tone, m.Headline = ui.ToneWarn, w.Shorter
	default: // the service might do more than we would
		m.Headline = w.Nothing
	}
	if e.channel.State != medialive.ChannelOn || len(e.changes) == 0 {
		return
	}
	if e.effect.Encoder {
		m.Lines = append(m.Lines, w.Encoder)
	}
	if e.effect.Recorder {
		m.Lines = append(m.Lines, w.Recorder)
	}
	for _, about := range []struct {
		tell  func(string) string
		of    medialive.Channel
		paths []string
	}{{w.Begins, e.channel.Channel, e.effect.Packages}, {w.Ends, e.channel.Channel, e.effect.Gone}, {w.Starts, e.to, e.effect.Added}} {
		if names := addresses(about.of, about.paths); len(names) > 0 {
			m.Lines = append(m.Lines, about.tell(strings.Join(names, ", ")))
		}
	}
}

// addresses are the playback addresses of packages.
func addresses(ch medialive.Channel, paths []string) []string {
	var all []string
	for _, path := range paths {
		for ref, p := range ch.Packages() {
			if ref.String() == path {
				all = append(all, p.URL)
			}
		}
	}
	return all
}

// diff are the lines of the changes.
func (e channelEdit) diff() []ui.Change {
	w := e.t.ChannelForm.Effect
	var all []ui.Change
	for _, c := range e.changes {
		line := ui.Change{Label: e.placed(c.Path), Now: e.shownAs(c, c.From), After: e.shownAs(c, c.To), Bad: len(e.errors(c.Path)) > 0}
		if c.Kind == channelform.List && len(line.Now) == 0 {
			line.After = append([]string{w.Added}, bareOne(c.To)...)
		} else if c.Kind == channelform.List {
			line.After = []string{w.Gone}
			line.Now = bareOne(c.From)
		}
		all = append(all, line)
	}
	return all
}

// bareOne is what tells an item from others, where there is something.
func bareOne(values []string) []string {
	if len(values) == 1 && values[0] == "1" {
		return nil
	}
	return values
}

// shownAs are the values of a field as people read them.
func (f channelFields) shownAs(c channelform.Change, values []string) []string {
	if c.Kind == channelform.Secret && len(values) > 0 {
		return []string{f.t.ChannelForm.Input.Set}
	}
	var all []string
	for _, value := range values {
		all = append(all, f.oneShown(c, value))
	}
	return all
}

// oneShown is one value of a field as people read it.
func (f channelFields) oneShown(c channelform.Change, value string) string {
	key := wordKey(c.Path)
	n, err := strconv.Atoi(value)
	switch {
	case c.Kind == channelform.Number && err == nil && key == fieldRecord:
		return keptWords(f.t, n)
	case c.Kind == channelform.Number && unitsOf[key] == "bit/s" && n > 0:
		return bitrateWords(n)
	case c.Kind == channelform.Number:
		return f.optionOf(c.Path, value)
	case c.Kind == channelform.JSON || c.Kind == channelform.Rest || c.Kind == channelform.List:
		return value
	case key == "input.input_protocol" || choicesOf[key] != nil || choicesOf[channelform.Pattern(c.Path)] != nil || c.Kind == channelform.Flag || len(f.boxes(c.Path)) > 0:
		return f.option(value)
	}
	return value
}

// placed names a field with where it is: Source 1 · Bitrate.
func (f channelFields) placed(path string) string {
	w := f.t.ChannelForm.Part
	at := ""
	for _, listed := range []struct {
		list  string
		title func(int) string
	}{{listSources, w.Source}, {listStandby, w.Standby}, {listSelectors, w.Selector}, {listAudios, w.Audio}} {
		var n int
		if _, err := fmt.Sscanf(path, listed.list+"[%d]", &n); err == nil {
			at = listed.title(n + 1)
		}
	}
	if strings.HasPrefix(path, "endpoints[") {
		at = f.packageName(path)
	}
	label := f.label(path)
	switch {
	case at == "":
		return label
	case label == path || strings.HasSuffix(path, "]") && kinds[channelform.Pattern(path)] == channelform.List:
		return at
	}
	return w.Format(at, label)
}

// packageName is the format of the package to which a field belongs, and which
// it is.
func (f channelFields) packageName(path string) string {
	var endpoint, n int
	format := formatOf(path)
	if _, err := fmt.Sscanf(path, "endpoints[%d]."+format+"[%d]", &endpoint, &n); err != nil {
		return f.t.ChannelForm.Labels["endpoints"]
	}
	return fmt.Sprintf("%s %d", formatName(format), n+1)
}

// links lead to what has to be mended.
func (f channelFields) links() []pages.FormFault {
	var all []pages.FormFault
	for _, fault := range f.faults {
		field, _ := channelform.Place(fault.Field)
		all = append(all, pages.FormFault{Field: field, Label: f.placed(field), Text: f.words(fault)})
	}
	for field, said := range f.refused {
		all = append(all, pages.FormFault{Field: field, Label: f.placed(field), Text: said})
	}
	return all
}

// request is the exact request of a change, or several, without secrets.
func (e channelEdit) request(project string) string {
	var all []string
	for _, c := range e.sent() {
		op := map[control.ChannelPart]string{
			control.PartGeneral: "general", control.PartInput: "input", control.PartEndpoints: "endpoints",
			control.PartRecord: "record-settings", control.PartEncoders: "encorder-settings",
		}[c.Part]
		all = append(all, requestText("PUT", "/v1/"+project+"/ott/channels/"+op, c.Body()))
	}
	return strings.Join(all, "\n\n")
}

// requestText is a request with its body, indented.
func requestText(method, path string, body any) string {
	text := prettyJSON(body)
	if text == "" {
		return ""
	}
	return method + " " + path + "\n\n" + text
}

// prettyJSON is a channel, or a part of one, as JSON that people read: secrets
// are masked.
func prettyJSON(v any) string {
	data, err := medialive.AnswerJSON(v)
	if err != nil {
		return ""
	}
	return indented(data)
}

// indented is JSON as people read it.
func indented(data []byte) string {
	var pretty bytes.Buffer
	if json.Indent(&pretty, data, "", "  ") != nil {
		return ""
	}
	return pretty.String()
}
