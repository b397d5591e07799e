package control

import (
	"context"

	"github.com/flowdeck/flowdeck/internal/trail"
)

// exportPage is how many events are read at once for an export.
const exportPage = 500

// Timeline gives events of the operator's own project, newest first; whatever
// endpoint and project the filter names.
func (c *Control) Timeline(ctx context.Context, op Operator, f trail.Filter) ([]trail.Event, error) {
	f.Endpoint, f.Project = op.Endpoint, op.Project
	return c.trail.Timeline(ctx, f)
}

// Export gives all events of the operator's own project that a filter chooses,
// newest first, until each fails. A Limit is the most that are given; 0 is all.
func (c *Control) Export(ctx context.Context, op Operator, f trail.Filter, each func(trail.Event) error) error {
	left := f.Limit
	for {
		if f.Limit = exportPage; left > 0 {
			f.Limit = min(exportPage, left)
		}
		page, err := c.Timeline(ctx, op, f)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := each(e); err != nil {
				return err
			}
		}
		if len(page) < f.Limit || left > 0 && left == len(page) {
			return nil
		}
		if left > 0 {
			left -= len(page)
		}
		f.Before = page[len(page)-1].Seq
	}
}
