package text

import "strconv"

// Wall are the texts of a display's screens. They are read from across a room:
// short, and never in a sentence where a word will do.
type Wall struct {
	Label       string             // what the page is, for those who hear it
	Lost        string             // a count
	Second      string             // the standby input is on air, in fewer letters than elsewhere
	Normal      func(n int) string // "142 normal"
	Hidden      func(n int) string // "+3 not normal, not shown": on no page
	Why         WallWhy
	Cause       WallCauses
	Page        func(now, of int) string  // "Page 2 of 5"
	Held        string                    // why the pages stand still
	Silent      string                    // "No contact for {}": of this screen with the server
	Down        string                    // "Service not reached for {}": of the server with the service
	Since       func(clock string) string // after the owner: "since 18:02Z"
	Protect     string
	Ready       string
	OnAir       string                    // in two words: it may stand on two lines
	ReadAt      func(clock string) string // "Last read 19:45:37 UTC"
	Nobody      string                    // waiting: "Listening, nobody has called"
	Outputs     func(ok, all int) string  // for those who hear the page
	NotInUse    string                    // of a display, in place of all else
	NotInUseHow string
}

// WallWhy tells why a wall has no tile.
type WallWhy struct {
	Reading, Credential, NoFlows, NoMatch, AllNormal string
}

// WallCauses tell why a source was lost, beside the age of the fault: two or three
// short words.
type WallCauses struct {
	Nobody, Passphrase, OneSide, Address, Refused string
}

var englishWall = Wall{
	Label:  "Wall display",
	Lost:   "LOST",
	Second: "ON STANDBY",
	Normal: func(n int) string { return strconv.Itoa(n) + " normal" },
	Hidden: func(n int) string { return "+" + strconv.Itoa(n) + " not normal, not shown" },
	Why: WallWhy{
		Reading: "Reading the flows", Credential: "Flowdeck may not read this project for a wall",
		NoFlows: "No flows in this project", NoMatch: "No flow fits this display", AllNormal: "All normal",
	},
	Cause: WallCauses{
		Nobody: "nobody answers", Passphrase: "other passphrase", OneSide: "one passphrase only",
		Address: "address not allowed", Refused: "refused",
	},
	Page:        func(now, of int) string { return "Page " + strconv.Itoa(now) + " of " + strconv.Itoa(of) },
	Held:        "Held by an alarm",
	Silent:      "NO CONTACT {}",
	Down:        "SERVICE NOT REACHED {}",
	Since:       func(clock string) string { return "since " + clock },
	Protect:     "Protect",
	Ready:       "READY",
	OnAir:       "ON AIR",
	ReadAt:      func(clock string) string { return "Last read " + clock + " UTC" },
	Nobody:      "Listening, nobody has called",
	Outputs:     func(ok, all int) string { return strconv.Itoa(ok) + " of " + strconv.Itoa(all) + " outputs connected" },
	NotInUse:    "This display is not in use",
	NotInUseHow: "It starts by itself when it is. For a new link, ask whoever runs the displays.",
}

var chineseWall = Wall{
	Label:  "大屏",
	Lost:   "丢失",
	Second: "备用源",
	Normal: func(n int) string { return strconv.Itoa(n) + " 路正常" },
	Hidden: func(n int) string { return "另有 " + strconv.Itoa(n) + " 路异常未显示" },
	Why: WallWhy{
		Reading: "正在读取传输流", Credential: "Flowdeck 无权为大屏读取本项目",
		NoFlows: "本项目没有传输流", NoMatch: "没有符合此大屏条件的传输流", AllNormal: "全部正常",
	},
	Cause: WallCauses{
		Nobody: "无应答", Passphrase: "口令不同", OneSide: "仅一方设口令",
		Address: "地址不被允许", Refused: "被拒绝",
	},
	Page: func(now, of int) string {
		return "第 " + strconv.Itoa(now) + " 页，共 " + strconv.Itoa(of) + " 页"
	},
	Held:        "有未确认告警，停止翻页",
	Silent:      "失去联系 {}",
	Down:        "无法连接服务 {}",
	Since:       func(clock string) string { return clock + " 起" },
	Protect:     "保护",
	Ready:       "就绪",
	OnAir:       "播出",
	ReadAt:      func(clock string) string { return "最近读取 " + clock + " UTC" },
	Nobody:      "正在监听，尚无呼叫",
	Outputs:     func(ok, all int) string { return "已连接输出 " + strconv.Itoa(ok) + "/" + strconv.Itoa(all) },
	NotInUse:    "此大屏未启用",
	NotInUseHow: "启用后会自动显示。如需新链接，请联系大屏管理员。",
}
