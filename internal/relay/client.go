package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	callTimeout   = 10 * time.Second
	silentTimeout = 5 * time.Second // events come each second
	maxAnswer     = 64 << 10
	maxReport     = 16 << 20
	tapRead       = 32 << 10
)

// ErrInvalid tells that the relay does not accept a spec.
var ErrInvalid = errors.New("invalid flow spec")

// Client drives a relay process over its unix socket. Calls are safe for use
// by several goroutines and are never repeated.
type Client struct {
	http *http.Client
}

// Dial gives a client of the relay on a socket. It connects at each call, so
// that the relay may come and go.
func Dial(socket string) *Client {
	var dialer net.Dialer
	return &Client{&http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", socket)
		},
		ReadBufferSize:    tapRead,
		DisableKeepAlives: true, // a connection kept over the relay's end would cost a failed call
	}}}
}

// Put makes a flow run as the spec says, with the least interruption: another
// whitelist interrupts nothing, another latency counts from the next
// connection, and any other change makes only its own leg connect anew. When
// it fails, nothing has changed. Errors: [*PortError], [ErrInvalid],
// [ErrUnavailable] with the package to install.
func (c *Client) Put(ctx context.Context, spec FlowSpec) error { return c.put(ctx, spec, nil) }

// Restore is [Client.Put] for a flow that should run already: a leg whose port
// is taken does not keep the others from running; it is Failed, and tried
// again until it works.
func (c *Client) Restore(ctx context.Context, spec FlowSpec) error {
	return c.put(ctx, spec, url.Values{restoreOption: {""}})
}

func (c *Client) put(ctx context.Context, spec FlowSpec, query url.Values) error {
	body, err := json.Marshal(spec)
	if err != nil {
		return fmt.Errorf("put flow %s: %w", spec.ID, err)
	}
	return c.call(ctx, http.MethodPut, "/flows/"+url.PathEscape(spec.ID)+"?"+query.Encode(), body, nil)
}

// Remove ends a flow; one that does not run is no error.
func (c *Client) Remove(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/flows/"+url.PathEscape(id), nil, nil)
}

// Tap reads what the source of a flow sends, from now on: the transport stream
// as it comes, in the clear. It goes on over a loss of the source, and ends with
// the flow. What a reader is too slow for is dropped. The caller closes it. Errors:
// [ErrNoFlow].
func (c *Client) Tap(ctx context.Context, id string) (io.ReadCloser, error) {
	res, err := c.do(ctx, http.MethodGet, "/flows/"+url.PathEscape(id)+"/media", nil)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// Report reads the state of the relay.
func (c *Client) Report(ctx context.Context) (Report, error) {
	var report Report
	err := c.call(ctx, http.MethodGet, "/report", nil, &report)
	return report, err
}

// Ping tells whether a relay answers.
func (c *Client) Ping(ctx context.Context) error {
	return c.call(ctx, http.MethodGet, "/ping", nil, nil)
}

// Stop asks the process to end in order. It returns when that has begun.
func (c *Client) Stop(ctx context.Context) error {
	return c.call(ctx, http.MethodPost, "/stop", nil, nil)
}

// Events hands over a report at once, each second, and at each change of a
// leg's state. It returns when ctx ends, when the relay does, or when none has
// come for 5 s.
func (c *Client) Events(ctx context.Context, each func(Report) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(silentTimeout, func() { cancel(errors.New("the relay is silent")) })
	defer silence.Stop()
	res, err := c.do(ctx, http.MethodGet, "/events", nil)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	limited := &io.LimitedReader{R: res.Body, N: maxReport}
	decoder := json.NewDecoder(limited)
	for {
		var report Report
		limited.N = maxReport
		if err := decoder.Decode(&report); err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return fmt.Errorf("read events of the relay: %w", err)
		}
		silence.Reset(silentTimeout)
		if err := each(report); err != nil {
			return err
		}
	}
}

// call does one exchange and reads the answer into result, if there is one.
func (c *Client) call(ctx context.Context, method, path string, body []byte, result any) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	res, err := c.do(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if result == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxReport)).Decode(result); err != nil {
		return fmt.Errorf("ask relay %s %s: %w", method, path, err)
	}
	return nil
}

func (c *Client) do(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://relay"+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("ask relay %s %s: %w", method, path, err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask relay %s %s: %w", method, path, err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		defer func() { _ = res.Body.Close() }()
		return nil, readProblem(res)
	}
	return res, nil
}

func readProblem(res *http.Response) error {
	var p problem
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(&p); err != nil {
		return fmt.Errorf("the relay answered status %d", res.StatusCode)
	}
	switch p.Code {
	case codePort:
		return &PortError{Leg: p.Leg, Port: p.Port}
	case codeInvalid:
		return fmt.Errorf("%w: %s", ErrInvalid, p.Text)
	case codeNoFlow:
		return ErrNoFlow
	case codeUnavailable:
		return &unavailableError{p.Text}
	}
	return fmt.Errorf("the relay could not: %s", p.Text)
}

// unavailableError is ErrUnavailable with the relay's own words.
type unavailableError struct{ text string }

func (e *unavailableError) Error() string { return e.text }

func (e *unavailableError) Is(target error) bool { return target == ErrUnavailable }
