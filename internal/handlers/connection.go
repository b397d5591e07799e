package handlers

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// keyPlaceholder stands for the passphrase in a command: the shell fills it
// in, so that the secret is in no page.
const keyPlaceholder = "$SRT_KEY"

// far is what the other side of an SRT connection must know: whether it calls,
// whom, and with what.
type far struct {
	calls    bool // false: it listens, and we call
	host     string
	port     int
	streamID string // sent by the caller
	latency  int    // milliseconds
	crypto   *medialive.Crypto
}

// farOfSource tells a sender how to reach a source.
func farOfSource(s medialive.Source) far {
	return far{
		calls: s.Protocol == medialive.Listener, host: s.Address, port: s.Port,
		streamID: s.StreamID, latency: s.MinLatency, crypto: s.Decryption,
	}
}

// farOfOutput tells a receiver how to reach an output. Who calls us is asked for
// no stream id, and who is called need not know the one that we send.
func farOfOutput(o medialive.Output) far {
	f := far{calls: o.Protocol == medialive.Listener, host: o.Destination, port: o.Port, latency: o.MinLatency, crypto: o.Encryption}
	if f.calls {
		f.host = o.ListenerAddress
	}
	return f
}

// encrypted tells whether the connection has a passphrase.
func (f far) encrypted() bool { return f.crypto != nil }

// url gives the SRT URL of the other side, up to the stream id and from there
// on: neither ffmpeg nor srt-live-transmit unescapes a stream id, so it stands
// as it is, and only a shell has to be kept from it. ffmpeg and OBS take the
// latency in microseconds, srt-live-transmit in milliseconds: perMilli is 1000
// or 1.
func (f far) url(perMilli int) (before, after string) {
	mode, host := "caller", f.host
	if !f.calls {
		mode, host = "listener", "0.0.0.0"
	}
	before = fmt.Sprintf("srt://%s?mode=%s", net.JoinHostPort(host, strconv.Itoa(f.port)), mode)
	if f.latency > 0 {
		after += "&latency=" + strconv.Itoa(f.latency*perMilli)
	}
	if f.encrypted() {
		after += "&pbkeylen=" + strconv.Itoa(f.crypto.Algorithm.KeyLength()) + "&passphrase=" + keyPlaceholder
	}
	return before, after
}

// id is the stream id that the other side has to send: only who calls sends one.
func (f far) id() string {
	if !f.calls {
		return ""
	}
	return f.streamID
}

// plain is the URL as it is typed into a field.
func (f far) plain(perMilli int) string {
	before, after := f.url(perMilli)
	if id := f.id(); id != "" {
		before += "&streamid=" + id
	}
	return before + after
}

// shell is the URL as a word of a shell: the placeholder of the passphrase is
// expanded, and the stream id never.
func (f far) shell(perMilli int) string {
	before, after := f.url(perMilli)
	id := f.id()
	switch {
	case id == "":
		return `"` + before + after + `"`
	case harmless.MatchString(id):
		return `"` + before + "&streamid=" + id + after + `"`
	}
	return `"` + before + `&streamid="` + singleQuoted(id) + `"` + after + `"`
}

// harmless is what a shell leaves alone within double quotes, an interactive
// one too.
var harmless = regexp.MustCompile(`^[A-Za-z0-9/_.:=,@#?;~+%-]+$`)

// singleQuoted is a text that a shell takes as it is.
func singleQuoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// ffmpegWords are the last words of an ffmpeg command. A stream id with a plus
// or an ampersand does not survive in a URL there, and goes by an option.
func (f far) ffmpegWords() string {
	id := f.id()
	if !strings.ContainsAny(id, "+&") {
		return f.shell(1000)
	}
	f.streamID = ""
	return "-srt_streamid " + singleQuoted(id) + " " + f.shell(1000)
}

// The beginnings of the commands; the URL follows.
const (
	testPattern = "ffmpeg -re -f lavfi -i testsrc2=s=1280x720:r=25 -f lavfi -i sine=f=1000 \\\n" +
		"  -c:v libx264 -preset veryfast -pix_fmt yuv420p -b:v 4M -g 50 -c:a aac -f "
	fromMulticast = `srt-live-transmit "udp://239.1.1.1:5000"`
)

// firstLatency is the latency in the lines for a first flow, in milliseconds:
// enough for the same building.
const firstLatency = 120

// sendLines are ready commands that send to a source.
type sendLines struct{ test, obs, transmit string }

// senders gives the commands for a sender; one that cannot send this stream id
// is empty.
func (f far) senders() sendLines {
	lines := sendLines{test: testPattern + "mpegts \\\n  " + f.ffmpegWords()}
	if !strings.ContainsAny(f.id(), "+&") {
		lines.obs = f.plain(1000)
	}
	if !strings.Contains(f.id(), "&") {
		lines.transmit = fromMulticast + " \\\n  " + f.shell(1)
	}
	return lines
}

// receiveLines are ready commands that receive from an output.
type receiveLines struct{ play, record, transmit string }

// receivers gives the commands for a receiver.
func (f far) receivers() receiveLines {
	return receiveLines{
		play:     "ffplay " + f.shell(1000),
		record:   "ffmpeg -i " + f.shell(1000) + " \\\n  -c copy -f mpegts recording.ts",
		transmit: "srt-live-transmit " + f.shell(1) + ` \` + "\n" + `  "udp://127.0.0.1:5000"`,
	}
}
