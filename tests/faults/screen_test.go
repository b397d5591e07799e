package faults

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// screen is what a browser with JavaScript shows: a page, and what its stream
// has changed on it since. It is never loaded again.
type screen struct {
	t    *testing.T
	what string

	mu      sync.Mutex
	shown   view
	beats   int
	longest time.Duration // between two signs of life
	last    time.Time
	ended   error
	look    func(view) // sees the page at each moment
}

// follow opens a page with its stream until the test ends. look, if not nil,
// sees what is shown after each change, one call at a time.
func (b *browser) follow(path string, look func(view)) *screen {
	b.h.t.Helper()
	p := b.page(path)
	live, ok := p.doc.Find("#stream").Attr("hx-sse:connect")
	if !ok {
		b.h.t.Fatalf("%s has no stream", path)
	}
	s := &screen{t: b.h.t, what: path, shown: p, look: look, last: time.Now()}
	body := b.stream(live)
	done := make(chan struct{})
	b.h.t.Cleanup(func() {
		_ = body.Close()
		<-done
	})
	go func() {
		defer close(done)
		err := readEvents(body, s.event)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ended = err
	}()
	return s
}

// stream opens a stream.
func (b *browser) stream(path string) io.ReadCloser {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, b.h.base()+path, http.NoBody)
	must(b.h.t, err)
	r.Header.Set("Accept", "text/event-stream")
	client := http.Client{Jar: b.http.Jar, Transport: b.http.Transport}
	answer, err := client.Do(r)
	must(b.h.t, err)
	if answer.StatusCode != http.StatusOK {
		b.h.t.Fatalf("GET %s: %d", path, answer.StatusCode)
	}
	return answer.Body
}

var errEnded = errors.New("the stream ended")

// readEvents gives each message of a stream until it ends.
func readEvents(from io.Reader, each func(name, data string)) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 8<<20)
	var name string
	var data strings.Builder
	for lines.Scan() {
		switch field, value, _ := strings.Cut(lines.Text(), ": "); field {
		case "event":
			name = value
		case "data":
			data.WriteString(value + "\n")
		case "":
			each(name, data.String())
			name = ""
			data.Reset()
		}
	}
	return errors.Join(errEnded, lines.Err())
}

// event applies a message to the page.
func (s *screen) event(name, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.longest, s.last = max(s.longest, now.Sub(s.last)), now
	if name == "hb" {
		s.beats++
		return
	}
	for _, part := range partials(data) {
		s.shown.doc.Find(fmt.Sprintf("[id=%q]", part.target)).ReplaceWithHtml(part.html)
	}
	if s.look != nil {
		s.look(s.shown)
	}
}

// partial is a part of a page that takes the place of the one before.
type partial struct{ target, html string }

func partials(text string) (parts []partial) {
	for {
		_, rest, more := strings.Cut(text, `<hx-partial hx-target="#`)
		if !more {
			return parts
		}
		target, rest, _ := strings.Cut(rest, `"`)
		_, rest, _ = strings.Cut(rest, ">")
		var html string
		html, text, _ = strings.Cut(rest, "</hx-partial>")
		parts = append(parts, partial{target, html})
	}
}

// see looks at the page as it is now.
func (s *screen) see(look func(view)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	look(s.shown)
}

// await waits until the page shows something, and tells how long it took. A
// stream that ends fails the test.
func (s *screen) await(limit time.Duration, what string, holds func(view) bool) time.Duration {
	s.t.Helper()
	failed := s.t.Failed()
	defer func() {
		if s.t.Failed() && !failed {
			s.see(func(p view) { s.t.Logf("%s shows: %s", s.what, p.text()) })
		}
	}()
	return await(s.t, limit, what+" on "+s.what, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.ended != nil {
			s.t.Fatalf("the stream of %s ended before %s: %v", s.what, what, s.ended)
		}
		return holds(s.shown)
	})
}

// steady fails the test if the stream ended, or was silent for so long that a
// page would have gone grey.
func (s *screen) steady() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		s.t.Errorf("the stream of %s: %v", s.what, s.ended)
	}
	if s.longest > 6*time.Second {
		s.t.Errorf("the stream of %s was silent for %v", s.what, s.longest)
	}
}
