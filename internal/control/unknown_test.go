package control_test

import (
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// TestUnknownStatusSettlesNothing: starts that happened, and whose answers were
// lost, are not called not done because the service uses a word for the status
// that nobody knows.
func TestUnknownStatusSettlesNothing(t *testing.T) {
	r := open(t)
	flow := r.add(t, medialive.Active)
	ch := pushed("five")
	ch.State = medialive.ChannelOn
	key := r.cloud.AddChannel(ch)
	channel := monitor.ChannelID(key)
	for _, id := range []string{flow, channel} {
		err := r.store.AddCommand(t.Context(), store.Command{
			ID: id, Endpoint: r.key.Endpoint, Project: r.key.ProjectID, FlowID: id, Verb: "start", Actor: "op-9", At: time.Now().Add(-time.Minute),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	lift := r.cloud.Inject("", 0, medialivetest.UnknownWords())
	r.begin(t, r.store)
	r.until(t, flow, "its status is a word that nobody knows", func(f *monitor.Flow) bool {
		return f.Status != "" && f.Status != medialive.Active && f.Status != medialive.Standby
	})
	r.readChannel(t, key, "its state is a word that nobody knows", func(c *monitor.Channel) bool {
		return c.State != medialive.ChannelOn && c.State != medialive.ChannelOff
	})
	read := len(r.cloud.Calls("ListFlows"))
	r.await(t, "that was judged", func() bool { return len(r.cloud.Calls("ListFlows")) >= read+2 })
	lift()
	for _, id := range []string{flow, channel} {
		r.await(t, "the start of "+id+" is settled as done", func() bool { return r.trail(t, id)[0].Outcome == "done" })
	}
}
