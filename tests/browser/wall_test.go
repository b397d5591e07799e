package browser

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/flowdeck/flowdeck/tests/wallstage"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
	"github.com/flowdeck/flowdeck/web/templates/wall"
	"github.com/flowdeck/flowdeck/web/templates/wall/walltest"
)

// onAWall holds where the stream of a wall speaks.
const onAWall = "document.documentElement.dataset.link === 'ok'"

// TestWall shows a wall in Chromium, from a server that does as it is told.
func TestWall(t *testing.T) {
	t.Parallel()
	c := launch(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *chromium)
	}{
		{"boards", testWallBoards},
		{"legible", testWallLegible},
		{"lives", testWallLives},
		{"flashes", testWallFlashes},
		{"frozen server", testWallFrozenServer},
		{"no script", testWallNoScript},
		{"moves", testWallMoves},
		{"killed server", testWallKilledServer},
		{"new version", testWallNewVersion},
		{"not in use", testWallNotInUse},
		{"not in use, and no server", testWallDarkAndDown},
		{"spread", testWallSpread},
		{"house", testWallOfHouse},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, c)
		})
	}
}

// onWall opens the wall of a stage on a screen, and waits until it lives.
func (c *chromium) onWall(t *testing.T, s *wallstage.Stage, width, height int64) *tab {
	t.Helper()
	b := c.open(t, s.URL)
	b.Do(chromedp.EmulateViewport(width, height))
	b.Visit("/wall")
	b.Await("the wall", onAWall+" && document.fonts.status === 'loaded'")
	return b
}

// screens are the sizes of screens that a wall is looked at on.
var screens = [][2]int64{{1366, 768}, {1920, 1080}, {3840, 2160}, {2560, 1080}, {1080, 1920}, {390, 844}}

// misfits finds what reaches beyond its tile or the screen, lies over another
// thing, or takes two lines, on the screen that is shown.
const misfits = `(() => {
	const found = [], screen = {left: 0, top: 0, right: innerWidth, bottom: innerHeight};
	const say = (e, what) => found.push(what + ': ' + e.className + ' ' + e.textContent.trim().replace(/\s+/g, ' ').slice(0, 40));
	const seen = (e) => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0;
	for (const e of $$('.tile-word, .tile-age, .tile-bitrate, .tile-count, .tile-said, .tile-cause, .umd-name, .umd-words, .umd-lamp, .umd-owner')) {
		if (!seen(e)) continue;
		const r = e.getBoundingClientRect(), box = e.closest('.umd, .tile-body').getBoundingClientRect(), slack = Math.max(1.5, box.height * 0.02);
		if (r.left < box.left - slack || r.right > box.right + slack || r.top < box.top - slack || r.bottom > box.bottom + slack) say(e, 'beyond its tile');
	}
	for (const e of $$('.wall-bar *, .wall-foot *')) {
		if (!seen(e)) continue;
		const r = e.getBoundingClientRect();
		if (r.left < -1 || r.right > screen.right + 1 || r.top < -1 || r.bottom > screen.bottom + 1) say(e, 'beyond the screen');
	}
	for (const e of $$('.wall-count b')) { // its word may give way, and not the number
		const r = e.getBoundingClientRect(), box = e.parentElement.getBoundingClientRect();
		if (seen(e) && (r.top > box.top + box.height / 2 || r.right > box.right + 1)) say(e, 'not seen whole');
	}
	for (const e of $$('.umd-name, .tile-word, .tile-age, .tile-bitrate, .wall-name, .wall-count')) {
		if (seen(e) && e.getBoundingClientRect().height > parseFloat(getComputedStyle(e).fontSize) * 1.9) say(e, 'in two lines');
	}
	for (const line of $$('.tile-line, .wall-bar, .wall-counts')) {
		const parts = [...line.children].filter(seen).map((e) => [e, e.getBoundingClientRect()]);
		for (let i = 1; i < parts.length; i++) {
			const [e, r] = parts[i], before = parts[i - 1][1];
			if (r.left < before.right - 1 && r.top < before.bottom - before.height / 3 && r.bottom > before.top + before.height / 3) say(e, 'over what is before it');
		}
	}
	const root = document.documentElement;
	if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) found.push('there is more than the screen');
	if ($$('a, button, form, input, select, textarea, dialog, [title], [tabindex]').length) found.push('there is something to press');
	return found;
})()`

// testWallBoards looks at every board on every screen, in both languages and
// both themes: all texts in their places, nothing to press, no scrollbar, no error, no
// violation of the content security policy or of accessibility.
func testWallBoards(t *testing.T, c *chromium) {
	rules := readAxe(t)
	for _, d := range dresses() {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			samples := walltest.Samples(text.For(d.lang), time.Now())
			s := wallstage.Start(t, samples[0].Board, d.theme)
			b := c.onWall(t, s, 1920, 1080)
			for _, sample := range samples {
				s.Change(func(b *wall.Board) { *b = sample.Board })
				b.Visit("/wall")
				b.Await(sample.Name, onAWall+" && document.fonts.status === 'loaded'")
				for _, size := range screens {
					b.Do(chromedp.EmulateViewport(size[0], size[1]))
					if found := eval[[]string](b, misfits); len(found) > 0 {
						t.Errorf("%s at %d×%d: %s", sample.Name, size[0], size[1], strings.Join(found, "\n\t"))
					}
				}
				b.Do(chromedp.EmulateViewport(1920, 1080))
				b.Clean(sample.Name)
				b.examine(rules, sample.Name)
				b.Forget()
			}
		})
	}
}

// reads is how tall a capital must be on a 4K screen, in px, for each layout, by
// the table of distances: the layout can be read from there.
var reads = []struct {
	layout int
	cap    float64
	from   string
}{
	{1, 150, `8 m on 43"`},
	{4, 117, `8 m on 55"`},
	{9, 76, `8 m on 85"`},
	{16, 62, `5 m on 65"`},
	{25, 47, `5 m on 85"`},
	{36, 37, `3 m on 65"`},
}

// smallestCap measures the smallest capital or figure of what must be read.
const smallestCap = `(() => {
	const pen = document.createElement('canvas').getContext('2d');
	let least = Infinity, which = '';
	for (const e of $$('.umd-name, .tile-word, .tile-age time')) {
		const style = getComputedStyle(e);
		pen.font = style.fontWeight + ' ' + style.fontSize + ' ' + style.fontFamily;
		const high = pen.measureText(e.matches('time') ? '0' : 'H').actualBoundingBoxAscent;
		if (high < least) [least, which] = [high, e.className || 'age'];
	}
	return {Least: least, Which: which};
})()`

// testWallLegible measures names, words and ages of every state on a 4K screen,
// and on 1080p, where they are half as many px of the same height.
func testWallLegible(t *testing.T, c *chromium) {
	s := wallstage.Start(t, walltest.Board(text.English, time.Now(), 16), "dark")
	b := c.onWall(t, s, 3840, 2160)
	for _, r := range reads {
		for _, tally := range []bool{true, false} {
			s.Change(func(b *wall.Board) {
				*b = walltest.Board(text.English, time.Now(), r.layout)
				b.Tally = tally
			})
			for _, width := range []int64{3840, 1920} {
				b.Do(chromedp.EmulateViewport(width, width*9/16))
				b.Visit("/wall")
				b.Await("the wall", onAWall+" && document.fonts.status === 'loaded'")
				got := eval[struct {
					Least float64
					Which string
				}](b, smallestCap)
				scaled := got.Least * 3840 / float64(width)
				t.Logf("%d tiles on %d: capitals of %.1f px (%s), %.1f px on 4K: from %s", r.layout, width, got.Least, got.Which, scaled, r.from)
				if scaled < r.cap-0.5 {
					t.Errorf("%d tiles: %s is %.1f px high on 4K, want %.0f", r.layout, got.Which, scaled, r.cap)
				}
			}
		}
	}
}

// testWallLives follows a flow through its states on the screen: each change is
// shown at once, alone, and ages and clocks count on.
func testWallLives(t *testing.T, c *chromium) {
	s := wallstage.Start(t, walltest.Board(text.English, time.Now(), 16), "dark")
	b := c.onWall(t, s, 1920, 1080)
	b.mark()
	eval[bool](b, "($('#place-4').dataset.kept = 'yes') === 'yes'")
	b.Await("the UTC clock", "Math.abs(Date.parse(new Date().toISOString().slice(0, 11) + text('[data-clock=\"utc\"]') + 'Z') - Date.now()) < 2000")
	b.Await("the other clock", `text('.wall-clock-more').startsWith('Singapore +08') && /\d\d:\d\d:\d\d$/.test(text('.wall-clock-more'))`)
	s.Change(func(b *wall.Board) {
		t := &b.Tiles[2]
		t.State, t.Since, t.Cause, t.Unacked = wall.SourceLost, time.Now(), wall.CauseNobody, true
	})
	took := b.Await("the source to be lost", "text('#place-3 .tile-word') === 'SOURCE LOST' && $('#place-3.tile-lost.tile-unacked')")
	t.Logf("shown after %v", took.Round(time.Millisecond))
	b.Await("its age to count", "/00:0[2-9]/.test(text('#place-3 .tile-age'))")
	s.Change(func(b *wall.Board) { b.Tiles[2].State, b.Tiles[2].Unacked = wall.Live, false })
	b.Await("the source to be back", "$('#place-3.tile-live') && text('#place-3 .tile-word') === 'LIVE'")
	s.Change(func(b *wall.Board) { b.Tiles = b.Tiles[:3] })
	b.Await("the places to be empty", "$$('.tile-none').length === 13")
	s.Change(func(b *wall.Board) {
		b.Pages, b.Tiles = wall.Pages{Now: 2, Of: 2}, walltest.Board(text.English, time.Now(), 16).Tiles
	})
	b.Await("the second page", "text('.wall-foot').includes('Page 2 of 2') && $$('.tile:not(.tile-none)').length === 16")
	if eval[bool](b, "$('#place-4').dataset.kept === 'yes'") {
		t.Error("a place that was emptied still has what was written on it: nothing was replaced")
	}
	b.sameDocument()
	b.Clean("the wall")
}

// testWallFlashes counts the flashes of what nobody has acknowledged: one a
// second, the fill stays, none for those who want less motion, and none after the
// acknowledgement.
func testWallFlashes(t *testing.T, c *chromium) {
	board := walltest.Board(text.English, time.Now(), 16)
	s := wallstage.Start(t, board, "dark")
	b := c.onWall(t, s, 1920, 1080)
	const counted = `new Promise((done) => {
		let flashes = 0, was = '', fills = new Set(), until = performance.now() + 5000;
		(function look() {
			const is = getComputedStyle($('#place-2 .tile-state > .mark')).visibility;
			fills.add(getComputedStyle($('#place-2 .tile-body')).backgroundColor);
			if (was === 'hidden' && is === 'visible') flashes++;
			was = is;
			performance.now() < until ? requestAnimationFrame(look) : done([flashes, fills.size]);
		})();
	})`
	count := func() []int {
		t.Helper()
		got, err := chromedp.Run(b.Ctx, chromedp.Evaluate[[]int](strings.ReplaceAll(counted, "$('", "document.querySelector('"), chromedp.EvalAwaitPromise))
		must(t, err)
		return got
	}
	if got := count(); got[0] < 4 || got[0] > 6 || got[1] != 1 {
		t.Errorf("%d flashes in 5 s, %d fills", got[0], got[1])
	}
	b.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	}))
	if got := count(); got[0] != 0 {
		t.Errorf("%d flashes in 5 s with reduced motion", got[0])
	}
	b.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
		return err
	}))
	s.Change(func(b *wall.Board) { b.Tiles = slices.Clone(b.Tiles); b.Tiles[1].Unacked = false })
	b.Await("the acknowledgement", "$('#place-2.tile-lost:not(.tile-unacked)')")
	if got := count(); got[0] != 0 {
		t.Errorf("%d flashes in 5 s after the acknowledgement", got[0])
	}
}

// gone holds where nothing is shown as if it were known.
const gone = `$$('.tile:not(.tile-none)').every((e) => e.matches('.tile-stale')) && $$('.tile-word').every((e) => e.textContent === 'STALE') &&
	$$('.tile [data-v]').every((e) => e.textContent === '--') && $$('.tile-age, .slots, .trace, .tile-cause, .umd-words').length === 0`

// coloured finds a colour that says something about a signal: green, amber, red.
const coloured = `$$('.wall-tiles *').filter((e) => e.checkVisibility({visibilityProperty: true})).flatMap((e) => {
	const s = getComputedStyle(e);
	return [s.color, s.backgroundColor, s.borderTopColor, s.fill, s.stroke].filter((c) => {
		const [r, g, b, a] = (c.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
		return a !== 0 && Math.max(r, g, b) - Math.min(r, g, b) > 60;
	}).map((c) => e.className + ' ' + c);
})`

// testWallFrozenServer stops the server with its connections open, for a while
// and for longer: the wall greys, then takes its figures away, and has them again
// by itself.
func testWallFrozenServer(t *testing.T, c *chromium) {
	s := wallstage.Start(t, walltest.Board(text.English, time.Now(), 16), "dark")
	b := c.onWall(t, s, 1920, 1080)
	b.mark()
	if got := eval[[]string](b, coloured); len(got) == 0 {
		t.Fatal("nothing is coloured before")
	}
	s.Freeze()
	grey := b.AwaitWithin(4*time.Second, "the wall to be grey", "document.documentElement.dataset.link === 'stale' && $('.wall-silent').checkVisibility()")
	if got := eval[[]string](b, coloured); len(got) > 0 {
		t.Errorf("still coloured: %s", strings.Join(got[:min(5, len(got))], "; "))
	}
	t.Logf("grey after %v", grey.Round(time.Millisecond))
	s.Thaw()
	back := b.Await("the wall to live", onAWall+" && !$('.wall-silent').checkVisibility()")
	t.Logf("alive %v after the server", back.Round(time.Millisecond))
	s.Freeze()
	b.AwaitWithin(12*time.Second, "the figures to be gone", gone)
	if got := eval[[]string](b, coloured); len(got) > 0 {
		t.Errorf("coloured, and gone: %s", strings.Join(got[:min(5, len(got))], "; "))
	}
	if names := eval[int](b, "$$('.umd-name').filter((e) => e.textContent.trim()).length"); names != 16 {
		t.Errorf("%d names are left", names)
	}
	s.Thaw()
	b.Await("the figures to be back", onAWall+" && text('#place-3 .tile-word') === 'LIVE' && text('#place-3 .tile-bitrate').startsWith('8.02') && !$('.tile-gone')")
	b.sameDocument()
	s.Change(func(b *wall.Board) {
		b.Tiles, b.Abnormal, b.Normal, b.Why, b.Pages = nil, true, 142, wall.WhyAllNormal, wall.Pages{Now: 1, Of: 2}
	})
	b.Await("all to be normal", "$('.tile-nothing').checkVisibility({visibilityProperty: true}) && $('.wall-normal').checkVisibility({visibilityProperty: true})")
	s.Freeze()
	b.AwaitWithin(4*time.Second, "nothing to be called normal", "$$('.tile-nothing, .wall-normal, .wall-counts, .wall-page-word').every((e) => !e.checkVisibility({visibilityProperty: true}))")
	s.Thaw()
	b.Await("all to be normal again", onAWall+" && $('.tile-nothing').checkVisibility({visibilityProperty: true})")
	b.Clean("a frozen server")
}

// testWallNoScript hangs a wall in a browser in which its script does not run: what
// the page came with does not stand there for good.
func testWallNoScript(t *testing.T, c *chromium) {
	s := wallstage.Start(t, walltest.Board(text.English, time.Now(), 16), "dark")
	b := c.open(t, s.URL)
	b.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	b.Visit("/wall")
	const seen = "$$('.tile, .wall-counts, .wall-utc, .wall-foot').filter((e) => e.checkVisibility({visibilityProperty: true})).length"
	b.Await("the tiles", seen+" > 16")
	b.Await("figures and clocks to go", seen+" === 0")
	if got := eval[string](b, "document.documentElement.dataset.link"); got != "connecting" {
		t.Fatalf("the script ran: %s", got)
	}
	b.Clean("a wall without its script")
}

// testWallMoves lets three minutes pass in a moment: the picture moves a little, and
// nothing of it leaves the screen.
func testWallMoves(t *testing.T, c *chromium) {
	s := wallstage.Start(t, walltest.Board(text.English, time.Now(), 16), "dark")
	b := c.open(t, s.URL)
	b.Do(chromedp.EmulateViewport(1366, 768), chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: "const every = setInterval; window.setInterval = (what, ms) => every(what, ms === 180000 ? 300 : ms);",
		})
		return err
	}))
	b.Visit("/wall")
	b.Await("the wall", onAWall)
	seen := map[string]bool{}
	for len(seen) < 8 {
		at := eval[string](b, "$('.wall-screen').style.translate")
		seen[at] = true
		b.Await("the picture to move", "$('.wall-screen').style.translate !== '"+at+"'")
		if far := eval[float64](b, `Math.max(...($('.wall-screen').style.translate.match(/-?\d+/g) ?? [0]).map((n) => Math.abs(n)))`); far > 8 {
			t.Fatalf("it moved by %v px", far)
		}
		if found := eval[[]string](b, misfits); len(found) > 0 {
			t.Fatalf("moved: %s", strings.Join(found, "\n"))
		}
	}
	b.Clean("a wall that moves")
}

// testWallKilledServer kills the server and starts it again.
func testWallKilledServer(t *testing.T, c *chromium) {
	s := wallstage.Start(t, walltest.Board(text.English, time.Now(), 16), "dark")
	b := c.onWall(t, s, 1920, 1080)
	b.Expecting("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
	b.mark()
	s.Close()
	b.AwaitWithin(4*time.Second, "the wall to be grey", "document.documentElement.dataset.link === 'stale'")
	b.AwaitWithin(12*time.Second, "the figures to be gone", gone)
	s.Change(func(b *wall.Board) { b.Tiles[3].Name = "RENAMED" })
	s.Listen()
	back := b.Await("the wall to live", onAWall+" && text('#place-4 .umd-name') === 'RENAMED' && text('#place-3 .tile-word') === 'LIVE'")
	t.Logf("alive %v after the server", back.Round(time.Millisecond))
	b.sameDocument()
	b.Clean("a killed server")
}

// testWallNewVersion upgrades the server: the wall loads itself anew, but not
// before the server is ready.
func testWallNewVersion(t *testing.T, c *chromium) {
	s := wallstage.Start(t, walltest.Board(text.English, time.Now(), 16), "dark")
	b := c.onWall(t, s, 1920, 1080)
	b.Expecting("503")
	b.Await("the page not to be new any more", "performance.now() > 10500")
	b.mark()
	s.Unready(true)
	s.Change(func(b *wall.Board) { b.Version = "2" })
	b.Await("the new version", "$('#wall-head').dataset.version === '2'")
	began := eval[float64](b, "performance.now()")
	b.Await("seven seconds", fmt.Sprintf("performance.now() > %f", began+7000))
	b.sameDocument()
	s.Unready(false)
	s.Change(func(b *wall.Board) { b.Tiles[3].Name = "AFTER" })
	b.Await("the page of the new version", "document.body.dataset.marked !== 'yes' && $('[data-wall=\"board\"]').dataset.version === '2' && "+onAWall)
	b.Clean("a new version")
}

// testWallNotInUse takes a display out of use: the wall is dark within seconds, and
// has no sign-in page, no link and no word of what it showed.
func testWallNotInUse(t *testing.T, c *chromium) {
	s := wallstage.Start(t, walltest.Board(text.English, time.Now(), 16), "light")
	b := c.open(t, s.URL)
	b.hurry()
	b.Visit("/wall")
	b.Await("the wall", onAWall)
	b.Expecting("404")
	s.Dark(true)
	took := b.AwaitWithin(5*time.Second, "the wall to be dark", "$('[data-wall=\"dark\"]') && !$('.tile')")
	t.Logf("dark after %v", took.Round(time.Millisecond))
	if shown := eval[string](b, "document.body.innerText"); strings.Contains(shown, "LIVE") || strings.Contains(shown, "MCR") {
		t.Errorf("it still says %q", shown)
	}
	if n := eval[int](b, "$$('a, button, form, input').length"); n > 0 {
		t.Errorf("%d things to press", n)
	}
	if bright := eval[string](b, "getComputedStyle(document.body).backgroundColor"); bright != "rgb(10, 13, 16)" {
		t.Errorf("the background is %s", bright)
	}
	s.Dark(false)
	b.Await("the wall to be back", onAWall+" && $('#place-1')")
	b.Clean("a display that is not in use")
}

// testWallDarkAndDown lets the server die under a screen that is not in use, and
// hang: the screen stays as it is, and never shows an error of the browser's.
func testWallDarkAndDown(t *testing.T, c *chromium) {
	s := wallstage.Start(t, walltest.Board(text.English, time.Now(), 16), "dark")
	s.Dark(true)
	b := c.open(t, s.URL)
	b.hurry()
	b.Expecting("404")
	b.Visit("/wall")
	b.Await("the dark page", "$('[data-wall=\"dark\"]')")
	b.Clean("a dark wall")
	b.examine(readAxe(t), "a dark wall")
	b.Forget() // axe itself writes into the page
	b.Expecting("404", "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE")
	b.mark()
	const asked = "performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/wall')).length"
	asksOn := func(when string) {
		t.Helper()
		b.Await("it to ask "+when, fmt.Sprintf("%s > %d", asked, eval[int](b, asked)+1))
		b.sameDocument()
	}
	asksOn("while it is not in use")
	s.Close()
	asksOn("while there is no server")
	s.Listen()
	asksOn("when there is one again")
	s.Dark(false)
	b.Await("the wall", onAWall+" && $('#place-1')")
	b.Clean("a dark wall whose server dies")
}

// hurry lets a page do within a second or two what it puts off for half a minute.
func (b *tab) hurry() {
	b.T.Helper()
	b.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: "const later = setTimeout; window.setTimeout = (what, ms) => later(what, ms >= 20000 ? ms / 20 : ms);",
		})
		return err
	}))
}

// testWallSpread kills the server under many screens: they do not come back all
// at once.
func testWallSpread(t *testing.T, c *chromium) {
	const many = 12
	board := walltest.Board(text.English, time.Now(), 4)
	for i := range board.Tiles {
		board.Tiles[i].Outputs = []ui.SlotKind{ui.SlotOK}
	}
	s := wallstage.Start(t, board, "dark")
	tabs := make([]*tab, many)
	for i := range tabs {
		tabs[i] = c.onWall(t, s, 640, 360)
	}
	before := len(s.Opened())
	s.Close()
	tabs[0].Await("the figures to be gone", gone)
	tabs[0].Await("fifteen seconds", fmt.Sprintf("performance.now() > %f", eval[float64](tabs[0], "performance.now()")+15000))
	s.Listen()
	for _, b := range tabs {
		b.Await("the wall to live", onAWall+" && !$('.tile-gone')")
	}
	opened := s.Opened()[before:]
	spread := opened[len(opened)-1].Sub(opened[0])
	t.Logf("%d screens came back within %v after 25 s without a server", many, spread.Round(100*time.Millisecond))
	if spread < 5*time.Second {
		t.Errorf("%d screens came back within %v", many, spread)
	}
	busiest := 0
	for i, at := range opened {
		n := 0
		for _, other := range opened[i:] {
			if other.Sub(at) <= time.Second {
				n++
			}
		}
		busiest = max(busiest, n)
	}
	if busiest > many/2 {
		t.Errorf("%d of %d screens came within a second", busiest, many)
	}
}
