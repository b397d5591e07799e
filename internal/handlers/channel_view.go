package handlers

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/trail"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// channelShapes are the marks of what a channel does; the others are those of flows.
var channelShapes = map[monitor.State]ui.Shape{
	monitor.StateStandby: ui.ShapeStandby, monitor.StateOn: ui.ShapeClosed, monitor.StateLive: ui.ShapeLive,
	monitor.StateWaiting: ui.ShapeWaiting, monitor.StateSecondInput: ui.ShapeWarn, monitor.StateSourceLost: ui.ShapeLost,
	monitor.StateNoMedia: ui.ShapeLost, monitor.StateProblem: ui.ShapeLost,
}

// channelState gives the mark, the word, and what stands after it.
func (v teller) channelState(ch *monitor.Channel) ui.State {
	shape, own := channelShapes[ch.Doing]
	if !own {
		return v.state(shadow(ch))
	}
	s := ui.State{Shape: shape, Word: v.t.ChannelState(string(ch.Doing))}
	if shape == ui.ShapeWarn || shape == ui.ShapeLost {
		s.Time = ui.At(ui.TimeShort, ch.DoingSince, v.now)
	}
	return s
}

// channelHead is name, state and command.
func (v teller) channelHead(ch *monitor.Channel) pages.ChannelHead {
	f := shadow(ch)
	s := v.channelState(ch)
	if s.Time.MS == 0 && ch.Doing != monitor.StateStandby {
		s.Time = ui.At(ui.TimeCounter, ch.DoingSince, v.now)
	}
	h := pages.ChannelHead{
		T: v.t, Top: v.channelTop(ch, pages.TabOverview), Key: ch.AppName + "/" + ch.ChannelKey.ID + " · " + ch.Domain,
		State: pages.FlowState{T: v.t, State: s}, Strip: v.strip(f), Command: v.channelCommand(ch), Clone: v.off(actCreateChannel),
		Delete: pages.FlowDeletion{T: v.t, Off: v.changeOff(actDeleteChannel, f)},
	}
	if v.known != nil && v.known.Pace.Stream {
		h.Fresh = pages.Fresh{Text: v.fresh()}
	}
	if ch.State == medialive.ChannelOff && ch.Doing != monitor.StateStarting {
		h.Delete.URL = channelPath(ch.ChannelKey, "delete")
	} else {
		h.Delete.Why = v.t.Channels.Page.DeleteStop
	}
	return h
}

// channelCommand is the button of the page.
func (v teller) channelCommand(ch *monitor.Channel) pages.FlowCommand {
	return pages.FlowCommand{T: v.t, Action: v.channelAction(ch, fromFlow)}
}

// channelFacts are what was commanded, what the service confirms, and what is
// measured, each with its own age.
func (v teller) channelFacts(ch *monitor.Channel) pages.ChannelFacts {
	f, w := shadow(ch), v.t.Channels
	facts := pages.ChannelFacts{T: v.t, Commanded: v.commandedFact(f), Confirmed: v.confirmedFact(f), Problem: v.reason(ch.Problem)}
	switch facts.Commanded.Word {
	case v.t.Flow.CommandStart:
		facts.Commanded.Word = w.States.On
	case v.t.Flow.CommandStop:
		facts.Commanded.Word = w.States.Off
	}
	if made := v.deeds.source.last; made != nil && made.Verb == control.VerbCreate && facts.Commanded.Word == v.t.Flow.NoCommand {
		facts.Commanded = pages.Fact{Word: w.Page.Made, Note: v.t.Flow.ByAt(made.Actor, v.day(made.At)), Age: ui.At(ui.TimeAge, made.At, v.now)}
	}
	if facts.Confirmed.Word == string(f.Status) {
		facts.Confirmed.Word = cmp.Or(string(ch.State), v.t.State.Unknown)
	}
	facts.Measured = v.channelMeasured(ch)
	facts.Aged = ch.Detail != nil && ch.State == medialive.ChannelOn && ch.Run != monitor.Fresh
	return facts
}

// reason tells what a service said is wrong with a channel; empty where it said
// nothing.
func (v teller) reason(said string) string {
	if said == "" {
		return ""
	}
	return v.t.Channels.Reason(said)
}

// why tells what was said is wrong with a flow, or with a channel.
func (v teller) why(id, said string) string {
	if _, channel := monitor.ChannelKeyOf(id); channel {
		return v.reason(said)
	}
	return v.t.Trail.Why(said)
}

// channelMeasured is what is measured of a channel, or why nothing is.
func (v teller) channelMeasured(ch *monitor.Channel) pages.Fact {
	w, run := v.t.Channels.Page, runOf(ch)
	switch {
	case run != nil:
	case ch.Detail == nil:
		return pages.Fact{Note: w.CloudOnly}
	case ch.State == medialive.ChannelOn && ch.Run == monitor.Gone:
		return pages.Fact{Word: ui.Lost, Old: true, Age: ui.At(ui.TimeAge, ch.DetailAt, v.now)}
	default:
		return pages.Fact{Note: w.NotRunning}
	}
	fact := pages.Fact{Shape: v.channelState(ch).Shape, Word: v.inputWord(run.OnAir), Age: ui.At(ui.TimeAge, ch.DetailAt, v.now), Old: ch.Run == monitor.Old}
	var notes []string
	if ch.Bitrate >= 0 {
		rate := ui.Bitrate(ch.Bitrate)
		notes = append(notes, rate.Value+" "+rate.Unit)
	}
	if run.Switches > 0 {
		notes = append(notes, w.Switches(int(run.Switches)))
	}
	fact.Note = strings.Join(notes, " · ")
	return fact
}

func (v teller) inputWord(role string) string {
	if role == "standby" {
		return v.t.Channels.Page.Standby
	}
	return v.t.Channels.Page.Primary
}

// channelInput is where the stream comes from.
func (v teller) channelInput(ch *monitor.Channel) pages.ChannelInput {
	w, in := v.t.Channels.Page, ch.Input
	m := pages.ChannelInput{
		T: v.t, Edit: channelPath(ch.ChannelKey, pages.TabInput), Still: v.channelStill(ch),
		Rows: []pages.Pair{{Label: w.Protocol, Value: protocolName(in.Protocol)}},
	}
	if len(in.Standby) > 0 {
		m.Rows = append(m.Rows, v.failoverRow(in.Failover))
	}
	for i, s := range in.Sources {
		m.Sources = append(m.Sources, v.channelSource(ch, "primary", i, s))
	}
	if len(in.Sources) == 0 {
		m.Sources = append(m.Sources, v.channelSource(ch, "primary", 0, medialive.ChannelSource{}))
	}
	for i, s := range in.Standby {
		m.Sources = append(m.Sources, v.channelSource(ch, "standby", i, s))
	}
	if !in.Protocol.Pulls() {
		m.Push, m.PushNote = v.channelPushes(ch)
	}
	return m
}

// failoverRow tells when the standby takes over, and whether the primary does
// again.
func (v teller) failoverRow(f *medialive.FailoverConditions) pages.Pair {
	w := v.t.Channels.Page
	loss, back := medialive.DefaultLossThreshold, w.PreferNone
	if f != nil && f.LossThreshold != nil {
		loss = *f.LossThreshold
	}
	if f != nil && f.Preference == medialive.PreferPrimary {
		back = w.PreferPrimary
	}
	return pages.Pair{Label: w.Preference, Value: w.Loss(loss), Note: back}
}

// channelSource is a stream of an input, with what is measured of the input.
func (v teller) channelSource(ch *monitor.Channel, role string, i int, s medialive.ChannelSource) pages.ChannelSource {
	m := pages.ChannelSource{Shape: ui.ShapeStandby, Role: v.inputWord(role)}
	if i > 0 {
		m.Role += " " + strconv.Itoa(i+1)
	}
	if s.URL != "" {
		m.Pairs = append(m.Pairs, v.sourceAddress(s.URL))
	}
	if s.StreamID != "" {
		m.Pairs = append(m.Pairs, pages.Pair{Label: v.t.Flow.StreamID, Value: s.StreamID, Mono: true})
	}
	if s.Bitrate > 0 {
		rate := ui.Bitrate(int64(s.Bitrate))
		m.Pairs = append(m.Pairs, pages.Pair{Label: v.t.Flow.Bitrate, Value: rate.Value + " " + rate.Unit, Mono: true, Note: v.t.Channels.Page.Declared})
	}
	if s.Passphrase != "" {
		m.Pairs = append(m.Pairs, pages.Pair{Label: v.t.Flow.Encryption, Value: v.t.Flow.KeySet})
	}
	if run := runOf(ch); run != nil {
		for _, in := range run.Inputs {
			if in.Role == role {
				v.measuredInput(&m, in, ch.Media[role], run.OnAir)
			}
		}
	}
	return m
}

// sourceAddress is where a source is pulled from: a flow of the project by its
// name.
func (v teller) sourceAddress(address medialive.URL) pages.Pair {
	w := v.t.Channels.Page
	id, ofFlow := flowSource(address)
	if !ofFlow {
		return pages.Pair{Label: w.SourceOf, Value: address.String(), Mono: true}
	}
	if v.known != nil {
		if flow, there := v.known.Flow(id); there {
			return pages.Pair{Label: w.Flow, Value: flow.Name, URL: flowPath(flow.ID)}
		}
	}
	return pages.Pair{Label: w.Flow, Value: id, Mono: true, Note: w.FlowGone}
}

// measuredInput adds what is measured of an input.
func (v teller) measuredInput(m *pages.ChannelSource, in medialive.ChannelInputRun, media monitor.InputMedia, onAir string) {
	w := v.t.Channels.Page
	m.On = media.Comes == monitor.MediaComes && in.Role == onAir
	switch {
	case media.Comes == monitor.MediaNone:
		m.Shape, m.Words, m.Since = ui.ShapeLost, w.Empty, ui.At(ui.TimeAge, media.Since, v.now)
	case media.Comes == monitor.MediaComes:
		m.Shape, m.Words = ui.ShapeLive, w.Alive
	case in.Alive:
		m.Shape, m.Words = ui.ShapeWaiting, w.Data
	case in.Last.IsZero():
		m.Shape, m.Words, m.Bad = ui.ShapeWaiting, w.Never, v.reason(in.Problem)
	default:
		m.Shape, m.Words, m.Since, m.Bad = ui.ShapeLost, w.Silent, ui.At(ui.TimeAge, in.Last, v.now), v.reason(in.Problem)
	}
	if in.Connections > 1 {
		m.Pairs = append(m.Pairs, pages.Pair{Label: w.Connections, Value: strconv.FormatInt(in.Connections, 10), Mono: true})
	}
	if n := in.ContinuityErrors; n > 0 {
		m.Pairs = append(m.Pairs, pages.Pair{Label: v.t.Flow.TSErrors, Value: strconv.FormatInt(n, 10) + " " + v.t.Flow.CC, Mono: true})
	}
}

// channelPackages are what players can play.
func (v teller) channelPackages(ch *monitor.Channel) pages.ChannelPackages {
	m := pages.ChannelPackages{T: v.t, Edit: channelPath(ch.ChannelKey, pages.TabPackages)}
	run, title := runOf(ch), packageTitles()
	for ref, p := range ch.Packages() {
		n := strconv.Itoa(len(m.Rows))
		row := pages.ChannelPackage{ID: "pack-" + n, Title: title(ref.Format), Name: p.ID, Facts: v.packageFacts(p)}
		if p.URL != "" {
			row.Address = ui.CopyLine{ID: "address-" + n, Label: v.t.Channels.Page.Address, Text: p.URL}
		}
		if path := playPath(ch, ref.String()); path != "" {
			row.Play = ui.CopyLine{ID: "play-" + n, Label: v.t.Channels.Page.Play, Text: v.gateway(path), Note: v.t.Channels.Page.PlayHelp}
		}
		if run != nil {
			v.servedPackage(&row, run, p.ID)
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

// playPath is where a gateway itself plays a package.
func playPath(ch *monitor.Channel, field string) string {
	if ch.Detail == nil {
		return ""
	}
	for _, p := range ch.Detail.Play {
		if p.Field == field {
			return p.Path
		}
	}
	return ""
}

// gateway gives the address of a path of the gateway.
func (v teller) gateway(path string) string { return strings.TrimRight(v.endpoint, "/") + path }

func (v teller) packageFacts(p *medialive.Package) string {
	w := v.t.Channels.Page
	facts := []string{fill(w.Segments, strconv.Itoa(p.SegmentDuration))}
	if p.PlaylistWindow != nil && *p.PlaylistWindow > 0 {
		facts = append(facts, fill(w.Window, strconv.Itoa(*p.PlaylistWindow)))
	}
	if p.Encryption != nil {
		facts = append(facts, w.Encrypted)
	}
	return strings.Join(facts, " · ")
}

func (v teller) servedPackage(row *pages.ChannelPackage, run *medialive.ChannelRun, id string) {
	w := v.t.Channels.Page
	for _, p := range run.Packages {
		if p.PackageID != id {
			continue
		}
		row.Served = strconv.FormatInt(p.OK+p.Refused+p.Failed, 10) + " " + w.Requests
		if c := p.Packager; c.Starts > 0 && !c.Running {
			row.Bad = fill(w.Down, v.reason(lastWords(c)))
		}
	}
}

// lastWords are what ffmpeg said last, or how it ended.
func lastWords(c medialive.ChannelChild) string {
	if n := len(c.Lines); n > 0 {
		return c.Lines[n-1]
	}
	return c.Ended
}

// channelRest is recording, transcoding and what else there is.
func (v teller) channelRest(ch *monitor.Channel) pages.ChannelRest {
	w, run := v.t.Channels.Page, runOf(ch)
	m := pages.ChannelRest{T: v.t, Top: v.channelTop(ch, pages.TabOverview), Record: []pages.Pair{{Label: w.Kept, Value: w.RecordOff}}}
	if kept := recordBrief(ch.Record); kept != "" {
		m.Record[0].Value = fill(w.RecordRolling, kept)
	}
	if run != nil && run.Record != nil {
		r := run.Record
		m.Tape = v.reason(r.Problem)
		if !r.Since.IsZero() {
			m.Record = append(m.Record, pages.Pair{Label: w.RecordSize, Value: sizeText(r.Bytes), Mono: true, Note: fill(w.RecordSince, v.stamp(r.Since))})
		}
	}
	var templates []string
	for _, e := range ch.Encoders {
		templates = append(templates, e.TemplateID)
	}
	m.Code = []pages.Pair{{Label: v.t.ChannelForm.Ladder.Known, Value: cmp.Or(strings.Join(templates, ", "), w.CodeNone), Mono: len(templates) > 0}}
	if run != nil && run.Encoder != nil {
		e := run.Encoder
		m.Code = append(m.Code, pages.Pair{Label: w.Speed, Value: decimals(e.FPS) + " fps · " + strconv.FormatFloat(e.Speed, 'f', 2, 64) + "×", Mono: true})
		if e.Starts > 0 && !e.Running {
			m.Coder = fill(w.Down, v.reason(lastWords(*e)))
		}
	}
	m.About = []pages.Pair{{Label: v.t.ChannelForm.Labels["domain"], Value: ch.Domain, Mono: true}}
	if ch.Region != "" {
		m.About = append(m.About, pages.Pair{Label: w.Region, Value: ch.Region})
	}
	if ch.Mode != "" {
		form := v.t.ChannelForm
		m.About = append(m.About, pages.Pair{Label: form.Labels["mode"], Value: cmp.Or(form.Options[string(ch.Mode)], string(ch.Mode))})
	}
	return m
}

// sizeText is a number of bytes for people.
func sizeText(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	size, i := float64(n), 0
	for ; size >= 1000 && i < len(units)-1; i++ {
		size /= 1000
	}
	return decimals(size) + " " + units[i]
}

// channelDeed tells what a line of the trail is about, where it is a command to a
// channel; empty where it is not.
func (v teller) channelDeed(e trail.Event) string {
	w := v.t.Channels
	if _, channel := monitor.ChannelKeyOf(e.FlowID); !channel || e.Kind != trail.Command {
		return ""
	}
	switch e.Verb {
	case control.VerbStart:
		return w.Deeds.Start
	case control.VerbStop:
		return w.Deeds.Stop
	case control.VerbCreate:
		return w.Deeds.Create
	case control.VerbDelete:
		return w.Deeds.Delete
	case control.VerbUpdateChannel:
		return fill(w.Deeds.Update, cmp.Or(w.Parts[e.Target], e.Target))
	}
	return ""
}
