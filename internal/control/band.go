package control

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// The limits of a band.
const (
	MaxBandBitrate = 1000.0 // Mb/s
	MaxBandLoss    = 100.0  // percent
	MinIdle        = time.Minute
	MaxIdle        = 24 * time.Hour
)

// SetBand tells what is normal for a flow; a band without any field set is the
// default one. What is out of range is *Invalid.
func (c *Control) SetBand(ctx context.Context, op Operator, flowID string, b monitor.Band) error {
	if err := checkBand(b); err != nil {
		return err
	}
	if err := known(op, flowID); err != nil {
		return err
	}
	done, err := c.serial.take(ctx, op.key(flowID))
	if err != nil {
		return err
	}
	defer done()
	_, err = edit(ctx, c, op, flowID, topicBand, func(now *monitor.Band) (trail.Line, error) {
		if *now == b {
			return trail.Line{}, ErrNothingToDo
		}
		line := c.line(op, VerbBand, flowID, "", describe(diffBand(*now, b)))
		*now = b
		return line, nil
	})
	if err == nil {
		c.show(ctx, op, flowID)
	}
	return err
}

func checkBand(b monitor.Band) error {
	rate := func(v float64) bool { return v >= 0 && v <= MaxBandBitrate } // false for NaN
	switch {
	case !rate(b.MinBitrate):
		return &Invalid{Field: "min_bitrate", Problem: ProblemRange}
	case !rate(b.MaxBitrate):
		return &Invalid{Field: "max_bitrate", Problem: ProblemRange}
	case b.MaxBitrate != 0 && b.MinBitrate > b.MaxBitrate:
		return &Invalid{Field: "max_bitrate", Problem: ProblemOrder}
	case math.IsNaN(b.MaxLoss) || b.MaxLoss < 0 || b.MaxLoss > MaxBandLoss:
		return &Invalid{Field: "max_loss", Problem: ProblemRange}
	case b.IdleAfter != 0 && (b.IdleAfter < MinIdle || b.IdleAfter > MaxIdle):
		return &Invalid{Field: "idle_after", Problem: ProblemRange}
	}
	return nil
}

// diffBand tells what changes of a band, the defaults as empty values.
func diffBand(now, to monitor.Band) []Change {
	figure := func(v float64, unit string) string {
		if v == 0 {
			return ""
		}
		return fmt.Sprintf("%g %s", v, unit)
	}
	idle := func(d time.Duration) string {
		if d == 0 {
			return ""
		}
		return d.String()
	}
	var d diff
	d.add("min_bitrate", figure(now.MinBitrate, "Mb/s"), figure(to.MinBitrate, "Mb/s"))
	d.add("max_bitrate", figure(now.MaxBitrate, "Mb/s"), figure(to.MaxBitrate, "Mb/s"))
	d.add("max_loss", figure(now.MaxLoss, "%"), figure(to.MaxLoss, "%"))
	d.add("idle_after", idle(now.IdleAfter), idle(to.IdleAfter))
	return d
}
