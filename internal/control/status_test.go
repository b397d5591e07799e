package control_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// TestF7PressedAgain presses again before a read has told what became of a
// command whose reply was lost: the answer to the second press tells.
func TestF7PressedAgain(t *testing.T) {
	const stop, start = "ModifyFlowStop", "ModifyFlowStart"
	told := 0
	for name, c := range map[string]struct {
		cut  medialivetest.Cut
		then string
		want []string // of the trail, newest first
	}{
		"done, and pressed again":                {medialivetest.AfterEffect, stop, []string{"refused", "done"}},
		"not done, and pressed again":            {medialivetest.BeforeEffect, stop, []string{"done", "not_done"}},
		"done, and then the opposite":            {medialivetest.AfterEffect, start, []string{"done", "done"}},
		"not done, and then the opposite":        {medialivetest.BeforeEffect, start, []string{"refused", "not_done"}},
		"done, and the next one is lost as well": {medialivetest.AfterEffect, "", []string{"unknown", "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t)
			r.op.Watcher = &still{} // nothing is read
			id := r.cloud.Add(cloudFlow{Flow: medialive.Flow{Name: "f", Status: medialive.Active, Sources: []medialive.Source{source()}}})
			r.cloud.Inject(stop, 1, medialivetest.Lose(c.cut))
			if err := r.StopFlow(t.Context(), r.op, id); medialive.KindOf(err) != medialive.KindOutcomeUnknown {
				t.Fatal(err)
			}
			give := r.StopFlow
			if c.then == start {
				give = r.StartFlow
			}
			if c.then == "" {
				r.cloud.Inject(stop, 1, medialivetest.Lose(medialivetest.BeforeEffect))
			}
			t.Logf("the second press: %v", give(t.Context(), r.op, id))
			rows := r.trail(t, id)
			for i, want := range c.want {
				if rows[i].Outcome != want {
					t.Errorf("command %d of the trail is %q, want %q", i, rows[i].Outcome, want)
				}
			}
			if verdict, err := r.store.VerifyTrail(t.Context()); err != nil || !verdict.OK() {
				t.Errorf("the trail: %+v, %v", verdict, err)
			}
			if !t.Failed() {
				told++
			}
		})
	}
	t.Logf("evidence: F7 | pressed again before a read told of the lost reply: outcomes of both presses as they were | %d of 5 ways | 5", told)
}

// TestF7RefusedAfterwards loses the answer to a start; then a stop is refused
// for a reason that tells nothing of the flow. A read still settles the start.
func TestF7RefusedAfterwards(t *testing.T) {
	for cut, want := range map[medialivetest.Cut]string{medialivetest.AfterEffect: "done", medialivetest.BeforeEffect: "not_done"} {
		clock := newClock()
		r := open(t, func(r *room) { r.now = clock.time })
		id := r.add(t, medialive.Standby)
		clock.add(-time.Minute) // what is given now was given a minute ago
		read := r.unread(t)
		r.cloud.Inject("ModifyFlowStart", 1, medialivetest.Lose(cut))
		if err := r.StartFlow(t.Context(), r.op, id); medialive.KindOf(err) != medialive.KindOutcomeUnknown {
			t.Fatal(err)
		}
		r.cloud.Inject("ModifyFlowStop", 1, medialivetest.Throttle("1"))
		if err := r.StopFlow(t.Context(), r.op, id); medialive.KindOf(err) != medialive.KindThrottled {
			t.Fatal(err)
		}
		read(id)
		eventually(t, func() bool { rows := r.trail(t, id); return rows[1].Outcome == want })
	}
}

// TestF7TwoInARow loses the answers to two commands in a row. What a read can
// tell of them is told, and of the rest that none can.
func TestF7TwoInARow(t *testing.T) {
	const stop, start = "ModifyFlowStop", "ModifyFlowStart"
	lost, kept := medialivetest.AfterEffect, medialivetest.BeforeEffect
	for name, c := range map[string]struct {
		ops  [2]string
		cuts [2]medialivetest.Cut
		want []string // of the trail, newest first
	}{
		"stopped and started":     {[2]string{stop, start}, [2]medialivetest.Cut{lost, lost}, []string{"unknown", "unknown"}},
		"stopped, and no more":    {[2]string{stop, start}, [2]medialivetest.Cut{lost, kept}, []string{"not_done", "done"}},
		"stopped by one of two":   {[2]string{stop, stop}, [2]medialivetest.Cut{lost, lost}, []string{"unknown", "unknown"}},
		"stopped by neither":      {[2]string{stop, stop}, [2]medialivetest.Cut{kept, kept}, []string{"not_done", "not_done"}},
		"started as it was":       {[2]string{stop, start}, [2]medialivetest.Cut{kept, kept}, []string{"unknown", "unknown"}},
		"stopped by the last one": {[2]string{stop, stop}, [2]medialivetest.Cut{kept, lost}, []string{"unknown", "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			r := open(t, func(r *room) { r.now = clock.time })
			id := r.add(t, medialive.Active)
			clock.add(-time.Minute) // what is given now was given a minute ago
			read := r.unread(t)     // a read between the two would tell of the first
			for i, op := range c.ops {
				give := r.StopFlow
				if op == start {
					give = r.StartFlow
				}
				r.cloud.Inject(op, 1, medialivetest.Lose(c.cuts[i]))
				if err := give(t.Context(), r.op, id); medialive.KindOf(err) != medialive.KindOutcomeUnknown && medialive.KindOf(err) != medialive.KindState {
					t.Fatal(err)
				}
			}
			read(id)
			eventually(t, func() bool {
				rows := r.trail(t, id)
				return told(rows[0], c.want[0]) && told(rows[1], c.want[1])
			})
		})
	}
}

// unread is a watcher of which nothing is known yet.
type unread struct {
	control.Watcher
	known atomic.Bool
}

func (u *unread) Snapshot() *monitor.Snapshot {
	if u.known.Load() {
		return u.Watcher.Snapshot()
	}
	return &monitor.Snapshot{}
}

// unread keeps from the Control what is read, until a flow is read after what
// was given till then.
func (r *room) unread(t *testing.T) (read func(id string)) {
	t.Helper()
	u := &unread{Watcher: r.op.Watcher}
	r.op.Watcher = u
	return func(id string) {
		since := time.Now()
		u.ReadSoon(id)
		eventually(t, func() bool {
			f, ok := u.Watcher.Snapshot().Flow(id)
			return ok && f.StatusAt.After(since)
		})
		u.known.Store(true)
	}
}

// told tells that an outcome is told, and where it is unknown that no read can
// tell any more.
func told(row store.Command, outcome string) bool {
	return row.Outcome == outcome && (outcome != "unknown" || strings.Contains(row.Message, "changed again"))
}
