package packager

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options is what a packager needs to know.
type Options struct {
	Dir        string       // folder of all channels, of this process alone; made where it is missing
	FFmpeg     string       // the program; empty: ffmpeg of the PATH
	RecordFree int64        // bytes of the disk that recordings leave free
	Load       float64      // cores that channels may use together; 0: four fifths of this machine's
	HTTP       *http.Client // pulls; nil: one that connects by Dial
	Dial       Dial         // connects to what is pulled, and decides where that may lead; nil: anywhere
	Log        *slog.Logger // nil: nothing is logged
	// Tap opens the transport stream of a source of kind [Tap], by its address. It
	// is opened again whenever it ends; an error is shown to people as it is. nil:
	// there are no such sources.
	Tap func(ctx context.Context, name string) (io.ReadCloser, error)

	way *way // of an ffmpeg that pulls
}

// Packager runs channels. Its methods may be called by several goroutines.
type Packager struct {
	opts Options

	mu       sync.Mutex // one change at a time
	costs    *costs
	running  map[string]*pipeline
	reserved map[string]float64 // cores, by channel
	access   sync.RWMutex       // guards running for readers, that no change keeps waiting
	cancel   context.CancelFunc
	expiring sync.WaitGroup
}

var (
	// ErrNoFFmpeg tells that this machine has none.
	ErrNoFFmpeg = errors.New("ffmpeg is not installed")
	// ErrClosed tells that the packager was closed.
	ErrClosed = errors.New("the packager is closed")

	errNoTap = errors.New("there are no taps here")
)

// New makes a packager without channels. Errors: [ErrNoFFmpeg], or those of the
// folder.
func New(opts Options) (*Packager, error) {
	if opts.FFmpeg == "" {
		opts.FFmpeg = "ffmpeg"
	}
	path, err := exec.LookPath(opts.FFmpeg)
	if err != nil {
		return nil, ErrNoFFmpeg
	}
	opts.FFmpeg = path
	if opts.Dial == nil {
		opts.Dial = (&net.Dialer{}).DialContext
	}
	if opts.HTTP == nil {
		opts.HTTP = &http.Client{Transport: transport(opts.Dial)}
	}
	if opts.Tap == nil {
		opts.Tap = func(context.Context, string) (io.ReadCloser, error) { return nil, errNoTap }
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of channels: %w", err)
	}
	if opts.way, err = newWay(opts.HTTP); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Packager{
		opts: opts, costs: newCosts(path, filepath.Join(opts.Dir, costFile)),
		running: map[string]*pipeline{}, reserved: map[string]float64{}, cancel: cancel,
	}
	p.expiring.Go(func() { p.expires(ctx) })
	return p, nil
}

// expirePause is how often recordings are looked after on which nobody works.
const expirePause = 10 * time.Minute

// expires removes what is too old of them, until ctx ends.
func (p *Packager) expires(ctx context.Context) {
	tick := time.NewTicker(expirePause)
	defer tick.Stop()
	for ctx.Err() == nil {
		folders, err := filepath.Glob(filepath.Join(p.opts.Dir, "*", recordDir))
		if err != nil {
			return // the folder's own name is a bad pattern
		}
		for _, dir := range folders {
			p.expire(dir)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// expire looks after one, if nobody works on it.
func (p *Packager) expire(dir string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	running := p.running[filepath.Base(filepath.Dir(dir))]
	if p.running != nil && (running == nil || running.wanted().Record == 0) {
		expire(dir, p.opts.Log)
	}
}

// Put makes a channel run as its spec says. One that runs is changed with the
// least interruption, see [Compare]; a change of its inputs begins it anew. When
// it fails, nothing has changed. Errors: [ErrSpec], [*LoadError] where this
// machine cannot carry it, [ErrClosed].
func (p *Packager) Put(ctx context.Context, spec Spec) error {
	if err := spec.Validate(); err != nil {
		return err
	}
	spec = spec.clone()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil {
		return ErrClosed
	}
	if old := p.running[spec.ID]; old != nil && reflect.DeepEqual(old.wanted(), spec) {
		return nil
	}
	need, err := p.carry(ctx, spec)
	if err != nil {
		return err
	}
	p.reserved[spec.ID] = need
	old := p.running[spec.ID]
	if old == nil {
		p.set(spec.ID, newPipeline(spec, p.opts))
		return nil
	}
	effect := Compare(old.wanted(), spec)
	if !effect.Input {
		old.apply(spec, effect)
		return nil
	}
	old.close()
	p.set(spec.ID, newPipeline(spec, p.opts))
	return nil
}

// set makes a pipeline the channel's, or takes it away where it is nil.
func (p *Packager) set(id string, next *pipeline) {
	p.access.Lock()
	defer p.access.Unlock()
	if next == nil {
		delete(p.running, id)
		return
	}
	p.running[id] = next
}

// get finds a channel that runs.
func (p *Packager) get(id string) (*pipeline, bool) {
	p.access.RLock()
	defer p.access.RUnlock()
	found, ok := p.running[id]
	return found, ok
}

// Drop ends a channel; one that does not run is no error. Its recording stays on
// the disk for as long as it is to be kept, and is played again when it runs again.
func (p *Packager) Drop(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	running, ok := p.running[id]
	if !ok {
		return
	}
	p.set(id, nil)
	delete(p.reserved, id)
	running.close()
	if err := clearBut(filepath.Join(running.dir, playDir), func(string) bool { return false }); err != nil {
		p.opts.Log.Warn("what a channel that ended has sent remains", "channel", id, "problem", reason(err))
	}
}

// Forget removes all that is on the disk of a channel that does not run.
func (p *Packager) Forget(id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, runs := p.running[id]; runs || !named(id) {
		return fmt.Errorf("forget channel %q: it runs, or cannot be one", id)
	}
	return os.RemoveAll(filepath.Join(p.opts.Dir, id))
}

// Close ends all channels, and waits until their ffmpeg have ended.
func (p *Packager) Close() {
	p.cancel()
	defer p.expiring.Wait() // with p.mu free
	p.mu.Lock()
	defer p.mu.Unlock()
	p.access.Lock()
	all := p.running
	p.running = nil
	p.access.Unlock()
	var ending sync.WaitGroup
	for _, running := range all {
		ending.Go(running.close)
	}
	ending.Wait()
	p.opts.way.close()
}

// Report tells of all channels, by their IDs.
func (p *Packager) Report() []ChannelReport {
	p.access.RLock()
	defer p.access.RUnlock()
	all := make([]ChannelReport, 0, len(p.running))
	for _, running := range p.running {
		all = append(all, running.report())
	}
	slices.SortFunc(all, func(a, b ChannelReport) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// clone copies what callers might change.
func (s Spec) clone() Spec {
	s.Ladder = slices.Clone(s.Ladder)
	s.Packages = slices.Clone(s.Packages)
	s.Primary.Backups = slices.Clone(s.Primary.Backups)
	if s.Standby != nil {
		standby := *s.Standby
		standby.Backups = slices.Clone(standby.Backups)
		s.Standby = &standby
	}
	return s
}
