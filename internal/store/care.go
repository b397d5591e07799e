package store

import (
	"context"
	"fmt"
	"time"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// Care is one thing that people keep about a flow or a project: a protection,
// a note, a label, a band.
type Care struct {
	Endpoint string
	Project  string
	Subject  string // id of the flow; empty: the project
	Topic    string
	Body     []byte
	By       string
	At       time.Time
	Version  int64 // grows with each change, also over a deletion; 0: none yet
}

const careColumns = `endpoint, project, subject, topic, body, actor, at, version`

// PutCare writes v in place of the version it names, 0 for none, and gives the
// new version. It says [ErrStale] if another one is there.
func (s *Store) PutCare(ctx context.Context, v Care, lines ...trail.Line) (version int64, err error) {
	version = v.Version + 1
	if v.Version == 0 {
		version = max(1, millis(v.At)) // never one that was there before a deletion
	}
	err = s.changed(ctx, lines, func(ctx context.Context, c conn) error {
		if v.Version == 0 {
			return stale(c.exec(ctx, `INSERT INTO cares (`+careColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
				ON CONFLICT DO NOTHING`, v.Endpoint, v.Project, v.Subject, v.Topic, blob(v.Body), v.By, v.At, version))
		}
		return stale(c.exec(ctx, `UPDATE cares SET body = $1, actor = $2, at = $3, version = $4
			WHERE endpoint = $5 AND project = $6 AND subject = $7 AND topic = $8 AND version = $9`,
			blob(v.Body), v.By, v.At, version, v.Endpoint, v.Project, v.Subject, v.Topic, v.Version))
	})
	if err != nil {
		return 0, fmt.Errorf("put %s: %w", v.Topic, err)
	}
	return version, nil
}

// DeleteCare deletes the version, or says [ErrStale] if that is not there.
func (s *Store) DeleteCare(ctx context.Context, endpoint, project, subject, topic string, version int64, lines ...trail.Line) error {
	err := s.changed(ctx, lines, func(ctx context.Context, c conn) error {
		return stale(c.exec(ctx, `DELETE FROM cares
			WHERE endpoint = $1 AND project = $2 AND subject = $3 AND topic = $4 AND version = $5`,
			endpoint, project, subject, topic, version))
	})
	if err != nil {
		return fmt.Errorf("delete %s: %w", topic, err)
	}
	return nil
}

// Care gives one thing, or [ErrNotFound].
func (s *Store) Care(ctx context.Context, endpoint, project, subject, topic string) (Care, error) {
	v, err := one(ctx, s.read(), scanCare, `SELECT `+careColumns+` FROM cares
		WHERE endpoint = $1 AND project = $2 AND subject = $3 AND topic = $4`, endpoint, project, subject, topic)
	if err != nil {
		return Care{}, fmt.Errorf("%s: %w", topic, err)
	}
	return v, nil
}

// Cares gives all that is kept about the project and its flows, by subject and
// topic.
func (s *Store) Cares(ctx context.Context, endpoint, project string) ([]Care, error) {
	return s.cares(ctx, `WHERE endpoint = $1 AND project = $2`, endpoint, project)
}

// CaresOf gives all that is kept about one subject, by topic.
func (s *Store) CaresOf(ctx context.Context, endpoint, project, subject string) ([]Care, error) {
	return s.cares(ctx, `WHERE endpoint = $1 AND project = $2 AND subject = $3`, endpoint, project, subject)
}

func (s *Store) cares(ctx context.Context, where string, args ...any) ([]Care, error) {
	vs, err := all(ctx, s.read(), scanCare, `SELECT `+careColumns+` FROM cares `+where+` ORDER BY subject, topic`, args...)
	if err != nil {
		return nil, fmt.Errorf("cares: %w", err)
	}
	return vs, nil
}

func scanCare(scan scanner) (v Care, err error) {
	err = scan(&v.Endpoint, &v.Project, &v.Subject, &v.Topic, &v.Body, &v.By, instant{&v.At}, &v.Version)
	return v, err
}

// stale says [ErrStale] where nothing was changed.
func stale(n int64, err error) error {
	if err == nil && n == 0 {
		return ErrStale
	}
	return err
}

// blob is bytes as a column that is never NULL wants them.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
