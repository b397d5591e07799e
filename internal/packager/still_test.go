package packager

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// pictures counts what ffprobe can decode of a stream.
func pictures(t *testing.T, stream []byte) string {
	t.Helper()
	cmd := exec.Command("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries", "stream=codec_name,nb_read_frames", "-of", "csv=p=0", "-f", "mpegts", "-i", "-")
	cmd.Stdin = bytes.NewReader(stream)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}

// TestKeyFrame: what is taken can be decoded alone, wherever the reader came in.
func TestKeyFrame(t *testing.T) {
	whole := media(t, 3)
	for _, from := range []int{0, len(whole)/3 + 50} {
		frame, err := KeyFrame(t.Context(), iotest.HalfReader(bytes.NewReader(whole[from:])))
		if err != nil {
			t.Fatal(err)
		}
		if got := pictures(t, frame); got != "h264,1" || len(frame) > len(whole)/10 {
			t.Errorf("from %d: %s in %d bytes of %d", from, got, len(frame), len(whole))
		}
	}
	if _, err := KeyFrame(t.Context(), bytes.NewReader(whole[:2000])); !errors.Is(err, io.EOF) {
		t.Errorf("a stream that ends: %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := KeyFrame(over, bytes.NewReader(whole[:2000])); !errors.Is(err, context.Canceled) {
		t.Errorf("when nobody waits any more: %v", err)
	}
}

// TestStill takes a picture of a channel that runs.
func TestStill(t *testing.T) {
	s := stageOf(t, nil)
	if _, err := s.Still(t.Context(), "channel"); !errors.Is(err, errNotRunning) {
		t.Errorf("a channel that does not run: %v", err)
	}
	spec := s.full()
	spec.Ladder, spec.Packages, spec.Record = nil, nil, 0
	s.put(t, spec)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	frame, err := s.Still(ctx, "channel")
	if err != nil {
		t.Fatal(err)
	}
	if got := pictures(t, frame); got != "h264,1" {
		t.Error(got)
	}
	running, _ := s.Packager.get("channel")
	if len(running.stills) != 0 {
		t.Error("it is still watched")
	}
	s.primary.end()
	short, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	for err == nil { // what was on its way may come
		_, err = s.Still(short, "channel")
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a sender: %v", err)
	}
}
