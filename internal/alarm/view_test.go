package alarm

import (
	"slices"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
)

// TestManyWithoutChannels: for who may not be shown channels, a parent counts its
// other members only, is no more urgent than those, and is not there where it has
// none.
func TestManyWithoutChannels(t *testing.T) {
	channel := monitor.ChannelIDs + "push.example.com/live/one"
	of := func(id, flow, parent string, p Priority) *Alarm {
		return &Alarm{ID: id, Kind: SourceLost, FlowID: flow, Parent: parent, Priority: p, Raised: began.Add(time.Second)}
	}
	v := &View{
		Active: []*Alarm{
			{ID: "m1", Kind: Many, Priority: High, Members: 4},
			{ID: "m2", Kind: Many, Priority: High, Members: 3},
			of("c0", channel, "", High), of("f0", "7", "", Medium),
		},
		Members: []*Alarm{
			of("c1", channel, "m1", High), of("f1", "1", "m1", Low), of("f2", "2", "m1", Low),
			of("c2", channel, "m2", High), of("c3", channel+"2", "m2", High),
		},
		Shelved: []*Alarm{of("f3", "3", "m1", Low), of("c4", channel+"4", "", High)},
		Shelves: []Shelf{{ID: "s1", FlowID: channel}, {ID: "s2", FlowID: "3"}}, Unacked: 4, High: 3, Medium: 1,
	}
	got := v.WithoutChannels()
	if want := []string{"source_lost 7 unacked p2 x0", "many unacked p1 x0 of 3"}; !slices.Equal(toldAll(got.Active), want) {
		t.Errorf("active %q, want %q", toldAll(got.Active), want)
	}
	if got.Unacked != 2 || got.High != 0 || got.Medium != 1 || got.Low != 1 {
		t.Errorf("%+v", got)
	}
	if len(got.Members) != 2 || len(got.Shelved) != 1 || len(got.Shelves) != 1 {
		t.Errorf("%d members, %d shelved, %d shelves", len(got.Members), len(got.Shelved), len(got.Shelves))
	}
	if v.Active[0].Members != 4 || v.Active[0].Priority != High {
		t.Error("what others are shown was changed")
	}
	if again := got.WithoutChannels(); again != got {
		t.Error("there is nothing to leave out any more")
	}
}
