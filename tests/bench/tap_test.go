package bench

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// tap stands between a dashboard and its gateway: it counts calls, notes when a
// mark passes on its way to the dashboard, and can hide the extensions of the
// gateway, so that the dashboard takes it for a cloud.
type tap struct {
	url   string
	mu    sync.Mutex
	calls []call
	marks map[string]time.Time
	told  chan struct{} // of a call; capacity 1
}

// call is a request of the dashboard.
type call struct {
	path string
	at   time.Time
}

func newTap(b *testing.B, gateway string, cloud bool) *tap {
	b.Helper()
	target, err := url.Parse(gateway)
	must(b, err)
	t := &tap{marks: map[string]time.Time{}, told: make(chan struct{}, 1)}
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		FlushInterval:  -1,
		ModifyResponse: t.watch,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.count(r)
		if cloud && strings.HasPrefix(r.URL.Path, "/ext/") {
			http.NotFound(w, r)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	b.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	t.url = server.URL
	return t
}

func (t *tap) count(r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, call{r.URL.Path, time.Now()})
	select {
	case t.told <- struct{}{}:
	default:
	}
}

// between counts the calls of a span of time.
func (t *tap) between(from, to time.Time) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.calls {
		if c.at.After(from) && !c.at.After(to) {
			n++
		}
	}
	return n
}

// next waits for a call whose path ends so, and gives its time.
func (t *tap) next(b *testing.B, suffix string) time.Time {
	b.Helper()
	asked, limit := time.Now(), time.After(patience)
	for {
		t.mu.Lock()
		for _, c := range t.calls {
			if c.at.After(asked) && strings.HasSuffix(c.path, suffix) {
				t.mu.Unlock()
				return c.at
			}
		}
		t.mu.Unlock()
		select {
		case <-t.told:
		case <-limit:
			b.Fatalf("no call of %s within %s", suffix, patience)
		}
	}
}

// watch notes the marks in event streams.
func (t *tap) watch(answer *http.Response) error {
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/event-stream") {
		answer.Body = &watched{ReadCloser: answer.Body, tap: t}
	}
	return nil
}

// watched is an event stream on its way to the dashboard.
type watched struct {
	io.ReadCloser
	tap  *tap
	line []byte // as far as it has come
}

// Read implements io.Reader.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	for rest := p[:n]; len(rest) > 0; {
		part, after, ended := bytes.Cut(rest, []byte("\n"))
		w.line = append(w.line, part...)
		if rest = after; ended {
			w.tap.look(w.line)
			w.line = w.line[:0]
		}
	}
	return n, err
}

// look notes what a line tells: a mark, or a source that is lost.
func (t *tap) look(line []byte) {
	if at := bytes.Index(line, []byte(markWord)); at >= 0 && at+markLength <= len(line) {
		t.mark(string(line[at : at+markLength]))
	}
	data, isData := bytes.CutPrefix(line, []byte("data: "))
	if !isData || !bytes.Contains(data, []byte(`"lost":true`)) {
		return
	}
	var e medialive.Event
	if json.Unmarshal(data, &e) != nil {
		return
	}
	for _, s := range e.Statistics {
		if s.Source.Lost {
			t.mark(lostMark(s.FlowID))
		}
	}
}

// lostMark is the mark of a flow whose source is lost.
func lostMark(flowID string) string { return "lost " + flowID }

func (t *tap) mark(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, seen := t.marks[name]; !seen {
		t.marks[name] = time.Now()
	}
}

// passed tells when a mark went to the dashboard.
func (t *tap) passed(name string) (at time.Time, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, ok = t.marks[name]
	return at, ok
}
