package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/handlers"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// pushChannel is a channel that takes RTMP and gives one HLS package.
func pushChannel(id string, state medialive.ChannelState) medialive.Channel {
	return medialive.Channel{
		ChannelKey: medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: id}, State: state,
		Input: medialive.ChannelInput{Protocol: medialive.RTMPPush, Sources: []medialive.ChannelSource{{Bitrate: 3000000}}},
		Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{{Package: medialive.Package{
			URL: "https://play.example.com/live/" + id + "/index.m3u8", SegmentDuration: 4,
		}}}}},
	}
}

// withChannels is a house with an OFF and an ON channel, and who is signed in.
func withChannels(t *testing.T) (*house, *browser) {
	t.Helper()
	h := newHouse(t, func(c *medialivetest.Cloud) {
		c.AddChannel(pushChannel("one", medialive.ChannelOff))
		c.AddChannel(pushChannel("two", medialive.ChannelOn))
	})
	b := h.signedIn("op-1")
	eventually(t, "the channels are read", func() bool { return strings.Contains(b.get("/channels").body, "push.example.com") })
	return h, b
}

const twoPath = "/channels/push.example.com/live/two"

func TestChannelList(t *testing.T) {
	_, b := withChannels(t)
	page := b.get("/channels").doc()
	if n := page.Find("#channel-rows tr.row").Length(); n != 2 {
		t.Fatalf("%d rows", n)
	}
	if got := page.Find(`.rail-item[aria-current="page"]`).Text(); !strings.Contains(got, "Channels") || !strings.Contains(got, "2") {
		t.Errorf("the rail says %q", got)
	}
	row := page.Find(`tr.row:contains("two")`)
	for _, want := range []string{"ON", "RTMP push", "HLS 1", "live/two · push.example.com", "Turn OFF"} {
		if !strings.Contains(row.Text(), want) {
			t.Errorf("no %q in %q", want, row.Text())
		}
	}
	for query, want := range map[string]int{"status=on": 1, "status=standby": 1, "q=two": 1, "q=TWO/index": 1, "protocol=srt_push": 0, "q=none": 0} {
		if n := b.get("/channels?" + query).doc().Find("#channel-rows tr.row").Length(); n != want {
			t.Errorf("%s: %d rows, want %d", query, n, want)
		}
	}
	if first := b.get("/channels?sort=-name").doc().Find("#channel-rows .name").First().Text(); first != "two" {
		t.Errorf("from the end: %q first", first)
	}
}

func TestChannelPage(t *testing.T) {
	_, b := withChannels(t)
	r := b.get(twoPath)
	if r.status != http.StatusOK {
		t.Fatalf("%d", r.status)
	}
	text := r.doc().Find("article").Text()
	for _, want := range []string{
		"two", "ON", "rtmp://push.example.com/live/two_3000000", "https://play.example.com/live/two/index.m3u8", "segments of 4 s",
		"This service tells whether a channel is ON", "Nothing is recorded", "Turn the channel OFF first",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	for _, path := range []string{"/channels/push.example.com/live/none", "/channels/a/b/c"} {
		if r := b.get(path); r.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.status)
		}
	}
}

func TestChannelIsTurnedOffAfterAQuestion(t *testing.T) {
	h, b := withChannels(t)
	asked := b.get(twoPath + "/stop")
	if asked.status != http.StatusOK || !strings.Contains(asked.body, "Turn OFF two?") || !strings.Contains(asked.body, "play.example.com/live/two") {
		t.Fatalf("%d %s", asked.status, asked.doc().Find("main").Text())
	}
	if r := b.post(twoPath+"/stop", form("ticket", "made-up")); r.status != http.StatusConflict {
		t.Errorf("without the ticket: %d", r.status)
	}
	if n := len(h.cloud.Calls("ModifyOttChannelInfoStats")); n != 0 {
		t.Fatalf("%d calls", n)
	}
	ticket, _ := asked.doc().Find(`input[name="ticket"]`).Attr("value")
	if r := b.post(twoPath+"/stop", form("ticket", ticket, "from", "flow")); r.status != http.StatusSeeOther || r.header.Get("Location") != twoPath {
		t.Fatalf("%d to %s", r.status, r.header.Get("Location"))
	}
	key := pushChannel("two", "").ChannelKey
	if ch, _ := h.cloud.Channel(key); ch.State != medialive.ChannelOff {
		t.Errorf("it is %s", ch.State)
	}
	eventually(t, "the page says so", func() bool { return strings.Contains(b.get(twoPath).doc().Find("#flow-state").Text(), "OFF") })
	if got := b.get(twoPath).doc().Find("#activity").Text(); !strings.Contains(got, "turned the channel OFF") {
		t.Errorf("activity: %s", got)
	}
	if got := b.get("/activity").body; !strings.Contains(got, `href="`+twoPath+`"`) {
		t.Error("the trail does not lead to the channel")
	}
	if r := b.post(twoPath+"/start", form("from", "list")); r.status != http.StatusSeeOther || r.header.Get("Location") != "/channels" {
		t.Errorf("turned ON: %d to %s", r.status, r.header.Get("Location"))
	}
	if ch, _ := h.cloud.Channel(key); ch.State != medialive.ChannelOn {
		t.Errorf("it is %s", ch.State)
	}
}

// TestRenamedChannel: the heading of an open page follows.
func TestRenamedChannel(t *testing.T) {
	h, b := withChannels(t)
	if name := b.page(twoPath).Find("h1#channel-name[data-title]").Text(); name != "two" {
		t.Errorf("the heading is %q", name)
	}
	live := b.live("view=channel&id=" + url.QueryEscape(strings.TrimPrefix(twoPath, "/")))
	h.cloud.ChangeChannel(pushChannel("two", "").ChannelKey, func(ch *medialive.Channel) { ch.Name = "Renamed" })
	live.await("the heading follows", func(e event) bool {
		return strings.Contains(e.data, partial("channel-name")) && strings.Contains(e.data, ">Renamed</h1>")
	})
}

// TestRowOfAChannelAsks: the question takes the place of the row, and gives it
// back.
func TestRowOfAChannelAsks(t *testing.T) {
	_, b := withChannels(t)
	f := b.fragments()
	armed := f.get(twoPath + "/stop?from=list")
	if !strings.Contains(armed.body, `id="armed-channels_2fpush_2eexample_2ecom_2flive_2ftwo"`) || !strings.Contains(armed.body, "Turn OFF two?") {
		t.Errorf("%d %s", armed.status, armed.body)
	}
	if row := f.get(twoPath + "/row"); !strings.Contains(row.body, `id="flow-channels_2fpush_2eexample_2ecom_2flive_2ftwo"`) {
		t.Errorf("%d %s", row.status, row.body)
	}
}

func TestProtectedChannel(t *testing.T) {
	h, b := withChannels(t)
	if r := b.post(twoPath+"/protect", form("reason", "on air")); r.status != http.StatusSeeOther || r.header.Get("Location") != twoPath {
		t.Fatalf("%d to %s", r.status, r.header.Get("Location"))
	}
	other := h.signedIn("op-2")
	eventually(t, "others are told", func() bool { return strings.Contains(other.get(twoPath).body, "op-1") })
	if r := other.get(twoPath + "/stop"); !strings.Contains(r.body, "op-1") || strings.Contains(r.body, `name="ticket"`) {
		t.Errorf("%d %s", r.status, r.doc().Find("main").Text())
	}
	if r := other.fragments().post(twoPath+"/stop", form("from", "list")); r.status == http.StatusOK {
		t.Errorf("stopped by a stranger: %d", r.status)
	}
	if n := len(h.cloud.Calls("ModifyOttChannelInfoStats")); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// TestWhoMayNotListChannels sees none, though the snapshot has them.
func TestWhoMayNotListChannels(t *testing.T) {
	h, _ := withChannels(t)
	h.cloud.Inject("ListOttChannelInfo", 0, medialivetest.Status(http.StatusForbidden, "APIG.0302", "no"))
	other := h.signedIn("op-2")
	for _, path := range []string{"/channels", twoPath, twoPath + "/row", "/live?view=channels", "/live?view=channel&id=" + url.QueryEscape(twoPath[1:])} {
		if r := other.get(path); r.status != http.StatusForbidden || strings.Contains(r.body, "play.example.com") {
			t.Errorf("%s: %d", path, r.status)
		}
	}
}

func FuzzParseChannelQuery(f *testing.F) {
	f.Add("limit=20&offset=40&status=live&protocol=srt_push&q=x&sort=-state")
	f.Add("limit=-1&status=%zz&sort=--name")
	f.Fuzz(func(t *testing.T, raw string) {
		v, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		q, _ := handlers.ParseChannelQuery(v, 50)
		again, faults := handlers.ParseChannelQuery(q.Values(), 50)
		if again != q || len(faults) != 0 {
			t.Errorf("%+v is read back as %+v, %v", q, again, faults)
		}
	})
}

// TestWaysBackToChannels: a page of a channel is come back to after a sign-in,
// and nothing else that looks like one.
func TestWaysBackToChannels(t *testing.T) {
	h, _ := withChannels(t)
	for next, want := range map[string]string{
		"/channels?status=on":     "/channels?limit=50&status=on",
		"/channels/new":           "/channels/new",
		twoPath:                   twoPath,
		twoPath + "/input":        twoPath + "/input",
		twoPath + "/stop":         "/channels?limit=50",
		twoPath + "/input/x":      "/channels?limit=50",
		"/channels/../live/two":   "/channels?limit=50",
		"/channels/a/b":           "/channels?limit=50",
		"/channels/%2e%2e/b/c":    "/channels?limit=50",
		"/channels/a%2fb/live/id": "/channels?limit=50",
	} {
		values := form("account", "account", "username", "op-1", "password", password, "region", "local", "next", next)
		r := h.browser().post("/login", values)
		if got := r.header.Get("Location"); r.status != http.StatusSeeOther || got != want {
			t.Errorf("%s: %d to %s, want %s", next, r.status, got, want)
		}
	}
}

// TestActivityOfAChannel: it is chosen by its id, and called by its name.
func TestActivityOfAChannel(t *testing.T) {
	_, b := withChannels(t)
	if r := b.post("/channels/push.example.com/live/one/start", form("from", "flow")); r.status != http.StatusSeeOther {
		t.Fatalf("%d", r.status)
	}
	of := "?flow=" + url.QueryEscape("channels/push.example.com/live/one")
	if page := b.get("/activity" + of).doc().Find("main").Text(); !strings.Contains(page, "turned the channel ON") || strings.Contains(page, "%2F") {
		t.Errorf("%s", page)
	}
	if r := b.get("/alarms" + of + "&show=past"); r.status != http.StatusOK || !strings.Contains(r.doc().Find("main").Text(), "one") {
		t.Errorf("%d", r.status)
	}
}
