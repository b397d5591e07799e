package monitor

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// How the calls for details are shared out.
const (
	listShare   = 0.3  // of the budget that the list may take at most
	airShare    = 0.05 // of the budget that is left alone
	screenShare = 0.6  // of the details' share that flows on screens may take while others are active
	restShare   = 0.1  // of the details' share that is kept for flows in standby

	planEvery = 200 * time.Millisecond
)

// tier is how much a flow's details matter now.
type tier int

const (
	onScreen tier = iota
	active
	unread // in standby, and never read
	inRest
)

// tierOf tells the tier of a flow. w.mu is held.
func (p *poller) tierOf(r *record) tier {
	_, looked := p.w.looked[r.id]
	_, tried := p.tried[r.id]
	switch {
	case looked:
		return onScreen
	case r.status != medialive.Standby: // an unknown one too
		return active
	case !tried:
		return unread
	}
	return inRest
}

// readDetails reads the details of flows as they fall due.
func (p *poller) readDetails(ctx context.Context) {
	for ctx.Err() == nil {
		id, l, wait := p.next()
		if id == "" {
			if sleep(ctx, wait, p.w.nudge) != nil {
				return
			}
			continue
		}
		p.work.Go(func() {
			ok := p.detail(ctx, id, l)
			p.mu.Lock()
			delete(p.busy, id)
			if !ok {
				p.again[id] = p.w.monitor.now().Add(jitter(2 * detailEvery))
			}
			p.mu.Unlock()
			wake(p.w.nudge)
		})
	}
}

// next picks the flow whose details are to be read now and marks it busy, or
// tells how long nothing is due.
func (p *poller) next() (id string, l lane, wait time.Duration) {
	if p.open() {
		return "", l, probeEvery
	}
	w, now := p.w, p.w.monitor.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.planned) >= planEvery {
		p.planned = now
		p.forget()
		p.plan()
	}
	switch free := bulkhead - len(p.busy); {
	case free == 0:
		return "", l, tick
	case p.early(&id):
		l = laneFirst
	case free == 1:
		return "", l, tick
	default:
		id, wait = p.earliest(now)
	}
	if id != "" {
		p.busy[id], p.tried[id] = true, now
		delete(p.again, id)
	}
	return id, l, wait
}

// early picks a flow that somebody wants read. Both mutexes are held.
func (p *poller) early(id *string) bool {
	for soon := range p.w.soon {
		if soon != "" && !p.busy[soon] {
			*id = soon
			delete(p.w.soon, soon)
			return true
		}
	}
	return false
}

// earliest picks the flow that has been due for longest, of those that matter
// most. Both mutexes are held.
func (p *poller) earliest(now time.Time) (id string, wait time.Duration) {
	wait = tick
	var best time.Time
	bestTier := inRest + 1
	for flow, r := range p.w.records {
		if p.busy[flow] {
			continue
		}
		t := p.tierOf(r)
		due := p.tried[flow].Add(p.w.pace.of(t))
		if again, ok := p.again[flow]; ok && again.Before(due) {
			due = again
		}
		if due.After(now) {
			wait = min(wait, due.Sub(now))
			continue
		}
		if t < bestTier || t == bestTier && due.Before(best) {
			id, best, bestTier = flow, due, t
		}
	}
	return id, wait
}

// plan stretches the periods to what the budget allows: a call for each flow
// and one for each of its outputs. Both mutexes are held.
func (p *poller) plan() {
	var calls [inRest + 1]float64
	for _, r := range p.w.records {
		calls[p.tierOf(r)] += float64(1 + len(r.outputs))
	}
	share := p.share()
	if limit := rate.Limit(share); p.details.Limit() != limit {
		p.details.SetLimit(limit)
	}
	screen := share * (1 - restShare)
	if calls[active] > 0 {
		screen = share * screenShare
	}
	pace := &p.w.pace
	pace.screen = max(detailEvery, seconds(calls[onScreen]/screen))
	left := share*(1-restShare) - calls[onScreen]/pace.screen.Seconds()
	pace.detail = max(detailEvery, seconds(calls[active]/left))
	left += share*restShare - calls[active]/pace.detail.Seconds()
	pace.rest = max(slowEvery, seconds((calls[unread]+calls[inRest])/left))
}

// share gives the calls a second that are for details: what the list leaves,
// as fast as the service answers. p.mu is held.
func (p *poller) share() float64 {
	list := min(float64(p.pages)/listEvery.Seconds(), p.allowed*listShare)
	share := p.allowed*(1-airShare) - list
	if p.latency > 0 {
		share = min(share, (bulkhead-1)/p.latency.Seconds())
	}
	return share
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// forget drops what is noted of flows that are gone.
func (p *poller) forget() {
	for id := range p.tried {
		if p.w.records[id] == nil && !p.busy[id] {
			delete(p.tried, id)
			delete(p.again, id)
		}
	}
}

// detail reads one flow, then its outputs one by one, and tells whether it got
// all. It ends early where the service is in trouble.
func (p *poller) detail(ctx context.Context, id string, l lane) (all bool) {
	var f medialive.Flow
	at, err := p.ask(ctx, l, func(r Reader) (err error) {
		f, err = r.ShowFlow(ctx, id)
		return err
	})
	if medialive.KindOf(err) == medialive.KindNotFound {
		p.w.absent(id)
	}
	if err != nil || f.ID != id {
		return false
	}
	p.w.detailed(f, at)
	all = true
	for _, ref := range f.Outputs[:min(len(f.Outputs), medialive.MaxOutputs)] {
		var o medialive.Output
		at, err := p.ask(ctx, laneDetails, func(r Reader) (err error) {
			o, err = r.ShowOutput(ctx, id, ref.Name)
			return err
		})
		switch kind := medialive.KindOf(err); {
		case err == nil && o.Name == ref.Name:
			p.w.outputRead(id, o, at)
		case err != nil && (kind == medialive.KindUnavailable || kind == medialive.KindThrottled):
			return false
		default:
			all = false
		}
	}
	return all
}

// ask is call, unless the breaker is open.
func (p *poller) ask(ctx context.Context, l lane, read func(Reader) error) (time.Time, error) {
	if p.open() {
		return time.Time{}, errOpen
	}
	return p.call(ctx, l, read)
}

// detailed notes a flow's details.
func (w *Watcher) detailed(f medialive.Flow, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.record(f.ID)
	r.setDetail(f, at)
	r.detailPeriod = w.period(r)
	w.settle(r, at)
	w.publish()
}

// outputRead notes an output's configuration and health.
func (w *Watcher) outputRead(flowID string, o medialive.Output, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.records[flowID]; r != nil {
		r.setOutput(o, at, w.period(r))
		w.publish()
	}
}

// period is the time to the next read of a flow's details. w.mu is held.
func (w *Watcher) period(r *record) time.Duration {
	if _, looked := w.looked[r.id]; looked {
		return w.pace.screen
	}
	return w.pace.detail
}
