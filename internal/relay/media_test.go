package relay

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

const (
	connectLimit = 10 * time.Second
	deadLimit    = 3 * time.Second // the promise: not connected within it
	someMedia    = 60_000          // bytes
	somePackets  = 250
)

// TestMedia moves real media by real programs through one relay.
func TestMedia(t *testing.T) {
	h := newHouse(t)
	t.Run("media", func(t *testing.T) {
		t.Run("keys", func(t *testing.T) { testKeys(t, h) })
		t.Run("shorter key", func(t *testing.T) { testShorterKey(t, h) })
		t.Run("refusals", func(t *testing.T) { testRefusals(t, h) })
		t.Run("stream id", func(t *testing.T) { testStreamID(t, h) })
		t.Run("outputs come and go", func(t *testing.T) { testOutputsComeAndGo(t, h) })
		t.Run("pullers", func(t *testing.T) { testPullers(t, h) })
		t.Run("silent sender", func(t *testing.T) { testSilentSender(t, h) })
		t.Run("silent newcomer", func(t *testing.T) { testSilentNewcomer(t, h) })
		t.Run("killed sender", func(t *testing.T) { testKilledSender(t, h) })
		t.Run("dead receiver", func(t *testing.T) { testDeadReceiver(t, h) })
		t.Run("tap", func(t *testing.T) { testTap(t, h) })
		t.Run("reconnect", func(t *testing.T) { testReconnect(t, h) })
	})
}

// testKeys sends with each key length, through a caller and a listener output.
func testKeys(t *testing.T, h *house) {
	t.Parallel()
	for _, key := range []int{0, 16, 24, 32} {
		t.Run(fmt.Sprint(key), func(t *testing.T) {
			t.Parallel()
			id := fmt.Sprintf("keys-%d", key)
			in, serve, push := relaytest.FreePort(t), relaytest.FreePort(t), relaytest.FreePort(t)
			h.put(t, FlowSpec{
				ID: id, Source: listener("in", in, key),
				Outputs: []LegSpec{listener("serve", serve, key), caller("push", push, key)},
			})
			phrase := ""
			if key > 0 {
				phrase = secret
			}
			pulled, pushed := filepath.Join(t.TempDir(), "pulled.ts"), filepath.Join(t.TempDir(), "pushed.ts")
			relaytest.RecordFFmpeg(t, relaytest.SRT{Port: push, Listen: true, Passphrase: phrase, KeyLength: key}, pushed)
			relaytest.Push(t, h.clip, relaytest.SRT{Port: in, Passphrase: phrase, KeyLength: key})
			source := h.awaitSource(t, id, Connected, connectLimit)
			relaytest.Record(t, relaytest.SRT{Port: serve, Passphrase: phrase, KeyLength: key}, pulled)
			if source.KeyLength != key {
				t.Errorf("key length %d reported, want %d", source.KeyLength, key)
			}
			for _, name := range []string{"serve", "push"} {
				if o := h.awaitOutput(t, id, name, Connected, connectLimit); o.KeyLength != key {
					t.Errorf("%s: key length %d reported, want %d", name, o.KeyLength, key)
				}
			}
			grown(t, pulled, someMedia)
			grown(t, pushed, someMedia)
			relaytest.RequireWhole(t, pulled, somePackets)
			relaytest.Eventually(t, connectLimit, "the source's bitrate is measured", func() bool {
				s := h.flow(t, id).Source
				return s.Bitrate > 100_000 && s.Bitrate < 2_000_000 && s.Bytes > 0 && s.TSErrors == 0 && s.Latency >= 120
			})
		})
	}
}

// testShorterKey has the far end choose a shorter key, which libsrt allows.
func testShorterKey(t *testing.T, h *house) {
	t.Parallel()
	in, out := relaytest.FreePort(t), relaytest.FreePort(t)
	h.put(t, FlowSpec{ID: "short", Source: listener("in", in, 32), Outputs: []LegSpec{listener("out", out, 32)}})
	weak := relaytest.SRT{Passphrase: secret, KeyLength: 16}
	weak.Port = in
	relaytest.Push(t, h.clip, weak)
	h.awaitRefusal(t, "short", "in", refusedKeyLength)
	if h.flow(t, "short").Source.Bytes != 0 {
		t.Error("payload passed in spite of the short key")
	}
	// A receiver that asks for a shorter key is overruled by libsrt.
	weak.Port = out
	relaytest.Record(t, weak, filepath.Join(t.TempDir(), "out.ts"))
	relaytest.Eventually(t, connectLimit, "the receiver uses the long key", func() bool {
		o := h.flow(t, "short").Outputs[0]
		return o.Peers == 1 && o.KeyLength == 32
	})
}

func testRefusals(t *testing.T, h *house) {
	t.Parallel()
	tables := []struct {
		name, reason string
		key          int
		allow        string
		peer         relaytest.SRT
	}{
		{"wrong passphrase", refusedPassphrase, 16, "", relaytest.SRT{Passphrase: "another-passphrase", KeyLength: 16}},
		{"no passphrase", refusedNotEncrypted, 16, "", relaytest.SRT{}},
		{"passphrase where none is", refusedEncrypted, 0, "", relaytest.SRT{Passphrase: secret, KeyLength: 16}},
		{"address", refusedAddress, 0, "127.0.0.2/32", relaytest.SRT{}},
	}
	for i, c := range tables {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			id, in, out := fmt.Sprintf("refused-%d", i), relaytest.FreePort(t), relaytest.FreePort(t)
			source, output := listener("in", in, c.key), listener("out", out, c.key)
			if c.allow != "" {
				source.Allow = []netip.Prefix{netip.MustParsePrefix(c.allow)}
				output.Allow = source.Allow
			}
			h.put(t, FlowSpec{ID: id, Source: source, Outputs: []LegSpec{output}})
			c.peer.Port = in
			sender := relaytest.Push(t, h.clip, c.peer)
			c.peer.Port = out
			relaytest.Record(t, c.peer, filepath.Join(t.TempDir(), "out.ts"))
			r := h.awaitRefusal(t, id, "in", c.reason)
			if r.Address != "127.0.0.1" || r.Count < 1 || r.Last.Before(r.First) {
				t.Errorf("refusal %+v", r)
			}
			h.awaitRefusal(t, id, "out", c.reason)
			if err := sender.Wait(t, connectLimit); err == nil {
				t.Error("the refused sender did not fail")
			}
			for _, r := range h.flow(t, id).Refused {
				if r.Reason != c.reason {
					t.Errorf("refused for %s too", r.Reason)
				}
			}
			if c.allow == "" {
				return
			}
			c.peer.From = strings.TrimSuffix(c.allow, "/32")
			path := filepath.Join(t.TempDir(), "allowed.ts")
			relaytest.Record(t, c.peer, path)
			relaytest.Eventually(t, connectLimit, "the allowed address is let in", func() bool {
				return h.flow(t, id).Outputs[0].Peers == 1
			})
		})
	}
}

func testStreamID(t *testing.T, h *house) {
	t.Parallel()
	in, out := relaytest.FreePort(t), relaytest.FreePort(t)
	source := listener("in", in, 0)
	source.StreamID = "studio/one"
	output := caller("out", out, 0)
	output.StreamID = "studio/two"
	far := listener("in", out, 0)
	far.StreamID = output.StreamID
	h.put(t, FlowSpec{ID: "far", Source: far})
	h.put(t, FlowSpec{ID: "near", Source: source, Outputs: []LegSpec{output}})
	relaytest.Push(t, h.clip, relaytest.SRT{Port: in, StreamID: "studio/three"})
	if r := h.awaitRefusal(t, "near", "in", refusedStreamID); r.StreamID != "studio/three" {
		t.Errorf("stream id %q recorded", r.StreamID)
	}
	relaytest.Push(t, h.clip, relaytest.SRT{Port: in, StreamID: "studio/one"})
	h.awaitSource(t, "near", Connected, connectLimit)
	h.awaitSource(t, "far", Connected, connectLimit)
}

// testOutputsComeAndGo changes everything around one receiver, whose
// recording must stay whole.
func testOutputsComeAndGo(t *testing.T, h *house) {
	t.Parallel()
	const id = "coming"
	in, serve := relaytest.FreePort(t), relaytest.FreePort(t)
	spec := FlowSpec{ID: id, Source: listener("in", in, 16), Outputs: []LegSpec{listener("serve", serve, 0)}}
	h.put(t, spec)
	relaytest.Push(t, h.clip, relaytest.SRT{Port: in, Passphrase: secret})
	h.awaitSource(t, id, Connected, connectLimit)
	path := filepath.Join(t.TempDir(), "kept.ts")
	relaytest.Record(t, relaytest.SRT{Port: serve}, path)
	kept := h.awaitOutput(t, id, "serve", Connected, connectLimit)
	since := h.flow(t, id).Source.ConnectedAt
	for i, key := range []int{0, 16, 32} {
		other := listener("other", relaytest.FreePort(t), key)
		dead := caller("dead", relaytest.FreePort(t), 0)
		spec.Outputs = []LegSpec{dead, spec.Outputs[0], other}
		spec.Source.Latency = 120 + 10*i
		spec.Source.Allow = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} // interrupts nobody
		h.put(t, spec)
		from := relaytest.SRT{Port: other.Port, Passphrase: other.Passphrase}
		receiver := relaytest.Record(t, from, filepath.Join(t.TempDir(), "other.ts"))
		h.awaitOutput(t, id, "other", Connected, connectLimit)
		grown(t, path, someMedia/4)
		if i == 1 {
			receiver.Kill()
		}
		spec.Outputs = []LegSpec{spec.Outputs[1]}
		h.put(t, spec)
		grown(t, path, someMedia/4)
	}
	relaytest.RequireWhole(t, path, somePackets)
	f := h.flow(t, id)
	if !f.Source.ConnectedAt.Equal(since) || !f.Outputs[0].ConnectedAt.Equal(kept.ConnectedAt) {
		t.Error("a change interrupted the source or the kept output")
	}
	if f.Source.TSErrors != 0 || f.Outputs[0].Drop != 0 {
		t.Errorf("%d TS errors, %d drops", f.Source.TSErrors, f.Outputs[0].Drop)
	}
}

func testPullers(t *testing.T, h *house) {
	t.Parallel()
	in, out := relaytest.FreePort(t), relaytest.FreePort(t)
	h.put(t, FlowSpec{ID: "pulled", Source: listener("in", in, 0), Outputs: []LegSpec{listener("out", out, 0)}})
	relaytest.Push(t, h.clip, relaytest.SRT{Port: in})
	h.awaitSource(t, "pulled", Connected, connectLimit)
	dir := t.TempDir()
	first, second := filepath.Join(dir, "1.ts"), filepath.Join(dir, "2.ts")
	relaytest.Record(t, relaytest.SRT{Port: out}, first)
	gone := relaytest.Record(t, relaytest.SRT{Port: out}, second)
	peers := func(n int) func() bool {
		return func() bool { return h.flow(t, "pulled").Outputs[0].Peers == n }
	}
	relaytest.Eventually(t, connectLimit, "two pullers", peers(2))
	grown(t, second, someMedia/4)
	gone.Kill()
	relaytest.Eventually(t, connectLimit, "the killed puller is gone", peers(1))
	grown(t, first, someMedia)
	relaytest.RequireWhole(t, first, somePackets)
}

func testKilledSender(t *testing.T, h *house) {
	t.Parallel()
	in, out := relaytest.FreePort(t), relaytest.FreePort(t)
	h.put(t, FlowSpec{ID: "killed", Source: listener("in", in, 0), Outputs: []LegSpec{listener("out", out, 0)}})
	sender := relaytest.Push(t, h.clip, relaytest.SRT{Port: in})
	h.awaitSource(t, "killed", Connected, connectLimit)
	sender.Kill()
	if s := h.awaitSource(t, "killed", Waiting, deadLimit); !s.Lost {
		t.Error("the source is not called lost")
	}
	again := relaytest.Push(t, h.clip, relaytest.SRT{Port: in})
	h.awaitSource(t, "killed", Connected, connectLimit)
	// The newest sender replaces one that still seems to be there.
	again.Kill()
	relaytest.Push(t, h.clip, relaytest.SRT{Port: in})
	before := h.flow(t, "killed").Source.Peer
	relaytest.Eventually(t, deadLimit, "the new sender replaced the old", func() bool {
		s := h.flow(t, "killed").Source
		return s.Peers == 1 && s.Peer != before && s.State == Connected
	})
}

// testSilentSender has a sender stay connected with nothing more to send.
func testSilentSender(t *testing.T, h *house) {
	t.Parallel()
	in := relaytest.FreePort(t)
	h.put(t, FlowSpec{ID: "silent", Source: listener("in", in, 0)})
	write, clip := byHand(t, in), relaytest.ReadClip(t, h.clip)
	relaytest.Eventually(t, connectLimit, "the source is connected", func() bool {
		if _, err := write.Write(clip[:1316]); err != nil {
			t.Fatal(err)
		}
		return h.flow(t, "silent").Source.State == Connected
	})
	if s := h.awaitSource(t, "silent", Waiting, deadLimit); s.Peers != 1 || !s.Lost || s.Bitrate != 0 {
		t.Errorf("%+v", s)
	}
}

// byHand has a sender connect that sends what is written.
func byHand(t *testing.T, port int) *os.File {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = write.Close() })
	cmd := exec.Command("srt-live-transmit", "-c", "1316", "-q", "file://con", relaytest.SRT{Port: port}.LiveTransmitURI())
	cmd.Stdin = read
	relaytest.StartCommand(t, cmd)
	_ = read.Close()
	return write
}

// testSilentNewcomer has senders come beside one that sends. They have its
// place once they send too, or it does not any more.
func testSilentNewcomer(t *testing.T, h *house) {
	t.Parallel()
	in := relaytest.FreePort(t)
	h.put(t, FlowSpec{ID: "newcomer", Source: listener("in", in, 0)})
	first := relaytest.Push(t, h.clip, relaytest.SRT{Port: in})
	before := h.awaitSource(t, "newcomer", Connected, connectLimit)
	byHand(t, in) // forgotten for the next one
	second := byHand(t, in)
	h.awaitRefusal(t, "newcomer", "in", refusedBusy)
	if s := h.flow(t, "newcomer").Source; s.Peer != before.Peer || s.State != Connected || s.Peers != 1 {
		t.Errorf("a silent newcomer changed %+v to %+v", before, s)
	}
	clip := relaytest.ReadClip(t, h.clip)
	relaytest.Eventually(t, connectLimit, "the place is the second sender's", func() bool {
		if _, err := second.Write(clip[:1316]); err != nil {
			t.Fatal(err)
		}
		s := h.flow(t, "newcomer").Source
		return s.Peer != before.Peer && s.State == Connected && s.Bytes > 0
	})
	if err := first.Wait(t, connectLimit); err == nil {
		t.Error("the first sender was content")
	}

	before = h.flow(t, "newcomer").Source
	byHand(t, in)
	relaytest.Eventually(t, connectLimit, "the place of one that sends no more is the third's", func() bool {
		s := h.flow(t, "newcomer").Source
		return s.Peer != before.Peer && s.State == Waiting && s.Peers == 1
	})
}

// testDeadReceiver kills receivers that the relay calls, and lets one return.
func testDeadReceiver(t *testing.T, h *house) {
	t.Parallel()
	in, out := relaytest.FreePort(t), relaytest.FreePort(t)
	h.put(t, FlowSpec{ID: "deaf", Source: listener("in", in, 0), Outputs: []LegSpec{caller("out", out, 0)}})
	relaytest.Push(t, h.clip, relaytest.SRT{Port: in})
	path := filepath.Join(t.TempDir(), "out.ts")
	far := relaytest.SRT{Port: out, Listen: true}
	receiver := relaytest.Record(t, far, path)
	h.awaitOutput(t, "deaf", "out", Connected, connectLimit)
	grown(t, path, someMedia/4)
	receiver.Kill()
	if o := h.awaitOutput(t, "deaf", "out", Connecting, deadLimit); !o.Lost {
		t.Errorf("%+v", o)
	}
	relaytest.Record(t, far, path)
	h.awaitOutput(t, "deaf", "out", Connected, connectLimit)
	if s := h.flow(t, "deaf").Source; s.State != Connected || s.TSErrors != 0 {
		t.Errorf("the source suffered: %+v", s)
	}
}

func testReconnect(t *testing.T, h *house) {
	t.Parallel()
	port := relaytest.FreePort(t)
	source := caller("in", port, 16)
	source.Host = "localhost"
	h.put(t, FlowSpec{ID: "calling", Source: source})
	for range 2 {
		sender := relaytest.Push(t, h.clip, relaytest.SRT{Port: port, Listen: true, Passphrase: secret})
		h.awaitSource(t, "calling", Connected, connectLimit)
		sender.Kill()
		h.awaitSource(t, "calling", Connecting, 2*deadLimit)
	}
	relaytest.Eventually(t, connectLimit, "failed calls are counted", func() bool {
		s := h.flow(t, "calling").Source
		return s.Attempts >= 1 && s.Problem != "" && s.NextTry.After(time.Now())
	})
}
