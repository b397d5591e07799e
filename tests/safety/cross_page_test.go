package safety

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// otherSite sends with the cookies of whoever looks at it all that a page can
// send to another origin, and then says so in window.sent.
const otherSite = `<!DOCTYPE html><title>other</title><body><script>
const base = BASE, unsafe = UNSAFE, safe = SAFE;
window.sent = 0; window.over = false; window.read = 0; window.framed = 0;
const body = () => new URLSearchParams({name: 'X', start: '1', from: 'ACTIVE', state: 'ACTIVE', typed: 'FEED-A', reason: 'x', username: 'op-1'});
async function ask(path, how) {
	window.sent++;
	try { const r = await fetch(base + path, {credentials: 'include', ...how}); if (r.type !== 'opaque' && r.type !== 'opaqueredirect' && r.type !== 'error') window.read++; } catch {}
}
function send(path, kind, n) {
	window.sent++;
	const frame = document.createElement('iframe'), form = document.createElement('form');
	frame.name = 'f' + n; form.target = frame.name; form.method = 'post'; form.enctype = kind; form.action = base + path;
	for (const [name, value] of body()) { const i = document.createElement('input'); i.name = name; i.value = value; form.append(i); }
	document.body.append(frame, form);
	return new Promise((done) => { frame.onload = () => { frame.onload = () => { frame.remove(); form.remove(); done(); }; form.submit(); setTimeout(done, 3000); }; frame.src = 'about:blank'; });
}
(async () => {
	let n = 0;
	const at = (path) => history.replaceState(null, '', '#' + path); // tells a failed test how far it came
	for (const path of unsafe) {
		at(path);
		await Promise.all([
			ask(path, {method: 'POST', mode: 'no-cors', body: body()}), ask(path, {method: 'POST', mode: 'cors', body: body()}), ask(path, {method: 'POST', mode: 'no-cors', body: 'name=X', headers: {'Content-Type': 'text/plain'}}),
			ask(path, {method: 'POST', mode: 'cors', headers: {'HX-Request': 'true'}, body: body()}), ask(path, {method: 'DELETE', mode: 'cors'}), ask(path, {method: 'PUT', mode: 'cors'}),
			send(path, 'application/x-www-form-urlencoded', n++), send(path, 'text/plain', n++), send(path, 'multipart/form-data', n++),
		]);
		navigator.sendBeacon(base + path, body()); window.sent++;
	}
	for (const path of safe) {
		at(path);
		await Promise.all([ask(path, {mode: 'no-cors'}), ask(path, {mode: 'cors'}), new Promise((done) => { const i = new Image(); i.onload = () => { window.read++; done(); }; i.onerror = done; i.src = base + path; window.sent++; })]);
	}
	for (const path of safe) { at('framed' + path); const f = document.createElement('iframe'); f.src = base + path; document.body.append(f); window.framed++; await new Promise((done) => { f.onload = done; setTimeout(done, 2000); }); }
	window.over = true;
})();
</script>`

// TestT10OtherSite has whoever is signed in look at a page of another site: of
// the same host, which is the same site for cookies, and of another one.
func TestT10OtherSite(t *testing.T) {
	t.Parallel()
	h := open(t, map[string]string{"FLOWDECK_LOG_LEVEL": "info"}, func(c *medialivetest.Cloud) { c.Add(flow("FEED-A", medialive.Active, "OUT-1", "OUT-2")) })
	in := h.signIn("op-1")
	c := chrome.Launch(t)
	before, trail := len(h.writes()), acts(t, in)
	sent, framed, shown, read := 0, 0, 0, 0
	for _, host := range []string{"127.0.0.1", "localhost"} {
		evil := h.otherSite()
		tab := in.inChrome(t, c)
		tab.Visit("/flows")
		tab.Await("the list", isLive)
		other := tab.Beside()
		address, err := url.Parse(evil)
		must(t, err)
		other.Do(chromedp.Navigate("http://" + host + ":" + address.Port()))
		other.AwaitWithin(3*patience, "the other site to have sent all", "window.over")
		sent += chrome.Eval[int](other, "window.sent")
		framed += chrome.Eval[int](other, "window.framed")
		read += chrome.Eval[int](other, "window.read")
		shown += framesOf(other, h.app.URL)
		tab.Visit("/flows/flow-0001")
		tab.Await("still to be signed in", "location.pathname === '/flows/flow-0001' && "+isLive)
		other.Forget()
		tab.Clean("our own page")
	}
	accepted := len(h.writes()) - before + acts(t, in) - trail
	refused := strings.Count(h.app.Logs(), "status=403")
	evidence(t, "T10", fmt.Sprintf("real pages of other origins in Chromium: of %d forms, fetches, beacons and images accepted", sent), accepted, "0")
	evidence(t, "T10", "of those answers read", read, "0")
	evidence(t, "T10", fmt.Sprintf("of %d frames shown", framed), shown, "0")
	if accepted+read+shown > 0 || sent < 200 || framed < 10 || refused < 80 {
		t.Errorf("sent %d (refused %d), accepted %d, read %d, framed %d, shown %d", sent, refused, accepted, read, framed, shown)
	}
}

// otherSite serves the page that attacks the house.
func (h *house) otherSite() (address string) {
	h.t.Helper()
	ids := map[string]string{":id": "flow-0001", ":name": "OUT-1"}
	var unsafe, safe []string
	for i, r := range routes(h.t) {
		switch {
		case r.method != http.MethodGet && (long() || i%8 == 0 || strings.HasSuffix(r.path, "/stop") || strings.HasSuffix(r.path, "/start")):
			unsafe = append(unsafe, r.at(ids))
		case r.method == http.MethodGet && !r.stream() && (long() || i%6 == 0):
			safe = append(safe, r.at(ids))
		}
	}
	text := otherSite
	for name, v := range map[string]any{"BASE": h.app.URL, "UNSAFE": unsafe, "SAFE": safe} {
		quoted, err := json.Marshal(v)
		must(h.t, err)
		text = strings.Replace(text, name, string(quoted), 1)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(text))
	}))
	h.t.Cleanup(s.Close)
	return s.URL
}

// framesOf counts the frames of a page that show something of an address.
func framesOf(b *chrome.Tab, base string) (n int) {
	b.T.Helper()
	b.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		tree, err := cdp.Call(ctx, to, page.GetFrameTree, cdp.Empty{})
		if err != nil {
			return err
		}
		for _, child := range tree.FrameTree.ChildFrames {
			if strings.HasPrefix(child.Frame.URL, base) && child.Frame.UnreachableURL == "" {
				n++
				b.T.Logf("framed: %s", child.Frame.URL)
			}
		}
		return nil
	}))
	return n
}

// TestT11Chromium follows addresses that lead elsewhere in a real browser.
func TestT11Chromium(t *testing.T) {
	t.Parallel()
	h := open(t, nil, func(c *medialivetest.Cloud) { c.Add(flow("FEED-A", medialive.Active, "OUT-1")) })
	c := chrome.Launch(t)
	tab := h.signIn("op-2").inChrome(t, c)
	away, tried := 0, 0
	here := func(what, form string) {
		t.Helper()
		tried++
		tab.Await("an answer", "document.readyState === 'complete'")
		if at := chrome.Eval[string](tab, "location.href"); !strings.HasPrefix(at, h.app.URL+"/") {
			away++
			t.Errorf("%s with %q leads to %s", what, form, at)
		}
	}
	for i, form := range elsewhere() {
		if i%count(1, 16) != 0 {
			continue
		}
		query := "?" + backs(form).Encode()
		for _, path := range []string{"/login", "/renew", "/step-up", "/flows", "/labels/edit"} {
			tab.Visit(path + query)
			here(path, form)
		}
		for _, path := range []string{"/" + strings.TrimLeft(form, "/"), "/login/" + form, "/static/" + form} {
			if _, err := url.Parse(h.app.URL + path); err == nil && !strings.ContainsAny(path, "\r\n\t\x00 ") {
				tab.Visit(path)
				here(path, form)
			}
		}
		visitor := h.signIn("op-1")
		visitor.cookies = map[string]string{}
		passing := visitor.inChrome(t, c)
		passing.Visit("/login" + query)
		passing.Await("the sign-in", "$('#password')")
		chrome.Eval[bool](passing, `(() => { for (const [k, v] of Object.entries({account: 'account', username: 'op-1', password: `+chrome.Quoted(password)+`})) $('#' + k).value = v; $('#password').form.requestSubmit(); return true; })()`)
		passing.Await("to be in", "location.pathname !== '/login' && document.readyState === 'complete'")
		tried++
		if at := chrome.Eval[string](passing, "location.href"); !strings.HasPrefix(at, h.app.URL+"/") {
			away++
			t.Errorf("signing in with %q leads to %s", form, at)
		}
		passing.Forget()
		passing.Do(chromedp.Navigate("about:blank"))
	}
	tab.Forget()
	evidence(t, "T11", fmt.Sprintf("of %d ways in Chromium off our origin", tried), away, "0")
}
