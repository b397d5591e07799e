package medialivetest

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"
)

// server answers on loopback, unless the cloud is down.
type server struct {
	cloud   *Cloud
	address string
	http    *http.Server // nil while it is down
}

// Serve answers on loopback until the test ends, the API and IAM alike, and
// gives the endpoint.
func (c *Cloud) Serve(t testing.TB) (endpoint string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &server{cloud: c, address: "127.0.0.1:0"}
	if err := s.up(); err != nil {
		t.Fatal(err)
	}
	c.servers = append(c.servers, s)
	t.Cleanup(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		s.down()
		s.address = ""
	})
	return "http://" + s.address
}

// listen has the servers listen or not, as the faults say. c.mu is held.
func (c *Cloud) listen() {
	for _, s := range c.servers {
		if c.down() {
			s.down()
		} else if s.http == nil && s.address != "" {
			_ = s.up() // a port that was taken meanwhile: it stays down, and the test tells
		}
	}
}

func (s *server) up() error {
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.address = l.Addr().String()
	s.http = &http.Server{Handler: s.cloud, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	go func(h *http.Server) { _ = h.Serve(l) }(s.http) // ends with down
	return nil
}

func (s *server) down() {
	if s.http != nil {
		_ = s.http.Close() // it was only listening
		s.http = nil
	}
}

// Busiest tells how many requests were under way at once at most since it was
// last asked; only those that came over a network count.
func (c *Cloud) Busiest() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	most := c.most
	c.most = c.inside
	return most
}

// enter counts a request that is under way; leave counts it out.
func (c *Cloud) enter() (leave func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside++
	c.most = max(c.most, c.inside)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.inside--
	}
}

// ServeHTTP answers as the service would; a lost answer breaks the connection.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer c.enter()()
	out := c.exchange(r)
	switch {
	case out.fault.refuse:
		cutConnection(w, "")
	case out.fault.hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case out.lost:
		panic(http.ErrAbortHandler)
	case out.fault.cut == InHeaders:
		cutConnection(w, "HTTP/1.1 200 OK\r\nContent-Ty")
	}
	for name, values := range out.header {
		w.Header()[name] = values
	}
	if out.fault.cut == InBody || out.fault.drip > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
	}
	w.WriteHeader(out.status)
	if out.fault.drip > 0 {
		w = flushing{w}
	}
	if _, err := io.Copy(onlyWriter{w}, out.reader(r.Context())); err != nil {
		_ = http.NewResponseController(w).Flush() // so that what was written is seen
		panic(http.ErrAbortHandler)
	}
}

// cutConnection writes some bytes and resets the connection.
func cutConnection(w http.ResponseWriter, begin string) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = buffered.WriteString(begin)
	_ = buffered.Flush()
	if tcp, ok := conn.(*net.TCPConn); ok && begin == "" {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
	panic(http.ErrAbortHandler)
}

// flushing sends each byte as it is written.
type flushing struct{ http.ResponseWriter }

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.ResponseWriter.Write(p)
	_ = http.NewResponseController(f.ResponseWriter).Flush()
	return n, err
}

// onlyWriter keeps io.Copy from reading ahead.
type onlyWriter struct{ io.Writer }
