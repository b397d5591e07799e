package handlers

import (
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// mediaAge tells how far what is known of a flow's media may be believed: its
// measurement, or where nothing measures, what the service told with the source.
func mediaAge(f *monitor.Flow) monitor.Age {
	age := f.Ages.Source
	if f.Status == medialive.Active {
		age = f.Ages.Media
	}
	switch {
	case f.State == monitor.StateStale:
		return monitor.Gone
	case f.Aging:
		return max(age, monitor.Old)
	}
	return age
}

// unreachable tells that the service does not answer, or not in a way that can
// be read.
func unreachable(l monitor.Link) bool {
	return !l.OK && (l.Kind == medialive.KindUnavailable || l.Kind == medialive.KindUnreadable)
}

// faded is a figure of a fact of some age.
func faded(f ui.Figure, a monitor.Age) ui.Figure {
	switch {
	case f.Value == "" || a == monitor.Fresh:
		return f
	case a == monitor.Gone:
		return lostFigure
	}
	f.Quiet = true
	return f
}

// sourceTold is what stands beside what is measured of the source.
func (v teller) sourceTold(f *monitor.Flow) pages.Told {
	told := pages.Told{Read: v.told(f.DetailAt), Old: f.Ages.Source != monitor.Fresh}
	if f.DetailAt.IsZero() {
		told = pages.Told{Confirmed: v.t.Trail.NotRead, Old: true}
	}
	if f.Statistics != nil && f.Status == medialive.Active {
		told.Measured = ui.At(ui.TimeAge, measuredAt(f), v.now)
		told.Late = mediaAge(f) != monitor.Fresh
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
func (v teller) outputTold(o monitor.Output) pages.Told {
	told := pages.Told{Confirmed: v.t.Trail.NotRead, Old: true}
	if o.Config != nil {
		told = pages.Told{Confirmed: v.t.Trail.On, Read: v.told(o.ConfigAt), Old: o.Read != monitor.Fresh}
		switch {
		case o.Read == monitor.Gone:
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
	case !p.Paused.IsZero():
		return w.FreshPaused(clock(p.Paused))
	case p.Stream:
		return w.FreshStream
	case p.List <= 0 || p.RPS <= 0:
		return ""
	}
	return w.FreshPolled(every(p.List), every(p.Screen), decimals(p.RPS))
}
