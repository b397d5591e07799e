package relaytest

import (
	"fmt"
	"os"
	"testing"
)

// Stream is what a checker found in a transport stream.
type Stream struct {
	Packets int
	Errors  []string // packet number, PID and what is wrong; at most 20
}

const (
	packetSize = 188
	maxErrors  = 20
)

// Check reads a transport stream and reports every lost packet. It is written
// apart from the relay's own counter, so that the two can disagree. An
// incomplete packet at the end is ignored: the recorder was stopped in it.
func Check(data []byte) Stream {
	var s Stream
	report := func(format string, args ...any) {
		if len(s.Errors) < maxErrors {
			s.Errors = append(s.Errors, fmt.Sprintf(format, args...))
		}
	}
	type state struct {
		counter   byte
		repeated  bool
		lastWhole string
	}
	pids := map[int]state{}
	for ; len(data) >= packetSize; data = data[packetSize:] {
		p := data[:packetSize]
		s.Packets++
		if p[0] != 'G' {
			report("packet %d: no sync byte", s.Packets)
			continue
		}
		pid := (int(p[1])<<8 | int(p[2])) % 8192
		payload := p[3]/16%2 == 1
		if pid == 8191 || !payload {
			continue
		}
		now := state{counter: p[3] % 16, lastWhole: string(p)}
		last, seen := pids[pid]
		switch {
		case !seen, now.counter == (last.counter+1)%16:
		case now.counter == last.counter && !last.repeated && now.lastWhole == last.lastWhole:
			now.repeated = true
		default:
			report("packet %d: PID %d goes from %d to %d", s.Packets, pid, last.counter, now.counter)
		}
		pids[pid] = now
	}
	return s
}

// RequireWhole fails the test unless the file holds at least some packets of
// a transport stream, none of them lost.
func RequireWhole(t testing.TB, path string, packets int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := Check(data)
	if s.Packets < packets {
		t.Errorf("%s: %d packets received, at least %d expected", path, s.Packets, packets)
	}
	for _, e := range s.Errors {
		t.Errorf("%s: %s", path, e)
	}
}
