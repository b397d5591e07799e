package text

// Channels are the texts of the list of channels and of the page of one.
type Channels struct {
	Title string // "Channels"
	Rail  string
	Tabs  ChannelTabs
}

// ChannelTabs are the pages of a channel.
type ChannelTabs struct {
	Nav                                              string
	Overview, General, Input, Packages, Record, Code string
	Statistics, JSON                                 string
}

var englishChannels = Channels{
	Title: "Channels", Rail: "Channels",
	Tabs: ChannelTabs{
		Nav: "Pages of the channel", Overview: "Channel", General: "General", Input: "Input", Packages: "Packages", Record: "Recording",
		Code: "Transcoding", Statistics: "Statistics", JSON: "JSON",
	},
}

var chineseChannels = Channels{
	Title: "频道", Rail: "频道",
	Tabs: ChannelTabs{
		Nav: "频道页面", Overview: "频道", General: "基本信息", Input: "输入", Packages: "打包输出", Record: "录制",
		Code: "转码", Statistics: "统计", JSON: "JSON",
	},
}
