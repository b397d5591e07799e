package chrome

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
	Patience  = 30 * time.Second      // for anything that should happen
	LookEvery = 20 * time.Millisecond // for a condition

	step      = 15 * time.Second
	tabLife   = 30 * time.Minute // for all that a test does in a tab
	shownText = 4000             // characters of a page, in a failed test
)

// Tab is one page of the browser, with what went wrong in it.
type Tab struct {
	T    *testing.T
	Ctx  context.Context // ends with the test
	Base string          // address of the dashboard, without a slash at its end

	mu       sync.Mutex
	faults   []string // console errors and warnings, CSP violations, requests to other hosts
	tolerate []string // parts of faults that a test provokes
}

// witness reports violations of the content security policy from the first
// moment of a document on.
const witness = `document.addEventListener('securitypolicyviolation', (e) =>
	console.error('CSP violation: ' + e.effectiveDirective + ' ' + e.blockedURI + ' ' + e.sample));`

// Open opens a tab in a fresh profile of the browser.
func (c *Chromium) Open(t *testing.T, base string) *Tab {
	t.Helper()
	return newTab(t, c.ctx, base, tabLife, chromedp.WithNewBrowserContext())
}

// OpenFor is Open for a test that lasts.
func (c *Chromium) OpenFor(t *testing.T, base string, life time.Duration) *Tab {
	t.Helper()
	return newTab(t, c.ctx, base, tabLife+life, chromedp.WithNewBrowserContext())
}

// Beside opens another tab in the same profile.
func (b *Tab) Beside() *Tab {
	b.T.Helper()
	profile := chromedp.FromContext(b.Ctx).BrowserContextID
	return newTab(b.T, b.Ctx, b.Base, tabLife, chromedp.WithExistingBrowserContext(profile))
}

func newTab(t *testing.T, parent context.Context, base string, life time.Duration, option chromedp.ContextOption) *Tab {
	t.Helper()
	b := &Tab{T: t, Base: base}
	ctx, closeTab := chromedp.NewContext(parent, option, chromedp.WithListener(b.notice))
	t.Cleanup(closeTab)
	ctx, end := context.WithTimeout(ctx, life)
	t.Cleanup(end)
	b.Ctx = ctx
	b.Do(chromedp.EmulateViewport(1680, 1000), chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: witness})
		return err
	}))
	return b
}

// notice collects what must not happen in a page. It runs within the reader of
// the browser's messages.
func (b *Tab) notice(event any) {
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
		if e.Entry.Level == log.EntryLevelInfo { // what Chromium did as it was told, as to clear the cache
			return
		}
		b.fault("log %s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL)
	case *network.EventRequestWillBeSent:
		b.request(e.Request.URL)
	case *page.EventJavascriptDialogOpening:
		b.fault("dialog: %s", e.Message)
		go b.dismiss()
	}
}

// dismiss closes a dialog, for which the page waits.
func (b *Tab) dismiss() {
	_ = chromedp.Do(b.Ctx, chromedp.Func(func(ctx context.Context, to *chromedp.Target) error { // the tab may be gone
		_, err := cdp.Call(ctx, to, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		return err
	}))
}

func (b *Tab) request(address string) {
	if !strings.HasPrefix(address, b.Base+"/") && !strings.HasPrefix(address, "data:") && address != "about:blank" {
		b.fault("request to another host: %s", address)
	}
}

func (b *Tab) fault(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

// Heard tells whether a fault was noticed.
func (b *Tab) Heard(part string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.faults, func(f string) bool { return strings.Contains(f, part) })
}

// Expecting says which faults a test provokes itself.
func (b *Tab) Expecting(parts ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tolerate = append(b.tolerate, parts...)
}

// Clean fails the test for every fault that no one expects, and forgets them.
func (b *Tab) Clean(where string) {
	b.T.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.faults {
		if !slices.ContainsFunc(b.tolerate, func(part string) bool { return strings.Contains(f, part) }) {
			b.T.Errorf("%s: %s", where, f)
		}
	}
	b.faults = nil
}

// Do runs commands within their time.
func (b *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	if chromedp.FromContext(b.Ctx).Target == nil { // a tab lives as long as the context of its first command
		if err := chromedp.Do(b.Ctx); err != nil {
			b.T.Fatalf("open a tab: %v", err)
		}
	}
	ctx, cancel := context.WithTimeout(b.Ctx, step)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.T.Fatalf("%v\n%s", err, b.Describe())
	}
}

// Visit opens a page by its path.
func (b *Tab) Visit(path string) {
	b.T.Helper()
	b.Do(chromedp.Navigate(b.Base + path))
}

// Try evaluates an expression, in which $ and $$ select.
func Try[T any](b *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.Ctx, step)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](`(() => {
		const $ = (s) => document.querySelector(s), $$ = (s) => [...document.querySelectorAll(s)];
		const text = (s) => ($(s)?.textContent ?? '').replace(/\s+/g, ' ').trim();
		return `+expression+`;
	})()`))
}

// Eval evaluates an expression, in which $ and $$ select and text reads.
func Eval[T any](b *Tab, expression string) T {
	b.T.Helper()
	v, err := Try[T](b, expression)
	if err != nil {
		b.T.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}

// Await waits until an expression holds in the page, across navigations, and
// gives how long that took.
func (b *Tab) Await(what, expression string) time.Duration {
	b.T.Helper()
	return b.AwaitWithin(Patience, what, expression)
}

// AwaitWithin is Await with a time of one's own.
func (b *Tab) AwaitWithin(limit time.Duration, what, expression string) time.Duration {
	b.T.Helper()
	began := time.Now()
	ticker := time.NewTicker(LookEvery)
	defer ticker.Stop()
	for {
		holds, err := Try[bool](b, "Boolean("+expression+")")
		switch {
		case err == nil && holds:
			return time.Since(began)
		case b.Ctx.Err() != nil:
			b.T.Fatalf("the tab's time is up while waiting for %s", what)
		case time.Since(began) > limit:
			b.T.Fatalf("not within %v: %s\n(%s; %v)\n%s", limit, what, expression, err, b.Describe())
		}
		<-ticker.C
	}
}

// AwaitPath waits until the tab has loaded a page by its path and hears its
// stream, if it has one and scripts run.
func (b *Tab) AwaitPath(what, path string) {
	b.T.Helper()
	b.Await(what, "location.pathname.match("+Regexp(path)+") && document.readyState === 'complete' "+
		"&& (!$('#stream') || document.documentElement.dataset.js === undefined || document.documentElement.dataset.link === 'ok')")
}

// Describe tells what a page shows, for a failed test.
func (b *Tab) Describe() string {
	shown, err := Try[string](b, `location.href + '\nfocus: ' + document.activeElement?.outerHTML.slice(0, 200) + '\n' + document.body.innerText`)
	if err != nil {
		return err.Error()
	}
	return shown[:min(len(shown), shownText)]
}

// Quoted is a Go string as one of JavaScript.
func Quoted(s string) string { return strconv.Quote(s) }

// Regexp is an expression of JavaScript that matches the whole of what a
// regular expression describes.
func Regexp(s string) string { return "new RegExp(" + Quoted("^"+s+"$") + ")" }

// Spot is where an element can be pressed.
type Spot struct {
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

// Spot waits until an element can be pressed and stands still.
func (b *Tab) Spot(selector string) Spot {
	b.T.Helper()
	expression := fmt.Sprintf(find, Quoted(selector))
	var last, now Spot
	began := time.Now()
	ticker := time.NewTicker(LookEvery)
	defer ticker.Stop()
	for {
		last = now
		now, _ = Try[Spot](b, expression) // a page that is going answers nothing
		if now.Free && now == last {
			return now
		}
		if time.Since(began) > Patience {
			b.T.Fatalf("%s cannot be pressed: %+v\n%s", selector, now, b.Describe())
		}
		<-ticker.C
	}
}

// Click presses the mouse on an element.
func (b *Tab) Click(selector string) Spot {
	b.T.Helper()
	at := b.Spot(selector)
	b.Press(at, 1)
	return at
}

// Press presses the mouse at a place, for the n-th time in quick succession.
func (b *Tab) Press(at Spot, n int64) {
	b.T.Helper()
	b.Do(chromedp.MouseEvent(chromedp.MouseMoved, at.X, at.Y), Mouse(chromedp.MousePressed, at, n), Mouse(chromedp.MouseReleased, at, n))
}

// Mouse is a button of the mouse that goes down or up at a place.
func Mouse(kind input.DispatchMouseEventType, at Spot, n int64) chromedp.Action[chromedp.Void] {
	return chromedp.MouseEvent(kind, at.X, at.Y, chromedp.ButtonLeft, func(p *input.DispatchMouseEventParams) { p.ClickCount = n })
}

// Hold presses the mouse on an element and holds it, until LetGo.
func (b *Tab) Hold(selector string) Spot {
	b.T.Helper()
	at := b.Spot(selector)
	b.Do(chromedp.MouseEvent(chromedp.MouseMoved, at.X, at.Y), Mouse(chromedp.MousePressed, at, 1))
	return at
}

// LetGo lets the mouse go that is held.
func (b *Tab) LetGo(at Spot) {
	b.T.Helper()
	b.Do(Mouse(chromedp.MouseReleased, at, 1))
}

// Write types a text where the focus is.
func (b *Tab) Write(text string) {
	b.T.Helper()
	b.Do(chromedp.KeyEvent(text))
}

// Fill presses into a field with the mouse and types over what it holds.
func (b *Tab) Fill(selector, text string) {
	b.T.Helper()
	b.Click(selector)
	b.Overwrite(selector, text)
}

// Overwrite types over what the focused field holds.
func (b *Tab) Overwrite(selector, text string) {
	b.T.Helper()
	b.Await(selector+" to have the focus", "document.activeElement?.matches("+Quoted(selector)+")")
	b.Do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent("\b"))
	b.Write(text)
	if got := Eval[string](b, "document.activeElement.value"); got != text {
		b.T.Fatalf("typed %q into %s, which holds %q", text, selector, got)
	}
}

// Key is one of the keyboard, as an event names it.
type Key struct {
	name, code string
	virtual    int64
	text       string
}

// Keys that have a name.
var (
	KeyEnter  = Key{"Enter", "Enter", 13, "\r"}
	KeySpace  = Key{" ", "Space", 32, " "}
	KeyTab    = Key{"Tab", "Tab", 9, ""}
	KeyEscape = Key{"Escape", "Escape", 27, ""}
	KeyRight  = Key{"ArrowRight", "ArrowRight", 39, ""}
)

// Letters are the keys of commands. Each is one event that carries its text, as
// a keyboard's is, so that a page that takes the key keeps the text out.
var Letters = map[string]Key{
	"j": {"j", "KeyJ", 74, "j"},
	"k": {"k", "KeyK", 75, "k"},
	"a": {"a", "KeyA", 65, "a"},
	"p": {"p", "KeyP", 80, "p"},
	"s": {"s", "KeyS", 83, "s"},
	"x": {"x", "KeyX", 88, "x"},
	"/": {"/", "Slash", 191, "/"},
	"?": {"?", "Slash", 191, "?"},
}

// HoldsUntil holds a key, which repeats by itself, until an expression holds.
func (b *Tab) HoldsUntil(k Key, what, expression string) {
	b.T.Helper()
	b.Down(k, false)
	began := time.Now()
	ticker := time.NewTicker(LookEvery)
	defer ticker.Stop()
	for !Eval[bool](b, "Boolean("+expression+")") {
		if time.Since(began) > Patience {
			b.T.Fatalf("held for %v, and not: %s\n%s", Patience, what, b.Describe())
		}
		<-ticker.C
		b.Down(k, true)
	}
	b.Up(k)
}

// Down presses a key and holds it; repeated says that it is held already.
func (b *Tab) Down(k Key, repeated bool) {
	b.T.Helper()
	kind := input.DispatchKeyEventTypeKeyDown
	if k.text == "" {
		kind = input.DispatchKeyEventTypeRawKeyDown
	}
	b.dispatch(k, kind, repeated)
}

// Up lets a key go.
func (b *Tab) Up(k Key) {
	b.T.Helper()
	b.dispatch(k, input.DispatchKeyEventTypeKeyUp, false)
}

// Hit presses a key and lets it go.
func (b *Tab) Hit(k Key) {
	b.T.Helper()
	b.Down(k, false)
	b.Up(k)
}

func (b *Tab) dispatch(k Key, kind input.DispatchKeyEventType, repeated bool) {
	b.T.Helper()
	p := input.DispatchKeyEventParams{
		Type: kind, Key: k.name, Code: k.code, AutoRepeat: &repeated,
		WindowsVirtualKeyCode: k.virtual, NativeVirtualKeyCode: k.virtual,
	}
	if kind == input.DispatchKeyEventTypeKeyDown {
		p.Text, p.UnmodifiedText = k.text, k.text
	}
	b.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, input.DispatchKeyEvent, p)
		return err
	}))
}

// TabTo walks with the Tab key until an element has the focus.
func (b *Tab) TabTo(selector string) {
	b.T.Helper()
	const most = 80
	focused := "document.activeElement?.matches(" + Quoted(selector) + ")"
	for range most {
		if Eval[bool](b, "Boolean("+focused+")") {
			return
		}
		b.Hit(KeyTab)
	}
	b.T.Fatalf("%d presses of Tab do not reach %s; the focus is on %s", most, selector, Eval[string](b, "document.activeElement.outerHTML.slice(0, 200)"))
}

// TabBack walks back with Shift and Tab until an element has the focus.
func (b *Tab) TabBack(selector string) {
	b.T.Helper()
	for range 10 {
		if Eval[bool](b, "Boolean(document.activeElement?.matches("+Quoted(selector)+"))") {
			return
		}
		b.Do(chromedp.KeyEvent("\t", chromedp.KeyModifiers(chromedp.ModifierShift)))
	}
	b.T.Fatalf("the way back does not reach %s", selector)
}

// Cookie keeps a preference in the browser.
func (b *Tab) Cookie(name, value string) {
	b.T.Helper()
	home, err := url.Parse(b.Base)
	if err != nil {
		b.T.Fatal(err)
	}
	b.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, network.SetCookie, network.SetCookieParams{Name: name, Value: value, Domain: home.Hostname(), Path: "/"})
		return err
	}))
}

// Cookies are what the browser keeps for the dashboard.
func (b *Tab) Cookies() []*network.Cookie {
	b.T.Helper()
	var kept []*network.Cookie
	b.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		answer, err := cdp.Call(ctx, to, network.GetCookies, network.GetCookiesParams{URLs: []string{b.Base + "/"}})
		if err == nil {
			kept = answer.Cookies
		}
		return err
	}))
	return kept
}

// WithoutScript turns scripts off.
func (b *Tab) WithoutScript() {
	b.T.Helper()
	b.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}

// Forget forgets what was noticed, and what was expected.
func (b *Tab) Forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults, b.tolerate = nil, nil
}
