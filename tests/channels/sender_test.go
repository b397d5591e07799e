package channels

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const again = 200 * time.Millisecond

// clip writes a minute of picture and sound. Sending it, again and again, encodes
// nothing.
func clip(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.ts")
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error",
		"-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-f", "lavfi", "-i", "sine=f=440:r=48000",
		"-t", "60", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-b:v", "250k",
		"-c:a", "aac", "-b:a", "48k", "-f", "mpegts", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make the clip: %v\n%s", err, out)
	}
	return path
}

// sender is an encoder that pushes, again and again: what listens may not do so
// yet, or hang up.
type sender struct{ kill func() }

// pushSRT sends the clip to an address that the gateway told, with the passphrase.
func (h *house) pushSRT(address string) *sender {
	h.t.Helper()
	return h.push("mpegts", address+"&latency=120000&passphrase="+passphrase+"&pbkeylen=16")
}

// pushRTMP sends the clip to an address that the gateway told.
func (h *house) pushRTMP(push []medialive.PushAddress) *sender {
	h.t.Helper()
	if len(push) == 0 {
		h.t.Fatal("no address to push to was answered")
	}
	return h.push("flv", push[0].URL.Reveal())
}

// push sends until it is killed, or the test ends.
func (h *house) push(format, address string) *sender {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pause := time.NewTicker(again); ctx.Err() == nil; <-pause.C {
			cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", h.clip, "-c", "copy", "-f", format, address)
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
			_ = cmd.Run() // it is refused, cut off or killed
		}
	}()
	s := &sender{func() { cancel(); <-done }}
	h.t.Cleanup(s.kill)
	return s
}

// probe asks ffprobe, and gives a line for each entry.
func probe(t testing.TB, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffprobe", append([]string{"-v", "error", "-of", "csv=p=0"}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffprobe %v: %v", args, err)
	}
	return strings.FieldsFunc(strings.TrimSpace(string(out)), func(r rune) bool { return r == '\n' })
}
