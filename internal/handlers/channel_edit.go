package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// channelParts edits one part of a channel.
type channelParts struct {
	*desk
	channelPart
}

// channelPart is a part that has a form of its own.
type channelPart struct {
	part     control.ChannelPart
	tab      string
	prefixes []string // of its fields
	groups   func(f channelFields) []pages.FormGroup
	take     func(to *medialive.Channel, typed medialive.Channel)
	faults   func(to, now medialive.Channel) []medialive.Fault
}

var generalPart = channelPart{
	part: control.PartGeneral, tab: pages.TabGeneral, prefixes: []string{"name"},
	groups: channelFields.nameGroups,
	take:   func(to *medialive.Channel, typed medialive.Channel) { to.Name = typed.Name },
	faults: func(to, _ medialive.Channel) []medialive.Fault {
		return medialive.ValidateGeneralChange(medialive.GeneralChange{ChannelKey: to.ChannelKey, Name: to.Name})
	},
}

var inputPart = channelPart{
	part: control.PartInput, tab: pages.TabInput, prefixes: []string{"input", "encoder_settings_expand"},
	groups: func(f channelFields) []pages.FormGroup { return append(f.inputGroups(), f.sentGroup()) },
	take: func(to *medialive.Channel, typed medialive.Channel) {
		to.Input = typed.Input
		if to.Expand != nil && typed.Expand == nil {
			typed.Expand = &medialive.EncoderExpand{} // none would keep it
		}
		to.Expand = typed.Expand
	},
	faults: func(to, now medialive.Channel) []medialive.Fault {
		return medialive.ValidateInputChange(medialive.InputChange{ChannelKey: to.ChannelKey, Input: &to.Input, Expand: to.Expand}, now)
	},
}

var endpointsPart = channelPart{
	part: control.PartEndpoints, tab: pages.TabPackages, prefixes: []string{"endpoints"},
	groups: channelFields.packageGroups,
	take:   func(to *medialive.Channel, typed medialive.Channel) { to.Outputs = typed.Outputs },
	faults: func(to, _ medialive.Channel) []medialive.Fault {
		return medialive.ValidateEndpointsChange(medialive.EndpointsChange{ChannelKey: to.ChannelKey, Outputs: to.Outputs})
	},
}

var recordPart = channelPart{
	part: control.PartRecord, tab: pages.TabRecord, prefixes: []string{"record_settings"},
	groups: channelFields.recordGroups,
	take:   func(to *medialive.Channel, typed medialive.Channel) { to.Record = typed.Record },
	faults: func(to, _ medialive.Channel) []medialive.Fault {
		return medialive.ValidateRecordChange(medialive.RecordChange{ChannelKey: to.ChannelKey, Record: &to.Record})
	},
}

var encodersPart = channelPart{
	part: control.PartEncoders, tab: pages.TabEncoders, prefixes: []string{"encoder_settings"},
	groups: channelFields.encoderGroups,
	take:   func(to *medialive.Channel, typed medialive.Channel) { to.Encoders = typed.Encoders },
	faults: func(to, _ medialive.Channel) []medialive.Fault {
		return medialive.ValidateEncoderChange(medialive.EncoderChange{ChannelKey: to.ChannelKey, Encoders: to.Encoders})
	},
}

// channelFormParts are the parts that have a form, and their tabs as the last
// step of their paths.
var channelFormParts = []channelPart{generalPart, inputPart, endpointsPart, recordPart, encodersPart}

// within tells whether a field is of the part.
func (p channelPart) within(path string) bool {
	return slices.ContainsFunc(p.prefixes, func(prefix string) bool {
		rest, ok := strings.CutPrefix(path, prefix)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// only are the fields of the part.
func (p channelPart) only(form url.Values) url.Values {
	kept := url.Values{}
	for path, values := range form {
		if p.within(path) {
			kept[path] = values
		}
	}
	return kept
}

// channelEdit is a part of a channel that somebody edits.
type channelEdit struct {
	channelFields
	channelPart
	parts   []channelPart // that are sent
	channel *monitor.Channel
	to      medialive.Channel
	opened  control.Fingerprint // of what was edited
	changes []channelform.Change
	effect  channelform.Effect
	cuts    bool // saving it now interrupts something
}

// change is what is sent.
func (e channelEdit) change() control.ChannelChange {
	return control.ChannelChange{Part: e.part, To: e.to}
}

func (e channelEdit) path() string { return channelPath(e.channel.ChannelKey, e.tab) }

// sent are the changes that are sent, each by a call of its own.
func (e channelEdit) sent() []control.ChannelChange {
	var all []control.ChannelChange
	for _, p := range e.parts {
		all = append(all, control.ChannelChange{Part: p.part, To: e.to})
	}
	return all
}

// interrupts tells whether saving now interrupts something.
func (e channelEdit) interrupts() bool {
	return e.channel.State == medialive.ChannelOn && len(e.changes) > 0 &&
		slices.ContainsFunc(e.sent(), func(c control.ChannelChange) bool { return c.Interrupts(e.channel.Channel) })
}

// target is the subject of the ticket.
func (e channelEdit) target() string { return e.channel.ID + "/" + e.tab }

// digest is what the ticket of an effect is bound to. A save that would do more
// is asked again.
func (e channelEdit) digest() string {
	sum := sha256.Sum256(fmt.Append(nil, e.opened, e.channel.State, e.cuts, e.effect, careState(shadow(e.channel))))
	return hex.EncodeToString(sum[:12])
}

// form shows a part as it is. GET /channels/:domain/:app/:id/{part}
func (h *channelParts) form(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	e, err := h.judge(c, v, ch, h.only(channelform.Show(ch.Channel)), control.FingerprintChannel(ch.Channel, h.part))
	if err != nil {
		return err
	}
	return h.show(c, v, e, verdict{status: http.StatusOK})
}

// judge judges a form against a channel.
func (h *channelParts) judge(c echo.Context, v *visit, ch *monitor.Channel, form url.Values, opened control.Fingerprint) (channelEdit, error) {
	p, err := channelform.Parse(form, h.box(v))
	if err != nil {
		return channelEdit{}, err
	}
	gateway := v.snapshot().Capabilities != nil
	p.KeepSecrets(ch.Channel, gateway)
	e := channelEdit{channelFields: h.newFields(v, p.Form), channelPart: h.channelPart, parts: []channelPart{h.channelPart}, channel: ch, to: ch.Channel, opened: opened}
	e.keeps = keeper(ch.Channel, gateway)
	e.fixed = true
	if h.part == control.PartEncoders {
		e.ladder = h.ladderOf(c.Request().Context(), v)
	}
	h.take(&e.to, p.Channel)
	e.channelFields.faults = append(p.Faults(h.channelPart.faults(e.to, ch.Channel)), channelform.Beyond(p.Form, e.limits)...)
	e.changes = channelform.Changes(ch.Channel, e.to)
	e.effect = channelform.Compare(ch.Channel, e.to)
	e.cuts = e.interrupts()
	return e, nil
}

// newFields makes the fields of a form for a visitor's project.
func (d *desk) newFields(v *visit, form url.Values) channelFields {
	f := channelFields{t: v.t, form: form, shown: map[string]bool{}, refused: map[string]string{}, cloud: true, flows: flowSources(v)}
	if caps := v.snapshot().Capabilities; caps != nil {
		f.cloud, f.limits = false, caps.ChannelLimits
	}
	return f
}

// keeper tells which secrets of a channel may stay: those that are known, and
// all where the service takes a mask for "as it is".
func keeper(now medialive.Channel, masks bool) func(path string) bool {
	masked := medialive.Masked(now)
	return func(path string) bool { return masks || !slices.Contains(masked, path) }
}

// posted judges what was sent, after what its button asks for.
func (h *channelParts) posted(c echo.Context, v *visit) (e channelEdit, again bool, err error) {
	values, err := c.FormParams()
	if err != nil {
		return e, false, badForm(err)
	}
	ch, err := v.channel(c)
	if err != nil {
		return e, false, err
	}
	form := h.only(values)
	form[fieldFlowSource] = values[fieldFlowSource]
	again = rearrange(v, form, values.Get(fieldGo))
	if again {
		addressPackages(withKey(form, ch.ChannelKey), v.snapshot())
	}
	e, err = h.judge(c, v, ch, h.only(form), control.Fingerprint(values.Get(fieldShown)))
	return e, again, err
}

// withKey adds what a channel is called to a form.
func withKey(form url.Values, key medialive.ChannelKey) url.Values {
	form.Set("domain", key.Domain)
	form.Set("app_name", key.AppName)
	form.Set("id", key.ID)
	return form
}

// rearrange does what a button of a form asks for, other than to go on or to
// save, and tells whether it was one.
func rearrange(v *visit, form url.Values, asked string) bool {
	verb, what, _ := strings.Cut(asked, ":")
	switch verb {
	case "add":
		channelform.Add(form, what, map[string]string{})
		if list := channelform.Pattern(what); strings.HasSuffix(list, "_package") {
			last := fmt.Sprintf("%s[%d]", what, channelform.Count(form, what)-1)
			form.Set(last+".segment_duration_seconds", defaultSegment)
		}
	case "remove":
		channelform.Clear(form, what)
	case "up":
		channelform.Move(form, what, -1)
	case "down":
		channelform.Move(form, what, 1)
	case "record":
		form.Set(fieldRecord, what)
	case "flow":
		takeFlow(v, form)
	default:
		return false
	}
	return true
}

// defaultSegment is the segment length of a new package, in seconds.
const defaultSegment = "4"

// effectOf tells what a save would do, and saves nothing.
// POST /channels/:domain/:app/:id/{part}/effect
func (h *channelParts) effectOf(c echo.Context) error {
	v := visitOf(c)
	e, _, err := h.posted(c, v)
	if err != nil {
		return err
	}
	if !wantsFragment(c.Request()) {
		return h.show(c, v, e, verdict{status: http.StatusOK})
	}
	panel, err := h.panel(c, v, e)
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, panel)
}

// save changes the part. POST /channels/:domain/:app/:id/{part}
func (h *channelParts) save(c echo.Context) error {
	v := visitOf(c)
	e, again, err := h.posted(c, v)
	switch {
	case err != nil:
		return err
	case again:
		return h.show(c, v, e, verdict{status: http.StatusOK})
	case len(e.channelFields.faults) > 0:
		return h.show(c, v, e, verdict{status: http.StatusUnprocessableEntity})
	case len(e.changes) == 0 && control.FingerprintChannel(e.channel.Channel, h.part) == e.opened:
		h.flash(c, flashNoChange, "")
		return seeOther(c, channelPath(e.channel.ChannelKey))
	}
	p, err := h.consented(c, v, e)
	if err != nil {
		return err
	}
	if !p.good {
		return h.show(c, v, e, verdict{status: http.StatusConflict, problem: h.askAgain(v)})
	}
	op := v.consenting(c, shadow(e.channel), p, control.VerbUpdateChannel, string(h.part))
	back, err := h.Control.ChangeChannel(c.Request().Context(), op, e.channel.ChannelKey, e.change(), e.opened)
	switch {
	case err != nil:
		return h.notSaved(c, v, e, err)
	case back != nil:
		return h.notTaken(c, v, e, back)
	}
	h.flash(c, flashChannelSaved, e.channel.Name)
	return seeOther(c, channelPath(e.channel.ChannelKey))
}

// showTyped shows the form with what was typed.
func (h *channelParts) showTyped(c echo.Context, v *visit) error {
	e, _, err := h.posted(c, v)
	if err != nil {
		return err
	}
	return h.show(c, v, e, verdict{status: http.StatusOK})
}

// resumeChannel shows the form of a channel whose sign-in was renewed, with what
// was typed; its page where it is none.
func (l *logins) resumeChannel(c echo.Context, v *visit, to destination) error {
	for _, p := range channelFormParts {
		if p.tab == to.plain {
			steps := strings.Split(to.flow, "/")
			c.SetParamNames("domain", "app", "id")
			c.SetParamValues(steps[1], steps[2], steps[3])
			return (&channelParts{l.desk, p}).showTyped(c, v)
		}
	}
	return seeOther(c, to.Path())
}

// consented takes the ticket of the effect that was shown. It is not good where
// the change interrupts something and nobody was shown that.
func (h *channelParts) consented(c echo.Context, v *visit, e channelEdit) (pressed, error) {
	if !e.cuts {
		return pressed{good: true}, nil
	}
	if answer, err := h.pressed(c, v, verbSave, e.target(), e.digest()); err != nil || answer.good || answer.soon {
		return answer, err
	}
	err := h.Auth.Redeem(c.Request().Context(), v.session, c.FormValue(fieldSeen), verbSave, e.target(), e.digest())
	switch {
	case errors.Is(err, auth.ErrTicket):
		return pressed{}, nil
	case err != nil:
		return pressed{}, unrecorded(err)
	}
	return pressed{good: true}, nil
}

func (h *channelParts) askAgain(v *visit) *ui.Problem {
	w := v.t.ChannelForm.Effect
	return &ui.Problem{Title: w.Again, Meaning: w.AgainText}
}

// notSaved shows the form again, with why.
func (h *channelParts) notSaved(c echo.Context, v *visit, e channelEdit, err error) error {
	var conflict *control.ChannelConflict
	var unmaskable *control.Unmaskable
	w := v.t.ChannelForm.Effect
	switch {
	case errors.As(err, &conflict):
		return h.clash(c, v, e, conflict.Theirs)
	case errors.As(err, &unmaskable):
		for _, path := range unmaskable.Fields {
			e.refused[path] = v.t.ChannelForm.Input.Retype
		}
		return h.show(c, v, e, verdict{status: http.StatusUnprocessableEntity, problem: &ui.Problem{Title: w.Retype, Meaning: w.RetypeText}})
	case waits(err):
		h.flash(c, flashAsked, e.channel.Name)
		return seeOther(c, channelPath(e.channel.ChannelKey))
	case errors.Is(err, control.ErrNothingToDo):
		h.flash(c, flashNoChange, "")
		return seeOther(c, channelPath(e.channel.ChannelKey))
	case errors.Is(err, control.ErrChanged):
		return h.show(c, v, e, verdict{status: http.StatusConflict, problem: h.askAgain(v)})
	}
	why, known := e.refusedBy(err)
	if !known {
		return err
	}
	h.logError(c, answerTo(err), err)
	return h.show(c, v, e, why)
}

// refusedBy places a refusal at its field and over the form. It is false for an
// error that is not about what was typed.
func (f channelFields) refusedBy(err error) (verdict, bool) {
	var kept *control.Protected
	switch {
	case errors.As(err, &kept):
		problem := problemOf(f.t, answerTo(err))
		return verdict{status: http.StatusConflict, problem: &problem}, true
	case unmet(err):
		return verdict{status: http.StatusUnprocessableEntity, problem: needed(f.t)}, true
	}
	var theirs *medialive.Error
	if !errors.As(err, &theirs) || auth.Ended(err) {
		return verdict{}, false
	}
	a := answerTo(err)
	problem := problemOf(f.t, a)
	f.placeRefusal(theirs.Message)
	return verdict{status: a.status, problem: &problem}, true
}

// placeRefusal puts what the service said to the field that it names: by its
// path, or as a playback address.
func (f channelFields) placeRefusal(said string) {
	for word := range strings.FieldsSeq(said) {
		path := strings.Trim(word, `:,;."'`)
		if _, known := kinds[channelform.Pattern(path)]; known && path != "id" && path != "name" && path != "state" && path != "domain" {
			f.refused[path] = said
			return
		}
	}
	for _, path := range packagePaths(f.form) {
		for _, field := range []string{path + ".url", path + ".slave_url"} {
			if address := bareAddress(f.form.Get(field)); address != "" && strings.Contains(said, address) {
				f.refused[field] = said
			}
		}
	}
}

// notTaken shows the form against the channel as it reads back, with what the
// service did not take.
func (h *channelParts) notTaken(c echo.Context, v *visit, e channelEdit, back *control.ReadBack) error {
	now := *e.channel
	now.Channel = back.Now
	fresh, err := h.judge(c, v, &now, e.form, control.FingerprintChannel(back.Now, h.part))
	if err != nil {
		return err
	}
	problem := &ui.Problem{Title: v.t.ChannelForm.Effect.Untaken, Meaning: h.teller(v).untaken(back)}
	return h.show(c, v, fresh, verdict{status: http.StatusOK, problem: problem})
}

// clash shows the form against the channel as it is now. What was typed stays;
// saving again is against that.
func (h *channelParts) clash(c echo.Context, v *visit, e channelEdit, theirs medialive.Channel) error {
	now := *e.channel
	now.Channel = theirs
	fresh, err := h.judge(c, v, &now, e.form, control.FingerprintChannel(theirs, h.part))
	if err != nil {
		return err
	}
	if len(fresh.changes) == 0 { // the first of two presses of one button saved it
		h.flash(c, flashChannelSaved, now.Name)
		return seeOther(c, channelPath(now.ChannelKey))
	}
	w := v.t.ChannelForm.Effect
	return h.show(c, v, fresh, verdict{status: http.StatusConflict, problem: &ui.Problem{Title: w.Clash, Meaning: w.ClashText}})
}

// show shows the form.
func (h *channelParts) show(c echo.Context, v *visit, e channelEdit, why verdict) error {
	m := pages.ChannelEdit{
		Shell: h.shell(c, v, e.title()), Top: h.teller(v).channelTop(e.channel, h.tab), Path: e.path(),
		Title: e.title(), Shown: string(e.opened), Problem: why.problem, Groups: h.groups(e.channelFields),
	}
	m.Hidden = e.hidden(h.within)
	var err error
	if m.Effect, err = h.panel(c, v, e); err != nil {
		return err
	}
	return h.print.page(c, why.status, m)
}

// title is what the part is called.
func (e channelEdit) title() string {
	w := e.t.Channels.Tabs
	switch e.part {
	case control.PartGeneral:
		return w.General
	case control.PartInput:
		return w.Input
	case control.PartEndpoints:
		return w.Packages
	case control.PartRecord:
		return w.Record
	}
	return w.Code
}
