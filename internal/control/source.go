package control

import (
	"context"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// Conflict tells that a source is no longer what the operator was shown.
// Nothing was changed.
type Conflict struct {
	Theirs medialive.Source // as it is now
}

// Error tells that there is a conflict.
func (e *Conflict) Error() string { return "the source was changed by somebody else in the meantime" }

// UpdateSource replaces the source of a flow, if it still is as the operator
// was shown it; else it is a *Conflict. A passphrase equal to medialive.Mask
// keeps the one that is set. An API that refuses because the flow is ACTIVE
// answers KindState: stop first. It is ErrChanged if the change would interrupt
// a flow that was not ACTIVE when the operator was shown what it does
// (Operator.Shown).
func (c *Control) UpdateSource(ctx context.Context, op Operator, flowID, sourceName string, s medialive.Source, shown Fingerprint) error {
	h, err := c.take(ctx, op, flowID, VerbUpdateSource, "")
	if err != nil {
		return err
	}
	defer h.done()
	f, err := h.read(ctx)
	if err != nil {
		return err
	}
	now, err := sourceOf(f, sourceName)
	if err != nil {
		return err
	}
	if FingerprintSource(now) != shown {
		return &Conflict{Theirs: now}
	}
	return h.updateSource(ctx, sourceName, now, s)
}

// updateSource replaces a source that was just read.
func (h *hand) updateSource(ctx context.Context, name string, now, s medialive.Source) error {
	changes := DiffSource(now, s)
	d := deed{
		verb: VerbUpdateSource, target: name, detail: describe(changes), changes: true, want: digest(changes), before: sourceBefore(now),
		do: func(ctx context.Context) error {
			_, err := h.op.Client.UpdateSource(ctx, h.flowID, name, s)
			return err
		},
	}
	if len(impact(changes).Cause) > 0 {
		d.effect = cuts
	}
	if !wanted(now, s) { // else a read cannot tell: only the passphrase changes
		d.check = func(ctx context.Context) (bool, error) {
			got, err := readSource(ctx, h.op, h.flowID, s.Name)
			return err == nil && wanted(got, s), err
		}
	}
	return h.act(ctx, d)
}

// wanted tells whether a source that was read is as it was to become. What the
// service fills in by itself does not count.
func wanted(got, want medialive.Source) bool {
	if want.Address == "" {
		want.Address = got.Address
	}
	if want.Port == 0 {
		want.Port = got.Port
	}
	if want.MinLatency == 0 {
		want.MinLatency = got.MinLatency
	}
	return FingerprintSource(got) == FingerprintSource(want)
}

// readSource reads a source as it is now.
func readSource(ctx context.Context, op Operator, flowID, name string) (medialive.Source, error) {
	f, err := op.Client.ShowFlow(ctx, flowID)
	if err != nil {
		return medialive.Source{}, err
	}
	return sourceOf(f, name)
}

// sourceOf finds a source of a flow.
func sourceOf(f medialive.Flow, name string) (medialive.Source, error) {
	for _, s := range f.Sources {
		if s.Name == name {
			return s, nil
		}
	}
	if s, ok := f.Source(); ok { // renamed: the operator is shown what is there now
		return s, nil
	}
	return medialive.Source{}, &medialive.Error{Op: "ShowFlow", Kind: medialive.KindNotFound, Message: "the flow has no such source"}
}
