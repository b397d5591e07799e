package history

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

// Several dashboards on one database each record what they see, and one that
// slept for a while has a gap where another has none. So a chunk is kept as what
// they know together. That two keep one at the same moment loses nothing: each
// keeps it again within the minute that it has more.

// united gives a chunk with what is kept already of the steps that it does not
// know.
func (r *Recorder) united(ctx context.Context, ours store.HistoryChunk) (store.HistoryChunk, error) {
	kept, err := r.store.History(ctx, ours.Endpoint, ours.Project, ours.FlowID, ours.Leg, ours.Step, ours.From, ours.From.Add(time.Millisecond))
	if err != nil || len(kept) == 0 {
		return ours, err
	}
	of := fine
	if ours.Step == int(CoarseStep/time.Second) {
		of = coarse
	}
	theirs, err := decode(kept[0].Body, of, ours.From)
	if err != nil {
		return ours, nil // ours is better than what cannot be read
	}
	own, err := decode(ours.Body, of, ours.From)
	if err != nil {
		return ours, fmt.Errorf("read back a chunk: %w", err)
	}
	c := newChunk(of, ours.From)
	for _, p := range union(own, theirs) {
		c.add(p)
	}
	ours.Body, err = c.encode(r.press)
	return ours, err
}

// union gives the points of two that begin at one time: the first's where it
// knows, else the second's.
func union(first, second []Point) []Point {
	out := make([]Point, max(len(first), len(second)))
	copy(out, second)
	for i, p := range first {
		if i >= len(second) || knows(p) || !knows(second[i]) {
			out[i] = p
		}
	}
	return out
}

// knows tells whether anything is known of a step.
func knows(p Point) bool { return p.State != "" || !math.IsNaN(p.Bitrate) }
