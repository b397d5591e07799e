package main

import (
	"strconv"

	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// send says where a sender has to send to, or, where we call, where it has to
// listen.
type send struct {
	Address   string // of the far end of the sender; ignored where we call
	Port      string
	StreamID  string
	Latency   int  // milliseconds; 0: the tool's own
	KeyLength int  // bytes: 16, 24, 32; 0: not encrypted
	WeCall    bool // the sender has to listen
	Follow    bool // name and port follow what is typed in the form
}

// sending gives the lines that send to a flow: ffmpeg with a test picture, OBS,
// and srt-live-transmit. The passphrase is never in them; $SRT_KEY stands for it.
func sending(t *text.Strings, s send) pages.Lines {
	return pages.Lines{T: t, Blocks: []pages.Line{
		{ID: "ffmpeg", Tool: "ffmpeg", Note: t.First.FfmpegNote, Parts: s.parts(
			"ffmpeg -re -f lavfi -i testsrc2=s=1280x720:r=25 -f lavfi -i sine=f=1000 \\\n"+
				"  -c:v libx264 -preset veryfast -pix_fmt yuv420p -b:v 4M -g 50 -c:a aac -f mpegts \\\n  \"", 1000, "\"")},
		{ID: "obs", Tool: "OBS", Note: t.First.OBSNote, Parts: s.parts("", 1000, "")},
		{ID: "slt", Tool: "srt-live-transmit", Note: t.First.TransmitNote, Parts: s.parts(
			"srt-live-transmit \"udp://239.1.1.1:5000\" \\\n  \"", 1, "\"")},
	}}
}

// parts puts an address between what comes before and after it. A unit is how
// many of the tool's units of latency are a millisecond.
func (s send) parts(before string, unit int, after string) []pages.LinePart {
	host, mode := s.Address, "caller"
	if s.WeCall {
		host, mode = "0.0.0.0", "listener"
	}
	port := pages.LinePart{Text: s.Port}
	id := pages.LinePart{Text: s.StreamID}
	if s.Follow {
		port.Field = "port"
		id.Field, id.Lower = "name", true
	}
	parts := []pages.LinePart{{Text: before + "srt://" + host + ":"}, port, {Text: "?mode=" + mode}}
	if s.StreamID != "" && !s.WeCall {
		parts = append(parts, pages.LinePart{Text: "&streamid="}, id)
	}
	rest := ""
	if s.Latency > 0 {
		rest += "&latency=" + strconv.Itoa(s.Latency*unit)
	}
	if s.KeyLength > 0 {
		rest += "&pbkeylen=" + strconv.Itoa(s.KeyLength) + "&passphrase=$SRT_KEY"
	}
	return append(parts, pages.LinePart{Text: rest + after})
}
