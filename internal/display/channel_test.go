package display_test

import (
	"slices"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// channel is a channel with one package that runs.
func channel(name string, state monitor.State) *monitor.Channel {
	key := medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: name}
	ch := &monitor.Channel{
		ID: monitor.ChannelID(key), Name: name, Doing: state, DoingSince: now.Add(-time.Minute), ReadAt: now, SeenAt: now, Bitrate: 4_200_000,
		Channel: medialive.Channel{ChannelKey: key, State: medialive.ChannelOn, Outputs: []medialive.Endpoint{
			{HLS: []medialive.HLSPackage{{Package: medialive.Package{ID: "p1", URL: "https://play.example.com/" + name}}}},
		}},
		Detail: &medialive.ChannelDetail{Run: &medialive.ChannelRun{
			Packages: []medialive.ChannelPackRun{{PackageID: "p1", Packager: medialive.ChannelChild{Running: true, Starts: 1}}},
		}},
	}
	return ch
}

func TestChannelsOnWalls(t *testing.T) {
	s := scene(flow("B-FLOW", monitor.StateLive))
	s.Snapshot.Channels = monitor.Channels{Complete: true, All: []*monitor.Channel{
		channel("A-CHANNEL", monitor.StateLive), channel("C-CHANNEL", monitor.StateProblem), channel("D-CHANNEL", monitor.StateOn),
	}}
	for kind, want := range map[display.Kind]string{
		display.OfFlows:    "B-FLOW",
		display.OfChannels: "A-CHANNEL C-CHANNEL D-CHANNEL",
		display.OfBoth:     "A-CHANNEL B-FLOW C-CHANNEL D-CHANNEL",
	} {
		d := display.Display{Shows: display.Shows{Mode: display.All, Kind: kind}, Look: display.Look{Layout: 16}}
		if got := names(d.Wall(s)); got != want {
			t.Errorf("%q: %q, want %q", kind, got, want)
		}
	}
	d := display.Display{Shows: display.Shows{Mode: display.Chosen, Flows: []string{monitor.ChannelID(medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "A-CHANNEL"}), "id-B-FLOW"}}, Look: display.Look{Layout: 16}}
	w := d.Wall(s)
	if got := names(w); got != "A-CHANNEL B-FLOW" {
		t.Errorf("chosen: %v", got)
	}
	tile := w.Tiles[0]
	if tile.State != display.Live || tile.Bitrate != 4.2 || tile.Joined != 1 || !slices.Equal(tile.Outputs, []display.Mark{display.MarkOK}) {
		t.Errorf("%+v", tile)
	}
	d.Shows = display.Shows{Mode: display.Abnormal, Kind: display.OfBoth}
	if w := d.Wall(s); names(w) != "C-CHANNEL" || w.Counts.Lost != 1 || w.Counts.Live != 2 {
		t.Errorf("abnormal: %v, %+v", names(w), w.Counts)
	}
}
