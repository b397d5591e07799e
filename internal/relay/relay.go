package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/srt"
)

const (
	controlPause = 50 * time.Millisecond  // between looks for callers and losses
	statePause   = 100 * time.Millisecond // between looks at media and retries
	samplePause  = 1 * time.Second
	libraryPause = 1 * time.Second // between looks for a library that is missing
	controlBatch = 64
)

// ErrUnavailable tells that libsrt is missing; the error around it says what
// to install.
var ErrUnavailable = errors.New("SRT is not available")

// relay owns the flows and the life of every socket. Its lock is held around
// calls of libsrt, none of which waits; what runs on libsrt's own threads, or
// carries media, never takes it.
type relay struct {
	log     *slog.Logger
	version string
	load    func() (*srt.Library, error)
	changed *bell
	reach   reach

	mu      sync.Mutex
	lib     *srt.Library // nil while missing
	problem string
	poll    *srt.Poll
	media   *media
	mediaWG sync.WaitGroup
	ctx     context.Context // of the media goroutine and of look-ups
	flows   map[string]*flow
	legs    map[srt.Socket]*leg  // by listening or calling socket
	sinks   map[srt.Socket]*peer // by connected socket of an output
	stated  time.Time
	sampled time.Time
	sought  time.Time // when a missing library was last looked for
}

func newRelay(ctx context.Context, o Options, load func() (*srt.Library, error)) *relay {
	r := &relay{
		log: o.Log, version: o.Version, load: load, changed: newBell(), reach: newReach(o.Allow), ctx: ctx,
		flows: map[string]*flow{}, legs: map[srt.Socket]*leg{}, sinks: map[srt.Socket]*peer{},
	}
	if err := r.start(); err != nil {
		r.log.Warn("SRT is not available", "error", err)
	}
	return r
}

// start loads libsrt, unless that is done.
func (r *relay) start() error {
	if r.lib != nil {
		return nil
	}
	lib, err := r.load()
	if err == nil {
		err = r.startLibrary(lib)
	}
	if err != nil {
		r.problem = err.Error()
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r.problem = ""
	return nil
}

func (r *relay) startLibrary(lib *srt.Library) error {
	if err := lib.Startup(); err != nil {
		return err
	}
	poll, err := lib.NewPoll()
	if err != nil {
		lib.Cleanup()
		return err
	}
	media, err := newMedia(lib)
	if err != nil {
		lib.Cleanup()
		return err
	}
	r.lib, r.poll, r.media = lib, poll, media
	r.mediaWG.Go(func() { media.run(r.ctx) })
	return nil
}

// seek looks for a missing library now and then, so that installing the
// package is enough, and tells whether it is there.
func (r *relay) seek(now time.Time) bool {
	if r.lib != nil {
		return true
	}
	if now.Sub(r.sought) < libraryPause {
		return false
	}
	r.sought = now
	if r.start() != nil {
		return false // the report says why
	}
	r.log.Info("SRT is available now", "library", r.lib.Name(), "version", r.lib.Version())
	r.changed.ring()
	return true
}

// run looks after the sockets until ctx ends, then closes all.
func (r *relay) run(ctx context.Context) {
	ticker := time.NewTicker(controlPause)
	defer ticker.Stop()
	ready := make([]srt.Event, controlBatch)
	for {
		select {
		case <-ctx.Done():
			r.close()
			return
		case now := <-ticker.C:
			r.tick(now, ready)
		}
	}
}

func (r *relay) close() {
	r.mediaWG.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.flows {
		r.drop(id)
	}
	if r.lib != nil {
		r.poll.Release()
		r.media.poll.Release()
		r.lib.Cleanup()
		r.lib = nil
	}
}

// put makes a flow run as the spec says. When it fails nothing has changed;
// with partial, legs whose port is taken do not make it fail but stay Failed
// and are tried again.
func (r *relay) put(spec FlowSpec, partial bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		return fmt.Errorf("put flow %s: the relay is ending", spec.ID)
	}
	if err := r.start(); err != nil {
		return err
	}
	now := time.Now()
	f, known := r.flows[spec.ID]
	if !known {
		f = newFlow(spec.ID, now)
	}
	p := planFlow(f, spec, now)
	if err := r.checkPorts(f, p); err != nil && !partial {
		return err
	}
	if err := r.prepare(f, p, partial); err != nil {
		return err
	}
	r.carryOut(f, p, now)
	r.flows[spec.ID] = f
	r.changed.ring()
	return nil
}

// remove ends a flow; one that does not run is no error.
func (r *relay) remove(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(id)
	r.changed.ring()
}

func (r *relay) drop(id string) {
	f, ok := r.flows[id]
	if !ok {
		return
	}
	delete(r.flows, id)
	f.endTaps()
	for _, l := range f.legs() {
		r.closeLeg(l)
	}
}

func (r *relay) report() Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := Report{At: time.Now(), Version: r.version, SRTProblem: r.problem, Flows: []FlowReport{}}
	if r.lib != nil {
		report.SRTVersion, report.SRTLibrary = r.lib.Version(), r.lib.Name()
	}
	for _, id := range slices.Sorted(maps.Keys(r.flows)) {
		report.Flows = append(report.Flows, r.flows[id].report())
	}
	return report
}

// tick does what is due.
func (r *relay) tick(now time.Time, ready []srt.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.seek(now) {
		return
	}
	n, err := r.poll.Ready(ready)
	if err != nil {
		r.log.Error("watch sockets", "error", err)
		return
	}
	for _, e := range ready[:n] {
		r.handle(e, now)
	}
	if now.Sub(r.stated) >= statePause {
		r.stated = now
		r.review(now)
	}
	if now.Sub(r.sampled) >= samplePause {
		r.sampled = now
		r.eachPeer(func(p *peer) { p.sample(now) })
	}
}

func (r *relay) handle(e srt.Event, now time.Time) {
	if p, ok := r.sinks[e.Socket]; ok {
		r.lose(p, now)
		return
	}
	l, ok := r.legs[e.Socket]
	switch {
	case !ok:
		r.poll.Forget(e.Socket)
	case e.Socket == l.listener:
		r.acceptAll(l, now)
	default:
		r.answered(l, now)
	}
}

// review looks at every leg: is media moving, is a call due, who never came.
func (r *relay) review(now time.Time) {
	changed := false
	for _, f := range r.flows {
		for _, l := range f.legs() {
			r.reviewPeers(l, now)
			r.reviewNext(l, now)
			r.retry(l, now)
			for _, call := range l.pending.expired(now) {
				f.refusals.add(l.spec.Name, call.Peer, call.StreamID, refusedUnfinished, now) // libsrt did not say why
			}
			changed = l.refresh(now) || changed
		}
	}
	if changed {
		r.changed.ring()
	}
}

func (r *relay) reviewPeers(l *leg, now time.Time) {
	for _, p := range slices.Clone(l.peers) {
		p.watch(r.lib, now)
		if p.broken.Load() || p.silent(now) {
			r.lose(p, now)
		}
	}
}

func (r *relay) retry(l *leg, now time.Time) {
	if now.Before(l.nextTry) {
		return
	}
	switch {
	case l.spec.Mode == Listen && l.listener == 0:
		if err := r.openListener(l); err != nil {
			l.problem, l.nextTry = err.Error(), now.Add(rebindPause)
		}
	case l.spec.Mode == Call && l.calling == 0 && !l.looking && len(l.peers) == 0:
		r.call(l, now)
	}
}

func (r *relay) eachPeer(do func(*peer)) {
	for _, f := range r.flows {
		for _, l := range f.legs() {
			for _, p := range l.peers {
				do(p)
			}
		}
	}
}

// lose ends a peer whose connection broke.
func (r *relay) lose(p *peer, now time.Time) {
	r.closePeer(p)
	if p.leg.spec.Mode == Call {
		p.leg.problem, p.leg.nextTry = "the connection was lost", now.Add(afterLoss)
	}
	if p.leg.refresh(now) {
		r.changed.ring()
	}
}

func (r *relay) closePeer(p *peer) {
	l := p.leg
	l.peers = slices.DeleteFunc(l.peers, func(o *peer) bool { return o == p })
	if l.source {
		r.media.remove(p)
	} else {
		l.pullers.Store(int32(len(l.peers)))
		delete(r.sinks, p.socket)
		l.flow.publish()
	}
	r.lib.Close(p.socket)
}

// closeLeg ends all sockets of a leg.
func (r *relay) closeLeg(l *leg) {
	l.closed = true
	for _, s := range []srt.Socket{l.listener, l.calling} {
		if s != 0 {
			delete(r.legs, s)
			r.lib.Close(s)
		}
	}
	l.listener, l.calling = 0, 0
	r.forgetNext(l)
	for _, p := range slices.Clone(l.peers) {
		r.closePeer(p)
	}
}
