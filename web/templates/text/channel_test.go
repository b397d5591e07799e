package text_test

import (
	"testing"

	"github.com/flowdeck/flowdeck/web/templates/text"
)

func TestReasonsOfChannels(t *testing.T) {
	for _, c := range []struct{ said, en, zh string }{
		{"the relay hung up", "the media process of the gateway hung up", "网关的媒体进程断开了连接"},
		{
			"this machine cannot carry the channel: by measurement it takes 1.50 cores, 1.00 of 1.60 are taken",
			"this machine cannot carry the channel: by measurement it takes 1.50 cores, 1.00 of 1.60 are taken",
			"本机无法承载此频道：据实测需要 1.50 个核，已占用 1.00 / 1.60 个核",
		},
		{"pull from http://a.example:80: status 404", "pull from http://a.example:80: status 404", "从 http://a.example:80 拉流：状态码 404"},
		{"pull from http://a.example: dial tcp 192.0.2.1:80: connect: connection refused", "pull from http://a.example: connection refused", "从 http://a.example 拉流：连接被拒绝"},
		{"encoder: exit status 234", "the encoder ended: exit status 234", "编码器已结束：退出码 234"},
		{"package p1: Invalid data found", "package p1 ended: “Invalid data found”", "打包输出 p1 已结束：“Invalid data found”"},
		{"<b>odd</b>", "the service says “<b>odd</b>”", "服务返回“<b>odd</b>”"},
	} {
		if got := text.English.Channels.Reason(c.said); got != c.en {
			t.Errorf("%q is told as %q", c.said, got)
		}
		if got := text.Chinese.Channels.Reason(c.said); got != c.zh {
			t.Errorf("%q is told as %q", c.said, got)
		}
	}
}
