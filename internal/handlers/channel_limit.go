package handlers

import (
	"slices"

	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/web/templates/pages"
)

// never tells why the service cannot do what a field is for; empty: it can, or
// something is set there, which is shown to be removed.
func (f channelFields) never(path string) string {
	if why := channelform.Never(f.form, path, f.limits); why != "" {
		return f.t.ChannelForm.Limit.Never(f.t.ChannelForm.Limit.Reason(why))
	}
	return ""
}

// barred is a field that the service does not have.
func (f channelFields) barred(path, why string) pages.FormField {
	return pages.FormField{For: f.where(path, wordKey(path)), Not: &pages.FormNot{Name: path, Label: f.label(path), Why: why}}
}

// help is what there is to know about a field: also what of it this service can
// do, where that is not all.
func (f channelFields) help(path string) string {
	help, pattern := f.t.ChannelForm.Helps[wordKey(path)], channelform.Pattern(path)
	for _, l := range f.limits {
		if l.Field == pattern && (l.Partly || l.Value != "") {
			help = joinWords(help, f.t.ChannelForm.Limit.Partly(f.t.ChannelForm.Limit.Reason(l.Reason)))
		}
	}
	return help
}

// possible are the values of a choice that the service can do, and the one that
// is chosen.
func (f channelFields) possible(path string, values []string, now string) []string {
	pattern := channelform.Pattern(path)
	return slices.DeleteFunc(slices.Clone(values), func(value string) bool {
		return value != now && slices.ContainsFunc(f.limits, func(l medialive.ChannelLimit) bool {
			return l.Field == pattern && l.Value == value && value != ""
		})
	})
}

// add is the button that puts an item to a list; where the service has no such
// list, or no room in it, it says why.
func (f channelFields) add(list, label string) pages.FormAct {
	return pages.FormAct{Value: "add:" + list, Label: label, Quiet: true, Not: f.never(list)}
}

func joinWords(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}
