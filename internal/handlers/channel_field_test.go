package handlers

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// everyField is a form with something in each field that channels have, once, and
// the paths of what faults may be told of.
func everyField() (form url.Values, leaves, holders []string) {
	form = url.Values{}
	var lists []string
	for _, f := range channelform.Fields() {
		path := f.Pattern
		for _, list := range lists {
			if rest, below := strings.CutPrefix(f.Pattern, channelform.Pattern(list)+"."); below {
				path = list + "." + rest
			}
		}
		switch f.Kind {
		case channelform.List:
			holders = append(holders, path, path+"[0]")
			path += "[0]"
			lists = append(lists, path)
		case channelform.Block:
			holders = append(holders, path)
		default:
			if made := path == "state" || strings.HasSuffix(path, "_package[0].id"); !made { // by a button, and by the service
				leaves = append(leaves, path)
			}
		}
		form.Set(path, "1")
	}
	return form, leaves, holders
}

// told are the names of the fields of groups, and what they say is wrong.
func told(groups []pages.FormGroup) (names, errors []string) {
	for _, g := range groups {
		errors = append(errors, g.Errors...)
		for _, f := range slices.Concat(g.Fields, g.More) {
			names = append(names, nameOfField(f))
			switch {
			case f.Field != nil:
				errors = append(errors, f.Field.Errors...)
			case f.Choice != nil:
				errors = append(errors, strings.Fields(f.Choice.Error)...)
			case f.Checks != nil:
				errors = append(errors, f.Checks.Errors...)
			case f.Secret != nil:
				errors = append(errors, f.Secret.Field.Errors...)
			}
		}
		below, wrong := told(slices.Concat(g.Groups, g.Nested))
		names, errors = append(names, below...), append(errors, wrong...)
	}
	return names, errors
}

// TestEveryFieldHasItsPlace: on the steps and forms each field of the API can be
// typed, and what is wrong with it is told at it; with a list or an object, at
// its group.
func TestEveryFieldHasItsPlace(t *testing.T) {
	form, leaves, holders := everyField()
	f := channelFields{t: text.For(text.EN), form: form, shown: map[string]bool{}, refused: map[string]string{}, cloud: true}
	for _, path := range slices.Concat(leaves, holders) {
		f.refused[path] = path
	}
	var groups []pages.FormGroup
	for _, s := range channelSteps {
		groups = append(groups, s.groups(f)...)
	}
	names, errors := told(groups)
	for _, path := range leaves {
		if !slices.Contains(names, path) {
			t.Errorf("%s cannot be typed", path)
		}
	}
	for _, path := range slices.Concat(leaves, holders) {
		if !slices.Contains(errors, path) {
			t.Errorf("what is wrong with %s is not told at it", path)
		}
	}
}
