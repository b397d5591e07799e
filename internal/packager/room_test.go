package packager

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const noRoom = math.MaxInt64 / 2 // a floor that no disk has

// sliced is a slicer of one rendition that has cut some segments of a second.
func sliced(t *testing.T, segments int) *slicer {
	t.Helper()
	s := &slicer{dir: t.TempDir(), length: time.Second, keep: 99, in: newQueue(childQueue), log: quiet(), ready: func() (made, error) {
		return made{all: []rung{{0, false, 0, 0}}}, nil
	}}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	s.meter.feed(tablesOf(), s.packet)
	for i := range segments + 1 {
		s.meter.feed(framed(testVideo, byte(i), 10+float64(i), true), s.packet)
	}
	return s
}

// TestWindowGivesWay: a disk without room shortens the window of the slicer, which
// tells so for a while, and goes on.
func TestWindowGivesWay(t *testing.T) {
	s := sliced(t, 8)
	if got := s.state(); got.Ended != "" || len(openShelf(s.list(0)).segments) != 8 {
		t.Fatalf("%+v", got)
	}
	s.floor = noRoom
	s.finish(s.strips[0])
	list := openShelf(s.list(0))
	if got := s.state(); got.Running || !strings.Contains(got.Ended, "shorter than it should be") {
		t.Errorf("%+v", got)
	}
	files, err := filepath.Glob(filepath.Join(s.dir, "*.ts"))
	if err != nil || len(files) != fewest+1 || len(list.segments) != fewest+1 || list.next() != 9 {
		t.Errorf("%v, %v: %+v", files, err, list)
	}
	s.floor, s.shed = 0, time.Now().Add(-shortFor)
	s.meter.feed(framed(testVideo, 0, 30, true), s.packet)
	s.finish(s.strips[0])
	if got := s.state(); !got.Running {
		t.Errorf("%+v", got)
	}
}

// restarts is a maker that counts how often it begins anew.
type restarts int

func (*restarts) run(context.Context) {}
func (*restarts) push([]byte)         {}
func (r *restarts) again()            { *r++ }
func (*restarts) state() ChildReport {
	return ChildReport{Running: true, Starts: 1, Lines: []string{"said"}}
}

// TestPackageGivesWay: what ffmpeg makes begins anew with a short window, and with
// the whole one when there is room for it again.
func TestPackageGivesWay(t *testing.T) {
	maker := new(restarts)
	o := &output{
		dir: t.TempDir(), maker: maker, floor: noRoom,
		pkg: Package{ID: "p", Format: DASH, Segment: 2 * time.Second, Window: time.Hour}, made: made{all: []rung{{0, true, 0, 0}}},
	}
	window := func() string {
		args, err := o.args("run")
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(strings.Join(args, " "), "-window_size ")
		size, _, _ := strings.Cut(after, " ")
		return size
	}
	if got := window(); got != "1800" {
		t.Errorf("%s segments", got)
	}
	o.makeRoom()
	o.makeRoom()
	if got := o.state(); *maker != 1 || got.Running || got.Lines != nil || !strings.Contains(got.Ended, "shorter than it should be") || window() != "3" {
		t.Errorf("%d restarts, %s segments, %+v", *maker, window(), got)
	}
	o.floor = 0
	o.makeRoom()
	if got := o.state(); *maker != 2 || !got.Running || window() != "1800" {
		t.Errorf("%d restarts, %s segments, %+v", *maker, window(), got)
	}
}

// TestGoneIsRemoved: a channel that begins leaves nothing of packages that it has
// no longer.
func TestGoneIsRemoved(t *testing.T) {
	p := &pipeline{dir: t.TempDir(), spec: Spec{Packages: []Package{{ID: "stays"}}}, opts: Options{Log: quiet()}}
	for _, id := range []string{"stays", "gone"} {
		if err := os.MkdirAll(p.folder(id), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	p.clear()
	left, err := filepath.Glob(p.folder("*"))
	if err != nil || len(left) != 1 || left[0] != p.folder("stays") {
		t.Errorf("%v, %v", left, err)
	}
}

// TestSilentTrackFillsNothing: a segment and a piece whose pictures do not come any
// more, while sound does, end.
func TestSilentTrackFillsNothing(t *testing.T) {
	s := sliced(t, 1)
	now := s.strips[0].now
	now.came = time.Now().Add(-longestPiece - time.Second)
	if s.bound(); s.strips[0].now != nil || !s.strips[0].breaks {
		t.Errorf("%+v", s.strips[0])
	}
	at := time.Now()
	r := openRecorder(t.TempDir(), time.Second, time.Hour, 0, quiet())
	r.clockOf = func() time.Time { return at }
	r.take(append(tablesOf(), framed(testVideo, 0, 10, true)...))
	at = at.Add(longestPiece + time.Second)
	r.take(framed(testAudio, 0, 45, false))
	files, err := os.ReadDir(r.dir)
	if err != nil || r.file != nil || len(files) != 2 { // the index, and for how long it is kept
		t.Errorf("%v, %v, %v", r.file, files, err)
	}
}

// TestTablesAreBounded: a map without an end fills no memory.
func TestTablesAreBounded(t *testing.T) {
	m := newMeter(nil)
	m.feed(tablesOf(), nil)
	for i := range 10_000 {
		m.feed(plain(testMap, byte(i)&0x0f), nil)
	}
	if n := len(m.tables()); n > packetSize+longestTable {
		t.Errorf("%d bytes", n)
	}
}

// TestExpire: what nobody records any more goes when it is too old, and nothing
// else does.
func TestExpire(t *testing.T) {
	picture := media(t, 3)
	for name, c := range map[string]struct {
		keep time.Duration
		left bool
	}{"fresh": {2 * time.Hour, true}, "old": {time.Minute, false}} {
		r := openRecorder(filepath.Join(t.TempDir(), recordDir), time.Second, 0, 0, quiet())
		at := time.Now().Add(-time.Hour)
		r.clockOf = func() time.Time { at = at.Add(time.Millisecond); return at }
		r.take(picture)
		r.close()
		r.retainFor(c.keep)
		expire(r.dir, quiet())
		if _, err := os.Stat(r.dir); (err == nil) != c.left {
			t.Errorf("%s: %v", name, err)
		}
	}
	expire(t.TempDir(), quiet()) // no recording at all
}
