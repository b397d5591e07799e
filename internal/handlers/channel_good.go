package handlers

import (
	"cmp"
	"strings"

	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/trail"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// channelDifferences are the parts of a channel that differ from its last known
// good, in a line each.
func (v teller) channelDifferences(id string, g control.Good) []string {
	ch, ok := v.known.Channel(id)
	if !ok {
		return nil
	}
	var all []string
	for _, of := range g.ChannelChanges(ch.Channel) {
		var notes []string
		for _, c := range of.Changes {
			notes = append(notes, v.channelChange(c))
		}
		all = append(all, v.t.Care.Good.Part(v.t.Channels.Parts[string(of.Part)])+": "+strings.Join(notes, v.t.Activity.And))
	}
	return all
}

// channelLines are changes of a channel as a table has them.
func (v teller) channelLines(changes []control.Change) []ui.Change {
	var all []ui.Change
	for _, c := range changes {
		line := ui.Change{Label: v.channelField(c.Field)}
		if from := v.channelValue(c.Field, c.From); from != "" {
			line.Now = []string{from}
		}
		if to := v.channelValue(c.Field, c.To); to != "" {
			line.After = []string{to}
		}
		all = append(all, line)
	}
	return all
}

// untaken tells what a service did not take of a change.
func (v teller) untaken(back *control.ReadBack) string {
	notes := []string{v.t.ChannelForm.Effect.UntakenText}
	for _, u := range back.Untaken {
		notes = append(notes, v.untakenOf(u))
	}
	return strings.Join(notes, " ")
}

// untakenOf tells of a field how it is, and how it was sent.
func (v teller) untakenOf(u control.Untaken) string {
	value := func(s string) string { return cmp.Or(v.channelValue(u.Field, s), v.t.Field.NotSet) }
	return v.t.ChannelForm.Effect.UntakenOf(v.channelField(u.Field), value(u.Is), value(u.Sent)) + v.t.Alarms.End
}

// partlyNote tells what a service did not take of the change that a line of the
// trail is about.
func (v teller) partlyNote(e trail.Event) string {
	var notes []string
	for _, c := range control.Told(e.Message) {
		if c.Field == control.FieldMore {
			notes = append(notes, v.channelChange(c))
			continue
		}
		notes = append(notes, v.untakenOf(control.Untaken{Field: c.Field, Is: c.To, Sent: c.From}))
	}
	return strings.TrimSpace(strings.Join(notes, " "))
}

// channelField names a field of a channel as its forms do.
func (v teller) channelField(f control.Field) string {
	path, _ := channelform.Place(string(f))
	return channelFields{t: v.t}.placed(path)
}

// channelValue is a value of a field as the forms show it; empty where there is
// none.
func (v teller) channelValue(f control.Field, value string) string {
	path, _ := channelform.Place(string(f))
	switch value {
	case "":
		return ""
	case control.Fresh:
		return v.t.ChannelForm.Effect.Secret
	}
	return channelFields{t: v.t}.oneShown(channelform.Change{Path: path, Kind: kinds[channelform.Pattern(path)]}, flagText(value))
}
