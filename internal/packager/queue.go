package packager

import (
	"context"
	"sync"
)

// queue hands bytes from who must never wait to who may be slow. What does not
// fit is dropped, and counted.
type queue struct {
	limit int // bytes

	mu      sync.Mutex
	chunks  [][]byte
	size    int
	open    bool // somebody reads
	dropped int64
	ready   chan struct{} // of capacity 1
}

func newQueue(limit int) *queue { return &queue{limit: limit, ready: make(chan struct{}, 1)} }

// push takes data, which must not change after that, or drops all of it. It never
// waits. Nothing is a chunk too, for who reads chunks.
func (q *queue) push(data []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.open || q.size+len(data) > q.limit {
		q.dropped += int64(len(data))
		return
	}
	q.chunks = append(q.chunks, data)
	q.size += len(data)
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// begin empties the queue for a reader: what waited for the last one is old.
func (q *queue) begin() { q.set(true) }

// end drops what comes until the next reader begins.
func (q *queue) end() { q.set(false) }

func (q *queue) set(open bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.chunks, q.size, q.open = nil, 0, open
}

// pop gives the next chunk; false when ctx has ended.
func (q *queue) pop(ctx context.Context) ([]byte, bool) {
	for {
		if chunk, ok := q.next(); ok {
			return chunk, true
		}
		select {
		case <-ctx.Done():
			return nil, false
		case <-q.ready:
		}
	}
}

func (q *queue) next() ([]byte, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.chunks) == 0 {
		return nil, false
	}
	chunk := q.chunks[0]
	q.chunks = q.chunks[1:]
	q.size -= len(chunk)
	return chunk, true
}

// lost is how many bytes were dropped since the queue was made.
func (q *queue) lost() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}
