package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/store"
)

func newChannel(uid string) store.Channel {
	return store.Channel{
		UID: uid, ProjectID: "p", ChannelKey: store.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch-" + uid},
		State: "OFF", Definition: []byte{0, 1}, CreatedAt: day, ChangedAt: day,
	}
}

func wantTaken(t *testing.T, err error, address string) {
	t.Helper()
	if taken := (*store.AddressTakenError)(nil); !errors.As(err, &taken) || taken.Address != address {
		t.Errorf("error %v, want that %s is taken", err, address)
	}
}

func TestChannel(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		a := newChannel("a")
		_, err := s.Channel(ctx, "p", a.ChannelKey)
		wantErr(t, err, store.ErrNotFound)
		must(t, s.CreateChannel(ctx, a, []string{"x/1", "x/2"}))
		got, err := s.Channel(ctx, "p", a.ChannelKey)
		must(t, err)
		same(t, "channel", got, a)
		for _, project := range []string{"other", "", "p\x00"} {
			_, err := s.Channel(ctx, project, a.ChannelKey)
			wantErr(t, err, store.ErrNotFound)
		}
		again := a
		again.UID = "b"
		wantErr(t, s.CreateChannel(ctx, again, nil), store.ErrExists)
		again.ProjectID = "q"
		wantTaken(t, s.CreateChannel(ctx, again, []string{"x/3", "x/2"}), "x/2")
		must(t, s.CreateChannel(ctx, again, []string{"x/3"}))

		a.State, a.Definition, a.ChangedAt = "ON", []byte{2}, day.Add(time.Second)
		wantTaken(t, s.UpdateChannel(ctx, a, []string{"x/1", "x/3"}), "x/3")
		must(t, s.UpdateChannel(ctx, a, []string{"x/1", "x/4"}))
		on, err := s.ChannelsIn(ctx, "ON")
		must(t, err)
		same(t, "channels that are ON", on, []store.Channel{a})
		c := newChannel("c")
		must(t, s.CreateChannel(ctx, c, []string{"x/2"}))
		wantTaken(t, s.UpdateChannel(ctx, c, []string{"x/4"}), "x/4")
		must(t, s.DeleteChannel(ctx, "a"))
		wantErr(t, s.DeleteChannel(ctx, "a"), store.ErrNotFound)
		wantErr(t, s.UpdateChannel(ctx, a, nil), store.ErrNotFound)
		must(t, s.UpdateChannel(ctx, c, []string{"x/4"}))
	})
}

func TestChannelPages(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		for i, uid := range []string{"a", "b", "c", "d"} {
			v := newChannel(uid)
			v.CreatedAt = day.Add(time.Duration(i/2) * time.Second)
			if uid == "d" {
				v.Domain, v.AppName = "other.example.com", "ott"
			}
			must(t, s.CreateChannel(ctx, v, nil))
		}
		for filter, want := range map[store.ChannelKey][]string{
			{}:                               {"c", "d", "a", "b"},
			{Domain: "push.example.com"}:     {"c", "a", "b"},
			{AppName: "ott"}:                 {"d"},
			{ID: "ch-b"}:                     {"b"},
			{AppName: "ott", ID: "ch-b"}:     nil,
			{Domain: "push.example.com\x00"}: nil,
		} {
			vs, total, err := s.Channels(ctx, "p", filter, 10, 0)
			must(t, err)
			var got []string
			for _, v := range vs {
				got = append(got, v.UID)
			}
			if !slices.Equal(got, want) || total != len(want) {
				t.Errorf("%+v: %v of %d, want %v", filter, got, total, want)
			}
		}
		vs, total, err := s.Channels(ctx, "p", store.ChannelKey{}, 2, 1)
		must(t, err)
		if total != 4 || len(vs) != 2 || vs[0].UID != "d" || vs[1].UID != "a" {
			t.Errorf("page %+v of %d", vs, total)
		}
	})
}

// TestChannelAddressesAreTakenOnce lets many want the same addresses at once.
func TestChannelAddressesAreTakenOnce(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		won := race(t, 8, func(ctx context.Context, i int) (bool, error) {
			addresses := []string{"x/1", "x/2"}
			if i%2 == 0 {
				slices.Reverse(addresses)
			}
			err := s.CreateChannel(ctx, newChannel(fmt.Sprint(i)), addresses)
			if taken := (*store.AddressTakenError)(nil); errors.As(err, &taken) {
				return false, nil
			}
			return err == nil, err
		})
		if won != 1 {
			t.Errorf("%d channels got the addresses", won)
		}
	})
}

func TestSignals(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		must(t, s.CreateChannel(ctx, newChannel("a"), nil))
		must(t, s.CreateChannel(ctx, newChannel("b"), nil))
		signal := func(at time.Time, kind string) store.Signal {
			return store.Signal{At: at, Kind: kind, EventID: 1 << 31, Duration: -1, Segmentation: "-", Data: "/DA=", Decoded: "{}"}
		}
		insert, other := signal(day, "splice_insert"), signal(day.Add(time.Second), "time_signal")
		for _, v := range []store.Signal{other, insert, insert} {
			must(t, s.AddSignal(ctx, "a", v))
		}
		must(t, s.AddSignal(ctx, "gone", insert))
		read := func(kind string, from, to time.Time, want ...store.Signal) {
			t.Helper()
			got, total, err := s.Signals(ctx, "a", kind, from, to, 10, 0)
			must(t, err)
			same(t, "signals", got, want)
			same(t, "total", total, len(want))
		}
		read("", day, other.At, insert, other)
		read("", day.Add(1e6), other.At, other)
		read("", day, other.At.Add(-1e6), insert)
		read("time_signal", day, other.At, other)
		got, total, err := s.Signals(ctx, "a", "", day, other.At, 1, 1)
		must(t, err)
		same(t, "page", got, []store.Signal{other})
		same(t, "total", total, 2)

		late := signal(other.At.Add(30*24*time.Hour), "splice_insert")
		must(t, s.AddSignal(ctx, "a", late))
		read("", day, late.At, other, late)
		must(t, s.DeleteChannel(ctx, "a"))
		read("", day, late.At)
	})
}

// TestChannelPorts: what channels listen on no flow may take, and no two channels.
func TestChannelPorts(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store, _ string) {
		ctx := t.Context()
		a, b := newChannel("a"), newChannel("b")
		a.SRTPort, a.PushPort = 20001, 1935 // TCP is another matter
		must(t, s.CreateChannel(ctx, a, nil))
		b.SRTPort = 20001
		wantErr(t, s.CreateChannel(ctx, b, nil), store.ErrExists)
		a.SRTStandby = 20002
		must(t, s.UpdateChannel(ctx, a, nil))
		got, err := s.Channel(ctx, "p", a.ChannelKey)
		must(t, err)
		same(t, "channel", got, a)
		wantPorts(t, s, 20001, 20002)
		must(t, s.DeleteChannel(ctx, "a"))
		wantPorts(t, s)
	})
}
