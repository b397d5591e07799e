// Package walltest has boards to look at and to test with: every layout, every
// state, the longest texts.
package walltest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
	"github.com/flowdeck/flowdeck/web/templates/wall"
)

// longestName is as long as the service lets a name be, and differs from its
// neighbour's at the end only.
var longestName = "UEFA-MD4-WORLDFEED-" + strings.Repeat("INTERNATIONAL-", 3)

// Sample is a board with a name of its own.
type Sample struct {
	Name  string
	Board wall.Board
}

// studio makes boards in one language, as of one moment.
type studio struct {
	t   *text.Strings
	now time.Time
}

// Board is a board of a layout, with as many tiles, most of them live.
func Board(t *text.Strings, now time.Time, layout int) wall.Board {
	s := studio{t, now}
	return s.board(layout, s.tiles(layout))
}

// Longest is a board whose texts are as long as they can be.
func Longest(t *text.Strings, now time.Time, layout int) wall.Board {
	s := studio{t, now}
	return s.board(layout, s.longest(layout))
}

// Samples are all boards.
func Samples(t *text.Strings, now time.Time) []Sample {
	s := studio{t, now}
	var out []Sample
	for _, n := range []int{1, 4, 9, 16, 25, 36} {
		out = append(out, Sample{fmt.Sprintf("wall-%d", n), Board(t, now, n)}, Sample{fmt.Sprintf("wall-longest-%d", n), Longest(t, now, n)})
	}
	for _, scale := range wall.Scales {
		b := s.board(16, s.everyState())
		b.Scale = scale
		out = append(out, Sample{fmt.Sprintf("wall-scale-%d", scale), b})
	}
	return append(append(out, s.situations()...), s.nothings()...)
}

// situations are boards of their own kind.
func (s studio) situations() []Sample {
	plain := s.board(16, s.everyState())
	plain.Tally = false
	paged := s.board(36, s.tiles(36))
	paged.Pages = wall.Pages{Now: 2, Of: 3, Held: true, Alarms: []int{2}}
	abnormal := s.board(9, s.everyState()[:9])
	abnormal.Abnormal, abnormal.Normal, abnormal.Hidden = true, 142, 3
	down := s.board(16, s.everyState())
	down.Link = wall.Link{Down: true, Since: s.before(42 * time.Second)}
	named := s.board(16, s.everyState())
	named.Name = longestName
	for i := range named.Counts {
		named.Counts[i].Count += 100
	}
	turning := s.board(1, s.tiles(1))
	turning.Abnormal, turning.Normal, turning.Pages = true, 964, wall.Pages{Now: 36, Of: 36, Held: true, Alarms: []int{3, 36}}
	endless := s.board(1, s.tiles(1))
	endless.Pages = wall.Pages{Now: 57, Of: 360, Held: true, Alarms: []int{57}}
	return []Sample{
		{"wall-noc", plain},
		{"wall-pages", paged},
		{"wall-abnormal", abnormal},
		{"wall-down", down},
		{"wall-named", named},
		{"wall-turning", turning},
		{"wall-endless", endless},
	}
}

// nothings are boards without a tile.
func (s studio) nothings() []Sample {
	var out []Sample
	for _, why := range []wall.Why{wall.WhyReading, wall.WhyCredential, wall.WhyNoFlows, wall.WhyNoMatch, wall.WhyAllNormal} {
		b := s.board(16, nil)
		b.Why, b.Abnormal = why, why == wall.WhyAllNormal
		if b.Abnormal {
			b.Normal = 142
		}
		out = append(out, Sample{"wall-" + strings.ReplaceAll(string(why), "_", "-"), b})
	}
	return out
}

func (s studio) board(layout int, tiles []wall.Tile) wall.Board {
	return wall.Board{
		T: s.t, Name: "MCR wall 1", Now: s.now, Version: "1", Layout: layout, Tiles: tiles, Tally: true, Zone: "Asia/Singapore",
		Counts: s.counts(tiles),
	}
}

func (s studio) counts(tiles []wall.Tile) []wall.Count {
	kinds := map[wall.State]wall.CountKind{
		wall.SourceLost: wall.CountLost, wall.Loss: wall.CountDegraded, wall.OutputLost: wall.CountDegraded, wall.Waiting: wall.CountWaiting,
		wall.Stale: wall.CountStale, wall.Unknown: wall.CountStale, wall.Starting: wall.CountChanging, wall.Stopping: wall.CountChanging,
		wall.Live: wall.CountLive, wall.Standby: wall.CountStandby,
	}
	n := map[wall.CountKind]int{}
	for _, t := range tiles {
		n[kinds[t.State]]++
	}
	var out []wall.Count
	for _, k := range []wall.CountKind{
		wall.CountLost, wall.CountDegraded, wall.CountWaiting, wall.CountStale, wall.CountChanging, wall.CountLive, wall.CountStandby,
	} {
		out = append(out, wall.Count{Kind: k, Count: n[k]})
	}
	return out
}

func (s studio) before(d time.Duration) time.Time { return s.now.Add(-d) }

func (s studio) liveTile(name string, rate float64, outputs int) wall.Tile {
	return wall.Tile{
		Name: name, State: wall.Live, Since: s.before(6 * time.Hour), Bitrate: rate, Rate: wall.Fresh, Count: wall.Fresh, ReadAt: s.now, Joined: outputs,
		Outputs: slots(outputs, ui.SlotOK), Trace: wallTrace(len(name)),
	}
}

func slots(n int, kind ui.SlotKind) []ui.SlotKind {
	out := make([]ui.SlotKind, n)
	for i := range out {
		out[i] = kind
	}
	return out
}

func wallTrace(seed int) ui.Sparkline {
	values := make([]float64, 60)
	for i := range values {
		x := float64(i)
		values[i] = 8 + 0.08*math.Sin(x/3+float64(seed)) + 0.12*math.Sin(x*1.7+float64(seed*3))
	}
	return ui.Trace(values, false)
}

// everyState is the wall of the picture that was drawn before there was one, and
// the states that it has not.
func (s studio) everyState() []wall.Tile {
	output, lost := s.liveTile("MD4 WF-A", 8.24, 6), s.liveTile("MD4 WF-B", 0, 6)
	output.State, output.Since, output.Output, output.Place, output.Joined = wall.OutputLost, s.before(192*time.Second), "AFFILIATE-DOHA", 4, 5
	output.Outputs[3] = ui.SlotLost
	lost.State, lost.Since, lost.Cause, lost.Unacked = wall.SourceLost, s.before(42*time.Second), wall.CauseNobody, true
	tact, bty := s.liveTile("MD4 TACT", 8.02, 3), s.liveTile("MD4 BTY", 7.98, 4)
	output.Lamp, lost.Lamp, tact.Lamp, bty.Lamp = wall.LampOnAir, wall.LampReady, wall.LampOnAir, wall.LampReady
	for _, t := range []*wall.Tile{&output, &lost, &tact, &bty} {
		t.Owner, t.Protected = "op-1", s.before(104*time.Minute)
	}
	loss := s.liveTile("ST1 PGM", 20.14, 10)
	loss.State, loss.Since, loss.Loss, loss.Lamp, loss.Owner, loss.Protected = wall.Loss, s.before(18*time.Second), 1.2, wall.LampOnAir, "op-3", s.before(13*time.Hour)
	acked := lost
	acked.Name, acked.Unacked, acked.Since, acked.Owner, acked.Lamp = "ST1 RTN", false, s.before(130*time.Minute), "", ""
	starting, stopping := s.liveTile("ST2 PGM", 0, 7), s.liveTile("ST2 RTN", 6, 2)
	starting.State, starting.Since, starting.Joined, starting.Outputs = wall.Starting, s.before(7*time.Second), 0, slots(7, ui.SlotStarting)
	stopping.State, stopping.Since, stopping.Joined, stopping.Outputs = wall.Stopping, s.before(3*time.Second), 0, slots(2, ui.SlotStopping)
	aging := s.liveTile("RIYADH", 4.08, 3)
	aging.Aging, aging.ReadAt = true, s.before(12*time.Second)
	stale := wall.Tile{Name: "NAIROBI", State: wall.Stale, Since: s.before(31 * time.Second), ReadAt: s.before(31 * time.Second), Outputs: slots(3, ui.SlotUnknown), Rate: wall.Gone, Count: wall.Gone}
	waiting := wall.Tile{Name: "OB 2", State: wall.Waiting, Since: s.before(708 * time.Second), ReadAt: s.now, Outputs: slots(3, ui.SlotIdle), Count: wall.Fresh}
	unknown := wall.Tile{Name: "OB 5", State: wall.Unknown, Since: s.before(65 * time.Second), ReadAt: s.before(65 * time.Second), Outputs: slots(3, ui.SlotUnknown), Rate: wall.Gone, Count: wall.Gone}
	ready := s.liveTile("KGL CLN", 9.91, 4)
	ready.Lamp = wall.LampReady
	cloud := s.liveTile("KGL PGM", 0, 5)
	cloud.Rate, cloud.Trace = wall.Never, ui.Sparkline{}
	standby := wall.Tile{Name: "LEEDS 1", State: wall.Standby, Outputs: slots(3, ui.SlotOff)}
	return []wall.Tile{output, lost, tact, bty, loss, acked, starting, stopping, aging, stale, waiting, unknown, ready, cloud, standby, {Name: "LEEDS 2", State: wall.Standby}}
}

// tiles are so many, most of them live.
func (s studio) tiles(n int) []wall.Tile {
	all := s.everyState()
	for i := len(all); i < n; i++ {
		all = append(all, s.liveTile(fmt.Sprintf("OB %d", i+3), 4+float64(i)/7, i%10+1))
	}
	return all[:n]
}

// longest are tiles with the longest texts that each state can have.
func (s studio) longest(n int) []wall.Tile {
	all := s.tiles(max(n, 16))
	for i := range all {
		t := &all[i]
		t.Name = longestName + fmt.Sprintf("%c", 'A'+i%26)
		t.Owner, t.Protected = "operator-with-a-long-name@example.com", s.before(3*time.Hour)
		t.Since, t.Unacked = s.before(100*time.Hour-time.Minute), t.State == wall.SourceLost || t.State == wall.OutputLost
		t.Bitrate, t.Loss = 199.99, 88.8
		if t.State == wall.OutputLost {
			t.Outputs, t.Joined, t.Place, t.Output = append(slots(9, ui.SlotOK), ui.SlotLost), 9, 10, strings.Repeat("AFFILIATE-", 6)
		}
		if t.Cause != "" {
			t.Cause = wall.CauseAddress
		}
		if t.State == wall.Live {
			t.Lamp = wall.LampOnAir
		}
	}
	return all[:n]
}
