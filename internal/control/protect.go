package control

import (
	"context"
	"fmt"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// Protect keeps a flow from everybody's hand but the operator's, who gives a
// reason (ErrReason). With second, what interrupts it needs a second person too.
// It is *Protected where somebody else protects the flow; who protects it
// already changes reason and second, and stays the owner since then.
func (c *Control) Protect(ctx context.Context, op Operator, flowID string, second bool) error {
	if err := needReason(op); err != nil {
		return err
	}
	return c.protection(ctx, op, flowID, func(now *monitor.Protect, version int64) error {
		if err := known(op, flowID); err != nil {
			return err
		}
		p := monitor.Protect{Owner: op.Actor, Since: c.now(), Reason: op.Reason, Second: second}
		detail := ""
		if second {
			detail = describe([]Change{{FieldSecond, "", Set}})
		}
		if now != nil {
			if now.Owner != op.Actor {
				return &Protected{*now}
			}
			p.Since = now.Since
		}
		return c.keep(ctx, op, flowID, topicProtect, p, version, c.line(op, VerbProtect, flowID, "", detail))
	})
}

// Release ends the operator's own protection of a flow. It is *Protected for
// somebody else's, and ErrNothingToDo where there is none.
func (c *Control) Release(ctx context.Context, op Operator, flowID string) error {
	return c.protection(ctx, op, flowID, func(now *monitor.Protect, version int64) error {
		switch {
		case now == nil:
			return ErrNothingToDo
		case now.Owner != op.Actor:
			return &Protected{*now}
		}
		return c.drop(ctx, op, flowID, topicProtect, version, c.line(op, VerbRelease, flowID, "", ""))
	})
}

// ForceRelease breaks somebody's protection of a flow, with a reason
// (ErrReason). The trail tells whose it was, and why it was there.
func (c *Control) ForceRelease(ctx context.Context, op Operator, flowID string) error {
	if err := needReason(op); err != nil {
		return err
	}
	return c.protection(ctx, op, flowID, func(now *monitor.Protect, version int64) error {
		if now == nil {
			return ErrNothingToDo
		}
		line := c.line(op, VerbForceRelease, flowID, now.Owner, now.Reason)
		return c.drop(ctx, op, flowID, topicProtect, version, line)
	})
}

// protection changes the protection of a flow in its turn. What waited for a
// second person under the old one ends with it.
func (c *Control) protection(ctx context.Context, op Operator, flowID string, change func(now *monitor.Protect, version int64) error) error {
	done, err := c.serial.take(ctx, op.key(flowID))
	if err != nil {
		return err
	}
	defer done()
	var p monitor.Protect
	version, err := c.recall(ctx, op, flowID, topicProtect, &p)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoTrail, err)
	}
	now := &p
	if version == 0 {
		now = nil
	}
	if err := change(now, version); err != nil {
		return err
	}
	c.endAsk(ctx, op, flowID)
	c.show(ctx, op, flowID)
	return nil
}

// endAsk drops what waits for a second person.
func (c *Control) endAsk(ctx context.Context, op Operator, flowID string) {
	a, version, err := c.asked(ctx, op, flowID)
	if err == nil && a != nil {
		err = c.drop(ctx, op, flowID, topicAsk, version, c.line(op, VerbWithdraw, flowID, a.Verb, a.By))
	}
	if err != nil {
		c.log.WarnContext(ctx, "what waits for a second person not ended", "flow", flowID, "error", err)
	}
}

// known refuses a flow of which it is known that there is none.
func known(op Operator, flowID string) error {
	s := op.Watcher.Snapshot()
	_, channel := monitor.ChannelKeyOf(flowID)
	all := s.Complete
	if channel {
		all = s.Channels.Complete
	}
	if _, ok := standing(s, flowID); ok || !all {
		return nil
	}
	return &medialive.Error{Op: "ShowFlow", Kind: medialive.KindNotFound, Message: "there is no such flow"}
}
