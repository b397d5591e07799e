package handlers_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/gateway"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

// ask gives a client of the house's gateway.
func (h *house) ask(ctx context.Context) *medialive.Client {
	h.t.Helper()
	target, _ := h.auth.Backend.Target("")
	login, err := medialive.NewIAM(medialive.IAMConfig{Endpoint: target.IAMEndpoint})
	if err != nil {
		h.t.Fatal(err)
	}
	info, err := login.SignIn(ctx, medialive.SignIn{Account: "account", User: "admin", Password: password, Project: "local"})
	if err != nil {
		h.t.Fatal(err)
	}
	client, err := medialive.New(medialive.Config{Endpoint: target.Endpoint, ProjectID: info.ProjectID, Auth: medialive.Token(info.Token)})
	if err != nil {
		h.t.Fatal(err)
	}
	return client
}

// TestWhereToPush: the page of a channel says what to type into an encoder, part
// by part, and who was turned away.
func TestWhereToPush(t *testing.T) {
	t.Parallel()
	h := gatewayHouse(t, func(o *gateway.Options) {
		o.Channels, o.RTMPFirst, o.RTMPLast = &onAir{runs: map[string]bool{}}, 31900, 31999
	})
	client := h.ask(t.Context())
	srt := formChannel("srt", medialive.ChannelOff)
	srt.Input = medialive.ChannelInput{
		Protocol: medialive.SRTPush, Sources: []medialive.ChannelSource{{Bitrate: 1_000_000, Passphrase: passphrase, KeyLength: 32}},
		Standby: []medialive.ChannelSource{{Bitrate: 1_000_000}},
	}
	for _, ch := range []medialive.Channel{srt, formChannel("rtmp", medialive.ChannelOff)} {
		if _, err := client.CreateChannel(t.Context(), ch); err != nil {
			t.Fatal(err)
		}
	}
	b := h.signedIn("admin")
	for page, want := range map[string][]string{
		"srt":  {"OBS", "vMix", "ffmpeg -re", "pbkeylen=32&passphrase=$SRT_KEY", "SRT Caller", "live/srt", "AES-256", "&passphrase=", "Push to, Primary", "Push to, Standby", "Refused callers"},
		"rtmp": {"OBS", "Stream key", "-f flv", "rtmp://127.0.0.1:", "/live", "rtmp_3000000"},
	} {
		var r reply
		eventually(t, "the page has where to push", func() bool {
			r = b.get("/channels/push.example.com/live/" + page)
			return r.status == http.StatusOK && strings.Contains(r.doc().Find("#channel-input").Text(), "OBS")
		})
		text := r.doc().Find("#channel-input, #refused").Text()
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: no %q in %s", page, w, text)
			}
		}
		if strings.Contains(r.body, passphrase) {
			t.Errorf("%s shows the passphrase", page)
		}
	}
}

// TestFlowThatAChannelReads: a flow leads to a new channel with it, the channel's page
// names it and leads back, and says so when it is gone.
func TestFlowThatAChannelReads(t *testing.T) {
	t.Parallel()
	h := gatewayHouse(t, func(o *gateway.Options) { o.Channels = &onAir{runs: map[string]bool{}} })
	client := h.ask(t.Context())
	flow, err := client.CreateFlow(t.Context(), medialive.NewFlow{Name: "camera-1", Region: "local", Source: medialive.Source{Name: "in", Protocol: medialive.Listener}})
	if err != nil {
		t.Fatal(err)
	}
	b := h.signedIn("admin")
	lead := `a[href="/channels/new?flow=` + flow.ID + `"]`
	eventually(t, "the flow's page leads to a channel", func() bool {
		r := b.get("/flows/" + flow.ID)
		return r.status == http.StatusOK && r.doc().Find(lead).Length() == 1
	})
	v := put(typedForm(t, b.get("/channels/new?flow="+flow.ID)), "domain", "push.example.com", "id", "three", "go", "to:input")
	v = put(typedForm(t, b.post("/channels/new", v)), "input.sources[0].bitrate", "1M", "go", "to:look")
	r := b.post("/channels/new", v)
	if r := b.post("/channels/new", put(typedForm(t, r), "go", "create")); r.status != http.StatusSeeOther {
		t.Fatalf("%d %s", r.status, r.doc().Find(".form-faults, .problem").Text())
	}
	const page = "/channels/push.example.com/live/three"
	eventually(t, "the channel names the flow", func() bool {
		r := b.get(page)
		return r.status == http.StatusOK && strings.TrimSpace(r.doc().Find(`#channel-input a[href="/flows/`+flow.ID+`"]`).Text()) == "camera-1"
	})
	if err := client.DeleteFlow(t.Context(), flow.ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the flow is gone", func() bool {
		return strings.Contains(b.get(page).doc().Find("#channel-input").Text(), "is not there any more")
	})
}
