package trail

import (
	"encoding/binary"
	"math"
	"time"
)

// version of the encoding, its first byte.
const version = 1

// Encode gives the bytes of a line that are hashed: two lines have the same
// bytes only if all their fields are the same, the time to the millisecond.
func Encode(l Line) []byte {
	texts := l.texts()
	size := 1 + 8
	for _, t := range texts {
		size += 4 + len(t)
	}
	out := append(make([]byte, 0, size), version)
	out = binary.BigEndian.AppendUint64(out, uint64(millis(l.At))) //nolint:gosec // as bits
	for _, t := range texts {
		out = binary.BigEndian.AppendUint32(out, uint32(min(len(t), math.MaxUint32))) //nolint:gosec // bounded
		out = append(out, t...)
	}
	return out
}

// texts gives the texts of a line in the order of the encoding, which is for
// ever.
func (l *Line) texts() [16]string {
	return [...]string{
		l.Endpoint, l.Project, string(l.Kind), l.ID, l.FlowID, l.FlowName, l.Verb, l.Target, l.Actor, l.Reason, l.Detail,
		l.Outcome, l.Cause, l.Code, l.Message, l.Request,
	}
}

// millis is a time as it is hashed: Unix milliseconds, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
