// Package wallstage is a server of one wall, under the hand of a test: it speaks
// to the screen as the program does, and stops, forgets, comes back and lies as it
// is told.
package wallstage

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/flowdeck/flowdeck/web/static"
	"github.com/flowdeck/flowdeck/web/templates/wall"
)

// policy is the content security policy of the product.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Stage is the server, and what it shows.
type Stage struct {
	URL string

	t       *testing.T
	address string

	mu      sync.Mutex
	server  *http.Server
	board   wall.Board
	theme   string
	dark    bool          // the display is not in use
	unready bool          // the server is starting
	stopped chan struct{} // closed when the server answers again; nil: it answers
	changed chan struct{} // closed at the next change
	opened  []time.Time   // when streams were asked for
	events  int           // messages sent, to all screens
}

// Start serves a board until the test ends.
func Start(t *testing.T, b wall.Board, theme string) *Stage {
	t.Helper()
	s := &Stage{t: t, board: b, theme: theme, changed: make(chan struct{}), address: "127.0.0.1:0"}
	s.Listen()
	s.URL = "http://" + s.address
	t.Cleanup(s.Close)
	return s
}

// Listen serves at the address of before.
func (s *Stage) Listen() {
	s.t.Helper()
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("GET /wall", s.page)
	mux.HandleFunc("GET /wall/live", s.live)
	mux.HandleFunc("GET /readyz", s.ready)
	server := &http.Server{Handler: s.answering(mux), ReadHeaderTimeout: 5 * time.Second}
	s.mu.Lock()
	s.address, s.server = listener.Addr().String(), server
	s.mu.Unlock()
	go func() { _ = server.Serve(listener) }() // until Close
}

// Close ends the server with all its connections, as a kill would.
func (s *Stage) Close() {
	s.mu.Lock()
	server := s.server
	s.mu.Unlock()
	_ = server.Close() // it may be closed
}

// Change changes what is shown.
func (s *Stage) Change(change func(*wall.Board)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.board)
	s.tell()
}

// Dark takes the display out of use, or puts it back: every stream ends.
func (s *Stage) Dark(dark bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dark = dark
	s.tell()
}

// Unready lets the server say that it is not ready, or that it is.
func (s *Stage) Unready(unready bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unready = unready
}

// Freeze stops the server as SIGSTOP does: connections stay, and nothing is
// answered until Thaw.
func (s *Stage) Freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = make(chan struct{})
}

// Thaw lets the server go on.
func (s *Stage) Thaw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.stopped)
	s.stopped = nil
}

// Opened is when streams were asked for, so far.
func (s *Stage) Opened() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time(nil), s.opened...)
}

// Events is how many messages were sent.
func (s *Stage) Events() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events
}

// tell wakes the streams. s.mu is held.
func (s *Stage) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// answering lets nothing through while the server is frozen.
func (s *Stage) answering(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.awake(r.Context())
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// awake waits while the server is frozen.
func (s *Stage) awake(ctx context.Context) {
	s.mu.Lock()
	stopped := s.stopped
	s.mu.Unlock()
	if stopped == nil {
		return
	}
	select {
	case <-stopped:
	case <-ctx.Done():
	}
}

func (s *Stage) page(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	view, status := wall.Page{Board: s.now(), Theme: s.theme}.View(), http.StatusOK
	if s.dark {
		view, status = wall.Dark{T: s.board.T, NowMS: time.Now().UnixMilli()}.View(), http.StatusNotFound
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(s.render(r.Context(), view)) // the screen may have gone
}

// now is the board at this moment. s.mu is held.
func (s *Stage) now() wall.Board {
	b := s.board
	b.Now = time.Now()
	return b
}

func (s *Stage) render(ctx context.Context, view templ.Component) []byte {
	var out bytes.Buffer
	if err := view.Render(context.WithoutCancel(ctx), &out); err != nil {
		s.t.Errorf("render: %v", err)
	}
	return out.Bytes()
}

func (s *Stage) ready(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// live is the stream: all parts, then those that changed, and a beat each second.
func (s *Stage) live(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.opened = append(s.opened, time.Now())
	dark := s.dark
	s.mu.Unlock()
	if dark {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	beat := time.NewTicker(time.Second)
	defer beat.Stop()
	shown := map[string]string{}
	for {
		s.mu.Lock()
		b, changed, dark := s.now(), s.changed, s.dark
		s.mu.Unlock()
		if dark {
			return
		}
		if message := s.message(r.Context(), b, shown); message != "" {
			s.mu.Lock()
			s.events++
			s.mu.Unlock()
			fmt.Fprintf(w, "data: %s\n\n", strings.ReplaceAll(message, "\n", "\ndata: "))
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-changed:
			s.awake(r.Context())
		case at := <-beat.C:
			s.awake(r.Context())
			fmt.Fprintf(w, "event: hb\ndata: %d\n\n", at.UnixMilli())
		}
	}
}

// message holds the parts that are not as they were shown.
func (s *Stage) message(ctx context.Context, b wall.Board, shown map[string]string) string {
	var out strings.Builder
	for _, p := range b.Parts() {
		html := string(s.render(ctx, p.View()))
		if bare := texts(html); shown[p.ID()] != bare {
			shown[p.ID()] = bare
			fmt.Fprintf(&out, `<hx-partial hx-target="#%s" hx-swap="outerMorph">%s</hx-partial>`, p.ID(), html)
		}
	}
	return out.String()
}

// texts is a part without what the screen counts on by itself.
func texts(html string) string {
	var out strings.Builder
	for {
		head, rest, more := strings.Cut(html, `<time data-t="`)
		out.WriteString(head)
		if !more {
			return out.String()
		}
		tag, rest, _ := strings.Cut(rest, ">")
		out.WriteString(tag)
		_, html, _ = strings.Cut(rest, "</time>")
	}
}
