package browser

import (
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

const (
	isOK    = "document.documentElement.dataset.link === 'ok'"
	isStale = "document.documentElement.dataset.link === 'stale'"
)

// What Chromium writes about connections that a test breaks.
var broken = []string{"Failed to load resource", "htmx:sse:error", "htmx:error: timeout"}

// silentLimit is far more than the 3 s promised; what it took is logged.
const silentLimit = 6 * time.Second

// testSilentStream proves that a stream that is open and says nothing is
// noticed, and that its last figures are not shown as if they were new.
func testSilentStream(t *testing.T, c *chromium) {
	h := build(t)
	p := between(t, h.app.URL, passing)
	f := h.flow("FEED-A", true, listener("viewer-1"))
	relaytest.Push(t, relaytest.Clip(t), inputOf(f))
	b := c.enter(t, p.URL)
	b.Expecting(broken...)
	b.awaitRow(f.ID, "LIVE")
	b.Await("a bitrate of media", "Number("+figure(f.ID)+"?.textContent) > 0 && !"+figure(f.ID)+".closest('.quiet') && "+isOK)
	before := eval[string](b, "getComputedStyle("+figure(f.ID)+").color")
	if eval[bool](b, "$('#silent').checkVisibility()") {
		t.Error("the page says that it is silent while it is not")
	}
	b.mark()

	p.become(silent)
	began := time.Now()
	b.AwaitWithin(silentLimit, "the page to notice", isStale)
	t.Logf("silence was noticed after %v", time.Since(began).Round(time.Millisecond))
	b.Await("the banner", "$('#silent').checkVisibility() && /No news for 0:\\d\\d\\. Every figure here is old\\./.test(text('#silent'))")
	if after := eval[string](b, "getComputedStyle("+figure(f.ID)+").color"); after == before {
		t.Errorf("the old bitrate is still shown as %s", after)
	}
	if word := eval[string](b, "getComputedStyle($("+chrome.Quoted("#flow-"+f.ID+" .state-word")+")).color"); word == before {
		t.Errorf("the old state word is still shown as %s", word)
	}
	h.app.Await(chrome.Patience, "the page to try again", func() bool { return p.connections() > 0 })

	p.become(passing)
	b.recovers(time.Now())
	if eval[bool](b, "$('#silent').checkVisibility()") {
		t.Error("the banner stays")
	}
	b.Clean("the silent stream")
}

// figure is the bitrate in a flow's row.
func figure(id string) string { return "$(" + chrome.Quoted("#flow-"+id+" .col-bitrate .value") + ")" }

// recovers waits until the marked document is live again.
func (b *tab) recovers(since time.Time) {
	b.T.Helper()
	b.Await("the page to be live again", isOK)
	b.T.Logf("live again after %v", time.Since(since).Round(time.Millisecond))
	b.sameDocument()
}

func testServerDownAndBack(t *testing.T, c *chromium) {
	h := build(t)
	f := h.flow("FEED-A", false)
	b := c.enter(t, h.app.URL)
	b.Expecting(broken...)
	b.awaitRow(f.ID, "STANDBY")
	b.mark()
	h.app.Kill(apptest.Dashboard)
	began := time.Now()
	b.AwaitWithin(silentLimit, "the page to notice", isStale)
	t.Logf("noticed after %v", time.Since(began).Round(time.Millisecond))
	h.start(f.ID)
	h.app.Serve()
	b.recovers(time.Now())
	b.awaitRow(f.ID, "WAITING")
	b.sameDocument()
	b.Clean("the server down and back")
}

// testComesBackAsTold: a page waits for as long as the server tells it, though
// that is longer than htmx would; alone it is told to wait for about a second.
func testComesBackAsTold(t *testing.T, c *chromium) {
	h := build(t)
	b := c.enter(t, h.app.URL)
	b.Expecting(broken...)
	b.Await("a first hint", "$('#stream')._htmx.sse.config.reconnectDelay !== 500")
	if alone := eval[float64](b, "$('#stream')._htmx.sse.config.reconnectDelay"); alone < 250 || alone > 1000 {
		t.Errorf("a page that is alone is told to wait for %v ms", alone)
	}
	eval[bool](b, "$('#stream').addEventListener('hb', () => { $('#stream')._htmx.sse.config.reconnectDelay = 7000; }, true) === undefined")
	b.Await("the hint to be taken", "$('#stream')._htmx.sse.config.reconnectMaxDelay === 7000")
	b.mark()
	h.app.Kill(apptest.Dashboard)
	began := time.Now()
	b.AwaitWithin(silentLimit, "the page to notice", isStale)
	h.app.Serve()
	b.recovers(time.Now())
	if took := time.Since(began); took < 4900*time.Millisecond { // htmx varies it by 30 %
		t.Errorf("back after %v", took)
	}
	b.Clean("a page that was told to wait")
}

func testReconnectRefused(t *testing.T, c *chromium) {
	h := build(t)
	p := between(t, h.app.URL, passing)
	b := c.enter(t, p.URL)
	b.Expecting(broken...)
	b.mark()
	p.become(refusing)
	b.Await("the page to notice", isStale)
	h.app.Await(chrome.Patience, "two refused connections", func() bool { return p.connections() > 1 })
	p.become(passing)
	b.recovers(time.Now())
	b.Clean("the refused reconnect")
}

func testFirstConnectRefused(t *testing.T, c *chromium) { firstConnect(t, c, refusing, 2) }

func testFirstConnectHangs(t *testing.T, c *chromium) { firstConnect(t, c, hanging, 1) }

// firstConnect opens a page whose stream cannot be had from the beginning.
func firstConnect(t *testing.T, c *chromium, m manner, tries int) {
	h := build(t)
	p := between(t, h.app.URL, passing)
	b := c.enter(t, p.URL)
	b.Expecting(broken...)
	p.become(m)
	b.Visit("/flows")
	b.Await("the page", "$('#stream') && document.readyState === 'complete'")
	b.mark()
	if eval[bool](b, isOK) {
		t.Error("a page without a stream says that it is live")
	}
	b.AwaitWithin(silentLimit+chrome.Patience/6, "the page to notice", isStale)
	h.app.Await(chrome.Patience, "the page to try", func() bool { return p.connections() >= tries })
	p.become(passing)
	b.recovers(time.Now())
	b.Clean("the first connect")
}

// testScriptComesLate opens a page of which the script that follows its stream
// comes late, as over a bad network: the page lives then.
func testScriptComesLate(t *testing.T, c *chromium) {
	h := build(t)
	p := between(t, h.app.URL, passing)
	letGo := p.late()
	t.Cleanup(letGo)
	b := c.window(c.enter(t, h.app.URL))
	b.Base = p.URL
	b.Expecting("favicon.ico") // of the next line's page
	b.Visit("/healthz")
	eval[bool](b, "(location.href = '/flows', true)") // a visit would wait for the script
	b.Await("htmx", "typeof htmx === 'object'")
	eval[bool](b, "(setTimeout(() => { window.turned = true; }), true)")
	b.Await("htmx to have done what it put off", "window.turned")
	letGo()
	b.Await("the page to live", isOK)
	b.Clean("the late script")
}

// testSessionEnded ends the session while a page is open: the page leads to the
// sign-in, and a sign-in never appears inside a page of somebody else's.
func testSessionEnded(t *testing.T, c *chromium) {
	h := build(t)
	f := h.flow("FEED-A", true)
	list := c.enter(t, h.app.URL)
	list.Expecting(broken...)
	list.awaitRow(f.ID, "WAITING")
	flow := list.beside()
	flow.Expecting(broken...)
	flow.Visit("/flows/" + f.ID)
	flow.AwaitPath("the page of the flow", "/flows/"+f.ID)
	other := list.beside()
	other.Visit("/flows/new")
	other.Click("#user-menu summary")
	other.Click(`form[action="/logout"] button`)
	other.AwaitPath("the sign-in", "/login")
	began := time.Now()
	_, _ = chrome.Try[bool](flow.Tab, "$('#flow-command [data-arm]')?.click() ?? true") // its stream may have led it away already
	for _, b := range []*tab{flow, list} {
		b.Await("a way to the sign-in", "location.pathname === '/login' || "+reported)
		t.Logf("told after %v, at %s", time.Since(began).Round(time.Millisecond), eval[string](b, "location.pathname"))
		b.Await("one document, with at most one sign-in", "$$('main').length === 1 && $$('h1').length === 1 && "+
			"(location.pathname === '/login' || $$('form[action=\"/login\"]').length === 0)")
		b.Clean("the ended session")
	}
	other.Clean("the sign-out")
}

// reported holds once a page tells that the session has ended.
const reported = "$$('#notices a, #silent a, #link-state a').some((a) => a.getAttribute('href')?.startsWith('/login') && a.checkVisibility())"
