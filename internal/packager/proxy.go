package packager

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"
)

// Dial connects to an address of a source. It decides where a pull may lead.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// proxy is the only way out for an ffmpeg that pulls: playlists name any address
// they like, and only a dialer can tell where a name leads. It is on loopback,
// and leads nowhere that dial does not.
type proxy struct {
	dial   Dial
	plain  http.Handler // for addresses without TLS
	server *http.Server
	url    string
	done   sync.WaitGroup
}

// newProxy serves on a free port of loopback until it is closed.
func newProxy(dial Dial) (*proxy, error) {
	var config net.ListenConfig
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("proxy of pulls: %w", err)
	}
	p := &proxy{dial: dial, url: "http://" + listener.Addr().String()}
	p.plain = &httputil.ReverseProxy{
		Rewrite:       func(*httputil.ProxyRequest) {}, // the address is whole already
		Transport:     transport(dial),
		FlushInterval: -1,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "the source does not answer, or may not be asked", http.StatusBadGateway)
		},
	}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: fetchTime}
	p.done.Go(func() { _ = p.server.Serve(listener) })
	return p, nil
}

// transport asks by a dialer, and by no proxy of the environment.
func transport(dial Dial) *http.Transport {
	return &http.Transport{DialContext: dial, DisableCompression: true, ResponseHeaderTimeout: fetchTime, IdleConnTimeout: time.Minute}
}

// ServeHTTP passes on a request for an address, or makes a tunnel to one.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		p.tunnel(w, r)
	case r.URL.IsAbs():
		p.plain.ServeHTTP(w, r)
	default:
		http.Error(w, "this is a proxy", http.StatusBadRequest)
	}
}

// tunnel carries TLS, which ends in ffmpeg.
func (p *proxy) tunnel(w http.ResponseWriter, r *http.Request) {
	far, err := p.dial(r.Context(), "tcp", r.Host)
	if err != nil {
		http.Error(w, "the source does not answer, or may not be asked", http.StatusBadGateway)
		return
	}
	defer func() { _ = far.Close() }()
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "no tunnel", http.StatusInternalServerError)
		return
	}
	defer func() { _ = near.Close() }()
	if _, err := io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	p.done.Go(func() {
		_, _ = io.Copy(far, buffered)
		_ = far.Close()
	})
	_, _ = io.Copy(near, far)
}

// close ends the proxy. Tunnels end with their ffmpeg, which must have ended.
func (p *proxy) close() {
	_ = p.server.Close()
	p.done.Wait()
}
