package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// protect lets somebody protect a flow.
func (b *browser) protect(id, why string, more ...string) {
	b.t.Helper()
	r := b.post("/flows/"+id+"/protect", form(append([]string{"reason", why}, more...)...))
	if r.status != http.StatusSeeOther {
		b.t.Fatalf("protecting: %d\n%s", r.status, r.body)
	}
	eventually(b.t, "the protection is seen", func() bool { return b.page("/flows/"+id).Find("#flow-strip .strip").Length() == 1 })
}

// changes counts all calls that change something.
func (h *house) changes() int {
	n := 0
	for _, call := range h.cloud.Calls("") {
		for _, verb := range []string{"Modify", "Create", "Delete"} {
			if strings.HasPrefix(call.Op, verb) {
				n++
			}
		}
	}
	return n
}

// held presses a hold button of a page and lets go after a while by the clock of
// the house. It gives the form with what the press fetched.
func (b *browser) held(h *house, page *goquery.Document, long time.Duration, more ...string) url.Values {
	b.t.Helper()
	button := page.Find("[data-hold]").First()
	if button.Length() == 0 {
		b.t.Fatal("nothing to hold")
	}
	r := b.post(button.AttrOr("data-hold", ""), form("verb", button.AttrOr("data-verb", ""), "subject", button.AttrOr("data-subject", ""), "state", button.AttrOr("data-state", "")))
	if r.status != http.StatusOK || len(r.body) < 20 {
		b.t.Fatalf("the press: %d %s", r.status, r.body)
	}
	h.now.move(long)
	return form(append([]string{"ticket", hidden(page, "ticket"), "held", strings.TrimSpace(r.body)}, more...)...)
}

func TestStopOfOwnProtectedFlow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		held   time.Duration // 0: not held
		typed  string
		reason string
		status int
		stops  int
		says   string
	}{
		"plain press":         {status: http.StatusUnprocessableEntity, says: "reason is needed"},
		"reason alone":        {reason: "final over", status: http.StatusUnprocessableEntity, says: "Not yet confirmed"},
		"held without reason": {held: 3 * time.Second, status: http.StatusUnprocessableEntity, says: "reason is needed"},
		"held too short":      {held: time.Second, reason: "final over", status: http.StatusConflict, says: "final over"},
		"held":                {held: 3 * time.Second, reason: "final over", status: http.StatusSeeOther, stops: 1},
		"another name":        {typed: "FEED-B", reason: "final over", status: http.StatusUnprocessableEntity, says: "FEED-B"},
		"name":                {typed: "FEED-A", reason: "final over", status: http.StatusSeeOther, stops: 1},
	} {
		t.Run(name, func(t *testing.T) {
			h, b, id := oneFlow(t)
			b.protect(id, "the final")
			page := b.page("/flows/" + id + "/stop")
			values := form("ticket", hidden(page, "ticket"))
			if c.held > 0 {
				values = b.held(h, page, c.held)
			}
			values.Set("reason", c.reason)
			values.Set("typed", c.typed)
			r := b.post("/flows/"+id+"/stop", values)
			if r.status != c.status || h.stops() != c.stops {
				t.Errorf("%d with %d stops, want %d with %d\n%s", r.status, h.stops(), c.status, c.stops, r.doc().Find("main").Text())
			}
			if !strings.Contains(r.body, c.says) {
				t.Errorf("does not say %q: %s", c.says, r.doc().Find("main").Text())
			}
			if c.stops == 1 && !strings.Contains(h.activity(b, id), "final over") {
				t.Error("the reason is not in the activity")
			}
		})
	}
}

// activity is the trail of a flow as its page shows it.
func (h *house) activity(b *browser, id string) string {
	return b.page("/flows/" + id).Find("#activity").Text()
}

// A held ticket that comes too early stays good: holding on is enough.
func TestHeldTooShortStaysGood(t *testing.T) {
	h, b, id := oneFlow(t)
	b.protect(id, "the final")
	path := "/flows/" + id + "/stop"
	values := b.held(h, b.page(path), time.Second, "reason", "over")
	if r := b.post(path, values); r.status != http.StatusConflict || h.stops() != 0 {
		t.Fatalf("after a second: %d, %d stops", r.status, h.stops())
	}
	h.now.move(2 * time.Second)
	if r := b.post(path, values); r.status != http.StatusSeeOther || h.stops() != 1 {
		t.Errorf("after three: %d, %d stops", r.status, h.stops())
	}
	b.post(path, values)
	if h.stops() != 1 {
		t.Errorf("the ticket was good twice")
	}
}

// A hold is for what was shown: not when another took the flow meanwhile, not
// for another session, not for another flow.
func TestHoldIsBound(t *testing.T) {
	h, b, id := oneFlow(t)
	b.protect(id, "the final")
	path := "/flows/" + id + "/stop"
	values := b.held(h, b.page(path), 3*time.Second, "reason", "over")
	again := h.signedIn("op-1")
	if r := again.post(path, values); r.status != http.StatusConflict || h.stops() != 0 {
		t.Errorf("another session: %d, %d stops", r.status, h.stops())
	}
	values = b.held(h, b.page(path), 3*time.Second, "reason", "over")
	b.protect(id, "the final", "second", "1")
	if r := b.post(path, values); r.status != http.StatusConflict || h.stops() != 0 {
		t.Errorf("after a change of the protection: %d, %d stops", r.status, h.stops())
	}
	for _, bad := range []url.Values{
		form("verb", "stop", "subject", "another", "state", ""), form("subject", id), form("verb", "stop", "subject", id, "state", strings.Repeat("x", 9000)),
	} {
		if r := b.post("/flows/"+id+"/hold", bad); r.status != http.StatusBadRequest {
			t.Errorf("hold of %v: %d", bad, r.status)
		}
	}
}

// Who does not own the protection changes nothing, on no path.
func TestOthersKeepOff(t *testing.T) {
	h, b, id := oneFlow(t)
	b.protect(id, "the final")
	other := h.signedIn("boss") // whom the role would let
	path := "/flows/" + id
	before := h.changes()
	list := other.page("/flows")
	if row := list.Find("#flow-" + strings.ReplaceAll(id, "_", "_5f")); row.Find("[data-key]").Length() != 0 || !strings.Contains(row.Text(), "op-1 only") || !strings.Contains(row.Text(), "Protect op-1") {
		t.Errorf("the row offers something: %s", row.Text())
	}
	page := other.page(path)
	if page.Find("#flow-command [data-key]").Length() != 0 || page.Find("#outputs a[data-key]").Length() != 0 {
		t.Error("the page offers something")
	}
	for name, r := range map[string]reply{
		"stop page":       other.get(path + "/stop"),
		"stop":            other.post(path+"/stop", form("ticket", "x", "typed", "FEED-A", "reason", "because")),
		"stop row":        other.fragments().get(path + "/stop?from=list"),
		"start":           other.post(path+"/start", form()),
		"switch off":      other.post(path+"/outputs/OUT-1/disable", form("ticket", "x")),
		"remove":          other.post(path+"/outputs/OUT-1/delete", form("ticket", "x")),
		"park":            other.post(path+"/outputs/OUT-1/park", form("ticket", "x")),
		"add":             other.post(path+"/outputs", form("name", "OUT-3", "protocol", "srt-caller", "address", "203.0.113.9", "port", "5000")),
		"release":         other.post(path+"/release", form()),
		"force unasked":   other.post(path+"/protect/force", form("reason", "because")),
		"take it over":    other.post(path+"/protect", form("reason", "mine now")),
		"in chinese":      other.chinese().post(path+"/release", form()),
		"delete":          other.post(path+"/delete", form("ticket", "x")),
		"second, unasked": other.post(path+"/ask", form("ticket", "x")),
	} {
		if r.status != http.StatusConflict && !(name == "stop page" && r.status == http.StatusOK) {
			t.Errorf("%s: %d %s", name, r.status, r.doc().Find("main").Text())
		}
		if !strings.Contains(r.body, "op-1") && name != "second, unasked" && name != "force unasked" && name != "delete" {
			t.Errorf("%s does not say whose it is: %s", name, r.doc().Text())
		}
	}
	if n := h.changes(); n != before {
		t.Errorf("%d changes reached the cloud", n-before)
	}
	if !strings.Contains(other.chinese().post(path+"/release", form()).body, "保护") {
		t.Error("the answer is not in Chinese")
	}
}

func TestProtectAndRelease(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id
	if r := b.post(path+"/protect", form("reason", " ", "second", "1")); r.status != http.StatusUnprocessableEntity || r.doc().Find("input[name=second][checked]").Length() != 1 ||
		!strings.Contains(r.doc().Find("#error-reason").Text(), "needed") {
		t.Errorf("without a reason: %d %s", r.status, r.body)
	}
	if r := b.chinese().post(path+"/protect", form("reason", strings.Repeat("长", 600))); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "最多 500 个字符") {
		t.Errorf("a long reason: %d", r.status)
	}
	b.protect(id, `for <b>UEFA</b>`)
	strip := b.page(path).Find("#flow-strip")
	if !strings.Contains(strip.Text(), "op-1") || !strings.Contains(strip.Text(), "for <b>UEFA</b>") || !strings.Contains(strip.Text(), "UTC") {
		t.Errorf("the strip says %q", strip.Text())
	}
	if r := b.post(path+"/release", form()); r.status != http.StatusSeeOther {
		t.Errorf("release: %d", r.status)
	}
	eventually(t, "it is released", func() bool { return b.page(path).Find("#flow-strip .strip").Length() == 0 })

	b.protect(id, "again")
	other := h.signedIn("boss") // whom the role would let
	page := other.page(path + "/protect")
	if text := page.Find("main").Text(); !strings.Contains(text, "op-1 has protected") || !strings.Contains(text, "again") {
		t.Errorf("the page does not say whose it is: %s", text)
	}
	if r := other.post(path+"/protect/force", form("ticket", hidden(page, "ticket"), "reason", "")); r.status != http.StatusUnprocessableEntity {
		t.Errorf("by force without a reason: %d", r.status)
	}
	page = other.page(path + "/protect")
	if r := other.post(path+"/protect/force", form("ticket", hidden(page, "ticket"), "reason", "op-1 is not here")); r.status != http.StatusSeeOther {
		t.Errorf("by force: %d %s", r.status, r.body)
	}
	eventually(t, "it stands in the activity", func() bool {
		text := h.activity(b, id)
		return strings.Contains(text, "op-1 is not here") && strings.Contains(text, "boss")
	})
}

// Two people: one asks, the other confirms, and neither can do both.
func TestSecondPerson(t *testing.T) {
	h, b, id := oneFlow(t)
	b.protect(id, "the final", "second", "1")
	path := "/flows/" + id
	other := h.signedIn("op-2")
	ask := func() {
		t.Helper()
		if r := b.post(path+"/stop", b.held(h, b.page(path+"/stop"), 3*time.Second, "reason", "over")); r.status != http.StatusSeeOther || h.stops() != 0 {
			t.Fatalf("asking: %d, %d stops\n%s", r.status, h.stops(), r.body)
		}
		eventually(t, "it waits", func() bool { return other.page(path).Find("#flow-ask .ask").Length() == 1 })
	}
	ask()
	if text := b.page(path).Find("#flow-ask").Text(); !strings.Contains(text, "op-1 asks to stop") || !strings.Contains(text, "over") || !strings.Contains(text, "Withdraw") {
		t.Errorf("who asked reads %q", text)
	}
	if row := other.page("/flows").Find("tbody").Text(); !strings.Contains(row, "op-1 asks to stop") || !strings.Contains(row, "Confirm") {
		t.Errorf("the other reads %q in the list", row)
	}
	own := b.get(path + "/ask")
	if own.doc().Find("form[action$='/ask']").Length() != 0 {
		t.Error("who asked can confirm")
	}
	if r := b.post(path+"/ask", form("ticket", hidden(other.page(path+"/ask"), "ticket"))); r.status != http.StatusConflict || h.stops() != 0 {
		t.Errorf("confirming one's own: %d", r.status)
	}
	if r := b.post(path+"/ask/withdraw", form()); r.status != http.StatusSeeOther {
		t.Errorf("withdrawing: %d", r.status)
	}
	eventually(t, "nothing waits", func() bool { return other.page(path).Find("#flow-ask .ask").Length() == 0 })
	ask()
	page := other.page(path + "/ask")
	if text := page.Find("main").Text(); !strings.Contains(text, "op-1 asked") || !strings.Contains(text, "over") || !strings.Contains(text, "OUT-1") {
		t.Errorf("the question says %q", text)
	}
	values := form("ticket", hidden(page, "ticket"))
	if r := other.post(path+"/ask", values); r.status != http.StatusSeeOther || h.stops() != 1 {
		t.Errorf("confirming: %d, %d stops\n%s", r.status, h.stops(), r.body)
	}
	other.post(path+"/ask", values)
	if h.stops() != 1 {
		t.Errorf("%d stops, want 1", h.stops())
	}
}

// What interrupts a protected flow takes the same consent: outputs, the source,
// deleting. What interrupts nothing does not.
func TestConsentForChanges(t *testing.T) {
	h, b, id := oneFlow(t)
	b.protect(id, "the final")
	path := "/flows/" + id
	out := path + "/outputs/OUT-1/disable"
	row := b.fragments().get(out)
	if row.status != http.StatusOK || row.doc().Find("tr#armed-OUT-1 [data-hold]").Length() != 1 {
		t.Fatalf("the question in the row: %d %s", row.status, row.body)
	}
	if r := b.fragments().post(out, form("ticket", hidden(row.doc(), "ticket"), "reason", "x")); r.status != http.StatusUnprocessableEntity {
		t.Errorf("switching off unheld: %d", r.status)
	}
	row = b.fragments().get(out)
	if r := b.fragments().post(out, b.held(h, row.doc(), 3*time.Second, "reason", "no longer")); r.status != http.StatusOK {
		t.Errorf("switching off: %d %s", r.status, r.body)
	}
	if f, _ := h.cloud.Flow(id); f.Outputs[0].Status != medialive.Disabled {
		t.Error("the output is still on")
	}
	source := b.page(path + "/source")
	values := fieldsOf(source)
	values.Set("stream_id", "feed/b")
	effect := b.fragments().post(path+"/source/effect", values).doc()
	values.Set("seen", hidden(effect, "seen"))
	if r := b.post(path+"/source", values); r.status != http.StatusUnprocessableEntity || len(h.cloud.Calls("ModifyFlowSources")) != 0 {
		t.Errorf("saving unheld: %d", r.status)
	}
	held := b.held(h, effect, 3*time.Second)
	values.Set("held", held.Get("held"))
	values.Set("reason", "new key agreed")
	if r := b.post(path+"/source", values); r.status != http.StatusSeeOther {
		t.Errorf("saving: %d\n%s", r.status, r.doc().Find("main").Text())
	}
	if f, _ := h.cloud.Flow(id); f.Sources[0].StreamID != "feed/b" {
		t.Error("the source was not changed")
	}
}

// fieldsOf is a form as it stands on a page.
func fieldsOf(page *goquery.Document) url.Values {
	v := url.Values{}
	page.Find("form[data-form]").First().Find("input, textarea").Each(func(_ int, s *goquery.Selection) {
		switch s.AttrOr("type", "") {
		case "radio":
			if _, on := s.Attr("checked"); !on {
				return
			}
		case "submit", "button":
			return
		}
		if value, ok := s.Attr("value"); ok {
			v.Set(s.AttrOr("name", ""), value)
		} else {
			v.Set(s.AttrOr("name", ""), s.Text())
		}
	})
	return v
}

func TestDeleteOfProtectedFlow(t *testing.T) {
	var id string
	h := newHouse(t, func(c *medialivetest.Cloud) { id = c.Add(flowOf("FEED-A", medialive.Standby, outputOf("OUT-1"))) })
	b := h.signedIn("op-1")
	b.awaitRead(id)
	b.protect(id, "kept for tomorrow")
	path := "/flows/" + id + "/delete"
	if r := b.post(path, form("ticket", hidden(b.page(path), "ticket"), "reason", "over")); r.status != http.StatusUnprocessableEntity || h.changes() != 0 {
		t.Errorf("unheld: %d", r.status)
	}
	if r := b.post(path, form("ticket", hidden(b.page(path), "ticket"), "reason", "over", "typed", "FEED-A")); r.status != http.StatusSeeOther {
		t.Errorf("by its name: %d %s", r.status, r.body)
	}
	if _, there := h.cloud.Flow(id); there {
		t.Error("the flow is still there")
	}
}
