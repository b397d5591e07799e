package alarm

import (
	"time"

	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// signalsMost is how many lines of one flow are written a minute.
const signalsMost = 20

// signals is what the trail was last told of a subject's media.
type signals struct {
	epoch   int // of watching: the first look of each is not a change
	word    string
	since   time.Time
	outputs map[string]outputSignal
	stale   bool

	minute  time.Time // when the present minute of lines began
	lines   int       // written in it
	skipped int       // not written in it
}

// outputSignal is what the trail was last told of an output.
type outputSignal struct {
	lost  bool
	since time.Time
}

// quiet tells that time alone makes no line.
func (s *signals) quiet(epoch int) bool { return s.skipped == 0 && s.epoch == epoch }

// word gives the name of a flow's state as the trail tells it; empty where it
// tells nothing.
func word(f *monitor.Flow) string {
	switch f.State {
	case monitor.StateLive, monitor.StateOutputLost:
		return "live"
	case monitor.StateLoss, monitor.StateWaiting, monitor.StateSourceLost, monitor.StateStandby, monitor.StateSecondInput, monitor.StateNoMedia, monitor.StateProblem:
		return string(f.State)
	}
	return ""
}

// signalFlow tells the trail what a flow's media did since the last look.
func (b *board) signalFlow(m *subject, f *monitor.Flow, now time.Time) {
	s := &m.signal
	b.endMinute(m, now)
	if s.epoch != b.epoch {
		*s = signals{epoch: b.epoch, word: word(f), since: f.StateSince, minute: s.minute, lines: s.lines, skipped: s.skipped}
		s.outputs = make(map[string]outputSignal, len(f.Outputs))
		for i := range f.Outputs {
			o := &f.Outputs[i]
			s.outputs[o.Name] = outputSignal{o.State == monitor.OutputLost, o.Since}
		}
		return
	}
	if w := word(f); w != "" && w != s.word {
		if tells(s.word, w, f) {
			b.signal(m, w, "", sourceDetail(m, f, s, now), now)
		}
		s.word, s.since = w, now
	}
	for i := range f.Outputs {
		b.signalOutput(m, f, &f.Outputs[i], now)
	}
}

// tells tells whether a change of state says something that no command says.
func tells(from, to string, f *monitor.Flow) bool {
	switch to {
	case string(monitor.StateWaiting):
		return from != string(monitor.StateStandby) && from != ""
	case string(monitor.StateStandby):
		return !stoppedHere(f)
	}
	return true
}

// sourceDetail gives the figures of a change of a source.
func sourceDetail(m *subject, f *monitor.Flow, s *signals, now time.Time) string {
	d := fact("was", s.word)
	if s.word == "" {
		d = fact("was", "unknown")
	}
	if !s.since.IsZero() {
		d += " " + fact("lasted", now.Sub(s.since).Round(time.Second))
	}
	if peer := m.peers[""]; peer != "" {
		d += " " + fact("peer", peer)
	}
	if f.State == monitor.StateSourceLost && m.bitrate > 0 {
		d += " " + fact("bitrate", megabits(m.bitrate)) // of what was lost
	}
	if st := f.Statistics; st != nil {
		if moving(f.State) && st.Source.Bitrate > 0 {
			d += " " + fact("bitrate", megabits(m.bitrate))
		}
		if f.State == monitor.StateLoss {
			d += " " + fact("loss", percent(st.Source.Loss))
		}
		if st.Source.Problem != "" {
			d += " " + fact("problem", cut(st.Source.Problem))
		}
	}
	return d
}

// signalOutput tells the trail that an output was lost or came back.
func (b *board) signalOutput(m *subject, f *monitor.Flow, o *monitor.Output, now time.Time) {
	s, known := m.signal.outputs[o.Name]
	lost, back := o.State == monitor.OutputLost && apart(f, o), o.State == monitor.OutputOK || o.State == monitor.OutputLoss
	if o.State == monitor.OutputOff {
		delete(m.signal.outputs, o.Name)
		return
	}
	if known && lost == s.lost || !lost && !back || !known && !lost {
		return // the same, not certain, or fine from the first on
	}
	verb := "output_back"
	if lost {
		verb = "output_lost"
	}
	d := fact("output", o.Name)
	if !s.since.IsZero() {
		d += " " + fact("lasted", now.Sub(s.since).Round(time.Second))
	}
	if peer := m.peers[o.Name]; peer != "" {
		d += " " + fact("peer", peer)
	}
	if o.Statistics != nil && o.Statistics.Problem != "" {
		d += " " + fact("problem", cut(o.Statistics.Problem))
	}
	m.signal.outputs[o.Name] = outputSignal{lost, now}
	b.signal(m, verb, o.Name, d, now)
}

// signalProject tells the trail how the backend is reached, and when nothing of
// any flow is known any more.
func (b *board) signalProject(m *subject, p picture, now time.Time) {
	if !b.certain || !p.Link.OK && p.Link.Kind == "" {
		return
	}
	b.endMinute(m, now)
	s := &m.signal
	reached := "link_back"
	if !p.Link.OK {
		reached = "link_lost"
	}
	stale := len(p.Flows) > 0
	for _, f := range p.Flows {
		if f.State != monitor.StateStale {
			stale = false
			break
		}
	}
	if s.epoch != b.epoch {
		*s = signals{epoch: b.epoch, word: reached, since: p.Link.Since, stale: stale, minute: s.minute, lines: s.lines, skipped: s.skipped}
		return
	}
	if reached != s.word {
		d := fact("lasted", now.Sub(s.since).Round(time.Second))
		if p.Link.Reason != "" {
			d += " " + fact("problem", cut(p.Link.Reason))
		}
		b.signal(m, reached, "", d, now)
		s.word, s.since = reached, now
	}
	if stale != s.stale {
		s.stale = stale
		verb := "fresh"
		if stale {
			verb = "stale"
		}
		b.signal(m, verb, "", fact("flows", len(p.Flows)), now)
	}
}

// signal adds a line, unless there were too many of the subject in this minute.
func (b *board) signal(m *subject, verb, target, detail string, now time.Time) {
	s := &m.signal
	if s.minute.IsZero() {
		s.minute = now
	}
	if s.lines >= signalsMost {
		s.skipped++
		return
	}
	s.lines++
	b.signals = append(b.signals, trail.Line{
		At: now, Kind: trail.Signal, FlowID: m.id, FlowName: m.name, Verb: verb, Target: target, Detail: detail,
	})
}

// endMinute ends a minute of lines with how many were not written.
func (b *board) endMinute(m *subject, now time.Time) {
	s := &m.signal
	if s.minute.IsZero() || now.Sub(s.minute) < time.Minute {
		return
	}
	if s.skipped > 0 {
		b.signals = append(b.signals, trail.Line{
			At: now, Kind: trail.Signal, FlowID: m.id, FlowName: m.name, Verb: "changes_often", Detail: fact("not_written", s.skipped),
		})
	}
	s.minute, s.lines, s.skipped = time.Time{}, 0, 0
}
