package store

import (
	"context"
	"fmt"
	"time"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// Webhook is where alarms are sent.
type Webhook struct {
	ID        string
	Endpoint  string
	Project   string
	Name      string
	Shape     string
	Host      string // of the address, which itself is sealed
	Least     string // priority
	Off       bool
	Sealed    []byte // address and secret
	KeyNumber int
	By        string
	At        time.Time
}

const webhookColumns = `id, endpoint, project, name, shape, host, least_priority, disabled, sealed, key_number, actor, at`

// PutWebhook adds the webhook, or replaces the one with its id.
func (s *Store) PutWebhook(ctx context.Context, v Webhook, lines ...trail.Line) error {
	err := s.changed(ctx, lines, func(ctx context.Context, c conn) error {
		_, err := c.exec(ctx, `INSERT INTO webhooks (`+webhookColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
			ON CONFLICT (id) DO UPDATE SET endpoint = excluded.endpoint, project = excluded.project,
				name = excluded.name, shape = excluded.shape, host = excluded.host,
				least_priority = excluded.least_priority, disabled = excluded.disabled, sealed = excluded.sealed,
				key_number = excluded.key_number, actor = excluded.actor, at = excluded.at`,
			v.ID, v.Endpoint, v.Project, v.Name, v.Shape, v.Host, v.Least, v.Off, blob(v.Sealed), v.KeyNumber, v.By, v.At)
		return err
	})
	if err != nil {
		return fmt.Errorf("put webhook: %w", err)
	}
	return nil
}

// DeleteWebhook deletes the webhook with its deliveries, or says
// [ErrNotFound].
func (s *Store) DeleteWebhook(ctx context.Context, id string, lines ...trail.Line) error {
	err := s.changed(ctx, lines, func(ctx context.Context, c conn) error {
		return c.execOne(ctx, `DELETE FROM webhooks WHERE id = $1`, id)
	})
	if err != nil {
		return fmt.Errorf("delete webhook: %w", err)
	}
	return nil
}

// Webhook gives the webhook, or [ErrNotFound].
func (s *Store) Webhook(ctx context.Context, id string) (Webhook, error) {
	v, err := one(ctx, s.read(), scanWebhook, `SELECT `+webhookColumns+` FROM webhooks WHERE id = $1`, id)
	if err != nil {
		return Webhook{}, fmt.Errorf("webhook: %w", err)
	}
	return v, nil
}

// Webhooks gives the webhooks of a project, or of all where both are empty, by
// name.
func (s *Store) Webhooks(ctx context.Context, endpoint, project string) ([]Webhook, error) {
	q := query{}
	q.unless(endpoint == "" && project == "", `endpoint = %s AND project = %s`, endpoint, project)
	vs, err := all(ctx, s.read(), scanWebhook,
		`SELECT `+webhookColumns+` FROM webhooks `+q.where()+` ORDER BY name, id`, q.args...)
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	return vs, nil
}

func scanWebhook(scan scanner) (v Webhook, err error) {
	err = scan(&v.ID, &v.Endpoint, &v.Project, &v.Name, &v.Shape, &v.Host, &v.Least, &v.Off, &v.Sealed, &v.KeyNumber,
		&v.By, instant{&v.At})
	return v, err
}
