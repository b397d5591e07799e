package packager

import (
	"errors"
	"time"
)

// tableSplice is the table id of SCTE-35.
const tableSplice = 0xfc

// Commands of SCTE-35 (ANSI/SCTE 35, table 7) that are decoded.
const (
	commandInsert = 0x05
	commandTime   = 0x06
)

// SignalKind is the command of a signal.
type SignalKind string

// The commands that are told.
const (
	SpliceInsert SignalKind = "splice_insert"
	TimeSignal   SignalKind = "time_signal"
)

// NoDuration is the Duration of a signal that tells none.
const NoDuration = -1

// Signal is an SCTE-35 message that came with the input.
type Signal struct {
	Seen         time.Time     // when it came
	Start        time.Time     // when it is to be carried out; Seen where it tells no time
	Kind         SignalKind    //
	EventID      uint32        // of a time signal its first descriptor's
	Out          bool          // away from the program; of a splice insert
	Cancel       bool          // takes back an earlier one
	Duration     time.Duration // NoDuration: none told
	Segmentation byte          // type of the first segmentation descriptor (SCTE 35, table 23), 0: none
	PTS          int64         // when, 90 kHz, with the adjustment; -1: at once
	Section      []byte        // as it came
}

var (
	errShort   = errors.New("SCTE-35: ends too early")
	errForeign = errors.New("SCTE-35: neither splice insert nor time signal, or encrypted")
)

// bits reads a section from its front; after the first read beyond the end all
// reads give 0 and short is set.
type bits struct {
	data  []byte
	short bool
}

func (b *bits) take(n int) uint64 {
	if n > len(b.data) {
		b.short, b.data = true, nil
		return 0
	}
	var v uint64
	for _, x := range b.data[:n] {
		v = v<<8 | uint64(x)
	}
	b.data = b.data[n:]
	return v
}

// readSignal decodes a section whose CRC was checked. Errors: it is cut, or it
// is of a kind that is not told.
func readSignal(section []byte) (Signal, error) {
	s := Signal{Duration: NoDuration, PTS: -1, Section: section}
	if len(section) < 4 {
		return s, errShort
	}
	b := &bits{data: section[:len(section)-4]}
	b.take(4) // table, length, protocol version
	first := b.take(5)
	if first>>39 != 0 {
		return s, errForeign
	}
	adjust := int64(first & (wrapPTS - 1))
	b.take(1) // index of the control word
	b.take(3) // tier, length of the command: 0xfff may mean unknown, so that it is not used
	switch b.take(1) & 0xff {
	case commandInsert:
		s.Kind = SpliceInsert
		s.insert(b)
	case commandTime:
		s.Kind = TimeSignal
		s.PTS = spliceTime(b)
	default:
		return s, errForeign
	}
	s.descriptors(b)
	if b.short {
		return s, errShort
	}
	if s.PTS >= 0 {
		s.PTS = (s.PTS + adjust) & (wrapPTS - 1)
	}
	return s, nil
}

// spliceTime reads a splice_time(): -1 is at once.
func spliceTime(b *bits) int64 {
	first := b.take(1)
	if first&0x80 == 0 {
		return -1
	}
	return int64(first&1<<32 | b.take(4))
}

// insert reads a splice_insert().
func (s *Signal) insert(b *bits) {
	s.EventID = uint32(b.take(4))
	if b.take(1)&0x80 != 0 {
		s.Cancel = true
		return
	}
	flags := b.take(1)
	s.Out = flags&0x80 != 0
	whole, lasts, now := flags&0x40 != 0, flags&0x20 != 0, flags&0x10 != 0
	if whole && !now {
		s.PTS = spliceTime(b)
	}
	if !whole {
		for range b.take(1) {
			b.take(1)
			if !now {
				s.PTS = spliceTime(b)
			}
		}
	}
	if lasts {
		s.Duration = ticks(b.take(5) & (wrapPTS - 1))
	}
	b.take(4) // program, avail, avails expected
}

// descriptors reads the first segmentation descriptor.
func (s *Signal) descriptors(b *bits) {
	loop := int(b.take(2))
	if loop > len(b.data) {
		b.short = true
		return
	}
	all := &bits{data: b.data[:loop]}
	for len(all.data) >= 2 {
		tag, size := all.take(1), int(all.take(1))
		if size > len(all.data) {
			b.short = true
			return
		}
		one := &bits{data: all.data[:size]}
		all.take(size)
		if tag == 2 && one.take(4) == 0x43554549 && s.Segmentation == 0 { // "CUEI"
			s.segment(one)
			b.short = b.short || one.short
		}
	}
}

// segment reads a segmentation_descriptor().
func (s *Signal) segment(b *bits) {
	id := uint32(b.take(4))
	if s.Kind == TimeSignal {
		s.EventID = id
	}
	if b.take(1)&0x80 != 0 {
		s.Cancel = true
		return
	}
	flags := b.take(1)
	if flags&0x80 == 0 { // of some components only
		b.take(6 * int(b.take(1)))
	}
	if flags&0x40 != 0 {
		s.Duration = ticks(b.take(5))
	}
	b.take(1) // type of the identifier
	b.take(int(b.take(1)))
	s.Segmentation = byte(b.take(1))
}

// ticks turns a span of 90 kHz into a duration.
func ticks(n uint64) time.Duration {
	return time.Duration(n) * (time.Second / 10_000) / (clockPTS / 10_000)
}
