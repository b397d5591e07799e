package rtmp

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	callTime     = 10 * time.Second // to say what it wants to publish
	callBytes    = 64 << 10         // of all messages before that
	callMessage  = 16 << 10         // bytes of one of them
	callsAtOnce  = 32               // who has not said yet; more are sent away
	mediaMessage = 4 << 20          // bytes of one of who was let in
	silence      = 10 * time.Second // of who was let in, before its place is free again
	pickUp       = 20 * time.Second // for what it sends to be taken
	listenAgain  = time.Second
)

// Front listens where one stream is pushed to. Its methods may be called by
// several goroutines.
type Front struct {
	address string
	key     [sha256.Size]byte // of application and stream
	log     *slog.Logger
	streams chan io.ReadCloser

	mu      sync.Mutex
	problem string
	busy    bool // somebody publishes
	calls   int  // who has not said yet what it wants
	refused refusals
}

// New makes a front for host:port that lets in who publishes that stream in that
// application. What follows a ? in a name does not count.
func New(address, app, stream string, log *slog.Logger) *Front {
	return &Front{address: address, key: keyOf(app, stream), log: log, streams: make(chan io.ReadCloser)}
}

// keyOf makes what is compared as long for every name.
func keyOf(app, stream string) [sha256.Size]byte { return sha256.Sum256([]byte(app + "\x00" + stream)) }

// Run listens until ctx ends, and tries again for as long as it cannot.
func (f *Front) Run(ctx context.Context) {
	for ctx.Err() == nil {
		err := f.listen(ctx)
		if ctx.Err() != nil {
			return
		}
		f.set(err)
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

func (f *Front) set(problem error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.problem = ""; problem != nil {
		f.problem = problem.Error()
	}
}

// Problem is why nobody can push; empty: they can.
func (f *Front) Problem() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.problem
}

// Refused lists who was turned away, newest first.
func (f *Front) Refused() []Refused { return f.refused.newestFirst() }

// Next waits for somebody who is let in, and gives what it sends as FLV. Closing
// that hangs up. Error: that of ctx.
func (f *Front) Next(ctx context.Context) (io.ReadCloser, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case stream := <-f.streams:
		return stream, nil
	}
}

func (f *Front) listen(ctx context.Context) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", f.address)
	if err != nil {
		return fmt.Errorf("nobody can push: %w", err)
	}
	f.set(nil)
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	defer func() { _ = listener.Close() }()
	var talks sync.WaitGroup
	defer talks.Wait()
	for {
		conn, err := listener.Accept()
		if err != nil {
			return fmt.Errorf("nobody can push: %w", err)
		}
		if !f.called() {
			_ = conn.Close()
			f.refuse(conn, "", Busy)
			continue
		}
		talks.Go(func() { f.talk(ctx, conn) })
	}
}

// called counts a caller, if there are not too many.
func (f *Front) called() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls == callsAtOnce {
		return false
	}
	f.calls++
	return true
}

// talk hears what a caller wants, and takes what it sends.
func (f *Front) talk(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	limited := &io.LimitedReader{R: conn, N: callBytes}
	s := &session{conn: conn, in: newChunks(limited, callMessage), window: ourWindow}
	_ = conn.SetDeadline(time.Now().Add(callTime)) // fails only where the connection has
	app, stream, err := s.published()
	why := f.admit(app, stream, err)
	if ctx.Err() != nil {
		return
	}
	if why != "" {
		s.refuse()
		f.refuse(conn, app+"/"+stream, why)
		return
	}
	defer f.free()
	limited.N, s.in.limit = 1<<62, mediaMessage
	if err := s.admitted(); err == nil {
		err = f.pass(ctx, s)
		f.log.Info("an encoder ended", "address", f.address, "why", err)
	}
}

// admit tells why a caller is not let in; empty: it is, and has the place.
func (f *Front) admit(app, stream string, err error) (why Reason) {
	got := keyOf(app, stream)
	right := subtle.ConstantTimeCompare(got[:], f.key[:]) == 1
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls--
	switch {
	case err != nil:
		return Unfinished
	case !right:
		return Name
	case f.busy:
		return Busy
	}
	f.busy = true
	return ""
}

func (f *Front) free() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy = false
}

// pass hands on what a caller sends, once somebody takes it.
func (f *Front) pass(ctx context.Context, s *session) error {
	read, write := io.Pipe()
	defer func() { _ = read.Close() }()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pickUp):
		return context.DeadlineExceeded
	case f.streams <- read:
	}
	err := s.media(write, silence)
	_ = write.CloseWithError(io.EOF) // what was sent is whole, however it ended
	return err
}

func (f *Front) refuse(conn net.Conn, named string, why Reason) {
	from, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return
	}
	f.refused.add(from.Addr().Unmap().String(), named, why, time.Now().UTC())
}
