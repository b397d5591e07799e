package text

import "fmt"

// Trail are the texts of the page of the activity trail, and of what is told
// of a fact: by whom, how old, how fresh it can be.
type Trail struct {
	Title       string
	None        string // nothing was written yet
	NothingHit  string // the filters leave nothing
	ShowAll     string
	Flowdeck    string // the actor of what Flowdeck did by itself
	Media       string // the actor of what media did
	Whole       string // of a line that belongs to no flow
	Somebody    string // the actor of a sign-in that was refused
	CommandLine string // the actor of the commands of the program
	AllOfFlow   string // link from the page of a flow
	UTC         string
	Older       string
	Newest      string
	Rows        string
	NewsOne     string // a line came since the page was shown
	NewsMany    string // "{} new lines"
	Chained     string
	Verify      string // the command stands after it
	CSV         string
	JSON        string
	Export      string
	Details     string // of a line
	Seq         string
	Clock       string // the time to the millisecond
	Settled     string
	Request     string
	Code        string
	Said        string
	Reason      string
	Filters     string
	Kind        string
	Actor       string
	Flow        string
	Verb        string
	Outcome     string
	Text        string
	From        string
	To          string
	TimeHelp    string
	Search      string
	Anything    string // of a choice: all
	Clear       string
	WithFlow    func(flow string) string // chip of the one flow that is shown
	BadTime     func(value string) string
	BadRange    string
	BadChoice   func(value string) string
	Cut         string // last line of a file that could not be written to its end
	Today       string
	Yesterday   string

	Kinds    Kinds
	Outcomes Outcomes
	Deeds    Deeds
	Figures  Figures

	// the facts of a flow
	On, Off      string // of an output, as the service has it
	MeasuredAgo  string // "measured {} ago"
	NotRead      string
	TurnedOn     func(actor, clock string) string
	TurnedOff    func(actor, clock string) string
	Changed      func(actor, clock string) string
	Added        func(actor, clock string) string
	Made         func(actor, clock string) string
	Removed      func(actor, clock string) string
	WithOutcome  func(told, outcome string) string
	RefusedStart func(actor, clock string) string
	RefusedStop  func(actor, clock string) string
	UndoneStart  func(actor, clock string) string
	UndoneStop   func(actor, clock string) string
	MediaComes   string
	NoMedia      string
	SinceClock   string // "since {} UTC"

	Reasons Reasons

	// why a button is off
	OffService string // on the button
	OffSilent  string
	OffWhole   string // in full, beside the way to the service

	// how fresh a page can be
	FreshStream string
	FreshPolled func(list, outputs, rps string) string
	NeedsSecond string
	Seconded    func(asked, confirmed string) string // of an act that two people did
	FreshPaused func(until string) string
	FreshEvery  func(seconds int) string

	// the end of a sign-in
	EndsIn    string // "sign-in ends in {}"
	Ended     string
	Renew     string
	RenewLead string
	RenewHead string
}

// Kinds are the kinds of line.
type Kinds struct{ Command, Signal, Alarm, Care, Access string }

// Outcomes tell what became of a command.
type Outcomes struct{ Done, Partly, Refused, Unknown, NotDone, Open string }

// Deeds tell what a line is about, after who did it: "op-1" "started the flow".
// Those that are about something of the flow have its name at {}.
type Deeds struct {
	Start, Stop, Create, Delete, UpdateSource              string
	AddOutput, ChangeOutput, OutputOn, OutputOff           string
	DeleteOutput                                           string
	Protect, Release, ForceRelease                         string
	Ask, Withdraw, Confirm                                 string
	Tally, TallyOnAir, TallyReady, TallyOff                string
	DisplayMade, DisplayChanged, DisplayPaused             string
	DisplayResumed, DisplayLinked, DisplayRevoked          string
	DisplayDeleted, DisplayOpened                          string
	Note, DeleteNote, Handover, Band                       string
	Label, DeleteLabel, KeepGood, Restore                  string
	Park, Unpark, DropParked                               string
	Raised, Cleared, Returned, Acknowledged                string
	Shelved, Unshelved                                     string
	Live, Loss, Waiting, SourceLost, Standby               string
	SecondInput, NoMedia, Problem, UpdateChannel           string // of a channel
	OutputLost, OutputBack                                 string
	LinkLost, LinkBack, Stale, Fresh, ChangesOften         string
	WebhookAdded, WebhookChanged, WebhookRemoved           string
	SignIn, SignInRefused, SignOut, TrailAccept, Started   string
	StepUp, StepUpRefused, EndSession, EndOthers, EndAll   string
	UserAdd, UserTOTP, UserEnable, UserDisable             string
	UserPassword, KeyAdd, KeyRemove, UserRole, UserTOTPOff string
	RuleAdded, RuleChanged, RuleMoved, RuleRemoved         string
	GroupAdd, GroupRemove                                  string
}

// Figures are the names of the figures that a line of a signal or an alarm
// tells.
type Figures struct {
	Was, Lasted, Peer, Bitrate, Loss, Limit              string
	Priority, Members, Changes, Times, Until, NotWritten string
	Flows, Low, Medium, High, Unknown                    string
	Address                                              string // of who signed in
	Version                                              string
	Stopped, Removed, Commanded                          string // why an alarm ended
	FineFor, LostFor, ReachedFor                         string // a duration follows
	WasFor                                               func(state, duration string) string
}

// Reasons are why media does not move, as the relay says it in English.
type Reasons struct{ Nobody, Passphrase, OneSide, Address string }

var englishTrail = Trail{
	Title:       "Activity",
	None:        "Nothing has happened here yet. Whatever somebody commands and whatever media does is written here.",
	NothingHit:  "No line matches.",
	ShowAll:     "Show all activity",
	Flowdeck:    "Flowdeck",
	Media:       "Signal",
	Whole:       "whole project",
	Somebody:    "Somebody",
	CommandLine: "command line",
	AllOfFlow:   "All activity of this flow",
	UTC:         "UTC",
	Older:       "Older",
	Newest:      "Newest",
	Rows:        "Lines",
	NewsOne:     "1 new line",
	NewsMany:    "{} new lines",
	Chained:     "Every line is chained to the one before it by a keyed hash. An edit, a deletion, a change of order or a cut end is found by",
	Verify:      "Verify:",
	CSV:         "CSV",
	JSON:        "JSON",
	Export:      "Export",
	Details:     "Details",
	Seq:         "Line",
	Clock:       "Exact time",
	Settled:     "Outcome known",
	Request:     "Request id",
	Code:        "Code",
	Said:        "The service said",
	Reason:      "Reason",
	Filters:     "Filter",
	Kind:        "Kind",
	Actor:       "Who",
	Flow:        "Flow",
	Verb:        "What",
	Outcome:     "Outcome",
	Text:        "Search text",
	From:        "From",
	To:          "To",
	TimeHelp:    "UTC. 19:30, 2026-11-21, 2026-11-21 19:30:05, or 2h ago.",
	Search:      "Show",
	Anything:    "All",
	Clear:       "Clear",
	WithFlow:    func(flow string) string { return "Flow " + flow },
	BadTime:     func(value string) string { return quoted(value) + " is no time. Write 19:30, 2026-11-21 19:30, or 2h." },
	BadRange:    "This is before the beginning. Nothing could match.",
	BadChoice:   func(value string) string { return quoted(value) + " is not understood, and was left out." },
	Cut:         "INCOMPLETE: the file could not be written to its end. Export again.",
	Today:       "Today",
	Yesterday:   "Yesterday",
	Kinds:       Kinds{Command: "Command", Signal: "Signal", Alarm: "Alarm", Care: "Care", Access: "Access"},
	Outcomes: Outcomes{
		Done: "done", Partly: "done, not all taken", Refused: "refused", Unknown: "outcome unknown", NotDone: "did not happen", Open: "on its way",
	},
	Deeds: Deeds{
		Start: "started the flow", Stop: "stopped the flow", Create: "made the flow", Delete: "deleted the flow",
		UpdateSource: "changed the source", UpdateChannel: "changed a channel: {}", AddOutput: "added output {}", ChangeOutput: "changed output {}",
		OutputOn: "turned on output {}", OutputOff: "turned off output {}", DeleteOutput: "removed output {}",
		Protect: "protected the flow", Release: "released the flow", ForceRelease: "released the flow of {} by force",
		Ask: "asked for a second person: {}", Withdraw: "withdrew the question: {}", Confirm: "confirmed as second person: {}",
		Note: "added a note", DeleteNote: "deleted a note", Handover: "changed the hand-over text", Band: "set what is normal",
		Tally: "set the tally", TallyOnAir: "set the tally to ON AIR", TallyReady: "set the tally to READY", TallyOff: "put the tally out",
		DisplayMade: "made display {}", DisplayChanged: "changed display {}", DisplayPaused: "paused display {}",
		DisplayResumed: "resumed display {}", DisplayLinked: "made a new link of display {}", DisplayRevoked: "revoked display {}",
		DisplayDeleted: "deleted display {}", DisplayOpened: "a screen opened display {}",
		Label: "named the address {}", DeleteLabel: "took the name from the address {}",
		KeepGood: "kept the state as the last known good", Restore: "went back to the last known good",
		Park: "parked output {}", Unpark: "brought back the parked output {}", DropParked: "dropped the parked output {}",
		Raised: "alarm raised: {}", Cleared: "alarm cleared: {}", Returned: "alarm cleared before anybody answered: {}",
		Acknowledged: "acknowledged the alarm: {}", Shelved: "shelved the alarm: {}", Unshelved: "off the shelf: {}",
		Live: "media moves", Loss: "loses packets", Waiting: "waits for media", SourceLost: "source lost", Standby: "stopped, by nobody here", SecondInput: "the standby input took over", NoMedia: "no media in what comes in", Problem: "does not run as it should",
		OutputLost: "output {} lost", OutputBack: "output {} came back", LinkLost: "the service is not reached",
		LinkBack: "the service is reached again", Stale: "nothing is known of any flow", Fresh: "flows are known again",
		ChangesOften: "changes too often to write each down", SignIn: "signed in", SignInRefused: "was refused at the sign-in {}", SignOut: "signed out",
		StepUp: "gave the password again", StepUpRefused: "gave a wrong password in an open session", EndSession: "ended a session of {}",
		EndOthers: "ended all other sessions of their own", EndAll: "ended everybody’s sessions",
		TrailAccept: "accepted the trail as it is", Started: "the dashboard started", WebhookAdded: "added webhook {}", WebhookChanged: "changed webhook {}",
		WebhookRemoved: "removed webhook {}", UserAdd: "added user {}", UserTOTP: "set up one-time codes of user {}", UserEnable: "let user {} in again",
		UserDisable: "locked user {} out", UserPassword: "set a new password for user {}", KeyAdd: "added a key for user {}",
		KeyRemove: "revoked the access key {}", UserRole: "changed what user {} may do", UserTOTPOff: "turned off one-time codes of user {}",
		RuleAdded: "added the role rule {}", RuleChanged: "changed a role rule to {}", RuleMoved: "moved the role rule {}",
		RuleRemoved: "removed the role rule {}", GroupAdd: "put user {} into a group", GroupRemove: "took user {} out of a group",
	},
	Figures: Figures{
		Was: "was", Lasted: "lasted", Peer: "far end", Bitrate: "bitrate", Loss: "loss", Limit: "limit",
		Priority: "priority", Members: "members", Changes: "changes", Times: "times", Until: "until", NotWritten: "not written",
		Flows: "flows", Low: "low", Medium: "medium", High: "high", Unknown: "not known",
		Address: "from", Stopped: "the flow was stopped", Removed: "it was deleted", Commanded: "as commanded", Version: "version", FineFor: "was fine for", LostFor: "was lost for", ReachedFor: "was reached for",
		WasFor: func(state, duration string) string { return "was " + state + " for " + duration },
	},
	Reasons: Reasons{
		Nobody: "nobody answers", Passphrase: "the far end uses another passphrase",
		OneSide: "only one side uses a passphrase", Address: "the far end does not allow this address",
	},
	On: "enabled", Off: "disabled",
	MeasuredAgo:  "measured {} ago",
	NotRead:      "not read yet",
	TurnedOn:     func(actor, clock string) string { return "turned on by " + actor + ", " + clock + " UTC" },
	TurnedOff:    func(actor, clock string) string { return "turned off by " + actor + ", " + clock + " UTC" },
	Changed:      func(actor, clock string) string { return "changed by " + actor + ", " + clock + " UTC" },
	Added:        func(actor, clock string) string { return "added by " + actor + ", " + clock + " UTC" },
	Made:         func(actor, clock string) string { return "made by " + actor + ", " + clock + " UTC" },
	Removed:      func(actor, clock string) string { return "removed by " + actor + ", " + clock + " UTC" },
	WithOutcome:  func(told, outcome string) string { return told + ": " + outcome },
	RefusedStart: func(actor, clock string) string { return "Start by " + actor + ", " + clock + " UTC, was refused" },
	RefusedStop:  func(actor, clock string) string { return "Stop by " + actor + ", " + clock + " UTC, was refused" },
	UndoneStart: func(actor, clock string) string {
		return "Start by " + actor + ", " + clock + " UTC, got no answer and did not happen"
	},
	UndoneStop: func(actor, clock string) string {
		return "Stop by " + actor + ", " + clock + " UTC, got no answer and did not happen"
	},
	MediaComes:  "media arrives",
	NoMedia:     "no media",
	SinceClock:  "since {} UTC",
	OffService:  "no API",
	OffSilent:   "no link",
	OffWhole:    "No command can be given until it is reached again; the buttons come back by themselves.",
	FreshStream: "Changes show as they happen.",
	FreshPolled: func(list, outputs, rps string) string {
		return "The list is read " + list + ", outputs " + outputs + ", at " + rps + " requests/s."
	},
	NeedsSecond: "needs a second person",
	Seconded:    func(asked, confirmed string) string { return "asked by " + asked + ", confirmed by " + confirmed },
	FreshPaused: func(until string) string { return "No reading before " + until + " UTC, as the service asked." },
	FreshEvery: func(seconds int) string {
		if seconds < 10 {
			return fmt.Sprintf("every %d s", seconds)
		}
		return fmt.Sprintf("about every %d s", seconds)
	},
	EndsIn:    "sign-in ends in {}",
	Ended:     "sign-in has ended",
	Renew:     "renew",
	RenewHead: "Renew your sign-in",
	RenewLead: "It is about to end. Sign in again to go on; this page and what you typed are kept.",
}

var chineseTrail = Trail{
	Title:       "操作记录",
	None:        "尚无记录。所有操作与信号变化都会写在这里。",
	NothingHit:  "没有符合条件的记录。",
	ShowAll:     "显示全部记录",
	Flowdeck:    "Flowdeck 系统",
	Media:       "信号",
	Whole:       "整个项目",
	Somebody:    "有人",
	CommandLine: "命令行",
	AllOfFlow:   "此传输流的全部记录",
	UTC:         "UTC 时间",
	Older:       "更早",
	Newest:      "最新",
	Rows:        "行数",
	NewsOne:     "1 条新记录",
	NewsMany:    "{} 条新记录",
	Chained:     "每条记录都以密钥散列与前一条相连；修改、删除、调换顺序或截断都能查出，命令为",
	Verify:      "校验：",
	CSV:         "CSV 文件",
	JSON:        "JSON 文件",
	Export:      "导出",
	Details:     "详情",
	Seq:         "序号",
	Clock:       "精确时间",
	Settled:     "结果确定于",
	Request:     "请求编号",
	Code:        "代码",
	Said:        "服务返回",
	Reason:      "原因",
	Filters:     "筛选",
	Kind:        "类别",
	Actor:       "操作者",
	Flow:        "传输流",
	Verb:        "事项",
	Outcome:     "结果",
	Text:        "搜索文字",
	From:        "开始",
	To:          "结束",
	TimeHelp:    "UTC 时间。如 19:30、2026-11-21、2026-11-21 19:30:05，或 2h（2 小时前）。",
	Search:      "显示",
	Anything:    "全部",
	Clear:       "清除",
	WithFlow:    func(flow string) string { return "传输流 " + flow },
	BadTime: func(value string) string {
		return "“" + value + "”不是时间。请写作 19:30、2026-11-21 19:30 或 2h。"
	},
	BadRange:  "结束早于开始，不会有任何记录。",
	BadChoice: func(value string) string { return "无法识别“" + value + "”，已忽略。" },
	Cut:       "不完整：文件未能写完，请重新导出。",
	Today:     "今天",
	Yesterday: "昨天",
	Kinds:     Kinds{Command: "操作", Signal: "信号", Alarm: "告警", Care: "维护", Access: "访问"},
	Outcomes:  Outcomes{Done: "已完成", Partly: "已完成，但未全部采用", Refused: "被拒绝", Unknown: "结果未知", NotDone: "未生效", Open: "进行中"},
	Deeds: Deeds{
		Start: "启动了传输流", Stop: "停止了传输流", Create: "新建了传输流", Delete: "删除了传输流",
		UpdateSource: "修改了源", UpdateChannel: "修改了频道：{}", AddOutput: "添加了输出 {}", ChangeOutput: "修改了输出 {}",
		OutputOn: "开启了输出 {}", OutputOff: "关闭了输出 {}", DeleteOutput: "移除了输出 {}",
		Protect: "保护了传输流", Release: "解除了保护", ForceRelease: "强制解除了 {} 的保护",
		Ask: "请求第二人确认：{}", Withdraw: "撤回了请求：{}", Confirm: "作为第二人确认：{}",
		Note: "添加了备注", DeleteNote: "删除了备注", Handover: "修改了交接说明", Band: "设定了正常范围",
		Tally: "设置了 Tally", TallyOnAir: "将 Tally 设为播出", TallyReady: "将 Tally 设为就绪", TallyOff: "关闭了 Tally",
		DisplayMade: "创建了大屏 {}", DisplayChanged: "修改了大屏 {}", DisplayPaused: "暂停了大屏 {}",
		DisplayResumed: "恢复了大屏 {}", DisplayLinked: "为大屏 {} 生成了新链接", DisplayRevoked: "吊销了大屏 {}",
		DisplayDeleted: "删除了大屏 {}", DisplayOpened: "有屏幕打开了大屏 {}",
		Label: "为地址 {} 命名", DeleteLabel: "移除了地址 {} 的名称",
		KeepGood: "将当前状态存为最近良好配置", Restore: "恢复了最近良好配置",
		Park: "暂存了输出 {}", Unpark: "恢复了暂存的输出 {}", DropParked: "丢弃了暂存的输出 {}",
		Raised: "告警发生：{}", Cleared: "告警解除：{}", Returned: "告警未确认即解除：{}",
		Acknowledged: "确认了告警：{}", Shelved: "搁置了告警：{}", Unshelved: "取消搁置：{}",
		Live: "媒体传输中", Loss: "正在丢包", Waiting: "等待媒体", SourceLost: "源丢失", Standby: "已停止，并非由本系统操作", SecondInput: "备用源已接替", NoMedia: "输入中没有媒体", Problem: "未正常运行",
		OutputLost: "输出 {} 丢失", OutputBack: "输出 {} 已恢复", LinkLost: "无法连接服务",
		LinkBack: "已恢复与服务的连接", Stale: "所有传输流的状态均未知", Fresh: "传输流状态已恢复",
		ChangesOften: "变化过于频繁，未逐条记录", SignIn: "登录", SignInRefused: "登录被拒绝 {}", SignOut: "退出登录",
		StepUp: "再次输入了密码", StepUpRefused: "在已登录的会话中输入了错误的密码", EndSession: "结束了 {} 的会话",
		EndOthers: "结束了自己的其他所有会话", EndAll: "结束了所有人的会话",
		TrailAccept: "接受了现有记录", Started: "控制台已启动", WebhookAdded: "添加了 Webhook {}", WebhookChanged: "修改了 Webhook {}",
		WebhookRemoved: "移除了 Webhook {}", UserAdd: "添加了用户 {}", UserTOTP: "为用户 {} 设置了一次性验证码", UserEnable: "重新启用了用户 {}",
		UserDisable: "停用了用户 {}", UserPassword: "为用户 {} 设置了新密码", KeyAdd: "为用户 {} 添加了密钥",
		KeyRemove: "吊销了访问密钥 {}", UserRole: "修改了用户 {} 的权限", UserTOTPOff: "关闭了用户 {} 的一次性验证码",
		RuleAdded: "添加了角色规则 {}", RuleChanged: "将角色规则改为 {}", RuleMoved: "移动了角色规则 {}",
		RuleRemoved: "移除了角色规则 {}", GroupAdd: "将用户 {} 加入用户组", GroupRemove: "将用户 {} 移出用户组",
	},
	Figures: Figures{
		Was: "此前", Lasted: "持续", Peer: "对端", Bitrate: "码率", Loss: "丢包", Limit: "限值",
		Priority: "优先级", Members: "成员", Changes: "变化", Times: "次数", Until: "至", NotWritten: "未记录",
		Flows: "传输流", Low: "低", Medium: "中", High: "高", Unknown: "未知",
		Address: "来自", Stopped: "传输流已停止", Removed: "已删除", Commanded: "因操作而结束", Version: "版本", FineFor: "此前正常", LostFor: "丢失历时", ReachedFor: "此前连通",
		WasFor: func(state, duration string) string { return "此前" + state + " " + duration },
	},
	Reasons: Reasons{
		Nobody: "无人应答", Passphrase: "对端使用了不同的口令", OneSide: "仅一端设置了口令", Address: "对端不允许此地址",
	},
	On: "已启用", Off: "已停用",
	MeasuredAgo:  "{} 前测得",
	NotRead:      "尚未读取",
	TurnedOn:     func(actor, clock string) string { return actor + " 于 " + clock + " UTC 开启" },
	TurnedOff:    func(actor, clock string) string { return actor + " 于 " + clock + " UTC 关闭" },
	Changed:      func(actor, clock string) string { return actor + " 于 " + clock + " UTC 修改" },
	Added:        func(actor, clock string) string { return actor + " 于 " + clock + " UTC 添加" },
	Made:         func(actor, clock string) string { return actor + " 于 " + clock + " UTC 新建" },
	Removed:      func(actor, clock string) string { return actor + " 于 " + clock + " UTC 移除" },
	WithOutcome:  func(told, outcome string) string { return told + "：" + outcome },
	RefusedStart: func(actor, clock string) string { return actor + " 于 " + clock + " UTC 的启动被拒绝" },
	RefusedStop:  func(actor, clock string) string { return actor + " 于 " + clock + " UTC 的停止被拒绝" },
	UndoneStart: func(actor, clock string) string {
		return actor + " 于 " + clock + " UTC 的启动无应答，未生效"
	},
	UndoneStop: func(actor, clock string) string {
		return actor + " 于 " + clock + " UTC 的停止无应答，未生效"
	},
	MediaComes:  "有媒体",
	NoMedia:     "无媒体",
	SinceClock:  "自 {} UTC",
	OffService:  "无 API",
	OffSilent:   "无连接",
	OffWhole:    "恢复连接前无法下达操作；按钮会自动恢复。",
	FreshStream: "变化即时显示。",
	FreshPolled: func(list, outputs, rps string) string {
		return "列表" + list + "读取一次，输出" + outputs + "一次（每秒 " + rps + " 次请求）。"
	},
	NeedsSecond: "需要第二人确认",
	Seconded:    func(asked, confirmed string) string { return "由 " + asked + " 请求，" + confirmed + " 确认" },
	FreshPaused: func(until string) string { return "按服务要求，" + until + " UTC 之前不读取。" },
	FreshEvery: func(seconds int) string {
		if seconds < 10 {
			return fmt.Sprintf("每 %d 秒", seconds)
		}
		return fmt.Sprintf("约每 %d 秒", seconds)
	},
	EndsIn:    "登录将在 {} 后到期",
	Ended:     "登录已到期",
	Renew:     "续期",
	RenewHead: "续期登录",
	RenewLead: "登录即将到期。请重新登录，本页及已填内容会保留。",
}

// Why tells in the reader's language what the relay said; what it does not know
// stays as it is.
func (t Trail) Why(said string) string {
	own := englishTrail.Reasons
	switch said {
	case own.Nobody:
		return t.Reasons.Nobody
	case own.Passphrase:
		return t.Reasons.Passphrase
	case own.OneSide:
		return t.Reasons.OneSide
	case own.Address:
		return t.Reasons.Address
	}
	return said
}

// DeedOf tells what a line is about by its verb; it is false for a verb that is
// not known here.
func (t Trail) DeedOf(verb string) (format string, known bool) {
	d := t.Deeds
	format, known = map[string]string{
		"start": d.Start, "stop": d.Stop, "create": d.Create, "delete": d.Delete, "update_source": d.UpdateSource, "update_channel": d.UpdateChannel,
		"add_output": d.AddOutput, "update_output": d.ChangeOutput, "delete_output": d.DeleteOutput,
		"protect": d.Protect, "release": d.Release, "force_release": d.ForceRelease, "ask": d.Ask, "confirm": d.Confirm,
		"withdraw": d.Withdraw, "note": d.Note, "delete_note": d.DeleteNote, "handover": d.Handover, "band": d.Band,
		"label": d.Label, "delete_label": d.DeleteLabel, "keep_good": d.KeepGood, "restore": d.Restore, "park": d.Park,
		"unpark": d.Unpark, "drop_parked": d.DropParked, "raised": d.Raised, "cleared": d.Cleared, "returned": d.Returned,
		"acknowledged": d.Acknowledged, "shelved": d.Shelved, "unshelved": d.Unshelved, "live": d.Live, "loss": d.Loss,
		"second_input": d.SecondInput, "no_media": d.NoMedia, "problem": d.Problem, "waiting": d.Waiting, "source_lost": d.SourceLost, "standby": d.Standby, "output_lost": d.OutputLost,
		"output_back": d.OutputBack, "link_lost": d.LinkLost, "link_back": d.LinkBack, "stale": d.Stale, "fresh": d.Fresh,
		"changes_often": d.ChangesOften, "webhook_added": d.WebhookAdded, "webhook_changed": d.WebhookChanged,
		"webhook_removed": d.WebhookRemoved, "user_add": d.UserAdd, "user_totp": d.UserTOTP, "user_enable": d.UserEnable,
		"user_disable": d.UserDisable, "user_passwd": d.UserPassword, "key_add": d.KeyAdd, "key_revoke": d.KeyRemove,
		"sign_in": d.SignIn, "sign_in_refused": d.SignInRefused, "sign_out": d.SignOut, "step_up": d.StepUp, "step_up_refused": d.StepUpRefused,
		"revoke_session": d.EndSession, "revoke_others": d.EndOthers, "revoke_all": d.EndAll, "trail_accept": d.TrailAccept, "dashboard_started": d.Started,
		"tally": d.Tally, "display_made": d.DisplayMade, "display_changed": d.DisplayChanged, "display_paused": d.DisplayPaused,
		"display_resumed": d.DisplayResumed, "display_linked": d.DisplayLinked, "display_revoked": d.DisplayRevoked,
		"display_deleted": d.DisplayDeleted, "display_opened": d.DisplayOpened, "role_rule_added": d.RuleAdded, "role_rule_changed": d.RuleChanged,
		"role_rule_moved": d.RuleMoved, "role_rule_removed": d.RuleRemoved, "user_group_add": d.GroupAdd, "user_group_remove": d.GroupRemove,
		"user_policy": d.UserRole, "user_totp_off": d.UserTOTPOff,
	}[verb]
	return format, known
}
