package media

import (
	"fmt"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// testOutputsComeAndGo adds, changes, disables, enables and deletes outputs,
// and changes what of the source interrupts nothing. Two receivers, one of an
// output of each kind, must miss no packet.
func testOutputsComeAndGo(t *testing.T, h *house) {
	t.Parallel()
	source, far := camera(), h.farEnd()
	source.Decryption, source.MinLatency = crypto(16), steady
	serve, push := serves("serve"), pushes("push", far)
	serve.MinLatency, push.MinLatency = steady, steady
	f := h.run(t, source, serve, push)
	pushed := ffmpeg(t, far)
	sender := relaytest.Push(t, h.clip, keyed(f.input(), 16))
	f.await("camera", medialive.LegConnected)
	pulled := liveTransmit(t, f.output("serve"))
	pulled.grow(t, someMedia)
	pushed.grow(t, someMedia)
	before := connections(f)

	edits := []func(*medialive.Source){
		func(s *medialive.Source) { s.Description = "north gate" },
		func(s *medialive.Source) { s.CIDRWhitelist = []string{"192.0.2.0/24"} }, // whom it would refuse now
		func(s *medialive.Source) { s.MinLatency = 500 },
		func(s *medialive.Source) { s.Name = "camera-2" },
		func(s *medialive.Source) { s.Decryption = nil; s.Decryption = crypto(16) }, // the same again
	}
	for i, key := range []int{0, 16, 32} {
		outputLife(t, f, key)
		f.edit(edits[i])
		pulled.grow(t, someMedia)
		pushed.grow(t, someMedia)
	}
	for _, edit := range edits[3:] {
		f.edit(edit)
	}
	f.change("serve", medialive.OutputChange{Description: new("kept"), MinLatency: new(300), CIDRWhitelist: &[]string{"192.0.2.0/24"}})
	pulled.grow(t, someMedia)
	pushed.grow(t, someMedia)

	if after := connections(f); after != before {
		t.Errorf("connections were %s and are %s", before, after)
	}
	if l := f.leg("camera-2"); l.TSErrors != 0 || l.Drop != 0 {
		t.Errorf("source: %+v", l)
	}
	for _, name := range []string{"serve", "push"} {
		if l := f.leg(name); l.Drop != 0 || l.State != medialive.LegConnected {
			t.Errorf("%s: %+v", name, l)
		}
	}
	t.Logf("longest stalls: pulled %v, pushed %v", pulled.longestStall(), pushed.longestStall())
	pulled.whole(t)
	pushed.whole(t)
	sender.Kill()
}

// connections names the connections of the source and of the kept outputs.
func connections(f *flow) string {
	f.t.Helper()
	s := f.statistics()
	text := fmt.Sprint(s.Source.Peer, " since ", s.Source.ConnectedAt.UTC())
	for _, o := range s.Outputs {
		if o.Name == "serve" || o.Name == "push" {
			text += fmt.Sprint(", ", o.Peer, " since ", o.ConnectedAt.UTC())
		}
	}
	return text
}

// outputLife leads two outputs through all that can happen to them.
func outputLife(t *testing.T, f *flow, key int) {
	t.Helper()
	first, second := keyed(f.farEnd(), key), keyed(f.farEnd(), key)
	caller, listener := pushes("other-push", first), serves("other-serve")
	caller.Encryption, listener.Encryption = crypto(key), crypto(key)
	f.add(caller, listener)
	at := liveTransmit(t, first)
	puller := liveTransmit(t, keyed(f.output("other-serve"), key))
	at.grow(t, someMedia)
	puller.grow(t, someMedia)

	// Disabled, an output ends its connections; enabled, it takes them again.
	both := []string{"other-push", "other-serve"}
	for _, name := range both {
		f.change(name, medialive.OutputChange{Status: new(medialive.Disabled)})
		if l := f.leg(name); l.State != medialive.LegOff {
			t.Errorf("disabled, %s is %s", name, l.State)
		}
	}
	for _, name := range both {
		f.change(name, medialive.OutputChange{Status: new(medialive.Enabled)})
	}
	at.grow(t, someMedia)
	puller.grow(t, someMedia)

	// Another far end, and another passphrase.
	moved := liveTransmit(t, second)
	f.change("other-push", medialive.OutputChange{Port: new(second.Port)})
	moved.grow(t, someMedia)
	f.change("other-serve", medialive.OutputChange{Encryption: &medialive.Crypto{
		Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: otherWord,
	}})
	f.awaitLeg("other-serve", "left by who knows the old passphrase", func(l medialive.LegStatistics) bool { return l.Peers == 0 })
	again := f.output("other-serve")
	again.Passphrase, again.KeyLength = otherWord, 16
	knowing := liveTransmit(t, again)
	knowing.grow(t, someMedia)
	for _, name := range both {
		f.remove(name)
	}
	puller.Kill()
	knowing.Kill() // or it comes to the next output of that port, and knows its next passphrase
}

// testSourceEdits changes a running source in the ways that make the sender
// connect again, and only him: the receiver keeps his connection.
func testSourceEdits(t *testing.T, h *house) {
	t.Parallel()
	far := h.farEnd()
	f := h.run(t, camera(), pushes("push", far))
	received := liveTransmit(t, far)
	how := f.input()
	sender := relaytest.Push(t, h.clip, how)
	f.await("camera", medialive.LegConnected)
	received.grow(t, someMedia)
	kept := f.leg("push").ConnectedAt

	moved := f.source.Port + 500 // beyond those that are allotted
	edits := []struct {
		name string
		with func(*medialive.Source)
		how  func(*relaytest.SRT)
	}{
		{
			"passphrase",
			func(s *medialive.Source) { s.Decryption = crypto(16) },
			func(c *relaytest.SRT) { *c = keyed(*c, 16) },
		},
		{
			"key length",
			func(s *medialive.Source) { s.Decryption = crypto(32) },
			func(c *relaytest.SRT) { *c = keyed(*c, 32) },
		},
		{
			"stream id",
			func(s *medialive.Source) { s.StreamID = "studio/one"; s.Decryption.Passphrase = medialive.Mask },
			func(c *relaytest.SRT) { c.StreamID = "studio/one" },
		},
		{
			"port",
			func(s *medialive.Source) { s.Port = moved; s.Decryption = nil },
			func(c *relaytest.SRT) { c.Port = moved; c.Passphrase, c.KeyLength = "", 0 },
		},
	}
	for _, e := range edits {
		f.edit(e.with)
		if err := sender.Wait(t, limit); err == nil {
			t.Errorf("%s: the sender was content", e.name)
		}
		e.how(&how)
		sender = relaytest.Push(t, h.clip, how)
		l := f.awaitLeg("camera", "connected anew: "+e.name, func(l medialive.LegStatistics) bool { return l.State == medialive.LegConnected })
		if l.KeyLength != how.KeyLength {
			t.Errorf("%s: key of %d bytes instead of %d", e.name, l.KeyLength, how.KeyLength)
		}
		received.grow(t, someMedia)
	}

	// The other way round: now the source calls.
	end := h.farEnd()
	f.edit(func(s *medialive.Source) {
		s.Protocol, s.Address, s.Port = medialive.Caller, end.Host, end.Port
	})
	if err := sender.Wait(t, limit); err == nil {
		t.Error("protocol: the sender was content")
	}
	end.StreamID = ""
	called := relaytest.Push(t, h.clip, end)
	f.await("camera", medialive.LegConnected)
	received.grow(t, someMedia)

	next := h.farEnd()
	f.edit(func(s *medialive.Source) { s.Port = next.Port })
	if err := called.Wait(t, limit); err == nil {
		t.Error("address: the sender was content")
	}
	relaytest.Push(t, h.clip, next)
	f.await("camera", medialive.LegConnected)
	received.grow(t, someMedia)
	if l := f.leg("push"); !l.ConnectedAt.Equal(kept) {
		t.Errorf("an edit of the source made the output connect anew: %+v, was connected at %v", l, kept)
	}
}

// testLatencyCountsFromTheNextConnection changes the latency under a sender.
func testLatencyCountsFromTheNextConnection(t *testing.T, h *house) {
	t.Parallel()
	f := h.run(t, camera())
	sender := relaytest.Push(t, h.clip, f.input())
	f.await("camera", medialive.LegConnected)
	f.edit(func(s *medialive.Source) { s.MinLatency = 700 })
	if l := f.leg("camera"); l.Latency != latency || l.State != medialive.LegConnected {
		t.Errorf("an edit of the latency changed a connection: %+v", l)
	}
	sender.Kill()
	began := time.Now()
	relaytest.Push(t, h.clip, f.input())
	l := f.awaitLeg("camera", "connected anew", func(l medialive.LegStatistics) bool {
		return l.State == medialive.LegConnected && l.ConnectedAt.After(began)
	})
	if l.Latency != 700 {
		t.Errorf("the next connection has a latency of %d ms", l.Latency)
	}
}
