package monitor

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	listEvery   = 2 * time.Second  // between two beginnings of a sweep of the list
	detailEvery = 5 * time.Second  // details of flows that are active or on a screen
	slowEvery   = time.Minute      // details of the rest
	untoldEvery = time.Second      // sources whose health is not told since a moment ago
	untoldFor   = 10 * time.Second // how long that is a moment
	lookFor     = 30 * time.Second // how long a flow counts as on a screen
	pageSize    = 100
	maxPages    = 50 // of a list: five times the thousand flows the API allows
	doubtSweeps = 2  // sweeps without a flow after which it is asked for by itself
	goneSweeps  = 4  // complete sweeps without a flow after which it is gone unasked

	bulkhead     = 6               // flows read at once, of which one is kept for early reads
	unreachable  = 2 * time.Second // of failures only, after which values are shown grey
	breakerFails = 5               // failures in a row after which only a probe is sent
	probeEvery   = 2 * time.Second // while the breaker is open
	longPause    = 3 * time.Second // shorter ones come and go by themselves, and are not told of
)

// errOpen is why a call was not made.
var errOpen = errors.New("the service fails: only the list is tried")

// poller reads a cloud within the budget: the list first, then active and
// on-screen flows, then the rest.
type poller struct {
	w *Watcher

	work    sync.WaitGroup
	details *rate.Limiter // the share of the budget that the list leaves

	mu      sync.Mutex // taken after the watcher's
	fails   int        // in a row
	okAt    time.Time  // of the last call that did not fail
	until   time.Time  // no call before
	asked   time.Time  // the same, where the service asked for a pause worth telling of
	pauses  int        // how often a call had to wait for that
	allowed float64    // calls a second: less than the budget where the service takes less
	cutAt   time.Time  // when that was last lowered
	latency time.Duration
	pages   int                  // of the list
	planned time.Time            // when the shares were last reckoned
	tried   map[string]time.Time // when a flow's outputs were last asked for
	shown   map[string]time.Time // the same, of the flow with its source
	again   map[string]time.Time // when those that failed are to be asked for again
	sources map[string]bool      // flows being read with their sources
	outputs map[string]bool      // flows of which outputs are being read
	running int                  // jobs
}

// lane is on whose share of the budget a call is made.
type lane bool

const (
	laneDetails lane = false
	laneFirst   lane = true // the list, and flows that somebody waits for
)

func newPoller(w *Watcher) *poller {
	return &poller{
		w: w, okAt: w.monitor.now(), details: rate.NewLimiter(rate.Limit(w.monitor.rps), 1), allowed: w.monitor.rps,
		tried: make(map[string]time.Time), shown: make(map[string]time.Time), again: make(map[string]time.Time),
		sources: make(map[string]bool), outputs: make(map[string]bool),
	}
}

// poll reads until ctx ends.
func (w *Watcher) poll(ctx context.Context) {
	p := newPoller(w)
	w.budget.SetLimit(rate.Limit(p.allowed))
	w.mu.Lock()
	lost := w.pace.lost
	w.pace = newPace()
	w.pace.lost = lost // until it is read anew
	w.capabilities = nil
	w.mu.Unlock()
	p.work.Go(func() { w.whole("the list", func() { p.sweeps(ctx) }) })
	p.work.Go(func() { w.whole("channels", func() { p.watchChannels(ctx) }) })
	w.whole("details", func() { p.readDetails(ctx) })
	p.work.Wait()
}

// call makes one read within the budget, and learns from its result. It tells
// when the read began.
func (p *poller) call(ctx context.Context, l lane, read func(Reader) error) (at time.Time, err error) {
	if l == laneDetails {
		if err := p.details.Wait(ctx); err != nil {
			return at, err
		}
	}
	if err := p.w.budget.Wait(ctx); err != nil {
		return at, err
	}
	for {
		if err := p.pause(ctx); err != nil {
			return at, err
		}
		r, err := p.w.reader(ctx)
		if err != nil {
			return at, err
		}
		at = p.w.monitor.now()
		err = read(r)
		if ctx.Err() == nil {
			p.learn(err, p.w.monitor.now().Sub(at))
		}
		if !p.w.passOver(r, err) {
			return at, err
		}
	}
}

// pause waits out what the API asked for, and what the breaker asks for.
func (p *poller) pause(ctx context.Context) error {
	for {
		p.mu.Lock()
		wait := p.until.Sub(p.w.monitor.now())
		if wait > 0 {
			p.pauses++
		}
		p.mu.Unlock()
		if wait <= 0 {
			return ctx.Err()
		}
		if err := sleep(ctx, wait, nil); err != nil {
			return err
		}
	}
}

// sleep waits, and ends early when something arrives on early.
func sleep(ctx context.Context, d time.Duration, early <-chan struct{}) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-early:
	case <-t.C:
	}
	return nil
}

// learn keeps the breaker, the pause and the rate.
func (p *poller) learn(err error, took time.Duration) {
	now := p.w.monitor.now()
	p.mu.Lock()
	kind := medialive.KindOf(err)
	wait := retryAfter(err)
	switch {
	case err == nil:
		p.fails, p.okAt = 0, now
		p.latency += (took - p.latency) / 8
		p.allow(min(p.w.monitor.rps, p.allowed+p.w.monitor.rps/600))
	case kind == medialive.KindThrottled:
		wait = max(wait, jitter(2*time.Second))
		if now.Sub(p.cutAt) >= time.Second { // those sent at one moment are refused for one reason
			p.cutAt = now
			p.allow(max(p.w.monitor.rps/10, p.allowed*0.7))
		}
	case kind == medialive.KindUnavailable, kind == medialive.KindUnreadable:
		if p.fails++; p.fails >= breakerFails {
			wait = max(wait, jitter(probeEvery)-took) // one that hung has waited already
		}
	}
	if until := now.Add(wait); wait > 0 && until.After(p.until) {
		p.until = until
	}
	if until := now.Add(wait); wait >= longPause && until.After(p.asked) {
		p.asked = until
	}
	lost, asked := p.fails > 1 && now.Sub(p.okAt) >= unreachable, p.asked
	p.mu.Unlock()
	p.w.reached(err, lost, asked)
}

// allow sets the calls a second. p.mu is held.
func (p *poller) allow(rps float64) {
	if rps != p.allowed {
		p.allowed = rps
		p.w.budget.SetLimit(rate.Limit(rps))
	}
}

// reached notes what a call tells of the way to the service.
//
// A pause that was told of stays until a call gets through: between its end and
// the answer to the next call nobody knows of another pace.
func (w *Watcher) reached(err error, lost bool, asked time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now, paused := w.monitor.now(), w.pace.paused
	switch {
	case asked.After(now):
		w.pace.paused = asked
	case err == nil:
		w.pace.paused = time.Time{}
	}
	changed := !paused.Equal(w.pace.paused)
	switch before := !w.pace.lost.IsZero(); {
	case err == nil && before && !w.doubted:
		w.pace.lost, changed = time.Time{}, true
	case lost && !before:
		w.pace.lost, changed = now, true
		w.setLink(err)
	}
	if changed {
		w.publishAll()
	}
}

// open tells that the breaker is open: only the list is read, as a probe.
func (p *poller) open() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fails >= breakerFails
}

// probing keeps a probe, of flows or of channels, from being repeated: repeats of
// all readers together would be more calls than the breaker lets through.
func (p *poller) probing(ctx context.Context) context.Context {
	if p.open() {
		return medialive.Once(ctx)
	}
	return ctx
}

// sweeps reads the list again and again.
func (p *poller) sweeps(ctx context.Context) {
	for ctx.Err() == nil {
		began := p.w.monitor.now()
		p.sweep(ctx)
		rest := listEvery - p.w.monitor.now().Sub(began)
		if rest < listEvery/4 { // a slow list leaves air for the rest
			rest = listEvery / 4
		}
		if sleep(ctx, jitter(rest/10)+rest*9/10, p.w.kick) != nil {
			return
		}
	}
}

// sweep reads the whole list once. Only a sweep whose total stayed the same and
// is that of its rows can tell that a flow is missing: when the list changes
// between two pages, a flow can slip from one to the other unseen.
func (p *poller) sweep(ctx context.Context) {
	began, pauses := p.w.monitor.now(), p.paused()
	p.w.mu.Lock()
	delete(p.w.soon, "")
	known := len(p.w.records)
	p.w.mu.Unlock()
	seen := make(map[string]bool)
	total, steady, read, page := -1, true, 0, 0
	for ; page < maxPages; page++ {
		var got medialive.FlowPage
		at, err := p.call(ctx, laneFirst, func(r Reader) (err error) {
			got, err = r.ListFlows(p.probing(ctx), pageSize, page*pageSize)
			return err
		})
		if err != nil {
			p.w.listFailed(ctx, err)
			return
		}
		steady = steady && (total < 0 || total == got.Total)
		total = got.Total
		read += len(got.Flows)
		p.w.listed(got.Flows, seen, at)
		if len(got.Flows) < pageSize || read >= total && known <= total {
			break
		}
	}
	p.mu.Lock()
	p.pages = page + 1
	p.mu.Unlock()
	took := p.w.monitor.now().Sub(began)
	if p.paused() != pauses {
		took = 0 // tells nothing of the pace
	}
	p.w.swept(seen, steady && read == total, took)
}

// paused counts the pauses.
func (p *poller) paused() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pauses
}

// listFailed notes that the list could not be read.
func (w *Watcher) listFailed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.link.OK || w.link.Since.IsZero() {
		w.log.WarnContext(ctx, "flows not readable", "error", err)
	}
	w.setLink(err)
	w.publish()
}

// listed notes the rows of one page.
func (w *Watcher) listed(rows []medialive.FlowSummary, seen map[string]bool, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range rows {
		if s.ID == "" || seen[s.ID] {
			continue
		}
		seen[s.ID] = true
		r := w.record(s.ID)
		before := r.status
		r.setSummary(s, at)
		w.settle(r.order, r.id, r.status, at)
		if before != "" && r.status != before {
			w.soon[s.ID] = true
		}
	}
	wake(w.nudge)
	w.trust()
	if w.complete {
		w.publish()
	}
}

// swept ends a sweep. A flow that two did not have is asked for by itself, and
// gone if the service does not know it; one that four complete ones in a row
// did not have is gone without asking.
func (w *Watcher) swept(seen map[string]bool, steady bool, took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if took > 0 {
		w.pace.list = max(listEvery, took+listEvery/4)
	}
	for id, r := range w.records {
		if seen[id] {
			continue
		}
		r.missed++
		if steady {
			r.missedForSure++
		}
		switch {
		case r.missedForSure >= goneSweeps:
			w.forget(id)
		case r.missed >= doubtSweeps:
			w.soon[id] = true
		}
	}
	wake(w.nudge)
	w.complete = true
	w.publish()
}

// absent notes that the service does not know a flow, which is gone if the list
// does not have it either.
func (w *Watcher) absent(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.records[id]; r != nil && r.missed > 0 {
		w.forget(id)
		w.publish()
	}
}
