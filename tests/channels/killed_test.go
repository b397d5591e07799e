package channels

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

const promised = 5 * time.Second // until a process that was killed runs again

// plays fails the test unless ffprobe decodes pictures of a manifest.
func plays(t *testing.T, address string) {
	t.Helper()
	frames := probe(t, "-select_streams", "v:0", "-read_intervals", "%+1", "-show_entries", "frame=pict_type", address)
	if len(frames) < 10 {
		t.Errorf("%s plays %d pictures of a second", address, len(frames))
	}
}

// ffmpegs gives the processes that the gateway has started and whose arguments
// have a word.
func (h *house) ffmpegs(word string) (pids []int) {
	h.t.Helper()
	parent := strconv.Itoa(h.app.PID(apptest.Gateway))
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	must(h.t, err)
	for _, stat := range all {
		text, err := os.ReadFile(stat)
		_, after, _ := strings.Cut(string(text), ") ")
		if fields := strings.Fields(after); err != nil || len(fields) < 2 || fields[1] != parent {
			continue // it has ended, or is another's
		}
		line, err := os.ReadFile(filepath.Join(filepath.Dir(stat), "cmdline"))
		if err == nil && slices.ContainsFunc(bytes.Split(line, []byte{0}), func(arg []byte) bool { return string(arg) == word }) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
			must(h.t, err)
			pids = append(pids, pid)
		}
	}
	return pids
}

// TestFFmpegKilled kills each ffmpeg of a channel in turn: another one runs soon,
// and players get more of what they can play.
func TestFFmpegKilled(t *testing.T) {
	t.Parallel()
	h := open(t)
	ch, push := h.create("killed", byRTMP(), func(ch *medialive.Channel) {
		ch.Encoders = []medialive.EncoderSetting{{TemplateID: "360p"}}
		plain(ch)
		ch.Outputs[0].HLS = append(ch.Outputs[0].HLS, medialive.HLSPackage{Package: output(ch.ID, "mp4.m3u8"), Version: "7"})
		ch.Outputs[0].DASH = []medialive.DASHPackage{{Package: output(ch.ID, "index.mpd")}}
	})
	h.pushRTMP(push)
	ch.eventually("segments of all", func() bool {
		return fetch(t, ch.address(0)).status == 200 && fetch(t, ch.address(1)).status == 200 && fetch(t, ch.address(2)).status == 200
	})
	rendition := readMaster(t, ch.address(0))[0].address
	for _, child := range []struct{ name, word string }{
		{"the input", "flv"}, {"the encoder", "-force_key_frames"}, {"the packager of HLS in MP4", "hls"}, {"the packager of DASH", "dash"},
	} {
		pids := h.ffmpegs(child.word)
		if len(pids) != 1 {
			t.Fatalf("%s: processes %v", child.name, pids)
		}
		before := readList(t, rendition)
		must(t, syscall.Kill(pids[0], syscall.SIGKILL))
		took := ch.eventually(child.name+" again", func() bool {
			now := h.ffmpegs(child.word)
			return len(now) == 1 && now[0] != pids[0]
		})
		after := h.grown(rendition, 3)
		t.Logf("%s ran again after %v", child.name, took)
		if took > promised {
			t.Errorf("%s: %v, promised are %v", child.name, took, promised)
		}
		after.follows(t, before)
	}
	plays(t, ch.address(0))
	readList(t, readMaster(t, ch.address(1))[0].address)
	plays(t, ch.address(1))
	ch.eventually("DASH again", func() bool { return strings.Contains(string(fetch(t, ch.address(2)).body), "<S ") })
	readMPD(t, ch.address(2))
	plays(t, ch.address(2))
	if d := ch.detail(); d.Problem != "" || d.State != medialive.ChannelOn {
		t.Errorf("%+v", d)
	}
}

// recorded gives the recording of a channel as its files are named.
func (h *house) recorded(pattern string) []string {
	h.t.Helper()
	all, err := filepath.Glob(filepath.Join(h.app.Data, "channels", "*", "rec", pattern))
	must(h.t, err)
	slices.Sort(all)
	return all
}

// records is a channel that keeps an hour, and plays spans of it.
func records(ch *medialive.Channel) {
	plain(ch)
	ch.Record.RollingBuffer = 3600
	ch.Outputs[0].HLS[0].RequestArgs = &medialive.RequestArgs{Record: []medialive.RecordArgs{{StartTime: "begin", EndTime: "end", Format: "timestamp", Unit: "second"}}}
}

// span is the address of what was recorded within a minute of now.
func (ch *channel) span() string {
	now := time.Now().Unix()
	return fmt.Sprintf("%s?begin=%d&end=%d", ch.address(0), now-60, now+60)
}

// TestGatewayKilled kills the gateway while it writes a piece of a recording.
// What was whole stays whole, none of its processes runs on, the channel runs again
// by itself, and goes on.
func TestGatewayKilled(t *testing.T) {
	t.Parallel()
	h := open(t)
	ch, _ := h.create("recorded", bySRT(), func(ch *medialive.Channel) {
		records(ch)
		ch.Outputs[0].HLS = append(ch.Outputs[0].HLS, medialive.HLSPackage{Package: output(ch.ID, "mp4.m3u8"), Version: "7"})
	})
	h.pushSRT(ch.detail().Push[0])
	ch.eventually("three pieces, and a fourth half written", func() bool {
		return len(h.recorded("*.ts")) >= 3 && len(h.recorded("*.part")) == 1 && len(h.ffmpegs("hls")) == 1
	})
	packagers := h.ffmpegs("hls")
	whole := h.recorded("*.ts")
	sizes := map[string][]byte{}
	for _, path := range whole {
		content, err := os.ReadFile(path)
		must(t, err)
		sizes[filepath.Base(path)] = content
	}
	h.app.Kill(apptest.Gateway)
	killed := time.Now()
	h.eventually("the end of its ffmpeg", func() bool {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", packagers[0]))
		return err != nil || len(line) == 0 // of one that has ended, until somebody asks how
	})
	h.app.Await(limit, "the gateway again", func() bool { return h.app.Healthy(h.app.GatewayURL) })
	for name, content := range sizes {
		now, err := os.ReadFile(filepath.Join(filepath.Dir(whole[0]), name))
		if err != nil || !bytes.Equal(now, content) {
			t.Errorf("piece %s is not what it was: %v", name, err)
		}
	}
	ch.eventually("the channel runs again", func() bool { return ch.detail().Run != nil })
	ch.eventually("two more pieces", func() bool { return len(h.recorded("*.ts")) >= len(whole)+3 })
	t.Logf("two more pieces %v after the kill", time.Since(killed))

	l := readList(t, ch.span())
	if !l.ended || len(l.segments) < len(whole)+2 {
		t.Errorf("the recording is %+v", l)
	}
	for _, path := range whole {
		if !slices.ContainsFunc(l.segments, func(s piece) bool { return strings.Contains(s.address, "/rec/"+filepath.Base(path)) }) {
			t.Errorf("%s is not played any more", path)
		}
	}
	for _, s := range l.segments {
		s.lasts(t)
	}
	plays(t, ch.span())
}

// lasts fails the test unless ffprobe finds as much in a piece of a recording as
// the list says.
func (s piece) lasts(t *testing.T) {
	t.Helper()
	got := probe(t, "-select_streams", "v:0", "-count_packets", "-show_entries", "stream=codec_name,nb_read_packets", s.address)
	if len(got) == 0 {
		t.Fatalf("%s has no picture", s.address)
	}
	codec, packets, _ := strings.Cut(got[0], ",")
	n, err := strconv.Atoi(packets)
	must(t, err)
	const fps = 25
	if codec != "h264" || math.Abs(float64(n)-s.length*fps) > 2 {
		t.Errorf("%s: %s, %d pictures, and it is said to last %v s", s.address, codec, n, s.length)
	}
}
