package gateway

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay"
)

// capabilities answers what this gateway is and can do.
func (g *Gateway) capabilities(c *call) (answer, error) {
	report, err := g.currentReport(c.Context())
	if err != nil {
		report.SRTProblem = relaySilent
	}
	caps := medialive.Capabilities{
		Version: g.opts.Version, Region: g.opts.Region, SRTAddress: g.opts.SRTAddress,
		PortFirst: g.opts.PortFirst, PortLast: g.opts.PortLast,
		SRTVersion: report.SRTVersion, SRTLibrary: report.SRTLibrary, SRTProblem: report.SRTProblem,
		ChannelProblem: g.channelProblem(), PictureSeconds: g.pictureSeconds(), PictureProblem: g.opts.PictureProblem,
		ChannelLimits: channelLimits(),
	}
	err = g.allotting(c.Context(), func(ports *allotment) error {
		caps.NextPort = ports.next()
		return nil
	})
	if err != nil {
		return answer{}, err
	}
	return ok(caps)
}

// currentReport gives the last report if it is fresh, and asks for one if not.
func (g *Gateway) currentReport(ctx context.Context) (relay.Report, error) {
	if report, fresh := g.media.lastReport(); fresh {
		return report, nil
	}
	ctx, cancel := context.WithTimeout(ctx, relayTime)
	defer cancel()
	return g.opts.Relay.Report(ctx)
}

// statistics answers what was measured: on one flow, or on all ACTIVE flows.
func (g *Gateway) statistics(c *call) (answer, error) {
	values, err := c.query()
	if err != nil {
		return answer{}, err
	}
	if !values.Has("flow_id") {
		return ok(g.media.statistics(c.project))
	}
	rec, err := g.named(c)
	if err != nil {
		return answer{}, err
	}
	return ok([]medialive.FlowStatistics{g.media.flowStatistics(rec)})
}

// refusedCallers answers whom the listeners of a flow turned away, newest
// first. The relay keeps them while the flow runs.
func (g *Gateway) refusedCallers(c *call) (answer, error) {
	rec, err := g.named(c)
	if err != nil {
		return answer{}, err
	}
	callers := []medialive.RefusedCaller{}
	if !rec.row.Active {
		return ok(callers)
	}
	report, err := g.currentReport(c.Context())
	if err != nil {
		return answer{}, fmt.Errorf("ask the relay for refused callers: %w", err)
	}
	for _, f := range report.Flows {
		if f.ID == rec.row.ID {
			callers = append(callers, refusedBy(f)...)
		}
	}
	return ok(callers)
}

// refusedBy is whom the relay turned away from a flow, in the nouns of the API.
func refusedBy(f relay.FlowReport) (callers []medialive.RefusedCaller) {
	for _, r := range f.Refused {
		callers = append(callers, medialive.RefusedCaller{
			Leg: r.Leg, Address: r.Address, StreamID: r.StreamID, Reason: medialive.Refusal(r.Reason),
			First: r.First, Last: r.Last, Count: r.Count,
		})
	}
	return callers
}

// statistics gives what was measured on all ACTIVE flows of a project, by name.
func (m *media) statistics(project string) []medialive.FlowStatistics {
	recs := slices.DeleteFunc(m.wantedFlows(), func(rec record) bool { return rec.row.ProjectID != project })
	slices.SortFunc(recs, func(a, b record) int {
		return cmp.Or(cmp.Compare(a.row.Name, b.row.Name), cmp.Compare(a.row.ID, b.row.ID))
	})
	all := make([]medialive.FlowStatistics, len(recs))
	for i, rec := range recs {
		all[i] = m.flowStatistics(rec)
	}
	return all
}

// flowStatistics gives what was measured on a flow. Nothing that is older than
// [reportAge] is told as if it were so now.
func (m *media) flowStatistics(rec record) medialive.FlowStatistics {
	w, said, at, fresh := m.facts(rec.row.ID)
	stats := medialive.FlowStatistics{FlowID: rec.row.ID, At: time.Now().UTC(), Outputs: make([]medialive.LegStatistics, len(rec.outputs))}
	if w != nil {
		stats.ActiveSince = w.rec.row.ActiveSince
	}
	if w != nil && fresh && said.ID != "" {
		stats.At = at
	}
	stats.Source = legStatistics(rec.source.Name, rec.source.Protocol, legFacts{w, said.Source, fresh, said.ID != ""})
	for i, out := range rec.outputs {
		leg, found := outputReport(said, out.Name)
		facts := legFacts{w, leg, fresh, found}
		if out.Status == medialive.Disabled {
			facts.wanted = nil
		}
		stats.Outputs[i] = legStatistics(out.Name, out.Protocol, facts)
	}
	return stats
}

// facts gives all that is known of a flow at one moment: a copy of how it is
// wanted (nil: it is not), what the relay said of it, when, and whether that is fresh.
func (m *media) facts(id string) (wanted *running, said relay.FlowReport, at time.Time, fresh bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w := m.wanted[id]; w != nil {
		now := *w
		wanted = &now
	}
	return wanted, m.said[id], m.report.At, m.freshLocked()
}

// legFacts is what is known of a leg: whether its flow is wanted, what the
// relay said of it, and whether that is fresh and there at all.
type legFacts struct {
	wanted *running
	report relay.LegReport
	fresh  bool
	found  bool
}

func legStatistics(name string, p medialive.Protocol, facts legFacts) medialive.LegStatistics {
	leg := medialive.LegStatistics{Name: name}
	if facts.wanted == nil {
		leg.State = medialive.LegOff
		return leg
	}
	leg.Since = facts.wanted.rec.row.ActiveSince
	switch {
	case facts.fresh && facts.found:
		return measured(name, facts.report)
	case facts.wanted.problem != "" && facts.wanted.problem != relaySilent:
		leg.State, leg.Problem = medialive.LegFailed, facts.wanted.problem
	case !facts.fresh:
		leg.State, leg.Problem = medialive.LegUnknown, relaySilent
	case p == medialive.Caller:
		leg.State = medialive.LegConnecting
	default:
		leg.State = medialive.LegWaiting
	}
	return leg
}

// measured is what the relay measured on a leg, in the nouns of the API.
func measured(name string, r relay.LegReport) medialive.LegStatistics {
	return medialive.LegStatistics{
		Name: name, State: medialive.LegState(r.State), Since: r.Since, Lost: r.Lost,
		Peer: r.Peer, Peers: r.Peers, Bitrate: r.Bitrate, Bytes: r.Bytes, ConnectedAt: r.ConnectedAt,
		RTT: r.RTT, Latency: r.Latency, Loss: r.Loss, LossTotal: r.LossTotal,
		Retransmit: r.Retransmit, Drop: r.Drop, KeyLength: r.KeyLength, TSErrors: r.TSErrors,
		Attempts: r.Attempts, NextTry: r.NextTry, Problem: r.Problem, Bandwidth: r.Bandwidth,
	}
}
