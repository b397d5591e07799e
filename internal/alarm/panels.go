package alarm

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/revive"
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

// hookQueue is how many changes wait for Options.Raised at most.
const hookQueue = 1024

// Options of Panels.
type Options struct {
	Store  Store            // nil: alarms are in memory alone
	Log    *slog.Logger     // nil: nothing is logged
	Now    func() time.Time // nil: time.Now
	Delays Delays
	Shared bool // other processes use the same database: one of them judges, the others show it

	// Raised is told each change of an alarm once it is stored, in order and by
	// one goroutine. It should not take long: what does not fit into its queue is
	// dropped and logged. It may be nil.
	Raised func(monitor.Key, *Alarm, Change)

	Panicked func(what string) // told of each panic of what goes on by itself; may be nil
}

// Panels has the panel of each project.
type Panels struct {
	options Options
	guard   revive.Guard
	ctx     context.Context // ends those who follow
	cancel  context.CancelFunc
	work    sync.WaitGroup

	hook    chan hooked
	hooking sync.WaitGroup

	mu      sync.Mutex // guards all below
	open    map[monitor.Key]*Panel
	closed  bool // nobody new is followed
	silent  bool // Raised is told nothing more
	dropped int
}

// hooked is a change on its way to Options.Raised.
type hooked struct {
	key    monitor.Key
	alarm  *Alarm
	change Change
}

// watched is what a panel needs of a watcher: it looks on, keeps nothing awake
// and calls nothing.
type watched interface {
	Key() monitor.Key
	Follow() (changed <-chan struct{}, cancel func())
	Peek() *monitor.Snapshot
	Awake() bool
}

// New makes Panels, which do nothing until a watcher is attended to.
func New(o Options) *Panels {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Store == nil {
		o.Store = nowhere{}
	}
	o.Delays = o.Delays.orDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	p := &Panels{
		options: o, guard: revive.Guard{Log: o.Log, Panicked: o.Panicked}, ctx: ctx, cancel: cancel,
		hook: make(chan hooked, hookQueue), open: make(map[monitor.Key]*Panel),
	}
	if o.Raised != nil {
		p.hooking.Go(p.tell)
	}
	return p
}

// Attend lets the panel of a watcher's project follow it, without keeping it
// awake. It is for [monitor.Monitor.Attend].
func (p *Panels) Attend(w *monitor.Watcher) { p.attend(w) }

func (p *Panels) attend(w watched) {
	panel := p.Of(w.Key())
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.work.Go(func() {
			p.guard.Loop(p.ctx, "alarms", func(ctx context.Context) { panel.follow(ctx, w) }, panel.doubt)
		})
	}
}

// Of gives the panel of a project; it is never nil.
func (p *Panels) Of(key monitor.Key) *Panel {
	p.mu.Lock()
	panel := p.open[key]
	if panel == nil {
		panel = newPanel(p, key)
		p.open[key] = panel
	}
	p.mu.Unlock()
	if !panel.recalled.Load() {
		panel.recall(p.ctx)
	}
	return panel
}

// Close ends all panels, tries once more to write what is not written yet, and
// waits until Options.Raised was told all. What panels show stays readable.
func (p *Panels) Close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	panels := make([]*Panel, 0, len(p.open))
	for _, panel := range p.open {
		panels = append(panels, panel)
	}
	p.mu.Unlock()
	p.cancel()
	p.work.Wait()
	for _, panel := range panels {
		_ = p.guard.Try("last alarms", func() error { panel.finish(); return nil }) // told
	}
	p.mu.Lock()
	p.silent = true
	close(p.hook)
	p.mu.Unlock()
	p.hooking.Wait()
}

// tell tells Options.Raised what happens.
func (p *Panels) tell() {
	for h := range p.hook {
		_ = p.guard.Try("changes of alarms", func() error { // told; the next one is told of all the same
			p.options.Raised(h.key, h.alarm, h.change)
			return nil
		})
	}
}

// note queues a change for Options.Raised, or drops it. It does not block.
func (p *Panels) note(h hooked) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.options.Raised == nil || p.silent {
		return
	}
	select {
	case p.hook <- h:
		if p.dropped > 0 {
			p.options.Log.Error("changes of alarms were not told to webhooks: too many at once", "dropped", p.dropped)
			p.dropped = 0
		}
	default:
		p.dropped++
	}
}

// newID makes the id of an alarm or a shelf.
func newID() string { return uuid.NewString() }
