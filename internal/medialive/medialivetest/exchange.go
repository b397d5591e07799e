package medialivetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"syscall"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// reply is what comes of a request.
type reply struct {
	fault  Fault
	lost   bool // no byte of it is sent
	status int
	header http.Header
	body   []byte
}

// exchange carries out one request.
func (c *Cloud) exchange(r *http.Request) reply {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20)) // what is lost of it is not valid
	r.Body = io.NopCloser(bytes.NewReader(body))
	n, call, fault := c.arrive(r, body)
	out := reply{fault: fault, lost: true}
	if fault.delay > 0 && !wait(r.Context(), fault.delay) || fault.refuse || fault.hang || fault.cut == BeforeEffect {
		return out
	}
	w := httptest.NewRecorder()
	out.lost = c.respond(w, r, body, n, call, fault) || fault.cut == AfterEffect
	out.status, out.header, out.body = w.Code, w.Header(), w.Body.Bytes()
	if fault.mangle != nil {
		out.body = fault.mangle(out.body)
	}
	return out
}

// arrive writes a request down and picks its fault.
func (c *Cloud) arrive(r *http.Request, body []byte) (n int, call Call, fault Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.catchUp(time.Now())
	query := r.URL.Query()
	call = Call{Op: operationOf(r), FlowID: query.Get("flow_id"), Channel: channelOf(query, body), Token: r.Header.Get("X-Auth-Token")}
	if s, err := medialive.ParseAuthorization(r.Header.Get("Authorization")); err == nil {
		call.Token = s.Access
	}
	line := Request{Call: call, Output: query.Get("output_name"), At: time.Now()}
	if version, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); version == "v1" || version == "V1.0" {
		line.Project, _, _ = strings.Cut(rest, "/")
	}
	if call.Op == "" {
		return -1, call, fault
	}
	fault = c.pick(call.Op)
	if fault.name == "" && c.overQuota(call.Op) {
		fault = Throttle("")
		fault.name = overQuota
	}
	line.Fault = fault.name
	c.requests = append(c.requests, line)
	return len(c.requests) - 1, call, fault
}

// overQuota is the name of the fault of requests over the quota.
const overQuota = "over quota"

// overQuota tells whether a quota is used up. c.mu is held.
func (c *Cloud) overQuota(op string) bool {
	if strings.HasPrefix(op, "Keystone") {
		return false
	}
	if c.perMinute > 0 && c.answered(op, time.Minute) >= c.perMinute {
		return true
	}
	return c.quota > 0 && c.answered("", time.Second) >= c.quota
}

// answered counts the requests of the last moments that were not over the quota:
// of one operation, or of all.
func (c *Cloud) answered(op string, last time.Duration) (n int) {
	since := time.Now().Add(-last)
	for i := len(c.requests) - 1; i >= 0 && c.requests[i].At.After(since); i-- {
		if c.requests[i].Fault != overQuota && (op == "" || c.requests[i].Op == op) {
			n++
		}
	}
	return n
}

// respond makes the answer, and with it the effect. It tells whether a hook
// loses the answer.
func (c *Cloud) respond(w *httptest.ResponseRecorder, r *http.Request, body []byte, n int, call Call, fault Fault) (lost bool) {
	c.mu.Lock()
	w.Header().Set("Date", c.now().UTC().Format(http.TimeFormat))
	c.mu.Unlock()
	switch {
	case call.Op == "":
		refuse(w, http.StatusNotFound, "APIG.0101", "The API does not exist or has not been published")
		return false
	case fault.answer != nil:
		fault.answer(w)
	case c.Before != nil && c.Before(w, call):
	default:
		c.mu.Lock()
		if c.admit(w, r, body, call) {
			c.carryOut(w, r, n, call, fault)
		}
		c.mu.Unlock()
		lost = c.After != nil && c.After(call)
	}
	if fault.then != nil {
		fault.then()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests[n].Status = w.Code
	return lost
}

// carryOut does what was asked, or what the fault makes of it. c.mu is held.
func (c *Cloud) carryOut(w *httptest.ResponseRecorder, r *http.Request, n int, call Call, fault Fault) {
	if isChannelCommand(call.Op) {
		c.carryOutOnChannel(w, r, n, call, fault)
		return
	}
	f := c.find(call.FlowID)
	var before medialive.FlowStatus
	if f != nil {
		before = f.Status
	}
	c.answer(w, r, call)
	if f == nil && call.Op != "CreateFlows" || r.Method == http.MethodGet || w.Code >= http.StatusBadRequest {
		return
	}
	switch {
	case call.Op == "DeleteFlow": // written down as it was removed
	case call.Op == "CreateFlows":
		c.requests[n].FlowID = c.flows[0].ID
		c.note(call.Op, c.flows[0])
	case (fault.late > 0 || fault.never) && f.Status != before:
		if fault.late > 0 {
			c.late = append(c.late, lateEffect{time.Now().Add(fault.late), n, c.become(f.ID, f.Status)})
		}
		f.Status = before
		return
	default:
		c.note(call.Op, f)
	}
	c.requests[n].Effect = true
}

// admit judges the token or the signature. c.mu is held.
func (c *Cloud) admit(w http.ResponseWriter, r *http.Request, body []byte, call Call) bool {
	if call.Op == "KeystoneCreateUserToken" {
		return true
	}
	problem := ""
	if header := r.Header.Get("Authorization"); header != "" {
		problem = c.checkSignature(r, body, header)
	} else if ends, issued := c.tokens[call.Token]; issued && !c.now().Before(ends) || !issued && c.strict {
		problem = "token expires"
	}
	if problem != "" {
		refuse(w, http.StatusUnauthorized, "APIG.0301", "Incorrect IAM authentication information: "+problem)
	}
	return problem == ""
}

// checkSignature tells what is wrong with a signed request. c.mu is held.
func (c *Cloud) checkSignature(r *http.Request, body []byte, header string) (problem string) {
	s, err := medialive.ParseAuthorization(header)
	secret, known := c.keys[s.Access]
	if err != nil || !known || !s.Verify(r, body, secret) {
		return "verify aksk signature fail"
	}
	if at, err := medialive.SignedAt(r.Header); err != nil || c.now().Sub(at).Abs() > medialive.SignatureLife {
		return "aksk signature expired"
	}
	return ""
}

// Transport gives a round tripper that answers by itself, so that tests may run
// on a fake clock.
func (c *Cloud) Transport() http.RoundTripper { return transport{c} }

type transport struct{ cloud *Cloud }

// RoundTrip tells a client trace of its progress as a real transport does.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer func() { _ = r.Body.Close() }()
	trace := httptrace.ContextClientTrace(r.Context())
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	in := r.Clone(r.Context())
	out := t.cloud.exchange(in)
	if out.fault.refuse {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	if trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if out.fault.hang {
		<-r.Context().Done()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if out.lost || out.fault.cut == InHeaders {
		return nil, errors.New("the connection broke")
	}
	return &http.Response{
		Status: http.StatusText(out.status), StatusCode: out.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: out.header, ContentLength: -1, Request: r, Body: io.NopCloser(out.reader(r.Context())),
	}, nil
}

// reader gives the body, with what is wrong with it.
func (o reply) reader(ctx context.Context) io.Reader {
	var body io.Reader = bytes.NewReader(o.body)
	if o.fault.cut == InBody {
		body = io.MultiReader(bytes.NewReader(o.body[:len(o.body)/2]), broken{})
	}
	if o.fault.drip > 0 {
		body = dripping{ctx, body, o.fault.drip}
	}
	return io.MultiReader(io.LimitReader(space{}, o.fault.pad), body)
}

// space reads as white space without end.
type space struct{}

func (space) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// broken reads as a connection that broke.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// dripping reads a byte at a time.
type dripping struct {
	ctx   context.Context
	from  io.Reader
	every time.Duration
}

func (d dripping) Read(p []byte) (int, error) {
	if !wait(d.ctx, d.every) {
		return 0, d.ctx.Err()
	}
	return d.from.Read(p[:min(1, len(p))])
}

// wait waits unless ctx ends before.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
