package browser

import (
	"strconv"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// testStoryByMouse is the first hour with Flowdeck: from signing in to a flow
// that delivers, and its stop.
func testStoryByMouse(t *testing.T, c *chromium) {
	h := build(t)
	b := c.open(t, h.app.URL)
	b.signIn()
	b.Await("the page of a project without flows", "text('h1') === 'No flows yet'")
	b.Fill("#name", "STUDIO-A")
	b.Await("the ready lines to follow the name", "text('#line-ffmpeg').includes('streamid=studio-a')")
	b.Click(".first-make button[type=submit]")
	b.AwaitPath("the page of the flow", "/flows/[0-9a-f-]+")
	id := b.flowID()
	b.awaitState("WAITING")
	b.goLive(b.sendHere())

	b.Click(`a[href$="/outputs/new"]`)
	b.AwaitPath("the form of an output", ".*/outputs/new")
	b.Fill("#name", "viewer-1")
	b.Click(`label:has(input[name="protocol"][value="srt-listener"])`)
	b.Fill("#min_latency", "120")
	b.Click("#save")
	b.AwaitPath("the page of the flow", "/flows/"+id)
	b.Await("the new output", "$('#output-viewer-1')")
	arrives(t, "a receiver that calls", record(t, h.output(id, "viewer-1")))

	far := relaytest.SRT{Port: relaytest.FreePort(t), Listen: true}
	received := record(t, far)
	b.Click(`a[href$="/outputs/new"]`)
	b.AwaitPath("the form of an output", ".*/outputs/new")
	b.Fill("#name", "truck-2")
	b.Click(`label:has(input[name="protocol"][value="srt-caller"])`)
	b.Fill("#address", "127.0.0.1")
	b.Fill("#port", strconv.Itoa(far.Port))
	b.Click("#save")
	b.AwaitPath("the page of the flow", "/flows/"+id)
	arrives(t, "a receiver that is called", received)
	b.Await("both outputs connected", "text('#outputs-title') === 'Outputs, 2 of 2 connected'")

	b.Click(`#source-box a[href$="/source"]`)
	b.AwaitPath("the form of the source", ".*/source")
	b.Fill("#cidr_whitelist", "127.0.0.0/8")
	b.Fill("#description", "studio camera")
	b.Await("what the change does", "text('#effect').includes('2 changes') && text('#effect').includes('INTERRUPTS NOTHING')")
	b.Click("#save")
	b.AwaitPath("the page of the flow", "/flows/"+id)
	b.Await("the changed source", "text('#source-box').includes('127.0.0.0/8') && text('.flow-description') === 'studio camera'")
	b.awaitState("LIVE")

	b.Click(`.rail-item[href="/flows"]`)
	b.AwaitPath("the list", "/flows")
	b.awaitRow(id, "LIVE")
	b.Await("the outputs in the row", "text("+chrome.Quoted("#flow-"+id+" .col-outputs .count")+") === '2/2'")
	b.Fill("#search", "studio camera")
	b.Hit(chrome.KeyEnter)
	b.Await("the search to find it", "location.search.includes('q=studio') && $("+chrome.Quoted("#flow-"+id)+")")
	b.stopInList(h, id)
	b.Clean("the story by mouse")
}

// goLive sends to a flow whose page is shown, and waits until the same document
// says LIVE.
func (b *tab) goLive(to relaytest.SRT) {
	b.T.Helper()
	b.mark()
	clip := relaytest.Clip(b.T)
	began := time.Now()
	relaytest.Push(b.T, clip, to)
	b.awaitState("LIVE")
	b.T.Logf("LIVE %v after ffmpeg was started", time.Since(began).Round(time.Millisecond))
	b.sameDocument()
}

// output is where a receiver calls an output.
func (h *house) output(flowID, name string) relaytest.SRT {
	h.t.Helper()
	var o medialive.Output
	h.app.Await(chrome.Patience, "the output "+name+" to have a port", func() bool {
		var err error
		o, err = h.client.ShowOutput(h.t.Context(), flowID, name)
		return err == nil && o.Port != 0
	})
	return relaytest.SRT{Host: o.ListenerAddress, Port: o.Port}
}

// stopInList stops a flow in its row: one press asks, a second one elsewhere
// answers, and the row then says what was confirmed.
func (b *tab) stopInList(h *house, id string) {
	b.T.Helper()
	b.mark()
	row, armed := "#flow-"+id, "#armed-"+id
	b.Click(row + " [data-arm]")
	b.Await("the question", "$("+chrome.Quoted(armed+" .guard")+")")
	b.Await("the focus on Cancel", "document.activeElement?.matches("+chrome.Quoted(armed+" [data-cancel]")+")")
	if got := h.status(id); got != medialive.Active {
		b.T.Fatalf("asked whether to stop, and it is %s", got)
	}
	b.Await("the settling time to pass", settled(armed))
	b.Click(armed + " [data-guarded]")
	b.awaitRow(id, "STANDBY")
	h.awaitStatus(id, medialive.Standby)
	b.sameDocument()
}

// settled holds once a question has stood for a second, by its own countdown.
func settled(armed string) string {
	return "$(" + chrome.Quoted(armed+" progress") + ")?.value < 4"
}

// testStoryByKeyboard is the same without a mouse.
func testStoryByKeyboard(t *testing.T, c *chromium) {
	h := build(t)
	b := c.open(t, h.app.URL)
	b.Visit("/")
	b.AwaitPath("the sign-in", "/login")
	b.typeInto("#username", "admin")
	b.typeInto("#password", "a password for tests")
	b.Hit(chrome.KeyEnter)
	b.AwaitPath("the flows", "/flows")
	b.Await("the page of a project without flows", "text('h1') === 'No flows yet'")
	b.typeInto("#name", "STUDIO-B")
	b.TabTo(".first-make button[type=submit]")
	b.Hit(chrome.KeySpace)
	b.AwaitPath("the page of the flow", "/flows/[0-9a-f-]+")
	id := b.flowID()
	b.awaitState("WAITING")
	b.goLive(b.sendHere())

	b.walk(`a[href$="/outputs/new"]`, "the form of an output", ".*/outputs/new")
	b.typeInto("#name", "viewer-1")
	b.choose("protocol", "srt-listener")
	b.typeInto("#min_latency", "120")
	b.Hit(chrome.KeyEnter)
	b.AwaitPath("the page of the flow", "/flows/"+id)
	arrives(t, "a receiver that calls", record(t, h.output(id, "viewer-1")))

	far := relaytest.SRT{Port: relaytest.FreePort(t), Listen: true}
	received := record(t, far)
	b.walk(`a[href$="/outputs/new"]`, "the form of an output", ".*/outputs/new")
	b.typeInto("#name", "truck-2")
	b.choose("protocol", "srt-caller")
	b.typeInto("#address", "127.0.0.1")
	b.typeInto("#port", strconv.Itoa(far.Port))
	b.Hit(chrome.KeyEnter)
	b.AwaitPath("the page of the flow", "/flows/"+id)
	arrives(t, "a receiver that is called", received)
	b.Await("both outputs connected", "text('#outputs-title') === 'Outputs, 2 of 2 connected'")

	b.changeThePort(h, id)
	b.stopByKeys(h, id)
	b.startByKeys(h, id)
	b.Clean("the story by keyboard")
}

// changeThePort edits the source in a way that drops its sender, which asks for
// a second press.
func (b *tab) changeThePort(h *house, id string) {
	b.T.Helper()
	b.walk(`#source-box a[href$="/source"]`, "the form of the source", ".*/source")
	port := b.freePort(h)
	b.typeInto("#port", port)
	b.Await("what the change does", "text('#effect').includes('2 OUTPUTS LOSE MEDIA') && $('#save[data-twice]')")
	b.TabTo("#save")
	b.Hit(chrome.KeyEnter)
	b.Await("the button to ask once more", "text('#save') === 'Confirm: press again to save'")
	if now := h.source(id).Port; strconv.Itoa(now) == port {
		b.T.Fatal("one press saved a change that interrupts")
	}
	b.Await("the settling time to pass", "performance.now() - (window.askedAt ??= performance.now()) > 1000")
	b.Await("the question to stand", "text('#save') === 'Confirm: press again to save'")
	b.Hit(chrome.KeyEnter)
	b.AwaitPath("the page of the flow", "/flows/"+id)
	b.Await("the new port", "text('#sheet-port') === "+chrome.Quoted(port))
	if now := h.source(id).Port; strconv.Itoa(now) != port {
		b.T.Errorf("the gateway has port %d, want %s", now, port)
	}
}

// freePort is a port that the gateway would give next.
func (b *tab) freePort(h *house) string {
	b.T.Helper()
	caps, err := h.client.Capabilities(b.T.Context())
	must(b.T, err)
	return strconv.Itoa(caps.NextPort)
}

// source is a flow's source as the gateway has it.
func (h *house) source(id string) medialive.Source {
	h.t.Helper()
	f, err := h.client.ShowFlow(h.t.Context(), id)
	must(h.t, err)
	return f.Sources[0]
}

// stopByKeys finds the flow in the list, asks by x, and walks to the answer.
func (b *tab) stopByKeys(h *house, id string) {
	b.T.Helper()
	row, armed := "#flow-"+id, "#armed-"+id
	b.walk(`.rail-item[href="/flows"]`, "the list", "/flows")
	b.Hit(chrome.Letters["?"])
	b.Await("the help", "$('#keys').open")
	b.Hit(chrome.KeyEscape)
	b.Await("the help to close", "!$('#keys').open")
	b.Hit(chrome.Letters["j"])
	b.Await("the focus on the row", "document.activeElement?.matches("+chrome.Quoted(row)+")")
	b.Hit(chrome.KeyEnter)
	b.AwaitPath("the page of the flow", "/flows/"+id)
	b.walk(`.rail-item[href="/flows"]`, "the list", "/flows")
	b.Hit(chrome.Letters["/"])
	b.Await("the focus on the search", "document.activeElement?.id === 'search'")
	b.Write("studio-b")
	b.Hit(chrome.KeyEnter)
	b.Await("the search to find it", "location.search.includes('q=studio-b') && $("+chrome.Quoted(row)+") && document.documentElement.dataset.link === 'ok'")
	b.Hit(chrome.Letters["k"])
	b.Await("the focus on the row", "document.activeElement?.matches("+chrome.Quoted(row)+")")
	b.Hit(chrome.Letters["x"])
	b.Await("the focus on Cancel", "document.activeElement?.matches("+chrome.Quoted(armed+" [data-cancel]")+")")
	b.Await("the settling time to pass", settled(armed))
	b.TabBack(armed + " [data-guarded]")
	b.Hit(chrome.KeyEnter)
	b.awaitRow(id, "STANDBY")
	h.awaitStatus(id, medialive.Standby)
}

// startByKeys starts the flow again by s.
func (b *tab) startByKeys(h *house, id string) {
	b.T.Helper()
	row := "#flow-" + id
	b.Hit(chrome.Letters["j"])
	b.Await("the focus on the row", "document.activeElement?.matches("+chrome.Quoted(row)+")")
	b.Hit(chrome.Letters["s"])
	b.Await("the row to be started", "['WAITING', 'LIVE', 'OUTPUT'].includes(text("+chrome.Quoted(row+" .state-word")+"))")
	h.awaitStatus(id, medialive.Active)
}

// typeInto walks to a field with the Tab key and types over what it holds.
func (b *tab) typeInto(selector, text string) {
	b.T.Helper()
	b.TabTo(selector)
	b.Overwrite(selector, text)
}

// walk goes to a link with the Tab key and opens it.
func (b *tab) walk(link, what, path string) {
	b.T.Helper()
	b.TabTo(link)
	b.Hit(chrome.KeyEnter)
	b.AwaitPath(what, path)
}

// choose walks to a group of radio buttons and along it with the arrow keys.
func (b *tab) choose(name, value string) {
	b.T.Helper()
	b.TabTo(`input[name="` + name + `"]`)
	for range 5 {
		if eval[bool](b, "document.activeElement.value === "+chrome.Quoted(value)) {
			b.Hit(chrome.KeySpace)
			b.Await(value+" to be chosen", "$("+chrome.Quoted(`input[name="`+name+`"][value="`+value+`"]`)+").checked")
			return
		}
		b.Hit(chrome.KeyRight)
	}
	b.T.Fatalf("the arrow keys do not reach %s", value)
}

// testStoryWithoutScript is the story with JavaScript off: nothing moves by
// itself, and everything works.
func testStoryWithoutScript(t *testing.T, c *chromium) {
	h := build(t)
	b := c.open(t, h.app.URL)
	b.WithoutScript()
	b.signIn()
	b.Await("the page of a project without flows", "text('h1') === 'No flows yet'")
	b.Fill("#name", "STUDIO-C")
	b.Click(".first-make button[type=submit]")
	b.AwaitPath("the page of the flow", "/flows/[0-9a-f-]+")
	id := b.flowID()
	b.reloadUntil("WAITING", "text('#flow-state .state-word') === 'WAITING'")
	relaytest.Push(t, relaytest.Clip(t), b.sendHere())
	b.reloadUntil("LIVE", "text('#flow-state .state-word') === 'LIVE'")
	if eval[bool](b, "document.documentElement.dataset.js !== undefined") {
		t.Error("a script has run")
	}

	b.Click(`#source-box a[href$="/source"]`)
	b.AwaitPath("the form of the source", ".*/source")
	b.Fill("#description", "a plain camera")
	b.Click("#save")
	b.AwaitPath("the page of the flow", "/flows/"+id)
	b.reloadUntil("the changed source", "text('.flow-description') === 'a plain camera'")

	b.Click(`a[href$="/outputs/new"]`)
	b.AwaitPath("the form of an output", ".*/outputs/new")
	b.Fill("#name", "viewer-1")
	b.Click(`label:has(input[name="protocol"][value="srt-listener"])`)
	b.Click("#save")
	b.AwaitPath("the page of the flow", "/flows/"+id)
	arrives(t, "a receiver that calls", record(t, h.output(id, "viewer-1")))
	b.reloadUntil("the output connected", "text('#outputs-title') === 'Outputs, 1 of 1 connected'")

	b.Click(`#flow-command a[href*="/stop"]`)
	b.AwaitPath("the question", "/flows/"+id+"/stop")
	if got := h.status(id); got != medialive.Active {
		t.Fatalf("asked whether to stop, and it is %s", got)
	}
	b.Click("form button[data-guarded]")
	b.AwaitPath("the page of the flow", "/flows/"+id)
	b.reloadUntil("STANDBY", "text('#flow-state .state-word') === 'STANDBY'")
	h.awaitStatus(id, medialive.Standby)
	b.Visit("/flows")
	b.Click("#flow-" + id + ` form[action$="/start"] button`)
	b.AwaitPath("the list", "/flows")
	h.awaitStatus(id, medialive.Active)
	b.Clean("the story without script")
}

// reloadUntil loads the page again and again until an expression holds.
func (b *tab) reloadUntil(what, expression string) {
	b.T.Helper()
	began := time.Now()
	ticker := time.NewTicker(300 * time.Millisecond)
	defer ticker.Stop()
	for !eval[bool](b, "Boolean("+expression+")") {
		if time.Since(began) > chrome.Patience {
			b.T.Fatalf("not within %v, however often it is loaded: %s\n%s", chrome.Patience, what, b.Describe())
		}
		<-ticker.C
		b.Visit(eval[string](b, "location.pathname + location.search"))
	}
}
