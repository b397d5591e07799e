package rtmp

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"time"
)

const (
	version       = 3
	handshakeSize = 1536
	mediaStream   = 1 // the number of the one stream that a caller gets
)

// session is the talk with one caller.
type session struct {
	conn   net.Conn
	in     *chunks
	app    string
	acked  int64 // bytes that the caller knows we have
	window int64 // after which it wants to know again
}

// handshake greets a caller, in the plain form that every encoder knows.
func (s *session) handshake() error {
	hello, err := s.in.bytes(1 + handshakeSize)
	if err != nil {
		return err
	}
	if hello[0] != version {
		return errChunk
	}
	answer := make([]byte, 1+handshakeSize, 1+2*handshakeSize)
	answer[0] = version // and a time and random bytes that are all 0
	if _, err := s.conn.Write(append(answer, hello[1:]...)); err != nil {
		return err
	}
	_, err = s.in.bytes(handshakeSize)
	return err
}

// command is what a caller asks for.
type command struct {
	name string
	id   float64 // of its answer
	args []any   // after the id
}

// commandOf reads one.
func commandOf(m message) (command, error) {
	body := m.body
	if m.kind == typeCommand3 && len(body) > 0 {
		body = body[1:]
	}
	all, err := values(body)
	if err != nil {
		return command{}, err
	}
	if len(all) < 2 {
		return command{}, errAMF
	}
	name, named := all[0].(string)
	id, counted := all[1].(float64)
	if !named || !counted {
		return command{}, errAMF
	}
	return command{name, id, all[2:]}, nil
}

// text gives an argument that is one; empty: it is not there.
func (c command) text(i int) string {
	if i >= len(c.args) {
		return ""
	}
	s, _ := c.args[i].(string)
	return s
}

// published talks until the caller wants to publish, and gives as what.
func (s *session) published() (app, stream string, err error) {
	if err := s.handshake(); err != nil {
		return "", "", err
	}
	for {
		m, err := s.next()
		if err != nil {
			return "", "", err
		}
		if m.kind != typeCommand && m.kind != typeCommand3 {
			continue
		}
		c, err := commandOf(m)
		if err != nil {
			return "", "", err
		}
		switch c.name {
		case "connect":
			err = s.connected(c)
		case "createStream":
			err = s.say(amf("_result", c.id, nil, float64(mediaStream)))
		case "publish":
			return s.app, withoutQuery(c.text(1)), nil
		case "play":
			return "", "", errors.New("it wants to play")
		}
		if err != nil {
			return "", "", err
		}
	}
}

// withoutQuery leaves out what may follow a name: encoders send it along.
func withoutQuery(name string) string {
	name, _, _ = strings.Cut(name, "?")
	return name
}

func (s *session) connected(c command) error {
	if len(c.args) > 0 {
		object, _ := c.args[0].(map[string]any)
		app, _ := object["app"].(string)
		s.app = strings.TrimSuffix(withoutQuery(app), "/")
	}
	window := binary.BigEndian.AppendUint32(nil, ourWindow)
	out := chunked(typeWindow, 0, window)
	out = append(out, chunked(typeBandwidth, 0, append(window, 2))...) // 2: dynamic
	out = append(out, chunked(typeCommand, 0, amf("_result", c.id,
		[]property{{"fmsVer", "FMS/3,0,1,123"}, {"capabilities", 31.0}},
		status("status", "NetConnection.Connect.Success", "Connected")))...)
	_, err := s.conn.Write(out)
	return err
}

func status(level, code, text string) []property {
	return []property{{"level", level}, {"code", code}, {"description", text}, {"objectEncoding", 0.0}}
}

func (s *session) say(body []byte) error {
	_, err := s.conn.Write(chunked(typeCommand, 0, body))
	return err
}

// admitted tells the caller that it may send.
func (s *session) admitted() error {
	_, err := s.conn.Write(chunked(typeCommand, mediaStream, amf("onStatus", 0.0, nil, status("status", "NetStream.Publish.Start", "Publishing"))))
	return err
}

// refuse tells the caller that it may not; whether it hears that is its matter.
func (s *session) refuse() {
	_, _ = s.conn.Write(chunked(typeCommand, mediaStream, amf("onStatus", 0.0, nil, status("error", "NetStream.Publish.BadName", "Not let in"))))
}

// next reads the next message, and does what it may ask of the line itself.
func (s *session) next() (message, error) {
	m, err := s.in.next()
	if err != nil {
		return m, err
	}
	switch {
	case m.kind == typeWindow && len(m.body) == 4:
		s.window = int64(binary.BigEndian.Uint32(m.body))
	case m.kind == typeControl && len(m.body) == 6 && m.body[1] == 6: // a ping is answered as it came
		if _, err := s.conn.Write(chunked(typeControl, 0, append([]byte{0, 7}, m.body[2:]...))); err != nil {
			return m, err
		}
	}
	if s.window > 0 && s.in.read-s.acked >= s.window {
		s.acked = s.in.read
		_, err = s.conn.Write(chunked(typeAcknowledge, 0, binary.BigEndian.AppendUint32(nil, uint32(s.acked))))
	}
	return m, err
}

// media writes what the caller sends as FLV, until it ends or is silent for so
// long.
func (s *session) media(to io.Writer, silence time.Duration) error {
	if _, err := to.Write([]byte{'F', 'L', 'V', 1, 0, 0, 0, 0, 9, 0, 0, 0, 0}); err != nil {
		return err
	}
	for {
		if err := s.conn.SetDeadline(time.Now().Add(silence)); err != nil {
			return err
		}
		m, err := s.next()
		if err != nil {
			return err
		}
		switch m.kind {
		case typeAudio, typeVideo:
			if _, err := to.Write(tag(m)); err != nil {
				return err
			}
		case typeCommand, typeCommand3:
			if c, err := commandOf(m); err == nil && ends(c.name) {
				return io.EOF
			}
		}
	}
}

// ends tells whether a command ends what is published.
func ends(name string) bool {
	return name == "FCUnpublish" || name == "deleteStream" || name == "closeStream"
}

// tag is a message as FLV has it.
func tag(m message) []byte {
	n := len(m.body)
	out := make([]byte, 0, 11+n+4)
	out = append(out, m.kind, byte(n>>16), byte(n>>8), byte(n))
	out = append(out, byte(m.time>>16), byte(m.time>>8), byte(m.time), byte(m.time>>24), 0, 0, 0)
	out = append(out, m.body...)
	return binary.BigEndian.AppendUint32(out, uint32(11+n))
}
