package srt

import (
	"encoding/binary"
	"math"
)

// Stats is what libsrt counts on a connected socket, since it connected. Loss
// counts reordering too.
type Stats struct {
	SendLoss, ReceiveLoss  int64   // packets
	Retransmitted          int64   // packets sent again
	ReceivedAgain          int64   // retransmitted packets received
	SendDrop, ReceiveDrop  int64   // packets too late
	SentUnique             int64   // packets
	ReceivedUnique         int64   // packets
	RTT                    float64 // milliseconds
	Bandwidth              float64 // Mb/s, libsrt's estimate of the link
	SendDelay, ReceiveWait int     // milliseconds: the negotiated latencies
	AcksReceived           int64   // control packets of the far end
}

// statsSize is CBytePerfMon of libsrt 1.5 with room for what later versions
// append; fields are only ever appended.
const statsSize = 1024

// Stats reads the counters of a socket.
func (l *Library) Stats(s Socket) (Stats, error) {
	var block [statsSize]byte
	if err := l.stats(s, block[:]); err != nil {
		return Stats{}, err
	}
	return decodeStats(block[:]), nil
}

func decodeStats(b []byte) Stats {
	i32 := func(at int) int64 { return int64(int32(binary.NativeEndian.Uint32(b[at:]))) }
	i64 := func(at int) int64 { return int64(binary.NativeEndian.Uint64(b[at:])) }
	f64 := func(at int) float64 { return math.Float64frombits(binary.NativeEndian.Uint64(b[at:])) }
	return Stats{
		SendLoss: i32(24), ReceiveLoss: i32(28),
		Retransmitted: i32(32), ReceivedAgain: i32(164),
		AcksReceived: i32(40),
		SendDrop:     i32(64), ReceiveDrop: i32(68),
		RTT: f64(328), Bandwidth: f64(336),
		SendDelay: int(i32(376)), ReceiveWait: int(i32(392)),
		SentUnique: i64(432), ReceivedUnique: i64(440),
	}
}
