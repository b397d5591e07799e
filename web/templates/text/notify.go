package text

// Notify are the texts of the page of settings: webhooks and their deliveries.
type Notify struct {
	Title      string
	Lead       string
	Webhooks   string
	None       string // no webhook yet
	NoneHow    string
	Add        string
	AddTitle   string
	EditTitle  string // {} is the name
	Name       string
	Shape      string
	ShapeJSON  string
	ShapeSlack string
	ShapeFei   string
	ShapeHelp  string
	URL        string
	URLHelp    string
	URLKept    string // in place of URLHelp when one is set
	Secret     string
	SecretHelp string
	SecretKept string
	Lang       string
	Least      string
	Low        string
	Medium     string
	High       string
	State      string
	On         string
	Off        string
	Save       string
	Cancel     string
	Host       string
	Last       string // the last delivery
	Never      string
	Test       string
	TestDone   string // {} is the name
	TestFailed string
	Delete     string
	DeleteAsk  string // {} is the name
	DeleteLead string
	Log        string
	LogNone    string
	Time       string
	Event      string
	Flow       string
	Tries      string
	Result     string
	Taken      string
	Waiting    string
	Failed     string
	Again      string // {} is a time
	SetBy      string // {} is a user
	Added      string // {} is the name
	Saved      string
	Removed    string
	Signature  string
	EventOf    func(event string) string

	BadName     string
	BadURL      string
	BadShape    string
	BadPriority string
	BadSecret   string
	TooMany     string
}

var englishNotify = Notify{
	Title:      "Settings",
	Lead:       "Who is told of alarms, who may do what, and who is signed in.",
	Webhooks:   "Webhooks",
	None:       "Nobody outside of Flowdeck is told of alarms yet.",
	NoneHow:    "Add a webhook, and each alarm is posted to it: when it is raised, acknowledged and cleared.",
	Add:        "Add webhook",
	AddTitle:   "New webhook",
	EditTitle:  "Webhook {}",
	Name:       "Name",
	Shape:      "Shape",
	ShapeJSON:  "JSON",
	ShapeSlack: "Slack",
	ShapeFei:   "Feishu",
	ShapeHelp:  "JSON is our own, signed with the secret. Slack takes an incoming webhook, Feishu a custom bot.",
	URL:        "Address",
	URLHelp:    "An https URL. It is kept sealed: whoever has it may post there.",
	URLKept:    "One is set for the host {}. Leave this empty to keep it.",
	Secret:     "Secret",
	SecretHelp: "Signs what is sent. May be empty; Slack has none.",
	SecretKept: "One is set. Leave this empty to keep it.",
	Lang:       "Language of the text",
	Least:      "Least priority",
	Low:        "Low",
	Medium:     "Medium",
	High:       "High",
	State:      "State",
	On:         "On",
	Off:        "Off",
	Save:       "Save webhook",
	Cancel:     "Cancel",
	Host:       "Host",
	Last:       "Last delivery",
	Never:      "none yet",
	Test:       "Send a test",
	TestDone:   "The test was taken by {}.",
	TestFailed: "The test was not taken. The first of the deliveries says why.",
	Delete:     "Delete",
	DeleteAsk:  "Delete the webhook {}?",
	DeleteLead: "What waits to be sent to it is not sent.",
	Log:        "Deliveries",
	LogNone:    "Nothing was sent yet.",
	Time:       "Time",
	Event:      "Event",
	Flow:       "Flow",
	Tries:      "Tries",
	Result:     "Result",
	Taken:      "taken",
	Waiting:    "waiting",
	Failed:     "failed",
	Again:      "again at {} UTC",
	SetBy:      "set by {}",
	Added:      "The webhook {} was added.",
	Saved:      "The webhook was saved.",
	Removed:    "The webhook {} was deleted.",
	Signature:  "A receiver checks Flowdeck-Signature: t is the time in seconds, v1 the HMAC-SHA256 of “t.body” with the secret.",
	EventOf: func(event string) string {
		return orItself(event, map[string]string{
			"test": "test", "alarm.raised": "raised", "alarm.cleared": "cleared", "alarm.returned": "cleared, not acknowledged",
			"alarm.acknowledged": "acknowledged", "alarm.shelved": "shelved", "alarm.unshelved": "off the shelf",
		})
	},

	BadName:     "1 to 64 characters.",
	BadURL:      "An https URL, without user and password. In the clear only to networks that FLOWDECK_WEBHOOK_ALLOW names.",
	BadShape:    "Choose one of the shapes.",
	BadPriority: "Choose one of the priorities.",
	BadSecret:   "At most 200 characters.",
	TooMany:     "There are 20 webhooks already, which is the most. Delete one first.",
}

var chineseNotify = Notify{
	Title:      "设置",
	Lead:       "告警通知谁、谁可做什么、谁已登录。",
	Webhooks:   "Webhook 通知",
	None:       "目前告警不会通知 Flowdeck 以外的任何人。",
	NoneHow:    "添加 Webhook 后，每个告警在触发、确认和恢复时都会发送到该地址。",
	Add:        "添加 Webhook",
	AddTitle:   "新建 Webhook",
	EditTitle:  "Webhook：{}",
	Name:       "名称",
	Shape:      "格式",
	ShapeJSON:  "JSON 格式",
	ShapeSlack: "Slack 机器人",
	ShapeFei:   "飞书",
	ShapeHelp:  "JSON 为自有格式，用密钥签名。Slack 使用 incoming webhook，飞书使用自定义机器人。",
	URL:        "地址",
	URLHelp:    "https 地址，加密保存：持有该地址即可发送。",
	URLKept:    "已设置，主机为 {}。留空则保持不变。",
	Secret:     "密钥",
	SecretHelp: "用于对发送内容签名，可为空；Slack 不需要。",
	SecretKept: "已设置。留空则保持不变。",
	Lang:       "消息语言",
	Least:      "最低优先级",
	Low:        "低",
	Medium:     "中",
	High:       "高",
	State:      "状态",
	On:         "启用",
	Off:        "停用",
	Save:       "保存 Webhook",
	Cancel:     "取消",
	Host:       "主机",
	Last:       "最近一次发送",
	Never:      "尚无",
	Test:       "发送测试",
	TestDone:   "{} 已接收测试消息。",
	TestFailed: "测试消息未被接收。发送记录第一行说明原因。",
	Delete:     "删除",
	DeleteAsk:  "删除 Webhook {}？",
	DeleteLead: "等待发送的内容将不再发送。",
	Log:        "发送记录",
	LogNone:    "尚未发送任何内容。",
	Time:       "时间",
	Event:      "事件",
	Flow:       "流",
	Tries:      "次数",
	Result:     "结果",
	Taken:      "已接收",
	Waiting:    "等待中",
	Failed:     "失败",
	Again:      "将于 {} UTC 重试",
	SetBy:      "由 {} 设置",
	Added:      "已添加 Webhook {}。",
	Saved:      "已保存 Webhook。",
	Removed:    "已删除 Webhook {}。",
	Signature:  "接收方校验 Flowdeck-Signature：t 为时间（秒），v1 为以密钥对“t.正文”计算的 HMAC-SHA256。",
	EventOf: func(event string) string {
		return orItself(event, map[string]string{
			"test": "测试", "alarm.raised": "触发", "alarm.cleared": "恢复", "alarm.returned": "恢复，未确认",
			"alarm.acknowledged": "确认", "alarm.shelved": "搁置", "alarm.unshelved": "取消搁置",
		})
	},

	BadName:     "1 至 64 个字符。",
	BadURL:      "需为 https 地址，不含用户名和密码。仅 FLOWDECK_WEBHOOK_ALLOW 指定的网络可用 http。",
	BadShape:    "请选择一种格式。",
	BadPriority: "请选择一个优先级。",
	BadSecret:   "最多 200 个字符。",
	TooMany:     "已有 20 个 Webhook，达到上限。请先删除一个。",
}

// orItself finds a word, or gives the key where there is none.
func orItself(key string, words map[string]string) string {
	if w, ok := words[key]; ok {
		return w
	}
	return key
}
