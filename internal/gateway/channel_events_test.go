package gateway_test

import (
	"slices"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

func TestChannelEvents(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	f.createChannel(testKey)
	l := listen(t, f.client)
	told := func(fits func(medialive.Event) bool) func() bool {
		return func() bool { return l.told(fits) }
	}
	eventually(t, "ready", patience, told(func(e medialive.Event) bool { return e.Kind == medialive.EventReady }))
	l.mu.Lock()
	first := l.events[0]
	l.mu.Unlock()
	if first.Kind != medialive.EventChannel || *first.ChannelKey != testKey || first.Channel.Input.Sources[0].Passphrase != medialive.Mask ||
		first.Channel.Input.IPWhitelist != "192.0.2.0/24" {
		t.Errorf("first event %+v", first)
	}
	_, err := f.client.ModifyChannelGeneral(t.Context(), medialive.GeneralChange{ChannelKey: testKey, Name: "renamed"})
	f.must(err)
	eventually(t, "changed", patience, told(func(e medialive.Event) bool {
		return e.Kind == medialive.EventChannel && e.Channel.Name == "renamed"
	}))
	other := medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch2"}
	f.createChannel(other)
	eventually(t, "created", patience, told(func(e medialive.Event) bool {
		return e.Kind == medialive.EventChannel && e.Channel.ChannelKey == other
	}))
	f.must(f.client.DeleteChannel(t.Context(), testKey))
	eventually(t, "gone", patience, told(func(e medialive.Event) bool {
		return e.Kind == medialive.EventChannelGone && *e.ChannelKey == testKey
	}))
}

// TestChannelEventsNeedThePermission: who may see flows alone is told of flows
// alone.
func TestChannelEventsNeedThePermission(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	f.createChannel(testKey)
	f.must(f.iam.AddUser(t.Context(), "viewer", password))
	f.must(f.iam.SetPolicy(t.Context(), "viewer", []string{"live:ott:listFlow", "live:ott:show*"}))
	l := listen(t, f.clientAs(f.signIn("viewer", password)))
	eventually(t, "ready", patience, func() bool { return slices.Contains(l.kinds(), medialive.EventReady) })
	_, err := f.client.ModifyChannelGeneral(t.Context(), medialive.GeneralChange{ChannelKey: testKey, Name: "renamed"})
	f.must(err)
	flow := f.create("studio-a")
	eventually(t, "the flow", patience, func() bool {
		return l.told(func(e medialive.Event) bool { return e.FlowID == flow.ID })
	})
	if slices.Contains(l.kinds(), medialive.EventChannel) {
		t.Error("channels were told")
	}
	f.must(f.iam.SetPolicy(t.Context(), "viewer", []string{"live:ott:list*", "live:ott:show*"}))
	eventually(t, "the stream ends, so that the reader comes back", 2*patience, func() bool {
		select {
		case <-l.ended:
			return true
		default:
			return false
		}
	})
}

// TestChannelRunsAreTold: what is measured of channels that are ON comes by itself,
// again and again.
func TestChannelRunsAreTold(t *testing.T) {
	t.Parallel()
	f, r := newChannelFixture(t)
	f.createRunnable(testKey)
	_, err := f.client.SwitchChannel(t.Context(), testKey, medialive.ChannelOn)
	f.must(err)
	l := listen(t, f.client)
	told := func(switches int64) func() bool {
		return func() bool {
			return l.told(func(e medialive.Event) bool {
				return e.Kind == medialive.EventChannelRuns && len(e.Details) == 1 && e.Details[0].ChannelKey == testKey &&
					e.Details[0].Run != nil && e.Details[0].Run.Switches == switches
			})
		}
	}
	eventually(t, "told", patience, told(0))
	r.set(func(r *fakeChannels) { r.report.Switches = 3 })
	eventually(t, "told anew", patience, told(3))
	if !l.told(func(e medialive.Event) bool {
		return e.Kind == medialive.EventChannel && e.Detail != nil && len(e.Detail.Play) == 2
	}) {
		t.Error("a channel came without its detail")
	}
}
