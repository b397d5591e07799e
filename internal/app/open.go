package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/flowdeck/flowdeck/internal/config"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

// openStore opens what every process but the relay needs: the data folder, the
// key and the database, each made where it is missing.
func openStore(ctx context.Context, cfg config.Config) (*store.Store, *seal.Key, error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the data folder: %w", err)
	}
	key, err := seal.OpenKeyFile(cfg.KeyFile)
	if err != nil {
		return nil, nil, err
	}
	st, err := store.Open(ctx, cfg.DatabaseURL.Reveal())
	if err != nil {
		return nil, nil, err
	}
	st.KeepTrail(key)
	return st, key, nil
}

// closeAfter closes what was opened before err stopped the opening.
func closeAfter(err error, c io.Closer) error {
	return errors.Join(err, c.Close())
}
