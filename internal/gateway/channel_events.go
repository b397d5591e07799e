package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/store"
)

// seesChannels tells whether the reader of an event stream may see channels too.
// Who may not is told of flows alone.
func (g *Gateway) seesChannels(c *call) bool { return g.authorise(c, actionListChannel) == nil }

// mayStill refuses a stream whose reader may see something else by now than when
// he came.
func (g *Gateway) mayStill(c *call, s stream) error {
	if err := g.authorise(c, eventActions...); err != nil {
		return err
	}
	if g.seesChannels(c) != s.channels {
		return errors.New("the reader may see channels now, or no longer")
	}
	return nil
}

// tellChannels sends every channel of the project.
func (g *Gateway) tellChannels(ctx context.Context, s stream, project string) error {
	for offset := 0; s.channels; offset += loadPage {
		rows, total, err := g.opts.Store.Channels(ctx, project, store.ChannelKey{}, loadPage, offset)
		if err != nil {
			return fmt.Errorf("read channels for a stream: %w", err)
		}
		for _, row := range rows {
			rec, err := g.openChannel(row)
			if err != nil {
				return err
			}
			if err := s.sendChannel(g.channelEvent(rec)); err != nil {
				return err
			}
		}
		if len(rows) == 0 || offset+len(rows) >= total {
			break
		}
	}
	return nil
}

// tellChannel tells a channel as it is now, or that it is gone.
func (g *Gateway) tellChannel(c *call, s stream, key medialive.ChannelKey) error {
	if !s.channels {
		return nil
	}
	rec, err := g.loadChannel(c.Context(), c.project, key)
	switch known := (*refusal)(nil); {
	case errors.As(err, &known) && known.code == codeUnknown:
		return s.send(medialive.Event{Kind: medialive.EventChannelGone, ChannelKey: &key})
	case err != nil:
		return err
	}
	return s.sendChannel(g.channelEvent(rec))
}

// channelEvent tells a channel, and what the API has no place for but what it
// measures.
func (g *Gateway) channelEvent(rec channelRecord) medialive.Event {
	detail := g.channelDetail(rec)
	return medialive.Event{Kind: medialive.EventChannel, ChannelKey: &rec.channel.ChannelKey, Channel: &rec.channel, Detail: &detail}
}

// tellRuns tells what is measured of the channels that are ON.
func (g *Gateway) tellRuns(ctx context.Context, s stream, project string) error {
	if !s.channels {
		return nil
	}
	rows, err := g.opts.Store.ChannelsIn(ctx, string(medialive.ChannelOn))
	if err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(row store.Channel) bool { return row.ProjectID != project })
	if len(rows) == 0 {
		return nil
	}
	details, err := g.detailsOf(rows)
	if err != nil {
		return err
	}
	return s.send(medialive.Event{Kind: medialive.EventChannelRuns, Details: details})
}
