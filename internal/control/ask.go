package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/monitor"
)

// askFor is how long an act waits for a second person.
const askFor = 5 * time.Minute

// Asked tells that an act now waits for a second person, who gives the same
// command with Consent.Ask set to the id. Nothing was sent.
type Asked struct {
	Ask monitor.Ask
}

// Error tells what waits.
func (e *Asked) Error() string { return e.Ask.Verb + " waits for a second person" }

// ErrSecond tells that somebody tried to confirm what he asked himself.
var ErrSecond = errors.New("another person has to confirm this")

// ask is an Ask as it is kept.
type ask struct {
	monitor.Ask
	Want string // tells two acts of one verb and target apart
}

// asked reads what waits for a second person, nil where nothing does any more.
// The version is that of the record, even of one that expired.
func (c *Control) asked(ctx context.Context, op Operator, flowID string) (*ask, int64, error) {
	var a ask
	version, err := c.recall(ctx, op, flowID, topicAsk, &a)
	if err != nil || version == 0 || !a.Until.After(c.now()) {
		return nil, version, err
	}
	return &a, version, nil
}

// confirming lets a second person through, who may be a stranger to the flow.
func (h *hand) confirming() error {
	a := h.asked
	switch {
	case h.protect == nil || a == nil || a.By != h.protect.Owner || a.ID != h.op.Consent.Ask || a.Verb != h.verb || a.Target != h.target:
		return ErrChanged
	case a.By == h.op.Actor:
		return ErrSecond
	}
	h.second = a.By
	return nil
}

// confirm uses up an ask, so that of two who confirm at once one acts.
func (h *hand) confirm(ctx context.Context, want string) error {
	if h.asked.Want != want {
		return ErrChanged
	}
	line := h.c.line(h.op, VerbConfirm, h.flowID, h.asked.Verb, h.second)
	if err := h.c.drop(ctx, h.op, h.flowID, topicAsk, h.version, line); err != nil {
		return err
	}
	h.c.show(ctx, h.op, h.flowID)
	return nil
}

// ask lets an act wait for a second person. The same act asked for again is the
// same ask.
func (h *hand) ask(ctx context.Context, want string) error {
	c := h.c
	if a := h.asked; a != nil && a.By == h.op.Actor && a.Verb == h.verb && a.Target == h.target && a.Want == want {
		return &Asked{a.Ask}
	}
	now := c.now()
	a := ask{Want: want, Ask: monitor.Ask{
		ID: uuid.NewString(), Verb: h.verb, Target: h.target, By: h.op.Actor, Reason: h.op.Reason,
		At: now, Until: now.Add(askFor),
	}}
	line := c.line(h.op, VerbAsk, h.flowID, h.verb, h.target)
	if err := c.keep(ctx, h.op, h.flowID, topicAsk, a, h.version, line); err != nil {
		return err
	}
	c.show(ctx, h.op, h.flowID)
	c.aside("an ask", func() { c.expire(h.op, h.flowID, a.ID) })
	return &Asked{a.Ask}
}

// expire takes an ask off the screens when nobody confirmed it in time.
func (c *Control) expire(op Operator, flowID, id string) {
	t := time.NewTimer(askFor)
	defer t.Stop()
	select {
	case <-c.ctx.Done():
		return
	case <-t.C:
	}
	done, err := c.serial.take(c.ctx, op.key(flowID))
	if err != nil {
		return
	}
	defer done()
	c.show(c.ctx, op, flowID)
	c.log.DebugContext(c.ctx, "nobody confirmed in time", "flow", flowID, "ask", id)
}

// WithdrawAsk takes back what waits for a second person. Anybody may: it keeps
// something from being done. It is ErrChanged if nothing waits any more.
func (c *Control) WithdrawAsk(ctx context.Context, op Operator, flowID string) error {
	done, err := c.serial.take(ctx, op.key(flowID))
	if err != nil {
		return err
	}
	defer done()
	a, version, err := c.asked(ctx, op, flowID)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoTrail, err)
	}
	if a == nil {
		return ErrChanged
	}
	line := c.line(op, VerbWithdraw, flowID, a.Verb, a.By)
	if err := c.drop(ctx, op, flowID, topicAsk, version, line); err != nil {
		return err
	}
	c.show(ctx, op, flowID)
	return nil
}
