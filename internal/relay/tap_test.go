package relay

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
	"github.com/flowdeck/flowdeck/internal/srt"
)

// testTap reads a flow beside its output: over the loss of its sender, and to its
// end. One who does not read takes nothing from the others.
func testTap(t *testing.T, h *house) {
	t.Parallel()
	const id = "tapped"
	in, serve := relaytest.FreePort(t), relaytest.FreePort(t)
	if _, err := h.client.Tap(t.Context(), id); !errors.Is(err, ErrNoFlow) {
		t.Errorf("tap of no flow: %v", err)
	}
	h.put(t, FlowSpec{ID: id, Source: listener("in", in, 16), Outputs: []LegSpec{listener("serve", serve, 0)}})
	stream, err := h.client.Tap(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	idle, err := h.client.Tap(t.Context(), id) // never read
	if err != nil {
		t.Fatal(err)
	}
	sender := relaytest.Push(t, h.clip, relaytest.SRT{Port: in, Passphrase: secret})
	whole(t, stream)
	path := filepath.Join(t.TempDir(), "out.ts")
	relaytest.Record(t, relaytest.SRT{Port: serve}, path)
	grown(t, path, someMedia)
	relaytest.RequireWhole(t, path, somePackets)
	if f := h.flow(t, id); f.Taps != 2 || f.TapDrop != 0 {
		t.Errorf("%d taps, %d bytes dropped", f.Taps, f.TapDrop)
	}
	_ = idle.Close()
	relaytest.Eventually(t, connectLimit, "the one who hung up is gone", func() bool { return h.flow(t, id).Taps == 1 })
	sender.Kill()
	h.awaitSource(t, id, Waiting, connectLimit)
	relaytest.Push(t, h.clip, relaytest.SRT{Port: in, Passphrase: secret})
	h.awaitSource(t, id, Connected, connectLimit)
	read(t, stream, someMedia)
	if err := h.client.Remove(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, stream); err != nil {
		t.Errorf("the stream of a flow that ended: %v", err)
	}
}

// whole reads some media, of which nothing may be missing.
func whole(t *testing.T, stream io.Reader) {
	t.Helper()
	if s := relaytest.Check(read(t, stream, someMedia)); len(s.Errors) != 0 || s.Packets < somePackets {
		t.Errorf("%+v", s)
	}
}

func read(t *testing.T, stream io.Reader, size int) []byte {
	t.Helper()
	data := make([]byte, size/tsPacket*tsPacket)
	if _, err := io.ReadFull(stream, data); err != nil {
		t.Fatal(err)
	}
	return data
}

// TestTapDrops: what a reader has no room for is dropped whole, and counted.
func TestTapDrops(t *testing.T) {
	var packet srt.Packet
	packet.Set(make([]byte, srt.MaxPayload))
	batch := []srt.Packet{packet, packet}
	const size = 2 * srt.MaxPayload
	tap := &tap{}
	for range tapBuffer/size + 3 {
		tap.add(batch)
	}
	if n := int64(len(tap.take(nil))); n%size != 0 || n > tapBuffer || tap.drops() != (tapBuffer/size+3)*size-n {
		t.Errorf("%d kept, %d dropped", n, tap.drops())
	}
	tap.add(batch)
	if n := len(tap.take(nil)); n != size {
		t.Errorf("%d kept after the reader came", n)
	}
}

func TestTapsAreLimited(t *testing.T) {
	r := &relay{flows: map[string]*flow{"a": newFlow("a", epoch)}}
	var last *tap
	for range maxTaps {
		opened, err := r.openTap("a")
		if err != nil {
			t.Fatal(err)
		}
		last = opened
	}
	if _, err := r.openTap("a"); err == nil {
		t.Error("one more than allowed")
	}
	last.dropped = 7
	r.closeTap("a", last)
	r.closeTap("a", last)
	if n, dropped := r.flows["a"].tapped(); n != maxTaps-1 || dropped != 7 {
		t.Errorf("%d taps, %d dropped", n, dropped)
	}
	if _, err := r.openTap("a"); err != nil {
		t.Error(err)
	}
}
