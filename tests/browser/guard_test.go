package browser

import (
	"slices"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// testGuard proves that nothing but a meant answer stops a flow.
func testGuard(t *testing.T, c *chromium) {
	h := build(t)
	f := h.flow("FEED-A", true)
	quiet := h.flow("FEED-B", false)
	b := c.enter(t, h.app.URL)
	b.awaitRow(f.ID, "WAITING")
	g := &guard{tab: b, house: h, id: f.ID, row: "#flow-" + f.ID, armed: "#armed-" + f.ID}

	at := b.spot(g.row + " [data-arm]")
	b.press(at, 1)
	b.press(at, 2)
	g.cancelled("a double click")

	b.press(b.spot(g.row+" [data-arm]"), 1)
	g.asks()
	b.press(at, 1)
	g.cancelled("a second press in the same place")

	b.click(g.row + " [data-arm]")
	g.asks()
	b.hit(keyEscape)
	g.cancelled("Escape")

	b.click(g.row + " [data-arm]")
	g.asks()
	t.Logf("the question withdrew itself after %v", b.await("the question to withdraw itself", "!$("+quoted(g.armed)+")"))
	g.cancelled("five seconds")

	g.holdsKey(keyEnter)
	g.holdsKey(keySpace)
	g.bouncesOnConfirm()
	if age := eval[string](b, "text("+quoted("#flow-"+quiet.ID+" .col-seen time")+")"); !slices.Contains(young, age) {
		t.Errorf("the row of a flow of which nothing is told was seen %s ago, while the gateway beats each second", age)
	}
	b.clean("the guard")
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
	g.t.Helper()
	g.await("the question", "document.activeElement?.matches("+quoted(g.armed+" [data-cancel]")+")")
}

// cancelled waits until the row is back, and proves that nothing was done.
func (g *guard) cancelled(how string) {
	g.t.Helper()
	g.await("the row back after "+how, "$("+quoted(g.row+" [data-arm]")+") && !$("+quoted(g.armed)+")")
	g.untouched(how)
	g.await("the focus on the row after "+how, "document.activeElement === document.body || document.activeElement?.matches("+quoted(g.row)+")")
}

func (g *guard) untouched(how string) {
	g.t.Helper()
	if got := g.house.status(g.id); got != medialive.Active {
		g.t.Fatalf("%s: the flow is %s", how, got)
	}
}

// holdsKey holds a key on Stop, and then on the answer: what repeats by itself
// is no answer.
func (g *guard) holdsKey(k key) {
	g.t.Helper()
	const repeats = 20
	g.tabTo(g.row + " [data-arm]")
	g.down(k, false)
	g.asks()
	for range repeats {
		g.down(k, true)
	}
	g.up(k)
	g.asks()
	g.tabBack(g.armed + " [data-guarded]")
	g.await("the settling time to pass", settled(g.armed))
	for range repeats {
		g.down(k, true)
	}
	g.up(k)
	g.untouched("a held key")
	g.hit(keyEscape)
	g.cancelled("a held key")
}

// bouncesOnConfirm presses the answer too soon to be one.
func (g *guard) bouncesOnConfirm() {
	g.t.Helper()
	eval[bool](g.tab, `(() => {
		document.addEventListener('htmx:after:swap', () => setTimeout(() => {
			document.querySelector('[data-guarded]')?.click();
			document.body.dataset.bounced = 'yes';
		}, 50), {once: true});
		return true;
	})()`)
	g.click(g.row + " [data-arm]")
	g.await("the press that comes too soon", "document.body.dataset.bounced === 'yes'")
	g.asks()
	g.untouched("a press within the settling time")
	g.hit(keyEscape)
	g.cancelled("a press within the settling time")
}
