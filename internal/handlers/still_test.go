package handlers_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/gateway"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/packager"
	"github.com/flowdeck/flowdeck/internal/picture"
)

// camera takes a picture a second of everything.
type camera struct{ asked atomic.Int64 }

func (c *camera) Every() time.Duration { return time.Second }

func (c *camera) Latest(string, picture.Source) (picture.Picture, bool) {
	c.asked.Add(1)
	return picture.Picture{JPEG: []byte("\xff\xd8\xff picture"), At: time.Now().Truncate(time.Second)}, true
}

// pictured is a dashboard over a gateway with a camera, and a flow that is LIVE.
func pictured(t *testing.T) (*house, *browser, string) {
	t.Helper()
	h := gatewayHouse(t, func(o *gateway.Options) { o.Pictures = &camera{} })
	b := h.signedIn("admin")
	made := b.post("/flows", form("name", "FEED-A", "protocol", "srt-listener", "start", "1"))
	path := made.header.Get("Location")
	eventually(t, "it is LIVE", func() bool { return b.page(path).Find("#flow-state .state-word").Text() == "LIVE" })
	return h, b, path
}

func TestPictureOfAFlow(t *testing.T) {
	h, b, path := pictured(t)
	still := func(page, within string) *goquery.Selection { return b.page(page).Find(within + " .still") }
	eventually(t, "the list shows it", func() bool { return still("/flows", "#flow-rows").Length() == 1 })
	eventually(t, "its page shows it", func() bool { return still(path, "#flow-box").Length() == 1 })
	img := still(path, "#flow-box").Find("img")
	if img.AttrOr("alt", "") != "Picture of FEED-A" || still(path, "#flow-box").Find("time[data-t]").Length() != 1 {
		t.Error("it has no name, or no age")
	}
	src := img.AttrOr("src", "")
	if !strings.HasPrefix(src, path+"/picture?at=") {
		t.Fatalf("it is at %s", src)
	}
	got := b.get(path + "/picture?at=0")
	if got.status != http.StatusOK || got.header.Get("Content-Type") != "image/jpeg" || got.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(got.body, "\xff\xd8\xff") {
		t.Errorf("%d %v", got.status, got.header)
	}
	eventually(t, "the one that is named may be kept", func() bool {
		named := b.get(b.page(path).Find("#flow-box .still img").AttrOr("src", ""))
		return strings.HasPrefix(named.header.Get("Cache-Control"), "private, max-age=60")
	})
	if r := b.get("/flows/another/picture"); r.status != http.StatusNotFound {
		t.Errorf("of a flow that is not there: %d", r.status)
	}
	if r := h.browser().get(path + "/picture"); r.status == http.StatusOK {
		t.Error("who is not signed in sees it")
	}
}

// TestPictureMoves: the stream tells each new one, as part of what shows it.
func TestPictureMoves(t *testing.T) {
	_, b, path := pictured(t)
	id := strings.TrimPrefix(path, "/flows/")
	list := b.live("view=list&limit=50")
	var seen []string
	for range 2 {
		list.await("another picture in the list", func(e event) bool {
			_, rest, found := strings.Cut(e.data, path+"/picture?at=")
			at, _, _ := strings.Cut(rest, `"`)
			if !found || len(seen) > 0 && seen[len(seen)-1] == at {
				return false
			}
			seen = append(seen, at)
			return strings.Contains(e.data, "flow-"+id)
		})
	}
}

// TestNoPictureOfWhatStands: nothing is shown of a flow without media.
func TestNoPictureOfWhatStands(t *testing.T) {
	_, b, path := pictured(t)
	if r := b.post(path+"/stop", form("ticket", hidden(b.page(path+"/stop"), "ticket"))); r.status != http.StatusSeeOther {
		t.Fatalf("stopping: %d", r.status)
	}
	eventually(t, "it stands", func() bool { return b.page(path).Find("#flow-state .state-word").Text() == "STANDBY" })
	if n := b.page(path).Find(".still").Length() + b.page("/flows").Find(".still").Length(); n != 0 {
		t.Errorf("%d pictures", n)
	}
}

// running has media come into every channel that is ON.
type running struct{ *onAir }

func (r running) Report() []packager.ChannelReport {
	all := r.onAir.Report()
	for i := range all {
		all[i].Since = time.Now().Add(-time.Minute)
		all[i].Inputs = []packager.InputReport{{Role: packager.Primary, Alive: true, Last: time.Now(), Connections: 1}}
		all[i].Packages = []packager.PackageReport{{ID: "p1", Child: packager.ChildReport{Running: true, Starts: 1}}}
	}
	return all
}

func TestPictureOfAChannel(t *testing.T) {
	h, _ := playHouse(t, func(o *gateway.Options) {
		o.Pictures, o.Channels = &camera{}, running{&onAir{runs: map[string]bool{}}}
	})
	b := h.signedIn("admin")
	page := "/" + monitor.ChannelID(channelOne)
	still := func(at, within string) *goquery.Selection { return b.page(at).Find(within + " .still") }
	eventually(t, "the list shows it", func() bool { return still("/channels", "#channel-rows").Length() == 1 })
	eventually(t, "its page shows it", func() bool { return still(page, "#channel-input").Length() == 1 })
	src := still(page, "#channel-input").Find("img").AttrOr("src", "")
	if !strings.HasPrefix(src, page+"/picture?at=") {
		t.Fatalf("it is at %s", src)
	}
	if got := b.get(src); got.status != http.StatusOK || got.header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("%d %v", got.status, got.header)
	}
	if r := b.get("/channels/a/b/c/picture"); r.status != http.StatusNotFound {
		t.Errorf("of a channel that is not there: %d", r.status)
	}
}

// TestPictureOnAWall: a screen sees it by a key that says nothing of the flow, and
// another display's key opens nothing.
func TestPictureOnAWall(t *testing.T) {
	h, b, path := pictured(t)
	key := h.projectOfGateway()
	_, link, err := h.displays.Make(t.Context(), display.Of{Endpoint: key.Endpoint, ProjectID: key.ProjectID, Actor: "op-1"}, display.Display{
		Name: "MCR wall 1", Shows: display.Shows{Mode: display.All}, Look: display.Look{Layout: 16, Language: "en", Theme: "dark", Scale: 100},
	})
	if err != nil {
		t.Fatal(err)
	}
	screen := h.screen(link)
	var src string
	eventually(t, "the wall shows it", func() bool {
		src = screen.page("/wall").Find(".tile-still img").AttrOr("src", "")
		return src != ""
	})
	if id := strings.TrimPrefix(path, "/flows/"); strings.Contains(src, id) || !strings.HasPrefix(src, "/wall/picture/") {
		t.Errorf("it is at %s", src)
	}
	if got := screen.get(src); got.status != http.StatusOK || !strings.HasPrefix(got.body, "\xff\xd8\xff") {
		t.Errorf("%d %v", got.status, got.header)
	}
	if r := screen.get("/wall/picture/0011"); r.status != http.StatusNotFound {
		t.Errorf("another key: %d", r.status)
	}
	if r := b.get(src); r.status == http.StatusOK {
		t.Error("a session is no screen")
	}
	if r := screen.get(path + "/picture"); r.status == http.StatusOK {
		t.Error("a screen sees pictures by the ids of flows")
	}
}

// TestT9Pictures: pictures are the one thing for which walls have a gateway asked,
// by one request for all that are shown, however many walls show them.
func TestT9Pictures(t *testing.T) {
	t.Parallel()
	const displays, each, requests, pause = 10, 10, 6, 500 * time.Millisecond // between two requests, at least
	lens := &camera{}
	h := gatewayHouse(t, func(o *gateway.Options) { o.Pictures = lens })
	b := h.signedIn("admin")
	made := b.post("/flows", form("name", "FEED-A", "protocol", "srt-listener", "start", "1"))
	b.live("view=alarms")
	key := h.projectOfGateway()
	w := h.monitor.Find(key)
	eventually(t, "it is LIVE", func() bool {
		f, ok := w.Peek().Flow(strings.TrimPrefix(made.header.Get("Location"), "/flows/"))
		return ok && f.State == monitor.StateLive
	})
	if n := lens.asked.Load(); n != 0 {
		t.Errorf("%d requests before anything shows a picture", n)
	}
	open := func(n int) {
		_, link, err := h.displays.Make(t.Context(), display.Of{Endpoint: key.Endpoint, ProjectID: key.ProjectID, Actor: "op-1"}, display.Display{
			Name: "MCR wall", Shows: display.Shows{Mode: display.All}, Look: display.Look{Layout: 16, Language: "en", Theme: "dark", Scale: 100},
		})
		if err != nil {
			t.Fatal(err)
		}
		screen := h.screen(link)
		for range n {
			screen.wall("").await("it shows a picture", func(e event) bool { return strings.Contains(e.data, "/wall/picture/") })
		}
	}
	measure := func() time.Duration {
		from, began := lens.asked.Load(), time.Now()
		eventually(t, "it is asked again", func() bool { return lens.asked.Load() >= from+requests })
		return time.Since(began) / requests
	}
	open(1)
	with1 := measure()
	for range displays {
		open(each)
	}
	with100 := measure()
	t.Logf("evidence: T9 | time between two requests for pictures with 1 wall and with %d of %d displays | %.2f s and %.2f s | ≥%.2f s", displays*each+1, displays+1, with1.Seconds(), with100.Seconds(), pause.Seconds()*(requests-1)/requests)
	if least := pause * (requests - 1) / requests; with1 < least || with100 < least {
		t.Errorf("a request every %s, and every %s, want %s at least", with1, with100, least)
	}
}

// projectOfGateway is the project behind the gateway of a house.
func (h *house) projectOfGateway() monitor.Key {
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
	return monitor.Key{Endpoint: target.Endpoint, ProjectID: info.ProjectID}
}
