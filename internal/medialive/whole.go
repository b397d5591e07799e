package medialive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// A channel is changed by sending parts of it back whole: whoever turns one
// output on sends all endpoints. The service adds fields from time to time
// (health_status and the dimension region came in one year), and a change that
// left out what we have no name for would switch it off unasked. So every object
// of a channel keeps such fields in its Extra, and sends them back.
//
// encoding/json can neither keep them nor write a [Secret] in full for one
// reader and masked for another. The types of a channel are plain structs all
// the same; the functions below read and write them.

// Extra holds the fields of an object that this package has no name for.
type Extra map[string]*Opaque

// rendering says how much of a secret is written.
type rendering int

const (
	shown    rendering = iota // nothing of it: for eyes and logs
	filed                     // for files: secrets masked, those in addresses too
	answered                  // as a service answers: secrets masked, addresses whole
	sent                      // all of it
)

// RevealJSON gives a channel, a part of one, or a change of one as it is sent to
// the service: with its secrets. For requests, for what is sealed, and for what
// a person has asked to see.
func RevealJSON(v any) ([]byte, error) { return encodeWhole(v, sent) }

// AnswerJSON gives a channel, or a part of one, as a service answers it:
// passphrases and headers of key servers are [Mask], addresses are whole.
func AnswerJSON(v any) ([]byte, error) { return encodeWhole(v, answered) }

// FileJSON is AnswerJSON for what leaves the house: passwords and passphrases within
// addresses are [Mask] too.
func FileJSON(v any) ([]byte, error) { return encodeWhole(v, filed) }

func encodeWhole(v any, how rendering) ([]byte, error) {
	w := writer{how: how}
	if err := w.value(reflect.ValueOf(v)); err != nil {
		return nil, err
	}
	return w.buf.Bytes(), nil
}

// encodeWhole sets the body, secrets and unknown fields included, and remembers
// the secrets.
func (r *request) encodeWhole(v any) error {
	w := writer{how: sent}
	if err := w.value(reflect.ValueOf(v)); err != nil {
		return &Error{Op: r.op, Kind: KindRefused, Err: fmt.Errorf("encode the request: %w", err)}
	}
	r.body, r.secrets = w.buf.Bytes(), w.secrets
	return nil
}

// writer writes JSON: structs in the order of their fields and then what is
// extra, and lists never as null.
type writer struct {
	buf     bytes.Buffer
	how     rendering
	secrets []Secret // that were met
}

func (w *writer) value(v reflect.Value) error {
	switch x := v.Interface().(type) {
	case Secret:
		return w.secret(x)
	case URL:
		return w.url(x)
	case *Opaque:
		return w.opaque(x)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return w.value(v.Elem())
		}
	case reflect.Slice:
		return w.list(v)
	case reflect.Struct:
		return w.object(v)
	}
	return w.plain(v.Interface())
}

func (w *writer) list(v reflect.Value) error {
	w.buf.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			w.buf.WriteByte(',')
		}
		if err := w.value(v.Index(i)); err != nil {
			return err
		}
	}
	w.buf.WriteByte(']')
	return nil
}

func (w *writer) object(v reflect.Value) error {
	w.buf.WriteByte('{')
	known := map[string]bool{}
	for _, f := range fields(v.Type()) {
		known[f.name] = true
		if value := v.FieldByIndex(f.index); !f.optional || !empty(value) {
			if err := w.member(f.name, value); err != nil {
				return err
			}
		}
	}
	extra := extraOf(v)
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if !known[name] {
			if err := w.member(name, reflect.ValueOf(extra[name])); err != nil {
				return err
			}
		}
	}
	w.buf.WriteByte('}')
	return nil
}

func (w *writer) member(name string, v reflect.Value) error {
	if last := w.buf.Bytes()[w.buf.Len()-1]; last != '{' {
		w.buf.WriteByte(',')
	}
	if err := w.plain(name); err != nil {
		return err
	}
	w.buf.WriteByte(':')
	return w.value(v)
}

func (w *writer) secret(s Secret) error {
	if w.how != sent {
		return w.plain(s) // masks itself
	}
	w.secrets = append(w.secrets, s)
	return w.plain(s.Reveal())
}

func (w *writer) url(u URL) error {
	switch w.how {
	case shown:
		return w.plain(u)
	case filed:
		return w.plain(u.masked())
	}
	w.secrets = append(w.secrets, u.secrets()...)
	return w.plain(u.Reveal())
}

func (w *writer) opaque(o *Opaque) error {
	if w.how == shown || o == nil {
		return w.plain(o)
	}
	w.buf.Write(o.raw)
	return nil
}

// plain writes as encoding/json does, but leaves <, > and & as they are, as the
// official SDK does.
func (w *writer) plain(v any) error {
	enc := json.NewEncoder(&w.buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	w.buf.Truncate(w.buf.Len() - 1) // the line end
	return nil
}

// decodeWhole reads JSON into what v points to, and keeps what that has no field
// for. A null counts as absent.
func decodeWhole(data []byte, v any) error {
	return readValue(data, reflect.ValueOf(v).Elem())
}

func readValue(data []byte, v reflect.Value) error {
	switch {
	case string(data) == "null":
		return nil
	case v.Type() == reflect.TypeFor[*Opaque]():
		v.Set(reflect.ValueOf(&Opaque{bytes.Clone(data)}))
		return nil
	case v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Struct:
		v.Set(reflect.New(v.Type().Elem()))
		return readObject(data, v.Elem())
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		return readList(data, v)
	case v.Kind() == reflect.Struct:
		return readObject(data, v)
	}
	return json.Unmarshal(data, v.Addr().Interface())
}

func readList(data []byte, v reflect.Value) error {
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := readValue(item, v.Index(i)); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

func readObject(data []byte, v reflect.Value) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	for _, f := range fields(v.Type()) {
		if member, ok := members[f.name]; ok {
			if err := readValue(member, v.FieldByIndex(f.index)); err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			delete(members, f.name)
		}
	}
	keep(members, v)
	return nil
}

// keep puts what is left of an object into its Extra.
func keep(members map[string]json.RawMessage, v reflect.Value) {
	extra := Extra{}
	for name, member := range members {
		if string(member) != "null" {
			extra[name] = &Opaque{member}
		}
	}
	if field := v.FieldByName("Extra"); field.IsValid() && len(extra) > 0 {
		field.Set(reflect.ValueOf(extra))
	}
}

func extraOf(v reflect.Value) Extra {
	if field := v.FieldByName("Extra"); field.IsValid() {
		return field.Interface().(Extra)
	}
	return nil
}

// field is a field of a struct with its name in JSON.
type field struct {
	name     string
	index    []int
	optional bool // left out when it is empty
}

// fields gives the fields of a struct, those of what it embeds in place of it.
func fields(t reflect.Type) []field {
	var all []field
	for _, f := range reflect.VisibleFields(t) {
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			all = append(all, field{name, f.Index, option == "omitempty"})
		}
	}
	return all
}

func empty(v reflect.Value) bool {
	return v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0
}

// show prints a value as [shown]: for Format, whatever the verb. Without it, fmt
// reaches what is behind a pointer when the verb does not fit.
func show(f fmt.State, v any) {
	if data, err := encodeWhole(v, shown); err == nil {
		_, _ = f.Write(data)
	}
}

// Masked gives the fields of a channel, or of a change of one, that hold [Mask]
// in place of a secret. A Flowdeck gateway takes the mask for "keep the stored
// one"; what the vendor makes of it is not published, and it may well store the
// mask itself.
func Masked(v any) (paths []string) {
	eachSecret("", reflect.ValueOf(v), func(path string, at reflect.Value) {
		if at.Interface() == Secret(Mask) {
			paths = append(paths, path)
		}
	})
	return paths
}

// Unmask puts what give has for its path in the place of each [Mask] of a channel,
// if it has anything.
func Unmask(c *Channel, give func(path string) Secret) {
	eachSecret("", reflect.ValueOf(c), func(path string, at reflect.Value) {
		if fresh := give(path); at.Interface() == Secret(Mask) && fresh != "" {
			at.Set(reflect.ValueOf(fresh))
		}
	})
}

// eachSecret visits the secrets of a value by their paths.
func eachSecret(path string, v reflect.Value, visit func(path string, at reflect.Value)) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[Secret]() {
			visit(strings.TrimPrefix(path, "."), v)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			eachSecret(path, v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachSecret(fmt.Sprintf("%s[%d]", path, i), v.Index(i), visit)
		}
	case reflect.Struct:
		for _, f := range fields(v.Type()) {
			eachSecret(path+"."+f.name, v.FieldByIndex(f.index), visit)
		}
	}
}
