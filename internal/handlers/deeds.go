package handlers

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
	"github.com/flowdeck/flowdeck/web/templates/pages"
)

const (
	deedsDeep   = 200         // commands of a flow that are looked through for what was last commanded
	flowEvents  = 20          // lines of the trail on the page of a flow
	trailEvery  = time.Second // how often an open page looks for new lines
	trailWithin = 3 * time.Second
)

// deed is what was last commanded for a thing, and what was refused since.
type deed struct {
	last    *trail.Event // nil: nothing is known
	refused *trail.Event // later than last; nil: none
}

// deeds are what was last commanded for a flow, its source and its outputs, as
// far as the trail tells. The zero value knows nothing.
type deeds struct {
	flow    deed // start and stop
	source  deed
	outputs map[string]deed // by name
	unread  bool            // the trail could not be read
}

// deedsOf reads commands, newest first.
func deedsOf(events []trail.Event) deeds {
	d := deeds{outputs: make(map[string]deed)}
	for i := range events {
		e := &events[i]
		switch e.Verb {
		case control.VerbStart, control.VerbStop:
			d.flow.note(e)
		case control.VerbUpdateSource, control.VerbCreate:
			d.source.note(e)
		case control.VerbAddOutput, control.VerbUpdateOutput, control.VerbDeleteOutput, control.VerbPark, control.VerbUnpark:
			of := d.outputs[e.Target]
			of.note(e)
			d.outputs[e.Target] = of
		}
	}
	return d
}

// note takes an older event into account. What was refused, or did not happen,
// is not what is commanded.
func (d *deed) note(e *trail.Event) {
	undone := e.Outcome == string(monitor.OutcomeRefused) || e.Outcome == string(monitor.OutcomeNotDone)
	switch {
	case d.last != nil:
	case !undone:
		d.last = e
	case d.refused == nil:
		d.refused = e
	}
}

// tell puts a deed into words.
func (d deed) tell(v teller, told *pages.Told) {
	if d.last != nil {
		told.Commanded, told.Bad = v.commandedWords(*d.last)
	}
	if d.refused != nil {
		told.Refused, _ = v.commandedWords(*d.refused)
	}
}

// commandedWords tell who commanded what and when, and what is wrong with it.
func (v teller) commandedWords(e trail.Event) (words string, bad bool) {
	w, at := v.t.Trail, v.day(e.At)
	tell := w.Changed
	switch e.Verb {
	case control.VerbCreate:
		tell = w.Made
	case control.VerbAddOutput, control.VerbUnpark:
		tell = w.Added
	case control.VerbDeleteOutput, control.VerbPark:
		tell = w.Removed
	case control.VerbUpdateOutput:
		if on, ok := switched(e.Detail); ok {
			if tell = w.TurnedOff; on {
				tell = w.TurnedOn
			}
		}
	}
	words = tell(v.actorOf(e), at)
	switch monitor.Outcome(e.Outcome) {
	case monitor.OutcomeDone:
		return words, false
	case monitor.OutcomePending:
		return w.WithOutcome(words, w.Outcomes.Open), false
	case monitor.OutcomeUnknown:
		return w.WithOutcome(words, w.Outcomes.Unknown), true
	case monitor.OutcomeNotDone:
		return w.WithOutcome(words, w.Outcomes.NotDone), true
	}
	return w.WithOutcome(words, withCode(w.Outcomes.Refused, e.Code)), true
}

// withCode puts a code behind a word.
func withCode(word, code string) string {
	if code == "" {
		return word
	}
	return word + " · " + code
}

// actorOf is who did it.
func (v teller) actorOf(e trail.Event) string {
	switch {
	case e.Kind == trail.Access && e.Actor == "command line":
		return v.t.Trail.CommandLine
	case e.Actor != "":
		return e.Actor
	case e.Kind == trail.Signal:
		return v.t.Trail.Media
	case e.Verb == "sign_in_refused":
		return v.t.Trail.Somebody
	}
	return v.t.Trail.Flowdeck
}

// day is a time of day in UTC, with its day where that is not today's.
func (v teller) day(t time.Time) string {
	t = t.UTC()
	if t.Format(time.DateOnly) == v.now.UTC().Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format("2006-01-02 15:04:05")
}

// flowTrail is what the trail has of a flow: what was commanded, and its last
// lines.
type flowTrail struct {
	deeds    deeds
	commands []trail.Event
	lines    []trail.Event
}

// flowTrail reads what the trail has of a flow.
func (d *desk) flowTrail(ctx context.Context, key monitor.Key, flowID string) (*flowTrail, error) {
	ctx, cancel := context.WithTimeout(ctx, trailWithin)
	defer cancel()
	op := control.Operator{Endpoint: key.Endpoint, Project: key.ProjectID}
	commands, err := d.Control.Timeline(ctx, op, trail.Filter{FlowID: flowID, Kinds: []trail.Kind{trail.Command}, Limit: deedsDeep})
	if err != nil {
		return nil, err
	}
	lines, err := d.Control.Timeline(ctx, op, trail.Filter{FlowID: flowID, Limit: flowEvents})
	if err != nil {
		return nil, err
	}
	return &flowTrail{deeds: deedsOf(commands), commands: commands, lines: lines}, nil
}

// followTrail keeps what the trail has of a flow while its page is open: read
// once for all who look, and shown when it has changed. It is nil until it was
// read for the first time.
func (d *desk) followTrail(key monitor.Key, flowID string, s *sheet) *atomic.Pointer[flowTrail] {
	held := &atomic.Pointer[flowTrail]{}
	d.followed(s, func(ctx context.Context) (changed bool) {
		now, err := d.flowTrail(ctx, key, flowID)
		before := held.Load()
		switch {
		case err == nil && (before == nil || !sameEvents(before.lines, now.lines) || !sameEvents(before.commands, now.commands)):
		case err != nil && before == nil: // figures must not wait for a trail that cannot be read
			now = &flowTrail{deeds: deeds{unread: true}}
		default:
			return false
		}
		held.Store(now)
		return true
	})
	return held
}

// followed lets a sheet live by something that has to be read now and then, and
// tells whether it changed.
func (d *desk) followed(s *sheet, read func(context.Context) (changed bool)) {
	news := make(chan struct{}, 1)
	subscribe := s.subscribe
	s.subscribe = func() (<-chan struct{}, func()) {
		ctx, stop := context.WithCancel(d.Context)
		changed, cancel := subscribe()
		go d.guard.Loop(ctx, "what a page follows", func(ctx context.Context) {
			again := time.NewTicker(trailEvery)
			defer again.Stop()
			for {
				if read(ctx) {
					wakeUp(news)
				}
				select {
				case <-ctx.Done():
					return
				case <-again.C:
				}
			}
		}, nil)
		return merged(ctx, changed, news), func() { stop(); cancel() }
	}
}

// sameEvents tells whether nothing came and nothing was settled.
func sameEvents(a, b []trail.Event) bool {
	return slices.EqualFunc(a, b, func(a, b trail.Event) bool {
		return a.Seq == b.Seq && a.Outcome == b.Outcome && a.FlowID == b.FlowID
	})
}

// decimals is a number without needless digits.
func decimals(f float64) string { return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0") }
