package browser

import (
	"strconv"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// testStoryByMouse is the first hour with Flowdeck: from signing in to a flow
// that delivers, and its stop.
func testStoryByMouse(t *testing.T, c *chromium) {
	h := build(t)
	b := c.open(t, h.app.URL)
	b.signIn()
	b.await("the page of a project without flows", "text('h1') === 'No flows yet'")
	b.fill("#name", "STUDIO-A")
	b.await("the ready lines to follow the name", "text('#line-ffmpeg').includes('streamid=studio-a')")
	b.click(".first-make button[type=submit]")
	b.awaitPath("the page of the flow", "/flows/[0-9a-f-]+")
	id := b.flowID()
	b.awaitState("WAITING")
	b.goLive(b.sendHere())

	b.click(`a[href$="/outputs/new"]`)
	b.awaitPath("the form of an output", ".*/outputs/new")
	b.fill("#name", "viewer-1")
	b.click(`label:has(input[name="protocol"][value="srt-listener"])`)
	b.fill("#min_latency", "120")
	b.click("#save")
	b.awaitPath("the page of the flow", "/flows/"+id)
	b.await("the new output", "$('#output-viewer-1')")
	arrives(t, "a receiver that calls", record(t, h.output(id, "viewer-1")))

	far := relaytest.SRT{Port: relaytest.FreePort(t), Listen: true}
	received := record(t, far)
	b.click(`a[href$="/outputs/new"]`)
	b.awaitPath("the form of an output", ".*/outputs/new")
	b.fill("#name", "truck-2")
	b.click(`label:has(input[name="protocol"][value="srt-caller"])`)
	b.fill("#address", "127.0.0.1")
	b.fill("#port", strconv.Itoa(far.Port))
	b.click("#save")
	b.awaitPath("the page of the flow", "/flows/"+id)
	arrives(t, "a receiver that is called", received)
	b.await("both outputs connected", "text('#outputs-title') === 'Outputs, 2 of 2 connected'")

	b.click(`#source-box a[href$="/source"]`)
	b.awaitPath("the form of the source", ".*/source")
	b.fill("#cidr_whitelist", "127.0.0.0/8")
	b.fill("#description", "studio camera")
	b.await("what the change does", "text('#effect').includes('2 changes') && text('#effect').includes('INTERRUPTS NOTHING')")
	b.click("#save")
	b.awaitPath("the page of the flow", "/flows/"+id)
	b.await("the changed source", "text('#source-box').includes('127.0.0.0/8') && text('.flow-description') === 'studio camera'")
	b.awaitState("LIVE")

	b.click(`.rail-item[href="/flows"]`)
	b.awaitPath("the list", "/flows")
	b.awaitRow(id, "LIVE")
	b.await("the outputs in the row", "text("+quoted("#flow-"+id+" .col-outputs .count")+") === '2/2'")
	b.fill("#search", "studio camera")
	b.hit(keyEnter)
	b.await("the search to find it", "location.search.includes('q=studio') && $("+quoted("#flow-"+id)+")")
	b.stopInList(h, id)
	b.clean("the story by mouse")
}

// goLive sends to a flow whose page is shown, and waits until the same document
// says LIVE.
func (b *tab) goLive(to relaytest.SRT) {
	b.t.Helper()
	b.mark()
	clip := relaytest.Clip(b.t)
	began := time.Now()
	relaytest.Push(b.t, clip, to)
	b.awaitState("LIVE")
	b.t.Logf("LIVE %v after ffmpeg was started", time.Since(began).Round(time.Millisecond))
	b.sameDocument()
}

// output is where a receiver calls an output.
func (h *house) output(flowID, name string) relaytest.SRT {
	h.t.Helper()
	var o medialive.Output
	h.app.Await(patience, "the output "+name+" to have a port", func() bool {
		var err error
		o, err = h.client.ShowOutput(h.t.Context(), flowID, name)
		return err == nil && o.Port != 0
	})
	return relaytest.SRT{Host: o.ListenerAddress, Port: o.Port}
}

// stopInList stops a flow in its row: one press asks, a second one elsewhere
// answers, and the row then says what was confirmed.
func (b *tab) stopInList(h *house, id string) {
	b.t.Helper()
	b.mark()
	row, armed := "#flow-"+id, "#armed-"+id
	b.click(row + " [data-arm]")
	b.await("the question", "$("+quoted(armed+" .guard")+")")
	b.await("the focus on Cancel", "document.activeElement?.matches("+quoted(armed+" [data-cancel]")+")")
	if got := h.status(id); got != medialive.Active {
		b.t.Fatalf("asked whether to stop, and it is %s", got)
	}
	b.await("the settling time to pass", settled(armed))
	b.click(armed + " [data-guarded]")
	b.awaitRow(id, "STANDBY")
	h.awaitStatus(id, medialive.Standby)
	b.sameDocument()
}

// settled holds once a question has stood for a second, by its own countdown.
func settled(armed string) string {
	return "$(" + quoted(armed+" progress") + ")?.value < 4"
}

// testStoryByKeyboard is the same without a mouse.
func testStoryByKeyboard(t *testing.T, c *chromium) {
	h := build(t)
	b := c.open(t, h.app.URL)
	b.visit("/")
	b.awaitPath("the sign-in", "/login")
	b.typeInto("#username", "admin")
	b.typeInto("#password", "a password for tests")
	b.hit(keyEnter)
	b.awaitPath("the flows", "/flows")
	b.await("the page of a project without flows", "text('h1') === 'No flows yet'")
	b.typeInto("#name", "STUDIO-B")
	b.tabTo(".first-make button[type=submit]")
	b.hit(keySpace)
	b.awaitPath("the page of the flow", "/flows/[0-9a-f-]+")
	id := b.flowID()
	b.awaitState("WAITING")
	b.goLive(b.sendHere())

	b.walk(`a[href$="/outputs/new"]`, "the form of an output", ".*/outputs/new")
	b.typeInto("#name", "viewer-1")
	b.choose("protocol", "srt-listener")
	b.typeInto("#min_latency", "120")
	b.hit(keyEnter)
	b.awaitPath("the page of the flow", "/flows/"+id)
	arrives(t, "a receiver that calls", record(t, h.output(id, "viewer-1")))

	far := relaytest.SRT{Port: relaytest.FreePort(t), Listen: true}
	received := record(t, far)
	b.walk(`a[href$="/outputs/new"]`, "the form of an output", ".*/outputs/new")
	b.typeInto("#name", "truck-2")
	b.choose("protocol", "srt-caller")
	b.typeInto("#address", "127.0.0.1")
	b.typeInto("#port", strconv.Itoa(far.Port))
	b.hit(keyEnter)
	b.awaitPath("the page of the flow", "/flows/"+id)
	arrives(t, "a receiver that is called", received)
	b.await("both outputs connected", "text('#outputs-title') === 'Outputs, 2 of 2 connected'")

	b.changeThePort(h, id)
	b.stopByKeys(h, id)
	b.startByKeys(h, id)
	b.clean("the story by keyboard")
}

// changeThePort edits the source in a way that drops its sender, which asks for
// a second press.
func (b *tab) changeThePort(h *house, id string) {
	b.t.Helper()
	b.walk(`#source-box a[href$="/source"]`, "the form of the source", ".*/source")
	port := b.freePort(h)
	b.typeInto("#port", port)
	b.await("what the change does", "text('#effect').includes('2 OUTPUTS LOSE MEDIA') && $('#save[data-twice]')")
	b.tabTo("#save")
	b.hit(keyEnter)
	b.await("the button to ask once more", "text('#save') === 'Confirm: press again to save'")
	if now := h.source(id).Port; strconv.Itoa(now) == port {
		b.t.Fatal("one press saved a change that interrupts")
	}
	b.await("the settling time to pass", "performance.now() - (window.askedAt ??= performance.now()) > 1000")
	b.await("the question to stand", "text('#save') === 'Confirm: press again to save'")
	b.hit(keyEnter)
	b.awaitPath("the page of the flow", "/flows/"+id)
	b.await("the new port", "text('#sheet-port') === "+quoted(port))
	if now := h.source(id).Port; strconv.Itoa(now) != port {
		b.t.Errorf("the gateway has port %d, want %s", now, port)
	}
}

// freePort is a port that the gateway would give next.
func (b *tab) freePort(h *house) string {
	b.t.Helper()
	caps, err := h.client.Capabilities(b.t.Context())
	must(b.t, err)
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
	b.t.Helper()
	row, armed := "#flow-"+id, "#armed-"+id
	b.walk(`.rail-item[href="/flows"]`, "the list", "/flows")
	b.hit(letters["?"])
	b.await("the help", "$('#keys').open")
	b.hit(keyEscape)
	b.await("the help to close", "!$('#keys').open")
	b.hit(letters["j"])
	b.await("the focus on the row", "document.activeElement?.matches("+quoted(row)+")")
	b.hit(keyEnter)
	b.awaitPath("the page of the flow", "/flows/"+id)
	b.walk(`.rail-item[href="/flows"]`, "the list", "/flows")
	b.hit(letters["/"])
	b.await("the focus on the search", "document.activeElement?.id === 'search'")
	b.write("studio-b")
	b.hit(keyEnter)
	b.await("the search to find it", "location.search.includes('q=studio-b') && $("+quoted(row)+") && document.documentElement.dataset.link === 'ok'")
	b.hit(letters["k"])
	b.await("the focus on the row", "document.activeElement?.matches("+quoted(row)+")")
	b.hit(letters["x"])
	b.await("the focus on Cancel", "document.activeElement?.matches("+quoted(armed+" [data-cancel]")+")")
	b.await("the settling time to pass", settled(armed))
	b.tabBack(armed + " [data-guarded]")
	b.hit(keyEnter)
	b.awaitRow(id, "STANDBY")
	h.awaitStatus(id, medialive.Standby)
}

// startByKeys starts the flow again by s.
func (b *tab) startByKeys(h *house, id string) {
	b.t.Helper()
	row := "#flow-" + id
	b.hit(letters["j"])
	b.await("the focus on the row", "document.activeElement?.matches("+quoted(row)+")")
	b.hit(letters["s"])
	b.await("the row to be started", "['WAITING', 'LIVE', 'OUTPUT'].includes(text("+quoted(row+" .state-word")+"))")
	h.awaitStatus(id, medialive.Active)
}

// typeInto walks to a field with the Tab key and types over what it holds.
func (b *tab) typeInto(selector, text string) {
	b.t.Helper()
	b.tabTo(selector)
	b.overwrite(selector, text)
}

// walk goes to a link with the Tab key and opens it.
func (b *tab) walk(link, what, path string) {
	b.t.Helper()
	b.tabTo(link)
	b.hit(keyEnter)
	b.awaitPath(what, path)
}

// choose walks to a group of radio buttons and along it with the arrow keys.
func (b *tab) choose(name, value string) {
	b.t.Helper()
	b.tabTo(`input[name="` + name + `"]`)
	for range 5 {
		if eval[bool](b, "document.activeElement.value === "+quoted(value)) {
			b.hit(keySpace)
			b.await(value+" to be chosen", "$("+quoted(`input[name="`+name+`"][value="`+value+`"]`)+").checked")
			return
		}
		b.hit(keyRight)
	}
	b.t.Fatalf("the arrow keys do not reach %s", value)
}

// testStoryWithoutScript is the story with JavaScript off: nothing moves by
// itself, and everything works.
func testStoryWithoutScript(t *testing.T, c *chromium) {
	h := build(t)
	b := c.open(t, h.app.URL)
	b.withoutScript()
	b.signIn()
	b.await("the page of a project without flows", "text('h1') === 'No flows yet'")
	b.fill("#name", "STUDIO-C")
	b.click(".first-make button[type=submit]")
	b.awaitPath("the page of the flow", "/flows/[0-9a-f-]+")
	id := b.flowID()
	b.reloadUntil("WAITING", "text('#flow-state .state-word') === 'WAITING'")
	relaytest.Push(t, relaytest.Clip(t), b.sendHere())
	b.reloadUntil("LIVE", "text('#flow-state .state-word') === 'LIVE'")
	if eval[bool](b, "document.documentElement.dataset.js !== undefined") {
		t.Error("a script has run")
	}

	b.click(`#source-box a[href$="/source"]`)
	b.awaitPath("the form of the source", ".*/source")
	b.fill("#description", "a plain camera")
	b.click("#save")
	b.awaitPath("the page of the flow", "/flows/"+id)
	b.reloadUntil("the changed source", "text('.flow-description') === 'a plain camera'")

	b.click(`a[href$="/outputs/new"]`)
	b.awaitPath("the form of an output", ".*/outputs/new")
	b.fill("#name", "viewer-1")
	b.click(`label:has(input[name="protocol"][value="srt-listener"])`)
	b.click("#save")
	b.awaitPath("the page of the flow", "/flows/"+id)
	arrives(t, "a receiver that calls", record(t, h.output(id, "viewer-1")))
	b.reloadUntil("the output connected", "text('#outputs-title') === 'Outputs, 1 of 1 connected'")

	b.click(`#flow-command a[href*="/stop"]`)
	b.awaitPath("the question", "/flows/"+id+"/stop")
	if got := h.status(id); got != medialive.Active {
		t.Fatalf("asked whether to stop, and it is %s", got)
	}
	b.click("form button[data-guarded]")
	b.awaitPath("the page of the flow", "/flows/"+id)
	b.reloadUntil("STANDBY", "text('#flow-state .state-word') === 'STANDBY'")
	h.awaitStatus(id, medialive.Standby)
	b.visit("/flows")
	b.click("#flow-" + id + ` form[action$="/start"] button`)
	b.awaitPath("the list", "/flows")
	h.awaitStatus(id, medialive.Active)
	b.clean("the story without script")
}

// reloadUntil loads the page again and again until an expression holds.
func (b *tab) reloadUntil(what, expression string) {
	b.t.Helper()
	began := time.Now()
	ticker := time.NewTicker(300 * time.Millisecond)
	defer ticker.Stop()
	for !eval[bool](b, "Boolean("+expression+")") {
		if time.Since(began) > patience {
			b.t.Fatalf("not within %v, however often it is loaded: %s\n%s", patience, what, b.describe())
		}
		<-ticker.C
		b.visit(eval[string](b, "location.pathname + location.search"))
	}
}
