package packager

import (
	"bytes"
	"slices"
	"testing"
)

// section closes a table with its length and CRC.
func section(head ...byte) []byte {
	size := len(head) - 3 + 4
	head[1] = head[1]&0xf0 | byte(size>>8)
	head[2] = byte(size)
	crc := crc32(head)
	return append(head, byte(crc>>24), byte(crc>>16), byte(crc>>8), byte(crc))
}

// carry makes the one packet of a section.
func carry(pid uint16, counter byte, section []byte) []byte {
	p := bytes.Repeat([]byte{0xff}, packetSize)
	copy(p, []byte{syncByte, 0x40 | byte(pid>>8), byte(pid), 0x10 | counter, 0})
	copy(p[5:], section)
	return p
}

// plain makes a packet with a payload and nothing else.
func plain(pid uint16, counter byte) []byte {
	p := make([]byte, packetSize)
	copy(p, []byte{syncByte, byte(pid >> 8), byte(pid), 0x10 | counter})
	return p
}

// clocked makes a packet without payload that tells the time in seconds.
func clocked(pid uint16, seconds float64, jump bool) []byte {
	p := make([]byte, packetSize)
	base := int64(seconds * clockPTS)
	flags := byte(0x10)
	if jump {
		flags |= 0x80
	}
	copy(p, []byte{syncByte, byte(pid >> 8), byte(pid), 0x20, 183, flags, byte(base >> 25), byte(base >> 17), byte(base >> 9), byte(base >> 1), byte(base<<7) | 0x7e, 0})
	return p
}

const (
	testMap    = 0x1000
	testVideo  = 0x100
	testAudio  = 0x101
	testSplice = 0x1f0
)

// tablesOf is PAT and map of a program with video, sound and signals.
func tablesOf() []byte {
	pat := section(tablePAT, 0xb0, 0, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0|testMap>>8, testMap&0xff)
	pmt := section(tablePMT, 0xb0, 0, 0, 1, 0xc1, 0, 0, 0xe0|testVideo>>8, testVideo&0xff, 0xf0, 0,
		typeH264, 0xe0|testVideo>>8, testVideo&0xff, 0xf0, 0,
		typeAAC, 0xe0|testAudio>>8, testAudio&0xff, 0xf0, 0,
		typeSCTE35, 0xe0|testSplice>>8, testSplice&0xff, 0xf0, 0)
	return append(carry(patPID, 0, pat), carry(testMap, 0, pmt)...)
}

func TestMeterReadsTheLayout(t *testing.T) {
	m := newMeter(nil)
	m.feed(tablesOf(), nil)
	want := []track{{testVideo, typeH264}, {testAudio, typeAAC}, {testSplice, typeSCTE35}}
	if !m.layout.known() || !slices.Equal(m.layout.programs[0].tracks, want) || m.layout.programs[0].pcr != testVideo {
		t.Errorf("layout %+v", m.layout)
	}
	if !bytes.Equal(m.tables(), tablesOf()) {
		t.Error("the tables are not those that came")
	}
}

// TestMeterCounts feeds a table of faults, in pieces of any size.
func TestMeterCounts(t *testing.T) {
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, c := range map[string]struct {
		data []byte
		want Counts
	}{
		"in order":             {join(plain(256, 0), plain(256, 1), plain(257, 9), plain(256, 2)), Counts{Packets: 4}},
		"wraps":                {join(plain(256, 15), plain(256, 0)), Counts{Packets: 2}},
		"one lost":             {join(plain(256, 0), plain(256, 2), plain(256, 3)), Counts{Packets: 3, ContinuityErrors: 1}},
		"sent twice":           {join(plain(256, 0), plain(256, 0), plain(256, 1)), Counts{Packets: 3}},
		"sent thrice":          {join(plain(256, 0), plain(256, 0), plain(256, 0)), Counts{Packets: 3, ContinuityErrors: 1}},
		"rubbish before":       {join([]byte{1, syncByte, 3}, plain(256, 0), plain(256, 1)), Counts{Packets: 2}},
		"rubbish between":      {join(plain(256, 0), plain(256, 1), []byte{1, 2, 3}, plain(256, 2), plain(256, 3)), Counts{Packets: 4, SyncLosses: 1}},
		"clock goes on":        {join(clocked(256, 1, false), clocked(256, 1.04, false)), Counts{Packets: 2}},
		"clock stands back":    {join(clocked(256, 2, false), clocked(256, 1, false)), Counts{Packets: 2, PCRGaps: 1}},
		"clock jumps":          {join(clocked(256, 1, false), clocked(256, 1.3, false)), Counts{Packets: 2, PCRGaps: 1}},
		"clock jumps, as told": {join(clocked(256, 1, false), clocked(256, 9, true)), Counts{Packets: 2}},
	} {
		for _, size := range []int{1, 100, 188, 1316, len(c.data)} {
			m := newMeter(nil)
			for b := range slices.Chunk(c.data, size) {
				m.feed(b, nil)
			}
			got := m.counts
			if got.Bytes != int64(len(c.data)) {
				t.Errorf("%s: %d bytes", name, got.Bytes)
			}
			if got.Bytes = 0; got != c.want {
				t.Errorf("%s in pieces of %d: %+v, want %+v", name, size, got, c.want)
			}
		}
	}
}

// TestMeterMissesATrack: sound that stops while the clock goes on is told once.
func TestMeterMissesATrack(t *testing.T) {
	m := newMeter(nil)
	m.feed(tablesOf(), nil)
	m.feed(clocked(testVideo, 0, false), nil)
	for i := range 100 {
		m.feed(append(plain(testVideo, byte(i+1)&15), clocked(testVideo, float64(i)*0.1, false)...), nil)
		if i == 0 {
			m.feed(plain(testAudio, 0), nil)
		}
	}
	if m.counts.PIDErrors != 1 || m.counts.PCRGaps != 0 {
		t.Errorf("%+v", m.counts)
	}
}

func TestPTSWraps(t *testing.T) {
	if d := since(wrapPTS-90, 90); d != 180 {
		t.Errorf("%d ticks over the wrap", d)
	}
	if d := since(90, wrapPTS-90); d != -180 {
		t.Errorf("%d ticks back over the wrap", d)
	}
}

func FuzzMeter(f *testing.F) {
	f.Add(tablesOf(), 7)
	f.Add(append(tablesOf(), clocked(testVideo, 3, true)...), 188)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		if size < 1 {
			return
		}
		once, pieces := newMeter(nil), newMeter(nil)
		once.feed(data, nil)
		for b := range slices.Chunk(data, size) {
			pieces.feed(b, nil)
		}
		if once.counts.ContinuityErrors > once.counts.Packets || pieces.counts.Packets > int64(len(data)/packetSize) {
			t.Errorf("%+v, %+v", once.counts, pieces.counts)
		}
	})
}

// BenchmarkMeter reads a minute of 10 Mb/s in each round.
func BenchmarkMeter(b *testing.B) {
	chunk := tablesOf()
	for i := range 500 {
		chunk = append(chunk, plain(testVideo, byte(i+1)&15)...)
	}
	b.SetBytes(10_000_000 / 8 * 60)
	for b.Loop() {
		m := newMeter(nil)
		for range 10_000_000 / 8 * 60 / len(chunk) {
			m.feed(chunk, nil)
		}
	}
}
