package text

// Player are the texts of the player.
type Player struct {
	Title, Package, Address, NoScript        string
	Play, Pause, Mute, Unmute, Volume        string
	Live, Full, Keys                         string
	Rendition, Auto, Sound, Chosen           string // Chosen: of the rendition that plays now
	Latency, Manifest, Buffered, Picture     string
	Reasons                                  []PlayerReason
	Nothing, OnlyGateway                     string // why the page has no player
	NotDASH, NotMSS, Encrypted, Untold, Else string // why a package is not played; Else: how it is
	Past                                     PlayerPast
}

// PlayerReason is why nothing plays: what happened, and what to do.
type PlayerReason struct {
	Key      string // as js/player.js names it
	What, Do string
}

// PlayerPast are the texts of playing what was recorded.
type PlayerPast struct {
	Title, From, To, Play, Live, Zone string
	Recorded                          func(from, to, at string) string
	Nothing                           string // is recorded
}

var englishPlayer = Player{
	Title: "Playback", Package: "Package", Address: "Address", NoScript: "The player needs JavaScript.",
	Play: "Play", Pause: "Pause", Mute: "Mute", Unmute: "Unmute", Volume: "Volume",
	Live: "Live", Full: "Full screen",
	Keys:      "Keys: Space plays and pauses, M mutes, ↑ and ↓ change the volume, L goes to live, F fills the screen.",
	Rendition: "Rendition", Auto: "Automatic", Sound: "Sound alone", Chosen: "Plays now",
	Latency: "Behind live", Manifest: "manifest read {age} ago", Buffered: "Buffered", Picture: "Picture of",
	Reasons: []PlayerReason{
		{"starting", "Waiting for the first segment.", "It plays by itself once there is one."},
		{"off", "The channel is OFF.", "It plays by itself once somebody turns it ON."},
		{"gone", "There is nothing to play yet.", "The input has brought no media, or the packager is starting. It plays by itself once there is something; see what the input says on the page of the channel."},
		{"refused", "The gateway does not let this dashboard play the package.", "Its whitelist has to have the dashboard's address. It is tried again by itself."},
		{"away", "The gateway does not answer.", "It is tried again by itself. If that lasts, see whether the gateway runs."},
		{"session", "You are not signed in any more.", "Sign in again, and come back to this page."},
		{"codec", "This browser cannot decode what the package has, HEVC for one.", "Open the address below in VLC or ffplay."},
		{"unable", "This browser cannot play HLS.", "Open the address below in VLC or ffplay, or use a newer browser."},
		{"still", "The picture stood still.", "It is begun anew by itself."},
		{"past", "Nothing was recorded in that time.", "Choose a time in which it was; what is recorded stands below."},
		{"span", "That is no stretch of time.", "Its beginning has to be before its end, and both are needed."},
		{"failed", "Playback failed.", "It is tried again by itself."},
	},
	Nothing:     "The channel has no package, so there is nothing to play. Add one under Packages.",
	OnlyGateway: "What a cloud's channel plays comes from its own address, which this page does not load.",
	NotDASH:     "DASH is not played on this page.",
	NotMSS:      "Smooth Streaming is not played on this page.",
	Encrypted:   "It is encrypted: it takes a player with a licence.",
	Untold:      "The gateway has not told its address yet.",
	Else:        "In VLC: Media, Open network stream. On a command line: ffplay, and the address.",
	Past: PlayerPast{
		Title: "What was recorded", From: "From", To: "To", Play: "Play this", Live: "Back to live", Zone: "Times are those of this browser",
		Recorded: func(from, to, at string) string {
			return "There is a recording from " + from + " to " + to + ", as told at " + at + "."
		},
		Nothing: "Nothing is recorded yet.",
	},
}

var chinesePlayer = Player{
	Title: "播放", Package: "打包输出", Address: "地址", NoScript: "播放器需要 JavaScript。",
	Play: "播放", Pause: "暂停", Mute: "静音", Unmute: "取消静音", Volume: "音量",
	Live: "直播", Full: "全屏",
	Keys:      "按键：空格播放和暂停，M 静音，↑ 和 ↓ 调节音量，L 回到直播，F 全屏。",
	Rendition: "码流档位", Auto: "自动", Sound: "仅音频", Chosen: "正在播放",
	Latency: "直播延时", Manifest: "清单读取于 {age} 前", Buffered: "已缓冲", Picture: "画面时间",
	Reasons: []PlayerReason{
		{"starting", "正在等待首个分片。", "一有分片即自动播放。"},
		{"off", "频道已关闭。", "频道开启后将自动播放。"},
		{"gone", "暂无可播放内容。", "输入还没有送来媒体，或打包正在启动。有内容后将自动播放；请查看频道页上输入的状态。"},
		{"refused", "网关不允许本控制台播放该打包输出。", "其白名单需包含控制台的地址。将自动重试。"},
		{"away", "网关没有应答。", "将自动重试。若持续如此，请检查网关是否运行。"},
		{"session", "您的登录已失效。", "请重新登录后回到本页。"},
		{"codec", "此浏览器无法解码该内容，例如 HEVC。", "请用 VLC 或 ffplay 打开下方地址。"},
		{"unable", "此浏览器无法播放 HLS。", "请用 VLC 或 ffplay 打开下方地址，或使用较新的浏览器。"},
		{"still", "画面停住了。", "将自动重新开始。"},
		{"past", "这段时间没有录制内容。", "请选择有录制的时间；录制范围见下方。"},
		{"span", "时间范围无效。", "需填写开始和结束，且开始早于结束。"},
		{"failed", "播放失败。", "将自动重试。"},
	},
	Nothing:     "该频道没有打包输出，因此无可播放内容。请在“打包输出”中添加。",
	OnlyGateway: "云端频道由其自身地址提供播放，本页不会加载该地址。",
	NotDASH:     "本页不播放 DASH。",
	NotMSS:      "本页不播放 Smooth Streaming。",
	Encrypted:   "内容已加密：需要带许可证的播放器。",
	Untold:      "网关尚未给出其地址。",
	Else:        "VLC：媒体，打开网络串流。命令行：ffplay 加该地址。",
	Past: PlayerPast{
		Title: "录制内容", From: "从", To: "到", Play: "播放此段", Live: "回到直播", Zone: "时间按此浏览器的时区",
		Recorded: func(from, to, at string) string {
			return "录制范围为 " + from + " 至 " + to + "（" + at + " 时的情况）。"
		},
		Nothing: "尚无录制内容。",
	},
}
