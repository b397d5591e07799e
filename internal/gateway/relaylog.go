package gateway

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"
)

const (
	logPause = 300 * time.Millisecond // between looks for new lines
	logSize  = 1 << 20                // bytes after which the file begins anew
	logLine  = 4 << 10                // bytes of a line that are kept
)

// relayLog is the relay's own output: a file that it appends to, read on into
// the log. A pipe would end the relay together with the gateway that reads it.
type relayLog struct {
	file *os.File
	log  *slog.Logger
	stop context.CancelFunc
	done chan struct{}

	mu     sync.Mutex
	offset int64  // read so far
	rest   []byte // of a line that has not ended
}

// openRelayLog begins at the file's end: what is there was another gateway's.
func openRelayLog(path string, log *slog.Logger) (*relayLog, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the relay's log: %w", err)
	}
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("find the end of the relay's log: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &relayLog{file: file, log: log, stop: cancel, done: make(chan struct{}), offset: end}
	go l.follow(ctx)
	return l, nil
}

func (l *relayLog) follow(ctx context.Context) {
	defer close(l.done)
	for ctx.Err() == nil {
		l.drain()
		pause(ctx, logPause)
	}
}

// drain logs the lines that have come.
func (l *relayLog) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	fresh, err := io.ReadAll(io.NewSectionReader(l.file, l.offset, logSize))
	if err != nil {
		l.log.Warn("relay's log cannot be read", "error", err)
		return
	}
	l.offset += int64(len(fresh))
	text := append(l.rest, fresh...)
	for {
		line, after, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			break
		}
		l.tell(line)
		text = after
	}
	l.rest = bytes.Clone(text[:min(len(text), logLine)])
	if l.offset >= logSize {
		l.begin()
	}
}

// begin empties the file; the relay appends, so that it goes on at its start.
func (l *relayLog) begin() {
	if err := l.file.Truncate(0); err != nil {
		l.log.Warn("relay's log cannot be emptied", "error", err)
		return
	}
	l.offset = 0
}

// tell logs one line at the level that the line itself names.
func (l *relayLog) tell(line []byte) {
	if len(line) == 0 {
		return
	}
	level := slog.LevelInfo
	for word, named := range map[string]slog.Level{"DEBUG": slog.LevelDebug, "WARN": slog.LevelWarn, "ERROR": slog.LevelError} {
		if bytes.Contains(line, []byte("level="+word)) || bytes.Contains(line, []byte(`"level":"`+word+`"`)) {
			level = named
		}
	}
	l.log.Log(context.Background(), level, "relay says", "line", string(line[:min(len(line), logLine)]))
}

func (l *relayLog) close() {
	l.stop()
	<-l.done
	l.drain()
	_ = l.file.Close() // the relay has its own descriptor
}
