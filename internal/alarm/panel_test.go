package alarm

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/store/storetest"
	"github.com/flowdeck/flowdeck/internal/trail"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var key = monitor.Key{Endpoint: "https://live.example", ProjectID: "p1"}

// onEach runs a test on an empty database of every engine.
func onEach(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	for engine, url := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "alarms.db") },
		"postgres": func(t *testing.T) string { return storetest.Postgres(t) },
	} {
		t.Run(engine, func(t *testing.T) { test(t, open(t, url(t))) })
	}
}

func open(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	s.KeepTrail(storetest.Keys(1))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// room is a panel that looks at the flows of a desk when the test lets it.
type room struct {
	*desk
	panels *Panels
	panel  *Panel

	mu    sync.Mutex
	heard []string // by the hook
}

// newRoom makes a panel on a store, with a desk of its own or of another room.
func newRoom(t *testing.T, s Store, d *desk, log *slog.Logger) *room {
	t.Helper()
	r := &room{desk: d}
	r.panels = New(Options{Store: s, Log: log, Now: func() time.Time { return d.now }, Raised: func(_ monitor.Key, a *Alarm, c Change) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.heard = append(r.heard, string(a.Kind)+" "+string(c))
	}})
	t.Cleanup(r.panels.Close)
	r.panel = r.panels.Of(key)
	r.look()
	d.snap.Version++
	r.look()
	return r
}

func (r *room) look() { r.panel.look(r.t.Context(), r.picture()) }

// wait lets time pass, looking each second.
func (r *room) wait(seconds int) {
	for range seconds {
		r.now = r.now.Add(time.Second)
		r.look()
	}
}

// listed compares what is shown.
func (r *room) listed(what string, want ...string) {
	r.t.Helper()
	same(r.t, what, toldAll(r.panel.View().Active), want)
}

// did fails the test unless an acknowledgement was somebody's own.
func did(t testing.TB) func(answered int, err error) {
	t.Helper()
	return func(answered int, err error) {
		t.Helper()
		if err != nil || answered != 1 {
			t.Fatalf("acknowledged %d: %v", answered, err)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// trailOf gives the verbs of the trail, oldest first.
func trailOf(t *testing.T, s *store.Store, kind trail.Kind) []string {
	t.Helper()
	events, err := s.Timeline(t.Context(), trail.Filter{Endpoint: key.Endpoint, Project: key.ProjectID, Kinds: []trail.Kind{kind}})
	must(t, err)
	var list []string
	for _, e := range slices.Backward(events) {
		list = append(list, e.Verb)
	}
	return list
}

func TestWrittenDown(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		r := newRoom(t, s, newDesk(t, 2), nil)
		changed, cancel := r.panel.Subscribe()
		defer cancel()
		r.state(0, monitor.StateSourceLost)
		r.wait(4)
		r.listed("raised", "source_lost 0 unacked p3")
		<-changed
		id := r.panel.View().Active[0].ID
		if rows, err := s.OpenAlarms(t.Context(), key.Endpoint, key.ProjectID); err != nil || len(rows) != 1 || rows[0].ID != id || rows[0].Kind != "source_lost" {
			t.Errorf("kept %+v, %v", rows, err)
		}
		did(t)(r.panel.Ack(t.Context(), "op-1", "  call the stadium ", id, "gone"))
		r.listed("acknowledged", "source_lost 0 acked p3")
		if a := r.panel.View().Active[0]; a.Note != "call the stadium" || a.AckedBy != "op-1" {
			t.Errorf("%+v", a)
		}
		if n, err := r.panel.Ack(t.Context(), "op-2", "", id); err != nil || n != 0 {
			t.Errorf("answered for twice: %d, %v", n, err)
		}
		if _, err := r.panel.Ack(t.Context(), "op-1", "", "gone"); !errors.Is(err, ErrGone) {
			t.Errorf("error %v", err)
		}
		r.state(0, monitor.StateLive)
		r.wait(11)
		r.listed("cleared")
		past, err := r.panel.Past(t.Context(), Filter{FlowID: "0", From: began, To: r.now})
		must(t, err)
		same(t, "past", toldAll(past), []string{"source_lost 0 closed p3"})
		if past, err := r.panel.Past(t.Context(), Filter{FlowID: "1", From: began, To: r.now}); err != nil || len(past) != 0 {
			t.Errorf("past of the other flow: %v, %v", past, err)
		}
		same(t, "trail", trailOf(t, s, trail.Alarm), []string{"raised", "acknowledged", "cleared"})
		same(t, "signals", trailOf(t, s, trail.Signal), []string{"source_lost", "live"})
		if v, err := s.VerifyTrail(t.Context()); err != nil || !v.OK() {
			t.Errorf("trail: %+v, %v", v, err)
		}
		r.panels.Close()
		same(t, "webhooks", r.heard, []string{"source_lost raised", "source_lost acknowledged", "source_lost cleared"})
	})
}

func TestAfterARestart(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		r := newRoom(t, s, newDesk(t, 3), nil)
		for i := range 3 {
			r.state(i, monitor.StateSourceLost)
		}
		r.wait(4)
		did(t)(r.panel.Ack(t.Context(), "op-1", "", r.panel.View().Active[0].ID))
		must(t, r.panel.Shelve(t.Context(), Shelf{FlowID: "2", By: "op-1", Until: r.now.Add(time.Hour)}))
		ids := r.panel.View().Active
		r.panels.Close()
		r.now = r.now.Add(time.Minute)
		r.state(1, monitor.StateLive)

		again := newRoom(t, s, r.desk, nil)
		again.listed("at once", "source_lost 0 acked p3 first", "source_lost 1 unacked p3")
		if v := again.panel.View(); v.Active[0].ID != ids[0].ID || len(v.Shelved) != 1 || len(v.Shelves) != 1 {
			t.Errorf("%+v", v)
		}
		again.wait(11)
		again.listed("read for long enough", "source_lost 0 acked p3 first", "source_lost 1 returned p3")
		shelf := again.panel.View().Shelves[0].ID
		must(t, again.panel.Unshelve(t.Context(), shelf, "op-2"))
		again.listed("off the shelf", "source_lost 0 acked p3 first", "source_lost 1 returned p3", "source_lost 2 unacked p3")
		if err := again.panel.Unshelve(t.Context(), shelf, "op-2"); !errors.Is(err, ErrGone) {
			t.Errorf("error %v", err)
		}
		if err := again.panel.Shelve(t.Context(), Shelf{FlowID: "2", Until: again.now.Add(9 * time.Hour)}); !errors.Is(err, ErrShelf) {
			t.Errorf("error %v", err)
		}
		same(t, "trail", trailOf(t, s, trail.Alarm), []string{
			"raised", "raised", "raised", "acknowledged", "shelved", "returned", "unshelved",
		})
	})
}

// TestShelfThatEndedMeanwhile brings its alarms back at the next start.
func TestShelfThatEndedMeanwhile(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		r := newRoom(t, s, newDesk(t, 1), nil)
		r.state(0, monitor.StateSourceLost)
		r.wait(4)
		must(t, r.panel.Shelve(t.Context(), Shelf{FlowID: "0", By: "op-1", Until: r.now.Add(time.Minute)}))
		r.listed("shelved")
		r.panels.Close()
		r.now = r.now.Add(time.Hour)
		again := newRoom(t, s, r.desk, nil)
		again.listed("back", "source_lost 0 unacked p3")
		if rows, err := s.Shelves(t.Context(), key.Endpoint, key.ProjectID); err != nil || len(rows) != 0 {
			t.Errorf("shelves %v, %v", rows, err)
		}
	})
}

// TestSecondProcess: two processes on one database see the same and raise one
// alarm.
func TestSecondProcess(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, 2)
		a, b := newRoom(t, s, d, nil), newRoom(t, s, d, nil)
		d.state(0, monitor.StateSourceLost)
		for range 5 {
			d.now = d.now.Add(time.Second)
			a.look()
			b.look()
		}
		first, second := a.panel.View().Active, b.panel.View().Active
		if len(first) != 1 || len(second) != 1 || first[0].ID != second[0].ID {
			t.Fatalf("one sees %v, the other %v", toldAll(first), toldAll(second))
		}
		same(t, "trail", trailOf(t, s, trail.Alarm), []string{"raised"})
		b.panels.Close()
		same(t, "webhooks of the second", b.heard, nil)
	})
}

// failing is a store that fails while told so.
type failing struct {
	*store.Store
	fails atomic.Bool
	puts  atomic.Int64
}

var errDisk = errors.New("no space left on device")

func (f *failing) PutAlarm(ctx context.Context, a store.Alarm, lines ...trail.Line) error {
	f.puts.Add(1)
	if f.fails.Load() {
		return errDisk
	}
	return f.Store.PutAlarm(ctx, a, lines...)
}

func (f *failing) AppendTrail(ctx context.Context, lines ...trail.Line) error {
	if f.fails.Load() {
		return errDisk
	}
	return f.Store.AppendTrail(ctx, lines...)
}

func (f *failing) PutShelf(ctx context.Context, s store.Shelf, lines ...trail.Line) error {
	if f.fails.Load() {
		return errDisk
	}
	return f.Store.PutShelf(ctx, s, lines...)
}

func (f *failing) PutCare(ctx context.Context, c store.Care, lines ...trail.Line) (int64, error) {
	if f.fails.Load() {
		return 0, errDisk
	}
	return f.Store.PutCare(ctx, c, lines...)
}

// TestFullDisk: what cannot be written is shown, and written later; what people
// do is refused.
func TestFullDisk(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		var log bytes.Buffer
		f := &failing{Store: s}
		r := newRoom(t, f, newDesk(t, 1), slog.New(slog.NewTextHandler(&log, nil)))
		f.fails.Store(true)
		r.state(0, monitor.StateSourceLost)
		r.wait(60)
		r.listed("shown", "source_lost 0 unacked p3")
		if n := strings.Count(log.String(), "not written down"); n != 1 {
			t.Errorf("logged %d times:\n%s", n, log.String())
		}
		if n := f.puts.Load(); n > 35 {
			t.Errorf("tried %d times within a minute", n)
		}
		if _, err := r.panel.Ack(t.Context(), "op-1", "", r.panel.View().Active[0].ID); !errors.Is(err, errDisk) {
			t.Errorf("error %v", err)
		}
		if err := r.panel.Shelve(t.Context(), Shelf{FlowID: "0", Until: r.now.Add(time.Hour)}); !errors.Is(err, errDisk) {
			t.Errorf("error %v", err)
		}
		r.listed("refused", "source_lost 0 unacked p3")
		r.state(0, monitor.StateLive)
		r.wait(20)
		f.fails.Store(false)
		r.wait(3)
		r.listed("written", "source_lost 0 returned p3")
		same(t, "trail", trailOf(t, s, trail.Alarm), []string{"raised", "returned"})
		same(t, "signals", trailOf(t, s, trail.Signal), []string{"source_lost", "live"})
		did(t)(r.panel.Ack(t.Context(), "op-1", "", r.panel.View().Active[0].ID))
		r.panels.Close()
		same(t, "webhooks", r.heard, []string{"source_lost raised", "source_lost returned", "source_lost acknowledged"})
	})
}

// TestStoreThatCannotBeReadAtFirst: alarms are raised meanwhile, and become one
// with those of before.
func TestStoreThatCannotBeReadAtFirst(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		r := newRoom(t, s, newDesk(t, 2), nil)
		r.state(0, monitor.StateSourceLost)
		r.wait(4)
		id := r.panel.View().Active[0].ID
		did(t)(r.panel.Ack(t.Context(), "op-1", "", id))
		r.panels.Close()

		u := &unreadable{Store: s}
		u.fails.Store(true)
		again := newRoom(t, u, r.desk, nil)
		again.state(1, monitor.StateSourceLost)
		again.wait(10)
		again.listed("without a past", "source_lost 0 unacked p3 first", "source_lost 1 unacked p3")
		if _, err := again.panel.Ack(t.Context(), "op-1", "", again.panel.View().Active[0].ID); err == nil {
			t.Error("acknowledged what is not known to be open")
		}
		u.fails.Store(false)
		again.wait(3)
		again.listed("with it", "source_lost 0 acked p3", "source_lost 1 unacked p3")
		if got := again.panel.View().Active[0].ID; got != id {
			t.Errorf("id %s, want %s", got, id)
		}
		rows, err := s.OpenAlarms(t.Context(), key.Endpoint, key.ProjectID)
		if err != nil || len(rows) != 2 {
			t.Errorf("kept %d, %v", len(rows), err)
		}
	})
}

// unreadable is a store of which nothing can be read, while told so, nor an
// alarm be written.
type unreadable struct {
	*store.Store
	fails atomic.Bool
}

func (u *unreadable) OpenAlarms(ctx context.Context, endpoint, project string) ([]store.Alarm, error) {
	if u.fails.Load() {
		return nil, errDisk
	}
	return u.Store.OpenAlarms(ctx, endpoint, project)
}

func (u *unreadable) PutAlarm(ctx context.Context, a store.Alarm, lines ...trail.Line) error {
	if u.fails.Load() {
		return errDisk
	}
	return u.Store.PutAlarm(ctx, a, lines...)
}

// TestSlowWebhooks: whoever is told of changes holds nothing up.
func TestSlowWebhooks(t *testing.T) {
	var log bytes.Buffer
	release, told := make(chan struct{}), 0
	p := New(Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Raised: func(monitor.Key, *Alarm, Change) {
		<-release
		told++
	}})
	for range hookQueue + 100 {
		p.note(hooked{key, &Alarm{}, ChangeRaised})
	}
	close(release)
	deadline := time.Now().Add(5 * time.Second)
	for len(p.hook) > 0 && time.Now().Before(deadline) {
		runtime.Gosched() // let the others go on
	}
	p.note(hooked{key, &Alarm{}, ChangeRaised})
	p.Close()
	p.note(hooked{key, &Alarm{}, ChangeRaised}) // after the end: dropped
	if told < hookQueue || told > hookQueue+2 || !strings.Contains(log.String(), "dropped=") {
		t.Errorf("told %d, log %s", told, log.String())
	}
}

// TestManyAtOnce lets people work on a panel while it looks.
func TestManyAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, 4)
		var clock atomic.Pointer[time.Time]
		set := func() { now := d.now; clock.Store(&now) }
		set()
		panels := New(Options{Store: s, Now: func() time.Time { return *clock.Load() }, Raised: func(monitor.Key, *Alarm, Change) {}})
		defer panels.Close()
		panel := panels.Of(key)
		var people sync.WaitGroup
		done := make(chan struct{})
		for range 3 {
			people.Go(func() {
				changed, cancel := panels.Of(key).Subscribe()
				defer cancel()
				for {
					select {
					case <-done:
						return
					case <-changed:
					}
					for _, a := range panel.View().Active {
						if _, err := panel.Ack(t.Context(), "op", "", a.ID); err != nil && !errors.Is(err, ErrGone) {
							t.Error(err)
						}
					}
					if err := panel.Shelve(t.Context(), Shelf{FlowID: "3", By: "op", Until: clock.Load().Add(20 * time.Second)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for n := range 40 {
			for i := range d.flows {
				d.state(i, []monitor.State{monitor.StateLive, monitor.StateSourceLost}[n/15%2])
			}
			panel.look(t.Context(), d.picture())
			d.now = d.now.Add(time.Second)
			set()
		}
		close(done)
		people.Wait()
		if v, err := s.VerifyTrail(t.Context()); err != nil || !v.OK() {
			t.Errorf("trail: %+v, %v", v, err)
		}
	})
}
