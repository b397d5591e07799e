package packager

import (
	"slices"
	"time"
)

// strip is a rendition that is being cut into segments.
type strip struct {
	number   int
	program  program  // with its tracks alone
	pids     []uint16 // of tracks and clock
	others   []uint16 // of tracks besides the leading one
	lead     uint16   // of the track that decides where to cut
	pictures bool     // it is video
	counters [2]byte  // of the packets of PAT and map

	came   int64 // presentation time of the first frame; negative: none came
	marked bool  // a key frame came
	shelf  shelf
	breaks bool     // the next segment does not go on
	now    *slice   // nil: none is begun
	before *slice   // ended, but for tracks in the middle of a frame; nil: none
	late   []uint16 // these tracks
}

// slice is a segment that is being collected.
type slice struct {
	segment
	data   []byte
	edge   int64     // presentation time at which it should have begun
	first  int64     // that of its first frame
	last   int64     // the latest
	latest int64     // of the frame that came last
	step   int64     // shortest between two frames; 0: there is one
	came   time.Time // the frame that came last
}

const (
	longestData  = 160 << 20     // bytes of a segment: ten seconds of the richest stream that may come
	longestTrail = clockPTS / 2  // ticks that a segment waits for the ends of frames
	shortFrame   = clockPTS / 25 // ticks of a frame that is alone
)

// ticksOf turns a duration into ticks.
func ticksOf(d time.Duration) int64 { return int64(d/time.Microsecond) * 9 / 100 }

// choose finds the tracks of a rendition: an encoder makes a program of each, of
// another stream the first program that has such tracks is taken, and the first
// track of each kind.
func (t *strip) choose(l layout, r rung, all int) {
	t.program, t.pids = l.rendition(r, t.number, all), nil
	t.pictures = r.video >= 0
	for _, one := range t.program.tracks {
		t.pids = append(t.pids, one.PID)
	}
	if len(t.pids) == 0 {
		return // of a map that lacks it
	}
	t.lead, t.others = t.pids[0], slices.Clone(t.pids[1:])
	if clock := t.program.pcr; !slices.Contains(t.pids, clock) {
		t.pids = append(t.pids, clock)
	}
}

// rendition gives the program of a rung, with the tracks that the rung has: video
// first.
func (l layout) rendition(r rung, n, all int) program {
	var kinds []func(track) bool
	if r.video >= 0 {
		kinds = append(kinds, track.video)
	}
	if r.audio {
		kinds = append(kinds, track.audio)
	}
	programs := l.programs
	if all > 1 && n < len(programs) {
		programs = programs[n : n+1]
	}
	for _, p := range programs {
		var tracks []track
		for _, kind := range kinds {
			if i := slices.IndexFunc(p.tracks, kind); i >= 0 {
				tracks = append(tracks, p.tracks[i])
			}
		}
		if len(tracks) > 0 && kinds[0](tracks[0]) {
			p.tracks = tracks
			return p
		}
	}
	return program{}
}

// head gives PAT and map of the rendition, with room for what follows.
func (t *strip) head(m *meter, room int) []byte {
	data := make([]byte, 0, room+4*packetSize)
	data = pack(data, patPID, &t.counters[0], tableOf(t.program))
	return pack(data, t.program.pmt, &t.counters[1], narrowed(m.plans[t.program.pmt], t.pids))
}

// edge is where the present segment should have begun.
func (t *strip) edge() int64 {
	if t.now == nil {
		return 0
	}
	return t.now.edge
}

// trails gives the segment before what still belongs to it: the rest of a frame
// that was begun.
func (t *strip) trails(p packet) bool {
	i := slices.Index(t.late, p.pid())
	if i < 0 {
		return false
	}
	if p.start() {
		t.late = slices.Delete(t.late, i, i+1)
		return false
	}
	t.before.data = append(t.before.data, p...)
	return true
}

// mayCut says whether a segment may begin with a frame: with key frames alone,
// but of a sender that marks none, where who waits for one would wait for ever.
func (t *strip) mayCut(pts int64, key bool) bool {
	if t.came < 0 {
		t.came = pts
	}
	t.marked = t.marked || key
	return key || !t.marked && since(t.came, pts) >= ticksOf(gateTime)
}

// leaps says that a frame does not go on where the one before was.
func (c *slice) leaps(pts int64) bool {
	gap := since(c.latest, pts)
	return gap > ticksOf(jump) || gap < -ticksOf(jump)
}

// note takes a frame into account.
func (c *slice) note(pts int64) {
	if gap := since(c.latest, pts); gap > 0 && (c.step == 0 || gap < c.step) {
		c.step = gap
	}
	c.latest, c.came = pts, time.Now()
	if since(c.last, pts) > 0 {
		c.last = pts
	}
}

// pace is how long the last frame lasts.
func (c *slice) pace() int64 {
	if c.step == 0 {
		return shortFrame
	}
	return c.step
}
