package media

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// refusedFor fails the test unless a command was refused with some words.
func refusedFor(t *testing.T, what string, err error, kind medialive.Kind, words ...string) {
	t.Helper()
	if err == nil || medialive.KindOf(err) != kind {
		t.Errorf("%s: %v instead of %s", what, err, kind)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %v does not say %q", what, err, w)
		}
	}
}

func (f *flow) isStandby() {
	f.t.Helper()
	shown, err := f.client.ShowFlow(f.t.Context(), f.id)
	must(f.t, err)
	if shown.Status != medialive.Standby {
		f.t.Errorf("the flow is %s", shown.Status)
	}
}

// testTakenPort has other programs hold the ports of a flow: one that shares
// its port with nobody, and one that is SRT too.
func testTakenPort(t *testing.T, h *house) {
	t.Parallel()
	const port = 20090
	where := fmt.Sprint(port)
	stranger, err := net.ListenPacket("udp4", net.JoinHostPort(h.app.SRTAddress, where))
	must(t, err)
	defer stranger.Close()
	source := camera()
	source.Port = port
	_, err = h.client.CreateFlow(t.Context(), medialive.NewFlow{Name: "taken", Region: apptest.Region, Source: source})
	refusedFor(t, "create", err, medialive.KindRefused, where, "another program")

	source.Port = port + 1
	serve := serves("serve")
	serve.Port = port + 2 // one that no earlier listener lingers on
	f := h.create(t, source, serve)
	other := liveTransmit(t, relaytest.SRT{Host: h.app.SRTAddress, Port: source.Port, Listen: true})
	relaytest.Eventually(t, limit, "srt-live-transmit holds the port", func() bool { return isHeld(t, h.app.SRTAddress, source.Port) })
	_, err = h.client.StartFlow(t.Context(), f.id)
	refusedFor(t, "start", err, medialive.KindRefused, fmt.Sprint(source.Port), "camera", "another program")
	f.isStandby()
	if isHeld(t, h.app.SRTAddress, serve.Port) {
		t.Error("half of a flow was started")
	}
	other.Kill()
	f.start()
	relaytest.Push(t, h.clip, f.input())
	f.await("camera", medialive.LegConnected)

	// While it runs: the change is refused and nothing is interrupted.
	before := f.leg("camera").ConnectedAt
	s := f.source
	s.Port = port
	_, err = h.client.UpdateSource(t.Context(), f.id, s.Name, s)
	refusedFor(t, "edit", err, medialive.KindRefused, where, "another program")
	_, err = h.client.CreateOutputs(t.Context(), f.id, []medialive.Output{{Name: "second", Protocol: medialive.Listener, Port: port}})
	refusedFor(t, "output", err, medialive.KindRefused, where, "another program")
	if l := f.leg("camera"); !l.ConnectedAt.Equal(before) || l.State != medialive.LegConnected {
		t.Errorf("a refused edit interrupted the source: %+v", l)
	}
}

// testDeleteWhileActive is refused, and the media goes on.
func testDeleteWhileActive(t *testing.T, h *house) {
	t.Parallel()
	source, serve := camera(), serves("serve")
	source.MinLatency, serve.MinLatency = steady, steady
	f := h.run(t, source, serve)
	relaytest.Push(t, h.clip, f.input())
	f.await("camera", medialive.LegConnected)
	r := liveTransmit(t, f.output("serve"))
	r.grow(t, someMedia)
	refusedFor(t, "delete", h.client.DeleteFlow(t.Context(), f.id), medialive.KindState, "active")
	_, err := h.client.StartFlow(t.Context(), f.id)
	refusedFor(t, "start again", err, medialive.KindState, "active")
	r.grow(t, playedBytes)
	r.whole(t)
}

// TestWithoutSRT runs a Flowdeck that finds no library it can load: all but
// media works, and every place where it matters names the package.
func TestWithoutSRT(t *testing.T) {
	t.Parallel()
	const pkg = "libsrt1.5-gnutls"
	lib := t.TempDir()
	broken := []string{filepath.Join(lib, "libsrt-gnutls.so.1.5"), filepath.Join(lib, "libsrt.so.1.5")}
	for _, path := range broken {
		must(t, os.WriteFile(path, nil, 0o600))
	}
	h := open(t, map[string]string{"LD_LIBRARY_PATH": lib})
	out, err := h.app.Run("", "doctor")
	if err == nil || !strings.Contains(out, "FAULT libsrt") || !strings.Contains(out, pkg) {
		t.Errorf("doctor: %v\n%s", err, out)
	}
	if n := strings.Count(out, "FAULT"); n != 1 {
		t.Errorf("doctor finds %d faults:\n%s", n, out)
	}
	var caps medialive.Capabilities
	relaytest.Eventually(t, limit, "the gateway knows that SRT does not work", func() bool {
		caps, err = h.client.Capabilities(t.Context())
		must(t, err)
		return strings.Contains(caps.SRTProblem, pkg)
	})
	if caps.SRTVersion != "" {
		t.Errorf("capabilities %+v", caps)
	}

	f := h.create(t, camera(), serves("serve"))
	_, err = h.client.StartFlow(t.Context(), f.id)
	refusedFor(t, "start", err, medialive.KindRefused, pkg)
	f.isStandby()
	f.edit(func(s *medialive.Source) { s.Description = "north gate" })
	f.change("serve", medialive.OutputChange{MinLatency: new(300)})
	f.add(serves("second"))
	f.remove("second")
	if page, err := h.client.ListFlows(t.Context(), 10, 0); err != nil || page.Total != 1 || page.Flows[0].Description != "north gate" {
		t.Errorf("list %+v, %v", page, err)
	}
	if !h.app.Healthy(h.app.URL) || !h.app.Healthy(h.app.GatewayURL) {
		t.Error("a server is not in health")
	}

	// Installing the package is enough.
	for _, path := range broken {
		must(t, os.Remove(path))
	}
	within(t, 10*promised/3, "started once the library was there", func() bool {
		_, err := h.client.StartFlow(t.Context(), f.id)
		return err == nil
	})
	relaytest.Push(t, h.clip, f.input())
	f.await("camera", medialive.LegConnected)
}
