package display

import (
	"cmp"
	"slices"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// Kind is of what a display is, where none is chosen by itself.
type Kind string

// The kinds.
const (
	OfFlows    Kind = "" // flows alone
	OfChannels Kind = "channels"
	OfBoth     Kind = "both"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{OfFlows, OfChannels, OfBoth} }

// things gives the flows of a project and its channels, as far as a display is
// about them: those by name, these in the same order.
func (d Display) things(s *monitor.Snapshot) []*monitor.Flow {
	var all []*monitor.Flow
	if d.Shows.Kind != OfChannels || d.Shows.Mode == Chosen {
		all = append(all, s.Flows...)
	}
	if d.Shows.Kind == OfFlows && d.Shows.Mode != Chosen {
		return all
	}
	for _, ch := range s.Channels.All {
		all = append(all, flowOf(ch))
	}
	if d.Shows.Kind == OfBoth {
		slices.SortStableFunc(all, func(a, b *monitor.Flow) int { return cmp.Compare(a.Name, b.Name) })
	}
	return all
}

// flowOf is a channel as a tile can show it: its packages stand where a flow has
// outputs, and what comes in on air where a flow has its source.
func flowOf(ch *monitor.Channel) *monitor.Flow {
	f := &monitor.Flow{
		ID: ch.ID, Name: ch.Name, State: ch.Doing, StateSince: ch.DoingSince, Aging: ch.Aging, Status: ch.Status(), StatusAt: ch.ReadAt,
		Command: ch.Command, DetailAt: ch.ReadAt, SeenAt: ch.SeenAt, Care: ch.Care,
	}
	f.Ages.Media = ch.Run
	if ch.Bitrate >= 0 {
		f.Statistics = &medialive.FlowStatistics{Source: medialive.LegStatistics{State: medialive.LegConnected, Bitrate: ch.Bitrate}}
	}
	for ref, p := range ch.Packages() {
		f.Outputs = append(f.Outputs, monitor.Output{Name: ref.String(), State: packageState(ch, p.ID)})
	}
	return f
}

// packageState tells whether a package is made now.
func packageState(ch *monitor.Channel, id string) monitor.OutputState {
	switch ch.Doing {
	case monitor.StateStandby:
		return monitor.OutputOff
	case monitor.StateWaiting, monitor.StateSourceLost, monitor.StateNoMedia:
		return monitor.OutputIdle
	}
	if ch.Detail == nil || ch.Detail.Run == nil || ch.Run == monitor.Gone {
		return monitor.OutputUnknown
	}
	for _, p := range ch.Detail.Run.Packages {
		switch {
		case p.PackageID != id:
		case p.Packager.Running:
			return monitor.OutputOK
		case p.Packager.Starts > 0:
			return monitor.OutputLost
		}
	}
	return monitor.OutputIdle
}
