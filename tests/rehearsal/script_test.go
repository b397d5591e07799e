package rehearsal

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// script is what goes wrong, one after the other.
type script struct {
	*event
	dice  *rand.Rand
	media *media
}

// killed is the trouble of a dashboard that is killed.
const killed = "kill"

// trouble is something that goes wrong.
type trouble struct {
	name   string
	times  int  // in each round
	blinds bool // the dashboard cannot read all the while
	do     func(ctx context.Context)
}

func (s *script) troubles() []trouble {
	writes := slices.Compact(slices.Sorted(maps.Values(operations)))
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
	add := func(times int, name string, blinds bool, do func(context.Context)) {
		list = append(list, trouble{name, times, blinds, do})
	}
	add(1, "refuse", true, during(medialivetest.Down(), all))
	add(1, "hang", true, during(medialivetest.Hang(), all))
	add(1, "429", true, during(medialivetest.Throttle("2"), all))
	add(1, "503", true, during(medialivetest.Status(http.StatusServiceUnavailable, "APIG.0602", "backend timeout"), all))
	add(1, "truncated", true, during(medialivetest.Truncated(), all))
	add(1, "garbage", true, during(medialivetest.Garbage(), all))
	add(1, "html", true, during(medialivetest.HTML(http.StatusBadGateway), all))
	add(1, "200 with an error", true, during(medialivetest.CodedSuccess("LIVE.100000005", "internal error"), all))
	add(1, "unknown words", true, during(medialivetest.UnknownWords(), "ListFlows", "ShowFlowDetail", "ShowOutputInfo", "ListOttChannelInfo"))
	for _, cut := range medialivetest.Cuts() {
		add(1, "lost replies", false, during(medialivetest.Lose(cut), writes...))
	}
	add(1, "slow commands", false, during(medialivetest.Slow(2*time.Second), writes...))
	add(1, "list changes", false, s.mutate)
	add(2, "sign-in ends", true, s.revoke)
	add(2, killed, true, s.kill)
	add(1, "stopped", true, s.suspend)
	return list
}

// round is every trouble in an order of its own.
func (s *script) round() (all []trouble) {
	for _, t := range s.troubles() {
		all = append(all, slices.Repeat([]trouble{t}, t.times)...)
	}
	s.dice.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// play lets something go wrong every few seconds until ctx ends, round after
// round; in the middle and at the end of each, nothing does for a while.
func (s *script) play(ctx context.Context) {
	for ctx.Err() == nil {
		round := s.round()
		for i, t := range round {
			if pass(ctx, time.Second+time.Duration(s.dice.Int64N(int64(5*time.Second)))); ctx.Err() != nil {
				return
			}
			s.strike(ctx, t)
			if i == len(round)/2 || i == len(round)-1 {
				s.calm(ctx)
			}
		}
	}
}

// strike lets one thing go wrong.
func (s *script) strike(ctx context.Context, t trouble) {
	began := time.Now()
	s.mu.Lock()
	s.faults[t.name]++
	s.troubled = append(s.troubled, span{from: began, what: t.name})
	s.mu.Unlock()
	t.do(ctx)
	s.t.Logf("%s to %s: %s", clock(began), clock(time.Now()), t.name)
	s.mu.Lock()
	defer s.mu.Unlock()
	last := &s.troubled[len(s.troubled)-1]
	last.to = time.Now()
	if t.blinds {
		s.outages = append(s.outages, *last)
	}
}

// missed gives the troubles that never came.
func (s *script) missed() (problems []string) {
	for _, t := range s.troubles() {
		if s.faults[t.name] == 0 {
			problems = append(problems, t.name+" never came")
		}
	}
	return problems
}

// calm lets nothing fail for more than a minute, but sources are lost and come
// back: this must alarm, and the alarm must end.
func (s *script) calm(ctx context.Context) {
	pass(ctx, recovers+known+2*time.Second)
	for _, flow := range s.flows {
		if s.dice.IntN(2) == 0 {
			s.media.lose(flow, mustAlarm+10*time.Second)
		}
	}
	pass(ctx, mustAlarm+12*time.Second+mustEnd)
}

// mutate has flows and channels come and go elsewhere while the lists are read.
func (s *script) mutate(ctx context.Context) {
	lift := s.comeAndGo("ListFlows", func(name string) func() {
		id := s.cloud.Add(newFlow(name, medialive.Standby, 1))
		return func() { s.cloud.Remove(id) }
	})
	liftChannels := s.comeAndGo("ListOttChannelInfo", func(name string) func() {
		key := s.cloud.AddChannel(newChannel(name, medialive.ChannelOff))
		return func() { s.cloud.RemoveChannel(key) }
	})
	pass(ctx, 6*time.Second)
	lift()
	liftChannels()
	for _, id := range s.cloud.IDs() {
		if !slices.Contains(s.flows, id) {
			s.cloud.Remove(id)
		}
	}
	for _, key := range s.cloud.ChannelKeys() {
		if !slices.Contains(s.channels, monitor.ChannelID(key)) {
			s.cloud.RemoveChannel(key)
		}
	}
}

// comeAndGo has something come after each answer to an operation, or the first
// of three go, until it is lifted.
func (s *script) comeAndGo(op string, come func(name string) (gone func())) (lift func()) {
	var there []func()
	return s.cloud.Inject(op, 0, medialivetest.Then(func() {
		if len(there) < 3 {
			there = append(there, come(fmt.Sprintf("GHOST-%d", time.Now().UnixNano())))
			return
		}
		there[0]()
		there = there[1:]
	}))
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
