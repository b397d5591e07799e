package monitor_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// evidence logs a figure for docs/evidence.md.
func evidence(t *testing.T, fault, what string, seen any, goal string) {
	t.Helper()
	t.Logf("evidence: %s | %s | %v | %s", fault, what, seen, goal)
}

// project fills a fake with active flows that carry media, and some in standby.
func project(cloud *medialivetest.Cloud, active, standby, outputs int) (ids []string) {
	names := make([]string, outputs)
	for i := range names {
		names[i] = "out-" + strconv.Itoa(i)
	}
	for i := range active {
		ids = append(ids, cloud.Add(flow(fmt.Sprintf("a%04d", i), medialive.Active, medialive.Connected, names...)))
	}
	for i := range standby {
		ids = append(ids, cloud.Add(flow(fmt.Sprintf("s%04d", i), medialive.Standby, medialive.Disconnected, names...)))
	}
	return ids
}

// until waits for a condition, and tells how long that took.
func until(t *testing.T, what string, most time.Duration, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > most {
			t.Fatalf("%s: not within %s", what, most)
		}
		pass(50 * time.Millisecond)
	}
	return time.Since(began)
}

func all(s *monitor.Snapshot, is func(*monitor.Flow) bool) bool {
	for _, f := range s.Flows {
		if !is(f) {
			return false
		}
	}
	return len(s.Flows) > 0
}

func grey(f *monitor.Flow) bool { return f.Aging || f.State == monitor.StateStale }

func asCommanded(f *monitor.Flow) bool {
	want := monitor.StateLive
	if f.Status == medialive.Standby {
		want = monitor.StateStandby
	}
	return f.State == want && !f.Aging
}

// TestF1ConnectionsRefused takes the service away for a minute.
func TestF1ConnectionsRefused(t *testing.T) {
	for _, size := range []struct{ active, standby int }{{10, 20}, {0, 600}} {
		t.Run(fmt.Sprintf("%d active, %d standby", size.active, size.standby), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := medialivetest.New()
				project(cloud, size.active, size.standby, 2)
				w := watch(t, cloud)
				_, cancel := w.Subscribe()
				defer cancel()
				until(t, "read at first", 2*time.Minute, func() bool { return w.Peek().Complete && all(w.Peek(), asCommanded) })
				n := len(w.Peek().Flows)
				lift := cloud.Inject("", 0, medialivetest.Down())
				marked := until(t, "grey", 10*time.Second, func() bool { return all(w.Peek(), grey) })
				link := until(t, "the link tells", 10*time.Second, func() bool { return !w.Peek().Link.OK })
				before := len(cloud.Requests())
				pass(time.Minute - marked - link)
				s := w.Peek()
				if s.Link.Kind != medialive.KindUnavailable || s.Link.Reason == "" || len(s.Flows) != n {
					t.Errorf("after a minute: link %+v, %d of %d flows", s.Link, len(s.Flows), n)
				}
				calls := len(cloud.Requests()) - before
				lift()
				back := until(t, "live again", 10*time.Second, func() bool { return w.Peek().Link.OK && all(w.Peek(), asCommanded) })
				if marked > 5*time.Second || back > 5*time.Second {
					t.Errorf("grey after %s, live again after %s", marked, back)
				}
				evidence(t, "F1", fmt.Sprintf("refused 60 s, %d flows: grey after", n), marked, "≤ 5 s")
				evidence(t, "F1", fmt.Sprintf("refused 60 s, %d flows: true again after", n), back, "≤ 5 s")
				evidence(t, "F1", "calls in that minute", calls, "a probe now and then")
			})
		})
	}
}

// busy counts the calls in flight.
type busy struct {
	next      http.RoundTripper
	now, most atomic.Int64
}

func (b *busy) RoundTrip(r *http.Request) (*http.Response, error) {
	n := b.now.Add(1)
	defer b.now.Add(-1)
	for most := b.most.Load(); n > most && !b.most.CompareAndSwap(most, n); most = b.most.Load() {
	}
	return b.next.RoundTrip(r)
}

// TestF2Hang has the service accept and never answer.
func TestF2Hang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base := inBubble()
		cloud := medialivetest.New()
		project(cloud, 40, 20, 4)
		counted := &busy{next: cloud.Transport()}
		c, err := medialive.New(medialive.Config{
			Endpoint: medialivetest.Endpoint, ProjectID: medialivetest.Project, Auth: medialive.Token("t"), Transport: counted,
		})
		if err != nil {
			t.Fatal(err)
		}
		m := monitor.New(monitor.Options{})
		w := m.Watch(key, c, time.Time{})
		pass(20 * time.Second)
		lift := cloud.Inject("", 0, medialivetest.Hang())
		marked := until(t, "grey", 10*time.Second, func() bool { return all(w.Snapshot(), grey) })
		told := until(t, "the link tells", 10*time.Second, func() bool { return !w.Snapshot().Link.OK }) + marked
		pass(time.Minute)
		most := counted.most.Load()
		lift()
		back := until(t, "link", 10*time.Second, func() bool { return w.Snapshot().Link.OK })
		m.Close()
		synctest.Wait()
		left := inBubble() - base
		if most > 8 || left > 0 || marked > 5*time.Second || back > 5*time.Second {
			t.Errorf("%d in flight, %d goroutines left, grey after %s, back after %s", most, left, marked, back)
		}
		evidence(t, "F2", "hang: calls in flight", most, "≤ 8")
		evidence(t, "F2", "hang: goroutines left", left, "0")
		evidence(t, "F2", "hang: the link is well after", back, "≤ 5 s")
		evidence(t, "F2", "hang: grey after", marked, "≤ 5 s")
		evidence(t, "F2", "hang: the link tells after", told, "read deadline 3 s, 5 s with retries")
	})
}

// inBubble counts the goroutines of the test's bubble: others of the process come
// and go.
func inBubble() int {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return bytes.Count(stacks, []byte(", synctest bubble "))
}

// TestF3Storm answers everything with 503.
func TestF3Storm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		project(cloud, 40, 20, 4)
		w := watch(t, cloud)
		changed, cancel := w.Subscribe()
		defer cancel()
		pass(20 * time.Second)
		lift := cloud.Inject("", 0, medialivetest.Status(503, "LIVE.1", "maintenance"))
		from := len(cloud.Requests())
		pass(6 * time.Second)
		open := cloud.Requests()[from:]
		from = len(cloud.Requests())
		pass(114 * time.Second)
		calls := len(cloud.Requests()) - from
		for len(changed) > 0 {
			<-changed
		}
		s := w.Snapshot()
		if !s.Pace.Paused.IsZero() {
			t.Errorf("told of a pause until %s, which the service did not ask for", s.Pace.Paused)
		}
		lift()
		closed := until(t, "closed", 10*time.Second, func() bool { return w.Snapshot().Link.OK })
		if perSecond := float64(calls) / 114; perSecond > 1 || closed > 4*time.Second || s.Link.Reason != "maintenance" {
			t.Errorf("%.2f calls a second, closed after %s, link %+v", perSecond, closed, s.Link)
		}
		evidence(t, "F3", "503 for 120 s: calls until the breaker is open", len(open), "5 failures and their retries")
		evidence(t, "F3", "503 for 120 s: calls a second while open", fmt.Sprintf("%.2f", float64(calls)/114), "≤ 1")
		evidence(t, "F3", "503 for 120 s: closed after", closed, "≤ 4 s")
	})
}

// TestF4Quota has the service take less than the budget, and gives a command
// every few seconds meanwhile.
func TestF4Quota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		ids := project(cloud, 100, 0, 6)
		const quota = 5
		cloud.Quota(quota)
		w := watch(t, cloud)
		_, cancel := w.Subscribe()
		defer cancel()
		operator := client(t, cloud, "operator")
		pass(time.Minute) // the rate is found
		from := len(cloud.Requests())
		var slowest time.Duration
		for i := range 30 {
			pass(4 * time.Second)
			slowest = max(slowest, until(t, "a command", 10*time.Second, func() bool {
				_, err := operator.StopFlow(t.Context(), ids[i])
				return err == nil || medialive.KindOf(err) != medialive.KindThrottled
			}))
		}
		lines := cloud.Requests()[from:]
		refused := 0
		for _, r := range lines {
			if r.Status == http.StatusTooManyRequests {
				refused++
			}
		}
		perSecond := float64(len(lines)) / lines[len(lines)-1].At.Sub(lines[0].At).Seconds()
		if perSecond > quota || slowest > 2*time.Second || len(lines) < 120*quota/3 {
			t.Errorf("%.2f calls a second, a command took %s, %d calls", perSecond, slowest, len(lines))
		}
		evidence(t, "F4", "quota 5/s, budget 10/s: calls a second", fmt.Sprintf("%.2f, of which %d of %d refused", perSecond, refused, len(lines)), "≤ 5")
		evidence(t, "F4", "quota 5/s: slowest of 30 commands", slowest, "≤ 2 s")
	})
}

// TestF4RetryAfter throttles the reading lane, and gives a command meanwhile.
func TestF4RetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		ids := project(cloud, 10, 0, 2)
		w := watch(t, cloud)
		_, cancel := w.Subscribe()
		defer cancel()
		pass(10 * time.Second)
		cloud.Inject("ListFlows", 1, medialivetest.Throttle("20"))
		until(t, "throttled", 5*time.Second, func() bool { return !w.Peek().Pace.Paused.IsZero() })
		pass(3 * time.Second) // what was on its way ends
		from := len(cloud.Requests())
		began := time.Now()
		if _, err := client(t, cloud, "operator").StopFlow(t.Context(), ids[0]); err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		pass(15 * time.Second)
		reads := len(cloud.Requests()) - from - 1
		if reads != 0 || took > 2*time.Second {
			t.Errorf("%d reads in the time asked for, the command took %s", reads, took)
		}
		pass(6 * time.Second)
		if got := state(t, w, ids[0]); got != monitor.StateStandby {
			t.Errorf("after the pause: %s", got)
		}
		evidence(t, "F4", "Retry-After 20: reads within it", reads, "0")
		evidence(t, "F4", "Retry-After 20: a command takes", took, "≤ 2 s")
	})
}

// TestF5BadBodies answers nonsense in every way.
func TestF5BadBodies(t *testing.T) {
	for name, f := range map[string]medialivetest.Fault{
		"truncated":         medialivetest.Truncated(),
		"garbage":           medialivetest.Garbage(),
		"html 200":          medialivetest.HTML(200),
		"html 400":          medialivetest.HTML(400),
		"200 with a code":   medialivetest.CodedSuccess("LIVE.999", "what"),
		"50 MB":             medialivetest.Huge(),
		"slow drip":         medialivetest.Drip(200 * time.Millisecond),
		"redirect":          medialivetest.Redirect("https://elsewhere.example/"),
		"no list":           medialivetest.Without("flows"),
		"no total":          medialivetest.Without("total"),
		"flows without ids": medialivetest.Without("flow_id"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := medialivetest.New()
				project(cloud, 10, 20, 2)
				w := watch(t, cloud)
				_, cancel := w.Subscribe()
				defer cancel()
				pass(20 * time.Second)
				n := len(w.Peek().Flows)
				lift := cloud.Inject("", 0, f)
				link := until(t, "the link tells", 10*time.Second, func() bool { return !w.Peek().Link.OK })
				told := w.Peek().Link
				pass(30 * time.Second)
				left := len(w.Peek().Flows)
				wrong := 0
				for _, f := range w.Peek().Flows {
					if !grey(f) && time.Since(f.StatusAt) > 10*time.Second {
						wrong++
					}
				}
				lift()
				back := until(t, "true again", 10*time.Second, func() bool { return all(w.Peek(), asCommanded) })
				if left != n || wrong > 0 || told.Reason == "" {
					t.Errorf("%d of %d flows left, %d shown as if fresh, link %+v", left, n, wrong, told)
				}
				evidence(t, "F5", name+": flows that vanish", n-left, "0")
				t.Logf("link %s after %s: %s; back after %s", told.Kind, link, told.Reason, back)
			})
		})
	}
}

// shelf is a Reader of a list in memory that changes while it is paged.
type shelf struct {
	mu    sync.Mutex
	rng   *rand.Rand
	flows []medialive.FlowSummary // newest first
	goes  map[string]bool         // those that may be deleted
	made  int
	pages int
	calm  bool
	lies  int // totals still to be told wrong
}

func (s *shelf) add(goes bool) {
	s.made++
	id := strconv.Itoa(s.made)
	s.flows = slices.Insert(s.flows, 0, medialive.FlowSummary{ID: id, Name: "f" + id, Status: medialive.Standby})
	s.goes[id] = goes
}

// change deletes a flow, or adds one, or does both so that the total stays.
func (s *shelf) change() {
	kind := s.rng.IntN(6)
	if kind < 3 {
		if i := s.rng.IntN(len(s.flows)); s.goes[s.flows[i].ID] {
			s.flows = slices.Delete(s.flows, i, i+1)
		}
	}
	if kind > 0 && kind < 4 {
		s.add(true)
	}
}

func (s *shelf) ListFlows(_ context.Context, limit, offset int) (medialive.FlowPage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages++
	end := min(offset+limit, len(s.flows))
	page := medialive.FlowPage{Total: len(s.flows), Flows: slices.Clone(s.flows[min(offset, end):end])}
	if s.lies > 0 {
		s.lies--
		page.Total = s.rng.IntN(len(s.flows) + 100)
	}
	if !s.calm {
		s.change()
	}
	return page, nil
}

func (s *shelf) ShowFlow(_ context.Context, id string) (medialive.Flow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.flows {
		if f.ID == id {
			return medialive.Flow{ID: f.ID, Name: f.Name, Status: f.Status}, nil
		}
	}
	return medialive.Flow{}, &medialive.Error{Kind: medialive.KindNotFound}
}

// become begins or ends the changes, with so many wrong totals.
func (s *shelf) become(calm bool, lies int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calm, s.lies = calm, lies
}

func (s *shelf) ShowOutput(context.Context, string, string) (medialive.Output, error) {
	return medialive.Output{}, &medialive.Error{Kind: medialive.KindNotFound}
}

func (s *shelf) Capabilities(context.Context) (medialive.Capabilities, error) {
	return medialive.Capabilities{}, &medialive.Error{Kind: medialive.KindNotFound}
}

func (s *shelf) RefusedCallers(context.Context, string) ([]medialive.RefusedCaller, error) {
	return nil, nil
}

func (s *shelf) Events(context.Context, func(medialive.Event) error) error { return nil }

func (s *shelf) ListChannels(context.Context, medialive.ChannelKey, int, int) (medialive.ChannelPage, error) {
	return medialive.ChannelPage{}, nil
}

func (s *shelf) ShowChannel(context.Context, medialive.ChannelKey) (medialive.Channel, error) {
	return medialive.Channel{}, &medialive.Error{Kind: medialive.KindNotFound}
}

// TestF6ListChanges mutates the list while it is paged, with totals that lie
// now and then, a thousand times: whatever comes and goes, no flow is shown
// twice, none that was there all the time is ever missing, and in the end the
// snapshot is the truth.
func TestF6ListChanges(t *testing.T) {
	runs := 1000
	if testing.Short() { // with the race detector
		runs = 100
	}
	var pages, wrong int
	for seed := range uint64(runs) {
		synctest.Test(t, func(t *testing.T) {
			n, bad := listChanges(t, rand.New(rand.NewPCG(seed, 6)))
			pages, wrong = pages+n, wrong+bad
		})
	}
	evidence(t, "F6", fmt.Sprintf("%d runs of 500 flows, the list changing between its %d pages: flows twice, or falsely gone", runs, pages), wrong, "0")
}

// listChanges is one run. It tells how many pages were read, and how often a
// flow was shown twice or not at all.
func listChanges(t *testing.T, rng *rand.Rand) (pages, wrong int) {
	list := &shelf{rng: rng, goes: make(map[string]bool), calm: true}
	stays := make(map[string]bool)
	for range 500 {
		list.add(rng.IntN(3) == 0)
		if id := list.flows[0].ID; !list.goes[id] {
			stays[id] = true
		}
	}
	m := monitor.New(monitor.Options{RPS: 10})
	defer m.Close()
	w := m.Watch(key, list, time.Time{})
	pass(3 * time.Second)
	list.become(false, rng.IntN(3)*rng.IntN(5))
	for range 2 {
		pass(3 * time.Second)
		wrong += mistakes(w.Snapshot(), stays)
	}
	list.become(true, 0)
	until(t, "the truth in the end", 20*time.Second, func() bool {
		s := w.Snapshot()
		return len(s.Flows) == len(list.flows) && mistakes(s, stays) == 0
	})
	if wrong > 0 {
		t.Errorf("%d times a flow was shown twice or not at all", wrong)
	}
	return list.pages, wrong
}

// mistakes counts flows shown twice, and flows that are not shown.
func mistakes(s *monitor.Snapshot, stays map[string]bool) (n int) {
	seen := make(map[string]bool, len(s.Flows))
	for _, f := range s.Flows {
		if seen[f.ID] {
			n++
		}
		seen[f.ID] = true
	}
	for id := range stays {
		if !seen[id] {
			n++
		}
	}
	return n
}

// TestF6UnknownWords answers with words that nobody knows.
func TestF6UnknownWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		project(cloud, 5, 5, 2)
		w := watch(t, cloud)
		_, cancel := w.Subscribe()
		defer cancel()
		pass(10 * time.Second)
		cloud.Inject("", 0, medialivetest.UnknownWords())
		pass(10 * time.Second)
		guessed := 0
		for _, f := range w.Peek().Flows {
			if f.State != monitor.StateUnknown {
				guessed++
			}
			for _, o := range f.Outputs {
				if o.State != monitor.OutputUnknown {
					guessed++
				}
			}
		}
		if guessed > 0 || !w.Peek().Link.OK {
			t.Errorf("%d states guessed, link %+v", guessed, w.Peek().Link)
		}
		evidence(t, "F6", "unknown words: states guessed of 10 flows with 2 outputs", guessed, "0")
	})
}

// TestF10 gives a start that is answered and never happens, one that happens
// late, and one after which no media comes.
func TestF10(t *testing.T) {
	for name, c := range map[string]struct {
		fault medialivetest.Fault
		want  []monitor.State // in order, each for the first time
	}{
		"never active":      {medialivetest.Never(), []monitor.State{monitor.StateStarting, monitor.StateUnknown, monitor.StateStandby}},
		"active after 40 s": {medialivetest.Late(40 * time.Second), []monitor.State{monitor.StateStarting, monitor.StateWaiting}},
		"active after 90 s": {medialivetest.Late(90 * time.Second), []monitor.State{monitor.StateStarting, monitor.StateUnknown, monitor.StateWaiting}},
		"no media comes":    {medialivetest.Slow(time.Second), []monitor.State{monitor.StateStarting, monitor.StateWaiting}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := medialivetest.New()
				id := cloud.Add(flow("f", medialive.Standby, medialive.Disconnected, "o"))
				w := watch(t, cloud)
				_, cancel := w.Subscribe()
				defer cancel()
				pass(5 * time.Second)
				cloud.Inject("ModifyFlowStart", 1, c.fault)
				command := monitor.Command{ID: "1", Verb: "start", Actor: "op", At: time.Now()}
				w.Commanded(id, command)
				var told []string
				began := time.Now()
				go func() {
					_, err := client(t, cloud, "operator").StartFlow(context.Background(), id)
					if command.Outcome = monitor.OutcomeDone; err != nil {
						command.Outcome = monitor.OutcomeRefused
					}
					w.Commanded(id, command)
					w.ReadSoon(id)
				}()
				var seen []monitor.State
				for time.Since(began) < 6*time.Minute {
					pass(250 * time.Millisecond)
					s := state(t, w, id)
					if s == monitor.StateLive {
						t.Fatal("live without media")
					}
					if len(seen) == 0 || seen[len(seen)-1] != s {
						seen = append(seen, s)
						told = append(told, fmt.Sprintf("%s at %s", s, time.Since(began).Round(time.Second)))
					}
				}
				if !slices.Equal(seen, c.want) {
					t.Errorf("%v, want %v", seen, c.want)
				}
				evidence(t, "F10", "start answered 200, "+name, told, "never live")
			})
		})
	}
}
