package store

import (
	"context"
	"fmt"
	"time"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// Alarm is an alarm, open or past.
type Alarm struct {
	ID       string
	Endpoint string
	Project  string
	FlowID   string // empty: of the project
	Kind     string
	Target   string
	RaisedAt time.Time
	Open     bool
	Body     []byte

	// Was is the body that PutAlarm is to replace, so that nothing is lost that
	// another process wrote meanwhile; nil: whatever is there.
	Was []byte
}

// AlarmFilter chooses alarms of a project. Empty fields choose all.
type AlarmFilter struct {
	Endpoint, Project string // these must be given
	FlowID            string
	Without           string    // ids that begin so are left out; empty: none
	From, To          time.Time // raised at From or later, and before To
	Limit             int       // 0: 100
}

const alarmColumns = `id, endpoint, project, flow_id, kind, target, raised_at, is_open, body`

// PutAlarm adds the alarm, or replaces the one with its id. It says
// [ErrExists] if another open one is of the same thing, and [ErrStale] if the
// one with its id is not open any more with the body that v.Was names.
func (s *Store) PutAlarm(ctx context.Context, v Alarm, lines ...trail.Line) error {
	err := s.changed(ctx, lines, func(ctx context.Context, c conn) error {
		if v.Was != nil {
			n, err := c.exec(ctx, `UPDATE alarms SET is_open = $1, body = $2, raised_at = $3
				WHERE id = $4 AND endpoint = $5 AND project = $6 AND is_open AND body = $7`,
				v.Open, blob(v.Body), v.RaisedAt, v.ID, v.Endpoint, v.Project, v.Was)
			return s.exists(stale(n, err))
		}
		_, err := c.exec(ctx, `INSERT INTO alarms (`+alarmColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (id) DO UPDATE SET endpoint = excluded.endpoint, project = excluded.project,
				flow_id = excluded.flow_id, kind = excluded.kind, target = excluded.target,
				raised_at = excluded.raised_at, is_open = excluded.is_open, body = excluded.body`,
			v.ID, v.Endpoint, v.Project, v.FlowID, v.Kind, v.Target, v.RaisedAt, v.Open, blob(v.Body))
		return s.exists(err)
	})
	if err != nil {
		return fmt.Errorf("put alarm: %w", err)
	}
	return nil
}

// OpenAlarms gives the open alarms of the project, oldest first.
func (s *Store) OpenAlarms(ctx context.Context, endpoint, project string) ([]Alarm, error) {
	return s.alarms(ctx, `WHERE is_open AND endpoint = $1 AND project = $2 ORDER BY raised_at, id`, endpoint, project)
}

// Alarms gives the alarms that were raised in a time, open or not, newest
// first.
func (s *Store) Alarms(ctx context.Context, f AlarmFilter) ([]Alarm, error) {
	q := query{}
	q.and(`endpoint = %s`, f.Endpoint)
	q.and(`project = %s`, f.Project)
	q.unless(f.FlowID == "", `flow_id = %s`, f.FlowID)
	q.unless(f.Without == "", `flow_id NOT LIKE %s`, f.Without+"%")
	q.unless(f.From.IsZero(), `raised_at >= %s`, f.From)
	q.unless(f.To.IsZero(), `raised_at < %s`, f.To)
	return s.alarms(ctx, q.where()+` ORDER BY raised_at DESC, id LIMIT `+q.arg(limit(f.Limit)), q.args...)
}

func (s *Store) alarms(ctx context.Context, where string, args ...any) ([]Alarm, error) {
	vs, err := all(ctx, s.read(), scanAlarm, `SELECT `+alarmColumns+` FROM alarms `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("alarms: %w", err)
	}
	return vs, nil
}

func scanAlarm(scan scanner) (v Alarm, err error) {
	err = scan(&v.ID, &v.Endpoint, &v.Project, &v.FlowID, &v.Kind, &v.Target, instant{&v.RaisedAt}, &v.Open, &v.Body)
	return v, err
}
