package control_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// live adds a flow that runs, has media and an encrypted output "o".
func (r *room) live(t *testing.T) string {
	t.Helper()
	id := r.add(t, medialive.Active, "o", "p")
	r.cloud.Change(id, func(f *cloudFlow) {
		f.Sources[0].Health = medialive.Connected
		for i := range f.Outputs {
			f.Outputs[i].Health = medialive.Connected
		}
		f.Outputs[0].Encryption = &medialive.Crypto{Algorithm: medialive.AES256, KeyType: medialive.SRTPassword, Passphrase: passphrase}
	})
	r.op.Watcher.ReadSoon(id)
	r.until(t, id, "live", func(f *monitor.Flow) bool { return f.State == monitor.StateLive })
	return id
}

func TestGoodIsKeptBeforeAChange(t *testing.T) {
	r := open(t)
	id := r.live(t)
	ctx := t.Context()
	if _, err := r.Good(ctx, r.op, id); !errors.Is(err, control.ErrNoGood) {
		t.Errorf("before any change: %v", err)
	}
	if err := r.DeleteOutput(ctx, r.op, id, "p"); err != nil {
		t.Fatal(err)
	}
	g, err := r.Good(ctx, r.op, id)
	if err != nil || g.By != "" || len(g.Outputs) != 2 || g.Source.Name != "src" || g.At.IsZero() {
		t.Fatalf("%+v, %v", g, err)
	}
	kept, err := r.store.CaresOf(ctx, r.key.Endpoint, r.key.ProjectID, id)
	if err != nil || strings.Contains(string(kept[0].Body), "CANARY") {
		t.Errorf("a passphrase is kept: %s, %v", kept[0].Body, err)
	}
}

// What a person kept is not replaced by what the machine would keep.
func TestGoodKeptByHandStays(t *testing.T) {
	r := open(t)
	id := r.live(t)
	if err := r.KeepGood(t.Context(), r.op, id); err != nil {
		t.Fatal(err)
	}
	for _, output := range []string{"p", "o"} {
		if err := r.DeleteOutput(t.Context(), r.op, id, output); err != nil {
			t.Fatal(err)
		}
	}
	if g, err := r.Good(t.Context(), r.op, id); err != nil || g.By != r.op.Actor || len(g.Outputs) != 2 {
		t.Errorf("%+v, %v", g, err)
	}
}

func TestRestoreGood(t *testing.T) {
	r := open(t)
	id := r.live(t)
	ctx := t.Context()
	if err := r.KeepGood(ctx, r.op, id); err != nil {
		t.Fatal(err)
	}
	r.cloud.Change(id, func(f *cloudFlow) {
		f.Sources[0].Description = "wrong"
		f.Sources[0].StreamID = "wrong"
		f.Outputs[0].Encryption = nil
		f.Outputs[1] = output("extra")
	})
	steps, err := r.GoodSteps(ctx, r.op, id)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range steps {
		got = append(got, fmt.Sprintf("%s %t %t", s.Key(), len(s.Needs) > 0, s.Impact.Interrupts()))
	}
	want := "[delete_output extra false true update_source src false true update_output o true true add_output p false false]"
	if fmt.Sprint(got) != want {
		t.Fatalf("steps %v, want %s", got, want)
	}
	shown := control.FingerprintSteps(steps)
	if _, err := r.RestoreGood(ctx, r.op, id, "other", nil); !errors.Is(err, control.ErrChanged) {
		t.Errorf("steps that were not shown: %v", err)
	}
	if _, err := r.RestoreGood(ctx, r.op, id, shown, nil); !errors.Is(err, control.ErrPassphrase) {
		t.Errorf("without the passphrase: %v", err)
	}
	if n := r.changesSent(); n != 0 {
		t.Errorf("%d calls", n)
	}
	results, err := r.RestoreGood(ctx, r.op, id, shown, map[string]medialive.Secret{"update_output o passphrase": "a-new-passphrase"})
	if err != nil || len(results) != 4 {
		t.Fatalf("%+v, %v", results, err)
	}
	for _, s := range results {
		if s.Outcome != monitor.OutcomeDone || s.Err != nil {
			t.Errorf("%s: %s, %v", s.Key(), s.Outcome, s.Err)
		}
	}
	f, _ := r.cloud.Flow(id)
	if s := f.Sources[0]; s.Description != "one" || s.StreamID != "a" || s.Decryption == nil {
		t.Errorf("source %+v", s)
	}
	if len(f.Outputs) != 2 || f.Outputs[0].Encryption == nil || f.Outputs[1].Name != "p" {
		t.Errorf("outputs %+v", f.Outputs)
	}
	if again, err := r.GoodSteps(ctx, r.op, id); err != nil || len(again) != 0 {
		t.Errorf("left to do: %+v, %v", again, err)
	}
	if g, _ := r.Good(ctx, r.op, id); g.By != "op-1" {
		t.Errorf("what was left behind is kept as good: %+v", g)
	}
}

func TestRestoreStopsAtTheUnknown(t *testing.T) {
	r := open(t)
	id := r.live(t)
	ctx := t.Context()
	if err := r.KeepGood(ctx, r.op, id); err != nil {
		t.Fatal(err)
	}
	r.cloud.Change(id, func(f *cloudFlow) {
		f.Sources[0].Description = "wrong"
		f.Outputs = f.Outputs[:1]
		f.Outputs[0].Description = "wrong"
	})
	steps, err := r.GoodSteps(ctx, r.op, id)
	if err != nil || len(steps) != 3 {
		t.Fatalf("%+v, %v", steps, err)
	}
	r.cloud.Inject("ModifyFlowOutput", 1, medialivetest.Lose(medialivetest.AfterEffect))
	results, err := r.RestoreGood(ctx, r.op, id, control.FingerprintSteps(steps), nil)
	if medialive.KindOf(err) != medialive.KindOutcomeUnknown {
		t.Fatal(err)
	}
	for i, want := range []monitor.Outcome{monitor.OutcomeDone, monitor.OutcomeUnknown, monitor.OutcomePending} {
		if results[i].Outcome != want {
			t.Errorf("%s: %q, want %q", results[i].Key(), results[i].Outcome, want)
		}
	}
	if n := len(r.cloud.Calls("CreateFlowOutput")); n != 0 {
		t.Errorf("went on after the unknown step: %d calls", n)
	}
	steps, err = r.GoodSteps(ctx, r.op, id)
	if err != nil || len(steps) != 1 {
		t.Errorf("what is done already is skipped: %+v, %v", steps, err)
	}
}

func TestRestoreIsGuarded(t *testing.T) {
	r := open(t)
	id := r.live(t)
	ctx := t.Context()
	if err := r.KeepGood(ctx, r.op, id); err != nil {
		t.Fatal(err)
	}
	r.cloud.Change(id, func(f *cloudFlow) { f.Sources[0].StreamID = "wrong" })
	r.protect(t, id, false)
	steps, err := r.GoodSteps(ctx, r.op, id)
	if err != nil {
		t.Fatal(err)
	}
	shown := control.FingerprintSteps(steps)
	give := func(op control.Operator) string {
		_, err := r.RestoreGood(ctx, op, id, shown, nil)
		return verdict(err)
	}
	if got := give(r.as("op-2", "x", control.Consent{Held: true})); got != "protected" {
		t.Errorf("a stranger: %s", got)
	}
	if got := give(r.as("owner", "x", control.Consent{})); got != "consent" {
		t.Errorf("without consent: %s", got)
	}
	if n := r.changesSent(); n != 0 {
		t.Errorf("%d calls", n)
	}
	if got := give(r.as("owner", "x", control.Consent{Held: true})); got != "passes" || r.changesSent() != 1 {
		t.Errorf("with consent: %s, %d calls", got, r.changesSent())
	}
}

func TestParkAndUnpark(t *testing.T) {
	r := open(t)
	id := r.live(t)
	ctx := t.Context()
	if err := r.ParkOutput(ctx, r.op, id, "o"); err != nil {
		t.Fatal(err)
	}
	all, err := r.Parked(ctx, r.op, id)
	if err != nil || len(all) != 1 || all[0].Name != "o" || all[0].By != "op-1" || !all[0].Encrypted || all[0].Output.Destination != "192.0.2.9" ||
		all[0].Output.Encryption.Passphrase.Reveal() != medialive.Mask {
		t.Fatalf("%+v, %v", all, err)
	}
	if f, _ := r.cloud.Flow(id); len(f.Outputs) != 1 {
		t.Errorf("still on the flow: %+v", f.Outputs)
	}
	if err := r.UnparkOutput(ctx, r.op, id, "o", ""); !errors.Is(err, control.ErrPassphrase) {
		t.Errorf("without its passphrase: %v", err)
	}
	if err := r.UnparkOutput(ctx, r.op, id, "o", "the-passphrase-1"); err != nil {
		t.Fatal(err)
	}
	f, _ := r.cloud.Flow(id)
	if len(f.Outputs) != 2 || f.Outputs[1].Encryption.Passphrase.Reveal() != "the-passphrase-1" || f.Outputs[1].Destination != "192.0.2.9" {
		t.Errorf("%+v", f.Outputs)
	}
	for name, give := range map[string]func() error{
		"unparked twice": func() error { return r.UnparkOutput(ctx, r.op, id, "o", "the-passphrase-1") },
		"dropped":        func() error { return r.DropParked(ctx, r.op, id, "o") },
	} {
		if err := give(); !errors.Is(err, control.ErrNotParked) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParkWhenTheRemovalFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		fault  medialivetest.Fault
		parked int
		unsure bool
	}{
		{"refused", medialivetest.Status(400, medialive.CodeInvalid, "no"), 0, false},
		{"lost", medialivetest.Lose(medialivetest.AfterEffect), 1, true},
	} {
		r := open(t)
		id := r.add(t, medialive.Standby, "o")
		r.cloud.Inject("DeleteFlowOutput", 1, c.fault)
		err := r.ParkOutput(t.Context(), r.op, id, "o")
		if err == nil || errors.Is(err, control.ErrParkedUnsure) != c.unsure {
			t.Errorf("%s: %v", c.name, err)
		}
		all, err := r.Parked(t.Context(), r.op, id)
		if err != nil || len(all) != c.parked {
			t.Errorf("%s: parked %+v, %v", c.name, all, err)
		}
	}
}
