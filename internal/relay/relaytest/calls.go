package relaytest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowdeck/flowdeck/internal/srt"
)

// Calls are senders that call a source again and again, and go each time.
type Calls struct {
	To         netip.AddrPort
	Passphrase string
	KeyLength  int           // bytes
	Count      int           // calls in all
	AtOnce     int           // senders
	Stay       time.Duration // how long a sender stays and sends; it may be 0
	Every      time.Duration // from one call of a sender to its next
}

// CallsResult is what became of the calls.
type CallsResult struct {
	Connected int
	Refused   int // or not answered
	Took      time.Duration
}

const callBurst = 8 // packets that a sender sends at once, 100 times a second

// RunCalls reads Calls as JSON, makes them and writes the CallsResult. It is
// meant for a process of its own.
func RunCalls(ctx context.Context, in io.Reader, out io.Writer) error {
	var c Calls
	if err := json.NewDecoder(in).Decode(&c); err != nil {
		return fmt.Errorf("read calls: %w", err)
	}
	lib, err := srt.Load()
	if err != nil {
		return err
	}
	if err := lib.Startup(); err != nil {
		return err
	}
	g := &generator{lib: lib, load: Load{Passphrase: c.Passphrase, KeyLength: c.KeyLength}}
	var all sync.WaitGroup
	var connected, refused, begun atomic.Int64
	faults := make(chan error, c.AtOnce)
	began := time.Now()
	for range c.AtOnce {
		all.Go(func() {
			for next := time.Now(); begun.Add(1) <= int64(c.Count); next = next.Add(c.Every) {
				<-time.After(time.Until(next))
				came, err := g.visit(ctx, c)
				switch {
				case err != nil:
					faults <- err
					return
				case came:
					connected.Add(1)
				default:
					refused.Add(1)
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-faults:
		return err
	default:
	}
	return json.NewEncoder(out).Encode(CallsResult{
		Connected: int(connected.Load()), Refused: int(refused.Load()), Took: time.Since(began),
	})
}

// visit calls, sends for a while if it is let in, and goes.
func (g *generator) visit(ctx context.Context, c Calls) (came bool, err error) {
	s, came, err := g.call(ctx, c.To)
	if err != nil {
		return false, err
	}
	defer g.lib.Close(s)
	if !came {
		return false, nil
	}
	message, packet := make([]byte, loadMessage), new(srt.Packet)
	end, tick := time.After(c.Stay), time.NewTicker(connectPause)
	defer tick.Stop()
	for sequence := uint32(0); ; {
		select {
		case <-ctx.Done():
			return true, ctx.Err()
		case <-end:
			return true, nil
		case <-tick.C:
		}
		for range callBurst {
			number(message, sequence)
			sequence++
			packet.Set(message)
			_ = g.lib.Send(s, packet) // the relay may have closed it
		}
	}
}
