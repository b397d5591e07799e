package packager

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// sweepPause is how often files that no player asks for any more are looked for.
const sweepPause = 5 * time.Second

// output is a package that is being made. Its files are kept over a restart of
// ffmpeg and of the gateway, so that players go on where they were.
type output struct {
	dir    string
	maker  maker
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu     sync.Mutex
	pkg    Package // access and manifests may change while it runs
	made   made
	prefix string // of the segments that ffmpeg removes itself; empty: there are none
	floor  int64  // bytes that stay free on the disk
	cut    int64  // bytes that its files had when the disk lacked room for its window, which is short since; 0: it is not
	traffic
}

// maker writes the files of a package.
type maker interface {
	run(ctx context.Context) // until ctx ends
	push(data []byte)        // takes or drops the stream, which does not change after that, and never waits
	again()                  // begins anew: what was pushed before is of another stream
	state() ChildReport
}

// made is what a package is made of.
type made struct {
	all    []rung
	in     layout
	closed bool // nothing before a key frame is needed for what comes after it
}

// traffic counts what players got.
type traffic struct {
	ok, refused, failed, bytes atomic.Int64
}

// newOutput begins to make a package.
func newOutput(ctx context.Context, p Package, m made, dir string, opts Options, log *slog.Logger) *output {
	ctx, cancel := context.WithCancel(ctx)
	o := &output{dir: dir, cancel: cancel, pkg: p, made: m, floor: windowFloor(opts.RecordFree)}
	name, in := "package "+p.ID, newQueue(childQueue)
	if p.sliced() {
		o.maker = &slicer{report: ChildReport{Name: name}, dir: dir, length: p.Segment, keep: p.segments(), floor: o.floor, in: in, ready: o.ready, log: log}
	} else {
		o.maker = &child{name: name, path: opts.FFmpeg, in: in, args: o.args, hard: true, log: log}
	}
	o.done.Go(func() { o.maker.run(ctx) })
	o.done.Go(func() { o.sweeps(ctx) })
	return o
}

// close ends it, and leaves its files.
func (o *output) close() {
	o.cancel()
	o.done.Wait()
}

// remake begins anew with other renditions or another layout.
func (o *output) remake(m made) {
	o.mu.Lock()
	o.made = m
	o.mu.Unlock()
	o.maker.again()
}

// serve changes how it is served; see [Package.written].
func (o *output) serve(p Package) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pkg = p
}

// sliced says whether a package is cut from the stream, and not repacked.
func (p Package) sliced() bool { return p.Format == HLS && !p.FMP4 }

// args readies the folder for a run of ffmpeg.
func (o *output) args(run string) ([]string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	pkg := o.pkg
	if o.cut > 0 {
		pkg.Window = 0
	}
	if err := o.prepare(strings.Join(packagerArgs(pkg, o.made.all, o.made.in, "", ""), " ")); err != nil {
		return nil, err
	}
	if pkg.Format == HLS {
		run = nextRun(o.dir, run)
	}
	o.prefix = run
	return packagerArgs(pkg, o.made.all, o.made.in, o.dir, run), nil
}

// makeRoom begins anew with the shortest window while the disk lacks room for the
// one that was asked for: ffmpeg cannot be told to shorten one.
func (o *output) makeRoom() {
	if o.wanted().sliced() {
		return // the slicer does
	}
	lack := lacking(o.dir, o.floor)
	o.mu.Lock()
	cut := o.cut
	switch {
	case cut == 0 && lack > 0 && o.pkg.segments() > fewest:
		o.cut = max(1, sizeOf(o.dir))
	case cut > 0 && -lack > cut+cut/4:
		o.cut = 0
	}
	anew := o.cut != cut
	o.mu.Unlock()
	if anew {
		o.maker.again()
	}
}

// state tells how it is made.
func (o *output) state() ChildReport {
	r := o.maker.state()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cut > 0 {
		r.Running, r.Lines, r.Ended = false, nil, shortWindow(o.floor).Error()
	}
	return r
}

// ready readies the folder for a run of the slicer.
func (o *output) ready() (made, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.made, o.prepare(fmt.Sprintf("sliced %v %d %+v", o.pkg.Segment, o.pkg.segments(), o.made.all))
}

// prepare makes the folder of what is made in a way. What was made in another one
// goes: no playlist could tell players how to go on with it. o.mu is held.
func (o *output) prepare(way string) error {
	note := filepath.Join(o.dir, "made")
	before, err := os.ReadFile(note)
	if err != nil && !errors.Is(err, fs.ErrNotExist) || string(before) != way {
		if err := os.RemoveAll(o.dir); err != nil {
			return fmt.Errorf("package: %s", reason(err))
		}
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return fmt.Errorf("package: %s", reason(err))
	}
	if err := os.WriteFile(note, []byte(way), 0o600); err != nil {
		return fmt.Errorf("package: %s", reason(err))
	}
	return nil
}

// sweeps removes old files until ctx ends. ffmpeg removes those of its own run
// itself.
func (o *output) sweeps(ctx context.Context) {
	tick := time.NewTicker(sweepPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			o.mu.Lock()
			prefix, age := o.prefix, time.Duration(o.pkg.segments()+3)*o.pkg.Segment
			o.mu.Unlock()
			sweep(o.dir, prefix, time.Now().Add(-age))
			o.makeRoom()
		}
	}
}

// sweep removes files that no manifest names and that are older than a time, but
// for those of a run of ffmpeg.
func sweep(dir, prefix string, before time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // there is nothing yet
	}
	named := map[string]bool{}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".m3u8") {
			text, _ := os.ReadFile(filepath.Join(dir, e.Name())) //nolint:errcheck // it goes as it is replaced
			for _, segment := range segmentsOf(string(text)) {
				named[segment], named[initOf(segment)] = true, true
			}
		}
	}
	for _, e := range entries {
		if named[e.Name()] || !isMedia(e.Name()) || prefix != "" && strings.HasPrefix(e.Name(), prefix+"-") {
			continue
		}
		if info, err := e.Info(); err == nil && info.ModTime().Before(before) {
			_ = os.Remove(filepath.Join(dir, e.Name())) // or at the next look
		}
	}
}

// isMedia tells segments, whole ones and begun ones, from manifests.
func isMedia(name string) bool {
	name = strings.TrimSuffix(name, ".tmp")
	switch filepath.Ext(name) {
	case ".ts", ".m4s", ".mp4":
		return true
	}
	return false
}
