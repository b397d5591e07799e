package relaytest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Ports below those that Linux gives to callers, who would take them.
const (
	firstPort = 10000
	lastPort  = 32000
	portTries = 1000
)

// FreePort gives a UDP port of the loopback address that nobody holds. Until
// the test ends, the TCP port of that number is held as a mark, so that
// parallel tests, in other processes too, get other ports.
func FreePort(t testing.TB) int {
	t.Helper()
	for range portTries {
		port := firstPort + rand.IntN(lastPort-firstPort)
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		mark, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		t.Cleanup(func() { _ = mark.Close() })
		if conn, err := net.ListenPacket("udp", address); err == nil {
			_ = conn.Close()
			return port
		}
	}
	t.Fatal("no free port found")
	return 0
}

// SRT describes one end of a connection for ffmpeg and srt-live-transmit.
type SRT struct {
	Host       string // 127.0.0.1 when empty
	Port       int
	Listen     bool
	Passphrase string
	KeyLength  int // bytes
	StreamID   string
	Latency    int    // milliseconds; 120 when 0
	From       string // own address to call from
}

func (s SRT) address() string {
	host := s.Host
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, strconv.Itoa(s.Port))
}

func (s SRT) latency() int {
	if s.Latency == 0 {
		return 120
	}
	return s.Latency
}

func (s SRT) query(latency int) url.Values {
	q := url.Values{"mode": {"caller"}, "latency": {strconv.Itoa(latency)}}
	if s.Listen {
		q.Set("mode", "listener")
	}
	if s.Passphrase != "" {
		q.Set("passphrase", s.Passphrase)
	}
	if s.KeyLength > 0 {
		q.Set("pbkeylen", strconv.Itoa(s.KeyLength))
	}
	if s.StreamID != "" {
		q.Set("streamid", s.StreamID)
	}
	return q
}

// FFmpegURL is the end as ffmpeg understands it, which counts microseconds
// and undoes no percent-encoding.
func (s SRT) FFmpegURL() string {
	pairs := []string{}
	for key, values := range s.query(s.latency() * 1000) {
		pairs = append(pairs, key+"="+values[0])
	}
	return "srt://" + s.address() + "?" + strings.Join(pairs, "&")
}

// LiveTransmitURI is the end as srt-live-transmit understands it.
func (s SRT) LiveTransmitURI() string {
	q := s.query(s.latency())
	if s.From != "" {
		q.Set("adapter", s.From)
	}
	return "srt://" + s.address() + "?" + q.Encode()
}

// Clip writes a short transport stream with picture and sound and gives its
// path. It is cheap to send: about 300 kb/s, no encoding while sending.
func Clip(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "clip.ts")
	cmd := exec.Command("ffmpeg", "-v", "error",
		"-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-f", "lavfi", "-i", "sine=f=440",
		"-t", "4", "-c:v", "mpeg2video", "-b:v", "200k", "-g", "12", "-c:a", "mp2", "-b:a", "64k", "-f", "mpegts", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make clip: %v\n%s", err, out)
	}
	return path
}

// Push starts ffmpeg sending a clip, again and again, in real time.
func Push(t testing.TB, clip string, to SRT) *Process {
	t.Helper()
	return Start(t, "ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", clip,
		"-c", "copy", "-f", "mpegts", to.FFmpegURL())
}

// Record starts srt-live-transmit writing what it receives to a file, byte by
// byte. It calls again when its connection ends.
func Record(t testing.TB, from SRT, path string) *Process {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	cmd := exec.Command("srt-live-transmit", "-c", "1456", "-q", from.LiveTransmitURI(), "file://con")
	cmd.Stdout = file
	return StartCommand(t, cmd)
}

// RecordFFmpeg starts ffmpeg writing what it receives to a file, unchanged in
// its elementary streams.
func RecordFFmpeg(t testing.TB, from SRT, path string) *Process {
	t.Helper()
	return Start(t, "ffmpeg", "-v", "error", "-nostdin", "-y", "-i", from.FFmpegURL(), "-c", "copy", "-f", "mpegts", path)
}

// Size is the bytes in a file, 0 while it is not there.
func Size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// String names the end in messages, without its secret.
func (s SRT) String() string { return fmt.Sprintf("%s listen=%t", s.address(), s.Listen) }

// ReadClip reads a recording.
func ReadClip(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
