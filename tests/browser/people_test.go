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
	one.Click("#flow-" + f.ID + ` form[action$="/start"] button`)
	two.awaitRow(f.ID, "WAITING")
	t.Logf("the second browser saw the start %v after the first began to press", time.Since(began).Round(time.Millisecond))
	one.awaitRow(f.ID, "WAITING")
	one.stopInList(h, f.ID)
	two.awaitRow(f.ID, "STANDBY")
	two.sameDocument()

	for _, b := range []*tab{one, two} {
		b.Visit("/flows/" + f.ID + "/source")
		b.AwaitPath("the form of the source", ".*/source")
	}
	one.Fill("#description", "from the first")
	one.Await("what the first changes", "text('#effect').includes('from the first')") // it moves the button
	one.Click("#save")
	one.AwaitPath("the page of the flow", "/flows/"+f.ID)
	one.mark()

	two.Expecting("409")
	two.Fill("#description", "from the second")
	two.Fill("#min_latency", "500")
	two.Await("what the second changes", "text('#effect').includes('2 changes')")
	two.Click("#save")
	two.Await("the conflict", "$('.conflict') && text('.conflict').includes('Somebody else changed it')")
	two.Await("both versions", "['from the first', 'from the second'].every((words) => text('.conflict .clash').includes(words))")
	two.Await("what was typed", "$('#description').value === 'from the second' && $('#min_latency').value === '500'")
	if got := h.source(f.ID); got.Description != "from the first" {
		t.Errorf("the gateway has %q", got.Description)
	}
	two.AwaitPath("the form", ".*/source")
	two.Click("#save")
	two.AwaitPath("the page of the flow", "/flows/"+f.ID)
	if got := h.source(f.ID); got.Description != "from the second" || got.MinLatency != 500 {
		t.Errorf("saved on purpose, the gateway has %q and %d ms", got.Description, got.MinLatency)
	}
	one.Await("what the second saved", "text('#flow-description') === 'from the second' && $('#flow-delete a')")
	two.Click("#flow-command form button")
	one.awaitState("WAITING")
	one.Await("the way to delete to be gone", "$('#flow-delete [aria-disabled]') && !$('#flow-delete a')")
	one.sameDocument()
	one.Clean("the first person")
	two.Clean("the second person")
}
