package relay

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/flowdeck/flowdeck/internal/srt"
)

const (
	maxTaps  = 32                    // of one flow
	tapPause = 50 * time.Millisecond // each look wakes a chain of processes, and none of them is in a hurry
	// tapBuffer holds what comes while a reader is busy: 3 s of 10 Mb/s.
	tapBuffer = 4 << 20
)

// tap is a reader of what a flow's source sends, beside the outputs. The media
// goroutine only ever adds to its buffer: it wakes nobody, and what a slow
// reader has no room for is dropped and counted.
type tap struct {
	ended chan struct{} // closed with its flow

	mu      sync.Mutex
	buffer  []byte
	dropped int64 // bytes
}

// add takes packets, all or none of a batch, so that little is torn.
func (t *tap) add(batch []srt.Packet) {
	t.mu.Lock()
	defer t.mu.Unlock()
	size := 0
	for i := range batch {
		size += len(batch[i].Payload())
	}
	if len(t.buffer)+size > tapBuffer {
		t.dropped += int64(size)
		return
	}
	for i := range batch {
		t.buffer = append(t.buffer, batch[i].Payload()...)
	}
}

// take gives what has come, in exchange for an empty buffer.
func (t *tap) take(empty []byte) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	data := t.buffer
	t.buffer = empty[:0]
	return data
}

func (t *tap) drops() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dropped
}

// ErrNoFlow tells that there is no such flow, or none that runs.
var ErrNoFlow = errors.New("the flow does not run")

var errTaps = errors.New("the flow has as many taps as it may")

// openTap begins to read a flow that runs.
func (r *relay) openTap(id string) (*tap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, runs := r.flows[id]
	if !runs {
		return nil, ErrNoFlow
	}
	taps := *f.taps.Load()
	if len(taps) >= maxTaps {
		return nil, errTaps
	}
	t := &tap{ended: make(chan struct{})}
	taps = append(slices.Clip(taps), t)
	f.taps.Store(&taps)
	return t, nil
}

// closeTap ends a tap, whose flow may have gone.
func (r *relay) closeTap(id string, t *tap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, runs := r.flows[id]
	if !runs || !slices.Contains(*f.taps.Load(), t) {
		return
	}
	taps := slices.DeleteFunc(slices.Clone(*f.taps.Load()), func(o *tap) bool { return o == t })
	f.taps.Store(&taps)
	f.tapDrops += t.drops()
}

// endTaps tells the readers of a flow that it has gone.
func (f *flow) endTaps() {
	for _, t := range *f.taps.Swap(&[]*tap{}) {
		close(t.ended)
	}
}

// tapped gives how many read the flow, and the bytes that they were too slow for.
func (f *flow) tapped() (n int, dropped int64) {
	taps := *f.taps.Load()
	dropped = f.tapDrops
	for _, t := range taps {
		dropped += t.drops()
	}
	return len(taps), dropped
}

// serveTap writes what the source of a flow sends, until the reader hangs up or
// the flow ends.
func (r *relay) serveTap(w http.ResponseWriter, req *http.Request) {
	id := req.PathValue("id")
	t, err := r.openTap(id)
	switch {
	case errors.Is(err, ErrNoFlow):
		writeProblem(w, http.StatusNotFound, problem{Code: codeNoFlow})
		return
	case err != nil:
		writeProblem(w, http.StatusServiceUnavailable, problem{Code: codeFailed, Text: err.Error()})
		return
	}
	defer r.closeTap(id, t)
	w.Header().Set("Content-Type", "video/mp2t")
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // the server's own would end the stream
	_ = out.SetWriteDeadline(time.Now().Add(writeTimeout))
	if out.Flush() != nil {
		return
	}
	tick := time.NewTicker(tapPause)
	defer tick.Stop()
	var data []byte
	for {
		select {
		case <-req.Context().Done():
			return
		case <-t.ended:
			return
		case <-tick.C:
		}
		if data = t.take(data); len(data) == 0 {
			continue
		}
		_ = out.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := w.Write(data); err != nil || out.Flush() != nil {
			return
		}
	}
}
