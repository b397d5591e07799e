package handlers

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// sheet is the connection sheet of a flow: what a sender has to know.
func (v teller) sheet(f *monitor.Flow) pages.Sheet {
	s := pages.Sheet{T: v.t}
	if f.Source == nil || f.Source.Address == "" || f.Source.Port == 0 {
		s.Note = v.t.Sheet.OnceMade
		return s
	}
	far := farOfSource(*f.Source)
	far.latency = cmp.Or(far.latency, medialive.DefaultLatency)
	s.Lines = v.sheetLines(far)
	s.Commands = v.commands(far)
	if far.encrypted() {
		s.Note = v.t.Sheet.KeyHow
	}
	s.AllText = sheetText(f.Name, s)
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

// commands are the ready lines for the tools that people have.
func (v teller) commands(f far) []pages.Line {
	s := f.senders()
	var all []pages.Line
	add := func(id, tool, note, text string) {
		if text != "" {
			all = append(all, pages.Line{ID: id, Tool: tool, Note: note, Parts: []pages.LinePart{{Text: text}}})
		}
	}
	add("ffmpeg", "ffmpeg", v.t.First.FfmpegNote, s.test)
	add("obs", "OBS", v.t.First.OBSNote, s.obs)
	add("slt", "srt-live-transmit", v.t.First.TransmitNote, s.transmit)
	return all
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
		{ID: "ffmpeg", Tool: "ffmpeg", Note: v.t.First.FfmpegNote, Parts: around(testPattern+" \\\n  ", url(1000))},
		{ID: "obs", Tool: "OBS", Note: v.t.First.OBSNote, Parts: url(1000)},
		{ID: "slt", Tool: "srt-live-transmit", Note: v.t.First.TransmitNote, Parts: around(fromMulticast+" \\\n  ", url(1))},
	}}
}
