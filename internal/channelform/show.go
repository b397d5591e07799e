package channelform

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// Show gives the form that shows a channel. Of a secret it tells that one is
// set, and where.
func Show(ch medialive.Channel) url.Values {
	form := url.Values{}
	for _, e := range entries(ch) {
		for _, value := range e.values {
			form.Add(e.path, value)
		}
		if e.kind == Secret {
			form.Del(e.path)
			form.Set(e.path+".action", Keep)
			form.Set(e.path+".kept", e.path)
		}
	}
	return form
}

// entry is a field that has something. That of a secret is the secret.
type entry struct {
	path   string
	kind   Kind
	values []string
	place  string // of a secret: what it belongs to, wherever that stands
}

// entries are the fields that have something, in their order.
func entries(ch medialive.Channel) []entry {
	var w writer
	w.object("", "", reflect.ValueOf(ch))
	return w.all
}

type secretAt struct {
	value medialive.Secret
	place string
}

func secretsOf(ch medialive.Channel) map[string]secretAt {
	all := map[string]secretAt{}
	for _, e := range entries(ch) {
		if e.kind == Secret {
			all[e.path] = secretAt{medialive.Secret(e.values[0]), e.place}
		}
	}
	return all
}

type writer struct{ all []entry }

func (w *writer) add(kind Kind, path, place string, values ...string) {
	w.all = append(w.all, entry{path, kind, values, place})
}

// object writes the fields of an object. place is its path by what a service
// keeps a secret for: the id of a package, the key of a header, the place of a
// source.
func (w *writer) object(path, place string, v reflect.Value) {
	switch x := v.Interface().(type) {
	case medialive.HTTPHeader:
		place += "." + x.Key
	case medialive.HLSPackage:
		place = "package " + x.ID
	case medialive.DASHPackage:
		place = "package " + x.ID
	case medialive.MSSPackage:
		place = "package " + x.ID
	}
	for m := range members(v.Type()) {
		below := place
		if _, header := v.Interface().(medialive.HTTPHeader); !header {
			below = join(place, m.name)
		}
		w.value(join(path, m.name), below, v.FieldByIndex(m.index))
	}
}

func (w *writer) value(path, place string, v reflect.Value) {
	kind, leaf := kindOf(v.Type())
	switch {
	case leaf:
		w.leaf(kind, path, place, v)
	case kind == List:
		for i := range v.Len() {
			at := "[" + strconv.Itoa(i) + "]"
			w.add(List, path+at, "", "1")
			if strings.HasSuffix(path, "http_headers") {
				w.object(path+at, place, v.Index(i))
			} else {
				w.object(path+at, place+at, v.Index(i))
			}
		}
	case kind == Block && !v.IsNil():
		w.add(Block, path, "", marker(v.Elem().Interface()))
		w.object(path, place, v.Elem())
	case kind == Text:
		w.object(path, place, v)
	}
}

// marker is the field of an object that is there.
func marker(object any) string {
	s, ok := object.(medialive.AudioSettings)
	if !ok {
		return "1"
	}
	ways := []string{}
	for way, is := range map[string]bool{
		"audio_language_selection": s.Language != nil, "audio_pid_selection": s.PID != nil, "audio_hls_selection": s.HLS != nil,
	} {
		if is {
			ways = append(ways, way)
		}
	}
	if len(ways) != 1 {
		return "1"
	}
	return ways[0]
}

func (w *writer) leaf(kind Kind, path, place string, v reflect.Value) {
	switch {
	case kind == JSON && !v.IsNil():
		w.add(kind, path, "", string(v.Interface().(*medialive.Opaque).Reveal()))
	case kind == Rest && v.Len() > 0:
		w.add(kind, path, "", string(rest(v.Interface().(medialive.Extra))))
	case kind == Secret && v.Len() > 0:
		w.add(kind, path, place, v.String())
	case kind == Flag && v.Bool():
		w.add(kind, path, "", "1")
	case kind == Number && v.Kind() == reflect.Pointer && !v.IsNil():
		w.add(kind, path, "", strconv.FormatInt(v.Elem().Int(), 10))
	case kind == Number && v.Kind() == reflect.Int && v.Int() != 0:
		w.add(kind, path, "", strconv.FormatInt(v.Int(), 10))
	case kind == Lines && v.Len() > 0:
		var lines []string
		for i := range v.Len() {
			lines = append(lines, v.Index(i).String())
		}
		w.add(kind, path, "", lines...)
	case kind == Text && v.Len() > 0:
		w.add(kind, path, "", v.String())
	}
}

// rest is an object of what has no name here.
func rest(extra medialive.Extra) []byte {
	all := map[string]json.RawMessage{}
	for name, value := range extra {
		all[name] = value.Reveal()
	}
	data, err := json.Marshal(all)
	if err != nil {
		return []byte("{}") // it was read as JSON: this is not reached
	}
	return data
}
