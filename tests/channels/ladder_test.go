package channels

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// ladder are the renditions of the tests, higher than what is sent: all the
// gateway's templates are.
var ladder = []struct {
	template string
	height   int
	size     string
}{{"480p", 480, "h264,854,480"}, {"360p", 360, "h264,640,360"}}

// transcoded gives a channel a ladder and a package of each format.
func transcoded(ch *medialive.Channel) {
	for _, rung := range ladder {
		ch.Encoders = append(ch.Encoders, medialive.EncoderSetting{TemplateID: rung.template})
	}
	ch.Expand = &medialive.EncoderExpand{Video: &medialive.VideoDescription{GOPDuration: 1}}
	ch.Outputs = []medialive.Endpoint{{
		HLS:  []medialive.HLSPackage{{Package: output(ch.ID, "ts.m3u8")}, {Package: output(ch.ID, "mp4.m3u8"), Version: "7"}},
		DASH: []medialive.DASHPackage{{Package: output(ch.ID, "index.mpd")}},
	}}
}

// TestRenditions pushes by SRT and by RTMP, and reads every rendition back from
// every package.
func TestRenditions(t *testing.T) {
	t.Parallel()
	h := open(t)
	t.Run("SRT", func(t *testing.T) {
		ch, _ := h.in(t).create("by-srt", bySRT(), transcoded)
		ch.pushSRT(ch.detail().Push[0])
		ch.reads()
		ch.turn(medialive.ChannelOff)
	})
	t.Run("RTMP", func(t *testing.T) {
		ch, push := h.in(t).create("by-rtmp", byRTMP(), transcoded)
		ch.pushRTMP(push)
		ch.reads()
		ch.turn(medialive.ChannelOff)
	})
}

// reads reads all packages of a channel that is pushed to.
func (ch *channel) reads() {
	ch.t.Helper()
	began := ch.eventually("the first segment", func() bool { return fetch(ch.t, ch.address(0)).status == 200 })
	ch.t.Logf("the first segment came after %v", began)
	ch.t.Run("HLS", func(t *testing.T) { ch.readsHLS(t, ch.address(0), "video/mp2t") })
	ch.t.Run("HLS in MP4", func(t *testing.T) { ch.readsHLS(t, ch.address(1), "video/iso.segment") })
	ch.t.Run("DASH", func(t *testing.T) { ch.readsDASH(t, ch.address(2)) })
	if in := ch.run().Inputs[0]; !in.Alive || in.ContinuityErrors != 0 || in.Frames == 0 {
		ch.t.Errorf("input %+v", in)
	}
}

// readsHLS reads a package by its playlists, and by ffprobe.
func (ch *channel) readsHLS(t *testing.T, address, kind string) {
	variants := readMaster(t, address)
	if len(variants) != len(ladder) {
		t.Fatalf("%d variants in\n%s", len(variants), fetch(t, address).body)
	}
	var before []list
	for _, v := range variants {
		before = append(before, readList(t, v.address))
	}
	ch.eventually("five segments", func() bool { return ch.numbered(variants[0].address) >= max(5, before[0].next()+1) })
	var keys [][]string
	first := 0
	for i, v := range variants {
		if v.height != ladder[i].height || i > 0 && v.bandwidth >= variants[i-1].bandwidth {
			t.Errorf("variant %d is %+v", i, v)
		}
		l := readList(t, v.address)
		l.follows(t, before[i])
		for n, s := range l.segments[1:] {
			if s.length < segment-0.05 || s.length > segment+0.05 {
				t.Errorf("segment %d of %s takes %v s", n+1, v.address, s.length)
			}
		}
		if i == 0 {
			first = l.next() - 3
		}
		keys = append(keys, ladderKeys(t, l, first, kind, ladder[i].size))
	}
	if !slices.Equal(keys[0], keys[1]) || len(keys[0]) != 2*segment {
		t.Errorf("key frames at %v and at %v", keys[0], keys[1])
	}
	got := strings.Join(probe(t, "-show_entries", "stream=codec_name,width,height", address), " ")
	for _, want := range []string{ladder[0].size, ladder[1].size, "aac"} {
		if !strings.Contains(got, want) {
			t.Errorf("ffprobe finds %q, and no %s", got, want)
		}
	}
}

// ladderKeys gives the times of the key frames of two segments of a rendition.
func ladderKeys(t *testing.T, l list, first int, kind, size string) (times []string) {
	t.Helper()
	for n := first; n < first+2; n++ {
		at, got := l.segments[n-l.sequence].keys(t, kind)
		if got != size {
			t.Errorf("number %d is %s, want %s", n, got, size)
		}
		times = append(times, at...)
	}
	return times
}

// readsDASH reads a package by its manifest, and by ffprobe.
func (ch *channel) readsDASH(t *testing.T, address string) {
	var m mpd
	ch.eventually("four segments of DASH", func() bool {
		return strings.Contains(string(fetch(t, address).body), "<S ") && len(readMPD(t, address).Period.Sets[0].Representations[0].starts(t)) >= 4
	})
	m = readMPD(t, address)
	video, audio := m.Period.Sets[0], m.Period.Sets[1]
	if video.Kind != "video" || audio.Kind != "audio" || len(video.Representations) != len(ladder) || len(audio.Representations) != 1 {
		t.Fatalf("manifest %+v", m)
	}
	for i, r := range video.Representations {
		if r.Height != ladder[i].height || r.Mime != "video/mp4" || !strings.HasPrefix(r.Codecs, "avc1.") {
			t.Errorf("representation %+v", r)
		}
		r.check(t, address)
		if v := readMaster(t, ch.address(0))[i]; !strings.HasPrefix(v.codecs, strings.ToLower(r.Codecs)+",") { // which ffmpeg wrote
			t.Errorf("DASH says %s, and HLS %s", r.Codecs, v.codecs)
		}
		a, b := r.starts(t), video.Representations[0].starts(t)
		n := min(len(a), len(b)) // one may be a segment ahead: each is told as soon as it is whole
		if n < 3 || max(len(a), len(b)) > n+1 || fmt.Sprint(a[:n]) != fmt.Sprint(b[:n]) {
			t.Errorf("segments begin at %v and at %v", b, a)
		}
	}
	audio.Representations[0].check(t, address)
	got := strings.Join(probe(t, "-show_entries", "stream=codec_name,width,height", address), " ")
	for _, want := range []string{ladder[0].size, ladder[1].size, "aac"} {
		if !strings.Contains(got, want) {
			t.Errorf("ffprobe finds %q, and no %s", got, want)
		}
	}
}
