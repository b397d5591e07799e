package gateway

import "context"

// ReadStore reads the desired state anew, as the gateway does by itself now
// and then.
func (g *Gateway) ReadStore(ctx context.Context) bool { return g.wantStored(ctx) }
