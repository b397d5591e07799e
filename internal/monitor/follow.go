package monitor

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	streamPeriod = time.Second      // a gateway tells something at least so often
	silenceLimit = 3 * time.Second  // without a word: the stream is dead
	confirmEvery = 10 * time.Second // after which the stream's beat renews the age of facts that did not change
	capableEvery = 15 * time.Second // how often capabilities are read again
	firstRetry   = 200 * time.Millisecond
	longestRetry = 4 * time.Second
	steadyStream = 10 * time.Second // a stream that lived so long makes the next retry a first one
)

// errSilent ends a stream on which nothing was heard.
var errSilent = errors.New("the event stream fell silent")

// watch reads the backend in the way it offers: by its event stream if it is a
// Flowdeck gateway, by polling if it is a cloud.
func (w *Watcher) watch(ctx context.Context) {
	retry := newBackoff(firstRetry, longestRetry)
	for ctx.Err() == nil {
		r, err := w.reader(ctx)
		if err != nil {
			return
		}
		w.watchBy(ctx, r, retry)
	}
}

// watchBy reads by a reader until another way or another reader is better, and
// pauses if that is for a failure. A part of the watcher that panics ends the
// reading too, so that it begins anew.
func (w *Watcher) watchBy(ctx context.Context, r Reader, retry *backoff) {
	began := w.monitor.now()
	whole, end := w.interruptible(ctx)
	defer end()
	cloud, err := w.attend(whole, r)
	switch {
	case ctx.Err() != nil:
		return
	case cloud:
		w.poll(whole)
	case whole.Err() != nil:
	case w.passOver(r, err):
		return
	case medialive.KindOf(err) == medialive.KindNotPermitted:
		if w.pollMeanwhile(whole); whole.Err() == nil {
			return
		}
	default:
		w.broken(ctx, err)
	}
	if w.monitor.now().Sub(began) >= steadyStream {
		retry.reset()
	}
	retry.wait(ctx, retryAfter(err), w.offered)
}

// attend follows a gateway until its stream breaks; of a cloud, which answers
// and knows no Flowdeck extension, it tells so at once.
func (w *Watcher) attend(ctx context.Context, r Reader) (cloud bool, err error) {
	caps, err := r.Capabilities(ctx)
	if err == nil {
		return false, w.follow(ctx, r, caps)
	}
	kind := medialive.KindOf(err)
	return kind == medialive.KindNotFound || kind == medialive.KindRefused, err
}

// pollMeanwhile polls what may be read by readers that may not follow a
// gateway's events, until one comes that may.
func (w *Watcher) pollMeanwhile(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.monitor.work.Go(func() {
		w.whole("readers", func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-w.offered:
					if w.anyUnlimited() {
						cancel()
					}
				}
			}
		})
	})
	w.poll(ctx)
}

// broken notes that the backend could not be read.
func (w *Watcher) broken(ctx context.Context, err error) {
	if err == nil {
		err = &medialive.Error{Op: "events", Kind: medialive.KindUnavailable, Err: errors.New("the event stream ended")}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.link.OK || w.link.Since.IsZero() {
		w.log.WarnContext(ctx, "backend not readable", "error", err)
	}
	w.setLink(err)
	w.publish()
}

// follow keeps the records by a gateway's event stream until it breaks.
func (w *Watcher) follow(ctx context.Context, r Reader, caps medialive.Capabilities) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(silenceLimit, func() { cancel(errSilent) })
	defer silence.Stop()
	w.setCapabilities(caps)

	s := stream{w: w, told: make(map[string]bool), channels: make(map[string]bool)}
	capable := w.monitor.now()
	err := r.Events(ctx, func(e medialive.Event) error {
		silence.Reset(silenceLimit)
		s.apply(e)
		if e.Kind == medialive.EventReady && len(s.channels) == 0 {
			w.monitor.work.Go(func() {
				defer w.monitor.guard.Survive("channels")
				w.channelsDenied(ctx, r)
			})
		}
		if now := w.monitor.now(); now.Sub(capable) >= capableEvery || e.Kind == medialive.EventGone {
			capable = now
			w.monitor.work.Go(func() {
				defer w.monitor.guard.Survive("capabilities")
				w.readCapabilities(ctx, r)
			})
		}
		return nil
	})
	if context.Cause(ctx) == errSilent { //nolint:errorlint // the cause is the value itself
		return &medialive.Error{Op: "events", Kind: medialive.KindUnavailable, Err: errSilent}
	}
	return err
}

// readCapabilities renews what the gateway says of itself; a failure shows on
// the stream soon enough.
func (w *Watcher) readCapabilities(ctx context.Context, r Reader) {
	if caps, err := r.Capabilities(ctx); err == nil {
		w.setCapabilities(caps)
	}
}

func (w *Watcher) setCapabilities(caps medialive.Capabilities) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.capabilities != nil && reflect.DeepEqual(*w.capabilities, caps) {
		return
	}
	w.capabilities = &caps
	w.publish()
}

// stream is one life of an event stream.
type stream struct {
	w         *Watcher
	told      map[string]bool // flows told since it began
	channels  map[string]bool // the same, of channels
	ready     bool            // all that existed has been told
	confirmed time.Time       // when unchanged facts of some flows were last renewed
}

// apply notes one event. Times are of our own clock: the moment it was heard.
func (s *stream) apply(e medialive.Event) {
	w := s.w
	now := w.monitor.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	lost := w.pace.lost
	if w.pace = streamPace(now); !s.ready {
		w.pace.lost = lost
	}
	switch e.Kind {
	case medialive.EventFlow:
		s.flow(e, now)
	case medialive.EventGone:
		w.forget(e.FlowID)
		delete(s.told, e.FlowID)
	case medialive.EventStatistics:
		for _, st := range e.Statistics {
			if r := w.records[st.FlowID]; r != nil {
				r.setStatistics(st, now)
			}
		}
	case medialive.EventChannel:
		s.channel(e, now)
	case medialive.EventChannelGone:
		s.channelGone(e)
	case medialive.EventChannelRuns:
		s.runs(e, now)
	case medialive.EventReady:
		s.complete(now)
		s.allChannels()
	}
	if s.ready && now.Sub(s.confirmed) >= streamPeriod {
		s.renew(now)
	}
	if s.ready {
		w.publish()
	}
}

// flow notes a flow told in full.
func (s *stream) flow(e medialive.Event, now time.Time) {
	if e.Flow == nil {
		return
	}
	s.told[e.Flow.ID] = true
	r := s.w.record(e.Flow.ID)
	r.setDetail(*e.Flow, now)
	for _, o := range e.Outputs {
		r.setOutput(o, now, streamPeriod)
	}
	s.w.settle(r.order, r.id, r.status, now)
}

// complete ends the beginning: flows that were not told do not exist.
func (s *stream) complete(now time.Time) {
	for id := range s.w.records {
		if !s.told[id] {
			s.w.forget(id)
		}
	}
	s.ready, s.confirmed = true, now
	s.w.complete = true
	s.w.trust()
}

// renew makes facts that did not change as young as the stream that would have
// told a change: of the flows that were told longest ago, and of few at a time,
// for each is shown anew to all who look on.
func (s *stream) renew(now time.Time) {
	s.confirmed = now
	for _, r := range s.w.channels.records {
		s.w.settle(r.order, r.id, StatusOf(r.read.State), now)
	}
	var due []*record
	for _, r := range s.w.records {
		if now.Sub(r.statusAt) >= confirmEvery {
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b *record) int { return cmp.Or(a.statusAt.Compare(b.statusAt), cmp.Compare(a.id, b.id)) })
	few := len(s.w.records)/int(confirmEvery/streamPeriod) + 1
	for _, r := range due[:min(few, len(due))] {
		s.confirm(r, now)
	}
}

// confirm makes the facts of a flow as young as now.
func (s *stream) confirm(r *record, now time.Time) {
	r.setStatus(r.status, now)
	r.detailAt = now
	for i := range r.outputs {
		if r.outputs[i].read != nil {
			r.outputs[i].at = now
		}
	}
	s.w.settle(r.order, r.id, r.status, now)
}
