package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/gateway"
	"github.com/flowdeck/flowdeck/internal/gateway/iam"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
)

// fading has media come into every channel that is ON, until it is cut.
type fading struct {
	*onAir
	cut *atomic.Bool
}

func (r fading) Report() []packager.ChannelReport {
	if !r.cut.Load() {
		return running{r.onAir}.Report()
	}
	all := r.onAir.Report()
	for i := range all {
		all[i].Since = time.Now().Add(-time.Minute)
		all[i].Inputs = []packager.InputReport{{Role: packager.Primary, Last: time.Now().Add(-time.Minute), Connections: 1, Counts: packager.Counts{Frames: 25}}}
	}
	return all
}

const unseen = "CANARY" // in all that a channel is called

// sightHouse is a gateway with a flow and a channel that lost its input, of which
// alarms, lines, deliveries and a display tell; who may see it; and what of it
// there is to ask for.
func sightHouse(t *testing.T) (h *house, users *iam.IAM, boss *browser, at map[string]string) {
	t.Helper()
	cut := &atomic.Bool{}
	h = gatewayHouse(t, func(o *gateway.Options) {
		users = o.IAM.(*iam.IAM)
		o.Channels = fading{&onAir{runs: map[string]bool{}}, cut}
	})
	for _, name := range []string{"boss", "op-1"} {
		if err := users.AddUser(t.Context(), name, password); err != nil {
			t.Fatal(err)
		}
		if err := users.SetPolicy(t.Context(), name, []string{"live:ott:*"}); err != nil {
			t.Fatal(err)
		}
	}
	h.signedIn("admin").live("view=shell") // somebody who may see channels reads throughout
	boss = h.signedIn("boss")
	address, _ := hook(t, http.StatusNoContent)
	hooks := webhookForm(address)
	hooks.Set("least", "1")
	boss.post("/settings/webhooks", hooks)
	boss.post("/flows", form("name", "FEED-A", "protocol", "srt-listener", "start", "1"))
	ch := channelOf(medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: unseen + "-id"})
	ch.Name = unseen + "-name"
	path := h.makeChannel(ch)
	eventually(t, "the channel is on air", func() bool { return boss.get(path).doc().Find("#flow-state .state-word").Text() == "ON AIR" })
	cut.Store(true)
	at = map[string]string{"channel": path}
	eventually(t, "its alarm is raised", func() bool {
		at["alarm"] = boss.page("/alarms").Find("#alarm-rows input[name=id]").AttrOr("value", "")
		return at["alarm"] != ""
	})
	at["hook"] = boss.page("/settings").Find("table a.name").AttrOr("href", "")
	eventually(t, "it is told", func() bool { return strings.Contains(boss.get(at["hook"]).body, unseen) })
	key := h.projectOfGateway()
	d, _, err := h.displays.Make(t.Context(), display.Of{Endpoint: key.Endpoint, ProjectID: key.ProjectID, Actor: "boss"}, display.Display{
		Name: "MCR", Shows: display.Shows{Mode: display.All, Kind: display.OfBoth}, Look: display.Look{Layout: 16, Language: "en", Theme: "dark", Scale: 100},
	})
	if err != nil {
		t.Fatal(err)
	}
	at["display"] = "/displays/" + d.ID
	return h, users, boss, at
}

// makeChannel makes a channel on the gateway of a house, and gives its page.
func (h *house) makeChannel(ch medialive.Channel) string {
	h.t.Helper()
	target, _ := h.auth.Backend.Target("")
	login, err := medialive.NewIAM(medialive.IAMConfig{Endpoint: target.IAMEndpoint})
	if err != nil {
		h.t.Fatal(err)
	}
	info, err := login.SignIn(h.t.Context(), medialive.SignIn{Account: "account", User: "admin", Password: password, Project: "local"})
	if err != nil {
		h.t.Fatal(err)
	}
	client, err := medialive.New(medialive.Config{Endpoint: target.Endpoint, ProjectID: info.ProjectID, Auth: medialive.Token(info.Token)})
	if err != nil {
		h.t.Fatal(err)
	}
	ch.Input = medialive.ChannelInput{Protocol: medialive.FLVPull, Sources: []medialive.ChannelSource{{URL: "http://203.0.113.5/a.flv", Bitrate: 4_000_000}}}
	ch.Outputs[0].HLS[0].ID = ""
	if _, err := client.CreateChannel(h.t.Context(), ch); err != nil {
		h.t.Fatal(err)
	}
	return "/channels/" + ch.Domain + "/" + ch.AppName + "/" + ch.ID
}

// TestWhoMayNotSeeChannels: nothing that a dashboard shows or gives away names a
// channel to somebody whose own token may not list channels.
func TestWhoMayNotSeeChannels(t *testing.T) {
	t.Parallel()
	h, users, boss, at := sightHouse(t)
	names := []string{ // where who may see it does
		"/alarms", "/alarms?show=past", "/alarms/" + at["alarm"], "/activity", "/activity?kind=alarm", "/activity.csv", "/activity.json",
		at["hook"], at["display"], at["display"] + "/preview", at["display"] + "/edit",
	}
	others := []string{"/flows", "/settings", "/displays", "/displays/new", "/labels", "/settings/sessions", "/alarms?show=shelved", "/alarms?show=returned"}
	streams := []string{"view=alarms", "view=activity", "view=shell", "view=list"}
	for _, path := range names {
		if r := boss.get(path); r.status != http.StatusOK || !strings.Contains(r.body, unseen) {
			t.Errorf("%s: %d, and does not name it to who may see it", path, r.status)
		}
	}
	for _, query := range streams[:1] {
		boss.live(query).await("it is named", func(e event) bool { return strings.Contains(e.data, unseen) })
	}
	if err := users.SetPolicy(t.Context(), "boss", []string{"live:ott:*Flow*", "live:ott:showCapabilities"}); err != nil {
		t.Fatal(err)
	}
	blind := h.signedIn("boss") // with a token that never could
	for _, path := range append(names, others...) {
		r := blind.get(path)
		if strings.Contains(r.body, unseen) {
			t.Errorf("%s names it", path)
		}
		if r.status != http.StatusOK && path != "/alarms/"+at["alarm"] {
			t.Errorf("%s: %d", path, r.status)
		}
	}
	if body := blind.post("/displays/preview", filled(blind.page(at["display"]+"/edit"))).body; strings.Contains(body, unseen) {
		t.Error("a preview names it")
	}
	for _, query := range streams {
		blind.live(query).await("a heartbeat", func(e event) bool {
			if strings.Contains(e.data, unseen) {
				t.Errorf("the stream %s names it", query)
			}
			return e.name == "hb"
		})
	}
	if r := blind.get(at["channel"]); r.status != http.StatusForbidden {
		t.Errorf("its page: %d", r.status)
	}
	if body := blind.get("/activity?flow=" + url.QueryEscape(strings.TrimPrefix(at["channel"], "/"))).body; strings.Contains(body, unseen+"-name") {
		t.Error("its own lines name it")
	}
	blind.post("/alarms/ack", form("id", at["alarm"], "note", "by-the-blind"))
	if r := boss.get("/alarms"); strings.Contains(r.body, "by-the-blind") {
		t.Error("its alarm was acknowledged by who may not see it")
	}
}

// TestSightIsGiven: an open page follows what its reader may see, within
// the time in which rights are asked for again.
func TestSightIsGiven(t *testing.T) {
	t.Parallel()
	h, users, _, _ := sightHouse(t)
	if err := users.SetPolicy(t.Context(), "op-1", []string{"live:ott:*Flow*"}); err != nil {
		t.Fatal(err)
	}
	op := h.signedIn("op-1")
	if strings.Contains(op.get("/alarms").body, unseen) {
		t.Fatal("named at once")
	}
	s := op.live("view=alarms")
	if err := users.SetPolicy(t.Context(), "op-1", []string{"live:ott:*"}); err != nil {
		t.Fatal(err)
	}
	h.now.move(30 * time.Second)
	s.await("the page comes back", func(e event) bool { return e.name == "bye" })
	eventually(t, "it is named", func() bool { return strings.Contains(op.get("/alarms").body, unseen) })
}
