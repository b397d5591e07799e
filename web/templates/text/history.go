package text

import "strconv"

// History are the texts of the charts of a flow's history.
type History struct {
	Title  string
	Ranges string // label of the choice of a stretch
	Legs   string // label of the choice of what is shown

	Minutes10, Hour1, Hours6, Hours24, Days7, Days30                         string // in the choice
	LastMinutes10, LastHour1, LastHours6, LastHours24, LastDays7, LastDays30 string

	Source        string
	Output        string // "Output {}"
	Heading       func(leg, stretch string) string
	States        string
	Retransmitted string
	Dropped       string
	PerSecond     string // unit
	Packets       string // unit
	BarIs         string // "all shown; a bar is {}"
	AlarmAt       string // "alarm at {}"
	CountersBegin string // on a mark
	NotRecorded   string // a time of which nothing is known
	Lane          func(now, spans string) string
	Span          func(word, from, to string) string
	Empty         string // nothing was recorded in this stretch
	OnlyStates    string // the service measures nothing
	Recorded      string // what is recorded, and when

	Table      string // opens the table
	AsOf       string // "as of {} UTC"
	Values     string // caption
	Events     string // caption
	NoEvents   string
	Time       string
	What       string
	Mean       string // of a column: the mean
	Worst      string
	Sum        string
	CSV        string
	Lasted     func(text, until string) string // of an alarm that is over
	Lasts      func(text string) string
	NewestOnly func(n int) string
}

var englishHistory = History{
	Title:  "History",
	Ranges: "Stretch of time",
	Legs:   "Source or output",

	Minutes10: "10 min", Hour1: "1 h", Hours6: "6 h", Hours24: "24 h", Days7: "7 d", Days30: "30 d",
	LastMinutes10: "last 10 minutes", LastHour1: "last hour", LastHours6: "last 6 hours",
	LastHours24: "last 24 hours", LastDays7: "last 7 days", LastDays30: "last 30 days",

	Source:        "Source",
	Output:        "Output {}",
	Heading:       func(leg, stretch string) string { return leg + ", " + stretch },
	States:        "State",
	Retransmitted: "Retransmitted",
	Dropped:       "Dropped",
	PerSecond:     "pkt/s",
	Packets:       "pkt",
	BarIs:         "in all; a bar is {}",
	AlarmAt:       "alarm at {}",
	CountersBegin: "counters begin",
	NotRecorded:   "not recorded",
	Lane:          func(now, spans string) string { return "State, now " + now + ": " + spans },
	Span:          func(word, from, to string) string { return word + " " + from + " to " + to + " UTC" },
	Empty:         "Nothing was recorded in this time.",
	OnlyStates:    "This service gives states, and no figures.",
	Recorded:      "Recorded while somebody looks on or a service credential is set.",

	Table:      "Values and events as tables",
	AsOf:       "as of {} UTC",
	Values:     "Values",
	Events:     "Alarms and commands",
	NoEvents:   "No alarm and no command in this time.",
	Time:       "From, UTC",
	What:       "What",
	Mean:       "mean",
	Worst:      "worst",
	Sum:        "sum",
	CSV:        "Save as CSV",
	Lasted:     func(text, until string) string { return text + ", until " + until },
	Lasts:      func(text string) string { return text + ", still on" },
	NewestOnly: func(n int) string { return "Only the newest " + strconv.Itoa(n) + " are listed." },
}

var chineseHistory = History{
	Title:  "历史",
	Ranges: "时间范围",
	Legs:   "源或输出",

	Minutes10: "10 分钟", Hour1: "1 小时", Hours6: "6 小时", Hours24: "24 小时", Days7: "7 天", Days30: "30 天",
	LastMinutes10: "最近 10 分钟", LastHour1: "最近 1 小时", LastHours6: "最近 6 小时",
	LastHours24: "最近 24 小时", LastDays7: "最近 7 天", LastDays30: "最近 30 天",

	Source:        "源",
	Output:        "输出 {}",
	Heading:       func(leg, stretch string) string { return leg + "，" + stretch },
	States:        "状态",
	Retransmitted: "重传",
	Dropped:       "丢弃",
	PerSecond:     "包/秒",
	Packets:       "包",
	BarIs:         "合计；每条柱为 {}",
	AlarmAt:       "{} 起告警",
	CountersBegin: "计数起点",
	NotRecorded:   "无记录",
	Lane:          func(now, spans string) string { return "状态，当前 " + now + "：" + spans },
	Span:          func(word, from, to string) string { return word + " " + from + " 至 " + to + " UTC" },
	Empty:         "这段时间没有记录。",
	OnlyStates:    "该服务只提供状态，不提供数据。",
	Recorded:      "有人查看或配置了服务凭据时才会记录。",

	Table:      "以表格查看数值和事件",
	AsOf:       "截至 {} UTC",
	Values:     "数值",
	Events:     "告警与命令",
	NoEvents:   "这段时间没有告警和命令。",
	Time:       "起始时间（UTC）",
	What:       "内容",
	Mean:       "平均",
	Worst:      "最差",
	Sum:        "合计",
	CSV:        "保存为 CSV",
	Lasted:     func(text, until string) string { return text + "，至 " + until },
	Lasts:      func(text string) string { return text + "，仍在持续" },
	NewestOnly: func(n int) string { return "仅列出最新的 " + strconv.Itoa(n) + " 个事件。" },
}
