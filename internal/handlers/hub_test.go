package handlers

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
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

// fragile is a picture that panics at its second change.
type fragile struct {
	changed chan struct{}
	n       atomic.Int32
}

func (f *fragile) Changed() (<-chan struct{}, func()) { return f.changed, func() {} }
func (f *fragile) Full() []byte                       { return []byte("full") }
func (f *fragile) Change() []byte {
	if f.n.Add(1) > 1 {
		panic("the picture breaks")
	}
	return nil
}

// TestF27PanicInStream lets the rendering of a view panic while somebody looks
// on: the program lives, the viewer is sent away, and who comes back gets a new
// stream.
func TestF27PanicInStream(t *testing.T) {
	m := monitor.New(monitor.Options{})
	defer m.Close()
	w := m.Watch(monitor.Key{ProjectID: "p"}, nil, time.Time{})
	var pictures []*fragile
	h := newHub(t.Context(), 10, time.Now, func() {}, func(view, *monitor.Watcher) picture {
		pictures = append(pictures, &fragile{changed: make(chan struct{}, 1)})
		return pictures[len(pictures)-1]
	})
	told := make(chan any, 1)
	h.failed = func(cause any) { told <- cause }
	me, leave, err := h.join(view{}, w, "me")
	if err != nil {
		t.Fatal(err)
	}
	pictures[0].changed <- struct{}{}
	select {
	case <-me.dropped:
	case <-time.After(10 * time.Second):
		t.Fatal("the viewer is not sent away")
	}
	if cause := <-told; cause != "the picture breaks" {
		t.Errorf("told of %v", cause)
	}
	leave()
	again, leave, err := h.join(view{}, w, "me")
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	if len(pictures) != 2 || string(<-again.frames) != "full" {
		t.Errorf("%d pictures", len(pictures))
	}
	t.Logf("evidence: F27 | a panic in the stream of a page: process exits, viewers that get a new stream | 0, 1 of 1 | 0, all")
}
