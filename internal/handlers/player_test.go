package handlers_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/gateway"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/packager"
)

// onAir runs channels without media, and serves what a test says.
type onAir struct {
	mu    sync.Mutex
	runs  map[string]bool
	asked []string
}

func (r *onAir) Put(_ context.Context, spec packager.Spec) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs[spec.ID] = true
	return nil
}

func (r *onAir) Drop(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.runs, id)
}

func (r *onAir) Forget(string) error { return nil }

func (r *onAir) Still(context.Context, string) ([]byte, error) { return nil, nil }

func (r *onAir) Report() (all []packager.ChannelReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.runs {
		all = append(all, packager.ChannelReport{ID: id})
	}
	return all
}

func (r *onAir) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.asked = append(r.asked, req.URL.RequestURI())
	r.mu.Unlock()
	_, name, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	_, name, _ = strings.Cut(name, "/")
	switch name {
	case "index.m3u8":
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		_, _ = io.WriteString(w, "#EXTM3U\nv0/1.ts\n")
	case "v0/1.ts":
		w.Header().Set("Content-Type", "video/mp2t")
		w.Header().Set("Set-Cookie", "theirs=1")
		http.ServeContent(w, req, "", time.Unix(1, 0), strings.NewReader("0123456789"))
	case "page.html":
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<script>alert(1)</script>")
	case "secret.m3u8":
		http.Error(w, "not from this address", http.StatusForbidden)
	default:
		http.NotFound(w, req)
	}
}

// playHouse is a dashboard over a gateway of which channel one is ON.
func playHouse(t *testing.T, change ...func(*gateway.Options)) (*house, *onAir) {
	t.Helper()
	runs := &onAir{runs: map[string]bool{}}
	h := gatewayHouse(t, append([]func(*gateway.Options){func(o *gateway.Options) { o.Channels = runs }}, change...)...)
	target, _ := h.auth.Backend.Target("")
	login, err := medialive.NewIAM(medialive.IAMConfig{Endpoint: target.IAMEndpoint})
	if err != nil {
		t.Fatal(err)
	}
	info, err := login.SignIn(t.Context(), medialive.SignIn{Account: "account", User: "admin", Password: password, Project: "local"})
	if err != nil {
		t.Fatal(err)
	}
	client, err := medialive.New(medialive.Config{Endpoint: target.Endpoint, ProjectID: info.ProjectID, Auth: medialive.Token(info.Token)})
	if err != nil {
		t.Fatal(err)
	}
	ch := channelOf(channelOne)
	ch.Input = medialive.ChannelInput{Protocol: medialive.FLVPull, Sources: []medialive.ChannelSource{{URL: "http://203.0.113.5/a.flv", Bitrate: 4_000_000}}}
	ch.Outputs[0].HLS[0].ID = ""
	ch.Outputs[0].DASH = []medialive.DASHPackage{{Package: medialive.Package{URL: "pull.example.com/live/one/index.mpd", SegmentDuration: 4}}}
	if _, err := client.CreateChannel(t.Context(), ch); err != nil {
		t.Fatal(err)
	}
	return h, runs
}

func TestAChannelIsPlayedByItsPage(t *testing.T) {
	t.Parallel()
	h, runs := playHouse(t)
	b := h.signedIn("admin")
	const path = "/channels/push.example.com/live/one/play"
	var page reply
	eventually(t, "the page has a player", func() bool {
		page = b.get(path)
		return page.status == http.StatusOK && page.doc().Find("[data-player]").Length() == 1
	})
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "media-src 'self' blob:") || !strings.HasPrefix(csp, "default-src 'none'") {
		t.Errorf("policy %q", csp)
	}
	if csp := b.get("/flows").header.Get("Content-Security-Policy"); strings.Contains(csp, "blob:") {
		t.Errorf("policy of other pages %q", csp)
	}
	options := page.doc().Find("[data-player-package] option")
	manifest := options.AttrOr("value", "")
	if options.Length() != 1 || !strings.HasPrefix(manifest, path+"/") || page.doc().Find("#player-part tbody tr").Length() != 2 {
		t.Fatalf("%d packages to play, the first at %q", options.Length(), manifest)
	}
	r := b.get(manifest)
	if r.status != http.StatusOK || r.body != "#EXTM3U\nv0/1.ts\n" || r.header.Get("Content-Type") != "application/vnd.apple.mpegurl" {
		t.Fatalf("manifest: %d %s", r.status, r.body)
	}
	beside := strings.TrimSuffix(manifest, "index.m3u8")
	part := b.do(http.MethodGet, beside+"v0/1.ts?rendition=2", nil, http.Header{"Range": {"bytes=2-4"}})
	if part.status != http.StatusPartialContent || part.body != "234" || part.header.Get("Content-Range") != "bytes 2-4/10" || strings.Contains(part.header.Get("Set-Cookie"), "theirs") {
		t.Errorf("a part of a segment: %d %q %v", part.status, part.body, part.header)
	}
	runs.mu.Lock()
	last := runs.asked[len(runs.asked)-1]
	runs.mu.Unlock()
	if !strings.HasSuffix(last, "/v0/1.ts?rendition=2") {
		t.Errorf("asked for %q", last)
	}
	for file, want := range map[string]int{"page.html": http.StatusBadGateway, "secret.m3u8": http.StatusForbidden, "none.ts": http.StatusNotFound} {
		if r := b.get(beside + file); r.status != want || r.body != "" {
			t.Errorf("%s: %d %q, want %d", file, r.status, r.body, want)
		}
	}
	if r := h.browser().get(manifest); r.status == http.StatusOK {
		t.Error("a stranger is played to")
	}
	if why := page.doc().Find("#play-2").Closest("td").Text(); !strings.Contains(why, "DASH is not played") {
		t.Errorf("DASH: %q", why)
	}
	if n := page.doc().Find("[data-player-past]").Length(); n != 0 {
		t.Error("what cannot be asked for is offered")
	}
}

// TestAPlayerIsToldThatAChannelIsOff: what is not there because the channel is OFF
// is told apart from what is not there yet.
func TestAPlayerIsToldThatAChannelIsOff(t *testing.T) {
	t.Parallel()
	h, _ := playHouse(t)
	b := h.signedIn("admin")
	const path = "/channels/push.example.com/live/one"
	var manifest string
	eventually(t, "the page has a player", func() bool {
		r := b.get(path + "/play")
		if r.status != http.StatusOK {
			return false
		}
		manifest = r.doc().Find("[data-player-package] option").AttrOr("value", "")
		return manifest != ""
	})
	if r := b.post(path+"/stop", form("ticket", hidden(b.page(path+"/stop"), "ticket"))); r.status != http.StatusSeeOther {
		t.Fatalf("OFF: %d", r.status)
	}
	eventually(t, "the player is told", func() bool { return b.get(manifest).status == http.StatusGone })
	if b.page(path+"/play").Find("[data-player]").Length() != 1 {
		t.Error("there is nothing that plays once it is ON")
	}
}

func TestACloudIsNotPlayed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *medialivetest.Cloud) { c.AddChannel(channelOf(channelOne)) })
	b := h.signedIn("op-1")
	const path = "/channels/push.example.com/live/one/play"
	doc := b.openedAt(path).doc()
	if doc.Find("[data-player]").Length() != 0 || !strings.Contains(doc.Find("#player-part").Text(), "pull.example.com/live/one/index.m3u8") {
		t.Errorf("player %q", doc.Find("#player-part").Text())
	}
	if r := b.get(path + "/p1/index.m3u8"); r.status != http.StatusNotFound {
		t.Errorf("a file of a cloud: %d", r.status)
	}
}
