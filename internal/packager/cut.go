package packager

import (
	"bufio"
	"io"
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
		_, err := out.Write(tableOf(of, p.counter()))
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

// tableOf makes the packet of a program association table with one program.
func tableOf(of program, counter byte) []byte {
	p := make([]byte, packetSize)
	for i := range p {
		p[i] = 0xff
	}
	table := []byte{
		tablePAT, 0xb0, 13, 0, 1, 0xc1, 0, 0,
		byte(of.number >> 8), byte(of.number), 0xe0 | byte(of.pmt>>8), byte(of.pmt),
	}
	crc := crc32(table)
	table = append(table, byte(crc>>24), byte(crc>>16), byte(crc>>8), byte(crc))
	copy(p, []byte{syncByte, 0x40, patPID, 0x10 | counter, 0})
	copy(p[5:], table)
	return p
}
