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
	mediaPause = 8 * time.Millisecond
	readyBatch = 256

	batchPackets = 64 // of a source at once: a pause of 80 Mb/s
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
	batch := make([]srt.Packet, batchPackets)
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
		m.drain(ctx, batch, ready)
		// Cut short by a signal: no harm.
		_, _, _ = syscall.RawSyscall(syscall.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&pause)), 0, 0)
	}
}

// drain forwards until no source has a packet left. A fast source is put off
// for the others each time it fills the batch.
func (m *media) drain(ctx context.Context, batch []srt.Packet, ready []srt.Event) {
	for more := true; more && ctx.Err() == nil; {
		n, err := m.poll.Ready(ready)
		if err != nil {
			return
		}
		more = n == len(ready)
		for _, e := range ready[:n] {
			more = m.forward(e.Socket, batch) || more
		}
	}
}

// forward passes what a source has, or a full batch, on to its sinks, and
// tells whether it was that much. Each sink gets all at once, since it takes
// libsrt's sender longer to wake up than to send.
func (m *media) forward(s srt.Socket, batch []srt.Packet) (full bool) {
	p, ok := m.source(s)
	if !ok {
		m.poll.Forget(s)
		return false
	}
	n := m.receive(p, batch)
	for _, sink := range *p.leg.flow.sinks.Load() {
		for i := range n {
			sink.send(m.lib, &batch[i])
		}
	}
	for _, t := range *p.leg.flow.taps.Load() {
		t.add(batch[:n])
	}
	return n == len(batch)
}

// receive fills the batch with what a source has. It asks before each further
// packet, since to be refused one is dear in libsrt.
func (m *media) receive(p *peer, batch []srt.Packet) (n int) {
	for n < len(batch) && (n == 0 || m.lib.Readable(p.socket)) {
		packet := &batch[n]
		err := m.lib.Receive(p.socket, packet)
		if errors.Is(err, srt.ErrWouldBlock) {
			break
		}
		if err != nil {
			m.poll.Forget(p.socket)
			p.broken.Store(true) // control closes it
			break
		}
		n++
		p.bytes.Add(int64(len(packet.Payload())))
		if faults := p.ts.check(packet.Payload()); faults != 0 {
			p.tsErrors.Add(faults)
		}
	}
	return n
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
