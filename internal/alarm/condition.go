package alarm

import (
	"net"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// The limits of conditions.
const (
	maxLoss        = 1.0              // percent, where a band gives none
	muchLoss       = 5                // times the limit: more urgent
	idleAfter      = 10 * time.Minute // where a band gives none
	credentialWarn = time.Hour        // before a credential ends
	credentialLast = 10 * time.Minute // before a credential ends: more urgent
)

const caller = medialive.Caller

// seen is what a look at a condition tells.
type seen int

const (
	unknown seen = iota // neither raises nor clears
	good
	bad
	over // ended by somebody's hand: clears at once
)

// look is what a picture tells of one condition.
type look struct {
	seen     seen
	since    time.Time // of bad: when it began, as well as known
	priority Priority
	value    float64
	limit    float64
	detail   string
	cause    string // of over
}

// is makes a look that is good or bad.
func is(wrong bool, l look) look {
	if wrong {
		l.seen = bad
		return l
	}
	return look{seen: good}
}

// moving tells that media comes from the source.
func moving(s monitor.State) bool {
	return s == monitor.StateLive || s == monitor.StateLoss || s == monitor.StateOutputLost || s == monitor.StateSecondInput
}

// reachable looks at how the backend is reached.
func reachable(l monitor.Link) look {
	if !l.OK && l.Kind == "" {
		return look{} // the first try has not ended
	}
	return is(!l.OK, look{since: l.Since, priority: High, detail: l.Reason})
}

// credential looks at when the credential ends by which the project is read.
func credential(end, now time.Time) look {
	left := end.Sub(now)
	l := look{since: end.Add(-credentialWarn), priority: Low, value: float64(max(0, int(left/time.Minute))), limit: credentialWarn.Minutes()}
	if left <= credentialLast {
		l.priority = Medium
	}
	return is(!end.IsZero() && left <= credentialWarn, l)
}

// source looks at what a kind of alarm is about of a started flow's source.
func (b *board) source(m *subject, f *monitor.Flow, k Kind, now time.Time) look {
	switch k {
	case SourceLost:
		return sourceLost(f)
	case NoMedia:
		return b.noMedia(m, f, now)
	case Loss:
		if f.Statistics == nil || !moving(f.State) {
			return look{}
		}
		return lossy(f.Statistics.Source, f.Care.Band)
	case Bitrate:
		return outside(f)
	case Idle:
		return b.idle(m, f, now)
	}
	return look{}
}

// sourceLost looks whether media came and stopped. While a source waits after
// that, nothing has come back, so the alarm neither ends nor begins.
func sourceLost(f *monitor.Flow) look {
	switch {
	case f.State == monitor.StateSourceLost:
		l := look{seen: bad, since: f.StateSince, priority: High}
		if f.Statistics != nil {
			l.detail = f.Statistics.Source.Problem
		}
		return l
	case moving(f.State):
		return look{seen: good}
	}
	return look{}
}

// noMedia looks whether anything came since the start, and whether what comes into a
// channel has media in it.
func (b *board) noMedia(m *subject, f *monitor.Flow, now time.Time) look {
	switch {
	case moving(f.State), f.State == monitor.StateSourceLost:
		return look{seen: good}
	case f.State == monitor.StateNoMedia, f.State == monitor.StateWaiting, f.State == monitor.StateStarting:
		if lost := b.things[thing{SourceLost, m.id, ""}]; lost != nil && lost.active() {
			return look{} // something had come: that alarm tells of it
		}
		if f.State == monitor.StateNoMedia {
			return look{seen: bad, since: f.StateSince, priority: High}
		}
		if m.dry.IsZero() || !b.lasted(m.dry, b.delays.NoMedia, now) {
			return look{}
		}
		l := look{seen: bad, since: m.dry, priority: Medium}
		if f.Statistics != nil {
			l.detail = f.Statistics.Source.Problem
		}
		return l
	}
	return look{}
}

// idle looks whether a flow is started for nothing.
func (b *board) idle(m *subject, f *monitor.Flow, now time.Time) look {
	switch {
	case moving(f.State):
		return look{seen: good}
	case f.State == monitor.StateWaiting, f.State == monitor.StateSourceLost, f.State == monitor.StateNoMedia:
		after := f.Care.Band.IdleAfter
		if after <= 0 {
			after = idleAfter
		}
		if m.dry.IsZero() || !b.lasted(m.dry, after, now) {
			return look{}
		}
		return look{seen: bad, since: m.dry, priority: Low, limit: after.Minutes(), value: after.Minutes()}
	}
	return look{}
}

// outside looks whether the bitrate at the source is within the band.
func outside(f *monitor.Flow) look {
	low, high := f.Care.Band.MinBitrate, f.Care.Band.MaxBitrate
	if low <= 0 && high <= 0 {
		return look{seen: good}
	}
	if f.Statistics == nil || !moving(f.State) || f.Statistics.Source.State != medialive.LegConnected {
		return look{}
	}
	rate := float64(f.Statistics.Source.Bitrate) / 1e6
	l := look{priority: Low, value: rate, limit: low}
	if high > 0 && rate > high {
		l.limit = high
	}
	return is(low > 0 && rate < low || high > 0 && rate > high, l)
}

// lossy looks whether a leg loses more than its band allows.
func lossy(s medialive.LegStatistics, band monitor.Band) look {
	if s.State != medialive.LegConnected {
		return look{}
	}
	limit := band.MaxLoss
	if limit <= 0 {
		limit = maxLoss
	}
	l := look{priority: Low, value: s.Loss, limit: limit}
	if s.Loss >= muchLoss*limit {
		l.priority = Medium
	}
	return is(s.Loss >= limit, l)
}

// outputLost looks whether an output is lost by its own fault. While the source
// gives nothing it cannot be told.
func outputLost(f *monitor.Flow, o *monitor.Output) look {
	switch o.State {
	case monitor.OutputLost:
		if !apart(f, o) {
			return look{}
		}
		l := look{seen: bad, since: o.Since, priority: Medium}
		if o.Statistics != nil {
			l.detail = o.Statistics.Problem
		}
		return l
	case monitor.OutputOK, monitor.OutputLoss:
		return look{seen: good}
	case monitor.OutputOff:
		return look{seen: over, cause: "commanded"}
	case monitor.OutputIdle:
		if moving(f.State) {
			return look{seen: good}
		}
	}
	return look{}
}

// apart tells that an output is lost for itself. Where a backend is polled, its
// source may have been lost with it, and be read later.
func apart(f *monitor.Flow, o *monitor.Output) bool {
	return f.Statistics != nil || f.DetailAt.After(o.Since)
}

// outputLoss looks whether an output loses packets.
func outputLoss(f *monitor.Flow, o *monitor.Output) look {
	switch {
	case o.State == monitor.OutputOff:
		return look{seen: over, cause: "commanded"}
	case !moving(f.State), o.State == monitor.OutputUnknown, o.State == monitor.OutputLost:
		return look{}
	case o.State == monitor.OutputIdle:
		return look{seen: good}
	case o.Statistics == nil:
		return look{}
	}
	return lossy(*o.Statistics, f.Care.Band)
}

// host takes the port off an address.
func host(peer string) string {
	if h, _, err := net.SplitHostPort(peer); err == nil {
		return h
	}
	return peer
}
