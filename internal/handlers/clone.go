package handlers

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

const fieldTake = "take" // the name of an output to take over

// cloned is a flow that a new one is copied from.
type cloned struct {
	flow   *monitor.Flow
	take   []string          // names of outputs
	faults map[string]string // of passphrases, by field
	typed  bool              // the form was sent: take is what was chosen
}

// cloneOf finds the flow that a form copies from; nil where it copies none.
func (h *flows) cloneOf(c echo.Context, v *visit) (*cloned, error) {
	id := c.FormValue(fieldFrom)
	if id == "" || id == fromList || id == fromFlow {
		return nil, nil //nolint:nilnil // no copy is no error
	}
	f, err := v.flow(id)
	if err != nil {
		return nil, err
	}
	v.watcher.Look(f.ID)
	k := &cloned{flow: f, faults: map[string]string{}, typed: c.Request().Method == http.MethodPost}
	if k.typed {
		values, err := c.FormParams()
		if err != nil {
			return nil, badForm(err)
		}
		k.take = values[fieldTake]
	}
	return k, nil
}

// takenOver gives the flow that is copied and the outputs that were chosen; nil
// where none is copied.
func (h *flows) takenOver(c echo.Context, v *visit) (*cloned, []medialive.Output, error) {
	k, err := h.cloneOf(c, v)
	if k == nil || err != nil || !k.typed {
		return k, nil, err
	}
	return k, k.taken(c, v), nil
}

// faulty tells that a passphrase of an output is missing or wrong.
func (k *cloned) faulty() bool { return k != nil && len(k.faults) > 0 }

// form is the form of the copy: as the other flow, without its name and its
// passphrase, and without a port that only one of them can have.
func (k *cloned) form() legForm {
	if k.flow.Source == nil {
		return legForm{Protocol: string(medialive.Listener)}
	}
	f := formOfSource(*k.flow.Source)
	f.Name, f.Action = "", ""
	if k.flow.Source.Protocol == medialive.Listener {
		f.Port = ""
	}
	return f
}

// keyOf is the field for the passphrase of the i-th output.
func (k *cloned) keyOf(i int) string { return fieldKey + strconv.Itoa(i) }

// taken gives the outputs that were chosen, ready to be added. What is wrong
// with a passphrase goes to faults.
func (k *cloned) taken(c echo.Context, v *visit) []medialive.Output {
	var all []medialive.Output
	for i, o := range k.flow.Outputs {
		if o.Config == nil || !slices.Contains(k.take, o.Name) {
			continue
		}
		out := *o.Config
		out.Health = ""
		if out.Protocol == medialive.Listener {
			out.Port, out.ListenerAddress = 0, ""
		}
		if isSet(out.Encryption) {
			key := medialive.Secret(c.FormValue(k.keyOf(i)))
			if fault := keyFault(v.t, key); fault != "" {
				k.faults[k.keyOf(i)] = fault
			}
			crypto := *out.Encryption
			crypto.Passphrase = key
			out.Encryption = &crypto
		}
		all = append(all, out)
	}
	return all
}

// model is what the form shows of the copy.
func (k *cloned) model(v teller) *pages.Clone {
	w := v.t.Care.Clone
	m := &pages.Clone{T: v.t, From: k.flow.ID, Title: w.Of(k.flow.Name), Lead: []string{w.Lead}}
	if s := k.flow.Source; s != nil && s.Protocol == medialive.Listener {
		m.Lead = append(m.Lead, w.PortNote)
	}
	for i, o := range k.flow.Outputs {
		if o.Config == nil {
			continue
		}
		out := pages.CloneOutput{Check: pages.Check{
			Name: fieldTake, Value: o.Name, Label: o.Name + "  " + v.aboutOutput(*o.Config),
			On: !k.typed && !isSet(o.Config.Encryption) || slices.Contains(k.take, o.Name),
		}}
		if isSet(o.Config.Encryption) {
			out.Check.Help = w.NeedsKey
			field := keyField(v.t, k.keyOf(i), w.KeyOf(o.Name), "", k.faults[k.keyOf(i)])
			out.Key = &field
		}
		m.Outputs = append(m.Outputs, out)
	}
	return m
}

// takeOver adds the outputs to the flow that was made, one by one, and tells
// what became of each where one was refused.
func (h *flows) takeOver(c echo.Context, v *visit, made medialive.Flow, outputs []medialive.Output) error {
	w := v.t.Care.Clone
	m := pages.Results{
		Title: w.ResultOf(made.Name), Next: flowPath(made.ID), Label: v.t.Care.Good.ToFlow,
		Crumbs: []pages.Crumb{{Label: v.t.Shell.Flows, URL: "/flows"}},
	}
	all := true
	for _, o := range outputs {
		row := pages.ResultRow{Name: o.Name, Shape: ui.ShapeLive, Word: w.Added}
		if err := h.Control.AddOutput(c.Request().Context(), v.op, made.ID, o); err != nil {
			h.logError(c, answerTo(err), err)
			all = false
			row.Shape, row.Word, row.Why = ui.ShapeWarn, unlessUnknown(v, w.NotAdded, err), whyNot(v, err)
		}
		m.Rows = append(m.Rows, row)
	}
	if all {
		h.flash(c, flashCloned, made.Name)
		return seeOther(c, flowPath(made.ID))
	}
	m.Shell = h.shell(c, v, m.Title)
	return h.print.page(c, http.StatusOK, m)
}
