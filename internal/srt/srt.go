package srt

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// Limits of libsrt.
const (
	MaxPayload  = 1456 // bytes in one message in live mode
	MaxStreamID = 512  // bytes
	maxLogLine  = 1024
	minVersion  = 0x010500
)

// libraries are tried in this order: with encryption the GnuTLS flavour costs
// half the processor time of the OpenSSL one that Debian 12 ships.
func libraries() []string { return []string{"libsrt-gnutls.so.1.5", "libsrt.so.1.5"} }

// Load opens libsrt. Its error names the package to install.
func Load() (*Library, error) { return load(libraries()) }

func load(names []string) (*Library, error) {
	l, err := open(names)
	if err != nil {
		return nil, fmt.Errorf("libsrt 1.5 cannot be loaded; install it (Debian, Ubuntu: apt install libsrt1.5-gnutls): %w", err)
	}
	if l.version < minVersion {
		return nil, fmt.Errorf("%s is libsrt %s, but 1.5.0 is needed (Debian, Ubuntu: apt install libsrt1.5-gnutls)", l.name, l.Version())
	}
	return l, nil
}

// Name is the file name of the library in use.
func (l *Library) Name() string { return l.name }

// Version is libsrt's, like 1.5.1.
func (l *Library) Version() string {
	return fmt.Sprintf("%d.%d.%d", l.version>>16&0xff, l.version>>8&0xff, l.version&0xff)
}

// Socket is a socket of libsrt. Numbers are not used again soon.
type Socket int32

func (s Socket) arg() uintptr { return uintptr(uint32(s)) }

// State is the life of a socket.
type State int

// The states that matter here.
const (
	StateConnecting State = 4
	StateConnected  State = 5
)

// Error codes of libsrt (srt.h, SRT_ERRNO).
const (
	codeSecondListener = 5011
	codeBindConflict   = 5015
	codeSendWait       = 6001
	codeReceiveWait    = 6002
)

// ErrWouldBlock tells that a non-blocking call has nothing to do now.
var ErrWouldBlock = errors.New("srt: would block")

// Error is a failed call of libsrt.
type Error struct {
	Op    string
	Code  int
	Errno syscall.Errno // of the system, where it was the cause
	Text  string
}

func (e *Error) Error() string { return fmt.Sprintf("srt: %s: %s (%d)", e.Op, e.Text, e.Code) }

// PortTaken tells whether binding or listening failed because somebody holds
// the port.
func PortTaken(err error) bool {
	var e *Error
	return errors.As(err, &e) &&
		(e.Code == codeSecondListener || e.Code == codeBindConflict || e.Errno == syscall.EADDRINUSE)
}

// Bind gives a socket its local address.
func (l *Library) Bind(s Socket, addr netip.AddrPort) error { return l.bind(s, rawAddr(addr)) }

// Connect calls a listener. On a non-blocking socket it returns at once; the
// socket is writable when it is connected and in error when that failed.
func (l *Library) Connect(s Socket, addr netip.AddrPort) error { return l.connect(s, rawAddr(addr)) }

// LocalAddr tells where a socket is bound.
func (l *Library) LocalAddr(s Socket) (netip.AddrPort, error) {
	raw := make([]byte, sizeSockaddr6)
	if err := l.getName(s, raw); err != nil {
		return netip.AddrPort{}, err
	}
	return addrPort(raw), nil
}

// Accept takes a caller whom the listener's [Door] and libsrt let in.
func (l *Library) Accept(s Socket) (Socket, netip.AddrPort, error) {
	raw := make([]byte, sizeSockaddr6)
	accepted, err := l.accept(s, raw)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	return accepted, addrPort(raw), nil
}
