package gateway

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/store"
)

// Channels runs channels. Of one channel, nothing is asked twice at a time.
type Channels interface {
	// Put makes a channel run as it is told; one that runs so already is left
	// alone. An [UnableError] means that it cannot, whoever asks how often; any
	// other error may pass.
	Put(ctx context.Context, spec ChannelSpec) error
	// Drop ends a channel. One that does not run is no error.
	Drop(ctx context.Context, uid string) error
	// Report tells what runs, and how.
	Report() []ChannelReport
}

// ChannelSpec is a channel that should run.
type ChannelSpec struct {
	UID       string // of the channel, for as long as it exists
	ProjectID string
	Channel   medialive.Channel // with its secrets
}

// UnableError tells why a channel cannot run here.
type UnableError struct{ Reason string }

func (e *UnableError) Error() string { return e.Reason }

// ChannelReport is what is known of a channel that runs.
type ChannelReport struct {
	UID       string
	ProjectID string
	Key       medialive.ChannelKey
	Signals   []medialive.SCTE35Event // seen in its input lately; the same may be told again
}

const keepPause = 5 * time.Second // between looks at what runs

// troubles is why channels that are ON do not run, by UID.
type troubles struct {
	mu  sync.Mutex
	why map[string]string
}

// note keeps why a channel does not run, empty if it does, and tells whether
// that is news.
func (t *troubles) note(uid, why string) (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	news = t.why[uid] != why
	if why == "" {
		delete(t.why, uid)
	} else {
		t.why[uid] = why
	}
	return news
}

func (t *troubles) of(uid string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.why[uid]
}

// putChannel runs a channel as it is now. The refusal is nil where it runs, or
// will once what is in the way has passed: then [Gateway.keepChannels] tries
// again.
func (g *Gateway) putChannel(ctx context.Context, rec channelRecord) error {
	if g.opts.Channels == nil {
		return noChannels()
	}
	err := g.opts.Channels.Put(ctx, ChannelSpec{rec.row.UID, rec.row.ProjectID, rec.channel})
	if err == nil {
		g.troubles.note(rec.row.UID, "")
		return nil
	}
	if g.troubles.note(rec.row.UID, err.Error()) {
		g.opts.Log.WarnContext(ctx, "channel does not run", "channel", rec.row.UID, "error", err)
	}
	if cannot := (*UnableError)(nil); errors.As(err, &cannot) {
		return unsupported("The channel cannot run on this gateway, nothing was changed: %s", cannot.Reason)
	}
	return nil
}

func (g *Gateway) dropChannel(ctx context.Context, uid string) {
	g.troubles.note(uid, "")
	if g.opts.Channels == nil {
		return
	}
	if err := g.opts.Channels.Drop(ctx, uid); err != nil {
		g.opts.Log.WarnContext(ctx, "channel did not end", "channel", uid, "error", err)
	}
}

// bringChannel makes what runs follow a change of a channel. One that is ON in a
// build that cannot run any may still be changed.
func (g *Gateway) bringChannel(ctx context.Context, before, after channelRecord) error {
	switch {
	case after.on() && g.opts.Channels != nil:
		return g.putChannel(ctx, after)
	case before.on() && !after.on():
		g.dropChannel(ctx, before.row.UID)
	}
	return nil
}

// keepChannels runs every channel that is ON and no other, and keeps the signals
// that are seen, until ctx ends.
func (g *Gateway) keepChannels(ctx context.Context) {
	for g.opts.Channels != nil && ctx.Err() == nil {
		if err := g.settleChannels(ctx); err != nil && ctx.Err() == nil {
			g.opts.Log.ErrorContext(ctx, "channels cannot be kept as they should be", "error", err)
		}
		pause(ctx, keepPause)
	}
}

func (g *Gateway) settleChannels(ctx context.Context) error {
	rows, err := g.opts.Store.ChannelsIn(ctx, string(medialive.ChannelOn))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := g.settleChannel(ctx, row.ProjectID, medialive.ChannelKey(row.ChannelKey), row.UID); err != nil {
			return err
		}
	}
	for _, report := range g.opts.Channels.Report() {
		if err := g.settleChannel(ctx, report.ProjectID, report.Key, report.UID); err != nil {
			return err
		}
		if err := g.keepSignals(ctx, report); err != nil {
			return err
		}
	}
	return nil
}

// settleChannel runs one channel if it is ON when its turn comes, and ends it if
// it is not, or is another one of that key by then.
func (g *Gateway) settleChannel(ctx context.Context, project string, key medialive.ChannelKey, uid string) error {
	defer g.serial.lock(channelTurn(project, key))()
	rec, err := g.loadChannel(ctx, project, key)
	switch known := (*refusal)(nil); {
	case errors.As(err, &known) && known.code == codeUnknown:
		g.dropChannel(ctx, uid)
	case errors.As(err, &known):
		if g.troubles.note(uid, known.msg) {
			g.opts.Log.ErrorContext(ctx, "channel does not run", "channel", uid, "error", known)
		}
	case err != nil:
		return err
	case rec.row.UID != uid || !rec.on():
		g.dropChannel(ctx, uid)
	default:
		_ = g.putChannel(ctx, rec) // noted there, and tried again
	}
	return nil
}

// keepSignals writes down what was seen in the input of a channel.
func (g *Gateway) keepSignals(ctx context.Context, report ChannelReport) error {
	for _, s := range report.Signals {
		err := g.opts.Store.AddSignal(ctx, report.UID, store.Signal{
			At: time.Unix(s.Start, 0), Kind: string(s.Kind), EventID: s.EventID, Duration: s.Duration,
			Segmentation: string(s.Segmentation), Data: s.Data, Decoded: s.Decoded,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
