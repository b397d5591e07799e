package packager

import (
	"bufio"
	"bytes"
	"io"
	"slices"
)

// cutOut copies one program of a transport stream: its tracks, its map, and a
// table that knows no other. index counts from 0; a stream that has no such
// program gives nothing.
func cutOut(to io.Writer, from io.Reader, index int) error {
	out := bufio.NewWriterSize(to, 64<<10)
	m := newMeter(nil)
	var failed error
	_, err := io.Copy(writer(func(b []byte) {
		m.feed(b, func(p packet, _ bool) {
			if failed != nil || index >= len(m.layout.programs) {
				return
			}
			failed = cutPacket(out, p, m.layout.programs[index])
		})
	}), from)
	if err == nil {
		err = failed
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// cutPacket writes a packet, if it is of a program.
func cutPacket(out io.Writer, p packet, of program) error {
	pid := p.pid()
	if pid == patPID {
		if !p.start() {
			return nil // of a table too long for one packet, which the new one is not
		}
		counter := p.counter()
		_, err := out.Write(pack(nil, patPID, &counter, tableOf(of)))
		return err
	}
	wanted := pid == of.pmt || pid == of.pcr
	for _, t := range of.tracks {
		wanted = wanted || t.PID == pid
	}
	if !wanted {
		return nil
	}
	_, err := out.Write(p)
	return err
}

// tableOf makes a program association table with one program.
func tableOf(of program) []byte {
	return closed([]byte{
		tablePAT, 0xb0, 0, 0, 1, 0xc1, 0, 0,
		byte(of.number >> 8), byte(of.number), 0xe0 | byte(of.pmt>>8), byte(of.pmt),
	})
}

// narrowed makes a program map that knows some tracks alone.
func narrowed(plan []byte, pids []uint16) []byte {
	const head = 12
	if len(plan) < head+4 {
		return nil
	}
	b := plan[:len(plan)-4]
	info := min(len(b), head+int(plan[10]&0x0f)<<8+int(plan[11]))
	out := bytes.Clone(b[:info])
	for b = b[info:]; len(b) >= 5; {
		size := min(len(b), 5+int(b[3]&0x0f)<<8+int(b[4]))
		if slices.Contains(pids, uint16(b[1]&0x1f)<<8|uint16(b[2])) {
			out = append(out, b[:size]...)
		}
		b = b[size:]
	}
	return closed(out)
}

// closed ends a section with its length and check sum.
func closed(section []byte) []byte {
	size := len(section) - 3 + 4
	section[1], section[2] = section[1]&0xf0|byte(size>>8), byte(size)
	crc := crc32(section)
	return append(section, byte(crc>>24), byte(crc>>16), byte(crc>>8), byte(crc))
}

// pack appends the packets of a section, with stuffing after it. counter is that
// of the first one, and then of the next.
func pack(to []byte, pid uint16, counter *byte, section []byte) []byte {
	rest := append([]byte{0}, section...) // it begins at once
	for begin := byte(0x40); len(rest) > 0; begin = 0 {
		to = append(to, syncByte, begin|byte(pid>>8), byte(pid), 0x10|*counter&0x0f)
		n := min(len(rest), packetSize-4)
		to = append(to, rest[:n]...)
		to = append(to, bytes.Repeat([]byte{0xff}, packetSize-4-n)...)
		rest = rest[n:]
		*counter++
	}
	return to
}
