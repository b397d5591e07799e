package handlers_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/gateway"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/store"
)

// TestChannelGoesBack: a channel is kept as it works, its page tells what differs,
// and leads back step by step; of who looks on too.
func TestChannelGoesBack(t *testing.T) {
	t.Parallel()
	h, b := withChannels(t)
	key := pushChannel("two", "").ChannelKey
	if r := b.get(twoPath + "/good"); r.status != http.StatusNotFound {
		t.Errorf("none is kept: %d", r.status)
	}
	if text := b.page(twoPath).Find(".care-good").Text(); !strings.Contains(text, "None kept yet") || !strings.Contains(text, "does not tell") {
		t.Errorf("none is kept: %q", text)
	}
	b.done(twoPath + "/good")
	if text := b.page(twoPath).Find(".care-good").Text(); !strings.Contains(text, "kept by op-1") || !strings.Contains(text, "as it was then") {
		t.Errorf("kept: %q", text)
	}
	live := b.live("view=channel&id=" + strings.ReplaceAll(strings.TrimPrefix(twoPath, "/"), "/", "%2F"))
	h.cloud.ChangeChannel(key, func(ch *medialive.Channel) {
		ch.Input.Sources[0].Bitrate, ch.Record.RollingBuffer = 9_000_000, 3600
	})
	live.await("who looks on is shown it", func(e event) bool { return strings.Contains(e.data, "2 differences") })
	page := b.page(twoPath + "/good")
	text := page.Find(".good-list").Text()
	for _, want := range []string{"Change the input", "Source 1 · Bitrate", "9.00 Mb/s", "3.00 Mb/s", "viewers lose the picture", "Change the recording", "is deleted"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the steps: %s", want, text)
		}
	}
	if r := b.post(twoPath+"/good/restore", form("ticket", "x")); r.status != http.StatusConflict || h.cloud.ChannelEffects("", key) != 0 {
		t.Errorf("going back unasked: %d", r.status)
	}
	h.cloud.Inject("ModifyOttChannelInfoRecordSettings", 1, medialivetest.Then(func() {
		h.cloud.ChangeChannel(key, func(ch *medialive.Channel) { ch.Record.RollingBuffer = 60 })
	}))
	r := b.post(twoPath+"/good/restore", form("ticket", hidden(page, "ticket"), "reason", "it was better"))
	if r.status != http.StatusOK || r.doc().Find(".result .mark-live").Length() != 1 || r.doc().Find(".result .mark-warn").Length() != 1 {
		t.Errorf("going back: %d %s", r.status, r.doc().Find("main").Text())
	}
	if text := r.doc().Find(".result-why").Text(); !strings.Contains(text, "60 s") || !strings.Contains(text, "sent was") {
		t.Errorf("what was not taken: %q", text)
	}
	for _, path := range []string{"/activity", twoPath} {
		if text := b.page(path).Find("main").Text(); !strings.Contains(text, "done, not all taken") || !strings.Contains(text, "sent was 0") && !strings.Contains(text, "60 s, sent was") {
			t.Errorf("what was not taken is not told on %s: %s", path, text)
		}
	}
	if ch, _ := h.cloud.Channel(key); ch.Input.Sources[0].Bitrate != 3_000_000 {
		t.Errorf("%+v", ch.Input)
	}
}

// TestNotTakenIsTold: a form and the JSON tell what the service did not take though
// it said that it is done, against the channel as it is.
func TestNotTakenIsTold(t *testing.T) {
	t.Parallel()
	h, b := formHouse(t)
	key := pushChannel("two", "").ChannelKey
	forget := func(op string) {
		h.cloud.Inject(op, 1, medialivetest.Then(func() {
			h.cloud.ChangeChannel(key, func(ch *medialive.Channel) { ch.Name = "As before" })
		}))
	}
	check := func(what string, r reply) {
		t.Helper()
		if r.status != http.StatusOK {
			t.Fatalf("%s: %d to %q", what, r.status, r.header.Get("Location"))
		}
		text := r.doc().Find(".problem").Text()
		for _, want := range []string{"did not take all of it", "As before", "sent was <i>Mine</i>"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %q", what, want, text)
			}
		}
		if strings.Contains(r.body, "<i>Mine") {
			t.Errorf("%s: what was typed is markup", what)
		}
	}
	forget("ModifyOttChannelInfoGeneral")
	r := b.post(formTwo+"/general", put(typedForm(t, b.get(formTwo+"/general")), "name", "<i>Mine</i>", "go", "save"))
	check("a form", r)
	if value := r.doc().Find("input[name=name]").AttrOr("value", ""); value != "<i>Mine</i>" {
		t.Errorf("what was typed is %q", value)
	}
	eventually(t, "it is read", func() bool { return strings.Contains(b.get(formTwo+"/general").body, "As before") })
	v := typedForm(t, b.get(formTwo+"/json"))
	var ch map[string]any
	if err := json.Unmarshal([]byte(v.Get("json")), &ch); err != nil {
		t.Fatal(err)
	}
	ch["name"] = "<i>Mine</i>"
	text, _ := json.Marshal(ch)
	forget("ModifyOttChannelInfoGeneral")
	check("JSON", b.post(formTwo+"/json", put(v, "json", string(text), "go", "save")))
	if r := b.post(formTwo+"/general", put(typedForm(t, b.get(formTwo+"/general")), "name", "Taken", "go", "save")); r.status != http.StatusSeeOther {
		t.Errorf("all was taken: %d", r.status)
	}
}

// TestPushAddressesThatWereTold: where an answer told where to push to, that counts,
// as long as the sources are those of then.
func TestPushAddressesThatWereTold(t *testing.T) {
	h, b := withChannels(t)
	const onePath, told = "/channels/push.example.com/live/one", "rtmp://ingest-7.example.com/live/one?sign=8"
	key := pushChannel("one", "").ChannelKey
	if text := b.page(onePath).Find("#channel-input").Text(); !strings.Contains(text, "rtmp://push.example.com/live/one_3000000") || !strings.Contains(text, "Made by the service's rule") {
		t.Errorf("nothing was told: %s", text)
	}
	h.cloud.Inject("ModifyOttChannelInfoStats", 1, medialivetest.PushTo(told, 3_000_000))
	b.done(onePath + "/start")
	text := b.page(onePath).Find("#channel-input").Text()
	if !strings.Contains(text, told) || !strings.Contains(text, "As the service told it") || strings.Contains(text, "one_3000000") {
		t.Errorf("told: %s", text)
	}
	h.cloud.ChangeChannel(key, func(ch *medialive.Channel) { ch.Input.Sources[0].Bitrate = 5_000_000 })
	eventually(t, "it is of other sources", func() bool {
		return strings.Contains(b.page(onePath).Find("#channel-input").Text(), "rtmp://push.example.com/live/one_5000000")
	})
}

// TestMenuCountsWhatMayBeSeen: the menu of places counts the alarms of channels of
// another place only for who may list channels there.
func TestMenuCountsWhatMayBeSeen(t *testing.T) {
	t.Parallel()
	for name, sees := range map[string]bool{"may": true, "may not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := monitor.ChannelID(pushChannel("two", "").ChannelKey)
			j := travel(t, func(j *journey) {
				j.berlin.AddChannel(pushChannel("two", medialive.ChannelOn))
				if !sees {
					j.berlin.Inject("ListOttChannelInfo", 0, medialivetest.ResultStatus(http.StatusForbidden, medialive.CodeNotPermitted, "Unauthorized access"))
				}
				raised := time.Now().Add(-time.Minute)
				body, err := json.Marshal(alarm.Alarm{ID: "a1", Kind: alarm.Failing, Priority: alarm.High, FlowID: id, FlowName: "two", Since: raised, Raised: raised, Count: 1})
				must(t, err)
				must(t, j.store.PutAlarm(t.Context(), store.Alarm{
					ID: "a1", Endpoint: berlin, Project: medialivetest.Project, FlowID: id, Kind: string(alarm.Failing), RaisedAt: raised, Open: true, Body: body,
				}))
			})
			counted := func() string {
				place := j.page("/alarms").Find("#places")
				return strings.TrimSpace(place.Find(".place-count .mono").Text())
			}
			if sees {
				eventually(t, "it is counted", func() bool { return counted() == "1" })
				return
			}
			for range 20 {
				if n := counted(); n != "" {
					t.Fatalf("%s alarms are counted", n)
				}
			}
			if len(j.berlin.Calls("ListOttChannelInfo")) == 0 {
				t.Error("nobody asked whether they may be seen")
			}
		})
	}
}

// TestGoodOfAChannelOnAir: what works is kept by itself before it is changed, and the
// way back is not kept as good; a gateway keeps the secrets that are set.
func TestGoodOfAChannelOnAir(t *testing.T) {
	t.Parallel()
	h := gatewayHouse(t, func(o *gateway.Options) { o.Channels = running{&onAir{runs: map[string]bool{}}} })
	key := medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "air"}
	ch := channelOf(key)
	ch.Outputs[0].HLS[0].ID, ch.Input = "", medialive.ChannelInput{Protocol: medialive.SRTPush, Sources: []medialive.ChannelSource{{Bitrate: 4_000_000, Passphrase: passphrase}}}
	client := h.ask(t.Context())
	if _, err := client.CreateChannel(t.Context(), ch); err != nil {
		t.Fatal(err)
	}
	b, path := h.signedIn("admin"), "/"+monitor.ChannelID(key)
	eventually(t, "it is on air", func() bool { return b.get(path).doc().Find("#flow-state .state-word").Text() == "ON AIR" })
	v := put(typedForm(t, b.get(path+"/input")), "input.sources[0].bitrate", "9M", "go", "save")
	v.Set("seen", hidden(b.fragments().post(path+"/input/effect", v).doc(), "seen"))
	if r := b.post(path+"/input", v); r.status != http.StatusSeeOther {
		t.Fatalf("%d %s", r.status, r.doc().Find(".problem, .form-faults").Text())
	}
	care := b.page(path).Find(".care-good").Text()
	for _, want := range []string{"kept by itself", "1 difference", "9.00 Mb/s → 4.00 Mb/s"} {
		if !strings.Contains(care, want) {
			t.Errorf("no %q in %q", want, care)
		}
	}
	page := b.page(path + "/good")
	if n := page.Find("input[type=password]").Length(); n != 0 {
		t.Errorf("%d secrets are asked for that are still set", n)
	}
	r := b.post(path+"/good/restore", form("ticket", hidden(page, "ticket"), "reason", "it was better"))
	if r.status != http.StatusOK || r.doc().Find(".result .mark-live").Length() != 1 {
		t.Fatalf("going back: %d %s", r.status, r.doc().Find("main").Text())
	}
	if got, err := client.ShowChannel(t.Context(), key); err != nil || got.Input.Sources[0].Bitrate != 4_000_000 || got.Input.Sources[0].Passphrase != medialive.Mask {
		t.Errorf("%+v, %v", got, err)
	}
	eventually(t, "it is as it was kept", func() bool { return strings.Contains(b.page(path).Find(".care-good").Text(), "as it was then") })
}
