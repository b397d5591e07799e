package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// badInput is what people type by mistake, and the field at which they are told.
var badInput = []struct {
	name, field, typed string
}{
	{"port 0", "port", "0"},
	{"port 80", "port", "80"},
	{"port 2077", "port", "2077"},
	{"port 2088", "port", "2088"},
	{"port 65536", "port", "65536"},
	{"port abc", "port", "abc"},
	{"latency 9", "min_latency", "9"},
	{"latency 15001", "min_latency", "15001"},
	{"latency -1", "min_latency", "-1"},
	{"latency 2^63", "min_latency", "9223372036854775808"},
	{"21 ranges", "cidr_whitelist", strings.Repeat("10.0.0.0/8\n", 21)},
	{"a prefix of 33", "cidr_whitelist", "203.0.113.0/24\n10.0.0.0/33"},
	{"IPv6", "cidr_whitelist", "2001:db8::/32"},
	{"no name", "name", ""},
	{"a name of 65", "name", strings.Repeat("N", 65)},
	{"a script for a name", "name", "<script>alert(1)</script>"},
	{"quotes in the name", "name", `A"B'C`},
	{"right-to-left marks", "name", "A\u202eB"},
	{"a passphrase of 9", "passphrase", "123456789"},
	{"a passphrase of 80", "passphrase", strings.Repeat("p", 80)},
	{"a mode that is none", "protocol", "rtmp"},
	{"a cipher that is none", "algorithm", "rot13"},
	{"a stream id of 513", "stream_id", strings.Repeat("s", 513)},
	{"a description of 256", "description", strings.Repeat("d", 256)},
}

// goodForm is a form that nothing is wrong with.
func goodForm() url.Values {
	return form("name", "FEED-B", "protocol", "srt-listener", "port", "20001", "min_latency", "120",
		"cidr_whitelist", "203.0.113.0/24", "stream_id", "b", "description", "for the test", "algorithm", "aes256",
		"passphrase_action", "replace", "passphrase", "a-passphrase-of-the-test")
}

// faulty checks that a page tells of a fault at its field, keeps what was
// typed, and has no secret in it.
func faulty(t *testing.T, r reply, field, typed string) {
	t.Helper()
	if r.status != http.StatusUnprocessableEntity {
		t.Fatalf("answered %d, want 422", r.status)
	}
	doc := r.doc()
	place := doc.Find(`[data-field="` + field + `"] .error`)
	if strings.TrimSpace(place.Text()) == "" {
		t.Errorf("nothing is said at %s; errors: %q", field, doc.Find(".error").Text())
	}
	link := doc.Find(`.mend a[href="#` + field + `"]`)
	if link.Length() != 1 {
		t.Errorf("%d links lead to %s", link.Length(), field)
	}
	if label := doc.Find(`[data-field="` + field + `"]`).Find("label[for], .label").First().Text(); link.Text() != label {
		t.Errorf("the link says %q, the field %q", link.Text(), label)
	}
	kept := doc.Find(`[name="` + field + `"]`).First()
	switch {
	case field == "passphrase":
		if value, _ := kept.Attr("value"); value != "" {
			t.Errorf("the passphrase comes back as %q", value)
		}
	case kept.Is("textarea"):
		if kept.Text() != typed {
			t.Errorf("kept %q, typed %q", kept.Text(), typed)
		}
	case !kept.Is(`[type="radio"]`):
		if value, _ := kept.Attr("value"); value != typed {
			t.Errorf("kept %q, typed %q", value, typed)
		}
	}
	if strings.Contains(r.body, "<script>alert") || strings.Contains(r.body, "a-passphrase-of") {
		t.Error("the page has what it must not have")
	}
}

func TestBadInputOfANewFlow(t *testing.T) {
	h := newHouse(t, nil)
	said := map[string]map[string]string{"en": {}, "zh": {}}
	for lang, b := range map[string]*browser{"en": h.signedIn("op-1"), "zh": h.signedIn("op-1").chinese()} {
		for _, bad := range badInput {
			t.Run(lang+" "+bad.name, func(t *testing.T) {
				values := goodForm()
				values.Set(bad.field, bad.typed)
				r := b.post("/flows", values)
				faulty(t, r, bad.field, bad.typed)
				said[lang][bad.name] = r.doc().Find(`[data-field="` + bad.field + `"] .error`).Text()
			})
		}
	}
	for name, english := range said["en"] {
		if chinese := said["zh"][name]; chinese == english {
			t.Errorf("%s: both languages say %q", name, english)
		}
	}
	if n := len(h.cloud.Calls("CreateFlows")); n != 0 {
		t.Errorf("%d flows were asked for", n)
	}
	if log := h.log.String(); strings.Contains(log, "a-passphrase-of") || strings.Contains(log, strings.Repeat("p", 80)) || strings.Contains(log, password) {
		t.Error("the log has a secret")
	}
}

func TestGoodLimits(t *testing.T) {
	h := newHouse(t, nil)
	b := h.signedIn("op-1")
	for _, good := range [][2]string{
		{"min_latency", "10"},
		{"min_latency", "15000"},
		{"port", "1024"},
		{"port", "65535"},
		{"port", ""},
		{"passphrase", strings.Repeat("p", 10)},
		{"passphrase", strings.Repeat("p", 79)},
		{"cidr_whitelist", ""},
		{"name", strings.Repeat("N", 64)},
	} {
		values := goodForm()
		values.Set("name", "N"+strings.Map(onlyLetters, good[0])+string(rune('a'+len(good[1])%26)))
		values.Set(good[0], good[1])
		if r := b.post("/flows", values); r.status != http.StatusSeeOther {
			t.Errorf("%s=%q: %d %s", good[0], good[1], r.status, r.doc().Find(".error").Text())
		}
	}
}

func onlyLetters(r rune) rune {
	if r == '_' {
		return -1
	}
	return r
}

func TestBadInputOfASource(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id + "/source"
	page := b.page(path)
	for _, bad := range badInput {
		t.Run(bad.name, func(t *testing.T) {
			values := goodForm()
			values.Set("shown", hidden(page, "shown"))
			values.Set("source_name", hidden(page, "source_name"))
			values.Set(bad.field, bad.typed)
			faulty(t, b.post(path, values), bad.field, bad.typed)
		})
	}
	if n := len(h.cloud.Calls("ModifyFlowSources")); n != 0 {
		t.Errorf("%d changes were asked for", n)
	}
}

func TestBadInputOfAnOutput(t *testing.T) {
	h, b, id := oneFlow(t)
	path := "/flows/" + id + "/outputs"
	for _, bad := range badInput {
		t.Run(bad.name, func(t *testing.T) {
			values := goodForm()
			if bad.field == "stream_id" {
				values.Set("protocol", "srt-caller")
				values.Set("address", "203.0.113.9")
			}
			values.Set(bad.field, bad.typed)
			faulty(t, b.post(path, values), bad.field, bad.typed)
		})
	}
	caller := form("name", "OUT-3", "protocol", "srt-caller", "port", "", "address", "")
	r := b.post(path, caller)
	for _, field := range []string{"address", "port"} {
		if strings.TrimSpace(r.doc().Find(`[data-field="`+field+`"] .error`).Text()) == "" {
			t.Errorf("a caller without %s: nothing is said", field)
		}
	}
	if n := len(h.cloud.Calls("CreateFlowOutput")); n != 0 {
		t.Errorf("%d outputs were asked for", n)
	}
}

func TestRefusalsAtTheirField(t *testing.T) {
	h, b, _ := oneFlow(t)
	values := goodForm()
	values.Set("name", "FEED-A")
	r := b.post("/flows", values)
	if r.status != http.StatusConflict || !strings.Contains(r.doc().Find(`[data-field="name"] .error`).Text(), "taken") {
		t.Errorf("a name that is taken: %d %q", r.status, r.doc().Find(".error").Text())
	}
	if text := r.doc().Find(".problem-said").Text(); !strings.Contains(text, medialive.CodeExists) {
		t.Errorf("the code is not told: %q", text)
	}
	if strings.Contains(h.log.String(), "a-passphrase-of") {
		t.Error("the log has the passphrase")
	}
}

func TestListParameters(t *testing.T) {
	_, b, _ := oneFlow(t)
	for _, query := range []string{"limit=0", "limit=101", "limit=-1", "offset=-1", "offset=9223372036854775808", "limit=abc", "status=broken", "sort=<script>", "health=maybe", "protocol=rtmp"} {
		page := b.page("/flows?" + query)
		if note := page.Find("#notices .notice").Text(); strings.TrimSpace(note) == "" {
			t.Errorf("%s: nothing is said", query)
		}
		if page.Find("#flow-rows .row").Length() != 1 {
			t.Errorf("%s: no row", query)
		}
	}
	if rows := b.page("/flows?q=NOTHING-LIKE-IT").Find("#flow-rows .row").Length(); rows != 0 {
		t.Errorf("a search for nothing finds %d", rows)
	}
	for _, found := range []string{"feed-a", "FLOW-0001", "203.0.113.61", "out-2", "feed/a"} {
		if rows := b.page("/flows?q=" + url.QueryEscape(found)).Find("#flow-rows .row").Length(); rows != 1 {
			t.Errorf("a search for %s finds %d", found, rows)
		}
	}
	b.get("/flows?limit=20")
	if got := b.page("/flows").Find(".pager-sizes [aria-current]").Text(); got != "20" {
		t.Errorf("the page size is %q, want 20 as chosen before", got)
	}
}
