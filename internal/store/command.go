package store

import (
	"context"
	"fmt"
	"time"
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

// AddCommand writes a command down. It says [ErrExists] if the id is taken.
func (s *Store) AddCommand(ctx context.Context, v Command) error {
	_, err := s.write().exec(ctx, `INSERT INTO commands (`+commandColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		v.ID, v.Endpoint, v.Project, v.FlowID, v.FlowName, v.Verb, v.Target, v.Actor, v.Reason, v.Detail, v.At,
		v.Outcome, v.Kind, v.Code, v.Message, v.RequestID, v.SettledAt)
	if err != nil {
		return fmt.Errorf("add command: %w", s.exists(err))
	}
	return nil
}

// SettleCommand writes down what became of a command. An unknown outcome may
// be settled again when a read tells more. It says [ErrNotFound] if there is no
// such command.
func (s *Store) SettleCommand(ctx context.Context, id, outcome, kind, code, message, requestID string, at time.Time) error {
	err := s.write().execOne(ctx, `
		UPDATE commands SET outcome = $1, kind = $2, code = $3, message = $4, request_id = $5, settled_at = $6
		WHERE id = $7`, outcome, kind, code, message, requestID, at, id)
	if err != nil {
		return fmt.Errorf("settle command: %w", err)
	}
	return nil
}

// NameCommand tells which flow a command made, once that is known. It says
// [ErrNotFound] if there is no such command.
func (s *Store) NameCommand(ctx context.Context, id, flowID string) error {
	if err := s.write().execOne(ctx, `UPDATE commands SET flow_id = $1 WHERE id = $2`, flowID, id); err != nil {
		return fmt.Errorf("name command: %w", err)
	}
	return nil
}

// OpenCommands gives the commands without an outcome, oldest first: those
// under way, and those whose process died.
func (s *Store) OpenCommands(ctx context.Context) ([]Command, error) {
	return s.commands(ctx, `WHERE outcome = '' ORDER BY at, seq`)
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
