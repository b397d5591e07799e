package browser

import (
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

const tooEarly = "Let go too early. Nothing was done."

// testProtect is a protected flow: nobody else can stop it, and its owner has to
// mean it, by mouse, by keyboard and without JavaScript.
func testProtect(t *testing.T, c *chromium) {
	h := build(t)
	h.person("op-1")
	f := h.flow("FEED-A", true, listener("viewer-1"))
	one, two := c.enterAs(t, h.app.URL, "op-1"), c.enter(t, h.app.URL) // an admin, who may break a protection
	g := &guard{tab: one, house: h, id: f.ID, row: "#flow-" + f.ID, armed: "#armed-" + f.ID}
	two.awaitRow(f.ID, "WAITING")
	two.mark()
	one.protect(f.ID, "match on air", false)
	two.Await("the tag of who protects it, and no button", "text("+chrome.Quoted(g.row+" .tag")+").includes('op-1') && "+
		"text("+chrome.Quoted(g.row+" .col-action")+") === 'op-1 only' && !$("+chrome.Quoted(g.row+" [data-arm], "+g.row+" .col-action button")+")")
	two.sameDocument()

	one.Visit("/flows")
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
	one.Clean("the owner")

	two.Visit("/flows/" + f.ID)
	two.AwaitPath("the page of the flow", "/flows/"+f.ID)
	two.Click("#flow-strip a")
	two.AwaitPath("the forced release", ".*/protect")
	two.Fill("#reason", "op-1 went home")
	two.Click(".short-fields button[type=submit]")
	two.AwaitPath("the page of the flow", "/flows/"+f.ID)
	one.Visit("/flows/" + f.ID)
	one.Await("the flow to be free", "$('#flow-strip') && !$('#flow-strip .strip')")

	two.Visit("/activity")
	two.AwaitPath("the trail", "/activity")
	for _, line := range [][]string{
		{"op-1", "match on air"}, {"op-1", "shift over"}, {"op-1", "by keyboard"}, {"op-1", "by name"}, {apptest.User, "op-1 went home"},
	} {
		two.Await("the line of "+line[1], "$$('.event').some((e) => e.querySelector('.event-who b').textContent === "+chrome.Quoted(line[0])+
			" && e.querySelector('.activity-reason')?.textContent === "+chrome.Quoted(line[1])+")")
	}
	two.Clean("the other")
}

// protect protects a flow by its page.
func (b *tab) protect(id, reason string, second bool) {
	b.T.Helper()
	b.Visit("/flows/" + id)
	b.AwaitPath("the page of the flow", "/flows/"+id)
	b.Click("#flow-strip a")
	b.AwaitPath("the form", ".*/protect")
	b.Fill("#reason", reason)
	if second {
		b.Click(`label:has(input[name="second"])`)
	}
	b.Click(".short-fields button[type=submit]")
	b.AwaitPath("the page of the flow", "/flows/"+id)
	b.Await("who protects it", "text('#flow-strip .strip-reason') === "+chrome.Quoted(reason)+" && $('#flow-strip form')")
}

// asksForReason presses Stop in the row, and gives a reason in the question.
func (g *guard) asksForReason(reason string) {
	g.T.Helper()
	g.Click(g.row + " [data-arm]")
	g.Await("the question, with the focus on the reason", "document.activeElement?.matches("+chrome.Quoted(g.armed+" [name=reason]")+")")
	g.Write(reason)
}

func (g *guard) button() string { return g.armed + " [data-hold]" }

// letsGo waits until the page says that the button was let go too early.
func (g *guard) letsGo(how string) {
	g.T.Helper()
	g.Await("the answer to "+how, "text("+chrome.Quoted(g.armed+" [data-hold-said]")+") === "+chrome.Quoted(tooEarly))
	g.untouched(how)
}

// shortPresses lets the button go at once, and after a while that is too short.
func (g *guard) shortPresses() {
	g.T.Helper()
	g.LetGo(g.Hold(g.button()))
	g.letsGo("a short press")
	at := g.Hold(g.button())
	g.Await("the time to be counted", "parseFloat(text("+chrome.Quoted(g.button()+" [data-hold-label]")+")) >= 1")
	g.LetGo(at)
	g.letsGo("a press of one second")
	g.TabTo(g.button())
	g.HoldsUntil(chrome.KeySpace, "the time to be counted", "parseFloat(text("+chrome.Quoted(g.button()+" [data-hold-label]")+")) >= 1")
	g.letsGo("a key held for one second")
}

// holdsByMouse holds the button for as long as it takes.
func (g *guard) holdsByMouse() {
	g.T.Helper()
	began := time.Now()
	at := g.Hold(g.button())
	g.awaitRow(g.id, "STANDBY")
	g.LetGo(at)
	if took := time.Since(began); took < 2800*time.Millisecond {
		g.T.Errorf("held for %v, and stopped", took)
	}
	g.T.Logf("stopped %v after the button went down", time.Since(began).Round(time.Millisecond))
	g.house.awaitStatus(g.id, medialive.Standby)
}

// holdsByKey walks from the reason to the button and holds the space bar, which
// repeats.
func (g *guard) holdsByKey() {
	g.T.Helper()
	g.Hit(chrome.KeyEnter)
	g.Await("the focus on the button", "document.activeElement?.matches("+chrome.Quoted(g.button())+")")
	g.untouched("Enter in the reason")
	g.HoldsUntil(chrome.KeySpace, "the row to be stopped", "text("+chrome.Quoted(g.row+" .state-word")+") === 'STANDBY'")
	g.house.awaitStatus(g.id, medialive.Standby)
}

// stopsWithoutScript types the name of the flow, where no button can be held.
func (h *house) stopsWithoutScript(t *testing.T, c *chromium, id string) {
	t.Helper()
	b := c.open(t, h.app.URL)
	b.WithoutScript()
	b.Visit("/login")
	b.Fill("#username", "op-1")
	b.Fill("#password", "a password for tests")
	b.Hit(chrome.KeyEnter)
	b.AwaitPath("the flows", "/flows")
	b.Visit("/flows/" + id + "/stop")
	b.AwaitPath("the question", ".*/stop")
	b.Fill("#reason", "by name")
	b.Fill("#typed", "FEED-B")
	b.Expecting("422")
	b.Click("form button[data-guarded]")
	b.Await("the wrong name to be refused", "text('.confirm').includes('This is not the name: FEED-B') && $('#reason').value === 'by name'")
	if got := h.status(id); got != medialive.Active {
		t.Fatalf("a wrong name was typed, and the flow is %s", got)
	}
	b.Fill("#typed", "FEED-A")
	b.Click("form button[data-guarded]")
	b.AwaitPath("the page of the flow", "/flows/"+id)
	h.awaitStatus(id, medialive.Standby)
	b.Clean("the stop without script")
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
	one.Visit("/flows")
	one.awaitRow(f.ID, "WAITING")
	g.asksForReason("the match is over")
	at := g.Hold(g.button())
	one.Await("the row to wait for somebody else", "text("+chrome.Quoted(g.row+" .tag")+").includes('op-1 asks to stop')")
	one.LetGo(at)
	g.untouched("one person alone")

	two.Await("what is asked for", "text("+chrome.Quoted(g.row+" .tag-asks")+").includes('op-1 asks to stop')")
	two.sameDocument()
	two.Click(g.row + " .col-action a")
	two.AwaitPath("the question", ".*/ask")
	two.Await("who asks, and why", "text('.confirm').includes('op-1') && text('.confirm').includes('the match is over')")
	two.Click("form button[data-guarded]")
	two.AwaitPath("the page of the flow", "/flows/"+f.ID)
	two.awaitState("STANDBY")
	one.awaitRow(f.ID, "STANDBY")
	two.Visit("/activity")
	two.Await("both in the trail", "['op-1', 'op-2'].every((who) => $$('.event-who b').some((b) => b.textContent === who))")
	one.Clean("who asks")
	two.Clean("who confirms")
}
