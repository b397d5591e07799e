package srt

import "encoding/binary"

// Option is a socket option (srt.h, SRT_SOCKOPT).
type Option int

// The options in use.
const (
	OptSendBlocking    Option = 1  // SNDSYN
	OptReceiveBlocking Option = 2  // RCVSYN, governs accept and connect too
	OptFlightWindow    Option = 4  // FC, packets
	OptSendBuffer      Option = 5  // SNDBUF, bytes
	OptReceiveBuffer   Option = 6  // RCVBUF, bytes, cut to the flight window
	OptUDPSendBuffer   Option = 8  // UDP_SNDBUF, bytes
	OptMaxBandwidth    Option = 16 // MAXBW, bytes a second, 64 bits
	optEvent           Option = 18 // EVENT, read only: what the socket is ready for
	OptLatency         Option = 23 // milliseconds
	OptPassphrase      Option = 26 // 10 to 79 bytes
	OptKeyLength       Option = 27 // PBKEYLEN, bytes; read after connecting: the length in use
	OptConnectTimeout  Option = 36 // CONNTIMEO, milliseconds
	OptMinVersion      Option = 45 // MINVERSION of the peer, 0xXXYYZZ
	OptStreamID        Option = 46 // at most MaxStreamID bytes
	OptPayloadSize     Option = 49 // bytes
	OptTransType       Option = 50 // 0 is live; sets other options, so it comes first
	OptIPv6Only        Option = 54
	OptPeerIdleTimeout Option = 55 // PEERIDLETIMEO, milliseconds
)

// SetInt sets an option that is a 32-bit integer.
func (l *Library) SetInt(s Socket, option Option, value int) error {
	var raw [4]byte
	binary.NativeEndian.PutUint32(raw[:], uint32(int32(value)))
	return l.setFlag(s, option, raw[:])
}

// SetInt64 sets an option that is a 64-bit integer.
func (l *Library) SetInt64(s Socket, option Option, value int64) error {
	var raw [8]byte
	binary.NativeEndian.PutUint64(raw[:], uint64(value))
	return l.setFlag(s, option, raw[:])
}

// SetBool sets an option that is a bool.
func (l *Library) SetBool(s Socket, option Option, value bool) error {
	raw := []byte{0}
	if value {
		raw[0] = 1
	}
	return l.setFlag(s, option, raw)
}

// SetString sets an option that is a text. An empty one is left unset, since
// libsrt refuses it.
func (l *Library) SetString(s Socket, option Option, value string) error {
	if value == "" {
		return nil
	}
	return l.setFlag(s, option, []byte(value))
}
