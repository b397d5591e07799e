package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// metricAge is how long measured minutes are kept.
const metricAge = 30 * 24 * time.Hour

// ChannelMinute is what was measured of a channel in a minute.
type ChannelMinute struct {
	Channel string    // UID
	At      time.Time // the minute's begin
	Values  map[string]float64
}

// AddChannelMinute keeps a minute, or replaces it, and no longer those of 30 days
// before it. One whose channel is gone is let pass.
func (s *Store) AddChannelMinute(ctx context.Context, v ChannelMinute) error {
	measures, err := json.Marshal(v.Values)
	if err != nil {
		return fmt.Errorf("write a channel's minute: %w", err)
	}
	err = s.tx(ctx, func(c conn) error {
		_, err := c.exec(ctx, `
			INSERT INTO channel_metrics (channel, at, measures)
			SELECT uid, $2, $3 FROM channels WHERE uid = $1
			ON CONFLICT (channel, at) DO UPDATE SET measures = excluded.measures`, v.Channel, v.At, string(measures))
		if err != nil {
			return err
		}
		_, err = c.exec(ctx, `DELETE FROM channel_metrics WHERE channel = $1 AND at < $2`, v.Channel, v.At.Add(-metricAge))
		return err
	})
	if err != nil {
		return fmt.Errorf("add a channel's minute: %w", err)
	}
	return nil
}

// ChannelMinutes gives the minutes of a channel that begin at from or later and
// before to, oldest first.
func (s *Store) ChannelMinutes(ctx context.Context, uid string, from, to time.Time) ([]ChannelMinute, error) {
	vs, err := all(ctx, s.read(), scanMinute, `SELECT channel, at, measures FROM channel_metrics
		WHERE channel = $1 AND at >= $2 AND at < $3 ORDER BY at`, uid, from, to)
	if err != nil {
		return nil, fmt.Errorf("a channel's minutes: %w", err)
	}
	return vs, nil
}

// LastChannelMinutes gives the newest minute of each channel of a project that
// has one.
func (s *Store) LastChannelMinutes(ctx context.Context, project string) ([]ChannelMinute, error) {
	vs, err := all(ctx, s.read(), scanMinute, `SELECT m.channel, m.at, m.measures
		FROM channels JOIN channel_metrics m ON m.channel = channels.uid
		WHERE channels.project_id = $1 AND m.at = (SELECT max(at) FROM channel_metrics WHERE channel = channels.uid)
		ORDER BY m.channel`, project)
	if err != nil {
		return nil, fmt.Errorf("last minutes of channels: %w", err)
	}
	return vs, nil
}

func scanMinute(scan scanner) (v ChannelMinute, err error) {
	var measures []byte
	if err = scan(&v.Channel, instant{&v.At}, &measures); err == nil {
		err = json.Unmarshal(measures, &v.Values)
	}
	return v, err
}
