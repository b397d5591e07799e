package packager

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"
)

// slicer writes a package of HLS in transport streams. They are cut at key frames
// and need no repacking, so that no ffmpeg does it.
type slicer struct {
	dir    string
	length time.Duration        // of a segment, at least
	keep   int                  // segments in a playlist, while the disk has room
	floor  int64                // bytes that stay free on the disk
	in     *queue               // an empty chunk says that another run begins
	ready  func() (made, error) // the folder, at each run
	log    *slog.Logger

	mu     sync.Mutex
	report ChildReport

	// Of what goes on, for the one goroutine that runs.
	prefix string // of the names of segments
	made   made
	meter  *meter
	strips []*strip // nil: the layout is not known yet
	date   dating
	shed   time.Time // when the disk last lacked room for the window
}

// dating tells the time of presentation times.
type dating struct {
	pts int64
	at  time.Time // zero: not known
}

// maxSlew is how far the dates of two segments follow the clock of this machine,
// which is not that of the sender.
const maxSlew = 20 * time.Millisecond

func (s *slicer) push(data []byte) { s.in.push(data) }

func (s *slicer) again() { s.in.push(nil) }

// state tells of it as of an ffmpeg without a process of its own.
func (s *slicer) state() ChildReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.report
	r.Dropped = s.in.lost()
	return r
}

// run writes segments until ctx ends.
func (s *slicer) run(ctx context.Context) {
	s.in.begin()
	defer s.in.end()
	defer s.tell(func(r *ChildReport) { r.Running = false })
	for ctx.Err() == nil {
		if err := s.start(); err != nil {
			s.told(err)
			select {
			case <-ctx.Done():
			case <-time.After(retryPause):
			}
			continue
		}
		s.cut(ctx)
		for _, t := range s.strips {
			s.finish(t)
		}
	}
}

// start readies a run.
func (s *slicer) start() (err error) {
	s.prefix = strconv.FormatInt(time.Now().UnixMilli(), 36)
	s.meter, s.strips, s.date = newMeter(nil), nil, dating{}
	s.made, err = s.ready()
	s.tell(func(r *ChildReport) { r.Running, r.Since, r.Starts = err == nil, time.Now(), r.Starts+1 })
	return err
}

// cut takes what comes, until another run begins or ctx ends.
func (s *slicer) cut(ctx context.Context) {
	for {
		chunk, ok := s.in.pop(ctx)
		if !ok || len(chunk) == 0 {
			return
		}
		s.meter.feed(chunk, s.packet)
		s.bound()
	}
}

// bound drops segments that grow and come to no end: their leading track does not
// come any more, or tells no time that goes on.
func (s *slicer) bound() {
	for _, t := range s.strips {
		if t.now != nil && (len(t.now.data) > longestData || time.Since(t.now.came) > longestPiece) {
			t.before, t.now, t.breaks = nil, nil, true
		}
	}
}

func (s *slicer) tell(change func(*ChildReport)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.report)
}

// told tells whether the disk takes what is written.
func (s *slicer) told(err error) {
	s.tell(func(r *ChildReport) {
		if err != nil {
			problem := clean(reason(err))
			if r.Running || r.Ended != problem {
				s.log.Warn("package", "folder", s.dir, "problem", problem)
			}
			r.Ended = problem
		}
		r.Running = err == nil
	})
}

func (s *slicer) packet(p packet, key bool) {
	if s.strips == nil {
		if !s.meter.layout.known() {
			return
		}
		s.lay()
	}
	pid := p.pid()
	for _, t := range s.strips {
		if slices.Contains(t.pids, pid) && !p.damaged() {
			s.take(t, p, key)
		}
	}
}

// lay readies a strip for each rendition. One that goes on with a playlist of an
// earlier run says so.
func (s *slicer) lay() {
	s.strips = []*strip{}
	for i, r := range s.made.all {
		t := &strip{number: i, came: -1, shelf: openShelf(s.list(i))}
		t.shelf.target = max(t.shelf.target, int(s.length.Seconds()))
		t.breaks = len(t.shelf.segments) > 0
		t.choose(s.meter.layout, r, len(s.made.all))
		s.strips = append(s.strips, t)
	}
}

// list is where the playlist of a rendition is.
func (s *slicer) list(rendition int) string {
	return filepath.Join(s.dir, listFile(rendition))
}

// leader is the strip at whose segments the others begin theirs.
func (s *slicer) leader() *strip {
	if i := slices.IndexFunc(s.strips, func(t *strip) bool { return t.pictures }); i >= 0 {
		return s.strips[i]
	}
	return s.strips[0]
}

// take gives a strip a packet of its own.
func (s *slicer) take(t *strip, p packet, key bool) {
	if pts, _, ok := p.pts(); ok && p.pid() == t.lead {
		s.frame(t, pts, key || !t.pictures)
	}
	if t.before != nil && t.trails(p) {
		return
	}
	if t.before != nil && (len(t.late) == 0 || since(t.now.first, t.now.last) > longestTrail) {
		s.publish(t, t.before)
		t.before = nil
	}
	if t.now != nil {
		t.now.data = append(t.now.data, p...)
	}
}

// frame begins and ends segments where a frame of the leading track begins.
func (s *slicer) frame(t *strip, pts int64, key bool) {
	if t.now != nil && t.now.leaps(pts) {
		s.finish(t)
		t.breaks = true
	}
	switch edge, begins := s.edge(t, pts, t.mayCut(pts, key)); {
	case begins:
		s.turn(t, pts, edge)
	case t.now != nil:
		t.now.note(pts)
	}
}

// edge says whether a segment begins with a frame, and where it should have.
func (s *slicer) edge(t *strip, pts int64, key bool) (edge int64, begins bool) {
	led := s.leader()
	switch {
	case t.now == nil && led == t:
		return pts, key
	case t.now == nil:
		return led.edge(), key && led.now != nil && since(led.edge(), pts) >= 0
	case since(t.now.edge, pts) >= ticksOf(longestPiece):
		return pts, true
	case !t.pictures && led != t:
		return led.edge(), led.now != nil && since(t.now.edge, led.edge()) > 0 && since(led.edge(), pts) >= 0
	}
	return pts, key && since(t.now.edge, pts) >= ticksOf(s.length-s.length/20)
}

// turn ends a segment and begins the next one. That has the tables in front of
// it, and the one before gets what is left of frames that were begun.
func (s *slicer) turn(t *strip, pts, edge int64) {
	if t.before != nil {
		s.publish(t, t.before)
	}
	t.before = t.now
	size := 0
	if t.before != nil {
		t.before.length = signed(since(t.before.first, pts))
		t.late = slices.Clone(t.others)
		size = len(t.before.data) + len(t.before.data)/4
	}
	if t == s.leader() {
		s.dated(pts, t.breaks)
	}
	t.now = &slice{edge: edge, first: pts, last: pts, latest: pts, came: time.Now(), data: t.head(s.meter, size)}
	t.now.at = s.date.at.Add(signed(since(s.date.pts, pts)))
	t.now.breaks, t.breaks = t.breaks, false
}

// dated dates a presentation time: where the stream goes on, by that.
func (s *slicer) dated(pts int64, breaks bool) {
	now := time.Now()
	if breaks || s.date.at.IsZero() {
		s.date = dating{pts, now}
		return
	}
	at := s.date.at.Add(signed(since(s.date.pts, pts)))
	s.date = dating{pts, at.Add(min(max(now.Sub(at)/8, -maxSlew), maxSlew))}
}

// finish ends a strip's last segment.
func (s *slicer) finish(t *strip) {
	if t.before != nil {
		s.publish(t, t.before)
	}
	if t.now != nil {
		t.now.length = signed(since(t.now.first, t.now.last) + t.now.pace())
		s.publish(t, t.now)
	}
	t.before, t.now = nil, nil
}

// publish writes a segment, and then the playlist that names it. One that cannot
// be written is left out.
func (s *slicer) publish(t *strip, c *slice) {
	if t == s.leader() {
		s.makeRoom()
	}
	c.name = fmt.Sprintf("%s-%d-%d.ts", s.prefix, t.number, t.shelf.next())
	path := filepath.Join(s.dir, c.name)
	err := os.WriteFile(path, c.data, 0o600)
	if err != nil {
		_ = os.Remove(path) // what is left of it; nobody knows its name
		if t.now != nil && t.now != c {
			t.now.breaks = true
		} else {
			t.breaks = true
		}
	} else {
		t.shelf.add(c.segment, s.keep)
		err = replace(s.list(t.number), t.shelf.text(s.made.closed))
	}
	if err == nil && time.Since(s.shed) < shortFor {
		err = shortWindow(s.floor)
	}
	s.told(err)
}

// makeRoom takes the oldest segments of all playlists away for what the disk lacks.
func (s *slicer) makeRoom() {
	var gone []string
	freed := int64(1)
	for lack := lacking(s.dir, s.floor); lack > 0 && freed > 0; lack -= freed {
		freed = 0
		for _, t := range s.strips {
			if len(t.shelf.segments) <= fewest {
				continue
			}
			path := filepath.Join(s.dir, t.shelf.segments[0].name)
			if info, err := os.Stat(path); err == nil {
				freed += info.Size()
			}
			gone = append(gone, path)
			t.shelf.drop(1)
		}
	}
	if gone == nil {
		return
	}
	s.shed = time.Now()
	for _, t := range s.strips {
		_ = replace(s.list(t.number), t.shelf.text(s.made.closed)) // or with the next segment
	}
	for _, path := range gone {
		_ = os.Remove(path) // or later, as one that no playlist names
	}
}
