package browser

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// manner is what happens to the live streams of a proxy.
type manner int

const (
	passing  manner = iota
	silent          // open, and nothing comes any more
	refusing        // answered 503
	hanging         // never answered
)

// proxy stands between a browser and a dashboard and does to the live streams
// what networks do, and to the script that follows them. All else passes.
type proxy struct {
	URL string

	mu      sync.Mutex
	manner  manner
	changed chan struct{} // closed at each change of manner
	asked   int           // connections since then
	script  chan struct{} // until it is closed, the script is on its way; nil: it comes at once
}

// streamScript is in the path of the script that follows streams.
const streamScript = "/vendor/hx-sse-"

// late holds the script that follows streams back until it is let go.
func (p *proxy) late() (letGo func()) {
	script := make(chan struct{})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = script
	return sync.OnceFunc(func() { close(script) })
}

// bring waits until the script may come.
func (p *proxy) bring(r *http.Request) {
	p.mu.Lock()
	script := p.script
	p.mu.Unlock()
	if script == nil {
		return
	}
	select {
	case <-script:
	case <-r.Context().Done():
	}
}

// between puts a proxy before a dashboard until the test ends.
func between(t *testing.T, base string, m manner) *proxy {
	t.Helper()
	target, err := url.Parse(base)
	must(t, err)
	p := &proxy{manner: m, changed: make(chan struct{})}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/live" {
			p.live(w, r, forward)
			return
		}
		if strings.Contains(r.URL.Path, streamScript) {
			p.bring(r)
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	p.URL = server.URL
	return p
}

func (p *proxy) now() (manner, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.manner, p.changed
}

// become changes what happens, to open streams too.
func (p *proxy) become(m manner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.manner, p.asked = m, 0
	close(p.changed)
	p.changed = make(chan struct{})
}

// connections counts the streams asked for since the last change.
func (p *proxy) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func (p *proxy) live(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	p.mu.Lock()
	p.asked++
	m := p.manner
	p.mu.Unlock()
	switch m {
	case refusing:
		http.Error(w, "the stream is refused", http.StatusServiceUnavailable)
	case hanging, silent:
		<-r.Context().Done()
	case passing:
		forward.ServeHTTP(&valve{ResponseWriter: w, proxy: p, request: r}, r)
	}
}

// valve lets bytes through as the proxy's manner says.
type valve struct {
	http.ResponseWriter
	proxy   *proxy
	request *http.Request
}

// Unwrap leads to what flushes.
func (v *valve) Unwrap() http.ResponseWriter { return v.ResponseWriter }

func (v *valve) Write(b []byte) (int, error) {
	for {
		m, changed := v.proxy.now()
		switch m {
		case passing:
			return v.ResponseWriter.Write(b)
		case refusing, hanging:
			panic(http.ErrAbortHandler) // the stream breaks
		case silent:
		}
		select {
		case <-changed:
		case <-v.request.Context().Done():
			return 0, v.request.Context().Err()
		}
	}
}
