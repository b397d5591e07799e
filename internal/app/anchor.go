package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/flowdeck/flowdeck/internal/config"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

const (
	anchorEvery  = 5 * time.Second
	anchorLogged = time.Minute // at most so often into the log
)

// anchor keeps the head of the trail in a file beside the data, and in the log,
// so that a database of yesterday that is put back is found. It proves nothing
// against one who puts the file back too: that is what the log is for.
type anchor struct {
	path   string
	store  *store.Store
	log    *slog.Logger
	last   trail.Head
	logged time.Time
	broken bool // the trail has not what the file says; the file is left as it is
}

// anchorPath is the file of the head.
func anchorPath(cfg config.Config) string { return filepath.Join(cfg.Data, "trail.head") }

func newAnchor(cfg config.Config, st *store.Store, log *slog.Logger) *anchor {
	return &anchor{path: anchorPath(cfg), store: st, log: log, last: trail.Start()}
}

// readAnchor gives the head in the file, and whether there is one.
func readAnchor(path string) (head trail.Head, there bool, err error) {
	text, err := os.ReadFile(path) //nolint:gosec // in the data folder
	if errors.Is(err, fs.ErrNotExist) {
		return head, false, nil
	}
	if err == nil {
		head, err = trail.ParseHead(string(text))
	}
	if err != nil {
		return head, false, fmt.Errorf("head of the trail in %s: %w", path, err)
	}
	return head, true, nil
}

// run keeps the file until ctx ends. That it cannot be written stops nothing.
func (a *anchor) run(ctx context.Context) error {
	if err := a.compare(ctx); err != nil && ctx.Err() == nil {
		a.log.Error("activity trail", "error", err)
	}
	for sleep(ctx, anchorEvery) {
		if err := a.keep(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("activity trail", "error", err)
		}
	}
	return nil
}

// write keeps the file for the last time.
func (a *anchor) write() error {
	ctx, cancel := context.WithTimeout(context.Background(), anchorEvery)
	defer cancel()
	return a.keep(ctx)
}

// compare asks whether the trail still has what the file says. If not, the
// file stays as a witness.
func (a *anchor) compare(ctx context.Context) error {
	head, there, err := readAnchor(a.path)
	if err != nil || !there {
		a.broken = err != nil
		return err
	}
	has, err := a.store.HasTrailLine(ctx, head)
	if err == nil && !has {
		err = fmt.Errorf("the database is not the one that %s belongs to, or its trail was cut: "+
			"flowdeck audit verify tells more; after putting a backup back, delete that file", a.path)
	}
	a.broken, a.last = err != nil, head
	return err
}

func (a *anchor) keep(ctx context.Context) error {
	if a.broken {
		return nil
	}
	head, err := a.store.TrailHead(ctx)
	if err != nil || head.Lines <= a.last.Lines {
		return err
	}
	if err := replaceFile(a.path, head.String()+"\n"); err != nil {
		return fmt.Errorf("keep the head of the trail: %w", err)
	}
	a.last = head
	if now := time.Now(); now.Sub(a.logged) >= anchorLogged {
		a.logged = now
		a.log.Info("activity trail", "head", head.String())
	}
	return nil
}

// replaceFile puts a whole file in the place of the one at path.
func replaceFile(path, text string) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".head-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // gone after the rename
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
