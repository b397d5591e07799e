package store

import (
	"context"
	"fmt"
	"time"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// Shelf keeps alarms from being shown until an end.
type Shelf struct {
	ID       string
	Endpoint string
	Project  string
	Until    time.Time
	Body     []byte
}

// PutShelf adds the shelf, or replaces the one with its id.
func (s *Store) PutShelf(ctx context.Context, v Shelf, lines ...trail.Line) error {
	err := s.changed(ctx, lines, func(ctx context.Context, c conn) error {
		_, err := c.exec(ctx, `INSERT INTO shelves (id, endpoint, project, ends_at, body) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (id) DO UPDATE SET endpoint = excluded.endpoint, project = excluded.project,
				ends_at = excluded.ends_at, body = excluded.body`,
			v.ID, v.Endpoint, v.Project, v.Until, blob(v.Body))
		return err
	})
	if err != nil {
		return fmt.Errorf("put shelf: %w", err)
	}
	return nil
}

// DeleteShelf deletes the shelf, or says [ErrNotFound].
func (s *Store) DeleteShelf(ctx context.Context, id string, lines ...trail.Line) error {
	err := s.changed(ctx, lines, func(ctx context.Context, c conn) error {
		return c.execOne(ctx, `DELETE FROM shelves WHERE id = $1`, id)
	})
	if err != nil {
		return fmt.Errorf("delete shelf: %w", err)
	}
	return nil
}

// Shelves gives the project's shelves, also those that ended, by their end.
func (s *Store) Shelves(ctx context.Context, endpoint, project string) ([]Shelf, error) {
	vs, err := all(ctx, s.read(), scanShelf, `SELECT id, endpoint, project, ends_at, body FROM shelves
		WHERE endpoint = $1 AND project = $2 ORDER BY ends_at, id`, endpoint, project)
	if err != nil {
		return nil, fmt.Errorf("shelves: %w", err)
	}
	return vs, nil
}

func scanShelf(scan scanner) (v Shelf, err error) {
	err = scan(&v.ID, &v.Endpoint, &v.Project, instant{&v.Until}, &v.Body)
	return v, err
}
