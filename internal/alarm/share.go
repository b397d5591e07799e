package alarm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

// Where several processes share a database, one of them judges a project and
// the others show what it wrote down. The right to judge is a row that its
// holder writes anew all the time; one that stays the same for long enough, by
// the clock of whoever looks, is free. A holder whom nobody lets watch gives it
// back.
const (
	topicTurn  = "alarms" // of the row
	turnRenew  = 2 * time.Second
	turnExpire = 8 * time.Second
	syncEvery  = time.Second // how soon the one sees what the others did
)

// shared is what a panel knows of the others on its database.
type shared struct {
	holds   bool
	version int64     // of the row, as last seen or written
	at      time.Time // when it was last seen to change, or written
	looked  time.Time // when it was last looked at
	mirrors bool      // what is shown is what another judged
	synced  time.Time
	bodies  map[string][]byte // of the open alarms, as last read or written
}

// judges tells whether this process judges the project now. While the store
// cannot be reached each one does, so that alarms are shown. p.mu is held.
func (p *Panel) judges(ctx context.Context, awake bool, now time.Time) bool {
	if !p.options.Shared {
		return true
	}
	s := &p.shared
	if !awake {
		p.giveBack(ctx)
		return false
	}
	if wait := now.Sub(s.looked); s.holds && wait < turnRenew || !s.holds && wait < syncEvery && !s.looked.IsZero() {
		return s.holds
	}
	s.looked = now
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
	defer cancel()
	held := s.holds
	err := p.take(ctx, now)
	switch {
	case err != nil && !errors.Is(err, store.ErrStale):
		p.failed(ctx, "who judges the alarms is not known; this process does meanwhile", err, now)
		s.looked = time.Time{}
		return true
	case held && !s.holds:
		p.log.InfoContext(ctx, "another process judges the alarms now")
	case !held && s.holds:
		p.log.InfoContext(ctx, "this process judges the alarms now")
	}
	return s.holds
}

// take renews the right to judge, or takes it if it is free. p.mu is held.
func (p *Panel) take(ctx context.Context, now time.Time) error {
	s := &p.shared
	row := store.Care{Endpoint: p.key.Endpoint, Project: p.key.ProjectID, Topic: topicTurn, At: now, Version: s.version}
	if !s.holds {
		there, err := p.options.Store.Care(ctx, row.Endpoint, row.Project, "", topicTurn)
		switch {
		case errors.Is(err, store.ErrNotFound):
			row.Version = 0
		case err != nil:
			return fmt.Errorf("read who judges: %w", err)
		case there.Version != s.version:
			s.version, s.at = there.Version, now
			return nil
		case now.Sub(s.at) < turnExpire:
			return nil
		default:
			row.Version = there.Version
		}
	}
	version, err := p.options.Store.PutCare(ctx, row)
	if errors.Is(err, store.ErrStale) {
		s.holds = false
		return err
	}
	if err != nil {
		return fmt.Errorf("write who judges: %w", err)
	}
	s.holds, s.version, s.at = true, version, now
	return nil
}

// giveBack lets another process judge. p.mu is held.
func (p *Panel) giveBack(ctx context.Context) {
	s := &p.shared
	if !s.holds {
		return
	}
	s.holds = false
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
	defer cancel()
	if err := p.options.Store.DeleteCare(ctx, p.key.Endpoint, p.key.ProjectID, "", topicTurn, s.version); err != nil {
		p.log.WarnContext(ctx, "the right to judge alarms not given back; another takes it soon", "error", err)
	}
}

// mirror shows what another process wrote down. What this one judged meanwhile
// is given up: the other did too. p.mu is held.
func (p *Panel) mirror(ctx context.Context, awake bool, now time.Time) {
	if now.Before(p.shared.synced.Add(syncEvery)) {
		return
	}
	p.shared.synced, p.shared.mirrors = now, true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
	defer cancel()
	next, err := p.written(ctx, now)
	if err != nil {
		p.failed(ctx, "alarms not read", err, now)
		return
	}
	p.failing = false
	p.writes, p.lines = nil, nil
	p.recalled.Store(true)
	watched := awake || now.Sub(p.shared.at) < turnExpire && p.shared.version > 0
	if p.board.sameAs(next) && p.board.awake == watched {
		return
	}
	next.version, next.awake = p.board.version, watched
	p.board = next
	p.publish(now)
}

// beginAnew lets a panel that showed what another judged judge by itself, as
// after a restart. p.mu is held.
func (p *Panel) beginAnew() {
	if p.shared.mirrors {
		p.shared.mirrors, p.board.awake = false, false
	}
}

// written gives a board of what is written down. p.mu is held.
func (p *Panel) written(ctx context.Context, now time.Time) (*board, error) {
	shelves, err := p.storedShelves(ctx)
	if err != nil {
		return nil, err
	}
	alarms, err := p.storedAlarms(ctx)
	if err != nil {
		return nil, err
	}
	next := newBoard(p.options.Delays, newID)
	for _, s := range shelves {
		next.shelves[s.ID] = s
	}
	for _, h := range alarms {
		next.restore(h, now)
	}
	return next, nil
}

// sameAs tells whether two boards show the same.
func (b *board) sameAs(other *board) bool {
	if len(b.ids) != len(other.ids) || len(b.shelves) != len(other.shelves) {
		return false
	}
	for id, h := range other.ids {
		have := b.ids[id]
		if have == nil || *have.Alarm != *h.Alarm || have.shelf != h.shelf {
			return false
		}
	}
	for id := range other.shelves {
		if _, there := b.shelves[id]; !there {
			return false
		}
	}
	return true
}

// sync takes over what people did on another process. It waits while something
// of ours is not written yet. p.mu is held.
func (p *Panel) sync(ctx context.Context, now time.Time) error {
	if !p.options.Shared || len(p.writes) > 0 || !p.recalled.Load() {
		return nil
	}
	p.shared.synced = now
	before := p.shared.bodies
	theirs, err := p.written(ctx, now)
	if err != nil {
		return err
	}
	for id, s := range theirs.shelves {
		if _, there := p.board.shelves[id]; !there {
			p.board.shelves[id] = s
			p.board.changed = true
		}
	}
	for id, h := range theirs.ids {
		if old, known := before[id]; !known || !bytes.Equal(old, p.shared.bodies[id]) {
			p.takeOver(h, now)
		}
	}
	for _, h := range p.board.listed() {
		if _, known := before[h.ID]; known && theirs.ids[h.ID] == nil {
			p.board.forget(h)
		}
	}
	for id := range p.board.shelves {
		if _, there := theirs.shelves[id]; !there {
			p.board.unshelve(id)
		}
	}
	return nil
}

// forget drops an alarm that another process closed.
func (b *board) forget(h *held) {
	delete(b.ids, h.ID)
	delete(b.things, h.thing)
	b.changed = true
}
