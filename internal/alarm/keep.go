package alarm

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// Store is what the panels need of the database. *store.Store satisfies it.
type Store interface {
	AppendTrail(ctx context.Context, lines ...trail.Line) error
	PutAlarm(ctx context.Context, a store.Alarm, lines ...trail.Line) error
	OpenAlarms(ctx context.Context, endpoint, project string) ([]store.Alarm, error)
	Alarms(ctx context.Context, f store.AlarmFilter) ([]store.Alarm, error)
	PutShelf(ctx context.Context, s store.Shelf, lines ...trail.Line) error
	DeleteShelf(ctx context.Context, id string, lines ...trail.Line) error
	Shelves(ctx context.Context, endpoint, project string) ([]store.Shelf, error)

	// These keep who judges, where Options.Shared is set.
	Care(ctx context.Context, endpoint, project, subject, topic string) (store.Care, error)
	PutCare(ctx context.Context, c store.Care, lines ...trail.Line) (version int64, err error)
	DeleteCare(ctx context.Context, endpoint, project, subject, topic string, version int64, lines ...trail.Line) error
}

// body is how an alarm is written down.
type body struct {
	Alarm
	Group   string `json:",omitempty"` // of a Many: what its members share
	Shelf   string `json:",omitempty"`
	ByShelf bool   `json:",omitempty"`
}

// row is an alarm as the store keeps it.
func (w *write) row(key monitor.Key) (store.Alarm, error) {
	a := w.alarm
	kept := body{Alarm: *a, Shelf: w.shelf, ByShelf: w.byShelf}
	if a.Kind == Many {
		kept.Group = w.thing.target
	}
	data, err := json.Marshal(kept)
	if err != nil {
		return store.Alarm{}, fmt.Errorf("encode alarm: %w", err)
	}
	return store.Alarm{
		ID: a.ID, Endpoint: key.Endpoint, Project: key.ProjectID, FlowID: a.FlowID, Kind: string(a.Kind),
		Target: w.thing.target, RaisedAt: a.Raised, Open: a.State() != Closed, Body: data,
	}, nil
}

// decode reads an alarm as the store keeps it.
func decode(row store.Alarm) (*held, error) {
	var kept body
	if err := json.Unmarshal(row.Body, &kept); err != nil {
		return nil, fmt.Errorf("decode alarm %s: %w", row.ID, err)
	}
	a := kept.Alarm
	a.ID = row.ID
	return &held{
		Alarm: &a, thing: thing{a.Kind, a.FlowID, row.Target}, shelf: kept.Shelf, byShelf: kept.ByShelf,
	}, nil
}

// shelfRow is a shelf as the store keeps it.
func shelfRow(key monitor.Key, s Shelf) (store.Shelf, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return store.Shelf{}, fmt.Errorf("encode shelf: %w", err)
	}
	return store.Shelf{ID: s.ID, Endpoint: key.Endpoint, Project: key.ProjectID, Until: s.Until, Body: data}, nil
}

// signed puts the project into lines of the trail.
func signed(key monitor.Key, lines []trail.Line) []trail.Line {
	for i := range lines {
		lines[i].Endpoint, lines[i].Project = key.Endpoint, key.ProjectID
	}
	return lines
}

// nowhere is the store of panels that have none.
type nowhere struct{}

func (nowhere) AppendTrail(context.Context, ...trail.Line) error { return nil }

func (nowhere) PutAlarm(context.Context, store.Alarm, ...trail.Line) error { return nil }

func (nowhere) OpenAlarms(context.Context, string, string) ([]store.Alarm, error) { return nil, nil }

func (nowhere) Alarms(context.Context, store.AlarmFilter) ([]store.Alarm, error) { return nil, nil }

func (nowhere) PutShelf(context.Context, store.Shelf, ...trail.Line) error { return nil }

func (nowhere) DeleteShelf(context.Context, string, ...trail.Line) error { return nil }

func (nowhere) Shelves(context.Context, string, string) ([]store.Shelf, error) { return nil, nil }

func (nowhere) Care(context.Context, string, string, string, string) (store.Care, error) {
	return store.Care{}, store.ErrNotFound
}

func (nowhere) PutCare(context.Context, store.Care, ...trail.Line) (int64, error) { return 1, nil }

func (nowhere) DeleteCare(context.Context, string, string, string, string, int64, ...trail.Line) error {
	return nil
}
