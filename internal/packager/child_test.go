package packager

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// quiet is a log for children that are expected to end.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// await waits for a condition.
func await(t testing.TB, what string, within time.Duration, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(within); !holds(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// nicely gives a command in the place of ffmpeg that leaves the processor to others.
func nicely(t testing.TB) string {
	t.Helper()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/ffmpeg"
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexec nice -n 5 "+ffmpeg+" \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// keep runs a child for the time of a test.
func keep(t testing.TB, c *child) {
	t.Helper()
	c.log = quiet()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

func TestQueueDropsAndCounts(t *testing.T) {
	q := newQueue(10)
	q.push(make([]byte, 4)) // nobody reads
	q.begin()
	q.push([]byte("first"))
	q.push([]byte("again"))
	q.push([]byte("x"))
	if q.lost() != 5 {
		t.Errorf("%d bytes dropped, want 5", q.lost())
	}
	got, err := io.ReadAll(io.LimitReader(&drain{ctx: t.Context(), from: q}, 10))
	if string(got) != "firstagain" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTailHidesAddresses(t *testing.T) {
	var said tail
	for range 20 {
		_, _ = said.Write([]byte("[https @ 0x1] Opening 'https://u:hush@host:8/app/hush?k=hush' failed\rhalf a li"))
		_, _ = said.Write([]byte("ne\n"))
	}
	all := strings.Join(said.last(), "\n")
	if strings.Contains(all, "hush") || !strings.Contains(all, "https://host:8") || !strings.HasSuffix(all, "half a line") || len(said.last()) != keptLines {
		t.Error(all)
	}
}

func TestProgress(t *testing.T) {
	var p progress
	_, _ = p.Write([]byte("frame=25\nfps=12.5\nout_time_us=N/A\nout_ti"))
	_, _ = p.Write([]byte("me_us=1000000\nspeed=   1.5x\ndrop_frames=2\nprogress=continue\n"))
	if got, want := p.get(), (Progress{Frames: 25, FPS: 12.5, Out: time.Second, Speed: 1.5, Dropped: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestChildIsKept kills an ffmpeg, and wants another one with what comes then.
func TestChildIsKept(t *testing.T) {
	var out atomic.Int64
	c := &child{
		name: "copy", path: nicely(t), in: newQueue(childQueue), out: func(b []byte) { out.Add(int64(len(b))) },
		args: func(string) ([]string, error) { return append(stream(), "-c", "copy", "-f", "mpegts", "pipe:1"), nil },
	}
	keep(t, c)
	picture := media(t, 2)
	feed := func() bool { c.in.push(picture); return out.Load() > 100_000 }
	await(t, "output", 10*time.Second, feed)
	first := c.state()
	if group, err := syscall.Getpgid(first.PID); err != nil || group != first.PID {
		t.Errorf("group %d of process %d: %v", group, first.PID, err)
	}
	environment, err := os.ReadFile("/proc/" + strconv.Itoa(first.PID) + "/environ")
	if err != nil || bytes.Contains(environment, []byte("HOME=")) {
		t.Errorf("environment %q, %v", environment, err)
	}
	if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	await(t, "another process", 5*time.Second, func() bool { now := c.state(); return now.PID != 0 && now.PID != first.PID })
	out.Store(0)
	await(t, "output of it", 10*time.Second, feed)
	t.Logf("back after %v", time.Since(killed))
	if now := c.state(); now.Ended != "signal: killed" || now.Starts != 2 {
		t.Errorf("%+v", now)
	}
}

// TestChildThatEndsWell starts again all the same, after pauses that grow.
func TestChildThatEndsWell(t *testing.T) {
	var begun []time.Time
	c := &child{
		name: "ends", path: "/bin/true", log: quiet(),
		args: func(string) ([]string, error) { begun = append(begun, time.Now()); return nil, nil },
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.run(ctx) }()
	await(t, "four starts", 10*time.Second, func() bool { return c.state().Starts >= 4 })
	cancel()
	<-done
	first, third := begun[1].Sub(begun[0]), begun[3].Sub(begun[2])
	if first < firstPause || third < 4*firstPause {
		t.Errorf("pauses of %v, then %v", first, third)
	}
	if c.state().Ended != ending(nil) {
		t.Errorf("%+v", c.state())
	}
}

// TestChildThatHangs is killed when it does not end.
func TestChildThatHangs(t *testing.T) {
	c := &child{
		name: "hangs", path: "/bin/sh", log: quiet(),
		args: func(string) ([]string, error) {
			return []string{"-c", "trap '' TERM; while :; do read x <&3; done"}, nil
		},
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.run(ctx) }()
	await(t, "a start", 5*time.Second, func() bool { return c.state().PID != 0 })
	cancel()
	select {
	case <-done:
	case <-time.After(2 * stopTime):
		t.Fatal("it still runs")
	}
}

// TestChildAnew starts at once with other arguments.
func TestChildAnew(t *testing.T) {
	var said atomic.Int64
	c := &child{
		name: "anew", path: "/bin/sh", out: func(b []byte) { said.Add(int64(len(b))) },
		args: func(string) ([]string, error) { return []string{"-c", "echo x; cat"}, nil },
	}
	keep(t, c)
	await(t, "a start", 5*time.Second, func() bool { return said.Load() == 2 })
	c.again()
	await(t, "another", 5*time.Second, func() bool { return said.Load() == 4 })
	if now := c.state(); now.Ended != "" {
		t.Errorf("%+v", now)
	}
}

// media makes some seconds of TS: a picture of 320x180 that moves, and a tone.
func media(t testing.TB, seconds int, more ...string) []byte {
	t.Helper()
	args := append([]string{
		"-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-f", "lavfi", "-i", "sine=r=48000",
		"-t", strconv.Itoa(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k",
	}, more...)
	cmd := exec.Command(nicely(t), append(args, "-f", "mpegts", "pipe:1")...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}
