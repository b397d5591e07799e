package handlers_test

import (
	"net/http"
	"testing"
)

func TestLanguageAndTheme(t *testing.T) {
	h := newHouse(t, nil)
	b := h.browser()
	for header, want := range map[string]string{"": "en", "zh": "zh-CN", "zh-TW,en;q=0.5": "zh-CN", "fr,de": "en", "fr,zh;q=0.3,en;q=0.2": "zh-CN", "en-GB,zh": "en"} {
		page := b.with(func(b *browser) { b.lang = header }).page("/login")
		if got := page.Find("html").AttrOr("lang", ""); got != want {
			t.Errorf("%q is answered in %s, want %s", header, got, want)
		}
	}
	b.post("/settings", form("lang", "zh-CN", "next", "/login"))
	b.post("/settings", form("theme", "light", "next", "/login"))
	page := b.page("/login").Find("html")
	if page.AttrOr("lang", "") != "zh-CN" || page.AttrOr("data-theme", "") != "light" {
		t.Errorf("the choice is not kept: %s, %s", page.AttrOr("lang", ""), page.AttrOr("data-theme", ""))
	}
	b.post("/settings", form("lang", "xx", "theme", "pink"))
	page = b.page("/login").Find("html")
	if page.AttrOr("lang", "") != "zh-CN" || page.AttrOr("data-theme", "") != "light" {
		t.Error("nonsense changed the choice")
	}
	if r := b.do(http.MethodGet, "/login", nil, http.Header{"Accept-Encoding": {"gzip"}}); r.header.Get("Content-Encoding") != "gzip" {
		t.Errorf("the page is not compressed: %v", r.header)
	}
}
