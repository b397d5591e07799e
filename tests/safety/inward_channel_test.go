package safety

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

// pulling is a channel that pulls from an address.
func pulling(id string, protocol medialive.InputProtocol, address string) medialive.Channel {
	return medialive.Channel{
		ChannelKey: medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: id}, State: medialive.ChannelOn, Mode: medialive.OriginOnly,
		Input: medialive.ChannelInput{Protocol: protocol, Sources: []medialive.ChannelSource{{URL: medialive.URL(address), Bitrate: 1_000_000}}},
		Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{{Package: medialive.Package{
			URL: "https://play.example.com/live/" + id + "/index.m3u8", SegmentDuration: 4,
		}}}}},
	}
}

// TestT13Pulls has channels of a gateway pull from each form of an address, by what
// connects itself, and from some of them by ffmpeg and by the relay.
func TestT13Pulls(t *testing.T) {
	t.Parallel()
	app := apptest.Start(t, map[string]string{"FLOWDECK_GATEWAY_SRT_ADDRESS": "0.0.0.0"}) // else loopback may be called by SRT
	trapped := newTrap(t)
	trapped.works(t)
	ak, sk := app.Key(apptest.User)
	client, err := medialive.New(medialive.Config{
		Endpoint: app.GatewayURL, ProjectID: app.ProjectID, Auth: medialive.AKSK(ak, medialive.Secret(sk), time.Now),
	})
	must(t, err)
	var all []medialive.Channel
	add := func(protocol medialive.InputProtocol, scheme, form, path string) {
		host := form
		if strings.Contains(form, ":") && !strings.HasPrefix(form, "srt:") {
			host = "[" + form + "]"
		}
		all = append(all, pulling(fmt.Sprint("pull-", len(all)), protocol, fmt.Sprintf("%s://%s:%d%s", scheme, host, trapped.port, path)))
	}
	forms := inward(t)
	for _, form := range forms {
		add(medialive.FLVPull, "http", form, "/x.flv")
	}
	for _, form := range []string{"127.0.0.1", "localhost", "::1", "0.0.0.0", "2130706433", forms[len(forms)-1]} {
		add(medialive.HLSPull, "http", form, "/x.m3u8")
		add(medialive.SRTPull, "srt", form, "")
	}
	refused := 0
	for group := range slices.Chunk(all, 10) {
		refused += pullAll(t, client, group)
	}
	n := trapped.arrivals.Load()
	evidence(t, "T13", fmt.Sprintf("pulls of channels: %d addresses that lead inward, %d refused by the API, all others tried: arrivals", len(all), refused), n, "0")
	if n != 0 || refused == len(all) {
		t.Errorf("%d arrivals; %d of %d refused by the API", n, refused, len(all))
	}
}

// pullAll turns channels ON until each has failed to pull, and deletes them. It
// counts those that the API refused.
func pullAll(t *testing.T, client *medialive.Client, group []medialive.Channel) (refused int) {
	t.Helper()
	open := map[medialive.ChannelKey]bool{}
	for _, ch := range group {
		if _, parsed := url.Parse(string(ch.Input.Sources[0].URL)); parsed != nil {
			refused++ // the client cannot even write it
			continue
		}
		if _, err := client.CreateChannel(t.Context(), ch); err != nil {
			if medialive.KindOf(err) != medialive.KindRefused {
				t.Errorf("%s: %v", ch.Input.Sources[0].URL.Reveal(), err)
			}
			refused++
			continue
		}
		open[ch.ChannelKey] = true
	}
	made := len(open)
	await(t, 2*time.Minute, fmt.Sprint("each of ", made, " pulls to have been tried in vain"), func() bool {
		all, err := client.ChannelDetails(t.Context(), medialive.ChannelKey{})
		must(t, err)
		for _, d := range all {
			if d.Run != nil && len(d.Run.Inputs) > 0 && (d.Run.Inputs[0].Problem != "" || tried(d.Run.Inputs[0].SRT)) {
				delete(open, d.ChannelKey)
			}
		}
		return len(open) == 0
	})
	for _, ch := range group {
		drop(context.WithoutCancel(t.Context()), client, ch.ChannelKey)
	}
	return refused
}

// tried tells that a leg has called more than once.
func tried(leg *medialive.LegStatistics) bool { return leg != nil && leg.Attempts > 1 }

// drop turns a channel OFF, and deletes it, if it is there.
func drop(ctx context.Context, client *medialive.Client, key medialive.ChannelKey) {
	_, _ = client.SwitchChannel(ctx, key, medialive.ChannelOff)
	_ = client.DeleteChannel(ctx, key)
}
