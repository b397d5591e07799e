package gateway_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

func TestPackagesKeepTheirIDs(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	before := f.createChannel(testKey)
	change := medialive.EndpointsChange{ChannelKey: testKey, Outputs: before.Outputs}
	change.Outputs[0].HLS[0].SegmentDuration = 6
	change.Outputs[0].HLS = append(change.Outputs[0].HLS, medialive.HLSPackage{Package: medialive.Package{URL: "pull.example.com/live/ch1/low.m3u8", SegmentDuration: 2}})
	_, err := f.client.ModifyChannelEndpoints(t.Context(), change)
	f.must(err)
	after := f.channel(testKey)
	hls := after.Outputs[0].HLS
	if hls[0].ID != before.Outputs[0].HLS[0].ID || hls[0].SegmentDuration != 6 || len(hls) != 2 || len(hls[1].ID) != 10 || hls[1].ID == hls[0].ID {
		t.Errorf("outputs are %v", after.Outputs)
	}

	send := func(edit func(*medialive.Endpoint)) reply {
		outputs := f.channel(testKey).Outputs
		edit(&outputs[0])
		return f.ask("PUT", "/v1/ott/channels/endpoints", body(t, medialive.EndpointsChange{ChannelKey: testKey, Outputs: outputs}))
	}
	refusedChannel(t, send(func(e *medialive.Endpoint) { e.HLS[0].ID = "" }), testKey, codeBad, "output url pull.example.com/live/ch1/index.m3u8 is exist")
	refusedChannel(t, send(func(e *medialive.Endpoint) { e.HLS[0].ID = "374e48f3ce" }), testKey, codeBad, "endpoints[0].hls_package[0].id")
	refusedChannel(t, send(func(e *medialive.Endpoint) { e.HLS[1].ID = e.HLS[0].ID }), testKey, codeBad, "endpoints[0].hls_package[1].id")
	refusedChannel(t, send(func(e *medialive.Endpoint) { e.DASH[0].ID = e.HLS[0].ID }), testKey, codeBad, "endpoints[0].dash_package[0].id")
	refusedChannel(t, send(func(e *medialive.Endpoint) { e.DASH[0].URL = "http://" + e.HLS[0].URL }), testKey, codeBad, "was given before")

	other := medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch2"}
	f.createChannel(other)
	refusedChannel(t, send(func(e *medialive.Endpoint) { e.DASH[0].URL = "pull.example.com/live/ch2/index.m3u8" }), testKey, codeBad,
		"output url pull.example.com/live/ch2/index.m3u8 is exist")
	f.must(f.client.DeleteChannel(t.Context(), other))
	if r := send(func(e *medialive.Endpoint) { e.DASH[0].URL = "pull.example.com/live/ch2/index.m3u8" }); r.status != 200 {
		t.Errorf("an address that is free again: %d %s", r.status, r.body)
	}
	if r := f.ask("PUT", "/v1/ott/channels/endpoints", `{"domain":"push.example.com","app_name":"live","id":"ch1"}`); r.status != 200 || len(f.channel(testKey).Outputs) != 1 {
		t.Errorf("no endpoints: %d %s", r.status, r.body)
	}
	if r := f.ask("PUT", "/v1/ott/channels/endpoints", `{"domain":"push.example.com","app_name":"live","id":"ch1","endpoints":[]}`); r.status != 200 || len(f.channel(testKey).Outputs) != 0 {
		t.Errorf("empty endpoints: %d %s", r.status, r.body)
	}
}

// TestMaskKeepsThePassphrase reads what is stored.
func TestMaskKeepsThePassphrase(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	stored := func() medialive.ChannelInput {
		ch, err := f.gateway.StoredChannel(t.Context(), f.project, testKey)
		f.must(err)
		return ch.Input
	}
	in := f.createChannel(testKey).Input
	in.Sources[0].Bitrate = 5_000_000
	_, err := f.client.ModifyChannelInput(t.Context(), medialive.InputChange{ChannelKey: testKey, Input: &in})
	f.must(err)
	if got := stored(); got.Sources[0].Passphrase != passphrase || got.Sources[0].Bitrate != 5_000_000 {
		t.Errorf("%d bit/s and a passphrase of %d characters", got.Sources[0].Bitrate, len(got.Sources[0].Passphrase))
	}
	in.Standby[0].Passphrase = medialive.Mask
	refusedChannel(t, f.ask("PUT", "/v1/ott/channels/input", body(t, medialive.InputChange{ChannelKey: testKey, Input: &in})), testKey, codeBad,
		"input.secondary_sources[0].passphrase is required")
	in.Standby[0].Passphrase, in.Sources[0].Passphrase = "another-secret-1", ""
	_, err = f.client.ModifyChannelInput(t.Context(), medialive.InputChange{ChannelKey: testKey, Input: &in})
	f.must(err)
	if got := stored(); got.Sources[0].Passphrase != "" || got.Standby[0].Passphrase != "another-secret-1" {
		t.Error("passphrases were not replaced")
	}
}

func TestChannelChanges(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	f.createChannel(testKey)
	ctx := t.Context()
	_, err := f.client.ModifyChannelGeneral(ctx, medialive.GeneralChange{ChannelKey: testKey, Name: "News <1> & more"})
	f.must(err)
	f.must(f.client.ModifyChannelRecordSettings(ctx, medialive.RecordChange{ChannelKey: testKey, Record: &medialive.RecordSettings{RollingBuffer: 7200}}))
	_, err = f.client.ModifyChannelEncoderSettings(ctx, medialive.EncoderChange{
		ChannelKey: testKey, Encoders: []medialive.EncoderSetting{{TemplateID: "720p"}, {TemplateID: "360p"}},
		Expand: &medialive.EncoderExpand{Video: &medialive.VideoDescription{GOPDuration: 2}},
	})
	f.must(err)
	_, err = f.client.ModifyChannelInput(ctx, medialive.InputChange{ChannelKey: testKey, Expand: &medialive.EncoderExpand{Video: &medialive.VideoDescription{GOPDuration: 4}}})
	f.must(err)
	ch := f.channel(testKey)
	if ch.Name != "News <1> & more" || ch.Record.RollingBuffer != 7200 || len(ch.Encoders) != 2 || ch.Expand.Video.GOPDuration != 4 ||
		ch.Input.Protocol != medialive.SRTPush || len(ch.Outputs) != 1 {
		t.Errorf("after the changes: %v", ch)
	}
	const key = `{"domain":"push.example.com","app_name":"live","id":"ch1"`
	for _, c := range []struct{ path, body, message string }{
		{"general", key + `}`, "name is required"},
		{"general", key + `,"name":7}`, "name must be a string"},
		{"general", ``, "empty"},
		{"general", `{`, "not valid JSON"},
		{"record-settings", key + `,"record_settings":{}}`, "rollingbuffer_duration is required"},
		{"record-settings", key + `,"record_settings":{"rollingbuffer_duration":1209601}}`, "record_settings.rollingbuffer_duration must be from 0 to 1209600"},
		{"encorder-settings", key + `}`, "encoder_settings is required"},
		{"encorder-settings", key + `,"encoder_settings":[{"template_id":"a"},{"template_id":"a"}]}`, "was given before"},
		{"state", key + `,"state":"on"}`, "state must be ON or OFF"},
		{"state", key + `,"state":"OFF"}`, "Request parameters is invalid, channel state has been turned OFF"},
		{"input", key + `,"input":{"input_protocol":"RTMP_PUSH"}}`, "input.input_protocol is SRT_PUSH"},
		{"input", key + `,"input":{"input_protocol":"SRT_PUSH","sources":[{"bitrate":"4"}]}}`, `sources[0].bitrate must be an integer","domain":"push.example.com"`},
		{"input", key + `,"input":{"input_protocol":"SRT_PUSH","sources":[{"passphrase":"short"}]}}`, "input.sources[0].passphrase must have 10 to 79"},
		{"endpoints", key + `,"endpoints":[{"hls_package":[{"url":"x","segment_duration_seconds":0}]}]}`, "segment_duration_seconds must be from 1 to 10"},
	} {
		r := f.ask("PUT", "/v1/ott/channels/"+c.path, c.body)
		if r.status != 400 || !strings.Contains(r.body, codeBad) || !strings.Contains(r.body, c.message) {
			t.Errorf("%s %s: %d %s", c.path, c.body, r.status, r.body)
		}
	}
	if now := f.channel(testKey); body(t, now) != body(t, ch) {
		t.Errorf("refusals changed %v", now)
	}
}

// TestUnknownFieldsAreKept sends a field that nobody has a name for.
func TestUnknownFieldsAreKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	sent := body(t, newChannel(testKey))
	sent = strings.Replace(sent, `{"domain"`, `{"later":{"x":[1]},"domain"`, 1)
	if r := f.ask("POST", "/v1/ott/channels", sent); r.status != 201 {
		t.Fatal(r.body)
	}
	if r := f.ask("GET", "/v1/ott/channels", ""); !strings.Contains(r.body, `"later":{"x":[1]}`) {
		t.Error(r.body)
	}
}

// shortestLossTaken is the least that a gateway takes as a loss, in milliseconds.
const shortestLossTaken = 200

// unableCases are edits of a channel that a gateway refuses, with the field that
// is told: one for each limit, by its path and reason where a path has several.
func unableCases(t *testing.T) map[string]func(*medialive.Channel) {
	opaque := func(text string) *medialive.Opaque {
		o, err := medialive.NewOpaque([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	hls := func(ch *medialive.Channel) *medialive.HLSPackage { return &ch.Outputs[0].HLS[0] }
	dash := func(ch *medialive.Channel) *medialive.DASHPackage { return &ch.Outputs[0].DASH[0] }
	pull := func(ch *medialive.Channel, p medialive.InputProtocol, u medialive.URL) {
		ch.Input = medialive.ChannelInput{Protocol: p, Sources: []medialive.ChannelSource{{URL: u, Bitrate: 1}}, Standby: []medialive.ChannelSource{{URL: u, Bitrate: 1}}}
	}
	sources := func(ch *medialive.Channel) []*medialive.ChannelSource {
		return []*medialive.ChannelSource{&ch.Input.Sources[0], &ch.Input.Standby[0]}
	}
	drm := &medialive.Encryption{
		ResourceID: "r", Systems: []medialive.DRMSystem{medialive.FairPlay}, URL: "https://keys.example.com/", SPEKEVersion: "1.0",
		RequestMode: medialive.AskDirectly,
	}
	dashDRM := *drm
	dashDRM.Systems = []medialive.DRMSystem{medialive.Widevine}
	const at = "endpoints[0]."
	all := map[string]func(*medialive.Channel){
		"mode":                  func(ch *medialive.Channel) { ch.Mode = medialive.OriginAndCDN },
		"input.ad_triggers":     func(ch *medialive.Channel) { ch.Input.AdTriggers = []medialive.AdTrigger{medialive.OnProviderAd} },
		"input.audio_selectors": func(ch *medialive.Channel) { ch.Input.AudioSelectors = []medialive.AudioSelector{{Name: "a"}} },
		"input.scte35_source": func(ch *medialive.Channel) {
			pull(ch, medialive.HLSPull, "http://203.0.113.5/a.m3u8")
			ch.Input.SCTE35Source = medialive.SCTE35Segments
		},
		"encoder_settings[0].template_id": func(ch *medialive.Channel) { ch.Encoders = []medialive.EncoderSetting{{TemplateID: "8k"}} },
		"encoder_settings_expand.audio_descriptions": func(ch *medialive.Channel) {
			ch.Input.AudioSelectors = []medialive.AudioSelector{{Name: "a"}}
			ch.Expand = &medialive.EncoderExpand{Audio: []medialive.AudioDescription{{Name: "b", Selector: "a"}}}
		},
		"input.ip_port_mode": func(ch *medialive.Channel) { ch.Input.IPPortMode, ch.Input.Sources[0].StreamID = true, "cam" },
		"input.failover_conditions.input_loss_threshold_msec": func(ch *medialive.Channel) {
			ch.Input.Failover = &medialive.FailoverConditions{LossThreshold: new(shortestLossTaken - 1)}
		},
		"encoder_settings_expand.video_descriptions.gop_duration_seconds": func(ch *medialive.Channel) {
			ch.Encoders = []medialive.EncoderSetting{{TemplateID: "source"}}
			ch.Expand = &medialive.EncoderExpand{Video: &medialive.VideoDescription{GOPDuration: 2}}
		},
		at + "hls_package[0].request_args.record[0]: both": func(ch *medialive.Channel) { hls(ch).RequestArgs.Record[0].EndTime = "" },
		at + "mss_package[0]": func(ch *medialive.Channel) {
			ch.Outputs[0].MSS = []medialive.MSSPackage{{Package: medialive.Package{URL: "pull.example.com/manifest", SegmentDuration: 2}}}
		},
		at + "hls_package[0].encryption":                    func(ch *medialive.Channel) { hls(ch).Encryption = drm },
		at + "dash_package[0].encryption":                   func(ch *medialive.Channel) { dash(ch).Encryption = &dashDRM },
		at + "hls_package[0].hls_version":                   func(ch *medialive.Channel) { hls(ch).Version = "latest" },
		at + "hls_package[0].ads":                           func(ch *medialive.Channel) { hls(ch).Ads = opaque(`{"a":1}`) },
		at + "dash_package[0].ads":                          func(ch *medialive.Channel) { dash(ch).Ads = opaque(`{"a":1}`) },
		at + "hls_package[0].ad_marker":                     func(ch *medialive.Channel) { hls(ch).AdMarker = []string{medialive.HLSAdMarker} },
		at + "dash_package[0].ad_marker":                    func(ch *medialive.Channel) { dash(ch).AdMarker = medialive.DASHAdMarkerXML },
		at + "dash_package[0].request_args.record":          func(ch *medialive.Channel) { dash(ch).RequestArgs = hls(ch).RequestArgs },
		at + "hls_package[0].request_args.record[0].unit":   func(ch *medialive.Channel) { hls(ch).RequestArgs.Record[0].Unit = "frame" },
		at + "hls_package[0].request_args.record[0].format": func(ch *medialive.Channel) { hls(ch).RequestArgs.Record[0].Format = "iso8601" },
	}
	for name, of := range map[string]func(*medialive.Channel) *medialive.Package{
		at + "hls_package[0].":  func(ch *medialive.Channel) *medialive.Package { return &hls(ch).Package },
		at + "dash_package[0].": func(ch *medialive.Channel) *medialive.Package { return &dash(ch).Package },
	} {
		all[name+"slave_url"] = func(ch *medialive.Channel) { of(ch).SlaveURL = "pull2.example.com/a.m3u8" }
		all[name+"origin_domain_slave"] = func(ch *medialive.Channel) { of(ch).OriginSlave = "origin.example.com" }
		all[name+"cdn_identifier_header"] = func(ch *medialive.Channel) {
			of(ch).CDNIdentifier = &medialive.HTTPHeader{Key: "X-CDN", Value: "secret"}
		}
		all[name+"manifest_name"] = func(ch *medialive.Channel) { of(ch).ManifestName = "v0" }
		all[name+"ext_args"] = func(ch *medialive.Channel) { of(ch).ExtArgs = opaque(`{"a":1}`) }
		all[name+"stream_selection[0].key"] = func(ch *medialive.Channel) { of(ch).StreamSelection = []medialive.StreamSelection{{Key: "low"}} }
		all[name+"request_args.timeshift"] = func(ch *medialive.Channel) {
			of(ch).RequestArgs = &medialive.RequestArgs{Timeshift: []medialive.TimeshiftArgs{{BackTime: "t"}}}
		}
		all[name+"request_args.live"] = func(ch *medialive.Channel) {
			of(ch).RequestArgs = &medialive.RequestArgs{Live: []medialive.LiveArgs{{Delay: "d"}}}
		}
	}
	for i, list := range []string{"input.sources", "input.secondary_sources"} {
		one := list + "[0]"
		all[list+"[1]"] = func(ch *medialive.Channel) {
			ch.Input.Sources = append(ch.Input.Sources, medialive.ChannelSource{Bitrate: 1})
			ch.Input.Standby = append(ch.Input.Standby, medialive.ChannelSource{Bitrate: 1})
		}
		all[one+": a flow"] = func(ch *medialive.Channel) {
			pull(ch, medialive.SRTPull, "srt://203.0.113.5:9000")
			sources(ch)[i].URL, sources(ch)[i].StreamID = "srt://flow/f1", "x"
		}
		all[one+": passphrase"] = func(ch *medialive.Channel) {
			pull(ch, medialive.HLSPull, "http://203.0.113.5/a.m3u8")
			sources(ch)[i].Passphrase = passphrase
		}
		all[one+".url: what is pushed"] = func(ch *medialive.Channel) { sources(ch)[i].URL = "srt://203.0.113.5:9000" }
		all[one+".url: SRT"] = func(ch *medialive.Channel) {
			pull(ch, medialive.SRTPull, "srt://203.0.113.5:9000")
			sources(ch)[i].URL = "srt://203.0.113.5:9000?mode=listener"
		}
		all[one+".url: FLV"] = func(ch *medialive.Channel) {
			pull(ch, medialive.FLVPull, "http://203.0.113.5/a.flv")
			sources(ch)[i].URL = "rtmp://203.0.113.5/a/b"
		}
		all[one+".backup_urls: FLV"] = func(ch *medialive.Channel) {
			pull(ch, medialive.FLVPull, "http://203.0.113.5/a.flv")
			sources(ch)[i].BackupURLs = []medialive.URL{"http://203.0.113.6/a.flv", "rtmp://203.0.113.5/a/b"}
		}
		all[one+".backup_urls: only"] = func(ch *medialive.Channel) { sources(ch)[i].BackupURLs = []medialive.URL{"srt://203.0.113.5:9000"} }
		all[one+".bitrate_for3u8"] = func(ch *medialive.Channel) { sources(ch)[i].FixedBitrate = true }
	}
	return all
}

// TestWhatAGatewayCannot: each is refused in creation and in change, with its
// field, and nothing comes of it; and a gateway says beforehand all that it
// refuses, and nothing else.
func TestWhatAGatewayCannot(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	caps, err := f.client.Capabilities(t.Context())
	f.must(err)
	reasons := map[string]bool{} // of limits, until they are met
	for _, l := range caps.ChannelLimits {
		reasons[l.Field+": "+l.Reason] = false
	}
	if len(reasons) != len(caps.ChannelLimits) {
		t.Errorf("a limit is told twice: %v", caps.ChannelLimits)
	}
	place := regexp.MustCompile(`\[\d+\]`)
	for field, edit := range unableCases(t) {
		ch := newChannel(testKey)
		edit(&ch)
		r := f.ask("POST", "/v1/ott/channels", body(t, ch))
		refusedChannel(t, r, testKey, codeCannot, field)
		for met := range reasons {
			reasons[met] = reasons[met] || strings.Contains(place.ReplaceAllString(r.body, ""), met)
		}
		_, told, _ := strings.Cut(r.body, "nothing was changed: ")
		for part := range strings.SplitSeq(told, "; ") {
			if at, _, ok := strings.Cut(part, ": "); ok && !strings.Contains(at, " ") && !knownLimit(caps.ChannelLimits, place.ReplaceAllString(at, "")) {
				t.Errorf("%s is refused, and was not told", at)
			}
		}
	}
	for limit, met := range reasons {
		if !met {
			t.Errorf("nothing was refused for %s", limit)
		}
	}
	if page, err := f.client.ListChannels(t.Context(), medialive.ChannelKey{}, 10, 0); err != nil || page.Total != 0 {
		t.Errorf("%v, %v", page, err)
	}
}

func knownLimit(all []medialive.ChannelLimit, field string) bool {
	return slices.ContainsFunc(all, func(l medialive.ChannelLimit) bool { return l.Field == field })
}

// TestChangesThatAGatewayCannot: nothing comes of them.
func TestChangesThatAGatewayCannot(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	before := f.createChannel(testKey)
	for field, edit := range unableCases(t) {
		ch := f.channel(testKey)
		edit(&ch)
		switch change := "/v1/ott/channels/"; {
		case strings.HasPrefix(field, "endpoints"):
			refusedChannel(t, f.ask("PUT", change+"endpoints", body(t, medialive.EndpointsChange{ChannelKey: testKey, Outputs: ch.Outputs})), testKey, codeCannot, field)
		case strings.HasPrefix(field, "encoder_settings["):
			refusedChannel(t, f.ask("PUT", change+"encorder-settings", body(t, medialive.EncoderChange{ChannelKey: testKey, Encoders: ch.Encoders})), testKey, codeCannot, field)
		case strings.HasPrefix(field, "input") && ch.Input.Protocol == before.Input.Protocol:
			refusedChannel(t, f.ask("PUT", change+"input", body(t, medialive.InputChange{ChannelKey: testKey, Input: &ch.Input})), testKey, codeCannot, field)
		}
	}
	if now := f.channel(testKey); body(t, now) != body(t, before) {
		t.Errorf("refusals changed %v", now)
	}
}

func TestRegionOfAChannel(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	ch := newChannel(testKey)
	ch.Region = "cn-north-4"
	refusedChannel(t, f.ask("POST", "/v1/ott/channels", body(t, ch)), testKey, codeBad, "region must be local")
	var told map[string]any
	if err := json.Unmarshal([]byte(f.ask("POST", "/v1/ott/channels", `[]`).body), &told); err != nil || told["result_code"] != codeBad {
		t.Errorf("a list: %v, %v", told, err)
	}
}

// TestLimitsHaveWords: a form tells the reasons in every language.
func TestLimitsHaveWords(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	caps, err := f.client.Capabilities(t.Context())
	f.must(err)
	for _, l := range caps.ChannelLimits {
		if text.Chinese.ChannelForm.Limit.Reason(l.Reason) == l.Reason {
			t.Errorf("%s: no Chinese for %q", l.Field, l.Reason)
		}
	}
}
