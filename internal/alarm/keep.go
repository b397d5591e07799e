package alarm

import (
	"context"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// Store is what the panels need of the database. *store.Store satisfies it.
type Store interface {
	AppendTrail(ctx context.Context, lines ...trail.Line) error
}
