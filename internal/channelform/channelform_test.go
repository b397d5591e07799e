package channelform

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// plainBox is a box that hides nothing.
type plainBox struct{}

func (plainBox) Seal(secret string) (string, error) { return "sealed:" + secret, nil }

func (plainBox) Open(sealed string) (string, bool) { return strings.CutPrefix(sealed, "sealed:") }

func parse(t *testing.T, form url.Values) *Parsed {
	t.Helper()
	p, err := Parse(form, plainBox{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// filled gives a value of a type with something in every field.
func filled(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case *medialive.Opaque:
		o, err := medialive.NewOpaque(fmt.Appendf(nil, `{"a":%d}`, *n))
		if err != nil {
			panic(err)
		}
		v.Set(reflect.ValueOf(o))
		return
	case medialive.Extra:
		o, err := medialive.NewOpaque(fmt.Appendf(nil, `"text %d"`, *n))
		if err != nil {
			panic(err)
		}
		v.Set(reflect.ValueOf(medialive.Extra{"new_field": o}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text-%d", *n))
	case reflect.Int:
		v.SetInt(int64(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		filled(v.Index(0), n)
		filled(v.Index(1), n)
	case reflect.Struct:
		for i := range v.NumField() {
			filled(v.Field(i), n)
		}
	default:
		panic(v.Kind())
	}
}

func full() medialive.Channel {
	var ch medialive.Channel
	n := 0
	filled(reflect.ValueOf(&ch).Elem(), &n)
	return ch
}

func sameChannel(t *testing.T, got, want medialive.Channel) {
	t.Helper()
	if reflect.DeepEqual(got, want) {
		return
	}
	for _, c := range Changes(want, got) {
		t.Errorf("%s is %q, want %q", c.Path, c.To, c.From)
	}
	t.Error("not the same channel")
}

// TestEveryFieldComesBack: whatever a channel has, its form holds, secrets
// aside; those stay.
func TestEveryFieldComesBack(t *testing.T) {
	want := full()
	form := Show(want)
	secrets := secretsOf(want)
	for name, values := range form {
		for ref, secret := range secrets {
			if slices.Contains(values, secret.value.Reveal()) {
				t.Errorf("%s shows the secret of %s", name, ref)
			}
		}
	}
	p := parse(t, form)
	if faults := p.Faults(nil); len(faults) > 0 {
		t.Fatalf("%+v", faults)
	}
	p.KeepSecrets(want, false)
	sameChannel(t, p.Channel, want)
	if again := parse(t, p.Form); !reflect.DeepEqual(again.Form, p.Form) {
		t.Errorf("shown again it is\n%v, was\n%v", again.Form, p.Form)
	}
}

// TestFields: a form that has each field once gives a channel in which each is
// set.
func TestFields(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range entries(full()) {
		seen[Pattern(e.path)] = true
	}
	for _, f := range Fields() {
		if !seen[f.Pattern] {
			t.Errorf("%s is not shown", f.Pattern)
		}
	}
	if n := len(Fields()); n < 130 {
		t.Errorf("%d fields", n)
	}
}

// TestTypedNonsense: at every field for a number, what is none is told there,
// with what was typed, and is kept.
func TestTypedNonsense(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range entries(full()) {
		if e.kind != Number || seen[Pattern(e.path)] {
			continue
		}
		seen[Pattern(e.path)] = true
		form := Show(full())
		form.Set(e.path, "many")
		p := parse(t, form)
		var at []medialive.Fault
		for _, f := range p.Faults(medialive.ValidateNewChannel(p.Channel)) {
			if f.Field == e.path {
				at = append(at, f)
			}
		}
		if len(at) != 1 || at[0].Value != "many" || p.Form.Get(e.path) != "many" {
			t.Errorf("%s: %+v, shown %q", e.path, at, p.Form.Get(e.path))
		}
	}
}

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		form  url.Values
		check func(ch medialive.Channel) bool
	}{
		"nothing": {url.Values{}, func(ch medialive.Channel) bool { return reflect.DeepEqual(ch, medialive.Channel{}) }},
		"blanks around": {url.Values{"domain": {" push.example.com "}}, func(ch medialive.Channel) bool {
			return ch.Domain == "push.example.com"
		}},
		"places with gaps": {url.Values{"input.sources[7].url": {"srt://b"}, "input.sources[3].url": {"srt://a"}}, func(ch medialive.Channel) bool {
			return len(ch.Input.Sources) == 2 && ch.Input.Sources[0].URL == "srt://a"
		}},
		"an item of nothing": {url.Values{"input.sources[0].url": {" "}, "input.sources[1].bitrate": {""}}, func(ch medialive.Channel) bool {
			return ch.Input.Sources == nil
		}},
		"an item that is meant": {url.Values{"input.sources[0]": {"1"}, "input.sources[0].url": {""}}, func(ch medialive.Channel) bool {
			return len(ch.Input.Sources) == 1
		}},
		"lines": {url.Values{"input.sources[0].backup_urls": {" srt://a\r\n\r\nsrt://b\n"}}, func(ch medialive.Channel) bool {
			return slices.Equal(ch.Input.Sources[0].BackupURLs, []medialive.URL{"srt://a", "srt://b"})
		}},
		"boxes": {url.Values{"input.ad_triggers": {"Splice insert", "Provider advertisement"}}, func(ch medialive.Channel) bool {
			return len(ch.Input.AdTriggers) == 2
		}},
		"a box that is off": {url.Values{"input.ip_port_mode": {"0"}}, func(ch medialive.Channel) bool { return !ch.Input.IPPortMode }},
		"a box that is on":  {url.Values{"input.ip_port_mode": {"0", "1"}}, func(ch medialive.Channel) bool { return ch.Input.IPPortMode }},
		"a bit rate with its unit": {url.Values{"input.max_bandwidth_limit": {"4.5 Mb/s"}}, func(ch medialive.Channel) bool {
			return ch.Input.MaxBandwidth == 4500000
		}},
		"a zero that counts": {url.Values{"input.failover_conditions.input_loss_threshold_msec": {"0"}}, func(ch medialive.Channel) bool {
			return ch.Input.Failover != nil && ch.Input.Failover.LossThreshold != nil && *ch.Input.Failover.LossThreshold == 0
		}},
		"an object switched off": {url.Values{"endpoints[0].hls_package[0].encryption": {"0"}, "endpoints[0].hls_package[0].encryption.urn": {"x"}}, func(ch medialive.Channel) bool {
			return ch.Outputs[0].HLS[0].Encryption == nil
		}},
		"an object of nothing": {url.Values{"endpoints[0].hls_package[0].encryption": {"1"}}, func(ch medialive.Channel) bool {
			return ch.Outputs[0].HLS[0].Encryption != nil
		}},
		"one of three ways": {url.Values{
			"input.audio_selectors[0].selector_settings": {"audio_pid_selection"}, "input.audio_selectors[0].selector_settings.audio_pid_selection.pid": {""},
			"input.audio_selectors[0].selector_settings.audio_language_selection.language_code": {"eng"},
		}, func(ch medialive.Channel) bool {
			s := ch.Input.AudioSelectors[0].Settings
			return s.PID != nil && s.Language == nil && s.HLS == nil
		}},
		"names that are none": {url.Values{"": {"x"}, "input.sources[": {"x"}, "input.sources[-1].url": {"x"}, "input.sources[99999999].url": {"x"}, strings.Repeat("a.", 99): {"x"}}, func(ch medialive.Channel) bool {
			return reflect.DeepEqual(ch, medialive.Channel{})
		}},
		"a mask that is typed": {url.Values{"input.sources[0].passphrase": {medialive.Mask}, "input.sources[0].url": {"srt://a"}}, func(ch medialive.Channel) bool {
			return ch.Input.Sources[0].Passphrase == ""
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if p := parse(t, c.form); !c.check(p.Channel) {
				t.Errorf("%+v", p.Channel)
			}
		})
	}
}

func TestNumbers(t *testing.T) {
	for typed, want := range map[string]int{
		"0": 0, "4500000": 4500000, "4 500 000": 4500000, "4.5M": 4500000, "4.1M": 4100000, "4500k": 4500000, "4.5 Mb/s": 4500000, "12h": 43200, "7d": 604800,
		"30 min": 1800, "2000 ms": 2000, "1_000": 1000, "0.064M": 64000, "2147483647": 2147483647,
		"": -1, "-1": -1, "M": -1, "1.5": -1, "1e3": -1, "0x10": -1, "1,5M": -1, "..": -1, "2147483648": -1, "99999999999999999999": -1, "NaN": -1, "Inf": -1, "1M M": -1,
	} {
		got, err := ParseNumber(typed)
		if err != nil {
			got = -1
		}
		if got != want {
			t.Errorf("%q is %d, want %d", typed, got, want)
		}
	}
}

// TestSecrets: what becomes of a passphrase by what was chosen and typed.
func TestSecrets(t *testing.T) {
	const field = "input.sources[0].passphrase"
	now := medialive.Channel{Input: medialive.ChannelInput{Sources: []medialive.ChannelSource{{URL: "srt://a", Passphrase: "first-secret"}, {URL: "srt://b", Passphrase: medialive.Mask}}}}
	for name, c := range map[string]struct {
		form   url.Values
		masks  bool
		want   medialive.Secret
		faulty bool
	}{
		"kept":                           {url.Values{field + ".kept": {field}}, false, "first-secret", false},
		"kept by the service":            {url.Values{field + ".kept": {"input.sources[1].passphrase"}, "input.sources[1].url": {"x"}}, true, medialive.Mask, true}, // it moved
		"kept, of a service that cannot": {url.Values{field + ".kept": {"input.sources[1].passphrase"}}, false, medialive.Mask, true},
		"replaced":                       {url.Values{field: {"a new secret "}, field + ".action": {Replace}, field + ".kept": {field}}, false, "a new secret ", false},
		"replaced by nothing":            {url.Values{field + ".action": {Replace}, field + ".kept": {field}}, false, medialive.Mask, true},
		"removed":                        {url.Values{field: {"typed"}, field + ".action": {Remove}, field + ".kept": {field}}, false, "", false},
		"typed before":                   {url.Values{field + ".sealed": {"sealed:earlier secret"}}, false, "earlier secret", false},
		"typed again":                    {url.Values{field: {"later secret"}, field + ".sealed": {"sealed:earlier secret"}}, false, "later secret", false},
		"sealed by somebody else":        {url.Values{field + ".sealed": {"forged"}}, false, "", true},
		"kept of what is not there":      {url.Values{field + ".kept": {"input.sources[5].passphrase"}}, true, medialive.Mask, true},
	} {
		t.Run(name, func(t *testing.T) {
			c.form.Set("input.sources[0].url", "srt://a")
			p := parse(t, c.form)
			p.KeepSecrets(now, c.masks)
			got := p.Channel.Input.Sources[0].Passphrase
			if got != c.want || (len(p.Faults(nil)) > 0) != c.faulty {
				t.Errorf("%q, %+v", got.Reveal(), p.Faults(nil))
			}
			for name, values := range p.Form {
				if c.want != "" && !strings.HasSuffix(name, ".sealed") && slices.Contains(values, c.want.Reveal()) {
					t.Errorf("%s shows the secret", name)
				}
			}
		})
	}
	p := parse(t, Show(now))
	p.KeepSecrets(now, true)
	sameChannel(t, p.Channel, now)
}

// TestHeadersKeepTheirSecret: those of a package that moved too.
func TestHeadersKeepTheirSecret(t *testing.T) {
	header := func(id string) medialive.HLSPackage {
		return medialive.HLSPackage{Package: medialive.Package{ID: id, Encryption: &medialive.Encryption{Headers: []medialive.HTTPHeader{{Key: "token", Value: medialive.Mask}}}}}
	}
	now := medialive.Channel{Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{header("one"), header("two")}}}}
	form := Show(now)
	Clear(form, "endpoints[0].hls_package[0]")
	p := parse(t, form)
	p.KeepSecrets(now, true)
	if h := p.Channel.Outputs[0].HLS; len(h) != 1 || h[0].ID != "two" || h[0].Encryption.Headers[0].Value != medialive.Mask || len(p.Faults(nil)) > 0 {
		t.Errorf("%+v", p.Faults(nil))
	}
	form.Set("endpoints[0].hls_package[1].encryption.http_headers[0].key", "another")
	p = parse(t, form)
	if p.KeepSecrets(now, true); len(p.Faults(nil)) != 1 {
		t.Errorf("%+v", p.Faults(nil))
	}
}

func TestBadJSON(t *testing.T) {
	for text, bad := range map[string]bool{`{"a":1}`: false, `{"a":`: true, `[1]`: true, `7`: true, `x`: true} {
		for _, field := range []string{"endpoints[0].hls_package[0].ads", "input.extra_fields"} {
			p := parse(t, url.Values{field: {text}})
			if faults := p.Faults(nil); (len(faults) == 1) != bad || bad && (faults[0].Field != field || faults[0].Code != FaultJSON) {
				t.Errorf("%s %s: %+v", field, text, faults)
			}
			if p.Form.Get(field) != text {
				t.Errorf("%s is lost", text)
			}
		}
	}
}

func TestListsOfAForm(t *testing.T) {
	form := url.Values{"endpoints[0].hls_package[2].url": {"a"}}
	Add(form, "endpoints[0].hls_package", map[string]string{"segment_duration_seconds": "4"})
	Add(form, "endpoints[0].dash_package", nil)
	p := parse(t, form)
	if out := p.Channel.Outputs[0]; len(out.HLS) != 2 || len(out.DASH) != 1 {
		t.Fatalf("%+v", out)
	}
	if n := Count(form, "endpoints[0].hls_package"); n != 2 {
		t.Errorf("%d", n)
	}
	Clear(p.Form, "endpoints[0].hls_package[0]")
	p = parse(t, p.Form)
	if out := p.Channel.Outputs[0]; len(out.HLS)+len(out.DASH) != 2 {
		t.Errorf("%+v", out)
	}
}

func TestPlaces(t *testing.T) {
	for api, want := range map[string]string{
		"name": "name 0", "input.sources[1].url": "input.sources[1].url 0", "input.sources[1].backup_urls[2]": "input.sources[1].backup_urls 3",
		"input.ad_triggers[0]": "input.ad_triggers 1", "input.sources[1]": "input.sources[1] 0", "x[y]": "x[y] 0",
	} {
		field, line := Place(api)
		if got := fmt.Sprint(field, " ", line); got != want {
			t.Errorf("%s is at %s, want %s", api, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Show(channel()).Encode())
	f.Add("input.sources[0].url=srt%3A%2F%2Fa&input.sources[0].passphrase=x&endpoints[3].hls_package[1].ads=%7B%7D")
	f.Fuzz(func(t *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		p := parse(t, form)
		again := parse(t, p.Form)
		if !reflect.DeepEqual(again.Form, p.Form) {
			t.Errorf("shown again it is\n%v, was\n%v", again.Form, p.Form)
		}
		sameChannel(t, again.Channel, p.Channel)
		p.KeepSecrets(medialive.Channel{}, true)
		p.Faults(medialive.ValidateNewChannel(p.Channel))
	})
}
