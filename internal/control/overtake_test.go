package control_test

import (
	"slices"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// TestF7GivenAgain gives a change again, or undoes it, before a read has told
// what became of the first one, whose reply was lost. No read may take the
// second one's effect for the first one's.
func TestF7GivenAgain(t *testing.T) {
	output := medialive.Output{Name: "one", Protocol: medialive.Caller, Destination: "192.0.2.1", Port: 5000, Status: medialive.Enabled}
	off := medialive.Disabled
	add := func(r *room, id string) error { return r.AddOutput(t.Context(), r.op, id, output) }
	drop := func(r *room, id string) error { return r.DeleteOutput(t.Context(), r.op, id, "one") }
	disable := func(r *room, id string) error {
		f, _ := r.cloud.Flow(id)
		return r.UpdateOutput(t.Context(), r.op, id, "one", medialive.OutputChange{Status: &off}, control.FingerprintOutput(f.Outputs[0]))
	}
	describe := func(text string) func(*room, string) error {
		return func(r *room, id string) error {
			f, _ := r.cloud.Flow(id)
			to := f.Sources[0]
			to.Description = text
			return r.UpdateSource(t.Context(), r.op, id, "src", to, control.FingerprintSource(f.Sources[0]))
		}
	}
	type give = func(*room, string) error
	told := 0
	for name, c := range map[string]struct {
		op          string
		cut         medialivetest.Cut
		first, then give
		outputs     []medialive.Output
		want        []string // of the trail, newest first
	}{
		"deleted, not done": {"DeleteFlowOutput", medialivetest.BeforeEffect, drop, drop, []medialive.Output{output}, []string{"done", "not_done"}},
		"deleted, done":     {"DeleteFlowOutput", medialivetest.AfterEffect, drop, add, []medialive.Output{output}, []string{"done", "done"}},
		"deleted, and added": {"DeleteFlowOutput", medialivetest.BeforeEffect, drop, func(r *room, id string) error {
			if err := drop(r, id); err != nil {
				return err
			}
			return add(r, id)
		}, []medialive.Output{output}, []string{"done", "not_done"}},
		"added, done":        {"CreateFlowOutput", medialivetest.AfterEffect, add, drop, nil, []string{"done", "done"}},
		"added, not done":    {"CreateFlowOutput", medialivetest.BeforeEffect, add, add, nil, []string{"done", "not_done"}},
		"disabled, not done": {"ModifyFlowOutput", medialivetest.BeforeEffect, disable, disable, []medialive.Output{output}, []string{"done", "not_done"}},
		"edited, done":       {"ModifyFlowSources", medialivetest.AfterEffect, describe("a"), describe("b"), nil, []string{"done", "done"}},
		"edited, not done":   {"ModifyFlowSources", medialivetest.BeforeEffect, describe("a"), describe("a"), nil, []string{"done", "not_done"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t)
			id := r.cloud.Add(cloudFlow{
				Flow:    medialive.Flow{Name: "f", Status: medialive.Standby, Sources: []medialive.Source{source()}},
				Outputs: slices.Clone(c.outputs),
			})
			r.op.Watcher = &still{} // nothing is read by the way
			r.cloud.Inject(c.op, 1, medialivetest.Lose(c.cut))
			if err := c.first(r, id); medialive.KindOf(err) != medialive.KindOutcomeUnknown {
				t.Fatal(err)
			}
			if err := c.then(r, id); err != nil {
				t.Fatal(err)
			}
			eventually(t, func() bool {
				rows := r.trail(t, id)
				return rows[0].Outcome == c.want[0] && rows[len(rows)-1].Outcome != "unknown"
			})
			<-time.After(700 * time.Millisecond) // the reads that are to tell of the first one come meanwhile, and must not
			rows := r.trail(t, id)
			if got := rows[len(rows)-1].Outcome; got != c.want[1] {
				t.Errorf("the first command is told as %q, want %q", got, c.want[1])
			} else {
				told++
			}
		})
	}
	t.Logf("evidence: F7 | changed again before a read told of the lost reply: outcomes of both as they were | %d of 8 ways | 8", told)
}
