package srt

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

const clockMonotonic = 1

func start(t *testing.T) *Library {
	t.Helper()
	l, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Startup(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Cleanup)
	return l
}

func loopback(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// socket makes a non-blocking live socket with a passphrase, if there is one.
func socket(t *testing.T, l *Library, passphrase string) Socket {
	t.Helper()
	s, err := l.NewSocket()
	check(t, err)
	check(t, l.SetInt(s, OptTransType, 0))
	check(t, l.SetInt(s, OptPayloadSize, MaxPayload))
	check(t, l.SetBool(s, OptSendBlocking, false))
	check(t, l.SetBool(s, OptReceiveBlocking, false))
	check(t, l.SetString(s, OptPassphrase, passphrase))
	return s
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(5 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func TestMissingLibrary(t *testing.T) {
	_, err := load([]string{"libnothing-a.so", "libnothing-b.so"})
	if err == nil || !strings.Contains(err.Error(), "libsrt1.5-gnutls") || !strings.Contains(err.Error(), "libnothing-b.so") {
		t.Errorf("error %v", err)
	}
}

func TestWrongLibrary(t *testing.T) {
	_, err := load([]string{"libc.so.6"})
	if err == nil || !strings.Contains(err.Error(), "srt_startup") {
		t.Errorf("error %v, want the first missing function named", err)
	}
}

func TestVersion(t *testing.T) {
	l := &Library{version: 0x010502}
	if l.Version() != "1.5.2" {
		t.Errorf("version %s", l.Version())
	}
}

// TestConnection sends a message each way of the checks: door, encryption,
// receiving, statistics, closing.
func TestConnection(t *testing.T) {
	l := start(t)
	calls := make(chan Call, 1)
	listener := socket(t, l, "a-long-passphrase")
	check(t, l.Bind(listener, loopback(0)))
	check(t, l.Listen(listener, 5, Door{Admit: func(c Call) Reject { calls <- c; return Accept }}))
	addr, err := l.LocalAddr(listener)
	check(t, err)
	if _, _, err := l.Accept(listener); !errors.Is(err, ErrWouldBlock) {
		t.Errorf("accept of nobody: %v", err)
	}
	poll, err := l.NewPoll()
	check(t, err)
	defer poll.Release()
	ready := make([]Event, 4)
	if n, err := poll.Ready(ready); n != 0 || err != nil {
		t.Errorf("empty poll: %d, %v", n, err)
	}
	check(t, poll.Watch(listener, In))
	caller := socket(t, l, "a-long-passphrase")
	check(t, l.SetInt(caller, OptKeyLength, 24))
	check(t, l.SetString(caller, OptStreamID, "camera one"))
	check(t, l.Connect(caller, addr))
	until(t, "somebody calls", func() bool { n, _ := poll.Ready(ready); return n == 1 && ready[0] == Event{listener, In} })
	far, peer, err := l.Accept(listener)
	check(t, err)
	call := <-calls
	if call.Socket != far || call.Peer != peer || call.StreamID != "camera one" || !peer.Addr().IsLoopback() {
		t.Errorf("door saw %+v, accepted %d from %s", call, far, peer)
	}
	until(t, "connected", func() bool { return l.State(caller) == StateConnected })
	if key, err := l.Int(far, OptKeyLength); err != nil || key != 24 {
		t.Errorf("key length %d, %v", key, err)
	}
	testPayload(t, l, caller, far)
	l.Close(caller)
	until(t, "the far end notices", func() bool { return l.State(far) != StateConnected })
	if err := l.Send(caller, new(Packet)); err == nil || errors.Is(err, ErrWouldBlock) {
		t.Errorf("send on a closed socket: %v", err)
	}
	l.Close(far)
	l.Close(listener)
}

func testPayload(t *testing.T, l *Library, from, to Socket) {
	t.Helper()
	var out, in Packet
	if err := l.Receive(to, &in); !errors.Is(err, ErrWouldBlock) {
		t.Errorf("receive of nothing: %v", err)
	}
	if l.Readable(to) {
		t.Error("readable before a message came")
	}
	message := bytes.Repeat([]byte("0123456789abcdef"), MaxPayload/16)
	out.Set(message)
	check(t, l.Send(from, &out))
	until(t, "the message arrives", func() bool { return l.Readable(to) })
	if err := l.Receive(to, &in); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(in.Payload(), message) {
		t.Errorf("%d bytes received, other than those sent", len(in.Payload()))
	}
	var now syscall.Timespec
	if _, _, e := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0); e != 0 {
		t.Fatal(e)
	}
	if late := now.Nano()/1000 - in.due; late < 0 || late > 100_000 {
		t.Errorf("received %d microseconds after it was due", late)
	}
	in.due = 1
	if err := l.Send(from, &in); err == nil || errors.Is(err, ErrWouldBlock) {
		t.Errorf("a packet from before the connection was taken: %v", err)
	}
	received, err := l.Stats(to)
	check(t, err)
	sent, err := l.Stats(from)
	check(t, err)
	if received.ReceivedUnique != 1 || sent.SentUnique != 1 || sent.RTT <= 0 || sent.RTT > 1000 || received.ReceiveWait != 120 {
		t.Errorf("sent %+v\nreceived %+v", sent, received)
	}
}

// TestRefusals calls listeners that do not let the caller in.
func TestRefusals(t *testing.T) {
	l := start(t)
	const secret, other = "a-long-passphrase", "some-other-passphrase"
	tables := []struct {
		name         string
		here, caller string
		answer       Reject // of the door
		told         Reject // what the caller learns
		refused      Reject // what the listener learns from libsrt
	}{
		{"by the door", "", "", RejectForbidden, RejectForbidden, 0},
		{"wrong passphrase", secret, other, Accept, RejectBadSecret, RejectBadSecret},
		{"no passphrase", secret, "", Accept, RejectUnsecure, RejectUnsecure},
		{"passphrase where none is", "", secret, Accept, RejectUnsecure, RejectUnsecure},
		{"a door that panics", "", "", -1, RejectPeer, 0},
	}
	for _, c := range tables {
		t.Run(c.name, func(t *testing.T) {
			refused := make(chan Reject, 10)
			listener := socket(t, l, c.here)
			defer l.Close(listener)
			check(t, l.Bind(listener, loopback(0)))
			check(t, l.Listen(listener, 5, Door{
				Admit: func(Call) Reject {
					if c.answer < 0 {
						panic("in the door")
					}
					return c.answer
				},
				Refused: func(_ Call, r Reject) { refused <- r },
			}))
			addr, err := l.LocalAddr(listener)
			check(t, err)
			caller := socket(t, l, c.caller)
			defer l.Close(caller)
			check(t, l.Connect(caller, addr))
			until(t, "refused", func() bool { s := l.State(caller); return s != StateConnecting && s != StateConnected })
			if why, text := l.RejectReason(caller); why != c.told && c.answer >= 0 || text == "" {
				t.Errorf("the caller was told %d %q, want %d", why, text, c.told)
			}
			if c.refused != 0 {
				if r := <-refused; r != c.refused {
					t.Errorf("the listener was told %d, want %d", r, c.refused)
				}
			}
			if _, _, err := l.Accept(listener); !errors.Is(err, ErrWouldBlock) {
				t.Errorf("accept: %v", err)
			}
		})
	}
}

func TestPortTaken(t *testing.T) {
	l := start(t)
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(t, err)
	defer func() { _ = conn.Close() }()
	s := socket(t, l, "")
	if err := l.Bind(s, loopback(uint16(conn.LocalAddr().(*net.UDPAddr).Port))); !PortTaken(err) {
		t.Errorf("port of another program: %v", err)
	}
	first, second := socket(t, l, ""), socket(t, l, "")
	check(t, l.Bind(first, loopback(0)))
	check(t, l.Listen(first, 1, Door{}))
	addr, err := l.LocalAddr(first)
	check(t, err)
	check(t, l.Bind(second, addr))
	if err := l.Listen(second, 1, Door{}); !PortTaken(err) {
		t.Errorf("port of another listener: %v", err)
	}
	far := socket(t, l, "")
	if err := l.Bind(far, netip.MustParseAddrPort("192.0.2.1:9000")); err == nil || PortTaken(err) {
		t.Errorf("address of another machine: %v", err)
	}
}

func TestBadOptions(t *testing.T) {
	l := start(t)
	s := socket(t, l, "")
	if err := l.SetInt(s, OptKeyLength, 20); err == nil {
		t.Error("key length 20 was taken")
	}
	if err := l.SetString(s, OptPassphrase, "short"); err == nil || strings.Contains(err.Error(), "short") {
		t.Errorf("short passphrase: %v", err)
	}
	if err := l.SetString(s, OptStreamID, strings.Repeat("a", MaxStreamID+1)); err == nil {
		t.Error("long stream id was taken")
	}
}

func TestAddresses(t *testing.T) {
	for _, text := range []string{"127.0.0.1:9000", "[::1]:9000", "[2001:db8::1]:65535"} {
		want := netip.MustParseAddrPort(text)
		if got := addrPort(rawAddr(want)); got != want {
			t.Errorf("%s became %s", want, got)
		}
	}
	mapped := netip.MustParseAddrPort("[::ffff:10.0.0.1]:1")
	if got := addrPort(rawAddr(mapped)); got.String() != "10.0.0.1:1" {
		t.Errorf("mapped address became %s", got)
	}
	for _, raw := range [][]byte{nil, make([]byte, sizeSockaddr4), {10, 0, 1}, append([]byte{10, 0}, make([]byte, 14)...)} {
		if got := addrPort(raw); got.IsValid() {
			t.Errorf("%v became %s", raw, got)
		}
	}
}

func TestRejectReason(t *testing.T) {
	tables := map[string]struct {
		reason Reject
		ok     bool
	}{
		"12:00:00/SRT:RcvQ:w1!W:SRT.cn: processConnectRequest: rsp(REJECT): 1010 - Incorrect passphrase": {RejectBadSecret, true},
		"rsp(REJECT): 1011 - Password required or unexpected":                                            {RejectUnsecure, true},
		"rsp(REJECT): 1005 - Listener's backlog exceeded":                                                {5, false},
		"rsp(REJECT): x":   {},
		"rsp(REJECT): ":    {},
		"something else":   {},
		"rsp(REJECT): -10": {-1010, false},
	}
	for line, want := range tables {
		if reason, ok := rejectReason(line); reason != want.reason || ok != want.ok {
			t.Errorf("%q gave %d, %t", line, reason, ok)
		}
	}
}

func FuzzAddrPort(f *testing.F) {
	f.Add(rawAddr(loopback(1)))
	f.Add(rawAddr(netip.MustParseAddrPort("[::1]:2")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if a := addrPort(raw); a.IsValid() && addrPort(rawAddr(a)) != a {
			t.Errorf("%v became %s", raw, a)
		}
	})
}

func FuzzRejectReason(f *testing.F) {
	f.Add("processConnectRequest: rsp(REJECT): 1010 - Incorrect passphrase")
	f.Fuzz(func(t *testing.T, line string) {
		if reason, ok := rejectReason(line); ok && reason != RejectBadSecret && reason != RejectUnsecure {
			t.Errorf("%q gave %d", line, reason)
		}
	})
}
