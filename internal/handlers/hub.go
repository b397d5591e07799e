package handlers

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
)

const (
	viewerQueue = 8                     // frames a viewer may lag behind before it is dropped
	beatEvery   = time.Second           // heartbeat; the page greys itself after three missed ones
	beatParts   = 4                     // of the viewers, who have their heartbeats in turn: a change waits behind one part at most
	paintEvery  = 20 * time.Millisecond // changes that come closer together are shown together
)

// picture is what a stream shows: it renders what changed, and all of it.
// Neither is called by two goroutines at a time.
type picture interface {
	// Changed tells of every change of what the picture shows; cancel ends it.
	Changed() (changed <-chan struct{}, cancel func())
	// Change renders the frame that leads from the last call's state to the
	// present one; nil when nothing visible changed.
	Change() []byte
	// Full renders the state of the last call of Change.
	Full() []byte
}

// hub gives all viewers of one view the same bytes: each view has one stream,
// and a stream renders a change once, whoever looks on.
type hub struct {
	ctx    context.Context
	paint  func(view, *monitor.Watcher) picture
	now    func() time.Time
	slow   func()          // told of each viewer that was dropped for being too slow
	failed func(cause any) // told of a panic that ended a stream
	mu     sync.Mutex
	open   map[view]*stream
	counts map[string]int // viewers of a person, or of a display
	limit  int            // of each
	total  atomic.Int64   // viewers
}

// stream is one view with those who look at it. Its goroutine lives while it
// has viewers.
type stream struct {
	mu      sync.Mutex
	shown   picture
	viewers map[*viewer]struct{}
	heard   func() time.Time // when the backend last confirmed what it had told
	slow    func()           // of the hub
	joined  int              // viewers so far
	stop    context.CancelFunc
}

// viewer is one open connection.
type viewer struct {
	frames  chan []byte
	dropped chan struct{} // closed when the viewer was too slow, or the hub ends
	part    int           // when its heartbeats are, of beatParts
}

func newHub(ctx context.Context, limit int, now func() time.Time, slow func(), paint func(view, *monitor.Watcher) picture) *hub {
	return &hub{ctx: ctx, paint: paint, now: now, slow: slow, failed: func(any) {}, open: map[view]*stream{}, counts: map[string]int{}, limit: limit}
}

// join adds a viewer to a view. Its first frame is the full state. The caller
// must call leave. It answers errTooManyStreams beyond the limit of whose it is: a
// person, or a display.
func (h *hub) join(v view, w *monitor.Watcher, whose string) (_ *viewer, leave func(), err error) {
	return h.joinPainted(v, w, whose, h.paint)
}

// joinPainted is join for a view that another than the hub's own painter paints.
func (h *hub) joinPainted(v view, w *monitor.Watcher, whose string, paint func(view, *monitor.Watcher) picture) (_ *viewer, leave func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.counts[whose] >= h.limit {
		return nil, nil, errTooManyStreams
	}
	s, ok := h.open[v]
	if !ok {
		s = h.begin(v, w, paint)
		h.open[v] = s
	}
	me := s.join()
	h.counts[whose]++
	h.total.Add(1)
	return me, func() { h.leave(v, s, me, whose) }, nil
}

// join adds a viewer, whose first frame is the full state.
func (s *stream) join() *viewer {
	s.mu.Lock()
	defer s.mu.Unlock()
	me := &viewer{frames: make(chan []byte, viewerQueue), dropped: make(chan struct{}), part: (s.joined + 1) % beatParts}
	me.frames <- s.shown.Full()
	s.joined++
	s.viewers[me] = struct{}{}
	return me
}

// begin starts the stream of a view. The caller holds the lock.
func (h *hub) begin(v view, w *monitor.Watcher, paint func(view, *monitor.Watcher) picture) *stream {
	shown := paint(v, w)
	shown.Change()
	ctx, stop := context.WithCancel(h.ctx)
	s := &stream{shown: shown, viewers: map[*viewer]struct{}{}, heard: w.Heard, slow: h.slow, stop: stop}
	changed, cancel := shown.Changed()
	go func() {
		defer cancel()
		defer h.end(v, s)
		s.run(ctx, changed, h.now)
	}()
	return s
}

// end ends a stream that panicked: those who look on come back for a new one. It
// is to be deferred.
func (h *hub) end(v view, s *stream) {
	cause := recover()
	if cause == nil {
		return
	}
	h.mu.Lock()
	if h.open[v] == s {
		delete(h.open, v)
	}
	h.mu.Unlock()
	s.dropAll()
	s.stop()
	h.failed(cause)
}

// leave removes a viewer, and ends a stream that nobody looks at.
func (h *hub) leave(v view, s *stream, me *viewer, whose string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.total.Add(-1)
	if h.counts[whose]--; h.counts[whose] <= 0 {
		delete(h.counts, whose)
	}
	s.mu.Lock()
	delete(s.viewers, me)
	empty := len(s.viewers) == 0
	s.mu.Unlock()
	if empty && h.open[v] == s {
		delete(h.open, v)
		s.stop()
	}
}

// viewers counts the open connections.
func (h *hub) viewers() int { return int(h.total.Load()) }

// run sends changes as they happen, no closer together than paintEvery, and a
// heartbeat each second.
func (s *stream) run(ctx context.Context, changed <-chan struct{}, now func() time.Time) {
	beat := time.NewTicker(beatEvery / beatParts)
	defer beat.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	<-pause.C
	wake, resting := changed, false
	for part := 0; ; {
		select {
		case <-ctx.Done():
			s.dropAll()
			return
		case <-beat.C:
			part = (part + 1) % beatParts
			s.send(func() []byte { return beatFrame(now(), s.heard()) }, func(v *viewer) bool { return v.part == part })
		case <-wake:
			s.send(s.shown.Change, func(*viewer) bool { return true })
			pause.Reset(paintEvery)
			wake, resting = nil, true
		case <-pause.C:
			if resting {
				wake, resting = changed, false
			}
		}
	}
}

// send gives one frame to those whom it is for; who cannot take it is dropped,
// and comes back for the full state.
func (s *stream) send(frame func() []byte, to func(*viewer) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bytes := frame()
	if bytes == nil {
		return
	}
	for v := range s.viewers {
		if !to(v) {
			continue
		}
		select {
		case v.frames <- bytes:
		default:
			s.drop(v)
			s.slow()
		}
	}
}

// drop ends a viewer's connection. The caller holds the lock.
func (s *stream) drop(v *viewer) {
	delete(s.viewers, v)
	close(v.dropped)
}

func (s *stream) dropAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v := range s.viewers {
		s.drop(v)
	}
}

// beatFrame is the heartbeat: a named event, because a page cannot see
// comments. It carries the server's clock in epoch milliseconds and, after a
// blank, when the backend last confirmed what it had told, where it does.
func beatFrame(now, heard time.Time) []byte {
	b := append([]byte(beatEvent+"data: "), strconv.FormatInt(now.UnixMilli(), 10)...)
	if !heard.IsZero() {
		b = strconv.AppendInt(append(b, ' '), heard.UnixMilli(), 10)
	}
	return append(b, '\n', '\n')
}

// appendEvent appends an unnamed SSE message, which htmx swaps. Every line of
// the text becomes a data line.
func appendEvent(dst, text []byte) []byte {
	dst = append(dst, "data: "...)
	for _, b := range text {
		switch b {
		case '\n':
			dst = append(dst, "\ndata: "...)
		case '\r': // a bare one would end the line too
		default:
			dst = append(dst, b)
		}
	}
	return append(dst, '\n', '\n')
}
