package browser

import (
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

const tooEarly = "Let go too early. Nothing was done."

// testProtect is a protected flow: nobody else can stop it, and its owner has to
// mean it, by mouse, by keyboard and without JavaScript.
func testProtect(t *testing.T, c *chromium) {
	h := build(t)
	h.person("op-1")
	h.person("op-2")
	f := h.flow("FEED-A", true, listener("viewer-1"))
	one, two := c.enterAs(t, h.app.URL, "op-1"), c.enterAs(t, h.app.URL, "op-2")
	g := &guard{tab: one, house: h, id: f.ID, row: "#flow-" + f.ID, armed: "#armed-" + f.ID}
	two.awaitRow(f.ID, "WAITING")
	two.mark()
	one.protect(f.ID, "match on air", false)
	two.await("the tag of who protects it, and no button", "text("+quoted(g.row+" .tag")+").includes('op-1') && "+
		"text("+quoted(g.row+" .col-action")+") === 'op-1 only' && !$("+quoted(g.row+" [data-arm], "+g.row+" .col-action button")+")")
	two.sameDocument()

	one.visit("/flows")
	one.awaitRow(f.ID, "WAITING")
	g.asksForReason("shift over")
	g.shortPresses()
	g.holdsByMouse()
	h.start(f.ID)
	one.awaitRow(f.ID, "WAITING")
	g.asksForReason("by keyboard")
	g.holdsByKey()
	h.start(f.ID)
	one.awaitRow(f.ID, "WAITING")
	h.stopsWithoutScript(t, c, f.ID)
	one.clean("the owner")

	two.visit("/flows/" + f.ID)
	two.awaitPath("the page of the flow", "/flows/"+f.ID)
	two.click("#flow-strip a")
	two.awaitPath("the forced release", ".*/protect")
	two.fill("#reason", "op-1 went home")
	two.click(".short-fields button[type=submit]")
	two.awaitPath("the page of the flow", "/flows/"+f.ID)
	one.visit("/flows/" + f.ID)
	one.await("the flow to be free", "$('#flow-strip') && !$('#flow-strip .strip')")

	two.visit("/activity")
	two.awaitPath("the trail", "/activity")
	for _, line := range [][]string{
		{"op-1", "match on air"}, {"op-1", "shift over"}, {"op-1", "by keyboard"}, {"op-1", "by name"}, {"op-2", "op-1 went home"},
	} {
		two.await("the line of "+line[1], "$$('.event').some((e) => e.querySelector('.event-who b').textContent === "+quoted(line[0])+
			" && e.querySelector('.activity-reason')?.textContent === "+quoted(line[1])+")")
	}
	two.clean("the other")
}

// protect protects a flow by its page.
func (b *tab) protect(id, reason string, second bool) {
	b.t.Helper()
	b.visit("/flows/" + id)
	b.awaitPath("the page of the flow", "/flows/"+id)
	b.click("#flow-strip a")
	b.awaitPath("the form", ".*/protect")
	b.fill("#reason", reason)
	if second {
		b.click(`label:has(input[name="second"])`)
	}
	b.click(".short-fields button[type=submit]")
	b.awaitPath("the page of the flow", "/flows/"+id)
	b.await("who protects it", "text('#flow-strip .strip-reason') === "+quoted(reason)+" && $('#flow-strip form')")
}

// asksForReason presses Stop in the row, and gives a reason in the question.
func (g *guard) asksForReason(reason string) {
	g.t.Helper()
	g.click(g.row + " [data-arm]")
	g.await("the question, with the focus on the reason", "document.activeElement?.matches("+quoted(g.armed+" [name=reason]")+")")
	g.write(reason)
}

func (g *guard) button() string { return g.armed + " [data-hold]" }

// letsGo waits until the page says that the button was let go too early.
func (g *guard) letsGo(how string) {
	g.t.Helper()
	g.await("the answer to "+how, "text("+quoted(g.armed+" [data-hold-said]")+") === "+quoted(tooEarly))
	g.untouched(how)
}

// shortPresses lets the button go at once, and after a while that is too short.
func (g *guard) shortPresses() {
	g.t.Helper()
	g.letGo(g.hold(g.button()))
	g.letsGo("a short press")
	at := g.hold(g.button())
	g.await("the time to be counted", "parseFloat(text("+quoted(g.button()+" [data-hold-label]")+")) >= 1")
	g.letGo(at)
	g.letsGo("a press of one second")
	g.tabTo(g.button())
	g.holdsUntil(keySpace, "the time to be counted", "parseFloat(text("+quoted(g.button()+" [data-hold-label]")+")) >= 1")
	g.letsGo("a key held for one second")
}

// holdsByMouse holds the button for as long as it takes.
func (g *guard) holdsByMouse() {
	g.t.Helper()
	began := time.Now()
	at := g.hold(g.button())
	g.awaitRow(g.id, "STANDBY")
	g.letGo(at)
	if took := time.Since(began); took < 2800*time.Millisecond {
		g.t.Errorf("held for %v, and stopped", took)
	}
	g.t.Logf("stopped %v after the button went down", time.Since(began).Round(time.Millisecond))
	g.house.awaitStatus(g.id, medialive.Standby)
}

// holdsByKey walks from the reason to the button and holds the space bar, which
// repeats.
func (g *guard) holdsByKey() {
	g.t.Helper()
	g.hit(keyEnter)
	g.await("the focus on the button", "document.activeElement?.matches("+quoted(g.button())+")")
	g.untouched("Enter in the reason")
	g.holdsUntil(keySpace, "the row to be stopped", "text("+quoted(g.row+" .state-word")+") === 'STANDBY'")
	g.house.awaitStatus(g.id, medialive.Standby)
}

// stopsWithoutScript types the name of the flow, where no button can be held.
func (h *house) stopsWithoutScript(t *testing.T, c *chromium, id string) {
	t.Helper()
	b := c.open(t, h.app.URL)
	b.withoutScript()
	b.visit("/login")
	b.fill("#username", "op-1")
	b.fill("#password", "a password for tests")
	b.hit(keyEnter)
	b.awaitPath("the flows", "/flows")
	b.visit("/flows/" + id + "/stop")
	b.awaitPath("the question", ".*/stop")
	b.fill("#reason", "by name")
	b.fill("#typed", "FEED-B")
	b.expecting("422")
	b.click("form button[data-guarded]")
	b.await("the wrong name to be refused", "text('.confirm').includes('This is not the name: FEED-B') && $('#reason').value === 'by name'")
	if got := h.status(id); got != medialive.Active {
		t.Fatalf("a wrong name was typed, and the flow is %s", got)
	}
	b.fill("#typed", "FEED-A")
	b.click("form button[data-guarded]")
	b.awaitPath("the page of the flow", "/flows/"+id)
	h.awaitStatus(id, medialive.Standby)
	b.clean("the stop without script")
}

// testSecondPerson is a flow that takes two people to stop.
func testSecondPerson(t *testing.T, c *chromium) {
	h := build(t)
	h.person("op-1")
	h.person("op-2")
	f := h.flow("FEED-A", true)
	one, two := c.enterAs(t, h.app.URL, "op-1"), c.enterAs(t, h.app.URL, "op-2")
	g := &guard{tab: one, house: h, id: f.ID, row: "#flow-" + f.ID, armed: "#armed-" + f.ID}
	two.awaitRow(f.ID, "WAITING")
	two.mark()
	one.protect(f.ID, "needs two", true)
	one.visit("/flows")
	one.awaitRow(f.ID, "WAITING")
	g.asksForReason("the match is over")
	at := g.hold(g.button())
	one.await("the row to wait for somebody else", "text("+quoted(g.row+" .tag")+").includes('op-1 asks to stop')")
	one.letGo(at)
	g.untouched("one person alone")

	two.await("what is asked for", "text("+quoted(g.row+" .tag-asks")+").includes('op-1 asks to stop')")
	two.sameDocument()
	two.click(g.row + " .col-action a")
	two.awaitPath("the question", ".*/ask")
	two.await("who asks, and why", "text('.confirm').includes('op-1') && text('.confirm').includes('the match is over')")
	two.click("form button[data-guarded]")
	two.awaitPath("the page of the flow", "/flows/"+f.ID)
	two.awaitState("STANDBY")
	one.awaitRow(f.ID, "STANDBY")
	two.visit("/activity")
	two.await("both in the trail", "['op-1', 'op-2'].every((who) => $$('.event-who b').some((b) => b.textContent === who))")
	one.clean("who asks")
	two.clean("who confirms")
}
