package rtmp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// The types of messages that matter here.
const (
	typeChunkSize   = 1
	typeAbort       = 2
	typeAcknowledge = 3
	typeControl     = 4
	typeWindow      = 5
	typeBandwidth   = 6
	typeAudio       = 8
	typeVideo       = 9
	typeCommand3    = 17 // a byte, then as typeCommand
	typeCommand     = 20
)

const (
	firstChunkSize = 128
	maxChunkSize   = 1 << 24 // no message is longer
	maxStreams     = 16      // of chunks, at a time
	ourWindow      = 2_500_000
	longTime       = 0xffffff // the time follows in four bytes
)

var errChunk = errors.New("chunks that cannot be read")

// message is one, whole.
type message struct {
	kind byte
	time uint32 // ms
	body []byte
}

// chunks reads messages, which come in pieces of several at a time.
type chunks struct {
	from    *bufio.Reader
	size    int // of a piece
	limit   int // bytes of a message
	read    int64
	streams map[int]*partial
}

// partial is a message of which the pieces come.
type partial struct {
	message
	length int
	step   uint32 // added to the time by the next message
	long   bool   // its times take four bytes more
}

func newChunks(from io.Reader, limit int) *chunks {
	return &chunks{from: bufio.NewReaderSize(from, 64<<10), size: firstChunkSize, limit: limit, streams: map[int]*partial{}}
}

// next reads the next message that is whole. It obeys those about chunks.
func (c *chunks) next() (message, error) {
	for {
		p, err := c.piece()
		switch {
		case err != nil:
			return message{}, err
		case len(p.body) < p.length:
			continue
		}
		m := p.message
		p.body = nil
		switch {
		case m.kind == typeChunkSize && len(m.body) == 4:
			size := binary.BigEndian.Uint32(m.body)
			if size < 1 || size > maxChunkSize {
				return message{}, errChunk
			}
			c.size = int(size)
		case m.kind == typeAbort && len(m.body) == 4:
			if other := c.streams[int(binary.BigEndian.Uint32(m.body))]; other != nil {
				other.body = nil
			}
		default:
			return m, nil
		}
	}
}

// bytes reads so many of them.
func (c *chunks) bytes(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(c.from, b)
	c.read += int64(n)
	return b, err
}

// number reads one of so many bytes.
func (c *chunks) number(bytes int) (int, error) {
	b, err := c.bytes(bytes)
	n := 0
	for _, one := range b {
		n = n<<8 | int(one)
	}
	return n, err
}

// piece reads one piece of a message.
func (c *chunks) piece() (*partial, error) {
	head, err := c.number(1)
	if err != nil {
		return nil, err
	}
	form, id := head>>6, head&0x3f
	if id < 2 { // 64 and more, in one byte or two
		low, err := c.bytes(id + 1)
		if err != nil {
			return nil, err
		}
		if id = 64 + int(low[0]); len(low) == 2 {
			id += int(low[1]) << 8
		}
	}
	p := c.streams[id]
	if p == nil {
		if form != 0 || len(c.streams) == maxStreams {
			return nil, errChunk
		}
		p = &partial{}
		c.streams[id] = p
	}
	if err := c.header(p, form); err != nil {
		return nil, err
	}
	data, err := c.bytes(min(c.size, p.length-len(p.body)))
	p.body = append(p.body, data...)
	return p, err
}

// header reads what a piece says about its message: in full (form 0), without
// what is as before, or nothing.
func (c *chunks) header(p *partial, form int) error {
	begins := len(p.body) == 0
	if form < 3 {
		if !begins {
			return errChunk
		}
		if err := c.described(p, form); err != nil {
			return err
		}
	}
	if p.long {
		n, err := c.number(4)
		if err != nil {
			return err
		}
		p.step = uint32(n)
	}
	switch {
	case form == 0:
		p.time = p.step
	case begins:
		p.time += p.step
	}
	return nil
}

// described reads the fields of the forms 0 to 2.
func (c *chunks) described(p *partial, form int) error {
	step, err := c.number(3)
	if err != nil {
		return err
	}
	p.step, p.long = uint32(step), step == longTime
	if form == 2 {
		return nil
	}
	rest, err := c.bytes(4)
	if err != nil {
		return err
	}
	p.length, p.kind = int(rest[0])<<16|int(rest[1])<<8|int(rest[2]), rest[3]
	if p.length > c.limit {
		return errChunk
	}
	if form == 0 { // the number of the message's stream: there is one
		_, err = c.bytes(4)
	}
	return err
}

// chunked writes a message of ours, in pieces of the size that needs no telling.
func chunked(kind byte, stream uint32, body []byte) []byte {
	const id = 3
	n := len(body)
	out := []byte{id, 0, 0, 0, byte(n >> 16), byte(n >> 8), byte(n), kind}
	out = binary.LittleEndian.AppendUint32(out, stream)
	for len(body) > firstChunkSize {
		out = append(append(out, body[:firstChunkSize]...), 3<<6|id)
		body = body[firstChunkSize:]
	}
	return append(out, body...)
}
