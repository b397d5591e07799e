package monitor

import "time"

// pace is how often facts are read, and how a backend is heard at all.
type pace struct {
	list         time.Duration // time between two reads of the list
	screenSource time.Duration // of the source of a flow on a screen
	screen       time.Duration // of the outputs of one
	source       time.Duration // of the source of an active one
	detail       time.Duration // of the outputs of an active one
	rest         time.Duration // of those of the others
	paused       time.Time     // no call before, as the service asked; zero: not paused
	lost         time.Time     // when calls began to fail in a row; zero: they do not
	skew         time.Duration // how far the service's clock is ahead
	heard        time.Time     // a stream's last word; zero where the backend is polled
}

// newPace is the pace of a poller that has all the budget it wants.
func newPace() pace {
	return pace{list: listEvery, screenSource: detailEvery, screen: detailEvery, source: detailEvery, detail: detailEvery, rest: slowEvery}
}

// streamPace is the pace of a stream that was heard at that time.
func streamPace(heard time.Time) pace {
	return pace{list: streamPeriod, screenSource: streamPeriod, screen: streamPeriod, source: streamPeriod, detail: streamPeriod, rest: streamPeriod, heard: heard}
}

// of gives the periods of a tier.
func (p pace) of(t tier) (source, outputs time.Duration) {
	switch t {
	case onScreen:
		return p.screenSource, p.screen
	case active:
		return p.source, p.detail
	case unread:
		return 0, 0
	}
	return p.rest, p.rest
}

// shown is the pace as it is told to people: in round figures, so that it does
// not change with each read.
func (p pace) shown(rps float64) Pace {
	return Pace{
		Stream: !p.heard.IsZero(), RPS: rps,
		List: round(p.list), Screen: round(p.screen), Source: round(p.source), Hot: round(p.detail), Rest: round(p.rest),
		Paused: p.paused,
	}
}

// round rounds to a second, and to a twentieth from half a minute on.
func round(d time.Duration) time.Duration {
	switch {
	case d > 5*time.Minute:
		return d.Round(30 * time.Second)
	case d > 30*time.Second:
		return d.Round(5 * time.Second)
	}
	return d.Round(time.Second)
}
