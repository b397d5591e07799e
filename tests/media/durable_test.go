package media

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// fate is what the gateway has acknowledged of one flow. Where a command had
// no answer, both its outcomes are right.
type fate struct {
	id      string
	port    int
	there   bool
	active  bool
	outputs int
	asked   string // the command without an answer
}

// TestAcknowledgedIsKept kills the gateway at random moments while flows are
// created, started, changed, stopped and deleted. What was acknowledged holds
// after the restart, in the store and in the relay.
func TestAcknowledgedIsKept(t *testing.T) {
	t.Parallel()
	h := open(t, map[string]string{"FLOWDECK_GATEWAY_SRT_PORTS": "20000-20999"})
	relay := 0
	relaytest.Eventually(t, limit, "the relay", func() bool { relay = h.app.PID(apptest.Relay); return relay != 0 })
	for round := range 5 {
		wait := time.Duration(20+rand.IntN(200)) * time.Millisecond
		fates := h.work(t, round, wait)
		relaytest.Eventually(t, limit, "a gateway again", func() bool {
			_, err := h.client.ListFlows(t.Context(), 1, 0)
			return err == nil
		})
		unsure := 0
		for _, f := range fates {
			h.check(t, f, relay)
			if f.asked != "" {
				unsure++
			}
		}
		t.Logf("round %d: killed after %v with %d flows, %d commands without an answer", round, wait, len(fates), unsure)
		if len(fates) == 0 {
			t.Error("nothing was acknowledged before the gateway was killed")
		}
		h.sweep(t)
	}
	// libsrt lets go of a port some seconds after its listener was closed.
	relaytest.Eventually(t, limit, "the relay runs nothing any more", func() bool { return len(held(t, h.app.SRTAddress)) == 0 })
	if pid := h.app.PID(apptest.Relay); pid != relay {
		t.Errorf("the relay was process %d and is %d", relay, pid)
	}
}

// work has several clients command the gateway until it is killed, some time
// after the first answer.
func (h *house) work(t *testing.T, round int, wait time.Duration) []*fate {
	t.Helper()
	const workers = 3
	begun := make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	var mu sync.Mutex
	var all []*fate
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for i := 0; ; i++ {
				f := &fate{}
				alive := h.live(f, fmt.Sprintf("r%d-w%d-%d", round, worker, i), i)
				if f.id != "" {
					begin()
					mu.Lock()
					all = append(all, f)
					mu.Unlock()
				}
				if !alive {
					return
				}
			}
		})
	}
	select {
	case <-begun:
	case <-time.After(limit):
		t.Error("no flow was created")
	}
	<-time.After(wait)
	h.app.Kill(apptest.Gateway)
	group.Wait()
	return all
}

// live leads one flow through a part of its life, and tells whether the
// gateway answered to the end.
func (h *house) live(f *fate, name string, kind int) bool {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	made, err := h.client.CreateFlow(ctx, medialive.NewFlow{Name: name, Region: apptest.Region, Source: camera()})
	if err != nil {
		return false
	}
	f.id, f.port, f.there = made.ID, made.Sources[0].Port, true
	steps := []struct {
		name string
		do   func() error
		done func()
	}{
		{"start", func() error { _, err := h.client.StartFlow(ctx, f.id); return err }, func() { f.active = true }},
		{"output", func() error {
			_, err := h.client.CreateOutputs(ctx, f.id, []medialive.Output{serves("serve")})
			return err
		}, func() { f.outputs++ }},
		{"stop", func() error { _, err := h.client.StopFlow(ctx, f.id); return err }, func() { f.active = false }},
		{"delete", func() error { return h.client.DeleteFlow(ctx, f.id) }, func() { f.there = false }},
	}
	last := []int{1, 4, 2, 4, 3, 4}[kind%6] // steps; most are tidied up
	for _, s := range steps[:last] {
		f.asked = s.name
		if s.do() != nil {
			return false
		}
		s.done()
		f.asked = ""
	}
	return true
}

// check compares what is with what was acknowledged.
func (h *house) check(t *testing.T, f *fate, relay int) {
	t.Helper()
	shown, err := h.client.ShowFlow(t.Context(), f.id)
	there := err == nil
	if err != nil && medialive.KindOf(err) != medialive.KindNotFound {
		t.Errorf("flow %s: %v", f.id, err)
		return
	}
	if there != f.there && f.asked != "delete" {
		t.Errorf("there %t, acknowledged %+v", there, *f)
	}
	if !there {
		return
	}
	active := shown.Status == medialive.Active
	if active != f.active && f.asked != "start" && f.asked != "stop" {
		t.Errorf("%s, acknowledged %+v", shown.Status, *f)
	}
	if len(shown.Outputs) != f.outputs && f.asked != "output" {
		t.Errorf("%d outputs, acknowledged %+v", len(shown.Outputs), *f)
	}
	if active {
		relaytest.Eventually(t, limit, fmt.Sprintf("the relay runs %+v", *f), func() bool { return holds(t, relay, h.app.SRTAddress, []int{f.port}) })
	}
}

// sweep stops and deletes all flows.
func (h *house) sweep(t *testing.T) {
	t.Helper()
	for {
		page, err := h.client.ListFlows(t.Context(), 100, 0)
		must(t, err)
		if len(page.Flows) == 0 {
			return
		}
		for _, f := range page.Flows {
			if f.Status == medialive.Active {
				_, err := h.client.StopFlow(t.Context(), f.ID)
				must(t, err)
			}
			must(t, h.client.DeleteFlow(t.Context(), f.ID))
		}
	}
}
