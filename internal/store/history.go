package store

import (
	"context"
	"fmt"
	"time"
)

// HistoryChunk is what was measured of one leg in a stretch of time.
type HistoryChunk struct {
	Endpoint string
	Project  string
	FlowID   string
	Leg      string    // output; empty: the source
	Step     int       // seconds between samples
	From     time.Time // of the stretch
	Body     []byte
}

const historyColumns = `endpoint, project, flow_id, leg, step, from_at, body`

// PutHistory adds the chunks, or replaces those that are there: all or none.
func (s *Store) PutHistory(ctx context.Context, chunks ...HistoryChunk) error {
	err := s.tx(ctx, func(c conn) error {
		for _, v := range chunks {
			_, err := c.exec(ctx, `INSERT INTO history (`+historyColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
				ON CONFLICT (endpoint, project, flow_id, leg, step, from_at) DO UPDATE SET body = excluded.body`,
				v.Endpoint, v.Project, v.FlowID, v.Leg, v.Step, v.From, blob(v.Body))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("put history: %w", err)
	}
	return nil
}

// History gives the chunks of one leg and step that begin at from or later and
// before to, oldest first.
func (s *Store) History(ctx context.Context, endpoint, project, flowID, leg string, step int, from, to time.Time) ([]HistoryChunk, error) {
	vs, err := all(ctx, s.read(), scanHistory, `SELECT `+historyColumns+` FROM history
		WHERE endpoint = $1 AND project = $2 AND flow_id = $3 AND leg = $4 AND step = $5 AND from_at >= $6 AND from_at < $7
		ORDER BY from_at`, endpoint, project, flowID, leg, step, from, to)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	return vs, nil
}

// HistoryLegs gives the legs of the flow of which anything is kept.
func (s *Store) HistoryLegs(ctx context.Context, endpoint, project, flowID string) ([]string, error) {
	legs, err := all(ctx, s.read(), func(scan scanner) (leg string, err error) { err = scan(&leg); return leg, err },
		`SELECT DISTINCT leg FROM history WHERE endpoint = $1 AND project = $2 AND flow_id = $3 ORDER BY leg`,
		endpoint, project, flowID)
	if err != nil {
		return nil, fmt.Errorf("legs of the history: %w", err)
	}
	return legs, nil
}

// PruneHistory deletes the chunks of a step that begin before a time.
func (s *Store) PruneHistory(ctx context.Context, step int, before time.Time) error {
	if _, err := s.write().exec(ctx, `DELETE FROM history WHERE step = $1 AND from_at < $2`, step, before); err != nil {
		return fmt.Errorf("prune history: %w", err)
	}
	return nil
}

func scanHistory(scan scanner) (v HistoryChunk, err error) {
	err = scan(&v.Endpoint, &v.Project, &v.FlowID, &v.Leg, &v.Step, instant{&v.From}, &v.Body)
	return v, err
}
