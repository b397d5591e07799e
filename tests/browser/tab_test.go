package browser

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Deadlines are far beyond what is promised: the machine may be busy. What a
// promise took is logged.
const (
	patience  = 30 * time.Second // for anything that should happen
	step      = 15 * time.Second
	lookEvery = 20 * time.Millisecond // for a condition
	tabLife   = 10 * time.Minute      // for all that a test does in a tab
	shownText = 4000                  // characters of a page, in a failed test
)

// tab is one page of the browser, with what went wrong in it.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string // of the dashboard

	mu       sync.Mutex
	faults   []string // console errors and warnings, CSP violations, requests to other hosts
	tolerate []string // parts of faults that a test provokes
}

// witness reports violations of the content security policy from the first
// moment of a document on.
const witness = `document.addEventListener('securitypolicyviolation', (e) =>
	console.error('CSP violation: ' + e.effectiveDirective + ' ' + e.blockedURI + ' ' + e.sample));`

// open opens a tab in a fresh profile of the browser.
func (c *chromium) open(t *testing.T, base string) *tab {
	t.Helper()
	return newTab(t, c.ctx, base, chromedp.WithNewBrowserContext())
}

// beside opens another tab in the same profile.
func (b *tab) beside() *tab {
	b.t.Helper()
	profile := chromedp.FromContext(b.ctx).BrowserContextID
	return newTab(b.t, b.ctx, b.base, chromedp.WithExistingBrowserContext(profile))
}

func newTab(t *testing.T, parent context.Context, base string, option chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{t: t, base: base}
	ctx, closeTab := chromedp.NewContext(parent, option, chromedp.WithListener(b.notice))
	t.Cleanup(closeTab)
	ctx, end := context.WithTimeout(ctx, tabLife)
	t.Cleanup(end)
	b.ctx = ctx
	b.do(chromedp.EmulateViewport(1680, 1000), chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: witness})
		return err
	}))
	return b
}

// notice collects what must not happen in a page. It runs within the reader of
// the browser's messages.
func (b *tab) notice(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeWarning {
			return
		}
		var words []string
		for _, arg := range e.Args {
			words = append(words, string(arg.Value)+arg.Description)
		}
		b.fault("console %s: %s", e.Type, strings.Join(words, " "))
	case *runtime.EventExceptionThrown:
		what := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			what += " " + x.Description
		}
		b.fault("exception: %s", what)
	case *log.EventEntryAdded:
		b.fault("log %s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL)
	case *network.EventRequestWillBeSent:
		b.request(e.Request.URL)
	}
}

func (b *tab) request(address string) {
	if !strings.HasPrefix(address, b.base+"/") && !strings.HasPrefix(address, "data:") && address != "about:blank" {
		b.fault("request to another host: %s", address)
	}
}

func (b *tab) fault(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

// heard tells whether a fault was noticed.
func (b *tab) heard(part string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.faults, func(f string) bool { return strings.Contains(f, part) })
}

// expecting says which faults a test provokes itself.
func (b *tab) expecting(parts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tolerate = append(b.tolerate, parts...)
}

// clean fails the test for every fault that no one expects, and forgets them.
func (b *tab) clean(where string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		if !slices.ContainsFunc(b.tolerate, func(part string) bool { return strings.Contains(f, part) }) {
			b.t.Errorf("%s: %s", where, f)
		}
	}
	b.faults = nil
}

// do runs commands within their time.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if chromedp.FromContext(b.ctx).Target == nil { // a tab lives as long as the context of its first command
		if err := chromedp.Do(b.ctx); err != nil {
			b.t.Fatalf("open a tab: %v", err)
		}
	}
	ctx, cancel := context.WithTimeout(b.ctx, step)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v\n%s", err, b.describe())
	}
}

// visit opens a page by its path.
func (b *tab) visit(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.base + path))
}

// try evaluates an expression, in which $ and $$ select.
func try[T any](b *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, step)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](`(() => {
		const $ = (s) => document.querySelector(s), $$ = (s) => [...document.querySelectorAll(s)];
		const text = (s) => ($(s)?.textContent ?? '').replace(/\s+/g, ' ').trim();
		return `+expression+`;
	})()`))
}

// eval evaluates an expression, in which $ and $$ select and text reads.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := try[T](b, expression)
	if err != nil {
		b.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}

// await waits until an expression holds in the page, across navigations, and
// gives how long that took.
func (b *tab) await(what, expression string) time.Duration {
	b.t.Helper()
	return b.awaitWithin(patience, what, expression)
}

func (b *tab) awaitWithin(limit time.Duration, what, expression string) time.Duration {
	b.t.Helper()
	began := time.Now()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		holds, err := try[bool](b, "Boolean("+expression+")")
		switch {
		case err == nil && holds:
			return time.Since(began)
		case b.ctx.Err() != nil:
			b.t.Fatalf("the tab's time is up while waiting for %s", what)
		case time.Since(began) > limit:
			b.t.Fatalf("not within %v: %s\n(%s; %v)\n%s", limit, what, expression, err, b.describe())
		}
		<-ticker.C
	}
}

// awaitPath waits until the tab has loaded a page by its path and hears its
// stream, if it has one and scripts run.
func (b *tab) awaitPath(what, path string) {
	b.t.Helper()
	b.await(what, "location.pathname.match("+jsRegexp(path)+") && document.readyState === 'complete' "+
		"&& (!$('#stream') || document.documentElement.dataset.js === undefined || document.documentElement.dataset.link === 'ok')")
}

// describe tells what a page shows, for a failed test.
func (b *tab) describe() string {
	shown, err := try[string](b, `location.href + '\nfocus: ' + document.activeElement?.outerHTML.slice(0, 200) + '\n' + document.body.innerText`)
	if err != nil {
		return err.Error()
	}
	return shown[:min(len(shown), shownText)]
}

// quoted is a Go string as one of JavaScript.
func quoted(s string) string { return strconv.Quote(s) }

func jsRegexp(s string) string { return "new RegExp(" + quoted("^"+s+"$") + ")" }

// spot is where an element can be pressed.
type spot struct {
	X, Y float64
	Free bool   // nothing lies over it
	Over string // what does
}

// find gives the middle of the first visible element that a selector finds,
// and whether a press there would reach it.
const find = `(() => {
	const e = $$(%s).find((e) => e.getClientRects().length > 0);
	if (!e) return {X: 0, Y: 0, Free: false, Over: 'nothing visible'};
	e.scrollIntoView({block: 'nearest', inline: 'nearest', behavior: 'instant'});
	const r = e.getBoundingClientRect(), X = r.x + r.width / 2, Y = r.y + r.height / 2;
	const hit = document.elementFromPoint(X, Y);
	return {X, Y, Free: e === hit || e.contains(hit), Over: hit ? hit.outerHTML.slice(0, 120) : 'none'};
})()`

// spot waits until an element can be pressed and stands still.
func (b *tab) spot(selector string) spot {
	b.t.Helper()
	expression := fmt.Sprintf(find, quoted(selector))
	var last, now spot
	began := time.Now()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		last = now
		now, _ = try[spot](b, expression) // a page that is going answers nothing
		if now.Free && now == last {
			return now
		}
		if time.Since(began) > patience {
			b.t.Fatalf("%s cannot be pressed: %+v\n%s", selector, now, b.describe())
		}
		<-ticker.C
	}
}

// click presses the mouse on an element.
func (b *tab) click(selector string) spot {
	b.t.Helper()
	at := b.spot(selector)
	b.press(at, 1)
	return at
}

// press presses the mouse at a place, for the n-th time in quick succession.
func (b *tab) press(at spot, n int64) {
	b.t.Helper()
	b.do(chromedp.MouseEvent(chromedp.MouseMoved, at.X, at.Y), mouse(chromedp.MousePressed, at, n), mouse(chromedp.MouseReleased, at, n))
}

// mouse is a button of the mouse that goes down or up at a place.
func mouse(kind input.DispatchMouseEventType, at spot, n int64) chromedp.Action[chromedp.Void] {
	return chromedp.MouseEvent(kind, at.X, at.Y, chromedp.ButtonLeft, func(p *input.DispatchMouseEventParams) { p.ClickCount = n })
}

// hold presses the mouse on an element and holds it, until letGo.
func (b *tab) hold(selector string) spot {
	b.t.Helper()
	at := b.spot(selector)
	b.do(chromedp.MouseEvent(chromedp.MouseMoved, at.X, at.Y), mouse(chromedp.MousePressed, at, 1))
	return at
}

// letGo lets the mouse go that is held.
func (b *tab) letGo(at spot) {
	b.t.Helper()
	b.do(mouse(chromedp.MouseReleased, at, 1))
}

// write types a text where the focus is.
func (b *tab) write(text string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(text))
}

// fill presses into a field with the mouse and types over what it holds.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.click(selector)
	b.overwrite(selector, text)
}

// overwrite types over what the focused field holds.
func (b *tab) overwrite(selector, text string) {
	b.t.Helper()
	b.await(selector+" to have the focus", "document.activeElement?.matches("+quoted(selector)+")")
	b.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent("\b"))
	b.write(text)
	if got := eval[string](b, "document.activeElement.value"); got != text {
		b.t.Fatalf("typed %q into %s, which holds %q", text, selector, got)
	}
}

// key is one of the keyboard, as an event names it.
type key struct {
	name, code string
	virtual    int64
	text       string
}

var (
	keyEnter  = key{"Enter", "Enter", 13, "\r"}
	keySpace  = key{" ", "Space", 32, " "}
	keyTab    = key{"Tab", "Tab", 9, ""}
	keyEscape = key{"Escape", "Escape", 27, ""}
	keyRight  = key{"ArrowRight", "ArrowRight", 39, ""}
)

// letters are the keys of commands. Each is one event that carries its text, as
// a keyboard's is, so that a page that takes the key keeps the text out.
var letters = map[string]key{
	"j": {"j", "KeyJ", 74, "j"},
	"k": {"k", "KeyK", 75, "k"},
	"a": {"a", "KeyA", 65, "a"},
	"p": {"p", "KeyP", 80, "p"},
	"s": {"s", "KeyS", 83, "s"},
	"x": {"x", "KeyX", 88, "x"},
	"/": {"/", "Slash", 191, "/"},
	"?": {"?", "Slash", 191, "?"},
}

// holdsUntil holds a key, which repeats by itself, until an expression holds.
func (b *tab) holdsUntil(k key, what, expression string) {
	b.t.Helper()
	b.down(k, false)
	began := time.Now()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for !eval[bool](b, "Boolean("+expression+")") {
		if time.Since(began) > patience {
			b.t.Fatalf("held for %v, and not: %s\n%s", patience, what, b.describe())
		}
		<-ticker.C
		b.down(k, true)
	}
	b.up(k)
}

// down presses a key and holds it; repeated says that it is held already.
func (b *tab) down(k key, repeated bool) {
	b.t.Helper()
	kind := input.DispatchKeyEventTypeKeyDown
	if k.text == "" {
		kind = input.DispatchKeyEventTypeRawKeyDown
	}
	b.dispatch(k, kind, repeated)
}

// up lets a key go.
func (b *tab) up(k key) {
	b.t.Helper()
	b.dispatch(k, input.DispatchKeyEventTypeKeyUp, false)
}

func (b *tab) hit(k key) {
	b.t.Helper()
	b.down(k, false)
	b.up(k)
}

func (b *tab) dispatch(k key, kind input.DispatchKeyEventType, repeated bool) {
	b.t.Helper()
	p := input.DispatchKeyEventParams{
		Type: kind, Key: k.name, Code: k.code, AutoRepeat: &repeated,
		WindowsVirtualKeyCode: k.virtual, NativeVirtualKeyCode: k.virtual,
	}
	if kind == input.DispatchKeyEventTypeKeyDown {
		p.Text, p.UnmodifiedText = k.text, k.text
	}
	b.do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, input.DispatchKeyEvent, p)
		return err
	}))
}

// tabTo walks with the Tab key until an element has the focus.
func (b *tab) tabTo(selector string) {
	b.t.Helper()
	const most = 80
	focused := "document.activeElement?.matches(" + quoted(selector) + ")"
	for range most {
		if eval[bool](b, "Boolean("+focused+")") {
			return
		}
		b.hit(keyTab)
	}
	b.t.Fatalf("%d presses of Tab do not reach %s; the focus is on %s", most, selector, eval[string](b, "document.activeElement.outerHTML.slice(0, 200)"))
}

// tabBack walks back with Shift and Tab until an element has the focus.
func (b *tab) tabBack(selector string) {
	b.t.Helper()
	for range 10 {
		if eval[bool](b, "Boolean(document.activeElement?.matches("+quoted(selector)+"))") {
			return
		}
		b.do(chromedp.KeyEvent("\t", chromedp.KeyModifiers(chromedp.ModifierShift)))
	}
	b.t.Fatalf("the way back does not reach %s", selector)
}

// cookie keeps a preference in the browser.
func (b *tab) cookie(name, value string) {
	b.t.Helper()
	home, err := url.Parse(b.base)
	must(b.t, err)
	b.do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, network.SetCookie, network.SetCookieParams{Name: name, Value: value, Domain: home.Hostname(), Path: "/"})
		return err
	}))
}

// cookies are what the browser keeps for the dashboard.
func (b *tab) cookies() []*network.Cookie {
	b.t.Helper()
	var kept []*network.Cookie
	b.do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		answer, err := cdp.Call(ctx, to, network.GetCookies, network.GetCookiesParams{URLs: []string{b.base + "/"}})
		if err == nil {
			kept = answer.Cookies
		}
		return err
	}))
	return kept
}

// withoutScript turns scripts off.
func (b *tab) withoutScript() {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
