// Package picture makes small pictures of streams, every few seconds, of those
// that somebody looks at: a key frame each, decoded by an ffmpeg of its own that
// ends with it. Pictures are kept in memory alone.
package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	// Width and Height are what a picture fits into, in pixels.
	Width  = 320
	Height = 180

	atOnce    = 2                // ffmpegs
	makeTime  = 10 * time.Second // for one of them
	waitTime  = 15 * time.Second // for a key frame: senders put up to ten seconds between them
	attention = 30 * time.Second // that who asked once looks on
	longest   = time.Minute      // that a picture is shown at all
	maxJPEG   = 1 << 20
)

// ErrNoFFmpeg tells that this machine has none.
var ErrNoFFmpeg = errors.New("ffmpeg is not installed")

// Source waits for a key frame of a stream, and gives it as a transport stream.
type Source func(ctx context.Context) ([]byte, error)

// Picture is one of a stream.
type Picture struct {
	JPEG []byte
	At   time.Time // when the key frame had come
}

// Studio makes pictures. Its methods may be called by several goroutines.
type Studio struct {
	ffmpeg string
	every  time.Duration
	looks  time.Duration // that who asked once looks on
	log    *slog.Logger
	turns  chan struct{} // holds one for each ffmpeg that may run

	mu     sync.Mutex
	looked map[string]*subject // by key
	work   sync.WaitGroup
	ctx    context.Context
	end    context.CancelFunc
}

// subject is a stream that somebody looks at.
type subject struct {
	asked  time.Time
	latest Picture
	failed string // why the last one could not be made; empty: it could
}

// New makes a studio that makes a picture of a stream as often as told. Errors:
// [ErrNoFFmpeg]. An empty path is ffmpeg of the PATH.
func New(ffmpeg string, every time.Duration, log *slog.Logger) (*Studio, error) {
	if ffmpeg == "" {
		ffmpeg = "ffmpeg"
	}
	path, err := exec.LookPath(ffmpeg)
	if err != nil {
		return nil, ErrNoFFmpeg
	}
	ctx, end := context.WithCancel(context.Background())
	return &Studio{
		ffmpeg: path, every: every, looks: max(attention, 2*every), log: log, turns: make(chan struct{}, atOnce),
		looked: map[string]*subject{}, ctx: ctx, end: end,
	}, nil
}

// Every is how often a picture of a stream is made.
func (s *Studio) Every() time.Duration { return s.every }

// Close ends all work, and waits for it.
func (s *Studio) Close() {
	s.end()
	s.work.Wait()
}

// Latest gives the newest picture of a stream, if there is one that is not too
// old, and sees that there are more of it as long as somebody asks. It never waits.
func (s *Studio) Latest(key string, from Source) (Picture, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := s.looked[key]
	if sub == nil && s.ctx.Err() == nil {
		sub = &subject{}
		s.looked[key] = sub
		s.work.Go(func() { s.follow(key, sub, from) })
	}
	if sub == nil {
		return Picture{}, false
	}
	sub.asked = time.Now()
	return sub.latest, sub.latest.At.After(sub.asked.Add(-longest))
}

// follow makes pictures of a stream until nobody has asked for some time.
func (s *Studio) follow(key string, sub *subject, from Source) {
	for s.wanted(key, sub) {
		began := time.Now()
		p, err := s.one(from)
		s.keep(key, sub, p, err)
		select {
		case <-s.ctx.Done():
		case <-time.After(time.Until(began.Add(s.every))):
		}
	}
}

// wanted tells whether to go on, and forgets a stream that nobody looks at.
func (s *Studio) wanted(key string, sub *subject) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() == nil && time.Since(sub.asked) < s.looks {
		return true
	}
	delete(s.looked, key)
	return false
}

func (s *Studio) keep(key string, sub *subject, p Picture, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		sub.latest, sub.failed = p, ""
		return
	}
	if why := err.Error(); why != sub.failed && s.ctx.Err() == nil {
		sub.failed = why
		s.log.Debug("no picture", "of", key, "error", why)
	}
}

// one waits for a key frame and makes a picture of it.
func (s *Studio) one(from Source) (Picture, error) {
	ctx, cancel := context.WithTimeout(s.ctx, waitTime)
	defer cancel()
	stream, err := from(ctx)
	if err != nil {
		return Picture{}, err
	}
	at := time.Now().UTC()
	select {
	case <-s.ctx.Done():
		return Picture{}, s.ctx.Err()
	case s.turns <- struct{}{}:
	}
	defer func() { <-s.turns }()
	jpeg, err := s.Make(s.ctx, stream)
	return Picture{jpeg, at}, err
}

// Make gives a JPEG of the first key frame of a transport stream.
func (s *Studio) Make(ctx context.Context, stream []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, makeTime)
	defer cancel()
	var out, said limited
	out.room, said.room = maxJPEG, 1<<10
	cmd := exec.CommandContext(ctx, s.ffmpeg, arguments()...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C", "AV_LOG_FORCE_NOCOLOR=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stream), &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("make a picture: %w: %s", err, bytes.TrimSpace(said.data))
	}
	if !bytes.HasPrefix(out.data, []byte{0xff, 0xd8}) || out.room == 0 {
		return nil, fmt.Errorf("make a picture: ffmpeg made none: %s", bytes.TrimSpace(said.data))
	}
	return out.data, nil
}

// arguments have ffmpeg read a stream that is short, and whole at once.
func arguments() []string {
	fit := fmt.Sprintf("scale=%d:%d:force_original_aspect_ratio=decrease:out_range=full", Width, Height)
	return []string{
		"-hide_banner", "-loglevel", "error", "-threads", "1", "-f", "mpegts", "-i", "pipe:0",
		"-map", "0:v:0", "-frames:v", "1", "-vf", fit, "-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-q:v", "5", "-f", "image2pipe", "pipe:1",
	}
}

// limited keeps what it has room for.
type limited struct {
	data []byte
	room int
}

func (l *limited) Write(b []byte) (int, error) {
	n := min(l.room, len(b))
	l.data, l.room = append(l.data, b[:n]...), l.room-n
	return len(b), nil
}
