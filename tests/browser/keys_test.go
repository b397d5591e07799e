package browser

import (
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/tests/chrome"
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

	b.Hit(chrome.Letters["?"])
	b.Await("the list of all keys", "$('#keys').open && ['/', 'j', 'k', 'Enter', 's', 'x', 'a', 'p', '?', 'Esc'].every((k) => $$('#keys kbd').some((e) => e.textContent === k))")
	b.Hit(chrome.Letters["j"])
	b.Hit(chrome.KeyEscape)
	b.Await("the list to close", "!$('#keys').open")
	if eval[bool](b, "document.activeElement.matches('[data-row]')") {
		t.Error("a key moved the focus behind the open list")
	}

	rows := eval[[]string](b, "$$('#flow-rows tr[data-row]').map((row) => '#' + row.id)")
	for _, move := range []struct{ key, to string }{{"j", rows[0]}, {"j", rows[1]}, {"j", rows[1]}, {"k", rows[0]}, {"k", rows[0]}} {
		b.Hit(chrome.Letters[move.key])
		b.focused(move.to)
	}
	b.walkRows("#flow-" + on.ID)
	b.Hit(chrome.Letters["x"])
	b.Await("the question", "$("+chrome.Quoted("#armed-"+on.ID+" .guard")+")")
	b.Hit(chrome.KeyEscape)
	b.focused("#flow-" + on.ID)
	if got := h.status(on.ID); got != medialive.Active {
		t.Fatalf("x was pressed, and the flow is %s", got)
	}
	b.Hit(chrome.Letters["s"]) // nothing to start there
	b.Hit(chrome.Letters["p"])
	b.AwaitPath("the protection of the row's flow", "/flows/"+on.ID+"/protect")
	b.typesLetters("#reason")
	b.Visit("/flows")
	b.awaitRow(off.ID, "STANDBY")
	b.Hit(chrome.Letters["/"])
	b.focused("#search")
	b.typesLetters("#search")
	b.Hit(chrome.KeyEscape)
	b.Await("the focus to leave the search", "document.activeElement?.id !== 'search'")
	b.walkRows("#flow-" + off.ID)
	b.Hit(chrome.KeyEnter)
	b.AwaitPath("the page of the flow", "/flows/"+off.ID)
	b.Hit(chrome.Letters["x"]) // nothing to stop there
	b.Hit(chrome.Letters["p"])
	b.AwaitPath("the protection of the page's flow", "/flows/"+off.ID+"/protect")
	b.Visit("/flows/" + off.ID)
	b.AwaitPath("the page of the flow", "/flows/"+off.ID)
	if got := h.status(off.ID); got != medialive.Standby {
		t.Fatalf("no key was meant, and the flow is %s", got)
	}
	b.Hit(chrome.Letters["s"])
	b.awaitState("WAITING")
	h.awaitStatus(off.ID, medialive.Active)
	b.Await("the button that stops it", "$('#flow-command [data-arm]')")
	b.Hit(chrome.Letters["x"])
	b.Await("the question", "$('.command-armed .guard')")
	b.Hit(chrome.KeyEscape)
	b.Await("the button again", "$('#flow-command [data-arm]')")
	b.Clean("the keys")
}

func (b *tab) focused(selector string) {
	b.T.Helper()
	b.Await("the focus on "+selector, "document.activeElement?.matches("+chrome.Quoted(selector)+")")
}

// walkRows walks to a row with j and k.
func (b *tab) walkRows(row string) {
	b.T.Helper()
	for _, k := range []string{"j", "j", "k"} {
		if eval[bool](b, "Boolean(document.activeElement?.matches("+chrome.Quoted(row)+"))") {
			return
		}
		b.Hit(chrome.Letters[k])
	}
	b.focused(row)
}

// typesLetters types all letters of commands into a field, which holds them then
// and does nothing else.
func (b *tab) typesLetters(field string) {
	b.T.Helper()
	b.Click(field)
	b.Overwrite(field, "jksxap/?")
	if eval[bool](b, "$('#keys').open || Boolean($('[data-armed]'))") || !eval[bool](b, "document.activeElement.matches("+chrome.Quoted(field)+")") {
		b.T.Errorf("what is typed into %s is taken for commands\n%s", field, b.Describe())
	}
}
