package control

import (
	"context"

	"github.com/flowdeck/flowdeck/internal/store"
)

// Act is a command as the trail has it.
type Act = store.Command

// History gives what was done to a flow through this installation, the newest
// first, at most limit commands.
func (c *Control) History(ctx context.Context, op Operator, flowID string, limit int) ([]Act, error) {
	return c.trail.FlowCommands(ctx, op.Endpoint, op.Project, flowID, limit)
}
