package relay

import (
	"testing"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// packet makes a transport stream packet with payload.
func packet(pid int, counter byte, fields ...byte) []byte {
	p := make([]byte, tsPacket)
	p[0], p[1], p[2], p[3] = tsSync, byte(pid>>8), byte(pid), 0x10|counter&0x0f
	copy(p[4:], fields)
	return p
}

func stream(packets ...[]byte) []byte {
	var all []byte
	for _, p := range packets {
		all = append(all, p...)
	}
	return all
}

func TestContinuity(t *testing.T) {
	announced := packet(1, 9, 1, 0x80)
	announced[3] |= 0x20
	empty := packet(1, 5)
	empty[3] = 0x20 | 5
	unsynced := packet(1, 1)
	unsynced[0] = 0
	tables := []struct {
		name   string
		data   []byte
		faults int64
	}{
		{"in order", stream(packet(1, 0), packet(1, 1), packet(2, 7), packet(1, 2), packet(2, 8)), 0},
		{"wraps", stream(packet(1, 14), packet(1, 15), packet(1, 0)), 0},
		{"lost one", stream(packet(1, 0), packet(1, 2), packet(1, 3)), 1},
		{"duplicate once", stream(packet(1, 3), packet(1, 3), packet(1, 4)), 0},
		{"duplicate twice", stream(packet(1, 3), packet(1, 3), packet(1, 3)), 1},
		{"duplicate at the wrap", stream(packet(1, 15), packet(1, 15), packet(1, 0)), 0},
		{"announced", stream(packet(1, 0), announced, packet(1, 10)), 0},
		{"without payload", stream(packet(1, 4), empty, packet(1, 5)), 0},
		{"null packets", stream(packet(tsNullPID, 0), packet(tsNullPID, 9)), 0},
		{"no sync", stream(packet(1, 0), unsynced, packet(1, 1)), 1},
		{"cut", packet(1, 0)[:100], 1},
	}
	for _, c := range tables {
		t.Run(c.name, func(t *testing.T) {
			if got := new(continuity).check(c.data); got != c.faults {
				t.Errorf("%d faults, want %d", got, c.faults)
			}
		})
	}
}

// TestCheckersAgree holds the relay's counter and the tests' own checker
// against each other on a real stream, whole and with a packet taken out.
func TestCheckersAgree(t *testing.T) {
	clip := relaytest.ReadClip(t, relaytest.Clip(t))
	if faults := new(continuity).check(clip); faults != 0 {
		t.Errorf("%d faults in the whole clip", faults)
	}
	if s := relaytest.Check(clip); len(s.Errors) != 0 || s.Packets != len(clip)/tsPacket {
		t.Errorf("the whole clip: %d packets, %v", s.Packets, s.Errors)
	}
	const hole = 100 * tsPacket
	holed := append(append([]byte{}, clip[:hole]...), clip[hole+tsPacket:]...)
	if faults := new(continuity).check(holed); faults != 1 {
		t.Errorf("%d faults with one packet lost", faults)
	}
	if s := relaytest.Check(holed); len(s.Errors) != 1 {
		t.Errorf("one packet lost: %v", s.Errors)
	}
}

func FuzzContinuity(f *testing.F) {
	f.Add(stream(packet(1, 0), packet(1, 1)))
	f.Add([]byte{tsSync})
	f.Fuzz(func(t *testing.T, data []byte) {
		most := int64(len(data)/tsPacket + 1)
		if faults := new(continuity).check(data); faults < 0 || faults > most {
			t.Errorf("%d faults in %d bytes", faults, len(data))
		}
	})
}
