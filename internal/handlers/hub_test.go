package handlers

import (
	"strings"
	"testing"
	"time"
)

// TestSlowViewerIsCounted fills the queue of one viewer of two.
func TestSlowViewerIsCounted(t *testing.T) {
	slow, quick := &viewer{frames: make(chan []byte, 1), dropped: make(chan struct{})}, &viewer{frames: make(chan []byte, 3), dropped: make(chan struct{})}
	counted := 0
	s := &stream{viewers: map[*viewer]struct{}{slow: {}, quick: {}}, slow: func() { counted++ }}
	for range 3 {
		s.send(func() []byte { return beatFrame(time.Now(), time.Time{}) }, func(*viewer) bool { return true })
	}
	select {
	case <-slow.dropped:
	default:
		t.Error("the slow viewer is not dropped")
	}
	if counted != 1 || len(quick.frames) != 3 {
		t.Errorf("%d counted, %d frames for the quick one", counted, len(quick.frames))
	}
}

// TestPartThatCannotBeRendered has a part fail once: the page keeps what it has.
func TestPartThatCannotBeRendered(t *testing.T) {
	next := []byte("<p id=a>1</p>")
	s := &sheet{render: func() []part { return []part{{target: "a", html: next}} }}
	s.Change()
	next = nil
	if got := s.Change(); strings.Contains(string(got), "#a") {
		t.Errorf("the part is emptied: %s", got)
	}
	next = []byte("<p id=a>1</p>")
	if got := s.Change(); !strings.Contains(string(got), "<p id=a>1</p>") {
		t.Errorf("it does not come back: %q", got)
	}
}
