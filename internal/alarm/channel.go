package alarm

import (
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// channels looks at each channel that changed or that something waits for. What
// a channel and a flow can both suffer is judged as a flow's.
func (b *board) channels(p picture, certain bool, now time.Time) {
	for _, ch := range p.Channels.All {
		m := b.subject(ch.ID)
		m.step = b.steps
		held := !certain || !p.Channels.Link.OK || unjudged(ch)
		if m.channel == ch && m.held == held && m.quiet(b.epoch) {
			continue
		}
		m.channel = ch
		b.channel(m, ch, held, now)
	}
}

// unjudged tells that nothing is known of what comes of a channel: as of each of
// a cloud's, which tells no more than that it is ON, so that those never alarm.
func unjudged(ch *monitor.Channel) bool {
	switch ch.Doing {
	case monitor.StateStandby:
		return false
	case monitor.StateStale, monitor.StateUnknown, monitor.StateStopping, monitor.StateOn:
		return true
	}
	return ch.Detail == nil
}

// channel looks at one channel.
func (b *board) channel(m *subject, ch *monitor.Channel, held bool, now time.Time) {
	f := &monitor.Flow{
		ID: ch.ID, Name: ch.Name, Region: ch.Region, State: ch.Doing, StateSince: ch.DoingSince, Status: ch.Status(),
		StatusSince: ch.StateSince, Command: ch.Command, Care: ch.Care,
	}
	if ch.Bitrate > 0 {
		f.Statistics = &medialive.FlowStatistics{Source: medialive.LegStatistics{State: medialive.LegConnected, Bitrate: ch.Bitrate}}
	}
	m.name, m.region, m.flow, m.held = f.Name, f.Region, f, held
	m.remember(f, held, now)
	switch {
	case held:
		b.hold(m, now)
	case f.State == monitor.StateStandby:
		b.endAll(m, stopCause(f), now)
	default:
		for _, k := range [...]Kind{SourceLost, NoMedia, Idle} {
			l := b.source(m, f, k, now)
			if l.detail == "" {
				l.detail = ch.Problem
			}
			b.turn(m, aspect{kind: k}, l, now)
		}
		b.turn(m, aspect{kind: Bitrate}, outside(f), now)
		b.turn(m, aspect{kind: SecondInput}, secondInput(ch), now)
		b.turn(m, aspect{kind: Failing}, notRunning(ch), now)
		b.turn(m, aspect{kind: Recording}, recording(ch), now)
		b.unstable(m, now)
	}
	if !held {
		b.signalFlow(m, f, now)
		m.known = true
	}
}

// secondInput looks whether the standby input is on air: nothing stands by then.
func secondInput(ch *monitor.Channel) look {
	switch ch.Doing {
	case monitor.StateSecondInput:
		return look{seen: bad, since: ch.DoingSince, priority: Medium}
	case monitor.StateLive:
		return look{seen: good}
	}
	return look{}
}

// notRunning looks whether a channel that is ON does not run as it should.
func notRunning(ch *monitor.Channel) look {
	switch {
	case ch.Doing == monitor.StateProblem:
		return look{seen: bad, since: ch.DoingSince, priority: High, detail: ch.Problem}
	case moving(ch.Doing):
		return look{seen: good}
	}
	return look{}
}

// recording looks whether a channel writes down what it should.
func recording(ch *monitor.Channel) look {
	if ch.Record.RollingBuffer == 0 {
		return look{seen: over, cause: "commanded"}
	}
	if ch.State != medialive.ChannelOn || ch.Detail == nil || ch.Detail.Run == nil || ch.Detail.Run.Record == nil {
		return look{}
	}
	problem := ch.Detail.Run.Record.Problem
	return is(problem != "", look{priority: Medium, detail: problem})
}
