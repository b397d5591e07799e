package packager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	indexFile    = "index"
	keepFile     = "keep"      // how long is kept, for who looks after what nobody records any more
	keepPause    = time.Minute // between two looks at what is too old, where no piece begins
	defaultPiece = 6 * time.Second
	longestPiece = 30 * time.Second // where no key frame comes
	jump         = 2 * time.Second  // between two pictures: the stream does not go on
	retryPause   = 2 * time.Second  // after a problem of the disk
)

// RecordReport tells of a recording.
type RecordReport struct {
	Problem string    // why nothing is written now; empty: none
	Since   time.Time // of the oldest piece; zero: nothing is recorded
	Until   time.Time // of the newest
	Pieces  int
	Bytes   int64
	Dropped int64 // bytes that the disk was too slow for
}

// recorder cuts a transport stream at key frames into files that begin with
// their tables, and keeps an index of them. It is run by one goroutine.
type recorder struct {
	dir    string
	length time.Duration // of a piece, at least
	floor  int64         // bytes that stay free on the disk
	in     *queue
	log    *slog.Logger

	mu      sync.Mutex
	keep    time.Duration
	pieces  []piece
	removed int // entries of the index whose files are gone
	problem string
	breaks  bool // the next piece does not go on

	meter   *meter
	file    *os.File
	pending []byte // of the file, not written yet
	now     piece
	first   int64 // presentation time of the piece's first picture
	latest  int64
	timed   bool      // first and latest are known
	led     time.Time // when the latest came
	retry   time.Time
	clockOf func() time.Time
}

// openRecorder reads what is recorded in a folder, repairs what a kill left
// there, and takes it from there.
func openRecorder(dir string, length, keep time.Duration, floor int64, log *slog.Logger) *recorder {
	r := &recorder{dir: dir, length: length, keep: keep, floor: floor, in: newQueue(childQueue), log: log, breaks: true, clockOf: time.Now}
	r.meter = newMeter(nil)
	err := r.repair()
	if err == nil {
		err = r.noteKeep()
	}
	r.fail(err)
	return r
}

// run records until ctx ends.
func (r *recorder) run(ctx context.Context) {
	r.in.begin()
	defer r.in.end()
	for {
		wait, end := context.WithTimeout(ctx, keepPause)
		chunk, ok := r.in.pop(wait)
		end()
		switch {
		case ok:
			r.take(chunk)
		case ctx.Err() != nil:
			r.close()
			return
		default:
			r.retain()
		}
	}
}

// noteKeep writes down how long is kept.
func (r *recorder) noteKeep() error {
	return os.WriteFile(filepath.Join(r.dir, keepFile), []byte(r.keep.String()), 0o600)
}

// expire removes what is too old of a recording on which nobody works: its channel
// is OFF, or is not recorded any more.
func expire(dir string, log *slog.Logger) {
	note, err := os.ReadFile(filepath.Join(dir, keepFile))
	if err != nil {
		return // there is no recording
	}
	keep, err := time.ParseDuration(string(note))
	if err != nil {
		log.Warn("recording: how long it is kept cannot be read", "folder", dir)
		return
	}
	if p, there := oldest(dir); there && time.Since(p.begin.Add(p.length)) <= keep {
		return
	}
	r := openRecorder(dir, defaultPiece, keep, 0, log)
	if r.retain(); len(r.pieces) > 0 || r.problem != "" {
		return
	}
	if err := os.RemoveAll(dir); err != nil {
		log.Warn("recording", "folder", dir, "problem", reason(err))
	}
}

// take records what came, as far as it may.
func (r *recorder) take(chunk []byte) {
	r.meter.feed(chunk, r.packet)
	r.write()
	r.bound()
}

// packet writes one, in a new piece where one should begin.
func (r *recorder) packet(p packet, key bool) {
	if pts, _, ok := p.pts(); ok && r.leads(p.pid()) {
		r.time(pts)
		if r.due(key) {
			r.close()
			r.begin(pts)
		}
	}
	if r.file != nil {
		r.pending = append(r.pending, p...)
	}
}

// write writes what came since the last time.
func (r *recorder) write() {
	if r.file == nil || len(r.pending) == 0 {
		return
	}
	n, err := r.file.Write(r.pending)
	r.pending = r.pending[:0]
	r.now.size += int64(n)
	if err != nil {
		r.abandon(err)
	}
}

// leads says whether a track is the one whose pictures decide: the first video,
// or the first sound where there is none.
func (r *recorder) leads(pid uint16) bool {
	kind := track.video
	if !r.meter.layout.has(kind) {
		kind = track.audio
	}
	for _, p := range r.meter.layout.programs {
		if i := slices.IndexFunc(p.tracks, kind); i >= 0 {
			return p.tracks[i].PID == pid
		}
	}
	return false
}

// time follows the presentation times of the leading track; where they jump, the
// piece ends.
func (r *recorder) time(pts int64) {
	if r.timed {
		gap := since(r.latest, pts)
		if gap < -int64(jump/time.Microsecond)*9/100 || gap > int64(jump/time.Microsecond)*9/100 {
			r.close()
			r.breaks = true
		}
	}
	r.latest, r.timed, r.led = pts, true, r.clockOf()
}

// bound ends a piece that grows and comes to no end: its leading track does not
// come any more, or tells no time that goes on.
func (r *recorder) bound() {
	if r.file != nil && (r.now.size > longestData || r.clockOf().Sub(r.led) > longestPiece) {
		r.close()
		r.breaks = true
	}
}

// due says whether a piece should begin here.
func (r *recorder) due(key bool) bool {
	cut := key || !r.meter.layout.has(track.video)
	if r.file == nil {
		return cut && !r.clockOf().Before(r.retry)
	}
	played := ticks(uint64(max(0, since(r.first, r.latest))))
	return cut && played >= r.length-r.length/20 || played >= longestPiece
}

// begin opens a piece, if the disk has room for it.
func (r *recorder) begin(pts int64) {
	r.retain()
	if lacking(r.dir, r.floor) > 0 {
		r.fail(fmt.Errorf("less than %d MB of the disk are free", r.floor>>20))
		return
	}
	now := r.clockOf()
	name := strconv.FormatInt(now.UnixMilli(), 10)
	file, err := os.OpenFile(filepath.Join(r.dir, name+partSuffix), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		r.fail(err)
		return
	}
	r.file, r.first = file, pts
	r.now = piece{name: name + pieceSuffix, begin: now, broken: r.breaks, streams: max(1, len(r.meter.layout.programs))}
	r.pending = append(r.pending[:0], r.meter.tables()...)
}

// close ends the piece, and takes it into the index.
func (r *recorder) close() {
	if r.write(); r.file == nil {
		return
	}
	file := r.file
	r.file = nil
	r.now.length = ticks(uint64(max(0, since(r.first, r.latest))))
	err := errors.Join(file.Sync(), file.Close())
	switch {
	case err != nil:
	case r.now.length > 0:
		err = r.publish(r.now)
	default:
		err = os.Remove(file.Name()) // it plays nothing
	}
	if err != nil {
		r.fail(err)
		return
	}
	r.breaks = false
	r.fail(nil)
}

// publish gives a piece its name, and then a line of the index.
func (r *recorder) publish(p piece) error {
	part := filepath.Join(r.dir, strings.TrimSuffix(p.name, pieceSuffix)+partSuffix)
	if err := os.Rename(part, filepath.Join(r.dir, p.name)); err != nil {
		return err
	}
	index, err := os.OpenFile(filepath.Join(r.dir, indexFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = index.WriteString(p.line())
	if err := errors.Join(err, index.Sync(), index.Close()); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pieces = append(r.pieces, p)
	return nil
}

// abandon drops the piece that cannot be written.
func (r *recorder) abandon(err error) {
	_ = r.file.Close()
	_ = os.Remove(r.file.Name())
	r.file = nil
	r.fail(err)
}

// fail tells a problem, or that there is none any more.
func (r *recorder) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := ""
	if err != nil {
		r.breaks, r.retry = true, r.clockOf().Add(retryPause)
		text = reason(err)
	}
	if text != r.problem {
		r.log.Warn("recording", "folder", r.dir, "problem", text)
	}
	r.problem = text
}

// reason is what to tell of an error of the disk, without the path.
func reason(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "the disk is full"
	}
	if inner := (*os.PathError)(nil); errors.As(err, &inner) {
		return inner.Op + ": " + inner.Err.Error()
	}
	return err.Error()
}

// retain removes what is too old, and what the disk lacks room for.
func (r *recorder) retain() {
	lack := lacking(r.dir, r.floor)
	r.mu.Lock()
	defer r.mu.Unlock()
	n := old(r.pieces, r.clockOf(), r.keep, lack)
	for _, p := range r.pieces[:n] {
		_ = os.Remove(filepath.Join(r.dir, p.name)) // gone already is as well
	}
	r.pieces = slices.Delete(r.pieces, 0, n)
	if r.removed += n; r.removed <= len(r.pieces)+100 {
		return
	}
	if err := rewrite(r.dir, r.pieces); err != nil {
		r.log.Warn("recording: index", "error", err)
		return
	}
	r.removed = 0
}

// rewrite replaces the index in one step.
func rewrite(dir string, pieces []piece) error {
	var text strings.Builder
	for _, p := range pieces {
		text.WriteString(p.line())
	}
	next := filepath.Join(dir, indexFile+".next")
	file, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text.String())
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(dir, indexFile))
}

// span gives the pieces that play between two times.
func (r *recorder) span(begin, end time.Time) []piece {
	r.mu.Lock()
	defer r.mu.Unlock()
	return spanOf(r.pieces, begin, end)
}

// retainFor changes how long is kept.
func (r *recorder) retainFor(keep time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keep == keep {
		return
	}
	r.keep = keep
	if err := r.noteKeep(); err != nil {
		r.log.Warn("recording: how long it is kept cannot be written", "problem", reason(err))
	}
}

// state is what is to be told.
func (r *recorder) state() RecordReport {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := RecordReport{Problem: r.problem, Pieces: len(r.pieces), Dropped: r.in.lost()}
	for _, p := range r.pieces {
		report.Bytes += p.size
	}
	if n := len(r.pieces); n > 0 {
		report.Since = r.pieces[0].begin
		report.Until = r.pieces[n-1].begin.Add(r.pieces[n-1].length)
	}
	return report
}
