package control

import (
	"context"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// OutputConflict tells that an output is no longer what the operator was shown.
// Nothing was changed.
type OutputConflict struct {
	Theirs medialive.Output // as it is now
}

// Error tells that there is a conflict.
func (e *OutputConflict) Error() string {
	return "the output was changed by somebody else in the meantime"
}

// AddOutput adds an output to a flow, running or not.
func (c *Control) AddOutput(ctx context.Context, op Operator, flowID string, o medialive.Output) error {
	h, err := c.take(ctx, op, flowID, VerbAddOutput, o.Name)
	if err != nil {
		return err
	}
	defer h.done()
	return h.addOutput(ctx, o)
}

func (h *hand) addOutput(ctx context.Context, o medialive.Output) error {
	return h.act(ctx, deed{
		verb: VerbAddOutput, target: o.Name, detail: describeOutput(o), changes: true,
		do: func(ctx context.Context) error {
			_, err := h.op.Client.CreateOutputs(ctx, h.flowID, []medialive.Output{o})
			return err
		},
		check: func(ctx context.Context) (bool, error) { return outputExists(ctx, h.op, h.flowID, o.Name) },
	})
}

// UpdateOutput changes an output, if it still is as the operator was shown it;
// else it is an *OutputConflict. To switch it on or off is a change of its
// Status. It is ErrChanged if the change would interrupt a flow that was not
// ACTIVE when the operator was shown what it does (Operator.Shown).
func (c *Control) UpdateOutput(ctx context.Context, op Operator, flowID, name string, ch medialive.OutputChange, shown Fingerprint) error {
	h, err := c.take(ctx, op, flowID, VerbUpdateOutput, name)
	if err != nil {
		return err
	}
	defer h.done()
	now, err := op.Client.ShowOutput(ctx, flowID, name)
	if err != nil {
		return err
	}
	if onlyStatus(ch) && now.Status == ch.Apply(now).Status {
		return &AlreadyDone{}
	}
	if FingerprintOutput(now) != shown {
		return &OutputConflict{Theirs: now}
	}
	return h.updateOutput(ctx, now, ch)
}

// updateOutput changes an output that was just read.
func (h *hand) updateOutput(ctx context.Context, now medialive.Output, ch medialive.OutputChange) error {
	want := ch.Apply(now)
	changes := DiffOutput(now, want)
	d := deed{
		verb: VerbUpdateOutput, target: now.Name, detail: describe(changes), changes: true, want: digest(changes), before: outputBefore(now),
		do: func(ctx context.Context) error {
			_, err := h.op.Client.UpdateOutput(ctx, h.flowID, now.Name, ch)
			return err
		},
	}
	if now.Status != medialive.Disabled && len(impact(changes).Cause) > 0 {
		d.effect = cuts
	}
	if FingerprintOutput(want) != FingerprintOutput(now) { // else a read cannot tell: only the passphrase changes
		d.check = func(ctx context.Context) (bool, error) {
			got, err := h.op.Client.ShowOutput(ctx, h.flowID, now.Name)
			return err == nil && FingerprintOutput(got) == FingerprintOutput(want), err
		}
	}
	return h.act(ctx, d)
}

// DeleteOutput removes an output, running or not, if it still is the one that
// the operator was shown (Operator.Seen); else it is an *OutputConflict: outputs
// are addressed by their names, and this may be a newer one.
func (c *Control) DeleteOutput(ctx context.Context, op Operator, flowID, name string) error {
	h, err := c.take(ctx, op, flowID, VerbDeleteOutput, name)
	if err != nil {
		return err
	}
	defer h.done()
	if op.Seen != "" {
		now, err := op.Client.ShowOutput(ctx, flowID, name)
		if err != nil {
			return err
		}
		if err := op.another(now); err != nil {
			return err
		}
	}
	return h.deleteOutput(ctx, name)
}

// another tells of an output that is not the one that the operator was shown.
func (op Operator) another(now medialive.Output) error {
	if op.Seen != "" && op.Seen != Likeness(now) {
		return &OutputConflict{Theirs: now}
	}
	return nil
}

func (h *hand) deleteOutput(ctx context.Context, name string) error {
	return h.act(ctx, deed{
		verb: VerbDeleteOutput, target: name, effect: cuts, changes: true,
		do: func(ctx context.Context) error { return h.op.Client.DeleteOutput(ctx, h.flowID, name) },
		check: func(ctx context.Context) (bool, error) {
			there, err := outputExists(ctx, h.op, h.flowID, name)
			return !there, err
		},
	})
}

// outputExists reads whether a flow has an output.
func outputExists(ctx context.Context, op Operator, flowID, name string) (bool, error) {
	f, err := op.Client.ShowFlow(ctx, flowID)
	if err != nil {
		return false, err
	}
	for _, o := range f.Outputs {
		if o.Name == name {
			return true, nil
		}
	}
	return false, nil
}

// onlyStatus tells that a change does nothing but switch the output.
func onlyStatus(ch medialive.OutputChange) bool {
	return ch.Status != nil && ch.Destination == nil && ch.Port == nil && ch.StreamID == nil &&
		ch.MinLatency == nil && ch.CIDRWhitelist == nil && ch.Description == nil && ch.Encryption == nil
}
