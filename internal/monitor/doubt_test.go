package monitor

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// TestF27RecordAtFault: what is known is itself at fault, so that no picture can
// be made of it. It is dropped, and read anew.
func TestF27RecordAtFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := medialivetest.New()
		cloud.Add(medialivetest.Flow{Flow: medialive.Flow{Name: "FEED-A", Status: medialive.Standby}})
		client, err := cloud.Client("token")
		if err != nil {
			t.Fatal(err)
		}
		var panics atomic.Int64
		m := New(Options{Panicked: func(string) { panics.Add(1) }})
		defer m.Close()
		w := m.Watch(Key{medialivetest.Endpoint, medialivetest.Project}, client, time.Time{})
		<-time.After(10 * time.Second)
		w.mu.Lock()
		w.records["fault"], w.rows.stale = nil, true
		w.mu.Unlock()
		began := time.Now()
		<-time.After(1500 * time.Millisecond)
		if s := w.Snapshot(); panics.Load() == 0 || s.Link.OK && s.Flows[0].StatusAt.Before(began) {
			t.Errorf("%d panics, and the picture counts as fresh", panics.Load())
		}
		<-time.After(10 * time.Second)
		s := w.Snapshot()
		if !s.Complete || !s.Link.OK || len(s.Flows) != 1 || s.Flows[0].State != StateStandby || s.Flows[0].StatusAt.Before(began) {
			t.Errorf("not read anew: %+v", s)
		}
		t.Logf("evidence: F27 | a record of which no picture can be made: process exits, all read anew within | 0, 11.5 s | 0, ≤15 s")
	})
}
