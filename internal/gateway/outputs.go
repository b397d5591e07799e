package gateway

import (
	"context"
	"errors"
	"fmt"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/store"
)

// createOutputs answers CreateFlowOutput: all outputs are checked before the
// first is made, and the answer, 201, has all outputs of the flow.
func (g *Gateway) createOutputs(c *call) (answer, error) {
	names, err := c.names("flow_id")
	if err != nil {
		return answer{}, err
	}
	outputs, err := readOutputs(c.body)
	if err != nil {
		return answer{}, err
	}
	defer g.serial.lock(names[0])()
	rec, err := g.load(c.Context(), c.project, names[0])
	if err != nil {
		return answer{}, err
	}
	if err := checkNewOutputs(rec, outputs); err != nil {
		return answer{}, err
	}
	after, err := g.addOutputs(c, rec, outputs)
	if err != nil {
		return answer{}, err
	}
	return created(struct {
		ID      string             `json:"flow_id"`
		Outputs []medialive.Output `json:"outputs"`
	}{after.row.ID, g.outputViews(after)})
}

// readOutputs reads the array of outputs, each checked by itself.
func readOutputs(body []byte) ([]medialive.Output, error) {
	var sent []sentOutput
	if err := decode(body, &sent); err != nil {
		return nil, err
	}
	if len(sent) < 1 || len(sent) > medialive.MaxOutputs {
		return nil, invalid("outputs must be an array of 1 to %d entries", medialive.MaxOutputs)
	}
	outputs := make([]medialive.Output, len(sent))
	for i := range sent {
		where := fmt.Sprintf("outputs[%d].", i)
		var err error
		if outputs[i], err = sent[i].read(where); err != nil {
			return nil, err
		}
		if faults := medialive.ValidateOutput(outputs[i]); len(faults) > 0 {
			return nil, faulty(where, faults)
		}
	}
	return outputs, nil
}

// checkNewOutputs refuses what cannot be added to the flow.
func checkNewOutputs(rec record, outputs []medialive.Output) error {
	taken := map[string]bool{}
	for _, out := range rec.outputs {
		taken[out.Name] = true
	}
	for i, out := range outputs {
		if taken[out.Name] {
			return invalid("outputs[%d] name %s has been exist", i, out.Name)
		}
		taken[out.Name] = true
	}
	if len(taken) > medialive.MaxOutputs {
		return invalid("outputs: a flow has at most %d outputs, this one has %d already", medialive.MaxOutputs, len(rec.outputs))
	}
	return nil
}

func (g *Gateway) addOutputs(c *call, rec record, outputs []medialive.Output) (after record, err error) {
	ctx, cancel := committed(c.Context())
	defer cancel()
	err = g.allotting(ctx, func(ports *allotment) error {
		rows := make([]store.FlowOutput, len(outputs))
		for i, out := range outputs {
			where := fmt.Sprintf("outputs[%d].", i)
			if rows[i], err = g.newOutputRow(ports, rec.row.ID, where, out); err != nil {
				return err
			}
		}
		after, err = g.amend(ctx, rec, func(ctx context.Context) error {
			return storeRefusal(g.opts.Store.AddOutputs(ctx, rec.row.ProjectID, rec.row.ID, rows), "add outputs")
		}, func(ctx context.Context) error {
			return g.removeOutputs(ctx, rec, rows)
		})
		return err
	})
	return after, err
}

// newOutputRow allots the port of a listener and seals the passphrase.
func (g *Gateway) newOutputRow(ports *allotment, flowID, where string, out medialive.Output) (store.FlowOutput, error) {
	row := store.FlowOutput{Name: out.Name}
	var err error
	if row.Secret, err = g.sealed(flowID, out.Name, where+"encryption", out.Encryption, nil); err != nil {
		return row, err
	}
	if out.Protocol == medialive.Listener {
		if out.Port, err = ports.take(where+"port", out.Port); err != nil {
			return row, err
		}
		row.ListenPort = out.Port
	}
	if row.Config, err = encodeOutput(out); err != nil {
		return row, fmt.Errorf("encode output %s: %w", out.Name, err)
	}
	return row, nil
}

func (g *Gateway) removeOutputs(ctx context.Context, rec record, rows []store.FlowOutput) error {
	var faults []error
	for _, row := range rows {
		faults = append(faults, g.opts.Store.DeleteOutput(ctx, rec.row.ProjectID, rec.row.ID, row.Name))
	}
	return errors.Join(faults...)
}

// showOutput answers ShowOutputInfo, without an envelope. data_display=true
// shows the passphrase to those who may also set it.
func (g *Gateway) showOutput(c *call) (answer, error) {
	rec, i, err := g.namedOutput(c)
	if err != nil {
		return answer{}, err
	}
	view := g.outputView(rec.row.ID, rec.outputs[i])
	values, err := c.query()
	if err != nil {
		return answer{}, err
	}
	if !values.Has("data_display") {
		return ok(view)
	}
	if values.Get("data_display") != "true" {
		return answer{}, invalid("data_display must be true where it is given")
	}
	if err := g.authorise(c, actionUpdateOutput); err != nil {
		return answer{}, err
	}
	secret, err := g.revealed(rec.row.ID, view.Name, rec.row.Outputs[i].Secret)
	if err != nil {
		return answer{}, secretRefusal(err)
	}
	return ok(openOutput(view, secret))
}

// openOutput is an output whose passphrase is shown: the one answer that does
// not mask it.
func openOutput(out medialive.Output, passphrase string) any {
	type crypto struct {
		medialive.Crypto
		Passphrase string `json:"passphrase"`
	}
	view := struct {
		medialive.Output
		Encryption *crypto `json:"encryption,omitempty"`
	}{Output: out}
	if out.Encryption != nil {
		view.Encryption = &crypto{*out.Encryption, passphrase}
	}
	return view
}

// namedOutput loads the flow and finds the output that the query names.
func (g *Gateway) namedOutput(c *call) (rec record, index int, err error) {
	names, err := c.names("flow_id", "output_name")
	if err != nil {
		return record{}, 0, err
	}
	if rec, err = g.load(c.Context(), c.project, names[0]); err != nil {
		return record{}, 0, err
	}
	index, found := rec.output(names[1])
	if !found {
		return record{}, 0, unknownOutput(names[1])
	}
	return rec, index, nil
}

// updateOutput answers ModifyFlowOutput: absent fields keep their value.
func (g *Gateway) updateOutput(c *call) (answer, error) {
	names, err := c.names("flow_id", "output_name")
	if err != nil {
		return answer{}, err
	}
	var change medialive.OutputChange
	if err := decode(c.body, &change); err != nil {
		return answer{}, err
	}
	if err := refuseZero("", "port", change.Port, change.MinLatency); err != nil {
		return answer{}, err
	}
	defer g.serial.lock(names[0])()
	rec, i, err := g.namedOutput(c)
	if err != nil {
		return answer{}, err
	}
	if faults := medialive.ValidateOutputChange(change, rec.outputs[i]); len(faults) > 0 {
		return answer{}, faulty("", faults)
	}
	after, err := g.replaceOutput(c, rec, i, normalOutput(change.Apply(rec.outputs[i])))
	if err != nil {
		return answer{}, err
	}
	return ok(g.outputView(after.row.ID, after.outputs[i]))
}

func (g *Gateway) replaceOutput(c *call, rec record, i int, out medialive.Output) (after record, err error) {
	ctx, cancel := committed(c.Context())
	defer cancel()
	row := rec.row.Outputs[i]
	if row.Secret, err = g.sealed(rec.row.ID, out.Name, "encryption", out.Encryption, row.Secret); err != nil {
		return record{}, err
	}
	commit := func(ctx context.Context) error {
		if row.Config, err = encodeOutput(out); err != nil {
			return fmt.Errorf("encode output %s: %w", out.Name, err)
		}
		return storeRefusal(g.opts.Store.UpdateOutput(ctx, rec.row.ProjectID, rec.row.ID, row), "update output")
	}
	undo := func(ctx context.Context) error {
		return g.opts.Store.UpdateOutput(ctx, rec.row.ProjectID, rec.row.ID, rec.row.Outputs[i])
	}
	if out.Protocol != medialive.Listener || out.Port == row.ListenPort {
		return g.amend(ctx, rec, commit, undo)
	}
	err = g.allotting(ctx, func(ports *allotment) error {
		if out.Port, err = ports.take("port", out.Port); err != nil {
			return err
		}
		row.ListenPort = out.Port
		after, err = g.amend(ctx, rec, commit, undo)
		return err
	})
	return after, err
}

// deleteOutput answers DeleteFlowOutput.
func (g *Gateway) deleteOutput(c *call) (answer, error) {
	names, err := c.names("flow_id", "output_name")
	if err != nil {
		return answer{}, err
	}
	defer g.serial.lock(names[0])()
	rec, i, err := g.namedOutput(c)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := committed(c.Context())
	defer cancel()
	row := rec.row.Outputs[i]
	_, err = g.amend(ctx, rec, func(ctx context.Context) error {
		return storeRefusal(g.opts.Store.DeleteOutput(ctx, c.project, rec.row.ID, row.Name), "delete output")
	}, func(ctx context.Context) error {
		return g.opts.Store.AddOutputs(ctx, c.project, rec.row.ID, []store.FlowOutput{row})
	})
	if err != nil {
		return answer{}, err
	}
	return ok(struct {
		ID   string `json:"flow_id"`
		Name string `json:"output_name"`
	}{rec.row.ID, row.Name})
}
