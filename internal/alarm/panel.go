package alarm

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
)

// Panel has the alarms of one project. Its methods may be called by many at
// once.
type Panel struct {
	options Options
	key     monitor.Key
	view    atomic.Pointer[View]

	mu          sync.Mutex
	subscribers map[chan struct{}]struct{}
}

func newPanel(o Options, key monitor.Key) *Panel {
	p := &Panel{options: o, key: key, subscribers: make(map[chan struct{}]struct{})}
	p.view.Store(&View{At: o.Now()})
	return p
}

// View gives the alarms as they are now; it is never nil.
func (p *Panel) View() *View { return p.view.Load() }

// Subscribe gives a channel that receives after each change of the view;
// changes not yet fetched are one. cancel must be called once.
func (p *Panel) Subscribe() (changed <-chan struct{}, cancel func()) {
	ch := make(chan struct{}, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.subscribers[ch] = struct{}{}
	return ch, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.subscribers, ch)
	}
}

// Ack lets somebody answer for alarms, with a note. The members of a parent are
// answered for with it. Alarms that are gone are passed over; where none of
// them is there any more it says [ErrGone].
func (p *Panel) Ack(context.Context, string, string, ...string) error { return ErrGone }

// Shelve puts the alarms of one thing aside until an end, at most eight hours
// away. It says [ErrShelf] where that is not so.
func (p *Panel) Shelve(context.Context, Shelf) error { return ErrShelf }

// Unshelve ends a shelf early, or says [ErrGone].
func (p *Panel) Unshelve(context.Context, string, string) error { return ErrGone }

// Past gives the alarms that were raised within a time, newest first, open or
// closed; of one flow, or of all if flowID is empty.
func (p *Panel) Past(context.Context, string, time.Time, time.Time, int) ([]*Alarm, error) {
	return nil, nil
}
