package handlers

import (
	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// ofChannels tells that a view shows channels, which a session may see only by a
// proof of its own.
func (w view) ofChannels() bool { return w.kind == viewChannels || w.kind == viewChannel }

// paintChannels has a sheet show the list of channels, or one of them.
func (d *desk) paintChannels(what view, w *monitor.Watcher, s *sheet, tell func(*monitor.Snapshot) teller) {
	if what.kind == viewChannels {
		rows := map[string]paintedChannel{}
		s.render = func() []part {
			snapshot := w.Snapshot()
			v := tell(snapshot)
			return append(d.shellParts(v, snapshot), d.channelListParts(v, snapshot, what.channel, rows)...)
		}
		return
	}
	told := d.followTrail(what.project, what.flow, s)
	keeps := d.followKept(what.project, what.flow, s)
	s.render = func() []part {
		snapshot := w.Snapshot()
		v := tell(snapshot)
		v.heard = w.Heard()
		parts := append(d.shellParts(v, snapshot), d.channelParts(v, snapshot, what.flow, told.Load())...)
		return append(parts, d.careParts(v, snapshot, what.flow, keeps())...)
	}
}

// paintedChannel is a row as it was last rendered.
type paintedChannel struct {
	channel *monitor.Channel
	off     ui.Why
	top     *alarm.Alarm
	look    ui.Still
	part    part
}

// channelListParts are what lives in the list of channels.
func (d *desk) channelListParts(v teller, s *monitor.Snapshot, q ChannelQuery, painted map[string]paintedChannel) []part {
	l := listChannels(s, q)
	frame := v.channelBody(channelListing{query: l.query, known: l.known})
	body := part{target: "channel-rows", html: []byte{}, whole: func() []byte { return d.piece("channel-rows", v.channelBody(l)).html }}
	if len(l.channels) == 0 {
		body.html = []byte(frame.Title)
	}
	shown := make(map[string]bool, len(l.channels))
	for _, ch := range l.channels {
		id, off, top, look := pages.RowID(ch.ID), v.off(actSwitchChannel), v.alarms.FlowTops[ch.ID], v.channelStill(ch)
		shown[id] = true
		row, ok := painted[id]
		if !ok || row.channel != ch || row.off != off || row.top != top || !row.look.Same(look) {
			row = paintedChannel{ch, off, top, look, d.piece(id, v.channelRow(ch))}
			painted[id] = row
		}
		body.rows = append(body.rows, row.part)
	}
	for id := range painted {
		if !shown[id] {
			delete(painted, id)
		}
	}
	c := v.channelChips(l)
	chips := part{target: "chips", html: []byte{}, whole: func() []byte { return d.piece("chips", c).html }}
	for _, chip := range c.Chips {
		chips.rows = append(chips.rows, d.piece(ui.ID("chip-", chip.Key), chip))
	}
	return []part{chips, d.piece("pager", v.channelPager(l)), d.piece("channel-new", v.newChannelButton()), body}
}

// channelParts are what lives on the page of a channel.
func (d *desk) channelParts(v teller, s *monitor.Snapshot, id string, told *flowTrail) []part {
	ch, ok := s.Channel(id)
	switch {
	case !ok && s.Channels.Complete:
		return d.channelGoneParts(v)
	case !ok:
		return nil
	}
	h, f := v.channelHead(ch), shadow(ch)
	parts := []part{
		d.piece("channel-name", h.Name()), d.piece("flow-state", h.State), d.piece("flow-delete", h.Delete), d.piece("flow-command", h.Command), d.piece("fresh", h.Fresh),
		d.piece("flow-strip", h.Strip), d.piece("flow-ask", v.askLine(f)), d.piece("channel-input", v.channelInput(ch)),
		d.piece("channel-packages", v.channelPackages(ch)), d.piece("channel-rest", v.channelRest(ch)), d.piece("flow-alarms", v.flowAlarms(id)),
	}
	if refused := v.channelRefused(ch); refused != nil {
		parts = append(parts, d.piece("refused", *refused))
	}
	if told != nil { // else it is about to be read
		v.deeds = told.deeds
		parts = append(parts, d.piece("channel-facts", v.channelFacts(ch)))
		if !told.deeds.unread {
			parts = append(parts, d.piece("activity", v.flowActivity(f, told.lines)))
		}
	}
	return parts
}

// channelGoneParts take away from the page of a channel that is gone whatever is
// true only of one that is there.
func (d *desk) channelGoneParts(v teller) []part {
	state := ui.State{Shape: ui.ShapeStale, Word: v.t.State.Unknown}
	return []part{
		d.piece("flow-state", pages.FlowState{T: v.t, State: state}), d.piece("flow-command", pages.FlowCommand{T: v.t}),
		d.piece("flow-delete", pages.FlowDeletion{T: v.t}), d.piece("flow-strip", pages.Strip{T: v.t}), d.piece("flow-ask", pages.AskLine{T: v.t}),
		d.piece("channel-facts", pages.ChannelGone{T: v.t, Problem: problemOf(v.t, answerTo(errNoChannel))}),
	}
}
