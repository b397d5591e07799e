package history

import (
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// Chunks packs the points of a leg, oldest first, at one of the two steps, for a
// history that was taken elsewhere. Steps that are left out are unknown.
func Chunks(key monitor.Key, flowID, leg string, step time.Duration, points []Point) ([]store.HistoryChunk, error) {
	of, press := fine, newDeflater()
	if step == CoarseStep {
		of = coarse
	}
	row := store.HistoryChunk{
		Endpoint: key.Endpoint, Project: key.ProjectID, FlowID: flowID, Leg: leg, Step: int(of.step / time.Second),
	}
	var out []store.HistoryChunk
	for len(points) > 0 {
		c := newChunk(of, points[0].At)
		n := 0
		for n < len(points) && c.holds(points[n].At) {
			c.add(points[n])
			n++
		}
		body, err := c.encode(press)
		if err != nil {
			return nil, err
		}
		row.From, row.Body = c.from, body
		out, points = append(out, row), points[max(n, 1):]
	}
	return out, nil
}
