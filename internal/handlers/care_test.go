package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/handlers"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// done posts a form that must be taken, and gives the page of the flow.
func (b *browser) done(path string, pairs ...string) {
	b.t.Helper()
	if r := b.post(path, form(pairs...)); r.status != http.StatusSeeOther {
		b.t.Fatalf("POST %s: %d\n%s", path, r.status, r.doc().Find("main").Text())
	}
}

func TestNotes(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id
	b.done(path+"/notes", "text", "Do not <i>stop</i> both.\nCall first.")
	other := h.signedIn("op-2")
	note := other.page(path).Find(".note")
	if text := note.Text(); !strings.Contains(text, "Do not <i>stop</i> both.\nCall first.") || !strings.Contains(text, "op-1") {
		t.Errorf("the note reads %q", text)
	}
	if note.Find("form").Length() != 0 {
		t.Error("another's note can be deleted")
	}
	remove := b.page(path).Find(".note form").AttrOr("action", "")
	if r := other.post(remove, form()); r.status != http.StatusForbidden {
		t.Errorf("deleting another's note: %d", r.status)
	}
	b.done(remove)
	if b.page(path).Find(".note").Length() != 0 {
		t.Error("the note is still there")
	}
	for name, c := range map[string]struct{ text, says string }{
		"empty": {"  ", "nothing in it"}, "long": {strings.Repeat("é", 2001), "2000"}, "odd": {"a\x00b", "cannot be shown"},
	} {
		r := b.post(path+"/notes", form("text", c.text))
		if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.doc().Find("#error-text").Text(), c.says) {
			t.Errorf("%s: %d %q", name, r.status, r.doc().Find("#error-text").Text())
		}
	}
}

// The second of two who write the hand-over sees both texts, and then replaces.
func TestHandoverConflict(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id + "/handover"
	other := h.signedIn("op-2")
	first, second := b.page(path), other.page(path)
	b.done(path, "text", "van 2 until ten", "shown", hidden(first, "shown"))
	r := other.post(path, form("text", "van 3 until ten", "shown", hidden(second, "shown")))
	if r.status != http.StatusConflict {
		t.Fatalf("a conflict: %d", r.status)
	}
	page := r.doc()
	if both := page.Find(".both").Text(); !strings.Contains(both, "van 2 until ten") || !strings.Contains(both, "van 3 until ten") || !strings.Contains(both, "op-1") {
		t.Errorf("both texts: %q", both)
	}
	if got := page.Find("textarea").Text(); got != "van 3 until ten" {
		t.Errorf("the form has %q", got)
	}
	other.done(path, "text", "van 3 until ten", "shown", hidden(page, "shown"))
	if text := b.page("/flows/" + id).Find("#flow-care").Text(); !strings.Contains(text, "van 3 until ten") || strings.Contains(text, "van 2 until ten") {
		t.Errorf("the page has %q", text)
	}
}

func TestBand(t *testing.T) {
	_, b, id := oneFlow(t)
	path := "/flows/" + id
	if text := b.page(path).Find("#flow-band").Text(); !strings.Contains(text, "10 min") || !strings.Contains(text, "default") {
		t.Errorf("the default is not told: %q", text)
	}
	b.done(path+"/band", "min_bitrate", "6,5", "max_bitrate", "12", "max_loss", "0.5", "idle_after", "30")
	eventually(t, "the band is seen", func() bool {
		text := b.page(path).Find("#flow-band").Text()
		return strings.Contains(text, "6.5 Mb/s") && strings.Contains(text, "12 Mb/s") && strings.Contains(text, "0.5 %") && strings.Contains(text, "30 min")
	})
	if got := b.page(path+"/band").Find("#min_bitrate").AttrOr("value", ""); got != "6.5" {
		t.Errorf("the form has %q", got)
	}
	for field, typed := range map[string]string{"min_bitrate": "-1", "max_bitrate": "1001", "max_loss": "abc", "idle_after": "0.5"} {
		r := b.chinese().post(path+"/band", form(field, typed))
		if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.doc().Find("#error-"+field).Text(), "之间的数") || r.doc().Find("#"+field).AttrOr("value", "") != typed {
			t.Errorf("%s=%s: %d %q", field, typed, r.status, r.doc().Find("#error-"+field).Text())
		}
	}
	if r := b.post(path+"/band", form("min_bitrate", "9", "max_bitrate", "8")); r.status != http.StatusUnprocessableEntity {
		t.Errorf("lowest above highest: %d", r.status)
	}
}

func TestLabels(t *testing.T) {
	_, b, id := oneFlow(t)
	path := "/flows/" + id
	link := b.page(path).Find("#output-OUT-1 .peer-none")
	if link.Length() != 1 {
		t.Fatal("the address of the output cannot be named")
	}
	page := b.page(link.AttrOr("href", ""))
	if got := page.Find("#address").AttrOr("value", ""); got != "203.0.113.61" {
		t.Errorf("the form names %q", got)
	}
	r := b.post("/labels", form("address", "203.0.113.61", "name", "Master <control>", "flow", id))
	if r.header.Get("Location") != path {
		t.Errorf("naming: %d to %q", r.status, r.header.Get("Location"))
	}
	eventually(t, "the name is shown", func() bool {
		return strings.Contains(b.page(path).Find("#output-OUT-1").Text(), "Master <control>")
	})
	if text := b.page("/labels").Find("main").Text(); !strings.Contains(text, "Master <control>") {
		t.Errorf("the list has %q", text)
	}
	for name, c := range map[string]struct{ address, called, field string }{
		"host": {"van.example.com", "Van", "address"}, "with a port": {"203.0.113.9:5000", "Van", "address"}, "no name": {"203.0.113.9", " ", "name"},
		"two lines": {"203.0.113.9", "a\nb", "name"}, "long": {"203.0.113.9", strings.Repeat("x", 65), "name"},
	} {
		r := b.post("/labels", form("address", c.address, "name", c.called))
		if r.status != http.StatusUnprocessableEntity || r.doc().Find("#error-"+c.field).Text() == "" {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	b.done("/labels/delete", "address", "203.0.113.61")
	if r := b.post("/labels/delete", form("address", "?")); r.status != http.StatusBadRequest {
		t.Errorf("removing the name of nothing: %d", r.status)
	}
}

func TestParkAndPutBack(t *testing.T) {
	var id string
	h := newHouse(t, func(c *medialivetest.Cloud) {
		locked := outputOf("OUT-2")
		locked.Encryption = &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: passphrase}
		id = c.Add(flowOf("FEED-A", medialive.Active, outputOf("OUT-1"), locked))
	})
	b := h.signedIn("op-1")
	b.awaitRead(id)
	path := "/flows/" + id
	ask := b.page(path + "/outputs/OUT-2/park")
	if !strings.Contains(ask.Find("main").Text(), "passphrase is not kept") {
		t.Error("the question does not tell of the passphrase")
	}
	if r := b.post(path+"/outputs/OUT-2/park", form()); r.status != http.StatusConflict || h.changes() != 0 {
		t.Errorf("parking unasked: %d", r.status)
	}
	b.done(path+"/outputs/OUT-2/park", "ticket", hidden(ask, "ticket"))
	if f, _ := h.cloud.Flow(id); len(f.Outputs) != 1 {
		t.Errorf("%d outputs, want 1", len(f.Outputs))
	}
	page := b.page(path)
	if text := page.Find(".parked").Text(); !strings.Contains(text, "OUT-2") || !strings.Contains(text, "op-1") || !strings.Contains(text, "encrypted") {
		t.Errorf("the parked output reads %q", text)
	}
	for typed, says := range map[string]string{"": "needed", "short": "10"} {
		r := b.post(path+"/parked/OUT-2", form("passphrase", typed))
		if r.status != http.StatusUnprocessableEntity || !strings.Contains(r.doc().Find("#error-passphrase").Text(), says) || typed != "" && strings.Contains(r.doc().Find("form").Text(), typed) {
			t.Errorf("passphrase %q: %d", typed, r.status)
		}
	}
	b.done(path+"/parked/OUT-2", "passphrase", "another-lantern-9")
	if f, _ := h.cloud.Flow(id); len(f.Outputs) != 2 || f.Outputs[1].Encryption.Passphrase != "another-lantern-9" {
		t.Error("the output is not back with its passphrase")
	}
	if r := b.post(path+"/parked/OUT-2", form("passphrase", "another-lantern-9")); r.status != http.StatusNotFound {
		t.Errorf("putting back twice: %d", r.status)
	}
	eventually(t, "both are seen", func() bool { return b.page(path).Find("#outputs .out").Length() == 2 })
	b.done(path+"/outputs/OUT-1/park", "ticket", hidden(b.page(path+"/outputs/OUT-1/park"), "ticket"))
	b.done(path + "/parked/OUT-1/drop")
	if b.page(path).Find(".parked").Length() != 0 {
		t.Error("the parked output is still there")
	}
	if strings.Contains(h.log.String(), passphrase) || strings.Contains(h.log.String(), "another-lantern-9") {
		t.Error("a passphrase is in the log")
	}
}

func TestGoBackToLastKnownGood(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id
	if r := b.get(path + "/good"); r.status != http.StatusNotFound {
		t.Errorf("without a good one: %d", r.status)
	}
	b.done(path + "/good")
	if text := b.page(path).Find("#flow-care").Text(); !strings.Contains(text, "kept by op-1") || !strings.Contains(text, "as it was then") {
		t.Errorf("the page says %q", text)
	}
	b.done(path+"/outputs/OUT-2/delete", "ticket", hidden(b.page(path+"/outputs/OUT-2/delete"), "ticket"))
	for _, difference := range []string{"1 difference", "Add output OUT-2"} {
		eventually(t, "the page tells: "+difference, func() bool {
			return strings.Contains(b.page(path).Find("#flow-care").Text(), difference)
		})
	}
	page := b.page(path + "/good")
	if text := page.Find(".good-list").Text(); !strings.Contains(text, "Add output OUT-2") || !strings.Contains(text, "interrupts nothing") {
		t.Errorf("the steps are %q", text)
	}
	before := h.changes()
	if r := b.post(path+"/good/restore", form("ticket", "x")); r.status != http.StatusConflict || h.changes() != before {
		t.Errorf("going back unasked: %d", r.status)
	}
	r := b.post(path+"/good/restore", form("ticket", hidden(page, "ticket"), "reason", "it was better"))
	if r.status != http.StatusOK || r.doc().Find(".result .mark-live").Length() != 1 {
		t.Errorf("going back: %d %s", r.status, r.doc().Find("main").Text())
	}
	f, _ := h.cloud.Flow(id)
	if len(f.Outputs) != 2 || f.Outputs[0].Name != "OUT-1" || f.Outputs[1].Name != "OUT-2" {
		t.Errorf("the outputs are %v", f.Outputs)
	}
}

// Going back on a flow that its owner protects is held, like a stop.
func TestGoBackIsGuarded(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id
	b.done(path + "/good")
	b.done(path+"/outputs", "name", "OUT-9", "protocol", "srt-caller", "address", "203.0.113.9", "port", "5000")
	b.protect(id, "the final")
	page := b.page(path + "/good")
	before := h.changes()
	if r := b.post(path+"/good/restore", form("ticket", hidden(page, "ticket"), "reason", "back")); r.status != http.StatusUnprocessableEntity || h.changes() != before {
		t.Errorf("unheld: %d", r.status)
	}
	if r := b.post(path+"/good/restore", form("ticket", hidden(b.page(path+"/good"), "ticket"), "reason", "back", "typed", "FEED-A")); r.status != http.StatusOK || h.changes() != before+1 {
		t.Errorf("by the name: %d, %d changes\n%s", r.status, h.changes()-before, r.doc().Find("main").Text())
	}
}

func TestClone(t *testing.T) {
	var id string
	h := newHouse(t, func(c *medialivetest.Cloud) {
		locked := outputOf("OUT-2")
		locked.Encryption = &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: passphrase}
		id = c.Add(flowOf("FEED-A", medialive.Active, outputOf("OUT-1"), locked, outputOf("OUT-3")))
	})
	b := h.signedIn("op-1")
	b.awaitRead(id)
	page := b.page("/flows/new?from=" + id)
	values := fieldsOf(page)
	if values.Get("stream_id") != "feed/a" || values.Get("port") != "" || values.Get("name") != "" || values.Get("cidr_whitelist") != "203.0.113.0/24" {
		t.Errorf("the form has %v", values)
	}
	if strings.Contains(page.Text(), passphrase) || values.Get("passphrase") != "" {
		t.Error("the passphrase is in the page")
	}
	if n := page.Find("input[name=take]").Length(); n != 3 {
		t.Fatalf("%d outputs to choose from", n)
	}
	values = form("from", id, "ticket", hidden(page, "ticket"), "name", "FEED-B", "protocol", "srt-listener", "take", "OUT-1", "take", "OUT-2")
	r := b.post("/flows", values)
	if r.status != http.StatusUnprocessableEntity || r.doc().Find("#error-key_1").Text() == "" || r.doc().Find("input[name=take][checked]").Length() != 2 || h.changes() != 0 {
		t.Fatalf("without the passphrase of an output: %d, %d changes", r.status, h.changes())
	}
	values.Set("key_1", "another-lantern-9")
	values.Set("ticket", hidden(r.doc(), "ticket"))
	r = b.post("/flows", values)
	if r.status != http.StatusSeeOther {
		t.Fatalf("cloning: %d %s", r.status, r.doc().Find("main").Text())
	}
	made, there := h.cloud.Flow(strings.TrimPrefix(r.header.Get("Location"), "/flows/"))
	if !there || made.Name != "FEED-B" || len(made.Outputs) != 2 || made.Outputs[1].Encryption.Passphrase != "another-lantern-9" {
		t.Errorf("the copy is %+v", made)
	}
	if text := b.page(r.header.Get("Location")).Find("#notices").Text(); !strings.Contains(text, "FEED-B") {
		t.Errorf("the notice says %q", text)
	}
}

func FuzzBandForm(f *testing.F) {
	for _, seed := range []string{"", "6.5", "6,5", "-1", "1e400", "NaN", "Inf", "0x10", " 7 ", "1_0", "١"} {
		f.Add(seed, seed, seed, seed)
	}
	f.Fuzz(func(t *testing.T, low, high, loss, idle string) {
		band, faults := handlers.ParseBand(url.Values{"min_bitrate": {low}, "max_bitrate": {high}, "max_loss": {loss}, "idle_after": {idle}})
		if len(faults) > 0 {
			return
		}
		if !(band.MinBitrate >= 0 && band.MinBitrate <= 1000 && band.MaxBitrate >= 0 && band.MaxBitrate <= 1000 && band.MaxLoss >= 0 && band.MaxLoss <= 100) {
			t.Errorf("out of range: %+v", band)
		}
		if band.MaxBitrate != 0 && band.MinBitrate > band.MaxBitrate || band.IdleAfter < 0 || band.IdleAfter.Hours() > 24 {
			t.Errorf("out of order: %+v", band)
		}
	})
}
