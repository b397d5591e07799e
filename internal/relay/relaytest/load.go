package relaytest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"syscall"
	"time"

	"github.com/flowdeck/flowdeck/internal/srt"
)

// Load is traffic for a relay: a steady sender for each flow, and a receiver
// for each of its outputs, which the relay calls.
type Load struct {
	Host       string // IP address of the relay; 127.0.0.1 when empty
	Flows      []LoadFlow
	BitRate    int // of each flow, bit/s
	Burst      int // packets that a flow sends at once
	Passphrase string
	KeyLength  int // bytes
}

// LoadFlow is the ports of one flow: where the relay listens, and where the
// receivers listen, on the loopback address.
type LoadFlow struct {
	Send    int
	Receive []int
}

// LoadResult is what the load moved.
type LoadResult struct {
	Sent     int // packets
	Received int // packets, all receivers together
	Gaps     int // packets missing between two received ones
}

const (
	loadMessage   = 7 * packetSize
	receivePause  = 5 * time.Millisecond
	connectPause  = 10 * time.Millisecond
	maxLoadEvents = 512
	loadLatency   = 120 // milliseconds
	bitsPerByte   = 8
)

// generator is a running load.
type generator struct {
	lib       *srt.Library
	load      Load
	senders   []srt.Socket
	sequences []uint32
	listeners map[srt.Socket]bool
	receivers map[srt.Socket]uint32 // by socket: the number that comes next
	poll      *srt.Poll
	result    LoadResult
}

// Run reads a Load as JSON, applies it until ctx ends and writes the
// LoadResult. It is meant for a process of its own.
func Run(ctx context.Context, in io.Reader, out io.Writer) error {
	var load Load
	if err := json.NewDecoder(in).Decode(&load); err != nil {
		return fmt.Errorf("read load: %w", err)
	}
	lib, err := srt.Load()
	if err != nil {
		return err
	}
	if err := lib.Startup(); err != nil {
		return err
	}
	// No cleanup: with connections that nobody reads any more it can take
	// libsrt minutes, and the process ends anyway.
	g := &generator{lib: lib, load: load, listeners: map[srt.Socket]bool{}, receivers: map[srt.Socket]uint32{}}
	if err := g.open(ctx); err != nil {
		return err
	}
	received := make(chan struct{})
	go func() {
		defer close(received)
		g.receive(ctx)
	}()
	g.send(ctx)
	<-received
	return json.NewEncoder(out).Encode(g.result)
}

// open starts the receivers, then connects the senders, waiting for a relay
// that is not there yet.
func (g *generator) open(ctx context.Context) error {
	var err error
	if g.poll, err = g.lib.NewPoll(); err != nil {
		return err
	}
	for _, f := range g.load.Flows {
		for _, port := range f.Receive {
			if err := g.listen(port); err != nil {
				return err
			}
		}
	}
	for _, f := range g.load.Flows {
		s, err := g.connect(ctx, f.Send)
		if err != nil {
			return err
		}
		g.senders = append(g.senders, s)
	}
	g.sequences = make([]uint32, len(g.senders))
	return nil
}

func (g *generator) socket() (srt.Socket, error) {
	s, err := g.lib.NewSocket()
	if err != nil {
		return 0, err
	}
	err = errors.Join(
		g.lib.SetInt(s, srt.OptTransType, 0),
		g.lib.SetInt(s, srt.OptPayloadSize, srt.MaxPayload),
		g.lib.SetInt(s, srt.OptLatency, loadLatency),
		g.lib.SetBool(s, srt.OptSendBlocking, false),
		g.lib.SetBool(s, srt.OptReceiveBlocking, false),
		g.lib.SetString(s, srt.OptPassphrase, g.load.Passphrase),
	)
	if err == nil && g.load.KeyLength > 0 {
		err = g.lib.SetInt(s, srt.OptKeyLength, g.load.KeyLength)
	}
	return s, err
}

func local(port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
}

func (g *generator) listen(port int) error {
	s, err := g.socket()
	if err != nil {
		return err
	}
	g.listeners[s] = true
	return errors.Join(
		g.lib.Bind(s, local(port)),
		g.lib.Listen(s, 1, srt.Door{Admit: func(srt.Call) srt.Reject { return srt.Accept }}),
		g.poll.Watch(s, srt.In),
	)
}

// connect calls until somebody answers.
func (g *generator) connect(ctx context.Context, port int) (srt.Socket, error) {
	to := local(port)
	if g.load.Host != "" {
		host, err := netip.ParseAddr(g.load.Host)
		if err != nil {
			return 0, err
		}
		to = netip.AddrPortFrom(host, uint16(port))
	}
	for {
		s, connected, err := g.call(ctx, to)
		if err != nil || connected {
			return s, err
		}
		g.lib.Close(s)
	}
}

// call calls once, and tells whether the other side took the call. The socket
// is the caller's to close, unless there is an error.
func (g *generator) call(ctx context.Context, to netip.AddrPort) (s srt.Socket, connected bool, err error) {
	if s, err = g.socket(); err != nil {
		return 0, false, err
	}
	if err := g.lib.Connect(s, to); err != nil {
		g.lib.Close(s)
		return 0, false, err
	}
	tick := time.NewTicker(connectPause)
	defer tick.Stop()
	for state := srt.StateConnecting; state == srt.StateConnecting; state = g.lib.State(s) {
		select {
		case <-ctx.Done():
			g.lib.Close(s)
			return 0, false, ctx.Err()
		case <-tick.C:
		}
	}
	return s, g.lib.State(s) == srt.StateConnected, nil
}

// send paces all flows, with their bursts spread evenly over the interval.
// Timers of Go are too coarse for that, so the thread sleeps itself.
func (g *generator) send(ctx context.Context) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	burst := max(1, g.load.Burst)
	gap := time.Duration(float64(time.Second) * loadMessage * bitsPerByte * float64(burst) /
		float64(g.load.BitRate) / float64(len(g.senders)))
	message, packet := make([]byte, loadMessage), new(srt.Packet)
	start := time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		if ahead := time.Until(start.Add(time.Duration(n) * gap)); ahead > 0 {
			pause := syscall.NsecToTimespec(int64(ahead))
			_ = syscall.Nanosleep(&pause, nil)
		}
		flow := n % len(g.senders)
		for range burst {
			number(message, g.sequences[flow])
			g.sequences[flow]++
			packet.Set(message)
			if g.lib.Send(g.senders[flow], packet) == nil {
				g.result.Sent++
			}
		}
	}
}

// number fills a message with transport packets of one PID whose counters go
// on, and with the message's own number.
func number(message []byte, sequence uint32) {
	for i := range loadMessage / packetSize {
		p := message[i*packetSize:]
		p[0], p[1], p[2] = 'G', 1, 0
		p[3] = 0x10 | byte(int(sequence)*(loadMessage/packetSize)+i)&0x0f
	}
	message[4], message[5], message[6], message[7] = byte(sequence>>24), byte(sequence>>16), byte(sequence>>8), byte(sequence)
}

func numberOf(message []byte) uint32 {
	return uint32(message[4])<<24 | uint32(message[5])<<16 | uint32(message[6])<<8 | uint32(message[7])
}

func (g *generator) receive(ctx context.Context) {
	events := make([]srt.Event, maxLoadEvents)
	packet := new(srt.Packet)
	tick := time.NewTicker(receivePause)
	defer tick.Stop()
	for ctx.Err() == nil {
		<-tick.C
		for {
			n, err := g.poll.Ready(events)
			if n == 0 || err != nil || ctx.Err() != nil {
				break
			}
			for _, e := range events[:n] {
				g.take(e.Socket, packet)
			}
		}
	}
}

func (g *generator) take(s srt.Socket, packet *srt.Packet) {
	if g.listeners[s] {
		if accepted, _, err := g.lib.Accept(s); err == nil {
			_ = g.poll.Watch(accepted, srt.In|srt.Err)
		}
		return
	}
	err := g.lib.Receive(s, packet)
	if err != nil || len(packet.Payload()) < loadMessage {
		if !errors.Is(err, srt.ErrWouldBlock) {
			g.poll.Forget(s)
		}
		return
	}
	now := numberOf(packet.Payload())
	if next, known := g.receivers[s]; known {
		g.result.Gaps += int(now - next)
	}
	g.receivers[s] = now + 1
	g.result.Received++
}
