package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/store/storetest"
)

// diskReport is what the child on a full disk saw.
type diskReport struct {
	Refused   int           // commands that were refused since they could not be recorded
	Otherwise []string      // what became of others while the disk was full
	Sent      int           // calls that change something, while the disk was full
	Seen      bool          // what is there can be read all the time
	After     time.Duration // until a command went through, once there was room
	Problem   string
	Verified  bool // the trail holds
}

// fullDisk gives commands while no file can grow, and again when one can.
func fullDisk() error {
	signal.Ignore(syscall.SIGXFSZ) // so that a write fails instead
	ctx := context.Background()
	s, err := store.Open(ctx, os.Getenv(childStore))
	if err != nil {
		return err
	}
	s.KeepTrail(storetest.Keys(1))
	r := &room{cloud: medialivetest.New(), store: s}
	id := r.cloud.Add(medialivetest.Flow{
		Flow:    medialive.Flow{Name: "f", Status: medialive.Standby, Sources: []medialive.Source{source()}},
		Outputs: []medialive.Output{output("on"), output("off")},
	})
	client, err := r.cloud.Client("token")
	if err != nil {
		return err
	}
	r.Control = control.New(control.Options{Store: s})
	r.op = control.Operator{Client: client, Watcher: &still{}, Endpoint: medialivetest.Endpoint, Project: medialivetest.Project, Actor: "op-1", Reason: "test"}
	if err := r.AddNote(ctx, r.op, id, "before"); err != nil {
		return err
	}
	report, err := r.fill(ctx, id)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

// fill makes the disk full, gives commands, and makes room again.
func (r *room) fill(ctx context.Context, id string) (report diskReport, err error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return report, err
	}
	full := syscall.Rlimit{Cur: 0, Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		return report, err
	}
	give := func(what string, err error) {
		if errors.Is(err, control.ErrNoTrail) {
			report.Refused++
		} else {
			report.Otherwise = append(report.Otherwise, fmt.Sprintf("%s: %v", what, err))
		}
	}
	for range 5 {
		for _, a := range acts() {
			if a.name != "switch on" && a.name != "move output that is off" {
				give(a.name, a.give(r, r.op, id))
			}
		}
		give("protect", r.Protect(ctx, r.op, id, false))
		give("note", r.AddNote(ctx, r.op, id, "while it is full"))
		give("label", r.SetLabel(ctx, r.op, "192.0.2.1", "x"))
	}
	report.Sent = r.changesSent()
	notes, _, err := r.Notes(ctx, r.op, id)
	report.Seen = err == nil && len(notes) == 1
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return report, err
	}
	began := time.Now()
	for report.Problem = "-"; report.Problem != "" && time.Since(began) < 10*time.Second; {
		report.Problem = ""
		if err := r.StartFlow(ctx, r.op, id); err != nil {
			report.Problem = err.Error()
		}
	}
	report.After = time.Since(began)
	verdict, err := r.store.VerifyTrail(ctx)
	report.Verified = err == nil && verdict.OK()
	return report, nil
}

// TestF19FullDisk runs a process that cannot write: what it cannot record it
// does not do, it can be read all the time, and it goes on by itself when there
// is room.
func TestF19FullDisk(t *testing.T) {
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$") //nolint:gosec // this very program
	child.Env = append(os.Environ(), childRole+"=full disk", childStore+"=sqlite:"+filepath.Join(t.TempDir(), "t.db"))
	var problems strings.Builder
	child.Stderr = &problems
	out, err := child.Output()
	var got diskReport
	if err != nil || json.Unmarshal(out, &got) != nil {
		t.Fatalf("%v: %s%s", err, out, problems.String())
	}
	if got.Sent != 0 || len(got.Otherwise) > 0 || !got.Seen {
		t.Errorf("while the disk was full: %+v", got)
	}
	if got.Problem != "" || got.After > 5*time.Second || !got.Verified {
		t.Errorf("when there was room: %+v", got)
	}
	t.Logf("evidence: F19 | %d commands on a full disk (RLIMIT_FSIZE) | all refused, %d calls sent; with room again done after %s without a restart | 0 calls, 5 s", got.Refused, got.Sent, got.After)
}
