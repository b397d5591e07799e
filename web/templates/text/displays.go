package text

import "strconv"

// Displays are the texts of the pages on which displays are made and kept.
type Displays struct {
	Title, Lead string
	Rail        string
	New, Make   string // the button that leads to the form, and the one that makes it
	Save        string
	Cancel      string
	Change      string
	None        string // there is none yet
	NoneHow     string
	NoService   string // no service credential: nothing is read for a display
	NoServiceIs string // what to set
	Elsewhere   string // the service credential reads another project
	NoFlows     string
	NoFlowsHow  string
	FirstFlow   string // link

	// the table
	Name, Shows, Screens, Seen, State, Ends string
	NeverSeen                               string
	Now                                     string // a screen shows it at this moment
	NowMany                                 func(n int) string
	Tiles                                   func(n int) string
	InUse, Paused, Ended, Unlinked          string
	Never                                   string // no end

	// a display
	Preview, PreviewHelp    string
	PreviewOff              string // the same, while its screens are dark
	Pause, Resume           string
	NewLink, Revoke         string
	Delete                  string
	LinkHelp, UnlinkedHelp  string
	Opened, Address, Agent  string
	Version, NoScreens      string
	ScreenNow, ScreenSince  string
	MadeBy                  func(actor, day string) string
	From, Anywhere          string
	RevokeTitle, RevokeLead string // the name at {}
	DeleteTitle, DeleteLead string
	LinkTitle, LinkLead     string // of the question for a new link

	// the link, shown once
	OnceTitle, OnceLead string // the name at {}
	OnceHow             string
	Copy, Copied        string
	OnceInsecure        string // the dashboard is not reached by HTTPS
	Done                string

	Notices DisplayNotices
	Form    DisplayForm
}

// DisplayNotices tell what was done to a display, with its name at {}.
type DisplayNotices struct{ Saved, Paused, Resumed, Revoked, Deleted, Made string }

// DisplayForm are the texts of the form of a display.
type DisplayForm struct {
	NewTitle, ChangeTitle                 string // the name at {}
	Name, NameHelp                        string
	Mode, All, Chosen, Abnormal           string
	AllHelp, ChosenHelp, AbnormalHelp     string
	Query, QueryHelp                      string
	Status, Protocol, Any                 string
	Kind, JustFlows, Channels, Both       string
	OfChannel                             string // a channel in a list with flows, its name at {}
	Active, Standby, Listener, Caller     string
	Flows, FlowsNone, Add, AddFlow        string
	Up, Down, Remove                      func(flow string) string
	Gone                                  string // a chosen flow that there is not any more
	Layout, LayoutHelp                    string
	Rotate, RotateHelp                    string
	Tally, TallyHelp, With, Without       string
	Zone, ZoneHelp                        string
	Language, Theme, Dark, Light          string
	Scale, ScaleHelp                      string
	CIDRs, CIDRsHelp                      string
	Expires, ExpiresHelp                  string
	What, How, Who                        string // the parts of the form
	BadName, BadFlows                     string
	BadZone, BadRotate, BadExpiry, BadEnd string
	BadCIDR                               func(line string) string
	ManyCIDRs, BadChoice, TooMany         string
	Changed                               string // somebody else changed it meanwhile
}

// Tally are the texts of the tally on the page of a flow.
type Tally struct {
	Label       string
	Off, Ready  string
	OnAir       string
	SetBy       func(actor, clock string) string
	Help, State string
}

var englishDisplays = Displays{
	Title: "Displays", Lead: "Read-only walls for screens in the room. A screen needs a link, and nobody to sign in.",
	Rail: "Displays", New: "New display", Make: "Make display", Save: "Save", Cancel: "Cancel", Change: "Change",
	None:        "There is no display yet.",
	NoneHow:     "Make one, open its link on the screen once, and leave it there.",
	NoService:   "Nothing is read while nobody is signed in: there is no service credential.",
	NoServiceIs: "Set FLOWDECK_SERVICE_AK and FLOWDECK_SERVICE_SK, or FLOWDECK_SERVICE_USER and FLOWDECK_SERVICE_PASSWORD, to a user who may list and show flows, and start the dashboard anew.",
	Elsewhere:   "The service credential reads another project than this one. Displays of this project show figures only while somebody is signed in to it.",
	NoFlows:     "This project has no flow, so a display has nothing to show.", NoFlowsHow: "A display shows a flow as soon as it is made.", FirstFlow: "Make the first flow",
	Name: "Name", Shows: "Shows", Screens: "Screens", Seen: "Last seen", State: "State", Ends: "Ends",
	NeverSeen: "never", Now: "now", NowMany: func(n int) string { return strconv.Itoa(n) + " now" },
	Tiles: func(n int) string {
		if n == 1 {
			return "1 tile"
		}
		return strconv.Itoa(n) + " tiles"
	},
	InUse: "In use", Paused: "Paused", Ended: "Ended", Unlinked: "Revoked", Never: "never",
	Preview: "Preview", PreviewHelp: "As a screen shows it now.", PreviewOff: "Its screens are dark; so it looks when in use.",
	Pause: "Pause", Resume: "Resume", NewLink: "New link", Revoke: "Revoke", Delete: "Delete",
	LinkHelp:     "The link was shown once. Whoever needs it again needs a new one.",
	UnlinkedHelp: "It has no link, and no screen shows it. A new link puts it back in use.",
	Opened:       "Opened", Address: "Address", Agent: "Browser", Version: "Version", NoScreens: "No screen has opened its link yet.",
	ScreenNow: "shown now", ScreenSince: "not shown",
	MadeBy: func(actor, day string) string { return "Made by " + actor + ", " + day },
	From:   "May be opened from", Anywhere: "anywhere",
	RevokeTitle: "Revoke {}?", RevokeLead: "Its link opens nothing any more, and every screen goes dark within five seconds.",
	DeleteTitle: "Delete {}?", DeleteLead: "Every screen goes dark within five seconds. What it shows has to be set up anew.",
	LinkTitle: "New link for {}?", LinkLead: "The link before opens nothing any more. Screens that are open stay; to end them too, revoke the display first.",
	OnceTitle: "Link of {}", OnceLead: "Open it once on the screen. It is shown only now.",
	OnceHow: "The screen keeps what it needs, comes back by itself after a restart, and has nothing else of this dashboard.",
	Copy:    "Copy", Copied: "Copied",
	OnceInsecure: "This dashboard is not reached by HTTPS: whoever listens on the network can read the link.",
	Done:         "Done",
	Notices: DisplayNotices{
		Saved: "Display {} is changed. Its screens load it anew by themselves.", Paused: "Display {} is paused: its screens go dark within five seconds.",
		Resumed: "Display {} is in use again. Its screens come back within half a minute.", Revoked: "Display {} is revoked: its screens go dark within five seconds.",
		Deleted: "Display {} is deleted.", Made: "This form was sent already; the display is made, and its link was shown once. A new link can be made on its page.",
	},
	Form: DisplayForm{
		NewTitle: "New display", ChangeTitle: "Change {}",
		Name: "Name", NameHelp: "Stands on the wall.",
		Mode: "Shows", All: "All", Chosen: "Chosen", Abnormal: "Abnormal only",
		AllHelp: "All that the filter leaves, by name.", ChosenHelp: "These flows and channels, in this order.",
		AbnormalHelp: "Of what the filter leaves, flows that are not as they should be, the worst first, and how many are normal.",
		Query:        "Name contains", QueryHelp: "Empty: every name.",
		Kind: "Of", JustFlows: "Flows", Channels: "Channels", Both: "Both", OfChannel: "channel {}",
		Status: "Commanded", Protocol: "Source", Any: "Any", Active: "Started", Standby: "Standby", Listener: "Listener", Caller: "Caller",
		Flows: "Flows, in order", FlowsNone: "None is chosen yet.", Add: "Add", AddFlow: "Flow to add",
		Up: func(flow string) string { return "Move " + flow + " up" }, Down: func(flow string) string { return "Move " + flow + " down" },
		Remove: func(flow string) string { return "Remove " + flow }, Gone: "there is no such flow any more",
		Layout: "Tiles on a page", LayoutHelp: "Fewer are read from further away.",
		Rotate: "Next page after", RotateHelp: "5 to 3600. Empty: one page; where not all flows fit, it shows those that are not normal. Pages stand still while an alarm is unacknowledged. A screen at /wall?page=2 stays on that page.",
		Tally: "Tally lamps", TallyHelp: "READY and ON AIR beside the name, as operators set them.", With: "Shown", Without: "Hidden",
		Zone: "Second clock", ZoneHelp: "A time zone like Asia/Singapore. Empty: UTC alone.",
		Language: "Language", Theme: "Theme", Dark: "Dark", Light: "Light",
		Scale: "Text size", ScaleHelp: "Of names, words and figures.",
		CIDRs: "May be opened from", CIDRsHelp: "Networks like 192.0.2.0/24, one a line. Empty: from anywhere.",
		Expires: "Ends", ExpiresHelp: "UTC, like 2026-11-21 19:30. Empty: never.",
		What: "What it shows", How: "How it looks", Who: "Who may open it",
		BadName: "1 to 64 printable characters.", BadFlows: "Choose 1 to 360 flows.",
		BadZone: "There is no such time zone.", BadRotate: "5 to 3600 seconds, or empty.", BadExpiry: "Write it like 2026-11-21 19:30.", BadEnd: "The end has to lie ahead.",
		BadCIDR: func(line string) string { return quoted(line) + " is no network like 192.0.2.0/24." }, ManyCIDRs: "At most 20 networks.",
		BadChoice: "Choose one of these.", TooMany: "There are 100 displays already, which is as many as there can be.",
		Changed: "Somebody changed this display meanwhile. What you typed was not saved; below is how it is now.",
	},
}

var chineseDisplays = Displays{
	Title: "大屏", Lead: "供现场屏幕使用的只读画面。屏幕只需一个链接，无需登录。",
	Rail: "大屏", New: "新建大屏", Make: "创建大屏", Save: "保存", Cancel: "取消", Change: "修改",
	None:        "还没有大屏。",
	NoneHow:     "新建一个，在屏幕上打开一次链接即可。",
	NoService:   "无人登录时不会读取任何数据：未设置服务凭据。",
	NoServiceIs: "请将 FLOWDECK_SERVICE_AK 与 FLOWDECK_SERVICE_SK，或 FLOWDECK_SERVICE_USER 与 FLOWDECK_SERVICE_PASSWORD，设为可列出并查看传输流的用户，然后重新启动控制台。",
	Elsewhere:   "服务凭据读取的是另一个项目。本项目的大屏仅在有人登录该项目时显示数据。",
	NoFlows:     "此项目没有传输流，大屏无内容可显示。", NoFlowsHow: "新建传输流后，大屏会立即显示。", FirstFlow: "新建第一个传输流",
	Name: "名称", Shows: "显示内容", Screens: "屏幕", Seen: "最近在线", State: "状态", Ends: "截止",
	NeverSeen: "从未", Now: "在线", NowMany: func(n int) string { return strconv.Itoa(n) + " 块在线" },
	Tiles: func(n int) string { return strconv.Itoa(n) + " 格" },
	InUse: "使用中", Paused: "已暂停", Ended: "已到期", Unlinked: "已吊销", Never: "无",
	Preview: "预览", PreviewHelp: "屏幕此刻的样子。", PreviewOff: "屏幕当前为暗；启用时如此显示。",
	Pause: "暂停", Resume: "恢复", NewLink: "新链接", Revoke: "吊销", Delete: "删除",
	LinkHelp:     "链接只显示一次；再次需要时请生成新链接。",
	UnlinkedHelp: "没有链接，也没有屏幕在显示。生成新链接即可重新启用。",
	Opened:       "打开于", Address: "地址", Agent: "浏览器", Version: "版本", NoScreens: "还没有屏幕打开过链接。",
	ScreenNow: "正在显示", ScreenSince: "未在显示",
	MadeBy: func(actor, day string) string { return day + " 由 " + actor + " 创建" },
	From:   "允许打开的来源", Anywhere: "不限",
	RevokeTitle: "吊销 {}？", RevokeLead: "其链接立即失效，所有屏幕将在五秒内变暗。",
	DeleteTitle: "删除 {}？", DeleteLead: "所有屏幕将在五秒内变暗，显示内容需重新设置。",
	LinkTitle: "为 {} 生成新链接？", LinkLead: "旧链接立即失效。已打开的屏幕不受影响；如要一并结束，请先吊销。",
	OnceTitle: "{} 的链接", OnceLead: "请在屏幕上打开一次。仅此一次显示。",
	OnceHow: "屏幕会保存所需信息，重启后自动恢复，且无法访问控制台的其他内容。",
	Copy:    "复制", Copied: "已复制",
	OnceInsecure: "此控制台未使用 HTTPS：网络上的监听者可读取该链接。",
	Done:         "完成",
	Notices: DisplayNotices{
		Saved: "大屏 {} 已修改，屏幕会自动重新载入。", Paused: "大屏 {} 已暂停，屏幕将在五秒内变暗。",
		Resumed: "大屏 {} 已恢复，屏幕将在半分钟内重新显示。", Revoked: "大屏 {} 已吊销，屏幕将在五秒内变暗。",
		Deleted: "大屏 {} 已删除。", Made: "此表单已提交过；大屏已创建，链接已显示一次。可在其页面生成新链接。",
	},
	Form: DisplayForm{
		NewTitle: "新建大屏", ChangeTitle: "修改 {}",
		Name: "名称", NameHelp: "显示在大屏上。",
		Mode: "显示内容", All: "全部", Chosen: "指定", Abnormal: "仅异常",
		AllHelp: "符合筛选的全部，按名称排列。", ChosenHelp: "这些传输流和频道，按此顺序。",
		AbnormalHelp: "符合筛选而状态异常的传输流，最严重者在前，并显示正常的数量。",
		Query:        "名称包含", QueryHelp: "留空：不限名称。",
		Kind: "对象", JustFlows: "传输流", Channels: "频道", Both: "两者", OfChannel: "频道 {}",
		Status: "指令状态", Protocol: "源", Any: "不限", Active: "已启动", Standby: "待机", Listener: "监听", Caller: "呼叫",
		Flows: "传输流及顺序", FlowsNone: "尚未选择。", Add: "添加", AddFlow: "要添加的传输流",
		Up: func(flow string) string { return "上移 " + flow }, Down: func(flow string) string { return "下移 " + flow },
		Remove: func(flow string) string { return "移除 " + flow }, Gone: "此传输流已不存在",
		Layout: "每页格数", LayoutHelp: "格数越少，越远也能看清。",
		Rotate: "翻页间隔", RotateHelp: "5 至 3600。留空：只有一页；放不下时只显示异常的传输流。有未确认告警时停止翻页。以 /wall?page=2 打开的屏幕固定在该页。",
		Tally: "Tally 灯", TallyHelp: "名称旁显示操作员设置的“就绪”与“播出”。", With: "显示", Without: "隐藏",
		Zone: "第二时钟", ZoneHelp: "时区，如 Asia/Singapore。留空：仅 UTC。",
		Language: "语言", Theme: "主题", Dark: "深色", Light: "浅色",
		Scale: "文字大小", ScaleHelp: "名称、状态与数值的大小。",
		CIDRs: "允许打开的来源", CIDRsHelp: "网段，如 192.0.2.0/24，每行一个。留空：不限。",
		Expires: "截止时间", ExpiresHelp: "UTC 时间，如 2026-11-21 19:30。留空：无截止。",
		What: "显示什么", How: "如何显示", Who: "谁可打开",
		BadName: "1 至 64 个可见字符。", BadFlows: "请选择 1 至 360 个传输流。",
		BadZone: "没有这个时区。", BadRotate: "5 至 3600 秒，或留空。", BadExpiry: "请写作 2026-11-21 19:30。", BadEnd: "截止时间须在将来。",
		BadCIDR: func(line string) string { return "“" + line + "”不是网段，应如 192.0.2.0/24。" }, ManyCIDRs: "最多 20 个网段。",
		BadChoice: "请选择其中一项。", TooMany: "已有 100 个大屏，达到上限。",
		Changed: "此大屏已被他人修改。您填写的内容未保存；下面是当前内容。",
	},
}

var englishTally = Tally{
	Label: "Tally", Off: "Off", Ready: "READY", OnAir: "ON AIR",
	SetBy: func(actor, clock string) string { return "set by " + actor + ", " + clock + " UTC" },
	Help:  "What people say of this flow. It changes nothing of the signal.", State: "Tally lamp",
}

var chineseTally = Tally{
	Label: "Tally 状态", Off: "关闭", Ready: "就绪", OnAir: "播出",
	SetBy: func(actor, clock string) string { return actor + " 于 " + clock + " UTC 设置" },
	Help:  "由人员标记，不影响信号。", State: "Tally 灯",
}
