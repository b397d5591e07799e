package handlers_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/gateway"
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
