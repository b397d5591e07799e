package rehearsal

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// script is what goes wrong, one after the other.
type script struct {
	*event
	dice  *rand.Rand
	media *media
}

// trouble is something that goes wrong.
type trouble struct {
	name   string
	weight int
	blinds bool // the dashboard cannot read all the while
	do     func(ctx context.Context)
}

func (s *script) troubles() []trouble {
	writes := []string{"ModifyFlowStart", "ModifyFlowStop", "ModifyFlowSources", "CreateFlowOutput", "ModifyFlowOutput", "DeleteFlowOutput"}
	during := func(f medialivetest.Fault, ops ...string) func(context.Context) {
		return func(ctx context.Context) {
			for _, op := range ops {
				defer s.cloud.Inject(op, 0, f)()
			}
			pass(ctx, 2*time.Second+time.Duration(s.dice.Int64N(int64(8*time.Second))))
		}
	}
	all := ""
	var list []trouble
	add := func(weight int, name string, blinds bool, do func(context.Context)) {
		list = append(list, trouble{name, weight, blinds, do})
	}
	add(4, "refuse", true, during(medialivetest.Down(), all))
	add(4, "hang", true, during(medialivetest.Hang(), all))
	add(3, "429", true, during(medialivetest.Throttle("2"), all))
	add(4, "503", true, during(medialivetest.Status(http.StatusServiceUnavailable, "APIG.0602", "backend timeout"), all))
	add(3, "truncated", true, during(medialivetest.Truncated(), all))
	add(3, "garbage", true, during(medialivetest.Garbage(), all))
	add(3, "html", true, during(medialivetest.HTML(http.StatusBadGateway), all))
	add(3, "200 with an error", true, during(medialivetest.CodedSuccess("LIVE.100000005", "internal error"), all))
	add(2, "unknown words", true, during(medialivetest.UnknownWords(), "ListFlows", "ShowFlowDetail", "ShowOutputInfo"))
	for _, cut := range medialivetest.Cuts() {
		add(4, "lost replies", false, during(medialivetest.Lose(cut), writes...))
	}
	add(3, "slow commands", false, during(medialivetest.Slow(2*time.Second), writes...))
	add(4, "list changes", false, s.mutate)
	add(5, "sign-in ends", true, s.revoke)
	add(6, "kill", true, s.kill)
	add(4, "stopped", true, s.suspend)
	return list
}

// play lets something go wrong every few seconds until ctx ends.
func (s *script) play(ctx context.Context) {
	list := s.troubles()
	total := 0
	for _, t := range list {
		total += t.weight
	}
	for first := true; ; first = false {
		if s.dice.IntN(7) == 0 && !first {
			s.calm(ctx)
		}
		if pass(ctx, time.Second+time.Duration(s.dice.Int64N(int64(5*time.Second)))); ctx.Err() != nil {
			return
		}
		n, i := s.dice.IntN(total), 0
		for ; n >= list[i].weight; i++ {
			n -= list[i].weight
		}
		s.faults[list[i].name]++
		began := time.Now()
		list[i].do(ctx)
		s.t.Logf("%s to %s: %s", clock(began), clock(time.Now()), list[i].name)
		if list[i].blinds {
			s.outages = append(s.outages, span{began, time.Now(), list[i].name})
		}
	}
}

// calm lets nothing fail for a minute, but sources are lost: this must alarm.
func (s *script) calm(ctx context.Context) {
	pass(ctx, recovers+known+2*time.Second)
	for _, flow := range s.flows {
		if s.dice.IntN(2) == 0 {
			s.media.lose(flow, mustAlarm+10*time.Second)
		}
	}
	pass(ctx, mustAlarm+12*time.Second)
}

// mutate has flows come and go elsewhere while the list is read.
func (s *script) mutate(ctx context.Context) {
	var ghosts []string
	lift := s.cloud.Inject("ListFlows", 0, medialivetest.Then(func() {
		if len(ghosts) < 3 {
			ghosts = append(ghosts, s.cloud.Add(newFlow(fmt.Sprintf("GHOST-%d", time.Now().UnixNano()), medialive.Standby, 1)))
			return
		}
		s.cloud.Remove(ghosts[0])
		ghosts = ghosts[1:]
	}))
	pass(ctx, 6*time.Second)
	lift()
	for _, id := range s.cloud.IDs() {
		if !slices.Contains(s.flows, id) {
			s.cloud.Remove(id)
		}
	}
}

// revoke ends the sign-in of one of the people, or of all.
func (s *script) revoke(context.Context) {
	whose := slices.Concat(operatorNames, viewerNames)
	if s.dice.IntN(3) > 0 {
		i := s.dice.IntN(len(whose))
		whose = whose[i : i+1]
	}
	for _, token := range s.tokens() {
		if slices.ContainsFunc(whose, func(name string) bool { return strings.HasPrefix(token, "token-"+name+"-") }) {
			s.cloud.Revoke(token)
		}
	}
}

// tokens are those that were used lately.
func (s *script) tokens() (all []string) {
	calls := s.cloud.Calls("")
	for _, c := range calls[max(0, len(calls)-2000):] {
		if c.Token != "" && !slices.Contains(all, c.Token) {
			all = append(all, c.Token)
		}
	}
	return all
}

// kill kills the dashboard, and starts it again.
func (s *script) kill(context.Context) {
	s.app.Kill(apptest.Dashboard)
	s.app.Serve()
	s.url.Store(s.app.URL)
}

// suspend stops the dashboard for three seconds.
func (s *script) suspend(ctx context.Context) {
	pid := s.app.PID(apptest.Dashboard)
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		s.t.Errorf("stop the dashboard: %v", err)
	}
	pass(context.WithoutCancel(ctx), 3*time.Second)
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		s.t.Errorf("let the dashboard go on: %v", err)
	}
}
