package alarm

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
)

// Errors a person can cause.
var (
	ErrGone  = errors.New("no such alarm or shelf any more")
	ErrShelf = errors.New("a shelf is of one flow or one kind of alarm, and ends within eight hours")
)

// Change is what happened to an alarm.
type Change string

// The changes of an alarm.
const (
	ChangeRaised       Change = "raised"       // for the first time, anew, or more urgent than before
	ChangeCleared      Change = "cleared"      // after somebody had answered for it: it is closed
	ChangeReturned     Change = "returned"     // cleared before anybody answered for it: it stays listed
	ChangeAcknowledged Change = "acknowledged" // somebody answers for it
	ChangeShelved      Change = "shelved"      // put aside for a time, or raised while its shelf lasts
	ChangeUnshelved    Change = "unshelved"    // back from the shelf
)

// Options of Panels.
type Options struct {
	Store  Store
	Log    *slog.Logger     // nil: nothing is logged
	Now    func() time.Time // nil: time.Now
	Delays Delays

	// Raised is told each change of an alarm once it is stored, in order and by
	// one goroutine. It should not take long: what does not fit into its queue is
	// dropped and logged. It may be nil.
	Raised func(monitor.Key, *Alarm, Change)
}

// Panels has the panel of each project.
type Panels struct {
	options Options

	mu   sync.Mutex
	open map[monitor.Key]*Panel
}

// New makes Panels, which do nothing until a watcher is attended to.
func New(o Options) *Panels {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Delays = o.Delays.orDefaults()
	return &Panels{options: o, open: make(map[monitor.Key]*Panel)}
}

// Attend lets the panel of a watcher's project follow it, without keeping it
// awake. It is for [monitor.Monitor.Attend].
func (p *Panels) Attend(w *monitor.Watcher) { p.Of(w.Key()) }

// Of gives the panel of a project; it is never nil.
func (p *Panels) Of(key monitor.Key) *Panel {
	p.mu.Lock()
	defer p.mu.Unlock()
	panel := p.open[key]
	if panel == nil {
		panel = newPanel(p.options, key)
		p.open[key] = panel
	}
	return panel
}

// Close ends all panels. What they show stays readable.
func (p *Panels) Close() {}
