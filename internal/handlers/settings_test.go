package handlers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// hook is a receiver of webhooks that answers with a status.
func hook(t *testing.T, status int) (address string, posts chan string) {
	t.Helper()
	posts = make(chan string, 16)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posts <- string(body)
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/in/s3cret-path", posts
}

// words is what a page says, without its tags.
func words(r reply) string { return r.doc().Text() }

func webhookForm(address string) url.Values {
	return url.Values{
		"name": {"desk <b>"}, "shape": {"json"}, "url": {address}, "secret": {"shared-secret"},
		"least": {"2"}, "text_lang": {"en"}, "webhook_state": {"on"},
	}
}

func TestWebhooksInTheBrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	b := h.signedIn("boss")
	if page := b.get("/settings"); page.status != http.StatusOK || !strings.Contains(words(page), "Nobody outside of Flowdeck is told") {
		t.Fatalf("empty page %d: %s", page.status, words(page))
	}
	address, posts := hook(t, http.StatusNoContent)
	if made := b.post("/settings/webhooks", webhookForm(address)); made.status != http.StatusSeeOther {
		t.Fatalf("add: %d %s", made.status, words(made))
	}
	list := b.get("/settings")
	link, ok := list.doc().Find("table a.name").Attr("href")
	if !ok || !strings.Contains(words(list), "desk <b>") || !strings.Contains(words(list), "127.0.0.1:") {
		t.Fatalf("list: %s", words(list))
	}
	if tested := b.post(link+"/test", url.Values{}); tested.status != http.StatusSeeOther {
		t.Fatalf("test: %d %s", tested.status, words(tested))
	}
	if body := <-posts; !strings.Contains(body, `"event":"test"`) {
		t.Errorf("posted %s", body)
	}
	page := b.get(link)
	if !strings.Contains(words(page), "The test was taken by desk <b>.") || !strings.Contains(words(page), "204") {
		t.Errorf("page: %s", words(page))
	}
	for _, secret := range []string{"s3cret-path", "shared-secret"} {
		if strings.Contains(page.body+list.body, secret) {
			t.Errorf("a page tells %s", secret)
		}
	}

	// What is left empty is kept.
	change := webhookForm("")
	change.Set("secret", "")
	change.Set("name", "night desk")
	if saved := b.post(link, change); saved.status != http.StatusSeeOther {
		t.Fatalf("save: %d %s", saved.status, words(saved))
	}
	b.post(link+"/test", url.Values{})
	<-posts

	// It is deleted by who was asked.
	if refused := b.post(link+"/delete", url.Values{}); refused.status != http.StatusConflict {
		t.Errorf("delete unasked: %d", refused.status)
	}
	ask := b.get(link + "/delete")
	ticket, _ := ask.doc().Find("input[name=ticket]").Attr("value")
	if gone := b.post(link+"/delete", url.Values{"ticket": {ticket}}); gone.status != http.StatusSeeOther {
		t.Errorf("delete: %d %s", gone.status, words(gone))
	}
	if again := b.get(link); again.status != http.StatusNotFound {
		t.Errorf("deleted, and answers %d", again.status)
	}
}

func TestWebhookFormComesBackFilledIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	b := h.signedIn("boss")
	for field, value := range map[string]string{"name": " ", "url": "ftp://x", "shape": "fax", "least": "9", "secret": strings.Repeat("x", 201)} {
		form := webhookForm("https://hooks.example/s3cret-path")
		form.Set(field, value)
		page := b.post("/settings/webhooks", form)
		id := map[string]string{"shape": "error-shape", "least": "error-least"}[field]
		if id == "" {
			id = "error-" + field
		}
		if page.status != http.StatusUnprocessableEntity || strings.TrimSpace(page.doc().Find("#"+id).Text()) == "" {
			t.Errorf("%s: %d, no message at the field", field, page.status)
		}
		if name, _ := page.doc().Find("#name").Attr("value"); field != "name" && name != "desk <b>" {
			t.Errorf("%s: the name is lost: %q", field, name)
		}
		if strings.Contains(page.body, "s3cret-path") || strings.Contains(page.body, "shared-secret") {
			t.Errorf("%s: a secret comes back", field)
		}
	}
}
