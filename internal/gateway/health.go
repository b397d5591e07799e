package gateway

import (
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay"
)

// sourceHealth tells whether media arrives at the flow's source now.
func (m *media) sourceHealth(id string) medialive.Health {
	said, fresh := m.saidOf(id)
	return health(fresh && said.Source.State == relay.Connected)
}

// outputHealth tells whether the output passes media on now.
func (m *media) outputHealth(id, name string) medialive.Health {
	said, fresh := m.saidOf(id)
	leg, found := outputReport(said, name)
	return health(fresh && found && leg.State == relay.Connected)
}

// saidOf gives the relay's fresh word on a flow that should run.
func (m *media) saidOf(id string) (relay.FlowReport, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	said, found := m.said[id]
	return said, found && m.wanted[id] != nil && m.freshLocked()
}

func health(connected bool) medialive.Health {
	if connected {
		return medialive.Connected
	}
	return medialive.Disconnected
}

func outputReport(f relay.FlowReport, name string) (relay.LegReport, bool) {
	for _, leg := range f.Outputs {
		if leg.Name == name {
			return leg, true
		}
	}
	return relay.LegReport{}, false
}

// sameHealth tells whether two reports of a flow mean the same health_status
// everywhere.
func sameHealth(a, b relay.FlowReport) bool {
	if (a.Source.State == relay.Connected) != (b.Source.State == relay.Connected) || len(a.Outputs) != len(b.Outputs) {
		return false
	}
	for i := range a.Outputs {
		if a.Outputs[i].Name != b.Outputs[i].Name ||
			(a.Outputs[i].State == relay.Connected) != (b.Outputs[i].State == relay.Connected) {
			return false
		}
	}
	return true
}
