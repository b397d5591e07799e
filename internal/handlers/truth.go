package handlers

import (
	"cmp"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// A fact of which two reads were missed is old, one of which four were missed
// is shown no longer.
const (
	readsTillOld  = 2
	readsTillGone = 4
	streamBeat    = time.Second // a gateway measures and speaks at least so often
)

// age tells how far a fact may be believed.
type age int

const (
	ageFresh age = iota
	ageOld       // grey, with its age
	ageGone      // no value
)

// aged judges a fact by the time between two reads of it. Where that is not
// known nothing is judged.
func aged(at time.Time, period time.Duration, now time.Time) age {
	d := now.Sub(at)
	switch {
	case period <= 0 || at.IsZero():
		return ageFresh
	case d > readsTillGone*period:
		return ageGone
	case d > readsTillOld*period:
		return ageOld
	}
	return ageFresh
}

// toldAge judges what the service told. A gateway tells a change at once, so
// that all it told is true for as long as its stream lives.
func (v teller) toldAge(at time.Time, period time.Duration) age {
	if v.known == nil {
		return ageFresh
	}
	if !v.known.Pace.Stream {
		return aged(at, period, v.now)
	}
	if v.known.Link.OK {
		return ageFresh
	}
	if at.Before(v.known.Link.Since) {
		at = v.known.Link.Since
	}
	return aged(at, streamBeat, v.now)
}

// statusAge judges the status that the service confirmed.
func (v teller) statusAge(f *monitor.Flow) age {
	if v.known == nil {
		return ageFresh
	}
	return v.toldAge(f.StatusAt, v.known.Pace.List)
}

// detailAge judges the source as it was read.
func (v teller) detailAge(f *monitor.Flow) age { return v.toldAge(f.DetailAt, v.period(f)) }

// outputAge judges an output as it was read.
func (v teller) outputAge(f *monitor.Flow, o monitor.Output) age {
	return v.toldAge(o.ConfigAt, v.period(f))
}

// period is the time between two reads of a flow's details.
func (v teller) period(f *monitor.Flow) time.Duration {
	switch {
	case v.known == nil:
		return 0
	case f.Status == medialive.Active:
		return v.known.Pace.Hot
	}
	return max(v.known.Pace.Hot, v.known.Pace.Rest)
}

// mediaAge judges what is known of a flow's media: its measurement, or where
// nothing measures, what the service told with the source.
func (v teller) mediaAge(f *monitor.Flow) age {
	switch {
	case f.State == monitor.StateStale:
		return ageGone
	case f.Aging:
		return ageOld
	case f.Statistics == nil:
		return v.detailAge(f)
	case v.known != nil && v.known.Pace.Stream:
		return aged(f.MeasuredAt, streamBeat, v.now)
	}
	return aged(f.MeasuredAt, v.period(f), v.now)
}

// present gives a flow without what is too old to be shown: an output that the
// service has not told of for four reads is not known to pass media on.
func (v teller) present(f *monitor.Flow) *monitor.Flow {
	var fresh *monitor.Flow
	for i, o := range f.Outputs {
		if o.Statistics != nil || o.Config == nil || o.State == monitor.OutputOff || v.outputAge(f, o) != ageGone {
			continue
		}
		if fresh == nil {
			clone := *f
			clone.Outputs = append([]monitor.Output(nil), f.Outputs...)
			fresh = &clone
		}
		fresh.Outputs[i].State, fresh.Outputs[i].Since = monitor.OutputUnknown, time.Time{}
	}
	if fresh == nil {
		return f
	}
	return fresh
}

// off tells, in a word, why no command can be given now; empty where one can.
// A service that throttles or refuses takes commands all the same.
func (v teller) off() string {
	if v.known == nil || !unreachable(v.known.Link) {
		return ""
	}
	return v.t.Trail.OffService
}

// unreachable tells that the service does not answer, or not in a way that can
// be read.
func unreachable(l monitor.Link) bool {
	return !l.OK && (l.Kind == medialive.KindUnavailable || l.Kind == medialive.KindUnreadable)
}

// faded is a figure of a fact of some age.
func faded(f ui.Figure, a age) ui.Figure {
	switch {
	case f.Value == "" || a == ageFresh:
		return f
	case a == ageGone:
		return lostFigure
	}
	f.Quiet = true
	return f
}

// sourceTold is what stands beside what is measured of the source.
func (v teller) sourceTold(f *monitor.Flow) pages.Told {
	told := pages.Told{Read: v.told(f.DetailAt), Old: v.detailAge(f) != ageFresh}
	if f.DetailAt.IsZero() {
		told = pages.Told{Confirmed: v.t.Trail.NotRead, Old: true}
	}
	if f.Statistics != nil && f.Status == medialive.Active {
		told.Measured = ui.At(ui.TimeAge, measuredAt(f), v.now)
		told.Late = v.mediaAge(f) != ageFresh
	}
	v.deeds.source.tell(v, &told)
	return told
}

// measuredAt is when a flow was measured, by our own clock where that is known.
func measuredAt(f *monitor.Flow) time.Time {
	if !f.MeasuredAt.IsZero() || f.Statistics == nil {
		return f.MeasuredAt
	}
	return f.Statistics.At
}

// outputTold is what stands beside what is measured of an output.
func (v teller) outputTold(f *monitor.Flow, o monitor.Output) pages.Told {
	told := pages.Told{Confirmed: v.t.Trail.NotRead, Old: true}
	if o.Config != nil {
		old := v.outputAge(f, o)
		told = pages.Told{Confirmed: v.t.Trail.On, Read: v.told(o.ConfigAt), Old: old != ageFresh}
		switch {
		case old == ageGone:
			told.Confirmed = ui.Lost
		case o.Config.Status == medialive.Disabled:
			told.Confirmed = v.t.Trail.Off
		}
	}
	v.deeds.outputs[o.Name].tell(v, &told)
	return told
}

// fresh tells how fresh what is shown can be, and why.
func (v teller) fresh() string {
	if v.known == nil {
		return ""
	}
	w, p := v.t.Trail, v.known.Pace
	every := func(d time.Duration) string { return w.FreshEvery(int((d + time.Second - 1) / time.Second)) }
	switch {
	case unreachable(v.known.Link):
		return "" // nothing is fresh, and the line about the service says why
	case p.Paused.After(v.now):
		return w.FreshPaused(clock(p.Paused))
	case p.Stream:
		return w.FreshStream
	case p.List <= 0 || p.RPS <= 0:
		return ""
	}
	return w.FreshPolled(every(p.List), every(cmp.Or(p.Screen, p.Hot)), decimals(p.RPS))
}
