package packager

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// coding is how a track is encoded, as manifests tell it.
type coding struct {
	codec         string // RFC 6381; empty: not known
	width, height int    // pixels, of video; 0: not known
}

// readCoding finds the coding of a track at the begin of a frame: of video one
// that can be decoded alone, in front of which its parameters stand.
func readCoding(kind byte, frame []byte) (coding, bool) {
	switch kind {
	case typeH264:
		return ofUnit(frame, func(unit []byte) (coding, bool) {
			if unit[0]&0x1f != 7 {
				return coding{}, false
			}
			return readH264(unit)
		})
	case typeHEVC:
		return ofUnit(frame, func(unit []byte) (coding, bool) {
			if unit[0]>>1&0x3f != 33 {
				return coding{}, false
			}
			return readHEVC(unit)
		})
	case typeAAC:
		return readADTS(frame)
	case typeMPEG1Audio, typeMPEG2Audio:
		return readMPEGAudio(frame)
	case typeAC3:
		return coding{codec: "ac-3"}, true
	case typeEAC3:
		return coding{codec: "ec-3"}, true
	}
	return coding{}, false
}

// ofUnit gives what read makes of the first unit of a byte stream (ITU-T H.264,
// annex B) of which it makes something. The last unit may be cut off, and is not
// read.
func ofUnit(frame []byte, read func(unit []byte) (coding, bool)) (coding, bool) {
	mark := []byte{0, 0, 1}
	_, rest, found := bytes.Cut(frame, mark)
	for found {
		var unit []byte
		unit, rest, found = bytes.Cut(rest, mark)
		if !found || len(unit) == 0 {
			continue
		}
		if c, ok := read(unit); ok {
			return c, true
		}
	}
	return coding{}, false
}

// readADTS reads the head of an AAC frame (ISO/IEC 13818-7, 6.2).
func readADTS(frame []byte) (coding, bool) {
	if len(frame) < 3 || frame[0] != 0xff || frame[1]&0xf6 != 0xf0 {
		return coding{}, false
	}
	return coding{codec: "mp4a.40." + strconv.Itoa(int(frame[2]>>6)+1)}, true
}

// readMPEGAudio reads the head of a frame of MPEG-1 or MPEG-2 audio (ISO/IEC
// 11172-3, 2.4.1.3): MPEG-4 counts its layers as the object types 32 to 34.
func readMPEGAudio(frame []byte) (coding, bool) {
	if len(frame) < 2 || frame[0] != 0xff || frame[1]&0xe0 != 0xe0 || frame[1]&0x06 == 0 {
		return coding{}, false
	}
	layer := 4 - int(frame[1]>>1&3)
	return coding{codec: "mp4a.40." + strconv.Itoa(31+layer)}, true
}

// readH264 reads a sequence parameter set (ITU-T H.264, 7.3.2.1.1).
func readH264(unit []byte) (coding, bool) {
	if len(unit) < 4 {
		return coding{}, false
	}
	c := coding{codec: fmt.Sprintf("avc1.%02x%02x%02x", unit[1], unit[2], unit[3])}
	r := &bitReader{data: unescape(unit[4:])}
	r.golomb() // its id
	chroma, planes := 1, false
	if high(unit[1]) {
		if chroma = r.golomb(); chroma == 3 {
			planes = r.flag()
		}
		r.golomb() // depth of luma
		r.golomb() // and of chroma
		r.flag()
		if r.flag() {
			r.scaling(chroma)
		}
	}
	r.golomb() // frame numbers
	r.order()
	r.golomb() // reference frames
	r.flag()
	width, height := 16*(r.golomb()+1), 16*(r.golomb()+1)
	fields := 1
	if !r.flag() { // not frames alone
		fields = 2
		r.flag()
	}
	r.flag()
	c.width, c.height = r.cropped(width, height*fields, cropUnit(chroma, planes, fields))
	return c, !r.short && c.shown()
}

// shown says whether a picture has a size that can be.
func (c coding) shown() bool {
	return c.width > 0 && c.width <= maxSide && c.height > 0 && c.height <= maxSide
}

const maxSide = 1 << 14 // pixels

// high says whether a profile has the fields on chroma.
func high(profile byte) bool {
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		return true
	}
	return false
}

// scaling passes over the scaling lists (7.3.2.1.1.1).
func (r *bitReader) scaling(chroma int) {
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if !r.flag() {
			continue
		}
		size, last, next := 16, 8, 8
		if i >= 6 {
			size = 64
		}
		for range size {
			if next != 0 {
				next = (last + r.signed()) & 0xff
			}
			if next != 0 {
				last = next
			}
		}
	}
}

// order passes over what says how pictures are ordered.
func (r *bitReader) order() {
	switch r.golomb() {
	case 0:
		r.golomb()
	case 1:
		r.flag()
		r.signed()
		r.signed()
		for n := r.golomb(); n > 0 && !r.short; n-- {
			r.signed()
		}
	}
}

// cropUnit gives what the edges of an H.264 picture are counted in, across and
// down (table 6-1, and equations 7-19 to 7-22).
func cropUnit(chroma int, planes bool, fields int) [2]int {
	switch {
	case chroma == 0 || planes || chroma == 3:
		return [2]int{1, fields}
	case chroma == 2:
		return [2]int{2, fields}
	}
	return [2]int{2, 2 * fields}
}

// cropped reads the edges that are cut off a picture, and gives what is left.
func (r *bitReader) cropped(width, height int, unit [2]int) (w, h int) {
	if !r.flag() {
		return width, height
	}
	left, right, top, bottom := r.golomb(), r.golomb(), r.golomb(), r.golomb()
	return width - unit[0]*(left+right), height - unit[1]*(top+bottom)
}

// readHEVC reads a sequence parameter set (ITU-T H.265, 7.3.2.2.1). Its string is
// that of ISO/IEC 14496-15, annex E.
func readHEVC(unit []byte) (coding, bool) {
	r := &bitReader{data: unescape(unit[min(2, len(unit)):])}
	r.bits(4)
	layers := r.bits(3)
	r.flag()
	space, tier, profile := r.bits(2), r.bits(1), r.bits(5)
	compatible := uint32(0)
	for i := range 32 {
		compatible |= uint32(r.bits(1)) << i // the string has them the other way round
	}
	var constraints [6]byte
	for i := range constraints {
		constraints[i] = byte(r.bits(8))
	}
	level := r.bits(8)
	r.layers(layers)
	r.golomb() // its id
	chroma, planes := r.golomb(), false
	if chroma == 3 {
		planes = r.flag()
	}
	width, height := r.golomb(), r.golomb()
	w, h := r.cropped(width, height, cropUnit(chroma, planes, 1))
	text := fmt.Sprintf("hvc1.%s%d.%x.%s%d", [...]string{"", "A", "B", "C"}[space], profile, compatible, [...]string{"L", "H"}[tier], level)
	for _, b := range bytes.TrimRight(constraints[:], "\x00") {
		text += "." + strings.ToUpper(strconv.FormatUint(uint64(b), 16))
	}
	c := coding{text, w, h}
	return c, !r.short && c.shown()
}

// layers passes over what is told of temporal layers (7.3.3).
func (r *bitReader) layers(n int) {
	if n == 0 {
		return
	}
	var told [8][2]bool
	for i := range 8 {
		told[i] = [2]bool{r.flag(), r.flag()}
	}
	for _, t := range told[:n] {
		if t[0] {
			r.skip(88)
		}
		if t[1] {
			r.skip(8)
		}
	}
}

// unescape takes out the bytes that keep start codes out of a unit (7.4.1).
func unescape(unit []byte) []byte {
	return bytes.ReplaceAll(unit, []byte{0, 0, 3}, []byte{0, 0})
}

// bitReader reads bits, the highest of a byte first. Beyond the end it reads
// zeros, and is short.
type bitReader struct {
	data  []byte
	at    int // bit
	short bool
}

func (r *bitReader) flag() bool { return r.bits(1) == 1 }

func (r *bitReader) skip(n int) {
	r.at += n
	r.short = r.short || r.at > 8*len(r.data)
}

// bits reads as many as 32.
func (r *bitReader) bits(n int) (value int) {
	for range n {
		value <<= 1
		if r.at < 8*len(r.data) {
			value |= int(r.data[r.at/8]>>(7-r.at%8)) & 1
		}
		r.skip(1)
	}
	return value
}

// golomb reads an unsigned number of variable length (9.1).
func (r *bitReader) golomb() int {
	zeros := 0
	for !r.flag() {
		if zeros++; zeros > 31 || r.short {
			r.short = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.bits(zeros)
}

// signed reads a signed one (9.1.1).
func (r *bitReader) signed() int {
	n := r.golomb()
	if n%2 == 0 {
		return -n / 2
	}
	return (n + 1) / 2
}
