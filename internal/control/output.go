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
	done, err := c.serial.take(ctx, op.key(flowID))
	if err != nil {
		return err
	}
	defer done()
	return c.act(ctx, op, deed{
		verb: VerbAddOutput, flowID: flowID, flowName: nameOf(op, flowID), target: o.Name, detail: describeOutput(o),
		do: func(ctx context.Context) error {
			_, err := op.Client.CreateOutputs(ctx, flowID, []medialive.Output{o})
			return err
		},
		check: func(ctx context.Context) (bool, error) { return outputExists(ctx, op, flowID, o.Name) },
	})
}

// UpdateOutput changes an output, if it still is as the operator was shown it;
// else it is an *OutputConflict. To switch it on or off is a change of its Status.
func (c *Control) UpdateOutput(ctx context.Context, op Operator, flowID, name string, ch medialive.OutputChange, shown Fingerprint) error {
	done, err := c.serial.take(ctx, op.key(flowID))
	if err != nil {
		return err
	}
	defer done()
	now, err := op.Client.ShowOutput(ctx, flowID, name)
	if err != nil {
		return err
	}
	want := ch.Apply(now)
	if onlyStatus(ch) && now.Status == want.Status {
		return &AlreadyDone{}
	}
	if FingerprintOutput(now) != shown {
		return &OutputConflict{Theirs: now}
	}
	d := deed{
		verb: VerbUpdateOutput, flowID: flowID, flowName: nameOf(op, flowID), target: name,
		detail: describe(DiffOutput(now, want)),
		do: func(ctx context.Context) error {
			_, err := op.Client.UpdateOutput(ctx, flowID, name, ch)
			return err
		},
	}
	if FingerprintOutput(want) != shown { // else a read cannot tell: only the passphrase changes
		d.check = func(ctx context.Context) (bool, error) {
			got, err := op.Client.ShowOutput(ctx, flowID, name)
			return err == nil && FingerprintOutput(got) == FingerprintOutput(want), err
		}
	}
	return c.act(ctx, op, d)
}

// DeleteOutput removes an output, running or not.
func (c *Control) DeleteOutput(ctx context.Context, op Operator, flowID, name string) error {
	done, err := c.serial.take(ctx, op.key(flowID))
	if err != nil {
		return err
	}
	defer done()
	return c.act(ctx, op, deed{
		verb: VerbDeleteOutput, flowID: flowID, flowName: nameOf(op, flowID), target: name,
		do: func(ctx context.Context) error { return op.Client.DeleteOutput(ctx, flowID, name) },
		check: func(ctx context.Context) (bool, error) {
			there, err := outputExists(ctx, op, flowID, name)
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
