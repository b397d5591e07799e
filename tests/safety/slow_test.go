package safety

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// absurd are parameters that a pager or a filter must survive.
var absurd = []string{
	"limit=-1", "limit=0", "limit=9223372036854775807", "limit=1e9", "limit=%00", "offset=-1", "offset=9223372036854775808", "offset=18446744073709551616",
	"offset=9223372036854775807&limit=9223372036854775807", "page=-1", "before=-9223372036854775808", "before=99999999999999999999", "from=0000-00-00",
	"from=9999-12-31T23:59:59Z&to=0001-01-01", "at=-1", "hours=999999999", "view=flow&id=x", "sort=" + "%2e%2e", "q=((((((((((a+)+)+)+)+)+)+)+)+)+$", "status=%ff%fe",
	"limit=50&limit=-50", "limit[]=1", "=&=&=", "%zz", ";;;;", "scale=NaN", "layout=-4", "rotate=1e308", "lang=../../etc/passwd", "theme=%0d%0ax",
}

// TestT19SlowAndHuge lets operators work while many clients send slowly, or far
// too much.
func TestT19SlowAndHuge(t *testing.T) {
	slow, people := count(2000, 400), count(100, 30)
	lasts := time.Duration(count(60, 8)) * time.Second
	h := open(t, map[string]string{"FLOWDECK_LOG_LEVEL": "warn"}, func(c *medialivetest.Cloud) {
		for i := range 50 {
			c.Add(flow(fmt.Sprint("FEED-", i), medialive.Active, "OUT-1"))
		}
	})
	first := h.signIn("op-1")
	pid := h.app.PID(apptest.Dashboard)
	ctx, stop := context.WithTimeout(t.Context(), lasts)
	defer stop()
	var attack, work sync.WaitGroup
	var held, answered, huge atomic.Int64
	var cut cuts
	for i := range slow {
		attack.Go(func() { crawl(ctx, h, i, &held, &cut) })
	}
	for range 4 {
		attack.Go(func() { flood(ctx, h, first.twin(), &huge) })
	}
	attack.Go(func() {
		b := first.twin()
		for ctx.Err() == nil {
			for _, query := range absurd {
				for _, path := range []string{"/flows", "/activity", "/activity.csv", "/alarms", "/flows/flow-0001/history", "/flows/flow-0001/history.csv", "/displays/new", "/live"} {
					asked, done := context.WithTimeout(ctx, patience)
					if path == "/live" { // a stream: its head is enough
						asked, done = context.WithTimeout(ctx, time.Second)
					}
					r, err := b.send(asked, http.MethodGet, path+"?"+query, nil, nil)
					done()
					if err == nil && r.status >= http.StatusInternalServerError {
						t.Errorf("GET %s?%s: %d", path, query, r.status)
					}
					answered.Add(1)
				}
			}
		}
	})
	took := operators(ctx, t, first, people, &work)
	work.Wait()
	attack.Wait()
	if now := h.app.PID(apptest.Dashboard); now != pid {
		t.Errorf("the dashboard was process %d, and is %d", pid, now)
	}
	if logs := h.app.Logs(); strings.Contains(logs, "level=ERROR") || strings.Contains(logs, "msg=panic") {
		t.Error("an error or a panic is in the log")
	}
	all := took()
	p99 := quantile(all, 0.99)
	evidence(t, "T19", fmt.Sprintf("p99 of %d pages of %d operators, with %d slow clients (%d cut off), %d bodies of 100 MB, %d absurd queries", len(all), people, slow, cut.heads.Load()+cut.bodies.Load(), huge.Load(), answered.Load()), p99, "< 500 ms, 0 panics")
	if heads := cut.heads.Load(); held.Load() < int64(slow) || huge.Load() == 0 || heads < int64(slow)/2 {
		t.Errorf("of %d slow clients %d were let in; slow heads were cut off %d times, bodies %d times; %d huge bodies", slow, held.Load(), heads, cut.bodies.Load(), huge.Load())
	}
	if p99 > 10*500*time.Millisecond { // the machine may be busy
		t.Errorf("p99 %v", p99)
	}
}

// cuts counts how often who sends slowly was cut off.
type cuts struct{ heads, bodies atomic.Int64 }

// crawl sends a head, or a body, a byte at a time, and comes again when it is
// cut off.
func crawl(ctx context.Context, h *house, i int, held *atomic.Int64, cut *cuts) {
	address := strings.TrimPrefix(h.app.URL, "http://")
	begin := []string{
		"", "GET /flows HTTP/1.1\r\nHost: x\r\nX-Slow: ", "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nusername=",
		"GET /static/js/live.js HTTP/1.1\r\nHost: x\r\n", "POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n",
	}[i%5]
	counted := &cut.heads
	if strings.HasPrefix(begin, "POST") {
		counted = &cut.bodies
	}
	var dialer net.Dialer
	for first := true; ctx.Err() == nil; first = false {
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return
		}
		if first {
			held.Add(1)
		}
		drip(ctx, conn, begin, counted)
	}
}

// drip writes until it is cut off or the attack ends.
func drip(ctx context.Context, conn net.Conn, begin string, cut *atomic.Int64) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := io.WriteString(conn, begin); err != nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := io.WriteString(conn, "a"); err != nil {
				cut.Add(1)
				return
			}
		}
	}
}

// flood sends bodies of 100 MB, told and untold, and heads without an end.
func flood(ctx context.Context, h *house, b *browser, huge *atomic.Int64) {
	paths := []string{"/login", "/flows", "/flows/flow-0001/source", "/labels", "/alarms/ack"}
	for n := 0; ctx.Err() == nil; n++ {
		var body io.Reader = io.LimitReader(endless{}, 100<<20)
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+paths[n%len(paths)], body)
		if err != nil {
			h.t.Error(err)
			return
		}
		if n%2 == 0 {
			r.ContentLength = 100 << 20
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		answer, err := b.http.Do(r)
		if err == nil {
			if answer.StatusCode < http.StatusBadRequest {
				h.t.Errorf("100 MB are answered %d", answer.StatusCode)
			}
			_, _ = io.Copy(io.Discard, answer.Body) // it is short
			_ = answer.Body.Close()
		}
		huge.Add(1)
		if n%4 == 0 {
			endlessHead(ctx, h)
		}
	}
}

// endlessHead sends headers until it is cut off.
func endlessHead(ctx context.Context, h *house) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", strings.TrimPrefix(h.app.URL, "http://"))
	if err != nil {
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	out := bufio.NewWriter(conn)
	_, err = out.WriteString("GET / HTTP/1.1\r\nHost: x\r\n")
	for sent := 0; err == nil && sent < 100<<20; sent += 1024 {
		_, err = fmt.Fprintf(out, "X-Many: %s\r\n", strings.Repeat("a", 1000))
	}
	if err == nil {
		h.t.Error("100 MB of headers were taken")
	}
}

// endless reads as a form without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

// operators open pages, five a second altogether for each ten of them, until
// ctx ends; what is given then tells how long each took.
func operators(ctx context.Context, t *testing.T, first *browser, people int, work *sync.WaitGroup) (took func() []time.Duration) {
	var mu sync.Mutex
	var all []time.Duration
	paths := []string{"/flows", "/flows/flow-0001", "/alarms", "/activity", "/flows/flow-0002/source"}
	for i := range people {
		b := first.twin()
		work.Go(func() {
			tick := time.NewTicker(2 * time.Second)
			defer tick.Stop()
			for n := i; ; n++ {
				asked, done := context.WithTimeout(context.WithoutCancel(ctx), patience)
				r, err := b.send(asked, http.MethodGet, paths[n%len(paths)], nil, nil)
				done()
				if err != nil || r.status != http.StatusOK {
					t.Errorf("%s: %d %v", paths[n%len(paths)], r.status, err)
				}
				mu.Lock()
				all = append(all, r.took)
				mu.Unlock()
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		})
	}
	return func() []time.Duration { return all }
}
