package channelform

import (
	"slices"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// What is wrong with JSON that takes the place of a channel.
const (
	FaultFixed medialive.FaultCode = "fixed" // cannot be changed; Value is what it is
	FaultTyped medialive.FaultCode = "typed" // a secret that is typed where it would be shown
)

// Fixed gives what no change of a channel can change, or not in the clear, where
// another channel has it differently: what it is called, its state, its protocol,
// the ids of its packages, and its secrets. What the other leaves out is as it is.
func Fixed(now, to medialive.Channel) []medialive.Fault {
	var all []medialive.Fault
	for _, f := range []struct{ path, is, asked string }{
		{"domain", now.Domain, to.Domain},
		{"app_name", now.AppName, to.AppName},
		{"id", now.ID, to.ID},
		{"state", string(now.State), string(to.State)},
		{"mode", string(now.Mode), string(to.Mode)},
		{"region", now.Region, to.Region},
		{"input.input_protocol", string(now.Input.Protocol), string(to.Input.Protocol)},
	} {
		if f.asked != "" && f.asked != f.is {
			all = append(all, medialive.Fault{Field: f.path, Code: FaultFixed, Value: f.is})
		}
	}
	formats := map[string]string{}
	for ref, p := range now.Packages() {
		formats[p.ID] = ref.Format
	}
	for ref, p := range to.Packages() {
		if p.ID != "" && formats[p.ID] != ref.Format {
			all = append(all, medialive.Fault{Field: ref.String() + ".id", Code: FaultFixed})
		}
	}
	return append(all, typedSecrets(now, to)...)
}

// typedSecrets are the secrets that are neither as they are nor masked.
func typedSecrets(now, to medialive.Channel) []medialive.Fault {
	var all []medialive.Fault
	have := secretsOf(now)
	for path, s := range secretsOf(to) {
		if s.value != medialive.Mask && s.value != have[path].value {
			all = append(all, medialive.Fault{Field: path, Code: FaultTyped})
		}
	}
	slices.SortFunc(all, func(a, b medialive.Fault) int { return strings.Compare(a.Field, b.Field) })
	return all
}
