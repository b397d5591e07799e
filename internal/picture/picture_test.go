package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"log/slog"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const patience = 20 * time.Second

func studio(t *testing.T, every time.Duration) *Studio {
	t.Helper()
	s, err := New("", every, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// stream is one picture of a size, as a codec sends it.
func stream(t *testing.T, size, codec string) []byte {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=s="+size+":r=25:d=0.04",
		"-c:v", codec, "-pix_fmt", "yuv420p", "-f", "mpegts", "pipe:1").Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !is(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

func TestMake(t *testing.T) {
	s := studio(t, time.Second)
	for _, c := range []struct {
		size, codec   string
		width, height int
	}{
		{"640x360", "libx264", 320, 180},
		{"320x240", "libx264", 240, 180},
		{"180x320", "mpeg2video", 101, 180},
	} {
		data, err := s.Make(t.Context(), stream(t, c.size, c.codec))
		if err != nil {
			t.Fatal(err)
		}
		got, err := jpeg.DecodeConfig(bytes.NewReader(data))
		if err != nil || got.Width != c.width || got.Height != c.height {
			t.Errorf("%s: %dx%d, %v", c.size, got.Width, got.Height, err)
		}
	}
	for name, bad := range map[string][]byte{"nothing": nil, "no stream": bytes.Repeat([]byte("x"), 10_000)} {
		if data, err := s.Make(t.Context(), bad); err == nil {
			t.Errorf("%s: a picture of %d bytes", name, len(data))
		}
	}
}

func TestNoFFmpeg(t *testing.T) {
	if _, err := New(t.TempDir()+"/ffmpeg", time.Second, nil); !errors.Is(err, ErrNoFFmpeg) {
		t.Errorf("error %v", err)
	}
}

// TestLatest: there are pictures of what is asked for, as long as it is.
func TestLatest(t *testing.T) {
	s := studio(t, 10*time.Millisecond)
	s.looks = 200 * time.Millisecond
	frame := stream(t, "160x90", "libx264")
	var taken atomic.Int64
	source := func(context.Context) ([]byte, error) { taken.Add(1); return frame, nil }
	if _, ok := s.Latest("a", source); ok {
		t.Error("a picture before one was made")
	}
	var first Picture
	eventually(t, "a picture", func() (ok bool) { first, ok = s.Latest("a", source); return ok })
	eventually(t, "a newer one", func() bool { p, _ := s.Latest("a", source); return p.At.After(first.At) })
	eventually(t, "nobody looks any more", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.looked) == 0 })
	ended := taken.Load()
	if _, ok := s.Latest("a", source); ok {
		t.Error("an old picture")
	}
	eventually(t, "it begins anew", func() bool { return taken.Load() > ended })
}

// TestFailing: a stream without a picture keeps nobody from theirs, and an old
// picture stays for a while.
func TestFailing(t *testing.T) {
	s := studio(t, 10*time.Millisecond)
	frame := stream(t, "160x90", "libx264")
	var fails atomic.Bool
	source := func(context.Context) ([]byte, error) {
		if fails.Load() {
			return nil, errors.New("the flow does not run")
		}
		return frame, nil
	}
	eventually(t, "a picture", func() bool { _, ok := s.Latest("a", source); return ok })
	fails.Store(true)
	eventually(t, "a failure", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return s.looked["a"].failed != "" })
	if _, ok := s.Latest("a", source); !ok {
		t.Error("the picture is gone at once")
	}
	s.mu.Lock()
	s.looked["a"].latest.At = time.Now().Add(-2 * longest)
	s.mu.Unlock()
	if _, ok := s.Latest("a", source); ok {
		t.Error("an old picture is shown")
	}
}

// TestFewAtOnce: however many streams there are, few ffmpegs run.
func TestFewAtOnce(t *testing.T) {
	s := studio(t, 10*time.Millisecond)
	frame := stream(t, "160x90", "libx264")
	var most atomic.Int64
	var mu sync.Mutex
	source := func(context.Context) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		most.Store(max(most.Load(), int64(len(s.turns))))
		return frame, nil
	}
	for i := range 10 {
		eventually(t, "a picture of each", func() bool { _, ok := s.Latest(fmt.Sprint(i), source); return ok })
	}
	if most.Load() > atOnce {
		t.Errorf("%d at once", most.Load())
	}
	s.Close()
	if _, ok := s.Latest("new", source); ok {
		t.Error("a closed studio")
	}
}

// BenchmarkMake tells what one picture takes of the processor.
func BenchmarkMake(b *testing.B) {
	s, err := New("", time.Second, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	out, err := exec.Command("ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=0.04",
		"-c:v", "libx264", "-pix_fmt", "yuv420p", "-f", "mpegts", "pipe:1").Output()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Make(b.Context(), out); err != nil {
			b.Fatal(err)
		}
	}
}
