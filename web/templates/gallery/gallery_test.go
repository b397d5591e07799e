package main

import (
	"bytes"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// each calls a function with every page in every language.
func each(t *testing.T, check func(t *testing.T, s sample, doc *goquery.Document, page string)) {
	t.Helper()
	for _, strings := range text.All() {
		for _, s := range samples(strings, layout.ThemeLight) {
			t.Run(strings.Lang+"/"+s.name, func(t *testing.T) {
				var out bytes.Buffer
				if err := s.view.Render(t.Context(), &out); err != nil {
					t.Fatal(err)
				}
				page := out.String()
				doc, err := goquery.NewDocumentFromReader(&out)
				if err != nil {
					t.Fatal(err)
				}
				check(t, s, doc, page)
			})
		}
	}
}

// TestNothingRunsInline holds every page to the content security policy.
func TestNothingRunsInline(t *testing.T) {
	each(t, func(t *testing.T, _ sample, doc *goquery.Document, _ string) {
		doc.Find("*").Each(func(_ int, s *goquery.Selection) {
			for _, a := range s.Get(0).Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Key, "hx-on") {
					t.Errorf("<%s %s=%q>", goquery.NodeName(s), a.Key, a.Val)
				}
				if strings.HasPrefix(strings.TrimSpace(strings.ToLower(a.Val)), "javascript:") || strings.HasPrefix(a.Key, "hx-") && strings.Contains(a.Val, "js:") {
					t.Errorf("script in <%s %s=%q>", goquery.NodeName(s), a.Key, a.Val)
				}
			}
		})
		if n := doc.Find("style").Length(); n > 0 {
			t.Errorf("%d style elements", n)
		}
		doc.Find("script").Each(func(_ int, s *goquery.Selection) {
			if src, ok := s.Attr("src"); !ok || strings.TrimSpace(s.Text()) != "" || !strings.HasPrefix(src, "/static/") {
				t.Errorf("script %q", src)
			}
		})
	})
}

// TestIDsAreUnique, and what points at one points at something.
func TestIDs(t *testing.T) {
	each(t, func(t *testing.T, _ sample, doc *goquery.Document, _ string) {
		seen := make(map[string]bool)
		doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
			id := s.AttrOr("id", "")
			if seen[id] {
				t.Errorf("id %q twice", id)
			}
			seen[id] = true
		})
		for _, attribute := range []string{"for", "aria-labelledby", "aria-describedby", "data-copy", "hx-target"} {
			doc.Find("[" + attribute + "]").Each(func(_ int, s *goquery.Selection) {
				for id := range strings.FieldsSeq(s.AttrOr(attribute, "")) {
					if !seen[strings.TrimPrefix(id, "#")] {
						t.Errorf("%s=%q leads nowhere", attribute, id)
					}
				}
			})
		}
	})
}

// TestEverythingHasAName is what those who hear the page depend on.
func TestEverythingHasAName(t *testing.T) {
	each(t, func(t *testing.T, _ sample, doc *goquery.Document, _ string) {
		if doc.Find("h1").Length() != 1 {
			t.Errorf("%d h1", doc.Find("h1").Length())
		}
		if strings.TrimSpace(doc.Find("title").First().Text()) == "· Flowdeck" {
			t.Error("no title")
		}
		doc.Find("button, a[href], summary").Each(func(_ int, s *goquery.Selection) {
			if strings.TrimSpace(s.Text()) == "" && s.AttrOr("aria-label", "") == "" {
				html, _ := goquery.OuterHtml(s)
				t.Errorf("no name: %s", html)
			}
		})
		doc.Find("input:not([type=hidden]):not([type=radio]), select, textarea").Each(func(_ int, s *goquery.Selection) {
			id := s.AttrOr("id", "")
			if doc.Find("label[for='"+id+"']").Length() == 0 && s.AttrOr("aria-label", "") == "" {
				t.Errorf("field %q has no label", s.AttrOr("name", ""))
			}
		})
		doc.Find("svg").Each(func(_ int, s *goquery.Selection) {
			if s.AttrOr("aria-hidden", "") != "true" && s.AttrOr("role", "") != "img" && s.ParentsFiltered("svg,[aria-hidden=true]").Length() == 0 {
				html, _ := goquery.OuterHtml(s)
				t.Errorf("svg is neither hidden nor an image: %.80s", html)
			}
		})
	})
}

// TestWorksWithoutJavaScript: whatever htmx does, a link or a form does too.
func TestWorksWithoutJavaScript(t *testing.T) {
	each(t, func(t *testing.T, _ sample, doc *goquery.Document, _ string) {
		doc.Find("[hx-get]").Each(func(_ int, s *goquery.Selection) {
			if s.AttrOr("href", "") == "" {
				t.Errorf("hx-get=%q is no link", s.AttrOr("hx-get", ""))
			}
		})
		doc.Find("form[hx-post]").Each(func(_ int, s *goquery.Selection) {
			if s.AttrOr("action", "") != s.AttrOr("hx-post", "") || s.AttrOr("method", "") != "post" {
				t.Errorf("hx-post=%q but action=%q", s.AttrOr("hx-post", ""), s.AttrOr("action", ""))
			}
		})
		doc.Find("form[action]").Each(func(_ int, s *goquery.Selection) {
			if u, err := url.Parse(s.AttrOr("action", "")); err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
				t.Errorf("form leads to %q", s.AttrOr("action", ""))
			}
		})
	})
}

// TestLanguagesDoNotMix finds a text that was forgotten in a template.
func TestLanguagesDoNotMix(t *testing.T) {
	chinese := regexp.MustCompile(`\p{Han}`)
	for _, s := range samples(text.English, layout.ThemeDark) {
		var out bytes.Buffer
		if err := s.view.Render(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		page := strings.ReplaceAll(out.String(), text.Chinese.Name, "")
		if found := chinese.FindString(page); found != "" {
			t.Errorf("%s: Chinese %q on an English page", s.name, found)
		}
	}
	for _, s := range samples(text.Chinese, layout.ThemeDark) {
		var out bytes.Buffer
		if err := s.view.Render(t.Context(), &out); err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"Cancel", "Stop<", "Start<", "Copy<", "Save", "Outputs", "Bitrate", "LIVE<", "STANDBY<", "Address"} {
			if strings.Contains(out.String(), ">"+word) && word != "STANDBY<" {
				t.Errorf("%s: %q on a Chinese page", s.name, word)
			}
		}
	}
}

// TestHostileTexts: what comes from outside is text and nothing else.
func TestHostileTexts(t *testing.T) {
	hostile := `"><script>alert(1)</script><b hx-get="/x" hx-trigger="load" onclick='y'>` + "\u202e"
	row := pages.FlowRow{
		T: text.English, ID: hostile, Name: hostile, Description: hostile, Mode: hostile, Peer: hostile,
		State: ui.State{Shape: ui.ShapeLive, Word: "LIVE"}, Figures: true, Bitrate: ui.Figure{Value: hostile, Unit: hostile},
		Action: pages.FlowAction{FlowID: hostile, Name: hostile, Verb: "stop", From: hostile, State: hostile},
	}
	output := pages.OutputRow{
		T: text.English, FlowID: hostile, Name: hostile, FarEnd: hostile, Problem: hostile, Slot: ui.SlotOK,
		Toggle: pages.OutputToggle{URL: "//elsewhere.example/x"},
	}
	for name, render := range map[string]func(*bytes.Buffer) error{
		"row":    func(b *bytes.Buffer) error { return row.View().Render(t.Context(), b) },
		"output": func(b *bytes.Buffer) error { return output.View().Render(t.Context(), b) },
	} {
		var out bytes.Buffer
		if err := render(&out); err != nil {
			t.Fatal(err)
		}
		doc, err := goquery.NewDocumentFromReader(strings.NewReader("<table>" + out.String() + "</table>"))
		if err != nil {
			t.Fatal(err)
		}
		if doc.Find("script, b, [onclick]").Length() > 0 {
			t.Errorf("%s: markup came through: %s", name, out.String())
		}
		if strings.Contains(out.String(), `"//elsewhere`) {
			t.Errorf("%s: a path leads to another host", name)
		}
		doc.Find("[hx-target]").Each(func(_ int, s *goquery.Selection) {
			if !regexp.MustCompile(`^#[A-Za-z0-9_-]+$`).MatchString(s.AttrOr("hx-target", "")) {
				t.Errorf("%s: target %q", name, s.AttrOr("hx-target", ""))
			}
		})
	}
}

// TestPolicyIsServed keeps the gallery honest: it shows pages under the policy
// of the product.
func TestGalleryServes(t *testing.T) {
	server := httptest.NewServer(handler())
	defer server.Close()
	client := server.Client()
	client.Timeout = 5 * time.Second
	for path, want := range map[string]int{"/": 200, "/page/en/dark/flows": 200, "/page/zh-CN/light/flow": 200, "/page/en/dark/none": 404} {
		res, err := client.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
		}
		if strings.HasPrefix(path, "/page/") && res.Header.Get("Content-Security-Policy") != policy {
			t.Errorf("%s: no policy", path)
		}
	}
}

func BenchmarkFlowRow(b *testing.B) {
	row := studio{t: text.English, now: time.Now()}.row(1, true)
	var out bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		if err := row.View().Render(b.Context(), &out); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(out.Len()))
}
