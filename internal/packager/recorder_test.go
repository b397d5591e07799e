package packager

import (
	"bytes"
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// recordOf makes a recorder and records media at once.
func recordOf(t testing.TB, dir string, data []byte) *recorder {
	t.Helper()
	r := openRecorder(dir, 2*time.Second, time.Hour, 0, quiet())
	at := time.Now()
	r.clockOf = func() time.Time { at = at.Add(100 * time.Millisecond); return at } // names of files are times
	r.take(data)
	return r
}

// probe asks ffprobe about a file.
func probe(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command("nice", append([]string{"-n", "5", "ffprobe", "-v", "error", "-of", "csv=p=0"}, args...)...).Output()
	if err != nil {
		t.Fatalf("ffprobe %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

func TestRecorderCutsAtKeyFrames(t *testing.T) {
	dir := t.TempDir()
	r := recordOf(t, dir, media(t, 7))
	r.close()
	if len(r.pieces) != 4 {
		t.Fatalf("%d pieces", len(r.pieces))
	}
	for i, p := range r.pieces {
		if i < 3 && p.length != 2*time.Second || p.broken != (i == 0) {
			t.Errorf("piece %d: %+v", i, p)
		}
		file := filepath.Join(dir, p.name)
		if first, _, _ := strings.Cut(probe(t, "-select_streams", "v:0", "-show_entries", "packet=flags", file), "\n"); !strings.HasPrefix(first, "K") {
			t.Errorf("piece %d begins with %q", i, first)
		}
		if frames := probe(t, "-select_streams", "v:0", "-count_packets", "-show_entries", "stream=nb_read_packets", file); i < 3 && !strings.HasPrefix(frames, "50") {
			t.Errorf("piece %d has %q pictures, want 50", i, frames)
		}
	}
}

// TestRecorderMarksJumps: a stream that begins anew does not go on.
func TestRecorderMarksJumps(t *testing.T) {
	picture := media(t, 5)
	r := recordOf(t, t.TempDir(), append(bytes.Clone(picture), picture...))
	r.close()
	broken := 0
	for _, p := range r.pieces {
		if p.broken {
			broken++
		}
	}
	if broken != 2 {
		t.Errorf("%d begin anew, want 2: %+v", broken, r.pieces)
	}
}

// TestRecorderIsRepaired lets a recording be as a kill leaves it.
func TestRecorderIsRepaired(t *testing.T) {
	dir := t.TempDir()
	r := recordOf(t, dir, media(t, 7)) // the last piece is open
	r.file.Close()                     //nolint:errcheck // as a kill does
	index := filepath.Join(dir, indexFile)
	text, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(index, append(text, []byte("123.ts 12")...), 0o600); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(dir, strings.TrimSuffix(r.now.name, pieceSuffix)+partSuffix)
	if err := os.Truncate(part, r.now.size-100); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, r.pieces[0].name)); err != nil {
		t.Fatal(err)
	}
	again := openRecorder(dir, 2*time.Second, time.Hour, 0, quiet())
	if len(again.pieces) != 3 || again.state().Problem != "" {
		t.Fatalf("%+v", again.state())
	}
	last := again.pieces[2]
	if last.length < 800*time.Millisecond || last.size%packetSize != 0 || !last.broken {
		t.Errorf("%+v", last)
	}
	if third := openRecorder(dir, 2*time.Second, time.Hour, 0, quiet()); len(third.pieces) != 3 {
		t.Errorf("%+v", third.state())
	}
}

// TestRecorderKilled kills a process that records, and wants all but the last piece.
func TestRecorderKilled(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "source")
	if err := os.WriteFile(source, media(t, 9), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	cmd.Env = append(os.Environ(), recordFrom+"="+source, recordTo+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "three pieces", 20*time.Second, func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "*"+pieceSuffix))
		return len(found) >= 3
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	r := openRecorder(dir, 2*time.Second, time.Hour, 0, quiet())
	if got := r.state(); got.Pieces < 3 || got.Problem != "" {
		t.Errorf("%+v", got)
	}
}

// The test binary records in this role, until it is killed.
const (
	recordFrom = "FLOWDECK_TEST_RECORD_FROM"
	recordTo   = "FLOWDECK_TEST_RECORD_TO"
	keepChild  = "FLOWDECK_TEST_KEEP_CHILD" // another role: keeps an ffmpeg
)

func TestMain(m *testing.M) {
	if path := os.Getenv(keepChild); path != "" {
		c := &child{name: "kept", path: path, log: quiet(), in: newQueue(1), args: func(string) ([]string, error) { return stream(), nil }}
		c.run(context.Background())
	}
	source := os.Getenv(recordFrom)
	if source == "" {
		os.Exit(m.Run())
	}
	data, err := os.ReadFile(source)
	if err != nil {
		os.Exit(1)
	}
	r := openRecorder(os.Getenv(recordTo), 2*time.Second, time.Hour, 0, quiet())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	pace := time.NewTicker(time.Millisecond)
	for len(data) > 0 {
		<-pace.C
		n := min(len(data), 10*packetSize)
		r.take(data[:n])
		data = data[n:]
	}
	<-ctx.Done()
}

// TestChildEndsWithUs kills a process that keeps an ffmpeg.
func TestChildEndsWithUs(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	cmd.Env = append(os.Environ(), keepChild+"="+nicely(t))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	self := strconv.Itoa(cmd.Process.Pid)
	var kept int
	await(t, "an ffmpeg", 10*time.Second, func() bool {
		tasks, _ := filepath.Glob("/proc/" + self + "/task/*/children")
		for _, task := range tasks {
			text, err := os.ReadFile(task)
			if err == nil && len(text) > 0 {
				kept, _ = strconv.Atoi(strings.Fields(string(text))[0])
			}
		}
		return kept > 0
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	await(t, "its end", 5*time.Second, func() bool {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(kept) + "/stat")
		return err != nil || strings.Contains(string(text), ") Z ")
	})
}

// TestRecorderOnAFullDisk: the problem is told, and recording goes on when there
// is room again.
func TestRecorderOnAFullDisk(t *testing.T) {
	picture := media(t, 3)
	r := recordOf(t, t.TempDir(), nil)
	r.floor = math.MaxInt64 / 2
	r.take(picture)
	if got := r.state(); !strings.Contains(got.Problem, "free") || got.Pieces != 0 {
		t.Errorf("%+v", got)
	}
	r.floor = 0
	for range 15 { // until the pause after a problem is over
		r.take(picture)
	}
	r.close()
	if got := r.state(); got.Problem != "" || got.Pieces == 0 {
		t.Errorf("%+v", got)
	}
	if text := reason(&os.PathError{Op: "write", Path: "/hush", Err: syscall.ENOSPC}); text != "the disk is full" {
		t.Error(text)
	}
}

// TestRecorderWithoutItsFolder tells so, and does nothing else.
func TestRecorderWithoutItsFolder(t *testing.T) {
	dir := t.TempDir()
	r := recordOf(t, dir, nil)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	r.take(media(t, 3))
	if got := r.state().Problem; got != "open: no such file or directory" {
		t.Error(got)
	}
}

func TestRecorderForgets(t *testing.T) {
	dir := t.TempDir()
	r := recordOf(t, dir, media(t, 7))
	r.retainFor(0)
	r.clockOf = func() time.Time { return time.Now().Add(time.Minute) }
	r.close()
	r.retain()
	found, err := filepath.Glob(filepath.Join(dir, "*"+pieceSuffix))
	if err != nil || len(found) != 0 || r.state().Pieces != 0 {
		t.Errorf("%v, %v, %+v", found, err, r.state())
	}
}

// TestCutOut takes one of two programs, and wants a stream with nothing else.
func TestCutOut(t *testing.T) {
	two := media(t, 3, "-map", "0:v", "-map", "0:v", "-map", "1:a", "-s:v:1", "160x90",
		"-program", "title=a:program_num=1:st=0:st=2", "-program", "title=b:program_num=2:st=1:st=2")
	for index, height := range []string{"180", "90"} {
		var one bytes.Buffer
		if err := cutOut(&one, bytes.NewReader(two), index); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "one.ts")
		if err := os.WriteFile(file, one.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		got := probe(t, "-count_packets", "-show_entries", "stream=codec_type,height,nb_read_packets", file)
		if !strings.Contains(got, "video,"+height+",75") || strings.Count(got, "video") > 2 || !strings.Contains(got, "audio") {
			t.Errorf("program %d: %s", index, got)
		}
		m := newMeter(nil)
		m.feed(one.Bytes(), nil)
		if m.counts.ContinuityErrors != 0 || len(m.layout.programs) != 1 || len(m.layout.programs[0].tracks) != 2 {
			t.Errorf("program %d: %+v, %+v", index, m.counts, m.layout)
		}
	}
}
