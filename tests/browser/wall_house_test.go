package browser

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// tileOf is the tile with a name.
func tileOf(name string) string {
	return "$$('.tile').find((e) => e.querySelector('.umd-name')?.textContent === '" + name + "')"
}

// hung makes a display on the pages for it, and opens its link on a screen of its
// own.
func (h *house) hung(c *chromium, b *tab) *tab {
	h.t.Helper()
	b.Visit("/displays/new")
	b.Await("the form", "$('#display-form #name') && "+isOK)
	b.Fill("#name", "MCR wall 1")
	b.Click(`#display-form .form-buttons button[type="submit"]`)
	b.Await("the link", "$('#display-url')")
	path, found := strings.CutPrefix(eval[string](b, "text('#display-url')"), h.app.URL)
	if !found {
		h.t.Fatal("the link leads elsewhere")
	}
	screen := c.open(h.t, h.app.URL)
	screen.Visit(path)
	screen.Await("the wall", onAWall)
	return screen
}

// testWallOfHouse hangs a wall of the whole program: it lives with the media, greys
// when the server stops, outlives it, follows its display, and is dark once its link
// is revoked.
func testWallOfHouse(t *testing.T, c *chromium) {
	h := build(t)
	f := h.flow("FEED-A", true, listener("viewer-1"))
	h.flow("FEED-B", false)
	b := c.enter(t, h.app.URL)
	screen := h.hung(c, b)
	screen.Await("the flows", tileOf("FEED-A")+"?.matches('.tile-waiting') && "+tileOf("FEED-B")+"?.matches('.tile-standby')")
	relaytest.Push(t, relaytest.Clip(t), inputOf(f))
	took := screen.Await("LIVE with a figure", tileOf("FEED-A")+"?.matches('.tile-live') && "+tileOf("FEED-A")+".querySelector('.tile-bitrate')")
	t.Logf("LIVE on the wall %v after the sender began", took.Round(time.Millisecond))
	if got := eval[string](screen, "location.pathname"); got != "/wall" {
		t.Errorf("the wall is at %s", got)
	}
	screen.Clean("a wall")
	screen.mark()

	h.signal(apptest.Dashboard, syscall.SIGSTOP)
	took = screen.AwaitWithin(4*time.Second, "the wall to be grey", "document.documentElement.dataset.link === 'stale'")
	t.Logf("grey %v after SIGSTOP", took.Round(time.Millisecond))
	screen.AwaitWithin(12*time.Second, "the figures to be gone", gone)
	h.signal(apptest.Dashboard, syscall.SIGCONT)
	took = screen.Await("the wall to live", onAWall+" && "+tileOf("FEED-A")+"?.matches('.tile-live')")
	t.Logf("alive %v after SIGCONT", took.Round(time.Millisecond))

	screen.Expecting("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "503")
	h.app.Kill(apptest.Dashboard)
	screen.AwaitWithin(4*time.Second, "the wall to be grey", "document.documentElement.dataset.link === 'stale'")
	h.app.Serve()
	took = screen.Await("the wall to live", onAWall+" && "+tileOf("FEED-A")+"?.matches('.tile-live')")
	t.Logf("alive %v after the dashboard", took.Round(time.Millisecond))
	screen.sameDocument()
	screen.Clean("a wall that outlives its server")

	b.Visit("/displays")
	b.Await("the displays", "$('.displays .name')")
	b.Click(".displays .name")
	b.Await("the display", "$('a[href$=\"/edit\"]')")
	b.Click(`a[href$="/edit"]`)
	b.Await("its form", "$('#display-form') && "+isOK)
	b.Click(`label:has(input[name="layout"][value="4"])`)
	b.Click(`#display-form .form-buttons button[type="submit"]`)
	took = screen.Await("the new layout", "$('.wall-4') && "+onAWall)
	t.Logf("another layout after %v", took.Round(time.Millisecond))

	b.Await("the display", "$('a[href$=\"/revoke\"]')")
	b.Click(`a[href$="/revoke"]`)
	b.Await("the question", "$('.confirm [data-guarded]')")
	screen.Expecting("404")
	b.Click(".confirm [data-guarded]")
	took = screen.Await("the wall to be dark", "$('[data-wall=\"dark\"]') && !$('.tile')")
	t.Logf("dark %v after its link was revoked", took.Round(time.Millisecond))
	if took > 5*time.Second {
		t.Errorf("dark after %v, want 5 s", took)
	}
	screen.Clean("a wall without a link")
}
