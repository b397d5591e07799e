package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Minute is what was measured in a minute.
type Minute struct {
	Of     string    // UID of a channel, id of a flow
	At     time.Time // the minute's begin
	Values map[string]float64
}

// metrics is a table of minutes.
type metrics struct {
	table  string
	column string // that tells what a row is of
	parent string // the table of those
	key    string // of parent
	age    time.Duration
}

// How long minutes are kept. There are ten times as many flows as channels, and
// the dashboard keeps a history of those.
var (
	channelMetrics = metrics{"channel_metrics", "channel", "channels", "uid", 30 * 24 * time.Hour}
	flowMetrics    = metrics{"flow_metrics", "flow", "flows", "id", 2 * 24 * time.Hour}
)

// AddChannelMinutes keeps minutes, or replaces them, and no longer those of 30
// days before them. Those whose channel is gone are let pass.
func (s *Store) AddChannelMinutes(ctx context.Context, all ...Minute) error {
	return s.addMinutes(ctx, channelMetrics, all)
}

// AddFlowMinutes keeps minutes, or replaces them, and no longer those of two days
// before them. Those whose flow is gone are let pass.
func (s *Store) AddFlowMinutes(ctx context.Context, all ...Minute) error {
	return s.addMinutes(ctx, flowMetrics, all)
}

// ChannelMinutes gives the minutes of a channel that begin at from or later and
// before to, oldest first.
func (s *Store) ChannelMinutes(ctx context.Context, uid string, from, to time.Time) ([]Minute, error) {
	return s.minutes(ctx, channelMetrics, uid, from, to)
}

// FlowMinutes gives those of a flow.
func (s *Store) FlowMinutes(ctx context.Context, id string, from, to time.Time) ([]Minute, error) {
	return s.minutes(ctx, flowMetrics, id, from, to)
}

// LastChannelMinutes gives the newest minute of each channel of a project that
// has one.
func (s *Store) LastChannelMinutes(ctx context.Context, project string) ([]Minute, error) {
	return s.lastMinutes(ctx, channelMetrics, project)
}

// LastFlowMinutes gives that of each flow.
func (s *Store) LastFlowMinutes(ctx context.Context, project string) ([]Minute, error) {
	return s.lastMinutes(ctx, flowMetrics, project)
}

func (s *Store) addMinutes(ctx context.Context, of metrics, all []Minute) error {
	err := s.tx(ctx, func(c conn) error {
		for _, v := range all {
			if err := of.add(ctx, c, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("add to %s: %w", of.table, err)
	}
	return nil
}

func (of metrics) add(ctx context.Context, c conn, v Minute) error {
	measures, err := json.Marshal(v.Values)
	if err != nil {
		return err
	}
	_, err = c.exec(ctx, `INSERT INTO `+of.table+` (`+of.column+`, at, measures)
		SELECT `+of.key+`, $2, $3 FROM `+of.parent+` WHERE `+of.key+` = $1
		ON CONFLICT (`+of.column+`, at) DO UPDATE SET measures = excluded.measures`, v.Of, v.At, string(measures))
	if err != nil {
		return err
	}
	_, err = c.exec(ctx, `DELETE FROM `+of.table+` WHERE `+of.column+` = $1 AND at < $2`, v.Of, v.At.Add(-of.age))
	return err
}

func (s *Store) minutes(ctx context.Context, of metrics, id string, from, to time.Time) ([]Minute, error) {
	vs, err := all(ctx, s.read(), scanMinute, `SELECT `+of.column+`, at, measures FROM `+of.table+`
		WHERE `+of.column+` = $1 AND at >= $2 AND at < $3 ORDER BY at`, id, from, to)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", of.table, err)
	}
	return vs, nil
}

func (s *Store) lastMinutes(ctx context.Context, of metrics, project string) ([]Minute, error) {
	vs, err := all(ctx, s.read(), scanMinute, `SELECT m.`+of.column+`, m.at, m.measures
		FROM `+of.parent+` p JOIN `+of.table+` m ON m.`+of.column+` = p.`+of.key+`
		WHERE p.project_id = $1 AND m.at = (SELECT max(at) FROM `+of.table+` WHERE `+of.column+` = p.`+of.key+`)
		ORDER BY m.`+of.column, project)
	if err != nil {
		return nil, fmt.Errorf("read the last of %s: %w", of.table, err)
	}
	return vs, nil
}

func scanMinute(scan scanner) (v Minute, err error) {
	var measures []byte
	if err = scan(&v.Of, instant{&v.At}, &measures); err == nil {
		err = json.Unmarshal(measures, &v.Values)
	}
	return v, err
}
