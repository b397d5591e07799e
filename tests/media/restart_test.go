package media

import (
	"testing"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// testStopAndStart stops a flow under its sender and receiver, and starts it
// again at once. libsrt lets go of a port only some seconds after its listener
// was closed; nobody may notice.
func testStopAndStart(t *testing.T, h *house) {
	t.Parallel()
	f := h.run(t, camera(), serves("serve"))
	sender := relaytest.Push(t, h.clip, f.input())
	f.await("camera", medialive.LegConnected)
	r := liveTransmit(t, f.output("serve"))
	r.grow(t, someMedia)

	_, err := f.client.StopFlow(t.Context(), f.id)
	must(t, err)
	if f.health() != medialive.Disconnected || f.outputHealth("serve") != medialive.Disconnected || f.leg("camera").State != medialive.LegOff {
		t.Errorf("stopped, the source is %+v", f.leg("camera"))
	}
	if err := sender.Wait(t, limit); err == nil {
		t.Error("the sender of a stopped flow was content")
	}
	f.start()
	relaytest.Push(t, h.clip, f.input())
	f.await("camera", medialive.LegConnected)
	r.grow(t, someMedia) // it calls again by itself
}

// testPortsPassOn gives ports from one listener to another at once: back and
// forth in one flow, and from a deleted flow to the output of another.
func testPortsPassOn(t *testing.T, h *house) {
	t.Parallel()
	f := h.run(t, camera(), serves("serve"))
	relaytest.Push(t, h.clip, f.input())
	f.await("camera", medialive.LegConnected)
	first, second := f.source.Port+600, f.source.Port+700 // beyond those that are allotted
	for _, port := range []int{first, second, first} {
		f.edit(func(s *medialive.Source) { s.Port = port })
		relaytest.Push(t, h.clip, f.input())
		f.awaitLeg("camera", "fed anew", func(l medialive.LegStatistics) bool { return l.State == medialive.LegConnected && l.Bytes > 0 })
	}
	f.change("serve", medialive.OutputChange{Port: new(second)})
	r := liveTransmit(t, f.output("serve"))
	r.grow(t, someMedia)

	// Another flow's output where a source has just been.
	source := camera()
	source.Port = second + 100
	gone, err := h.client.CreateFlow(t.Context(), medialive.NewFlow{Name: "short-lived", Region: apptest.Region, Source: source})
	must(t, err)
	_, err = h.client.StartFlow(t.Context(), gone.ID)
	must(t, err)
	_, err = h.client.StopFlow(t.Context(), gone.ID)
	must(t, err)
	must(t, h.client.DeleteFlow(t.Context(), gone.ID))
	next := serves("next")
	next.Port, next.Encryption = source.Port, crypto(32)
	f.add(next)
	liveTransmit(t, keyed(f.output("next"), 32)).grow(t, someMedia)
}
