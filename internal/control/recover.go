package control

import (
	"context"
	"fmt"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// journal lets watchers show the commands of the past, and settles by their
// reads the starts and stops whose answer was lost.
type journal struct{ c *Control }

// Commands gives the newest start or stop of each flow.
func (j journal) Commands(ctx context.Context, key monitor.Key) (map[string]monitor.Command, error) {
	if err := j.c.Recover(ctx); err != nil {
		return nil, err
	}
	if rows := j.c.orphans(key); len(rows) > 0 && j.c.ctx.Err() == nil {
		w := j.c.monitor.Watch(key, nil, time.Time{})
		j.c.aside("commands of before", func() { j.c.reconcile(w, rows) })
	}
	rows, err := j.c.trail.LatestCommands(ctx, key.Endpoint, key.ProjectID)
	if err != nil {
		return nil, fmt.Errorf("past commands: %w", err)
	}
	out := make(map[string]monitor.Command, len(rows))
	for _, r := range rows {
		if r, err = j.given(ctx, r); err != nil {
			return nil, fmt.Errorf("past commands: %w", err)
		}
		if r.ID == "" {
			continue
		}
		out[r.FlowID] = monitor.Command{
			ID: r.ID, Verb: r.Verb, Actor: r.Actor, At: r.At,
			Outcome: monitor.Outcome(r.Outcome), Settled: r.SettledAt,
		}
	}
	return out, nil
}

// given gives the newest start or stop of the flow that the guard let through.
func (j journal) given(ctx context.Context, newest store.Command) (store.Command, error) {
	if !byGuard(newest) {
		return newest, nil
	}
	rows, err := j.c.trail.FlowCommands(ctx, newest.Endpoint, newest.Project, newest.FlowID, 100)
	for _, r := range rows {
		if isSwitch(r) && !byGuard(r) {
			return r, nil
		}
	}
	return store.Command{}, err
}

// Settled is not needed: each start or stop whose answer was lost has its own
// reconcile.
func (journal) Settled(context.Context, monitor.Key, string, monitor.Command) {}

const (
	findFor      = 24 * time.Hour
	longestPause = 16 * time.Second
	unknownFor   = 15 * time.Minute // a command of a former process may be told from what is there now
)

// Recover turns commands that a former process left without an outcome into
// unknown ones; what the watchers read settles them. Only a change of nothing
// but a passphrase stays unknown, and says so, for no read can tell of it. It
// does its work once; the first watcher asks for it if nobody has before.
func (c *Control) Recover(ctx context.Context) error {
	c.past.Lock()
	defer c.past.Unlock()
	if c.recovered {
		return nil
	}
	open, err := c.trail.OpenCommands(ctx)
	if err != nil {
		return fmt.Errorf("open commands: %w", err)
	}
	unknown, err := c.trail.UnknownCommands(ctx, c.began.Add(-unknownFor))
	if err != nil {
		return fmt.Errorf("unknown commands: %w", err)
	}
	for _, row := range unknown {
		if row.At.Before(c.began) {
			c.lost = append(c.lost, row)
		}
	}
	for _, row := range open {
		if !row.At.Before(c.began) {
			continue
		}
		c.settle(ctx, row.ID, monitor.OutcomeUnknown, explained(row, lostReply()))
		c.lost = append(c.lost, row)
	}
	c.recovered = true
	return nil
}

// find reads what became of a command whose answer was lost, until a read tells:
// that it was done, or that it was not though it had half a minute for it. While
// nothing can be read it goes on, for as long as a token lives.
func (c *Control) find(w Watcher, row store.Command, d deed) {
	ctx, cancel := context.WithTimeout(c.ctx, findFor)
	defer cancel()
	began := c.now()
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, longestPause) {
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		}
		asked := c.now()
		done, err := d.check(ctx)
		switch kind := medialive.KindOf(err); {
		case err == nil && done:
			if c.conclude(w, row, monitor.OutcomeDone) {
				return
			}
		case err == nil && asked.Sub(began) >= effectTime:
			if c.conclude(w, row, monitor.OutcomeNotDone) {
				return
			}
		case err != nil && (kind == medialive.KindNotSignedIn || kind == medialive.KindNotPermitted):
			c.reconcile(w, []store.Command{row}) // others may still read
			return
		}
	}
}

// whoDid finds who gave the command by which a flow came to be as it is.
func (c *Control) whoDid(ctx context.Context, op Operator, flowID string, want medialive.FlowStatus) (store.Command, bool) {
	verb := VerbStart
	if want == medialive.Standby {
		verb = VerbStop
	}
	rows, err := c.trail.FlowCommands(ctx, op.Endpoint, op.Project, flowID, 20)
	if err != nil {
		return store.Command{}, false
	}
	for _, r := range rows {
		if r.Outcome == string(monitor.OutcomeDone) && isSwitch(r) {
			return r, r.Verb == verb
		}
	}
	return store.Command{}, false
}
