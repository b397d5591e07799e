package browser

import (
	"testing"
	"time"
)

// testTwoPeople has two browsers look at one flow, and edit it at once.
func testTwoPeople(t *testing.T, c *chromium) {
	h := build(t)
	f := h.flow("FEED-A", false)
	one, two := c.enter(t, h.app.URL), c.enter(t, h.app.URL)
	one.awaitRow(f.ID, "STANDBY")
	two.awaitRow(f.ID, "STANDBY")
	two.mark()

	began := time.Now()
	one.click("#flow-" + f.ID + ` form[action$="/start"] button`)
	two.awaitRow(f.ID, "WAITING")
	t.Logf("the second browser saw the start %v after the first began to press", time.Since(began).Round(time.Millisecond))
	one.awaitRow(f.ID, "WAITING")
	one.stopInList(h, f.ID)
	two.awaitRow(f.ID, "STANDBY")
	two.sameDocument()

	for _, b := range []*tab{one, two} {
		b.visit("/flows/" + f.ID + "/source")
		b.awaitPath("the form of the source", ".*/source")
	}
	one.fill("#description", "from the first")
	one.await("what the first changes", "text('#effect').includes('from the first')") // it moves the button
	one.click("#save")
	one.awaitPath("the page of the flow", "/flows/"+f.ID)
	one.mark()

	two.expecting("409")
	two.fill("#description", "from the second")
	two.fill("#min_latency", "500")
	two.await("what the second changes", "text('#effect').includes('2 changes')")
	two.click("#save")
	two.await("the conflict", "$('.conflict') && text('.conflict').includes('Somebody else changed it')")
	two.await("both versions", "['from the first', 'from the second'].every((words) => text('.conflict .clash').includes(words))")
	two.await("what was typed", "$('#description').value === 'from the second' && $('#min_latency').value === '500'")
	if got := h.source(f.ID); got.Description != "from the first" {
		t.Errorf("the gateway has %q", got.Description)
	}
	two.awaitPath("the form", ".*/source")
	two.click("#save")
	two.awaitPath("the page of the flow", "/flows/"+f.ID)
	if got := h.source(f.ID); got.Description != "from the second" || got.MinLatency != 500 {
		t.Errorf("saved on purpose, the gateway has %q and %d ms", got.Description, got.MinLatency)
	}
	one.await("what the second saved", "text('#flow-description') === 'from the second' && $('#flow-delete a')")
	two.click("#flow-command form button")
	one.awaitState("WAITING")
	one.await("the way to delete to be gone", "$('#flow-delete [aria-disabled]') && !$('#flow-delete a')")
	one.sameDocument()
	one.clean("the first person")
	two.clean("the second person")
}
