package packager

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sender writes media to who connects to a unix socket, as fast as it plays.
type sender struct {
	path   string
	mu     sync.Mutex
	cancel context.CancelFunc
	done   chan struct{}
}

// send begins to send media made for it, again and again.
func send(t testing.TB, path string, media []byte, seconds int) *sender {
	t.Helper()
	s := &sender{path: path}
	s.begin(t, media, seconds)
	t.Cleanup(s.end)
	return s
}

func (s *sender) begin(t testing.TB, media []byte, seconds int) {
	t.Helper()
	listener, err := net.Listen("unix", s.path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel, s.done = cancel, make(chan struct{})
	go func() {
		defer close(s.done)
		context.AfterFunc(ctx, func() { _ = listener.Close() })
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			play(ctx, conn, media, seconds)
			_ = conn.Close()
		}
	}()
}

// play writes media in the pace of its clock.
func play(ctx context.Context, conn net.Conn, media []byte, seconds int) {
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	step := len(media) / (25 * seconds) / packetSize * packetSize
	for at := 0; ; {
		end := min(len(media), at+step)
		if _, err := conn.Write(media[at:end]); err != nil {
			return
		}
		if at = end; at == len(media) {
			at = 0
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// end hangs up, and answers no more.
func (s *sender) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancel()
	<-s.done
}

// listen runs an input and counts what it hands over.
func listen(t testing.TB, in Input) *meter {
	t.Helper()
	m := newMeter(nil)
	var mu sync.Mutex
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		in.Run(ctx, func(b []byte) { mu.Lock(); m.feed(b, nil); mu.Unlock() })
	}()
	await(t, "a picture and a tone", 20*time.Second, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return m.counts.KeyFrames > 0 && m.layout.has(track.audio)
	})
	cancel()
	<-done
	return m
}

// dialTap taps a sender of a test, by the path of its socket.
func dialTap(ctx context.Context, path string) (io.ReadCloser, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, errors.New("the relay does not answer")
	}
	return conn, nil
}

func TestTapConnectsAgain(t *testing.T) {
	path := t.TempDir() + "/tap"
	in := newInput(Source{Kind: Tap, Address: Address(path)}, "primary", Options{Tap: dialTap}, quiet())
	var got atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); in.Run(ctx, func(b []byte) { got.Add(int64(len(b))) }) }()
	t.Cleanup(func() { cancel(); <-done })
	await(t, "a problem", 5*time.Second, func() bool { _, problem := in.Connections(); return problem != "" })
	picture := media(t, 1)
	s := send(t, path, picture, 1)
	await(t, "bytes", 5*time.Second, func() bool { return got.Load() > 0 })
	s.end()
	await(t, "a hang-up", 5*time.Second, func() bool {
		_, problem := in.Connections()
		return problem == "the relay hung up" || problem == "the relay does not answer"
	})
	got.Store(0)
	s.begin(t, picture, 1)
	await(t, "bytes again", 5*time.Second, func() bool { return got.Load() > 0 })
	if n, _ := in.Connections(); n < 2 {
		t.Errorf("%d connections", n)
	}
}

// TestFLVPull takes the backup where the first address fails.
func TestFLVPull(t *testing.T) {
	file := t.TempDir() + "/x.flv"
	remux(t, media(t, 4), "-f", "flv", file)
	stream, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/live" {
			_, _ = w.Write(stream)
			w.(http.Flusher).Flush()
			<-r.Context().Done() // a stream does not end
			return
		}
		http.Error(w, "no", http.StatusNotFound)
	}))
	defer server.Close()
	in := newInput(Source{Kind: FLVPull, Address: Address(server.URL + "/hush"), Backups: []Address{Address(server.URL + "/live")}}, "primary", Options{FFmpeg: nicely(t), HTTP: server.Client()}, quiet())
	listen(t, in)
	if _, problem := in.Connections(); !strings.Contains(problem, "status 404") || strings.Contains(problem, "hush") {
		t.Error(problem)
	}
}

// TestPullThatHangs is begun anew, at the next address.
func TestPullThatHangs(t *testing.T) {
	live, once := make(chan struct{}), sync.Once{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/live" {
			once.Do(func() { close(live) })
		}
		_, _ = w.Write([]byte("FLV"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	in := newInput(Source{Kind: FLVPull, Address: Address(server.URL + "/hangs"), Backups: []Address{Address(server.URL + "/live")}}, "primary", Options{FFmpeg: nicely(t), HTTP: server.Client()}, quiet())
	in.(*foreign).stall = 50 * time.Millisecond // whoever hangs this long is left: what matters is where to
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); in.Run(ctx, func([]byte) {}) }()
	select {
	case <-live:
	case <-time.After(20 * time.Second):
		t.Error("the next address was not asked")
	}
	cancel()
	<-done
}

// TestHLSPull takes the variant that fits, with and without TLS, and says who asks
// for what playlists name.
func TestHLSPull(t *testing.T) {
	dir := t.TempDir()
	remux(t, media(t, 6), "-f", "hls", "-hls_time", "1", "-hls_list_size", "0", "-hls_playlist_type", "event", "-hls_flags", "omit_endlist", dir+"/media.m3u8")
	master := "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=900000\nmissing.m3u8?key=hush\n#EXT-X-STREAM-INF:BANDWIDTH=300000\nmedia.m3u8?key=hush\n"
	if err := os.WriteFile(dir+"/master.m3u8", []byte(master), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, start := range map[string]func(http.Handler) *httptest.Server{"http": httptest.NewServer, "https": httptest.NewTLSServer} {
		t.Run(name, func(t *testing.T) {
			files := http.FileServer(http.Dir(dir))
			server := start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if user, password, _ := r.BasicAuth(); user != "me" || password != "hush" {
					http.Error(w, "who are you", http.StatusUnauthorized)
					return
				}
				files.ServeHTTP(w, r)
			}))
			defer server.Close()
			way := wayOf(t, server.Client())
			in := newInput(Source{Kind: HLSPull, Address: Address(strings.Replace(server.URL, "://", "://me:hush@", 1) + "/master.m3u8?key=hush"), MaxBandwidth: 500_000}, "primary", Options{FFmpeg: nicely(t), HTTP: server.Client(), way: way}, quiet())
			listen(t, in)
			if _, problem := in.Connections(); strings.Contains(problem, "hush") {
				t.Errorf("problem %q", problem)
			}
		})
	}
}

// wayOf is the way of pulls by a client, until the test ends.
func wayOf(t testing.TB, client *http.Client) *way {
	t.Helper()
	w, err := newWay(client)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	return w
}

// TestPullsLeadNowhereElse gives ffmpeg playlists that name a server which may not
// be asked, in every way that ffmpeg knows: it is never called.
func TestPullsLeadNowhereElse(t *testing.T) {
	var called atomic.Int64
	inner := httptest.NewUnstartedServer(http.NotFoundHandler())
	inner.Config.ConnState = func(net.Conn, http.ConnState) { called.Add(1) }
	inner.Start()
	defer inner.Close()
	host := inner.Listener.Addr().String()
	lists := map[string]string{
		"a proxy as the variant": "#EXT-X-STREAM-INF:BANDWIDTH=1\nhttpproxy://" + host + "/x.m3u8\n",
		"a segment":              "#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://" + host + "/x.ts\n",
		"a key without quotes":   "#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI=httpproxy://" + host + "/k\n#EXTINF:1,\nx.ts\n",
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(listed + "\n" + lists[r.URL.Query().Get("list")]))
	}))
	defer server.Close()
	client := &http.Client{Transport: transport(func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == host {
			return nil, errors.New("not there")
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	})}
	for name := range lists {
		t.Run(name, func(t *testing.T) {
			in := newInput(Source{Kind: HLSPull, Address: Address(server.URL + "/x.m3u8?list=" + url.QueryEscape(name))}, "primary", Options{FFmpeg: nicely(t), HTTP: client, way: wayOf(t, client)}, quiet())
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); in.Run(ctx, func([]byte) {}) }()
			await(t, "an ffmpeg that gets no further", 20*time.Second, func() bool {
				_, problem := in.Connections()
				return strings.Contains(problem, "502") || strings.Contains(problem, "key")
			})
			cancel()
			<-done
			if called.Load() > 0 {
				t.Error("the inner server was called")
			}
		})
	}
}

// TestDialerOfTheClient: a client that gets nowhere leaves ffmpeg no way either.
func TestDialerOfTheClient(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("not there") }}}
	for name, c := range map[string]struct {
		client *http.Client
		want   int
	}{"guarded": {client, http.StatusBadGateway}, "none": {nil, http.StatusNotFound}} {
		p, err := New(Options{Dir: t.TempDir(), FFmpeg: nicely(t), HTTP: c.client})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.opts.way.to(target), nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", name, res.StatusCode, c.want)
		}
	}
}

func TestRTMPPush(t *testing.T) {
	port := free(t)
	in := newInput(Source{Kind: RTMPPush, Address: Address(fmt.Sprintf("127.0.0.1:%d", port)), Application: "app", Stream: "key"}, "primary", Options{FFmpeg: nicely(t)}, quiet())
	file := t.TempDir() + "/x.flv"
	remux(t, media(t, 6), "-f", "flv", file)
	ctx, cancel := context.WithCancel(t.Context())
	path := nicely(t)
	var pushing sync.WaitGroup
	defer pushing.Wait()
	defer cancel()
	pushing.Go(func() {
		for ctx.Err() == nil { // until the input listens
			_ = exec.CommandContext(ctx, path, "-loglevel", "error", "-re", "-i", file, "-c", "copy", "-f", "flv", fmt.Sprintf("rtmp://127.0.0.1:%d/app/key", port)).Run()
			select {
			case <-ctx.Done():
			case <-time.After(tapPause):
			}
		}
	})
	listen(t, in)
}

// free gives a port of loopback that nobody has.
func free(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// remux writes media in another container.
func remux(t testing.TB, media []byte, args ...string) {
	t.Helper()
	cmd := exec.Command(nicely(t), append([]string{"-loglevel", "error", "-f", "mpegts", "-i", "pipe:0", "-c", "copy"}, args...)...)
	cmd.Stdin, cmd.Stderr = strings.NewReader(string(media)), os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
}
