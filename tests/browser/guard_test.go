package browser

import (
	"slices"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// testGuard proves that nothing but a meant answer stops a flow.
func testGuard(t *testing.T, c *chromium) {
	h := build(t)
	f := h.flow("FEED-A", true)
	quiet := h.flow("FEED-B", false)
	b := c.enter(t, h.app.URL)
	b.awaitRow(f.ID, "WAITING")
	g := &guard{tab: b, house: h, id: f.ID, row: "#flow-" + f.ID, armed: "#armed-" + f.ID}

	at := b.Spot(g.row + " [data-arm]")
	b.Press(at, 1)
	b.Press(at, 2)
	g.cancelled("a double click")

	b.Press(b.Spot(g.row+" [data-arm]"), 1)
	g.asks()
	b.Press(at, 1)
	g.cancelled("a second press in the same place")

	b.Click(g.row + " [data-arm]")
	g.asks()
	b.Hit(chrome.KeyEscape)
	g.cancelled("Escape")

	b.Click(g.row + " [data-arm]")
	g.asks()
	t.Logf("the question withdrew itself after %v", b.Await("the question to withdraw itself", "!$("+chrome.Quoted(g.armed)+")"))
	g.cancelled("five seconds")

	g.holdsKey(chrome.KeyEnter)
	g.holdsKey(chrome.KeySpace)
	g.bouncesOnConfirm()
	if age := eval[string](b, "text("+chrome.Quoted("#flow-"+quiet.ID+" .col-seen time")+")"); !slices.Contains(young, age) {
		t.Errorf("the row of a flow of which nothing is told was seen %s ago, while the gateway beats each second", age)
	}
	b.Clean("the guard")
}

// young are the ages of what a gateway confirms each second, on a busy machine.
var young = []string{"0 s", "1 s", "2 s", "3 s"}

// guard is the question whether to stop a flow, in its row.
type guard struct {
	*tab
	house          *house
	id, row, armed string
}

// asks waits for the question, with the focus on its harmless answer.
func (g *guard) asks() {
	g.T.Helper()
	g.Await("the question", "document.activeElement?.matches("+chrome.Quoted(g.armed+" [data-cancel]")+")")
}

// cancelled waits until the row is back, and proves that nothing was done.
func (g *guard) cancelled(how string) {
	g.T.Helper()
	g.Await("the row back after "+how, "$("+chrome.Quoted(g.row+" [data-arm]")+") && !$("+chrome.Quoted(g.armed)+")")
	g.untouched(how)
	g.Await("the focus on the row after "+how, "document.activeElement === document.body || document.activeElement?.matches("+chrome.Quoted(g.row)+")")
}

func (g *guard) untouched(how string) {
	g.T.Helper()
	if got := g.house.status(g.id); got != medialive.Active {
		g.T.Fatalf("%s: the flow is %s", how, got)
	}
}

// holdsKey holds a key on Stop, and then on the answer: what repeats by itself
// is no answer.
func (g *guard) holdsKey(k chrome.Key) {
	g.T.Helper()
	const repeats = 20
	g.TabTo(g.row + " [data-arm]")
	g.Down(k, false)
	g.asks()
	for range repeats {
		g.Down(k, true)
	}
	g.Up(k)
	g.asks()
	g.TabBack(g.armed + " [data-guarded]")
	g.Await("the settling time to pass", settled(g.armed))
	for range repeats {
		g.Down(k, true)
	}
	g.Up(k)
	g.untouched("a held key")
	g.Hit(chrome.KeyEscape)
	g.cancelled("a held key")
}

// bouncesOnConfirm presses the answer too soon to be one.
func (g *guard) bouncesOnConfirm() {
	g.T.Helper()
	eval[bool](g.tab, `(() => {
		document.addEventListener('htmx:after:swap', () => setTimeout(() => {
			document.querySelector('[data-guarded]')?.click();
			document.body.dataset.bounced = 'yes';
		}, 50), {once: true});
		return true;
	})()`)
	g.Click(g.row + " [data-arm]")
	g.Await("the press that comes too soon", "document.body.dataset.bounced === 'yes'")
	g.asks()
	g.untouched("a press within the settling time")
	g.Hit(chrome.KeyEscape)
	g.cancelled("a press within the settling time")
}
