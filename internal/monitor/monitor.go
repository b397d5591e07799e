package monitor

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/revive"
)

// Reader is what a watcher needs of the API. *medialive.Client satisfies it.
// Readers are told apart by ==, so an implementation is a pointer.
type Reader interface {
	ListFlows(ctx context.Context, limit, offset int) (medialive.FlowPage, error)
	ShowFlow(ctx context.Context, flowID string) (medialive.Flow, error)
	ShowOutput(ctx context.Context, flowID, name string) (medialive.Output, error)
	Capabilities(ctx context.Context) (medialive.Capabilities, error)
	RefusedCallers(ctx context.Context, flowID string) ([]medialive.RefusedCaller, error)
	ListChannels(ctx context.Context, filter medialive.ChannelKey, limit, offset int) (medialive.ChannelPage, error)
	ShowChannel(ctx context.Context, key medialive.ChannelKey) (medialive.Channel, error)
	Events(ctx context.Context, each func(medialive.Event) error) error
}

// Journal knows the past: commands, and to which flows media came. It is told
// what became of commands whose outcome was not known.
type Journal interface {
	// Commands gives the newest start or stop of each flow, by flow id.
	Commands(ctx context.Context, key Key) (map[string]Command, error)
	// Care gives what people have put on the flows of a project, by flow id, and
	// the names of known peers; nil: there are none.
	Care(ctx context.Context, key Key) (map[string]Care, *Labels, error)
	// Media gives what KeepMedia kept last, by flow id.
	Media(ctx context.Context, key Key) (map[string]Media, error)
	// KeepMedia keeps of which flows of a project it is known that media came in
	// the start that goes on, for a watcher that begins anew.
	KeepMedia(ctx context.Context, key Key, all map[string]Media) error
	// Settled tells that a read settled a command; it must not block for long.
	Settled(ctx context.Context, key Key, flowID string, c Command)
}

// Key names what a watcher watches: a project at an endpoint.
type Key struct{ Endpoint, ProjectID string }

// Options of a Monitor.
type Options struct {
	Log *slog.Logger
	RPS float64          // upstream calls a second for one project; 0 means 10
	Now func() time.Time // nil means time.Now

	Panicked func(what string) // told of each panic of a watcher; may be nil

	NoPictures bool // none are fetched
}

// Monitor keeps one Watcher for each Key.
type Monitor struct {
	log *slog.Logger
	rps float64
	now func() time.Time

	guard revive.Guard

	noPictures bool

	ctx    context.Context // ends the watchers
	cancel context.CancelFunc
	work   sync.WaitGroup

	journal atomic.Pointer[Journal] // nil: nobody keeps one
	attend  []func(*Watcher)        // set before the first Watch

	mu       sync.Mutex
	watchers map[Key]*Watcher
}

// New makes a Monitor, which does nothing until somebody watches.
func New(o Options) *Monitor {
	if o.RPS <= 0 {
		o.RPS = 10
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Monitor{
		log: o.Log, rps: o.RPS, now: o.Now, guard: revive.Guard{Log: o.Log, Panicked: o.Panicked}, noPictures: o.NoPictures,
		ctx: ctx, cancel: cancel,
		watchers: make(map[Key]*Watcher),
	}
}

// Keep gives the monitor the journal its watchers consult. It is called once,
// before the first Watch.
func (m *Monitor) Keep(j Journal) {
	m.journal.Store(&j)
}

// Attend has a function called once for each watcher that is made, before it
// runs; it may follow the watcher, but must not call Watch. It is called before
// the first Watch.
func (m *Monitor) Attend(attend func(*Watcher)) {
	m.attend = append(m.attend, attend)
}

// Watch gives the watcher of a key, and wakes it. The reader is the freshest
// one: it is used from now on, and older ones only if it stops being let in.
// Until is when its credential ends, zero for never. The watcher stops two
// minutes after its last use.
func (m *Monitor) Watch(key Key, reader Reader, until time.Time) *Watcher {
	w := m.Find(key)
	w.offer(reader, until)
	w.touch()
	return w
}

// Find gives the watcher of a key for those who only follow and peek: it wakes
// nothing, and whether something is read is others' business.
func (m *Monitor) Find(key Key) *Watcher {
	m.mu.Lock()
	w := m.watchers[key]
	if w == nil {
		w = newWatcher(m, key)
		m.watchers[key] = w
	}
	m.mu.Unlock()
	w.attended.Do(func() {
		for _, attend := range m.attend {
			attend(w)
		}
	})
	return w
}

// Close ends all watchers and waits for them. Their snapshots stay readable.
func (m *Monitor) Close() {
	m.mu.Lock() // no watcher starts between these two
	m.cancel()
	m.mu.Unlock()
	m.work.Wait()
}
