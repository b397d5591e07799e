package gateway

import (
	"context"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/store"
)

// keepFlows writes down what is measured of flows, minute by minute, until ctx
// ends. The minute in which it ends is not.
func (g *Gateway) keepFlows(ctx context.Context) {
	m := newFlowMinutes()
	for ctx.Err() == nil {
		if report, fresh := g.media.lastReport(); fresh {
			if over := m.look(report, time.Now()); len(over) > 0 {
				if err := g.opts.Store.AddFlowMinutes(ctx, over...); err != nil && ctx.Err() == nil {
					g.opts.Log.ErrorContext(ctx, "a minute of flows is lost", "error", err)
				}
			}
		}
		pause(ctx, keepPause)
	}
}

// flowMinutes turns what the relay reports of flows into what was measured in
// each minute. It is of one goroutine.
type flowMinutes struct {
	minute time.Time // that goes on
	at     time.Time // of the last report
	last   map[string]relay.FlowReport
	sums   map[string]*flowSum
}

func newFlowMinutes() *flowMinutes {
	return &flowMinutes{last: map[string]relay.FlowReport{}, sums: map[string]*flowSum{}}
}

// look takes a report, and gives the minutes that are over by then.
func (m *flowMinutes) look(report relay.Report, now time.Time) (over []store.Minute) {
	if minute := now.UTC().Truncate(time.Minute); !minute.Equal(m.minute) {
		for id, sum := range m.sums {
			over = append(over, store.Minute{Of: id, At: m.minute, Values: sum.values()})
		}
		m.minute, m.sums = minute, map[string]*flowSum{}
	}
	span := report.At.Sub(m.at)
	if span <= 0 { // told already
		return over
	}
	told := make(map[string]relay.FlowReport, len(report.Flows))
	for _, f := range report.Flows {
		told[f.ID] = f
		if before, known := m.last[f.ID]; known {
			if m.sums[f.ID] == nil {
				m.sums[f.ID] = &flowSum{}
			}
			m.sums[f.ID].add(before, f, span)
		}
	}
	m.last, m.at = told, report.At
	return over
}

// flowSum is what was measured of a flow between the reports of a minute.
type flowSum struct {
	span       time.Duration
	in, out    legSum
	linked     time.Duration // of span, that the source was connected
	rtt, loss  float64       // times seconds of linked
	outs, sent time.Duration // of all outputs together, and that they were connected
}

// legSum is what was counted of legs.
type legSum struct{ bytes, lost, retransmitted, dropped, errors int64 }

// add counts what one report has more than the one before it. Counters begin anew
// with each connection.
func (s *legSum) add(before, now relay.LegReport) {
	if !before.ConnectedAt.Equal(now.ConnectedAt) {
		before = relay.LegReport{}
	}
	s.bytes += max(0, now.Bytes-before.Bytes)
	s.lost += max(0, now.LossTotal-before.LossTotal)
	s.retransmitted += max(0, now.Retransmit-before.Retransmit)
	s.dropped += max(0, now.Drop-before.Drop)
	s.errors += max(0, now.TSErrors-before.TSErrors)
}

func (s *flowSum) add(before, now relay.FlowReport, span time.Duration) {
	s.span += span
	s.in.add(before.Source, now.Source)
	if now.Source.State == relay.Connected {
		s.linked += span
		s.rtt += now.Source.RTT * span.Seconds()
		s.loss += now.Source.Loss * span.Seconds()
	}
	for _, leg := range now.Outputs {
		old, _ := outputReport(before, leg.Name)
		s.out.add(old, leg)
		s.outs += span
		if leg.State == relay.Connected {
			s.sent += span
		}
	}
}

// values are what becomes of it.
func (s *flowSum) values() map[string]float64 {
	seconds := s.span.Seconds()
	v := map[string]float64{
		medialive.MetricInputBandwidth:  float64(s.in.bytes) * 8 / seconds,
		medialive.MetricOutputBandwidth: float64(s.out.bytes) * 8 / seconds,
		medialive.MetricLost:            float64(s.in.lost),
		medialive.MetricRetransmitted:   float64(s.in.retransmitted),
		medialive.MetricDropped:         float64(s.in.dropped + s.out.dropped),
		medialive.MetricContinuity:      float64(s.in.errors),
		medialive.MetricConnected:       percent(s.linked, s.span),
	}
	if s.linked > 0 {
		v[medialive.MetricRTT] = s.rtt / s.linked.Seconds()
		v[medialive.MetricLossRate] = s.loss / s.linked.Seconds()
	}
	if s.outs > 0 {
		v[medialive.MetricOutputsConnected] = percent(s.sent, s.outs)
	}
	return v
}

func percent(part, of time.Duration) float64 { return 100 * part.Seconds() / of.Seconds() }
