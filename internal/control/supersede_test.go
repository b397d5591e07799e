package control_test

import (
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
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
