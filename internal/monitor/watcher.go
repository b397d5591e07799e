package monitor

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	idleAfter  = 2 * time.Minute // a watcher nobody used for so long stops
	tick       = time.Second     // of histories and of states that only time changes
	maxReaders = 4               // readers kept in reserve
)

// Watcher keeps the snapshot of one project. Its methods may be called by many
// at once; none of them but RefusedCallers calls upstream.
type Watcher struct {
	monitor *Monitor
	key     Key
	log     *slog.Logger
	budget  *rate.Limiter

	snapshot atomic.Pointer[Snapshot]
	lastUse  atomic.Int64 // Unix nanoseconds
	running  atomic.Bool
	turn     sync.Mutex // held while running: the next run waits for the last one's end
	attended sync.Once

	mu           sync.Mutex           // guards all below
	readers      []Reader             // freshest first, then those that may not read all
	ended        []Reader             // whose token the API no longer takes: not to be used again
	limited      []Reader             // who may not read all
	until        map[Reader]time.Time // when their credentials end; zero: never
	offered      chan struct{}
	kick         chan struct{}          // the list is to be read soon
	nudge        chan struct{}          // what is due may have changed
	subscribers  map[chan struct{}]bool // true: keeps the watcher awake
	records      map[string]*record
	rows         rows
	orders       map[string]*order
	soon         map[string]bool      // flows to be read early; "" for the list
	looked       map[string]time.Time // flows on somebody's screen, until when
	media        memory
	care         map[string]Care
	labels       *Labels
	edits        map[string]bool // flows whose care was set while it was being recalled; "" for the labels
	credential   time.Time       // when the last credential ends
	skew         time.Duration   // how far the service's clock is ahead; 0 where that does not matter
	link         Link
	complete     bool
	capabilities *medialive.Capabilities
	pace         pace
	version      uint64
	doubted      bool               // a part of the watcher panicked, and not all was read anew
	interrupt    context.CancelFunc // ends the reading under way, which begins anew

	channels channelBook

	refused refusedCache
	album   album
}

func newWatcher(m *Monitor, key Key) *Watcher {
	w := &Watcher{
		monitor: m, key: key,
		log:         m.log.With("endpoint", key.Endpoint, "project", key.ProjectID),
		budget:      rate.NewLimiter(rate.Limit(m.rps), max(1, int(m.rps/5))),
		offered:     make(chan struct{}, 1),
		kick:        make(chan struct{}, 1),
		nudge:       make(chan struct{}, 1),
		subscribers: make(map[chan struct{}]bool),
		until:       make(map[Reader]time.Time),
		care:        make(map[string]Care),
		edits:       make(map[string]bool),
		labels:      NewLabels(nil),
		records:     make(map[string]*record),
		orders:      make(map[string]*order),
		soon:        make(map[string]bool),
		looked:      make(map[string]time.Time),
		pace:        newPace(),
		interrupt:   func() {},
		channels:    newChannelBook(),
	}
	w.snapshot.Store(&Snapshot{At: m.now(), Link: Link{Since: m.now()}, Labels: w.labels, Pace: w.pace.shown(m.rps)})
	return w
}

// Key tells what is watched.
func (w *Watcher) Key() Key { return w.key }

// Snapshot gives what is known now, without any call.
func (w *Watcher) Snapshot() *Snapshot {
	w.touch()
	return w.snapshot.Load()
}

// Peek gives what is known now, as Snapshot does, but does not keep the watcher
// awake.
func (w *Watcher) Peek() *Snapshot { return w.snapshot.Load() }

// Awake tells whether the watcher runs: a snapshot of one that does not is old.
func (w *Watcher) Awake() bool { return w.running.Load() }

// Subscribe gives a channel that receives after each change of the snapshot;
// changes not yet fetched are one. The watcher lives while somebody is
// subscribed; cancel must be called once.
func (w *Watcher) Subscribe() (changed <-chan struct{}, cancel func()) {
	changed, leave := w.join(true)
	w.touch()
	return changed, func() {
		leave()
		w.touch()
	}
}

// Follow is Subscribe for those who only want to know while others look on: it
// does not keep the watcher awake.
func (w *Watcher) Follow() (changed <-chan struct{}, cancel func()) { return w.join(false) }

func (w *Watcher) join(awake bool) (changed <-chan struct{}, leave func()) {
	ch := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.subscribers[ch] = awake
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.subscribers, ch)
	}
}

// Heard is when a gateway's event stream last said something, and with that
// confirmed all that it had told before. It is zero where the backend is polled
// and while the stream is broken.
func (w *Watcher) Heard() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.link.OK {
		return time.Time{}
	}
	return w.pace.heard
}

// History gives the last ten minutes of a flow, oldest first, one sample a
// second. It is empty where nothing was ever measured.
func (w *Watcher) History(flowID string) []Sample {
	w.touch()
	return w.PeekHistory(flowID)
}

// PeekHistory is History that does not keep the watcher awake.
func (w *Watcher) PeekHistory(flowID string) []Sample {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.records[flowID]
	if r == nil {
		return nil
	}
	return r.ring.all()
}

// Commanded records a start or stop, or what became of one already recorded
// (by its ID). The flow shows it as commanded until a read that began later
// confirms it.
func (w *Watcher) Commanded(flowID string, c Command) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.orders[flowID]
	if o == nil || o.ID != c.ID {
		o = &order{}
		w.orders[flowID] = o
	}
	if o.confirmed && c.Outcome == OutcomeUnknown {
		return // a read was faster than the failure
	}
	o.Command = c
	w.ordered(flowID, o)
	w.publish()
}

// ordered shows the newest command of a flow or a channel, where that was read.
// w.mu is held.
func (w *Watcher) ordered(id string, o *order) {
	if r := w.records[id]; r != nil {
		r.order, r.dirty = o, true
	}
	if r := w.channels.records[id]; r != nil {
		r.order, r.dirty, w.channels.changed = o, true, true
	}
}

// ReadSoon asks for an early read of a flow, or of the list if flowID is empty
// or not known. From a gateway changes come by themselves, so nothing is read.
func (w *Watcher) ReadSoon(flowID string) {
	if _, channel := ChannelKeyOf(flowID); channel {
		w.mu.Lock()
		if w.pace.heard.IsZero() {
			w.channels.soon[flowID] = true
		}
		w.mu.Unlock()
		w.touch()
		wake(w.channels.kick)
		return
	}
	w.mu.Lock()
	w.soon[flowID] = true
	w.soon[""] = true
	w.mu.Unlock()
	w.touch()
	wake(w.kick)
	wake(w.nudge)
}

// Look tells that a flow is on somebody's screen: for the next half minute its
// details are read first.
func (w *Watcher) Look(flowID string) { w.LookAll([]string{flowID}) }

// LookAll is Look for the rows of a list, as often as it is painted.
func (w *Watcher) LookAll(flowIDs []string) {
	until, fresh := w.monitor.now().Add(lookFor), false
	w.mu.Lock()
	for _, id := range flowIDs {
		_, known := w.looked[id]
		fresh = fresh || !known
		w.looked[id] = until
	}
	w.mu.Unlock()
	w.touch()
	if fresh {
		wake(w.nudge)
	}
}

// wake sends to a channel of capacity 1 unless something waits there already.
func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// touch notes a use, and starts the watcher if it does not run. What one that
// slept knew is as old as it is before anybody looks at it.
func (w *Watcher) touch() {
	w.lastUse.Store(w.monitor.now().UnixNano())
	if w.running.Load() {
		return
	}
	w.monitor.mu.Lock()
	defer w.monitor.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.readers) == 0 || w.monitor.ctx.Err() != nil || !w.running.CompareAndSwap(false, true) {
		return
	}
	w.publishAll()
	w.monitor.work.Go(w.run)
}

// run watches until nobody needs it any more, or the monitor ends.
func (w *Watcher) run() {
	w.turn.Lock()
	defer w.turn.Unlock()
	ctx, cancel := context.WithCancel(w.monitor.ctx)
	defer cancel()
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() {
		defer cancel()
		w.monitor.guard.Loop(ctx, "the watcher's clock", w.clock, w.doubt)
		if w.monitor.ctx.Err() != nil {
			w.running.Store(false)
		}
	})
	if journal := w.monitor.journal.Load(); journal != nil {
		all := false
		_ = w.monitor.guard.Try("past commands", func() error { // told; they are read again
			all = w.recall(ctx, *journal)
			return nil
		})
		work.Go(func() {
			w.monitor.guard.Loop(ctx, "past commands", func(ctx context.Context) {
				if !all {
					w.recallAgain(ctx, *journal)
				}
				all = true
				w.keepCare(ctx, *journal)
			}, nil)
		})
	}
	w.monitor.guard.Loop(ctx, "the watcher", w.watch, w.doubt)
}

// clock takes samples and ages states each second, and returns when the
// watcher has been of no use for long enough.
func (w *Watcher) clock(ctx context.Context) {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if w.beat() {
				return
			}
		}
	}
}

// beat does a second's work, and tells whether the watcher should stop.
func (w *Watcher) beat() (idle bool) {
	now := w.monitor.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.records {
		r.sample(now)
	}
	w.learnSkew()
	for id, until := range w.looked {
		if now.After(until) {
			delete(w.looked, id)
		}
	}
	w.publishAll()
	w.keepMedia(now)
	if w.wanted() || now.Sub(time.Unix(0, w.lastUse.Load())) < idleAfter {
		return false
	}
	w.readers, w.ended, w.limited = nil, nil, nil // tokens are not kept for nothing
	clear(w.until)
	w.running.Store(false)
	return true
}

// wanted tells whether somebody is subscribed who keeps the watcher awake.
// w.mu is held.
func (w *Watcher) wanted() bool {
	for _, awake := range w.subscribers {
		if awake {
			return true
		}
	}
	return false
}

// offer puts a reader first, unless the API no longer takes its token; one that
// may not read all comes last.
func (w *Watcher) offer(r Reader, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r == nil || slices.Contains(w.ended, r) {
		return
	}
	w.until[r] = until
	limited := slices.Contains(w.limited, r)
	if have := slices.Index(w.readers, r); have == 0 || have > 0 && limited {
		return
	}
	w.readers = slices.DeleteFunc(w.readers, func(have Reader) bool { return have == r })
	place := 0
	if limited {
		place = len(w.readers)
	}
	w.readers = slices.Insert(w.readers, place, r)
	w.readers = w.readers[:min(len(w.readers), maxReaders)]
	maps.DeleteFunc(w.until, func(have Reader, _ time.Time) bool { return !slices.Contains(w.readers, have) })
	wake(w.offered)
}

// reader waits for a reader that the API may let in.
func (w *Watcher) reader(ctx context.Context) (Reader, error) {
	for {
		w.mu.Lock()
		if len(w.readers) > 0 {
			r := w.readers[0]
			w.mu.Unlock()
			return r, nil
		}
		w.mu.Unlock()
		if err := sleep(ctx, tick, w.offered); err != nil {
			return nil, err
		}
	}
}

// passOver puts aside a reader that the API does not let in, or not to all, and
// tells whether another one can take over at once.
func (w *Watcher) passOver(r Reader, err error) (another bool) {
	if err == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	without := slices.DeleteFunc(slices.Clone(w.readers), func(have Reader) bool { return have == r })
	switch medialive.KindOf(err) {
	case medialive.KindNotSignedIn:
		w.readers, w.ended = without, noted(w.ended, r)
	case medialive.KindNotPermitted:
		w.readers, w.limited = append(without, r), noted(w.limited, r)
	default:
		return false
	}
	return len(w.readers) > 0 && !slices.Contains(w.limited, w.readers[0])
}

// noted adds a reader to a list that keeps the last few.
func noted(list []Reader, r Reader) []Reader {
	if slices.Contains(list, r) {
		return list
	}
	const most = 16
	if len(list) >= most {
		list = slices.Delete(list, 0, 1)
	}
	return append(list, r)
}

// anyUnlimited tells whether there is a reader of which it is not known that it
// may not read all.
func (w *Watcher) anyUnlimited() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.someUnlimited()
}

// someUnlimited is anyUnlimited where w.mu is held.
func (w *Watcher) someUnlimited() bool {
	return len(w.readers) > 0 && !slices.Contains(w.limited, w.readers[0])
}

// record finds the record of a flow, or makes one. w.mu is held.
func (w *Watcher) record(id string) *record {
	r := w.records[id]
	if r == nil {
		past := w.takePast(id)
		r = &record{id: id, order: w.orders[id], care: w.care[id], came: past.Came, held: past.Held, dirty: true}
		w.records[id] = r
		w.rows.stale = true
	}
	return r
}

// forget drops a flow that is gone. w.mu is held.
func (w *Watcher) forget(id string) {
	delete(w.records, id)
	delete(w.orders, id)
	delete(w.media.past, id)
	w.rows.stale = true
}

// settle lets a status that was just read confirm the command of its flow or channel, and
// tells the journal of what that settled. w.mu is held.
func (w *Watcher) settle(o *order, id string, status medialive.FlowStatus, at time.Time) {
	if o == nil || !o.read(status, at, w.monitor.now()) {
		return
	}
	c := o.Command
	journal := w.monitor.journal.Load()
	if journal == nil {
		return
	}
	w.monitor.work.Go(func() {
		defer w.monitor.guard.Survive("a command that was settled")
		(*journal).Settled(context.WithoutCancel(w.monitor.ctx), w.key, id, c)
	})
}

// setLink notes how the backend is reached. w.mu is held.
func (w *Watcher) setLink(err error) { w.link = linkOf(w.link, err, w.monitor.now()) }

// linkOf is how something is reached after a call, where before it was so.
func linkOf(before Link, err error, now time.Time) Link {
	next := Link{OK: err == nil, Since: now}
	if err != nil {
		next.Kind, next.Reason = medialive.KindOf(err), reason(err)
	}
	if next.OK == before.OK && next.Kind == before.Kind && !before.Since.IsZero() {
		next.Since = before.Since
	}
	return next
}
