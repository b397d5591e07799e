package store

import (
	"context"
	"fmt"
	"time"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// Command is a command that somebody gave, written down before it was sent,
// and what became of it.
type Command struct {
	ID        string
	Endpoint  string // of the Media Live API
	Project   string // its id
	FlowID    string // empty when the flow was yet to be created
	FlowName  string
	Verb      string // "start", "stop", "create" and so on
	Target    string // what of the flow: a source's or output's name
	Actor     string
	Reason    string
	Detail    string
	At        time.Time
	Outcome   string // empty: open
	Kind      string // of the error
	Code      string // as the API gave it
	Message   string // as the API gave it
	RequestID string
	SettledAt time.Time
}

const commandColumns = `id, endpoint, project, flow_id, flow_name, verb, target, actor, reason, detail, at,
	outcome, kind, code, message, request_id, settled_at`

// AddCommand writes a command down, with its line of the trail. It says
// [ErrExists] if the id is taken.
func (s *Store) AddCommand(ctx context.Context, v Command) error {
	lines := []trail.Line{commandLine(v)}
	if v.Outcome != "" {
		lines = append(lines, outcomeLine(v))
	}
	err := s.chained(ctx, func(ctx context.Context, a *appender) error {
		_, err := a.exec(ctx, `INSERT INTO commands (`+commandColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
			v.ID, v.Endpoint, v.Project, v.FlowID, v.FlowName, v.Verb, v.Target, v.Actor, v.Reason, v.Detail, v.At,
			v.Outcome, v.Kind, v.Code, v.Message, v.RequestID, v.SettledAt)
		return s.exists(err)
	}, lines...)
	if err != nil {
		return fmt.Errorf("add command: %w", err)
	}
	return nil
}

// SettleCommand writes down what became of a command, with its line of the
// trail. An unknown outcome may be settled again when a read tells more. It
// says [ErrNotFound] if there is no such command.
func (s *Store) SettleCommand(ctx context.Context, id, outcome, kind, code, message, requestID string, at time.Time) error {
	err := s.changeCommand(ctx, `outcome = $1, kind = $2, code = $3, message = $4, request_id = $5, settled_at = $6
		WHERE id = $7`, outcome, kind, code, message, requestID, at, id)
	if err != nil {
		return fmt.Errorf("settle command: %w", err)
	}
	return nil
}

// NameCommand tells which flow a command made, once that is known, with a line
// of the trail. It says [ErrNotFound] if there is no such command.
func (s *Store) NameCommand(ctx context.Context, id, flowID string) error {
	if err := s.changeCommand(ctx, `flow_id = $1 WHERE id = $2`, flowID, id); err != nil {
		return fmt.Errorf("name command: %w", err)
	}
	return nil
}

// changeCommand changes a command and appends a line of how it is now.
func (s *Store) changeCommand(ctx context.Context, set string, args ...any) error {
	return s.chained(ctx, func(ctx context.Context, a *appender) error {
		v, err := one(ctx, a.conn, scanCommand, `UPDATE commands SET `+set+` RETURNING `+commandColumns, args...)
		if err != nil {
			return err
		}
		return a.add(ctx, outcomeLine(v))
	})
}

// commandLine is the line of a command that was given.
func commandLine(v Command) trail.Line {
	return trail.Line{
		At: v.At, Endpoint: v.Endpoint, Project: v.Project, Kind: trail.Command, ID: v.ID, FlowID: v.FlowID,
		FlowName: v.FlowName, Verb: v.Verb, Target: v.Target, Actor: v.Actor, Reason: v.Reason, Detail: v.Detail,
	}
}

// outcomeLine is the line of what is known of the command now.
func outcomeLine(v Command) trail.Line {
	at := v.SettledAt
	if at.IsZero() { // named before it was settled
		at = v.At
	}
	return trail.Line{
		At: at, Endpoint: v.Endpoint, Project: v.Project, Kind: trail.Outcome, ID: v.ID, FlowID: v.FlowID,
		FlowName: v.FlowName, Verb: v.Verb, Target: v.Target, Actor: v.Actor,
		Outcome: v.Outcome, Cause: v.Kind, Code: v.Code, Message: v.Message, Request: v.RequestID,
	}
}

// compareCommands finds the commands that are not as the trail tells: what was
// commanded by their first line, the flow by their last, the outcome by the
// last line that has one.
func compareCommands(ctx context.Context, c conn, v *trail.Verifier) error {
	for _, query := range []string{
		`SELECT COALESCE(l.seq, 0), c.id
		FROM commands c
			LEFT JOIN trail_lines l ON l.seq = (SELECT min(seq) FROM trail_lines WHERE id = c.id AND kind = 'command')
			LEFT JOIN trail_lines n ON n.seq = (SELECT max(seq) FROM trail_lines WHERE id = c.id AND kind IN ('command', 'outcome'))
			LEFT JOIN trail_lines o ON o.seq = (SELECT max(seq) FROM trail_lines WHERE id = c.id AND kind = 'outcome')
		WHERE l.seq IS NULL OR n.flow_id <> c.flow_id
			OR l.endpoint <> c.endpoint OR l.project <> c.project OR l.flow_name <> c.flow_name OR l.verb <> c.verb
			OR l.target <> c.target OR l.actor <> c.actor OR l.reason <> c.reason OR l.detail <> c.detail OR l.at <> c.at
			OR COALESCE(o.outcome, '') <> c.outcome OR COALESCE(o.cause, '') <> c.kind OR COALESCE(o.code, '') <> c.code
			OR COALESCE(o.message, '') <> c.message OR COALESCE(o.request, '') <> c.request_id
			OR CASE WHEN COALESCE(o.outcome, '') = '' THEN 0 ELSE o.at END <> c.settled_at
		ORDER BY c.seq`,
		`SELECT l.seq, l.id FROM trail_lines l
		WHERE l.kind = 'command' AND NOT EXISTS (SELECT 1 FROM commands WHERE id = l.id) ORDER BY l.seq`,
	} {
		findings, err := all(ctx, c, scanFinding, query)
		if err != nil {
			return fmt.Errorf("compare the commands: %w", err)
		}
		for _, f := range findings {
			v.Find(f)
		}
	}
	return nil
}

func scanFinding(scan scanner) (f trail.Finding, err error) {
	f.Fault = trail.Disagrees
	err = scan(&f.Seq, &f.Detail)
	f.End = f.Seq
	return f, err
}

// OpenCommands gives the commands without an outcome, oldest first: those
// under way, and those whose process died.
func (s *Store) OpenCommands(ctx context.Context) ([]Command, error) {
	return s.commands(ctx, `WHERE outcome = '' ORDER BY at, seq`)
}

// UnknownCommands gives the commands since then whose outcome is not known,
// oldest first.
func (s *Store) UnknownCommands(ctx context.Context, since time.Time) ([]Command, error) {
	return s.commands(ctx, `WHERE outcome = 'unknown' AND at >= $1 ORDER BY at, seq`, since)
}

// LatestCommands gives the newest start or stop of each flow of the project.
func (s *Store) LatestCommands(ctx context.Context, endpoint, project string) ([]Command, error) {
	return s.commands(ctx, `
		WHERE seq IN (
			SELECT seq FROM (
				SELECT seq, row_number() OVER (PARTITION BY flow_id ORDER BY at DESC, seq DESC) AS place
				FROM commands WHERE endpoint = $1 AND project = $2 AND verb IN ('start', 'stop')
			) AS ranked WHERE place = 1)
		ORDER BY at DESC, seq DESC`, endpoint, project)
}

// FlowCommands gives at most limit commands to the flow, newest first.
func (s *Store) FlowCommands(ctx context.Context, endpoint, project, flowID string, limit int) ([]Command, error) {
	return s.commands(ctx, `
		WHERE endpoint = $1 AND project = $2 AND flow_id = $3
		ORDER BY at DESC, seq DESC LIMIT $4`, endpoint, project, flowID, limit)
}

func (s *Store) commands(ctx context.Context, where string, args ...any) ([]Command, error) {
	vs, err := all(ctx, s.read(), scanCommand, `SELECT `+commandColumns+` FROM commands `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("commands: %w", err)
	}
	return vs, nil
}

func scanCommand(scan scanner) (v Command, err error) {
	err = scan(&v.ID, &v.Endpoint, &v.Project, &v.FlowID, &v.FlowName, &v.Verb, &v.Target, &v.Actor, &v.Reason, &v.Detail,
		instant{&v.At}, &v.Outcome, &v.Kind, &v.Code, &v.Message, &v.RequestID, instant{&v.SettledAt})
	return v, err
}
