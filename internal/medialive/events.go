package medialive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

// Events follows the event stream of a Flowdeck gateway and gives each event to
// tell, one after another. It returns when ctx ends, when the stream breaks, or
// when it is silent for three seconds; the caller decides when to come back.
// The error is never nil. KindNotFound means that the endpoint has no such
// stream.
func (c *Client) Events(ctx context.Context, tell func(Event) error) error {
	r := c.extRequest("Events", "/events")
	r.header.Set("Accept", "text/event-stream")
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := c.link.limits.silence
	watch := time.AfterFunc(silence, func() {
		cancel(fmt.Errorf("nothing came for %s", silence))
	})
	defer watch.Stop()

	resp, err := c.link.openStream(ctx, r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	a := answer{status: resp.StatusCode, header: resp.Header}
	alive := func() { watch.Reset(silence) }
	told := readEvents(resp.Body, c.link.limits.line, alive, tell)
	if cause := context.Cause(ctx); cause != nil {
		told = cause
	}
	var wrong *eventError
	if errors.As(told, &wrong) {
		return r.unreadable(a, told)
	}
	return r.broken(a, fmt.Errorf("event stream: %w", told))
}

// openStream sends a request whose answer is an event stream, and gives the
// answer with its body still to be read.
func (l *link) openStream(ctx context.Context, r request) (*http.Response, error) {
	resp, failed := l.send(ctx, r)
	if failed != nil {
		return nil, failed
	}
	a := answer{status: resp.StatusCode, header: resp.Header}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode == http.StatusOK && kind == "text/event-stream" {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, l.limits.body))
	if err != nil {
		return nil, r.broken(a, fmt.Errorf("read the answer: %w", err))
	}
	a.body = body
	if refused := r.refusal(a); refused != nil {
		return nil, refused
	}
	return nil, r.unreadable(a, errors.New("the answer is not an event stream"))
}

// eventError is an event stream that is not what it should be.
type eventError struct{ cause error }

func (e *eventError) Error() string { return e.cause.Error() }
func (e *eventError) Unwrap() error { return e.cause }

// readEvents reads server-sent events until the stream ends. No line and no
// event may be longer than limit bytes. alive is called for every line.
func readEvents(stream io.Reader, limit int, alive func(), tell func(Event) error) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, limit)
	var data []byte
	for lines.Scan() {
		alive()
		line := lines.Bytes()
		if len(line) == 0 {
			if err := tellEvent(data, tell); err != nil {
				return err
			}
			data = data[:0]
			continue
		}
		part, ok := bytes.CutPrefix(line, []byte("data:"))
		if !ok {
			continue // the kind stands in the data too; comments and ids tell nothing
		}
		if len(data)+len(part) >= limit {
			return &eventError{fmt.Errorf("an event of more than %d bytes", limit)}
		}
		data = append(data, bytes.TrimPrefix(part, []byte(" "))...)
		data = append(data, '\n')
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return &eventError{fmt.Errorf("a line of more than %d bytes", limit)}
	case err != nil:
		return err
	}
	return io.EOF
}

// tellEvent decodes the data of one event and passes it on.
func tellEvent(data []byte, tell func(Event) error) error {
	if len(data) == 0 {
		return nil
	}
	var event Event
	if err := json.Unmarshal(data, &event); err != nil {
		return &eventError{fmt.Errorf("decode an event: %w", err)}
	}
	if event.Kind == "" {
		return &eventError{errors.New("an event without a kind")}
	}
	return tell(event)
}
