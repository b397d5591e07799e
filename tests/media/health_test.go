package media

import (
	"context"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// promised is within what health_status tells that media stopped.
const promised = 3 * time.Second

// feeder is a sender whose media the test can hold back.
type feeder struct {
	*relaytest.Process
	hold chan struct{}
}

// feed sends a clip by srt-live-transmit, packet by packet, until it is held
// back. Its connection stays.
func feed(t *testing.T, clip string, to relaytest.SRT) *feeder {
	t.Helper()
	in, out, err := os.Pipe()
	must(t, err)
	cmd := exec.Command("srt-live-transmit", "-c", "1316", "-q", "file://con", to.LiveTransmitURI())
	cmd.Stdin = in
	f := &feeder{relaytest.StartCommand(t, cmd), make(chan struct{})}
	must(t, in.Close())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		pace(relaytest.ReadClip(t, clip), out, f.hold)
	}()
	t.Cleanup(func() {
		f.Kill()
		_ = out.Close()
		<-ended
	})
	return f
}

// pace writes a clip over and over at about its own speed until hold is
// closed or nobody reads it any more.
func pace(clip []byte, out io.Writer, hold <-chan struct{}) {
	const message = 7 * 188
	tick := time.NewTicker(clipSeconds * time.Second * message / time.Duration(len(clip)))
	defer tick.Stop()
	for at := 0; ; at += message {
		if at+message > len(clip) {
			at = 0
		}
		select {
		case <-hold:
			return
		case <-tick.C:
		}
		if _, err := out.Write(clip[at : at+message]); err != nil {
			return
		}
	}
}

// testHealth stops media in a way, and expects health_status to tell it in
// time: of the source, whose latency does not count, and of the outputs.
func testHealth(t *testing.T, h *house, stop func(*feeder), stays bool) {
	t.Parallel()
	source, far := camera(), h.farEnd()
	source.MinLatency = medialive.DefaultLatency
	f := h.run(t, source, serves("serve"), pushes("push", far))
	pushed, pulled := liveTransmit(t, far), liveTransmit(t, f.output("serve"))
	sender := feed(t, h.clip, f.input())
	since := f.await("camera", medialive.LegConnected).ConnectedAt
	for _, name := range []string{"serve", "push"} {
		f.await(name, medialive.LegConnected)
	}
	pushed.grow(t, someMedia)
	pulled.grow(t, someMedia)

	stop(sender)
	within(t, promised, "source DISCONNECTED", func() bool { return f.health() == medialive.Disconnected })
	if l := f.leg("camera"); !l.Lost || l.Bitrate != 0 {
		t.Errorf("the source is %+v", l)
	}
	if l := f.leg("camera"); stays && (l.Peers != 1 || !l.ConnectedAt.Equal(since)) {
		t.Errorf("the silent sender was sent away: %+v", l)
	}
	if !stays {
		f.awaitLeg("camera", "without its sender", func(l medialive.LegStatistics) bool { return l.Peers == 0 })
	}
	// The outputs play what the source's latency held back.
	within(t, promised, "outputs DISCONNECTED", func() bool {
		return f.outputHealth("serve") == medialive.Disconnected && f.outputHealth("push") == medialive.Disconnected
	})
	for _, name := range []string{"serve", "push"} {
		if l := f.leg(name); l.Peers != 1 || l.State != medialive.LegWaiting {
			t.Errorf("%s lost its receiver with the sender: %+v", name, l)
		}
	}
	sender.Kill()

	relaytest.Push(t, h.clip, f.input())
	f.await("camera", medialive.LegConnected)
	pushed.grow(t, someMedia)
	pulled.grow(t, someMedia)
	if f.health() != medialive.Connected {
		t.Error("media arrives again and the source is not CONNECTED")
	}
}

// testReceiversKilled kills the receivers of both kinds of output, and freezes
// one beside a third, which must not notice.
func testReceiversKilled(t *testing.T, h *house) {
	t.Parallel()
	far := h.farEnd()
	source, other := camera(), serves("other")
	source.MinLatency, other.MinLatency = steady, steady
	f := h.run(t, source, serves("serve"), pushes("push", far), other)
	pushed := liveTransmit(t, far)
	relaytest.Push(t, h.clip, f.input())
	f.await("camera", medialive.LegConnected)
	pulled, third := liveTransmit(t, f.output("serve")), liveTransmit(t, f.output("other"))
	for _, r := range []*recording{pushed, pulled, third} {
		r.grow(t, someMedia)
	}
	frozen := liveTransmit(t, f.output("other"))
	frozen.grow(t, someMedia)
	frozen.Signal(syscall.SIGSTOP)
	pushed.Kill()
	pulled.Kill()
	within(t, promised, "outputs without receivers DISCONNECTED", func() bool {
		return f.outputHealth("serve") == medialive.Disconnected && f.outputHealth("push") == medialive.Disconnected
	})
	if l := f.leg("push"); !l.Lost || l.Peers != 0 {
		t.Errorf("push is %+v", l)
	}
	f.awaitLeg("push", "calling in vain", func(l medialive.LegStatistics) bool { return l.Attempts > 0 && l.Problem != "" })
	pushed, pulled = liveTransmit(t, far), liveTransmit(t, f.output("serve"))
	pushed.grow(t, someMedia)
	pulled.grow(t, someMedia)
	f.await("push", medialive.LegConnected)
	f.await("serve", medialive.LegConnected)
	f.awaitLeg("other", "rid of the frozen receiver", func(l medialive.LegStatistics) bool { return l.Peers == 1 })
	third.grow(t, playedBytes/2)
	third.whole(t)
}

// testCallerSource has the flow call its source, which is killed and comes
// back, by a name that has to be looked up.
func testCallerSource(t *testing.T, h *house) {
	t.Parallel()
	end := keyed(h.farEnd(), 24)
	end.Host = "127.0.0.1"
	f := h.run(t, medialive.Source{
		Name: "remote", Protocol: medialive.Caller, Address: "localhost", Port: end.Port,
		StreamID: "studio/one", MinLatency: latency, Decryption: crypto(24),
	}, serves("serve"))
	f.awaitLeg("remote", "calling in vain", func(l medialive.LegStatistics) bool {
		return l.State == medialive.LegConnecting && l.Attempts > 0 && l.Problem != "" && l.NextTry.After(l.Since)
	})
	r := liveTransmit(t, f.output("serve"))
	for range 2 {
		sender := relaytest.Push(t, h.clip, end)
		l := f.await("remote", medialive.LegConnected)
		if l.KeyLength != 24 {
			t.Errorf("key of %d bytes", l.KeyLength)
		}
		r.grow(t, someMedia)
		sender.Kill()
		within(t, promised, "source DISCONNECTED", func() bool { return f.health() == medialive.Disconnected })
		f.await("remote", medialive.LegConnecting)
	}
}

// testEvents follows the gateway's stream, which must tell as early as the
// questions do.
func testEvents(t *testing.T, h *house) {
	t.Parallel()
	f := h.run(t, camera())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told, measured := make(chan medialive.Health, 100), make(chan int64, 100)
	ended := make(chan error, 1)
	go func() {
		ended <- h.client.Events(ctx, func(e medialive.Event) error {
			if e.Kind == medialive.EventFlow && e.FlowID == f.id && e.Flow != nil {
				told <- e.Flow.Sources[0].Health
			}
			for _, s := range e.Statistics {
				if s.FlowID == f.id && s.Source.Bitrate > 0 {
					select {
					case measured <- s.Source.Bitrate:
					default: // enough
					}
				}
			}
			return nil
		})
	}()
	is := func(want medialive.Health) func() bool {
		return func() bool {
			select {
			case got := <-told:
				return got == want
			case err := <-ended:
				t.Fatalf("the stream ended: %v", err)
			default:
			}
			return false
		}
	}
	relaytest.Eventually(t, limit, "told DISCONNECTED at first", is(medialive.Disconnected))
	sender := relaytest.Push(t, h.clip, f.input())
	relaytest.Eventually(t, limit, "told CONNECTED", is(medialive.Connected))
	relaytest.Eventually(t, limit, "told a bitrate", func() bool { return len(measured) > 1 })
	sender.Kill()
	within(t, promised, "told DISCONNECTED", is(medialive.Disconnected))
}
