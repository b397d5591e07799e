package medialive

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// schemaOf gives a schema of the specification.
func schemaOf(t testing.TB, name string) *openapi3.Schema {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(Spec()))
	if err != nil {
		t.Fatal(err)
	}
	return doc.Components.Schemas[name].Value
}

// breach is a value that the specification does not allow at a place of a
// channel.
type breach struct {
	path string
	put  func() (undo func())
}

// breaches gives one for each limit that the specification sets to a value, and
// to all below it.
func breaches(path string, schema *openapi3.Schema, value any, set func(any), all []breach) []breach {
	if len(schema.AllOf) == 1 {
		schema = schema.AllOf[0].Value
	}
	for _, wrong := range wrongs(schema, value) {
		all = append(all, breach{path, func() func() {
			set(wrong)
			return func() { set(value) }
		}})
	}
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			all = breaches(fmt.Sprintf("%s[%d]", path, i), schema.Items.Value, item, func(v any) { value[i] = v }, all)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			member, property := value[name], schema.Properties[name]
			if property == nil {
				continue
			}
			below := strings.TrimPrefix(path+"."+name, ".")
			if slices.Contains(schema.Required, name) {
				all = append(all, breach{below, func() func() {
					delete(value, name)
					return func() { value[name] = member }
				}})
			}
			all = breaches(below, property.Value, member, func(v any) { value[name] = v }, all)
		}
	}
	return all
}

// wrongs gives values that are just beyond the limits of a schema.
func wrongs(s *openapi3.Schema, value any) (all []any) {
	if s.Max != nil {
		all = append(all, *s.Max+1)
	}
	if s.Min != nil {
		all = append(all, *s.Min-1)
	}
	if s.MaxLength != nil {
		all = append(all, strings.Repeat("a", int(*s.MaxLength)+1))
	}
	if s.Pattern != "" {
		all = append(all, "A b/")
	}
	if len(s.Enum) > 0 && s.Type.Is("string") {
		all = append(all, "NONE_OF_THEM")
	}
	if list, ok := value.([]any); ok && s.MaxItems != nil {
		all = append(all, slices.Repeat(list[:1], int(*s.MaxItems)+1))
	}
	return all
}

// TestEveryLimitOfTheSpecification breaks each limit of a channel by itself, and
// wants a fault just there; unless what would be sent keeps to it all the same,
// as where 0 stands for none and is left out.
func TestEveryLimitOfTheSpecification(t *testing.T) {
	schema := schemaOf(t, "CreateOttChannelInfoReq")
	data, err := RevealJSON(goodChannel())
	if err != nil {
		t.Fatal(err)
	}
	channel := decoded(t, data)
	all := breaches("", schema, channel, nil, nil)
	if len(all) < 200 {
		t.Errorf("only %d limits were found", len(all))
	}
	for _, b := range all {
		undo := b.put()
		text, err := json.Marshal(channel)
		undo()
		if err != nil {
			t.Fatal(err)
		}
		var ch Channel
		if err := json.Unmarshal(text, &ch); err != nil {
			t.Fatalf("%s: %v", b.path, err)
		}
		told := slices.ContainsFunc(ValidateNewChannel(ch), func(f Fault) bool { return strings.HasPrefix(f.Field, b.path) })
		if err := conforming(t, schema, ch); err != nil && !told {
			t.Errorf("no fault at %s, but %v", b.path, err)
		}
	}
}

// conforming checks what would be sent of a channel against the specification.
func conforming(t *testing.T, schema *openapi3.Schema, ch Channel) error {
	t.Helper()
	data, err := RevealJSON(ch)
	if err != nil {
		t.Fatal(err)
	}
	return schema.VisitJSON(decoded(t, data))
}
