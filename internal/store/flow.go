package store

import (
	"context"
	"fmt"
	"time"
)

// Flow is a flow of the gateway with its source and outputs.
type Flow struct {
	ID           string
	ProjectID    string
	Name         string
	Region       string
	Active       bool
	ActiveSince  time.Time // zero unless active
	CreatedAt    time.Time
	Source       []byte // JSON of the source without its passphrase
	SourceSecret []byte // the passphrase, sealed; nil: none
	Outputs      []FlowOutput
	SourcePort   int // on which the source listens; 0: it does not
}

// CreateFlow adds the flow with its outputs. It says [ErrExists] if the
// project has a flow of that name, or the id is taken, and [ErrPortTaken] if
// another listener has one of the ports; then nothing was added.
func (s *Store) CreateFlow(ctx context.Context, v Flow) error {
	err := s.tx(ctx, func(c conn) error {
		_, err := c.exec(ctx, `
			INSERT INTO flows (id, project_id, name, region, active, active_since, created_at, source, source_secret)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			v.ID, v.ProjectID, v.Name, v.Region, v.Active, v.ActiveSince, v.CreatedAt, v.Source, v.SourceSecret)
		if err != nil {
			return s.exists(err)
		}
		if err := s.insertOutputs(ctx, c, v.ID, v.Outputs); err != nil {
			return err
		}
		return s.takePorts(ctx, c, v.ID, append(listeners(v.Outputs), listener{port: v.SourcePort}))
	})
	if err != nil {
		return fmt.Errorf("create flow: %w", err)
	}
	return nil
}

// Flow gives a flow of the project, or [ErrNotFound].
func (s *Store) Flow(ctx context.Context, project, id string) (Flow, error) {
	flows, err := s.flows(ctx, `WHERE f.project_id = $1 AND f.id = $2`, project, id)
	if err == nil && len(flows) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Flow{}, fmt.Errorf("flow: %w", err)
	}
	return flows[0], nil
}

// Flows gives a page of the project's flows, newest first and by id where
// they are of one age, and how many there are in all.
func (s *Store) Flows(ctx context.Context, project string, limit, offset int) ([]Flow, int, error) {
	total, err := one(ctx, s.read(), number, `SELECT count(*) FROM flows WHERE project_id = $1`, project)
	if err != nil {
		return nil, 0, fmt.Errorf("count flows: %w", err)
	}
	flows, err := s.flows(ctx, `WHERE f.id IN (
		SELECT id FROM flows WHERE project_id = $1 ORDER BY created_at DESC, id LIMIT $2 OFFSET $3)`,
		project, limit, offset)
	if err != nil {
		return nil, 0, fmt.Errorf("flows: %w", err)
	}
	return flows, int(total), nil
}

// AllFlows gives the flows of all projects, in the order of [Store.Flows].
func (s *Store) AllFlows(ctx context.Context) ([]Flow, error) {
	flows, err := s.flows(ctx, ``)
	if err != nil {
		return nil, fmt.Errorf("all flows: %w", err)
	}
	return flows, nil
}

// SetFlowActive starts or stops the flow. Of all who do so at once, one is
// told that it changed; at is kept as the start. It says [ErrNotFound] if the
// project has no such flow.
func (s *Store) SetFlowActive(ctx context.Context, project, id string, active bool, at time.Time) (changed bool, err error) {
	if !active {
		at = time.Time{}
	}
	err = s.tx(ctx, func(c conn) error {
		n, err := c.exec(ctx, `
			UPDATE flows SET active = $1, active_since = $2
			WHERE project_id = $3 AND id = $4 AND active <> $1`, active, at, project, id)
		changed = n > 0
		if err != nil || changed {
			return err
		}
		return lockFlow(ctx, c, project, id)
	})
	if err != nil {
		return false, fmt.Errorf("set flow active: %w", err)
	}
	return changed, nil
}

// UpdateSource replaces the source. Port 0 means that it does not listen. It
// says [ErrNotFound] or [ErrPortTaken].
func (s *Store) UpdateSource(ctx context.Context, project, id string, source, secret []byte, port int) error {
	err := s.tx(ctx, func(c conn) error {
		err := c.execOne(ctx, `
			UPDATE flows SET source = $1, source_secret = $2 WHERE project_id = $3 AND id = $4`,
			source, secret, project, id)
		if err != nil {
			return err
		}
		return s.movePort(ctx, c, id, listener{port: port})
	})
	if err != nil {
		return fmt.Errorf("update source: %w", err)
	}
	return nil
}

// DeleteFlow deletes the flow with all that is its own, or says [ErrNotFound].
// It does not ask whether the flow is active.
func (s *Store) DeleteFlow(ctx context.Context, project, id string) error {
	err := s.write().execOne(ctx, `DELETE FROM flows WHERE project_id = $1 AND id = $2`, project, id)
	if err != nil {
		return fmt.Errorf("delete flow: %w", err)
	}
	return nil
}

// lockFlow keeps other transactions from changing the flow until this one
// ends, or says [ErrNotFound].
func lockFlow(ctx context.Context, c conn, project, id string) error {
	return c.execOne(ctx, `UPDATE flows SET name = name WHERE project_id = $1 AND id = $2`, project, id)
}

// flows reads flows with outputs and ports in one statement, so that all is of
// one moment.
func (s *Store) flows(ctx context.Context, where string, args ...any) ([]Flow, error) {
	var flows []Flow
	_, err := all(ctx, s.read(), func(scan scanner) (struct{}, error) {
		f, o, err := scanFlow(scan)
		if n := len(flows); n == 0 || flows[n-1].ID != f.ID {
			flows = append(flows, f)
		}
		if last := &flows[len(flows)-1]; o != nil {
			last.Outputs = append(last.Outputs, *o)
		}
		return struct{}{}, err
	}, `
		SELECT f.id, f.project_id, f.name, f.region, f.active, f.active_since, f.created_at, f.source, f.source_secret,
			COALESCE(fp.port, 0), o.name, COALESCE(o.position, 0), o.config, o.secret, COALESCE(op.port, 0)
		FROM flows f
			LEFT JOIN listener_ports fp ON fp.flow_id = f.id AND fp.output = ''
			LEFT JOIN flow_outputs o ON o.flow_id = f.id
			LEFT JOIN listener_ports op ON op.flow_id = f.id AND op.output = o.name
		`+where+` ORDER BY f.created_at DESC, f.id, o.position`, args...)
	return flows, err
}

// scanFlow reads a flow and one of its outputs, nil if it has none.
func scanFlow(scan scanner) (Flow, *FlowOutput, error) {
	var f Flow
	var o FlowOutput
	var name *string
	err := scan(&f.ID, &f.ProjectID, &f.Name, &f.Region, &f.Active, instant{&f.ActiveSince}, instant{&f.CreatedAt},
		&f.Source, &f.SourceSecret, &f.SourcePort, &name, &o.Position, &o.Config, &o.Secret, &o.ListenPort)
	if err != nil || name == nil {
		return f, nil, err
	}
	o.Name = *name
	return f, &o, nil
}
