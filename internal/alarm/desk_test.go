package alarm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// began is when the tests' time begins.
var began = time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)

// desk is a board with flows that a test changes and a clock that it winds.
type desk struct {
	t     testing.TB
	board *board
	now   time.Time
	ids   int

	awake   bool
	snap    monitor.Snapshot
	flows   []*monitor.Flow
	seen    *View
	lines   []trail.Line
	signals []trail.Line
	writes  int
	changes []string
	stored  map[string]*write
}

func newDesk(t testing.TB, flows int) *desk {
	d := &desk{t: t, now: began, awake: true, stored: make(map[string]*write)}
	d.board = newBoard(Delays{}.orDefaults(), d.id)
	d.snap = monitor.Snapshot{Version: 1, Complete: true, Link: monitor.Link{OK: true, Since: began}}
	for i := range flows {
		d.flows = append(d.flows, &monitor.Flow{
			ID: strconv.Itoa(i), Name: "FEED-" + strconv.Itoa(i), Region: "north", State: monitor.StateLive, StateSince: began,
			Status: medialive.Active, StatusSince: began, DetailAt: began,
			Outputs: []monitor.Output{{Name: "out", State: monitor.OutputOK}, {Name: "two", State: monitor.OutputOK}},
		})
	}
	d.step()
	d.snap.Version++ // the first picture is of before
	d.pass(time.Second)
	return d
}

func (d *desk) id() string {
	d.ids++
	return fmt.Sprintf("id%03d", d.ids)
}

// set changes a flow, which is published anew.
func (d *desk) set(i int, change func(f *monitor.Flow)) {
	f := *d.flows[i]
	f.Outputs = slices.Clone(f.Outputs)
	was := f.State
	change(&f)
	if f.State != was {
		f.StateSince = d.now
	}
	f.DetailAt = d.now.Add(time.Nanosecond)
	d.flows[i] = &f
	d.snap.Version++
}

// state gives a flow another state.
func (d *desk) state(i int, s monitor.State) {
	d.set(i, func(f *monitor.Flow) {
		f.State = s
		for o := range f.Outputs {
			switch s {
			case monitor.StateLive:
				f.Outputs[o].State = monitor.OutputOK
			case monitor.StateStandby:
				f.Outputs[o].State = monitor.OutputOff
			case monitor.StateStale, monitor.StateUnknown:
				f.Outputs[o].State = monitor.OutputUnknown
			default:
				f.Outputs[o].State = monitor.OutputIdle
			}
		}
	})
}

// output gives an output of a live flow another state.
func (d *desk) output(i int, name string, s monitor.OutputState) {
	d.set(i, func(f *monitor.Flow) {
		for o := range f.Outputs {
			if f.Outputs[o].Name == name {
				f.Outputs[o].State, f.Outputs[o].Since = s, d.now
			}
		}
		f.State = monitor.StateLive
		if slices.ContainsFunc(f.Outputs, func(o monitor.Output) bool { return o.State == monitor.OutputLost }) {
			f.State = monitor.StateOutputLost
		}
	})
}

// measure gives a live flow figures.
func (d *desk) measure(i int, bitrate int64, loss float64) {
	d.set(i, func(f *monitor.Flow) {
		f.Statistics = &medialive.FlowStatistics{Source: medialive.LegStatistics{
			State: medialive.LegConnected, Peer: "192.0.2.1:5000", Bitrate: bitrate, Loss: loss,
		}}
	})
}

// peer tells where a flow comes from.
func (d *desk) peer(i int, address string) {
	d.set(i, func(f *monitor.Flow) {
		f.Statistics = &medialive.FlowStatistics{Source: medialive.LegStatistics{State: medialive.LegConnected, Peer: address}}
	})
}

// step lets the board look once.
func (d *desk) step() {
	d.keep(d.board.step(d.picture(), d.now))
}

// picture is what there is to see now.
func (d *desk) picture() picture {
	snap := d.snap
	snap.Flows, snap.At = d.flows, d.now
	return picture{&snap, d.awake}
}

// keep notes what is to be written down, and what is shown.
func (d *desk) keep(writes []*write, signals []trail.Line) {
	d.signals = append(d.signals, signals...)
	d.writes += len(writes)
	for _, w := range writes {
		d.lines = append(d.lines, w.lines...)
		if w.alarm == nil {
			continue
		}
		d.stored[w.alarm.ID] = w
		for _, c := range w.changes {
			d.changes = append(d.changes, string(w.alarm.Kind)+" "+string(c))
		}
	}
	if v, changed := d.board.view(d.now); changed {
		d.seen = v
	}
}

// pass lets time pass as a panel does: it looks each second and when a delay ends.
func (d *desk) pass(t time.Duration) {
	end := d.now.Add(t)
	for d.now.Before(end) {
		d.step()
		next := d.now.Add(time.Second)
		if n := d.board.next; !n.IsZero() && n.Before(next) && n.After(d.now) {
			next = n
		}
		if next.After(end) {
			next = end
		}
		d.now = next
	}
	d.step()
}

// ack answers for alarms as a panel does.
func (d *desk) ack(by string, ids ...string) {
	list, _ := d.board.answered(ids)
	for _, h := range list {
		next := *h.Alarm
		next.AckedAt, next.AckedBy = d.now, by
		d.board.put(h, next, ChangeAcknowledged, d.board.line(&next, ChangeAcknowledged, by, "", "", d.now))
	}
	d.keep(d.board.taken())
}

// ackAll answers for all that is listed.
func (d *desk) ackAll() {
	for _, a := range d.seen.Active {
		d.ack("op-1", a.ID)
	}
}

// told gives an alarm in a word.
func told(a *Alarm) string {
	s := string(a.Kind)
	if a.FlowID != "" {
		s += " " + a.FlowID
	}
	if a.Target != "" {
		s += "/" + a.Target
	}
	s += " " + string(a.State()) + " p" + strconv.Itoa(int(a.Priority))
	if a.Count != 1 {
		s += " x" + strconv.Itoa(a.Count)
	}
	if a.FirstOut {
		s += " first"
	}
	if a.Kind == Many {
		s += " of " + strconv.Itoa(a.Members)
	}
	return s
}

func toldAll(list []*Alarm) []string {
	s := make([]string, len(list))
	for i, a := range list {
		s[i] = told(a)
	}
	return s
}

// want compares what is listed.
func (d *desk) want(what string, active ...string) {
	d.t.Helper()
	same(d.t, what, toldAll(d.seen.Active), active)
}

func same(t testing.TB, what string, got, want []string) {
	t.Helper()
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// verbs gives the verbs of lines with their targets.
func verbs(lines []trail.Line) []string {
	var s []string
	for _, l := range lines {
		v := l.Verb
		if l.Target != "" {
			v += " " + l.Target
		}
		s = append(s, v)
	}
	return s
}

// capabilities make of a project one of a gateway.
var capabilities = &medialive.Capabilities{Version: "1", SRTVersion: "1.5.3"}
