package display_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

var now = time.Date(2026, 11, 21, 19, 46, 8, 0, time.UTC)

// flow is a flow that is in a state, and fresh.
func flow(name string, state monitor.State) *monitor.Flow {
	f := &monitor.Flow{
		ID: "id-" + name, Name: name, State: state, StateSince: now.Add(-time.Minute), Status: medialive.Active,
		SeenAt: now.Add(-time.Second), DetailAt: now.Add(-time.Second), Protocol: medialive.Listener,
		Statistics: &medialive.FlowStatistics{Source: medialive.LegStatistics{State: medialive.LegConnected, Bitrate: 8_240_000, Loss: 1.4, Peer: "203.0.113.25:9"}},
	}
	if state == monitor.StateStandby {
		f.Status = medialive.Standby
	}
	return f
}

// scene is what is known of some flows.
func scene(flows ...*monitor.Flow) display.Scene {
	return display.Scene{
		Now: now, Awake: true, Covered: true, Alarms: &alarm.View{}, History: func(string) []monitor.Sample { return nil },
		Snapshot: snapshot(flows...),
	}
}

func snapshot(flows ...*monitor.Flow) *monitor.Snapshot {
	return &monitor.Snapshot{Complete: true, Link: monitor.Link{OK: true}, Flows: flows}
}

// names are the names on the tiles.
func names(w display.Wall) string {
	var all []string
	for _, t := range w.Tiles {
		all = append(all, t.Name)
	}
	return strings.Join(all, " ")
}

// many are n live flows A00, A01 …
func many(n int) []*monitor.Flow {
	var all []*monitor.Flow
	for i := range n {
		all = append(all, flow(fmt.Sprintf("A%02d", i), monitor.StateLive))
	}
	return all
}

// unacked is an alarm that lasts and that nobody has acknowledged.
func unacked(flows ...string) *alarm.View {
	v := &alarm.View{}
	for _, name := range flows {
		v.Active = append(v.Active, &alarm.Alarm{ID: "a-" + name, FlowID: "id-" + name, Since: now, Raised: now})
	}
	return v
}

func TestWhatADisplayShows(t *testing.T) {
	standby, lost := flow("STANDBY", monitor.StateStandby), flow("LOST", monitor.StateSourceLost)
	caller := flow("CALLER", monitor.StateLive)
	caller.Protocol = medialive.Caller
	waiting, stale := flow("WAITING", monitor.StateWaiting), flow("STALE", monitor.StateStale)
	out, unknown := flow("OUT", monitor.StateOutputLost), flow("UNKNOWN", monitor.StateUnknown)
	all := []*monitor.Flow{caller, lost, out, stale, standby, unknown, waiting}
	for name, c := range map[string]struct {
		shows display.Shows
		want  string
	}{
		"all, by name":           {display.Shows{Mode: display.All}, "CALLER LOST OUT STALE STANDBY UNKNOWN WAITING"},
		"a name, in any case":    {display.Shows{Mode: display.All, Query: "sta"}, "STALE STANDBY"},
		"what is stopped":        {display.Shows{Mode: display.All, Status: "STANDBY"}, "STANDBY"},
		"callers":                {display.Shows{Mode: display.All, Protocol: "srt-caller"}, "CALLER"},
		"chosen ones, in order":  {display.Shows{Mode: display.Chosen, Flows: []string{"id-WAITING", "id-gone", "id-CALLER"}}, "WAITING CALLER"},
		"chosen, whatever else":  {display.Shows{Mode: display.Chosen, Query: "no", Flows: []string{"id-LOST"}}, "LOST"},
		"abnormal, worst first":  {display.Shows{Mode: display.Abnormal}, "LOST OUT UNKNOWN STALE WAITING"},
		"abnormal of a name":     {display.Shows{Mode: display.Abnormal, Query: "l"}, "LOST STALE"},
		"not by an address":      {display.Shows{Mode: display.All, Query: "203.0"}, ""},
		"nothing of that name":   {display.Shows{Mode: display.Abnormal, Query: "zz"}, ""},
		"not by a description":   {display.Shows{Mode: display.All, Query: "id-"}, ""},
		"abnormal, none of them": {display.Shows{Mode: display.Abnormal, Status: "STANDBY"}, ""},
	} {
		d := plain("wall")
		d.Shows = c.shows
		if got := names(d.Wall(scene(all...))); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	d := plain("wall")
	d.Shows.Mode = display.Abnormal
	w := d.Wall(scene(all...))
	if w.Normal != 2 || w.Counts != (display.Tally{Lost: 1, Degraded: 1, Waiting: 1, Stale: 2, Live: 1, Standby: 1}) {
		t.Errorf("normal %d, counts %+v", w.Normal, w.Counts)
	}
}

// Whatever does not fit, nothing that is not as it should be is out of sight
// unless a number tells so.
func TestLadder(t *testing.T) {
	flows := many(20)
	flows[17], flows[18] = flow("B17", monitor.StateSourceLost), flow("B18", monitor.StateWaiting)
	slices.SortFunc(flows, func(a, b *monitor.Flow) int { return strings.Compare(a.Name, b.Name) })
	for _, size := range display.Layouts() {
		d := plain("wall")
		d.Look.Layout = size
		w := d.Wall(scene(flows...))
		switch {
		case size >= 20 && (w.Abnormal || len(w.Tiles) != 20 || w.Pages != 1):
			t.Errorf("%d tiles: abnormal %v, %d tiles, %d pages", size, w.Abnormal, len(w.Tiles), w.Pages)
		case size < 20 && (!w.Abnormal || w.Normal != 18 || len(w.Tiles)+w.Hidden != 2 || w.Tiles[0].Name != "B17"):
			t.Errorf("%d tiles: abnormal %v, %d normal, %d tiles and %d hidden", size, w.Abnormal, w.Normal, len(w.Tiles), w.Hidden)
		}
	}
}

func TestPagesTurn(t *testing.T) {
	d := plain("wall")
	d.Look.Layout, d.Look.Rotate = 9, 10
	flows := many(20)
	seen := map[int]string{}
	var order []int
	for range 6 {
		s := scene(flows...)
		s.Now = now.Add(time.Duration(len(order)) * 10 * time.Second)
		w := d.Wall(s)
		order = append(order, w.Page)
		if w.Pages != 3 || w.Held || w.Fixed || w.Abnormal || seen[w.Page] != "" && seen[w.Page] != names(w) {
			t.Fatalf("page %d of %d, %+v", w.Page, w.Pages, w)
		}
		seen[w.Page] = names(w)
	}
	if len(seen) != 3 || order[0] != order[3] || order[1] != order[4] || len(strings.Fields(seen[1]+" "+seen[2]+" "+seen[3])) != 20 {
		t.Errorf("order %v, pages %v", order, seen)
	}
	s := scene(flows...)
	s.Page = 2
	if w := d.Wall(s); w.Page != 2 || !w.Fixed || names(w) != seen[2] {
		t.Errorf("asked for page 2: %d, fixed %v", w.Page, w.Fixed)
	}
	if s.Page = 99; d.Wall(s).Page != 3 {
		t.Errorf("asked for page 99: %d", d.Wall(s).Page)
	}
}

// An alarm that nobody has acknowledged keeps its page; one that somebody has,
// and one that is over, do not.
func TestAlarmHoldsThePage(t *testing.T) {
	d := plain("wall")
	d.Look.Layout, d.Look.Rotate = 4, 10
	flows := many(12)
	flows[5], flows[9] = flow("A05", monitor.StateLoss), flow("A09", monitor.StateSourceLost)
	s := scene(flows...)
	s.Alarms = unacked("A05", "A09")
	for i := range 4 {
		s.Now = now.Add(time.Duration(i) * 10 * time.Second)
		w := d.Wall(s)
		if !w.Held || w.Page != 3 || !slices.Equal(w.AlarmPages, []int{2, 3}) || !w.Tiles[1].Unacked || w.Tiles[0].Unacked {
			t.Fatalf("held %v at page %d, alarms on %v", w.Held, w.Page, w.AlarmPages)
		}
	}
	for name, end := range map[string]func(*alarm.Alarm){
		"acknowledged": func(a *alarm.Alarm) { a.AckedAt = now }, "over": func(a *alarm.Alarm) { a.Cleared = now },
	} {
		s.Alarms = unacked("A05", "A09")
		for _, a := range s.Alarms.Active {
			end(a)
		}
		if w := d.Wall(s); w.Held || len(w.AlarmPages) != 0 {
			t.Errorf("%s: held %v", name, w.Held)
		}
	}
	d.Shows.Mode = display.Abnormal
	s.Alarms = unacked("A00") // live, and outside of its band
	if got := names(d.Wall(s)); got != "A09 A05 A00" {
		t.Errorf("abnormal with an alarm of a live flow: %q", got)
	}
}

func TestTile(t *testing.T) {
	f := flow("MD4_WF-A", monitor.StateOutputLost)
	f.Care.Protect = &monitor.Protect{Owner: "op-1", Since: now.Add(-time.Hour), Reason: "a secret reason"}
	f.Care.Tally = monitor.Tally{Lamp: monitor.LampOnAir}
	f.Outputs = []monitor.Output{
		{Name: "A", State: monitor.OutputOK},
		{Name: "B", State: monitor.OutputLost, Since: now.Add(-time.Second)},
		{Name: "C", State: monitor.OutputLost, Since: now.Add(-time.Minute)},
		{Name: "D", State: monitor.OutputLoss},
		{Name: "E", State: monitor.OutputOff},
	}
	tile := plain("wall").Wall(scene(f)).Tiles[0]
	want := display.Tile{
		Name: "MD4_WF-A", State: display.OutputLost, Since: f.StateSince, ReadAt: f.SeenAt, Loss: 1.4, Bitrate: 8.24, Rate: display.Fresh,
		Outputs: []display.Mark{display.MarkOK, display.MarkLost, display.MarkLost, display.MarkLoss, display.MarkOff},
		Joined:  2, Count: display.Fresh, Output: "C", Place: 3, Measured: true,
		Owner: "op-1", Protected: now.Add(-time.Hour), Lamp: display.LampOnAir,
	}
	if !reflect.DeepEqual(tile, want) {
		t.Errorf("\n got %+v\nwant %+v", tile, want)
	}
}

// An old number is never shown as new: what is too old has none at all.
func TestAgesOfATile(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*monitor.Flow)
		rate   display.Age
		count  display.Age
	}{
		"fresh":           {func(*monitor.Flow) {}, display.Fresh, display.Fresh},
		"aging":           {func(f *monitor.Flow) { f.Aging = true }, display.Old, display.Old},
		"media aging":     {func(f *monitor.Flow) { f.Ages.Media = monitor.Old }, display.Old, display.Old},
		"media gone":      {func(f *monitor.Flow) { f.Ages.Media = monitor.Gone }, display.Gone, display.Gone},
		"stale":           {func(f *monitor.Flow) { f.State = monitor.StateStale }, display.Gone, display.Gone},
		"unknown":         {func(f *monitor.Flow) { f.State = monitor.StateUnknown }, display.Gone, display.Fresh},
		"never measured":  {func(f *monitor.Flow) { f.Statistics = nil }, display.Never, display.Fresh},
		"never read":      {func(f *monitor.Flow) { f.DetailAt = time.Time{} }, display.Fresh, display.Gone},
		"starting":        {func(f *monitor.Flow) { f.State = monitor.StateStarting }, display.Never, display.Fresh},
		"output not read": {func(f *monitor.Flow) { f.Outputs = []monitor.Output{{State: monitor.OutputUnknown}} }, display.Fresh, display.Gone},
	} {
		f := flow("A", monitor.StateLive)
		c.change(f)
		tile := plain("wall").Wall(scene(f)).Tiles[0]
		if tile.Rate != c.rate || tile.Count != c.count {
			t.Errorf("%s: rate %d, count %d; want %d, %d", name, tile.Rate, tile.Count, c.rate, c.count)
		}
		if shown := tile.Rate == display.Fresh || tile.Rate == display.Old; shown != (tile.Bitrate > 0) {
			t.Errorf("%s: bitrate %v with age %d", name, tile.Bitrate, tile.Rate)
		}
	}
}

func TestCauseIsAWordOfOurs(t *testing.T) {
	for said, want := range map[string]display.Cause{
		"nobody answers": display.CauseNobody, "the far end uses another passphrase": display.CausePassphrase,
		"only one side uses a passphrase": display.CauseOneSide, "the far end does not allow this address": display.CauseAddress,
		"the far end refused: 203.0.113.9 says no (1401)": display.CauseRefused, "cannot call 203.0.113.9:5000": display.CauseUnknown, "": display.CauseUnknown,
	} {
		f := flow("A", monitor.StateSourceLost)
		f.Statistics.Source.Problem = said
		if got := plain("wall").Wall(scene(f)).Tiles[0].Cause; got != want {
			t.Errorf("%q is %q, want %q", said, got, want)
		}
	}
}

func TestWhyThereIsNoTile(t *testing.T) {
	none := func(change func(*display.Scene, *display.Display)) display.Wall {
		s, d := scene(), plain("wall")
		change(&s, &d)
		return d.Wall(s)
	}
	asleep := scene(flow("A", monitor.StateLive))
	asleep.Awake = false
	if w := plain("wall").Wall(asleep); len(w.Tiles) != 0 || w.Counts != (display.Tally{}) || w.Why != display.WhyReading {
		t.Errorf("what nobody reads is shown: %+v", w)
	}
	for want, change := range map[display.Why]func(*display.Scene, *display.Display){
		display.WhyReading:    func(s *display.Scene, _ *display.Display) { s.Snapshot = &monitor.Snapshot{} },
		display.WhyCredential: func(s *display.Scene, _ *display.Display) { s.Awake, s.Covered = false, false },
		display.WhyNoFlows:    func(*display.Scene, *display.Display) {},
		display.WhyNoMatch: func(s *display.Scene, d *display.Display) {
			s.Snapshot = snapshot(flow("A", monitor.StateLive))
			d.Shows.Query = "zz"
		},
		display.WhyAllNormal: func(s *display.Scene, d *display.Display) {
			s.Snapshot = snapshot(flow("A", monitor.StateLive))
			d.Shows.Mode = display.Abnormal
		},
	} {
		if w := none(change); w.Why != want || len(w.Tiles) != 0 {
			t.Errorf("%q with %d tiles, want %q", w.Why, len(w.Tiles), want)
		}
	}
}

// A trace changes with each of its steps and not with each second.
func TestTraceStays(t *testing.T) {
	var history []monitor.Sample
	for i := range 600 {
		history = append(history, monitor.Sample{At: now.Add(time.Duration(i-599) * time.Second), Bitrate: int64(i) * 1e6})
	}
	history[100].Bitrate = -1
	s := scene(flow("A", monitor.StateLive))
	s.History = func(string) []monitor.Sample { return history }
	s.Now = now.Truncate(10 * time.Second)
	first := plain("wall").Wall(s).Tiles[0].Trace
	if len(first) < 59 || len(first) > 61 {
		t.Errorf("%d points for ten minutes", len(first))
	}
	s.Now = s.Now.Add(9 * time.Second)
	if later := plain("wall").Wall(s).Tiles[0].Trace; !reflect.DeepEqual(first, later) {
		t.Error("it changed within a step")
	}
	s.Now = s.Now.Add(time.Second)
	if later := plain("wall").Wall(s).Tiles[0].Trace; reflect.DeepEqual(first, later) {
		t.Error("it did not change after a step")
	}
}
