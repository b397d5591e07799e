package relay

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/srt"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func testLeg(spec LegSpec) *leg {
	return newLeg(newFlow("a", epoch), spec, false, epoch)
}

// TestDoor covers what the door refuses; libsrt itself is asked for the rest.
func TestDoor(t *testing.T) {
	spec := listener("out", 5000, 0)
	spec.Allow = []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("192.0.2.7/32")}
	spec.StreamID = "main"
	tables := []struct {
		from, streamID string
		pullers        int32
		reason         string
		answer         srt.Reject
	}{
		{"10.2.0.1", "main", 0, refusedAddress, srt.RejectForbidden},
		{"192.0.2.8", "other", 0, refusedAddress, srt.RejectForbidden},
		{"10.1.255.1", "other", 0, refusedStreamID, srt.RejectNotFound},
		{"192.0.2.7", "", 0, refusedStreamID, srt.RejectNotFound},
		{"10.1.0.1", "main", maxPullers, refusedBusy, srt.RejectOverload},
	}
	for _, c := range tables {
		t.Run(c.from+" "+c.streamID, func(t *testing.T) {
			l := testLeg(spec)
			l.pullers.Store(c.pullers)
			call := srt.Call{Socket: 1, Peer: netip.AddrPortFrom(netip.MustParseAddr(c.from), 9), StreamID: c.streamID}
			if answer := l.admit(nil, call); answer != c.answer {
				t.Errorf("answered %d, want %d", answer, c.answer)
			}
			list := l.flow.refusals.newestFirst()
			if len(list) != 1 || list[0].Reason != c.reason || list[0].Leg != "out" || list[0].Address != c.from {
				t.Errorf("recorded %+v", list)
			}
		})
	}
}

func TestRefusalsAreMergedAndBounded(t *testing.T) {
	var r refusals
	from := netip.MustParseAddrPort("192.0.2.1:1000")
	for i := range maxRefused + 10 {
		r.add("in", from, fmt.Sprint(i), refusedStreamID, epoch.Add(time.Duration(i)*time.Second))
	}
	r.add("in", netip.MustParseAddrPort("192.0.2.1:2000"), "50", refusedStreamID, epoch.Add(time.Hour))
	list := r.newestFirst()
	if len(list) != maxRefused {
		t.Fatalf("%d kept", len(list))
	}
	if n := list[0]; n.StreamID != "50" || n.Count != 2 || !n.First.Equal(epoch.Add(50*time.Second)) || !n.Last.Equal(epoch.Add(time.Hour)) {
		t.Errorf("merged %+v", n)
	}
	if last := list[maxRefused-1]; last.StreamID != "10" {
		t.Errorf("the oldest kept is %s", last.StreamID)
	}
	r.add("in", from, "a"+strings.Repeat("é", 100), refusedStreamID, epoch)
	if id := r.newestFirst()[0].StreamID; id != "a"+strings.Repeat("é", 63)+"?" {
		t.Errorf("stream id %q", id)
	}
}

// TestOverdueVerdict: a library without logs never says why; the caller who
// does not come through is recorded all the same.
func TestOverdueVerdict(t *testing.T) {
	l := testLeg(listener("out", 5000, 16))
	l.pending.add(srt.Call{Socket: 1}, epoch)
	l.pending.add(srt.Call{Socket: 2}, epoch)
	if !l.pending.take(2) || l.pending.take(2) || l.pending.take(3) {
		t.Error("take tells wrongly what was known")
	}
	if late := l.pending.expired(epoch.Add(verdictWait)); len(late) != 0 {
		t.Errorf("expired early: %v", late)
	}
	late := l.pending.expired(epoch.Add(verdictWait + 1))
	if len(late) != 1 || late[0].Socket != 1 {
		t.Errorf("expired: %v", late)
	}
	for i := range maxPendingCalls + 10 {
		l.pending.add(srt.Call{Socket: srt.Socket(i)}, epoch)
	}
	if len(l.pending.calls) != maxPendingCalls {
		t.Errorf("%d remembered", len(l.pending.calls))
	}
}

func TestRefusalReasons(t *testing.T) {
	for _, c := range []struct {
		key    int
		why    srt.Reject
		reason string
	}{
		{0, srt.RejectUnsecure, refusedEncrypted},
		{16, srt.RejectUnsecure, refusedNotEncrypted},
		{16, srt.RejectBadSecret, refusedPassphrase},
	} {
		l := testLeg(listener("out", 5000, c.key))
		l.refuse(srt.Call{}, c.why, epoch)
		if got := l.flow.refusals.newestFirst()[0].Reason; got != c.reason {
			t.Errorf("key %d, %d: %s, want %s", c.key, c.why, got, c.reason)
		}
	}
}

func TestBackOff(t *testing.T) {
	var l *leg
	for addresses, pauses := range map[int][]time.Duration{
		1: {1000, 2000, 4000, 8000, 10000, 10000, 10000},
		2: {300, 1000, 300, 2000, 300, 4000, 300}, // the other address at once
	} {
		l = testLeg(caller("out", 5000, 0))
		l.addresses = addresses
		for i, want := range pauses {
			l.failed("nobody answers", epoch)
			if got := l.nextTry.Sub(epoch); got != want*time.Millisecond || l.turn != i+1 {
				t.Errorf("%d addresses: pause %d is %s, want %d ms, turn %d", addresses, i, got, want, l.turn)
			}
		}
	}
	if r := l.report(); r.Attempts != 7 || r.Problem == "" || r.NextTry.IsZero() {
		t.Errorf("%+v", r)
	}
}

func TestState(t *testing.T) {
	p := &peer{since: epoch}
	listening, calling := testLeg(listener("a", 1, 0)), testLeg(caller("b", 1, 0))
	listening.listener = 1
	steps := []struct {
		name      string
		leg       *leg
		peers     []*peer
		lastMedia time.Time
		now       time.Time
		want      State
		lost      bool
	}{
		{"nobody there", listening, nil, time.Time{}, epoch, Waiting, false},
		{"without media", listening, []*peer{p}, time.Time{}, epoch, Waiting, false},
		{"media", listening, []*peer{p}, epoch, epoch.Add(time.Second), Connected, false},
		{"silence", listening, []*peer{p}, epoch, epoch.Add(mediaSilence), Waiting, true},
		{"gone", listening, nil, epoch, epoch, Waiting, true},
		{"calling", calling, nil, time.Time{}, epoch, Connecting, false},
		{"answered", calling, []*peer{p}, time.Time{}, epoch, Waiting, false},
		{"delivering", calling, []*peer{p}, epoch, epoch, Connected, false},
		{"calling again", calling, nil, epoch, epoch, Connecting, true},
	}
	for _, s := range steps {
		s.leg.peers, p.lastMedia = s.peers, s.lastMedia
		for _, q := range s.peers {
			q.leg = s.leg
		}
		s.leg.refresh(s.now)
		if r := s.leg.report(); r.State != s.want || r.Lost != s.lost {
			t.Errorf("%s: %s, lost %t", s.name, r.State, r.Lost)
		}
	}
	listening.listener = 0
	if listening.refresh(epoch); listening.state != Failed {
		t.Errorf("without port: %s", listening.state)
	}
}

func TestLoss(t *testing.T) {
	p := &peer{leg: &leg{source: true}}
	for i := range 30 {
		p.stats.ReceivedUnique = int64(i+1) * 90
		p.stats.ReceiveLoss = int64(i+1) * 10
		if i >= 15 {
			p.stats.ReceiveLoss = 160 // the line got better
		}
		p.sample(epoch.Add(time.Duration(i) * time.Second))
		lost, expected := p.loss()
		if i == 14 && float64(lost)/float64(expected) != 0.1 {
			t.Errorf("%d lost of %d", lost, expected)
		}
		if i == 29 && lost != 0 {
			t.Errorf("%d lost, long after", lost)
		}
	}
}

// TestCallerWhoNeverComes has somebody let in who is never delivered, and of
// whom libsrt does not say why: no reason is laid on him.
func TestCallerWhoNeverComes(t *testing.T) {
	f := newFlow("f", epoch)
	l := newLeg(f, LegSpec{Name: "in", Mode: Listen, Port: 20000, Latency: 120}, true, epoch)
	l.listener, f.source = 1, l
	r := &relay{changed: newBell(), flows: map[string]*flow{"f": f}}
	l.pending.add(srt.Call{Socket: 2, Peer: netip.MustParseAddrPort("192.0.2.1:2000"), StreamID: "a"}, epoch)
	r.review(epoch.Add(verdictWait + 1))
	if got := f.refusals.newestFirst(); len(got) != 1 || got[0].Reason != refusedUnfinished || got[0].StreamID != "a" {
		t.Errorf("refused: %+v", got)
	}
}
