package control_test

import (
	"errors"
	"testing"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
)

func TestTally(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby)
	ctx := t.Context()
	if got := invalid(r.SetTally(ctx, r.op, id, "amber")); got != "lamp characters" {
		t.Errorf("a lamp that there is not: %q", got)
	}
	if err := r.SetTally(ctx, r.op, id, monitor.LampOff); !errors.Is(err, control.ErrNothingToDo) {
		t.Errorf("off what is off: %v", err)
	}
	if err := r.SetTally(ctx, r.op, "none", monitor.LampReady); medialive.KindOf(err) != medialive.KindNotFound {
		t.Errorf("of no flow: %v", err)
	}
	if err := r.Protect(ctx, r.as("op-1", "on air", control.Consent{}), id, true); err != nil {
		t.Fatal(err)
	}
	other := r.as("op-2", "", control.Consent{}) // a protection keeps nobody from it
	for _, lamp := range []monitor.Lamp{monitor.LampReady, monitor.LampOnAir, monitor.LampOff} {
		if err := r.SetTally(ctx, other, id, lamp); err != nil {
			t.Fatal(err)
		}
		if got := r.care(id).Tally; got.Lamp != lamp || got.By != "op-2" || got.Since.IsZero() {
			t.Errorf("shown %+v, want %q of op-2", got, lamp)
		}
		if err := r.SetTally(ctx, r.op, id, lamp); !errors.Is(err, control.ErrNothingToDo) {
			t.Errorf("%q twice: %v", lamp, err)
		}
	}
	lines := r.timeline(t, trail.Filter{Verb: control.VerbTally})
	if len(lines) != 3 || lines[2].Target != "ready" || lines[1].Target != "on_air" || lines[0].Target != "off" || lines[0].Actor != "op-2" {
		t.Errorf("trail %+v", lines)
	}
}
