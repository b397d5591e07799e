package packager

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	maxStill  = 4 << 20 // bytes of one picture
	stillRead = 64 << 10
)

// still collects one key frame of a transport stream, with the tables that it
// takes to decode it. It is of one goroutine until done is closed.
type still struct {
	data  []byte
	pid   uint16
	done  chan struct{}
	whole bool
}

func newStill() *still { return &still{done: make(chan struct{})} }

// take gets each packet of the stream after its meter has read it.
func (s *still) take(p packet, key bool, m *meter) {
	switch {
	case s.whole || len(s.data) == 0 && !key:
	case len(s.data) == 0:
		s.data, s.pid = append(m.tables(), p...), p.pid()
	case p.pid() != s.pid:
	case p.start() || len(s.data) > maxStill:
		s.whole = true
		close(s.done)
	default:
		s.data = append(s.data, p...)
	}
}

// KeyFrame reads a transport stream as far as it takes to have one key frame of
// video, and gives that as a transport stream of its own. Errors: those of ctx
// and of the stream, which must end when ctx does.
func KeyFrame(ctx context.Context, stream io.Reader) ([]byte, error) {
	m, s := newMeter(nil), newStill()
	buffer := make([]byte, stillRead)
	for {
		n, err := stream.Read(buffer)
		m.feed(buffer[:n], func(p packet, key bool) { s.take(p, key, m) })
		switch {
		case s.whole:
			return s.data, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			return nil, fmt.Errorf("look for a key frame: %w", err)
		}
	}
}

var errNotRunning = errors.New("the channel does not run")

// Still waits for the next key frame of the input that is on air, and gives it
// as [KeyFrame] does.
func (p *Packager) Still(ctx context.Context, id string) ([]byte, error) {
	running, ok := p.get(id)
	if !ok {
		return nil, errNotRunning
	}
	s := newStill()
	running.watch(s)
	defer running.unwatch(s)
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-running.ctx.Done():
		return nil, errNotRunning
	case <-s.done:
		return s.data, nil
	}
}

func (p *pipeline) watch(s *still) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stills = append(p.stills, s)
}

func (p *pipeline) unwatch(s *still) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stills = slices.DeleteFunc(p.stills, func(o *still) bool { return o == s })
}
