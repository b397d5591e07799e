package handlers

import (
	"cmp"
	"strings"

	"github.com/flowdeck/flowdeck/internal/control"
)

// channelNote tells what was changed of a channel, in the words of its forms.
func (v teller) channelNote(detail string) string {
	var notes []string
	for _, c := range control.Told(detail) {
		notes = append(notes, v.channelChange(c))
	}
	return strings.Join(notes, v.t.Activity.And)
}

// channelChange tells one change of a channel: Source 1 · Bitrate 3 Mb/s → 5 Mb/s.
func (v teller) channelChange(c control.Change) string {
	switch c.Field {
	case control.FieldMore:
		return "+" + c.To
	case control.FieldSecond:
		return v.t.Trail.Seconded(c.From, c.To)
	}
	note, from, to := v.channelField(c.Field), v.channelValue(c.Field, c.From), v.channelValue(c.Field, c.To)
	if from == "" && to != "" {
		return note + " " + to
	}
	return note + " " + cmp.Or(from, v.t.Field.NotSet) + " → " + cmp.Or(to, v.t.Field.NotSet)
}

// flagText is a truth value as forms have it; any other value stays as it is.
func flagText(value string) string {
	switch value {
	case "true":
		return "1"
	case "false":
		return "0"
	}
	return value
}
