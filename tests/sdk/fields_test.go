package sdk

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	live "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/live/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/live/v1/model"
)

// wholeChannels have, together, every field of a channel that a gateway takes. As
// the API has them, for that is what the SDK makes of its own types.
var wholeChannels = map[string]string{
	"srt-push": `{"domain":"push.example.com","app_name":"live","id":"srt-push","name":"Whole","state":"OFF","mode":"ONLY_OS","region":"local",
		"input":{"input_protocol":"SRT_PUSH","ip_port_mode":true,"ip_whitelist":"192.0.2.0/24,198.51.100.7",
			"sources":[{"bitrate":3000000,"width":1280,"height":720,"enable_snapshot":true,"passphrase":"` + phrase + `","pbkeylen":32}],
			"secondary_sources":[{"bitrate":3000000,"width":1280,"height":720,"passphrase":"` + phrase + `","pbkeylen":16}],
			"failover_conditions":{"input_loss_threshold_msec":1500,"input_preference":"PRIMARY"}},
		"encoder_settings":[{"template_id":"480p"},{"template_id":"360p"}],
		"encoder_settings_expand":{"video_descriptions":{"gop_duration_seconds":2}},
		"record_settings":{"rollingbuffer_duration":3600},
		"endpoints":[{"hls_package":[{"url":"play.example.com/whole/index.m3u8","hls_version":"7",` + packaged + `,
				"request_args":{"record":[{"start_time":"begin","end_time":"end","format":"timestamp","unit":"second"}]}}],
			"dash_package":[{"url":"play.example.com/whole/index.mpd","suggested_presentation_delay":9,"minimum_update_period":2,"min_buffer_time":4,` + packaged + `}]}]}`,
	"srt-pull": `{"domain":"push.example.com","app_name":"live","id":"srt-pull","state":"OFF","record_settings":{"rollingbuffer_duration":0},
		"input":{"input_protocol":"SRT_PULL","sources":[{"url":"srt://203.0.113.5:9000","bitrate":3000000,"stream_id":"cam1","latency":200}],
			"secondary_sources":[{"url":"srt://203.0.113.6:9000","bitrate":3000000,"stream_id":"cam2","latency":300}]}}`,
	"hls-pull": `{"domain":"push.example.com","app_name":"live","id":"hls-pull","state":"OFF","record_settings":{"rollingbuffer_duration":0},
		"input":{"input_protocol":"HLS_PULL","max_bandwidth_limit":4000000,
			"sources":[{"url":"http://203.0.113.5/live/index.m3u8","bitrate":3000000,"backup_urls":["http://203.0.113.7/live/index.m3u8"]}],
			"secondary_sources":[{"url":"http://203.0.113.6/live/index.m3u8","bitrate":3000000,"backup_urls":["http://203.0.113.8/live/index.m3u8"]}]}}`,
}

// packaged is what packages of all formats have.
const packaged = `"segment_duration_seconds":4,"playlist_window_seconds":60,"enable_access":true,"allow_all_ip_access":true,"ip_whitelist":"192.0.2.0/24",
	"manifest_name":"main","origin_domain_master":"origin.example.com","stream_selection":[{"key":"bitrate=low","max_bandwidth":900000,"min_bandwidth":100000}],
	"manifest_selection":{"stream_order":"VIDEO_BITRATE_ASCENDING","min_video_bandwidth":100000,"max_video_bandwidth":2000000}`

const header = `{"key":"X-CDN","value":"` + phrase + `"}`

// notHere are the fields that a gateway refuses, each with a value. What is below
// them need not be sent.
var notHere = map[string]string{
	"mode": `"ADD_CDN"`, "input.scte35_source": `"SEGMENTS"`, "input.ad_triggers": `["Splice insert"]`,
	"input.audio_selectors":                        `[{"name":"english","selector_settings":{"audio_language_selection":{"language_code":"en"}}}]`,
	"input.sources.bitrate_for3u8":                 `true`,
	"input.secondary_sources.bitrate_for3u8":       `true`,
	"encoder_settings_expand.audio_descriptions":   `[{"name":"english","audio_selector_name":"english"}]`,
	"endpoints.mss_package":                        `[{"url":"play.example.com/whole/index.ism","segment_duration_seconds":4}]`,
	"endpoints.hls_package.ad_marker":              `["ENHANCED_SCTE35"]`,
	"endpoints.dash_package.ad_marker":             `"xml"`,
	"endpoints.dash_package.request_args":          `{"record":[{"start_time":"begin","end_time":"end"}]}`,
	"endpoints.hls_package.request_args.timeshift": `[{"back_time":"delay","unit":"second"}]`,
	"endpoints.hls_package.request_args.live":      `[{"delay":"delay","unit":"second"}]`,
}

// notInPackages are those of packages of both formats.
var notInPackages = map[string]string{
	"ads": `{"a":1}`, "ext_args": `{"a":1}`, "cdn_identifier_header": header, "origin_domain_slave": `"standby.example.com"`, "slave_url": `"standby.example.com/index"`,
	"encryption": `{"key_rotation_interval_seconds":0,"encryption_method":"SAMPLE-AES","level":"content","resource_id":"r1","system_ids":["FairPlay"],"url":"https://keys.example.com","speke_version":"1.0","request_mode":"direct_http"}`,
}

// wholeFields sends every field of a new channel that the SDK has: what a gateway
// takes comes back as it was sent, and what it cannot do is refused by its name.
func wholeFields(t *testing.T, c *live.LiveClient) {
	sent := map[string]bool{"endpoints.hls_package.id": true, "endpoints.dash_package.id": true} // made by the service
	for id, text := range wholeChannels {
		var body model.CreateOttChannelInfoReq
		check(t, json.Unmarshal([]byte(text), &body))
		_, err := c.CreateOttChannelInfo(&model.CreateOttChannelInfoRequest{Body: &body})
		check(t, err)
		list, err := c.ListOttChannelInfo(&model.ListOttChannelInfoRequest{Domain: new(domain), AppName: new(app), Id: new(id)})
		check(t, err)
		want, got := fieldsOf(t, body), fieldsOf(t, (*list.Channels)[0])
		for field, value := range want {
			sent[indexes.ReplaceAllString(field, "")] = true
			if strings.HasSuffix(field, "passphrase") {
				value = mask
			}
			if got[field] != value {
				t.Errorf("%s: %s was sent as %q, and is %q", id, field, value, got[field])
			}
		}
		_, err = c.DeleteOttChannelInfo(&model.DeleteOttChannelInfoRequest{Domain: domain, AppName: app, Id: id})
		check(t, err)
	}
	refused := maps.Clone(notHere)
	for field, value := range notInPackages {
		refused["endpoints.hls_package."+field], refused["endpoints.dash_package."+field] = value, value
	}
	for field, value := range refused {
		whollyRefused(t, c, field, value)
	}
	for _, field := range modelled(reflect.TypeFor[model.CreateOttChannelInfoReq](), "") {
		above := func(name string) bool { return field == name || strings.HasPrefix(field, name+".") }
		if !sent[field] && !slices.ContainsFunc(slices.Collect(maps.Keys(refused)), above) {
			t.Errorf("the SDK has %s, which was never sent", field)
		}
	}
}

// whollyRefused sends a channel with one more field, and wants it named.
func whollyRefused(t *testing.T, c *live.LiveClient, field, value string) {
	t.Helper()
	base := wholeChannels["srt-push"]
	if strings.HasSuffix(field, "scte35_source") {
		base = wholeChannels["hls-pull"]
	}
	var document map[string]any
	check(t, json.Unmarshal([]byte(base), &document))
	at, names := document, strings.Split(field, ".")
	for _, name := range names[:len(names)-1] {
		if list, is := at[name].([]any); is {
			at = list[0].(map[string]any)
			continue
		}
		at = at[name].(map[string]any)
	}
	at[names[len(names)-1]] = json.RawMessage(value)
	text, err := json.Marshal(document)
	check(t, err)
	var body model.CreateOttChannelInfoReq
	check(t, json.Unmarshal(text, &body))
	_, err = c.CreateOttChannelInfo(&model.CreateOttChannelInfoRequest{Body: &body})
	if err == nil || !strings.Contains(indexes.ReplaceAllString(err.Error(), ""), field) || strings.Contains(err.Error(), phrase) {
		t.Errorf("%s: %v", field, err)
	}
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// fieldsOf gives the values of a body by their paths, as the SDK writes them.
func fieldsOf(t *testing.T, body any) map[string]string {
	t.Helper()
	text, err := json.Marshal(body)
	check(t, err)
	var v any
	check(t, json.Unmarshal(text, &v))
	all := map[string]string{}
	collect(all, "", v)
	return all
}

func collect(all map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, one := range v {
			collect(all, strings.TrimPrefix(path+"."+name, "."), one)
		}
	case []any:
		for i, one := range v {
			collect(all, fmt.Sprintf("%s[%d]", path, i), one)
		}
	default:
		all[path] = fmt.Sprint(v)
	}
}

// modelled gives the paths of all fields that a type of the SDK has.
func modelled(t reflect.Type, path string) (all []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t.NumField() > 0 && !t.Field(0).IsExported() { // a word is a struct without fields of its own
		return []string{path}
	}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		all = append(all, modelled(t.Field(i).Type, strings.TrimPrefix(path+"."+name, "."))...)
	}
	return all
}
