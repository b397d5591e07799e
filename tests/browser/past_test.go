package browser

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// testPast chooses stretches and legs of the history, which live on, and takes
// the trail home as a file.
func testPast(t *testing.T, c *chromium) {
	h := build(t)
	f := h.flow("FEED-A", false, listener("viewer-1"))
	b := c.enter(t, h.app.URL)
	b.awaitRow(f.ID, "STANDBY")
	b.Click("#flow-" + f.ID + ` form[action$="/start"] button`)
	b.awaitRow(f.ID, "WAITING")
	relaytest.Push(t, relaytest.Clip(t), inputOf(f))
	b.awaitRow(f.ID, "LIVE")
	arrives(t, "the viewer", record(t, h.output(f.ID, "viewer-1")))
	b.Visit("/flows/" + f.ID)
	b.AwaitPath("the page of the flow", "/flows/"+f.ID)
	b.livesOn("the last ten minutes of the source", 2)
	b.Click(`.chart-ranges a[href*="range=1h"]`)
	b.Await("the last hour", "location.search.includes('range=1h') && text('.chart-ranges [aria-current]') !== '' && "+isOK)
	b.livesOn("the last hour of the source", 1)
	b.Click(`.chart-legs a[href*="leg=viewer-1"]`)
	b.Await("the output", "location.search.includes('leg=viewer-1') && location.search.includes('range=1h') && text('#charts-title').includes('viewer-1') && "+isOK)
	b.livesOn("the last hour of the output", 2)
	b.takesTrailHome(t)
	b.Clean("the past")
}

// livesOn waits until charts have been drawn anew some times, in one document.
func (b *tab) livesOn(what string, times int) {
	b.T.Helper()
	b.mark()
	const drawn = "$$('#charts .chart-line').map((line) => line.getAttribute('d')).join()"
	for range times {
		before := eval[string](b, drawn)
		b.Await(what+" to be drawn anew", drawn+" !== '' && "+drawn+" !== "+chrome.Quoted(before))
	}
	b.sameDocument()
}

// takesTrailHome downloads the trail and finds in it the lines of the page.
func (b *tab) takesTrailHome(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	b.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder,
			BrowserContextID: chromedp.FromContext(b.Ctx).BrowserContextID,
		})
		return err
	}))
	b.Visit("/activity?kind=command")
	b.Await("the command in the trail", "$$('.event').length === 1 && text('.event-who') === 'admin'")
	seq := eval[string](b, "$('.event').id.replace('event-', '')")
	b.Click(`.trail-export a[href^="/activity.csv"]`)
	var rows [][]string
	relaytest.Eventually(t, chrome.Patience, "the file", func() bool {
		found, err := filepath.Glob(filepath.Join(folder, "*.csv"))
		must(t, err)
		if len(found) != 1 {
			return false
		}
		file, err := os.Open(found[0])
		must(t, err)
		defer file.Close()
		rows, err = csv.NewReader(file).ReadAll()
		return err == nil && len(rows) > 1
	})
	for name, want := range map[string]string{"seq": seq, "actor": "admin", "verb": "start", "flow_name": "FEED-A", "outcome": "done"} {
		if i := slices.Index(rows[0], name); i < 0 || len(rows) != 2 || rows[1][i] != want {
			t.Errorf("%s is not %q in the file: %q", name, want, rows)
		}
	}
}
