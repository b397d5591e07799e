package text

import "strconv"

// Alarms are the texts of the alarm line, the page of alarms, and the settings of their sound.
type Alarms struct {
	Title    string
	Activity string // entry of the rail
	Settings string // entry of the rail

	Line      string // what the line is called
	None      string // in the empty line
	NoneSince string // "No alarm. Watched since {} UTC."
	Unwatched string // nobody looks on
	Reading   string // nothing was looked at yet
	More      func(n int) string
	Ack       string
	AckOf     func(what string) string // label of the button
	Since     string                   // "since {} UTC"
	Was       string                   // "{} UTC, returned": the condition is over
	Counts    func(high, medium, low int) string
	Comma     string // between two parts of a sentence
	End       string // of a sentence that another follows
	Gateway   string
	Peer      string // "peer {}"
	Region    string // "region {}"
	By        string // "acknowledged by {}"

	High, Medium, Low                string
	Unacked, Acked, Returned, Closed string
	OnShelf                          string
	SourceLost, OutputLost, NoMedia  AlarmKind
	SecondInput, Failing, Recording  AlarmKind // of channels
	Loss, Bitrate, Unstable, Idle    AlarmKind
	Unreachable, Credential, Many    AlarmKind
	Limit                            string // "limit {}"
	Left                             string // "{} left"
	Times                            string // "×{}"
	Changes                          func(n int) string
	FirstOut, FirstOutHelp           string
	Members                          func(n int) string

	Page AlarmPage
	Act  AlarmAct
	Bell AlarmBell
	Keys string // what the key a does
	Gone ErrorText
}

// AlarmKind is a kind of alarm: the word of it, and what to try.
type AlarmKind struct{ Word, Try string }

// AlarmPage is the page of alarms.
type AlarmPage struct {
	Tabs                                      string
	Active, Back, Shelved, Past               string
	State, Priority, What, Where, Since, Note string
	Action                                    string
	NoActive, NoActiveHelp                    string
	NoReturned, NoReturnedHelp                string
	NoShelved, NoShelvedHelp                  string
	NoPast, NoPastHelp                        string
	AckShown                                  func(n int) string
	More                                      string // link to the two forms
	From, To, Show                            string
	TimeHelp                                  string
	TimeFault                                 string
	OrderFault                                string
	OfFlow                                    string // "of {}"
	AllFlows                                  string
	Cut                                       func(n int) string
	Cleared                                   string // "until {}"
	Lasted                                    string
	WholeProject                              string
	Shelves, ShelvesHelp                      string
	Until                                     string // "until {} UTC"
	ShelfBy                                   func(by, clock string) string
	AllKinds                                  string
	Unshelve                                  string
	UnshelveOf                                func(what string) string
	SectionNone                               string
	SectionAll                                string
	Initials                                  func(who string) string
}

// AlarmAct are the forms about one alarm.
type AlarmAct struct {
	Title                      string
	AckTitle, Note, NoteHelp   string
	ShelveTitle, ShelveHelp    string
	For, Scope, Reason, Button string
	ReasonHelp                 string
	Minutes15, Hour, Hours4    string
	Hours8                     string
	ThisKind                   string
	ThisOutput                 func(output string) string
	AllOfFlow                  string
	AllOfProject               string
	Close                      string
	NoFor, NoReason, NoScope   string
	TooLong                    func(most int) string
	NothingChosen              string
	Done                       func(n int) string
	DoneSome                   func(done, gone int) string
	OnShelf, OffShelf          string
}

// AlarmBell are the settings of sound and notifications.
type AlarmBell struct {
	Title, Lead         string
	Sound, Notify, Test string
	On, Off             string
	NotifyHelp          string
	Denied, Missing     string
	Silenced            string // the browser waits for a press before it may sound
}

var englishAlarms = Alarms{
	Title: "Alarms", Activity: "Activity", Settings: "Settings",
	Line: "Alarm line", None: "No alarm.", NoneSince: "No alarm. Watched since {} UTC.",
	Reading:   "Looking at the flows for the first time.",
	Unwatched: "Nobody watches now: no page is open and there is no service credential, so nothing would be noticed.",
	More:      func(n int) string { return strconv.Itoa(n) + " more" },
	Ack:       "Acknowledge", AckOf: func(what string) string { return "Acknowledge " + what },
	Since: "since {} UTC", Was: "{} UTC, over by itself",
	Counts: func(high, medium, low int) string {
		return "Alarms: " + strconv.Itoa(high) + " high, " + strconv.Itoa(medium) + " medium, " + strconv.Itoa(low) + " low"
	},
	Comma: ", ", End: ". ",
	Gateway: "the gateway", Peer: "peer {}", Region: "region {}", By: "acknowledged by {}",
	High: "High", Medium: "Medium", Low: "Low",
	Unacked: "NEW", Acked: "ACKED", Returned: "RETURNED", Closed: "CLOSED", OnShelf: "SHELVED",
	SourceLost:  AlarmKind{"SOURCE LOST", "Call the sender; check its encoder and its line."},
	OutputLost:  AlarmKind{"OUTPUT LOST", "Call the receiver; check that it runs and can be reached."},
	NoMedia:     AlarmKind{"NO MEDIA", "No media comes, or none has since the start. Check what the sender sends, and its address, port and passphrase."},
	Loss:        AlarmKind{"LOSS", "Packets are lost on the way. Raise the latency or lower the bitrate; check the line."},
	SecondInput: AlarmKind{"STANDBY INPUT", "The primary input gives nothing. Call its sender: nothing stands by now."},
	Failing:     AlarmKind{"PROBLEM", "The channel does not run as it should. Read what the service says on its page."},
	Recording:   AlarmKind{"NOT RECORDING", "What it sends is not written down. Check the disk of the gateway."},
	Bitrate:     AlarmKind{"BITRATE", "Check the bitrate that the encoder is set to."},
	Unstable:    AlarmKind{"UNSTABLE", "It comes and goes. Check the line and the power at the far end."},
	Idle:        AlarmKind{"IDLE", "It runs and carries nothing. Stop it, or call the sender."},
	Unreachable: AlarmKind{"NO API", "What is shown gets old. Flowdeck keeps trying; check the network to the service."},
	Credential:  AlarmKind{"SIGN-IN ENDS", "Sign in again, or set a service credential: after that nobody watches."},
	Many:        AlarmKind{"MANY", "They fail together. Look first at what they share."},
	Limit:       "limit {}", Left: "{} left", Times: "×{}",
	Changes:  func(n int) string { return count(n, "change", "changes") },
	FirstOut: "FIRST", FirstOutHelp: "The earliest of those that came together",
	Members: func(n int) string { return count(n, "alarm", "alarms") },
	Page: AlarmPage{
		Tabs: "Alarms by state", Active: "Active", Back: "Returned", Shelved: "Shelved", Past: "Past",
		State: "State", Priority: "Priority", What: "What, and what to try", Where: "Flow, output", Since: "Since, UTC", Note: "Acknowledged, note",
		Action:   "Actions",
		NoActive: "No alarm is active.", NoActiveHelp: "Whatever needs a hand comes here by itself. Flows in standby never alarm.",
		NoReturned: "Nothing has returned unacknowledged.", NoReturnedHelp: "Here stands what was over before anybody acknowledged it.",
		NoShelved: "Nothing is shelved.", NoShelvedHelp: "A shelf keeps a known alarm away for at most eight hours; then it comes back by itself.",
		NoPast: "No alarm in this time.", NoPastHelp: "Choose another time.",
		AckShown: func(n int) string { return "Acknowledge the " + strconv.Itoa(n) + " shown" },
		More:     "Note, shelve",
		From:     "From, UTC", To: "To, UTC", Show: "Show", TimeHelp: "Year-month-day and hour:minute, UTC",
		TimeFault: "Write it as 2026-11-21 19:45.", OrderFault: "The end must be after the beginning, by at most 92 days.",
		OfFlow: "of {}", AllFlows: "Show all flows",
		Cut:     func(n int) string { return "Only the newest " + strconv.Itoa(n) + " are shown. Choose a shorter time." },
		Cleared: "until {}", Lasted: "for",
		WholeProject: "The whole project",
		Shelves:      "Shelves", ShelvesHelp: "Each ends by itself.", Until: "until {} UTC",
		ShelfBy:  func(by, clock string) string { return by + ", " + clock + " UTC" },
		AllKinds: "All alarms", Unshelve: "Take off the shelf", UnshelveOf: func(what string) string { return "Take off the shelf: " + what },
		SectionNone: "No alarm of this flow.", SectionAll: "Past alarms of this flow",
		Initials: func(who string) string { return "Acknowledged by " + who },
	},
	Act: AlarmAct{
		Title: "One alarm", AckTitle: "Acknowledge", Note: "Note", NoteHelp: "Optional. What you know or do about it; others read it.",
		ShelveTitle: "Shelve", ShelveHelp: "A shelved alarm makes no sound and stands under Shelved until its end.",
		For: "For", Scope: "What", Reason: "Reason", Button: "Shelve", ReasonHelp: "Stands beside the shelf and in Activity.",
		Minutes15: "15 min", Hour: "1 h", Hours4: "4 h", Hours8: "8 h",
		ThisKind: "This kind of alarm of this flow", AllOfFlow: "All alarms of this flow",
		ThisOutput: func(output string) string { return "This kind of alarm of output " + output }, AllOfProject: "This alarm",
		Close: "Close",
		NoFor: "Choose how long.", NoReason: "Say why.", NoScope: "Choose what to shelve.",
		TooLong:       func(most int) string { return "At most " + strconv.Itoa(most) + " characters." },
		NothingChosen: "No alarm was chosen.",
		Done:          func(n int) string { return count(n, "alarm", "alarms") + " acknowledged." },
		DoneSome: func(done, gone int) string {
			return strconv.Itoa(done) + " acknowledged; " + count(gone, "was", "were") + " gone or acknowledged already."
		},
		OnShelf: "Shelved.", OffShelf: "Taken off the shelf.",
	},
	Bell: AlarmBell{
		Title: "Sound and notifications", Lead: "For this browser only; nobody else's changes.",
		Sound: "Sound", Notify: "Notifications", Test: "Test",
		On: "On", Off: "Off", NotifyHelp: "Shown while this page is hidden, one for each alarm.",
		Denied: "This browser forbids notifications for this site. Allow them in its settings.", Missing: "This browser has no notifications.",
		Silenced: "The browser lets no sound through before the first press on the page.",
	},
	Keys: "Acknowledge the alarm of the line, or of the row",
	Gone: ErrorText{
		"This alarm is no longer open", "Somebody has acknowledged it meanwhile and its cause is over, or the shelf has ended.",
		"Nothing was changed. The list shows what is open now.",
	},
}

var chineseAlarms = Alarms{
	Title: "告警", Activity: "操作记录", Settings: "设置",
	Line: "告警行", None: "无告警。", NoneSince: "无告警。自 {} UTC 起监视。",
	Reading:   "正在首次查看传输流。",
	Unwatched: "目前无人监视：没有打开的页面，也没有服务凭证，任何故障都不会被发现。",
	More:      func(n int) string { return "还有 " + strconv.Itoa(n) + " 条" },
	Ack:       "确认", AckOf: func(what string) string { return "确认 " + what },
	Since: "自 {} UTC", Was: "{} UTC，已自行恢复",
	Counts: func(high, medium, low int) string {
		return "告警：高 " + strconv.Itoa(high) + "，中 " + strconv.Itoa(medium) + "，低 " + strconv.Itoa(low)
	},
	Comma: "，", End: "。",
	Gateway: "网关", Peer: "对端 {}", Region: "区域 {}", By: "{} 已确认",
	High: "高", Medium: "中", Low: "低",
	Unacked: "新", Acked: "已确认", Returned: "已恢复未确认", Closed: "已关闭", OnShelf: "已搁置",
	SourceLost:  AlarmKind{"源丢失", "请致电发送方，检查编码器和线路。"},
	OutputLost:  AlarmKind{"输出丢失", "请致电接收方，检查其是否运行、能否到达。"},
	NoMedia:     AlarmKind{"无媒体", "没有收到媒体，或启动后一直没有。请检查发送方的内容、地址、端口和口令。"},
	Loss:        AlarmKind{"丢包", "途中丢失数据包。请增大延迟或降低码率，并检查线路。"},
	SecondInput: AlarmKind{"备用源播出", "主用源没有信号。请致电其发送方：目前没有其他备用。"},
	Failing:     AlarmKind{"异常", "频道未正常运行。请在其页面上查看服务给出的说明。"},
	Recording:   AlarmKind{"录制中断", "频道内容未被写入。请检查网关的磁盘。"},
	Bitrate:     AlarmKind{"码率异常", "请检查编码器设定的码率。"},
	Unstable:    AlarmKind{"不稳定", "时断时续。请检查线路和对端供电。"},
	Idle:        AlarmKind{"空转", "正在运行但没有媒体。请停止它，或致电发送方。"},
	Unreachable: AlarmKind{"接口不可达", "所示数据正在变旧。Flowdeck 会继续尝试；请检查到服务的网络。"},
	Credential:  AlarmKind{"登录将过期", "请重新登录，或设置服务凭证：过期后将无人监视。"},
	Many:        AlarmKind{"多路告警", "它们同时出现故障。请先检查共同之处。"},
	Limit:       "限值 {}", Left: "剩余 {}", Times: "{} 次",
	Changes:  func(n int) string { return "变化 " + strconv.Itoa(n) + " 次" },
	FirstOut: "首发", FirstOutHelp: "同时出现的告警中最早的一条",
	Members: func(n int) string { return strconv.Itoa(n) + " 条告警" },
	Page: AlarmPage{
		Tabs: "按状态查看告警", Active: "活动", Back: "已恢复", Shelved: "已搁置", Past: "历史",
		State: "状态", Priority: "级别", What: "内容与建议", Where: "传输流、输出", Since: "开始时间（UTC）", Note: "确认人、备注",
		Action:   "操作",
		NoActive: "没有活动告警。", NoActiveHelp: "需要处理的事项会自动出现在这里。待机的传输流不会告警。",
		NoReturned: "没有恢复后未确认的告警。", NoReturnedHelp: "在确认之前就已自行恢复的告警会列在这里。",
		NoShelved: "没有搁置的告警。", NoShelvedHelp: "搁置可让已知告警暂不出现，最长八小时，到期自动恢复。",
		NoPast: "这段时间没有告警。", NoPastHelp: "请选择其他时间。",
		AckShown: func(n int) string { return "确认所示 " + strconv.Itoa(n) + " 条" },
		More:     "备注、搁置",
		From:     "从（UTC）", To: "到（UTC）", Show: "查看", TimeHelp: "年-月-日 时:分，UTC",
		TimeFault: "请按 2026-11-21 19:45 的格式填写。", OrderFault: "结束时间须晚于开始时间，最长 92 天。",
		OfFlow: "仅 {}", AllFlows: "查看全部传输流",
		Cut: func(n int) string {
			return "仅显示最新的 " + strconv.Itoa(n) + " 条。请选择更短的时间。"
		},
		Cleared: "至 {}", Lasted: "持续",
		WholeProject: "整个项目",
		Shelves:      "搁置清单", ShelvesHelp: "每一项都会自动结束。", Until: "至 {} UTC",
		ShelfBy:  func(by, clock string) string { return by + "，" + clock + " UTC" },
		AllKinds: "全部告警", Unshelve: "取消搁置", UnshelveOf: func(what string) string { return "取消搁置：" + what },
		SectionNone: "此传输流没有告警。", SectionAll: "此传输流的历史告警",
		Initials: func(who string) string { return who + " 已确认" },
	},
	Act: AlarmAct{
		Title: "单条告警", AckTitle: "确认", Note: "备注", NoteHelp: "可不填。写下您所知的情况或正在采取的措施，供他人阅读。",
		ShelveTitle: "搁置", ShelveHelp: "搁置的告警不发声，到期前列在“已搁置”中。",
		For: "时长", Scope: "范围", Reason: "原因", Button: "搁置", ReasonHelp: "显示在搁置项旁和操作记录中。",
		Minutes15: "15 分钟", Hour: "1 小时", Hours4: "4 小时", Hours8: "8 小时",
		ThisKind: "此传输流的这类告警", AllOfFlow: "此传输流的全部告警",
		ThisOutput: func(output string) string { return "输出 " + output + " 的这类告警" }, AllOfProject: "此告警",
		Close: "关闭",
		NoFor: "请选择时长。", NoReason: "请说明原因。", NoScope: "请选择搁置范围。",
		TooLong:       func(most int) string { return "最多 " + strconv.Itoa(most) + " 个字符。" },
		NothingChosen: "没有选择告警。",
		Done:          func(n int) string { return "已确认 " + strconv.Itoa(n) + " 条告警。" },
		DoneSome: func(done, gone int) string {
			return "已确认 " + strconv.Itoa(done) + " 条；" + strconv.Itoa(gone) + " 条已不存在或已被确认。"
		},
		OnShelf: "已搁置。", OffShelf: "已取消搁置。",
	},
	Bell: AlarmBell{
		Title: "声音与通知", Lead: "仅对此浏览器有效，不影响他人。",
		Sound: "声音", Notify: "通知", Test: "测试",
		On: "开", Off: "关", NotifyHelp: "仅在此页面隐藏时显示，每条告警一次。",
		Denied: "此浏览器禁止本站发送通知。请在浏览器设置中允许。", Missing: "此浏览器不支持通知。",
		Silenced: "在页面上首次点击之前，浏览器不允许发声。",
	},
	Keys: "确认告警行或所选行的告警",
	Gone: ErrorText{
		"此告警已不再打开", "其间有人确认了它且原因已消除，或搁置已结束。",
		"没有做任何更改。列表显示现在打开的告警。",
	},
}

// KindOf gives the words of a kind of alarm, an alarm.Kind.
func (a Alarms) KindOf(kind string) AlarmKind {
	switch kind {
	case "source_lost":
		return a.SourceLost
	case "output_lost":
		return a.OutputLost
	case "no_media":
		return a.NoMedia
	case "loss":
		return a.Loss
	case "bitrate":
		return a.Bitrate
	case "unstable":
		return a.Unstable
	case "idle":
		return a.Idle
	case "unreachable":
		return a.Unreachable
	case "credential":
		return a.Credential
	case "second_input":
		return a.SecondInput
	case "problem":
		return a.Failing
	case "recording":
		return a.Recording
	}
	return a.Many
}
