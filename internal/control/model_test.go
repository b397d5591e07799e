package control_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// flowState is what commands can change of a flow.
type flowState struct {
	active bool
	owner  string // empty: not protected
}

// given is a command of the model: "start", "stop", "protect", "release", and
// "look", which reads from the cloud whether the flow runs.
type given struct{ verb, actor string }

// The answers of the model.
const (
	answerDone      = "done"
	answerNothing   = "nothing" // it was so already
	answerProtected = "protected"
	answerUnknown   = "unknown"
	answerActive    = "active"
	answerStandby   = "standby"
)

// flowModel says which answers are right. A command whose answer was lost was
// done, or was not.
func flowModel() porcupine.Model {
	m := porcupine.NondeterministicModel{
		Init: func() []any { return []any{flowState{}} },
		Step: func(state, input, output any) []any {
			s, in := state.(flowState), input.(given)
			if output == answerUnknown {
				next := s
				next.active = in.verb == "start"
				if s.owner == "" || s.owner == in.actor {
					return []any{s, next}
				}
				return nil
			}
			next, answer := flowStep(s, in)
			if answer != output {
				return nil
			}
			return []any{next}
		},
	}
	return m.ToModel()
}

// flowStep is what a command does and answers where nothing is lost.
func flowStep(s flowState, in given) (flowState, string) {
	stranger := s.owner != "" && s.owner != in.actor
	switch {
	case in.verb == "look" && s.active:
		return s, answerActive
	case in.verb == "look":
		return s, answerStandby
	case in.verb == "release" && s.owner == "":
		return s, answerNothing
	case stranger:
		return s, answerProtected
	case in.verb == "protect":
		s.owner = in.actor
	case in.verb == "release":
		s.owner = ""
	case s.active == (in.verb == "start"):
		return s, answerNothing
	default:
		s.active = in.verb == "start"
	}
	return s, answerDone
}

// still is a watcher that has read nothing.
type still struct{ snapshot monitor.Snapshot }

func (s *still) Snapshot() *monitor.Snapshot        { return &s.snapshot }
func (*still) Subscribe() (<-chan struct{}, func()) { return nil, func() {} }
func (*still) Commanded(string, monitor.Command)    {}
func (*still) Heard() time.Time                     { return time.Time{} }
func (*still) ReadSoon(string)                      {}
func (*still) SetCare(string, monitor.Care)         {}
func (*still) SetLabels(*monitor.Labels)            {}

// losing makes a cloud lose some answers to starts and stops, half of them
// before they take effect.
func losing(r *room) {
	command := func(c medialivetest.Call) bool { return c.Op == "ModifyFlowStart" || c.Op == "ModifyFlowStop" }
	r.cloud.Before = func(w http.ResponseWriter, c medialivetest.Call) bool {
		if !command(c) || rand.IntN(10) > 0 {
			return false
		}
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	r.cloud.After = func(c medialivetest.Call) bool { return command(c) && rand.IntN(9) == 0 }
}

// history lets some operators command one flow at once, and gives what they
// were answered, when.
func (r *room) history(t *testing.T, began time.Time, clients, each int) []porcupine.Operation {
	id := r.cloud.Add(medialivetest.Flow{Flow: medialive.Flow{Name: "f", Sources: []medialive.Source{source()}}})
	verbs := []string{"start", "stop", "protect", "release", "start", "stop", "look"}
	var mu sync.Mutex
	var all []porcupine.Operation
	var work sync.WaitGroup
	for client := range clients {
		work.Go(func() {
			for range each {
				in := given{verbs[rand.IntN(len(verbs))], fmt.Sprintf("op-%d", client)}
				op := porcupine.Operation{ClientId: client, Input: in, Call: int64(time.Since(began))}
				answer := r.command(t, id, in)
				if op.Output, op.Return = answer, int64(time.Since(began)); answer == answerUnknown {
					op.Return = math.MaxInt64 // it may take effect at any time from now on
				}
				mu.Lock()
				all = append(all, op)
				mu.Unlock()
				if answer == answerUnknown {
					return // who waits for ever gives no further command
				}
			}
		})
	}
	work.Wait()
	return all
}

// command gives a command and tells what was answered.
func (r *room) command(t *testing.T, id string, in given) string {
	op := r.as(in.actor, "test", control.Consent{Held: true})
	ctx := context.Background()
	var err error
	switch in.verb {
	case "start":
		err = r.StartFlow(ctx, op, id)
	case "stop":
		err = r.StopFlow(ctx, op, id)
	case "protect":
		err = r.Protect(ctx, op, id, false)
	case "release":
		err = r.Release(ctx, op, id)
	case "look":
		if f, _ := r.cloud.Flow(id); f.Status == medialive.Active {
			return answerActive
		}
		return answerStandby
	}
	switch {
	case err == nil:
		return answerDone
	case errors.Is(err, control.ErrNothingToDo):
		return answerNothing
	case verdict(err) == "protected":
		return answerProtected
	case medialive.KindOf(err) == medialive.KindOutcomeUnknown:
		return answerUnknown
	}
	t.Errorf("%s by %s: %v", in.verb, in.actor, err)
	return ""
}

// TestF9Linearizable checks many short histories of several operators on one
// flow, with lost replies, against the model.
func TestF9Linearizable(t *testing.T) {
	const histories, least, workers, clients, each = 2000, 200, 8, 4, 4
	const within = 15 * time.Second // on a busy machine fewer histories are checked, but the least
	r := open(t, losing)
	r.op.Watcher = &still{}
	model := flowModel()
	began := time.Now()
	var next, wrong, commands, unknown atomic.Int64
	var work sync.WaitGroup
	for range workers {
		work.Go(func() {
			for (time.Since(began) < within || next.Load() < least) && next.Add(1) <= histories {
				h := r.history(t, began, clients, each)
				commands.Add(int64(len(h)))
				for _, op := range h {
					if op.Output == answerUnknown {
						unknown.Add(1)
					}
				}
				if !porcupine.CheckOperations(model, h) {
					wrong.Add(1)
					t.Errorf("not linearizable: %+v", h)
				}
			}
		})
	}
	work.Wait()
	checked := min(next.Load(), histories)
	t.Logf("evidence: F9 | %d histories of %d operators, %d commands, %d replies lost | %d not linearizable, in %s | 2,000 histories, 0",
		checked, clients, commands.Load(), unknown.Load(), wrong.Load(), time.Since(began).Round(time.Millisecond))
}

// TestF9ModelRejectsWrongHistories shows that the model can fail.
func TestF9ModelRejectsWrongHistories(t *testing.T) {
	model := flowModel()
	say := func(call, end int64, verb, actor, answer string) porcupine.Operation {
		return porcupine.Operation{ClientId: int(call % 4), Call: call, Return: end, Input: given{verb, actor}, Output: answer}
	}
	for name, c := range map[string]struct {
		history []porcupine.Operation
		right   bool
	}{
		"a start, and then it runs": {[]porcupine.Operation{
			say(1, 2, "start", "a", answerDone), say(3, 4, "look", "b", answerActive),
		}, true},
		"two people start at once, both are told that they did it": {[]porcupine.Operation{
			say(1, 4, "start", "a", answerDone), say(2, 3, "start", "b", answerDone),
		}, false},
		"a stranger stops what is protected": {[]porcupine.Operation{
			say(1, 2, "start", "a", answerDone), say(3, 4, "protect", "a", answerDone), say(5, 6, "stop", "b", answerDone),
		}, false},
		"a stop that comes while it is being protected": {[]porcupine.Operation{
			say(1, 2, "start", "a", answerDone), say(3, 6, "protect", "a", answerDone), say(4, 5, "stop", "b", answerDone),
		}, true},
		"a lost start that was done": {[]porcupine.Operation{
			say(1, math.MaxInt64, "start", "a", answerUnknown), say(3, 4, "look", "b", answerActive),
		}, true},
		"a lost start that was done, undone by nobody": {[]porcupine.Operation{
			say(1, math.MaxInt64, "start", "a", answerUnknown), say(3, 4, "look", "b", answerActive), say(5, 6, "look", "b", answerStandby),
		}, false},
		"a refusal with nobody who protects": {[]porcupine.Operation{
			say(1, 2, "protect", "a", answerDone), say(3, 4, "release", "a", answerDone), say(5, 6, "start", "b", answerProtected),
		}, false},
	} {
		if porcupine.CheckOperations(model, c.history) != c.right {
			t.Errorf("%s: want linearizable %t", name, c.right)
		}
	}
}
