package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// signedInAgo is signedIn of some time ago.
func (h *house) signedInAgo(user string, ago time.Duration) *browser {
	h.t.Helper()
	h.now.move(-ago)
	defer h.now.move(ago)
	return h.signedIn(user)
}

// asksToDelete is a flow of op-1, who has just asked to delete it, and op-2, who
// signed in a while ago.
func asksToDelete(t *testing.T, ago time.Duration) (h *house, second *browser, path string) {
	t.Helper()
	var id string
	h = newHouse(t, func(c *medialivetest.Cloud) { id = c.Add(flowOf("FEED-A", medialive.Standby, outputOf("OUT-1"))) })
	first, second := h.signedIn("op-1"), h.signedInAgo("op-2", ago)
	first.awaitRead(id)
	path = "/flows/" + id
	first.protect(id, "kept for tomorrow", "second", "1")
	r := first.post(path+"/delete", form("ticket", hidden(first.page(path+"/delete"), "ticket"), "reason", "over", "typed", "FEED-A"))
	if r.status != http.StatusSeeOther || h.changes() != 0 {
		t.Fatalf("asking: %d, %d changes\n%s", r.status, h.changes(), r.body)
	}
	eventually(t, "it waits", func() bool { return second.page(path).Find("#flow-ask .ask").Length() == 1 })
	return h, second, path
}

// Who confirms that a flow is deleted gives the password as who deletes it alone,
// whichever way.
func TestPasswordBeforeConfirmingADelete(t *testing.T) {
	h, second, path := asksToDelete(t, 11*time.Minute)
	for _, to := range []string{path + "/ask", path + "/delete"} {
		if r := second.get(to); r.status != http.StatusUnauthorized || r.doc().Find(`form[action="/step-up"]`).Length() != 1 {
			t.Errorf("GET %s: %d", to, r.status)
		}
		r := second.post(to, form("ticket", "x"))
		if r.status != http.StatusUnauthorized || h.changes() != 0 {
			t.Errorf("POST %s: %d, %d changes", to, r.status, h.changes())
		}
		if kept := second.fragments().post(to, form("ticket", "x")); kept.status != http.StatusUnauthorized || kept.header.Get("HX-Retarget") != "#dialogs" {
			t.Errorf("POST %s by htmx: %d", to, kept.status)
		}
	}
	asked := second.get(path + "/ask")
	if r := second.stepUp(asked, "wrong"); r.status != http.StatusUnauthorized {
		t.Errorf("a wrong password: %d", r.status)
	}
	r := second.stepUp(asked, password)
	if r.status != http.StatusSeeOther || r.header.Get("Location") != path+"/ask" {
		t.Fatalf("the password: %d to %q", r.status, r.header.Get("Location"))
	}
	if r := second.post(path+"/ask", form("ticket", hidden(second.page(path+"/ask"), "ticket"))); r.status != http.StatusSeeOther || len(h.cloud.Calls("DeleteFlow")) != 1 {
		t.Errorf("confirming: %d, %d deletions\n%s", r.status, len(h.cloud.Calls("DeleteFlow")), r.body)
	}
}

// A press that meets the question is done once the password is right, and once.
func TestConfirmingADeleteGoesOnAfterThePassword(t *testing.T) {
	h, second, path := asksToDelete(t, 8*time.Minute)
	ticket := hidden(second.page(path+"/ask"), "ticket")
	h.now.move(3 * time.Minute)
	asked := second.post(path+"/ask", form("ticket", ticket))
	if asked.status != http.StatusUnauthorized || !strings.Contains(words(asked), "What you entered is kept") || h.changes() != 0 {
		t.Fatalf("%d\n%s", asked.status, asked.body)
	}
	r := second.stepUp(asked, password)
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/flows" || len(h.cloud.Calls("DeleteFlow")) != 1 {
		t.Errorf("%d to %q, %d deletions\n%s", r.status, r.header.Get("Location"), len(h.cloud.Calls("DeleteFlow")), r.body)
	}
	second.stepUp(asked, password)
	if n := len(h.cloud.Calls("DeleteFlow")); n != 1 {
		t.Errorf("brought again: %d deletions", n)
	}
}

// A stop is for the moment: who confirms one is asked for no password.
func TestConfirmingAStopTakesNoPassword(t *testing.T) {
	h, b, id := oneFlow(t)
	b.protect(id, "the final", "second", "1")
	path, other := "/flows/"+id, h.signedInAgo("op-2", 11*time.Minute)
	if r := b.post(path+"/stop", b.held(h, b.page(path+"/stop"), 3*time.Second, "reason", "over")); r.status != http.StatusSeeOther {
		t.Fatalf("asking: %d", r.status)
	}
	eventually(t, "it waits", func() bool { return other.page(path).Find("#flow-ask .ask").Length() == 1 })
	if r := other.post(path+"/ask", form("ticket", hidden(other.page(path+"/ask"), "ticket"))); r.status != http.StatusSeeOther || h.stops() != 1 {
		t.Errorf("confirming: %d, %d stops", r.status, h.stops())
	}
}
