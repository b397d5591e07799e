package monitor

import (
	"context"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	listEvery   = 2 * time.Second  // between two beginnings of a sweep of the list
	detailEvery = 5 * time.Second  // details of flows that are active or on a screen
	slowEvery   = time.Minute      // details of the rest
	lookFor     = 30 * time.Second // how long a flow counts as on a screen
	pageSize    = 100
	maxPages    = 50 // of a list: five times the thousand flows the API allows
	goneSweeps  = 2  // complete sweeps without a flow after which it is gone

	bulkhead     = 4               // flows read at once
	listShare    = 0.7             // of the budget that details may take while the list is swept
	breakerFails = 5               // failures in a row after which only a probe is sent
	probeEvery   = 3 * time.Second // while the breaker is open
)

// poller reads a cloud within the budget: the list first, then active and
// on-screen flows, then the rest.
type poller struct {
	w *Watcher

	work sync.WaitGroup

	mu    sync.Mutex           // taken after the watcher's
	fails int                  // in a row
	until time.Time            // no call before
	tried map[string]time.Time // when a flow's details were last asked for
	busy  map[string]bool      // being read
}

// poll reads until ctx ends.
func (w *Watcher) poll(ctx context.Context) {
	p := &poller{w: w, tried: make(map[string]time.Time), busy: make(map[string]bool)}
	w.mu.Lock()
	w.pace = pace{list: listEvery, detail: detailEvery, rest: slowEvery}
	w.capabilities = nil
	w.mu.Unlock()
	p.work.Go(func() { p.sweeps(ctx) })
	p.details(ctx)
	p.work.Wait()
}

// call makes one read within the budget, and learns from its result. It tells
// when the read began.
func (p *poller) call(ctx context.Context, read func(Reader) error) (at time.Time, err error) {
	if err := p.pause(ctx); err != nil {
		return at, err
	}
	if err := p.w.budget.Wait(ctx); err != nil {
		return at, err
	}
	for {
		r, err := p.w.reader(ctx)
		if err != nil {
			return at, err
		}
		at = p.w.monitor.now()
		err = read(r)
		p.learn(err)
		if !p.w.passOver(r, err) {
			return at, err
		}
	}
}

// pause waits out what the API asked for.
func (p *poller) pause(ctx context.Context) error {
	p.mu.Lock()
	wait := p.until.Sub(p.w.monitor.now())
	p.mu.Unlock()
	if wait <= 0 {
		return ctx.Err()
	}
	return sleep(ctx, wait, nil)
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

// learn keeps the breaker and the pause.
func (p *poller) learn(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		p.fails = 0
		return
	}
	wait := retryAfter(err)
	switch medialive.KindOf(err) {
	case medialive.KindThrottled:
		wait = max(wait, jitter(2*time.Second))
	case medialive.KindUnavailable, medialive.KindUnreadable:
		if p.fails++; p.fails >= breakerFails {
			wait = max(wait, jitter(probeEvery))
		}
	}
	if until := p.w.monitor.now().Add(wait); wait > 0 && until.After(p.until) {
		p.until = until
	}
}

// open tells that the breaker is open: only the list is read, as a probe.
func (p *poller) open() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fails >= breakerFails
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

// sweep reads the whole list once. Only a sweep whose total stayed the same can
// tell that a flow is missing: when the list changes between two pages, a flow
// can slip from one to the other unseen.
func (p *poller) sweep(ctx context.Context) {
	began := p.w.monitor.now()
	p.w.mu.Lock()
	delete(p.w.soon, "")
	p.w.mu.Unlock()
	seen := make(map[string]bool)
	total, steady := -1, true
	for page, read := 0, 0; page < maxPages; page++ {
		var got medialive.FlowPage
		at, err := p.call(ctx, func(r Reader) (err error) {
			got, err = r.ListFlows(ctx, pageSize, page*pageSize)
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
		if len(got.Flows) == 0 || read >= total {
			break
		}
	}
	p.w.swept(seen, steady, p.w.monitor.now().Sub(began))
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
		w.settle(r, at)
		if r.status != before {
			w.soon[s.ID] = true
		}
	}
	wake(w.nudge)
	w.setLink(nil)
	if w.complete {
		w.publish()
	}
}

// swept ends a sweep: flows missing from two complete ones in a row are gone.
func (w *Watcher) swept(seen map[string]bool, steady bool, took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pace.list = max(listEvery, took)
	if steady {
		for id, r := range w.records {
			if seen[id] {
				continue
			}
			if r.missed++; r.missed >= goneSweeps {
				w.forget(id)
			}
		}
	}
	w.complete = true
	w.publish()
}

// details reads the details of flows as they fall due.
func (p *poller) details(ctx context.Context) {
	slots := make(chan struct{}, bulkhead)
	for ctx.Err() == nil {
		id, wait := p.next()
		if id == "" {
			if sleep(ctx, wait, p.w.nudge) != nil {
				return
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case slots <- struct{}{}:
		}
		p.work.Go(func() {
			p.detail(ctx, id)
			p.mu.Lock()
			delete(p.busy, id)
			p.mu.Unlock()
			<-slots
			wake(p.w.nudge)
		})
	}
}

// next picks the flow whose details are to be read now and marks it busy, or
// tells how long nothing is due.
func (p *poller) next() (id string, wait time.Duration) {
	if p.open() {
		return "", probeEvery
	}
	w, now := p.w, p.w.monitor.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget()
	id, wait = p.earliest(now, p.period())
	for soon := range w.soon {
		if soon != "" && !p.busy[soon] {
			id = soon
			delete(w.soon, soon)
			break
		}
	}
	if id != "" {
		p.busy[id], p.tried[id] = true, now
	}
	return id, wait
}

// earliest picks the flow that has been due for longest, active and on-screen
// ones first, then those never read. Both mutexes are held.
func (p *poller) earliest(now time.Time, period time.Duration) (id string, wait time.Duration) {
	wait = tick
	var best time.Time
	bestRank := 3
	for flow, r := range p.w.records {
		if p.busy[flow] {
			continue
		}
		tried, was := p.tried[flow]
		rank, due := 2, tried.Add(slowEvery)
		switch {
		case p.hot(r):
			rank, due = 0, tried.Add(period)
		case !was:
			rank, due = 1, tried
		}
		if due.After(now) {
			wait = min(wait, due.Sub(now))
			continue
		}
		if rank < bestRank || rank == bestRank && due.Before(best) {
			id, best, bestRank = flow, due, rank
		}
	}
	return id, wait
}

// hot tells that a flow's details matter now.
func (p *poller) hot(r *record) bool {
	_, looked := p.w.looked[r.id]
	return looked || r.status == medialive.Active
}

// period gives the time between two reads of a hot flow, stretched where the
// budget does not allow for more: a call for the flow and one for each output.
func (p *poller) period() time.Duration {
	calls := 0
	for _, r := range p.w.records {
		if p.hot(r) {
			calls += 1 + len(r.outputs)
		}
	}
	need := time.Duration(float64(calls) / (p.w.monitor.rps * listShare) * float64(time.Second))
	period := max(detailEvery, need)
	p.w.pace.detail = period
	return period
}

// forget drops what is noted of flows that are gone.
func (p *poller) forget() {
	for id := range p.tried {
		if p.w.records[id] == nil && !p.busy[id] {
			delete(p.tried, id)
		}
	}
}

// detail reads one flow, then its outputs one by one.
func (p *poller) detail(ctx context.Context, id string) {
	var f medialive.Flow
	at, err := p.call(ctx, func(r Reader) (err error) {
		f, err = r.ShowFlow(ctx, id)
		return err
	})
	if err != nil || f.ID != id {
		return
	}
	p.w.detailed(f, at)
	for _, ref := range f.Outputs[:min(len(f.Outputs), medialive.MaxOutputs)] {
		var o medialive.Output
		at, err := p.call(ctx, func(r Reader) (err error) {
			o, err = r.ShowOutput(ctx, id, ref.Name)
			return err
		})
		if err == nil && o.Name == ref.Name {
			p.w.outputRead(id, o, at)
		}
	}
}

// detailed notes a flow's details.
func (w *Watcher) detailed(f medialive.Flow, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.record(f.ID)
	r.setDetail(f, at)
	w.settle(r, at)
	w.publish()
}

// outputRead notes an output's configuration and health.
func (w *Watcher) outputRead(flowID string, o medialive.Output, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.records[flowID]; r != nil {
		r.setOutput(o, at)
		w.publish()
	}
}
