package browser

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// axe is axe-core; testdata/VENDOR.md says which.
const axe = "testdata/axe-4.14.1.min.js"

// look is one page in one state of it.
type look struct {
	name   string
	path   string
	first  func() // before it is opened
	before func(*tab)
	ready  string   // an expression
	expect []string // parts of what Chromium logs about it
}

// readAxe gives axe-core, as it was published.
func readAxe(t *testing.T) string {
	t.Helper()
	rules, err := os.ReadFile(axe)
	must(t, err)
	list, err := os.ReadFile("testdata/VENDOR.md")
	must(t, err)
	if sum := sha256.Sum256(rules); !strings.Contains(string(list), hex.EncodeToString(sum[:])) {
		t.Fatalf("%s is not the published file", axe)
	}
	return string(rules)
}

// testInstruments proves that what the tests rely on finds faults.
func testInstruments(t *testing.T, c *chromium) {
	h := build(t)
	b := c.open(t, h.app.URL)
	b.Visit("/login")
	b.Await("the sign-in", "$('#password') && document.readyState === 'complete'")
	b.Clean("the sign-in")
	eval[bool](b, `(() => {
		console.warn('a warning');
		setTimeout(() => { throw new Error('an exception'); });
		setTimeout(() => alert('a dialog'));
		fetch('/nowhere');
		const image = new Image();
		image.src = 'http://127.0.0.1:9/';
		image.setAttribute('style', 'color: red');
		document.body.append(image);
		return true;
	})()`)
	for _, fault := range []string{
		"console warning: ", "exception: ", "CSP violation: style-src", "CSP violation: img-src", "status of 404", "dialog: a dialog",
	} {
		h.app.Await(chrome.Patience, fault, func() bool { return b.Heard(fault) })
	}
	if found := b.violations(readAxe(t), "the instruments"); !slices.ContainsFunc(found, func(v violation) bool { return v.ID == "image-alt" }) {
		t.Errorf("axe does not find an image without words: %+v", found)
	}
	b.Do(chromedp.Navigate(h.app.GatewayURL + "/healthz"))
	h.app.Await(chrome.Patience, "a request to another host", func() bool { return b.Heard("request to another host: " + h.app.GatewayURL) })
}

// testPages looks at every page in both languages and both themes: no violation
// of accessibility, no error, no violation of the content security policy, no
// request to another host.
func testPages(t *testing.T, c *chromium) {
	h := build(t)
	rules := readAxe(t)
	empty := []look{
		{name: "first run", path: "/flows", ready: "$('.first') && " + isOK},
		{name: "no alarms", path: "/alarms", ready: "$('#alarm-rows .empty') && " + isOK},
		{name: "no webhooks", path: "/settings", ready: "$('.settings-none') && " + isOK},
		{name: "no names", path: "/labels", ready: "$('.labels .help') && " + isOK},
		{name: "no displays", path: "/displays", ready: "$('.settings-none') && $('.display-hint a') && " + isOK},
		noChannels,
		{name: "nothing measured", path: "/channels/monitoring", ready: "$('#sets-title') && " + isOK},
		{name: "no rules", path: "/settings/roles", ready: "$$('.role-fixed').length === 2 && " + isOK},
	}
	for _, d := range dresses() {
		b := c.dressed(t, h, d)
		for _, l := range empty {
			b.look(l, rules, d)
		}
	}
	stage := setStage(t, h)
	for _, d := range dresses() {
		b, below := c.dressed(t, h, d), c.dressedAs(t, h, "op-2", d) // all before a look has its sign-in refused
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			b.T, below.T = t, t
			began := time.Now()
			for _, l := range stage.looks() {
				b.look(l, rules, d)
			}
			for _, l := range stage.looksBelow() {
				below.look(l, rules, d)
			}
			t.Logf("%d pages in %v", len(stage.looks()), time.Since(began).Round(time.Millisecond))
		})
	}
}

// dress is how somebody likes pages to be.
type dress struct{ lang, theme string }

func (d dress) String() string { return d.lang + " " + d.theme }

// changes are the rules of axe that a look in this dress can break though the page
// was examined in the first one; none: all.
func (d dress) changes() []string {
	if d == dresses()[0] {
		return nil
	}
	return []string{"color-contrast", "html-lang-valid", "document-title", "label-content-name-mismatch"}
}

// dresses show each page in each language and in each theme once. Words do not
// change with the theme, nor colours with the language, so two pairs show what
// four would, in half the time.
func dresses() []dress { return []dress{{"en", "dark"}, {"zh-CN", "light"}} }

// narrow looks at a page as a phone shows it, which it must fit.
func (b *tab) narrow(where string) {
	b.T.Helper()
	b.sized(true)
	b.Await(where+" on a phone", fmt.Sprintf("matchMedia('(width: %dpx)').matches", phone))
	// What is too wide widens the window of a phone, too.
	if wide := eval[int](b, "Math.max(document.documentElement.scrollWidth, innerWidth)"); wide > phone {
		b.T.Errorf("%s is %d px too wide for a phone: %s", where, wide-phone, eval[string](b, widest))
	}
	b.sized(false)
}

// widest names the elements that hold more than their width, innermost last.
const widest = `$$('body *').filter((e) => e.scrollWidth > e.clientWidth && e.clientWidth && getComputedStyle(e).overflowX === 'visible')
	.map((e) => e.scrollWidth + ' ' + e.cloneNode().outerHTML.slice(0, 120)).slice(-4).join('\n')`

// The widths of a small screen of a desk and of a phone, in CSS pixels.
const (
	desk  = 1366
	phone = 390
)

// sized gives a tab the size of a phone or of a small screen.
func (b *tab) sized(small bool) {
	b.T.Helper()
	width, height := int64(desk), int64(768)
	if small {
		width, height = phone, 844
	}
	b.Do(chromedp.EmulateViewport(width, height, func(p *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
		p.Mobile = small
	}))
}

// dressed is a tab of somebody signed in who prefers a language and a theme.
func (c *chromium) dressed(t *testing.T, h *house, d dress) *tab {
	t.Helper()
	return c.dressedAs(t, h, apptest.User, d)
}

// dressedAs is a tab of somebody else.
func (c *chromium) dressedAs(t *testing.T, h *house, user string, d dress) *tab {
	t.Helper()
	b := c.enterAs(t, h.app.URL, user)
	b.Cookie("flowdeck_lang", d.lang)
	b.Cookie("flowdeck_theme", d.theme)
	return b
}

// looks are all pages, in all their states.
func (s stage) looks() []look {
	return slices.Concat(s.flowLooks(), s.alarmLooks(), s.careLooks(), s.keptLooks(), s.trailLooks(), s.settingLooks(), s.displayLooks(),
		s.channelLooks(), s.channelFormLooks())
}

func (s stage) flowLooks() []look {
	flow := func(f medialive.Flow, rest string) string { return "/flows/" + f.ID + rest }

	return []look{
		{name: "flows", path: "/flows", ready: strings.Join([]string{
			shape(s.live, "warn"), shape(s.waiting, "waiting"), shape(s.standby, "standby"), shape(s.lost, "lost"),
		}, " && ") + live},
		{name: "nothing found", path: "/flows?q=no-such-flow", ready: "$('tr.empty .button')" + live},
		{name: "a page that is not understood", path: "/flows?limit=x", ready: "$('.notice')" + live},
		{name: "row that asks", path: "/flows", ready: "$('.row-armed .guard')", before: func(b *tab) { b.Click("#flow-" + s.waiting.ID + " [data-arm]") }},
		{name: "menu", path: "/flows", ready: "$('#user-menu').open", before: func(b *tab) { b.Click("#user-menu summary") }},
		{name: "keys", path: "/flows", ready: "$('#keys').open", before: func(b *tab) { b.Hit(chrome.Letters["?"]) }},
		{name: "flow, live", path: flow(s.live, ""), ready: "$('#flow-state .state-warn')" + live},
		{name: "flow, waiting", path: flow(s.waiting, ""), ready: "$('#flow-state .state-waiting')" + live},
		{name: "flow, standby", path: flow(s.standby, ""), ready: "$('#flow-state .state-standby')" + live},
		{name: "flow, lost", path: flow(s.lost, ""), ready: "$('#flow-state .state-lost')" + live},
		{name: "flow that asks", path: flow(s.live, ""), ready: "$('.command-armed .guard')", before: func(b *tab) { b.Click("#flow-command [data-arm]") }},
		{name: "output that asks", path: flow(s.live, ""), ready: "$('.out.row-armed .guard')", before: func(b *tab) { b.Click("#output-viewer-1 [data-arm]") }},
		{name: "new flow", path: "/flows/new", ready: "$('#name')" + live},
		{name: "new flow with faults", path: "/flows/new", ready: "$$('.error-line').length >= 2", expect: []string{"422"}, before: func(b *tab) {
			b.Fill("#name", "1x")
			b.Fill("#port", "2077")
			b.Fill("#min_latency", "9")
			b.Click(`button[name="start"][value=""]`)
			b.Await("the answer", "$('.mend')")
		}},
		{name: "source of a running flow", path: flow(s.live, "/source"), ready: "$('#save[data-twice]')", before: func(b *tab) {
			b.Click(`label:has(input[name="algorithm"][value="aes128"])`)
			b.Fill("#passphrase", "a long passphrase")
		}},
		{name: "source", path: flow(s.standby, "/source"), ready: "$('#save')" + live},
		{name: "new output", path: flow(s.standby, "/outputs/new"), ready: "$('#save')" + live},
		{name: "output", path: flow(s.live, "/outputs/truck-3"), ready: "$('#save')" + live},
		{name: "stop", path: flow(s.live, "/stop"), ready: "$('.confirm [data-guarded]')" + live},
		{name: "delete", path: flow(s.standby, "/delete"), ready: "$('.confirm [data-guarded]')" + live},
		{name: "delete refused", path: flow(s.live, "/delete"), ready: "$('.confirm-refuse')" + live},
		{name: "turn off", path: flow(s.live, "/outputs/viewer-1/disable"), ready: "$('.confirm [data-guarded]')" + live},
		{name: "remove", path: flow(s.live, "/outputs/viewer-1/delete"), ready: "$('.confirm [data-guarded]')" + live},
		{name: "no such flow", path: "/flows/no-such-flow", ready: "$('.problem')", expect: []string{"404"}},
		{name: "no such page", path: "/nowhere", ready: "$('.problem')", expect: []string{"404"}},
		{name: "sign-in", path: "/login", ready: "$('#password')"},
		{name: "sign-in refused", path: "/login", ready: "$('#form-error .error-line')", expect: []string{"401"}, before: func(b *tab) {
			b.Fill("#username", "nobody-"+eval[string](b, "document.documentElement.lang + document.documentElement.dataset.theme"))
			b.Fill("#password", "wrong")
			b.Hit(chrome.KeyEnter)
		}},
	}
}

// look opens a page and examines it.
func (b *tab) look(l look, rules string, d dress) {
	b.T.Helper()
	where := fmt.Sprintf("%s (%s)", l.name, d)
	b.Expecting(l.expect...)
	if l.first != nil {
		l.first()
	}
	b.Visit(l.path)
	b.Await("the page "+where, "document.readyState === 'complete'")
	if l.before != nil {
		l.before(b)
	}
	b.Await(where, l.ready)
	if got := eval[string](b, "document.documentElement.lang + ' ' + document.documentElement.dataset.theme"); got != d.String() {
		b.T.Errorf("%s: the page is in %s", where, got)
	}
	b.narrow(where)
	b.Clean(where)
	b.examine(rules, where, d.changes()...)
	b.Forget() // axe itself writes into the page
}

// violation is one that axe found.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct{ HTML, Why string }
}

// examine fails the test for all that axe finds in a page.
func (b *tab) examine(rules, where string, only ...string) {
	b.T.Helper()
	for _, v := range b.violations(rules, where, only...) {
		for _, n := range v.Nodes[:min(len(v.Nodes), 3)] {
			b.T.Errorf("%s: %s (%s): %s\n  %s\n  %s", where, v.ID, v.Impact, v.Help, n.HTML, n.Why)
		}
	}
}

// violations runs axe in a page, with all its rules or with some only.
func (b *tab) violations(rules, where string, only ...string) []violation {
	b.T.Helper()
	options := "{resultTypes: ['violations']}"
	if len(only) > 0 {
		options = "{resultTypes: ['violations'], runOnly: ['" + strings.Join(only, "', '") + "']}"
	}
	run := "axe.run(document, " + options + `).then((r) => r.violations.map((v) => ({
		ID: v.id, Impact: v.impact, Help: v.help,
		Nodes: v.nodes.map((n) => ({HTML: n.html.slice(0, 160), Why: n.failureSummary.slice(0, 300)})),
	})))`
	ctx, cancel := context.WithTimeout(b.Ctx, chrome.Patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, runtime.Evaluate, runtime.EvaluateParams{Expression: rules + ";0"})
		return err
	})); err != nil {
		b.T.Fatalf("%s: load axe: %v", where, err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]violation](run, chromedp.EvalAwaitPromise))
	if err != nil {
		b.T.Fatalf("%s: run axe: %v", where, err)
	}
	return found
}
