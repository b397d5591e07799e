package browser

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// channelPage begins the paths of the pages of the stage's channels.
const channelPage = "/channels/push.example.com/live/"

// The channels of the stage, by what they do.
const (
	onAir     = "on-air"
	ofNobody  = "of-nobody" // ON, and nothing came yet
	isOff     = "is-off"
	loseInput = "lost-input"
	heldOne   = "held" // protected by who looks
)

// setChannels makes a channel in every state that needs no second input.
func (h *house) setChannels(clip string, admin *hand) {
	h.t.Helper()
	h.srtChannel(onAir, medialive.ChannelOn, func(ch *medialive.Channel) {
		ch.Record.RollingBuffer = 3600
		ch.Outputs[0].DASH = []medialive.DASHPackage{{Package: medialive.Package{URL: "pull.example.com/live/on-air/index.mpd", SegmentDuration: 2}}}
	})
	h.srtChannel(ofNobody, medialive.ChannelOn)
	h.srtChannel(loseInput, medialive.ChannelOn)
	h.srtChannel(heldOne, medialive.ChannelOn)
	h.srtChannel(isOff, medialive.ChannelOff, func(ch *medialive.Channel) { ch.Name = strings.Repeat("A name as long as names may be. ", 8)[:255] })
	relaytest.Push(h.t, clip, h.pushTo(onAir))
	sender := relaytest.Push(h.t, clip, h.pushTo(loseInput))
	h.awaitInput(loseInput, true)
	sender.Kill()
	h.awaitInput(loseInput, false)
	h.awaitPlay(channelKey(onAir))
	admin.send("", channelPage+heldOne+"/protect", "reason", "the final")
}

func channelKey(id string) medialive.ChannelKey {
	return medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: id}
}

// srtChannel makes a channel to which an encoder pushes by SRT.
func (h *house) srtChannel(id string, state medialive.ChannelState, change ...func(*medialive.Channel)) {
	h.t.Helper()
	ch := medialive.Channel{
		ChannelKey: channelKey(id), State: state,
		Input: medialive.ChannelInput{Protocol: medialive.SRTPush, Sources: []medialive.ChannelSource{{Bitrate: 300_000}}},
		Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{{Package: medialive.Package{
			URL: "pull.example.com/live/" + id + "/index.m3u8", SegmentDuration: 2,
		}}}}},
	}
	for _, c := range change {
		c(&ch)
	}
	_, err := h.client.CreateChannel(h.t.Context(), ch)
	must(h.t, err)
}

// detail is what the gateway knows of a channel besides.
func (h *house) detail(id string) medialive.ChannelDetail {
	h.t.Helper()
	all, err := h.client.ChannelDetails(h.t.Context(), channelKey(id))
	must(h.t, err)
	return all[0]
}

// pushTo is where an encoder of a channel calls.
func (h *house) pushTo(id string) relaytest.SRT {
	h.t.Helper()
	u, err := url.Parse(h.detail(id).Push[0])
	must(h.t, err)
	port, err := strconv.Atoi(u.Port())
	must(h.t, err)
	return relaytest.SRT{Host: u.Hostname(), Port: port, StreamID: u.Query().Get("streamid")}
}

// awaitInput waits until something comes in, or no more.
func (h *house) awaitInput(id string, alive bool) {
	h.t.Helper()
	h.app.Await(chrome.Patience, "the input of "+id+" to be "+strconv.FormatBool(alive), func() bool {
		run := h.detail(id).Run
		return run != nil && len(run.Inputs) > 0 && run.Inputs[0].Alive == alive
	})
}

// channelRow is the row of a channel in the list.
func channelRow(id string) string {
	return "#flow-channels_2fpush_2eexample_2ecom_2flive_2f" + id
}

// wizard walks on to a step of a new channel, by the buttons.
func wizard(step string) func(*tab) {
	return func(b *tab) {
		b.Fill("#domain", "push.example.com")
		b.Fill("#id", "by-hand")
		if step != "" {
			b.Click(`.form-steps [value="to:` + step + `"]`)
		}
	}
}

// atStep holds on a step of a new channel.
func atStep(step string) string {
	return "$('.form-step-now')?.value === 'to:" + step + "' && document.readyState === 'complete'" + live
}

func (s stage) channelLooks() []look {
	state := func(shape string) string { return "$('#flow-state .state-" + shape + "')" + live }
	return []look{
		{name: "channels", path: "/channels", ready: "$('" + channelRow(onAir) + " .state-live') && $('" + channelRow(loseInput) + " .state-lost') && $('" + channelRow(isOff) + "')" + live},
		{name: "no such channels", path: "/channels?q=nothing", ready: "$('tr.empty .button')" + live},
		{name: "channel row that asks", path: "/channels", ready: "$('.row-armed .guard')", before: func(b *tab) { b.Click(channelRow(ofNobody) + " [data-arm]") }},
		{name: "channel, on air", path: channelPage + onAir, ready: state("live")},
		{name: "channel, waiting", path: channelPage + ofNobody, ready: state("waiting")},
		{name: "channel, off", path: channelPage + isOff, ready: state("standby")},
		{name: "channel, lost", path: channelPage + loseInput, ready: state("lost")},
		{name: "channel of one's own", path: channelPage + heldOne, ready: "$('#flow-strip form')" + live},
		{name: "channel that asks", path: channelPage + onAir, ready: "$('.command-armed .guard')", before: func(b *tab) { b.Click("#flow-command [data-arm]") }},
		{name: "turn a channel OFF", path: channelPage + onAir + "/stop", ready: "$('.confirm [data-guarded]')" + live},
		{name: "turn one's own OFF", path: channelPage + heldOne + "/stop", ready: "$('.consent #typed')" + live},
		{name: "delete a channel", path: channelPage + isOff + "/delete", ready: "$('.confirm [data-guarded]')" + live},
		{name: "delete a channel that is ON", path: channelPage + onAir + "/delete", ready: "$('.confirm-refuse')" + live},
		{name: "band of a channel", path: channelPage + onAir + "/band", ready: "$('#min_bitrate')" + live},
		{name: "statistics", path: channelPage + onAir + "/statistics", ready: "$('#measures')" + live},
		{name: "play", path: channelPage + onAir + "/play", ready: "$('[data-player-play]') && !$('[data-player-play]').disabled" + live},
		{name: "monitoring", path: "/channels/monitoring?dim=medialive_mpc", ready: "$('#instances-title')" + live},
		{name: "no such channel", path: channelPage + "nobody", ready: "$('.problem')", expect: []string{"404"}},
	}
}

// channelFormLooks are how channels are made and changed.
func (s stage) channelFormLooks() []look {
	return []look{
		{name: "new channel", path: "/channels/new", ready: atStep("channel")},
		{name: "new channel with faults", path: "/channels/new", ready: aFault, expect: []string{"422"}, before: func(b *tab) {
			b.Fill("#id", "no id")
			sends(`.form-buttons [value="next"]`)(b)
		}},
		{name: "new channel, input", path: "/channels/new", ready: atStep("input"), before: wizard("input"), expect: []string{onPassphrase}},
		{name: "new channel, ladder", path: "/channels/new", ready: atStep("encoders"), before: wizard("encoders")},
		{name: "new channel, packages", path: "/channels/new", ready: atStep("packages") + " && $('.form-more').open", before: func(b *tab) {
			wizard("packages")(b)
			b.Await("the step", atStep("packages"))
			b.Click(".form-more summary")
		}},
		{name: "new channel, recording", path: "/channels/new", ready: atStep("record"), before: wizard("record")},
		{name: "new channel, looked over", path: "/channels/new", ready: atStep("look") + " && $('#request').open", before: func(b *tab) {
			wizard("look")(b)
			b.Await("the step", atStep("look"))
			b.Click("#request summary")
		}},
		{name: "import", path: "/channels/import", ready: "$('textarea')" + live},
		{name: "import of nothing", path: "/channels/import", ready: aFault, expect: []string{"422"}, before: sends(".edit-single button[type=submit]")},
		{name: "clone of a channel", path: channelPage + onAir + "/clone", ready: atStep("channel")},
		{name: "general", path: channelPage + onAir + "/general", ready: "$('#save')" + live},
		{name: "input", path: channelPage + onAir + "/input", ready: "$('#save')" + live, expect: []string{onPassphrase}},
		{name: "packages", path: channelPage + onAir + "/endpoints", ready: "$('#save')" + live},
		{name: "transcoding", path: channelPage + onAir + "/encoders", ready: "$('#save')" + live},
		{name: "recording that changes", path: channelPage + heldOne + "/record", ready: "$$('.diff tbody tr').length === 1" + live, before: func(b *tab) {
			b.Fill(`[name="record_settings.rollingbuffer_duration"]`, "1h")
		}},
		{name: "JSON", path: channelPage + onAir + "/json", ready: "$('#json') && $('#save')" + live},
		{name: "JSON with a fault", path: channelPage + onAir + "/json", ready: "$('#effect .form-faults')" + live, before: func(b *tab) { b.Fill("#json", "{") }},
	}
}

// noChannels is the list before there is a channel.
var noChannels = look{name: "no channels", path: "/channels", ready: "$('#channel-rows .empty') && $('#channel-new a')" + live}
