package store

import (
	"context"
	"fmt"
	"time"
)

// Delivery is one message to a webhook and what became of it.
type Delivery struct {
	ID      string
	Webhook string // its id
	Event   string
	Subject string
	Body    []byte
	At      time.Time
	NextTry time.Time
	DoneAt  time.Time // zero: yet to be delivered
	Tries   int
	Status  int // of HTTP; 0: none
	Problem string
}

const deliveryColumns = `id, webhook, event, subject, body, at, next_try, done_at, tries, status, problem`

// PutDelivery adds the delivery, or replaces the one with its id. It says
// [ErrNotFound] if the webhook is gone.
func (s *Store) PutDelivery(ctx context.Context, v Delivery) error {
	err := s.write().execOne(ctx, `INSERT INTO deliveries (`+deliveryColumns+`)
		SELECT $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $11 FROM webhooks WHERE id = $2
		ON CONFLICT (id) DO UPDATE SET webhook = excluded.webhook, event = excluded.event, subject = excluded.subject,
			body = excluded.body, at = excluded.at, next_try = excluded.next_try, done_at = excluded.done_at,
			tries = excluded.tries, status = excluded.status, problem = excluded.problem`,
		v.ID, v.Webhook, v.Event, v.Subject, blob(v.Body), v.At, v.NextTry, v.DoneAt, v.Tries, v.Status, v.Problem)
	if err != nil {
		return fmt.Errorf("put delivery: %w", err)
	}
	return nil
}

// ClaimDelivery puts the next try of a delivery off, if it still is when it was
// read to be, so that of several processes one sends it. It says [ErrStale]
// where another was faster.
func (s *Store) ClaimDelivery(ctx context.Context, id string, was, until time.Time) error {
	err := stale(s.write().exec(ctx, `UPDATE deliveries SET next_try = $1 WHERE id = $2 AND next_try = $3 AND done_at = 0`, until, id, was))
	if err != nil {
		return fmt.Errorf("claim delivery: %w", err)
	}
	return nil
}

// DueDeliveries gives at most limit deliveries that are to be tried by now,
// the longest due first.
func (s *Store) DueDeliveries(ctx context.Context, now time.Time, limit int) ([]Delivery, error) {
	return s.deliveries(ctx, `WHERE done_at = 0 AND next_try <= $1 ORDER BY next_try, id LIMIT $2`, now, limit)
}

// Deliveries gives at most limit deliveries of the webhook, newest first.
func (s *Store) Deliveries(ctx context.Context, webhook string, limit int) ([]Delivery, error) {
	return s.deliveries(ctx, `WHERE webhook = $1 ORDER BY at DESC, id LIMIT $2`, webhook, limit)
}

// PruneDeliveries deletes what was made before a time and needs no more tries.
func (s *Store) PruneDeliveries(ctx context.Context, before time.Time) error {
	if _, err := s.write().exec(ctx, `DELETE FROM deliveries WHERE at < $1 AND done_at <> 0`, before); err != nil {
		return fmt.Errorf("prune deliveries: %w", err)
	}
	return nil
}

func (s *Store) deliveries(ctx context.Context, where string, args ...any) ([]Delivery, error) {
	vs, err := all(ctx, s.read(), scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("deliveries: %w", err)
	}
	return vs, nil
}

func scanDelivery(scan scanner) (v Delivery, err error) {
	err = scan(&v.ID, &v.Webhook, &v.Event, &v.Subject, &v.Body, instant{&v.At}, instant{&v.NextTry},
		instant{&v.DoneAt}, &v.Tries, &v.Status, &v.Problem)
	return v, err
}
