package app

import (
	"context"

	"github.com/flowdeck/flowdeck/internal/relay"
)

// runRelay is the media process. It ends its flows when ctx ends.
func runRelay(ctx context.Context, in invocation) error {
	lock, err := take(in.cfg.RunDir(), relayRole)
	if err != nil {
		return err
	}
	defer lock.Close()
	return relay.Serve(ctx, relay.Options{
		Socket:  in.cfg.RelaySocket(),
		Log:     in.log.With("process", relayRole),
		Version: Version(),
		Allow:   in.cfg.CallAllow(),
	})
}
