package handlers

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// The hidden fields of an edit.
const (
	fieldShown      = "shown"       // fingerprint of what was edited
	fieldSeen       = "seen"        // ticket of the effect that was shown
	fieldSourceName = "source_name" // under which the service knows the source
	fieldStatus     = "output_status"
)

// proposal is a change that somebody considers: what it changes, and what that
// interrupts on a flow as it is now.
type proposal struct {
	edit
	flow   *monitor.Flow
	diff   []control.Change
	impact control.Impact
	opened control.Fingerprint // of what was edited
	verb   string              // of the ticket
	target string              // of the ticket: the flow, or the flow and its output
	back   string
	new    bool // an output that is added: it interrupts nothing
}

// interrupts tells whether media stops somewhere if this is saved now.
func (p proposal) interrupts() bool {
	return !p.new && p.flow.Status == medialive.Active && p.impact.Interrupts()
}

// act is what saving does.
func (p proposal) act() act {
	switch {
	case p.new:
		return actAddOutput
	case p.output:
		return actSwitch
	}
	return actSource
}

// digest is the state that the ticket of an effect is bound to: what was edited
// and what would be interrupted. A save that would do more is asked again.
func (p proposal) digest() string {
	sum := sha256.Sum256(fmt.Append(nil, p.opened, p.flow.Status, p.impact.Source, p.impact.Output, p.impact.Stops, p.impact.Cause, careState(p.flow)))
	return hex.EncodeToString(sum[:12])
}

// losing names the outputs that lose media.
func (p proposal) losing() []string {
	switch {
	case !p.interrupts():
		return nil
	case p.impact.Output != "":
		return []string{p.impact.Output}
	}
	return interrupted(p.flow)
}

// effect is the panel that tells what a change does. For one that interrupts
// something it holds the ticket without which the change is not saved.
func (d *desk) effect(c echo.Context, v *visit, p proposal) (pages.Effect, error) {
	w := v.t.Effect
	e := pages.Effect{
		T: v.t, Title: w.NoChanges, Changes: p.changes(p.diff), Faults: p.links(), Back: p.back,
		Save: v.t.Form.Save, CanSave: len(p.faults) == 0 && (len(p.diff) > 0 || p.new),
	}
	if n := len(p.diff); n > 0 {
		e.Title = w.Changes(n)
	}
	if p.new {
		e.Save, e.Title = v.t.Form.Add, v.t.Form.AddOutput
		e.Changes = nil
	} else {
		e.Against = ui.At(ui.TimeAge, p.readAt(), d.now())
	}
	p.tell(&e)
	if e.Off = d.teller(v).barred(p.act()); e.Off.Word != "" {
		return e, nil
	}
	if !p.interrupts() || len(p.faults) > 0 {
		return e, nil
	}
	e.Guard = true
	if v.mine(p.flow) {
		e.Consent = d.teller(v).consentOf(p.flow, p.verb, p.target, p.digest(), v.t.Care.Hold.Save)
		tried(c, v.t, e.Consent, pressed{}, p.flow.Name)
	}
	ticket, err := d.issue(c, v, p.verb, p.target, p.digest(), formLife)
	e.Seen = ticket
	return e, err
}

// readAt is when that was read which is edited.
func (p proposal) readAt() time.Time {
	if p.output {
		for _, o := range p.flow.Outputs {
			if o.Config != nil && p.was != nil && o.Name == p.was.Name {
				return o.ConfigAt
			}
		}
	}
	return p.flow.DetailAt
}

// tell puts into words what the change interrupts.
func (p proposal) tell(e *pages.Effect) {
	w := p.t.Effect
	losing := p.losing()
	e.Summary, e.Headline = w.Nothing, w.NothingText
	switch {
	case !p.interrupts() && p.flow.Status != medialive.Active:
		e.Headline = w.Standby
	case p.interrupts() && p.impact.Output != "":
		e.Tone, e.Summary, e.Headline, e.Save = ui.ToneWarn, w.LoseMedia(1), w.OutputDropped, w.SaveOutput
	case p.interrupts():
		e.Tone, e.Summary, e.Save = ui.ToneWarn, w.LoseMedia(len(losing)), w.SaveInterrupts(len(losing))
		e.Headline = w.SenderDropped
		if p.flow.Protocol == medialive.Caller {
			e.Headline = w.CallAgain
		}
		e.Hint = w.Hint
	}
	if len(p.impact.Later) > 0 && p.flow.Status == medialive.Active {
		e.Text = w.LatencyLater
	}
	e.Path = p.path(losing)
}

// path is the signal path with what would happen to it.
func (p proposal) path(losing []string) *pages.EffectPath {
	w := p.t.Effect
	path := &pages.EffectPath{Source: w.StaysOn, Flow: w.StaysStandby, Line: sourceLine(p.flow)}
	if p.flow.Status == medialive.Active {
		path.Flow = w.StaysActive
	}
	if p.interrupts() && p.impact.Source != "" {
		path.Source, path.SourceTone, path.Line = w.Reconnects, ui.ToneWarn, pages.LineCut
	}
	for _, o := range p.flow.Outputs {
		out := pages.EffectOutput{Name: o.Name, Word: w.GoesOn}
		switch {
		case slices.Contains(losing, o.Name):
			out.Word, out.Tone = w.NoMedia, ui.ToneWarn
		case o.State == monitor.OutputLost:
			out.Word, out.Tone = w.AlreadyLost, ui.ToneLost
		case o.State == monitor.OutputOff:
			out.Word = w.IsOff
		}
		path.Outputs = append(path.Outputs, out)
	}
	return path
}

// agreed takes the ticket of the effect that was shown. It is false where the
// change interrupts something and nobody was shown that.
func (d *desk) agreed(c echo.Context, v *visit, p proposal) (pressed, error) {
	if !p.interrupts() {
		return pressed{good: true}, nil
	}
	if answer, err := d.pressed(c, v, p.verb, p.target, p.digest()); err != nil || answer.good || answer.soon {
		return answer, err
	}
	err := d.Auth.Redeem(c.Request().Context(), v.session, c.FormValue(fieldSeen), p.verb, p.target, p.digest())
	switch {
	case errors.Is(err, auth.ErrTicket):
		return pressed{}, nil
	case err != nil:
		return pressed{}, unrecorded(err)
	}
	return pressed{good: true}, nil
}

// started makes the proposal one of a flow that was started since it was judged.
func (p *proposal) started() {
	f := *p.flow
	f.Status = medialive.Active
	p.flow = &f
}

// askAgain is the problem of a save that would interrupt what was not shown.
func askAgain(p proposal) *ui.Problem {
	return &ui.Problem{Title: p.t.Guard.SaveConfirm, Meaning: p.t.Effect.AskAgain}
}

// verdict is what a form is shown with.
type verdict struct {
	status    int
	problem   *ui.Problem
	conflict  *pages.Conflict
	refused   map[string]string // by field, where the form is not an edit
	stopFirst bool              // the service takes the change only while the flow is stopped
}

// refusedBy places a refusal of the service: at its field, over the form, and
// as "stop first" where only the flow's state stands in the way. It is false
// for an error that is not about what was typed.
func (p *proposal) refusedBy(err error) (verdict, bool) {
	var kept *control.Protected
	switch {
	case errors.As(err, &kept):
		problem := problemOf(p.t, answerTo(err))
		return verdict{status: http.StatusConflict, problem: &problem}, true
	case unmet(err):
		return verdict{status: http.StatusUnprocessableEntity, problem: needed(p.t)}, true
	}
	var theirs *medialive.Error
	if !errors.As(err, &theirs) || auth.Ended(err) {
		return verdict{}, false
	}
	a := answerTo(err)
	problem := problemOf(p.t, a)
	p.refused = refusalAt(p.t, theirs, p.form)
	return verdict{
		status: a.status, problem: &problem,
		stopFirst: theirs.Kind == medialive.KindState && p.flow.Status == medialive.Active,
	}, true
}

// versions compares what somebody else changed since the form was opened with
// what was typed.
func (p proposal) versions(theirs, yours []control.Change) []pages.ConflictRow {
	var rows []pages.ConflictRow
	for _, c := range theirs {
		row := pages.ConflictRow{Label: p.label(c.Field), Was: p.line(c.Field, c.From), Theirs: p.line(c.Field, c.To)}
		row.Yours = row.Was
		if mine := changeOf(yours, c.Field); mine != nil {
			row.Yours = p.line(c.Field, mine.To)
			row.Clash = mine.To != c.To || c.Field == control.FieldPassphrase
		}
		rows = append(rows, row)
	}
	for _, c := range yours {
		if changeOf(theirs, c.Field) == nil {
			was := p.line(c.Field, c.From)
			rows = append(rows, pages.ConflictRow{Label: p.label(c.Field), Was: was, Theirs: was, Yours: p.line(c.Field, c.To)})
		}
	}
	return rows
}

// line is a value of the diff in one line.
func (p proposal) line(f control.Field, value string) string {
	return strings.Join(p.edit.shown(f, value), ", ")
}

func changeOf(all []control.Change, f control.Field) *control.Change {
	for i := range all {
		if all[i].Field == f {
			return &all[i]
		}
	}
	return nil
}

// encodeShown puts what is being edited into a hidden field, without its secret:
// a later save is compared with it.
func encodeShown(what any) string {
	b, err := json.Marshal(what)
	if err != nil {
		return "" // the save will ask to look again
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeShown reads what encodeShown wrote. What cannot be read is nothing that
// exists, and so a conflict.
func decodeShown[T any](field string) (what T) {
	b, err := base64.RawURLEncoding.DecodeString(field)
	if err == nil && json.Unmarshal(b, &what) == nil {
		return what
	}
	var none T
	return none
}
