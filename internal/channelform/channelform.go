// Package channelform turns what somebody typed about a channel into the
// channel, and a channel into what its forms show. It is pure.
//
// A field of a form has the name of the field of the API with its place, such as
// input.sources[0].url: what the API finds wrong with a field is told at the
// field, and a field that the API has cannot be missing here. Beside a field may
// stand what only the form has: passphrase.action, passphrase.kept,
// passphrase.sealed.
package channelform

import (
	"iter"
	"reflect"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// Kind is how a field is typed.
type Kind int

// The kinds of fields.
const (
	Text   Kind = iota // one line
	Number             // whole, not negative; see [ParseNumber]
	Flag               // 1, or nothing
	Lines              // several texts: one a line, or the field several times
	Secret             // written, and never shown
	JSON               // an object that nobody has published anything about
	Rest               // the fields of an object that have no name here, as a JSON object
	Block              // an object that is there or not: 1, 0, or the name of the one object within it that is there
	List               // several objects
)

// Field is a field that channels have. Pattern is its name without places:
// input.sources.url.
type Field struct {
	Pattern string
	Kind    Kind
}

// restName is the field of a form for what an object has besides.
const restName = "extra_fields"

// Fields lists all fields of a channel, in their order.
func Fields() []Field {
	var all []Field
	fieldsOf("", reflect.TypeFor[medialive.Channel](), &all)
	return all
}

func fieldsOf(pattern string, t reflect.Type, all *[]Field) {
	kind, leaf := kindOf(t)
	switch {
	case leaf:
		*all = append(*all, Field{pattern, kind})
		return
	case kind == Block || kind == List:
		*all = append(*all, Field{pattern, kind})
		t = t.Elem()
	}
	for m := range members(t) {
		fieldsOf(join(pattern, m.name), m.kind, all)
	}
}

// kindOf tells how a type is typed, and whether nothing is below it.
func kindOf(t reflect.Type) (kind Kind, leaf bool) {
	switch t {
	case reflect.TypeFor[medialive.Secret]():
		return Secret, true
	case reflect.TypeFor[*medialive.Opaque]():
		return JSON, true
	case reflect.TypeFor[medialive.Extra]():
		return Rest, true
	}
	switch t.Kind() {
	case reflect.Int:
		return Number, true
	case reflect.Bool:
		return Flag, true
	case reflect.Pointer:
		if t.Elem().Kind() == reflect.Int {
			return Number, true
		}
		return Block, false
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return List, false
		}
		return Lines, true
	}
	return Text, t.Kind() != reflect.Struct
}

// member is a field of an object.
type member struct {
	name  string
	index []int
	kind  reflect.Type
}

// members are the fields of an object, those of what it embeds among them.
func members(t reflect.Type) iter.Seq[member] {
	return func(yield func(member) bool) {
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Name == "Extra" {
				name = restName
			}
			if name == "" || name == "-" {
				continue // what is embedded shows its own fields
			}
			if !yield(member{name, f.Index, f.Type}) {
				return
			}
		}
	}
}

// join puts a name below a path.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Pattern gives the name of a field without its places.
func Pattern(path string) string {
	var b strings.Builder
	within := false
	for _, c := range path {
		switch {
		case c == '[':
			within = true
		case c == ']':
			within = false
		case !within:
			b.WriteRune(c)
		}
	}
	return b.String()
}
