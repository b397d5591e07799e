package text

// Sessions are the texts of the pages of sessions, and of the question for the
// password before what weighs.
type Sessions struct {
	Title         string
	Lead          string
	Everybody     string
	EverybodyLead string
	Open          string // link from the settings
	Mine          string // link back to one's own
	This          string
	Person        string
	Browser       string
	Address       string
	Since         string // with UTC
	Seen          string // with UTC
	Project       string
	Role          string
	End           string
	EndOf         string // {} is the browser, or who
	EndOthers     string
	EndAll        string
	EndAllTitle   string
	EndAllLead    string
	EndAllButton  string
	Ended         string // notice; {} is whose it was
	EndedOthers   string // notice; {} is how many
	EndedAll      string // notice; {} is how many
	Gone          ErrorText
	Unknown       string // browser

	StepTitle  string
	StepLead   string
	StepKept   string // beneath, where a form waits
	StepButton string
	StepBack   string
	StepWrong  string
	StepDone   string // notice over the page that asked by htmx
}

var englishSessions = Sessions{
	Title: "Sessions", Open: "Where I am signed in", Mine: "My sessions",
	Lead:      "Every browser in which you are signed in. End one that you do not know, and change your password.",
	Everybody: "Everybody’s sessions", EverybodyLead: "Whom you end is signed out within five seconds, open pages included.",
	This: "this one", Person: "Person", Browser: "Browser", Address: "Address", Since: "Since", Seen: "Last seen",
	Project: "Place", Role: "Role", End: "End", EndOf: "End: {}", EndOthers: "End all others",
	EndAll: "End all", EndAllTitle: "End everybody’s sessions?", EndAllButton: "End all but this one",
	EndAllLead: "Everybody has to sign in again, on every screen but this one. Flows, recordings and displays go on.",
	Ended:      "The session of {} has ended.", EndedOthers: "{} other sessions have ended.", EndedAll: "{} sessions have ended.",
	Gone: ErrorText{
		Title: "This session has ended already", Meaning: "Its person signed out, it ran out, or somebody ended it.",
		Advice: "Look at the list again.",
	},
	Unknown:   "unknown browser",
	StepTitle: "Is it you?", StepLead: "This needs your password again, because it was given too long ago.",
	StepKept:   "What you entered is kept, and is sent when the password is right.",
	StepButton: "Go on", StepBack: "Not now", StepWrong: "The password or the code is wrong.",
	StepDone: "Confirmed. Press the button again.",
}

var chineseSessions = Sessions{
	Title: "登录会话", Open: "我在哪里登录", Mine: "我的会话",
	Lead:      "您已登录的所有浏览器。遇到不认识的，请将其结束并修改密码。",
	Everybody: "所有人的会话", EverybodyLead: "会话结束后，对方在五秒内退出登录，已打开的页面也不例外。",
	This: "本会话", Person: "用户", Browser: "浏览器", Address: "地址", Since: "登录于", Seen: "最近使用",
	Project: "位置", Role: "角色", End: "结束", EndOf: "结束：{}", EndOthers: "结束其他所有会话",
	EndAll: "全部结束", EndAllTitle: "结束所有人的会话？", EndAllButton: "结束其他所有会话",
	EndAllLead: "除本屏幕外，所有人都须重新登录。流、录制和大屏不受影响。",
	Ended:      "{} 的会话已结束。", EndedOthers: "已结束其他 {} 个会话。", EndedAll: "已结束 {} 个会话。",
	Gone: ErrorText{
		Title: "此会话已经结束", Meaning: "本人已退出、会话到期，或已被他人结束。",
		Advice: "请重新查看列表。",
	},
	Unknown:   "未知浏览器",
	StepTitle: "请确认身份", StepLead: "此操作需要再次输入密码，因为上次输入已经过去一段时间。",
	StepKept:   "您填写的内容已保留，密码正确后即提交。",
	StepButton: "继续", StepBack: "暂不", StepWrong: "密码或验证码错误。",
	StepDone: "已确认。请再次按下按钮。",
}
