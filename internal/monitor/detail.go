package monitor

import (
	"context"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// How the calls for details are shared out.
const (
	listShare   = 0.3  // of the budget that the list may take at most
	airShare    = 0.05 // of the budget that is left alone
	restShare   = 0.1  // of the details' share that is kept for flows in standby
	screenShare = 0.5  // of the rest that flows on screens may take while others are active
	sourceShare = 0.5  // of what they may take: for their sources, where it is not enough for all

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
	_, shown := p.shown[r.id]
	switch {
	case looked:
		return onScreen
	case r.status != medialive.Standby: // an unknown one too
		return active
	case !shown:
		return unread
	}
	return inRest
}

// job is what is to be read of a flow.
type job struct {
	id      string
	lane    lane
	source  bool // the flow with its source
	outputs bool
}

// readDetails reads the details of flows as they fall due.
func (p *poller) readDetails(ctx context.Context) {
	for ctx.Err() == nil {
		next, wait := p.next()
		if next.id == "" {
			if sleep(ctx, wait, p.w.nudge) != nil {
				return
			}
			continue
		}
		p.work.Go(func() {
			ok := false
			_ = p.w.monitor.guard.Try("details", func() error { // told; what was not read ages
				ok = p.read(ctx, next)
				return nil
			})
			p.mu.Lock()
			p.begin(next, -1)
			if !ok {
				p.again[next.id] = p.w.monitor.now().Add(jitter(2 * detailEvery))
			}
			p.mu.Unlock()
			wake(p.w.nudge)
		})
	}
}

// next picks what is to be read now and marks the flow busy, or tells how long
// nothing is due.
func (p *poller) next() (next job, wait time.Duration) {
	if p.open() {
		return next, probeEvery
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
	switch free := bulkhead - p.running; {
	case free == 0:
		return next, tick
	case p.early(&next.id):
		next.lane, next.source, next.outputs = laneFirst, true, true
	case free == 1:
		return next, tick
	default:
		next, wait = p.earliest(now)
	}
	if next.id == "" {
		return next, wait
	}
	p.begin(next, 1)
	delete(p.again, next.id)
	if next.source {
		p.shown[next.id] = now
	}
	if next.outputs {
		p.tried[next.id] = now
	}
	return next, wait
}

// begin notes that a job begins, or with -1 that it ends. p.mu is held.
func (p *poller) begin(j job, by int) {
	p.running += by
	for busy, is := range map[*map[string]bool]bool{&p.sources: j.source, &p.outputs: j.outputs} {
		switch {
		case is && by > 0:
			(*busy)[j.id] = true
		case is:
			delete(*busy, j.id)
		}
	}
}

// early picks a flow that somebody wants read. Both mutexes are held.
func (p *poller) early(id *string) bool {
	for soon := range p.w.soon {
		if soon != "" && !p.sources[soon] && !p.outputs[soon] {
			*id = soon
			delete(p.w.soon, soon)
			return true
		}
	}
	return false
}

// earliest picks what has been due for longest, of the flows that matter most:
// of active ones, sources go before outputs. Both mutexes are held.
func (p *poller) earliest(now time.Time) (next job, wait time.Duration) {
	wait = tick
	var best time.Time
	bestRank := int(inRest)*2 + 2
	for flow, r := range p.w.records {
		t := p.tierOf(r)
		again := p.again[flow]
		sources, outputs := p.w.pace.of(t)
		if r.silent(now) {
			sources = min(sources, untoldEvery)
		}
		source := p.due(p.shown[flow], sources, again)
		if !p.sources[flow] && !source.After(now) && earlier(source, int(t)*2, best, bestRank) {
			best, bestRank = source, int(t)*2
			next = job{id: flow, source: true}
		}
		output := p.due(p.tried[flow], outputs, again)
		known := !r.detailAt.IsZero() // a flow's first read tells which outputs it has
		if known && !p.outputs[flow] && !output.After(now) && earlier(output, int(t)*2+1, best, bestRank) {
			best, bestRank = output, int(t)*2+1
			next = job{id: flow, outputs: true}
		}
		wait = min(wait, max(0, source.Sub(now)))
		if known {
			wait = min(wait, max(0, output.Sub(now)))
		}
	}
	return next, max(wait, planEvery/4)
}

// earlier tells whether one due at that time goes before the best so far.
func earlier(due time.Time, rank int, best time.Time, bestRank int) bool {
	return rank < bestRank || rank == bestRank && due.Before(best)
}

// due is when something is to be read again, earlier where that failed.
func (p *poller) due(last time.Time, period time.Duration, again time.Time) time.Time {
	due := last.Add(period)
	if !again.IsZero() && again.Before(due) {
		return again
	}
	return due
}

// plan stretches the periods to what the budget allows: a call for each flow
// and one for each of its outputs. Both mutexes are held.
func (p *poller) plan() {
	var flows, outputs [inRest + 1]float64
	for _, r := range p.w.records {
		t := p.tierOf(r)
		flows[t]++
		outputs[t] += float64(len(r.outputs))
	}
	share := p.share()
	if limit := rate.Limit(share); p.details.Limit() != limit {
		p.details.SetLimit(limit)
	}
	left := share * (1 - restShare)
	screen := left
	if flows[active] > 0 {
		screen *= screenShare
	}
	pace := &p.w.pace
	var used float64
	pace.screenSource, pace.screen, used = split(flows[onScreen], outputs[onScreen], screen)
	left -= used
	pace.source, pace.detail, used = split(flows[active], outputs[active], left)
	left += share*restShare - used
	idle := flows[unread] + flows[inRest] + outputs[unread] + outputs[inRest]
	pace.rest = max(slowEvery, seconds(idle/left))
}

// split shares out calls a second among the flows and the outputs of a tier:
// all as often as can be of use, or else the flows with their sources first. It
// tells how many calls a second that takes.
func split(flows, outputs, calls float64) (source, output time.Duration, used float64) {
	all := seconds((flows + outputs) / calls)
	if all <= detailEvery {
		return detailEvery, detailEvery, (flows + outputs) / detailEvery.Seconds()
	}
	source = max(detailEvery, seconds(flows/(calls*sourceShare)))
	output = seconds(outputs / (calls - flows/source.Seconds()))
	if output < source {
		return all, all, calls
	}
	return source, output, calls
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
	for id := range p.shown {
		if p.w.records[id] == nil && !p.sources[id] && !p.outputs[id] {
			delete(p.tried, id)
			delete(p.shown, id)
			delete(p.again, id)
		}
	}
}

// read does a job, and tells whether it got all.
func (p *poller) read(ctx context.Context, j job) (all bool) {
	if j.source && !p.readFlow(ctx, j) {
		return false
	}
	return p.readOutputs(ctx, j.id, p.w.outputNames(j.id, !j.outputs))
}

// readFlow reads a flow with its source, and tells whether it could.
func (p *poller) readFlow(ctx context.Context, j job) bool {
	var f medialive.Flow
	at, err := p.ask(ctx, j.lane, func(r Reader) (err error) {
		f, err = r.ShowFlow(ctx, j.id)
		return err
	})
	if medialive.KindOf(err) == medialive.KindNotFound {
		p.w.absent(j.id)
	}
	if err != nil || f.ID != j.id {
		return false
	}
	p.w.detailed(f, at)
	return true
}

// readOutputs reads outputs of a flow one by one, and tells whether it got all.
// It ends early where the service is in trouble.
func (p *poller) readOutputs(ctx context.Context, id string, names []string) (all bool) {
	all = true
	for _, name := range names {
		var o medialive.Output
		at, err := p.ask(ctx, laneDetails, func(r Reader) (err error) {
			o, err = r.ShowOutput(ctx, id, name)
			return err
		})
		switch kind := medialive.KindOf(err); {
		case err == nil && o.Name == name:
			p.w.outputRead(id, o, at)
		case err != nil && (kind == medialive.KindUnavailable || kind == medialive.KindThrottled):
			return false
		default:
			all = false
		}
	}
	return all
}

// outputNames gives the outputs that a flow is known to have, or only those
// that are new among outputs that were read.
func (w *Watcher) outputNames(id string, fresh bool) (names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.records[id]
	if r == nil || fresh && !slices.ContainsFunc(r.outputs, func(o outputRecord) bool { return o.read != nil }) {
		return nil
	}
	for _, o := range r.outputs {
		if !fresh || o.read == nil {
			names = append(names, o.name)
		}
	}
	return names[:min(len(names), medialive.MaxOutputs)]
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
	r.detailPeriod = w.paceOf(r).source
	w.settle(r.order, r.id, r.status, at)
	w.publish()
}

// outputRead notes an output's configuration and health. For one that turned out
// to be DISCONNECTED the source is read soon: it may be the source's fault.
func (w *Watcher) outputRead(flowID string, o medialive.Output, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.records[flowID]; r != nil {
		if o.Health == medialive.Connected {
			r.sawMedia(at, w.monitor.now())
		}
		if r.setOutput(o, at, w.paceOf(r).detail) {
			w.soon[flowID] = true
			wake(w.nudge)
		}
		w.publish()
	}
}
