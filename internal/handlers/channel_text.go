package handlers

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// channelTexts edit a channel as JSON: the parts that the forms edit, any of them
// at once, with the same effect, question and calls.
type channelTexts struct{ channelParts }

func (d *desk) channelTexts() *channelTexts {
	return &channelTexts{channelParts{d, channelPart{tab: pages.TabJSON}}}
}

// textEdit is a channel that somebody edits as JSON.
type textEdit struct {
	channelEdit
	typed string // as it is shown again: without secrets, where it can be read
}

// page shows a channel as JSON. GET /channels/:domain/:app/:id/json
func (h *channelTexts) page(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	return h.show(c, v, h.judge(v, ch, prettyJSON(ch.Channel), openedParts(ch.Channel)), verdict{status: http.StatusOK})
}

// openedParts tells the parts of a channel as they are, one after the other.
func openedParts(ch medialive.Channel) control.Fingerprint {
	var all []string
	for _, p := range channelFormParts {
		all = append(all, string(control.FingerprintChannel(ch, p.part)))
	}
	return control.Fingerprint(strings.Join(all, " "))
}

// openedAs is how a part was when the JSON was opened; empty where that is not
// told, which is as no part is.
func (e textEdit) openedAs(part channelPart) control.Fingerprint {
	all := strings.Fields(string(e.opened))
	for i, p := range channelFormParts {
		if p.part == part.part && i < len(all) {
			return control.Fingerprint(all[i])
		}
	}
	return ""
}

// judge judges JSON against a channel.
func (h *channelTexts) judge(v *visit, ch *monitor.Channel, typed string, opened control.Fingerprint) textEdit {
	e := textEdit{typed: typed, channelEdit: channelEdit{
		channelFields: h.newFields(v, url.Values{}), channelPart: h.channelPart, channel: ch, to: ch.Channel, opened: opened,
	}}
	var to medialive.Channel
	if err := json.Unmarshal([]byte(typed), &to); err != nil {
		e.refused[fieldJSON] = jsonFault(v.t, typed, err)
		return e
	}
	e.typed, e.form = prettyJSON(to), channelform.Show(to)
	e.channelFields.faults = channelform.Fixed(ch.Channel, to)
	for _, p := range channelFormParts {
		p.take(&e.to, to)
		if len(control.DiffChannel(ch.Channel, control.ChannelChange{Part: p.part, To: e.to})) > 0 {
			e.parts = append(e.parts, p)
			e.channelFields.faults = slices.Concat(e.channelFields.faults, p.faults(e.to, ch.Channel), channelform.Beyond(p.only(e.form), e.limits))
		}
	}
	e.changes = channelform.Changes(ch.Channel, e.to)
	e.effect = channelform.Compare(ch.Channel, e.to)
	e.cuts = e.interrupts()
	return e
}

// posted judges what was sent.
func (h *channelTexts) posted(c echo.Context, v *visit) (e textEdit, err error) {
	values, err := c.FormParams()
	if err != nil {
		return e, badForm(err)
	}
	ch, err := v.channel(c)
	if err != nil {
		return e, err
	}
	return h.judge(v, ch, values.Get(fieldJSON), control.Fingerprint(values.Get(fieldShown))), nil
}

// effectOf tells what a save would do, and saves nothing.
// POST /channels/:domain/:app/:id/json/effect
func (h *channelTexts) effectOf(c echo.Context) error {
	v := visitOf(c)
	e, err := h.posted(c, v)
	if err != nil {
		return err
	}
	if !wantsFragment(c.Request()) {
		return h.show(c, v, e, verdict{status: http.StatusOK})
	}
	panel, err := h.panelOf(c, v, e)
	if err != nil {
		return err
	}
	return h.print.page(c, http.StatusOK, panel)
}

// panelOf is the panel of the forms, whose faults lead to the JSON.
func (h *channelTexts) panelOf(c echo.Context, v *visit, e textEdit) (pages.ChannelEffectPanel, error) {
	panel, err := h.panel(c, v, e.channelEdit)
	for i := range panel.Faults {
		panel.Faults[i].Field = fieldJSON
	}
	return panel, err
}

// save changes the parts that differ, one call each, in the order of the forms.
// POST /channels/:domain/:app/:id/json
func (h *channelTexts) save(c echo.Context) error {
	v := visitOf(c)
	e, err := h.posted(c, v)
	switch {
	case err != nil:
		return err
	case len(e.channelFields.faults)+len(e.refused) > 0:
		return h.show(c, v, e, verdict{status: http.StatusUnprocessableEntity})
	case len(e.parts) == 0:
		h.flash(c, flashNoChange, "")
		return seeOther(c, channelPath(e.channel.ChannelKey))
	}
	p, err := h.consented(c, v, e.channelEdit)
	if err != nil {
		return err
	}
	if !p.good {
		return h.show(c, v, e, verdict{status: http.StatusConflict, problem: h.askAgain(v)})
	}
	var untaken *control.ReadBack
	for i, part := range e.parts {
		op := v.consenting(c, shadow(e.channel), p, control.VerbUpdateChannel, string(part.part))
		back, err := h.Control.ChangeChannel(c.Request().Context(), op, e.channel.ChannelKey, e.sent()[i], e.openedAs(part))
		if err != nil && !errors.Is(err, control.ErrNothingToDo) {
			return h.notSavedAll(c, v, e, i, err)
		}
		if back != nil {
			untaken = back.After(untaken)
		}
	}
	if untaken != nil {
		return h.notTakenAll(c, v, e, untaken)
	}
	h.flash(c, flashChannelSaved, e.channel.Name)
	return seeOther(c, channelPath(e.channel.ChannelKey))
}

// notSavedAll shows the JSON again, with why the part at a place was not saved,
// and which were.
func (h *channelTexts) notSavedAll(c echo.Context, v *visit, e textEdit, at int, err error) error {
	w := v.t.ChannelForm.Effect
	var conflict *control.ChannelConflict
	var unmaskable *control.Unmaskable
	why, known := verdict{status: http.StatusConflict}, true
	switch {
	case waits(err):
		h.flash(c, flashAsked, e.channel.Name)
		return seeOther(c, channelPath(e.channel.ChannelKey))
	case errors.As(err, &conflict):
		now := *e.channel
		now.Channel = conflict.Theirs
		e = h.judge(v, &now, e.typed, openedParts(now.Channel))
		why.problem = &ui.Problem{Title: w.Clash, Meaning: w.ClashText}
	case errors.As(err, &unmaskable):
		for _, path := range unmaskable.Fields {
			e.refused[path] = v.t.ChannelForm.Input.Retype
		}
		why = verdict{status: http.StatusUnprocessableEntity, problem: &ui.Problem{Title: w.Retype, Meaning: w.RetypeText}}
	case errors.Is(err, control.ErrChanged):
		why.problem = h.askAgain(v)
	default:
		if why, known = e.refusedBy(err); !known {
			return err
		}
		h.logError(c, answerTo(err), err)
	}
	if saved := e.saved(at); saved != "" && why.problem != nil {
		why.problem.Meaning = joinWords(why.problem.Meaning, w.SavedAlready(saved))
	}
	return h.show(c, v, e, why)
}

// notTakenAll shows the JSON against the channel as it reads back, with what the
// service did not take.
func (h *channelTexts) notTakenAll(c echo.Context, v *visit, e textEdit, back *control.ReadBack) error {
	now := *e.channel
	now.Channel = back.Now
	problem := &ui.Problem{Title: v.t.ChannelForm.Effect.Untaken, Meaning: h.teller(v).untaken(back)}
	return h.show(c, v, h.judge(v, &now, e.typed, openedParts(now.Channel)), verdict{status: http.StatusOK, problem: problem})
}

// saved names the parts before a place.
func (e textEdit) saved(at int) string {
	var names []string
	for _, p := range e.parts[:min(at, len(e.parts))] {
		names = append(names, channelEdit{channelFields: e.channelFields, channelPart: p}.title())
	}
	return strings.Join(names, ", ")
}

// show shows the JSON.
func (h *channelTexts) show(c echo.Context, v *visit, e textEdit, why verdict) error {
	w := v.t.ChannelForm
	t := h.teller(v)
	m := pages.ChannelEdit{
		Shell: h.shell(c, v, w.Look.JSON), Top: t.channelTop(e.channel, pages.TabJSON), Path: e.path(), Title: w.Look.JSON,
		Shown: string(e.opened), Problem: why.problem, Tools: &pages.ChannelTools{File: exportName(e.channel.Channel), Off: t.barred(actCreateChannel)},
	}
	field := ui.Field{Name: fieldJSON, Label: w.File.Label, Help: w.Look.JSONLead, Mono: true, Rows: "32", Value: ui.Value{Text: e.typed}, Errors: slices.Sorted(maps.Values(e.refused))}
	m.Groups = []pages.FormGroup{{ID: "channel-json", Fields: []pages.FormField{{Field: &field}}}}
	var err error
	if m.Effect, err = h.panelOf(c, v, e); err != nil {
		return err
	}
	return h.print.page(c, why.status, m)
}
