package browser

import (
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// testKeys presses every key of the list that "?" shows, where it should work
// and where somebody types.
func testKeys(t *testing.T, c *chromium) {
	h := build(t)
	off := h.flow("FEED-OFF", false)
	on := h.flow("FEED-ON", true)
	b := c.enter(t, h.app.URL)
	b.awaitRow(on.ID, "WAITING")
	b.awaitRow(off.ID, "STANDBY")

	b.hit(letters["?"])
	b.await("the list of all keys", "$('#keys').open && ['/', 'j', 'k', 'Enter', 's', 'x', 'a', 'p', '?', 'Esc'].every((k) => $$('#keys kbd').some((e) => e.textContent === k))")
	b.hit(letters["j"])
	b.hit(keyEscape)
	b.await("the list to close", "!$('#keys').open")
	if eval[bool](b, "document.activeElement.matches('[data-row]')") {
		t.Error("a key moved the focus behind the open list")
	}

	rows := eval[[]string](b, "$$('#flow-rows tr[data-row]').map((row) => '#' + row.id)")
	for _, move := range []struct{ key, to string }{{"j", rows[0]}, {"j", rows[1]}, {"j", rows[1]}, {"k", rows[0]}, {"k", rows[0]}} {
		b.hit(letters[move.key])
		b.focused(move.to)
	}
	b.walkRows("#flow-" + on.ID)
	b.hit(letters["x"])
	b.await("the question", "$("+quoted("#armed-"+on.ID+" .guard")+")")
	b.hit(keyEscape)
	b.focused("#flow-" + on.ID)
	if got := h.status(on.ID); got != medialive.Active {
		t.Fatalf("x was pressed, and the flow is %s", got)
	}
	b.hit(letters["s"]) // nothing to start there
	b.hit(letters["p"])
	b.awaitPath("the protection of the row's flow", "/flows/"+on.ID+"/protect")
	b.typesLetters("#reason")
	b.visit("/flows")
	b.awaitRow(off.ID, "STANDBY")
	b.hit(letters["/"])
	b.focused("#search")
	b.typesLetters("#search")
	b.hit(keyEscape)
	b.await("the focus to leave the search", "document.activeElement?.id !== 'search'")
	b.walkRows("#flow-" + off.ID)
	b.hit(keyEnter)
	b.awaitPath("the page of the flow", "/flows/"+off.ID)
	b.hit(letters["x"]) // nothing to stop there
	b.hit(letters["p"])
	b.awaitPath("the protection of the page's flow", "/flows/"+off.ID+"/protect")
	b.visit("/flows/" + off.ID)
	b.awaitPath("the page of the flow", "/flows/"+off.ID)
	if got := h.status(off.ID); got != medialive.Standby {
		t.Fatalf("no key was meant, and the flow is %s", got)
	}
	b.hit(letters["s"])
	b.awaitState("WAITING")
	h.awaitStatus(off.ID, medialive.Active)
	b.await("the button that stops it", "$('#flow-command [data-arm]')")
	b.hit(letters["x"])
	b.await("the question", "$('.command-armed .guard')")
	b.hit(keyEscape)
	b.await("the button again", "$('#flow-command [data-arm]')")
	b.clean("the keys")
}

func (b *tab) focused(selector string) {
	b.t.Helper()
	b.await("the focus on "+selector, "document.activeElement?.matches("+quoted(selector)+")")
}

// walkRows walks to a row with j and k.
func (b *tab) walkRows(row string) {
	b.t.Helper()
	for _, k := range []string{"j", "j", "k"} {
		if eval[bool](b, "Boolean(document.activeElement?.matches("+quoted(row)+"))") {
			return
		}
		b.hit(letters[k])
	}
	b.focused(row)
}

// typesLetters types all letters of commands into a field, which holds them then
// and does nothing else.
func (b *tab) typesLetters(field string) {
	b.t.Helper()
	b.click(field)
	b.overwrite(field, "jksxap/?")
	if eval[bool](b, "$('#keys').open || Boolean($('[data-armed]'))") || !eval[bool](b, "document.activeElement.matches("+quoted(field)+")") {
		b.t.Errorf("what is typed into %s is taken for commands\n%s", field, b.describe())
	}
}
