package history

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/revive"
	"github.com/flowdeck/flowdeck/internal/store"
)

const (
	beatEvery  = time.Second      // a sample of each leg
	quietEvery = 10 * time.Minute // how often a chunk is kept in which only the length of the last state grows
	forgetting = 2 * time.Minute  // a leg that nobody saw for so long is kept and leaves the memory
	retryEvery = 10 * time.Second // after the store failed
	pruneEvery = time.Hour
	storeLimit = 10 * time.Second // for one call of the store
	putAtOnce  = 200              // chunks in one transaction
)

// Store keeps chunks. *store.Store satisfies it.
type Store interface {
	// PutHistory keeps chunks; one that is there is replaced.
	PutHistory(ctx context.Context, chunks ...store.HistoryChunk) error
	// History gives the chunks that begin from a time on and before another, oldest first.
	History(ctx context.Context, endpoint, project, flowID, leg string, step int, from, to time.Time) ([]store.HistoryChunk, error)
	// HistoryLegs names the legs of a flow that have chunks.
	HistoryLegs(ctx context.Context, endpoint, project, flowID string) ([]string, error)
	// PruneHistory deletes the chunks of a step that begin before a time.
	PruneHistory(ctx context.Context, step int, before time.Time) error
}

// Options of a Recorder.
type Options struct {
	Store Store
	Log   *slog.Logger     // nil: none
	Now   func() time.Time // nil: time.Now

	// Shared tells that other processes record into the same store.
	Shared bool

	Panicked func(what string) // told of each panic of the recording; may be nil
}

// Recorder takes the history of all projects that are watched. It looks on: it
// keeps no watcher awake, and causes no upstream call.
type Recorder struct {
	store  Store
	shared bool
	log    *slog.Logger
	now    func() time.Time
	guard  revive.Guard

	stop context.CancelFunc
	done chan struct{}

	// What follows is changed by the recorder's one goroutine, under mu where
	// Read looks at it.
	retry  time.Time // the store failed: not before
	pruned time.Time
	turns  int // legs so far: they are kept in turn
	press  deflater

	mu      sync.Mutex
	watched []watched
	flows   map[flowKey]*flow
}

// watched is what a recorder needs of a watcher.
type watched interface {
	Key() monitor.Key
	Peek() *monitor.Snapshot
	Awake() bool
}

type flowKey struct {
	project monitor.Key
	id      string
}

// flow is what is in memory of a flow.
type flow struct {
	legs map[string]*leg
	kept map[string]bool // legs that have chunks in the store
}

// New makes a recorder, which records until Close.
func New(o Options) *Recorder {
	r := newRecorder(o)
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() {
		defer close(r.done)
		r.guard.Loop(ctx, "history", r.run, r.letGo)
	}()
	return r
}

func newRecorder(o Options) *Recorder {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Recorder{
		store: o.Store, shared: o.Shared, log: o.Log, now: o.Now, guard: revive.Guard{Log: o.Log, Panicked: o.Panicked},
		done: make(chan struct{}), press: newDeflater(), flows: make(map[flowKey]*flow),
	}
}

// Attend records what a watcher sees while it is awake for others. It is for
// Monitor.Attend.
func (r *Recorder) Attend(w *monitor.Watcher) { r.attend(w) }

func (r *Recorder) attend(w watched) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watched = append(r.watched, w)
}

// Close ends the recording and keeps what is not kept yet. It is called once,
// while the store is still open.
func (r *Recorder) Close() {
	r.stop()
	<-r.done
	_ = r.guard.Try("the last history", func() error { r.finish(context.Background()); return nil }) // told
}

// letGo drops what is in memory, of which a part made the recording panic. What
// is kept is taken up again, and the rest is a gap.
func (r *Recorder) letGo() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.flows)
	r.press = newDeflater()
}

func (r *Recorder) run(ctx context.Context) {
	t := time.NewTicker(beatEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			r.beat(ctx)
		}
	}
}

// beat does a second's work.
func (r *Recorder) beat(ctx context.Context) {
	now := r.now()
	r.mu.Lock()
	all := r.watched
	r.mu.Unlock()
	for _, w := range all {
		if w.Awake() {
			r.observe(ctx, w.Key(), w.Peek(), now)
		}
	}
	if !now.Before(r.retry) {
		r.keep(ctx, r.due(now), now)
		r.prune(ctx, now)
	}
	r.forget(now)
}

// observe takes a sample of each leg of a project.
func (r *Recorder) observe(ctx context.Context, key monitor.Key, s *monitor.Snapshot, now time.Time) {
	for _, f := range s.Flows {
		r.see(ctx, key, f, now)
	}
}

// see takes a sample of each leg of a flow. A flow of which that panics is let
// go: the others are recorded all the same.
func (r *Recorder) see(ctx context.Context, key monitor.Key, f *monitor.Flow, now time.Time) {
	var at flowKey
	err := r.guard.Try("history of a flow", func() error {
		at = flowKey{key, f.ID}
		have := r.flows[at]
		if have == nil {
			if have = r.recall(ctx, at, now); have == nil {
				return nil
			}
			r.mu.Lock()
			r.flows[at] = have
			r.mu.Unlock()
		}
		fresh := f.Statistics != nil && now.Sub(f.MeasuredAt) <= sampleAge
		each(f, fresh, func(name string, s sample) { r.take(ctx, at, have, name, s, now) })
		return nil
	})
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.flows, at)
	}
}

// ask makes one call of the store, which may take so long and no longer. A store
// that panics is one that fails.
func (r *Recorder) ask(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	return r.guard.Try("the store of history", func() error { return call(ctx) })
}

// take takes a sample of a leg.
func (r *Recorder) take(ctx context.Context, at flowKey, f *flow, name string, s sample, now time.Time) {
	l := f.legs[name]
	if l == nil {
		l = newLeg(now.Add(time.Duration(r.turns%60+1) * time.Second))
		if f.kept[name] && !r.restore(ctx, at, name, l, now) {
			return
		}
		r.turns++
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f.legs[name] = l
	l.add(s, now)
}

// recall makes a flow of which nothing is in memory; nil while the store does
// not tell what it has, since its running chunks would be written over.
func (r *Recorder) recall(ctx context.Context, at flowKey, now time.Time) *flow {
	if now.Before(r.retry) {
		return nil
	}
	var names []string
	err := r.ask(ctx, func(ctx context.Context) (err error) {
		names, err = r.store.HistoryLegs(ctx, at.project.Endpoint, at.project.ProjectID, at.id)
		return err
	})
	if err != nil {
		r.failed(ctx, "history is not recorded: cannot read what is kept of a flow", now, err)
		return nil
	}
	f := &flow{legs: map[string]*leg{}, kept: make(map[string]bool, len(names))}
	for _, name := range names {
		f.kept[name] = true
	}
	return f
}

// restore takes up a leg where what is kept of it ends, and tells whether it
// could.
func (r *Recorder) restore(ctx context.Context, at flowKey, name string, l *leg, now time.Time) bool {
	if now.Before(r.retry) {
		return false
	}
	day := now.UTC().Truncate(coarse.chunk)
	coarses, err := r.stored(ctx, at, name, coarse, day.Add(-coarse.chunk), now)
	if err == nil {
		since := now.Add(-fine.span)
		if n := len(coarses); n > 0 && coarses[n-1].At.After(since) {
			since = coarses[n-1].At
		}
		var fines []Point
		if fines, err = r.stored(ctx, at, name, fine, since, now); err == nil {
			l.restore(fines, coarses)
			return true
		}
	}
	r.failed(ctx, "history is not recorded: cannot read what is kept of a leg", now, err)
	return false
}

// stored reads points that are kept, oldest first, those of the first chunk
// from its beginning. A chunk that cannot be read is left out and told of.
func (r *Recorder) stored(ctx context.Context, at flowKey, name string, of resolution, from, to time.Time) ([]Point, error) {
	var chunks []store.HistoryChunk
	err := r.ask(ctx, func(ctx context.Context) (err error) {
		chunks, err = r.store.History(ctx, at.project.Endpoint, at.project.ProjectID, at.id, name,
			int(of.step/time.Second), from.UTC().Truncate(of.chunk), to)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]Point, 0, len(chunks)*of.most())
	for _, c := range chunks {
		points, err := decode(c.Body, of, c.From)
		if err != nil {
			r.log.WarnContext(ctx, "a chunk of history cannot be read", "flow", at.id, "leg", name, "from", c.From, "error", err)
		}
		out = append(out, points...)
	}
	return out, nil
}

// failed tells of a store that failed, which is asked again a little later.
func (r *Recorder) failed(ctx context.Context, what string, now time.Time, err error) {
	r.log.WarnContext(ctx, what, "error", err)
	r.retry = now.Add(retryEvery)
}

// saving is a chunk that is to be kept.
type saving struct {
	flow  *flow
	leg   string
	track *track
	full  bool // the oldest of the track's full ones
	row   store.HistoryChunk
}

// due gathers the chunks whose turn it is.
func (r *Recorder) due(now time.Time) []saving {
	var out []saving
	for at, f := range r.flows {
		for name, l := range f.legs {
			for _, t := range []*track{&l.fine, &l.coarse} {
				if now.Before(t.due) {
					continue
				}
				out = r.pack(out, at, f, name, t, t.grew() || now.Sub(t.due) >= quietEvery)
			}
		}
	}
	return out
}

// pack adds the chunks of a track that are to be kept.
func (r *Recorder) pack(out []saving, at flowKey, f *flow, name string, t *track, running bool) []saving {
	row := store.HistoryChunk{
		Endpoint: at.project.Endpoint, Project: at.project.ProjectID, FlowID: at.id, Leg: name,
		Step: int(t.of.step / time.Second),
	}
	chunks := t.full
	if running && t.dirty {
		chunks = append(chunks[:len(chunks):len(chunks)], t.chunk)
	}
	for i, c := range chunks {
		body, err := c.encode(r.press)
		if err != nil {
			r.log.Error("a chunk of history cannot be made", "flow", at.id, "leg", name, "error", err)
			continue
		}
		row.From, row.Body = c.from, body
		out = append(out, saving{flow: f, leg: name, track: t, full: i < len(t.full), row: row})
	}
	return out
}

// grew tells whether the chunk has more since it was last kept than more of the
// same.
func (t *track) grew() bool { return t.chunk != nil && len(t.chunk.raw) != t.quiet }

// keep gives chunks to the store. Those that it does not take stay due.
func (r *Recorder) keep(ctx context.Context, all []saving, now time.Time) {
	for len(all) > 0 {
		part := all[:min(putAtOnce, len(all))]
		all = all[len(part):]
		rows := make([]store.HistoryChunk, len(part))
		for i, s := range part {
			rows[i] = s.row
		}
		err := r.ask(ctx, func(ctx context.Context) error { return r.put(ctx, rows) })
		if err != nil {
			r.failed(ctx, "history is not kept: the store does not take it", now, err)
			return
		}
		r.mu.Lock()
		for _, s := range part {
			s.kept(now)
		}
		r.mu.Unlock()
	}
}

// put writes chunks, with what others have written of them.
func (r *Recorder) put(ctx context.Context, rows []store.HistoryChunk) (err error) {
	for i := range rows {
		if !r.shared {
			break
		}
		if rows[i], err = r.united(ctx, rows[i]); err != nil {
			return err
		}
	}
	return r.store.PutHistory(ctx, rows...)
}

// kept notes that the store has taken a chunk.
func (s saving) kept(now time.Time) {
	s.flow.kept[s.leg] = true
	t := s.track
	if s.full {
		t.full = t.full[1:]
		return
	}
	t.dirty, t.quiet = false, len(t.chunk.raw)
	t.due = now.Add(t.of.every)
}

// forget lets go of the legs that nobody sees any more, once they are kept.
func (r *Recorder) forget(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, f := range r.flows {
		for name, l := range f.legs {
			if now.Sub(l.seen) < forgetting {
				continue
			}
			l.fine.close()
			l.fine.due, l.coarse.due = time.Time{}, time.Time{}
			if !l.fine.dirty && !l.coarse.dirty && len(l.fine.full)+len(l.coarse.full) == 0 {
				delete(f.legs, name)
			}
		}
		if len(f.legs) == 0 {
			delete(r.flows, at)
		}
	}
}

// finish keeps all that is in memory. A coarse step that is not over is left to
// be made of the fine ones.
func (r *Recorder) finish(ctx context.Context) {
	now := r.now()
	r.mu.Lock()
	var all []saving
	for at, f := range r.flows {
		for name, l := range f.legs {
			l.fine.close()
			all = r.pack(all, at, f, name, &l.fine, true)
			all = r.pack(all, at, f, name, &l.coarse, true)
		}
	}
	r.mu.Unlock()
	r.keep(ctx, all, now)
}

// prune deletes what is older than it is kept for, by whole chunks.
func (r *Recorder) prune(ctx context.Context, now time.Time) {
	if now.Sub(r.pruned) < pruneEvery {
		return
	}
	r.pruned = now
	for _, of := range []resolution{fine, coarse} {
		err := r.ask(ctx, func(ctx context.Context) error {
			return r.store.PruneHistory(ctx, int(of.step/time.Second), now.Add(-of.span-of.chunk))
		})
		if err != nil {
			r.log.WarnContext(ctx, "old history is not deleted", "error", err)
		}
	}
}

// Read gives the history of a leg, "" for the source, from a time on and before
// another: at the fine step where that goes back far enough and the stretch is
// no longer than it, else at the coarse one. Every step has its point, those of
// which nothing is known an empty one; a step that is not over has none.
func (r *Recorder) Read(ctx context.Context, key monitor.Key, flowID, leg string, from, to time.Time) (Series, error) {
	of := r.resolution(from, to)
	s := Series{Step: of.step, From: from.UTC().Truncate(of.step), To: to.UTC()}
	recent := r.recent(flowKey{key, flowID}, leg, of)
	stored, err := r.stored(ctx, flowKey{key, flowID}, leg, of, s.From, s.To)
	if err != nil {
		return Series{}, err
	}
	s.Points = make([]Point, min(maxPoints, max(0, int((s.To.Sub(s.From)+of.step-1)/of.step))))
	for i := range s.Points {
		s.Points[i] = empty(s.From.Add(time.Duration(i) * of.step))
	}
	for _, points := range [][]Point{stored, recent} {
		for _, p := range points {
			i := int(p.At.Sub(s.From) / of.step)
			if p.At.Before(s.From) || i >= len(s.Points) {
				continue
			}
			if knows(p) {
				s.Points[i] = p
			}
			s.Measured = s.Measured || !math.IsNaN(p.Bitrate)
		}
	}
	return s, nil
}

// maxPoints bounds a reading: 30 days of minutes and a day more.
const maxPoints = 31 * 24 * 60

// resolution chooses the step of a reading.
func (r *Recorder) resolution(from, to time.Time) resolution {
	if r.now().Sub(from) <= fine.span+fine.chunk && to.Sub(from) <= fine.span+fine.step {
		return fine
	}
	return coarse
}

// recent are the points of a leg that are in memory.
func (r *Recorder) recent(at flowKey, name string, of resolution) []Point {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.flows[at]
	if f == nil || f.legs[name] == nil {
		return nil
	}
	t := &f.legs[name].fine
	if of == coarse {
		t = &f.legs[name].coarse
	}
	var out []Point
	chunks := t.full
	if t.chunk != nil {
		chunks = append(chunks[:len(chunks):len(chunks)], t.chunk)
	}
	for _, c := range chunks {
		raw := c.records()
		points, err := points(raw, of, c.from)
		if err != nil {
			r.log.Error("history in memory cannot be read", "flow", at.id, "leg", name, "error", err)
		}
		out = append(out, points...)
	}
	return out
}
