package relay

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/flowdeck/flowdeck/internal/srt"
)

const (
	// mediaPause lets a few packets gather, so that one wake-up serves all
	// flows, and one wake-up of libsrt's sender several packets. It bounds the
	// delay that the relay adds; their spacing goes with the packets.
	mediaPause = 5 * time.Millisecond
	readyBatch = 256

	singleRounds = 3
	burstPackets = 64
)

// media carries packets from the sources to their flows' outputs. One
// goroutine serves all flows: it never waits in libsrt, neither to receive
// nor to send, so no flow holds up another.
type media struct {
	lib  *srt.Library
	poll *srt.Poll

	mu      sync.RWMutex
	sources map[srt.Socket]*peer
	wake    chan struct{} // holds one when a source came
}

func newMedia(lib *srt.Library) (*media, error) {
	poll, err := lib.NewPoll()
	if err != nil {
		return nil, err
	}
	return &media{lib: lib, poll: poll, sources: map[srt.Socket]*peer{}, wake: make(chan struct{}, 1)}, nil
}

func (m *media) add(p *peer) error {
	m.mu.Lock()
	m.sources[p.socket] = p
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return m.poll.Watch(p.socket, srt.In|srt.Err)
}

func (m *media) remove(p *peer) {
	m.poll.Forget(p.socket)
	m.mu.Lock()
	delete(m.sources, p.socket)
	m.mu.Unlock()
}

func (m *media) source(s srt.Socket) (*peer, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	p, ok := m.sources[s]
	return p, ok
}

func (m *media) idle() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.sources) == 0
}

// run forwards until ctx ends. It sleeps without telling Go's scheduler, which
// would otherwise rouse other threads at each of hundreds of wake-ups a
// second, and cost more processor time than all the packets.
func (m *media) run(ctx context.Context) {
	packet := new(srt.Packet)
	ready := make([]srt.Event, readyBatch)
	pause := syscall.NsecToTimespec(int64(mediaPause))
	for ctx.Err() == nil {
		if m.idle() {
			select {
			case <-ctx.Done():
				return
			case <-m.wake:
			}
		}
		m.drain(ctx, packet, ready)
		// Cut short by a signal: no harm.
		_, _, _ = syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&pause)), 0, 0)
	}
}

// drain forwards until no source has a packet. At first it takes one a source
// and round, so that a fast one does not starve the others. A source that is
// still ready after some rounds has a burst to give, and is emptied: to learn
// that it is empty is dear in libsrt, but then cheaper than asking each time.
func (m *media) drain(ctx context.Context, packet *srt.Packet, ready []srt.Event) {
	for round := 0; ctx.Err() == nil; round++ {
		n, err := m.poll.Ready(ready)
		if n == 0 || err != nil {
			return
		}
		most := 1
		if round >= singleRounds {
			most = burstPackets
		}
		for _, e := range ready[:n] {
			m.forward(e.Socket, packet, most)
		}
	}
}

// forward passes at most so many packets of a source on.
func (m *media) forward(s srt.Socket, packet *srt.Packet, most int) {
	p, ok := m.source(s)
	if !ok {
		m.poll.Forget(s)
		return
	}
	sinks := *p.leg.flow.sinks.Load()
	for range most {
		err := m.lib.Receive(s, packet)
		if errors.Is(err, srt.ErrWouldBlock) {
			return
		}
		if err != nil {
			m.poll.Forget(s)
			p.broken.Store(true) // control closes it
			return
		}
		p.bytes.Add(int64(len(packet.Payload())))
		if faults := p.ts.check(packet.Payload()); faults != 0 {
			p.tsErrors.Add(faults)
		}
		for _, sink := range sinks {
			sink.send(m.lib, packet)
		}
	}
}

// send queues a packet in libsrt, whose buffer is the only queue. A full one
// means that the far end is too slow: the packet is dropped and counted.
func (p *peer) send(lib *srt.Library, packet *srt.Packet) {
	if p.broken.Load() {
		return
	}
	err := lib.Send(p.socket, packet)
	if err != nil && !errors.Is(err, srt.ErrWouldBlock) {
		packet.Undated() // it may be older than this connection
		err = lib.Send(p.socket, packet)
	}
	switch {
	case err == nil:
		p.bytes.Add(int64(len(packet.Payload())))
	case errors.Is(err, srt.ErrWouldBlock):
		p.drops.Add(1)
	default:
		p.broken.Store(true)
	}
}
