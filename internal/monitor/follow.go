package monitor

import (
	"context"
	"errors"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	streamPeriod = time.Second      // a gateway tells something at least so often
	silenceLimit = 3 * time.Second  // without a word: the stream is dead
	confirmEvery = 10 * time.Second // how often the stream's beat renews the age of facts that do not change
	capableEvery = 15 * time.Second // how often capabilities are read again
	firstRetry   = 200 * time.Millisecond
	longestRetry = 5 * time.Second
	steadyStream = 10 * time.Second // a stream that lived so long makes the next retry a first one
)

// errSilent ends a stream on which nothing was heard.
var errSilent = errors.New("the event stream fell silent")

// watch reads the backend in the way it offers: by its event stream if it is a
// Flowdeck gateway, by polling if it is a cloud.
func (w *Watcher) watch(ctx context.Context) {
	retry := newBackoff(firstRetry, longestRetry)
	for ctx.Err() == nil {
		began := w.monitor.now()
		r, err := w.reader(ctx)
		if err != nil {
			return
		}
		caps, err := r.Capabilities(ctx)
		switch {
		case err == nil:
			err = w.follow(ctx, r, caps)
		case isCloud(err):
			w.poll(ctx)
			continue
		}
		if ctx.Err() != nil {
			return
		}
		w.broken(ctx, r, err)
		if w.monitor.now().Sub(began) >= steadyStream {
			retry.reset()
		}
		retry.wait(ctx, retryAfter(err), w.offered)
	}
}

// isCloud tells that the other side answered, and knows no Flowdeck extension.
func isCloud(err error) bool {
	switch medialive.KindOf(err) {
	case medialive.KindNotFound, medialive.KindRefused, medialive.KindNotPermitted:
		return true
	}
	return false
}

// broken notes that the backend could not be read.
func (w *Watcher) broken(ctx context.Context, r Reader, err error) {
	if err == nil {
		err = &medialive.Error{Op: "events", Kind: medialive.KindUnavailable, Err: errors.New("the event stream ended")}
	}
	if medialive.KindOf(err) == medialive.KindNotSignedIn {
		w.turnedAway(r)
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

	s := stream{w: w, told: make(map[string]bool)}
	capable := w.monitor.now()
	err := r.Events(ctx, func(e medialive.Event) error {
		silence.Reset(silenceLimit)
		s.apply(e)
		if now := w.monitor.now(); now.Sub(capable) >= capableEvery || e.Kind == medialive.EventGone {
			capable = now
			w.monitor.work.Go(func() { w.readCapabilities(ctx, r) })
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
	if w.capabilities != nil && *w.capabilities == caps {
		return
	}
	w.capabilities = &caps
	w.publish()
}

// stream is one life of an event stream.
type stream struct {
	w         *Watcher
	told      map[string]bool // flows told since it began
	ready     bool            // all that existed has been told
	confirmed time.Time       // when unchanged facts were last renewed
}

// apply notes one event. Times are of our own clock: the moment it was heard.
func (s *stream) apply(e medialive.Event) {
	w := s.w
	now := w.monitor.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pace = pace{list: streamPeriod, detail: streamPeriod, heard: now}
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
	case medialive.EventReady:
		s.complete(now)
	}
	if s.ready && now.Sub(s.confirmed) >= confirmEvery {
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
		r.setOutput(o, now)
	}
	s.w.settle(r, now)
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
	s.w.setLink(nil)
}

// renew makes facts that did not change as young as the stream that would have
// told a change.
func (s *stream) renew(now time.Time) {
	s.confirmed = now
	for _, r := range s.w.records {
		r.setStatus(r.status, now)
		r.detailAt = now
		for i := range r.outputs {
			if r.outputs[i].read != nil {
				r.outputs[i].at = now
			}
		}
		s.w.settle(r, now)
	}
}
