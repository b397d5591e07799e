package browser

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// TestDisplays makes a display by mouse, opens it on a screen and takes it away
// again.
func TestDisplays(t *testing.T) {
	t.Parallel()
	c := launch(t)
	h := build(t)
	h.flow("FEED-A", false)
	h.flow("FEED-B", true)
	b := c.enter(t, h.app.URL)
	b.Do(chromedp.EmulateViewport(1366, 768))
	b.Visit("/displays")
	b.Await("the way to the form", "$('a[href=\"/displays/new\"]') && text('#content').includes('no display yet')")
	picture(b, "displays-none")
	b.Click(`a[href="/displays/new"]`)
	b.AwaitPath("the form", "/displays/new")
	b.Fill("#name", "MCR wall 1")
	b.Await("the preview with the name", "text('#display-preview').includes('MCR wall 1') && text('#display-preview').includes('FEED-A')")
	b.Click(`#mode label:has([value="chosen"])`)
	b.Await("the choice of flows", "$('#add').checkVisibility() && !$('#query').checkVisibility()")
	b.Click(".display-add button")
	b.Await("the first flow", "document.querySelectorAll('.display-flows li').length === 1 && $('#name').value === 'MCR wall 1'")
	b.Click(".display-add button")
	b.Await("both flows", "document.querySelectorAll('.display-flows li').length === 2")
	b.Click(`.display-flows li:nth-child(2) button[value^="up:"]`)
	b.Await("the other order", "text('.display-flows li').includes('FEED-B')")
	b.Click(`#layout label:has([value="4"])`)
	b.Await("a mark on the preview", "($('#display-preview .wall').dataset.marked = 'yes')")
	b.Await("the preview to be fetched again by itself", "!$('#display-preview .wall').dataset.marked")
	b.Await("the preview with four places", "document.querySelectorAll('#display-preview .tile').length === 4")
	picture(b, "display-form")
	b.Click(".display-edit .button-solid")
	b.Await("the link", "$('#display-url') && $('#display-url').textContent.length > 50")
	picture(b, "display-link")
	link := eval[string](b, "$('#display-url').textContent")
	b.Click(".display-once a.button")
	b.Await("the page of the display", "$('#display-preview .tile')")

	screen := c.open(t, h.app.URL)
	screen.Do(chromedp.EmulateViewport(1920, 1080))
	screen.Visit(strings.TrimPrefix(link, h.app.URL))
	screen.AwaitPath("the wall", "/wall")
	screen.Await("its flows, and its stream", "text('.wall').includes('FEED-B') && text('.wall').includes('WAITING') && "+onAWall)
	picture(screen, "wall")
	b.Visit(eval[string](b, "location.pathname"))
	b.Await("the screen in the list", "text('tbody').includes('127.')")
	picture(b, "display")
	b.previewAges(h)
	b.Visit("/displays")
	b.Await("the display in the list", "text('tbody').includes('MCR wall 1') && text('tbody').includes('1 now')")
	picture(b, "displays")

	b.Click("tbody th a")
	b.Await("its page", `$('a[href$="/revoke"]')`)
	b.Click(`a[href$="/revoke"]`)
	b.Await("the question", "$('.confirm form')")
	screen.Expecting("404")
	b.Click(".confirm form button")
	began := time.Now()
	screen.Await("the dark page", "text('body').includes('This display is not in use')")
	t.Logf("dark %v after the press", time.Since(began).Round(10*time.Millisecond))
	b.Await("that it is revoked", "text('#content').includes('Revoked')")
	b.Clean("who keeps the displays")
	screen.Clean("the screen")
}

// previewAges stops the dashboard under the preview of a display, and lets it go on:
// the preview greys and loses its figures as a screen does, and has them again.
func (b *tab) previewAges(h *house) {
	b.T.Helper()
	const frame = "$('[data-preview]').dataset"
	b.Await("the preview", frame+".link === 'ok' && $('#display-preview .tile-waiting time')")
	age := eval[string](b, "text('#display-preview .tile-age')")
	b.Await("its ages to count", "text('#display-preview .tile-age') !== "+chrome.Quoted(age))
	b.Expecting("signal is aborted", "htmx:sse:error", "htmx:error")
	h.signal(apptest.Dashboard, syscall.SIGSTOP)
	b.AwaitWithin(6*time.Second, "the preview to be grey", frame+".link === 'stale' && $('#display-preview .wall-silent').checkVisibility()")
	picture(b, "display-grey")
	b.AwaitWithin(12*time.Second, "its figures to be gone", gone)
	picture(b, "display-gone")
	h.signal(apptest.Dashboard, syscall.SIGCONT)
	b.Await("the preview to be back", frame+".link === 'ok' && $('#display-preview .tile-waiting') && !$('.tile-gone') && "+isOK)
}

// picture keeps what a tab shows where FLOWDECK_PICTURES names a folder.
func picture(b *tab, name string) {
	b.T.Helper()
	dir := os.Getenv("FLOWDECK_PICTURES")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.Ctx, chromedp.CaptureScreenshot())
	must(b.T, err)
	must(b.T, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600))
}
