package rtmp

import (
	"reflect"
	"strings"
	"testing"
)

func TestValues(t *testing.T) {
	connect := amf("connect", 1.0, []property{{"app", "live"}, {"capabilities", 31.0}, {"none", nil}})
	got, err := values(connect)
	want := []any{"connect", 1.0, map[string]any{"app": "live", "capabilities": 31.0, "none": nil}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	rest := []byte{
		amfBoolean, 1, amfUndefined, amfDate, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, amfLongString, 0, 0, 0, 1, 'x',
		amfArray, 0, 0, 0, 1, 0, 1, 'a', amfBoolean, 0, 0, 0, amfEnd, amfStrict, 0, 0, 0, 2, amfNull, amfString, 0, 0,
	}
	got, err = values(rest)
	if want := []any{true, nil, nil, "x", map[string]any{"a": false}, []any{nil, ""}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestValuesThatCannotBeRead(t *testing.T) {
	for name, message := range map[string]string{
		"unknown type":       "\x20",
		"string cut":         "\x02\x00\x05abc",
		"long string cut":    "\x0c\xff\xff\xff\xffabc",
		"object without end": "\x03\x00\x01a\x05",
		"array of millions":  "\x0a\xff\xff\xff\xff\x05",
		"number cut":         "\x00\x01",
		"too deep":           strings.Repeat("\x03\x00\x01a", 20),
		"too many":           strings.Repeat("\x05", maxValues+1),
	} {
		if got, err := values([]byte(message)); err == nil {
			t.Errorf("%s: read as %v", name, got)
		}
	}
}

// FuzzValues: whatever a caller sends is read in bounds, or not at all.
func FuzzValues(f *testing.F) {
	f.Add(amf("connect", 1.0, []property{{"app", "live"}, {"none", nil}}))
	f.Add([]byte("\x0a\x00\x00\x00\x02\x05\x08\x00\x00\x00\x01\x00\x00\x09"))
	f.Fuzz(func(t *testing.T, message []byte) {
		got, err := values(message)
		if err == nil && len(got) > maxValues {
			t.Errorf("%d values", len(got))
		}
	})
}

// FuzzChunks: messages stay within the limit, and reading ends.
func FuzzChunks(f *testing.F) {
	f.Add(string(chunked(typeCommand, 0, amf("connect", 1.0, []property{{"app", strings.Repeat("x", 300)}}))))
	f.Add("\x03\xff\xff\xff\x00\x00\x01\x08\x01\x00\x00\x00\x00\x00\x00\x10a\xc3\x00\x00\x00\x10b")
	f.Fuzz(func(t *testing.T, stream string) {
		c := newChunks(strings.NewReader(stream), 1000)
		for {
			m, err := c.next()
			if err != nil {
				return
			}
			if len(m.body) > 1000 {
				t.Fatalf("%d bytes", len(m.body))
			}
		}
	})
}

func TestChunks(t *testing.T) {
	body := amf("publish", 3.0, nil, strings.Repeat("n", 500), "live")
	video := "\x04\x00\x00\x0a\x00\x00\x01\x09\x01\x00\x00\x00v" + // at 10 ms
		"\x84\x00\x00\x05w" + // 5 ms on, as long and of the same type
		"\xc4x" + // and again
		"\x04\xff\xff\xff\x00\x00\x01\x09\x01\x00\x00\x00\x01\x00\x00\x00y" // a time of four bytes
	c := newChunks(strings.NewReader(string(chunked(typeCommand, 1, body))+video), 1000)
	m, err := c.next()
	if err != nil || m.kind != typeCommand || string(m.body) != string(body) {
		t.Fatalf("message %+v, %v", m, err)
	}
	for _, want := range []message{{typeVideo, 10, []byte("v")}, {typeVideo, 15, []byte("w")}, {typeVideo, 20, []byte("x")}, {typeVideo, 1 << 24, []byte("y")}} {
		if m, err := c.next(); err != nil || !reflect.DeepEqual(m, want) {
			t.Errorf("message %+v, %v, want %+v", m, err, want)
		}
	}
}
