package safety

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

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
	tab := c.Open(t, b.base)
	for name, value := range b.cookies {
		tab.Cookie(name, value)
	}
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
	t       *testing.T
	kinds   map[string]bool
	visits  int
	wrong   int
	unknown int
}

// visit opens a page; one of harmless texts tells what pages are made of.
func (w *watch) visit(tab *chrome.Tab, who, path string, harmless bool) {
	w.t.Helper()
	w.visits++
	tab.Visit(path)
	tab.Await("the page "+path, isLive)
	f := chrome.Eval[found](tab, inside)
	where := fmt.Sprintf("%s as %s", path, who)
	for _, wrong := range f.Wrong {
		w.wrong++
		w.t.Errorf("%s: %s", where, wrong)
	}
	for _, kind := range f.Kinds {
		switch {
		case harmless:
			w.kinds[kind] = true
		case !w.kinds[kind]:
			w.unknown++
			w.t.Errorf("%s has what no harmless page has: %s", where, kind)
		}
	}
	if tab.Heard("") {
		w.wrong++
		tab.Clean(where)
	}
}

// shownPages are those of a list of paths that are there for somebody.
func shownPages(b *browser, paths []string) (shown []string) {
	b.t.Helper()
	for _, path := range paths {
		r := b.look(path)
		if r.status == http.StatusOK && strings.HasPrefix(r.header.Get("Content-Type"), "text/html") && strings.Contains(r.body, "<!doctype html>") {
			shown = append(shown, path)
		}
	}
	return shown
}

// TestT1Chromium looks at every page in a real browser, as everybody.
func TestT1Chromium(t *testing.T) {
	c, b := chrome.Launch(t), newBeacon(t)
	s := newStage(t, b, 54)
	admin := s.signIn("op-1")
	s.giveRoles(admin)
	wall := s.hang(admin, `"><img src=`+b.URL+` onerror=zqx()>`)
	w := &watch{t: t, kinds: map[string]bool{}}
	all := routes(t)
	for turn, who := range []struct{ name, role string }{{"op-1", "admin"}, {"op-2", "engineer"}, {"op-3", "operator"}, {"op-4", "viewer"}} {
		in := s.signIn(who.name)
		tab := in.inChrome(t, c)
		for _, p := range s.pairs[:2] {
			for _, path := range shownPages(in, pagesOf(t, all, in, p.twin, p.plain[inOutput])) {
				w.visit(tab, who.role, path, true)
			}
		}
		for _, path := range shownPages(in, plainPages(t)) {
			w.visit(tab, who.role, path, true) // whose lists have hostile rows too: no wrongs
		}
		for i, p := range s.pairs {
			if i%count(4, 16) != turn%count(4, 16) {
				continue
			}
			for _, path := range shownPages(in, pagesOf(t, all, in, p.hostile, p.texts[inOutput])) {
				w.visit(tab, who.role, path, false)
			}
		}
	}
	screen := c.Open(t, s.app.URL)
	screen.Visit(wall)
	screen.Await("the wall", `location.pathname === '/wall' && document.readyState === 'complete'`)
	w.visit(screen, "a display", "/wall", true)
	evidence(t, "T1", fmt.Sprintf("dialogs, calls, foreign elements, CSP violations and foreign requests in %d pages in Chromium", w.visits), w.wrong+w.unknown, "0 of ≥ 1,000")
	evidence(t, "T1", "requests that pages in Chromium made elsewhere", b.hits.Load(), "0")
	if b.hits.Load() != 0 {
		t.Errorf("%d requests elsewhere", b.hits.Load())
	}
}
