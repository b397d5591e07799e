package store

import (
	"context"
	"errors"
	"fmt"
)

// FlowOutput is an output of a flow of the gateway.
type FlowOutput struct {
	Name       string
	Position   int    // order within the flow; given by the store, from 0
	Config     []byte // JSON of the output without its passphrase
	Secret     []byte // the passphrase, sealed; nil: none
	ListenPort int    // on which it listens; 0: it does not
}

// AddOutputs adds outputs behind those that the flow has. It says
// [ErrNotFound] if the project has no such flow, [ErrExists] if the flow has
// an output of such a name, and [ErrPortTaken]; then none was added.
func (s *Store) AddOutputs(ctx context.Context, project, id string, outputs []FlowOutput) error {
	err := s.tx(ctx, func(c conn) error {
		if err := lockFlow(ctx, c, project, id); err != nil {
			return err
		}
		if err := s.insertOutputs(ctx, c, id, outputs); err != nil {
			return err
		}
		return s.takePorts(ctx, c, id, listeners(outputs))
	})
	if err != nil {
		return fmt.Errorf("add outputs: %w", err)
	}
	return nil
}

// UpdateOutput replaces the output of that name, which keeps its position. It
// says [ErrNotFound] or [ErrPortTaken].
func (s *Store) UpdateOutput(ctx context.Context, project, id string, v FlowOutput) error {
	err := s.tx(ctx, func(c conn) error {
		if err := lockFlow(ctx, c, project, id); err != nil {
			return err
		}
		err := c.execOne(ctx, `UPDATE flow_outputs SET config = $1, secret = $2 WHERE flow_id = $3 AND name = $4`,
			v.Config, v.Secret, id, v.Name)
		if err != nil {
			return err
		}
		return s.movePort(ctx, c, id, listener{port: v.ListenPort, output: v.Name})
	})
	if err != nil {
		return fmt.Errorf("update output: %w", err)
	}
	return nil
}

// DeleteOutput deletes the output, or says [ErrNotFound].
func (s *Store) DeleteOutput(ctx context.Context, project, id, name string) error {
	err := s.tx(ctx, func(c conn) error {
		if err := lockFlow(ctx, c, project, id); err != nil {
			return err
		}
		if err := c.execOne(ctx, `DELETE FROM flow_outputs WHERE flow_id = $1 AND name = $2`, id, name); err != nil {
			return err
		}
		return s.movePort(ctx, c, id, listener{output: name})
	})
	if err != nil {
		return fmt.Errorf("delete output: %w", err)
	}
	return nil
}

// insertOutputs puts the outputs behind those that the flow has.
func (s *Store) insertOutputs(ctx context.Context, c conn, id string, outputs []FlowOutput) error {
	next, err := one(ctx, c, number, `SELECT COALESCE(max(position) + 1, 0) FROM flow_outputs WHERE flow_id = $1`, id)
	if err != nil {
		return err
	}
	for i, o := range outputs {
		if o.Name == "" {
			return errors.New("an output needs a name") // the empty one stands for the source
		}
		_, err := c.exec(ctx, `
			INSERT INTO flow_outputs (flow_id, name, position, config, secret) VALUES ($1, $2, $3, $4, $5)`,
			id, o.Name, next+int64(i), o.Config, o.Secret)
		if err != nil {
			return s.exists(err)
		}
	}
	return nil
}
