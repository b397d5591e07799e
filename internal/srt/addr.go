package srt

import (
	"encoding/binary"
	"net/netip"
	"syscall"
)

// Sizes of struct sockaddr_in and sockaddr_in6.
const (
	sizeSockaddr4 = 16
	sizeSockaddr6 = 28
)

// rawAddr encodes an address as Linux's struct sockaddr_in or sockaddr_in6.
func rawAddr(a netip.AddrPort) []byte {
	if a.Addr().Is4() {
		raw := make([]byte, sizeSockaddr4)
		binary.NativeEndian.PutUint16(raw, syscall.AF_INET)
		binary.BigEndian.PutUint16(raw[2:], a.Port())
		ip := a.Addr().As4()
		copy(raw[4:], ip[:])
		return raw
	}
	raw := make([]byte, sizeSockaddr6)
	binary.NativeEndian.PutUint16(raw, syscall.AF_INET6)
	binary.BigEndian.PutUint16(raw[2:], a.Port())
	ip := a.Addr().As16()
	copy(raw[8:], ip[:])
	return raw
}

// addrPort decodes a struct sockaddr; mapped IPv4 addresses come out as IPv4.
// An unknown family gives the zero AddrPort.
func addrPort(raw []byte) netip.AddrPort {
	if len(raw) < sizeSockaddr4 {
		return netip.AddrPort{}
	}
	port := binary.BigEndian.Uint16(raw[2:])
	switch binary.NativeEndian.Uint16(raw) {
	case syscall.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(raw[4:8])), port)
	case syscall.AF_INET6:
		if len(raw) < sizeSockaddr6 {
			return netip.AddrPort{}
		}
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(raw[8:24])).Unmap(), port)
	}
	return netip.AddrPort{}
}
