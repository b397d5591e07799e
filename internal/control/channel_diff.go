package control

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/store"
)

// mostChanges is how many changes of a channel one line of the trail tells.
const mostChanges = 24

// FingerprintChannel tells two states of a part of a channel apart, without
// their secrets.
func FingerprintChannel(ch medialive.Channel, part ChannelPart) Fingerprint {
	ch.State = ""
	body, err := medialive.AnswerJSON(ChannelChange{part, ch}.body())
	if err != nil {
		return ""
	}
	return fingerprint(string(body))
}

// DiffChannel tells what a change would change in a channel, by the paths of the
// fields. Of a secret, and of the rest of an address, it tells only that it is
// Fresh.
func DiffChannel(now medialive.Channel, change ChannelChange) []Change { return change.from(now) }

// diffParts tells two parts of channels apart.
func diffParts(now, to any) []Change {
	from, will := values(now), values(to)
	was, is := revealed(now), revealed(to)
	fields := make([]Field, 0, len(is))
	for f := range is {
		fields = append(fields, f)
	}
	for f := range was {
		if _, both := is[f]; !both {
			fields = append(fields, f)
		}
	}
	slices.SortFunc(fields, natural)
	var changes []Change
	for _, f := range fields {
		if was[f] == is[f] {
			continue
		}
		c := Change{f, from[f], will[f]}
		if is[f] != "" && (c.To == c.From || c.To == medialive.Mask) {
			c.To = Fresh
		}
		changes = append(changes, c)
	}
	return changes
}

// natural puts paths in order, the tenth of a list after the second.
func natural(a, b Field) int {
	pad := func(f Field) string {
		parts := strings.Split(string(f), "[")
		for i, p := range parts[1:] {
			parts[i+1] = strings.Repeat("0", max(0, 4-strings.IndexByte(p, ']'))) + p
		}
		return strings.Join(parts, "[")
	}
	return strings.Compare(pad(a), pad(b))
}

// describeChannel tells of a new channel.
func describeChannel(ch medialive.Channel) []Change {
	changes := diffParts(struct{}{}, ch)
	return slices.DeleteFunc(changes, func(c Change) bool { return c.Field == "domain" || c.Field == "app_name" || c.Field == "id" })
}

// few cuts off what would make a line of the trail too long, and says so.
func few(changes []Change) []Change {
	if len(changes) <= mostChanges {
		return changes
	}
	rest := strconv.Itoa(len(changes) - mostChanges)
	return append(slices.Clone(changes[:mostChanges]), Change{FieldMore, "", rest})
}

// channelValues gives the values of the part of a channel that a command was to
// change, cut as the trail cuts.
func channelValues(row store.Command, ch medialive.Channel) func(Field) string {
	now := values(ChannelChange{ChannelPart(row.Target), ch}.body())
	return func(f Field) string {
		cut := Told(describe([]Change{{f, "", now[f]}}))
		if len(cut) == 0 {
			return ""
		}
		return cut[0].To
	}
}

// values gives the fields of a part of a channel by their paths, without secrets.
func values(v any) map[Field]string { return leaves(json.Marshal(v)) }

// revealed is values with its secrets, to tell them apart and for nothing else.
func revealed(v any) map[Field]string { return leaves(medialive.RevealJSON(v)) }

// leaves takes a part of a channel apart. What cannot be encoded has no fields.
func leaves(body []byte, err error) map[Field]string {
	all := make(map[Field]string)
	if err != nil {
		return all
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&v) == nil {
		leaf(all, "", v)
	}
	return all
}

func leaf(all map[Field]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			leaf(all, join(path, name), member)
		}
	case []any:
		for i, element := range v {
			leaf(all, path+"["+strconv.Itoa(i)+"]", element)
		}
	case string:
		all[Field(path)] = v
	case json.Number:
		all[Field(path)] = v.String()
	case bool:
		all[Field(path)] = strconv.FormatBool(v)
	}
}

// join gives the path of a member. A name may be anything, where a service has
// fields that nobody knows.
func join(path, name string) string {
	odd := func(r rune) rune {
		if r == ':' || r == ';' || r == '.' || r == '[' || r <= ' ' {
			return '_'
		}
		return r
	}
	name = strings.Map(odd, name)
	if path == "" {
		return name
	}
	return path + "." + name
}
