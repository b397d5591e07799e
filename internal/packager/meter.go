package packager

import "bytes"

// pcrGap is the longest that clocks may be apart (ISO/IEC 13818-1, 2.7.2: 0.1 s);
// what senders do is twice that, so that only more is counted.
const pcrGap = clockPCR / 5

// Counts is what was measured of a transport stream.
type Counts struct {
	Bytes            int64
	Packets          int64
	SyncLosses       int64 // times the packets had to be searched anew
	ContinuityErrors int64 // counters that did not go on
	Damaged          int64 // packets marked as such by who received them
	PCRGaps          int64 // clocks more than 0.2 s apart, without being announced
	PIDErrors        int64 // tracks of the map that had not come for 5 s of clock
	KeyFrames        int64
	Frames           int64 // of video, all tracks together
	Signals          int64 // SCTE-35
}

// meter reads a transport stream: what it has, what is wrong with it, where it
// may be cut, and its SCTE-35 signals. It is of one goroutine.
type meter struct {
	framer framer
	counts Counts
	layout layout
	last   [nullPID + 1]uint8 // per PID the last counter + 1, with repeated; 0: none yet
	maps   map[uint16]*assembler
	clocks map[uint16]int64 // per PID
	signal func(section []byte)
	seen   map[uint16]int64 // per track, the clock when it last came
	told   map[uint16]bool  // tracks counted as missing
	pat    []byte           // packets of the tables, for who begins in the middle
	pmts   map[uint16][]byte
	plans  map[uint16][]byte // program maps
	looks  map[uint16]*look
}

// look is what is seen of a track besides its counts.
type look struct {
	coding coding
	head   []byte  // of a frame in which the coding is looked for; empty: it is in none
	mark   int64   // presentation time of the last key frame, or of sound about a second ago
	frames int     // since then; 0: there was none
	bits   float64 // since then, with what the transport stream adds
	rate   float64 // frames a second between the last two marks; 0: not known
	peak   float64 // bit/s between two marks at most
	sum    float64 // bits between all marks
	span   float64 // seconds between all marks
}

// longestHead bounds how far into a frame its coding is looked for, in bytes.
const longestHead = 2 << 10

// longestTable is how many bytes the packets of a section have at most.
const longestTable = (maxSection/(packetSize-5) + 1) * packetSize

// repeated marks a counter that came twice, which is allowed once.
const repeated = 0x80

// missing is how long a track may not come before that counts as a fault.
const missing = 5 * clockPCR

// newMeter makes a meter that hands over each intact SCTE-35 section.
func newMeter(signal func(section []byte)) *meter {
	return &meter{
		signal: signal, maps: map[uint16]*assembler{}, clocks: map[uint16]int64{},
		seen: map[uint16]int64{}, told: map[uint16]bool{}, pmts: map[uint16][]byte{}, plans: map[uint16][]byte{}, looks: map[uint16]*look{},
	}
}

// feed reads bytes, and hands over each packet with whether a key frame begins
// in it. each may be nil.
func (m *meter) feed(data []byte, each func(p packet, key bool)) {
	m.counts.Bytes += int64(len(data))
	m.framer.feed(data, func(b []byte) {
		p := packet(b)
		key := m.read(p)
		if each != nil {
			each(p, key)
		}
	})
	m.counts.SyncLosses = m.framer.losses
}

// isMedia says whether a packet carries pictures or sound of a program.
func (m *meter) isMedia(p packet) bool {
	t, ok := m.layout.track(p.pid())
	return ok && p.carries() && !p.damaged() && (t.video() || t.audio())
}

func (m *meter) read(p packet) (key bool) {
	m.counts.Packets++
	pid := p.pid()
	if pid == nullPID {
		return false
	}
	if p.damaged() {
		m.counts.Damaged++
		return false
	}
	m.count(p, pid)
	if ticks, ok := p.pcr(); ok {
		m.clock(pid, ticks, p.jumps())
	}
	if pid == patPID {
		m.association(p)
		return false
	}
	if a := m.maps[pid]; a != nil {
		m.section(a, p)
		return false
	}
	return m.media(p, pid)
}

// count checks the continuity counter.
func (m *meter) count(p packet, pid uint16) {
	if p.jumps() {
		m.last[pid] = 0
	}
	if !p.carries() {
		return
	}
	before := m.last[pid]
	counter := p.counter()
	m.last[pid] = counter + 1
	known := before &^ repeated
	switch {
	case before == 0, known&0x0f == counter:
	case known == counter+1 && before&repeated == 0:
		m.last[pid] |= repeated
	default:
		m.counts.ContinuityErrors++
	}
}

// clock checks how far a program clock went.
func (m *meter) clock(pid uint16, ticks int64, announced bool) {
	before, known := m.clocks[pid]
	m.clocks[pid] = ticks
	if gap := ticks - before; known && !announced && (gap < 0 || gap > pcrGap) {
		m.counts.PCRGaps++
		clear(m.seen)
		return
	}
	for at, last := range m.seen {
		if ticks-last > missing && !m.told[at] {
			m.told[at] = true
			m.counts.PIDErrors++
		}
	}
}

func (m *meter) association(p packet) {
	m.pat = append(m.pat[:0], p...)
	a := m.maps[patPID]
	if a == nil {
		a = &assembler{}
		m.maps[patPID] = a
	}
	a.feed(p, func(section []byte) {
		programs, ok := readPAT(section)
		if !ok || m.same(programs) {
			return
		}
		m.layout.programs = programs
		clear(m.maps)
		clear(m.pmts)
		clear(m.looks)
		m.maps[patPID] = a
		for _, p := range programs {
			m.maps[p.pmt] = &assembler{}
		}
	})
}

// same tells a table that tells nothing new.
func (m *meter) same(programs []program) bool {
	if len(programs) != len(m.layout.programs) {
		return false
	}
	for i, p := range m.layout.programs {
		if p.number != programs[i].number || p.pmt != programs[i].pmt {
			return false
		}
	}
	return true
}

// section reads program maps and signals.
func (m *meter) section(a *assembler, p packet) {
	pid := p.pid()
	if p.start() {
		m.pmts[pid] = m.pmts[pid][:0]
	}
	if len(m.pmts[pid]) < longestTable {
		m.pmts[pid] = append(m.pmts[pid], p...)
	}
	a.feed(p, func(section []byte) {
		if section[0] == tableSplice {
			if intact(section) {
				m.counts.Signals++
				if m.signal != nil {
					m.signal(bytes.Clone(section))
				}
			}
			return
		}
		number, pcr, tracks, ok := readPMT(section)
		if !ok {
			return
		}
		m.plans[pid] = append(m.plans[pid][:0], section...)
		for i := range m.layout.programs {
			if m.layout.programs[i].number == number {
				m.layout.programs[i].pcr, m.layout.programs[i].tracks = pcr, tracks
			}
		}
		for _, t := range tracks {
			if t.Type == typeSCTE35 && m.maps[t.PID] == nil {
				m.maps[t.PID] = &assembler{}
			}
		}
	})
}

// tables gives the packets of PAT and program maps as they came last.
func (m *meter) tables() []byte {
	all := bytes.Clone(m.pat)
	for _, p := range m.layout.programs {
		all = append(all, m.pmts[p.pmt]...)
	}
	return all
}

// media counts frames, and tells where a key frame of video begins.
func (m *meter) media(p packet, pid uint16) (key bool) {
	t, ok := m.layout.track(pid)
	if !ok {
		return false
	}
	for _, program := range m.layout.programs {
		if ticks, ok := m.clocks[program.pcr]; ok {
			m.seen[pid] = ticks
			break
		}
	}
	delete(m.told, pid)
	l := m.looks[pid]
	if l == nil {
		l = &look{}
		m.looks[pid] = l
	}
	if !p.start() {
		l.bits += 8 * packetSize
		l.more(t.Type, p.payload())
		return false
	}
	pts, body, timed := p.pts()
	if t.video() {
		m.counts.Frames++
		if key = p.random() || begins(t.Type, body); key {
			m.counts.KeyFrames++
		}
	}
	if key || !t.video() && l.coding.codec == "" {
		l.begin(t.Type, body)
	}
	if timed {
		l.frame(pts, key || !t.video() && since(l.mark, pts) >= clockPTS)
	}
	l.bits += 8 * packetSize
	return key
}

// begin looks for the coding in a frame that begins.
func (l *look) begin(kind byte, body []byte) {
	l.head = l.head[:0]
	l.look(kind, body)
}

// more goes on with a frame.
func (l *look) more(kind byte, body []byte) {
	if len(l.head) > 0 {
		l.look(kind, body)
	}
}

func (l *look) look(kind byte, body []byte) {
	l.head = append(l.head, body...)
	c, ok := readCoding(kind, l.head)
	if ok {
		l.coding = c
	}
	if ok || len(l.head) > longestHead {
		l.head = l.head[:0]
	}
}

// frame follows how many frames and bits a second there are, from mark to mark.
func (l *look) frame(pts int64, marks bool) {
	if marks {
		if span := float64(since(l.mark, pts)) / clockPTS; l.frames > 0 && span > 0 && span < longestSpan {
			l.rate = float64(l.frames) / span
			l.peak = max(l.peak, l.bits/span)
			l.sum, l.span = l.sum+l.bits, l.span+span
		}
		l.mark, l.frames, l.bits = pts, 0, 0
	}
	if marks || l.frames > 0 {
		l.frames++
	}
}

// longestSpan is the most seconds between two marks of which rates are told.
const longestSpan = 60

// average is how many bits a second there were; 0: that is not known.
func (l look) average() float64 {
	if l.span == 0 {
		return 0
	}
	return l.sum / l.span
}

// looked gives what is seen of a track; nothing of one that has not come.
func (m *meter) looked(pid uint16) look {
	if l := m.looks[pid]; l != nil {
		return *l
	}
	return look{}
}

// begins finds the start of a picture that needs no other one, as far as the
// first packet of it shows: senders put parameter sets before those.
func begins(kind byte, body []byte) bool {
	for {
		i := bytes.Index(body, []byte{0, 0, 1})
		if i < 0 || i+3 >= len(body) {
			return false
		}
		body = body[i+3:]
		switch unit := body[0]; kind {
		case typeH264:
			if t := unit & 0x1f; t == 5 || t == 7 { // IDR, parameters of a sequence
				return true
			}
		case typeHEVC:
			if t := unit >> 1 & 0x3f; t >= 16 && t <= 23 || t == 33 {
				return true
			}
		case typeMPEG2Video:
			if unit == 0xb3 { // sequence header
				return true
			}
		}
	}
}

// time gives the clock of the first program, in ticks of 90 kHz.
func (m *meter) time() (ticks int64, ok bool) {
	if len(m.layout.programs) == 0 {
		return 0, false
	}
	ticks, ok = m.clocks[m.layout.programs[0].pcr]
	return ticks / 300, ok
}
