package handlers

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// channelPushes are the addresses to push to: those that a gateway tells, those that
// the service told in an answer, or such as it makes.
func (v teller) channelPushes(ch *monitor.Channel) (all []pages.ChannelPush, note string) {
	w := v.t.Channels.Page
	var addresses []string
	if ch.Detail != nil {
		addresses = ch.Detail.Push
	} else {
		told, is := toldPush(ch)
		if note = w.PushTold; !is {
			told, note = ch.PushAddresses(), w.PushFormed
		}
		for _, p := range told {
			addresses = append(addresses, p.URL.Reveal())
		}
	}
	for i, address := range addresses {
		source := v.pushedSource(ch, i, len(addresses))
		line := ui.CopyLine{ID: "push-" + strconv.Itoa(i), Label: w.Push, Text: address}
		if len(addresses) > 1 {
			line.Label = w.PushOf(source.name)
		}
		all = append(all, pages.ChannelPush{Address: line, Ways: v.pushWays(line.ID, address, source.ChannelSource)})
	}
	if len(all) == 0 {
		note = w.PushNone
	}
	return all, note
}

// toldPush are the addresses that the service told in its last answer to a command,
// as long as the channel still has the sources of then.
func toldPush(ch *monitor.Channel) ([]medialive.PushAddress, bool) {
	if ch.Care.Push == nil {
		return nil, false
	}
	told := ch.Care.Push.Addresses
	return told, slices.EqualFunc(told, ch.PushAddresses(), func(a, b medialive.PushAddress) bool { return a.Bitrate == b.Bitrate })
}

// pushed is a source that an encoder pushes.
type pushed struct {
	medialive.ChannelSource
	name string
}

// pushedSource is the source of the i-th of n addresses: those of the standby come
// last.
func (v teller) pushedSource(ch *monitor.Channel, i, n int) pushed {
	in := ch.Input
	primaries := max(1, n-len(in.Standby))
	list, role := in.Sources, "primary"
	if i >= primaries {
		list, role, i, primaries = in.Standby, "standby", i-primaries, len(in.Standby)
	}
	p := pushed{name: v.inputWord(role)}
	if primaries > 1 {
		p.name += " " + strconv.Itoa(i+1)
	}
	if i < len(list) {
		p.ChannelSource = list[i]
	}
	return p
}

// pushWays are what to type into the encoders that most use.
func (v teller) pushWays(id, address string, s medialive.ChannelSource) []pages.PushWay {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil
	case u.Scheme == "srt":
		return v.srtWays(id, u, s)
	}
	return v.rtmpWays(id, address)
}

// srtWays take SRT as an address in OBS, and part by part in vMix.
func (v teller) srtWays(id string, u *url.URL, s medialive.ChannelSource) []pages.PushWay {
	w := v.t.Channels.Page.Ways
	obs := []ui.CopyLine{{ID: id + "-obs", Label: w.Server, Text: u.String()}, {Label: w.Key, Text: w.Empty}}
	vmix := []ui.CopyLine{
		{Label: w.Type, Text: "SRT Caller"}, {ID: id + "-host", Label: w.Host, Text: u.Hostname()}, {ID: id + "-port", Label: w.Port, Text: u.Port()},
	}
	if stream := u.Query().Get("streamid"); stream != "" {
		vmix = append(vmix, ui.CopyLine{ID: id + "-stream", Label: w.StreamID, Text: stream})
	}
	if s.Passphrase != "" {
		obs = append(obs, ui.CopyLine{Label: w.Passphrase, Text: w.Append("&passphrase=…")})
		vmix = append(vmix, ui.CopyLine{Label: w.Passphrase, Text: w.AsSet})
	}
	if s.Passphrase != "" && s.KeyLength > 0 {
		vmix = append(vmix, ui.CopyLine{Label: w.KeyLength, Text: keyLengths[strconv.Itoa(s.KeyLength)]})
		obs = append(obs, ui.CopyLine{Label: w.KeyLength, Text: w.Append("&pbkeylen=" + strconv.Itoa(s.KeyLength))})
	}
	return []pages.PushWay{
		{Name: "OBS", Where: w.OBS, Fields: obs}, {Name: "vMix", Where: w.VMix, Fields: vmix}, v.ffmpegWay(id, farOfPush(u, s).senders().test, s.Passphrase != ""),
	}
}

// farOfPush tells an encoder how to reach a source that is pushed to.
func farOfPush(u *url.URL, s medialive.ChannelSource) far {
	port, _ := strconv.Atoi(u.Port()) // the service's own: never in vain
	f := far{calls: true, host: u.Hostname(), port: port, streamID: u.Query().Get("streamid"), latency: s.Latency}
	if s.Passphrase != "" {
		f.crypto = &medialive.Crypto{Algorithm: cmp.Or(algorithms[s.KeyLength], medialive.AES128)}
	}
	return f
}

// algorithms are the ciphers by the length of their keys in bytes.
var algorithms = map[int]medialive.Algorithm{16: medialive.AES128, 24: medialive.AES192, 32: medialive.AES256}

// ffmpegWay is a command that sends a test picture.
func (v teller) ffmpegWay(id, command string, encrypted bool) pages.PushWay {
	w := v.t.Channels.Page.Ways
	way := pages.PushWay{Name: "ffmpeg", Where: w.FFmpeg, Long: true, Fields: []ui.CopyLine{{ID: id + "-ffmpeg", Label: w.Command, Text: command}}}
	if encrypted {
		way.Fields = append(way.Fields, ui.CopyLine{Label: w.Passphrase, Text: v.t.Sheet.KeyHow})
	}
	return way
}

// rtmpWays take the server and the last part of an address apart.
func (v teller) rtmpWays(id, address string) []pages.PushWay {
	w := v.t.Channels.Page.Ways
	bare, query, _ := strings.Cut(address, "?")
	cut := strings.LastIndexByte(bare, '/')
	if cut < 0 {
		return nil
	}
	server, key := bare[:cut], bare[cut+1:]
	if query != "" {
		key += "?" + query
	}
	fields := func(encoder, of, name string) []ui.CopyLine {
		return []ui.CopyLine{{ID: id + encoder + "-server", Label: of, Text: server}, {ID: id + encoder + "-key", Label: name, Text: key}}
	}
	return []pages.PushWay{
		{Name: "OBS", Where: w.OBS, Fields: fields("-obs", w.Server, w.Key)},
		{Name: "vMix", Where: w.VMixRTMP, Fields: fields("-vmix", "URL", w.NameOrKey)},
		v.ffmpegWay(id, testPattern+"flv \\\n  "+singleQuoted(address), false),
	}
}

// channelRefused are the callers that the inputs of a channel turned away, the
// latest first; nil where none could call.
func (v teller) channelRefused(ch *monitor.Channel) *pages.Refused {
	if ch.Detail == nil || ch.Input.Protocol.Pulls() {
		return nil
	}
	var all []medialive.RefusedCaller
	if run := runOf(ch); run != nil {
		for _, in := range run.Inputs {
			for _, c := range in.Refused {
				c.Leg = cmp.Or(v.inputWord(in.Role), c.Leg)
				all = append(all, c)
			}
		}
	}
	return v.refused(shadow(ch), slices.Clone(all))
}
