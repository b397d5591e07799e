package srt

// Packet holds one message and the time it belongs to. Receiving fills it and
// sending only reads it, so one is enough to pass a message on, with the
// spacing of its source kept however late it is sent. It must not be copied.
type Packet struct {
	control control
	due     int64 // microseconds of libsrt's clock; 0: the time of sending
	size    int
	data    [MaxPayload]byte
}

// control is laid out as SRT_MSGCTRL.
type control struct {
	flags, lifetime, inOrder, boundary int32
	sourceTime                         int64
	sequence, number                   int32
	group                              uintptr
	groupSize                          uintptr
}

const unset = -1

func newControl(due int64) control {
	return control{lifetime: unset, sequence: unset, number: unset, sourceTime: due}
}

// Payload is the message, valid until the next is received.
func (p *Packet) Payload() []byte { return p.data[:p.size] }

// Set copies a message of at most [MaxPayload] bytes into the packet, to be
// sent as of the time of sending. A longer one is cut.
func (p *Packet) Set(message []byte) {
	p.size = copy(p.data[:], message)
	p.due = 0
}

// Undated makes the packet be sent as of the time of sending. libsrt refuses
// a packet from before the connection it is sent on.
func (p *Packet) Undated() { p.due = 0 }

// Readable tells whether [Library.Receive] has something to give: a packet,
// or the end of the connection. To call Receive in vain is dearer: libsrt
// throws a C++ exception inside.
func (l *Library) Readable(s Socket) bool {
	events, err := l.Int(s, optEvent)
	return err == nil && Events(events)&(In|Err) != 0
}
