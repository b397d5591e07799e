package alarm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// Ack lets somebody answer for alarms, with a note. The members of a parent are
// answered for with it. Alarms that are gone are passed over; where none of
// them is open any more it says [ErrGone]. What cannot be written down is not
// done: the error tells so, and what was done before it stays. It tells of how
// many of the named alarms this was the answer: not of those that somebody else
// had answered for.
func (p *Panel) Ack(ctx context.Context, by, note string, ids ...string) (answered int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.options.Now()
	if err := p.ready(ctx, now); err != nil {
		return 0, fmt.Errorf("acknowledge: %w", err)
	}
	defer p.publish(now)
	list, found := p.board.answered(ids)
	if !found {
		return 0, ErrGone
	}
	note = cut(note)
	for _, h := range list {
		ours, err := p.answer(ctx, h.ID, by, note, now)
		if err != nil {
			return answered, fmt.Errorf("acknowledge: %w", err)
		}
		if ours && slices.Contains(ids, h.ID) {
			answered++
		}
	}
	return answered, nil
}

// answer acknowledges one alarm as it is, also where another process changes it
// at the same moment; then it is not ours. p.mu is held.
func (p *Panel) answer(ctx context.Context, id, by, note string, now time.Time) (ours bool, err error) {
	for {
		h := p.board.ids[id]
		if h == nil || !h.AckedAt.IsZero() {
			return false, nil // another was faster
		}
		next := *h.Alarm
		next.AckedAt, next.AckedBy, next.Note = now, by, note
		w := &write{
			alarm: &next, thing: h.thing, shelf: h.shelf, byShelf: h.byShelf, changes: []Change{ChangeAcknowledged},
			lines: []trail.Line{p.board.line(&next, ChangeAcknowledged, by, note, "", now)},
		}
		err := p.store(ctx, w)
		if errors.Is(err, store.ErrStale) {
			if err = p.yield(ctx, w, now); err == nil {
				continue
			}
		}
		if err != nil {
			return false, err
		}
		p.board.put(h, next, "")
		p.board.taken() // it is written
		return true, nil
	}
}

// Shelve puts the alarms of one thing aside until an end, at most eight hours
// away. It says [ErrShelf] where that is not so. ID and At are filled in where
// they are empty.
func (p *Panel) Shelve(ctx context.Context, s Shelf) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.options.Now()
	if !s.fits(now) {
		return ErrShelf
	}
	if err := p.ready(ctx, now); err != nil {
		return fmt.Errorf("shelve: %w", err)
	}
	s.At, s.Reason = now, cut(s.Reason)
	if s.ID == "" {
		s.ID = newID()
	}
	row, err := shelfRow(p.key, s)
	if err != nil {
		return err
	}
	lines := []trail.Line{shelfLine(s, ChangeShelved, s.By, now)}
	if err := p.options.Store.PutShelf(ctx, row, signed(p.key, lines)...); err != nil {
		return fmt.Errorf("shelve: %w", err)
	}
	p.board.shelve(s, now)
	p.applied(ctx, now)
	return nil
}

// Unshelve ends a shelf early, or says [ErrGone].
func (p *Panel) Unshelve(ctx context.Context, id, by string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.options.Now()
	if err := p.ready(ctx, now); err != nil {
		return fmt.Errorf("unshelve: %w", err)
	}
	s, there := p.board.shelves[id]
	if !there {
		return ErrGone
	}
	lines := []trail.Line{shelfLine(s, ChangeUnshelved, by, now)}
	err := p.options.Store.DeleteShelf(ctx, id, signed(p.key, lines)...)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("unshelve: %w", err)
	}
	p.board.unshelve(id)
	p.applied(ctx, now)
	return nil
}

// ready makes sure that what was before is known and written: what people do is
// refused where it cannot be written down. p.mu is held.
func (p *Panel) ready(ctx context.Context, now time.Time) error {
	p.load(ctx, now)
	if !p.recalled.Load() {
		return errors.New("the alarms of before cannot be read now")
	}
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	if err := p.drain(ctx, now); err != nil {
		return err
	}
	return p.sync(ctx, now)
}

// applied writes down and shows what a shelf changed. p.mu is held.
func (p *Panel) applied(ctx context.Context, now time.Time) {
	writes, signals := p.board.taken()
	p.enqueue(writes, signals)
	p.flush(ctx, now)
	p.publish(now)
}

// Filter chooses alarms.
type Filter struct {
	FlowID   string    // empty: of all flows
	Without  string    // ids that begin so are left out; empty: none
	From, To time.Time // raised at From or later, and before To
	Limit    int       // 0: 1000, which is also the most
}

// Past gives the alarms that a filter chooses, newest first, open or closed.
func (p *Panel) Past(ctx context.Context, f Filter) ([]*Alarm, error) {
	if f.Limit <= 0 || f.Limit > mostPast {
		f.Limit = mostPast
	}
	rows, err := p.options.Store.Alarms(ctx, store.AlarmFilter{
		Endpoint: p.key.Endpoint, Project: p.key.ProjectID, FlowID: f.FlowID, Without: f.Without, From: f.From, To: f.To, Limit: f.Limit,
	})
	if err != nil {
		return nil, fmt.Errorf("past alarms: %w", err)
	}
	list := make([]*Alarm, 0, len(rows))
	for _, h := range p.decoded(ctx, rows) {
		list = append(list, h.Alarm)
	}
	return list, nil
}

// cut shortens what a person or a far end wrote.
func cut(s string) string {
	s = strings.TrimSpace(strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > mostNote {
		return string(r[:mostNote])
	}
	return s
}

func decodeShelves(rows []store.Shelf) ([]Shelf, error) {
	list := make([]Shelf, len(rows))
	for i, row := range rows {
		if err := json.Unmarshal(row.Body, &list[i]); err != nil {
			return nil, fmt.Errorf("decode shelf %s: %w", row.ID, err)
		}
		list[i].ID, list[i].Until = row.ID, row.Until
	}
	return list, nil
}
