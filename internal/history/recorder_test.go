package history

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var project = monitor.Key{Endpoint: "https://gateway", ProjectID: "p1"}

// stage is a recorder on a clock of its own, with a watcher whose word is the
// test's and a real store.
type stage struct {
	t       *testing.T
	store   *store.Store
	r       *Recorder
	now     time.Time
	asleep  bool
	flow    *monitor.Flow // as it is seen each second; nil: gone
	state   monitor.State
	figures medialive.LegStatistics // of the source; without a state there are none
	output  monitor.OutputState
}

func (s *stage) Key() monitor.Key { return project }
func (s *stage) Awake() bool      { return !s.asleep }

func (s *stage) Peek() *monitor.Snapshot {
	if s.flow == nil {
		return &monitor.Snapshot{}
	}
	return &monitor.Snapshot{Flows: []*monitor.Flow{s.flow}}
}

func newStage(t *testing.T) *stage {
	t.Helper()
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "history.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	s := &stage{
		t: t, store: st, now: begin.Add(12 * time.Hour), state: monitor.StateLive, output: monitor.OutputOK,
		figures: medialive.LegStatistics{State: medialive.LegConnected, Bitrate: 8e6, RTT: 40, ConnectedAt: begin},
	}
	s.begin()
	return s
}

// begin begins a recorder over what is kept.
func (s *stage) begin() {
	s.r = newRecorder(Options{Store: s.store, Now: func() time.Time { return s.now }})
	s.r.attend(s)
}

// restart ends the recorder as a stop does, and begins another.
func (s *stage) restart() {
	s.r.finish(s.t.Context())
	s.begin()
}

// crash ends the recorder as kill -9 does, and begins another.
func (s *stage) crash() { s.begin() }

// pass lets seconds go by; each changes what is seen before it is seen.
func (s *stage) pass(d time.Duration, change func(second int)) {
	for i := range int(d / time.Second) {
		if change != nil {
			change(i)
		}
		s.see()
		s.r.beat(s.t.Context())
		s.now = s.now.Add(time.Second)
	}
}

// see makes the flow of this second.
func (s *stage) see() {
	f := &monitor.Flow{ID: "f1", Name: "feed", State: s.state}
	f.Outputs = []monitor.Output{{Name: "out 1", State: s.output}}
	if s.figures.State != "" {
		figures := s.figures
		f.Statistics = &medialive.FlowStatistics{Source: figures, Outputs: []medialive.LegStatistics{figures}}
		f.Outputs[0].Statistics = &f.Statistics.Outputs[0]
		f.MeasuredAt = s.now
	}
	s.flow = f
}

func (s *stage) read(leg string, from, to time.Time) Series {
	s.t.Helper()
	out, err := s.r.Read(s.t.Context(), project, "f1", leg, from, to)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// at finds the point of a time.
func at(t *testing.T, s Series, when time.Time) Point {
	t.Helper()
	for _, p := range s.Points {
		if p.At.Equal(when) {
			return p
		}
	}
	t.Fatalf("no point at %s in %d points from %s", when, len(s.Points), s.From)
	return Point{}
}

func known(s Series) (n int) {
	for _, p := range s.Points {
		if p.State != "" {
			n++
		}
	}
	return n
}

func TestStepsHoldMeansWorstAndDifferences(t *testing.T) {
	s := newStage(t)
	start := s.now
	s.figures.Retransmit, s.figures.Drop = 1000, 50 // before anybody looked
	s.pass(20*time.Second, func(i int) {
		s.figures.Bitrate = int64(8e6 + i%5*1e6) // 8 to 12 Mb/s: a mean of 10
		s.figures.Loss = 0
		if i == 7 {
			s.figures.Loss, s.state = 2.5, monitor.StateLoss
		} else {
			s.state = monitor.StateLive
		}
		if i > 0 {
			s.figures.Retransmit += 3
			s.figures.Drop++
		}
	})
	got := s.read("", start, s.now)
	if got.Step != FineStep || !got.Measured || len(got.Points) != 4 || known(got) != 3 {
		t.Fatalf("%d points of %s, %d known: the step that is not over has none", len(got.Points), got.Step, known(got))
	}
	first, second := got.Points[0], got.Points[1]
	if first.Bitrate != 10 || first.RTT != 40 || first.Loss != 0 || first.State != monitor.StateLive {
		t.Errorf("the first: %+v", first)
	}
	if first.Retransmitted != 12 || first.Dropped != 4 {
		t.Errorf("what was counted before anybody looked does not count: %+v", first)
	}
	if second.Loss != 2.5 || second.State != monitor.StateLoss || second.Retransmitted != 15 || second.Dropped != 5 {
		t.Errorf("the worst of the step: %+v", second)
	}
	if out := s.read("out 1", start, s.now); known(out) != 3 || out.Points[0].State != monitor.StateLive {
		t.Errorf("the output: %+v", out.Points)
	}
	if none := s.read("out 2", start, s.now); known(none) != 0 || none.Measured || len(none.Points) != 4 {
		t.Errorf("an output that never was: %+v", none)
	}
}

func TestCountersSurviveAReset(t *testing.T) {
	for name, reset := range map[string]func(*medialive.LegStatistics){
		"a new connection": func(l *medialive.LegStatistics) {
			l.ConnectedAt, l.Retransmit, l.Drop = l.ConnectedAt.Add(time.Hour), 7, 2
		},
		"a new connection that counted more already": func(l *medialive.LegStatistics) {
			l.ConnectedAt, l.Retransmit, l.Drop = l.ConnectedAt.Add(time.Hour), 1007, 502
		},
		"a counter that went back": func(l *medialive.LegStatistics) { l.Retransmit, l.Drop = 7, 2 },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			start := s.now
			s.figures.Retransmit, s.figures.Drop = 1000, 500
			s.pass(11*time.Second, func(i int) {
				if i == 6 {
					reset(&s.figures)
				}
			})
			p := s.read("", start, s.now).Points[1]
			if p.Retransmitted != s.figures.Retransmit || p.Dropped != s.figures.Drop {
				t.Errorf("%+v, want what the new counter says", p)
			}
		})
	}
}

func TestWhatIsNotMeasuredIsAGap(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *stage)
		state  monitor.State
	}{
		"the last measurement is old": {func(s *stage) { s.flow.MeasuredAt = s.now.Add(-3 * time.Second) }, monitor.StateLive},
		"the flow is stale":           {func(s *stage) { s.flow.State, s.flow.Statistics = monitor.StateStale, nil }, monitor.StateStale},
		"the source is gone": {func(s *stage) {
			s.flow.State = monitor.StateSourceLost
			s.flow.Statistics.Source.State = medialive.LegWaiting
		}, monitor.StateSourceLost},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			start := s.now
			s.pass(10*time.Second, nil)
			for range 10 {
				s.see()
				c.change(s)
				s.r.beat(t.Context())
				s.now = s.now.Add(time.Second)
			}
			s.figures.Retransmit += 500
			s.pass(11*time.Second, nil)
			got := s.read("", start, s.now).Points
			if math.IsNaN(got[1].Bitrate) || math.IsNaN(got[4].Bitrate) {
				t.Errorf("before and after there are figures: %+v", got)
			}
			for _, p := range got[2:4] {
				if !math.IsNaN(p.Bitrate) || p.State != c.state {
					t.Errorf("want a gap in state %q, got %+v", c.state, p)
				}
			}
			if got[4].Retransmitted != 0 {
				t.Errorf("what was counted while nobody could look is nobody's: %+v", got[4])
			}
		})
	}
}

func TestNobodyLooksOn(t *testing.T) {
	s := newStage(t)
	start := s.now
	s.pass(3*time.Minute, nil)
	s.asleep = true
	s.pass(5*time.Minute, nil)
	if len(s.r.flows) != 0 {
		t.Error("a flow that nobody sees stays in memory")
	}
	s.asleep = false
	s.pass(11*time.Second, nil)
	got := s.read("", start, s.now)
	if want := 36 + 2; known(got) != want {
		t.Errorf("%d steps are known, want %d: %+v", known(got), want, got.Points)
	}
	if p := at(t, got, start.Add(4*time.Minute)); p.State != "" || !math.IsNaN(p.Bitrate) {
		t.Errorf("while the watcher slept: %+v", p)
	}
}

func TestStatesOnlyFromTheCloud(t *testing.T) {
	s := newStage(t)
	start := s.now
	s.figures = medialive.LegStatistics{}
	s.pass(30*time.Second, func(i int) {
		if i == 12 {
			s.state = monitor.StateSourceLost
		}
	})
	got := s.read("", start, s.now)
	if got.Measured || known(got) != 5 || got.Points[1].State != monitor.StateLive || got.Points[2].State != monitor.StateSourceLost {
		t.Errorf("measured %v: %+v", got.Measured, got.Points)
	}
	s.restart()
	if again := s.read("", start, s.now); again.Measured || known(again) != 6 {
		t.Errorf("after a restart: %+v", again.Points)
	}
}

func TestALegThatNeverRanHasNoChunk(t *testing.T) {
	s := newStage(t)
	s.state, s.output, s.figures = monitor.StateStandby, monitor.OutputOff, medialive.LegStatistics{}
	s.pass(5*time.Minute, nil)
	s.r.finish(t.Context())
	legs, err := s.store.HistoryLegs(t.Context(), project.Endpoint, project.ProjectID, "f1")
	if err != nil || len(legs) != 0 {
		t.Errorf("%q, %v", legs, err)
	}
	s.state = monitor.StateLive
	s.pass(10*time.Second, nil)
	s.r.finish(t.Context())
	if legs, err = s.store.HistoryLegs(t.Context(), project.Endpoint, project.ProjectID, "f1"); err != nil || len(legs) != 1 || legs[0] != "" {
		t.Errorf("once the source ran: %q, %v", legs, err)
	}
}

func TestARestartContinues(t *testing.T) {
	s := newStage(t)
	start := s.now
	s.pass(90*time.Second, nil)
	s.restart()
	s.pass(90*time.Second, nil)
	s.restart()
	if got := s.read("", start, s.now); known(got) != 36 {
		t.Errorf("%d fine steps of 36", known(got))
	}
	s.pass(2*time.Minute, nil)
	coarse := s.readCoarse(start)
	if p := at(t, coarse, start.Add(time.Minute)); p.Bitrate != 8 || p.State != monitor.StateLive {
		t.Errorf("the minute of the restart: %+v", p)
	}
	if n := known(coarse); n != 4 {
		t.Errorf("%d minutes are known, want 4", n)
	}
}

func (s *stage) readCoarse(from time.Time) Series {
	s.t.Helper()
	got := s.read("", from.Add(-48*time.Hour), s.now)
	if got.Step != CoarseStep {
		s.t.Fatalf("a step of %s", got.Step)
	}
	return got
}

func TestAKillLosesAMinuteAtMost(t *testing.T) {
	s := newStage(t)
	start := s.now
	s.pass(10*time.Minute+30*time.Second, func(i int) { s.figures.RTT = 40 + float64(i%50) })
	killed := s.now
	s.crash()
	got := s.read("", start, s.now)
	if lost := 126 - known(got); lost > int(time.Minute/FineStep)+1 {
		t.Errorf("%d steps are lost", lost)
	}
	s.pass(3*time.Minute, nil) // what the minutes lack is made of the fine steps
	coarse := s.readCoarse(start)
	if n := known(coarse); n < 12 {
		t.Errorf("%d minutes are known of 13", n)
	}
	if p := at(t, coarse, killed.Truncate(time.Minute).Add(-2*time.Minute)); math.IsNaN(p.Bitrate) {
		t.Errorf("two minutes before: %+v", p)
	}
}

func TestAStateThatLastsIsKeptSeldom(t *testing.T) {
	s := newStage(t)
	counting := &countingStore{Store: s.store}
	s.r.store = counting
	s.pass(10*time.Minute, func(i int) { s.figures.RTT = 40 + float64(i%50) })
	if n := counting.puts; n < 16 || n > 24 {
		t.Errorf("two legs were kept %d times in ten minutes, want once a minute each", n)
	}
	s.state, s.output, s.figures = monitor.StateStandby, monitor.OutputOff, medialive.LegStatistics{}
	s.pass(2*time.Minute, nil)
	counting.puts = 0
	s.pass(30*time.Minute, nil)
	if n := counting.puts; n > 8 {
		t.Errorf("two legs in standby were kept %d times in half an hour", n)
	}
}

// countingStore counts the chunks that it keeps, and fails when it is told to.
type countingStore struct {
	*store.Store
	puts   int
	fail   error
	failed int
}

func (c *countingStore) PutHistory(ctx context.Context, chunks ...store.HistoryChunk) error {
	if c.fail != nil {
		return c.fail
	}
	c.puts += len(chunks)
	return c.Store.PutHistory(ctx, chunks...)
}

func (c *countingStore) HistoryLegs(ctx context.Context, endpoint, project, flowID string) ([]string, error) {
	if c.fail != nil {
		c.failed++
		return nil, c.fail
	}
	return c.Store.HistoryLegs(ctx, endpoint, project, flowID)
}

func TestAStoreThatFailsLosesNothingForAWhile(t *testing.T) {
	s := newStage(t)
	broken := &countingStore{Store: s.store}
	s.r.store = broken
	start := s.now
	s.pass(5*time.Minute, nil)
	broken.fail = errors.New("disk full")
	s.pass(70*time.Minute, nil) // over the end of a chunk
	broken.fail = nil
	s.pass(3*time.Minute, nil)
	end := s.now
	s.crash()
	if got := s.read("", start, end); known(got) < 77*12 {
		t.Errorf("%d steps of %d are kept", known(got), 78*12)
	}
}

func TestAStoreThatCannotBeReadIsNotWrittenOver(t *testing.T) {
	s := newStage(t)
	start := s.now
	s.pass(5*time.Minute, nil)
	s.restart()
	broken := &countingStore{Store: s.store, fail: errors.New("locked")}
	s.r.store = broken
	s.pass(time.Minute, nil)
	if broken.failed > 7 {
		t.Errorf("a store that fails is asked %d times in a minute", broken.failed)
	}
	broken.fail = nil
	s.pass(3*time.Minute, nil)
	s.r.finish(t.Context())
	got := s.read("", start, s.now)
	if p := at(t, got, start.Add(time.Minute)); p.State != monitor.StateLive {
		t.Errorf("what was kept before is gone: %+v", p)
	}
	if known(got) < 9*12-2*12-3 {
		t.Errorf("%d steps are known", known(got))
	}
}

func TestReadOverMidnight(t *testing.T) {
	s := newStage(t)
	s.now = begin.Add(24*time.Hour - 10*time.Minute)
	start := s.now
	s.pass(20*time.Minute, func(i int) {
		if i == 605 {
			s.figures.Loss = 3
		} else {
			s.figures.Loss = 0
		}
	})
	fines, coarses := s.read("", start, s.now), s.readCoarse(start)
	midnight := begin.Add(24 * time.Hour)
	if p := at(t, fines, midnight.Add(5*time.Second)); p.Loss != 3 {
		t.Errorf("after midnight, fine: %+v", p)
	}
	if p := at(t, coarses, midnight); p.Loss != 3 {
		t.Errorf("after midnight, coarse: %+v", p)
	}
	if known(fines) < 239 || known(coarses) < 19 {
		t.Errorf("%d fine and %d coarse steps", known(fines), known(coarses))
	}
	s.restart()
	if again := s.read("", start, s.now); known(again) != 240 {
		t.Errorf("%d steps after a restart", known(again))
	}
}

func TestReadChoosesItsStep(t *testing.T) {
	s := newStage(t)
	for _, c := range []struct {
		back, long time.Duration
		want       time.Duration
	}{
		{10 * time.Minute, 10 * time.Minute, FineStep},
		{24 * time.Hour, 24 * time.Hour, FineStep},
		{24*time.Hour + time.Minute, 24 * time.Hour, FineStep},
		{26 * time.Hour, time.Hour, CoarseStep},
		{48 * time.Hour, 48 * time.Hour, CoarseStep},
		{30 * 24 * time.Hour, 30 * 24 * time.Hour, CoarseStep},
	} {
		got := s.read("", s.now.Add(-c.back), s.now.Add(c.long-c.back))
		if got.Step != c.want {
			t.Errorf("%s long, from %s ago: a step of %s, want %s", c.long, c.back, got.Step, c.want)
		}
		if n := int(c.long / c.want); len(got.Points) < n || len(got.Points) > n+1 {
			t.Errorf("%s long: %d points, want %d", c.long, len(got.Points), n)
		}
	}
	if got := s.read("", s.now.Add(-300*24*time.Hour), s.now); len(got.Points) > maxPoints {
		t.Errorf("%d points", len(got.Points))
	}
}

func TestOldHistoryIsDeleted(t *testing.T) {
	s := newStage(t)
	old := map[time.Duration]int{26 * time.Hour: int(FineStep / time.Second), 32 * 24 * time.Hour: int(CoarseStep / time.Second)}
	young := map[time.Duration]int{24*time.Hour + 50*time.Minute: int(FineStep / time.Second), 30*24*time.Hour + 20*time.Hour: int(CoarseStep / time.Second)}
	put := func(ages map[time.Duration]int) {
		for age, step := range ages {
			err := s.store.PutHistory(t.Context(), store.HistoryChunk{
				Endpoint: project.Endpoint, Project: project.ProjectID, FlowID: "f0", Step: step, From: s.now.Add(-age), Body: []byte{1},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	put(old)
	put(young)
	s.pass(2*time.Second, nil)
	for _, step := range []int{5, 60} {
		got, err := s.store.History(t.Context(), project.Endpoint, project.ProjectID, "f0", "", step, time.Unix(0, 0), s.now)
		if err != nil || len(got) != 1 {
			t.Errorf("step %d: %d chunks are left, %v", step, len(got), err)
		}
	}
}

func TestCloseKeepsWhatIsInMemory(t *testing.T) {
	s := newStage(t)
	s.see()
	s.r = New(Options{Store: s.store})
	s.now = time.Now()
	s.see()
	s.flow.MeasuredAt = time.Now().Add(time.Hour) // fresh for as long as the test lasts
	s.r.attend(s)
	deadline := time.NewTimer(5 * time.Second)
	defer deadline.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		s.r.mu.Lock()
		seen := len(s.r.flows) == 1
		s.r.mu.Unlock()
		if seen {
			break
		}
		select {
		case <-deadline.C:
			t.Fatal("nothing is recorded")
		case <-again.C:
		}
	}
	s.r.Close()
	got, err := s.r.Read(t.Context(), project, "f1", "", time.Now().Add(-time.Minute), time.Now().Add(FineStep))
	if err != nil || known(got) == 0 {
		t.Errorf("%d steps are known after the end, %v", known(got), err)
	}
}

// BenchmarkRecord is a second of a thousand legs: 200 flows with four outputs.
func BenchmarkRecord(b *testing.B) {
	st, err := store.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "history.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	now := begin.Add(12 * time.Hour)
	r := newRecorder(Options{Store: st, Now: func() time.Time { return now }})
	crowd := &crowd{flows: make([]*monitor.Flow, 200)}
	r.attend(crowd)
	second := 0
	for b.Loop() {
		crowd.move(second, now)
		r.beat(b.Context())
		now = now.Add(time.Second)
		second++
	}
}

// crowd is a project of many flows whose figures tremble.
type crowd struct{ flows []*monitor.Flow }

func (c *crowd) Key() monitor.Key        { return project }
func (c *crowd) Awake() bool             { return true }
func (c *crowd) Peek() *monitor.Snapshot { return &monitor.Snapshot{Flows: c.flows} }

func (c *crowd) move(second int, now time.Time) {
	for i := range c.flows {
		leg := medialive.LegStatistics{
			State: medialive.LegConnected, Bitrate: int64(8e6 + (second*37+i*101)%300*1000), RTT: 38 + float64((second*17+i)%40)/10,
			Retransmit: int64(second * (i % 3)),
		}
		f := &monitor.Flow{ID: string(rune('A'+i%26)) + string(rune('A'+i/26)), State: monitor.StateLive, MeasuredAt: now}
		f.Statistics = &medialive.FlowStatistics{Source: leg, Outputs: []medialive.LegStatistics{leg, leg, leg, leg}}
		for j, name := range []string{"a", "b", "c", "d"} {
			f.Outputs = append(f.Outputs, monitor.Output{Name: name, State: monitor.OutputOK, Statistics: &f.Statistics.Outputs[j]})
		}
		c.flows[i] = f
	}
}
