package medialive

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestEveryFieldOfTheSpecification compares the types with the schemas, name by
// name and kind by kind.
func TestEveryFieldOfTheSpecification(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData([]byte(Spec()))
	if err != nil {
		t.Fatal(err)
	}
	for schema, v := range map[string]any{
		"CreateOttChannelInfoReq":        Channel{},
		"ModifyOttChannelEndPointsReq":   EndpointsChange{},
		"ModifyOttChannelInputReq":       InputChange{},
		"ModifyOttChannelRecordSettings": RecordChange{},
		"ModifyOttChannelGeneral":        GeneralChange{},
		"ModifyOttChannelState":          StateChange{},
		"ShowChannelStatisticReq":        StatisticQuery{},
		"ShowChannelStatisticResponse":   ChannelStatistic{},
		"SourceRsp":                      PushAddress{},
		"ListCesInstanceRequestBody":     InstanceQuery{},
		"CesDimsItem":                    Dimension{},
		"CesDimsItemDisplayId":           DisplayNames{},
	} {
		sameFields(t, schema, doc.Components.Schemas[schema].Value, reflect.TypeOf(v))
	}
}

func sameFields(t *testing.T, path string, schema *openapi3.Schema, typ reflect.Type) {
	t.Helper()
	if len(schema.AllOf) == 1 {
		schema = schema.AllOf[0].Value
	}
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case schema.Type.Is("array"):
		if typ.Kind() != reflect.Slice {
			t.Errorf("%s is a list, not %s", path, typ)
			return
		}
		sameFields(t, path+"[]", schema.Items.Value, typ.Elem())
	case schema.Type.Is("object") && typ != reflect.TypeFor[Opaque]() && typ.Kind() != reflect.Map:
		if typ.Kind() != reflect.Struct {
			t.Errorf("%s is an object, not %s", path, typ)
			return
		}
		sameMembers(t, path, schema, typ)
	case schema.Type.Is("integer") && typ.Kind() != reflect.Int && typ.Kind() != reflect.Int64,
		schema.Type.Is("boolean") && typ.Kind() != reflect.Bool,
		schema.Type.Is("string") && typ.Kind() != reflect.String:
		t.Errorf("%s is %v, not %s", path, schema.Type, typ)
	}
}

func sameMembers(t *testing.T, path string, schema *openapi3.Schema, typ reflect.Type) {
	t.Helper()
	have := map[string]field{}
	for _, f := range fields(typ) {
		have[f.name] = f
	}
	if want, got := slices.Sorted(maps.Keys(schema.Properties)), slices.Sorted(maps.Keys(have)); !slices.Equal(want, got) &&
		!(path == "CreateOttChannelInfoReq.input.secondary_sources[]" || path == "ModifyOttChannelInputReq.input.secondary_sources[]") {
		t.Errorf("%s has\n%v, not\n%v", path, want, got)
	}
	for name, property := range schema.Properties {
		f, ok := have[name]
		if !ok {
			continue
		}
		if required := slices.Contains(schema.Required, name); required && f.optional {
			t.Errorf("%s.%s is required", path, name)
		}
		sameFields(t, path+"."+name, property.Value, typ.FieldByIndex(f.index).Type)
	}
}

// objects goes through all types of objects that a type holds.
func objects(typ reflect.Type, seen map[reflect.Type]bool) {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice:
		objects(typ.Elem(), seen)
	case reflect.Struct:
		if typ != reflect.TypeFor[Opaque]() {
			seen[typ] = true
			for _, f := range fields(typ) {
				objects(typ.FieldByIndex(f.index).Type, seen)
			}
		}
	}
}

// TestEveryObjectKeepsWhatItDoesNotKnow: a field that the service adds anywhere
// in a channel is sent back.
func TestEveryObjectKeepsWhatItDoesNotKnow(t *testing.T) {
	all := map[reflect.Type]bool{}
	objects(reflect.TypeFor[Channel](), all)
	for typ := range all {
		if f, ok := typ.FieldByName("Extra"); !ok || f.Type != reflect.TypeFor[Extra]() {
			t.Errorf("%s has no Extra", typ)
		}
	}
	was, err := RevealJSON(FullChannel())
	if err != nil {
		t.Fatal(err)
	}
	given := withEverywhere(t, was, map[string]any{"x_new": map[string]any{"deep": []any{1.0, "a<b"}}})
	var channel Channel
	if err := json.Unmarshal(given, &channel); err != nil {
		t.Fatal(err)
	}
	back, err := RevealJSON(channel)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := decoded(t, back), decoded(t, given); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if n := strings.Count(string(back), "x_new"); n < len(all) {
		t.Errorf("%d of %d objects kept it", n, len(all))
	}
}

// TestServicesReadChanges: json.Unmarshal, which a service uses, keeps what is
// not known below the change itself, and json.Marshal shows no secret of it.
func TestServicesReadChanges(t *testing.T) {
	full := FullChannel()
	for name, change := range map[string]any{
		"endpoints": &EndpointsChange{full.ChannelKey, full.Outputs},
		"input":     &InputChange{full.ChannelKey, &full.Input, full.Expand},
		"record":    &RecordChange{full.ChannelKey, &full.Record},
		"encoders":  &EncoderChange{full.ChannelKey, full.Encoders, full.Expand},
		"general":   &GeneralChange{full.ChannelKey, "name"},
		"state":     &StateChange{full.ChannelKey, ChannelOn},
	} {
		was, err := RevealJSON(change)
		if err != nil {
			t.Fatal(err)
		}
		given := withEverywhere(t, was, map[string]any{"x_new": "hidden"})
		read := reflect.New(reflect.TypeOf(change).Elem())
		if err := json.Unmarshal(given, read.Interface()); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		back, err := RevealJSON(read.Interface())
		if err != nil {
			t.Fatal(err)
		}
		want := decoded(t, given).(map[string]any)
		delete(want, "x_new")
		if got := decoded(t, back); !reflect.DeepEqual(got, any(want)) {
			t.Errorf("%s\ngot  %v\nwant %v", name, got, want)
		}
		if shown, err := json.Marshal(read.Interface()); err != nil || strings.Contains(string(shown), "hidden") {
			t.Errorf("%s: %v, %s", name, err, shown)
		}
	}
}

// withEverywhere adds members to every object of a text that we wrote, but not
// to those that have no structure of ours.
func withEverywhere(t *testing.T, text []byte, members map[string]any) []byte {
	t.Helper()
	v := decoded(t, text)
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			for name, one := range v {
				if name != "ads" && name != "ext_args" {
					walk(one)
				}
			}
			maps.Copy(v, members)
		}
	}
	walk(v)
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func decoded(t *testing.T, text []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// TestFullChannel holds the other tests to their name: FullChannel sets every
// field, and reading what was written gives the same channel.
func TestFullChannel(t *testing.T) {
	full := FullChannel()
	wantSet(t, "channel", reflect.ValueOf(full))
	data, err := RevealJSON(full)
	if err != nil {
		t.Fatal(err)
	}
	var back Channel
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, full) {
		t.Errorf("%v\ngot  %#v\nwant %#v", err, back, full)
	}
}

func wantSet(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && v.Type() != reflect.TypeFor[*Opaque]() && v.Elem().Kind() == reflect.Struct {
			wantSet(t, path, v.Elem())
		}
	case reflect.Slice:
		wantSet(t, path+"[0]", v.Index(0))
	case reflect.Struct:
		for _, f := range fields(v.Type()) {
			field := v.FieldByIndex(f.index)
			switch {
			case f.name == "enable_snapshot" && strings.HasPrefix(path, "channel.input.secondary_sources"): // has none
			case field.IsZero():
				t.Errorf("%s.%s is not set", path, f.name)
			default:
				wantSet(t, path+"."+f.name, field)
			}
		}
	}
}

func TestRenderings(t *testing.T) {
	source := ChannelSource{URL: "http://a:b@h/p?q=1", Passphrase: hidden, Extra: Extra{"x": opaque(`{"y":1}`)}}
	for name, c := range map[string]struct {
		encode func(any) ([]byte, error)
		want   string
	}{
		"sent":     {RevealJSON, `{"url":"http://a:b@h/p?q=1","passphrase":"my-hidden-passphrase","x":{"y":1}}`},
		"answered": {AnswerJSON, `{"url":"http://a:b@h/p?q=1","passphrase":"******","x":{"y":1}}`},
		"filed":    {FileJSON, `{"url":"http://a:******@h/p?q=1","passphrase":"******","x":{"y":1}}`},
		"shown":    {func(v any) ([]byte, error) { return encodeWhole(v, shown) }, `{"url":"http://h/***","passphrase":"******","x":"******"}`},
	} {
		if got, err := c.encode(source); err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
		}
	}
}

// TestAddressesInFiles: what surely is a secret is masked in an address, and nothing
// else; with a mask it is no address any more.
func TestAddressesInFiles(t *testing.T) {
	for address, want := range map[URL]string{
		"": "", "srt://h:9000": "srt://h:9000", "https://h/p:a@b?x=y": "https://h/p:a@b?x=y", "rtmp://u@h/live": "rtmp://u@h/live",
		"rtmp://u:geheim@h/live?key=1":                "rtmp://u:******@h/live?key=1",
		"https://u:@h/":                               "https://u:******@h/",
		"srt://h:9000?mode=caller&passphrase=geheim1": "srt://h:9000?mode=caller&passphrase=******",
		"srt://h?Passphrase=geheim&x=1":               "srt://h?Passphrase=******&x=1",
		"://geheim":                                   "***",
	} {
		if got := address.masked(); got != want {
			t.Errorf("%s is %s in files, want %s", address.Reveal(), got, want)
		}
	}
	var v validation
	v.link("url", "rtmp://u:******@h/live", true, MaxURL, "rtmp")
	if len(v.faults) != 1 || v.faults[0].Code != FaultRequired {
		t.Errorf("with a mask: %v", v.faults)
	}
}

// TestSmallestBodies: what is empty is left out where it may be, and lists are
// never null.
func TestSmallestBodies(t *testing.T) {
	key := ChannelKey{"d", "a", "ch1"}
	for want, v := range map[string]any{
		`{"domain":"d","app_name":"a","id":"ch1","state":"OFF","input":{"input_protocol":"RTMP_PUSH"},"record_settings":{"rollingbuffer_duration":0}}`: Channel{ChannelKey: key, State: ChannelOff, Input: ChannelInput{Protocol: RTMPPush}, Encoders: []EncoderSetting{}},
		`{"domain":"d","app_name":"a","id":"ch1","endpoints":[]}`:                                                                                      EndpointsChange{ChannelKey: key},
		`{"domain":"d","app_name":"a","id":"ch1","endpoints":[{"hls_package":[{"segment_duration_seconds":4}]}]}`:                                      EndpointsChange{ChannelKey: key, Outputs: []Endpoint{{HLS: []HLSPackage{{Package: Package{SegmentDuration: 4}}}}}},
		`{"domain":"d","app_name":"a","id":"ch1","record_settings":{"rollingbuffer_duration":0}}`:                                                      RecordChange{ChannelKey: key, Record: &RecordSettings{}},
		`{"domain":"d","app_name":"a","id":"ch1","encoder_settings":[]}`:                                                                               EncoderChange{ChannelKey: key},
		`{"domain":"d","app_name":"a","id":"ch1","name":"<&>"}`:                                                                                        GeneralChange{ChannelKey: key, Name: "<&>"},
	} {
		if got, err := RevealJSON(v); err != nil || string(got) != want {
			t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
		}
	}
}

// TestOddAnswers: nulls are nothing, a version may be a number, and what is wrong
// is told with its place.
func TestOddAnswers(t *testing.T) {
	var e Endpoint
	err := json.Unmarshal([]byte(`{"dash_package":null,"new":null,"hls_package":[{"segment_duration_seconds":4,"hls_version":3,
		"request_args":{"live":null,"record":[null]},"encryption":{"speke_version":1.0,"url":null}}]}`), &e)
	want := Endpoint{HLS: []HLSPackage{{Version: "3", Package: Package{
		SegmentDuration: 4, RequestArgs: &RequestArgs{Record: []RecordArgs{{}}}, Encryption: &Encryption{SPEKEVersion: "1.0"},
	}}}}
	if err != nil || !reflect.DeepEqual(e, want) {
		t.Errorf("%v, %#v", err, e)
	}
	for body, place := range map[string]string{
		`{"hls_package":{}}`: "hls_package: ",
		`{"hls_package":[{},{"segment_duration_seconds":"4"}]}`:                          "hls_package: [1]: segment_duration_seconds: ",
		`{"mss_package":[{"encryption":{"http_headers":[{"key":7,"value":"geheim"}]}}]}`: "mss_package: [0]: encryption: http_headers: [0]: key: ",
	} {
		if err := json.Unmarshal([]byte(body), new(Endpoint)); err == nil || !strings.HasPrefix(err.Error(), place) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestMasked(t *testing.T) {
	answered, err := AnswerJSON(FullChannel())
	if err != nil {
		t.Fatal(err)
	}
	var c Channel
	if err := json.Unmarshal(answered, &c); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"input.sources[0].passphrase", "input.secondary_sources[0].passphrase",
		"endpoints[0].hls_package[0].encryption.http_headers[0].value", "endpoints[0].hls_package[0].cdn_identifier_header.value",
		"endpoints[0].dash_package[0].encryption.http_headers[0].value", "endpoints[0].dash_package[0].cdn_identifier_header.value",
		"endpoints[0].mss_package[0].encryption.http_headers[0].value", "endpoints[0].mss_package[0].cdn_identifier_header.value",
	}
	if got := Masked(c); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := Masked(InputChange{Input: &c.Input}); !slices.Equal(got, want[:2]) {
		t.Errorf("of the input %q", got)
	}
	if got := Masked(FullChannel()); got != nil {
		t.Errorf("nothing is masked in %q", got)
	}
}

func TestCopy(t *testing.T) {
	was, key := FullChannel(), ChannelKey{"d", "a", "ch2"}
	was.Extra = Extra{"x": opaque("1")}
	made, err := was.Copy(key)
	if err != nil {
		t.Fatal(err)
	}
	want := FullChannel()
	want.Extra, want.ChannelKey, want.State = was.Extra, key, ChannelOff
	for _, p := range want.Packages() {
		p.ID = ""
	}
	if !reflect.DeepEqual(made, want) {
		t.Errorf("got  %#v\nwant %#v", made, want)
	}
	made.Outputs[0].HLS[0].URL, made.Input.Sources[0].BackupURLs[0] = "changed", "changed"
	if was.Outputs[0].HLS[0].URL == "changed" || was.Input.Sources[0].BackupURLs[0] == "changed" {
		t.Error("the copy shares with the original")
	}
}

func TestPackages(t *testing.T) {
	outputs := append(FullChannel().Outputs, FullChannel().Outputs...)
	var refs []string
	for ref := range Packages(outputs) {
		refs = append(refs, ref.String())
	}
	if want := "endpoints[0].hls_package[0] endpoints[0].dash_package[0] endpoints[0].mss_package[0] " +
		"endpoints[1].hls_package[0] endpoints[1].dash_package[0] endpoints[1].mss_package[0]"; strings.Join(refs, " ") != want {
		t.Errorf("got %s", refs)
	}
	for n := range refs {
		seen := 0
		for range Packages(outputs) {
			if seen++; seen > n {
				break
			}
		}
		if seen != n+1 {
			t.Errorf("did not stop after %d", n+1)
		}
	}
}

func TestURLs(t *testing.T) {
	for whole, want := range map[URL]string{
		"":                                    "",
		"http://203.0.113.5":                  "http://203.0.113.5",
		"http://203.0.113.5:80/":              "http://203.0.113.5:80",
		"srt://203.0.113.5:9000":              "srt://203.0.113.5:9000",
		"srt://203.0.113.5:9000?passphrase=x": "srt://203.0.113.5:9000/***",
		"http://a:b@203.0.113.5":              "http://203.0.113.5/***",
		"rtmp://push.example.com/live/key":    "rtmp://push.example.com/***",
		"http://h#f":                          "http://h/***",
		"no address":                          "***",
		"http://[::1":                         "***",
	} {
		if got := fmt.Sprint(whole); got != want || whole.String() != want || whole.Reveal() != string(whole) {
			t.Errorf("%q prints as %q, want %q", whole.Reveal(), got, want)
		}
	}
}

func TestOpaque(t *testing.T) {
	if o, err := NewOpaque([]byte("{ \"a\" : 1 }\n")); err != nil || string(o.Reveal()) != `{"a":1}` {
		t.Errorf("%s, %v", o.Reveal(), err)
	}
	if _, err := NewOpaque([]byte(`{"hidden`)); err == nil || strings.Contains(err.Error(), "hidden") {
		t.Errorf("%v", err)
	}
	var o Opaque
	if err := json.Unmarshal([]byte(`[1]`), &o); err != nil || string(o.Reveal()) != "[1]" {
		t.Errorf("%s, %v", o.Reveal(), err)
	}
}

// FuzzChannel: what can be read can be written and read again, as the same.
func FuzzChannel(f *testing.F) {
	full, err := RevealJSON(FullChannel())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(full))
	f.Add(`{"id":"a","x":[{"":null}],"endpoints":[{"hls_package":[null,{"ads":"","hls_version":1e9}]}]}`)
	f.Add(`{"input":{"sources":[{"url":"http://a:b@[::1","passphrase":"\u0000"}]},"record_settings":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		var first, second Channel
		if json.Unmarshal([]byte(body), &first) != nil {
			return
		}
		_ = fmt.Sprint(first, Masked(first), ValidateNewChannel(first))
		data, err := RevealJSON(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &second); err != nil {
			t.Fatalf("%v in %s", err, data)
		}
		again, err := RevealJSON(second)
		if err != nil || string(again) != string(data) {
			t.Fatalf("%v\nfirst  %s\nsecond %s", err, data, again)
		}
	})
}
