package gateway

import (
	"context"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// ReadStore reads the desired state anew, as the gateway does by itself now
// and then.
func (g *Gateway) ReadStore(ctx context.Context) bool { return g.wantStored(ctx) }

// StoredChannel gives a channel with its secrets.
func (g *Gateway) StoredChannel(ctx context.Context, project string, key medialive.ChannelKey) (medialive.Channel, error) {
	rec, err := g.loadChannel(ctx, project, key)
	return rec.channel, err
}
