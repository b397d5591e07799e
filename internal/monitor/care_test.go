package monitor_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

func TestCareIsRecalledAndChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		id := cloud.Add(flow("f", medialive.Standby, medialive.Disconnected))
		other := cloud.Add(flow("g", medialive.Standby, medialive.Disconnected))
		kept := &journal{
			care:   map[string]monitor.Care{id: {Band: monitor.Band{MinBitrate: 2}}},
			labels: monitor.NewLabels(map[string]string{"192.0.2.1": "Arena"}),
		}
		kept.fails.Store(2)
		m := monitor.New(monitor.Options{})
		defer m.Close()
		m.Keep(kept)
		w := m.Watch(key, client(t, cloud, "token"), time.Time{})
		pass(10 * time.Second)
		s := w.Snapshot()
		f, _ := s.Flow(id)
		if f.Care.Band.MinBitrate != 2 || s.Labels.Of("192.0.2.1:5000") != "Arena" {
			t.Fatalf("recalled %+v, %v", f.Care, s.Labels.All())
		}
		w.SetCare(id, monitor.Care{Protect: &monitor.Protect{Owner: "op-1"}})
		after := w.Snapshot()
		g, _ := s.Flow(other)
		if f, _ := after.Flow(id); f.Care.Protect == nil || f.Care.Protect.Owner != "op-1" {
			t.Errorf("set: %+v", f.Care)
		}
		if same, _ := after.Flow(other); same != g {
			t.Error("the other flow was published anew")
		}
		w.SetLabels(monitor.NewLabels(map[string]string{"192.0.2.1": "Stadium"}))
		relabelled := w.Snapshot()
		if again, _ := relabelled.Flow(other); again == g || relabelled.Labels.Of("192.0.2.1") != "Stadium" {
			t.Errorf("labels %v, same row %t", relabelled.Labels.All(), again == g)
		}
		w.SetLabels(monitor.NewLabels(map[string]string{"192.0.2.1": "Stadium"}))
		if w.Snapshot() != relabelled {
			t.Error("a new snapshot though no name changed")
		}
	})
}

// TestCareOfOthersIsShown protects a flow on another dashboard that shares the
// database, and releases it there.
func TestCareOfOthersIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		id := cloud.Add(flow("f", medialive.Standby, medialive.Disconnected))
		kept := &elsewhere{}
		m := monitor.New(monitor.Options{})
		defer m.Close()
		m.Keep(kept)
		w := m.Watch(key, client(t, cloud, "token"), time.Time{})
		_, cancel := w.Subscribe()
		defer cancel()
		pass(10 * time.Second)
		protected := func() bool { f, _ := w.Peek().Flow(id); return f.Care.Protect != nil }
		if protected() {
			t.Fatal("protected by nobody")
		}
		kept.put(map[string]monitor.Care{id: {Protect: &monitor.Protect{Owner: "op-1"}}})
		until(t, "shown as protected", 6*time.Second, protected)
		before := w.Peek()
		pass(20 * time.Second)
		f, _ := before.Flow(id)
		if again, _ := w.Peek().Flow(id); again.Care.Protect != f.Care.Protect {
			t.Error("what did not change is set again")
		}
		kept.put(nil)
		until(t, "shown as free", 6*time.Second, func() bool { return !protected() })
	})
}

// elsewhere is a journal whose care changes; each read decodes it anew.
type elsewhere struct {
	mu   sync.Mutex
	care map[string]monitor.Care
	notes
}

func (s *elsewhere) put(care map[string]monitor.Care) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.care = care
}

func (s *elsewhere) Commands(context.Context, monitor.Key) (map[string]monitor.Command, error) {
	return nil, nil
}

func (s *elsewhere) Care(context.Context, monitor.Key) (map[string]monitor.Care, *monitor.Labels, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	read := make(map[string]monitor.Care, len(s.care))
	for id, c := range s.care {
		p := *c.Protect
		read[id] = monitor.Care{Protect: &p}
	}
	return read, nil, nil
}

func (s *elsewhere) Settled(context.Context, monitor.Key, string, monitor.Command) {}

func TestFollowerDoesNotKeepAwake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		cloud.Add(flow("f", medialive.Standby, medialive.Disconnected))
		m := monitor.New(monitor.Options{})
		defer m.Close()
		made := 0
		var changed <-chan struct{}
		m.Attend(func(w *monitor.Watcher) {
			made++
			changed, _ = w.Follow()
			if w.Awake() {
				t.Error("runs before it was attended to")
			}
		})
		w := m.Watch(key, client(t, cloud, "token"), time.Time{})
		m.Watch(key, client(t, cloud, "token"), time.Time{})
		pass(5 * time.Second)
		select {
		case <-changed:
		default:
			t.Error("the follower was told nothing")
		}
		if made != 1 || !w.Awake() || !w.Peek().Complete {
			t.Errorf("attended %d times, awake %t", made, w.Awake())
		}
		for range 200 {
			pass(time.Second)
			w.Peek()
		}
		if w.Awake() {
			t.Error("kept awake by one who only follows")
		}
	})
}

func TestCredentialIsThatWhichEndsLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		m := monitor.New(monitor.Options{})
		defer m.Close()
		late, early := time.Now().Add(2*time.Hour), time.Now().Add(time.Hour)
		w := m.Watch(key, client(t, cloud, "late"), late)
		m.Watch(key, client(t, cloud, "early"), early)
		pass(5 * time.Second)
		if got := w.Snapshot().Credential; !got.Equal(late) {
			t.Errorf("ends %s, want %s", got, late)
		}
		m.Watch(key, client(t, cloud, "for ever"), time.Time{})
		pass(5 * time.Second)
		if got := w.Snapshot().Credential; !got.IsZero() {
			t.Errorf("ends %s, want never", got)
		}
	})
}
