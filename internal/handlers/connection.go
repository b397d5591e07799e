package handlers

import (
	"fmt"
	"net"
	"net/url"
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

// farOfOutput tells a receiver how to reach an output.
func farOfOutput(o medialive.Output) far {
	f := far{
		calls: o.Protocol == medialive.Listener, host: o.ListenerAddress, port: o.Port,
		streamID: o.StreamID, latency: o.MinLatency, crypto: o.Encryption,
	}
	if !f.calls {
		f.host = o.Destination
	}
	return f
}

// encrypted tells whether the connection has a passphrase.
func (f far) encrypted() bool { return f.crypto != nil }

// url gives the SRT URL of the other side. ffmpeg and OBS take the latency in
// microseconds, srt-live-transmit in milliseconds: perMilli is 1000 or 1.
func (f far) url(perMilli int) string {
	mode, host := "caller", f.host
	if !f.calls {
		mode, host = "listener", "0.0.0.0"
	}
	options := []string{"mode=" + mode}
	add := func(name, value string) { options = append(options, name+"="+value) }
	if f.streamID != "" && f.calls {
		add("streamid", escapeOption(f.streamID))
	}
	if f.latency > 0 {
		add("latency", strconv.Itoa(f.latency*perMilli))
	}
	if f.encrypted() {
		add("pbkeylen", strconv.Itoa(f.crypto.Algorithm.KeyLength()))
		add("passphrase", keyPlaceholder)
	}
	return fmt.Sprintf("srt://%s?%s", net.JoinHostPort(host, strconv.Itoa(f.port)), strings.Join(options, "&"))
}

// escapeOption escapes all but letters, digits and -_.~, the space as %20
// because not every tool reads a plus as one. Nothing is left that a shell or
// a URL parser would understand.
func escapeOption(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// quoted puts a URL in double quotes: the shell must not see its ampersands
// but must see the placeholder of the passphrase.
func quoted(url string) string { return `"` + url + `"` }

// The beginnings of the commands; the URL follows.
const (
	testPattern = "ffmpeg -re -f lavfi -i testsrc2=s=1280x720:r=25 -f lavfi -i sine=f=1000 \\\n" +
		"  -c:v libx264 -preset veryfast -pix_fmt yuv420p -b:v 4M -g 50 -c:a aac -f mpegts"
	fromMulticast = `srt-live-transmit "udp://239.1.1.1:5000"`
)

// firstLatency is the latency in the lines for a first flow, in milliseconds:
// enough for the same building.
const firstLatency = 120

// sendLines are ready commands that send to a source.
type sendLines struct{ test, obs, transmit string }

// senders gives the commands for a sender.
func (f far) senders() sendLines {
	return sendLines{
		test:     testPattern + " \\\n  " + quoted(f.url(1000)),
		obs:      f.url(1000),
		transmit: fromMulticast + " \\\n  " + quoted(f.url(1)),
	}
}
