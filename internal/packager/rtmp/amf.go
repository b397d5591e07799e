package rtmp

import (
	"encoding/binary"
	"errors"
	"math"
)

// The types of AMF 0 that commands are made of.
const (
	amfNumber     = 0x00
	amfBoolean    = 0x01
	amfString     = 0x02
	amfObject     = 0x03
	amfNull       = 0x05
	amfUndefined  = 0x06
	amfArray      = 0x08 // an object that says how many properties it has
	amfEnd        = 0x09 // of an object
	amfStrict     = 0x0a
	amfDate       = 0x0b
	amfLongString = 0x0c
)

const (
	maxDepth  = 8   // of objects in objects
	maxValues = 256 // of a message, all depths together
)

var errAMF = errors.New("a command that cannot be read")

// amfReader reads the values of a message. What it returns is a copy.
type amfReader struct {
	rest []byte
	read int // values so far
}

// values reads all that a message has: float64, bool, string, map[string]any and
// []any; nil for null, undefined and dates, of which none means anything here.
func values(message []byte) ([]any, error) {
	r := &amfReader{rest: message}
	var all []any
	for len(r.rest) > 0 {
		v, err := r.value(0)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// take gives the next n bytes.
func (r *amfReader) take(n int) ([]byte, error) {
	if n < 0 || n > len(r.rest) {
		return nil, errAMF
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b, nil
}

// size reads a number of bytes that tells a length.
func (r *amfReader) size(bytes int) (int, error) {
	b, err := r.take(bytes)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, one := range b {
		n = n<<8 | int(one)
	}
	return n, nil
}

// text reads a string whose length is told by so many bytes.
func (r *amfReader) text(bytes int) (string, error) {
	n, err := r.size(bytes)
	if err != nil {
		return "", err
	}
	b, err := r.take(n)
	return string(b), err
}

func (r *amfReader) value(depth int) (any, error) {
	if r.read++; r.read > maxValues || depth > maxDepth {
		return nil, errAMF
	}
	kind, err := r.take(1)
	if err != nil {
		return nil, err
	}
	switch kind[0] {
	case amfNumber:
		return r.number()
	case amfBoolean:
		b, err := r.take(1)
		return err == nil && b[0] != 0, err
	case amfString:
		return r.text(2)
	case amfLongString:
		return r.text(4)
	case amfNull, amfUndefined:
		return nil, nil //nolint:nilnil // null is a value
	case amfDate:
		_, err := r.take(8 + 2)
		return nil, err
	case amfArray:
		if _, err := r.take(4); err != nil {
			return nil, err
		}
		return r.object(depth)
	case amfObject:
		return r.object(depth)
	case amfStrict:
		return r.strict(depth)
	}
	return nil, errAMF
}

func (r *amfReader) number() (any, error) {
	b, err := r.take(8)
	if err != nil {
		return nil, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

func (r *amfReader) object(depth int) (any, error) {
	object := map[string]any{}
	for {
		name, err := r.text(2)
		if err != nil {
			return nil, err
		}
		if name == "" && len(r.rest) > 0 && r.rest[0] == amfEnd {
			r.rest = r.rest[1:]
			return object, nil
		}
		if object[name], err = r.value(depth + 1); err != nil {
			return nil, err
		}
	}
}

func (r *amfReader) strict(depth int) (any, error) {
	n, err := r.size(4)
	if err != nil {
		return nil, err
	}
	var list []any
	for range n { // each takes a byte at least, and there are not too many
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// property is one of an object that is answered.
type property struct {
	name  string
	value any // as of [amf]
}

// amf writes values: float64, string, nil and []property.
func amf(all ...any) []byte {
	var out []byte
	for _, v := range all {
		switch v := v.(type) {
		case float64:
			out = binary.BigEndian.AppendUint64(append(out, amfNumber), math.Float64bits(v))
		case string:
			out = appendText(append(out, amfString), v)
		case []property:
			out = append(out, amfObject)
			for _, p := range v {
				out = append(appendText(out, p.name), amf(p.value)...)
			}
			out = append(out, 0, 0, amfEnd)
		default:
			out = append(out, amfNull)
		}
	}
	return out
}

// appendText adds a string of our own, which is short.
func appendText(out []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(out, uint16(len(s))), s...)
}
