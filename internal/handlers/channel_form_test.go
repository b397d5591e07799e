package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// typedForm is what a browser would send of a form, but for its buttons.
func typedForm(t *testing.T, r reply, statuses ...int) url.Values {
	t.Helper()
	if len(statuses) == 0 {
		statuses = []int{http.StatusOK}
	}
	if !slices.Contains(statuses, r.status) {
		t.Fatalf("%d to %s: %s", r.status, r.header.Get("Location"), r.doc().Find("main").Text())
	}
	v := url.Values{}
	r.doc().Find("form[data-form]").Find("input, textarea, select").Each(func(_ int, s *goquery.Selection) {
		name, value := s.AttrOr("name", ""), s.AttrOr("value", "")
		_, checked := s.Attr("checked")
		kind := s.AttrOr("type", "")
		_, off := s.Closest("fieldset").Attr("disabled")
		switch {
		case name == "" || off || (kind == "radio" || kind == "checkbox") && !checked:
		case goquery.NodeName(s) == "textarea":
			v.Add(name, s.Text())
		case goquery.NodeName(s) == "select":
			v.Add(name, s.Find("option").First().AttrOr("value", ""))
		default:
			v.Add(name, value)
		}
	})
	return v
}

// put puts names and values over a form.
func put(v url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// step sends the form of a step, and gives that of the next.
func (b *browser) step(v url.Values, pairs ...string) url.Values {
	b.t.Helper()
	return typedForm(b.t, b.post("/channels/new", put(v, pairs...)))
}

// formChannel is a channel that takes RTMP and gives one HLS package.
func formChannel(id string, state medialive.ChannelState) medialive.Channel {
	return medialive.Channel{
		ChannelKey: medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: id}, State: state,
		Input: medialive.ChannelInput{Protocol: medialive.RTMPPush, Sources: []medialive.ChannelSource{{Bitrate: 3000000}}},
		Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{{Package: medialive.Package{
			URL: "https://play.example.com/live/" + id + "/index.m3u8", SegmentDuration: 4,
		}}}}},
	}
}

// formHouse is a house with an OFF and an ON channel, and who is signed in.
func formHouse(t *testing.T) (*house, *browser) {
	t.Helper()
	h := newHouse(t, func(c *medialivetest.Cloud) {
		c.AddChannel(formChannel("one", medialive.ChannelOff))
		c.AddChannel(formChannel("two", medialive.ChannelOn))
	})
	b := h.signedIn("op-1")
	eventually(t, "the channels are read", func() bool { return b.get(formTwo+"/general").status == http.StatusOK })
	return h, b
}

const formTwo = "/channels/push.example.com/live/two"

const inputURL = "input.sources[0].url"

// TestNewChannelStepByStep makes a channel as a person does, without JavaScript,
// with a secret that is typed in one step and is never shown.
func TestNewChannelStepByStep(t *testing.T) {
	h, b := formHouse(t)
	v := typedForm(t, b.get("/channels/new"))
	if v.Get("domain") != "push.example.com" || v.Get("app_name") != "live" {
		t.Errorf("%v", v)
	}
	r := b.post("/channels/new", put(v, "go", "next"))
	if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.doc().Find(`[id="error-id"]`).Text(), "needed") && r.doc().Find(`[data-field="id"].field-bad`).Length() != 1 {
		t.Errorf("without an id: %d %s", r.status, r.doc().Find(".error-line").Text())
	}
	v = b.step(v, "id", "three", "name", "Third <b>channel</b>", "go", "next")
	v = b.step(v, "input.input_protocol", "SRT_PUSH", "input.sources[0].passphrase", passphrase, "input.sources[0].bitrate", "4.5M", "go", "next")
	for name, values := range v {
		if slices.Contains(values, passphrase) {
			t.Errorf("%s shows the passphrase", name)
		}
	}
	v = b.step(v, "go", "add:encoder_settings")
	v = b.step(v, "encoder_settings[0].template_id", "tpl-720", "go", "next")
	if got := v.Get("endpoints[0].hls_package[0].url"); got != "play.example.com/live/three/index.m3u8" {
		t.Errorf("suggested address %q", got)
	}
	v = b.step(v, "go", "add:endpoints[0].dash_package")
	v = b.step(v, "endpoints[0].dash_package[0].segment_duration_seconds", "2", "go", "next")
	v = b.step(v, "go", "record:7d")
	r = b.post("/channels/new", put(v, "go", "next"))
	text := r.doc().Find(".look-over").Text()
	for _, want := range []string{"three", "SRT", "4.5", "tpl-720", "play.example.com/live/three/index.mpd", "7 d", `"rollingbuffer_duration": 604800`, medialive.Mask} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in what is looked over: %s", want, text)
		}
	}
	if strings.Contains(r.body, passphrase) {
		t.Error("the passphrase is shown")
	}
	if n := len(h.cloud.Calls("CreateOttChannelInfo")); n != 0 {
		t.Fatalf("%d channels were made before", n)
	}
	v = put(typedForm(t, r), "go", "on")
	r = b.post("/channels/new", v)
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/channels/push.example.com/live/three" {
		t.Fatalf("%d to %s: %s", r.status, r.header.Get("Location"), r.body)
	}
	made, ok := h.cloud.Channel(medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "three"})
	if !ok || made.State != medialive.ChannelOn || made.Input.Sources[0].Passphrase != passphrase || made.Input.Sources[0].Bitrate != 4500000 ||
		len(made.Encoders) != 1 || made.Outputs[0].DASH[0].SegmentDuration != 2 || made.Record.RollingBuffer != 604800 || made.Name != "Third <b>channel</b>" {
		t.Errorf("made %v %v", ok, made)
	}
	if r := b.post("/channels/new", v); r.status != http.StatusSeeOther {
		t.Errorf("pressed twice: %d", r.status)
	}
	if n := len(h.cloud.Calls("CreateOttChannelInfo")); n != 1 {
		t.Errorf("%d calls", n)
	}
}

// TestNothingTypedIsLost: whatever was typed, and in whichever step, is there
// after each step and at the end, with what is wrong at its field.
func TestNothingTypedIsLost(t *testing.T) {
	_, b := formHouse(t)
	v := typedForm(t, b.get("/channels/new"))
	v = b.step(v, "id", "three", "region", "somewhere", "go", "to:input")
	v = b.step(v, "input.input_protocol", "HLS_PULL", inputURL, "ftp://x", "input.sources[0].width", "wide", "go", "add:input.secondary_sources")
	v = b.step(v, "input.secondary_sources[0].url", "https://b.example.com/a.m3u8?key=1", "go", "to:packages")
	v = b.step(v, "go", "to:record")
	r := b.post("/channels/new", put(v, "go", "to:look"))
	text := r.doc().Find(".form-faults").Text()
	for _, want := range []string{"Source 1 · Address", "Source 1 · Width", "Source 1 · Bitrate"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if r := b.post("/channels/new", put(typedForm(t, r), "go", "create")); r.status != http.StatusUnprocessableEntity {
		t.Errorf("created: %d", r.status)
	}
	r = b.post("/channels/new", put(typedForm(t, r), "go", "to:input"))
	v = typedForm(t, r)
	for name, want := range map[string]string{inputURL: "ftp://x", "input.sources[0].width": "wide", "input.secondary_sources[0].url": "https://b.example.com/a.m3u8?key=1", "region": "somewhere", "id": "three"} {
		if v.Get(name) != want {
			t.Errorf("%s is %q", name, v.Get(name))
		}
	}
}

// TestEveryFieldCanBeSeenAndSet: on its form each field of a channel has a place
// with words, whatever the API has of it.
func TestEveryFieldCanBeSeenAndSet(t *testing.T) {
	t.Parallel()
	h, b := formHouse(t)
	ch := formChannel("full", medialive.ChannelOff)
	if err := json.Unmarshal([]byte(fullChannel), &ch); err != nil {
		t.Fatal(err)
	}
	h.cloud.AddChannel(ch)
	path := "/channels/push.example.com/live/full"
	eventually(t, "the channel is read", func() bool { return b.get(path).status == http.StatusOK })
	for _, part := range []string{"general", "input", "endpoints", "record", "encoders"} {
		doc := b.page(path + "/" + part)
		doc.Find("form[data-form]").Find("input:not([type=hidden]), textarea, select").Each(func(_ int, s *goquery.Selection) {
			name := s.AttrOr("name", "")
			label := strings.TrimSpace(s.Closest(".field, .check").Find("label, .label").First().Text())
			if name != "" && (label == "" || strings.Contains(label, "_") || strings.Contains(label, "[")) {
				t.Errorf("%s: %s is called %q", part, name, label)
			}
		})
		effect := b.fragments().post(path+"/"+part+"/effect", typedForm(t, b.get(path+"/"+part)))
		if got := effect.doc().Find(".effect h2").First().Text(); got != "No changes" {
			t.Errorf("%s, unchanged: %s %s", part, got, effect.doc().Find(".diff").Text())
		}
	}
}

func TestChangeOfAPart(t *testing.T) {
	h, b := formHouse(t)
	path := formTwo + "/endpoints"
	v := typedForm(t, b.get(path))
	v.Set("endpoints[0].hls_package[0].segment_duration_seconds", "2")
	panel := b.fragments().post(path+"/effect", v).doc()
	if got := panel.Text(); !strings.Contains(got, "about 30 s") || !strings.Contains(got, "Begins anew: https://play.example.com/live/two/index.m3u8") || !strings.Contains(got, "PUT /v1/") {
		t.Errorf("the effect: %s", got)
	}
	v.Set("go", "save")
	if r := b.post(path, v); r.status != http.StatusConflict || len(h.cloud.Calls("ModifyOttChannelInfoEndPoints")) != 0 {
		t.Errorf("without having seen the effect: %d", r.status)
	}
	v.Set("seen", hidden(panel, "seen"))
	if r := b.post(path, v); r.status != http.StatusSeeOther || r.header.Get("Location") != formTwo {
		t.Fatalf("%d %s", r.status, r.doc().Find(".problem").Text())
	}
	ch, _ := h.cloud.Channel(formChannel("two", "").ChannelKey)
	if p := ch.Outputs[0].HLS[0]; p.SegmentDuration != 2 || p.ID == "" || p.URL != "https://play.example.com/live/two/index.m3u8" {
		t.Errorf("%v", p)
	}
}

// TestEveryPartIsSaved: each form leads to its own call, with what was typed.
func TestEveryPartIsSaved(t *testing.T) {
	h, b := formHouse(t)
	for part, c := range map[string]struct {
		op    string
		typed []string
		check func(medialive.Channel) bool
	}{
		"general":  {"ModifyOttChannelInfoGeneral", []string{"name", "Evening news"}, func(ch medialive.Channel) bool { return ch.Name == "Evening news" }},
		"input":    {"ModifyOttChannelInfoInput", []string{"input.sources[0].bitrate", "6M"}, func(ch medialive.Channel) bool { return ch.Input.Sources[0].Bitrate == 6000000 }},
		"record":   {"ModifyOttChannelInfoRecordSettings", []string{"record_settings.rollingbuffer_duration", "12h"}, func(ch medialive.Channel) bool { return ch.Record.RollingBuffer == 43200 }},
		"encoders": {"ModifyOttChannelInfoEncoderSettings", []string{"encoder_settings[0].template_id", "tpl-1"}, func(ch medialive.Channel) bool { return len(ch.Encoders) == 1 }},
	} {
		path := "/channels/push.example.com/live/one/" + part
		r := b.post(path, put(typedForm(t, b.get(path)), append(c.typed, "go", "save")...))
		if r.status != http.StatusSeeOther || len(h.cloud.Calls(c.op)) != 1 {
			t.Errorf("%s: %d, %d calls, %s", part, r.status, len(h.cloud.Calls(c.op)), r.doc().Find(".problem, .form-faults").Text())
		}
		if ch, _ := h.cloud.Channel(formChannel("one", "").ChannelKey); !c.check(ch) {
			t.Errorf("%s: %v", part, ch)
		}
	}
}

// TestChangesClash: the second of two who edit one part is told.
func TestChangesClash(t *testing.T) {
	h, b := formHouse(t)
	path := "/channels/push.example.com/live/one/general"
	first, second := typedForm(t, b.get(path)), typedForm(t, b.get(path))
	if r := b.post(path, put(first, "name", "mine", "go", "save")); r.status != http.StatusSeeOther {
		t.Fatalf("%d", r.status)
	}
	r := b.post(path, put(second, "name", "yours", "go", "save"))
	if r.status != http.StatusConflict || !strings.Contains(r.body, "Somebody else") {
		t.Fatalf("%d", r.status)
	}
	v := typedForm(t, r, http.StatusConflict)
	if v.Get("name") != "yours" {
		t.Errorf("typed %q", v.Get("name"))
	}
	if r := b.post(path, put(v, "go", "save")); r.status != http.StatusSeeOther {
		t.Errorf("again: %d", r.status)
	}
	if ch, _ := h.cloud.Channel(formChannel("one", "").ChannelKey); ch.Name != "yours" {
		t.Errorf("%q", ch.Name)
	}
}

// TestPassphraseOfACloud: a cloud tells the mask alone and would store it, so
// the passphrase has to be typed again, and what is refused is told at its place.
func TestPassphraseOfACloud(t *testing.T) {
	t.Parallel()
	h, b := formHouse(t)
	ch := formChannel("srt", medialive.ChannelOff)
	ch.Input = medialive.ChannelInput{Protocol: medialive.SRTPush, Sources: []medialive.ChannelSource{{Bitrate: 1000000, Passphrase: passphrase}}}
	h.cloud.AddChannel(ch)
	path := "/channels/push.example.com/live/srt/input"
	eventually(t, "the channel is read", func() bool { return b.get(path).status == http.StatusOK })
	v := put(typedForm(t, b.get(path)), "input.sources[0].bitrate", "2M", "go", "save")
	if r := b.post(path, v); r.status != http.StatusUnprocessableEntity || r.doc().Find(`[data-field="input.sources[0].passphrase"].field-bad`).Length() != 1 {
		t.Errorf("%d %s", r.status, r.doc().Find(".form-faults").Text())
	}
	if n := len(h.cloud.Calls("ModifyOttChannelInfoInput")); n != 0 {
		t.Fatalf("%d calls", n)
	}
	const next = "another-secret-1"
	v.Set("input.sources[0].passphrase", next)
	if r := b.post(path, v); r.status != http.StatusSeeOther {
		t.Fatalf("%d %s", r.status, r.doc().Find(".problem, .form-faults").Text())
	}
	if got, _ := h.cloud.Channel(ch.ChannelKey); got.Input.Sources[0].Passphrase != next || got.Input.Sources[0].Bitrate != 2000000 {
		t.Errorf("%v", got)
	}
	if strings.Contains(h.log.String(), next) || strings.Contains(b.get("/activity").body, next) {
		t.Error("the passphrase is told")
	}
}

// TestOrderIsMoved: templates and packages are moved by buttons, and the order is
// what is saved.
func TestOrderIsMoved(t *testing.T) {
	h, b := formHouse(t)
	path := "/channels/push.example.com/live/one/"
	v := typedForm(t, b.get(path+"encoders"))
	v = put(v, "encoder_settings[0].template_id", "tpl-1", "encoder_settings[1].template_id", "tpl-2", "go", "down:encoder_settings[0]")
	v = typedForm(t, b.post(path+"encoders", v))
	if r := b.post(path+"encoders", put(v, "go", "save")); r.status != http.StatusSeeOther {
		t.Fatalf("%d %s", r.status, r.doc().Find(".form-faults, .problem").Text())
	}
	ch, _ := h.cloud.Channel(formChannel("one", "").ChannelKey)
	if len(ch.Encoders) != 2 || ch.Encoders[0].TemplateID != "tpl-2" {
		t.Errorf("%v", ch.Encoders)
	}
	v = typedForm(t, b.post(path+"endpoints", put(typedForm(t, b.get(path+"endpoints")), "go", "add:endpoints[0].hls_package")))
	if r := b.post(path+"endpoints", put(v, "go", "save")); r.status != http.StatusSeeOther {
		t.Fatalf("%d %s", r.status, r.doc().Find(".form-faults, .problem").Text())
	}
	eventually(t, "the second package is read", func() bool {
		return b.page(path+"endpoints").Find(`button[value="up:endpoints[0].hls_package[1]"]`).Length() == 1
	})
	r := b.post(path+"endpoints", put(typedForm(t, b.get(path+"endpoints")), "go", "up:endpoints[0].hls_package[1]"))
	if got := r.doc().Find(".effect").Text(); !strings.Contains(got, "1 change") {
		t.Errorf("the effect: %s", got)
	}
	if r := b.post(path+"endpoints", put(typedForm(t, r), "go", "save")); r.status != http.StatusSeeOther {
		t.Fatalf("%d %s", r.status, r.doc().Find(".form-faults, .problem").Text())
	}
	ch, _ = h.cloud.Channel(formChannel("one", "").ChannelKey)
	if list := ch.Outputs[0].HLS; len(list) != 2 || list[1].URL != "https://play.example.com/live/one/index.m3u8" {
		t.Errorf("%v", list)
	}
}

func TestRefusedChannel(t *testing.T) {
	_, b := formHouse(t)
	v := typedForm(t, b.get("/channels/new"))
	v = b.step(v, "id", "three", "input.input_protocol", "RTMP_PUSH", "input.sources[0].bitrate", "1M", "endpoints[0].hls_package[0].url", "https://play.example.com/live/two/index.m3u8", "go", "to:look")
	r := b.post("/channels/new", put(v, "go", "create"))
	if r.status != http.StatusConflict || !strings.Contains(r.doc().Find(".form-faults").Text(), "Playback address") {
		t.Errorf("%d %s", r.status, r.doc().Find(".problem, .form-faults").Text())
	}
}

func TestJSONOfAChannel(t *testing.T) {
	h, b := formHouse(t)
	if got := b.page(formTwo + "/json").Find("#json").Text(); !strings.Contains(got, `"rtmp`) && !strings.Contains(got, `"RTMP_PUSH"`) {
		t.Errorf("%s", got)
	}
	file := b.get(formTwo + "/export")
	if file.status != http.StatusOK || file.header.Get("Content-Disposition") != `attachment; filename="channel-push.example.com-live-two.json"` {
		t.Fatalf("%d %v", file.status, file.header)
	}
	v := typedForm(t, b.post("/channels/import", form("json", strings.ReplaceAll(file.body, "two", "four"))))
	if v.Get("id") != "four" || v.Get("endpoints[0].hls_package[0].url") != "https://play.example.com/live/four/index.m3u8" || v.Get("endpoints[0].hls_package[0].id") != "" {
		t.Errorf("%v", v)
	}
	if r := b.post("/channels/new", put(v, "go", "create")); r.status != http.StatusSeeOther {
		t.Errorf("%d %s", r.status, r.doc().Find(".problem, .form-faults").Text())
	}
	if got, ok := h.cloud.Channel(formChannel("four", "").ChannelKey); !ok || got.State != medialive.ChannelOff {
		t.Errorf("%v %v", ok, got)
	}
	for _, bad := range []string{"", "{", "[]", `{"channels":[]}`, `{"input":7}`, "<html>"} {
		if r := b.post("/channels/import", form("json", bad)); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %d", bad, r.status)
		}
	}
}

func TestCloneOfAChannel(t *testing.T) {
	_, b := formHouse(t)
	v := typedForm(t, b.get(formTwo+"/clone"))
	if v.Get("id") != "" || v.Get("domain") != "push.example.com" || v.Get("input.sources[0].bitrate") != "3000000" {
		t.Errorf("%v", v)
	}
	v = b.step(v, "id", "five", "go", "to:look")
	if got := v.Get("endpoints[0].hls_package[0].url"); got != "play.example.com/live/five/index.m3u8" {
		t.Errorf("address %q", got)
	}
	if r := b.post("/channels/new", put(v, "go", "create")); r.status != http.StatusSeeOther {
		t.Errorf("%d %s", r.status, r.doc().Find(".problem, .form-faults").Text())
	}
}

// TestFlowAsTheSource: of a cloud, an output of a flow that listens is called.
func TestFlowAsTheSource(t *testing.T) {
	out := outputOf("to-ott")
	out.Protocol, out.Destination, out.ListenerAddress, out.Port = medialive.Listener, "", "203.0.113.9", 21000
	out.Encryption = &medialive.Crypto{Algorithm: medialive.AES256, KeyType: medialive.SRTPassword, Passphrase: passphrase}
	h := newHouse(t, func(c *medialivetest.Cloud) { c.Add(flowOf("STUDIO", medialive.Active, out)) })
	b := h.signedIn("op-1")
	var option string
	eventually(t, "the output is read", func() bool {
		b.get("/flows/" + h.cloud.IDs()[0])
		v := typedForm(t, b.get("/channels/new"))
		option = b.post("/channels/new", put(v, "go", "to:input")).doc().Find(`select[name="flow_source"] option`).First().AttrOr("value", "")
		return option != ""
	})
	v := typedForm(t, b.get("/channels/new"))
	v = b.step(v, "go", "to:input")
	v = b.step(v, "flow_source", option, "go", "flow")
	if v.Get("input.input_protocol") != "SRT_PULL" || v.Get(inputURL) != "srt://203.0.113.9:21000" {
		t.Errorf("%v", v)
	}
	if r := b.post("/channels/new", put(v, "go", "next")); r.status != http.StatusUnprocessableEntity || r.doc().Find(`[data-field="input.sources[0].passphrase"].field-bad`).Length() != 1 {
		t.Errorf("without its passphrase: %d", r.status)
	}
	id := h.cloud.IDs()[0]
	if b.page("/flows/"+id).Find(`a[href="/channels/new?flow=`+id+`"]`).Length() != 1 {
		t.Error("the flow's page does not lead to a channel")
	}
	v = b.step(typedForm(t, b.get("/channels/new?flow="+id)), "go", "to:input")
	if v.Get(inputURL) != "srt://203.0.113.9:21000" {
		t.Errorf("by the flow alone: %q", v.Get(inputURL))
	}
}

// fullChannel has something in every field of the specification.
const fullChannel = `{"domain":"push.example.com","app_name":"live","id":"full","name":"Full","state":"OFF","mode":"ONLY_OS","region":"local","new_field":{"a":1},
"input":{"input_protocol":"HLS_PULL","sources":[{"url":"https://a.example.com/a.m3u8","bitrate":1000000,"width":640,"height":360,"enable_snapshot":true,"bitrate_for3u8":true,"backup_urls":["https://b.example.com/a.m3u8"]}],
"secondary_sources":[{"url":"https://c.example.com/a.m3u8","bitrate":1000000}],"failover_conditions":{"input_loss_threshold_msec":0,"input_preference":"PRIMARY"},
"max_bandwidth_limit":5000000,"scte35_source":"SEGMENTS","ad_triggers":["Splice insert"],
"audio_selectors":[{"name":"a1","selector_settings":{"audio_language_selection":{"language_code":"eng","language_selection_policy":"LOOSE"}}},{"name":"a2","selector_settings":{"audio_pid_selection":{"pid":0}}},{"name":"a3","selector_settings":{"audio_hls_selection":{"name":"n","group_id":"g"}}}]},
"encoder_settings":[{"template_id":"t1"}],"record_settings":{"rollingbuffer_duration":3600},
"endpoints":[{"hls_package":[{"url":"play.example.com/full/1.m3u8","stream_selection":[{"key":"bitrate=1-2","max_bandwidth":2,"min_bandwidth":1}],"segment_duration_seconds":4,"playlist_window_seconds":60,
"encryption":{"resource_id":"r","system_ids":["FairPlay"],"url":"https://keys.example.com/k","speke_version":"1.0","request_mode":"direct_http","http_headers":[{"key":"x-k","value":"v"}],"level":"content"},
"ext_args":{"a":1},"request_args":{"record":[{"start_time":"begin","end_time":"end","format":"timestamp","unit":"second"}],"timeshift":[{"back_time":"delay","unit":"second"}],"live":[{"delay":"d","unit":"second"}]},
"enable_access":true,"ip_whitelist":"192.0.2.0/24","cdn_identifier_header":{"key":"k","value":"v"},"origin_domain_master":"o.example.com","manifest_name":"m","slave_url":"play.example.com/full/s.m3u8",
"manifest_selection":{"stream_order":"ORIGINAL","min_video_bandwidth":1,"max_video_bandwidth":9},"hls_version":"3","ads":{"b":2},"ad_marker":["ENHANCED_SCTE35"]}],
"dash_package":[{"url":"play.example.com/full/1.mpd","segment_duration_seconds":4,"ads":{"c":3},"ad_marker":"xml","suggested_presentation_delay":10,"minimum_update_period":5,"min_buffer_time":3}],
"mss_package":[{"url":"play.example.com/full/1.ism","segment_duration_seconds":4,"delay_segment":2}]}],
"encoder_settings_expand":{"audio_descriptions":[{"name":"d1","audio_selector_name":"a1","language_code_control":"USE_CONFIGURED","language_code":"eng","stream_name":"English"}],"video_descriptions":{"gop_duration_seconds":2}}}`

// TestRenewalKeepsChannelForms: what was typed about a channel when the sign-in
// ran out is there after the next one, and a secret does not go through the page.
func TestRenewalKeepsChannelForms(t *testing.T) {
	h := newHouse(t, func(c *medialivetest.Cloud) {
		c.TokensLive(time.Hour)
		c.AddChannel(formChannel("two", medialive.ChannelOn))
	})
	b := h.signedIn("op-1")
	eventually(t, "the channel is read", func() bool { return b.get(formTwo+"/general").status == http.StatusOK })
	steps := map[string]url.Values{
		"/channels/new":        b.step(typedForm(t, b.get("/channels/new")), "id", "three", "go", "to:input"),
		formTwo + "/endpoints": put(typedForm(t, b.get(formTwo+"/endpoints")), "endpoints[0].hls_package[0].manifest_name", "typed-before"),
	}
	put(steps["/channels/new"], "input.sources[0].passphrase", passphrase, "input.sources[0].stream_id", "typed-before", "go", "next")
	h.now.move(61 * time.Minute)
	for path, v := range steps {
		page := b.post(path, v)
		if page.status != http.StatusUnauthorized || strings.Contains(page.body, passphrase) {
			t.Fatalf("%s: %d", path, page.status)
		}
		again := fields(page.doc().Find(`form[action="/login"]`))
		again.Set("password", password)
		kept := b.post("/login", again)
		if kept.status != http.StatusOK || !strings.Contains(kept.body, "typed-before") || kept.doc().Find("form[data-form]").AttrOr("action", "") != path {
			t.Errorf("%s: %d to %s", path, kept.status, kept.header.Get("Location"))
		}
		h.now.move(61 * time.Minute)
	}
	if len(h.cloud.Calls("CreateOttChannelInfo"))+len(h.cloud.Calls("ModifyOttChannelInfoEndPoints")) != 0 {
		t.Error("signing in again saved by itself")
	}
}

// TestProtectedChannelIsHeld: who protects a channel has to mean a change that
// interrupts it, and nobody else changes it.
func TestProtectedChannelIsHeld(t *testing.T) {
	h, b := formHouse(t)
	if r := b.post(formTwo+"/protect", form("reason", "on air")); r.status != http.StatusSeeOther {
		t.Fatalf("protect: %d %s", r.status, r.doc().Find("main").Text())
	}
	path := formTwo + "/endpoints"
	v := put(typedForm(t, b.get(path)), "endpoints[0].hls_package[0].segment_duration_seconds", "2")
	panel := b.fragments().post(path+"/effect", v).doc()
	if panel.Find(`[name="typed"]`).Length() != 1 {
		t.Errorf("nothing is asked: %s", panel.Text())
	}
	v.Set("seen", hidden(panel, "seen"))
	if r := b.post(path, v); r.status != http.StatusUnprocessableEntity && r.status != http.StatusConflict {
		t.Errorf("without meaning it: %d", r.status)
	}
	other := h.signedIn("op-2")
	seen := hidden(other.fragments().post(path+"/effect", v).doc(), "seen")
	if r := other.post(path, put(v, "seen", seen)); r.status < 400 {
		t.Errorf("somebody else: %d", r.status)
	}
	if n := len(h.cloud.Calls("ModifyOttChannelInfoEndPoints")); n != 0 {
		t.Errorf("%d calls", n)
	}
	v.Set("seen", hidden(b.fragments().post(path+"/effect", v).doc(), "seen"))
	if r := b.post(path, put(v, "typed", "two", "reason", "because")); r.status != http.StatusSeeOther {
		t.Errorf("meant: %d %s", r.status, r.doc().Find(".problem, .error-line").Text())
	}
}

// TestJSONIsEdited: a channel is changed as JSON by the same calls and with the
// same question as by the forms, and what no change can change is refused.
func TestJSONIsEdited(t *testing.T) {
	h, b := formHouse(t)
	path := "/channels/push.example.com/live/one/json"
	v := typedForm(t, b.get(path))
	text := v.Get("json")
	edited := strings.NewReplacer(`"segment_duration_seconds": 4`, `"segment_duration_seconds": 2`, `"app_name": "live",`, `"app_name": "live", "name": "Evening news",`).Replace(text)
	effect := b.fragments().post(path+"/effect", put(v, "json", edited)).doc()
	if got := effect.Text(); !strings.Contains(got, "2 changes") || !strings.Contains(got, "/ott/channels/general") || !strings.Contains(got, "/ott/channels/endpoints") {
		t.Errorf("the effect: %s", got)
	}
	if r := b.post(path, put(v, "json", edited, "go", "save")); r.status != http.StatusSeeOther {
		t.Fatalf("%d %s", r.status, r.doc().Find(".form-faults, .problem").Text())
	}
	ch, _ := h.cloud.Channel(formChannel("one", "").ChannelKey)
	if ch.Name != "Evening news" || ch.Outputs[0].HLS[0].SegmentDuration != 2 {
		t.Errorf("%v", ch)
	}
	if n := len(h.cloud.Calls("ModifyOttChannelInfoInput")); n != 0 {
		t.Errorf("%d calls for the input, which is as it was", n)
	}
	for wrong, want := range map[string]string{
		strings.Replace(text, `"id": "one"`, `"id": "other"`, 1):                                    "It is one",
		strings.Replace(text, `"RTMP_PUSH"`, `"SRT_PUSH"`, 1):                                       "It is RTMP_PUSH",
		strings.Replace(text, `"OFF"`, `"ON"`, 1):                                                   "It is OFF",
		strings.Replace(text, `"bitrate"`, `"passphrase": "`+passphrase+`", "bitrate"`, 1):          "typed in its form",
		strings.Replace(text, `"segment_duration_seconds": 4`, `"segment_duration_seconds": 99`, 1): "Segment length",
		text + "}": "is no JSON",
	} {
		r := b.post(path, put(typedForm(t, b.get(path)), "json", wrong, "go", "save"))
		if got := r.doc().Find(".form-faults").Text(); r.status != http.StatusUnprocessableEntity || !strings.Contains(got, want) {
			t.Errorf("%d %q, want %q", r.status, got, want)
		}
		if strings.Contains(r.body, passphrase) {
			t.Error("the secret is shown")
		}
	}
	on := formTwo + "/json"
	v = typedForm(t, b.get(on))
	v.Set("json", strings.Replace(v.Get("json"), `"segment_duration_seconds": 4`, `"segment_duration_seconds": 2`, 1))
	r := b.post(on, put(v, "go", "save"))
	if r.status != http.StatusConflict || !strings.Contains(r.doc().Find(".effect").Text(), "about 30 s") {
		t.Errorf("without having seen the effect: %d", r.status)
	}
	if r := b.post(on, put(typedForm(t, r, http.StatusConflict), "go", "save")); r.status != http.StatusSeeOther {
		t.Errorf("%d %s", r.status, r.doc().Find(".form-faults, .problem").Text())
	}
}
