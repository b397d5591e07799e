package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"
)

// ChannelKey is what a channel of the gateway is known by in its project. As a
// filter, empty parts match anything.
type ChannelKey struct{ Domain, AppName, ID string }

// Channel is a channel of the gateway.
type Channel struct {
	UID       string // made by the gateway, for what is kept of the channel
	ProjectID string
	ChannelKey
	State      string // ON or OFF
	Definition []byte // sealed
	PushPort   int    // TCP port on which it is pushed to; 0: none
	SRTPort    int    // UDP port on which SRT is pushed to it; 0: none
	SRTStandby int    // the same for its standby
	CreatedAt  time.Time
	ChangedAt  time.Time
}

// AddressTakenError tells that another channel of the gateway is played at an
// address.
type AddressTakenError struct{ Address string }

func (e *AddressTakenError) Error() string { return "address is taken: " + e.Address }

// CreateChannel adds a channel that is played at the addresses. It says
// [ErrExists] if the project has one of that key, or another one of its ports, and [AddressTakenError]; then
// nothing was added.
func (s *Store) CreateChannel(ctx context.Context, v Channel, addresses []string) error {
	err := s.tx(ctx, func(c conn) error {
		_, err := c.exec(ctx, `
			INSERT INTO channels (uid, project_id, domain, app_name, id, state, definition,
				push_port, srt_port, srt_standby, created_at, changed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			v.UID, v.ProjectID, v.Domain, v.AppName, v.ID, v.State, v.Definition,
			v.PushPort, v.SRTPort, v.SRTStandby, v.CreatedAt, v.ChangedAt)
		if err != nil {
			return s.exists(err)
		}
		return s.takeAddresses(ctx, c, v.UID, addresses)
	})
	if err != nil {
		return fmt.Errorf("create channel: %w", err)
	}
	return nil
}

// Channel gives a channel of the project, or [ErrNotFound].
func (s *Store) Channel(ctx context.Context, project string, key ChannelKey) (Channel, error) {
	v, err := one(ctx, s.read(), scanChannel, `SELECT `+channelColumns+` FROM channels
		WHERE project_id = $1 AND domain = $2 AND app_name = $3 AND id = $4`, project, key.Domain, key.AppName, key.ID)
	if err != nil {
		return Channel{}, fmt.Errorf("channel: %w", err)
	}
	return v, nil
}

// Channels gives a page of the project's channels that match, newest first and
// by UID where they are of one age, and how many match in all.
func (s *Store) Channels(ctx context.Context, project string, filter ChannelKey, limit, offset int) ([]Channel, int, error) {
	const where = ` FROM channels WHERE project_id = $1
		AND ($2 = '' OR domain = $2) AND ($3 = '' OR app_name = $3) AND ($4 = '' OR id = $4)`
	args := []any{project, filter.Domain, filter.AppName, filter.ID}
	total, err := one(ctx, s.read(), number, `SELECT count(*)`+where, args...)
	if err != nil {
		return nil, 0, fmt.Errorf("count channels: %w", err)
	}
	vs, err := all(ctx, s.read(), scanChannel, `SELECT `+channelColumns+where+`
		ORDER BY created_at DESC, uid LIMIT $5 OFFSET $6`, append(args, limit, offset)...)
	if err != nil {
		return nil, 0, fmt.Errorf("channels: %w", err)
	}
	return vs, int(total), nil
}

// ChannelsIn gives the channels of all projects that have a state.
func (s *Store) ChannelsIn(ctx context.Context, state string) ([]Channel, error) {
	vs, err := all(ctx, s.read(), scanChannel, `SELECT `+channelColumns+` FROM channels
		WHERE state = $1 ORDER BY created_at DESC, uid`, state)
	if err != nil {
		return nil, fmt.Errorf("channels that are %s: %w", state, err)
	}
	return vs, nil
}

// PushPorts gives the ports on which channels are pushed to, whatever their
// state.
func (s *Store) PushPorts(ctx context.Context) (map[int]bool, error) {
	ports, err := all(ctx, s.read(), number, `SELECT push_port FROM channels WHERE push_port <> 0`)
	if err != nil {
		return nil, fmt.Errorf("push ports: %w", err)
	}
	used := make(map[int]bool, len(ports))
	for _, port := range ports {
		used[int(port)] = true
	}
	return used, nil
}

// UpdateChannel replaces state, definition, SRT ports and addresses of the channel
// with that UID, and when it was changed. It says [ErrNotFound] or
// [AddressTakenError]; then nothing was changed.
func (s *Store) UpdateChannel(ctx context.Context, v Channel, addresses []string) error {
	err := s.tx(ctx, func(c conn) error {
		err := c.execOne(ctx, `UPDATE channels SET state = $1, definition = $2, srt_port = $3, srt_standby = $4, changed_at = $5
			WHERE uid = $6`, v.State, v.Definition, v.SRTPort, v.SRTStandby, v.ChangedAt, v.UID)
		if err != nil {
			return err
		}
		if _, err := c.exec(ctx, `DELETE FROM channel_addresses WHERE channel = $1`, v.UID); err != nil {
			return err
		}
		return s.takeAddresses(ctx, c, v.UID, addresses)
	})
	if err != nil {
		return fmt.Errorf("update channel: %w", err)
	}
	return nil
}

// DeleteChannel deletes the channel with all that is its own, or says
// [ErrNotFound]. It does not ask whether the channel is ON.
func (s *Store) DeleteChannel(ctx context.Context, uid string) error {
	if err := s.write().execOne(ctx, `DELETE FROM channels WHERE uid = $1`, uid); err != nil {
		return fmt.Errorf("delete channel: %w", err)
	}
	return nil
}

// takeAddresses takes addresses in one order, so that rivals wait for one
// another in one direction only. An address may be too long for an index, so its
// hash is kept.
func (s *Store) takeAddresses(ctx context.Context, c conn, uid string, addresses []string) error {
	hash := func(address string) []byte {
		sum := sha256.Sum256([]byte(address))
		return sum[:]
	}
	ordered := slices.SortedFunc(slices.Values(addresses), func(a, b string) int { return bytes.Compare(hash(a), hash(b)) })
	for _, address := range ordered {
		_, err := c.exec(ctx, `INSERT INTO channel_addresses (address, channel) VALUES ($1, $2)`, hash(address), uid)
		if s.dialect.unique(err) {
			return &AddressTakenError{address}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const channelColumns = `uid, project_id, domain, app_name, id, state, definition, push_port, srt_port, srt_standby, created_at, changed_at`

func scanChannel(scan scanner) (Channel, error) {
	var v Channel
	err := scan(&v.UID, &v.ProjectID, &v.Domain, &v.AppName, &v.ID, &v.State, &v.Definition, &v.PushPort, &v.SRTPort, &v.SRTStandby, instant{&v.CreatedAt}, instant{&v.ChangedAt})
	return v, err
}

// signalAge is how long signals are kept.
const signalAge = 30 * 24 * time.Hour

// Signal is an SCTE-35 signal that was seen in the input of a channel.
type Signal struct {
	At           time.Time // when it is carried out
	Kind         string
	EventID      int64
	Duration     int64 // seconds; -1: not told
	Segmentation string
	Data         string // base64
	Decoded      string // JSON
}

// AddSignal keeps a signal of the channel with that UID, and no longer those of
// 30 days before it. One that is known already, or whose channel is gone, is let
// pass.
func (s *Store) AddSignal(ctx context.Context, uid string, v Signal) error {
	err := s.tx(ctx, func(c conn) error {
		_, err := c.exec(ctx, `
			INSERT INTO channel_signals (channel, starts_at, kind, event_id, duration, segmentation, data, decoded)
			SELECT uid, $2, $3, $4, $5, $6, $7, $8 FROM channels WHERE uid = $1
			ON CONFLICT DO NOTHING`,
			uid, v.At, v.Kind, v.EventID, v.Duration, v.Segmentation, v.Data, v.Decoded)
		if err != nil {
			return err
		}
		_, err = c.exec(ctx, `DELETE FROM channel_signals WHERE channel = $1 AND starts_at < $2`, uid, v.At.Add(-signalAge))
		return err
	})
	if err != nil {
		return fmt.Errorf("add signal: %w", err)
	}
	return nil
}

// Signals gives a page of the signals of a channel from one time to another,
// both included, oldest first, and how many there are in all. An empty kind
// means any.
func (s *Store) Signals(ctx context.Context, uid, kind string, from, to time.Time, limit, offset int) ([]Signal, int, error) {
	const where = ` FROM channel_signals WHERE channel = $1 AND ($2 = '' OR kind = $2) AND starts_at >= $3 AND starts_at <= $4`
	args := []any{uid, kind, from, to}
	total, err := one(ctx, s.read(), number, `SELECT count(*)`+where, args...)
	if err != nil {
		return nil, 0, fmt.Errorf("count signals: %w", err)
	}
	vs, err := all(ctx, s.read(), func(scan scanner) (v Signal, err error) {
		err = scan(instant{&v.At}, &v.Kind, &v.EventID, &v.Duration, &v.Segmentation, &v.Data, &v.Decoded)
		return v, err
	}, `SELECT starts_at, kind, event_id, duration, segmentation, data, decoded`+where+`
		ORDER BY starts_at, kind, event_id LIMIT $5 OFFSET $6`, append(args, limit, offset)...)
	if err != nil {
		return nil, 0, fmt.Errorf("signals: %w", err)
	}
	return vs, int(total), nil
}
