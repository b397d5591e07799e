package medialive

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// goodChannel is a channel that may be created, with something of everything.
func goodChannel() Channel {
	ch := FullChannel()
	in := &ch.Input
	in.Protocol, in.MaxBandwidth, in.SCTE35Source = SRTPush, 0, ""
	in.AudioSelectors[0].Settings.PID, in.AudioSelectors[0].Settings.HLS = nil, nil
	out := &ch.Outputs[0]
	out.HLS[0].Encryption.Systems = []DRMSystem{FairPlay}
	return ch
}

// channelFaults is a table of changes to goodChannel and what is wrong then.
type channelFaults map[string]struct {
	change func(*Channel)
	want   string
}

func (table channelFaults) check(t *testing.T) {
	t.Helper()
	schema := schemaOf(t, "CreateOttChannelInfoReq")
	for what, c := range table {
		t.Run(what, func(t *testing.T) {
			ch := goodChannel()
			c.change(&ch)
			if got := codes(ValidateNewChannel(ch)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if err := conforming(t, schema, ch); err != nil && c.want == "" {
				t.Errorf("without a fault, but %v", err)
			}
		})
	}
}

func TestValidateNewChannel(t *testing.T) {
	domain := func(s string) func(*Channel) { return func(c *Channel) { c.Domain = s } }
	app := func(s string) func(*Channel) { return func(c *Channel) { c.AppName = s } }
	id := func(s string) func(*Channel) { return func(c *Channel) { c.ID = s } }
	record := func(n int) func(*Channel) { return func(c *Channel) { c.Record.RollingBuffer = n } }
	channelFaults{
		"good":    {func(*Channel) {}, ""},
		"nothing": {func(c *Channel) { *c = Channel{} }, "domain required, app_name required, id required, state required, input.input_protocol required"},
		"least": {func(c *Channel) {
			*c = Channel{ChannelKey: c.ChannelKey, State: ChannelOff, Input: ChannelInput{Protocol: RTMPPush}}
		}, ""},
		"domain of 255":         {domain(strings.Repeat("a.", 126) + "a"), ""},
		"domain of 256":         {domain(strings.Repeat("a.", 127) + "aa"), "domain length"},
		"domain with a scheme":  {domain("rtmp://push.example.com"), "domain host"},
		"domain, as an address": {domain("srt://push.example.com"), "domain host"},
		"app of 64":             {app(strings.Repeat("a", 64)), ""},
		"app of 65":             {app(strings.Repeat("a", 65)), "app_name length"},
		"app with a slash":      {app("a/b"), "app_name characters"},
		"id of 1":               {id("a"), "id length"},
		"id of 2":               {id("a1"), ""},
		"id of 64":              {id(strings.Repeat("a", 64)), ""},
		"id of 65":              {id(strings.Repeat("a", 65)), "id length"},
		"id as a UUID":          {id("374e48f3-ce00-4000-8000-0123456789ab"), ""},
		"id in Chinese":         {id("频道"), "id characters"},
		"name of 255":           {func(c *Channel) { c.Name = strings.Repeat("é", 255) }, ""},
		"name of 256":           {func(c *Channel) { c.Name = strings.Repeat("é", 256) }, "name length"},
		"name of two lines":     {func(c *Channel) { c.Name = "a\nb" }, "name characters"},
		"state":                 {func(c *Channel) { c.State = "on" }, "state enum"},
		"mode":                  {func(c *Channel) { c.Mode = "CDN" }, "mode enum"},
		"recording of -1":       {record(-1), "record_settings.rollingbuffer_duration range"},
		"recording of 14 days":  {record(14 * 24 * 3600), ""},
		"recording of more":     {record(14*24*3600 + 1), "record_settings.rollingbuffer_duration range"},
		"12 templates":          {func(c *Channel) { c.Encoders = templates(12) }, ""},
		"13 templates":          {func(c *Channel) { c.Encoders = templates(13) }, "encoder_settings too_many"},
		"a template twice":      {func(c *Channel) { c.Encoders[1] = c.Encoders[0] }, "encoder_settings[1].template_id duplicate"},
		"a template of nothing": {func(c *Channel) { c.Encoders[1].TemplateID = "" }, "encoder_settings[1].template_id required"},
		"no output":             {func(c *Channel) { c.Outputs = nil }, ""},
	}.check(t)
}

func templates(n int) (list []EncoderSetting) {
	for i := range n {
		list = append(list, EncoderSetting{TemplateID: fmt.Sprint("t", i)})
	}
	return list
}

func TestValidateExpand(t *testing.T) {
	audio := func(change func(*AudioDescription)) func(*Channel) {
		return func(c *Channel) { change(&c.Expand.Audio[0]) }
	}
	gop := func(n int) func(*Channel) { return func(c *Channel) { c.Expand.Video.GOPDuration = n } }
	const at = "encoder_settings_expand.audio_descriptions[0]."
	channelFaults{
		"none":                   {func(c *Channel) { c.Expand = nil }, ""},
		"no video":               {func(c *Channel) { c.Expand.Video = nil }, ""},
		"GOP of 0":               {gop(0), ""},
		"GOP of 7":               {gop(7), "encoder_settings_expand.video_descriptions.gop_duration_seconds enum"},
		"GOP of 10":              {gop(10), ""},
		"GOP of 11":              {gop(11), "encoder_settings_expand.video_descriptions.gop_duration_seconds enum"},
		"no name":                {audio(func(a *AudioDescription) { a.Name = "" }), at + "name required"},
		"name with a blank":      {audio(func(a *AudioDescription) { a.Name = "a b" }), at + "name characters"},
		"no selector":            {audio(func(a *AudioDescription) { a.Selector = "" }), at + "audio_selector_name required"},
		"unknown selector":       {audio(func(a *AudioDescription) { a.Selector = "fra" }), at + "audio_selector_name unknown"},
		"control":                {audio(func(a *AudioDescription) { a.LanguageControl = "MINE" }), at + "language_code_control enum"},
		"language":               {audio(func(a *AudioDescription) { a.LanguageCode = "EN" }), at + "language_code characters"},
		"language configured":    {audio(func(a *AudioDescription) { a.LanguageCode = "" }), at + "language_code required"},
		"language of the input":  {audio(func(a *AudioDescription) { a.LanguageCode, a.LanguageControl = "", "" }), ""},
		"stream name of 256":     {audio(func(a *AudioDescription) { a.StreamName = strings.Repeat("a", 256) }), at + "stream_name length"},
		"twice":                  {func(c *Channel) { c.Expand.Audio = slices.Repeat(c.Expand.Audio, 2) }, "encoder_settings_expand.audio_descriptions[1].name duplicate"},
		"nine, all of one name":  {func(c *Channel) { c.Expand.Audio = slices.Repeat(c.Expand.Audio, 9) }, "encoder_settings_expand.audio_descriptions too_many" + strings.Join(nine(), "")},
		"selector that is gone":  {func(c *Channel) { c.Input.AudioSelectors = nil }, at + "audio_selector_name unknown"},
		"language of one letter": {audio(func(a *AudioDescription) { a.LanguageCode = "e" }), at + "language_code length"},
	}.check(t)
}

func nine() (list []string) {
	for i := 1; i < 9; i++ {
		list = append(list, fmt.Sprintf(", encoder_settings_expand.audio_descriptions[%d].name duplicate", i))
	}
	return list
}

func TestValidateInput(t *testing.T) {
	in := func(change func(*ChannelInput)) func(*Channel) { return func(c *Channel) { change(&c.Input) } }
	source := func(change func(*ChannelSource)) func(*Channel) {
		return func(c *Channel) { change(&c.Input.Sources[0]) }
	}
	standby := func(change func(*ChannelSource)) func(*Channel) {
		return func(c *Channel) { change(&c.Input.Standby[0]) }
	}
	pull := func(p InputProtocol, u URL) func(*Channel) {
		return func(c *Channel) {
			c.Input = ChannelInput{Protocol: p, Sources: []ChannelSource{{URL: u}}}
			c.Expand = nil
		}
	}
	twelve := func(n int) func(*Channel) {
		return in(func(i *ChannelInput) { i.Sources, i.Standby = slices.Repeat(i.Sources, n), nil })
	}
	const s = "input.sources[0]."
	channelFaults{
		"protocol":                   {in(func(i *ChannelInput) { *i = ChannelInput{Protocol: "RIST", AudioSelectors: i.AudioSelectors} }), "input.input_protocol enum"},
		"pull from nowhere":          {in(func(i *ChannelInput) { *i = ChannelInput{Protocol: SRTPull, AudioSelectors: i.AudioSelectors} }), "input.sources required"},
		"push without sources":       {in(func(i *ChannelInput) { i.Sources, i.Standby = nil, nil }), ""},
		"12 sources":                 {twelve(12), ""},
		"13 sources":                 {twelve(13), "input.sources too_many"},
		"FLV by HTTP":                {pull(FLVPull, "http://203.0.113.5/a.flv"), ""},
		"FLV by SRT":                 {pull(FLVPull, "srt://203.0.113.5:9000"), s + "url url"},
		"HLS by HTTPS":               {pull(HLSPull, "https://u:p@203.0.113.5/a.m3u8?t=1"), ""},
		"HLS by RTMP":                {pull(HLSPull, "rtmp://203.0.113.5/a"), s + "url url"},
		"SRT":                        {pull(SRTPull, "srt://[2001:db8::1]:9000"), ""},
		"no address":                 {pull(SRTPull, ""), s + "url required"},
		"address of 1025":            {pull(HLSPull, URL("https://h.example/"+strings.Repeat("a", 1007))), s + "url length"},
		"address with a blank":       {pull(HLSPull, "https://h.example/a b"), s + "url url"},
		"address without a host":     {pull(HLSPull, "https:///a"), s + "url url"},
		"address of two lines":       {pull(HLSPull, "https://h.example/\r\nX: y"), s + "url characters"},
		"file":                       {pull(HLSPull, "file:///etc/passwd"), s + "url url"},
		"12 backups":                 {source(func(s *ChannelSource) { s.BackupURLs = slices.Repeat(s.BackupURLs, 12) }), ""},
		"13 backups":                 {source(func(s *ChannelSource) { s.BackupURLs = slices.Repeat(s.BackupURLs, 13) }), s + "backup_urls too_many"},
		"backup":                     {source(func(s *ChannelSource) { s.BackupURLs = []URL{"http://h.example"} }), s + "backup_urls[0] url"},
		"bitrate of -1":              {source(func(s *ChannelSource) { s.Bitrate = -1 }), s + "bitrate range"},
		"bitrate of 100 Mbit/s":      {source(func(s *ChannelSource) { s.Bitrate = 104857600 }), ""},
		"more":                       {source(func(s *ChannelSource) { s.Bitrate = 104857601 }), s + "bitrate range"},
		"no bitrate":                 {source(func(s *ChannelSource) { s.Bitrate = 0 }), ""},
		"no bitrate, no transcoding": {func(c *Channel) { c.Input.Sources[0].Bitrate, c.Encoders = 0, nil }, s + "bitrate required"},
		"width of 4097":              {in(func(i *ChannelInput) { i.Sources[0].Width, i.Standby = 4097, nil }), s + "width range"},
		"height of 2161":             {in(func(i *ChannelInput) { i.Sources[0].Height, i.Standby = 2161, nil }), s + "height range"},
		"no passphrase":              {source(func(s *ChannelSource) { s.Passphrase = "" }), ""},
		"passphrase of 9":            {source(func(s *ChannelSource) { s.Passphrase = "123456789" }), s + "passphrase length"},
		"passphrase of 80":           {source(func(s *ChannelSource) { s.Passphrase = Secret(strings.Repeat("a", 80)) }), s + "passphrase length"},
		"passphrase with a tab":      {source(func(s *ChannelSource) { s.Passphrase = "1234567890\t" }), s + "passphrase characters"},
		"passphrase from a file":     {source(func(s *ChannelSource) { s.Passphrase = Mask }), s + "passphrase required"},
		"key of 20 bytes":            {source(func(s *ChannelSource) { s.KeyLength = 20 }), s + "pbkeylen enum"},
		"key of 24 bytes":            {source(func(s *ChannelSource) { s.KeyLength = 24 }), ""},
		"stream id of 513":           {source(func(s *ChannelSource) { s.StreamID = strings.Repeat("a", 513) }), s + "stream_id length"},
		"latency of -1":              {source(func(s *ChannelSource) { s.Latency = -1 }), s + "latency range"},
		"standby of RTMP_PUSH":       {func(c *Channel) { c.Input = ChannelInput{Protocol: RTMPPush, Standby: c.Input.Standby}; c.Expand = nil }, "input.secondary_sources unfit"},
		"two standby":                {in(func(i *ChannelInput) { i.Standby = slices.Repeat(i.Standby, 2) }), "input.secondary_sources count"},
		"standby of another size":    {standby(func(s *ChannelSource) { s.Width, s.Height = 1280, 720 }), "input.secondary_sources[0].width count, input.secondary_sources[0].height count"},
		"standby of no size":         {standby(func(s *ChannelSource) { s.Width, s.Height = 0, 0 }), ""},
		"standby with snapshots":     {standby(func(s *ChannelSource) { s.EnableSnapshot = true }), "input.secondary_sources[0].enable_snapshot unfit"},
		"standby is checked too":     {standby(func(s *ChannelSource) { s.KeyLength = 1 }), "input.secondary_sources[0].pbkeylen enum"},
		"no failover":                {in(func(i *ChannelInput) { i.Failover = nil }), ""},
		"failover after an hour":     {in(func(i *ChannelInput) { i.Failover.LossThreshold = new(3600000) }), ""},
		"later":                      {in(func(i *ChannelInput) { i.Failover.LossThreshold = new(3600001) }), "input.failover_conditions.input_loss_threshold_msec range"},
		"preference":                 {in(func(i *ChannelInput) { i.Failover.Preference = "BACKUP" }), "input.failover_conditions.input_preference enum"},
		"what only HLS has":          {in(func(i *ChannelInput) { i.MaxBandwidth, i.SCTE35Source = 1, SCTE35Segments }), "input.max_bandwidth_limit unfit, input.scte35_source unfit"},
		"what only SRT_PUSH has": {func(c *Channel) {
			c.Input = ChannelInput{Protocol: RTMPPush, IPPortMode: true, IPWhitelist: "192.0.2.1"}
			c.Expand = nil
		}, "input.ip_port_mode unfit, input.ip_whitelist unfit"},
		"signals of the manifest":       {func(c *Channel) { pull(HLSPull, "http://h.example/a")(c); c.Input.SCTE35Source = "SEGMENTS,MANIFEST" }, "input.scte35_source enum"},
		"whitelist with blanks":         {in(func(i *ChannelInput) { i.IPWhitelist = " 192.0.2.1 , 2001:db8::/32" }), ""},
		"whitelist of names":            {in(func(i *ChannelInput) { i.IPWhitelist = "192.0.2.1,h.example" }), "input.ip_whitelist address"},
		"whitelist of 257":              {in(func(i *ChannelInput) { i.IPWhitelist = strings.Repeat("1", 257) }), "input.ip_whitelist length"},
		"a hole in the whitelist":       {in(func(i *ChannelInput) { i.IPWhitelist = "192.0.2.1,,192.0.2.2" }), "input.ip_whitelist address"},
		"trigger":                       {in(func(i *ChannelInput) { i.AdTriggers = []AdTrigger{"splice"} }), "input.ad_triggers[0] enum"},
		"trigger twice":                 {in(func(i *ChannelInput) { i.AdTriggers = []AdTrigger{OnSpliceInsert, OnSpliceInsert} }), "input.ad_triggers[1] duplicate"},
		"selector twice":                {in(func(i *ChannelInput) { i.AudioSelectors = slices.Repeat(i.AudioSelectors, 2) }), "input.audio_selectors[1].name duplicate"},
		"selector without settings":     {in(func(i *ChannelInput) { i.AudioSelectors[0].Settings = nil }), ""},
		"selector by two ways":          {in(func(i *ChannelInput) { i.AudioSelectors[0].Settings.PID = &AudioByPID{PID: new(0)} }), "input.audio_selectors[0].selector_settings.audio_pid_selection unfit"},
		"selector by PID 8192":          {in(func(i *ChannelInput) { i.AudioSelectors[0].Settings = &AudioSettings{PID: &AudioByPID{PID: new(8192)}} }), "input.audio_selectors[0].selector_settings.audio_pid_selection.pid range"},
		"selector by no PID":            {in(func(i *ChannelInput) { i.AudioSelectors[0].Settings = &AudioSettings{PID: &AudioByPID{}} }), "input.audio_selectors[0].selector_settings.audio_pid_selection.pid required"},
		"selector by half a rendition":  {in(func(i *ChannelInput) { i.AudioSelectors[0].Settings = &AudioSettings{HLS: &AudioByHLS{Name: "a"}} }), "input.audio_selectors[0].selector_settings.audio_hls_selection.group_id required"},
		"selector by no language":       {in(func(i *ChannelInput) { i.AudioSelectors[0].Settings.Language.Code = "" }), "input.audio_selectors[0].selector_settings.audio_language_selection.language_code required"},
		"selector by an unknown policy": {in(func(i *ChannelInput) { i.AudioSelectors[0].Settings.Language.Policy = "ANY" }), "input.audio_selectors[0].selector_settings.audio_language_selection.language_selection_policy enum"},
	}.check(t)
}

func TestValidateOutputs(t *testing.T) {
	hls := func(change func(*HLSPackage)) func(*Channel) {
		return func(c *Channel) { change(&c.Outputs[0].HLS[0]) }
	}
	dash := func(change func(*DASHPackage)) func(*Channel) {
		return func(c *Channel) { change(&c.Outputs[0].DASH[0]) }
	}
	drm := func(change func(*Encryption)) func(*Channel) {
		return hls(func(p *HLSPackage) { change(p.Encryption) })
	}
	const h, d, e = "endpoints[0].hls_package[0].", "endpoints[0].dash_package[0].", "endpoints[0].hls_package[0].encryption."
	channelFaults{
		"segment of 0":           {hls(func(p *HLSPackage) { p.SegmentDuration = 0 }), h + "segment_duration_seconds range"},
		"segment of 10":          {hls(func(p *HLSPackage) { p.SegmentDuration = 10 }), ""},
		"segment of 11":          {hls(func(p *HLSPackage) { p.SegmentDuration = 11 }), h + "segment_duration_seconds range"},
		"window of a day":        {hls(func(p *HLSPackage) { p.PlaylistWindow = new(86400) }), ""},
		"window of more":         {hls(func(p *HLSPackage) { p.PlaylistWindow = new(86401) }), h + "playlist_window_seconds range"},
		"no window":              {hls(func(p *HLSPackage) { p.PlaylistWindow = nil }), ""},
		"no address":             {hls(func(p *HLSPackage) { p.URL = "" }), h + "url required"},
		"address with a scheme":  {hls(func(p *HLSPackage) { p.URL = "https://pull.example.com/a.m3u8" }), ""},
		"address without a path": {hls(func(p *HLSPackage) { p.URL = "pull.example.com/" }), h + "url url"},
		"address with a blank":   {hls(func(p *HLSPackage) { p.URL = "pull.example.com/a b" }), h + "url url"},
		"address of two outputs": {dash(func(p *DASHPackage) { p.URL = "http://pull.example.com/live/ch1/index.m3u8" }), d + "url duplicate"},
		"package id of 33":       {hls(func(p *HLSPackage) { p.ID = strings.Repeat("a", 33) }), h + "id length"},
		"standby address":        {hls(func(p *HLSPackage) { p.SlaveURL = "nowhere" }), h + "slave_url url"},
		"HLS version of 11":      {hls(func(p *HLSPackage) { p.Version = "12345678901" }), h + "hls_version length"},
		"marker of HLS":          {hls(func(p *HLSPackage) { p.AdMarker = []string{"DATERANGE"} }), h + "ad_marker[0] enum"},
		"markers of HLS":         {hls(func(p *HLSPackage) { p.AdMarker = slices.Repeat(p.AdMarker, 11) }), h + "ad_marker too_many"},
		"marker of DASH":         {dash(func(p *DASHPackage) { p.AdMarker = HLSAdMarker }), d + "ad_marker enum"},
		"DASH seconds": {dash(func(p *DASHPackage) {
			p.SuggestedPresentationDelay, p.MinimumUpdatePeriod, p.MinBufferTime = 121, -1, 120
		}), d + "suggested_presentation_delay range, " + d + "minimum_update_period range"},
		"MSS delay":                 {func(c *Channel) { c.Outputs[0].MSS[0].DelaySegment = 11 }, "endpoints[0].mss_package[0].delay_segment range"},
		"25 filters":                {hls(func(p *HLSPackage) { p.StreamSelection = make([]StreamSelection, 25) }), h + "stream_selection too_many"},
		"filter twice":              {hls(func(p *HLSPackage) { p.StreamSelection = slices.Repeat(p.StreamSelection, 2) }), h + "stream_selection[1].key duplicate"},
		"filter upside down":        {hls(func(p *HLSPackage) { p.StreamSelection[0].Min = new(2_000_000) }), h + "stream_selection[0].min_bandwidth order"},
		"filter of one value":       {hls(func(p *HLSPackage) { p.StreamSelection[0].Min = new(1_800_000) }), ""},
		"filter out of range":       {hls(func(p *HLSPackage) { p.StreamSelection[0] = StreamSelection{Min: new(-1), Max: new(104857601)} }), h + "stream_selection[0].min_bandwidth range, " + h + "stream_selection[0].max_bandwidth range"},
		"manifest order":            {hls(func(p *HLSPackage) { p.ManifestSelection.Order = "RANDOM" }), h + "manifest_selection.stream_order enum"},
		"manifest of one value":     {hls(func(p *HLSPackage) { p.ManifestSelection.Max = new(1) }), h + "manifest_selection.min_video_bandwidth order"},
		"manifest of any":           {hls(func(p *HLSPackage) { p.ManifestSelection.Max = nil }), ""},
		"manifest name of a path":   {hls(func(p *HLSPackage) { p.ManifestName = "../index" }), h + "manifest_name characters"},
		"manifest name":             {hls(func(p *HLSPackage) { p.ManifestName = "index.v2_a-b" }), ""},
		"origin by its number":      {hls(func(p *HLSPackage) { p.OriginMaster = "192.0.2.10" }), h + "origin_domain_master host"},
		"origin with a scheme":      {hls(func(p *HLSPackage) { p.OriginMaster = "srt://a.example.com" }), h + "origin_domain_master host"},
		"origin of one letter":      {hls(func(p *HLSPackage) { p.OriginMaster = "a.example.c" }), h + "origin_domain_master host"},
		"origin with an underscore": {hls(func(p *HLSPackage) { p.OriginSlave = "a_b.example.com" }), h + "origin_domain_slave host"},
		"origin of two parts":       {hls(func(p *HLSPackage) { p.OriginMaster = "example.com" }), h + "origin_domain_master host"},
		"origin as an address":      {hls(func(p *HLSPackage) { p.OriginSlave = "a b" }), h + "origin_domain_slave host"},
		"whitelist of an output":    {hls(func(p *HLSPackage) { p.IPWhitelist = "x" }), h + "ip_whitelist address"},
		"CDN header without value":  {hls(func(p *HLSPackage) { p.CDNIdentifier = &HTTPHeader{Key: "X"} }), h + "cdn_identifier_header.value required"},
		"request args": {hls(func(p *HLSPackage) {
			p.RequestArgs.Record[0].Unit, p.RequestArgs.Timeshift[0].Unit, p.RequestArgs.Live[0].Delay = strings.Repeat("a", 21), strings.Repeat("a", 21), "\x00"
		}), h + "request_args.record[0].unit length, " + h + "request_args.timeshift[0].unit length, " + h + "request_args.live[0].delay characters"},
		"many request args": {hls(func(p *HLSPackage) {
			p.RequestArgs = &RequestArgs{Record: make([]RecordArgs, 13), Timeshift: make([]TimeshiftArgs, 13), Live: make([]LiveArgs, 21)}
		}), h + "request_args.record too_many, " + h + "request_args.timeshift too_many, " + h + "request_args.live too_many"},

		"no DRM":                     {hls(func(p *HLSPackage) { p.Encryption = nil }), ""},
		"empty DRM":                  {drm(func(x *Encryption) { *x = Encryption{} }), e + "resource_id required, " + e + "system_ids required, " + e + "url required, " + e + "speke_version required, " + e + "request_mode required"},
		"Widevine for HLS":           {drm(func(x *Encryption) { x.Systems = []DRMSystem{Widevine} }), e + "system_ids[0] unfit"},
		"an unknown system":          {drm(func(x *Encryption) { x.Systems = []DRMSystem{"ClearKey"} }), e + "system_ids[0] enum"},
		"a system twice":             {drm(func(x *Encryption) { x.Systems = []DRMSystem{FairPlay, FairPlay} }), e + "system_ids[1] duplicate"},
		"level":                      {drm(func(x *Encryption) { x.Level = "track" }), e + "level enum"},
		"method":                     {drm(func(x *Encryption) { x.Method = "cenc" }), e + "encryption_method enum"},
		"rotation":                   {drm(func(x *Encryption) { x.KeyRotation = new(604801) }), e + "key_rotation_interval_seconds range"},
		"SPEKE 2.0":                  {drm(func(x *Encryption) { x.SPEKEVersion = "2.0" }), e + "speke_version enum"},
		"six headers":                {drm(func(x *Encryption) { x.Headers = slices.Repeat(x.Headers, 6) }), e + "http_headers too_many"},
		"headers for a function":     {drm(func(x *Encryption) { x.RequestMode = AskByFunction }), e + "http_headers unfit"},
		"function without its name":  {drm(func(x *Encryption) { x.RequestMode, x.Headers, x.URN = AskByFunction, nil, "" }), e + "urn required"},
		"header without a key":       {drm(func(x *Encryption) { x.Headers[0].Key = "" }), e + "http_headers[0].key required"},
		"header of 8001":             {drm(func(x *Encryption) { x.Headers[0].Value = Secret(strings.Repeat("a", 8001)) }), e + "http_headers[0].value length"},
		"header of two lines":        {drm(func(x *Encryption) { x.Headers[0].Value = "a\r\nb" }), e + "http_headers[0].value characters"},
		"header from a file":         {drm(func(x *Encryption) { x.Headers[0].Value = Mask }), e + "http_headers[0].value required"},
		"key server at no address":   {drm(func(x *Encryption) { x.URL = "keys.example.com" }), e + "url url"},
		"key server at 2049 letters": {drm(func(x *Encryption) { x.URL = URL("https://h.example/" + strings.Repeat("a", 2031)) }), e + "url length"},
	}.check(t)
}

func TestValidateChannelChanges(t *testing.T) {
	was := goodChannel()
	keep := goodChannel()
	keep.Input.Sources[0].Passphrase, keep.Outputs[0].HLS[0].CDNIdentifier.Value = Mask, Mask
	alone := ChannelInput{Protocol: SRTPush, Sources: []ChannelSource{{}}}
	raw := Channel{Input: alone}
	at := time.Unix(1741650609, 0)
	statistic := QuerySCTE35(ChannelKey{strings.Repeat("d", 65), "live", ""}, "some", at, at)
	statistic.Type, statistic.Role = "", "third"
	for what, c := range map[string]struct {
		faults []Fault
		want   string
	}{
		"input":                  {ValidateInputChange(InputChange{Input: &was.Input}, was), ""},
		"input, secret kept":     {ValidateInputChange(InputChange{Input: &keep.Input}, was), ""},
		"input, audio in use":    {ValidateInputChange(InputChange{Input: &alone}, was), "encoder_settings_expand.audio_descriptions[0].audio_selector_name unknown"},
		"input, audio given up":  {ValidateInputChange(InputChange{Input: &alone, Expand: &EncoderExpand{}}, was), ""},
		"input, not transcoded":  {ValidateInputChange(InputChange{Input: &alone}, raw), "input.sources[0].bitrate required"},
		"audio alone":            {ValidateInputChange(InputChange{Expand: &EncoderExpand{Audio: []AudioDescription{{}}}}, was), "encoder_settings_expand.audio_descriptions[0].name required, encoder_settings_expand.audio_descriptions[0].audio_selector_name required"},
		"outputs":                {ValidateEndpointsChange(EndpointsChange{Outputs: was.Outputs}), ""},
		"outputs, secret kept":   {ValidateEndpointsChange(EndpointsChange{Outputs: keep.Outputs}), ""},
		"outputs, none":          {ValidateEndpointsChange(EndpointsChange{}), ""},
		"recording":              {ValidateRecordChange(RecordChange{Record: &RecordSettings{}}), ""},
		"recording, too long":    {ValidateRecordChange(RecordChange{Record: &RecordSettings{RollingBuffer: 1209601}}), "record_settings.rollingbuffer_duration range"},
		"recording, none":        {ValidateRecordChange(RecordChange{}), "record_settings required"},
		"name":                   {ValidateGeneralChange(GeneralChange{Name: "One"}), ""},
		"name, none":             {ValidateGeneralChange(GeneralChange{}), "name required"},
		"name, long":             {ValidateGeneralChange(GeneralChange{Name: strings.Repeat("a", 256)}), "name length"},
		"templates":              {ValidateEncoderChange(EncoderChange{Encoders: was.Encoders}), ""},
		"templates, none":        {ValidateEncoderChange(EncoderChange{}), "encoder_settings required"},
		"statistic":              {ValidateStatisticQuery(QuerySCTE35(testChannel, AllSignals, at, at.Add(time.Second))), ""},
		"statistic, of nothing":  {ValidateStatisticQuery(StatisticQuery{ChannelKey: testChannel, Type: SCTE35Statistic}), "scte35 required"},
		"statistic, all wrong":   {ValidateStatisticQuery(statistic), "domain length, id required, type required, region_type enum, scte35.type enum, scte35.start_time order"},
		"statistic, before 1970": {ValidateStatisticQuery(QuerySCTE35(testChannel, AllSignals, time.Unix(0, 0), at)), "scte35.start_time range"},
	} {
		if got := codes(c.faults); got != c.want {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
}

// TestChannelFaultsAreSecret: no fault repeats what must not be shown.
func TestChannelFaultsAreSecret(t *testing.T) {
	ch := FullChannel()
	ch.Input.Protocol = HLSPull
	for i := range ch.Input.Sources {
		ch.Input.Sources[i].Passphrase = "hidden"
		ch.Input.Sources[i].BackupURLs[0] = "ftp://hidden"
	}
	for _, p := range ch.Packages() {
		p.Encryption.URL = "ftp://hidden?hidden"
		p.Encryption.Headers[0].Value = "hidden\x00"
	}
	faults := ValidateNewChannel(ch)
	if len(faults) < 10 {
		t.Errorf("only %d faults", len(faults))
	}
	for _, f := range faults {
		if strings.Contains(fmt.Sprint(f), "hidden") || len(f.Value) > maxFaultValue || !utf8.ValidString(f.Value) {
			t.Errorf("%+v", f)
		}
	}
}
