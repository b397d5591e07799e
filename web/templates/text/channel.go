package text

import "strconv"

// Channels are the texts of the list of channels and of the page of one.
type Channels struct {
	Title  string // "Channels"
	Rail   string
	Tabs   ChannelTabs
	States ChannelStates
	List   ChannelList
	Page   ChannelPage
	Guard  ChannelGuard
	Deeds  ChannelDeeds
	Parts  map[string]string        // what of a channel a change replaces, after "changed the"
	Reason func(said string) string // what a service said is wrong; what is not known is quoted as that
}

// ChannelTabs are the pages of a channel.
type ChannelTabs struct {
	Nav                                              string
	Overview, General, Input, Packages, Record, Code string
	Statistics, JSON                                 string
}

// ChannelStates are the words of what a channel does where flows have another one,
// or no such state; the others are in States.
type ChannelStates struct {
	Off, On, OnAir, Second, NoMedia, Problem string
}

// ChannelState is the word of a state of a channel by its name, a monitor.State: one
// word wherever it is shown.
func (s *Strings) ChannelState(name string) string {
	own, shared := s.Channels.States, s.State
	switch name {
	case "standby":
		return own.Off
	case "on":
		return own.On
	case "live":
		return own.OnAir
	case "second_input":
		return own.Second
	case "no_media":
		return own.NoMedia
	case "problem":
		return own.Problem
	case "waiting":
		return shared.Waiting
	case "source_lost":
		return shared.SourceLost
	case "starting":
		return shared.Starting
	case "stopping":
		return shared.Stopping
	case "stale":
		return shared.Stale
	}
	return shared.Unknown
}

// ChannelList are the texts of the list.
type ChannelList struct {
	New, Name, Input, Packages, Record   string
	Search, Reading                      string
	NothingFound, NothingHelp, Clear     string
	None, NoneHow, Absent, AbsentHow     string // there is none yet; the endpoint has none at all
	Refused                              string // they cannot be read
	Unread                               string // since {}
	TurnOn, TurnOff                      string
	TurnOnName, TurnOffName              func(name string) string
	PrimaryShort, StandbyShort, Unpacked string
}

// ChannelPage are the texts of the page of a channel.
type ChannelPage struct {
	Commanded, Confirmed, Measured         string
	Made                                   string // the command, where none came after it
	CloudOnly                              string // what a cloud does not tell
	NotRunning, Starting                   string
	InputHead, Protocol, OnAir, Preference string
	PreferPrimary, PreferNone              string
	Loss                                   func(ms int) string
	Primary, Standby, SourceOf             string
	Alive, Data, Empty                     string // media comes, something does, nothing with media in it for {}
	Silent, Never, Connections             string
	Switches                               func(n int) string
	Push, PushNone, PushFormed             string
	PushTold                               string // by an answer to a command
	PushOf                                 func(role string) string
	Ways                                   PushWays
	Flow, FlowGone, OfFlow                 string // a flow as the source
	PackagesHead, PackagesNone             string
	Address, Play, PlayHelp                string
	Segments, Window, Requests, Down       string
	Encrypted, Disabled                    string
	RecordHead, RecordOff, RecordRolling   string
	RecordSince, RecordSize, Kept          string
	Declared                               string // of a bitrate: by whom made the channel
	CodeHead, CodeNone, Speed              string
	DeleteStop, Region                     string
	Clone, Export                          string
	NoAlarm, PastAlarms, AllActivity       string
}

// PushWays are what encoders call the parts of an address to push to.
type PushWays struct {
	OBS, VMix, VMixRTMP, FFmpeg           string // where it is typed
	Server, Key, NameOrKey                string
	Type, Host, Port, StreamID, KeyLength string
	Passphrase, AsSet, Empty, Command     string
	Append                                func(what string) string
}

// ChannelGuard are the questions before a channel is turned OFF or deleted.
type ChannelGuard struct {
	StopTitle, StopButton, StopLead           func(name string) string
	StopNone                                  string // where nothing is known to be on air
	Confirm                                   func(packages int) string
	DeleteTitle, DeleteButton                 func(name string) string
	DeleteLead, DeleteRefused                 string
	TurnedOn, TurnedOff, Deleted, Made, Saved func(name string) string // notices
}

// ChannelDeeds tell what a line of the trail is about, where it is of a channel.
type ChannelDeeds struct{ Start, Stop, Create, Delete, Update string }

var englishChannels = Channels{
	Title: "Channels", Rail: "Channels",
	Tabs: ChannelTabs{
		Nav: "Pages of the channel", Overview: "Channel", General: "General", Input: "Input", Packages: "Packages", Record: "Recording",
		Code: "Transcoding", Statistics: "Statistics", JSON: "JSON",
	},
	States: ChannelStates{
		Off: "OFF", On: "ON", OnAir: "ON AIR", Second: "STANDBY INPUT", NoMedia: "NO MEDIA", Problem: "PROBLEM",
	},
	List: ChannelList{
		New: "New channel", Name: "Name", Input: "Input", Packages: "Packages", Record: "Recording",
		Search: "Search channels", Reading: "Reading the channels…",
		NothingFound: "No channel matches.", NothingHelp: "A filter or the search leaves none.", Clear: "Show all",
		None: "No channels yet.", NoneHow: "A channel takes one stream, packs it for players, and records it. Six steps lead to one; nothing is sent before the last.",
		Absent: "This service has no channels.", AbsentHow: "Its API does not know them.",
		Refused: "The channels could not be read.",
		Unread:  "Not read since {}.",
		TurnOn:  "Turn ON", TurnOff: "Turn OFF",
		TurnOnName:   func(name string) string { return "Turn ON " + name },
		TurnOffName:  func(name string) string { return "Turn OFF " + name },
		PrimaryShort: "primary", StandbyShort: "standby", Unpacked: "no package",
	},
	Page: ChannelPage{
		Commanded: "Commanded", Confirmed: "Confirmed", Measured: "Measured", Made: "Create",
		CloudOnly:  "This service tells whether a channel is ON, and nothing of its input or packages.",
		NotRunning: "not running", Starting: "begins to run",
		InputHead: "Input", Protocol: "Protocol", OnAir: "On air", Preference: "Failover",
		PreferPrimary: "back to the primary when it is steady", PreferNone: "stays where it is",
		Loss:    func(ms int) string { return "after " + strconv.Itoa(ms) + " ms without input" },
		Primary: "Primary", Standby: "Standby", SourceOf: "Source",
		Alive: "media comes", Data: "data comes", Empty: "data without media for {}", Silent: "nothing for {}", Never: "nothing yet", Connections: "Connections",
		Switches: func(n int) string { return count(n, "switch", "switches") },
		Push:     "Push to", PushNone: "No address to push to is known.",
		PushOf: func(role string) string { return "Push to, " + role },
		Ways: PushWays{
			OBS: "Settings → Stream, service Custom…", VMix: "Settings → Outputs → SRT", VMixRTMP: "Stream settings, destination Custom RTMP", FFmpeg: "sends a test picture",
			Server: "Server", Key: "Stream key", NameOrKey: "Stream name or key", Type: "Type", Host: "Hostname", Port: "Port", StreamID: "Stream ID",
			KeyLength: "Key length", Passphrase: "Passphrase", AsSet: "the one that is set", Empty: "leave it empty", Command: "Command",
			Append: func(what string) string { return "append " + what + " to the server" },
		},
		Flow: "Flow", FlowGone: "is not there any more", OfFlow: "As the input of a channel",
		PushTold:     "As the service told it when the channel was last made or changed here.",
		PushFormed:   "Made by the service's rule; it tells the address only when a channel is made or changed.",
		PackagesHead: "Packages", PackagesNone: "No package: nothing can be played.",
		Address: "Address", Play: "Played at", PlayHelp: "On this gateway itself.",
		Segments: "segments of {} s", Window: "{} s listed", Requests: "requests", Down: "ended: {}",
		Encrypted: "encrypted", Disabled: "closed",
		RecordHead: "Recording", RecordOff: "Nothing is recorded.", RecordRolling: "the last {}",
		RecordSince: "since {}", RecordSize: "On disk", Kept: "Kept", Declared: "as set",
		CodeHead: "Transcoding", CodeNone: "As it comes in: nothing is transcoded.", Speed: "Speed",
		DeleteStop: "Turn the channel OFF first.", Region: "Region",
		Clone: "Clone", Export: "Export",
		NoAlarm: "No alarm of this channel.", PastAlarms: "Past alarms of this channel", AllActivity: "All activity of this channel",
	},
	Guard: ChannelGuard{
		StopTitle:  func(name string) string { return "Turn OFF " + name + "?" },
		StopButton: func(name string) string { return "Turn OFF " + name },
		StopLead:   func(name string) string { return "Everybody who plays " + name + " loses it." },
		StopNone:   "Nothing is on air as far as is known.",
		Confirm: func(packages int) string {
			return "Confirm OFF – ends " + count(packages, "package", "packages")
		},
		DeleteTitle:  func(name string) string { return "Delete " + name + "?" },
		DeleteButton: func(name string) string { return "Delete " + name },
		DeleteLead:   "Its settings and what it recorded go with it. This cannot be undone.", DeleteRefused: "It is ON. Turn it OFF first.",
		TurnedOn:  func(name string) string { return "Turning ON " + name + "." },
		TurnedOff: func(name string) string { return "Turning OFF " + name + "." },
		Deleted:   func(name string) string { return name + " was deleted." },
		Made:      func(name string) string { return name + " was made." },
		Saved:     func(name string) string { return name + " was changed." },
	},
	Deeds: ChannelDeeds{
		Start: "turned the channel ON", Stop: "turned the channel OFF", Create: "made the channel", Delete: "deleted the channel", Update: "changed the {}",
	},
	Parts: map[string]string{
		"general": "name", "input": "input", "endpoints": "packages", "record": "recording", "encoders": "templates",
	},
	Reason: func(said string) string {
		if means, known := reasoned(englishReasons, said); known {
			return means
		}
		return "the service says " + foreign(said)
	},
}

var chineseChannels = Channels{
	Title: "频道", Rail: "频道",
	Tabs: ChannelTabs{
		Nav: "频道页面", Overview: "频道", General: "基本信息", Input: "输入", Packages: "打包输出", Record: "录制",
		Code: "转码", Statistics: "统计", JSON: "JSON",
	},
	States: ChannelStates{
		Off: "已关闭", On: "已开启", OnAir: "播出中", Second: "备用源播出", NoMedia: "无媒体", Problem: "异常",
	},
	List: ChannelList{
		New: "新建频道", Name: "名称", Input: "输入", Packages: "打包输出", Record: "录制",
		Search: "搜索频道", Reading: "正在读取频道…",
		NothingFound: "没有匹配的频道。", NothingHelp: "筛选或搜索条件下没有结果。", Clear: "全部显示",
		None: "还没有频道。", NoneHow: "频道接收一路流，为播放器打包，并进行录制。分六步新建，最后一步之前不发送任何请求。",
		Absent: "该服务没有频道。", AbsentHow: "其接口不支持频道。",
		Refused: "无法读取频道。",
		Unread:  "自 {} 起未能读取。",
		TurnOn:  "开启", TurnOff: "关闭",
		TurnOnName:   func(name string) string { return "开启 " + name },
		TurnOffName:  func(name string) string { return "关闭 " + name },
		PrimaryShort: "主", StandbyShort: "备", Unpacked: "无打包输出",
	},
	Page: ChannelPage{
		Commanded: "已下达", Confirmed: "已确认", Measured: "实测", Made: "创建",
		CloudOnly:  "该服务只告知频道是否开启，不告知其输入和打包输出。",
		NotRunning: "未运行", Starting: "开始运行",
		InputHead: "输入", Protocol: "协议", OnAir: "播出", Preference: "切换策略",
		PreferPrimary: "主用源稳定后切回", PreferNone: "保持当前源",
		Loss:    func(ms int) string { return "无输入 " + strconv.Itoa(ms) + " 毫秒后" },
		Primary: "主用源", Standby: "备用源", SourceOf: "源",
		Alive: "有媒体", Data: "有数据", Empty: "有数据但无媒体，已 {}", Silent: "已中断 {}", Never: "尚无信号", Connections: "连接次数",
		Switches: func(n int) string { return strconv.Itoa(n) + " 次切换" },
		Push:     "推流地址", PushNone: "没有已知的推流地址。",
		PushOf: func(role string) string { return "推流到（" + role + "）" },
		Ways: PushWays{
			OBS: "设置 → 直播，服务选“自定义”", VMix: "设置 → 输出 → SRT", VMixRTMP: "推流设置，目标选“自定义 RTMP”", FFmpeg: "发送测试画面",
			Server: "服务器", Key: "推流码", NameOrKey: "流名称或密钥", Type: "类型", Host: "主机", Port: "端口", StreamID: "流 ID",
			KeyLength: "密钥长度", Passphrase: "口令", AsSet: "所设置的口令", Empty: "留空", Command: "命令",
			Append: func(what string) string { return "在服务器地址后加上 " + what },
		},
		Flow: "传输流", FlowGone: "已不存在", OfFlow: "作为频道的输入",
		PushTold:     "服务在上次由此处创建或修改频道时告知的地址。",
		PushFormed:   "按服务规则生成；服务仅在创建或修改频道时告知地址。",
		PackagesHead: "打包输出", PackagesNone: "没有打包输出：无法播放。",
		Address: "地址", Play: "播放地址", PlayHelp: "在本网关上。",
		Segments: "分片 {} 秒", Window: "列表 {} 秒", Requests: "次请求", Down: "已结束：{}",
		Encrypted: "已加密", Disabled: "已关闭访问",
		RecordHead: "录制", RecordOff: "未录制。", RecordRolling: "最近 {}",
		RecordSince: "自 {}", RecordSize: "磁盘占用", Kept: "保留", Declared: "设定值",
		CodeHead: "转码", CodeNone: "原样输出：不转码。", Speed: "速度",
		DeleteStop: "请先关闭频道。", Region: "区域",
		Clone: "克隆", Export: "导出",
		NoAlarm: "此频道没有告警。", PastAlarms: "此频道的历史告警", AllActivity: "此频道的全部记录",
	},
	Guard: ChannelGuard{
		StopTitle:  func(name string) string { return "关闭 " + name + "？" },
		StopButton: func(name string) string { return "关闭 " + name },
		StopLead:   func(name string) string { return "所有正在播放 " + name + " 的观众都会中断。" },
		StopNone:   "据已知信息，没有内容在播出。",
		Confirm: func(packages int) string {
			return "确认关闭：中断 " + strconv.Itoa(packages) + " 个打包输出"
		},
		DeleteTitle:  func(name string) string { return "删除 " + name + "？" },
		DeleteButton: func(name string) string { return "删除 " + name },
		DeleteLead:   "其设置和录制内容将一并删除，无法恢复。", DeleteRefused: "频道处于开启状态，请先关闭。",
		TurnedOn:  func(name string) string { return "正在开启 " + name + "。" },
		TurnedOff: func(name string) string { return "正在关闭 " + name + "。" },
		Deleted:   func(name string) string { return "已删除 " + name + "。" },
		Made:      func(name string) string { return "已创建 " + name + "。" },
		Saved:     func(name string) string { return "已修改 " + name + "。" },
	},
	Deeds: ChannelDeeds{
		Start: "开启了频道", Stop: "关闭了频道", Create: "创建了频道", Delete: "删除了频道", Update: "修改了{}",
	},
	Parts: map[string]string{
		"general": "名称", "input": "输入", "endpoints": "打包输出", "record": "录制", "encoders": "转码模板",
	},
	Reason: func(said string) string {
		if means, known := reasoned(chineseReasons, said); known {
			return means
		}
		return "服务返回" + foreign(said)
	},
}
