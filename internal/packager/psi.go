package packager

import "slices"

// Stream types of a program map that matter here (ISO/IEC 13818-1, table 2-34,
// and SCTE 35).
const (
	typeMPEG1Audio = 0x03
	typeMPEG2Audio = 0x04
	typeMPEG2Video = 0x02
	typeAAC        = 0x0f
	typeLATM       = 0x11
	typeH264       = 0x1b
	typeHEVC       = 0x24
	typeAC3        = 0x81
	typeEAC3       = 0x87
	typeSCTE35     = 0x86
)

const (
	tablePAT   = 0x00
	tablePMT   = 0x02
	maxSection = 4096
)

// track is one elementary stream.
type track struct {
	PID  uint16
	Type byte
}

func (t track) video() bool {
	return t.Type == typeH264 || t.Type == typeHEVC || t.Type == typeMPEG2Video
}

func (t track) audio() bool {
	switch t.Type {
	case typeMPEG1Audio, typeMPEG2Audio, typeAAC, typeLATM, typeAC3, typeEAC3:
		return true
	}
	return false
}

// layout is which programs and tracks a transport stream has.
type layout struct {
	programs []program // in the order of the PAT
}

// program is one of a transport stream.
type program struct {
	number uint16
	pmt    uint16 // PID of its map
	pcr    uint16 // PID of its clock
	tracks []track
}

// known says that all maps were read.
func (l layout) known() bool {
	return len(l.programs) > 0 && !slices.ContainsFunc(l.programs, func(p program) bool { return p.tracks == nil })
}

// equal says that a reader of one may go on with the other.
func (l layout) equal(other layout) bool {
	return slices.EqualFunc(l.programs, other.programs, func(a, b program) bool {
		return a.pcr == b.pcr && slices.Equal(a.tracks, b.tracks)
	})
}

// track finds one by its PID.
func (l layout) track(pid uint16) (track, bool) {
	for _, p := range l.programs {
		for _, t := range p.tracks {
			if t.PID == pid {
				return t, true
			}
		}
	}
	return track{}, false
}

// has says whether a kind of track is there.
func (l layout) has(kind func(track) bool) bool {
	return slices.ContainsFunc(l.programs, func(p program) bool { return slices.ContainsFunc(p.tracks, kind) })
}

// assembler puts the sections of one PID together.
type assembler struct {
	buffer []byte
}

// feed hands over each section that is complete, its CRC not checked yet.
func (a *assembler) feed(p packet, each func(section []byte)) {
	body := p.payload()
	if len(body) == 0 {
		return
	}
	if !p.start() {
		if len(a.buffer) > 0 {
			a.buffer = append(a.buffer, body...)
			a.flush(each)
		}
		return
	}
	pointer := int(body[0])
	if 1+pointer > len(body) {
		a.buffer = nil
		return
	}
	if len(a.buffer) > 0 {
		a.buffer = append(a.buffer, body[1:1+pointer]...)
		a.flush(each)
	}
	a.buffer = append(a.buffer[:0], body[1+pointer:]...)
	a.flush(each)
}

// flush hands over the sections that the buffer holds whole.
func (a *assembler) flush(each func(section []byte)) {
	for len(a.buffer) >= 3 && a.buffer[0] != 0xff {
		size := 3 + int(a.buffer[1]&0x0f)<<8 + int(a.buffer[2])
		if size > maxSection {
			break
		}
		if size > len(a.buffer) {
			return // more to come
		}
		each(a.buffer[:size])
		a.buffer = a.buffer[size:]
	}
	if len(a.buffer) < 3 && len(a.buffer) > 0 && a.buffer[0] != 0xff {
		return
	}
	a.buffer = nil // stuffing
}

// intact checks the CRC at the end of a section.
func intact(section []byte) bool { return len(section) >= 4 && crc32(section) == 0 }

// crc32 is that of MPEG, which is not that of hash/crc32: bits are not reflected.
func crc32(data []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range data {
		crc ^= uint32(b) << 24
		for range 8 {
			if crc&(1<<31) != 0 {
				crc = crc<<1 ^ 0x04c11db7
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// readPAT gives the programs of a program association table.
func readPAT(section []byte) (programs []program, ok bool) {
	if len(section) < 12 || section[0] != tablePAT || !intact(section) {
		return nil, false
	}
	for b := section[8 : len(section)-4]; len(b) >= 4; b = b[4:] {
		number := uint16(b[0])<<8 | uint16(b[1])
		if number != 0 { // 0 is the network's own table
			programs = append(programs, program{number: number, pmt: uint16(b[2]&0x1f)<<8 | uint16(b[3])})
		}
	}
	return programs, true
}

// readPMT gives clock and tracks of a program map table.
func readPMT(section []byte) (number, pcr uint16, tracks []track, ok bool) {
	if len(section) < 16 || section[0] != tablePMT || !intact(section) {
		return 0, 0, nil, false
	}
	number = uint16(section[3])<<8 | uint16(section[4])
	pcr = uint16(section[8]&0x1f)<<8 | uint16(section[9])
	tracks = []track{}
	b := section[12 : len(section)-4]
	b = b[min(len(b), int(section[10]&0x0f)<<8+int(section[11])):]
	for len(b) >= 5 {
		tracks = append(tracks, track{PID: uint16(b[1]&0x1f)<<8 | uint16(b[2]), Type: b[0]})
		b = b[min(len(b), 5+int(b[3]&0x0f)<<8+int(b[4])):]
	}
	return number, pcr, tracks, true
}

// clone gives a copy that the meter does not change.
func (l layout) clone() layout {
	programs := slices.Clone(l.programs)
	for i := range programs {
		programs[i].tracks = slices.Clone(programs[i].tracks)
	}
	return layout{programs}
}
