package media

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// most is the longest time without media that passes for none: a busy machine
// holds up a receiver that long, a lost connection holds it up longer.
const most = 5 * time.Second

// scene is a flow under way, with a receiver of each kind.
type scene struct {
	*flow
	sender         *relaytest.Process
	pulled, pushed *recording
	far            relaytest.SRT
	idle           []*flow // started, with nobody there
}

// play starts a scene whose legs have a latency in milliseconds.
func play(t *testing.T, h *house, latency int) *scene {
	t.Helper()
	source, far := camera(), h.farEnd()
	serve, push := serves("serve"), pushes("push", far)
	source.Decryption = crypto(32)
	source.MinLatency, serve.MinLatency, push.MinLatency = latency, latency, latency
	s := &scene{flow: h.run(t, source, serve, push), far: far}
	for range 5 {
		s.idle = append(s.idle, h.run(t, camera(), serves("serve")))
	}
	s.pushed = ffmpeg(t, far)
	s.sender = relaytest.Push(t, h.clip, keyed(s.input(), 32))
	s.await("camera", medialive.LegConnected)
	s.pulled = liveTransmit(t, s.output("serve"))
	s.moves()
	return s
}

// moves waits until media has come through anew.
func (s *scene) moves() {
	s.t.Helper()
	s.pulled.grow(s.t, someMedia)
	s.pushed.grow(s.t, someMedia)
}

// TestKilledProcesses kills the processes of a Flowdeck with SIGKILL, one after
// another, while media flows.
func TestKilledProcesses(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	s := play(t, h, steady)
	before, relay := connections(s.flow), h.app.PID(apptest.Relay)

	gateway := h.killGateway(t)
	s.adopted(before, relay)
	s.moves()

	h.app.Kill(apptest.Dashboard)
	s.moves()
	h.app.Serve()
	s.adopted(before, relay)
	if h.app.PID(apptest.Gateway) != gateway {
		t.Error("the new dashboard did not adopt the gateway")
	}

	h.app.Kill(apptest.Dashboard) // nobody starts the gateway again now
	h.app.Kill(apptest.Gateway)
	s.moves()
	h.app.Serve()
	s.adopted(before, relay)
	s.moves()

	// What the new gateway is told, the old relay does.
	s.add(serves("second"))
	liveTransmit(t, s.output("second")).grow(t, someMedia)
	s.remove("second")
	for _, r := range []*recording{s.pulled, s.pushed} {
		r.grow(t, 2*playedBytes) // more than lay at the receivers when the last process was killed
	}
	for _, r := range []*recording{s.pulled, s.pushed} {
		t.Logf("longest stall in %s: %v", r.path, r.longestStall())
		if r.longestStall() > most {
			t.Errorf("nothing came for %v", r.longestStall())
		}
		r.whole(t)
	}
	if l := s.leg("camera"); l.TSErrors != 0 || l.Drop != 0 {
		t.Errorf("source %+v", l)
	}
}

// killGateway kills the gateway, waits for the next one and gives its number.
func (h *house) killGateway(t *testing.T) (pid int) {
	t.Helper()
	old := h.app.Kill(apptest.Gateway)
	within(t, promised, "a gateway again", func() bool {
		pid = h.app.PID(apptest.Gateway)
		return pid != 0 && pid != old && h.app.Healthy(h.app.GatewayURL)
	})
	return pid
}

// adopted fails the test unless the relay is the same, with the same
// connections.
func (s *scene) adopted(before string, relay int) {
	s.t.Helper()
	if pid := s.app.PID(apptest.Relay); pid != relay {
		s.t.Errorf("the relay was process %d and is %d", relay, pid)
	}
	relaytest.Eventually(s.t, limit, "the gateway measures again", func() bool { return s.health() == medialive.Connected })
	if after := connections(s.flow); after != before {
		s.t.Errorf("connections were %s and are %s", before, after)
	}
}

// TestKilledRelay kills the relay. All flows that were ACTIVE are back in
// time, and sender and receivers as soon as they call again.
func TestKilledRelay(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	s := play(t, h, latency)
	waiting := liveTransmit(t, s.output("serve")) // calls again by itself
	waiting.grow(t, someMedia)
	ports := s.listening()
	stopped := h.create(t, camera())

	old := h.app.Kill(apptest.Relay)
	// Encoders notice, and call again; ffmpeg has to be started for that.
	s.sender.Kill()
	s.pushed.Kill()
	sender := relaytest.Push(t, h.clip, keyed(s.input(), 32))
	pushed := ffmpeg(t, s.far)
	old = s.runs("all ACTIVE flows back", ports, old)
	if isHeld(t, h.app.SRTAddress, stopped.source.Port) {
		t.Error("a flow that was not started runs")
	}
	within(t, promised, "media again", func() bool { return pushed.size() > someMedia })
	within(t, 10*time.Second, "media again for a receiver that calls again by itself", func() bool {
		return waiting.size() > 0 && s.leg("serve").Peers > 0
	})
	waiting.grow(t, someMedia)
	if s.health() != medialive.Connected || s.outputHealth("push") != medialive.Connected {
		t.Error("media flows, and health_status does not say so")
	}
	for _, f := range s.idle {
		f.await("camera", medialive.LegWaiting)
	}
	pushed.grow(t, playedBytes)
	sender.Kill()

	// A relay that was adopted, and one whose gateway falls with it.
	h.killGateway(t)
	h.app.Kill(apptest.Relay)
	old = s.runs("all ACTIVE flows back from an adopted relay", ports, old)
	h.app.Kill(apptest.Relay)
	h.killGateway(t)
	old = s.runs("all ACTIVE flows back from relay and gateway", ports, old)
	h.app.Kill(apptest.Dashboard)
	h.app.Kill(apptest.Gateway)
	h.app.Kill(apptest.Relay)
	h.app.Serve()
	s.runs("all ACTIVE flows back from nothing", ports, old)
	relaytest.Push(t, h.clip, keyed(s.input(), 32))
	s.await("camera", medialive.LegConnected)
}

// TestFrozenRelay stops the relay without ending it. Nothing old is told as
// if it were so now, and nothing is lost when the relay goes on.
func TestFrozenRelay(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	f := h.run(t, camera(), serves("serve"))
	relaytest.Push(t, h.clip, f.input())
	f.await("camera", medialive.LegConnected)
	r := liveTransmit(t, f.output("serve"))
	r.grow(t, someMedia)
	relay := h.app.PID(apptest.Relay)
	knowsNoSecret(t, relay)

	must(t, syscall.Kill(relay, syscall.SIGSTOP))
	within(t, promised, "source and output DISCONNECTED", func() bool {
		return f.health() == medialive.Disconnected && f.outputHealth("serve") == medialive.Disconnected
	})
	if l := f.leg("camera"); l.State != medialive.LegUnknown || l.Bitrate != 0 || l.Problem == "" {
		t.Errorf("nothing is known of the source, and it is told as %+v", l)
	}
	must(t, syscall.Kill(relay, syscall.SIGCONT))
	f.await("camera", medialive.LegConnected)
	r.grow(t, someMedia)
	if pid := h.app.PID(apptest.Relay); pid != relay {
		t.Errorf("the relay was process %d and is %d", relay, pid)
	}
}

// knowsNoSecret fails the test if the process that parses what strangers send
// was given more than it needs.
func knowsNoSecret(t *testing.T, relay int) {
	t.Helper()
	for _, file := range []string{"environ", "cmdline"} {
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", relay, file))
		must(t, err)
		if len(content) == 0 || strings.Contains(string(content), apptest.Password) || strings.Contains(string(content), "DATABASE") {
			t.Errorf("%s of the relay: %d bytes, with a secret", file, len(content))
		}
	}
}

// runs waits until a relay other than the killed one has the ports, and gives
// its number.
func (s *scene) runs(what string, ports []int, killed int) (pid int) {
	s.t.Helper()
	within(s.t, promised, what, func() bool {
		pid = s.app.PID(apptest.Relay)
		return pid != 0 && pid != killed && holds(s.t, pid, s.app.SRTAddress, ports)
	})
	return pid
}

// TestRestartedWithoutAPort stops a Flowdeck in order and starts it again
// while another program has one of its ports. All else runs; the leg without
// its port says why, and runs as soon as the port is free.
func TestRestartedWithoutAPort(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	a, b := h.run(t, camera(), serves("serve")), h.run(t, camera())
	output := a.output("serve")
	h.app.Stop()
	if n := len(held(t, h.app.SRTAddress)); n != 0 {
		t.Errorf("%d ports are open after an orderly stop", n)
	}
	port := a.source.Port
	stranger, err := net.ListenPacket("udp4", net.JoinHostPort(h.app.SRTAddress, strconv.Itoa(port)))
	must(t, err)
	defer stranger.Close()
	h.app.Serve()
	a.awaitLeg("camera", "failed for its port", func(l medialive.LegStatistics) bool {
		return l.State == medialive.LegFailed && strings.Contains(l.Problem, strconv.Itoa(port))
	})
	a.await("serve", medialive.LegWaiting)
	b.await("camera", medialive.LegWaiting)
	r := liveTransmit(t, output)
	a.awaitLeg("serve", "pulled", func(l medialive.LegStatistics) bool { return l.Peers == 1 })
	must(t, stranger.Close())
	within(t, promised, "the port taken once it was free", func() bool { return a.leg("camera").State == medialive.LegWaiting })
	relaytest.Push(t, h.clip, a.input())
	r.grow(t, someMedia)
	r.Kill()
}

// listening are the ports of all that listens in the scene.
func (s *scene) listening() []int {
	s.t.Helper()
	var ports []int
	for _, f := range append([]*flow{s.flow}, s.idle...) {
		ports = append(ports, f.source.Port, f.output("serve").Port)
	}
	return ports
}
