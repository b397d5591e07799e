package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// typed gives what a page's form would send if nothing was touched.
func typed(page *goquery.Document) url.Values {
	values := url.Values{}
	page.Find("form[data-form] [name]").Each(func(_ int, s *goquery.Selection) {
		name := s.AttrOr("name", "")
		_, checked := s.Attr("checked")
		switch {
		case s.Is("button"), s.Is(`[type="radio"]`) && !checked:
		case s.Is("textarea"):
			values.Set(name, s.Text())
		default:
			values.Set(name, s.AttrOr("value", ""))
		}
	})
	return values
}

func (h *house) source(id string) medialive.Source {
	h.t.Helper()
	f, ok := h.cloud.Flow(id)
	if !ok {
		h.t.Fatal("the flow is gone")
	}
	s, _ := f.Source()
	return s
}

func TestSourceChangeThatInterruptsNothing(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id + "/source"
	values := typed(b.page(path))
	values.Set("description", "Clean feed")
	values.Set("cidr_whitelist", "203.0.113.0/24\r\n198.51.100.7/32")
	effect := b.fragments().post(path+"/effect", values)
	if text := effect.doc().Text(); effect.status != http.StatusOK || !strings.Contains(text, "INTERRUPTS NOTHING") || !strings.Contains(text, "2 changes") {
		t.Errorf("the effect: %d %s", effect.status, text)
	}
	if r := b.post(path, values); r.status != http.StatusSeeOther {
		t.Fatalf("saving: %d\n%s", r.status, r.doc().Find("main").Text())
	}
	got := h.source(id)
	if got.Description != "Clean feed" || len(got.CIDRWhitelist) != 2 || got.Decryption == nil || got.Decryption.Passphrase != medialive.Mask {
		t.Errorf("saved %+v", got)
	}
}

func TestSourceChangeThatInterruptsAsksTwice(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id + "/source"
	values := typed(b.page(path))
	values.Set("stream_id", "feed/b")
	first := b.post(path, values)
	if first.status != http.StatusConflict || len(h.cloud.Calls("ModifyFlowSources")) != 0 {
		t.Fatalf("the first press: %d", first.status)
	}
	page := first.doc()
	if text := page.Find("#effect").Text(); !strings.Contains(text, "2 OUTPUTS LOSE MEDIA") || !strings.Contains(text, "OUT-2") {
		t.Errorf("the panel does not tell what is interrupted: %s", text)
	}
	again := typed(page)
	if again.Get("stream_id") != "feed/b" || again.Get("seen") == "" {
		t.Fatalf("the form lost what was typed: %v", again)
	}
	more := url.Values{}
	for name, v := range again {
		more[name] = v
	}
	more.Set("port", "20009")
	if r := b.post(path, more); r.status != http.StatusConflict {
		t.Errorf("a save of more than was shown: %d", r.status)
	}
	again = typed(b.post(path, values).doc())
	if r := b.post(path, again); r.status != http.StatusSeeOther {
		t.Fatalf("the second press: %d\n%s", r.status, r.doc().Find("main").Text())
	}
	if got := h.source(id); got.StreamID != "feed/b" {
		t.Errorf("saved %+v", got)
	}
}

func TestReplacedPassphraseIsNotEchoed(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id + "/source"
	values := typed(b.page(path))
	values.Set("passphrase_action", "replace")
	values.Set("passphrase", "a-passphrase-of-the-test")
	effect := b.fragments().post(path+"/effect", values)
	if strings.Contains(effect.body, "a-passphrase-of") || !strings.Contains(effect.body, "24 characters") {
		t.Errorf("the effect: %s", effect.body)
	}
	first := b.post(path, values)
	if strings.Contains(first.body, "a-passphrase-of") {
		t.Error("the page has the passphrase")
	}
	if text := first.doc().Find(`[data-field="passphrase"] .error`).Text(); strings.TrimSpace(text) == "" {
		t.Error("nobody is told to type the passphrase again")
	}
	values.Set("seen", hidden(effect.doc(), "seen"))
	if r := b.post(path, values); r.status != http.StatusSeeOther {
		t.Fatalf("saving with the ticket of the panel: %d\n%s", r.status, r.doc().Find("main").Text())
	}
	if got := h.source(id); got.Decryption == nil || got.Decryption.Passphrase != "a-passphrase-of-the-test" {
		t.Error("the passphrase was not replaced")
	}
	if strings.Contains(h.log.String(), "a-passphrase-of") {
		t.Error("the log has the passphrase")
	}
}

func TestTwoPeopleEditOneSource(t *testing.T) {
	h, first, id := oneFlow(t)
	second := h.signedIn("op-2")
	path := "/flows/" + id + "/source"
	mine, theirs := typed(second.page(path)), typed(first.page(path))
	theirs.Set("description", "of the first")
	if r := first.post(path, theirs); r.status != http.StatusSeeOther {
		t.Fatalf("the first: %d", r.status)
	}
	mine.Set("description", "of the second")
	r := second.post(path, mine)
	if r.status != http.StatusConflict {
		t.Fatalf("the second: %d, want 409", r.status)
	}
	text := r.doc().Find(".conflict").Text()
	for _, want := range []string{"of the first", "of the second"} {
		if !strings.Contains(text, want) {
			t.Errorf("the conflict does not show %q: %s", want, text)
		}
	}
	if got := h.source(id).Description; got != "of the first" {
		t.Errorf("the second overwrote: %q", got)
	}
	if again := second.post(path, typed(r.doc())); again.status != http.StatusSeeOther || h.source(id).Description != "of the second" {
		t.Errorf("saving again: %d %q", again.status, h.source(id).Description)
	}
}

func TestOutputEdit(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id + "/outputs/OUT-1"
	values := typed(b.page(path))
	values.Set("description", "To the north")
	if r := b.post(path, values); r.status != http.StatusSeeOther {
		t.Fatalf("saving: %d\n%s", r.status, r.doc().Find("main").Text())
	}
	eventually(t, "the change is seen", func() bool {
		return strings.Contains(b.get(path).body, "To the north")
	})
	values = typed(b.page(path))
	values.Set("port", "5001")
	first := b.post(path, values)
	if first.status != http.StatusConflict || !strings.Contains(first.doc().Find("#effect").Text(), "1 OUTPUT LOSES MEDIA") {
		t.Fatalf("the first press: %d %s", first.status, first.doc().Find("#effect").Text())
	}
	if r := b.post(path, typed(first.doc())); r.status != http.StatusSeeOther {
		t.Fatalf("the second press: %d\n%s", r.status, r.doc().Find("main").Text())
	}
	if f, _ := h.cloud.Flow(id); f.Outputs[0].Port != 5001 || f.Outputs[0].Description != "To the north" {
		t.Errorf("saved %+v", f.Outputs[0])
	}
}

// TestOutputNamedNew edits an output that has the name of the page that adds
// one, and is led back to it from a sign-in.
func TestOutputNamedNew(t *testing.T) {
	var id string
	h := newHouse(t, func(c *medialivetest.Cloud) { id = c.Add(flowOf("FEED-A", medialive.Standby, outputOf("new"))) })
	b := h.signedIn("op-1")
	b.awaitRead(id)
	path := b.page("/flows/"+id).Find("#outputs a.name").AttrOr("href", "")
	page := b.page(path)
	if title := page.Find("h1").Text(); title != "Edit output" {
		t.Fatalf("%s leads to %q", path, title)
	}
	values := typed(page)
	values.Set("description", "changed by the test")
	action := page.Find("form.edit-columns").AttrOr("action", "")
	if r := b.post(action, values); r.status != http.StatusSeeOther || len(h.cloud.Calls("ModifyFlowOutput")) != 1 {
		t.Errorf("%s answers %d", action, r.status)
	}
	if title := b.page("/flows/" + id + "/outputs/new").Find("h1").Text(); title != "Add output" {
		t.Errorf("the page that adds one is %q", title)
	}
	r := h.browser().post("/login", form("account", "account", "username", "op-1", "password", password, "next", path))
	if got := r.header.Get("Location"); got != path {
		t.Errorf("after the sign-in: %s, want %s", got, path)
	}
}
