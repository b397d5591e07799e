package handlers

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// sheet is the connection sheet of a flow: what a sender has to know.
func (v teller) sheet(f *monitor.Flow) pages.Sheet {
	if f.Source == nil {
		return pages.Sheet{T: v.t, Note: v.t.Sheet.OnceMade}
	}
	return v.sheetOf(f.Name, farOfSource(*f.Source), v.commands)
}

// outputSheet is the connection sheet of an output: what a receiver has to know.
func (v teller) outputSheet(flow string, o medialive.Output) pages.Sheet {
	return v.sheetOf(flow+" / "+o.Name, farOfOutput(o), v.receiving)
}

// sheetOf is a connection sheet, empty for an address that is not known yet.
func (v teller) sheetOf(name string, f far, commands func(far) []pages.Line) pages.Sheet {
	s := pages.Sheet{T: v.t}
	if f.host == "" || f.port == 0 {
		s.Note = v.t.Sheet.OnceMade
		return s
	}
	f.latency = cmp.Or(f.latency, medialive.DefaultLatency)
	s.Lines, s.Commands = v.sheetLines(f), commands(f)
	if f.encrypted() {
		s.Note = v.t.Sheet.KeyHow
	}
	s.AllText = sheetText(name, s)
	return s
}

// sheetLines are the facts that are copied one by one.
func (v teller) sheetLines(f far) []ui.CopyLine {
	w := v.t.Sheet
	mode, note := w.ModeCaller, w.WeListen
	if !f.calls {
		mode, note = w.ModeListen, w.WeCall
	}
	lines := []ui.CopyLine{
		{ID: "address", Label: w.Address, Text: f.host},
		{ID: "port", Label: w.Port, Text: strconv.Itoa(f.port), Note: w.PortNote},
		{ID: "mode", Label: w.Mode, Text: mode, Note: note},
	}
	if f.streamID != "" {
		lines = append(lines, ui.CopyLine{ID: "streamid", Label: w.StreamID, Text: f.streamID})
	}
	lines = append(lines, ui.CopyLine{ID: "latency", Label: w.Latency, Text: strconv.Itoa(f.latency) + " ms"})
	if !f.encrypted() {
		return append(lines, ui.CopyLine{ID: "encryption", Label: w.Encryption, Text: w.None})
	}
	return append(lines,
		ui.CopyLine{ID: "encryption", Label: w.Encryption, Text: cipherName(string(cmp.Or(f.crypto.Algorithm, medialive.AES256)))},
		ui.CopyLine{ID: "passphrase", Label: w.Passphrase, Text: keyPlaceholder, Note: w.NotShown})
}

// commands are the ready lines for the tools that people send with.
func (v teller) commands(f far) []pages.Line {
	s, w := f.senders(), v.t.First
	return slices.Concat(
		ready("ffmpeg", "ffmpeg", w.FfmpegNote, s.test),
		ready("obs", "OBS", w.OBSNote, s.obs),
		ready("slt", "srt-live-transmit", w.TransmitNote, s.transmit))
}

// receiving are the ready lines for the tools that people receive with.
func (v teller) receiving(f far) []pages.Line {
	r, w := f.receivers(), v.t.Sheet
	return slices.Concat(
		ready("ffplay", "ffplay", w.PlayNote, r.play),
		ready("ffmpeg", "ffmpeg", w.RecordNote, r.record),
		ready("slt", "srt-live-transmit", w.PassNote, r.transmit))
}

// ready is one ready line; none for a tool that cannot do it.
func ready(id, tool, note, text string) []pages.Line {
	if text == "" {
		return nil
	}
	return []pages.Line{{ID: id, Tool: tool, Note: note, Parts: []pages.LinePart{{Text: text}}}}
}

// sheetText is the whole sheet as plain text.
func sheetText(name string, s pages.Sheet) string {
	var b strings.Builder
	b.WriteString(name + "\n")
	for _, l := range s.Lines {
		b.WriteString(l.Label + ": " + l.Text)
		if l.Note != "" {
			b.WriteString(" (" + l.Note + ")")
		}
		b.WriteByte('\n')
	}
	for _, c := range s.Commands {
		b.WriteString("\n" + c.Tool + "\n")
		for _, p := range c.Parts {
			b.WriteString(p.Text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// firstLines are the commands for a flow that is being made: its name and its
// port follow what is typed.
func (v teller) firstLines(address, port, name string) pages.Lines {
	address, port = cmp.Or(address, v.t.First.AddressUnknown), cmp.Or(port, "PORT")
	url := func(perMilli int) []pages.LinePart {
		return []pages.LinePart{
			{Text: "srt://" + address + ":"},
			{Text: port, Field: fieldPort},
			{Text: "?mode=caller&streamid="},
			{Text: strings.ToLower(name), Field: fieldName, Lower: true},
			{Text: "&latency=" + strconv.Itoa(firstLatency*perMilli)},
		}
	}
	around := func(before string, parts []pages.LinePart) []pages.LinePart {
		all := append([]pages.LinePart{{Text: before + `"`}}, parts...)
		return append(all, pages.LinePart{Text: `"`})
	}
	return pages.Lines{T: v.t, Blocks: []pages.Line{
		{ID: "ffmpeg", Tool: "ffmpeg", Note: v.t.First.FfmpegNote, Parts: around(testPattern+"mpegts \\\n  ", url(1000))},
		{ID: "obs", Tool: "OBS", Note: v.t.First.OBSNote, Parts: url(1000)},
		{ID: "slt", Tool: "srt-live-transmit", Note: v.t.First.TransmitNote, Parts: around(fromMulticast+" \\\n  ", url(1))},
	}}
}
