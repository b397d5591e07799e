package text

import "strconv"

// Places are the texts of several projects, regions and gateways side by side.
type Places struct {
	Menu      string // of the menu in the bar, to those who hear it
	Here      string // beside the present place
	All       string // all of them in one list
	One       string // only the present one
	Shown     string // what the choice between these is
	New       string // sign in to another project or region
	Leave     string // sign out of one
	LeaveName func(place string) string
	Switch    string // a button
	SwitchTo  func(place string) string
	Open      string                          // a flow of another place: its button
	OpenFlow  func(flow, place string) string // the same, to those who hear it
	Region    string                          // head of a column
	Elsewhere func(n int) string              // alarms that nobody has acknowledged, in other places

	Asking  string // a place of which nothing was read yet
	Reading string
	Down    string // "cannot be reached since {}"
	Silent  string // the same, where since when is not known
	Refused string // its service refuses to tell
	Ended   string // its sign-in has run out
	SignIn  string // a button

	Switched func(place string) string // notices
	Left     func(place string) string
	Entered  func(place string) string

	Wrong PlaceWrong
	Form  PlaceForm
}

// PlaceWrong is what is told to a page of another place.
type PlaceWrong struct {
	Title   func(page string) string
	Gone    string // title: it is no longer signed in to
	Meaning func(here string) string
	Advice  string
	Reload  string                    // advice, where it is gone
	Back    func(page string) string  // a button
	Found   func(place string) string // a flow that is not here, but there
}

// PlaceForm is the page that signs in to further places.
type PlaceForm struct {
	Title, Lead         string
	Projects            string
	ProjectsLead        func(user, account, region string) string
	ProjectsNone        string
	ProjectsUnread      string
	Other, OtherLead    string
	Password, Kept      string
	Submit, Back        string
	NoneChosen, TooMany string
	Region              string

	Refused    func(place, why string) string // a line for each that was
	Credential string                         // why: the password, or who it is of
	Code       string                         // why: a one-time code is wanted, or another one
	NoProject  string                         // why: nothing there for this user
	Silent     string                         // why: IAM does not answer
}

var englishPlaces = Places{
	Menu: "Project and region", Here: "here", All: "All places", One: "Here", Shown: "Flows shown",
	New: "Sign in to another project or region", Leave: "Leave",
	LeaveName: func(place string) string { return "Leave " + place },
	Switch:    "Switch", SwitchTo: func(place string) string { return "Switch to " + place },
	Open: "Open there", OpenFlow: func(flow, place string) string { return "Open there: " + flow + ", in " + place },
	Region: "Region",
	Elsewhere: func(n int) string {
		if n == 1 {
			return "1 alarm elsewhere waits for somebody"
		}
		return strconv.Itoa(n) + " alarms elsewhere wait for somebody"
	},
	Asking: "asking for its flows", Reading: "reading its flows", Down: "cannot be reached since {} UTC", Silent: "cannot be reached",
	Refused: "refuses to tell of its flows", Ended: "the sign-in has run out", SignIn: "Sign in again",
	Switched: func(place string) string { return "You are in " + place + " now." },
	Left:     func(place string) string { return "You have left " + place + "." },
	Entered:  func(place string) string { return "Signed in to " + place + "." },
	Wrong: PlaceWrong{
		Title:   func(page string) string { return "This page belongs to " + page },
		Gone:    "This page belongs to a project that you have left",
		Meaning: func(here string) string { return "You are in " + here + " now. Nothing was done." },
		Advice:  "Switch back and press again, or open the page anew from the list.",
		Reload:  "Open the page anew from the list.",
		Back:    func(page string) string { return "Switch back to " + page },
		Found:   func(place string) string { return "This flow is in " + place + "." },
	},
	Form: PlaceForm{
		Title: "Sign in to another project or region", Lead: "You stay signed in where you are. Each project is a sign-in of its own.",
		Projects: "Other projects of this account",
		ProjectsLead: func(user, account, region string) string {
			return "As " + user + " of " + account + ", who is signed in to " + region + "."
		},
		ProjectsNone: "This account has no other project here.", ProjectsUnread: "The projects of this account could not be read.",
		Other: "Another region or gateway", OtherLead: "With the account and user that are valid there.",
		Password: "Password", Kept: "Used for the projects chosen here, and not kept.",
		Submit: "Sign in", Back: "Back", NoneChosen: "Choose a project.", TooMany: "You are signed in to 16 projects, which is as many as there can be. Leave one first.",
		Region:     "Region or gateway",
		Refused:    func(place, why string) string { return place + ": " + why },
		Credential: "the password was not taken. Type it again.",
		Code:       "it wants a one-time code that was not used yet. Wait for the next one, and sign in to one project at a time.",
		NoProject:  "your user may not use this project. An administrator of the account gives leave.",
		Silent:     "the identity service does not answer. Try again.",
	},
}

var chinesePlaces = Places{
	Menu: "项目与区域", Here: "当前", All: "全部位置", One: "当前", Shown: "显示的流",
	New: "登录其他项目或区域", Leave: "退出",
	LeaveName: func(place string) string { return "退出 " + place },
	Switch:    "切换", SwitchTo: func(place string) string { return "切换到 " + place },
	Open: "前往", OpenFlow: func(flow, place string) string { return "前往 " + place + " 的 " + flow },
	Region:    "区域",
	Elsewhere: func(n int) string { return "其他位置有 " + strconv.Itoa(n) + " 条告警待处理" },
	Asking:    "正在查询其流", Reading: "正在读取其流", Down: "自 {} UTC 起无法连接", Silent: "无法连接",
	Refused: "拒绝提供其流的信息", Ended: "登录已过期", SignIn: "重新登录",
	Switched: func(place string) string { return "现在位于 " + place + "。" },
	Left:     func(place string) string { return "已退出 " + place + "。" },
	Entered:  func(place string) string { return "已登录 " + place + "。" },
	Wrong: PlaceWrong{
		Title:   func(page string) string { return "此页面属于 " + page },
		Gone:    "此页面属于您已退出的项目",
		Meaning: func(here string) string { return "您现在位于 " + here + "。未执行任何操作。" },
		Advice:  "切换回去再按一次，或从列表重新打开页面。",
		Reload:  "请从列表重新打开页面。",
		Back:    func(page string) string { return "切换回 " + page },
		Found:   func(place string) string { return "此流位于 " + place + "。" },
	},
	Form: PlaceForm{
		Title: "登录其他项目或区域", Lead: "当前登录保持不变。每个项目都是单独的登录。",
		Projects: "此账号的其他项目",
		ProjectsLead: func(user, account, region string) string {
			return "以 " + account + " 的用户 " + user + " 身份（已登录 " + region + "）。"
		},
		ProjectsNone: "此账号在这里没有其他项目。", ProjectsUnread: "无法读取此账号的项目。",
		Other: "其他区域或网关", OtherLead: "使用在那里有效的账号和用户。",
		Password: "密码", Kept: "仅用于此处所选的项目，不会保存。",
		Submit: "登录", Back: "返回", NoneChosen: "请选择一个项目。", TooMany: "您已登录 16 个项目，达到上限。请先退出一个。",
		Region:     "区域或网关",
		Refused:    func(place, why string) string { return place + "：" + why },
		Credential: "密码未被接受，请重新输入。",
		Code:       "需要未使用过的一次性验证码，请等待下一个，并逐个登录项目。",
		NoProject:  "您的用户无权使用此项目，请联系账号管理员。",
		Silent:     "身份服务没有答复，请重试。",
	},
}
