package channelform

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// FaultLimit is that a field asks for what the service cannot do; Value has the
// reason, as the service tells it.
const FaultLimit medialive.FaultCode = "limit"

// Beyond gives what a form asks for beyond the limits of a service, by the names
// of fields. What is possible partly is left to the service.
func Beyond(form url.Values, limits []medialive.ChannelLimit) []medialive.Fault {
	var all []medialive.Fault
	for path := range form {
		pattern := Pattern(path)
		for _, l := range limits {
			if l.Field == pattern && asks(form.Get(path), path, l) {
				all = append(all, medialive.Fault{Field: path, Code: FaultLimit, Value: l.Reason})
			}
		}
	}
	slices.SortFunc(all, func(a, b medialive.Fault) int { return strings.Compare(a.Field, b.Field) })
	return all
}

// asks tells whether a value at a path is beyond a limit.
func asks(value, path string, l medialive.ChannelLimit) bool {
	switch value = strings.TrimSpace(value); {
	case l.Partly:
		return false
	case l.Value != "":
		return value == l.Value
	case l.Most > 0:
		return placeOf(path) >= l.Most
	}
	return !unset(value)
}

// unset are the values of a field in which nothing is asked for.
func unset(value string) bool { return value == "" || value == "0" || value == "{}" }

// placeOf gives the place of an item in its list, from 0.
func placeOf(path string) int {
	n, err := strconv.Atoi(strings.TrimSuffix(path[strings.LastIndexByte(path, '[')+1:], "]"))
	if err != nil {
		return 0
	}
	return n
}

// Never gives the reason for which a service cannot do what a field is for, at
// all or not once more; empty: it can. Nothing is asked for there yet.
func Never(form url.Values, path string, limits []medialive.ChannelLimit) string {
	pattern := Pattern(path)
	for _, l := range limits {
		switch {
		case l.Field != pattern || l.Partly || l.Value != "":
		case l.Most > 0 && Count(form, path) < l.Most:
		case l.Most == 0 && !unset(form.Get(path)):
		default:
			return l.Reason
		}
	}
	return ""
}
