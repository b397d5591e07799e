package display

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

// traceStep is how much time a point of a trace stands for: so long it stays as
// it is, and a screen need not be sent it again.
const traceStep = 10 * time.Second

// Scene is what a wall is made from.
type Scene struct {
	Now      time.Time
	Snapshot *monitor.Snapshot
	Awake    bool // somebody reads the project: else what is known is as old as it may be, and not shown
	Covered  bool // the installation's own credential reads it
	Alarms   *alarm.View
	History  func(flowID string) []monitor.Sample
	Page     int // that was asked for; 0: the one whose turn it is

	Picture func(flowID string) (at time.Time, ok bool) // when the newest one was made; nil: none are shown
}

// Wall is what the display shows of a scene.
func (d Display) Wall(s Scene) Wall {
	w := Wall{At: s.Now, Name: d.Name, Look: d.Look, Page: 1, Pages: 1}
	if l := s.Snapshot.Link; !l.OK && l.Kind != "" {
		w.Link = Link{Down: true, Since: l.Since}
	}
	if !s.Awake {
		w.Why = WhyReading
		if !s.Covered {
			w.Why = WhyCredential
		}
		return w
	}
	c := crew{all: d.members(s.Snapshot), unacked: unacknowledged(s.Alarms)}
	for _, f := range c.all {
		w.Counts.add(f.State)
	}
	shown := c.all
	fits := len(shown) <= d.Look.Layout || d.Look.Rotate > 0 || s.Page > 0
	if w.Abnormal = d.Shows.Mode == Abnormal || !fits; w.Abnormal {
		shown = c.abnormal()
		w.Normal = len(c.all) - len(shown)
	}
	w.turn(d.Look, s, shown, c)
	for _, f := range page(shown, w.Page, d.Look.Layout) {
		tile := tileOf(f, c.unacked[f.ID], s)
		tile.Still = d.still(f, s)
		w.Tiles = append(w.Tiles, tile)
	}
	if len(w.Tiles) == 0 {
		w.Why = d.why(s.Snapshot, len(c.all))
	}
	return w
}

// why tells why there is no tile.
func (d Display) why(s *monitor.Snapshot, members int) Why {
	switch {
	case !s.Complete:
		return WhyReading
	case len(s.Flows)+len(s.Channels.All) == 0:
		return WhyNoFlows
	case members == 0:
		return WhyNoMatch
	}
	return WhyAllNormal
}

// turn finds the page whose turn it is.
func (w *Wall) turn(look Look, s Scene, shown []*monitor.Flow, c crew) {
	w.Pages = max(1, (len(shown)+look.Layout-1)/look.Layout)
	if look.Rotate == 0 && s.Page == 0 {
		w.Hidden = max(0, len(shown)-look.Layout) // there is one page, and the worst of them are on it
		w.Pages = 1
		return
	}
	for i, f := range shown {
		if n := i/look.Layout + 1; c.unacked[f.ID] && !slices.Contains(w.AlarmPages, n) {
			w.AlarmPages = append(w.AlarmPages, n)
		}
	}
	switch {
	case s.Page > 0:
		w.Page, w.Fixed = min(s.Page, w.Pages), true
	case w.Pages > 1 && len(w.AlarmPages) > 0:
		w.Page, w.Held = slices.Index(shown, c.worst(shown))/look.Layout+1, true
	default:
		w.Page = int(s.Now.Unix()/int64(look.Rotate))%w.Pages + 1
	}
}

// page is a page of flows, from 1.
func page(flows []*monitor.Flow, n, size int) []*monitor.Flow {
	first := min((n-1)*size, len(flows))
	return flows[first:min(first+size, len(flows))]
}

// crew is the flows that a display is about.
type crew struct {
	all     []*monitor.Flow
	unacked map[string]bool // flows with an alarm that lasts and that nobody has acknowledged
}

// members gives the flows that a display is about: chosen ones in their order,
// others by name.
func (d Display) members(s *monitor.Snapshot) []*monitor.Flow {
	var list []*monitor.Flow
	if d.Shows.Mode == Chosen {
		byID := make(map[string]*monitor.Flow, len(s.Flows))
		for _, f := range d.things(s) {
			byID[f.ID] = f
		}
		for _, id := range d.Shows.Flows {
			if f := byID[id]; f != nil {
				list = append(list, f)
			}
		}
		return list
	}
	text := strings.ToLower(d.Shows.Query)
	for _, f := range d.things(s) {
		status := d.Shows.Status == "" || d.Shows.Status == string(f.Status)
		protocol := d.Shows.Protocol == "" || d.Shows.Protocol == string(f.Protocol)
		if status && protocol && strings.Contains(strings.ToLower(f.Name), text) {
			list = append(list, f)
		}
	}
	return list
}

// severity puts what is not as it should be in order, worst first.
var severity = []monitor.State{
	monitor.StateProblem, monitor.StateSourceLost, monitor.StateNoMedia, monitor.StateSecondInput, monitor.StateOutputLost, monitor.StateLoss, monitor.StateUnknown, monitor.StateStale, monitor.StateWaiting,
}

// rank is how bad a flow is, 0 the worst.
func (c crew) rank(f *monitor.Flow) int {
	n := slices.Index(severity, f.State)
	if n < 0 {
		n = len(severity)
	}
	n *= 2
	if !c.unacked[f.ID] {
		n++
	}
	return n
}

// abnormal gives the flows that are not as they should be, worst first, then in
// their order.
func (c crew) abnormal() []*monitor.Flow {
	var list []*monitor.Flow
	for _, f := range c.all {
		if c.unacked[f.ID] || slices.Contains(severity, f.State) {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b *monitor.Flow) int { return cmp.Compare(c.rank(a), c.rank(b)) })
	return list
}

// worst gives the flow with the worst of the alarms that nobody has
// acknowledged; there is one.
func (c crew) worst(flows []*monitor.Flow) *monitor.Flow {
	var worst *monitor.Flow
	for _, f := range flows {
		if c.unacked[f.ID] && (worst == nil || c.rank(f) < c.rank(worst)) {
			worst = f
		}
	}
	return worst
}

// unacknowledged finds the flows with an alarm that lasts and that nobody has
// acknowledged.
func unacknowledged(v *alarm.View) map[string]bool {
	flows := make(map[string]bool)
	for _, a := range slices.Concat(v.Active, v.Members) {
		if a.FlowID != "" && a.State() == alarm.Unacked {
			flows[a.FlowID] = true
		}
	}
	return flows
}

// add counts a flow.
func (t *Tally) add(s monitor.State) {
	switch s {
	case monitor.StateSourceLost, monitor.StateNoMedia, monitor.StateProblem:
		t.Lost++
	case monitor.StateLoss, monitor.StateOutputLost, monitor.StateSecondInput:
		t.Degraded++
	case monitor.StateWaiting:
		t.Waiting++
	case monitor.StateStarting, monitor.StateStopping:
		t.Changing++
	case monitor.StateLive:
		t.Live++
	case monitor.StateOn: // nobody tells whether anything moves
	case monitor.StateStandby:
		t.Standby++
	default:
		t.Stale++
	}
}

// tileOf is what a wall shows of a flow.
func tileOf(f *monitor.Flow, unacked bool, s Scene) Tile {
	t := Tile{
		Name: f.Name, State: State(f.State), Since: f.StateSince, Aging: f.Aging, ReadAt: f.SeenAt, Unacked: unacked,
		Lamp: Lamp(f.Care.Tally.Lamp), Count: ageOf(f),
	}
	_, t.Channel = monitor.ChannelKeyOf(f.ID)
	switch {
	case f.State == monitor.StateStale:
		t.Since = f.SeenAt
	case f.Command != nil && (f.State == monitor.StateStarting || f.State == monitor.StateStopping):
		t.Since = f.Command.At
	}
	if p := f.Care.Protect; p != nil {
		t.Owner, t.Protected = p.Owner, p.Since
	}
	t.measure(f)
	t.outputs(f)
	t.Trace = trace(s.History(f.ID), s.Now)
	return t
}

// ageOf tells how far what is known of a flow's media may be believed.
func ageOf(f *monitor.Flow) Age {
	age := f.Ages.Source
	if f.Status == medialive.Active {
		age = f.Ages.Media
	}
	switch {
	case f.State == monitor.StateStale || age == monitor.Gone:
		return Gone
	case f.Aging || age == monitor.Old:
		return Old
	}
	return Fresh
}

// measure notes what is measured at the source.
func (t *Tile) measure(f *monitor.Flow) {
	if f.Statistics == nil {
		return
	}
	source := f.Statistics.Source
	t.Measured, t.Cause = true, causeOf(source.Problem)
	switch f.State {
	case monitor.StateStandby, monitor.StateStarting, monitor.StateStopping:
		return
	case monitor.StateUnknown:
		t.Rate = Gone
		return
	}
	t.Rate = ageOf(f)
	if t.Rate != Gone {
		t.Bitrate, t.Loss = float64(source.Bitrate)/1e6, source.Loss
	}
}

// causes are the relay's own words; others may name an address.
var causes = []struct {
	words string
	cause Cause
}{
	{"nobody answers", CauseNobody},
	{"the far end uses another passphrase", CausePassphrase},
	{"only one side uses a passphrase", CauseOneSide},
	{"the far end does not allow this address", CauseAddress},
	{"the far end refused", CauseRefused},
}

func causeOf(problem string) Cause {
	for _, c := range causes {
		if strings.HasPrefix(problem, c.words) {
			return c.cause
		}
	}
	return CauseUnknown
}

// marks are the states of outputs as they are drawn.
var marks = map[monitor.OutputState]Mark{
	monitor.OutputOK: MarkOK, monitor.OutputIdle: MarkIdle, monitor.OutputLost: MarkLost,
	monitor.OutputLoss: MarkLoss, monitor.OutputOff: MarkOff, monitor.OutputUnknown: MarkUnknown,
}

// outputs notes the outputs, and which of them was lost first.
func (t *Tile) outputs(f *monitor.Flow) {
	if f.DetailAt.IsZero() {
		t.Count = Gone
	}
	var since time.Time
	for i, o := range f.Outputs[:min(len(f.Outputs), medialive.MaxOutputs)] {
		mark := cmp.Or(marks[o.State], MarkUnknown)
		switch f.State {
		case monitor.StateStarting:
			mark = MarkStarting
		case monitor.StateStopping:
			mark = MarkStopping
		}
		t.Outputs = append(t.Outputs, mark)
		switch o.State {
		case monitor.OutputOK, monitor.OutputLoss:
			t.Joined++
		case monitor.OutputUnknown:
			t.Count = Gone
		case monitor.OutputLost:
			if t.Output == "" || !o.Since.IsZero() && o.Since.Before(since) {
				t.Output, t.Place, since = o.Name, i+1, o.Since
			}
		}
	}
}

// trace thins out a history: a point for each step of the clock, the last value
// in it.
func trace(history []monitor.Sample, now time.Time) []Sample {
	var points []Sample
	end := now.Truncate(traceStep)
	for _, s := range history {
		at := s.At.Truncate(traceStep)
		if !at.Before(end) {
			break // a step that is not over yet would change with each second
		}
		mbps := -1.0
		if s.Bitrate >= 0 {
			mbps = float64(s.Bitrate) / 1e6
		}
		if n := len(points); n > 0 && points[n-1].At.Equal(at) {
			points[n-1].Mbps = mbps
			continue
		}
		points = append(points, Sample{At: at, Mbps: mbps})
	}
	return points
}
