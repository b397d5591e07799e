package packager

// MPEG transport stream, ISO/IEC 13818-1, clause 2.4.3.
const (
	packetSize = 188
	syncByte   = 0x47
	nullPID    = 0x1fff
	patPID     = 0
	clockPTS   = 90_000     // ticks a second of presentation times
	clockPCR   = 27_000_000 // ticks a second of program clocks
	wrapPTS    = 1 << 33    // presentation times are modulo this
)

// framer finds the packets of a transport stream in bytes that come in any
// pieces. The zero value is ready.
type framer struct {
	rest   []byte // begun packet
	synced bool
	losses int64 // times the packets were lost, after they had been found
}

// feed hands over the whole packets of data, and of what was left before. A
// packet is valid during the call only.
func (f *framer) feed(data []byte, each func(packet []byte)) {
	f.rest = append(f.rest, data...)
	at := 0
	for {
		if !f.synced {
			at += f.search(f.rest[at:])
		}
		if !f.synced || len(f.rest)-at < packetSize {
			break
		}
		if f.rest[at] != syncByte {
			f.synced = false
			f.losses++
			continue
		}
		each(f.rest[at : at+packetSize])
		at += packetSize
	}
	f.rest = append(f.rest[:0], f.rest[at:]...)
}

// search gives how many bytes to drop. One packet alone is believed only where
// another follows, for the sync byte may be anywhere in a picture.
func (f *framer) search(data []byte) (skip int) {
	for i := 0; i+packetSize < len(data); i++ {
		if data[i] == syncByte && data[i+packetSize] == syncByte {
			f.synced = true
			return i
		}
	}
	return max(0, len(data)-packetSize)
}

// packet is one of a transport stream, of [packetSize] bytes.
type packet []byte

func (p packet) pid() uint16   { return uint16(p[1]&0x1f)<<8 | uint16(p[2]) }
func (p packet) start() bool   { return p[1]&0x40 != 0 } // a section or a PES packet begins
func (p packet) damaged() bool { return p[1]&0x80 != 0 }
func (p packet) counter() byte { return p[3] & 0x0f }
func (p packet) carries() bool { return p[3]&0x10 != 0 } // a payload

// adaptation gives the adaptation field after its length, empty where there is none.
func (p packet) adaptation() []byte {
	if p[3]&0x20 == 0 || int(p[4]) > packetSize-5 {
		return nil
	}
	return p[5 : 5+int(p[4])]
}

// payload gives what is carried, nil where nothing is.
func (p packet) payload() []byte {
	if !p.carries() {
		return nil
	}
	if p[3]&0x20 == 0 {
		return p[4:]
	}
	from := 5 + int(p[4])
	if from >= packetSize {
		return nil
	}
	return p[from:]
}

// jumps says that the counter and the clock are about to, and may.
func (p packet) jumps() bool {
	a := p.adaptation()
	return len(a) > 0 && a[0]&0x80 != 0
}

// random says that decoding can begin here.
func (p packet) random() bool {
	a := p.adaptation()
	return len(a) > 0 && a[0]&0x40 != 0
}

// pcr gives the program clock, in ticks of 27 MHz.
func (p packet) pcr() (ticks int64, ok bool) {
	a := p.adaptation()
	if len(a) < 7 || a[0]&0x10 == 0 {
		return 0, false
	}
	base := int64(a[1])<<25 | int64(a[2])<<17 | int64(a[3])<<9 | int64(a[4])<<1 | int64(a[5])>>7
	return base*300 + int64(a[5]&1)<<8 + int64(a[6]), true
}

// pts gives the presentation time of the PES packet that begins here, in ticks
// of 90 kHz, and what follows its header.
func (p packet) pts() (ticks int64, body []byte, ok bool) {
	b := p.payload()
	if !p.start() || len(b) < 9 || b[0] != 0 || b[1] != 0 || b[2] != 1 {
		return 0, nil, false
	}
	if header := 9 + int(b[8]); header <= len(b) {
		body = b[header:]
	}
	if b[7]&0x80 == 0 || len(b) < 14 {
		return 0, body, false
	}
	ticks = int64(b[9]>>1&7)<<30 | int64(b[10])<<22 | int64(b[11]>>1)<<15 | int64(b[12])<<7 | int64(b[13])>>1
	return ticks, body, true
}

// since gives how far a presentation time is after another one, with the wrap
// that comes every 26.5 hours; negative where it is before it.
func since(earlier, later int64) int64 {
	d := (later - earlier) & (wrapPTS - 1)
	if d >= wrapPTS/2 {
		d -= wrapPTS
	}
	return d
}
