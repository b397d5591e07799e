package control_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/store/storetest"
)

// worker gives commands to each of its flows, over and over, and says on its
// standard output which were acknowledged. It recovers first, as a process does
// that starts.
func worker() error {
	ctx := context.Background()
	s, err := store.Open(ctx, os.Getenv(childStore))
	if err != nil {
		return err
	}
	s.KeepTrail(storetest.Keys(1))
	client, err := medialive.New(medialive.Config{
		Endpoint: os.Getenv(childCloud), ProjectID: medialivetest.Project, Auth: medialive.Token("token"),
	})
	if err != nil {
		return err
	}
	c := control.New(control.Options{Store: s})
	if err := c.Recover(ctx); err != nil {
		return err
	}
	op := control.Operator{
		Client: client, Watcher: &still{}, Endpoint: medialivetest.Endpoint, Project: medialivetest.Project, Actor: "op-1",
	}
	var work sync.WaitGroup
	for _, id := range strings.Split(os.Getenv(childFlows), ",") {
		work.Go(func() {
			for n := 0; ; n++ {
				round(ctx, c, op, id, fmt.Sprintf("%d-%s-%d", os.Getpid(), id, n), n)
			}
		})
	}
	work.Wait()
	return nil
}

// round gives each command once to a flow.
func round(ctx context.Context, c *control.Control, op control.Operator, id, tag string, n int) {
	acknowledge := func(verb string, err error) {
		if err == nil {
			fmt.Println(verb, id)
		}
	}
	f, err := op.Client.ShowFlow(ctx, id)
	if err != nil {
		return
	}
	if len(f.Outputs) > medialive.MaxOutputs-2 { // of rounds that were killed
		acknowledge("delete_output", c.DeleteOutput(ctx, op, id, f.Outputs[0].Name))
	}
	acknowledge("start", c.StartFlow(ctx, op, id))
	to := f.Sources[0]
	to.Description = tag
	acknowledge("update_source", c.UpdateSource(ctx, op, id, to.Name, to, control.FingerprintSource(f.Sources[0])))
	o := output("o" + tag)
	acknowledge("add_output", c.AddOutput(ctx, op, id, o))
	port := 6000 + n%1000
	acknowledge("update_output", c.UpdateOutput(ctx, op, id, o.Name, medialive.OutputChange{Port: &port}, control.FingerprintOutput(o)))
	acknowledge("delete_output", c.DeleteOutput(ctx, op, id, o.Name))
	acknowledge("stop", c.StopFlow(ctx, op, id))
	_, err = c.CreateFlow(ctx, op, medialive.NewFlow{Name: "f" + tag, Region: "r", Source: source()}, false)
	acknowledge("create", err)
}

// killing is a cloud whose commands may kill who gave them.
type killing struct {
	*medialivetest.Cloud
	before, after atomic.Pointer[func()] // what a command sets off
}

func newKilling() *killing {
	k := &killing{Cloud: medialivetest.New()}
	hook := func(at *atomic.Pointer[func()], op string) bool {
		if strings.HasPrefix(op, "List") || strings.HasPrefix(op, "Show") {
			return false
		}
		kill := at.Load()
		if kill != nil {
			(*kill)()
		}
		return kill != nil
	}
	k.Before = func(_ http.ResponseWriter, c medialivetest.Call) bool { return hook(&k.before, c.Op) }
	k.After = func(c medialivetest.Call) bool { return hook(&k.after, c.Op) }
	return k
}

// TestF16KilledProcess kills a process that gives commands: before a call took
// effect, after it did and before the answer, and at any time. The next process
// settles by reading all that was left open, and sends nothing again.
func TestF16KilledProcess(t *testing.T) {
	const kills = 18
	cloud := newKilling()
	path := "sqlite:" + filepath.Join(t.TempDir(), "t.db")
	var flows []string
	for i := range 4 {
		flows = append(flows, cloud.Add(medialivetest.Flow{Flow: medialive.Flow{Name: fmt.Sprintf("flow-%d", i), Sources: []medialive.Source{source()}}}))
	}
	acknowledged := make(map[string]int)
	left := 0
	for i := range kills {
		workAndKill(t, cloud, path, flows, i, acknowledged)
		left += settleAll(t, cloud, path)
	}
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	s.KeepTrail(storetest.Keys(1))
	commands, wrong := compareWithTruth(t, s, cloud, acknowledged)
	verdict, err := s.VerifyTrail(t.Context())
	if err != nil || !verdict.OK() {
		t.Errorf("the trail: %+v, %v", verdict, err)
	}
	t.Logf("evidence: F16 | %d kills of a process that gives commands, before, after and at any time | %d commands, %d left open and settled by reading, %d sent again or lost | 0 lost, 0 twice",
		kills, commands, left, wrong)
}

// workAndKill lets a child work and kills it, in one of four ways.
func workAndKill(t *testing.T, cloud *killing, path string, flows []string, way int, acknowledged map[string]int) {
	t.Helper()
	server := httptest.NewServer(cloud)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$") //nolint:gosec // this very program
	child.Env = append(os.Environ(), childRole+"=worker", childStore+"="+path, childCloud+"="+server.URL, childFlows+"="+strings.Join(flows, ","))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errors strings.Builder
	child.Stderr = &errors
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = child.Process.Kill() }
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		acknowledged[lines.Text()]++
		if n > 0 {
			continue
		}
		time.AfterFunc(rand.N(60*time.Millisecond), func() {
			switch way % 3 {
			case 0:
				cloud.before.Store(&kill)
			case 1:
				cloud.after.Store(&kill)
			default:
				kill()
			}
		})
	}
	if err := child.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Fatalf("the child ended by itself: %v\n%s", err, errors.String())
	}
	server.Close() // waits for what is under way
	cloud.before.Store(nil)
	cloud.after.Store(nil)
}

// settleAll is the next process: it reads until nothing is open. It gives how
// many commands were.
func settleAll(t *testing.T, cloud *killing, path string) (open int) {
	t.Helper()
	sent := cloud.commands()
	real := time.Now()
	synctest.Test(t, func(t *testing.T) {
		behind := time.Until(real) // the clock of the bubble
		now := func() time.Time { return time.Now().Add(behind) }
		s, err := store.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		s.KeepTrail(storetest.Keys(1))
		t.Cleanup(func() { _ = s.Close() })
		rows, err := s.OpenCommands(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		open = len(rows)
		m := monitor.New(monitor.Options{RPS: 200, Now: now})
		var log bytes.Buffer
		c := control.New(control.Options{Store: s, Monitor: m, Now: now, Log: slog.New(slog.NewTextHandler(&log, nil))})
		client, err := cloud.Client("token")
		if err != nil {
			t.Fatal(err)
		}
		w := m.Watch(monitor.Key{Endpoint: medialivetest.Endpoint, ProjectID: medialivetest.Project}, client, time.Time{})
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for range 120 {
			<-tick.C
			if len(unsettled(t, s)) == 0 {
				break
			}
		}
		c.Close()
		m.Close()
		for _, row := range unsettled(t, s) {
			f, _ := w.Peek().Flow(row.FlowID)
			t.Errorf("not settled: %+v, on a flow %+v; %s", row, f, log.String())
		}
	})
	if n := cloud.commands() - sent; n != 0 {
		t.Errorf("%d commands were sent by who only was to read", n)
	}
	return open
}

// unsettled gives the commands of which it is not known what became of them,
// save those of which no read can tell, as they say.
func unsettled(t *testing.T, s *store.Store) []store.Command {
	t.Helper()
	open, err := s.OpenCommands(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	unknown, err := s.UnknownCommands(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Concat(open, unknown), func(row store.Command) bool { return told(row, "unknown") })
}

// commands counts the calls that are to change something.
func (k *killing) commands() (n int) {
	for _, c := range k.Calls("") {
		if !strings.HasPrefix(c.Op, "List") && !strings.HasPrefix(c.Op, "Show") {
			n++
		}
	}
	return n
}

// compareWithTruth compares what the trail says was done with what took effect:
// nothing twice, nothing lost, nothing made up.
func compareWithTruth(t *testing.T, s *store.Store, cloud *killing, acknowledged map[string]int) (commands, wrong int) {
	t.Helper()
	ops := map[string]string{
		"start": "ModifyFlowStart", "stop": "ModifyFlowStop", "create": "CreateFlows", "update_source": "ModifyFlowSources",
		"add_output": "CreateFlowOutput", "update_output": "ModifyFlowOutput", "delete_output": "DeleteFlowOutput",
	}
	done := make(map[string]int)
	for _, id := range append(cloud.IDs(), "") {
		rows, err := s.FlowCommands(t.Context(), medialivetest.Endpoint, medialivetest.Project, id, 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			commands++
			if row.Outcome == string(monitor.OutcomeDone) {
				if row.Verb == "create" {
					id = ""
				}
				done[row.Verb+" "+id]++
			}
		}
	}
	effects := make(map[string]int)
	for _, r := range cloud.Requests() {
		for verb, op := range ops {
			if r.Effect && r.Op == op {
				if verb == "create" {
					r.FlowID = ""
				}
				effects[verb+" "+r.FlowID]++
			}
		}
	}
	differ := func(format string, args ...any) {
		wrong++
		t.Errorf(format, args...)
	}
	for what, n := range effects {
		if done[what] != n {
			differ("%s: %d in the trail as done, %d took effect", what, done[what], n)
		}
	}
	made := 0
	for what, n := range acknowledged {
		if verb, _, _ := strings.Cut(what, " "); verb == "create" {
			made += n
		} else if done[what] < n {
			differ("%s: %d acknowledged, %d in the trail", what, n, done[what])
		}
	}
	if done["create "] < made {
		differ("create: %d acknowledged, %d in the trail", made, done["create "])
	}
	return commands, wrong
}
