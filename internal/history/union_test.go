package history

import (
	"testing"
	"time"
)

// TestTwoRecorders lets two record into one store, of which each sleeps while
// the other is awake, and both are awake in between: nothing of what either saw
// is missing.
func TestTwoRecorders(t *testing.T) {
	one := newStage(t)
	other := *one
	two := &other
	for _, s := range []*stage{one, two} {
		s.r = newRecorder(Options{Store: s.store, Now: func() time.Time { return s.now }, Shared: true})
		s.r.attend(s)
	}
	from := one.now
	for minute := range 40 {
		one.asleep, two.asleep = minute%8 < 3, minute%8 > 3 && minute%8 < 7
		for range 60 {
			one.pass(time.Second, nil)
			two.pass(time.Second, nil)
		}
	}
	one.r.finish(t.Context())
	two.r.finish(t.Context())
	one.begin() // reads what is kept, and nothing else
	missing := 0
	for _, p := range one.read("", from, one.now).Points {
		if !knows(p) {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d steps are missing", missing, 40*60/5)
	}
}

func TestUnion(t *testing.T) {
	at := func(i int) time.Time { return begin.Add(time.Duration(i) * fine.step) }
	known := func(i int, rate float64) Point {
		p := empty(at(i))
		p.State, p.Bitrate, p.RTT, p.Loss = "live", rate, 1, 0
		return p
	}
	got := union([]Point{empty(at(0)), known(1, 2), empty(at(2))}, []Point{known(0, 1), known(1, 1)})
	if len(got) != 3 || got[0].Bitrate != 1 || got[1].Bitrate != 2 || knows(got[2]) {
		t.Errorf("%+v", got)
	}
}
