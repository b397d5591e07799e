package store_test

import (
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

func TestChannelMinutes(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		must(t, s.CreateChannel(ctx, newChannel("a"), nil))
		must(t, s.CreateChannel(ctx, newChannel("b"), nil))
		minute := func(uid string, n int, v float64) store.Minute {
			return store.Minute{Of: uid, At: day.Add(time.Duration(n) * time.Minute), Values: map[string]float64{"input_bandwidth": v, "pid_errors": 0}}
		}
		must(t, s.AddChannelMinutes(ctx, minute("gone", 0, 1)))
		for n := range 3 {
			must(t, s.AddChannelMinutes(ctx, minute("a", n, 1e6*float64(n))))
		}
		must(t, s.AddChannelMinutes(ctx, minute("a", 1, 0.5))) // told again
		must(t, s.AddChannelMinutes(ctx, minute("b", 0, 7)))
		got, err := s.ChannelMinutes(ctx, "a", day, day.Add(2*time.Minute))
		must(t, err)
		same(t, "minutes", got, []store.Minute{minute("a", 0, 0), minute("a", 1, 0.5)})
		last, err := s.LastChannelMinutes(ctx, "p")
		must(t, err)
		same(t, "last minutes", last, []store.Minute{minute("a", 2, 2e6), minute("b", 0, 7)})
		if other, err := s.LastChannelMinutes(ctx, "other"); err != nil || len(other) > 0 {
			t.Errorf("of another project: %v, %v", other, err)
		}

		const month = 30 * 24 * 60
		must(t, s.AddChannelMinutes(ctx, minute("a", month+2, 3)))
		got, err = s.ChannelMinutes(ctx, "a", day, day.Add(60*24*time.Hour))
		must(t, err)
		same(t, "minutes after a month", got, []store.Minute{minute("a", 2, 2e6), minute("a", month+2, 3)})
		must(t, s.DeleteChannel(ctx, "a"))
		got, err = s.ChannelMinutes(ctx, "a", day, day.Add(60*24*time.Hour))
		must(t, err)
		if len(got) > 0 {
			t.Errorf("minutes outlive their channel: %v", got)
		}
	})
}

func TestFlowMinutes(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		flow := newFlow("a", 20000)
		must(t, s.CreateFlow(ctx, flow))
		minute := func(id string, n int, v float64) store.Minute {
			return store.Minute{Of: id, At: day.Add(time.Duration(n) * time.Minute), Values: map[string]float64{"rtt": v}}
		}
		must(t, s.AddFlowMinutes(ctx, minute(flow.ID, 0, 1), minute("gone", 0, 2), minute(flow.ID, 1, 3)))
		const twoDays = 2 * 24 * 60
		must(t, s.AddFlowMinutes(ctx, minute(flow.ID, twoDays+1, 4)))
		got, err := s.FlowMinutes(ctx, flow.ID, day, day.Add(72*time.Hour))
		must(t, err)
		same(t, "minutes", got, []store.Minute{minute(flow.ID, 1, 3), minute(flow.ID, twoDays+1, 4)})
		last, err := s.LastFlowMinutes(ctx, "p")
		must(t, err)
		same(t, "last minutes", last, []store.Minute{minute(flow.ID, twoDays+1, 4)})
		if channels, err := s.LastChannelMinutes(ctx, "p"); err != nil || len(channels) > 0 {
			t.Errorf("of channels: %v, %v", channels, err)
		}
	})
}
