package text

import "strings"

// reason is what a service says of a channel that does not run as it should, and
// what that means in a language. {} stands for a value; what follows a colon at the
// end is a reason of its own.
type reason struct{ said, means string }

// reasoned tells in the words of a language what a service said; false for what is
// not known there.
func reasoned(all []reason, said string) (string, bool) {
	for _, r := range all {
		values, ok := values(r.said, said)
		if !ok {
			continue
		}
		last := len(values) - 1
		if strings.HasSuffix(r.said, ": {}") {
			inner, known := reasoned(all, values[last])
			if !known {
				inner = foreign(values[last])
			}
			values[last] = inner
		}
		means := r.means
		for _, v := range values {
			means = strings.Replace(means, "{}", v, 1)
		}
		return means, true
	}
	return "", false
}

// foreign marks words that are not ours.
func foreign(said string) string { return "“" + said + "”" }

// values gives what stands for each {} of a format; false where the text is not of
// that form.
func values(format, said string) ([]string, bool) {
	head, rest, more := strings.Cut(format, "{}")
	said, ok := strings.CutPrefix(said, head)
	var all []string
	for ok && more {
		head, rest, more = strings.Cut(rest, "{}")
		value := said
		if head != "" || more {
			value, said, ok = strings.Cut(said, head)
		} else {
			said = ""
		}
		all = append(all, value)
	}
	return all, ok && said == ""
}

// englishReasons are what gateways say, as they say it but where a field has a better
// word.
var englishReasons = []reason{
	{"ffmpeg is not installed", "ffmpeg is not installed on the gateway"},
	{"this build of the gateway cannot run channels", "this build of the gateway cannot run channels"},
	{"this machine cannot carry the channel: by measurement it takes {} cores, {} of {} are taken", "this machine cannot carry the channel: by measurement it takes {} cores, {} of {} are taken"},
	{"the media process does not answer", "the media process of the gateway does not answer"},
	{"the relay hung up", "the media process of the gateway hung up"},
	{"pull from {}: {}", "pull from {}: {}"},
	{"pull: the playlist breaks off", "the playlist that is pulled breaks off"},
	{"pull: what came is no playlist", "what is pulled is no playlist"},
	{"nobody can push: {}", "nobody can push: {}"},
	{"no media in what comes in", "data comes in, and neither pictures nor sound are found in it: look at what the sender sends, which should be video and sound in MPEG-TS"},
	{"encoder: nothing comes out", "the encoder makes nothing of what comes in"},
	{"encoder: {}", "the encoder ended: {}"},
	{"package {}: {}", "package {} ended: {}"},
	{"by itself, without an error", "by itself, without an error"},
	{"less than {} MB of the disk are free", "less than {} MB of the disk are free"},
	{"the disk is full", "the disk is full"},
	{"does not answer", "does not answer"},
	{"status {}", "status {}"},
	{"exit status {}", "exit status {}"},
	{"signal: {}", "signal {}"},
	{"{}: connection refused", "connection refused"},
	{"{}: no such host", "there is no such host"},
	{"{}: address already in use", "the port is in use"},
}

var chineseReasons = []reason{
	{"ffmpeg is not installed", "网关上没有安装 ffmpeg"},
	{"this build of the gateway cannot run channels", "此版本的网关不能运行频道"},
	{"this machine cannot carry the channel: by measurement it takes {} cores, {} of {} are taken", "本机无法承载此频道：据实测需要 {} 个核，已占用 {} / {} 个核"},
	{"the media process does not answer", "网关的媒体进程没有应答"},
	{"the relay hung up", "网关的媒体进程断开了连接"},
	{"pull from {}: {}", "从 {} 拉流：{}"},
	{"pull: the playlist breaks off", "所拉取的播放列表不完整"},
	{"pull: what came is no playlist", "所拉取的内容不是播放列表"},
	{"nobody can push: {}", "无法推流：{}"},
	{"no media in what comes in", "有数据输入，但其中没有图像和声音：请检查发送方的内容，应为 MPEG-TS 中的视频和音频"},
	{"encoder: nothing comes out", "编码器对输入没有产生任何输出"},
	{"encoder: {}", "编码器已结束：{}"},
	{"package {}: {}", "打包输出 {} 已结束：{}"},
	{"by itself, without an error", "自行结束，没有错误"},
	{"less than {} MB of the disk are free", "磁盘剩余空间不足 {} MB"},
	{"the disk is full", "磁盘已满"},
	{"does not answer", "没有应答"},
	{"status {}", "状态码 {}"},
	{"exit status {}", "退出码 {}"},
	{"signal: {}", "信号 {}"},
	{"{}: connection refused", "连接被拒绝"},
	{"{}: no such host", "没有这个主机"},
	{"{}: address already in use", "端口已被占用"},
}
