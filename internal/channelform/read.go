package channelform

import (
	"cmp"
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// FaultJSON is what is wrong with a field that is no JSON.
const FaultJSON medialive.FaultCode = "json"

// What a form does with a secret that is set.
const (
	Keep    = "keep"
	Replace = "replace"
	Remove  = "remove"
)

// unreadable stands for a number that is none: no field takes a negative one.
const unreadable = -1

// Box seals what was typed into a secret field, so that the form can bring it
// back without showing it.
type Box interface {
	Seal(secret string) (sealed string, err error)
	Open(sealed string) (secret string, ok bool)
}

// Parsed is a form as it was read.
type Parsed struct {
	// Form is what was sent under the names of fields, places closed up and
	// secrets sealed: what the form is shown with again.
	Form    url.Values
	Channel medialive.Channel

	own   []medialive.Fault // what is wrong and no limit of the API
	typed map[string]string // what was typed where a number is expected
	kept  []keptSecret
}

// keptSecret is a secret that is to stay as it is.
type keptSecret struct {
	path string // of the field
	from string // where the channel has it now
	at   *medialive.Secret
}

// Parse reads a form. What was typed stays in Form, whatever it is; what cannot
// be read is told by Faults. A secret that stays is [medialive.Mask] until
// KeepSecrets. An error is one of the box.
func Parse(form url.Values, box Box) (*Parsed, error) {
	r := &reader{box: box, Parsed: &Parsed{Form: url.Values{}, typed: map[string]string{}}}
	r.read("", tree(form), reflect.ValueOf(&r.Channel).Elem())
	if r.err != nil {
		return nil, r.err
	}
	return r.Parsed, nil
}

type reader struct {
	*Parsed
	box Box
	err error
}

func (r *reader) read(path string, n *node, v reflect.Value) {
	kind, leaf := kindOf(v.Type())
	switch {
	case leaf:
		r.leaf(kind, path, n, v)
	case kind == List:
		r.list(path, n, v)
	case kind == Block:
		if text := strings.TrimSpace(n.text()); text != "" {
			r.Form.Set(path, text)
		}
		made := reflect.New(v.Type().Elem())
		r.object(path, n, made.Elem())
		if n.present() {
			v.Set(made)
		}
	default:
		r.object(path, n, v)
	}
}

// present tells whether an object is there: as its own field says, or by having
// something.
func (n *node) present() bool {
	if len(n.values) > 0 {
		return n.text() != "" && n.text() != "0"
	}
	return !n.empty()
}

func (r *reader) list(path string, n *node, v reflect.Value) {
	items := n.list()
	if len(items) == 0 {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		place := path + "[" + strconv.Itoa(i) + "]"
		if item.text() != "" {
			r.Form.Set(place, "1")
		}
		r.object(place, item, v.Index(i))
	}
}

// object reads the fields of an object. Where its own field names one of the
// objects within, only that one is there.
func (r *reader) object(path string, n *node, v reflect.Value) {
	chosen := n.text()
	for m := range members(v.Type()) {
		below := n.field(m.name)
		if kind, _ := kindOf(m.kind); kind == Block && v.Type() == reflect.TypeFor[medialive.AudioSettings]() {
			below = below.chosen(chosen, m.name)
		}
		r.read(join(path, m.name), below, v.FieldByIndex(m.index))
	}
}

// chosen gives the node of an object of which one is chosen.
func (n *node) chosen(choice, name string) *node {
	switch choice {
	case "", "0", "1":
		return n
	case name:
		return &node{[]string{"1"}, n.fields, n.items}
	}
	return &node{[]string{"0"}, n.fields, n.items}
}

func (r *reader) leaf(kind Kind, path string, n *node, v reflect.Value) {
	switch kind {
	case Number:
		r.number(path, n, v)
	case Flag:
		switch n.text() {
		case "":
		case "0":
			r.Form.Set(path, "0")
		default:
			r.Form.Set(path, "1")
			v.SetBool(true)
		}
	case Lines:
		r.lines(path, n, v)
	case Secret:
		r.secret(path, n, v.Addr().Interface().(*medialive.Secret))
	case JSON, Rest:
		r.json(path, n, v, kind == Rest)
	default:
		if text := strings.TrimSpace(n.text()); text != "" {
			r.Form.Set(path, text)
			v.SetString(text)
		}
	}
}

func (r *reader) number(path string, n *node, v reflect.Value) {
	text := strings.TrimSpace(n.text())
	if text == "" {
		return
	}
	r.Form.Set(path, text)
	number, err := ParseNumber(text)
	if err != nil {
		number = unreadable
		r.typed[path] = text
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.ValueOf(&number))
		return
	}
	v.SetInt(int64(number))
}

func (r *reader) lines(path string, n *node, v reflect.Value) {
	for _, value := range n.values {
		for line := range strings.Lines(value) {
			if line = strings.TrimSpace(line); line != "" {
				r.Form.Add(path, line)
				v.Set(reflect.Append(v, reflect.ValueOf(line).Convert(v.Type().Elem())))
			}
		}
	}
}

func (r *reader) json(path string, n *node, v reflect.Value, object bool) {
	text := strings.TrimSpace(n.text())
	if text == "" {
		return
	}
	r.Form.Set(path, text)
	into, bad := v.Addr().Interface(), false
	if object {
		bad = json.Unmarshal([]byte(text), into) != nil
	} else {
		o, err := medialive.NewOpaque([]byte(text))
		if bad = err != nil || !strings.HasPrefix(text, "{"); !bad {
			v.Set(reflect.ValueOf(o))
		}
	}
	if bad {
		v.SetZero()
		r.own = append(r.own, medialive.Fault{Field: path, Code: FaultJSON})
	}
}

// secret reads a secret: typed now, sealed when it was typed before, or the one
// that is set. A mask that was typed is no secret.
func (r *reader) secret(path string, n *node, to *medialive.Secret) {
	action, from := n.field("action").text(), n.field("kept").text()
	typed, sealed := n.text(), n.field("sealed").text()
	if typed == medialive.Mask {
		typed, action = "", cmp.Or(action, Replace)
	}
	if from != "" && action == "" && typed == "" && sealed == "" {
		action = Keep
	}
	for name, value := range map[string]string{".action": action, ".kept": from} {
		if value != "" {
			r.Form.Set(path+name, value)
		}
	}
	switch {
	case action == Remove, from == "" && action == Keep:
	case action == Keep:
		*to = medialive.Mask
		r.kept = append(r.kept, keptSecret{path, from, to})
	case typed != "":
		*to = medialive.Secret(typed)
		r.seal(path, typed)
	case from != "" && action == Replace && sealed == "": // by nothing: it stays a mask until it is typed
		*to = medialive.Mask
		r.own = append(r.own, medialive.Fault{Field: path, Code: medialive.FaultRequired})
	case sealed != "" && r.box != nil:
		r.Form.Set(path+".sealed", sealed)
		if secret, ok := r.box.Open(sealed); ok {
			*to = medialive.Secret(secret)
		} else { // of another session, say: it has to be typed anew
			r.own = append(r.own, medialive.Fault{Field: path, Code: medialive.FaultRequired})
		}
	}
}

func (r *reader) seal(path, typed string) {
	if r.box == nil {
		return
	}
	sealed, err := r.box.Seal(typed)
	if err != nil {
		r.err = err
		return
	}
	r.Form.Set(path+".sealed", sealed)
}

// KeepSecrets puts in the secrets that stay, as the channel has them now. Where
// it has only the mask, and masks says that the service takes one for "as it
// is", the mask stays if the place is the same. Any other has to be typed anew,
// which Faults then tells, and stays a mask.
func (p *Parsed) KeepSecrets(now medialive.Channel, masks bool) {
	have, own := secretsOf(now), secretsOf(p.Channel)
	for _, k := range p.kept {
		switch was := have[k.from]; {
		case was.value != "" && was.value != medialive.Mask:
			*k.at = was.value
		case was.value == medialive.Mask && masks && was.place == own[k.path].place:
		default:
			p.own = append(p.own, medialive.Fault{Field: k.path, Code: medialive.FaultRequired})
		}
	}
}

// Faults gives what is wrong: what could not be read, and what the API's limits
// say. Of what could not be read there is one.
func (p *Parsed) Faults(limits []medialive.Fault) []medialive.Fault {
	all := slices.Clone(p.own)
	for _, f := range limits {
		if slices.ContainsFunc(p.own, func(o medialive.Fault) bool { return o.Field == f.Field }) {
			continue
		}
		if text, ok := p.typed[f.Field]; ok {
			if f.Code != medialive.FaultRange && f.Code != medialive.FaultEnum {
				continue
			}
			f.Value = shorten(text)
		}
		all = append(all, f)
	}
	return all
}

func shorten(text string) string {
	if letters := []rune(text); len(letters) > 20 {
		return string(letters[:20])
	}
	return text
}
