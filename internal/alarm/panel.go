package alarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

const (
	tick       = time.Second
	breath     = 50 * time.Millisecond // between two looks: a busy gateway changes something many times a second
	storeLimit = 2 * time.Second       // for what is written in one go: an alarm is shown then, written or not
	storeRetry = 2 * time.Second       // after the store failed
	mostLines  = 10_000                // lines of signals that wait for the store
	mostWrites = 100_000               // changes of alarms that wait for the store
	mostPast   = 1000                  // alarms given at once
	mostNote   = 500                   // runes of a note, a reason or a detail
)

// Panel has the alarms of one project. Its methods may be called by many at
// once.
type Panel struct {
	panels  *Panels
	options Options
	key     monitor.Key
	log     *slog.Logger
	view    atomic.Pointer[View]

	recalled atomic.Bool // what was written down before is known; changed with mu held

	mu       sync.Mutex // guards all below
	board    *board
	recallAt time.Time
	writes   []*write     // to be written, in order
	lines    []trail.Line // of signals, to be written
	retryAt  time.Time    // the store failed: not before
	failing  bool         // and that is logged
	shared   shared

	listening   sync.Mutex // guards subscribers
	subscribers map[chan struct{}]struct{}
}

func newPanel(of *Panels, key monitor.Key) *Panel {
	o := of.options
	p := &Panel{
		panels: of, options: o, key: key, log: o.Log.With("endpoint", key.Endpoint, "project", key.ProjectID),
		board: newBoard(o.Delays, newID), shared: shared{bodies: make(map[string][]byte)}, subscribers: make(map[chan struct{}]struct{}),
	}
	p.publish(o.Now())
	return p
}

// View gives the alarms as they are now; it is never nil.
func (p *Panel) View() *View { return p.view.Load() }

// Subscribe gives a channel that receives after each change of the view;
// changes not yet fetched are one. cancel must be called once.
func (p *Panel) Subscribe() (changed <-chan struct{}, cancel func()) {
	ch := make(chan struct{}, 1)
	p.listening.Lock()
	defer p.listening.Unlock()
	p.subscribers[ch] = struct{}{}
	return ch, func() {
		p.listening.Lock()
		defer p.listening.Unlock()
		delete(p.subscribers, ch)
	}
}

// follow looks at a watcher's pictures as they change, and each second.
func (p *Panel) follow(ctx context.Context, w watched) {
	changed, cancel := w.Follow()
	defer cancel()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-timer.C:
		}
		wait := p.look(ctx, picture{w.Peek(), w.Awake()})
		timer.Reset(breath)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		timer.Reset(max(0, wait-breath))
	}
}

// look takes a step, writes it down, shows it, and tells when to look again.
func (p *Panel) look(ctx context.Context, pic picture) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.options.Now()
	if !p.judges(ctx, pic.awake, now) {
		p.mirror(ctx, pic.awake, now)
		return syncEvery
	}
	p.beginAnew()
	p.load(ctx, now)
	if !now.Before(p.shared.synced.Add(syncEvery)) && !now.Before(p.retryAt) {
		if err := p.syncWithin(ctx, now); err != nil {
			p.failed(ctx, "what others did to alarms not read", err, now)
		}
	}
	writes, signals := p.board.step(pic, now)
	p.enqueue(writes, signals)
	p.flush(ctx, now)
	p.publish(now)
	wait = tick
	if next := p.board.next; !next.IsZero() {
		wait = min(wait, max(time.Millisecond, next.Sub(p.options.Now())))
	}
	return wait
}

// syncWithin is sync in no more time than a look may take. p.mu is held.
func (p *Panel) syncWithin(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	return p.sync(ctx, now)
}

// publish shows the alarms as they are now, if they changed. p.mu is held, or
// nobody else has p yet.
func (p *Panel) publish(now time.Time) {
	v, changed := p.board.view(now)
	if !changed {
		return
	}
	if before := p.view.Load(); before != nil {
		if v.WatchedSince = before.WatchedSince; v.Watched != before.Watched {
			v.WatchedSince = now
		}
	}
	p.show(v)
}

// show puts a view in the place of the last one, and tells of it.
func (p *Panel) show(v *View) {
	p.view.Store(v)
	p.listening.Lock()
	defer p.listening.Unlock()
	for ch := range p.subscribers {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// recall loads what was written down before, unless that was done.
func (p *Panel) recall(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.options.Now(); !p.recalled.Load() {
		p.load(ctx, now)
		p.publish(now)
	}
}

// load takes over the alarms and shelves that were written down. p.mu is held.
func (p *Panel) load(ctx context.Context, now time.Time) {
	if p.recalled.Load() || now.Before(p.recallAt) {
		return
	}
	p.recallAt = now.Add(storeRetry)
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	shelves, err := p.storedShelves(ctx)
	var alarms []*held
	if err == nil {
		alarms, err = p.storedAlarms(ctx)
	}
	if err != nil {
		p.failed(ctx, "alarms of before not read", err, now)
		return
	}
	for _, s := range shelves {
		p.board.shelves[s.ID] = s
	}
	for _, h := range alarms {
		p.takeOver(h, now)
	}
	p.board.changed = true
	p.recalled.Store(true)
}

// takeOver lets an alarm that is written down take the place of ours of the
// same thing. p.mu is held.
func (p *Panel) takeOver(h *held, now time.Time) {
	if ours := p.board.things[h.thing]; ours != nil && ours.ID != h.ID {
		p.drop(ours.ID)
	}
	p.board.adopt(h, now)
	writes, _ := p.board.taken()
	p.writes = append(p.writes, writes...)
}

// drop gives up what waits to be written of an alarm. p.mu is held.
func (p *Panel) drop(id string) {
	p.writes = slices.DeleteFunc(p.writes, func(w *write) bool { return w.alarm != nil && w.alarm.ID == id })
}

func (p *Panel) openAlarms(ctx context.Context) ([]store.Alarm, error) {
	rows, err := p.options.Store.OpenAlarms(ctx, p.key.Endpoint, p.key.ProjectID)
	if err != nil {
		return nil, fmt.Errorf("open alarms: %w", err)
	}
	return rows, nil
}

func (p *Panel) storedAlarms(ctx context.Context) ([]*held, error) {
	rows, err := p.openAlarms(ctx)
	if err != nil {
		return nil, err
	}
	p.shared.bodies = make(map[string][]byte, len(rows))
	for _, row := range rows {
		p.shared.bodies[row.ID] = row.Body
	}
	return p.decoded(ctx, rows), nil
}

// decoded reads alarms; one that cannot be read is passed over and logged.
func (p *Panel) decoded(ctx context.Context, rows []store.Alarm) []*held {
	list := make([]*held, 0, len(rows))
	for _, row := range rows {
		h, err := decode(row)
		if err != nil {
			p.log.ErrorContext(ctx, "alarm not readable", "error", err)
			continue
		}
		list = append(list, h)
	}
	return list
}

func (p *Panel) storedShelves(ctx context.Context) ([]Shelf, error) {
	rows, err := p.options.Store.Shelves(ctx, p.key.Endpoint, p.key.ProjectID)
	if err != nil {
		return nil, fmt.Errorf("shelves: %w", err)
	}
	return decodeShelves(rows)
}

// enqueue lets changes and signals wait for the store. What waits is bounded:
// the oldest signals are given up first. p.mu is held.
func (p *Panel) enqueue(writes []*write, signals []trail.Line) {
	p.writes = append(p.writes, writes...)
	p.lines = append(p.lines, signals...)
	if n := len(p.lines) - mostLines; n > 0 {
		p.log.Error("signals given up: the store has failed for too long", "lines", n)
		p.lines = append(p.lines[:0], p.lines[n:]...)
	}
	if n := len(p.writes) - mostWrites; n > 0 {
		p.log.Error("changes of alarms given up: the store has failed for too long", "changes", n)
		p.writes = append(p.writes[:0], p.writes[n:]...)
	}
}

// flush writes what waits, in order, as far as it gets within storeLimit.
// p.mu is held.
func (p *Panel) flush(ctx context.Context, now time.Time) {
	if now.Before(p.retryAt) || len(p.writes)+len(p.lines) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
	defer cancel()
	if err := p.panels.guard.Try("alarms", func() error { return p.drain(ctx, now) }); err != nil {
		p.failed(ctx, "alarms not written down; they are shown, and written as soon as it works", err, now)
		return
	}
	if p.failing {
		p.log.InfoContext(ctx, "alarms are written down again")
		p.failing = false
	}
}

// failed logs that the store failed, once until it works again. p.mu is held.
func (p *Panel) failed(ctx context.Context, what string, err error, now time.Time) {
	p.retryAt = now.Add(storeRetry)
	if !p.failing {
		p.log.ErrorContext(ctx, what, "error", err)
		p.failing = true
	}
}

// drain writes what waits. p.mu is held.
func (p *Panel) drain(ctx context.Context, now time.Time) error {
	for len(p.writes) > 0 {
		w := p.writes[0]
		err := p.store(ctx, w)
		if errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrStale) {
			if err = p.yield(ctx, w, now); err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		p.writes = p.writes[1:]
	}
	if len(p.lines) == 0 {
		return nil
	}
	if err := p.options.Store.AppendTrail(ctx, signed(p.key, p.lines)...); err != nil {
		return fmt.Errorf("write signals: %w", err)
	}
	p.lines = nil
	return nil
}

// store writes one change, and tells of it. p.mu is held.
func (p *Panel) store(ctx context.Context, w *write) error {
	if w.alarm == nil {
		err := p.options.Store.DeleteShelf(ctx, w.ended, signed(p.key, w.lines)...)
		if errors.Is(err, store.ErrNotFound) {
			return nil // another process ended it
		}
		return err
	}
	row, err := w.row(p.key)
	if err != nil {
		return err
	}
	row.Was = p.shared.bodies[row.ID]
	if err := p.options.Store.PutAlarm(ctx, row, signed(p.key, w.lines)...); err != nil {
		return err
	}
	p.wrote(w, row)
	return nil
}

// wrote takes note of an alarm that is written down, and tells of it. p.mu is
// held.
func (p *Panel) wrote(w *write, row store.Alarm) {
	if p.shared.bodies[row.ID] = row.Body; !row.Open {
		delete(p.shared.bodies, row.ID)
	}
	for _, c := range w.changes {
		p.panels.note(hooked{p.key, w.alarm, c})
	}
}

// yield gives up a change of an alarm that another process changed meanwhile,
// or wrote down of the same thing: theirs takes the place of ours, and what we
// make of it follows from that. p.mu is held.
func (p *Panel) yield(ctx context.Context, w *write, now time.Time) error {
	rows, err := p.openAlarms(ctx)
	if err != nil {
		return err
	}
	id := w.alarm.ID
	mine, err := w.row(p.key)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(rows, func(r store.Alarm) bool {
		return thing{Kind(r.Kind), r.FlowID, r.Target} == w.thing
	})
	switch {
	case at < 0: // it was closed
		p.drop(id)
		delete(p.shared.bodies, id)
		if h := p.board.ids[id]; h != nil {
			p.board.forget(h)
		}
		return nil
	case rows[at].ID == id && bytes.Equal(rows[at].Body, mine.Body): // it was written, though that was not known
		p.wrote(w, mine)
		p.writes = slices.DeleteFunc(p.writes, func(of *write) bool { return of == w })
		return nil
	}
	h, err := decode(rows[at])
	if err != nil {
		return err
	}
	p.drop(id)
	p.shared.bodies[h.ID] = rows[at].Body
	if ours := *w.alarm; h.ID == id && len(w.changes) == 0 { // a mark or a figure, which holds beside their answer
		theirs := h.Alarm
		ours.Cleared, ours.Priority, ours.AckedAt, ours.AckedBy, ours.Note = theirs.Cleared, theirs.Priority, theirs.AckedAt, theirs.AckedBy, theirs.Note
		h.Alarm = &ours
		defer p.rewrite(h)
	}
	p.takeOver(h, now)
	return nil
}

// rewrite lets an alarm be written down as it is. p.mu is held.
func (p *Panel) rewrite(h *held) {
	p.board.put(h, *h.Alarm, "")
	writes, _ := p.board.taken()
	p.writes = append(p.writes, writes...)
}

// finish writes what is left at the end.
func (p *Panel) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.giveBack(context.Background())
	p.retryAt = time.Time{}
	p.flush(context.Background(), p.options.Now())
}
