package control

import (
	"context"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// lampOff is the unlit lamp in the trail.
const lampOff = "off"

// SetTally says of a flow that it is on air, armed for the next event, or
// neither. It says nothing about the signal and changes nothing of it, so that a
// protection does not keep anybody from it. It is ErrNothingToDo where the lamp
// says so already, and *Invalid for a lamp that there is not.
func (c *Control) SetTally(ctx context.Context, op Operator, flowID string, lamp monitor.Lamp) error {
	switch lamp {
	case monitor.LampOff, monitor.LampReady, monitor.LampOnAir:
	default:
		return &Invalid{Field: "lamp", Problem: ProblemCharacters}
	}
	if err := known(op, flowID); err != nil {
		return err
	}
	done, err := c.serial.take(ctx, op.key(flowID))
	if err != nil {
		return err
	}
	defer done()
	_, err = edit(ctx, c, op, flowID, topicTally, func(now *monitor.Tally) (trail.Line, error) {
		if now.Lamp == lamp {
			return trail.Line{}, ErrNothingToDo
		}
		*now = monitor.Tally{Lamp: lamp, By: op.Actor, Since: c.now()}
		word := string(lamp)
		if lamp == monitor.LampOff {
			word = lampOff
		}
		return c.line(op, VerbTally, flowID, word, ""), nil
	})
	if err == nil {
		c.show(ctx, op, flowID)
	}
	return err
}
