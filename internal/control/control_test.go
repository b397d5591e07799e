package control_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/store/storetest"
)

const passphrase = "CANARY-passphrase-1"

// room is a Control with a real store, a real watcher and a fake cloud.
type room struct {
	*control.Control
	cloud *medialivetest.Cloud
	store *store.Store
	op    control.Operator
	key   monitor.Key
	now   func() time.Time // nil: time.Now
	log   bytes.Buffer
	keys  string // path of the key file
}

// cloudFlow is a flow of the fake cloud.
type cloudFlow = medialivetest.Flow

// clock is a clock that is moved by hand.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Now().UnixNano())
	return c
}

func (c *clock) time() time.Time     { return time.Unix(0, c.at.Load()) }
func (c *clock) add(d time.Duration) { c.at.Add(int64(d)) }

func open(t *testing.T, prepare ...func(*room)) *room {
	t.Helper()
	r := &room{cloud: medialivetest.New(), key: monitor.Key{Endpoint: medialivetest.Endpoint, ProjectID: medialivetest.Project}}
	var err error
	if r.store, err = store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "t.db")); err != nil {
		t.Fatal(err)
	}
	r.store.KeepTrail(storetest.Keys(1))
	t.Cleanup(func() { _ = r.store.Close() })
	for _, f := range prepare {
		f(r)
	}
	r.begin(t, r.store)
	return r
}

// sealer is the key file of the room.
func (r *room) sealer(t *testing.T) *seal.Key {
	t.Helper()
	if r.keys == "" {
		r.keys = filepath.Join(t.TempDir(), "secret.key")
	}
	key, err := seal.OpenKeyFile(r.keys)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// begin makes the Control, as a process does that starts.
func (r *room) begin(t *testing.T, trail control.Trail) {
	t.Helper()
	m := monitor.New(monitor.Options{RPS: 2000})
	r.Control = control.New(control.Options{Store: trail, Monitor: m, Key: r.sealer(t), Log: slog.New(slog.NewTextHandler(&r.log, nil)), Now: r.now})
	t.Cleanup(r.Close)
	t.Cleanup(m.Close)
	client, err := r.cloud.Client("token")
	if err != nil {
		t.Fatal(err)
	}
	r.op = control.Operator{
		Client: client, Watcher: m.Watch(r.key, client, time.Time{}),
		Endpoint: r.key.Endpoint, Project: r.key.ProjectID, Actor: "op-1", Reason: "test",
	}
}

// add adds a flow to the cloud and waits until the watcher knows its details.
func (r *room) add(t *testing.T, s medialive.FlowStatus, outputs ...string) (id string) {
	t.Helper()
	f := medialivetest.Flow{Flow: medialive.Flow{Name: fmt.Sprintf("flow-%d", len(r.cloud.IDs())), Status: s, Sources: []medialive.Source{source()}}}
	for _, name := range outputs {
		f.Outputs = append(f.Outputs, output(name))
	}
	id = r.cloud.Add(f)
	r.op.Watcher.ReadSoon(id)
	r.until(t, id, "the list and its details read", func(f *monitor.Flow) bool { return r.op.Watcher.Snapshot().Complete && f.Source != nil })
	return id
}

func source() medialive.Source {
	return medialive.Source{
		Name: "src", Protocol: medialive.Listener, Address: "192.0.2.1", Port: 20000, StreamID: "a", MinLatency: 200,
		CIDRWhitelist: []string{"192.0.2.0/24"}, Description: "one", Health: medialive.Disconnected,
		Decryption: &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: passphrase},
	}
}

func output(name string) medialive.Output {
	return medialive.Output{
		Name: name, Protocol: medialive.Caller, Destination: "192.0.2.9", Port: 5000, MinLatency: 200, Status: medialive.Enabled,
	}
}

// until waits until the watcher says so of a flow.
func (r *room) until(t *testing.T, id, what string, ok func(*monitor.Flow) bool) {
	t.Helper()
	changed, cancel := r.op.Watcher.Subscribe()
	defer cancel()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	for {
		if f, there := r.op.Watcher.Snapshot().Flow(id); there && ok(f) {
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			t.Fatalf("not within ten seconds: %s", what)
		}
	}
}

// trail gives the commands of a flow, newest first.
func (r *room) trail(t *testing.T, id string) []store.Command {
	t.Helper()
	rows, err := r.store.FlowCommands(t.Context(), r.key.Endpoint, r.key.ProjectID, id, 100)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestStartAndStop(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby)
	if err := r.StartFlow(t.Context(), r.op, id); err != nil {
		t.Fatal(err)
	}
	r.until(t, id, "waiting for media", func(f *monitor.Flow) bool {
		return f.State == monitor.StateWaiting && f.Command.Actor == "op-1" && f.Command.Outcome == monitor.OutcomeDone
	})
	if err := r.StopFlow(t.Context(), r.op, id); err != nil {
		t.Fatal(err)
	}
	r.until(t, id, "in standby", func(f *monitor.Flow) bool { return f.State == monitor.StateStandby })
	rows := r.trail(t, id)
	if len(rows) != 2 {
		t.Fatalf("%d commands in the trail", len(rows))
	}
	for i, verb := range []string{"stop", "start"} {
		c := rows[i]
		if c.Verb != verb || c.Outcome != "done" || c.Actor != "op-1" || c.Reason != "test" || c.FlowName != "flow-0" ||
			c.SettledAt.Before(c.At) || c.Kind != "" {
			t.Errorf("%+v", c)
		}
	}
}

func TestIntentIsWrittenBeforeTheCall(t *testing.T) {
	r := open(t, func(r *room) {
		r.cloud.Before = func(_ http.ResponseWriter, c medialivetest.Call) bool {
			if c.Op != "ModifyFlowStart" {
				return false
			}
			rows, err := r.store.OpenCommands(context.Background())
			if err != nil || len(rows) != 1 || rows[0].FlowID != c.FlowID || rows[0].Verb != "start" {
				t.Errorf("while the call is made: %+v, %v", rows, err)
			}
			return false
		}
	})
	if err := r.StartFlow(t.Context(), r.op, r.add(t, medialive.Standby)); err != nil {
		t.Fatal(err)
	}
}

// full is a trail on a full disk.
type full struct{ control.Trail }

func (full) AddCommand(context.Context, store.Command) error { return errors.New("no space left") }

func TestNoTrailNoCommand(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby, "o")
	r.begin(t, full{r.store})
	ctx := t.Context()
	on := medialive.Disabled
	for name, give := range map[string]func() error{
		"start":  func() error { return r.StartFlow(ctx, r.op, id) },
		"stop":   func() error { return r.StopFlow(ctx, r.op, id) },
		"delete": func() error { return r.DeleteFlow(ctx, r.op, id) },
		"create": func() error {
			_, err := r.CreateFlow(ctx, r.op, medialive.NewFlow{Name: "n", Source: source()}, true)
			return err
		},
		"source": func() error {
			return r.UpdateSource(ctx, r.op, id, "src", medialive.Source{Name: "src"}, control.FingerprintSource(source()))
		},
		"add": func() error { return r.AddOutput(ctx, r.op, id, output("p")) },
		"change": func() error {
			return r.UpdateOutput(ctx, r.op, id, "o", medialive.OutputChange{Status: &on}, control.FingerprintOutput(output("o")))
		},
		"remove": func() error { return r.DeleteOutput(ctx, r.op, id, "o") },
	} {
		if err := give(); !errors.Is(err, control.ErrNoTrail) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range r.cloud.Calls("") {
		if c.Op != "ListFlows" && c.Op != "ListOttChannelInfo" && c.Op != "ShowFlowDetail" && c.Op != "ShowOutputInfo" {
			t.Errorf("%s was called without a trail", c.Op)
		}
	}
}

// unsure is a trail that writes an intent and cannot say so, as when the
// connection to the database breaks at the commit.
type unsure struct{ control.Trail }

func (u unsure) AddCommand(ctx context.Context, c store.Command) error {
	return errors.Join(errors.New("connection reset"), u.Trail.AddCommand(ctx, c))
}

// TestIntentThatWasWrittenUnseen refuses a command whose intent is in the trail
// all the same: it was not given, and the trail tells so.
func TestIntentThatWasWrittenUnseen(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby)
	r.begin(t, unsure{r.store})
	if err := r.StartFlow(t.Context(), r.op, id); !errors.Is(err, control.ErrNoTrail) {
		t.Fatalf("%v", err)
	}
	eventually(t, func() bool {
		rows := r.trail(t, id)
		return len(rows) == 1 && rows[0].Outcome == string(monitor.OutcomeNotDone)
	})
	for _, c := range r.cloud.Calls("") {
		if c.Op == "ModifyFlowStart" {
			t.Error("it was given")
		}
	}
}

func TestOneOfManyEqualCommandsIsGiven(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby)
	var done atomic.Int64
	var work sync.WaitGroup
	for i := range 50 {
		work.Go(func() {
			op := r.op
			op.Actor = fmt.Sprintf("op-%d", i)
			err := r.StartFlow(t.Context(), op, id)
			var already *control.AlreadyDone
			switch {
			case err == nil:
				done.Add(1)
			case !errors.As(err, &already) || !errors.Is(err, control.ErrNothingToDo):
				t.Error(err)
			case already.Actor == "" || already.At.IsZero():
				t.Errorf("does not tell who did it and when: %+v", already)
			}
		})
	}
	work.Wait()
	if calls, rows := len(r.cloud.Calls("ModifyFlowStart")), len(r.trail(t, id)); done.Load() != 1 || calls != 1 || rows != 1 {
		t.Errorf("%d done, %d calls, %d in the trail; want one of each", done.Load(), calls, rows)
	}
}

func TestAlreadyDoneElsewhere(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Active)
	err := r.StartFlow(t.Context(), r.op, id)
	var already *control.AlreadyDone
	if !errors.As(err, &already) || already.Actor != "" || medialive.KindOf(already.Err) != medialive.KindState {
		t.Errorf("%v", err)
	}
	if rows := r.trail(t, id); len(rows) != 1 || rows[0].Outcome != "refused" || rows[0].Code != medialive.CodeInvalid {
		t.Errorf("trail %+v", rows)
	}
}

func TestOpposingCommandsAreSerialised(t *testing.T) {
	var inside atomic.Int64
	r := open(t, func(r *room) {
		r.cloud.Before = func(_ http.ResponseWriter, c medialivetest.Call) bool {
			if strings.HasPrefix(c.Op, "ModifyFlow") {
				if inside.Add(1) > 1 {
					t.Error("two commands to one flow at once")
				}
			}
			return false
		}
		r.cloud.After = func(c medialivetest.Call) bool {
			if strings.HasPrefix(c.Op, "ModifyFlow") {
				inside.Add(-1)
			}
			return false
		}
	})
	id := r.add(t, medialive.Standby)
	var work sync.WaitGroup
	for i := range 40 {
		work.Go(func() {
			give := r.StartFlow
			if i%2 == 0 {
				give = r.StopFlow
			}
			if err := give(t.Context(), r.op, id); err != nil && !errors.Is(err, control.ErrNothingToDo) {
				t.Error(err)
			}
		})
	}
	work.Wait()
	f, _ := r.cloud.Flow(id)
	last := r.trail(t, id)
	for _, c := range last {
		if c.Outcome != "done" {
			continue
		}
		if want := map[string]medialive.FlowStatus{"start": medialive.Active, "stop": medialive.Standby}[c.Verb]; f.Status != want {
			t.Errorf("the last command done is %s, the flow is %s", c.Verb, f.Status)
		}
		break
	}
}

func TestWaitingForATurnEndsWithTheRequest(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	r := open(t, func(r *room) {
		r.cloud.Before = func(_ http.ResponseWriter, c medialivetest.Call) bool {
			if c.Op == "ModifyFlowStart" {
				close(entered)
				<-release
			}
			return false
		}
	})
	id := r.add(t, medialive.Standby)
	first := make(chan error, 1)
	gone, leave := context.WithCancel(t.Context())
	go func() { first <- r.StartFlow(gone, r.op, id) }()
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.StopFlow(ctx, r.op, id); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	leave() // the browser that gave the first command goes away
	close(release)
	if err := <-first; err != nil {
		t.Errorf("a command under way was given up: %v", err)
	}
	if rows := r.trail(t, id); len(rows) != 1 || rows[0].Outcome != "done" {
		t.Errorf("trail %+v", rows)
	}
}

func TestRefusalsPassThrough(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Active)
	err := r.DeleteFlow(t.Context(), r.op, id)
	if medialive.KindOf(err) != medialive.KindState {
		t.Errorf("delete while ACTIVE: %v", err)
	}
	if rows := r.trail(t, id); rows[0].Verb != "delete" || rows[0].Outcome != "refused" || rows[0].Kind != "state" ||
		!strings.Contains(rows[0].Message, "active status") || rows[0].RequestID == "" {
		t.Errorf("trail %+v", rows[0])
	}
	if err := r.StartFlow(t.Context(), r.op, "no-such-flow"); medialive.KindOf(err) != medialive.KindNotFound {
		t.Errorf("no such flow: %v", err)
	}
}

func TestLostReply(t *testing.T) {
	for _, c := range []struct {
		name    string
		op      string
		reached bool // the service did it before the answer was lost
		give    func(*room, string) error
		want    string
	}{
		{"start that was done", "ModifyFlowStart", true, func(r *room, id string) error {
			return r.StartFlow(context.Background(), r.op, id)
		}, "done"},
		{"delete that was done", "DeleteFlow", true, func(r *room, id string) error {
			return r.DeleteFlow(context.Background(), r.op, id)
		}, "done"},
		{"output that was added", "CreateFlowOutput", true, func(r *room, id string) error {
			return r.AddOutput(context.Background(), r.op, id, output("new"))
		}, "done"},
		{"source that was changed", "ModifyFlowSources", true, func(r *room, id string) error {
			to := source()
			to.Description = "two"
			return r.UpdateSource(context.Background(), r.op, id, "src", to, control.FingerprintSource(source()))
		}, "done"},
		{"start that was not done", "ModifyFlowStart", false, func(r *room, id string) error {
			return r.StartFlow(context.Background(), r.op, id)
		}, "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := open(t, func(r *room) {
				r.cloud.Before = func(w http.ResponseWriter, call medialivetest.Call) bool { return call.Op == c.op && !c.reached }
				r.cloud.After = func(call medialivetest.Call) bool { return call.Op == c.op }
			})
			if !c.reached { // an answer that cannot be read leaves as much unknown
				r.cloud.Before = func(w http.ResponseWriter, call medialivetest.Call) bool {
					if call.Op == c.op {
						w.WriteHeader(http.StatusBadGateway)
					}
					return call.Op == c.op
				}
			}
			id := r.add(t, medialive.Standby)
			if err := c.give(r, id); medialive.KindOf(err) != medialive.KindOutcomeUnknown {
				t.Fatalf("%v", err)
			}
			if n := len(r.cloud.Calls(c.op)); n != 1 {
				t.Errorf("%d calls; a command is never repeated", n)
			}
			eventually(t, func() bool { return r.trail(t, id)[0].Outcome == c.want })
		})
	}
}

func TestRecover(t *testing.T) {
	r := open(t)
	started := r.add(t, medialive.Active)
	stands := r.add(t, medialive.Standby)
	past := time.Now().Add(-time.Minute)
	for i, id := range []string{started, stands} {
		err := r.store.AddCommand(t.Context(), store.Command{
			ID: fmt.Sprint(i), Endpoint: r.key.Endpoint, Project: r.key.ProjectID, FlowID: id, Verb: "start", Actor: "op-9", At: past,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r.begin(t, r.store)
	r.until(t, started, "settled as done", func(f *monitor.Flow) bool {
		return f.Command != nil && f.Command.Outcome == monitor.OutcomeDone && f.Command.Actor == "op-9"
	})
	r.until(t, stands, "settled as not done", func(f *monitor.Flow) bool {
		return f.Command != nil && f.Command.Outcome == monitor.OutcomeNotDone && f.State == monitor.StateStandby
	})
	eventually(t, func() bool {
		return r.trail(t, started)[0].Outcome == "done" && r.trail(t, stands)[0].Outcome == "not_done"
	})
}

func TestOrphansAreSettledByReading(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby, "one")
	add := func(verb, flow, name, target string, age time.Duration) string {
		row := store.Command{
			ID: verb + flow + target, Endpoint: r.key.Endpoint, Project: r.key.ProjectID, FlowID: flow, FlowName: name,
			Verb: verb, Target: target, Actor: "op-9", At: time.Now().Add(-age),
		}
		if err := r.store.AddCommand(t.Context(), row); err != nil {
			t.Fatal(err)
		}
		return row.ID
	}
	want := map[string]string{
		add("create", "", "flow-0", "", time.Second):               "done",
		add("create", "", "flow-9", "x", time.Minute):              "not_done",
		add("delete", "gone", "", "", time.Second):                 "done",
		add("delete", id, "", "", time.Minute):                     "not_done",
		add("add_output", id, "", "one", time.Minute):              "done",
		add("add_output", id, "", "two", time.Minute):              "not_done",
		add("delete_output", id, "", "three", time.Minute):         "done",
		add("delete_output", id, "", "one", time.Minute):           "not_done",
		add("update_source", id, "", "src", time.Minute):           "unknown",
		add("add_output", id, "", "too-early-to-say", time.Second): "unknown",
	}
	r.begin(t, r.store)
	eventually(t, func() bool {
		right := 0
		for _, flow := range []string{"", "gone", id} {
			for _, c := range r.trail(t, flow) {
				if c.Outcome == want[c.ID] {
					right++
				}
			}
		}
		return right == len(want)
	})
}

func TestCreateAndStart(t *testing.T) {
	r := open(t)
	f, err := r.CreateFlow(t.Context(), r.op, medialive.NewFlow{Name: "made", Region: "local", Source: source()}, true)
	if err != nil {
		t.Fatal(err)
	}
	seen, ok := r.op.Watcher.Snapshot().Flow(f.ID)
	if !ok || seen.Name != "made" {
		t.Error("the new flow is not in the snapshot when the command returns")
	}
	if now, _ := r.cloud.Flow(f.ID); now.Status != medialive.Active {
		t.Errorf("the flow is %s", now.Status)
	}
	rows := r.trail(t, f.ID)
	if len(rows) != 2 || rows[0].Verb != "start" || rows[1].Verb != "create" {
		t.Fatalf("trail %+v", rows)
	}
	for _, c := range rows {
		if c.FlowName != "made" || c.Outcome != "done" {
			t.Errorf("trail %+v", c)
		}
	}
	if _, err := r.CreateFlow(t.Context(), r.op, medialive.NewFlow{Name: "made", Source: source()}, false); medialive.KindOf(err) != medialive.KindExists {
		t.Errorf("the same name again: %v", err)
	}
}

func TestTwoPeopleEditOneSource(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Active)
	shown := control.FingerprintSource(source())
	first, second := source(), source()
	first.MinLatency, second.Description = 400, "mine"
	if err := r.UpdateSource(t.Context(), r.op, id, "src", first, shown); err != nil {
		t.Fatal(err)
	}
	err := r.UpdateSource(t.Context(), r.op, id, "src", second, shown)
	var conflict *control.Conflict
	if !errors.As(err, &conflict) || conflict.Theirs.MinLatency != 400 || conflict.Theirs.Description != "one" {
		t.Fatalf("%v", err)
	}
	if n := len(r.cloud.Calls("ModifyFlowSources")); n != 1 {
		t.Errorf("%d changes sent", n)
	}
	if f, _ := r.cloud.Flow(id); f.Sources[0].MinLatency != 400 || f.Sources[0].Description != "one" {
		t.Errorf("overwritten: %+v", f.Sources[0])
	}
	if err := r.UpdateSource(t.Context(), r.op, id, "src", second, control.FingerprintSource(conflict.Theirs)); err != nil {
		t.Errorf("after seeing theirs: %v", err)
	}
	renamed := source()
	renamed.Name = "other"
	r.cloud.Change(id, func(f *medialivetest.Flow) { f.Sources = []medialive.Source{renamed} })
	if err := r.UpdateSource(t.Context(), r.op, id, "src", second, shown); !errors.As(err, &conflict) || conflict.Theirs.Name != "other" {
		t.Errorf("renamed by somebody: %v", err)
	}
}

func TestOutputs(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Active, "one")
	ctx := t.Context()
	if err := r.AddOutput(ctx, r.op, id, output("two")); err != nil {
		t.Fatal(err)
	}
	r.until(t, id, "two outputs", func(f *monitor.Flow) bool { return len(f.Outputs) == 2 })
	off := medialive.Disabled
	change := medialive.OutputChange{Status: &off}
	if err := r.UpdateOutput(ctx, r.op, id, "two", change, control.FingerprintOutput(output("two"))); err != nil {
		t.Fatal(err)
	}
	if err := r.UpdateOutput(ctx, r.op, id, "two", change, control.FingerprintOutput(output("two"))); !errors.Is(err, control.ErrNothingToDo) {
		t.Errorf("switched off twice: %v", err)
	}
	port := 6000
	err := r.UpdateOutput(ctx, r.op, id, "two", medialive.OutputChange{Port: &port}, control.FingerprintOutput(output("two")))
	var conflict *control.OutputConflict
	if !errors.As(err, &conflict) || conflict.Theirs.Status != medialive.Disabled {
		t.Errorf("changed by somebody: %v", err)
	}
	if err := r.DeleteOutput(ctx, r.op, id, "two"); err != nil {
		t.Fatal(err)
	}
	r.until(t, id, "one output", func(f *monitor.Flow) bool { return len(f.Outputs) == 1 })
	var verbs []string
	for _, c := range r.trail(t, id) {
		if c.Target != "two" || c.Outcome != "done" {
			t.Errorf("%+v", c)
		}
		verbs = append(verbs, c.Verb)
	}
	if got := strings.Join(verbs, " "); got != "delete_output update_output add_output" {
		t.Errorf("trail: %s", got)
	}
}

func TestSecretsStayOutOfTheTrail(t *testing.T) {
	r := open(t)
	id := r.add(t, medialive.Standby, "o")
	ctx := t.Context()
	to := source()
	to.Decryption = &medialive.Crypto{Algorithm: medialive.AES256, KeyType: medialive.SRTPassword, Passphrase: passphrase + "2"}
	if err := r.UpdateSource(ctx, r.op, id, "src", to, control.FingerprintSource(source())); err != nil {
		t.Fatal(err)
	}
	o := output("p")
	o.Encryption = to.Decryption
	if err := r.AddOutput(ctx, r.op, id, o); err != nil {
		t.Fatal(err)
	}
	if _, err := r.CreateFlow(ctx, r.op, medialive.NewFlow{Name: "n", Source: to}, false); err != nil {
		t.Fatal(err)
	}
	shown := r.log.String() + fmt.Sprintf("%+v %+v", r.trail(t, id), r.trail(t, ""))
	if strings.Contains(shown, "CANARY") {
		t.Errorf("a passphrase can be seen: %s", shown)
	}
	if !strings.Contains(shown, `passphrase: "set" → "new"`) {
		t.Errorf("the trail does not tell that the passphrase changed: %s", shown)
	}
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal("not within ten seconds")
		}
	}
}
