package medialive

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// limits bound an exchange in time and size.
type limits struct {
	read    time.Duration // one attempt of a read, body included
	command time.Duration // a command, body included
	total   time.Duration // a read with its retries
	silence time.Duration // without a line on an event stream
	body    int64         // bytes of an answer
	line    int           // bytes of a line, and of an event, on an event stream
	retries int           // of a read
	backoff []window      // pause before each retry
}

// window is the span from which a pause is drawn.
type window struct{ from, to time.Duration }

// theLimits are those the project promises.
func theLimits() limits {
	return limits{
		read:    3 * time.Second,
		command: 10 * time.Second,
		total:   5 * time.Second,
		silence: 3 * time.Second,
		body:    4 << 20,
		line:    4 << 20,
		retries: 2,
		backoff: []window{
			{200 * time.Millisecond, 600 * time.Millisecond},
			{200 * time.Millisecond, 2 * time.Second},
		},
	}
}

func (l limits) timeout(method string) time.Duration {
	if method == http.MethodGet {
		return l.read
	}
	return l.command
}

// link is the way to one endpoint.
type link struct {
	base      *url.URL
	transport http.RoundTripper
	observe   func(op string, status int, d time.Duration)
	limits    limits
	budget    *budget
	skew      *skew
}

func newLink(base *url.URL, transport http.RoundTripper, observe func(string, int, time.Duration)) link {
	if transport == nil {
		transport = NewTransport()
	}
	if observe == nil {
		observe = func(string, int, time.Duration) {}
	}
	return link{base: base, transport: transport, observe: observe, limits: theLimits(), budget: newBudget(), skew: new(skew)}
}

// request is one call, before it becomes an HTTP request.
type request struct {
	op      string // operationId
	method  string
	path    string // below the endpoint, unescaped
	query   url.Values
	header  http.Header
	body    []byte // nil: none
	auth    Authenticator
	timeout time.Duration // of one attempt
	command bool          // changes something: sent once, and may end in an unknown outcome
	once    bool          // a read that must not be repeated all the same
	ext     bool          // of a gateway's extensions: an unknown path means there are none
	ahead   time.Duration // what a signature adds to our time
	secrets []Secret      // sent in the body, so never to be shown if an answer echoes them
}

// answer is what came back, success or not.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call carries a request out and decodes a successful answer into out; nil
// where nothing of it matters. A read is repeated by the retry law; a command
// never is.
func (l *link) call(ctx context.Context, r request, out any) (answer, error) {
	a, err := l.exchange(ctx, r)
	if err != nil {
		return a, err
	}
	return a, r.decode(a, out)
}

// exchange gives the answer to a request if it is a success.
func (l *link) exchange(ctx context.Context, r request) (answer, error) {
	if r.command || r.once || isOnce(ctx) {
		a, err := l.attempt(ctx, r)
		return a, asError(err)
	}
	ctx, cancel := context.WithTimeout(ctx, l.limits.total)
	defer cancel()
	for try := 0; ; try++ {
		a, err := l.attempt(ctx, r)
		if err == nil {
			l.budget.earn()
			return a, nil
		}
		if try >= l.limits.retries || !retryable(err) || !l.budget.spend() {
			return a, err
		}
		if !pause(ctx, max(l.limits.backoff[try].draw(), err.RetryAfter)) {
			return a, err
		}
	}
}

// attempt sends the request once. It is the only place from which a request
// leaves this package, event streams aside.
func (l *link) attempt(ctx context.Context, r request) (answer, *Error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	r.ahead = l.skew.correction()
	resp, err := l.send(ctx, r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	r = r.withSent(resp.Request)
	a := answer{status: resp.StatusCode, header: resp.Header}
	body, readErr := io.ReadAll(io.LimitReader(resp.Body, l.limits.body+1))
	switch {
	case int64(len(body)) > l.limits.body:
		return a, r.unreadable(a, fmt.Errorf("answer of more than %d bytes", l.limits.body))
	case readErr != nil && r.command && a.status >= 400 && a.status < 500: // refused, though the reason is lost
		return a, r.fail(a, r.kind(a.status, fault{}), fmt.Errorf("read the answer: %w", readErr))
	case readErr != nil:
		return a, r.broken(a, fmt.Errorf("read the answer: %w", readErr))
	}
	a.body = body
	refused := r.refusal(a)
	if _, signed := r.auth.(signing); signed && refused != nil {
		refused = l.skew.explain(refused, r.ahead)
	}
	return a, refused
}

// send gives the head of the answer. Redirects are not followed: Go would take
// X-Auth-Token along to another host.
func (l *link) send(ctx context.Context, r request) (*http.Response, *Error) {
	var seen progress
	req, err := r.build(httptrace.WithClientTrace(ctx, seen.trace()), l.base)
	if err != nil {
		return nil, &Error{Op: r.op, Kind: KindRefused, Err: err}
	}
	if err := ctx.Err(); err != nil {
		return nil, r.fail(answer{}, KindUnavailable, fmt.Errorf("not sent: %w", err))
	}
	start := time.Now()
	resp, err := l.transport.RoundTrip(req)
	if err != nil {
		l.observe(r.op, 0, time.Since(start))
		e := r.broken(answer{}, fmt.Errorf("%s %s: %w", r.method, l.base.Host, err))
		if seen.nothingSent() {
			e.Kind = KindUnavailable
		}
		return nil, e
	}
	trip := time.Since(start)
	l.skew.learn(resp.Header, start, trip)
	l.observe(r.op, resp.StatusCode, trip)
	return resp, nil
}

// build makes the HTTP request. It has no GetBody, so that net/http cannot
// send a body again by itself.
func (r request) build(ctx context.Context, base *url.URL) (*http.Request, error) {
	u := *base
	u.Path = r.path
	u.RawQuery = r.query.Encode()
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("build the request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "flowdeck")
	for name, values := range r.header {
		req.Header[name] = values
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json;charset=utf-8")
		req.Body = io.NopCloser(bytes.NewReader(r.body))
		req.ContentLength = int64(len(r.body))
	}
	if err := r.authenticate(req); err != nil {
		return nil, fmt.Errorf("authenticate: %w", err)
	}
	return req, nil
}

// authenticate proves who asks; a signature is made by the service's clock.
func (r request) authenticate(req *http.Request) error {
	switch auth := r.auth.(type) {
	case nil:
		return nil
	case signing:
		return auth(req, r.body, r.ahead)
	default:
		return auth.Authenticate(req, r.body)
	}
}

// encode sets the body.
func (r *request) encode(v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // as the official SDK does
	if err := enc.Encode(v); err != nil {
		return &Error{Op: r.op, Kind: KindRefused, Err: fmt.Errorf("encode the request: %w", err)}
	}
	r.body = bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	return nil
}

// decode reads the body of a successful answer. Fields it does not know are
// left alone; an answer that lacks what an operation needs is checked by the
// operation.
func (r request) decode(a answer, out any) error {
	if out == nil {
		if a.status == http.StatusNoContent {
			return nil
		}
		out = &struct{}{}
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		return r.unreadable(a, fmt.Errorf("decode the answer: %w", err))
	}
	return nil
}

// unreadable is the error for an answer that is not the API's. For a command it
// leaves the outcome unknown.
func (r request) unreadable(a answer, cause error) *Error {
	kind := KindUnreadable
	if r.command {
		kind = KindOutcomeUnknown
	}
	return r.fail(a, kind, cause)
}

// broken is the error for an exchange that ended early.
func (r request) broken(a answer, cause error) *Error {
	kind := KindUnavailable
	if r.command {
		kind = KindOutcomeUnknown
	}
	return r.fail(a, kind, cause)
}

func (r request) fail(a answer, kind Kind, cause error) *Error {
	return &Error{
		Op: r.op, Kind: kind, Status: a.status, RequestID: printable(a.header.Get("X-Request-Id"), maxRequestID), Err: cause,
	}
}

// asError avoids a nil *Error in a non-nil error.
func asError(err *Error) error {
	if err == nil {
		return nil
	}
	return err
}

// progress watches how far a request came, to tell a command that was not sent
// from one that may have been.
type progress struct{ asked, wrote atomic.Bool }

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(string) { p.asked.Store(true) },
		WroteHeaders: func() { p.wrote.Store(true) },
	}
}

// nothingSent says whether the server certainly has no complete request: the
// transport tells of its progress, and never came to the end of the headers.
func (p *progress) nothingSent() bool { return p.asked.Load() && !p.wrote.Load() }

// printable makes a short text from outside safe to keep: at most n bytes, one line.
func printable(s string, n int) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(cut(s, n), ""))
}
