package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// MaxParked is how many outputs of a flow may be parked.
const MaxParked = 20

// ErrParkedUnsure tells that an output is parked, and that it is not known
// whether it was removed from the flow: look before it is added back.
var ErrParkedUnsure = errors.New("the output is parked; whether it was removed is not known")

// ErrNotParked tells that no output of that name is parked.
var ErrNotParked = errors.New("no such output is parked")

// Parked is an output that was put aside, to be added back later.
type Parked struct {
	Name      string
	At        time.Time
	By        string
	Output    medialive.Output // without its passphrase
	Encrypted bool             // a passphrase is needed to add it back
}

// Parked gives the outputs of a flow that are put aside, by name.
func (c *Control) Parked(ctx context.Context, op Operator, flowID string) ([]Parked, error) {
	all, _, err := c.parked(ctx, op, flowID)
	return all, err
}

func (c *Control) parked(ctx context.Context, op Operator, flowID string) (all []Parked, version int64, err error) {
	version, err = c.recall(ctx, op, flowID, topicParked, &all)
	return all, version, err
}

// ParkOutput keeps an output and removes it from the flow. Where the removal is
// refused nothing is parked; where its outcome is unknown it is
// ErrParkedUnsure, with the cause. An output that is not the one the operator was
// shown is an *OutputConflict.
func (c *Control) ParkOutput(ctx context.Context, op Operator, flowID, name string) error {
	h, err := c.take(ctx, op, flowID, VerbPark, name)
	if err != nil {
		return err
	}
	defer h.done()
	o, err := op.Client.ShowOutput(ctx, flowID, name)
	if err != nil {
		return err
	}
	if err := op.another(o); err != nil {
		return err
	}
	e := cuts
	if o.Status == medialive.Disabled {
		e = harmless
	}
	if err := h.agree(ctx, e, name); err != nil {
		return err
	}
	if err := h.park(ctx, o); err != nil {
		return err
	}
	err = h.deleteOutput(ctx, name)
	ctx = context.WithoutCancel(ctx)
	switch {
	case err == nil:
		return nil
	case medialive.KindOf(err) == medialive.KindOutcomeUnknown:
		return fmt.Errorf("%w: %w", ErrParkedUnsure, err)
	}
	if gone := c.unpark(ctx, op, flowID, name, VerbDropParked); gone != nil {
		c.log.ErrorContext(ctx, "parked output not taken back", "flow", flowID, "output", name, "error", gone)
	}
	return err
}

// park keeps an output in place of a parked one of its name.
func (h *hand) park(ctx context.Context, o medialive.Output) error {
	c, op := h.c, h.op
	all, version, err := c.parked(ctx, op, h.flowID)
	if err != nil {
		return err
	}
	p := Parked{Name: o.Name, At: c.now(), By: op.Actor, Output: o, Encrypted: encrypted(o.Encryption)}
	p.Output.Health = ""
	all = slices.DeleteFunc(all, func(have Parked) bool { return have.Name == o.Name })
	if len(all) >= MaxParked {
		return &Invalid{Field: "name", Problem: ProblemTooMany, Limit: MaxParked}
	}
	all = append(all, p)
	slices.SortFunc(all, func(a, b Parked) int { return cmp.Compare(a.Name, b.Name) })
	line := c.line(op, VerbPark, h.flowID, o.Name, describeOutput(o))
	return c.keep(ctx, op, h.flowID, topicParked, all, version, line)
}

// UnparkOutput adds a parked output back to its flow. It is ErrNotParked if
// there is none such, and ErrPassphrase if it was encrypted and none is given.
func (c *Control) UnparkOutput(ctx context.Context, op Operator, flowID, name string, passphrase medialive.Secret) error {
	h, err := c.take(ctx, op, flowID, VerbUnpark, name)
	if err != nil {
		return err
	}
	defer h.done()
	all, _, err := c.parked(ctx, op, flowID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(p Parked) bool { return p.Name == name })
	switch {
	case i < 0:
		return ErrNotParked
	case all[i].Encrypted && passphrase == "":
		return ErrPassphrase
	}
	o := all[i].Output
	o.Encryption = withPassphrase(o.Encryption, typed{FieldPassphrase: passphrase})
	if err := h.addOutput(ctx, o); err != nil {
		return err // it stays parked
	}
	ctx = context.WithoutCancel(ctx)
	if err := c.unpark(ctx, op, flowID, name, VerbUnpark); err != nil {
		c.log.ErrorContext(ctx, "output added back still parked", "flow", flowID, "output", name, "error", err)
	}
	return nil
}

// DropParked forgets a parked output. It is ErrNotParked if there is none such.
func (c *Control) DropParked(ctx context.Context, op Operator, flowID, name string) error {
	h, err := c.take(ctx, op, flowID, VerbDropParked, name)
	if err != nil {
		return err
	}
	defer h.done()
	return c.unpark(ctx, op, flowID, name, VerbDropParked)
}

// unpark takes an output off the list.
func (c *Control) unpark(ctx context.Context, op Operator, flowID, name, verb string) error {
	all, version, err := c.parked(ctx, op, flowID)
	if err != nil {
		return err
	}
	n := len(all)
	all = slices.DeleteFunc(all, func(p Parked) bool { return p.Name == name })
	if len(all) == n {
		return ErrNotParked
	}
	return c.keep(ctx, op, flowID, topicParked, all, version, c.line(op, verb, flowID, name, ""))
}
