package medialive

// FullChannel gives a channel all of whose fields are set; that its parts go
// together is not its point.
func FullChannel() Channel {
	audio := AudioSelector{Name: "eng", Settings: &AudioSettings{
		Language: &AudioByLanguage{Code: "eng", Policy: LanguageStrict},
		PID:      &AudioByPID{PID: new(256)},
		HLS:      &AudioByHLS{Name: "English", GroupID: "audio"},
	}}
	source := ChannelSource{
		URL: "srt://user:hidden-password@203.0.113.5:9000/live?token=hidden-token", Bitrate: 4_000_000, Width: 1920, Height: 1080,
		FixedBitrate: true, Passphrase: hidden, KeyLength: 32, BackupURLs: []URL{"srt://203.0.113.6:9000"}, StreamID: "studio <a>", Latency: 1000,
	}
	snapshot := source
	snapshot.EnableSnapshot = true
	return Channel{
		ChannelKey: ChannelKey{"push.example.com", "live", "ch1"},
		Name:       "Channel one", State: ChannelOn, Mode: OriginOnly, Region: "cn-north-4",
		Input: ChannelInput{
			Protocol: SRTPull, Sources: []ChannelSource{snapshot}, Standby: []ChannelSource{source},
			Failover:     &FailoverConditions{LossThreshold: new(0), Preference: PreferPrimary},
			MaxBandwidth: 8_000_000, IPPortMode: true, IPWhitelist: "192.0.2.0/24,198.51.100.7", SCTE35Source: SCTE35Segments,
			AdTriggers: AdTriggers(), AudioSelectors: []AudioSelector{audio},
		},
		Encoders: []EncoderSetting{{TemplateID: "ld"}, {TemplateID: "hd"}},
		Record:   RecordSettings{RollingBuffer: 86400},
		Outputs: []Endpoint{{
			HLS: []HLSPackage{{
				Package: fullPackage("index.m3u8"), Version: "v3", Ads: opaque(`{"hidden-ad":1}`), AdMarker: []string{HLSAdMarker},
			}},
			DASH: []DASHPackage{{
				Package: fullPackage("index.mpd"), Ads: opaque(`{"hidden-ad":1}`), AdMarker: DASHAdMarkerBinary,
				SuggestedPresentationDelay: 25, MinimumUpdatePeriod: 5, MinBufferTime: 4,
			}},
			MSS: []MSSPackage{{Package: fullPackage("manifest"), DelaySegment: 3}},
		}},
		Expand: &EncoderExpand{
			Audio: []AudioDescription{{Name: "a1", Selector: "eng", LanguageControl: LanguageConfigured, LanguageCode: "eng", StreamName: "English"}},
			Video: &VideoDescription{GOPDuration: 2},
		},
	}
}

func fullPackage(file string) Package {
	return Package{
		ID: "374e48f3ce", URL: "pull.example.com/live/ch1/" + file,
		StreamSelection: []StreamSelection{{Key: "bitrate=900000-1800000", Max: new(1_800_000), Min: new(900_000)}},
		SegmentDuration: 4, PlaylistWindow: new(3600),
		Encryption: &Encryption{
			KeyRotation: new(0), Method: "SAMPLE-AES", Level: KeyPerBitrate, ResourceID: "content-1", Systems: []DRMSystem{PlayReady},
			URL: "https://keys.example.com/hidden-path?key=hidden-token", SPEKEVersion: SPEKEVersion, RequestMode: AskDirectly,
			Headers: []HTTPHeader{{Key: "X-Key", Value: hidden}}, URN: "urn:fss:cn-north-4:1:function:default:keys",
		},
		ExtArgs: opaque(`{"hidden-arg":[1,2]}`),
		RequestArgs: &RequestArgs{
			Record:    []RecordArgs{{StartTime: "begin", EndTime: "end", Format: "timestamp", Unit: "second"}},
			Timeshift: []TimeshiftArgs{{BackTime: "delay", Unit: "second"}},
			Live:      []LiveArgs{{Delay: "delay", Unit: "second"}},
		},
		EnableAccess: true, AllowAllIPs: true, IPWhitelist: "192.0.2.0/24", CDNIdentifier: &HTTPHeader{Key: "X-CDN", Value: hidden},
		OriginMaster: "origin.a.example.com", OriginSlave: "origin.b.example.com", ManifestName: "index",
		SlaveURL: "pull.b.example.com/live/ch1/" + file, ManifestSelection: &ManifestSelection{Order: OrderAscending, Min: 1, Max: new(9_000_000)},
	}
}

func opaque(data string) *Opaque {
	o, err := NewOpaque([]byte(data))
	if err != nil {
		panic(err)
	}
	return o
}
