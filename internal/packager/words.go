package packager

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	keptLines   = 8
	longestLine = 300 // bytes
)

// tail keeps the last lines that a child says, with nothing secret in them.
type tail struct {
	mu    sync.Mutex
	part  string
	lines []string
}

// Write takes what a child says on stderr; it never fails.
func (t *tail) Write(data []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := t.part + strings.ReplaceAll(string(data), "\r", "\n")
	for {
		line, rest, ended := strings.Cut(text, "\n")
		if !ended {
			break
		}
		text = rest
		if line = clean(line); line != "" {
			t.lines = append(t.lines, line)
		}
	}
	t.lines = t.lines[max(0, len(t.lines)-keptLines):]
	t.part = text[:min(len(text), 4*longestLine)]
	return len(data), nil
}

// last gives the lines.
func (t *tail) last() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.lines...)
}

// clean cuts addresses down to scheme and host: the rest may be a key.
func clean(line string) string {
	line = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s'"]*`).ReplaceAllStringFunc(line, func(address string) string {
		u, err := url.Parse(address)
		if err != nil {
			return "address"
		}
		return u.Scheme + "://" + u.Host
	})
	line = strings.ToValidUTF8(strings.TrimSpace(line), "?")
	return line[:min(len(line), longestLine)]
}

// Progress is what ffmpeg tells of its work, about twice a second.
type Progress struct {
	Frames    int64         // of video
	FPS       float64       // since the last start, on average
	Out       time.Duration // of media written
	Speed     float64       // 1: as fast as it plays
	Dropped   int64         // frames
	Duplicate int64         // frames
}

// progress reads ffmpeg's -progress: lines of key and value.
type progress struct {
	mu   sync.Mutex
	part string
	now  Progress
}

// Write never fails.
func (p *progress) Write(data []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := p.part + string(data)
	for {
		line, rest, ended := strings.Cut(text, "\n")
		if !ended {
			break
		}
		text = rest
		key, value, _ := strings.Cut(line, "=")
		p.now.set(key, strings.TrimSuffix(strings.TrimSpace(value), "x"))
	}
	p.part = text[:min(len(text), longestLine)]
	return len(data), nil
}

// set reads one value. "N/A", which ffmpeg says before it knows, changes nothing.
func (p *Progress) set(key, value string) {
	v, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return
	}
	switch key {
	case "frame":
		p.Frames = int64(v)
	case "fps":
		p.FPS = v
	case "out_time_us":
		p.Out = time.Duration(v) * time.Microsecond
	case "speed":
		p.Speed = v
	case "drop_frames":
		p.Dropped = int64(v)
	case "dup_frames":
		p.Duplicate = int64(v)
	}
}

func (p *progress) get() Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}
