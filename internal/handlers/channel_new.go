package handlers

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// newChannels leads to a new channel, step by step. All of the form comes along
// with each step; nothing is sent to the service before the last.
type newChannels struct{ *desk }

const verbNewChannel = "create_channel"

// The steps.
const (
	stepChannel  = "channel"
	stepInput    = "input"
	stepEncoders = "encoders"
	stepPackages = "packages"
	stepRecord   = "record"
	stepLook     = "look"
)

// fieldStep is the step that a form shows.
const fieldStep = "step"

// channelStep is a step: its fields, and how they are laid out.
type channelStep struct {
	id       string
	prefixes []string
	groups   func(f channelFields) []pages.FormGroup
}

// channelSteps are the steps in their order.
var channelSteps = []channelStep{
	{stepChannel, []string{"domain", "app_name", "id", "name", "state", "mode", "region", "extra_fields"}, channelFields.generalGroups},
	{stepInput, []string{"input", "encoder_settings_expand.audio_descriptions"}, channelFields.inputGroups},
	{stepEncoders, []string{"encoder_settings", "encoder_settings_expand"}, func(f channelFields) []pages.FormGroup {
		return append(f.encoderGroups(), f.sentGroup())
	}},
	{stepPackages, []string{"endpoints"}, channelFields.packageGroups},
	{stepRecord, []string{"record_settings"}, channelFields.recordGroups},
	{stepLook, nil, func(channelFields) []pages.FormGroup { return nil }},
}

// name is what a step is called.
func (s channelStep) name(t *text.Strings) string {
	w := t.ChannelForm.Step
	return map[string]string{
		stepChannel: w.Channel, stepInput: w.Input, stepEncoders: w.Encoders, stepPackages: w.Packages, stepRecord: w.Record, stepLook: w.Look,
	}[s.id]
}

// lead is what a step is about.
func (s channelStep) lead(t *text.Strings) string {
	w := t.ChannelForm.Step
	return map[string]string{
		stepChannel: w.ChannelLead, stepInput: w.InputLead, stepEncoders: w.EncodersLead, stepPackages: w.PackagesLead, stepRecord: w.RecordLead, stepLook: w.LookLead,
	}[s.id]
}

// stepOf gives the step of a field: the first that has it.
func stepOf(path string) int {
	for i, s := range channelSteps {
		if (channelPart{prefixes: s.prefixes}).within(path) {
			return i
		}
	}
	return 0
}

// stepAt gives the place of a step; that of the first for one that is none.
func stepAt(id string) int {
	return max(0, slices.IndexFunc(channelSteps, func(s channelStep) bool { return s.id == id }))
}

// draft is a channel that somebody is about to make.
type draft struct {
	channelFields
	channel medialive.Channel
	step    int
	judged  bool // the faults of this step are shown
	lead    []string
}

// newForm begins a new channel. GET /channels/new (flow: the id of a flow that
// becomes its source)
func (h *newChannels) newForm(c echo.Context) error {
	v := visitOf(c)
	s := v.snapshot()
	form := url.Values{}
	form.Set("domain", usualDomain(s))
	form.Set("app_name", "live")
	form.Set("input.input_protocol", string(medialive.SRTPush))
	channelform.Add(form, listSources, nil)
	channelform.Add(form, "endpoints[0]."+medialive.FormatHLS, map[string]string{"segment_duration_seconds": defaultSegment})
	if flow := c.QueryParam("flow"); flow != "" {
		form.Set(fieldFlowSource, flow)
		takeFlow(v, form)
	}
	return h.begin(c, v, form, nil)
}

// usualDomain is the ingest domain of most channels; none where there are none.
func usualDomain(s *monitor.Snapshot) string {
	count, best := map[string]int{}, ""
	for _, ch := range s.Channels.All {
		count[ch.Domain]++
	}
	for _, domain := range slices.Sorted(maps.Keys(count)) {
		if best == "" || count[domain] > count[best] {
			best = domain
		}
	}
	return best
}

// begin shows the first step of a form.
func (h *newChannels) begin(c echo.Context, v *visit, form url.Values, lead []string) error {
	d, err := h.draft(c, v, form, 0)
	if err != nil {
		return err
	}
	d.lead = lead
	return h.show(c, v, d, verdict{status: http.StatusOK})
}

// draft judges a form.
func (h *newChannels) draft(c echo.Context, v *visit, form url.Values, step int) (draft, error) {
	p, err := channelform.Parse(form, h.box(v))
	if err != nil {
		return draft{}, err
	}
	if p.Channel.State == "" {
		p.Channel.State = medialive.ChannelOff
	}
	d := draft{channelFields: h.newFields(v, p.Form), channel: p.Channel, step: step}
	if channelSteps[step].id == stepEncoders {
		d.ladder = h.ladderOf(c.Request().Context(), v)
	}
	d.faults = append(p.Faults(medialive.ValidateNewChannel(p.Channel)), channelform.Beyond(p.Form, d.limits)...)
	return d, nil
}

// here are the faults of the step. A bit rate that is missing where nothing is
// transcoded is told once the templates were asked for.
func (d draft) here() []medialive.Fault {
	var all []medialive.Fault
	for _, f := range d.faults {
		late := f.Code == medialive.FaultRequired && strings.HasSuffix(f.Field, ".bitrate")
		if stepOf(f.Field) == d.step && !late || late && channelSteps[d.step].id == stepEncoders {
			all = append(all, f)
		}
	}
	return all
}

// next goes on, back or elsewhere, rearranges the form, or makes the channel.
// POST /channels/new (the form, step, go)
func (h *newChannels) next(c echo.Context) error {
	v := visitOf(c)
	values, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	asked, step := values.Get(fieldGo), stepAt(values.Get(fieldStep))
	form := maps.Clone(values)
	if rearrange(v, form, asked) {
		return h.turnTo(c, v, form, step)
	}
	verb, where, _ := strings.Cut(asked, ":")
	switch verb {
	case "to":
		return h.turnTo(c, v, form, stepAt(where))
	case "back":
		return h.turnTo(c, v, form, max(0, step-1))
	case "create", "on":
		return h.create(c, v, form, verb == "on")
	}
	d, err := h.draft(c, v, form, step)
	if err != nil {
		return err
	}
	if len(d.here()) > 0 {
		d.judged = true
		return h.show(c, v, d, verdict{status: http.StatusUnprocessableEntity})
	}
	return h.turnTo(c, v, d.form, min(step+1, len(channelSteps)-1))
}

// showTyped shows the step with what was typed, unjudged.
func (h *newChannels) showTyped(c echo.Context, v *visit) error {
	values, err := c.FormParams()
	if err != nil {
		return badForm(err)
	}
	return h.turnTo(c, v, maps.Clone(values), stepAt(values.Get(fieldStep)))
}

// turnTo shows a step.
func (h *newChannels) turnTo(c echo.Context, v *visit, form url.Values, step int) error {
	if channelSteps[step].id == stepPackages || channelSteps[step].id == stepLook {
		addressPackages(form, v.snapshot())
	}
	d, err := h.draft(c, v, form, step)
	if err != nil {
		return err
	}
	return h.show(c, v, d, verdict{status: http.StatusOK})
}

// create makes the channel.
func (h *newChannels) create(c echo.Context, v *visit, form url.Values, on bool) error {
	form.Set("state", string(medialive.ChannelOff))
	if on {
		form.Set("state", string(medialive.ChannelOn))
	}
	d, err := h.draft(c, v, form, len(channelSteps)-1)
	if err != nil {
		return err
	}
	if len(d.faults) > 0 {
		return h.show(c, v, d, verdict{status: http.StatusUnprocessableEntity})
	}
	if twice, err := h.sentTwice(c, v, d.channel.ChannelKey); twice || err != nil {
		return err
	}
	err = h.Control.CreateChannel(c.Request().Context(), v.op, d.channel)
	if err != nil {
		why, known := d.refusedBy(err)
		if !known {
			return err
		}
		h.logError(c, answerTo(err), err)
		return h.show(c, v, d, why)
	}
	h.flash(c, flashChannelMade, nameOfChannel(d.channel))
	return seeOther(c, channelPath(d.channel.ChannelKey))
}

// nameOfChannel is what a channel is called: its id where it has no name.
func nameOfChannel(ch medialive.Channel) string {
	if ch.Name != "" {
		return ch.Name
	}
	return ch.ID
}

// sentTwice leads the second of two presses to what the first one made. A script
// without a ticket is not held up: its second try is refused by the key.
func (h *newChannels) sentTwice(c echo.Context, v *visit, key medialive.ChannelKey) (bool, error) {
	if c.FormValue(fieldTicket) == "" {
		return false, nil
	}
	may, err := h.redeemed(c, v, verbNewChannel, "", "")
	if err != nil || may {
		return false, err
	}
	if _, ok := v.snapshot().Channel(monitor.ChannelID(key)); ok {
		return true, seeOther(c, channelPath(key))
	}
	return false, nil
}

// show shows the step of a draft.
func (h *newChannels) show(c echo.Context, v *visit, d draft, why verdict) error {
	step := channelSteps[d.step]
	all := d.faults
	if step.id != stepLook && !d.judged { // what was not asked for yet is not missing
		d.faults = slices.DeleteFunc(d.here(), func(f medialive.Fault) bool { return f.Code != channelform.FaultLimit })
	} else if step.id != stepLook {
		d.faults = d.here()
	}
	m := pages.ChannelNew{
		Shell: h.shell(c, v, v.t.ChannelForm.Step.Title), Title: v.t.ChannelForm.Step.Title, Problem: why.problem, First: d.step == 0,
		Groups: step.groups(d.channelFields), Lead: append(d.lead, step.lead(v.t)), Off: h.teller(v).barred(actCreateChannel),
	}
	m.Hidden = d.hidden(func(string) bool { return true })
	m.Faults = d.faultsOf(v.t, step.id == stepLook)
	d.faults = all
	m.Steps = d.steps(v.t)
	if step.id == stepLook {
		look := d.lookOver(v)
		m.Look = &look
	}
	ticket, err := h.issue(c, v, verbNewChannel, "", "", formLife)
	if err != nil {
		return err
	}
	m.Ticket = ticket
	return h.print.page(c, why.status, m)
}

// faultsOf lead to what has to be mended: here, or in the steps where it is.
func (d draft) faultsOf(t *text.Strings, elsewhere bool) []pages.FormFault {
	all := d.links()
	for i := range all {
		if step := stepOf(all[i].Field); elsewhere || step != d.step {
			all[i].Step, all[i].StepLabel = channelSteps[step].id, channelSteps[step].name(t)
		}
	}
	return all
}

// steps are the steps, with what is wrong in those that were passed.
func (d draft) steps(t *text.Strings) []pages.FormStep {
	var all []pages.FormStep
	for i, s := range channelSteps {
		step := pages.FormStep{ID: s.id, Label: s.name(t), Now: i == d.step}
		for _, f := range d.faults {
			if stepOf(f.Field) == i && i < d.step {
				step.Faults++
			}
		}
		all = append(all, step)
	}
	return all
}

// lookOver is the channel before it is made.
func (d draft) lookOver(v *visit) pages.ChannelLookOver {
	l := pages.ChannelLookOver{Ready: len(d.faults) == 0, Request: requestText("POST", "/v1/"+v.session.ProjectID+"/ott/channels", d.channel)}
	lines := [][]pages.LookLine{d.lookKey(), d.lookInput(v), d.lookEncoders(), d.lookPackages(), {{Label: d.label(fieldRecord), Text: keptWords(d.t, d.channel.Record.RollingBuffer)}}}
	for i, of := range lines {
		l.Parts = append(l.Parts, pages.LookPart{Step: channelSteps[i].id, Label: channelSteps[i].name(v.t), Lines: of})
	}
	return l
}

func (d draft) lookKey() []pages.LookLine {
	var all []pages.LookLine
	for _, path := range []string{"domain", "app_name", "id", "name"} {
		if value := d.form.Get(path); value != "" {
			all = append(all, pages.LookLine{Label: d.label(path), Text: value})
		}
	}
	if mode := d.form.Get("mode"); mode != "" {
		all = append(all, pages.LookLine{Label: d.label("mode"), Text: d.option(mode)})
	}
	return all
}

func (d draft) lookInput(v *visit) []pages.LookLine {
	w, in := d.t.ChannelForm, d.channel.Input
	all := []pages.LookLine{{Label: d.label("input.input_protocol"), Text: d.option(string(in.Protocol))}}
	source := func(title string, s medialive.ChannelSource) {
		line := pages.LookLine{Label: title, Text: w.Look.Push}
		if flow, ok := flowOfAddress(v.snapshot(), s.URL); ok {
			line.Text = flow.Name
		} else if in.Protocol.Pulls() {
			line.Text = s.URL.String()
		}
		if s.Bitrate > 0 {
			line.Text += " · " + bitrateWords(s.Bitrate)
		}
		if s.Passphrase != "" {
			line.Text += " · " + d.t.Flow.KeySet
		}
		all = append(all, line)
	}
	for i, s := range in.Sources {
		source(w.Part.Source(i+1), s)
	}
	for i, s := range in.Standby {
		source(w.Part.Standby(i+1), s)
	}
	return all
}

func (d draft) lookEncoders() []pages.LookLine {
	var ids []string
	for _, e := range d.channel.Encoders {
		ids = append(ids, e.TemplateID)
	}
	words := strings.Join(ids, ", ")
	if words == "" {
		words = d.t.ChannelForm.Look.AsItComes
	}
	return []pages.LookLine{{Label: d.label(listTemplates), Text: words}}
}

func (d draft) lookPackages() []pages.LookLine {
	var all []pages.LookLine
	title := packageTitles()
	for ref, p := range d.channel.Packages() {
		all = append(all, pages.LookLine{Label: title(ref.Format), Text: fmt.Sprintf("%s · %d s", p.URL, p.SegmentDuration)})
	}
	if len(all) == 0 {
		all = []pages.LookLine{{Label: d.label("endpoints"), Text: d.t.ChannelForm.Look.None}}
	}
	return all
}

// sealBox seals what a person typed, so that only the same person's form brings
// it back.
type sealBox struct {
	auth    *auth.Auth
	session *auth.Session
}

func (d *desk) box(v *visit) sealBox { return sealBox{d.Auth, v.session} }

// Seal seals a secret.
func (b sealBox) Seal(secret string) (string, error) {
	return b.auth.Keep(b.session, []byte(sealedSecret+secret))
}

// Open opens what Seal sealed for the same person.
func (b sealBox) Open(sealed string) (string, bool) {
	plain, err := b.auth.Kept(b.session, sealed)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(plain), sealedSecret)
}

// sealedSecret begins what is sealed for a form of a channel, so that nothing
// else that is sealed for the person passes for it.
const sealedSecret = "channel secret\x00"
