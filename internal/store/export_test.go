package store

import (
	"context"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// InsertUnchained writes the row of a line by itself and without a chain: what
// a benchmark compares with.
func (s *Store) InsertUnchained(ctx context.Context, seq int64, l trail.Line) error {
	_, err := s.write().exec(ctx, `INSERT INTO trail_lines (`+lineColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		seq, l.At, l.Endpoint, l.Project, string(l.Kind), l.ID, l.FlowID, l.FlowName, l.Verb, l.Target, l.Actor,
		l.Reason, l.Detail, l.Outcome, l.Cause, l.Code, l.Message, l.Request, 1, make([]byte, 32))
	return err
}

// Tamper changes the database as somebody does who can reach it.
func (s *Store) Tamper(ctx context.Context, text string, args ...any) error {
	_, err := s.write().exec(ctx, text, args...)
	return err
}
