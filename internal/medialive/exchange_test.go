package medialive

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const testFlow = "fcbc63d1-06d8-47ba-8fd9-cd0096b72f6d"

// testClient connects a client with short pauses to an endpoint.
func testClient(t *testing.T, endpoint string, change ...func(*limits)) *Client {
	t.Helper()
	transport := NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	c, err := New(Config{Endpoint: endpoint, ProjectID: "p", Auth: Token("secret-token"), Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	c.link.limits.backoff = []window{{0, time.Millisecond}, {0, time.Millisecond}}
	for _, f := range change {
		f(&c.link.limits)
	}
	return c
}

// answering serves one answer to everything, and counts the requests.
func answering(t *testing.T, status int, header http.Header, body string) (url string, count *atomic.Int32) {
	t.Helper()
	count = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		count.Add(1)
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL, count
}

// reads and commands are all operations, by what they are.
func reads(c *Client) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"ListFlows":      func(ctx context.Context) error { _, err := c.ListFlows(ctx, 10, 0); return err },
		"ShowFlow":       func(ctx context.Context) error { _, err := c.ShowFlow(ctx, testFlow); return err },
		"ShowOutput":     func(ctx context.Context) error { _, err := c.ShowOutput(ctx, testFlow, "o"); return err },
		"Capabilities":   func(ctx context.Context) error { _, err := c.Capabilities(ctx); return err },
		"Statistics":     func(ctx context.Context) error { _, err := c.Statistics(ctx, ""); return err },
		"RefusedCallers": func(ctx context.Context) error { _, err := c.RefusedCallers(ctx, testFlow); return err },
		"ListChannels":   func(ctx context.Context) error { _, err := c.ListChannels(ctx, ChannelKey{}, 10, 0); return err },
		"ShowChannel":    func(ctx context.Context) error { _, err := c.ShowChannel(ctx, testChannel); return err },
		"ShowChannelStatistic": func(ctx context.Context) error {
			_, err := c.ShowChannelStatistic(ctx, StatisticQuery{ChannelKey: testChannel}, 10, 0)
			return err
		},
		"ListDimensions": func(ctx context.Context) error { _, err := c.ListDimensions(ctx); return err },
		"ListInstances":  func(ctx context.Context) error { _, err := c.ListInstances(ctx, 0, 10); return err },
		"Metrics":        func(ctx context.Context) error { _, err := cloudEye(c).Metrics(ctx, Metric{}, "", 10); return err },
		"MetricData": func(ctx context.Context) error {
			_, err := cloudEye(c).MetricData(ctx, Metric{}, MetricQuery{})
			return err
		},
		"BatchMetricData": func(ctx context.Context) error {
			_, err := cloudEye(c).BatchMetricData(ctx, nil, MetricQuery{})
			return err
		},
	}
}

var testChannel = ChannelKey{"push.example.com", "live", "ch1"}

// cloudEye asks Cloud Eye where a client goes.
func cloudEye(c *Client) *CloudEye { return &CloudEye{c} }

func commands(c *Client) map[string]func(context.Context) error {
	source := Source{Name: "s", Protocol: Listener}
	return map[string]func(context.Context) error{
		"CreateFlow": func(ctx context.Context) error {
			_, err := c.CreateFlow(ctx, NewFlow{Name: "f", Region: "r", Source: source})
			return err
		},
		"DeleteFlow":   func(ctx context.Context) error { return c.DeleteFlow(ctx, testFlow) },
		"StartFlow":    func(ctx context.Context) error { _, err := c.StartFlow(ctx, testFlow); return err },
		"StopFlow":     func(ctx context.Context) error { _, err := c.StopFlow(ctx, testFlow); return err },
		"UpdateSource": func(ctx context.Context) error { _, err := c.UpdateSource(ctx, testFlow, "s", source); return err },
		"CreateOutputs": func(ctx context.Context) error {
			_, err := c.CreateOutputs(ctx, testFlow, []Output{{Name: "o", Protocol: Listener}})
			return err
		},
		"UpdateOutput": func(ctx context.Context) error {
			_, err := c.UpdateOutput(ctx, testFlow, "o", OutputChange{})
			return err
		},
		"DeleteOutput": func(ctx context.Context) error { return c.DeleteOutput(ctx, testFlow, "o") },
		"CreateChannel": func(ctx context.Context) error {
			_, err := c.CreateChannel(ctx, Channel{ChannelKey: testChannel})
			return err
		},
		"DeleteChannel": func(ctx context.Context) error { return c.DeleteChannel(ctx, testChannel) },
		"ModifyChannelEndpoints": func(ctx context.Context) error {
			_, err := c.ModifyChannelEndpoints(ctx, EndpointsChange{ChannelKey: testChannel})
			return err
		},
		"ModifyChannelInput": func(ctx context.Context) error {
			_, err := c.ModifyChannelInput(ctx, InputChange{ChannelKey: testChannel})
			return err
		},
		"ModifyChannelRecordSettings": func(ctx context.Context) error {
			return c.ModifyChannelRecordSettings(ctx, RecordChange{ChannelKey: testChannel})
		},
		"ModifyChannelGeneral": func(ctx context.Context) error {
			_, err := c.ModifyChannelGeneral(ctx, GeneralChange{ChannelKey: testChannel})
			return err
		},
		"SwitchChannel": func(ctx context.Context) error { _, err := c.SwitchChannel(ctx, testChannel, ChannelOn); return err },
		"ModifyChannelEncoderSettings": func(ctx context.Context) error {
			_, err := c.ModifyChannelEncoderSettings(ctx, EncoderChange{ChannelKey: testChannel})
			return err
		},
	}
}

// wantKind checks an error, and that it says which operation it is about.
func wantKind(t *testing.T, err error, want Kind) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want %s", err, want)
	}
	if e.Kind != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if e.Op == "" {
		t.Errorf("no operation in %v", err)
	}
	return e
}

func TestReadsAreRepeatedTwice(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504, 408} {
		url, count := answering(t, status, nil, "<html>trouble</html>")
		for name, read := range reads(testClient(t, url)) {
			count.Store(0)
			wantKind(t, read(t.Context()), KindUnavailable)
			if n := count.Load(); n != 3 && n != 1 { // 1 when the retry budget of this client is spent
				t.Errorf("%s: %d requests for status %d, want 3", name, n, status)
			}
		}
	}
}

func TestReadSucceedsAtTheThirdTry(t *testing.T) {
	var count atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if count.Add(1) < 3 {
			http.Error(w, "", http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, `{"total":0,"flows":[]}`)
	}))
	defer server.Close()
	if _, err := testClient(t, server.URL).ListFlows(t.Context(), 10, 0); err != nil || count.Load() != 3 {
		t.Errorf("%v after %d requests", err, count.Load())
	}
}

func TestWhatIsNotWorthRepeating(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		kind   Kind
	}{
		"refused":       {400, `{"error_code":"LIVE.100011001","error_msg":"x"}`, KindRefused},
		"not signed in": {401, `{"error_code":"APIG.0301","error_msg":"x"}`, KindNotSignedIn},
		"throttled":     {429, `{"error_code":"APIG.0308","error_msg":"x"}`, KindThrottled},
		"unreadable":    {200, `<html>`, KindUnreadable},
	} {
		t.Run(name, func(t *testing.T) {
			url, count := answering(t, c.status, nil, c.body)
			_, err := testClient(t, url).ListFlows(t.Context(), 10, 0)
			wantKind(t, err, c.kind)
			if count.Load() != 1 {
				t.Errorf("%d requests", count.Load())
			}
		})
	}
}

func TestRetriesEndWithTheirBudget(t *testing.T) {
	url, count := answering(t, 503, nil, "")
	c := testClient(t, url)
	for range 20 {
		_, err := c.ListFlows(t.Context(), 10, 0)
		wantKind(t, err, KindUnavailable)
	}
	if n := count.Load(); n != 20+10 {
		t.Errorf("20 reads made %d requests, want 10 more", n)
	}
	for range 10 {
		c.link.budget.earn()
	}
	count.Store(0)
	_, _ = c.ListFlows(t.Context(), 10, 0)
	if n := count.Load(); n != 2 {
		t.Errorf("ten good reads bought %d retries, want 1", n-1)
	}
}

func TestRetryWaitsAsToldOrNotAtAll(t *testing.T) {
	url, count := answering(t, 503, http.Header{"Retry-After": {"30"}}, "")
	_, err := testClient(t, url).ListFlows(t.Context(), 10, 0)
	if e := wantKind(t, err, KindUnavailable); e.RetryAfter != 30*time.Second {
		t.Errorf("retry after %s", e.RetryAfter)
	}
	if count.Load() != 1 {
		t.Errorf("asked %d times though told to wait longer than there is time", count.Load())
	}
}

func TestRetriesEndWithTheContext(t *testing.T) {
	url, count := answering(t, 503, nil, "")
	c := testClient(t, url, func(l *limits) { l.backoff = []window{{time.Hour, time.Hour}, {}}; l.total = 2 * time.Hour })
	ctx, cancel := context.WithCancel(t.Context())
	c.link.observe = func(string, int, time.Duration) { cancel() }
	_, err := c.ListFlows(ctx, 10, 0)
	wantKind(t, err, KindUnavailable)
	if count.Load() != 1 {
		t.Errorf("%d requests", count.Load())
	}
}

func TestPromisedLimits(t *testing.T) {
	l := theLimits()
	if l.read != 3*time.Second || l.command != 10*time.Second || l.total != 5*time.Second || l.body != 4<<20 || l.retries != 2 || len(l.backoff) != 2 {
		t.Errorf("limits are %+v", l)
	}
	for _, w := range l.backoff {
		for range 1000 {
			if d := w.draw(); d < 200*time.Millisecond || d > 2*time.Second {
				t.Fatalf("pause of %s", d)
			}
		}
	}
}

// TestCommandsAreSentOnce is about every way in which an answer can fail.
func TestCommandsAreSentOnce(t *testing.T) {
	for _, status := range []int{200, 302, 307, 308, 400, 401, 408, 429, 500, 502, 503, 504} {
		url, count := answering(t, status, http.Header{"Location": {"/elsewhere"}, "Retry-After": {"0"}}, "<html>")
		for name, command := range commands(testClient(t, url)) {
			count.Store(0)
			if err := command(t.Context()); err == nil {
				t.Errorf("%s: success for status %d with HTML", name, status)
			}
			if n := count.Load(); n != 1 {
				t.Errorf("%s: sent %d times for status %d", name, n, status)
			}
		}
	}
}

// rawServer counts the requests it reads whole, on all its connections. It
// answers the first of a connection if told to, and closes the connection on
// any other without an answer: the worst that keep-alive can do.
type rawServer struct {
	net.Listener
	requests    atomic.Int32
	answerFirst string
	wait        sync.WaitGroup
}

func newRawServer(t *testing.T, answerFirst string) *rawServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{Listener: l, answerFirst: answerFirst}
	s.wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.wait.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); s.wait.Wait() })
	return s
}

func (s *rawServer) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	in := bufio.NewReader(conn)
	for first := true; ; first = false {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		s.requests.Add(1)
		if !first || s.answerFirst == "" {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: "+fmt.Sprint(len(s.answerFirst))+"\r\n\r\n"+s.answerFirst)
	}
}

func (s *rawServer) url() string { return "http://" + s.Addr().String() }

func TestLostAnswerOnANewConnection(t *testing.T) {
	s := newRawServer(t, "")
	for name, command := range commands(testClient(t, s.url())) {
		s.requests.Store(0)
		wantKind(t, command(t.Context()), KindOutcomeUnknown)
		if n := s.requests.Load(); n != 1 {
			t.Errorf("%s: sent %d times", name, n)
		}
	}
}

// TestLostAnswerOnAKeptConnection: net/http repeats what it thinks may be
// repeated when a kept connection breaks. A command is not.
func TestLostAnswerOnAKeptConnection(t *testing.T) {
	s := newRawServer(t, `{"total":0,"flows":[]}`)
	for name := range commands(nil) {
		t.Run(name, func(t *testing.T) {
			c := testClient(t, s.url())
			if _, err := c.ListFlows(t.Context(), 10, 0); err != nil {
				t.Fatal(err)
			}
			s.requests.Store(0)
			wantKind(t, commands(c)[name](t.Context()), KindOutcomeUnknown)
			if n := s.requests.Load(); n != 1 {
				t.Errorf("sent %d times", n)
			}
		})
	}
}

// TestNoRequestInvitesReplay holds what net/http looks at before it sends a
// request again by itself.
func TestNoRequestInvitesReplay(t *testing.T) {
	var looked int
	c := testClient(t, "http://gateway.example")
	c.link.transport = roundTrip(func(req *http.Request) (*http.Response, error) {
		looked++
		if req.GetBody != nil || req.Header.Get("Idempotency-Key") != "" || req.Header.Get("X-Idempotency-Key") != "" {
			t.Errorf("%s %s can be replayed", req.Method, req.URL.Path)
		}
		return nil, errors.New("not sent")
	})
	all := commands(c)
	for _, command := range all {
		// A transport that does not tell its progress may have sent anything.
		wantKind(t, command(t.Context()), KindOutcomeUnknown)
	}
	if looked != len(all) {
		t.Errorf("%d requests for %d commands", looked, len(all))
	}
	if p := NewTransport().Protocols; p.HTTP2() || p.UnencryptedHTTP2() || !p.HTTP1() {
		t.Errorf("the transport speaks %s: over HTTP/2 Go repeats refused streams", p)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestNothingWasSent: what fails before the request is out changed nothing.
func TestNothingWasSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := "http://" + l.Addr().String()
	_ = l.Close()
	plain := newRawServer(t, "")
	for name, endpoint := range map[string]string{
		"connection refused": refusing,
		"no TLS there":       "https://" + plain.Addr().String(),
		"no such host":       "http://gateway.invalid",
	} {
		t.Run(name, func(t *testing.T) {
			c := testClient(t, endpoint)
			for _, command := range commands(c) {
				wantKind(t, command(t.Context()), KindUnavailable)
			}
			_, err := c.ListFlows(t.Context(), 10, 0)
			wantKind(t, err, KindUnavailable)
		})
	}
	t.Run("context ended before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		c := testClient(t, plain.url())
		err := c.DeleteFlow(ctx, testFlow)
		if wantKind(t, err, KindUnavailable); !errors.Is(err, context.Canceled) {
			t.Errorf("the cause is lost: %v", err)
		}
	})
	t.Run("an unusable token", func(t *testing.T) {
		c := testClient(t, plain.url())
		c.auth = Token("secret\ntoken")
		err := c.DeleteFlow(t.Context(), testFlow)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	})
	if n := plain.requests.Load(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// hanging serves what never ends: nothing, or a body that drips.
func hanging(t *testing.T, drip string) string {
	t.Helper()
	end := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-end:
				return
			case <-r.Context().Done():
				return
			case <-tick.C:
				if drip != "" {
					_, _ = io.WriteString(w, drip)
					_ = http.NewResponseController(w).Flush()
				}
			}
		}
	}))
	t.Cleanup(func() { close(end); server.Close() })
	return server.URL
}

func TestTimeouts(t *testing.T) {
	const short, long, soon = 40 * time.Millisecond, time.Minute, 5 * time.Second
	for name, c := range map[string]struct {
		limits limits
		call   func(context.Context, *Client) error
		kind   Kind
		least  time.Duration
	}{
		"a read": {
			limits{read: short, command: long, total: long},
			func(ctx context.Context, c *Client) error { _, err := c.ListFlows(ctx, 10, 0); return err },
			KindUnavailable, 3 * short, // with its retries
		},
		"a read with its retries": {
			limits{read: long, command: long, total: short},
			func(ctx context.Context, c *Client) error { _, err := c.ListFlows(ctx, 10, 0); return err },
			KindUnavailable, short,
		},
		"a command": {
			limits{read: long, command: short, total: long},
			func(ctx context.Context, c *Client) error { _, err := c.StartFlow(ctx, testFlow); return err },
			KindOutcomeUnknown, short,
		},
	} {
		for how, drip := range map[string]string{"silent": "", "dripping": " "} {
			t.Run(name+", "+how, func(t *testing.T) {
				client := testClient(t, hanging(t, drip), func(l *limits) {
					l.read, l.command, l.total = c.limits.read, c.limits.command, c.limits.total
				})
				start := time.Now()
				err := c.call(t.Context(), client)
				if wantKind(t, err, c.kind); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the cause is lost: %v", err)
				}
				if d := time.Since(start); d < c.least || d > soon {
					t.Errorf("took %s, want %s and little more", d, c.least)
				}
			})
		}
	}
}

func TestRedirectsAreRefused(t *testing.T) {
	var leaked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { leaked.Add(1) }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		url, _ := answering(t, status, http.Header{"Location": {elsewhere.URL + "/v1/p/flows"}}, "")
		c := testClient(t, url)
		for name, read := range reads(c) {
			if e := wantKind(t, read(t.Context()), KindUnreadable); e.Status != status {
				t.Errorf("%s: status %d", name, e.Status)
			}
		}
		for _, command := range commands(c) {
			wantKind(t, command(t.Context()), KindOutcomeUnknown)
		}
		wantKind(t, c.Events(t.Context(), nil), KindUnreadable)
		iam, err := NewIAM(IAMConfig{Endpoint: url})
		if err != nil {
			t.Fatal(err)
		}
		_, err = iam.SignIn(t.Context(), SignIn{Password: "secret-password"})
		wantKind(t, err, KindUnreadable)
		_, err = iam.CheckToken(t.Context(), "secret-token")
		wantKind(t, err, KindUnreadable)
	}
	if n := leaked.Load(); n != 0 {
		t.Errorf("%d requests went to another host", n)
	}
}

func TestBodyCap(t *testing.T) {
	url, count := answering(t, 200, nil, `{"total":0,"flows":[]}`+strings.Repeat(" ", 4<<20))
	c := testClient(t, url)
	_, err := c.ListFlows(t.Context(), 10, 0)
	wantKind(t, err, KindUnreadable)
	if count.Load() != 1 {
		t.Errorf("asked %d times for an answer that is too large", count.Load())
	}
	wantKind(t, c.DeleteFlow(t.Context(), testFlow), KindOutcomeUnknown)

	exact := `{"total":0,"flows":[]}`
	url, _ = answering(t, 200, nil, exact+strings.Repeat(" ", 4<<20-len(exact)))
	if _, err := testClient(t, url).ListFlows(t.Context(), 10, 0); err != nil {
		t.Errorf("an answer of just 4 MB is refused: %v", err)
	}
}

// TestUnreadableAnswers: nothing vanishes from a screen because of an answer
// that is not the API's, and no command is taken as done.
func TestUnreadableAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		object bool // all that a deletion wants to see
	}{
		"empty":        {``, false},
		"HTML":         {`<html><body>It works!</body></html>`, false},
		"cut off":      {`{"total":1,"flows":[`, false},
		"two values":   {`{"total":0,"flows":[]}{}`, false},
		"array":        {`[]`, false},
		"text":         {`"ok"`, false},
		"empty object": {`{}`, true},
		"no flows":     {`{"total":1}`, true},
		"no total":     {`{"flows":[]}`, true},
		"nulls":        {`{"total":null,"flows":null,"flow":null,"flow_id":null,"source":null,"outputs":null}`, true},
		"wrong types":  {`{"total":"1","flows":{},"flow_id":[],"name":{},"version":[],"flow":[],"source":[],"outputs":{}}`, true},
		"of another":   {`{"flow_id":"x","name":"x","status":"ACTIVE","source":{"name":"s"},"outputs":[{"name":"o"}],"flows":[{}],"total":1}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := answering(t, 200, nil, c.body)
			client := testClient(t, url)
			for op, read := range reads(client) {
				if name == "array" && (op == "Statistics" || op == "RefusedCallers") {
					continue // they answer arrays
				}
				t.Run(op, func(t *testing.T) { wantKind(t, read(t.Context()), KindUnreadable) })
			}
			for op, command := range commands(client) {
				if c.object && strings.HasPrefix(op, "Delete") {
					continue
				}
				t.Run(op, func(t *testing.T) { wantKind(t, command(t.Context()), KindOutcomeUnknown) })
			}
		})
	}
}

func TestDeletionWithoutContent(t *testing.T) {
	url, _ := answering(t, http.StatusNoContent, nil, "")
	c := testClient(t, url)
	if err := c.DeleteFlow(t.Context(), testFlow); err != nil {
		t.Error(err)
	}
	_, err := c.StartFlow(t.Context(), testFlow)
	wantKind(t, err, KindOutcomeUnknown)
}

func TestUnknownFieldsAndValues(t *testing.T) {
	url, _ := answering(t, 200, nil, `{"total":1,"new":{"a":[1]},"flows":[{"flow_id":"1","name":"a","status":"FROZEN","later":true}]}`)
	page, err := testClient(t, url).ListFlows(t.Context(), 10, 0)
	if err != nil || len(page.Flows) != 1 || page.Flows[0].Status != "FROZEN" {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestALargeToken(t *testing.T) {
	var got atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.Store(int32(len(r.Header.Get("X-Auth-Token"))))
		_, _ = io.WriteString(w, `{"total":0,"flows":[]}`)
	}))
	defer server.Close()
	c := testClient(t, server.URL)
	c.auth = Token(Secret(strings.Repeat("M", 16384)))
	if _, err := c.ListFlows(t.Context(), 10, 0); err != nil || got.Load() != 16384 {
		t.Errorf("%v; %d characters arrived", err, got.Load())
	}
}

// answeringBody answers 200 with the body to everything, without a network.
func answeringBody(t *testing.T, body string) *Client {
	t.Helper()
	c := testClient(t, "http://gateway.example")
	c.link.transport = roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	})
	return c
}

// TestOnce makes a read that must not be repeated.
func TestOnce(t *testing.T) {
	for name, want := range map[string]struct {
		ctx   func(context.Context) context.Context
		calls int32
	}{
		"repeated":     {func(ctx context.Context) context.Context { return ctx }, 3},
		"not repeated": {Once, 1},
	} {
		var calls atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			calls.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		c, err := New(Config{Endpoint: server.URL, ProjectID: strings.Repeat("0", 32), Auth: Token("token")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.ListFlows(want.ctx(t.Context()), 10, 0); KindOf(err) != KindUnavailable {
			t.Errorf("%s: %v", name, err)
		}
		if got := calls.Load(); got != want.calls {
			t.Errorf("%s: %d calls, want %d", name, got, want.calls)
		}
		server.Close()
	}
}
