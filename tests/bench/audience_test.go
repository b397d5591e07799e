package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// viewers are browsers that look at the list: their streams are open, and they
// note when each mark arrives. A mark is "milestone-" and six digits.
type viewers struct {
	Address string
	Path    string
	Cookies []string // the sessions, taken in turn
	Count   int
}

// sight is when a mark came to each viewer.
type sight map[string][]time.Time

const (
	markWord   = "milestone-"
	markLength = len(markWord) + 6
	atATime    = 50 // streams opened together
)

// runViewers is the role of the viewers. It says "ready" once all have seen
// their first frame, and gives the sight when its input ends.
func runViewers(in io.Reader, out io.Writer) error {
	settings := json.NewDecoder(in)
	var v viewers
	if err := settings.Decode(&v); err != nil {
		return fmt.Errorf("read the viewers: %w", err)
	}
	c := &audience{faults: make(chan error, v.Count)}
	if err := c.open(v); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	c.close()
	select {
	case err := <-c.faults:
		return err
	default:
		return json.NewEncoder(out).Encode(c.sight())
	}
}

// audience is all viewers of a process.
type audience struct {
	all    []*viewer
	work   sync.WaitGroup
	ending atomic.Bool
	faults chan error // streams that ended by themselves
}

// open opens the streams, and returns when each has shown its first frame.
func (a *audience) open(v viewers) error {
	var first sync.WaitGroup
	for i := range v.Count {
		one, err := v.connect(v.Cookies[i%len(v.Cookies)])
		if err != nil {
			return fmt.Errorf("viewer %d: %w", i+1, err)
		}
		a.all = append(a.all, one)
		first.Add(1)
		a.work.Go(func() {
			err := one.look(sync.OnceFunc(first.Done))
			if !a.ending.Load() {
				a.faults <- fmt.Errorf("viewer %d: %w", i+1, err)
			}
		})
		if (i+1)%atATime == 0 {
			first.Wait()
		}
	}
	first.Wait()
	return nil
}

func (a *audience) close() {
	a.ending.Store(true)
	for _, one := range a.all {
		_ = one.conn.Close() // it may have ended by itself
	}
	a.work.Wait()
}

func (a *audience) sight() sight {
	s := sight{}
	for _, one := range a.all {
		for mark, at := range one.seen {
			s[mark] = append(s[mark], at)
		}
	}
	return s
}

// viewer is one open stream.
type viewer struct {
	conn net.Conn
	seen map[string]time.Time
}

func (v viewers) connect(cookie string) (*viewer, error) {
	conn, err := net.DialTimeout("tcp", v.Address, patience)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nAccept: text/event-stream\r\n\r\n", v.Path, v.Address, cookie)
	return &viewer{conn: conn, seen: map[string]time.Time{}}, err
}

// look reads the stream until it ends, and tells of the first frame, or that
// there will be none. A frame counts when its last byte has come: an empty line
// that is not one of HTTP's own.
func (v *viewer) look(first func()) error {
	defer first()
	lines := bufio.NewReaderSize(v.conn, 32<<10)
	status, err := lines.ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200 ") {
		return fmt.Errorf("answered %q", status)
	}
	for mark := ""; ; {
		line, err := lines.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if at := bytes.Index(line, []byte(markWord)); at >= 0 && at+markLength <= len(line) {
			mark = string(line[at : at+markLength])
		}
		if string(line) != "\n" {
			continue
		}
		if mark != "" {
			v.seen[mark] = time.Now()
		}
		first()
		mark = ""
	}
}
