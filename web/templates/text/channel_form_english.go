package text

import "fmt"

var englishChannelForm = ChannelForm{
	Labels: map[string]string{
		"json":   "JSON of the channel",
		"domain": "Ingest domain", "app_name": "Application", "id": "Id", "name": "Name", "state": "State", "mode": "Delivery", "region": "Region",
		"extra_fields":         "Other fields (JSON)",
		"input.input_protocol": "How the stream comes in", "input.sources": "Sources", "input.secondary_sources": "Standby sources",
		"input.failover_conditions.input_loss_threshold_msec": "Switch after", "input.failover_conditions.input_preference": "When the primary is back",
		"input.max_bandwidth_limit": "Highest bitrate to pull", "input.ip_port_mode": "Tell streams apart by address and port", "input.ip_whitelist": "Who may push",
		"input.scte35_source": "SCTE-35 signals", "input.ad_triggers": "Signals that trigger advertising",
		"input.audio_selectors": "Audio selectors", "input.audio_selectors.name": "Name of the selector", "input.audio_selectors.selector_settings": "Find the track by",
		"input.audio_selectors.selector_settings.audio_language_selection.language_code":             "Language code",
		"input.audio_selectors.selector_settings.audio_language_selection.language_selection_policy": "Where no track has it",
		"input.audio_selectors.selector_settings.audio_pid_selection.pid":                            "PID",
		"input.audio_selectors.selector_settings.audio_hls_selection.name":                           "Name of the rendition",
		"input.audio_selectors.selector_settings.audio_hls_selection.group_id":                       "Group",
		"source.url": "Address", "source.bitrate": "Bitrate", "source.width": "Width", "source.height": "Height", "source.enable_snapshot": "Take pictures",
		"source.bitrate_for3u8": "Tell players this bitrate as it is", "source.passphrase": "Passphrase", "source.pbkeylen": "Key length",
		"source.backup_urls": "Backup addresses", "source.stream_id": "Stream id", "source.latency": "Latency",
		"encoder_settings": "Transcoding templates", "encoder_settings.template_id": "Template",
		"record_settings.rollingbuffer_duration": "Keep for",
		"endpoints":                              "Packages", "package.id": "Package id", "package.url": "Playback address", "package.segment_duration_seconds": "Segment length",
		"package.playlist_window_seconds": "Window of the playlist", "package.stream_selection": "Filters by bitrate", "package.stream_selection.key": "Parameter of the address",
		"package.stream_selection.min_bandwidth": "From", "package.stream_selection.max_bandwidth": "To",
		"package.encryption": "Encryption (DRM)", "package.encryption.key_rotation_interval_seconds": "New key every", "package.encryption.encryption_method": "Method",
		"package.encryption.level": "A key for", "package.encryption.resource_id": "Content id", "package.encryption.system_ids": "DRM systems", "package.encryption.url": "Key server",
		"package.encryption.speke_version": "SPEKE version", "package.encryption.request_mode": "Ask the key server", "package.encryption.http_headers": "Headers for the key server",
		"package.encryption.http_headers.key": "Header", "package.encryption.http_headers.value": "Value", "package.encryption.urn": "URN of the function",
		"package.ext_args": "Further settings (JSON)", "package.request_args": "Parameters of playback addresses",
		"package.request_args.record": "Spans of the recording", "package.request_args.timeshift": "Time shift", "package.request_args.live": "Delayed playback",
		"package.request_args.record.start_time": "Begin", "package.request_args.record.end_time": "End", "package.request_args.record.format": "Format", "package.request_args.record.unit": "Unit",
		"package.request_args.timeshift.back_time": "Time back", "package.request_args.timeshift.unit": "Unit",
		"package.request_args.live.delay": "Delay", "package.request_args.live.unit": "Unit",
		"package.enable_access": "May be pulled from the origin", "package.allow_all_ip_access": "From every address", "package.ip_whitelist": "Only from these addresses",
		"package.cdn_identifier_header": "Header by which the CDN says who it is", "package.cdn_identifier_header.key": "Header of the CDN", "package.cdn_identifier_header.value": "Its value",
		"package.origin_domain_master": "Origin domain", "package.origin_domain_slave": "Origin domain of the standby region", "package.manifest_name": "Name of the manifest",
		"package.slave_url": "Playback address in the standby region", "package.manifest_selection": "Streams of the manifest",
		"package.manifest_selection.stream_order": "Order of the streams", "package.manifest_selection.min_video_bandwidth": "Lowest video bitrate",
		"package.manifest_selection.max_video_bandwidth": "Highest video bitrate",
		"package.hls_version":                            "HLS version", "package.ads": "Advertising (JSON)", "package.ad_marker": "Advertising markers",
		"package.suggested_presentation_delay": "Suggested presentation delay", "package.minimum_update_period": "Shortest update period", "package.min_buffer_time": "Shortest buffer",
		"package.delay_segment":                      "Delay",
		"encoder_settings_expand.audio_descriptions": "Audio tracks sent", "encoder_settings_expand.audio_descriptions.name": "Name of the track",
		"encoder_settings_expand.audio_descriptions.audio_selector_name":   "Fed by the selector",
		"encoder_settings_expand.audio_descriptions.language_code_control": "Language that is shown",
		"encoder_settings_expand.audio_descriptions.language_code":         "Language code",
		"encoder_settings_expand.audio_descriptions.stream_name":           "Name shown to viewers",
		"encoder_settings_expand.video_descriptions.gop_duration_seconds":  "Key frame every",
	},
	Helps: map[string]string{
		"domain":       "The domain to which streams of this service are sent, for example push.example.com. A gateway takes any name. It cannot be changed later.",
		"app_name":     "Letters, digits, - and _. Most use live. It cannot be changed later.",
		"id":           "2 to 64 letters, digits, - and _. It cannot be changed later.",
		"name":         "For people; it may be left empty and need not be unique.",
		"mode":         "Without a CDN, players pull from the origin itself.",
		"region":       "Counts with the origin alone; empty for that of the endpoint.",
		"extra_fields": "Fields that the service has and Flowdeck has no name for. They are sent back as they are.",
		"input.failover_conditions.input_loss_threshold_msec": "Milliseconds without a stream until the standby source takes over; 2000 where none is given.",
		"input.max_bandwidth_limit":                           "Of an HLS source: the best variant that is not above it is pulled. 4.5M is understood.",
		"input.ip_port_mode":                                  "For encoders that cannot send a stream id.",
		"input.ip_whitelist":                                  "Addresses and CIDR blocks, separated by commas. Empty: everybody who reaches the port.",
		"input.audio_selectors.selector_settings.audio_language_selection.language_code": "Two or three lower-case letters, for example eng.",
		"input.audio_selectors.selector_settings.audio_pid_selection.pid":                "0 to 8191.",
		"source.url":                                       "From where the stream is fetched.",
		"source.bitrate":                                   "Needed where the stream is sent on as it comes. 4500000, 4.5M and 4500k are the same.",
		"source.latency":                                   "How long is waited for what was lost on the way: four round trips at least. Empty: 2000.",
		"source.passphrase":                                "10 to 79 characters. Empty: not encrypted.",
		"source.backup_urls":                               "One a line: tried in turn where the address does not answer.",
		"source.stream_id":                                 "Sent when calling.",
		"encoder_settings.template_id":                     "The id of a template of this project, as the console of the service shows it.",
		"record_settings.rollingbuffer_duration":           "Seconds, or 12h, 7d; up to 14 days. Empty: nothing is recorded. What is kept can be played later.",
		"package.url":                                      "Where viewers play: host and path, for example play.example.com/live/one/index.m3u8. Each address can be used once. A gateway plays it at an address of its own, too.",
		"package.segment_duration_seconds":                 "1 to 10. Shorter is closer to live, longer is steadier.",
		"package.playlist_window_seconds":                  "How far back a live playlist reaches; at least three segments. Empty: the service chooses.",
		"package.encryption.url":                           "The server of the customer that makes the keys, by the SPEKE protocol.",
		"package.encryption.key_rotation_interval_seconds": "Reserved by the service.",
		"package.encryption.encryption_method":             "Reserved by the service.",
		"package.ip_whitelist":                             "Addresses and CIDR blocks, separated by commas.",
		"package.manifest_name":                            "Letters, digits, -, . and _; index where empty.",
		"package.stream_selection.key":                     "For example bitrate=900000-1800000: what a viewer adds to the address to get these streams only.",
		"package.origin_domain_master":                     "Of the region of the channel.",
		"package.ads":                                      "Nothing is published about it.",
		"package.ext_args":                                 "An object; nothing is published about it.",
		"package.request_args.record.start_time":           "Name of the parameter, for example begin.",
		"package.request_args.record.end_time":             "Name of the parameter, for example end.",
		"package.request_args.record.format":               "Of the values, for example timestamp.",
		"package.request_args.record.unit":                 "Of the values, for example second.",
		"package.request_args.timeshift.back_time":         "Name of the parameter, for example delay.",
		"encoder_settings_expand.video_descriptions.gop_duration_seconds": "As the source where none is chosen. Segments begin at key frames.",
		"encoder_settings_expand.audio_descriptions.audio_selector_name":  "The name of an audio selector of the input.",
	},
	Options: map[string]string{
		"RTMP_PUSH": "RTMP, an encoder pushes", "SRT_PUSH": "SRT, an encoder pushes", "SRT_PULL": "SRT, we call", "HLS_PULL": "HLS, we fetch", "FLV_PULL": "FLV, we fetch",
		"ON": "On at once", "OFF": "Off", "ADD_CDN": "Origin and CDN", "ONLY_OS": "Origin alone",
		"PRIMARY": "Go back to it", "EQUAL": "Stay on the standby", "SEGMENTS": "From the segments", "LOOSE": "Take the first track", "STRICT": "Silence",
		"audio_language_selection": "Its language", "audio_pid_selection": "Its PID", "audio_hls_selection": "HLS rendition", "FOLLOW_INPUT": "That of the input", "USE_CONFIGURED": "The one given here",
		"Splice insert": "Splice insert", "Provider advertisement": "Advertisement of the provider", "Distributor advertisement": "Advertisement of the distributor",
		"Provider placement opportunity": "Opportunity of the provider", "Distributor placement opportunity": "Opportunity of the distributor",
		"ORIGINAL": "As the templates", "VIDEO_BITRATE_ASCENDING": "Lowest first", "VIDEO_BITRATE_DESCENDING": "Highest first",
		"content": "the channel", "profile": "each bitrate", "direct_http": "Directly", "functiongraph_proxy": "By a function",
		"ENHANCED_SCTE35": "Enhanced SCTE-35", "xml": "as XML", "xml+bin": "as XML with binary data", "": "Default", "0": "No", "1": "Yes",
	},
	Step: ChannelSteps{
		Title: "New channel", Nav: "Steps",
		Channel: "Channel", Input: "Input", Encoders: "Transcoding", Packages: "Packages", Record: "Recording", Look: "Look it over",
		ChannelLead: "What the channel is called. Everything else can be changed later.", InputLead: "Where its stream comes from.",
		EncodersLead: "In which sizes it is sent on.", PackagesLead: "Where viewers play it, in which format.", RecordLead: "Whether it can be played later.",
		LookLead: "Nothing has been sent yet.", Next: "Next", Back: "Back", Create: "Create", CreateOn: "Create and turn on",
		FromFile:     "From a file",
		CloneLead:    "All is as in {}, but for the id and the playback addresses, which can be used only once; those in a standby region are left out.",
		CloneSecrets: "Passphrases are not copied where the service does not tell them.",
	},
	Part: ChannelParts{
		Source: func(n int) string { return fmt.Sprintf("Source %d", n) }, Standby: func(n int) string { return fmt.Sprintf("Standby for source %d", n) },
		Stream:   func(n int) string { return fmt.Sprintf("Filter %d", n) },
		Template: func(n int) string { return fmt.Sprintf("Template %d", n) },
		Selector: func(n int) string { return fmt.Sprintf("Audio selector %d", n) }, Audio: func(n int) string { return fmt.Sprintf("Audio track %d", n) },
		Arg: func(n int) string { return fmt.Sprintf("Set %d of parameters", n) }, Header: func(n int) string { return fmt.Sprintf("Header %d", n) },
		Failover: "Switching to the standby", Audios: "Audio", Sent: "What is sent", Advanced: "Advanced",
		Access: "Who may play", Streams: "Streams", Playback: "Parameters of playback addresses", Record: "Recorded spans", Timeshift: "Time shift", Live: "Delay",
		DRM: "Encryption (DRM)", Markers: "Advertising markers", Origin: "Origin and CDN", Rest: "Further", Manifest: "Manifest",
		Format: func(format, title string) string { return format + " · " + title },
	},
	Act: ChannelActs{
		AddSource: "Add a source", AddStandby: "Add a standby source", AddHLS: "Add HLS", AddDASH: "Add DASH", AddMSS: "Add Smooth Streaming",
		AddStream: "Add a filter", AddSelector: "Add an audio selector", AddAudio: "Add an audio track", AddHeader: "Add a header",
		AddRecord: "Add parameters for recordings", AddTimeshift: "Add parameters for time shift", AddLive: "Add parameters for delay", AddTemplate: "Add a template",
		Remove: func(what string) string { return "Remove " + what }, RemoveShort: "Remove",
		Up: func(what string) string { return "Move " + what + " up" }, Down: func(what string) string { return "Move " + what + " down" },
		Save: "Save", Discard: "Discard",
	},
	Input: ChannelInputForm{
		Flow: "A flow as the source", FlowHelp: "The channel calls an output of the flow that listens.", FlowUse: "Use it",
		FlowOutput: func(flow, output string) string { return flow + " · " + output },
		PushHelp:   "Where an encoder pushes, the address for it is told once the channel exists.", ProtocolFixed: "It cannot be changed: make another channel, by cloning this one.",
		Set: "A secret is set.", Keep: "Keep", Replace: "Replace", Remove: "Remove", Retype: "The service does not tell it and would lose it: type it again.",
	},
	Ladder: ChannelLadder{
		Known: "Renditions", KnownHelp: "Each costs computing time. None: the stream is sent on as it comes.", Others: "Templates",
		Copy: "As it comes", CopyText: "Without templates the stream is sent on as it comes: it needs its bitrate at the source.",
		Template:  func(height, bitrate string) string { return height + " · " + bitrate },
		AudioOnly: "sound only", Kept: "Transcoding can be changed later, but not given up.",
	},
	Effect: ChannelEffect{
		NoChanges: "No changes", Changes: func(n int) string {
			if n == 1 {
				return "1 change"
			}
			return fmt.Sprintf("%d changes", n)
		},
		Off: "The channel is off: nothing is interrupted.", Nothing: "Nothing is interrupted.",
		Cuts:     "Viewers lose the picture for about 30 s.",
		CutsPush: "Viewers lose the picture for about 30 s, and the encoder must push again.",
		Encoder:  "Transcoding begins anew.", Recorder: "Recording begins or ends.", Shorter: "What is older than the new time is deleted.",
		Begins: func(names string) string { return "Begins anew: " + names + "." }, Ends: func(names string) string { return "Ends: " + names + "." },
		Starts: func(names string) string { return "Begins: " + names + "." },
		Fault:  "As it is now, it cannot be saved.", Save: "Save", SaveCuts: "Save, and interrupt", Hint: "The change takes effect at once.",
		Now: "now", After: "after", Field: "field", Added: "added", Gone: "removed", NotSet: "not set", Secret: "a new secret",
		SavedAlready: func(parts string) string { return "Saved before that: " + parts + "." },
		Clash:        "Somebody else changed this meanwhile", ClashText: "What you typed is kept. The changes are told against the channel as it is now; saving replaces it.",
		Again: "Save again to confirm", AgainText: "The channel is not as it was when you were shown what the change does. Look once more.",
		Retype: "Secrets have to be typed again", RetypeText: "This service does not tell its secrets, and a change would lose them.",
		Gateway: "A gateway does not have this.", Missing: "The channel has not been read yet.",
		Untaken: "Saved, but the service did not take all of it", UntakenText: "It said that the change is done, and tells otherwise when it is read back:",
		UntakenOf: func(field, is, sent string) string { return field + ": " + is + ", sent was " + sent },
	},
	Look: ChannelLook{
		Request: "The exact request", RequestHelp: "As it is sent. Secrets are masked here.", None: "none", AsItComes: "As it comes, without transcoding",
		Nothing: "Nothing yet", Ready: "Everything that is needed is there.", Idle: "Turned off, a channel costs nothing.",
		JSON: "JSON", JSONLead: "The channel as the service tells it, to be changed here or in the forms. Secrets are masked, and stay as they are.", Copy: "Copy", Copied: "Copied",
		Export: "Export as a file", Clone: "Clone", Import: "Import",
		Mend: func(n int) string {
			if n == 1 {
				return "1 field to mend:"
			}
			return fmt.Sprintf("%d fields to mend:", n)
		},
		Push: "an encoder pushes", NoRecord: "Nothing is recorded",
	},
	File: ChannelFile{
		Title: "Channel from a file", Lead: "A channel as JSON, as it was exported or as the API has it. Nothing is created before you have looked it over.",
		File: "File", Label: "JSON of the channel", Help: "Masked secrets have to be typed again.", Button: "Fill in the form", Bad: "This is no channel as JSON: {}.",
		BadLine: func(line int) string { return fmt.Sprintf("line %d is no JSON", line) },
		BadType: func(field string) string { return field + " is of another kind" }, NotOne: "it does not have exactly one channel",
		Empty: "Paste the JSON of a channel.",
	},
	Notice: ChannelNotices{Created: "Channel {} is created.", Changed: "Channel {} is changed.", Same: "Nothing was changed."},
	Fault: ChannelFaults{
		URL: func(schemes string) string {
			if schemes == "" {
				return "Not an address: host and path, for example play.example.com/live/one."
			}
			return "Not an address. It begins with one of: " + schemes + "."
		},
		Address:   func(v string) string { return "Neither an address nor a CIDR block: " + v },
		Duplicate: func(v string) string { return "Given twice: " + v },
		Unknown:   func(v string) string { return "There is nothing of this name: " + v },
		Unfit: func(v string) string {
			if v == "" {
				return "Does not go with the other choices."
			}
			return "Does not go with " + v + "."
		},
		Count: func(v string, want int) string { return fmt.Sprintf("%s, but the primary source has %d.", v, want) },
		Order: func(most int) string { return fmt.Sprintf("Must be below %d.", most) },
		JSON:  "Not a JSON object.", Typed: "A secret is typed in its form, not here. ****** keeps the one that is set.",
		Fixed: func(v string) string {
			if v == "" {
				return "The channel has no such package; a new one has no id."
			}
			return "It is " + v + ", and no change of a channel can change it."
		},
	},
	Limit: ChannelLimits{
		Never:  func(reason string) string { return "Not available on this gateway: " + reason + "." },
		Partly: func(reason string) string { return "On this gateway, " + reason + "." },
		Reason: func(sentence string) string { return sentence },
	},
}
