package control_test

import (
	"context"
	"errors"
	"fmt"
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

// TestChangesOfAFormerProcess settles changes of a source and of outputs by
// what is read of them.
func TestChangesOfAFormerProcess(t *testing.T) {
	r := open(t)
	long := strings.Repeat("x", 200)
	flow := func() string { // one for each command, so that none hides another
		id := r.add(t, medialive.Standby, "one", "two")
		r.cloud.Change(id, func(f *cloudFlow) {
			f.Sources[0].StreamID = "b"
			f.Sources[0].CIDRWhitelist = []string{"192.0.2.0/24", "198.51.100.0/24"}
			f.Outputs[0].Port, f.Outputs[0].Description = 6000, long
			f.Outputs[1].Encryption = &medialive.Crypto{Algorithm: medialive.AES192, KeyType: medialive.SRTPassword, Passphrase: passphrase}
		})
		return id
	}
	var ids []string
	n := 0
	add := func(verb, target, detail string, age time.Duration) string {
		n++
		ids = append(ids, flow())
		row := store.Command{
			ID: fmt.Sprint(n), Endpoint: r.key.Endpoint, Project: r.key.ProjectID, FlowID: ids[n-1], FlowName: fmt.Sprintf("flow-%d", n-1),
			Verb: verb, Target: target, Detail: detail, Actor: "op-9", At: time.Now().Add(-age),
		}
		if err := r.store.AddCommand(t.Context(), row); err != nil {
			t.Fatal(err)
		}
		return row.ID
	}
	const src, out = control.VerbUpdateSource, control.VerbUpdateOutput
	want := map[string]string{
		add(src, "src", `stream_id: "a" → "b"; passphrase: "set" → "new"`, time.Second):                  "done",
		add(src, "src", `cidr_whitelist: "192.0.2.0/24" → "192.0.2.0/24, 198.51.100.0/24"`, time.Second): "done",
		add(src, "src", `stream_id: "b" → "a"`, time.Minute):                                             "not_done",
		add(src, "src", `stream_id: "c" → "d"`, time.Minute):                                             "unknown", // somebody changed it since
		add(src, "src", `passphrase: "set" → ""`, time.Minute):                                           "not_done",
		add(src, "src", `passphrase: "set" → "new"`, time.Minute):                                        "unknown",
		add(out, "one", `port: "5000" → "6000"`, time.Second):                                            "done",
		add(out, "one", `description: "" → "`+long[:120]+`…"; second: "a" → "b"`, time.Second):           "done",
		add(out, "one", `description: "`+long[:120]+`…" → "`+long[:120]+`…"`, time.Minute):               "unknown", // cut too short to tell
		add(out, "two", `passphrase: "" → "new"`, time.Second):                                           "done",
		add(out, "two", `algorithm: "aes128" → "aes192"`, time.Second):                                   "done",
		add(out, "two", `output_status: "ENABLED" → "DISABLED"`, time.Minute):                            "not_done",
		add(out, "gone", `port: "1" → "2"`, time.Minute):                                                 "unknown",
	}
	r.begin(t, r.store)
	eventually(t, func() bool {
		right := 0
		for _, id := range ids {
			if c := r.trail(t, id)[0]; c.Outcome == want[c.ID] {
				right++
			}
		}
		return right == len(want)
	})
	for _, id := range ids {
		c := r.trail(t, id)[0]
		if tells := strings.Contains(c.Message, "only the passphrase"); tells != (c.Detail == `passphrase: "set" → "new"`) {
			t.Errorf("%s: %q", c.Detail, c.Message)
		}
	}
}

// TestLostPassphraseStaysUnknown: no read can tell whether it changed.
func TestLostPassphraseStaysUnknown(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby)
	to := source()
	to.Decryption = &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: passphrase + "2"}
	r.cloud.Inject("ModifyFlowSources", 1, medialivetest.Lose(medialivetest.AfterEffect))
	err := r.UpdateSource(t.Context(), r.op, id, "src", to, control.FingerprintSource(source()))
	if medialive.KindOf(err) != medialive.KindOutcomeUnknown {
		t.Fatal(err)
	}
	if c := r.trail(t, id)[0]; c.Outcome != "unknown" || !strings.Contains(c.Message, "only the passphrase") {
		t.Errorf("trail %+v", c)
	}
}

// TestReadFasterThanTheLoss: the watcher sees a flow run before it is known
// that the answer to its start is lost.
func TestReadFasterThanTheLoss(t *testing.T) {
	started, seen := make(chan struct{}), make(chan struct{})
	r := open(t, func(r *room) {
		r.cloud.After = func(c medialivetest.Call) bool {
			if c.Op != "ModifyFlowStart" {
				return false
			}
			close(started)
			<-seen
			return true
		}
	})
	id := r.add(t, medialive.Standby)
	answer := make(chan error, 1)
	go func() { answer <- r.StartFlow(t.Context(), r.op, id) }()
	<-started
	r.op.Watcher.ReadSoon(id)
	r.until(t, id, "seen to run", func(f *monitor.Flow) bool { return f.Status == medialive.Active })
	close(seen)
	if err := <-answer; medialive.KindOf(err) != medialive.KindOutcomeUnknown {
		t.Fatal(err)
	}
	eventually(t, func() bool { return r.trail(t, id)[0].Outcome == "done" })
	if f, _ := r.op.Watcher.Snapshot().Flow(id); f.Command.Outcome != monitor.OutcomeDone {
		t.Errorf("shown as %+v", f.Command)
	}
}

// jammed is a trail that cannot write outcomes until it is freed.
type jammed struct {
	control.Trail
	free *atomic.Bool
}

func (j jammed) SettleCommand(ctx context.Context, id, outcome, kind, code, message, request string, at time.Time) error {
	if !j.free.Load() {
		return errors.New("no space left")
	}
	return j.Trail.SettleCommand(ctx, id, outcome, kind, code, message, request, at)
}

// TestOutcomeIsWrittenLater: the disk is full just after the intent.
func TestOutcomeIsWrittenLater(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby)
	var free atomic.Bool
	r.begin(t, jammed{r.store, &free})
	r.until(t, id, "read", func(f *monitor.Flow) bool { return f.Source != nil })
	if err := r.StartFlow(t.Context(), r.op, id); err != nil {
		t.Fatal(err)
	}
	if c := r.trail(t, id)[0]; c.Outcome != "" {
		t.Errorf("trail %+v", c)
	}
	free.Store(true)
	eventually(t, func() bool { return r.trail(t, id)[0].Outcome == "done" })
}

// TestChangedBackSince: a change of a former process was undone before it could
// be read. The later change tells what it was to change from.
func TestChangedBackSince(t *testing.T) {
	r := open(t)
	for _, c := range []struct{ from, want string }{{"DISABLED", "done"}, {"PAUSED", "unknown"}} {
		id := r.add(t, medialive.Standby, "one")
		add := func(name, detail, outcome string, age time.Duration) {
			row := store.Command{
				ID: id + name, Endpoint: r.key.Endpoint, Project: r.key.ProjectID, FlowID: id, Verb: control.VerbUpdateOutput,
				Target: "one", Detail: detail, Actor: "op-9", At: time.Now().Add(-age), Outcome: outcome,
			}
			if err := r.store.AddCommand(t.Context(), row); err != nil {
				t.Fatal(err)
			}
		}
		add("a", `output_status: "ENABLED" → "DISABLED"`, "", 2*time.Minute)
		add("b", `output_status: "`+c.from+`" → "ENABLED"`, "done", time.Minute)
		r.begin(t, r.store)
		eventually(t, func() bool { return told(r.trail(t, id)[1], c.want) })
	}
}
