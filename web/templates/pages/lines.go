package pages

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

func (f FirstRun) address() string {
	if f.Address == "" {
		return f.T.First.AddressUnknown
	}
	return f.Address
}

// firstStates are the words a new flow passes through.
func firstStates(t *text.Strings) []ui.State {
	return []ui.State{
		{Shape: ui.ShapeStandby, Word: t.State.Standby},
		{Shape: ui.ShapeStarting, Word: t.State.Starting},
		{Shape: ui.ShapeWaiting, Word: t.State.Waiting},
		{Shape: ui.ShapeLive, Word: t.State.Live},
	}
}

// code is the command itself. It is written by hand because every blank of it
// counts.
func (l Line) code() templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		b.WriteString("<code>")
		for _, p := range l.Parts {
			if p.Field == "" {
				b.WriteString(templ.EscapeString(p.Text))
				continue
			}
			b.WriteString(`<span class="typed" data-follow="` + templ.EscapeString(p.Field) + `"`)
			if p.Lower {
				b.WriteString(` data-lower`)
			}
			b.WriteString(`>` + templ.EscapeString(p.Text) + `</span>`)
		}
		b.WriteString("</code>")
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// Send says where a sender has to send to, or, where we call, where it has to
// listen.
type Send struct {
	Address   string // of the far end of the sender; ignored where we call
	Port      string
	StreamID  string
	Latency   int  // milliseconds; 0: the tool's own
	KeyLength int  // bytes: 16, 24, 32; 0: not encrypted
	WeCall    bool // the sender has to listen
	Follow    bool // name and port follow what is typed in the form
}

// Sending gives the lines that send to a flow: ffmpeg with a test picture, OBS,
// and srt-live-transmit. The passphrase is never in them; $SRT_KEY stands for it.
func Sending(t *text.Strings, s Send) Lines {
	return Lines{T: t, Blocks: []Line{
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
func (s Send) parts(before string, unit int, after string) []LinePart {
	host, mode := s.Address, "caller"
	if s.WeCall {
		host, mode = "0.0.0.0", "listener"
	}
	port := LinePart{Text: s.Port}
	id := LinePart{Text: s.StreamID}
	if s.Follow {
		port.Field = "port"
		id.Field, id.Lower = "name", true
	}
	parts := []LinePart{{Text: before + "srt://" + host + ":"}, port, {Text: "?mode=" + mode}}
	if s.StreamID != "" && !s.WeCall {
		parts = append(parts, LinePart{Text: "&streamid="}, id)
	}
	rest := ""
	if s.Latency > 0 {
		rest += "&latency=" + strconv.Itoa(s.Latency*unit)
	}
	if s.KeyLength > 0 {
		rest += "&pbkeylen=" + strconv.Itoa(s.KeyLength) + "&passphrase=$SRT_KEY"
	}
	return append(parts, LinePart{Text: rest + after})
}
