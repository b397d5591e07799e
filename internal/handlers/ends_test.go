package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The end of a sign-in is told in time, and renewing it loses no page.
func TestEndOfASignIn(t *testing.T) {
	h, b, id := oneFlow(t)
	chip := func(b *browser, page string) (hidden, late bool, text string) {
		e := b.page(page).Find("#ends")
		_, hidden = e.Attr("hidden")
		return hidden, e.HasClass("ends-late"), strings.Join(strings.Fields(e.Text()), " ")
	}
	if hidden, _, _ := chip(b, "/flows"); !hidden {
		t.Error("it is told right after the sign-in")
	}
	h.now.move(8 * time.Hour)
	b.page("/flows/" + id) // who works is not signed out for being idle
	h.now.move(7*time.Hour + 18*time.Minute)
	for _, page := range []string{"/flows", "/flows/" + id, "/activity"} {
		if hidden, late, text := chip(b, page); hidden || late || !strings.Contains(text, "sign-in ends in 41 min renew") {
			t.Errorf("%s says %q (hidden %t, late %t)", page, text, hidden, late)
		}
	}
	if _, _, text := chip(b.chinese(), "/flows"); !strings.Contains(text, "登录将在 41 min 后到期 续期") {
		t.Errorf("in Chinese it says %q", text)
	}
	h.now.move(33 * time.Minute)
	if _, late, _ := chip(b, "/flows"); !late {
		t.Error("it is not amber at last")
	}
	asked := b.fragments().get("/renew?next=/flows/" + id)
	fields := asked.doc().Find("dialog#renew form")
	if asked.status != http.StatusOK || fields.Length() != 1 || hidden(asked.doc(), "account") != "account" {
		t.Fatalf("%d\n%s", asked.status, asked.body)
	}
	wrong := b.fragments().post("/login", form("renew", "1", "early", "1", "account", "account", "username", "op-1", "password", "wrong", "region", "local"))
	if wrong.status != http.StatusUnauthorized || !strings.Contains(wrong.body, "about to end") {
		t.Errorf("a wrong password: %d\n%s", wrong.status, wrong.body)
	}
	done := b.fragments().post("/login", form("renew", "1", "early", "1", "account", "account", "username", "op-1", "password", password, "region", "local"))
	if done.status != http.StatusOK || done.doc().Find("[data-renewed][data-ends]").Length() != 1 {
		t.Errorf("renewing: %d\n%s", done.status, done.body)
	}
	if hidden, _, _ := chip(b, "/flows"); !hidden {
		t.Error("it is told still after the renewal")
	}
	plain := b.get("/renew?next=//example.com")
	if next := plain.doc().Find(`.login input[name="next"]`).AttrOr("value", ""); plain.status != http.StatusOK || next != "/flows" {
		t.Errorf("without htmx: %d, next %q", plain.status, next)
	}
}
