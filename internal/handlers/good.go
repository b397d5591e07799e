package handlers

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// goods keeps the last known good of a flow or a channel, and leads back to it.
type goods struct{ *desk }

const (
	verbRestore = "restore"
	fieldKey    = "key_" // before the number of a secret that the steps need
)

// keep keeps a flow, or a channel, as it is now. POST /flows/:id/good,
// POST /channels/:domain/:app/:id/good
func (h *goods) keep(c echo.Context) error {
	v := visitOf(c)
	f, err := v.subject(c)
	if err != nil {
		return err
	}
	if err := h.Control.KeepGood(c.Request().Context(), v.op, f.ID); err != nil {
		return err
	}
	h.flash(c, flashGoodKept, f.Name)
	return seeOther(c, flowPath(f.ID))
}

// wayBack is the way from a flow to its last known good.
type wayBack struct {
	flow  *monitor.Flow
	good  control.Good
	steps []control.Step
	shown control.Fingerprint
}

func (h *goods) find(c echo.Context, v *visit) (wayBack, error) {
	f, err := v.subject(c)
	if err != nil {
		return wayBack{}, err
	}
	v.watcher.Look(f.ID)
	good, err := h.Control.Good(c.Request().Context(), v.op, f.ID)
	if err != nil {
		return wayBack{}, err
	}
	steps, err := h.Control.GoodSteps(c.Request().Context(), v.op, f.ID)
	return wayBack{f, good, steps, control.FingerprintSteps(steps)}, err
}

// state is what the ticket of the way back rests on.
func (w wayBack) state() string { return string(w.shown) + " " + stopState(w.flow) }

// interrupts tells whether media stops somewhere on the way.
func (w wayBack) interrupts() bool {
	for _, s := range w.steps {
		if w.flow.Status == medialive.Active && s.Impact.Interrupts() {
			return true
		}
	}
	return false
}

// form shows the steps back and what each interrupts. GET /flows/:id/good,
// GET /channels/:domain/:app/:id/good
func (h *goods) form(c echo.Context) error {
	v := visitOf(c)
	w, err := h.find(c, v)
	if err != nil {
		return err
	}
	return h.show(c, v, w, nil, pressed{}, nil, http.StatusOK)
}

// restore goes back, for who has the ticket of the steps that were shown.
// POST /flows/:id/good/restore, POST /channels/:domain/:app/:id/good/restore
// (ticket, held, typed, reason, key_…)
func (h *goods) restore(c echo.Context) error {
	v := visitOf(c)
	w, err := h.find(c, v)
	if err != nil {
		return err
	}
	keys, faults := w.keys(c, v)
	if len(faults) > 0 {
		return h.show(c, v, w, faults, pressed{}, nil, http.StatusUnprocessableEntity)
	}
	p, err := h.pressed(c, v, verbRestore, w.flow.ID, w.state())
	if err != nil {
		return err
	}
	changed := &ui.Problem{Title: v.t.Guard.Changed}
	if !p.good {
		return h.show(c, v, w, nil, p, changed, http.StatusConflict)
	}
	op := v.consenting(c, w.flow, p, control.VerbRestore, "")
	results, err := h.Control.RestoreGood(c.Request().Context(), op, w.flow.ID, w.shown, keys)
	switch {
	case unmet(err):
		return h.show(c, v, w, nil, p, needed(v.t), http.StatusUnprocessableEntity)
	case waits(err):
		h.flash(c, flashAsked, w.flow.Name)
		return seeOther(c, flowPath(w.flow.ID))
	case errors.Is(err, control.ErrChanged):
		return h.show(c, v, w, nil, p, changed, http.StatusConflict)
	case len(results) == 0 && err != nil:
		return err
	}
	return h.print.page(c, http.StatusOK, h.results(c, v, w.flow, results))
}

// missing is a secret that a step needs.
type missing struct {
	control.Step
	field control.Field
	name  string // of the form's field
}

// needs are the secrets that the steps need.
func (w wayBack) needs() (all []missing) {
	for _, s := range w.steps {
		for _, f := range s.Needs {
			all = append(all, missing{s, f, fieldKey + strconv.Itoa(len(all))})
		}
	}
	return all
}

// keys are the secrets that the steps need, and what is wrong with them by field.
func (w wayBack) keys(c echo.Context, v *visit) (map[string]medialive.Secret, map[string]string) {
	keys, faults := map[string]medialive.Secret{}, map[string]string{}
	for _, n := range w.needs() {
		key := medialive.Secret(c.FormValue(n.name))
		if fault := n.fault(v.t, key); fault != "" {
			faults[n.name] = fault
		}
		keys[n.KeyOf(n.field)] = key
	}
	return keys, faults
}

// fault tells what is wrong with a secret that was typed; empty for nothing. Of the
// secrets of channels only that of SRT has a length.
func (n missing) fault(t *text.Strings, key medialive.Secret) string {
	switch {
	case n.Verb != control.VerbUpdateChannel || strings.HasSuffix(string(n.field), ".passphrase"):
		return keyFault(t, key)
	case key == "" || key == medialive.Mask:
		return t.Care.Faults.Key
	}
	return ""
}

// input is the field for it.
func (n missing) input(v teller, fault string) ui.Field {
	w := v.t.Care.Good
	if n.Verb != control.VerbUpdateChannel {
		return keyField(v.t, n.name, w.Key(n.Target), w.KeyHelp, fault)
	}
	field := keyField(v.t, n.name, w.Secret(v.channelField(n.field)), w.SecretHelp, fault)
	field.MaxLen = "2048"
	return field
}

// show shows the way back.
func (h *goods) show(c echo.Context, v *visit, w wayBack, faults map[string]string, p pressed, problem *ui.Problem, status int) error {
	t, words, f := h.teller(v), v.t.Care.Good, w.flow
	m := pages.GoodBack{
		Shell: h.shell(c, v, words.BackOf(f.Name)), Crumbs: crumbs(v.t, f), Title: words.BackOf(f.Name), Kept: t.kept(w.good),
		Same: words.Same, Problem: problem, State: w.state(), Post: flowPath(f.ID) + "/good/restore", Back: flowPath(f.ID),
		Button: words.Button, Reason: pages.ReasonField(v.t, ui.Value{Text: cut(c.FormValue(fieldReason), maxReason)}, false),
	}
	for _, s := range w.steps {
		m.Steps = append(m.Steps, t.step(f, s))
	}
	for _, n := range w.needs() {
		m.Keys = append(m.Keys, n.input(t, faults[n.name]))
	}
	if other := v.others(f, control.VerbRestore, ""); other != nil {
		m.Refuse = v.t.Care.Protect.By(other.Owner, t.shortClock(other.Since))
	}
	if v.mine(f) && w.interrupts() {
		m.Consent = t.consentOf(f, verbRestore, f.ID, w.state(), words.Hold)
		tried(c, v.t, m.Consent, p, f.Name)
	}
	ticket, err := h.issue(c, v, verbRestore, f.ID, w.state(), askedLife)
	if err != nil {
		return err
	}
	m.Ticket = ticket
	return h.print.page(c, status, m)
}

// step puts a step into words.
func (v teller) step(f *monitor.Flow, s control.Step) pages.GoodStep {
	w := v.t.Care.Good
	step := pages.GoodStep{Title: v.stepTitle(s), Effect: w.Nothing}
	switch s.Verb {
	case control.VerbDeleteOutput:
	case control.VerbUpdateChannel:
		step.Changes = v.channelLines(s.Changes)
	default:
		step.Changes = edit{t: v.t, output: s.Verb != control.VerbUpdateSource}.changes(s.Changes)
	}
	if f.Status != medialive.Active || !s.Impact.Interrupts() {
		return step
	}
	step.Warn = true
	switch {
	case s.Impact.Part == control.PartRecord:
		step.Effect = v.t.ChannelForm.Effect.Shorter
	case s.Impact.Part != "":
		step.Effect = w.CutsViewers
	case s.Impact.Source != "":
		step.Effect = w.DropsIn
	case s.Impact.Stops:
		step.Effect = w.Ends(s.Impact.Output)
	default:
		step.Effect = w.DropsOut(s.Impact.Output)
	}
	return step
}

func (v teller) stepTitle(s control.Step) string {
	w := v.t.Care.Good
	switch s.Verb {
	case control.VerbAddOutput:
		return w.Add(s.Target)
	case control.VerbDeleteOutput:
		return w.Remove(s.Target)
	case control.VerbUpdateOutput:
		return w.Change(s.Target)
	case control.VerbUpdateChannel:
		return w.Part(v.t.Channels.Parts[s.Target])
	}
	return w.Source(s.Target)
}

// results tell what became of each step.
func (h *goods) results(c echo.Context, v *visit, f *monitor.Flow, all []control.StepResult) pages.Results {
	t, w := h.teller(v), v.t.Care.Good
	m := pages.Results{
		Shell: h.shell(c, v, w.ResultOf(f.Name)), Crumbs: crumbs(v.t, f), Title: w.ResultOf(f.Name), Next: flowPath(f.ID), Label: w.ToFlow,
	}
	if _, channel := monitor.ChannelKeyOf(f.ID); channel {
		m.Label = w.ToChannel
	}
	for _, r := range all {
		row := pages.ResultRow{Name: t.stepTitle(r.Step), Shape: ui.ShapeStandby, Word: w.StepLeft}
		switch {
		case r.Back != nil:
			row.Shape, row.Word, row.Why = ui.ShapeWarn, w.StepDone, t.untaken(r.Back)
		case r.Outcome == monitor.OutcomeDone:
			row.Shape, row.Word = ui.ShapeLive, w.StepDone
		case r.Err != nil:
			row.Shape, row.Word, row.Why = ui.ShapeWarn, unlessUnknown(v, w.StepNot, r.Err), whyNot(v, r.Err)
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

// unlessUnknown is the word for what was not done, save where nobody knows
// whether it was.
func unlessUnknown(v *visit, word string, err error) string {
	if medialive.KindOf(err) == medialive.KindOutcomeUnknown {
		return v.t.Trail.Outcomes.Unknown
	}
	return word
}

// whyNot tells why something was not done, in a line.
func whyNot(v *visit, err error) string {
	p := problemOf(v.t, answerTo(err))
	said := []string{p.Title}
	for _, more := range []string{p.Code, p.Message} {
		if more != "" {
			said = append(said, more)
		}
	}
	return strings.Join(said, " · ")
}

// kept tells who kept a good state, and when.
func (v teller) kept(g control.Good) string {
	if g.By == "" {
		return v.t.Care.Good.KeptSelf(v.stamp(g.At))
	}
	return v.t.Care.Good.KeptBy(g.By, v.stamp(g.At))
}
