package packager

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bench is a slicer that runs, of two renditions of the same pictures.
type bench struct {
	*slicer
	end func()
}

func slice2(t *testing.T, dir string) *bench {
	t.Helper()
	s := &slicer{
		dir: dir, length: 2 * time.Second, keep: 4, in: newQueue(childQueue), log: quiet(),
		ready: func() (made, error) {
			return made{all: []rung{{0, true, 0, 0}, {1, true, 0, 0}, {-1, true, 0, 0}}, closed: true}, nil
		},
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.run(ctx) }()
	b := &bench{s, func() { cancel(); <-done }}
	t.Cleanup(b.end)
	await(t, "a start", 5*time.Second, func() bool { return s.state().Running })
	return b
}

// programs are the arguments that make two renditions, and one of sound alone.
func twoPrograms() []string {
	return []string{
		"-map", "0:v", "-map", "0:v", "-map", "1:a", "-s:v:1", "160x90",
		"-program", "title=a:program_num=1:st=0:st=2", "-program", "title=b:program_num=2:st=1:st=2", "-program", "title=c:program_num=3:st=2",
	}
}

func (b *bench) shelf(rendition int) shelf { return openShelf(b.list(rendition)) }

// TestSlicer cuts a stream of 9.6 s, then the same one as another run, and ends.
func TestSlicer(t *testing.T) {
	dir := t.TempDir()
	stream := media(t, 10, append(twoPrograms(), "-t", "9.6")...)
	b := slice2(t, dir)
	pour(b, stream)
	await(t, "the segments that are whole", 10*time.Second, func() bool { return b.shelf(0).next() == 4 })
	b.again()
	pour(b, stream)
	await(t, "those of the other run", 10*time.Second, func() bool { return b.shelf(0).next() == 9 })
	b.end()
	for i := range 3 {
		s := b.shelf(i)
		if s.next() != 10 || len(s.segments) != 4 || s.breaks != 1 || s.target != 2 {
			t.Errorf("rendition %d: %+v", i, s)
		}
		for n, e := range s.segments {
			want := 2 * time.Second
			if n == 3 {
				want = 1600 * time.Millisecond
			}
			if off := e.length - want; i < 2 && off.Abs() > time.Millisecond || off.Abs() > time.Second/2 || e.breaks { // ffmpeg puts much sound into one packet
				t.Errorf("rendition %d: %+v, want %v", i, e, want)
			}
			if n == 0 {
				continue
			}
			if gap := e.at.Sub(s.segments[n-1].at) - s.segments[n-1].length; gap.Abs() > maxSlew+2*time.Millisecond {
				t.Errorf("segment %d is dated %v off", n, gap)
			}
		}
	}
	b.plays(t)
	again := slice2(t, dir)
	pour(again, stream)
	await(t, "segments after a new start", 10*time.Second, func() bool { return again.shelf(1).next() == 14 })
	if s := again.shelf(1); !s.segments[0].breaks || s.segments[1].breaks || s.breaks != 1 {
		t.Errorf("%+v", s)
	}
}

// pour pushes a stream in pieces that end in the middle of packets.
func pour(b *bench, stream []byte) {
	for len(stream) > 0 {
		n := min(len(stream), 10_000)
		b.push(stream[:n])
		stream = stream[n:]
	}
}

// plays reads each segment by itself, and then all as one stream.
func (b *bench) plays(t *testing.T) {
	t.Helper()
	for i, want := range []string{"video,180", "video,90", "audio"} {
		whole := newMeter(nil)
		for n, e := range b.shelf(i).segments {
			path := filepath.Join(b.dir, e.name)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			whole.feed(content, nil)
			got := probe(t, "-show_entries", "stream=codec_type,height", path)
			if !strings.Contains(got, want) || !strings.Contains(got, "audio") || strings.Contains(got, "video") != (i < 2) {
				t.Errorf("segment %d of rendition %d has %q", n, i, got)
			}
			if i < 2 && !strings.HasPrefix(probe(t, "-select_streams", "v", "-show_entries", "packet=flags", path), "K") {
				t.Errorf("segment %d of rendition %d does not begin with a key frame", n, i)
			}
		}
		if c := whole.counts; c.ContinuityErrors+c.SyncLosses > 0 || len(whole.layout.programs) != 1 {
			t.Errorf("rendition %d: %+v, %+v", i, c, whole.layout)
		}
	}
}

// framed makes the first packet of a frame.
func framed(pid uint16, counter byte, seconds float64, key bool) []byte {
	p := plain(pid, counter)
	pts := int64(seconds * clockPTS)
	p[1] |= 0x40
	copy(p[4:], []byte{0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21 | byte(pts>>29)&0x0e, byte(pts >> 22), 1 | byte(pts>>14), byte(pts >> 7), 1 | byte(pts<<1)})
	if key {
		copy(p[18:], []byte{0, 0, 1, 0x65})
	}
	return p
}

// TestSlicerKeepsFramesWhole: the rest of a frame of sound that was begun before
// a cut stays with its begin, and a leap of time is told.
func TestSlicerKeepsFramesWhole(t *testing.T) {
	dir := t.TempDir()
	s := &slicer{dir: dir, length: time.Second, keep: 9, in: newQueue(childQueue), log: quiet(), ready: func() (made, error) {
		return made{all: []rung{{0, true, 0, 0}}}, nil
	}}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	for _, p := range [][]byte{
		tablesOf(), framed(testVideo, 0, 10, true), framed(testAudio, 0, 10, false), plain(testAudio, 1),
		framed(testVideo, 1, 11, true), plain(testAudio, 2), framed(testAudio, 3, 11, false),
		framed(testVideo, 2, 11.5, false), framed(testVideo, 3, 99, true), framed(testVideo, 4, 100.5, true),
	} {
		s.meter.feed(p, s.packet)
	}
	s.finish(s.strips[0])
	var got []string
	for _, e := range openShelf(s.list(0)).segments {
		content, err := os.ReadFile(filepath.Join(dir, e.name))
		if err != nil {
			t.Fatal(err)
		}
		m := newMeter(nil)
		sound := 0
		m.feed(content, func(p packet, _ bool) {
			if p.pid() == testAudio {
				sound++
			}
		})
		got = append(got, fmt.Sprint(e.length, e.breaks, len(content)/packetSize, sound))
	}
	want := []string{"1s false 6 3", "1s false 5 1", "1.5s true 3 0", "40ms false 3 0"}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestSlicerWithoutDisk tells what it cannot write, and goes on when it can.
func TestSlicerWithoutDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	b := slice2(t, dir)
	stream := media(t, 10, twoPrograms()...)
	pour(b, stream)
	await(t, "the problem", 10*time.Second, func() bool { return !b.state().Running })
	if got := b.state(); got.Ended != "open: no such file or directory" {
		t.Errorf("%+v", got)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b.again()
	pour(b, stream)
	await(t, "segments", 10*time.Second, func() bool { return b.shelf(1).next() >= 3 && b.state().Running })
}

// TestSlicerWithoutKeyFrames cuts what has none, after having waited for one.
func TestSlicerWithoutKeyFrames(t *testing.T) {
	s := &slicer{dir: t.TempDir(), length: time.Second, keep: 9, in: newQueue(childQueue), log: quiet(), ready: func() (made, error) {
		return made{all: []rung{{0, false, 0, 0}}}, nil
	}}
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	s.meter.feed(tablesOf(), s.packet)
	for i := range 16 {
		s.meter.feed(framed(testVideo, byte(i), 10+float64(i)/2, false), s.packet)
	}
	if got := openShelf(s.list(0)).segments; len(got) != 2 || got[0].length != time.Second {
		t.Errorf("%+v", got)
	}
}

func TestShelf(t *testing.T) {
	var s shelf
	at := time.UnixMilli(1_700_000_000_123)
	for i := range 9 {
		s.add(segment{fmt.Sprintf("x-0-%d.ts", i), 2100 * time.Millisecond, at, i%3 == 0}, 4)
	}
	if s.first != 5 || s.breaks != 2 || s.target != 2 {
		t.Errorf("%+v", s)
	}
	if got := readShelf(s.text(true)); fmt.Sprint(got.text(true)) != fmt.Sprint(s.text(true)) {
		t.Errorf("%+v, want %+v", got, s)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "v0.m3u8")
	err := replace(path, s.text(false))
	for _, i := range []int{5, 7, 8} { // one is missing
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, s.segments[i-5].name), nil, 0o600))
	}
	if got := openShelf(path); err != nil || got.first != 7 || len(got.segments) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if got := readShelf("#EXTM3U\n#EXTINF:no,\nx.ts\n"); len(got.segments) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestNarrowed takes a track out of a map, and packs a map that is longer than a
// packet.
func TestNarrowed(t *testing.T) {
	m := newMeter(nil)
	m.feed(tablesOf(), nil)
	_, _, tracks, ok := readPMT(narrowed(m.plans[testMap], []uint16{testVideo}))
	if !ok || len(tracks) != 1 || tracks[0].PID != testVideo {
		t.Errorf("%+v, %t", tracks, ok)
	}
	long := bytes.Clone(m.plans[testMap][:12])
	for i := range 60 {
		long = append(long, typeAAC, 0xe1, byte(i), 0xf0, 0)
	}
	counter := byte(15)
	packets := pack(nil, testMap, &counter, closed(long))
	var a assembler
	var got []track
	for p := packet(packets); len(p) > 0; p = p[packetSize:] {
		a.feed(p[:packetSize], func(section []byte) { _, _, got, _ = readPMT(section) })
	}
	if len(packets) != 2*packetSize || len(got) != 60 || counter != 17 {
		t.Errorf("%d bytes, %d tracks, then %d", len(packets), len(got), counter)
	}
}
