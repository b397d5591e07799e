package handlers

import (
	"math"
	"time"

	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
	wallview "github.com/flowdeck/flowdeck/web/templates/wall"
)

// wallTracePoints is how many points the trace of a tile has.
const wallTracePoints = 60

// boardOf is what a display shows of a scene, in its language. All that is on it
// comes through the projection, which has no ids and no addresses.
func boardOf(d display.Display, s display.Scene, version string) wallview.Board {
	w := d.Wall(s)
	b := wallview.Board{
		T: text.For(d.Look.Language), Name: w.Name, Now: w.At, Version: version,
		Layout: d.Look.Layout, Tally: d.Look.Tally, Scale: d.Look.Scale, Zone: d.Look.Zone,
		Counts:   countsOf(w.Counts),
		Pages:    wallview.Pages{Now: w.Page, Of: w.Pages, Fixed: w.Fixed, Held: w.Held, Alarms: w.AlarmPages},
		Abnormal: w.Abnormal, Normal: w.Normal, Hidden: w.Hidden, Why: wallview.Why(w.Why),
		Link: wallview.Link{Down: w.Link.Down, Since: w.Link.Since},
	}
	for _, tile := range w.Tiles {
		b.Tiles = append(b.Tiles, wallTile(tile, w.At))
	}
	return b
}

func countsOf(n display.Tally) []wallview.Count {
	return []wallview.Count{
		{Kind: wallview.CountLost, Count: n.Lost},
		{Kind: wallview.CountDegraded, Count: n.Degraded},
		{Kind: wallview.CountWaiting, Count: n.Waiting},
		{Kind: wallview.CountStale, Count: n.Stale},
		{Kind: wallview.CountChanging, Count: n.Changing},
		{Kind: wallview.CountLive, Count: n.Live},
		{Kind: wallview.CountStandby, Count: n.Standby},
	}
}

// wallTile is a tile as its template wants it.
func wallTile(f display.Tile, now time.Time) wallview.Tile {
	tile := wallview.Tile{
		Name: f.Name, Channel: f.Channel, State: wallview.State(f.State), Since: f.Since,
		Aging: f.Aging, ReadAt: f.ReadAt, Unacked: f.Unacked, Cause: wallview.Cause(f.Cause),
		Loss: f.Loss, Bitrate: f.Bitrate, Rate: wallview.Age(f.Rate),
		Joined: f.Joined, Count: wallview.Age(f.Count), Output: f.Output, Place: f.Place,
		Owner: f.Owner, Protected: f.Protected, Lamp: wallview.Lamp(f.Lamp),
	}
	if f.Still.Key != "" {
		tile.Still = wallview.Still{URL: wallPath + "/picture/" + f.Still.Key + "?at=" + stamp(f.Still.At), At: f.Still.At, Old: now.Sub(f.Still.At) > stillOld}
	}
	for _, m := range f.Outputs {
		tile.Outputs = append(tile.Outputs, ui.SlotKind(m))
	}
	if f.Measured {
		tile.Trace = wallTrace(f, now)
	}
	return tile
}

// wallTrace draws the last ten minutes of a source. It ends with the last step
// that is over, so that it stays the same until the next one is.
func wallTrace(f display.Tile, now time.Time) ui.Sparkline {
	if len(f.Trace) == 0 {
		return ui.Sparkline{Flat: true}
	}
	const step = historySpan / wallTracePoints
	end := now.Truncate(step)
	values := make([]float64, wallTracePoints)
	for i := range values {
		values[i] = math.NaN()
	}
	for _, s := range f.Trace {
		i := wallTracePoints - int(end.Sub(s.At)/step)
		if i >= 0 && i < wallTracePoints && s.Mbps >= 0 {
			values[i] = s.Mbps
		}
	}
	return ui.Trace(values, f.State == display.Stale)
}
