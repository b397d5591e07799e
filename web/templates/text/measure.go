package text

import "strconv"

// Measures are the texts of what is measured of channels: their statistics, the
// monitoring page, and the player.
type Measures struct {
	Title      string                      // of the page of a channel
	Monitoring string                      // of the page of everything that has metrics
	Lead       string                      // of the monitoring page
	Open       string                      // leads to the monitoring page
	Heading    func(stretch string) string // over charts: "Measured, last hour"

	Names map[string]string // of metrics, by their id
	Parts map[string]string // of what metrics of a channel are of, by its dimension

	None    string // Cloud Eye has nothing of it
	NoneHow string
	More    func(n int) string // metrics that are not drawn
	Failed  string             // Cloud Eye did not answer

	Refused, RefusedHow string                    // Cloud Eye refuses the account
	NothingOf           func(thing string) string // one of the chosen things is not measured

	AsOf     func(at, step string) string // "values up to 10:01 UTC; a bar is 60 s"
	Signals  MeasuredSignals
	Finding  Finding
	Player   Player
	Channels string // crumb
}

// MeasuredSignals are the texts of SCTE-35 signals.
type MeasuredSignals struct {
	Title, None, Failed                     string
	Time, Command, Marks, Event, Lasts, Raw string
	Insert, TimeSignal                      string
	Region, Primary, Standby, Both          string
	All, Newer, Older                       string
	Listed                                  func(from, to, total int) string // newest first, from 1
	Untold                                  string                           // no duration is told
}

// Finding are the texts of choosing what to monitor.
type Finding struct {
	Dimensions, Instances, NoInstances, Sets, NoSets string
	Name, ID, Count, Show, Chosen, Clear             string
	Chart, Most                                      string // draws what is ticked, and how many may be
	Total                                            func(n int) string
	Next, Back                                       string
}

var englishMeasures = Measures{
	Title:      "Statistics",
	Monitoring: "Monitoring",
	Lead:       "Cloud Eye says which metrics there are. Choose what they are of.",
	Open:       "Monitoring of everything that is measured",
	Heading:    func(stretch string) string { return "Measured, " + stretch },

	Names: map[string]string{
		"input_bandwidth": "Input bandwidth", "input_frame_rate": "Input frame rate", "no_packet_time": "Time without packets",
		"disconnections": "Disconnections", "continuity_errors": "Continuity errors", "pid_errors": "PID errors",
		"failover_switches": "Failover switches", "scte35_signals": "SCTE-35 signals", "output_bandwidth": "Output bandwidth",
		"output_frame_rate": "Output frame rate", "dropped_frames": "Dropped frames", "dropped_traffic": "Dropped for want of speed",
		"requests_2xx": "Requests answered 2xx", "requests_4xx": "Requests answered 4xx", "requests_5xx": "Requests answered 5xx",
		"hls_requests": "HLS requests", "dash_requests": "DASH requests", "output_traffic": "Sent to players",
		"online": "Online", "bandwidth": "Bandwidth", "play_traffic": "Play traffic", "qps": "Requests a second",
		"http_4xx_proportion": "HTTP 4xx share", "http_5xx_proportion": "HTTP 5xx share",
		"rtt": "Round trip time", "loss_rate": "Loss", "lost_packets": "Packets lost", "retransmitted_packets": "Packets sent again",
		"dropped_packets": "Packets dropped", "connected": "Source connected", "outputs_connected": "Outputs connected",
		"inject_concurrency_number": "Streams pushed", "inject_bandwidth": "Push bandwidth",
	},
	Parts: map[string]string{
		"medialive_mpc": "Input and transcoding", "medialive_package": "Packages", "medialive_cdn": "CDN delivery",
		"medialive_connect": "Receiving and sending", "medialive_tailor": "Advertising",
	},

	None:    "Cloud Eye has no metrics of it.",
	NoneHow: "A gateway measures what is ON; the first values come after a minute. A cloud tells its metrics some minutes after they first had values.",
	More: func(n int) string {
		if n == 1 {
			return "One more metric is not drawn."
		}
		return strconv.Itoa(n) + " more metrics are not drawn."
	},
	Failed: "What was measured could not be read",

	Refused:    "Cloud Eye refuses this account",
	RefusedHow: "Ask for the right to read metrics: on a cloud, the policy CES ReadOnlyAccess in this project; on a gateway, live:ott:showChannelStatistic.",
	NothingOf:  func(thing string) string { return "The service measures nothing of " + thing + "." },

	AsOf: func(at, step string) string { return "values up to " + at + " UTC; a bar is " + step },

	Signals: MeasuredSignals{
		Title: "SCTE-35 signals", None: "None were seen in this stretch of time.", Failed: "The signals could not be read",
		Time: "Time (UTC)", Command: "Command", Marks: "Marks", Event: "Event", Lasts: "Duration", Raw: "As received",
		Insert: "Splice insert", TimeSignal: "Time signal",
		Region: "Region", Primary: "Primary", Standby: "Standby", Both: "Both", All: "All", Newer: "Newer", Older: "Older",
		Listed: func(from, to, total int) string {
			return strconv.Itoa(from) + " to " + strconv.Itoa(to) + " of " + strconv.Itoa(total) + ", the newest first."
		},
		Untold: "not told",
	},
	Finding: Finding{
		Dimensions: "What is measured", Instances: "Instances", NoInstances: "There are no instances.",
		Sets: "Metrics in Cloud Eye", NoSets: "Cloud Eye has no metrics of Media Live in this project.",
		Name: "Name", ID: "Id", Count: "Metrics", Show: "Show", Chosen: "Shown", Clear: "Choose anew", Chart: "Chart what is ticked", Most: "Ten at most; they share one time axis.",
		Total: func(n int) string {
			if n == 1 {
				return "1 instance"
			}
			return strconv.Itoa(n) + " instances"
		},
		Next: "Next", Back: "Back",
	},
	Player:   englishPlayer,
	Channels: "Channels",
}

var chineseMeasures = Measures{
	Title:      "统计",
	Monitoring: "监控",
	Lead:       "有哪些指标由云监控给出。请选择监控对象。",
	Open:       "监控所有测量对象",
	Heading:    func(stretch string) string { return "测量值，" + stretch },

	Names: map[string]string{
		"input_bandwidth": "输入带宽", "input_frame_rate": "输入帧率", "no_packet_time": "无包时长",
		"disconnections": "断流次数", "continuity_errors": "连续性错误", "pid_errors": "PID 错误",
		"failover_switches": "主备切换次数", "scte35_signals": "SCTE-35 信号数", "output_bandwidth": "输出带宽",
		"output_frame_rate": "输出帧率", "dropped_frames": "丢帧数", "dropped_traffic": "来不及处理而丢弃",
		"requests_2xx": "2xx 请求数", "requests_4xx": "4xx 请求数", "requests_5xx": "5xx 请求数",
		"hls_requests": "HLS 请求数", "dash_requests": "DASH 请求数", "output_traffic": "发送给播放器",
		"online": "在线人数", "bandwidth": "带宽", "play_traffic": "播放流量", "qps": "每秒请求数",
		"http_4xx_proportion": "HTTP 4xx 占比", "http_5xx_proportion": "HTTP 5xx 占比",
		"rtt": "往返时延", "loss_rate": "丢包率", "lost_packets": "丢包数", "retransmitted_packets": "重传包数",
		"dropped_packets": "丢弃包数", "connected": "源连接率", "outputs_connected": "输出连接率",
		"inject_concurrency_number": "推流路数", "inject_bandwidth": "推流带宽",
	},
	Parts: map[string]string{
		"medialive_mpc": "输入与转码", "medialive_package": "打包输出", "medialive_cdn": "CDN 分发",
		"medialive_connect": "接入与分发", "medialive_tailor": "广告",
	},

	None:    "云监控中没有它的指标。",
	NoneHow: "网关只测量已开启的频道，一分钟后出现首个值。云服务在指标首次有值数分钟后才会列出。",
	More:    func(n int) string { return "另有 " + strconv.Itoa(n) + " 个指标未绘制。" },
	Failed:  "无法读取测量值",

	Refused:    "云监控拒绝该账号",
	RefusedHow: "请申请读取指标的权限：云服务上为本项目的 CES ReadOnlyAccess 策略；网关上为 live:ott:showChannelStatistic。",
	NothingOf:  func(thing string) string { return "该服务不测量 " + thing + "。" },

	AsOf: func(at, step string) string { return "数值截至 " + at + " UTC；每条柱为 " + step },

	Signals: MeasuredSignals{
		Title: "SCTE-35 信号", None: "这段时间没有收到信号。", Failed: "无法读取信号",
		Time: "时间（UTC）", Command: "命令", Marks: "标记", Event: "事件", Lasts: "时长", Raw: "原始数据",
		Insert: "Splice insert（插播）", TimeSignal: "Time signal（时间信号）",
		Region: "区域", Primary: "主区", Standby: "备区", Both: "全部区域", All: "全部", Newer: "较新", Older: "较早",
		Listed: func(from, to, total int) string {
			return "共 " + strconv.Itoa(total) + " 个，从新到旧列出第 " + strconv.Itoa(from) + " 至 " + strconv.Itoa(to) + " 个。"
		},
		Untold: "未给出",
	},
	Finding: Finding{
		Dimensions: "监控维度", Instances: "实例", NoInstances: "没有实例。",
		Sets: "云监控中的指标", NoSets: "该项目在云监控中没有媒体直播的指标。",
		Name: "名称", ID: "标识", Count: "指标数", Show: "查看", Chosen: "当前对象", Clear: "重新选择", Chart: "绘制所选", Most: "最多十个；共用一条时间轴。",
		Total: func(n int) string { return strconv.Itoa(n) + " 个实例" },
		Next:  "下一页", Back: "上一页",
	},
	Player:   chinesePlayer,
	Channels: "频道",
}
