package store_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/store/storetest"
)

// writerURL is the environment variable that turns the test binary into the
// writing child of TestKilledWriterLosesNothing.
const writerURL = "STORE_TEST_WRITER_URL"

// write adds flows with an output and a command each, four at once, and says on
// its standard output which of them the store acknowledged.
func write(url string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	s.KeepTrail(storetest.Keys(1))
	failed := make(chan error)
	for i := range 4 {
		go func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), i, n)
				if err := s.AddCommand(ctx, command(id, id, "start", day)); err != nil {
					failed <- err
				}
				if err := s.CreateFlow(ctx, newFlow(id, 0, output("x", 0))); err != nil {
					failed <- err
				}
				fmt.Println(id)
			}
		}()
	}
	return <-failed
}

func TestKilledWriterLosesNothing(t *testing.T) {
	onEachURL(t, func(t *testing.T, url string) {
		var acknowledged []string
		for range 4 {
			ids := writeAndKill(t, url)
			if len(ids) == 0 {
				t.Fatal("the child was killed before it wrote anything")
			}
			acknowledged = append(acknowledged, ids...)
		}
		s := open(t, url)
		for _, id := range acknowledged {
			f, err := s.Flow(t.Context(), "p", id)
			must(t, err)
			same(t, "outputs of "+id, len(f.Outputs), 1)
			commands, err := s.FlowCommands(t.Context(), "https://live.example", "p", id, 2)
			must(t, err)
			same(t, "commands of "+id, len(commands), 1)
		}
		flows, err := s.AllFlows(t.Context())
		must(t, err)
		for _, f := range flows {
			same(t, "outputs of "+f.ID, len(f.Outputs), 1) // nothing is half there
		}
		verdict, err := s.VerifyTrail(t.Context())
		must(t, err)
		if !verdict.OK() || verdict.Head.Lines < int64(len(acknowledged)) {
			t.Errorf("a trail of %d lines with %+v", verdict.Head.Lines, verdict.Findings)
		}
		t.Logf("%d acknowledged, %d there", len(acknowledged), len(flows))
	})
}

// writeAndKill lets a child write for a moment of random length, ends it with
// SIGKILL, and gives the ids that it said were acknowledged.
func writeAndKill(t *testing.T, url string) []string {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$") //nolint:gosec // this very program
	child.Env = append(os.Environ(), writerURL+"="+url)
	out, err := child.StdoutPipe()
	must(t, err)
	var errors strings.Builder
	child.Stderr = &errors
	must(t, child.Start())
	var ids []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if len(ids) == 0 { // from the first on, so that a slow start does not matter
			end := time.AfterFunc(20*time.Millisecond+rand.N(150*time.Millisecond), func() { _ = child.Process.Kill() })
			defer end.Stop()
		}
		ids = append(ids, lines.Text())
	}
	if err := child.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Fatalf("the child ended by itself: %v\n%s", err, errors.String())
	}
	return ids
}
