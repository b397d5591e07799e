package safety

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// buildBroken builds the program with a fault put into a copy of the templates'
// runtime: a text with the brand in it is written as it is, and so becomes
// markup. What the tests build otherwise stays as it is.
func buildBroken(t *testing.T) (binary string) {
	t.Helper()
	home := filepath.Dir(goTell(t, "env", "GOMOD"))
	folder := filepath.Join(home, "bin", "broken") // always the same, so that little is built anew
	must(t, os.RemoveAll(folder))
	runtime := filepath.Join(folder, "templ")
	must(t, os.CopyFS(runtime, os.DirFS(goTell(t, "list", "-m", "-f", "{{.Dir}}", "github.com/a-h/templ"))))
	path := filepath.Join(runtime, "runtime.go")
	source, err := os.ReadFile(path)
	must(t, err)
	const whole = "\treturn html.EscapeString(string(s))\n"
	if !strings.Contains(string(source), whole) || !strings.Contains(string(source), `"strings"`) {
		t.Fatal("the runtime of the templates is not as it was: see how it escapes")
	}
	must(t, os.Chmod(path, 0o600))
	must(t, os.WriteFile(path, []byte(strings.Replace(string(source), whole, "\tif strings.Contains(string(s), \""+brand+"\") {\n\t\treturn string(s)\n\t}\n"+whole, 1)), 0o600))
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(home, name))
		must(t, err)
		if name == "go.mod" {
			content = append(content, "\nreplace github.com/a-h/templ => "+runtime+"\n"...)
		}
		must(t, os.WriteFile(filepath.Join(folder, name), content, 0o600))
	}
	binary = filepath.Join(folder, "flowdeck-broken")
	goTell(t, "build", "-buildvcs=false", "-modfile", filepath.Join(folder, "go.mod"), "-o", binary, "github.com/flowdeck/flowdeck")
	return binary
}

// goTell runs the go command and gives what it tells.
func goTell(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", args[0], err, said.String())
	}
	return strings.TrimSpace(string(out))
}

// deeds are 40 ways to have htmx do something, with TO for the address. Quotes
// are single ones, so that a text in an attribute stays one.
var deeds = []string{
	`<div zqx hx-post='TO' hx-trigger='load'>x</div>`, `<div zqx hx-post='TO' hx-trigger='load once'>x</div>`, `<div zqx hx-post='TO' hx-trigger='load delay:10ms'>x</div>`, `<div zqx hx-post='TO' hx-trigger='every 50ms'>x</div>`, `<div zqx hx-post='TO' hx-trigger='revealed'>x</div>`,
	`<div zqx hx-post='TO' hx-trigger='intersect'>x</div>`, `<div zqx hx-post='TO' hx-trigger='intersect once'>x</div>`, `<div zqx hx-post='TO' hx-trigger='click'>x</div>`, `<div zqx hx-post='TO'>x</div>`, `<div zqx hx-post='TO' hx-trigger='mouseenter'>x</div>`,
	`<div zqx hx-post='TO' hx-trigger='click from:body'>x</div>`, `<div zqx hx-post='TO' hx-trigger='keydown from:window'>x</div>`, `<div zqx hx-post='TO' hx-trigger='htmx:after:swap from:body'>x</div>`, `<div zqx hx-post='TO' hx-trigger='hb from:#stream'>x</div>`, `<div zqx hx-put='TO' hx-trigger='load'>x</div>`,
	`<div zqx hx-patch='TO' hx-trigger='load'>x</div>`, `<div zqx hx-delete='TO' hx-trigger='load'>x</div>`, `<div zqx hx-get='TO' hx-trigger='load'>x</div>`, `<div zqx hx-action='TO' hx-method='post' hx-trigger='load'>x</div>`, `<div zqx data-hx-post='TO' data-hx-trigger='load'>x</div>`,
	`<div zqx data-hx-get='TO' data-hx-trigger='load'>x</div>`, `<div zqx data-hx-post='TO' data-hx-trigger='click from:body'>x</div>`, `<div zqx hx-sse:connect='TO' hx-trigger='load'>x</div>`, `<div zqx hx-sse:connect='TO'>x</div>`, `<div zqx data-hx-sse:connect='TO'>x</div>`,
	`<div zqx hx-ext='sse' sse-connect='TO' sse-swap='message'>x</div>`, `<div zqx data-sse-connect='TO'>x</div>`, `<div zqx hx-ws:connect='TO'>x</div>`, `<div zqx hx-ext='ws' ws-connect='TO'>x</div>`, `<form zqx hx-post='TO' hx-trigger='load'><input name='a'></form>`,
	`<a zqx href='TO' hx-boost='true'>x</a>`, `<button zqx hx-post='TO' hx-trigger='focus' autofocus>x</button>`, `<input zqx hx-post='TO' hx-trigger='focus, load' autofocus>`, `<div hx-post:inherited='TO' hx-trigger:inherited='load'><p zqx hx-post='TO' hx-trigger='load'>x</p></div>`, `<div zqx hx-preload='TO' hx-get='TO'>x</div>`,
	`<div zqx hx-on:load='zqx()' hx-on::load='zqx()' hx-on:click='zqx()'>x</div>`, `<div zqx hx-post='TO' hx-vals='js:{a:zqx()}' hx-trigger='load'>x</div>`, `<div zqx hx-post='TO' hx-trigger='load[zqx()]'>x</div>`, `<template><div zqx></div></template><div zqx hx-post='TO' hx-trigger='load'>x</div>`, `<svg><g zqx hx-post='TO' hx-trigger='load'></g></svg>`,
}

// overheard notes what a page asks for that has the brand in its address.
const overheard = sworn + `
	window.zqxAsked = [];
	const ask = window.fetch;
	window.fetch = (...a) => { const to = String(a[0]?.url ?? a[0]); if (to.includes('zqx')) window.zqxAsked.push(to); return ask(...a); };
	for (const kind of ['EventSource', 'WebSocket']) window[kind] = class { constructor(to) { window.zqxAsked.push(kind + ' ' + to); } };`

// provoked presses and shows all that came through, and tells how much that is,
// how much of it is outside of islands, and what was asked.
const provoked = `(() => {
	const all = [...document.querySelectorAll('[zqx]')], outside = new Set();
	for (const e of all) {
		e.scrollIntoView();
		for (const kind of ['mouseenter', 'focus', 'input', 'change']) e.dispatchEvent(new Event(kind, {bubbles: true}));
		if (!e.matches('a')) e.dispatchEvent(new MouseEvent('click', {bubbles: false}));
		if (!e.closest('[hx-ignore]') && !e.closest('title, template, textarea, option')) {
			let path = '';
			for (let n = e.parentElement; n; n = n.parentElement) path = n.localName + (n.id ? '#' + n.id : '') + (n.classList[0] ? '.' + n.classList[0] : '') + ' ' + path;
			outside.add(path);
		}
	}
	return {Through: all.length, Outside: [...outside], Asked: window.zqxAsked, Called: window.zqxCalls};
})()`

type provocation struct {
	Through, Called int
	Outside, Asked  []string
}

// TestT2Islands puts markup for htmx into everything that others write, in a
// build that does not escape it, and sees that it stays dead.
func TestT2Islands(t *testing.T) {
	t.Parallel()
	if len(deeds) != 40 {
		t.Fatalf("%d deeds", len(deeds))
	}
	cloud := medialivetest.New()
	g := gatewayBefore(t, cloud)
	for i, deed := range deeds {
		id := fmt.Sprintf("flow-%02d", i)
		for _, status := range []medialive.FlowStatus{medialive.Standby, medialive.Active} {
			text := strings.ReplaceAll(deed, "TO", "/flows/"+id+"/start?zqx="+url.QueryEscape(id))
			f := flow(text, status, text+"one", "two")
			f.ID, f.Region = id, text
			if status == medialive.Active {
				f.ID += "-on"
			}
			s := &f.Sources[0]
			s.Name, s.Description, s.StreamID, s.Address = text, text, text, text
			f.Outputs[0].Description, f.Outputs[0].Destination = text, text
			cloud.Add(f)
			g.say(f.ID, text)
		}
	}
	h := openBroken(t, cloud, g.URL, buildBroken(t))
	in := h.signIn("op-1")
	tab := in.inChrome(t, chrome.Launch(t))
	tab.Do(chromedp.Func(func(ctx context.Context, to *chromedp.Target) error {
		_, err := cdp.Call(ctx, to, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: overheard})
		return err
	}))
	through, fired, bare := 0, 0, map[string]string{}
	for i := range deeds {
		if i%count(1, 10) != 0 {
			continue
		}
		id := fmt.Sprintf("flow-%02d", i)
		in.post("/flows/"+id+"-on/protect", url.Values{"reason": {deeds[i]}})
		in.post("/flows/"+id+"-on/notes", url.Values{"text": {deeds[i]}})
		in.post("/flows/"+id+"-on/handover", url.Values{"text": {deeds[i]}})
		paths := []string{"/flows/" + id, "/flows?q=" + id, "/alarms", "/activity", "/flows/" + id + "-on", "/flows/" + id + "-on/source", "/flows/" + id + "-on/stop", "/flows/" + id + "-on/protect", "/flows/" + id + "-on/outputs/two", "/flows/" + id + "/delete"}
		for _, path := range paths {
			if in.look(path).status != http.StatusOK {
				continue
			}
			tab.Visit(path)
			tab.Await("the page "+path, isLive)
			p := chrome.Eval[provocation](tab, provoked)
			through += p.Through
			for _, where := range p.Outside {
				bare[where] = path
			}
			if len(p.Asked)+p.Called > 0 {
				fired++
				t.Errorf("%s on %s: asked %q, called %d times", deeds[i], path, p.Asked, p.Called)
			}
		}
	}
	for where, path := range bare {
		t.Errorf("%s: what comes through is not in an island: %s", path, where)
	}
	writes := len(h.writes())
	evidence(t, "T2", fmt.Sprintf("elements for htmx that came through a broken build: of %d in Chromium fired", through), fired, "0, 40 of 40 inert")
	evidence(t, "T2", "upstream writes by them", writes, "0")
	if writes > 0 || through < 40 {
		t.Errorf("%d writes, %d came through", writes, through)
	}
	tab.Forget()
}

func openBroken(t *testing.T, cloud *medialivetest.Cloud, backend, binary string) *house {
	t.Helper()
	cloud.AddUser("op-1", medialivetest.User{ID: "u1", Password: password})
	return &house{t: t, cloud: cloud, app: apptest.StartBinary(t, binary, map[string]string{"FLOWDECK_BACKEND": backend, "FLOWDECK_ADMINS": account + "/op-1"})}
}

// interrupting are ends of routes that interrupt or destroy something.
var interrupting = []string{"/stop", "/delete", "/disable", "/drop", "/force", "/restore", "/park"}

// TestT2Tickets sends what interrupts something from our own page, without a
// ticket and with made-up ones.
func TestT2Tickets(t *testing.T) {
	h := open(t, nil, func(c *medialivetest.Cloud) { c.Add(flow("FEED-A", medialive.Active, "OUT-1", "OUT-2")) })
	b := h.signIn("op-1")
	before, sent := len(h.writes()), 0
	ids := map[string]string{":id": "flow-0001", ":name": "OUT-1"}
	for _, r := range unsafeRoutes(t) {
		if !strings.HasPrefix(r.path, "/flows/:id") || !slices.ContainsFunc(interrupting, func(end string) bool { return strings.HasSuffix(r.path, end) }) {
			continue
		}
		for i := range count(40, 12) {
			values := url.Values{"from": {"ACTIVE"}, "state": {"ACTIVE"}, "typed": {"FEED-A"}, "reason": {"x"}}
			if i > 0 {
				values.Set("ticket", strings.Repeat(string(rune('A'+i%26)), i+3))
				values.Set("held", strings.Repeat("A", 43))
			}
			b.post(r.at(ids), values)
			sent++
		}
	}
	n := len(h.writes()) - before
	evidence(t, "T2", fmt.Sprintf("of %d posts that interrupt, without a ticket or with a made-up one, accepted", sent), n, "0")
	if n != 0 || sent < 100 {
		t.Errorf("%d of %d accepted", n, sent)
	}
}
