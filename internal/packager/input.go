package packager

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowdeck/flowdeck/internal/packager/rtmp"
)

const (
	tapPause    = 200 * time.Millisecond // between two tries to connect to a tap
	tapBuffer   = 64 << 10
	maxPlaylist = 1 << 20
	fetchTime   = 10 * time.Second // for a playlist, and for the head of a stream
	stallTime   = 10 * time.Second // a pull that brings nothing for so long is begun anew
)

// Input yields the transport stream of a source. It connects again, whatever
// happens.
type Input interface {
	// Run hands over bytes until ctx ends. They are valid during the call only.
	Run(ctx context.Context, each func(data []byte))
	// Connections tells how often it has been connected, and what ended the last
	// one, or keeps it from connecting.
	Connections() (n int64, problem string)
	// Refused tells who was turned away, newest first.
	Refused() []rtmp.Refused
}

// newInput makes the input of a source.
func newInput(s Source, name string, opts Options, log *slog.Logger) Input {
	if s.Kind == Tap {
		return &tap{open: func(ctx context.Context) (io.ReadCloser, error) { return opts.Tap(ctx, string(s.Address)) }}
	}
	in := &foreign{source: s, client: opts.HTTP, way: opts.way, stall: stallTime}
	in.child = &child{name: name, path: opts.FFmpeg, log: log, out: in.hand, args: func(string) ([]string, error) { return inputArgs(s), nil }}
	switch s.Kind {
	case FLVPull:
		in.child.open = in.stream
	case HLSPull:
		in.child.open, in.child.proxy = in.playlist, opts.way.url
	case RTMPPush:
		in.front = rtmp.New(string(s.Address), s.Application, s.Stream, log)
		in.child.open = in.front.Next
	case Tap:
	}
	return in
}

// tap reads what the relay hands on of a source.
type tap struct {
	open        func(context.Context) (io.ReadCloser, error)
	connections atomic.Int64

	mu      sync.Mutex
	problem string
}

// Run reads the tap.
func (t *tap) Run(ctx context.Context, each func([]byte)) {
	for ctx.Err() == nil {
		err := t.read(ctx, each)
		t.mu.Lock()
		t.problem = err.Error()
		t.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(tapPause):
		}
	}
}

func (t *tap) read(ctx context.Context, each func([]byte)) error {
	conn, err := t.open(ctx)
	if err != nil {
		return err
	}
	t.connections.Add(1)
	end := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer end()
	defer func() { _ = conn.Close() }()
	buffer := make([]byte, tapBuffer)
	for {
		n, err := conn.Read(buffer)
		if n > 0 {
			each(buffer[:n])
		}
		if err != nil {
			return errors.New("the relay hung up")
		}
	}
}

// Connections counts those to the relay.
func (t *tap) Connections() (int64, string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.connections.Load(), t.problem
}

// Refused is the relay's matter.
func (t *tap) Refused() []rtmp.Refused { return nil }

// foreign is a source that ffmpeg turns into a transport stream.
type foreign struct {
	source Source
	front  *rtmp.Front // of one that is pushed to us; nil: it is pulled
	client *http.Client
	way    *way
	child  *child
	each   func([]byte) // set before the child runs
	tries  int          // of addresses, by the child's goroutine alone
	stall  time.Duration
	brings atomic.Bool // since the last look
}

// Run keeps the ffmpeg of the source.
func (f *foreign) Run(ctx context.Context, each func([]byte)) {
	f.each = each
	var beside sync.WaitGroup
	if f.front != nil {
		beside.Go(func() { f.front.Run(ctx) })
	} else {
		beside.Go(func() { f.watch(ctx) })
	}
	f.child.run(ctx)
	beside.Wait()
}

func (f *foreign) hand(data []byte) {
	f.brings.Store(true)
	f.each(data)
}

// watch begins a pull anew that brings nothing: a server that hangs ends no
// connection.
func (f *foreign) watch(ctx context.Context) {
	tick := time.NewTicker(f.stall)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		state := f.child.state()
		if !f.brings.Swap(false) && state.PID != 0 && time.Since(state.Since) >= f.stall {
			f.child.again()
		}
	}
}

// Connections counts the starts of ffmpeg.
func (f *foreign) Connections() (int64, string) {
	state := f.child.state()
	problem := strings.TrimSpace(state.Ended + " " + strings.Join(state.Lines, " · "))
	if f.front != nil && f.front.Problem() != "" {
		problem = f.front.Problem()
	}
	return state.Starts, problem
}

// Refused tells whom the front turned away.
func (f *foreign) Refused() []rtmp.Refused {
	if f.front == nil {
		return nil
	}
	return f.front.Refused()
}

// get asks for the address whose turn it is; after a failure the next one is tried.
func (f *foreign) get(ctx context.Context) (*http.Response, error) {
	all := append([]Address{f.source.Address}, f.source.Backups...)
	address := all[f.tries%len(all)]
	f.tries++
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, string(address), nil)
	if err != nil {
		return nil, fmt.Errorf("%v is no address", address)
	}
	slow := errors.New("does not answer")
	res, err := f.client.Do(req) //nolint:bodyclose // the caller does
	if err != nil {
		if inner := (*url.Error)(nil); errors.As(err, &inner) {
			err = inner.Err // without the address
		}
		if ctx.Err() != nil {
			err = slow
		}
		return nil, fmt.Errorf("pull from %v: %w", address, err)
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		return nil, fmt.Errorf("pull from %v: status %d", address, res.StatusCode)
	}
	f.tries--
	return res, nil
}

// stream gives the body of an FLV stream: the address is ours, ffmpeg sees bytes.
func (f *foreign) stream(ctx context.Context) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	late := time.AfterFunc(fetchTime, cancel)
	res, err := f.get(ctx)
	if !late.Stop() || err != nil {
		cancel()
	}
	if err != nil {
		return nil, err
	}
	return &body{ReadCloser: res.Body, end: func() { cancel(); f.tries++ }}, nil
}

// body is one that ends with its request. The next try is another address's.
type body struct {
	io.ReadCloser
	once sync.Once
	end  func()
}

// Close may be called twice.
func (b *body) Close() error {
	b.once.Do(b.end)
	return b.ReadCloser.Close()
}

// playlist gives ffmpeg a playlist with the one variant that is wanted, on stdin.
func (f *foreign) playlist(parent context.Context) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(parent, fetchTime)
	defer cancel()
	res, err := f.get(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxPlaylist))
	if err != nil {
		return nil, errors.New("pull: the playlist breaks off")
	}
	if !strings.HasPrefix(string(text), listed) {
		return nil, errors.New("pull: what came is no playlist")
	}
	one := f.way.rewrite(oneVariant(string(text), res.Request.URL, f.source.MaxBandwidth), res.Request.URL)
	return &body{ReadCloser: io.NopCloser(strings.NewReader(one)), end: func() { f.tries++ }}, nil
}
