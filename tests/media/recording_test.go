package media

import (
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

const (
	watchEvery  = 50 * time.Millisecond
	playedBytes = 75_000 // about two seconds of the clip
	someMedia   = 20_000 // bytes, about half a second
)

// recording is what a receiver has written, byte by byte as it came.
type recording struct {
	*relaytest.Process
	path string
	stop func() // ends the watching of the file

	mu     sync.Mutex
	stall  time.Duration // the longest time without a byte, once media had come
	grewAt time.Time
}

// liveTransmit receives with srt-live-transmit.
func liveTransmit(t *testing.T, from relaytest.SRT) *recording {
	t.Helper()
	path := filepath.Join(t.TempDir(), "live-transmit.ts")
	return watched(t, relaytest.Record(t, from, path), path)
}

// ffmpeg receives with ffmpeg, told not to look into what comes.
func ffmpeg(t *testing.T, from relaytest.SRT) *recording {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ffmpeg.ts")
	p := relaytest.Start(t, "ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "data", "-i", from.FFmpegURL(),
		"-map", "0", "-c", "copy", "-f", "data", "-flush_packets", "1", path)
	return watched(t, p, path)
}

// watched follows a recording until the test ends or stop is called.
func watched(t *testing.T, p *relaytest.Process, path string) *recording {
	end, ended := make(chan struct{}), make(chan struct{})
	r := &recording{Process: p, path: path}
	r.stop = sync.OnceFunc(func() {
		close(end)
		<-ended
	})
	go func() {
		defer close(ended)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for size := int64(0); ; {
			select {
			case <-end:
				return
			case now := <-tick.C:
				size = r.look(now, size)
			}
		}
	}()
	t.Cleanup(r.stop)
	return r
}

func (r *recording) look(now time.Time, before int64) int64 {
	size := r.size()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.grewAt.IsZero() {
		r.stall = max(r.stall, now.Sub(r.grewAt))
	}
	if size > before {
		r.grewAt = now
	}
	return size
}

func (r *recording) size() int64 { return relaytest.Size(r.path) }

// longestStall is the longest time for which nothing came.
func (r *recording) longestStall() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stall.Round(time.Millisecond)
}

// grow waits until more has come.
func (r *recording) grow(t *testing.T, bytes int64) {
	t.Helper()
	from := r.size()
	relaytest.Eventually(t, limit, r.path+" grows", func() bool { return r.size() >= from+bytes })
}

// whole ends the recording and fails the test if it is short or a packet of
// the stream is missing in it.
func (r *recording) whole(t *testing.T) {
	t.Helper()
	r.stop()
	r.Kill()
	relaytest.RequireWhole(t, r.path, playedBytes/188)
}

// gaps counts the places where packets are missing in an ended recording.
func (r *recording) gaps(t *testing.T) int {
	t.Helper()
	return len(relaytest.Check(relaytest.ReadClip(t, r.path)).Errors)
}

// plays fails the test unless ffmpeg decodes the recording. Its last picture,
// cut in the middle, is left out.
func (r *recording) plays(t *testing.T) {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-v", "warning", "-nostdin", "-i", r.path, "-t", "1", "-f", "null", "-").CombinedOutput()
	if err != nil || strings.Contains(string(out), "corrupt") {
		t.Errorf("decode %s: %v\n%s", r.path, err, out)
	}
}
