package control_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// media gives what is kept of the flows to which media came.
func (r *room) media(t *testing.T) string {
	t.Helper()
	kept, err := r.store.Care(t.Context(), r.key.Endpoint, r.key.ProjectID, "", "media")
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	return string(kept.Body)
}

// TestMediaOutlivesTheProcess: a source that is lost while no dashboard runs is
// lost, and not waited for as if none had come.
func TestMediaOutlivesTheProcess(t *testing.T) {
	r := open(t)
	id, never := r.add(t, medialive.Active), r.add(t, medialive.Active)
	health := func(h medialive.Health) { r.cloud.Change(id, func(f *cloudFlow) { f.Sources[0].Health = h }) }
	health(medialive.Disconnected)
	r.cloud.Change(never, func(f *cloudFlow) { f.Sources[0].Health = medialive.Disconnected })
	r.until(t, never, "waits", func(f *monitor.Flow) bool { return f.State == monitor.StateWaiting })
	health(medialive.Connected)
	r.until(t, id, "live", func(f *monitor.Flow) bool { return f.State == monitor.StateLive })
	eventually(t, func() bool { return strings.Contains(r.media(t), id) })
	health(medialive.Disconnected)
	r.begin(t, r.store)
	r.until(t, id, "lost", func(f *monitor.Flow) bool { return f.State == monitor.StateSourceLost })
	r.until(t, never, "waits still", func(f *monitor.Flow) bool { return f.State == monitor.StateWaiting })
}

// TestMediaThatCannotBeRead: what is kept is of no use, and is replaced.
func TestMediaThatCannotBeRead(t *testing.T) {
	r := open(t, func(r *room) {
		_, err := r.store.PutCare(t.Context(), store.Care{
			Endpoint: r.key.Endpoint, Project: r.key.ProjectID, Topic: "media", Body: []byte(`{"f":"no"}`),
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	id := r.add(t, medialive.Active)
	r.cloud.Change(id, func(f *cloudFlow) { f.Sources[0].Health = medialive.Connected })
	eventually(t, func() bool { return strings.Contains(r.media(t), id) })
}
