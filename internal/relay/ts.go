package relay

// MPEG transport stream, ISO/IEC 13818-1, clause 2.4.3.2.
const (
	tsPacket  = 188
	tsSync    = 0x47
	tsNullPID = 0x1fff
	tsPIDs    = 8192
)

// continuity counts the faults of a transport stream: packets without sync
// byte, and counters that do not go on where the PID's last packet left off.
// The zero value is ready for the start of a stream.
type continuity struct {
	// last holds for each PID its last counter plus one, with tsRepeated set
	// once a duplicate was seen; 0 is a PID not seen yet.
	last [tsPIDs]uint8
}

const tsRepeated = 0x80

// check reads a message and returns the number of faults in it.
func (c *continuity) check(message []byte) (faults int64) {
	for len(message) >= tsPacket {
		faults += c.packet(message[:tsPacket])
		message = message[tsPacket:]
	}
	if len(message) > 0 {
		faults++
	}
	return faults
}

func (c *continuity) packet(p []byte) int64 {
	if p[0] != tsSync {
		return 1
	}
	pid := int(p[1]&0x1f)<<8 | int(p[2])
	if pid == tsNullPID {
		return 0
	}
	if discontinuous(p) {
		c.last[pid] = 0
	}
	if p[3]&0x10 == 0 {
		return 0 // packets without payload do not count
	}
	counter := p[3] & 0x0f
	before := c.last[pid]
	c.last[pid] = counter + 1
	known := before &^ tsRepeated // the last counter plus one
	switch {
	case before == 0, known&0x0f == counter:
		return 0
	case known == counter+1 && before&tsRepeated == 0:
		c.last[pid] |= tsRepeated // sent twice, which is allowed once
		return 0
	}
	return 1
}

// discontinuous tells whether the packet announces a jump of the counter.
func discontinuous(p []byte) bool {
	return p[3]&0x20 != 0 && p[4] > 0 && p[5]&0x80 != 0
}
