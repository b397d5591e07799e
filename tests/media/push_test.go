package media

import (
	"fmt"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// testKeys pushes with a key length, and receives with both programs from
// outputs of both kinds.
func testKeys(t *testing.T, h *house, key int) {
	t.Parallel()
	source := camera()
	source.Decryption, source.MinLatency = crypto(key), steady
	first, second := keyed(h.farEnd(), key), keyed(h.farEnd(), key)
	outputs := []medialive.Output{serves("serve"), pushes("to-ffmpeg", first), pushes("to-live-transmit", second)}
	for i := range outputs {
		outputs[i].Encryption, outputs[i].MinLatency = crypto(key), steady
	}
	f := h.run(t, source, outputs...)
	received := []*recording{ffmpeg(t, first), liveTransmit(t, second)}
	if f.health() != medialive.Disconnected {
		t.Error("CONNECTED before anybody called")
	}
	relaytest.Push(t, h.clip, keyed(f.input(), key))
	f.await("camera", medialive.LegConnected)
	received = append(received, ffmpeg(t, keyed(f.output("serve"), key)), liveTransmit(t, keyed(f.output("serve"), key)))
	for _, r := range received {
		r.grow(t, playedBytes)
	}
	f.awaitLeg("serve", "pulled by two", func(l medialive.LegStatistics) bool { return l.Peers == 2 })
	for _, name := range []string{"camera", "serve", "to-ffmpeg", "to-live-transmit"} {
		peers := 1.0
		if name == "serve" {
			peers = 2
		}
		l := f.awaitLeg(name, fmt.Sprintf("at about %.0f bit/s", h.rate), func(l medialive.LegStatistics) bool {
			rate := float64(l.Bitrate) / peers
			return rate > h.rate/2 && rate < h.rate*2
		})
		if l.KeyLength != key || l.State != medialive.LegConnected || l.ConnectedAt.IsZero() || l.Peer == "" || l.Bytes == 0 || l.TSErrors != 0 || l.Latency < latency {
			t.Errorf("%s: %+v", name, l)
		}
		if name != "camera" && f.outputHealth(name) != medialive.Connected {
			t.Errorf("%s passes media on and is not CONNECTED", name)
		}
	}
	if f.health() != medialive.Connected {
		t.Error("media arrives and the source is not CONNECTED")
	}
	for _, r := range received {
		r.whole(t)
		r.plays(t)
	}
}

// refusal is a caller who must not get in.
type refusal struct {
	name   string
	reason medialive.Refusal
	key    int           // of the leg
	allow  []string      // of the leg
	stream string        // of the leg
	wrong  relaytest.SRT // how the caller calls
	right  relaytest.SRT // how a caller gets in
	output bool          // outputs have it too
}

func refusals() []refusal {
	const key = 16
	locked := relaytest.SRT{Passphrase: passphrase, KeyLength: key}
	return []refusal{
		{
			name: "wrong passphrase", reason: medialive.RefusedPassphrase, key: key, output: true,
			wrong: relaytest.SRT{Passphrase: otherWord, KeyLength: key}, right: locked,
		},
		{name: "missing passphrase", reason: medialive.RefusedNotEncrypted, key: key, output: true, right: locked},
		{name: "passphrase where none is", reason: medialive.RefusedEncrypted, output: true, wrong: locked},
		{name: "shorter key", reason: medialive.RefusedKeyLength, key: 32, wrong: locked, right: relaytest.SRT{Passphrase: passphrase, KeyLength: 32}},
		{name: "address", reason: medialive.RefusedAddress, allow: []string{"127.0.0.2/32", "192.0.2.0/24"}, output: true},
		{
			name: "wrong stream id", reason: medialive.RefusedStreamID, stream: "studio/one",
			wrong: relaytest.SRT{StreamID: "studio/two"}, right: relaytest.SRT{StreamID: "studio/one"},
		},
		{name: "missing stream id", reason: medialive.RefusedStreamID, stream: "studio/one", right: relaytest.SRT{StreamID: "studio/one"}},
	}
}

// testRefusal has a caller turned away, with nothing delivered, and then one
// let in.
func testRefusal(t *testing.T, h *house, c refusal) {
	t.Parallel()
	since := time.Now()
	source, serve, far := camera(), serves("serve"), h.farEnd()
	source.Decryption, source.CIDRWhitelist, source.StreamID = crypto(c.key), c.allow, c.stream
	serve.Encryption, serve.CIDRWhitelist = crypto(c.key), c.allow
	f := h.run(t, source, serve, pushes("monitor", far))
	monitor := liveTransmit(t, far)
	f.awaitLeg("monitor", "connected to its far end", func(l medialive.LegStatistics) bool { return l.Peers == 1 })

	at := func(end, how relaytest.SRT) relaytest.SRT {
		how.Host, how.Port = end.Host, end.Port
		return how
	}
	sender := relaytest.Push(t, h.clip, at(f.input(), c.wrong))
	f.refused("camera", c.reason, since)
	if err := sender.Wait(t, limit); err == nil {
		t.Error("the refused sender was content")
	}
	var kept *recording
	if c.output {
		kept = liveTransmit(t, at(f.output("serve"), c.wrong))
		f.refused("serve", c.reason, since)
	}
	if l := f.leg("camera"); l.Bytes != 0 || l.Peers != 0 || f.health() != medialive.Disconnected {
		t.Errorf("the refused sender got in: %+v", l)
	}
	if n := monitor.size(); n != 0 {
		t.Errorf("%d bytes of a refused sender were delivered", n)
	}

	// With the address allowed, or the right words, the next one gets in.
	if c.allow != nil {
		f.edit(func(s *medialive.Source) { s.CIDRWhitelist = []string{"127.0.0.1/32"} })
	}
	relaytest.Push(t, h.clip, at(f.input(), c.right))
	monitor.grow(t, someMedia)
	if kept != nil {
		if n := kept.size(); n != 0 {
			t.Errorf("%d bytes were delivered to a refused receiver", n)
		}
		kept.Kill()
	}
}
