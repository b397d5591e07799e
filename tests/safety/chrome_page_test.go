package safety

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/flowdeck/flowdeck/tests/chrome"
)

// sworn counts calls that hostile strings try to have made.
const sworn = `window.zqxCalls = 0; window.zqx = () => { window.zqxCalls++; };`

// inside gives what is wrong with the document as it stands, and the kinds of
// elements that it is made of.
const inside = `(() => {
	const wrong = [], kinds = new Set();
	const local = (a) => a === '' || a.startsWith('#') || /^\/(?![\/\\])/.test(a);
	const leads = ['href', 'src', 'action', 'formaction', 'srcset', 'poster', 'data', 'background', 'ping', 'hx-get', 'hx-post', 'hx-put', 'hx-patch', 'hx-delete', 'hx-sse:connect'];
	for (const e of document.querySelectorAll('*')) {
		const path = [];
		for (let n = e; n instanceof Element; n = n.parentNode) path.unshift(n.localName);
		const names = e.getAttributeNames().sort();
		kinds.add(path.join('/') + '[' + names.join(' ') + ']');
		if (path.includes('figure')) kinds.delete(path.join('/') + '[' + names.join(' ') + ']'); // charts have marks as there are figures
		if (e.localName.includes('zqx') || ['iframe', 'object', 'embed', 'base', 'frame', 'img', 'video', 'audio', 'marquee', 'applet'].includes(e.localName)) wrong.push('element ' + e.localName);
		for (const n of names) {
			const v = e.getAttribute(n);
			if (n.includes('zqx') || n.startsWith('on') || n === 'style' || n === 'srcdoc' || n.startsWith('hx-on') || n.startsWith('data-hx-') || n === 'hx-vals') wrong.push(e.localName + ' with ' + n + '=' + v.slice(0, 80));
			if (leads.includes(n) && !local(v)) wrong.push(e.localName + ' ' + n + ' leads to ' + v.slice(0, 80));
		}
	}
	if (window.zqxCalls !== 0) wrong.push('called ' + window.zqxCalls + ' times');
	return {Wrong: wrong, Kinds: [...kinds]};
})()`

// found is what inside gives.
type found struct{ Wrong, Kinds []string }

// inChrome puts somebody's session into a tab of their own.
func (b *browser) inChrome(t *testing.T, c *chrome.Chromium) *chrome.Tab {
	t.Helper()
	tab := listening(t, c, b.base)
	for name, value := range b.cookies {
		tab.Cookie(name, value)
	}
	return tab
}

// listening is a tab in which calls of hostile strings are counted.
func listening(t *testing.T, c *chrome.Chromium, base string) *chrome.Tab {
	t.Helper()
	tab := c.Open(t, base)
	tab.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: sworn})
		return err
	}))
	return tab
}

// isLive holds when a page is loaded and, where it has a stream, hears it.
const isLive = `document.readyState === 'complete' && (!$('#stream') || document.documentElement.dataset.link === 'ok')`

// giveRoles gives each user a role of their own.
func (h *house) giveRoles(admin *browser) {
	h.t.Helper()
	for user, role := range map[string]string{"op-2": "engineer", "op-3": "operator", "op-4": "viewer"} {
		r := admin.post("/settings/roles", url.Values{"user": {user}, "role": {role}})
		if r.status != http.StatusSeeOther { // it asks first what that means
			r = admin.press(r, `main form[method="post"]:has(input[name="ticket"])`)
		}
		if r.status != http.StatusSeeOther {
			h.t.Fatalf("%s cannot be made %s: %d\n%s", user, role, r.status, r.body)
		}
	}
	for user, may := range map[string]int{"op-2": http.StatusOK, "op-3": http.StatusForbidden, "op-4": http.StatusForbidden} {
		if r := h.signIn(user).get("/flows/new"); r.status != may {
			h.t.Fatalf("%s gets %d for a new flow, want %d", user, r.status, may)
		}
	}
}

var wallKey = regexp.MustCompile(`/wall/[A-Za-z0-9_-]{43}`)

// hang makes a display of all flows, and gives its link.
func (h *house) hang(admin *browser, name string) (path string) {
	h.t.Helper()
	r := admin.press(admin.page("/displays/new"), `form[action="/displays"]`, "name", name)
	if r.status == http.StatusSeeOther {
		r = admin.get(r.header.Get("Location"))
	}
	path = wallKey.FindString(r.body)
	if path == "" {
		h.t.Fatalf("no link to a display: %d\n%s", r.status, r.body)
	}
	return path
}

// watch visits pages in Chromium and tells what is wrong with them.
type watch struct {
	t      *testing.T
	kinds  map[string]bool // what harmless pages are made of
	visits int
	wrong  int
}

// visit opens a page, and gives what it is made of that no harmless one is.
func (w *watch) visit(tab *chrome.Tab, who, path string) (unknown, all []string) {
	w.t.Helper()
	w.visits++
	tab.Visit(path)
	tab.Await("the page "+path, isLive)
	f := chrome.Eval[found](tab, inside)
	for _, wrong := range f.Wrong {
		w.wrong++
		w.t.Errorf("%s as %s: %s", path, who, wrong)
	}
	if tab.Heard("") {
		w.wrong++
		tab.Clean(path + " as " + who)
	}
	return slices.DeleteFunc(slices.Clone(f.Kinds), func(kind string) bool { return w.kinds[kind] }), f.Kinds
}

// learn visits a harmless page.
func (w *watch) learn(tab *chrome.Tab, who, path string) {
	w.t.Helper()
	_, all := w.visit(tab, who, path)
	for _, kind := range all {
		w.kinds[kind] = true
	}
}

// compare visits a page, and where it is made of something else than harmless
// ones were, its twin, and again: what is shown may be new.
func (w *watch) compare(tab *chrome.Tab, who, path, twin string) {
	w.t.Helper()
	unknown, _ := w.visit(tab, who, path)
	for end := time.Now().Add(settled); len(unknown) > 0 && time.Now().Before(end); {
		w.learn(tab, who, twin)
		unknown, _ = w.visit(tab, who, path)
	}
	w.wrong += len(unknown)
	for _, kind := range unknown {
		w.t.Errorf("%s as %s has what no harmless page has: %s", path, who, kind)
	}
}

// isPage tells whether somebody gets a page there.
func isPage(b *browser, path string) bool {
	r := b.look(path)
	return r.status == http.StatusOK && strings.HasPrefix(r.header.Get("Content-Type"), "text/html") && strings.Contains(r.body, "<!doctype html>")
}

// TestT1Chromium looks at every page in a real browser, as everybody; in the
// short form at some of fewer flows.
func TestT1Chromium(t *testing.T) {
	t.Parallel()
	c, b := chrome.Launch(t), newBeacon(t)
	s := newStage(t, b, 54)
	admin := s.signIn("op-1")
	if !long() { // what makes something wherever it comes through
		s.corpus = slices.DeleteFunc(s.corpus, func(h hostile) bool { return !slices.Contains([]string{"HTML", "attribute", "htmx"}, h.of()) })
		s.spread(0)
		s.told(admin)
	}
	s.giveRoles(admin)
	wall := s.hang(admin, `"><img src=`+b.URL+` onerror=zqx()>`)
	w := &watch{t: t, kinds: map[string]bool{}}
	all := routes(t)
	for turn, who := range []struct{ name, role string }{{"op-1", "admin"}, {"op-2", "engineer"}, {"op-3", "operator"}, {"op-4", "viewer"}} {
		in := s.signIn(who.name)
		tab := in.inChrome(t, c)
		for i, path := range plainPages(t) { // whose lists have hostile rows too: no wrongs
			if i%count(1, 6) == turn%count(1, 6) && isPage(in, path) {
				w.learn(tab, who.role, path)
			}
		}
		for i, p := range s.pairs {
			if i%4 != turn || !long() && i > 7 {
				continue
			}
			hostile, twin := pagesOf(t, all, in, p.hostile, p.texts[inOutput]), pagesOf(t, all, in, p.twin, p.plain[inOutput])
			for k, path := range hostile {
				if (k == 0 || k%count(1, 5) == turn%count(1, 5)) && isPage(in, path) {
					w.compare(tab, who.role, path, twin[k])
				}
			}
		}
	}
	screen := listening(t, c, s.app.URL)
	screen.Visit(wall)
	screen.Await("the wall", `location.pathname === '/wall' && document.readyState === 'complete'`)
	w.learn(screen, "a display", "/wall")
	evidence(t, "T1", fmt.Sprintf("dialogs, calls, foreign elements, CSP violations and foreign requests in %d pages in Chromium", w.visits), w.wrong, "0 of ≥ 1,000")
	evidence(t, "T1", "requests that pages in Chromium made elsewhere", b.hits.Load(), "0")
	if b.hits.Load() != 0 {
		t.Errorf("%d requests elsewhere", b.hits.Load())
	}
}
