package monitor

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	channelsEvery = 5 * time.Second        // between two beginnings of a sweep of the channels
	quietEvery    = 15 * time.Second       // the same, where there are none yet
	refusedEvery  = time.Minute            // where nobody may list them, or too often
	noneEvery     = 5 * time.Minute        // where the endpoint has none at all
	soonEvery     = time.Second            // between two early reads of a channel
	runsPeriod    = 2 * time.Second        // a gateway tells what it measures of channels so often
	channelShare  = 2                      // one part in so many of the published limit is ours
	mostSoon      = 5                      // channels read early at a time
	breathe       = 250 * time.Millisecond // between two rounds at least
)

// watchChannels reads the channels of a cloud until ctx ends: the list, which
// has them in full, and by themselves those that somebody waits for. They are
// read apart from flows, so that channels that are refused or throttled keep no
// flow from being read.
func (p *poller) watchChannels(ctx context.Context) {
	next := p.w.monitor.now()
	for ctx.Err() == nil {
		if !p.w.monitor.now().Before(next) {
			began := p.w.monitor.now()
			next = began.Add(p.sweepChannels(ctx))
		}
		wait := next.Sub(p.w.monitor.now())
		if p.readSoonChannels(ctx) {
			wait = min(wait, soonEvery)
		}
		if sleep(ctx, wait, p.w.channels.kick) != nil || sleep(ctx, breathe, nil) != nil {
			return
		}
	}
}

// askChannels asks the readers, one after the other, until one may.
func (p *poller) askChannels(ctx context.Context, ask func(Reader) error) (at time.Time, err error) {
	p.w.mu.Lock()
	readers := slices.Clone(p.w.readers)
	p.w.mu.Unlock()
	err = &medialive.Error{Op: "ListOttChannelInfo", Kind: medialive.KindNotSignedIn}
	for _, r := range readers {
		if err := p.pause(ctx); err != nil {
			return at, err
		}
		if err := p.w.budget.Wait(ctx); err != nil {
			return at, err
		}
		at = p.w.monitor.now()
		if err = ask(r); medialive.KindOf(err) != medialive.KindNotPermitted && medialive.KindOf(err) != medialive.KindNotSignedIn {
			return at, err
		}
	}
	return at, err
}

// sweepChannels reads the whole list once, and tells after how long it is to be
// read again.
func (p *poller) sweepChannels(ctx context.Context) (next time.Duration) {
	w := p.w
	var all []medialive.Channel
	first, total, steady, pages := w.monitor.now(), -1, true, 0
	for ; pages < maxPages; pages++ {
		var page medialive.ChannelPage
		at, err := p.askChannels(ctx, func(r Reader) (err error) {
			page, err = r.ListChannels(p.probing(ctx), medialive.ChannelKey{}, pageSize, pages*pageSize)
			return err
		})
		if err != nil {
			return w.channelsFailed(ctx, err)
		}
		if pages == 0 {
			first = at
		}
		steady = steady && (total < 0 || total == page.Total)
		total = page.Total
		all = append(all, page.Channels...)
		if len(page.Channels) < pageSize || len(all) >= total {
			break
		}
	}
	minute := time.Minute / medialive.ChannelCallsPerMinute * channelShare
	next = max(channelsEvery, time.Duration(pages+1)*minute)
	if len(all) == 0 {
		next = quietEvery
	}
	w.channelsListed(all, first, next, steady && len(all) == total)
	return next
}

// channelsListed notes a sweep. A channel that two reads in a row did not have
// is gone: the list, where it did not change between its pages, or the service's
// word on that channel alone.
func (w *Watcher) channelsListed(all []medialive.Channel, at time.Time, period time.Duration, steady bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := &w.channels
	b.period, b.none = period, false
	w.setChannelLink(nil)
	seen := make(map[string]bool, len(all))
	for _, ch := range all {
		seen[w.setChannel(ch, at).id] = true
	}
	for id, r := range b.records {
		switch {
		case seen[id]:
		case steady && r.absent:
			w.forgetChannel(id)
		default:
			r.absent = r.absent || steady
			b.soon[id] = true
		}
	}
	b.complete, b.changed = true, true
	w.publish()
}

// channelsFailed notes that the list could not be read, and tells when to try
// again.
func (w *Watcher) channelsFailed(ctx context.Context, err error) (next time.Duration) {
	if ctx.Err() != nil {
		return channelsEvery
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	b := &w.channels
	if b.link.OK || b.link.Since.IsZero() {
		w.log.DebugContext(ctx, "channels not readable", "error", err)
	}
	w.setChannelLink(err)
	var e *medialive.Error
	b.none = errors.As(err, &e) && e.Code == medialive.CodeUnknownAPI
	b.changed = true
	w.publish()
	switch medialive.KindOf(err) {
	case medialive.KindThrottled:
		return max(retryAfter(err), jitter(refusedEvery))
	case medialive.KindNotPermitted:
		return jitter(refusedEvery)
	}
	if b.none {
		return jitter(noneEvery)
	}
	return max(retryAfter(err), channelsEvery)
}

// readSoonChannels reads the channels that somebody waits for, and tells whether
// some are left.
func (p *poller) readSoonChannels(ctx context.Context) (left bool) {
	w := p.w
	w.mu.Lock()
	var ids []string
	for id := range w.channels.soon {
		if len(ids) < mostSoon {
			ids = append(ids, id)
			delete(w.channels.soon, id)
		}
	}
	w.mu.Unlock()
	for _, id := range ids {
		key, ok := ChannelKeyOf(id)
		if !ok {
			continue
		}
		var ch medialive.Channel
		at, err := p.askChannels(ctx, func(r Reader) (err error) {
			ch, err = r.ShowChannel(p.probing(ctx), key)
			return err
		})
		w.channelRead(id, ch, at, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.channels.soon) > 0
}

// channelRead notes what was answered of one channel.
func (w *Watcher) channelRead(id string, ch medialive.Channel, at time.Time, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.channels.records[id]
	switch {
	case err == nil:
		w.setChannel(ch, at)
	case medialive.KindOf(err) != medialive.KindNotFound || r == nil:
		return
	case r.absent:
		w.forgetChannel(id)
	default:
		r.absent, w.channels.soon[id] = true, true
	}
	w.publish()
}

// channelsDenied finds out, where a gateway told no channel, whether that is
// because the reader may not see them.
func (w *Watcher) channelsDenied(ctx context.Context, r Reader) {
	_, err := r.ListChannels(ctx, medialive.ChannelKey{}, 10, 0)
	if err == nil || ctx.Err() != nil {
		return
	}
	w.channelsFailed(ctx, err)
}

// channel notes a channel told in full.
func (s *stream) channel(e medialive.Event, now time.Time) {
	if e.Channel == nil {
		return
	}
	r := s.w.setChannel(*e.Channel, now)
	s.channels[r.id] = true
	if e.Detail == nil {
		return
	}
	d := *e.Detail
	if d.Run == nil && d.State == medialive.ChannelOn && r.detail != nil {
		d.Run = r.detail.Run // this event tells what is configured, and measures nothing
	}
	r.setDetail(d, now)
}

// channelGone notes that a channel was deleted.
func (s *stream) channelGone(e medialive.Event) {
	if e.ChannelKey != nil {
		id := ChannelID(*e.ChannelKey)
		s.w.forgetChannel(id)
		delete(s.channels, id)
	}
}

// runs notes what was measured of the channels that are ON.
func (s *stream) runs(e medialive.Event, now time.Time) {
	for _, d := range e.Details {
		if r := s.w.channels.records[ChannelID(d.ChannelKey)]; r != nil {
			r.setDetail(d, now)
			s.w.channels.changed = true
		}
	}
}

// allChannels ends the beginning: channels that were not told do not exist, or
// not for this reader.
func (s *stream) allChannels() {
	for id := range s.w.channels.records {
		if !s.channels[id] {
			s.w.forgetChannel(id)
		}
	}
	b := &s.w.channels
	b.none, b.complete, b.changed = false, true, true
	s.w.setChannelLink(nil)
}
