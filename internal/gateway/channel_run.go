package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
	"github.com/flowdeck/flowdeck/internal/store"
)

// Channels runs channels, each under the UID of its row. *packager.Packager is
// one. Of one channel, nothing is asked twice at a time.
type Channels interface {
	Put(ctx context.Context, spec packager.Spec) error
	Drop(id string)
	Forget(id string) error // what was recorded
	Report() []packager.ChannelReport
	// Still waits for a key frame of what is on air, and gives it as a transport
	// stream.
	Still(ctx context.Context, id string) ([]byte, error)
	http.Handler // of players: /{id}/{package}/{file}
}

const keepPause = 5 * time.Second // between looks at what runs

// channelRuns is which channels were given to [Channels], and why those that
// should run do not.
type channelRuns struct {
	mu   sync.Mutex
	rows map[string]store.Channel // by UID
	why  map[string]string        // by UID
	seen map[string]time.Time     // by UID, the last signal that is written down
}

func newChannelRuns() *channelRuns {
	return &channelRuns{rows: map[string]store.Channel{}, why: map[string]string{}, seen: map[string]time.Time{}}
}

// runs notes that a channel runs.
func (t *channelRuns) runs(row store.Channel) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[row.UID] = row
	delete(t.why, row.UID)
}

// ended notes that a channel does not run, and should not.
func (t *channelRuns) ended(uid string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.rows, uid)
	delete(t.why, uid)
	delete(t.seen, uid)
}

// failed notes why a channel does not run as it should, and tells whether that
// is news.
func (t *channelRuns) failed(uid, why string) (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	news, t.why[uid] = t.why[uid] != why, why
	return news
}

// problem gives why a channel does not run as it should; empty: it does.
func (t *channelRuns) problem(uid string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.why[uid]
}

// all lists the channels that run.
func (t *channelRuns) all() []store.Channel {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.rows))
}

// row gives the row of a channel that runs.
func (t *channelRuns) row(uid string) (store.Channel, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	row, runs := t.rows[uid]
	return row, runs
}

// find gives the UID under which a channel runs.
func (t *channelRuns) find(project string, key store.ChannelKey) (string, bool) {
	for _, row := range t.all() {
		if row.ProjectID == project && row.ChannelKey == key {
			return row.UID, true
		}
	}
	return "", false
}

// putChannel runs a channel as it is now. The refusal is nil where it runs, or
// will once what is in the way has passed: then [Gateway.keepChannels] tries
// again.
func (g *Gateway) putChannel(ctx context.Context, rec channelRecord) error {
	if g.opts.Channels == nil {
		return g.noChannels()
	}
	spec, err := g.channelSpec(rec)
	if err == nil {
		err = g.openInlets(ctx, rec)
	}
	if err == nil {
		err = g.opts.Channels.Put(ctx, spec)
	}
	if err == nil {
		g.runs.runs(rec.row)
		return nil
	}
	if g.runs.failed(rec.row.UID, err.Error()) {
		g.opts.Log.WarnContext(ctx, "channel does not run", "channel", rec.row.UID, "error", err)
	}
	return channelUnable(err)
}

// channelUnable gives the refusal that an error of what runs channels means, and
// nil for one that may pass.
func channelUnable(err error) error {
	var known *refusal
	var load *packager.LoadError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &load):
		return unsupported("The channel cannot run on this gateway, nothing was changed: %s", load)
	case errors.Is(err, packager.ErrSpec):
		return unsupported("The channel cannot run on this gateway, nothing was changed: %s", err)
	}
	return nil
}

func (g *Gateway) dropChannel(uid string) {
	g.runs.ended(uid)
	g.closeInlets(uid)
	if g.opts.Channels != nil {
		g.opts.Channels.Drop(uid)
	}
}

// forgetChannel removes what a channel has recorded.
func (g *Gateway) forgetChannel(uid string) error {
	if g.opts.Channels == nil {
		return nil
	}
	if err := g.opts.Channels.Forget(uid); err != nil {
		return fmt.Errorf("remove what was recorded: %w", err)
	}
	return nil
}

// bringChannel makes what runs follow a change of a channel. One that is ON in a
// build that cannot run any may still be changed.
func (g *Gateway) bringChannel(ctx context.Context, before, after channelRecord) error {
	switch {
	case after.on() && g.opts.Channels != nil:
		return g.putChannel(ctx, after)
	case before.on() && !after.on():
		g.dropChannel(before.row.UID)
	}
	return nil
}

// keepChannels runs every channel that is ON and no other, and keeps the signals
// that are seen and what is measured, until ctx ends.
func (g *Gateway) keepChannels(ctx context.Context) {
	measures := &minutes{}
	for g.opts.Channels != nil && ctx.Err() == nil {
		err := g.settleChannels(ctx)
		if err == nil {
			err = g.keepMeasures(ctx, measures)
		}
		if err != nil && ctx.Err() == nil {
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
	for _, row := range append(g.runs.all(), g.media.inletChannels()...) {
		if err := g.settleChannel(ctx, row.ProjectID, medialive.ChannelKey(row.ChannelKey), row.UID); err != nil {
			return err
		}
	}
	return nil
}

// keepMeasures writes down what was seen and measured of the channels that run.
func (g *Gateway) keepMeasures(ctx context.Context, m *minutes) error {
	reports := g.opts.Channels.Report()
	for _, report := range reports {
		if err := g.keepSignals(ctx, report); err != nil {
			return err
		}
	}
	return g.keepMinutes(ctx, m, reports, time.Now())
}

// settleChannel runs one channel if it is ON when its turn comes, and ends it if
// it is not, or is another one of that key by then.
func (g *Gateway) settleChannel(ctx context.Context, project string, key medialive.ChannelKey, uid string) error {
	defer g.serial.lock(channelTurn(project, key))()
	rec, err := g.loadChannel(ctx, project, key)
	switch known := (*refusal)(nil); {
	case errors.As(err, &known) && known.code == codeUnknown:
		g.dropChannel(uid)
	case errors.As(err, &known):
		if g.runs.failed(uid, known.msg) {
			g.opts.Log.ErrorContext(ctx, "channel does not run", "channel", uid, "error", known)
		}
	case err != nil:
		return err
	case rec.row.UID != uid || !rec.on():
		g.dropChannel(uid)
	default:
		_ = g.putChannel(ctx, rec) // noted there, and tried again
	}
	return nil
}
