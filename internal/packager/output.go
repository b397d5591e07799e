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
	child  *child
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu   sync.Mutex
	pkg  Package // access and manifests may change while it runs
	made made
	run  string // name of the present run of ffmpeg
	traffic
}

// made is what the arguments of a packager come from.
type made struct {
	all []rung
	in  layout
}

// traffic counts what players got.
type traffic struct {
	ok, refused, failed, bytes atomic.Int64
}

// newOutput begins to make a package.
func newOutput(ctx context.Context, p Package, m made, dir, ffmpeg string, log *slog.Logger) *output {
	ctx, cancel := context.WithCancel(ctx)
	o := &output{dir: dir, cancel: cancel, pkg: p, made: m}
	o.child = &child{name: "package " + p.ID, path: ffmpeg, in: newQueue(childQueue), args: o.args, log: log}
	o.done.Go(func() { o.child.run(ctx) })
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
	o.child.again()
}

// serve changes how it is served; see [Package.written].
func (o *output) serve(p Package) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pkg = p
}

// args prepares the folder for a run. What was made in another way goes: no
// playlist could tell players how to go on with it.
func (o *output) args(run string) ([]string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	way := strings.Join(packagerArgs(o.pkg, o.made.all, o.made.in, "", ""), " ")
	note := filepath.Join(o.dir, "made")
	before, err := os.ReadFile(note)
	if err != nil && !errors.Is(err, fs.ErrNotExist) || string(before) != way {
		if err := os.RemoveAll(o.dir); err != nil {
			return nil, fmt.Errorf("package: %s", reason(err))
		}
	}
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return nil, fmt.Errorf("package: %s", reason(err))
	}
	if err := os.WriteFile(note, []byte(way), 0o600); err != nil {
		return nil, fmt.Errorf("package: %s", reason(err))
	}
	o.run = run
	return packagerArgs(o.pkg, o.made.all, o.made.in, o.dir, run), nil
}

// sweeps removes old files until ctx ends. ffmpeg removes those of its own run.
func (o *output) sweeps(ctx context.Context) {
	tick := time.NewTicker(sweepPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			o.mu.Lock()
			run, age := o.run, time.Duration(o.pkg.segments()+3)*o.pkg.Segment
			o.mu.Unlock()
			sweep(o.dir, run, time.Now().Add(-age))
		}
	}
}

// sweep removes files of other runs that no manifest names and that are older
// than a time.
func sweep(dir, run string, before time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // there is nothing yet
	}
	var named strings.Builder
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".m3u8") {
			text, _ := os.ReadFile(filepath.Join(dir, e.Name())) //nolint:errcheck // it goes as it is replaced
			named.Write(text)
		}
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || strings.HasPrefix(e.Name(), run+"-") || !isMedia(e.Name()) || strings.Contains(named.String(), e.Name()) {
			continue
		}
		if info.ModTime().Before(before) {
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
